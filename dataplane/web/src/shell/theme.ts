/** Light or dark: follows the system until the person chooses, then the choice stays on this device. */
import { useSyncExternalStore } from "react";

export type Choice = "system" | "light" | "dark";
const KEY = "errata.theme";
/**
 * Read at the start, on its change event and on a press, never while drawing: a read between a change and its event makes
 * Chromium swallow the event, and the page would keep the old theme.
 */
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();

function choice(): Choice {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system";
  }
}

function wantsDark(): boolean {
  return choice() === "system" ? dark.matches : choice() === "dark";
}

/** What is applied, and thus seen. */
function isDark(): boolean {
  return document.documentElement.classList.contains("dark");
}

export function applyTheme(): void {
  document.documentElement.classList.toggle("dark", wantsDark());
  for (const notify of listeners) notify();
}

export function followSystem(): void {
  dark.addEventListener("change", applyTheme);
  applyTheme();
}

/** system → the opposite of what is seen → back to the other, so that one press always changes something. */
export function toggleTheme(): void {
  try {
    const next = isDark() ? "light" : "dark";
    if ((next === "dark") === dark.matches) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, next);
  } catch {
    // Storage is off: the choice cannot be kept, and the page stays as the system says.
  }
  applyTheme();
}

export function useDark(): boolean {
  return useSyncExternalStore((listener) => { listeners.add(listener); return () => listeners.delete(listener); }, isDark);
}
