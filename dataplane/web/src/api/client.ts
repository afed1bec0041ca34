/** The one way to the server: fetch with CSRF header, errors as ApiError, cursors read from the Link header. */
import { record, text } from "../model/read";

/** Above this a person has already reloaded; a slow query ends at 10 s on the server. */
const REQUEST_TIMEOUT_MS = 20_000;

export class ApiError extends Error {
  constructor(readonly status: number, readonly detail: string, readonly fields: Record<string, string> = {}, readonly retryAfterS: number | null = null) {
    super(detail);
    this.name = "ApiError";
  }
}

export interface Page<T> {
  rows: T;
  next: string | null;
  previous: string | null;
  /** Rows over all pages, when the server says so. */
  hits: number | null;
  /** The search gave up before it had looked at all events. */
  isIncomplete: boolean;
}

interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "DELETE";
  body?: unknown;
  query?: Record<string, string | string[] | number | null | undefined>;
  signal?: AbortSignal;
  timeoutMs?: number;
}

export async function request<T = unknown>(path: string, options: RequestOptions = {}): Promise<T> {
  return (await send(path, options)).body as T;
}

export async function requestPage<T = unknown>(path: string, options: RequestOptions = {}): Promise<Page<T>> {
  const { body, headers } = await send(path, options);
  const hits = Number(headers.get("X-Hits") ?? Number.NaN);
  return { rows: body as T, ...parseLink(headers.get("Link")), hits: Number.isFinite(hits) ? hits : null, isIncomplete: headers.has("X-Search-Incomplete") };
}

async function send(path: string, { method = "GET", body, query, signal, timeoutMs = REQUEST_TIMEOUT_MS }: RequestOptions) {
  const timeout = AbortSignal.timeout(timeoutMs);
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-CSRFToken"] = cookie("errata_csrf");
  let response: Response;
  try {
    response = await fetch(`${path.startsWith("/api/") ? path : `/api/0${path}`}${queryString(query)}`, {
      method, headers, credentials: "same-origin", body: body === undefined ? null : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, timeout.aborted ? "The server did not answer in time." : "The server cannot be reached.");
  }
  const answer = await readBody(response);
  if (!response.ok) throw parseError(response.status, answer, response.headers.get("Retry-After"));
  return { body: answer, headers: response.headers };
}

async function readBody(response: Response): Promise<unknown> {
  const raw = await response.text();
  if (raw === "") return null;
  try {
    return JSON.parse(raw);
  } catch {
    if (response.ok) throw new ApiError(response.status, "The server answered with something that is not JSON.");
    return null;
  }
}

/** The four error shapes clients must survive: detail text, detail object, error, and per-field lists. */
export function parseError(status: number, answer: unknown, retryAfter: string | null = null): ApiError {
  const { detail, error, causes: _, ...rest } = record(answer);
  const retryAfterS = retryAfter === null || Number.isNaN(Number(retryAfter)) ? null : Number(retryAfter);
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(rest)) {
    const message = text(Array.isArray(value) ? value[0] : value);
    if (message !== null) fields[name] = message;
  }
  // Sentry's own sentence for 404 tells a person nothing to do.
  const isBare = status === 404 && text(detail) === "The requested resource does not exist";
  const said = isBare ? fallback(status) : text(detail) ?? text(record(detail)["message"]) ?? text(error) ?? fields["non_field_errors"]
    ?? Object.entries(fields).map(([name, message]) => `${name}: ${message}`)[0] ?? fallback(status);
  return new ApiError(status, said, fields, retryAfterS);
}

function fallback(status: number): string {
  if (status === 401) return "You are signed out.";
  if (status === 403) return "You are not allowed to do this.";
  if (status === 404) return "This does not exist, or you may not see it.";
  if (status === 429) return "Too many requests. Try again in a moment.";
  return `The server answered ${status}.`;
}

/** `rel="next"` and `rel="previous"` with `results="true"` become cursors; everything else is null. */
export function parseLink(header: string | null): { next: string | null; previous: string | null } {
  const found: { next: string | null; previous: string | null } = { next: null, previous: null };
  for (const entry of (header ?? "").split(/,\s*(?=<)/)) {
    const rel = /rel="(next|previous)"/.exec(entry)?.[1];
    const cursor = /cursor="([^"]*)"/.exec(entry)?.[1];
    if ((rel === "next" || rel === "previous") && cursor && /results="true"/.test(entry)) found[rel] = cursor;
  }
  return found;
}

function queryString(query: RequestOptions["query"]): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one));
  }
  const written = params.toString();
  return written ? `?${written}` : "";
}

function cookie(name: string): string {
  const found = document.cookie.split("; ").find((entry) => entry.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

/** What a person can read about any thrown value. */
export function sentence(error: unknown): string {
  if (error instanceof ApiError) return error.detail;
  return error instanceof Error && error.message ? error.message : "Something unexpected happened.";
}
