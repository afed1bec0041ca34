/** Who has an issue, as two letters. */
import type { Actor } from "../api/schema";
import { initials } from "../model/format";

export function Avatar({ actor }: { actor: Actor | null }) {
  if (actor === null) return <span className="who muted" aria-hidden="true">+</span>;
  return <span className="who" title={actor.name} aria-hidden="true">{initials(actor.name)}</span>;
}
