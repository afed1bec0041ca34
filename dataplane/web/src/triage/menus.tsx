/** The menus of an issue's next step: resolve, archive, assign, priority. They say what; the caller does it. */
import { useQuery } from "@tanstack/react-query";
import { useState, type Ref } from "react";
import { membersQuery, teamsQuery } from "../api/queries";
import { PRIORITIES, type Actor, type IssuePatch, type Priority } from "../api/schema";
import { useConfig, useOrg } from "../shell/session";
import { Avatar } from "../ui/Avatar";
import { Menu, type MenuEntry } from "../ui/Menu";
import { ArchiveDialog } from "./ArchiveDialog";

type Change = (patch: IssuePatch, words: string) => void;

export function ResolveMenu({ change, className = "btn primary", disabled = false }: { change: Change; className?: string; disabled?: boolean }) {
  return (
    <Menu name="Resolve in…" label="" className={className} disabled={disabled} items={[
      { label: "Now", hint: "e", run: () => change({ status: "resolved" }, "Resolved") },
      { label: "In the next release", run: () => change({ status: "resolved", statusDetails: { inNextRelease: true } }, "Resolved in the next release") },
      { label: "In the current release", run: () => change({ status: "resolved", statusDetails: { inRelease: "latest" } }, "Resolved in the current release") },
    ]} />
  );
}

const HOUR_MIN = 60;

export function ArchiveMenu({ change, className = "btn" }: { change: Change; className?: string }) {
  const [asking, setAsking] = useState(false);
  const until = (details: NonNullable<IssuePatch["statusDetails"]>, words: string) => change({ status: "ignored", substatus: "archived_until_condition_met", statusDetails: details }, `Archived ${words}`);
  const lasting = (label: string, minutes: number): MenuEntry => ({ label, run: () => until({ ignoreDuration: minutes }, label) });
  return (
    <>
      <Menu name="Archive" label="Archive" className={className} items={[
        { label: "Until it escalates", run: () => change({ status: "ignored", substatus: "archived_until_escalating" }, "Archived until it escalates") },
        { label: "For ever", run: () => change({ status: "ignored", substatus: "archived_forever" }, "Archived for ever") },
        "separator",
        lasting("for an hour", HOUR_MIN), lasting("for a day", 24 * HOUR_MIN), lasting("for a week", 7 * 24 * HOUR_MIN),
        "separator",
        { label: "until 100 more events", run: () => until({ ignoreCount: 100 }, "until 100 more events") },
        { label: "until 10 more users", run: () => until({ ignoreUserCount: 10 }, "until 10 more users") },
        { label: "Another condition…", run: () => setAsking(true) },
      ]} />
      {asking && <ArchiveDialog onClose={() => setAsking(false)} onChoose={until} />}
    </>
  );
}

export function AssignMenu({ actor, change, triggerRef, className = "btn", compact = false }: { actor: Actor | null; change: Change; triggerRef?: Ref<HTMLButtonElement>; className?: string; compact?: boolean }) {
  const org = useOrg();
  const { user } = useConfig();
  const [opened, setOpened] = useState(false);
  const members = useQuery({ ...membersQuery(org), enabled: opened });
  const teams = useQuery({ ...teamsQuery(org), enabled: opened });
  const assign = (to: string, name: string) => change({ assignedTo: to }, to === "" ? "Unassigned" : `Assigned to ${name}`);
  const people = (members.data ?? []).flatMap((member): MenuEntry[] => (member.userId === null || member.userId === user?.id ? [] : [{ label: member.name, hint: member.email === member.name ? "" : member.email, run: () => assign(`user:${member.userId ?? ""}`, member.name) }]));
  const items: MenuEntry[] = [
    ...(user === null ? [] : [{ label: "Me", hint: user.name, run: () => assign(`user:${user.id}`, "me") }]),
    { label: "Nobody", disabled: actor === null && !compact, run: () => assign("", "") },
    ...(people.length > 0 ? [{ caption: "People" }, ...people] : []),
    ...((teams.data ?? []).length > 0 ? [{ caption: "Teams" }, ...(teams.data ?? []).map((team): MenuEntry => ({ label: `#${team.slug}`, run: () => assign(`team:${team.id}`, `#${team.slug}`) }))] : []),
    ...(members.isError ? [{ caption: "People could not be loaded" }] : []),
  ];
  const name = actor === null ? "Assign, nobody has it" : `Assign, ${actor.name} has it`;
  const label = compact ? "Assign" : <><Avatar actor={actor} /><span className="truncate">{actor?.name ?? "Assign"}</span></>;
  return <Menu name={compact ? "Assign" : name} label={label} className={className} items={items} onOpenChange={setOpened} {...(triggerRef ? { triggerRef } : {})} />;
}

export function PriorityMenu({ priority, change, label }: { priority: Priority | null; change: Change; label?: string }) {
  return (
    <Menu name={`Priority: ${priority ?? "none"}`} label={label ?? `Priority: ${priority ?? "none"}`} items={PRIORITIES.map((one) => ({
      label: one, checked: one === priority, run: () => change({ priority: one }, `Priority ${one}`),
    }))} />
  );
}
