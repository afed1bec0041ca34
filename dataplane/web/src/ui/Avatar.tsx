/** Who has an issue, as two letters. */
import type { Actor } from "../api/schema";
import { initials } from "../model/format";

export function Avatar({ actor }: { actor: Actor | null }) {
  if (actor === null) return <span className="who" data-letters="+" aria-hidden="true" />;
  return <span className="who" title={actor.name} data-letters={initials(actor.name)} aria-hidden="true" />;
}
