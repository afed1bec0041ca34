/** Moving through the list by key: the focused link is the cursor, so that Enter opens and screen readers follow. */

interface RowFocus { current: () => string | null; move: (step: 1 | -1) => void; enter: () => void }

export const rowFocus: RowFocus = { current, move, enter };

/** Where the person was before focus left the rows, for a menu or the search: `j` and `k` go on from there. */
let last: string | null = null;

function current(): string | null {
  return document.activeElement?.closest<HTMLElement>("[data-issue]")?.dataset["issue"] ?? null;
}

/** From the search to what it found: the next Tab or `j` is at the first row. */
function enter(): void {
  last = null;
  requestAnimationFrame(() => document.querySelector<HTMLElement>("table.list")?.focus({ preventScroll: true }));
}

function move(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>("[data-issue] [data-open]")];
  const ids = links.map((link) => link.closest<HTMLElement>("[data-issue]")?.dataset["issue"] ?? null);
  const at = ids.indexOf(current() ?? last);
  const next = links[at === -1 ? 0 : Math.min(links.length - 1, Math.max(0, at + step))];
  next?.focus();
  last = current();
  next?.scrollIntoView({ block: "nearest" });
}
