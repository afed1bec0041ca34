/** Archive until a condition of the person's own choice is met. */
import { useState, type FormEvent } from "react";
import type { StatusDetails } from "../api/schema";
import { Dialog } from "../ui/Dialog";

const UNITS = ["events", "users", "hours", "days"] as const;
type Unit = (typeof UNITS)[number];

export function ArchiveDialog({ onClose, onChoose }: { onClose: () => void; onChoose: (details: StatusDetails, words: string) => void }) {
  const [count, setCount] = useState("1000");
  const [unit, setUnit] = useState<Unit>("events");
  const amount = Number(count);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onChoose(details(unit, amount), unit === "events" || unit === "users" ? `until ${amount} more ${unit}` : `for ${amount} ${unit}`);
    onClose();
  };
  return (
    <Dialog title="Archive until…" description="The issue leaves the list and comes back when this is reached." onClose={onClose}>
      <form onSubmit={submit} className="mt-4 grid gap-4">
        <div className="grid grid-cols-2 gap-3">
          <label><span className="label">How many</span><input className="field" type="number" min={1} max={1_000_000} required value={count} onChange={(event) => setCount(event.target.value)} /></label>
          <label><span className="label">Of what</span><select className="field" value={unit} onChange={(event) => setUnit(UNITS.find((one) => one === event.target.value) ?? "events")}>
            {UNITS.map((one) => <option key={one} value={one}>{one === "events" || one === "users" ? `more ${one}` : one}</option>)}
          </select></label>
        </div>
        <div className="flex justify-end gap-2"><button type="button" className="btn" onClick={onClose}>Cancel</button><button type="submit" className="btn primary">Archive</button></div>
      </form>
    </Dialog>
  );
}

function details(unit: Unit, amount: number): StatusDetails {
  if (unit === "events") return { ignoreCount: amount };
  if (unit === "users") return { ignoreUserCount: amount };
  return { ignoreDuration: amount * (unit === "hours" ? 60 : 1440) };
}
