/** How numbers, times and values are written on screen. Pure: `now` is passed in. */

const MINUTE_S = 60;
const HOUR_S = 3600;
const DAY_S = 86_400;

/** 1234 → 1.2k; below a thousand exact. */
export function compact(count: number): string {
  if (count < 1000) return String(count);
  const [value, unit] = count < 999_950 ? [count / 1e3, "k"] : count < 999_950_000 ? [count / 1e6, "M"] : [count / 1e9, "B"];
  return `${value < 100 ? value.toFixed(1).replace(/\.0$/, "") : Math.round(value)}${unit}`;
}

export function exact(count: number): string {
  return count.toLocaleString("en-US");
}

/** "2 min", "3 h", "8 d"; "now" below ten seconds. A moment in the future reads the same way with "in". */
export function ago(then: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - then.getTime()) / 1000);
  const size = span(Math.abs(seconds));
  return size === "now" || seconds >= 0 ? size : `in ${size}`;
}

function span(seconds: number): string {
  if (seconds < 10) return "now";
  if (seconds < MINUTE_S) return `${seconds} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min`;
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h`;
  const days = Math.floor(seconds / DAY_S);
  return days < 365 ? `${days} d` : `${Math.floor(days / 365)} y`;
}

/** The exact moment in the viewer's zone, with the zone named. */
export function exactTime(date: Date): string {
  return date.toLocaleString(undefined, {
    year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZoneName: "short",
  });
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  const units = ["KiB", "MiB", "GiB"];
  let value = size / 1024;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) { value /= 1024; unit += 1; }
  return `${value.toFixed(value < 10 ? 1 : 0)} ${units[unit]}`;
}

export function percent(part: number, whole: number): number {
  return whole > 0 ? Math.min(100, Math.round((part / whole) * 100)) : 0;
}

/** "1 event", "3 events". */
export function plural(count: number, noun: string): string {
  return `${exact(count)} ${count === 1 ? noun : `${noun}s`}`;
}

/** Any JSON value as text: scalars bare, the rest indented. `null` is shown, not hidden. */
export function shown(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  return JSON.stringify(value, null, 2) ?? "";
}

/** Two letters for an avatar: "anna.k" → AK. */
export function initials(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(Boolean);
  const letters = words.length > 1 ? `${words[0]?.[0] ?? ""}${words[1]?.[0] ?? ""}` : (words[0] ?? "?").slice(0, 2);
  return letters.toUpperCase();
}
