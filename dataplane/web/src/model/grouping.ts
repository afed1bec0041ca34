/** "Why is this one issue?": grouping-info as a sentence and a tree. */
import { each, flag, number, record, text } from "./read";

export interface Component { id: string; name: string | null; contributes: boolean; hint: string | null; values: (Component | string)[] }
export interface Variant { name: string; type: string; hash: string | null; contributes: boolean; hint: string | null; component: Component | null }
export interface Grouping { config: string; hashes: string[]; variants: Variant[] }

/** Deeper trees than any strategy builds; a hostile one must not exhaust the stack. */
const DEPTH_MAX = 24;

export function parseGrouping(value: unknown): Grouping {
  const raw = record(value);
  return {
    config: text(raw["config"]) ?? text(record(raw["config"])["id"]) ?? "unknown configuration",
    hashes: each(raw["hashes"], text),
    variants: Object.entries(record(raw["variants"])).map(([name, variant]) => parseVariant(name, variant)),
  };
}

function parseVariant(name: string, value: unknown): Variant {
  const raw = record(value);
  const component = parseComponent(raw["component"], 0);
  const hash = text(raw["hash"]);
  return { name, hash, component, type: text(raw["type"]) ?? "component", hint: text(raw["hint"]), contributes: flag(raw["contributes"]) ?? hash !== null };
}

function parseComponent(value: unknown, depth: number): Component | null {
  const raw = record(value);
  const id = text(raw["id"]);
  if (id === null || depth > DEPTH_MAX) return null;
  const values = each(raw["values"], (item) => text(item) ?? parseComponent(item, depth + 1));
  return { id, name: text(raw["name"]), contributes: raw["contributes"] === true, hint: text(raw["hint"]), values };
}

/** One sentence that names what decided, so that a person can agree or object. */
export function reason(grouping: Grouping): string {
  const deciding = grouping.variants.filter((variant) => variant.contributes && variant.hash !== null);
  const main = deciding[0];
  if (main === undefined) return "Nothing in the event decided: it was grouped by what was left of it.";
  if (/fingerprint/.test(main.type)) return "Grouped by a fingerprint that the client or one of your rules set.";
  if (main.type === "checksum") return "Grouped by the checksum that the client sent.";
  const frames = main.component === null ? [] : find(main.component, "frame");
  if (frames.some((frame) => frame.contributes)) return framesReason(frames, /app/.test(main.name));
  if (main.component !== null && find(main.component, "value").some((one) => one.contributes)) return "Grouped by the type and the cleaned-up text of the error, since no frame told more.";
  if (main.component !== null && find(main.component, "message").some((one) => one.contributes)) return "Grouped by the cleaned-up text of the message.";
  return `Grouped by its ${main.name.replaceAll("_", " ").replaceAll("-", " ")}.`;
}

function framesReason(frames: readonly Component[], areYours: boolean): string {
  const used = frames.filter((frame) => frame.contributes).length;
  const which = areYours ? (used === 1 ? "that is yours" : "that are yours") : "of the whole stack";
  const left = used < frames.length ? `; ${frames.length - used} of ${frames.length} were left out by rules` : "";
  return `Grouped by ${used === 1 ? "one frame" : `${used} frames`} ${which}${left}.`;
}

/** Every component with this id, depth first. */
export function find(component: Component, id: string): Component[] {
  const below = component.values.flatMap((value) => (typeof value === "string" ? [] : find(value, id)));
  return component.id === id ? [component, ...below] : below;
}

/** `4c1f…e09`: enough of a hash to compare by eye. */
export function shortHash(hash: string): string {
  return hash.length > 12 ? `${hash.slice(0, 4)}…${hash.slice(-3)}` : hash;
}

export function lineNumber(value: unknown): number | null {
  const line = number(value);
  return line !== null && line > 0 ? Math.floor(line) : null;
}
