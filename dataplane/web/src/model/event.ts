/** One event as the issue page shows it. Every part is optional on the wire; none can break another. */
import type { Attachment, EventRow } from "../api/schema";
import { parseException, parseFrames, type Exception, type Frame } from "./frames";
import { parseRelease } from "./issue";
import { each, list, lookup, moment, number, oneOf, pairs, record, text, type Json } from "./read";
import { LEVELS, type Level } from "../api/schema";

export interface Breadcrumb { date: Date | null; category: string; type: string; level: string; message: string; data: Json }
export interface HttpRequest {
  method: string | null; url: string; path: string; query: [string, unknown][]; headers: [string, unknown][]; cookies: [string, unknown][];
  body: unknown; env: [string, unknown][]; fragment: string | null;
}
export interface Thread { id: string; name: string | null; crashed: boolean; current: boolean; frames: Frame[] }
export interface ContextGroup { key: string; title: string; rows: [string, unknown][] }
export interface UserReport { name: string; email: string | null; comments: string; date: Date | null }

export interface EventView {
  eventID: string; title: string; message: string | null; level: Level; platform: string | null; date: Date | null; received: Date | null;
  culprit: string | null; release: string | null; dist: string | null; environment: string | null; size: number | null;
  tags: { key: string; value: string }[]; user: [string, unknown][]; contexts: ContextGroup[]; extra: [string, unknown][];
  /** The one that was raised last stands first, its causes follow. */
  exceptions: Exception[];
  threads: Thread[]; stack: Frame[]; breadcrumbs: Breadcrumb[]; request: HttpRequest | null;
  /** Entries this page has no panel for, such as csp: shown as a table. */
  others: { type: string; rows: [string, unknown][] }[];
  packages: [string, unknown][]; sdk: string | null; errors: string[]; fingerprints: string[]; traceId: string | null;
  next: string | null; previous: string | null; report: UserReport | null; isFeedback: boolean;
}

const KNOWN_ENTRIES = ["exception", "stacktrace", "threads", "breadcrumbs", "request", "message", "debugmeta", "spans"];

export function parseEvent(value: unknown): EventView | null {
  const raw = record(value);
  const eventID = text(raw["eventID"]) ?? text(raw["id"]);
  if (eventID === null) return null;
  const entry = (type: string) => record(list(raw["entries"]).map(record).find((one) => one["type"] === type)?.["data"]);
  const tags = pairs(raw["tags"]).map(([key, tag]) => ({ key, value: text(tag) ?? "(empty)" }));
  const tag = (key: string) => tags.find((one) => one.key === key)?.value ?? null;
  const contexts = parseContexts(raw["contexts"]);
  const sdk = record(raw["sdk"]);
  const message = entry("message");
  return {
    eventID, tags, contexts,
    title: text(raw["title"]) ?? "Untitled",
    message: text(message["formatted"]) ?? text(message["message"]) ?? text(raw["message"]),
    level: oneOf(tag("level") ?? raw["level"], LEVELS) ?? "error",
    platform: text(raw["platform"]),
    date: moment(raw["dateCreated"]) ?? moment(raw["dateReceived"]),
    received: moment(raw["dateReceived"]),
    culprit: text(raw["culprit"]) ?? text(raw["location"]),
    release: parseRelease(raw["release"])?.version ?? tag("release"),
    dist: text(raw["dist"]), environment: tag("environment") ?? text(raw["environment"]), size: number(raw["size"]),
    user: pairs(raw["user"]).flatMap(([key, one]): [string, unknown][] => (one === null || one === "" || isEmpty(one) ? [] : [[key, one]])),
    extra: pairs(raw["context"]),
    exceptions: each(entry("exception")["values"], parseException).reverse(),
    threads: each(entry("threads")["values"], parseThread),
    stack: parseFrames(entry("stacktrace")),
    breadcrumbs: each(entry("breadcrumbs")["values"], parseBreadcrumb).reverse(),
    request: parseRequest(entry("request")),
    others: list(raw["entries"]).map(record).flatMap((one) => {
      const type = text(one["type"]);
      return type === null || KNOWN_ENTRIES.includes(type) ? [] : [{ type, rows: pairs(one["data"]) }];
    }),
    packages: pairs(raw["packages"]),
    sdk: text(sdk["name"]) === null ? null : `${text(sdk["name"])} ${text(sdk["version"]) ?? ""}`.trim(),
    errors: each(raw["errors"], (error) => text(record(error)["message"]) ?? text(record(error)["type"])),
    fingerprints: each(raw["fingerprints"], text),
    traceId: text(record(record(raw["contexts"])["trace"])["trace_id"]),
    next: text(raw["nextEventID"]), previous: text(raw["previousEventID"]),
    report: parseReport(raw["userReport"]) ?? parseReport(record(raw["contexts"])["feedback"]),
    isFeedback: text(record(record(raw["contexts"])["feedback"])["message"]) !== null,
  };
}

