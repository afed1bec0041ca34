/** The few facts of an event that answer most questions, in the order people ask them. */
import { text } from "./read";
import { userWords, type EventView } from "./event";

/** Two rows of three, as the page draws them; a ninth fact belongs to its own panel. */
const SHOWN_MAX = 9;
const WANTED_TAGS = ["tenant_id", "tenant", "server_name", "handled", "mechanism", "url", "transaction"];

export function highlights(event: EventView): [string, string][] {
  const tag = (key: string) => event.tags.find((one) => one.key === key)?.value ?? null;
  const facts: [string, string | null][] = [
    ["request", event.request ? `${event.request.method ?? "GET"} ${event.request.path}` : null],
    ["release", event.release],
    ["environment", event.environment],
    ["user", userWords(event.user)],
    ["level", event.level],
    ["runtime", named(event, "runtime")],
    ["browser", named(event, "browser")],
    ["os", named(event, "os")],
    ...WANTED_TAGS.map((key): [string, string | null] => [key, tag(key)]),
    ["trace", event.traceId],
  ];
  return facts.flatMap(([name, value]): [string, string][] => (value === null ? [] : [[name, value]])).slice(0, SHOWN_MAX);
}

function named(event: EventView, key: string): string | null {
  const rows = new Map(event.contexts.find((context) => context.key === key)?.rows ?? []);
  const name = text(rows.get("name"));
  return name === null ? null : `${name} ${text(rows.get("version")) ?? ""}`.trim();
}
