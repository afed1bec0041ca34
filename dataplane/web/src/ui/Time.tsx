/** A moment, written relative; the exact one in the viewer's zone on hover and for machines in `datetime`. */
import { useSyncExternalStore } from "react";
import { ago, exactTime } from "../model/format";

/** Half a minute: the finest unit older than a minute is the minute. */
const TICK_MS = 30_000;
let tick = Date.now();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | null = null;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    tick = Date.now();
    for (const notify of listeners) notify();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

function useNow(): number {
  useSyncExternalStore(subscribe, () => tick, () => tick);
  return Math.max(tick, Date.now());
}

export function Time({ at, suffix = false }: { at: Date | null; suffix?: boolean }) {
  const now = useNow();
  if (at === null) return <span title="The server named no date">unknown</span>;
  const words = ago(at, new Date(now));
  return <time dateTime={at.toISOString()} title={exactTime(at)}>{suffix && words !== "now" && !words.startsWith("in ") ? `${words} ago` : words}</time>;
}