function parseThread(value: unknown): Thread | null {
  const raw = record(value);
  const id = text(raw["id"]);
  return id === null ? null : { id, name: text(raw["name"]), crashed: raw["crashed"] === true, current: raw["current"] === true, frames: parseFrames(raw["stacktrace"]) };
}

function parseBreadcrumb(value: unknown): Breadcrumb | null {
  const raw = record(value);
  if (Object.keys(raw).length === 0) return null;
  const data = record(raw["data"]);
  const type = text(raw["type"]) ?? "default";
  return {
    date: moment(raw["timestamp"]), type, data, level: text(raw["level"]) ?? "info",
    category: text(raw["category"]) ?? type, message: text(raw["message"]) ?? httpWords(data) ?? "",
  };
}

function httpWords(data: Json): string | null {
  const url = text(data["url"]);
  if (url === null) return null;
  const status = text(data["status_code"]);
  return `${text(data["method"]) ?? "GET"} ${url}${status === null ? "" : ` → ${status}`}`;
}

function parseRequest(raw: Json): HttpRequest | null {
  const url = text(raw["url"]);
  const method = text(raw["method"]);
  const headers = pairs(raw["headers"]);
  if (url === null && method === null && headers.length === 0) return null;
  return {
    method, url: url ?? "", path: pathOf(url ?? ""), headers, fragment: text(raw["fragment"]),
    query: typeof raw["query"] === "string" ? [...new URLSearchParams(raw["query"])] : pairs(raw["query"]),
    cookies: typeof raw["cookies"] === "string" ? [["cookie", raw["cookies"]]] : pairs(raw["cookies"]),
    body: raw["data"] ?? null, env: pairs(raw["env"]),
  };
}

function pathOf(url: string): string {
  try {
    return new URL(url).pathname;
  } catch {
    return url;
  }
}

function parseContexts(value: unknown): ContextGroup[] {
  return Object.entries(record(value)).flatMap(([key, context]) => {
    const rows = Object.entries(record(context)).filter(([name, one]) => name !== "type" && one !== null && one !== "");
    const title = text(record(context)["title"]) ?? lookup(CONTEXT_TITLES, key) ?? key.replaceAll("_", " ");
    return rows.length === 0 ? [] : [{ key, title, rows }];
  });
}

const CONTEXT_TITLES: Record<string, string> = {
  os: "Operating system", app: "App", device: "Device", browser: "Browser", runtime: "Runtime", trace: "Trace", gpu: "GPU", culture: "Culture",
  cloud_resource: "Cloud resource", response: "Response", rust: "Rust", feedback: "Feedback", state: "State", otel: "OpenTelemetry", flags: "Feature flags",
};

function parseReport(value: unknown): UserReport | null {
  const raw = record(value);
  const comments = text(raw["comments"]) ?? text(raw["message"]);
  if (comments === null) return null;
  return { comments, name: text(raw["name"]) ?? "Somebody", email: text(raw["email"]) ?? text(raw["contact_email"]), date: moment(raw["dateCreated"]) };
}

function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

export function parseAttachment(value: unknown): Attachment | null {
  const raw = record(value);
  const id = text(raw["id"]);
  if (id === null) return null;
  return { id, name: text(raw["name"]) ?? "unnamed", mimetype: text(raw["mimetype"]) ?? "application/octet-stream", size: number(raw["size"]) ?? 0, dateCreated: moment(raw["dateCreated"]) };
}

export function parseEventRow(value: unknown): EventRow | null {
  const event = parseEvent(value);
  if (event === null) return null;
  const { eventID, title, date, release, environment, platform } = event;
  return { eventID, title, date, release, environment, platform, user: userWords(event.user) };
}

/** The one word that best tells who it was. */
export function userWords(user: readonly [string, unknown][]): string | null {
  for (const wanted of ["email", "username", "name", "id", "ip_address"]) {
    const found = text(user.find(([key]) => key === wanted)?.[1]);
    if (found !== null) return found;
  }
  return null;
}
