/** People, teams and tokens, read from whatever the server sent. */
import type { ApiToken, Member, Team } from "../api/schema";
import { each, moment, number, record, text } from "./read";

export function parseMember(value: unknown): Member | null {
  const raw = record(value);
  const user = record(raw["user"]);
  const id = text(raw["id"]);
  if (id === null) return null;
  const email = text(raw["email"]) ?? text(user["email"]) ?? "";
  return {
    id, email, userId: text(user["id"]), name: text(raw["name"]) ?? text(user["name"]) ?? (email || `member ${id}`),
    role: text(raw["orgRole"]) ?? text(raw["role"]) ?? "member", pending: raw["pending"] === true,
    // Only a plain no is one: another server may sign people in by other means.
    hasPassword: user["hasPasswordAuth"] !== false,
  };
}

export function parseTeam(value: unknown): Team | null {
  const raw = record(value);
  const slug = text(raw["slug"]);
  return slug === null ? null : { id: text(raw["id"]) ?? slug, slug, name: text(raw["name"]) ?? slug, memberCount: number(raw["memberCount"]) ?? 0 };
}

export function parseToken(value: unknown): ApiToken | null {
  const raw = record(value);
  const id = text(raw["id"]);
  if (id === null) return null;
  return {
    id, name: text(raw["name"]) ?? "unnamed", scopes: each(raw["scopes"], text), token: text(raw["token"]),
    lastCharacters: text(raw["tokenLastCharacters"]), dateCreated: moment(raw["dateCreated"]), dateLastUsed: moment(raw["dateLastUsed"]),
  };
}
