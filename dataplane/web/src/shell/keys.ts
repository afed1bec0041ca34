/** Keyboard shortcuts: single keys and two-key sequences, silent while somebody types or a menu is open. */
import { useEffect, useEffectEvent } from "react";

/** Slower than this and the second key of `g i` is meant as a key of its own. */
const SEQUENCE_MS = 1000;

export type KeyMap = Record<string, () => void>;

export function useKeys(map: KeyMap): void {
  const run = useEffectEvent((combo: string): boolean => {
    const act = map[combo];
    act?.();
    return act !== undefined;
  });
  useEffect(() => {
    let first: { key: string; at: number } | null = null;
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
      const sequence = first !== null && event.timeStamp - first.at < SEQUENCE_MS ? `${first.key} ${event.key}` : null;
      first = { key: event.key, at: event.timeStamp };
      if ((sequence !== null && run(sequence)) || (sequence?.startsWith("g ") !== true && run(event.key))) {
        event.preventDefault();
        first = null;
      }
    };
    document.addEventListener("keydown", listen);
    return () => document.removeEventListener("keydown", listen);
  }, []);
}

function isBusy(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest("[role=menu],[role=dialog]") !== null) return true;
  return target.matches("textarea, select, input:not([type=checkbox]):not([type=radio])");
}

export const KEY_LIST: readonly (readonly [string, string])[] = [
  ["/", "Search"], ["j", "Next issue"], ["k", "Previous issue"], ["Enter", "Open the issue"], ["x", "Select the issue"],
  ["e", "Resolve"], ["r", "Mark as reviewed"], ["a", "Assign"], ["u", "Undo the last action"], ["[", "Older event"], ["]", "Newer event"],
  ["g i", "Go to issues"], ["g p", "Go to projects"], ["g s", "Go to settings"], ["?", "This list"],
];
