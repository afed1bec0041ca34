/** Tolerant readers of unknown JSON. Each answers a usable value or null; none throws. They know no domain word. */

export type Json = Record<string, unknown>;

export function record(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Text, or a number written as text; blank counts as absent. */
export function text(value: unknown): string | null {
  if (typeof value === "string") return value.trim() === "" ? null : value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : null;
}

/** A finite number, or text that holds one (Sentry sends issue counts as text). */
export function number(value: unknown): number | null {
  if (typeof value === "number") return Number.isFinite(value) ? value : null;
  if (typeof value !== "string" || value.trim() === "") return null;
  const parsed = Number(value);
  return Number.isFinite(parsed) ? parsed : null;
}

export function flag(value: unknown): boolean | null {
  return typeof value === "boolean" ? value : null;
}

/** A moment from ISO-8601 text, epoch seconds or epoch milliseconds. */
export function moment(value: unknown): Date | null {
  if (typeof value !== "string" && typeof value !== "number") return null;
  const epoch = number(value);
  // 1e11 s is the year 5138, 1e11 ms is 1973: nothing we show lies between.
  const date = epoch === null ? new Date(value) : new Date(epoch > 1e11 ? epoch : epoch * 1000);
  return Number.isNaN(date.getTime()) ? null : date;
}

/** The members that `parse` understands, in order. */
export function each<T>(value: unknown, parse: (item: unknown) => T | null): T[] {
  return list(value).flatMap((item) => {
    const parsed = parse(item);
    return parsed === null ? [] : [parsed];
  });
}

export function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | null {
  return allowed.find((candidate) => candidate === value) ?? null;
}

/** What a fixed table says about a key from outside; names such as `constructor` are keys like any other. */
export function lookup<T>(table: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** Pairs from `[[k, v], …]`, `[{key, value}, …]` or `{k: v}`: the three ways SDKs write headers and tags. */
export function pairs(value: unknown): [string, unknown][] {
  if (!Array.isArray(value)) return Object.entries(record(value));
  return value.flatMap((item): [string, unknown][] => {
    if (Array.isArray(item)) {
      const key = text(item[0]);
      return key === null ? [] : [[key, item[1]]];
    }
    const key = text(record(item)["key"]);
    return key === null ? [] : [[key, record(item)["value"]]];
  });
}
