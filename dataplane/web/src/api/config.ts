/** `/api/client-config/`: fetched once, validated before anything is drawn. A broken answer becomes a ConfigProblem with a sentence. */
import { flag, list, record, text, type Json } from "../model/read";
import { ApiError, request, sentence } from "./client";
import type { ClientConfig, SessionUser } from "./schema";

/** Twice the slowest answer seen from a healthy server under load; longer and a person believes the page is dead. */
export const CONFIG_TIMEOUT_MS = 5000;

export class ConfigProblem extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ConfigProblem";
  }
}

export async function fetchConfig(): Promise<ClientConfig> {
  let answer: unknown;
  try {
    answer = await request("/api/client-config/", { timeoutMs: CONFIG_TIMEOUT_MS });
  } catch (error) {
    throw new ConfigProblem(reason(error));
  }
  return parseConfig(answer);
}

function reason(error: unknown): string {
  if (!(error instanceof ApiError) || error.status === 0) return sentence(error);
  if (error.status === 404) return "The server has no settings for this page. It may be older than the page.";
  if (error.status >= 500) return `The server is in trouble and answered ${error.status}.`;
  return `The settings of this page could not be read: ${error.detail}`;
}

/** Needs an object that says whether somebody is signed in; everything else has a safe default. */
export function parseConfig(answer: unknown): ClientConfig {
  const raw = record(answer);
  const isAuthenticated = flag(raw["isAuthenticated"]);
  if (isAuthenticated === null) throw new ConfigProblem("The server sent settings that this page does not understand.");
  const user = parseUser(raw["user"]);
  if (isAuthenticated && user === null) throw new ConfigProblem("The server says you are signed in, but not as whom.");
  return {
    version: text(record(raw["version"])["current"]) ?? "unknown",
    features: list(raw["features"]).flatMap((name) => text(name) ?? []),
    isAuthenticated,
    user,
    organization: organization(raw),
    messages: list(raw["messages"]).flatMap((entry) => text(entry) ?? text(record(entry)["message"]) ?? []),
  };
}

function organization(raw: Json): string {
  return text(raw["lastOrganization"]) ?? text(record(list(raw["organizations"])[0])["slug"]) ?? "default";
}

function parseUser(value: unknown): SessionUser | null {
  const raw = record(value);
  const id = text(raw["id"]);
  if (id === null) return null;
  const email = text(raw["email"]) ?? "";
  const username = text(raw["username"]) ?? email;
  return { id, email, username, name: text(raw["name"]) ?? (username || `user ${id}`), isSuperuser: raw["isSuperuser"] === true };
}
