/** Short confirmations with an undo. One store for the page, so that any action can speak. */
import { useSyncExternalStore } from "react";
import { sentence } from "../api/client";

interface Toast { id: number; words: string; bad: boolean; undo: (() => Promise<void>) | null }

/** Long enough to read and reach for undo by keyboard; twice that and toasts pile up during triage. */
const SHOWN_MS = 9000;
const SHOWN_MAX = 3;
let toasts: Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function set(next: Toast[]): void {
  toasts = next;
  for (const notify of listeners) notify();
}

function close(id: number): void {
  set(toasts.filter((toast) => toast.id !== id));
}

export function say(words: string, undo: (() => Promise<void>) | null = null): void {
  show({ words, undo, bad: false });
}

export function complain(error: unknown): void {
  show({ words: sentence(error), undo: null, bad: true });
}

function show(toast: Omit<Toast, "id">): void {
  lastId += 1;
  const id = lastId;
  set([...toasts, { ...toast, id }].slice(-SHOWN_MAX));
  closeLater(id);
}

/** Not while somebody reaches for it: a button that vanishes under the pointer or the focus is worse than a late one. */
function closeLater(id: number): void {
  setTimeout(() => {
    if (document.querySelector(".toasts:is(:hover, :focus-within)") === null) close(id);
    else closeLater(id);
  }, SHOWN_MS);
}

/** Takes the newest action back; what the `u` key does. */
export function undoLast(): void {
  const toast = toasts.findLast((one) => one.undo !== null);
  if (toast) void undo(toast);
}

async function undo(toast: Toast): Promise<void> {
  close(toast.id);
  try {
    await toast.undo?.();
    say("Undone");
  } catch (error) {
    complain(error);
  }
}

export function Toasts() {
  const shown = useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener); }, () => toasts);
  return (
    <div className="toasts" role="status" aria-live="polite" aria-label="Messages">
      {shown.map((toast) => (
        <div key={toast.id} className={toast.bad ? "toast bad" : "toast"}>
          <span>{toast.words}</span>
          {toast.undo !== null && <button type="button" onClick={() => void undo(toast)}>Undo</button>}
          <button type="button" aria-label="Close message" onClick={() => close(toast.id)} style={{ textDecoration: "none" }}>×</button>
        </div>
      ))}
    </div>
  );
}
