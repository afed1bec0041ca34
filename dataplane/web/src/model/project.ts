/** Projects and what hangs on them (keys, quotas, filters, rule errors), read from whatever the server sent. */
import type { InboundFilter, Project, ProjectKey, Quota, RuleError } from "../api/schema";
import { lineNumber } from "./grouping";
import { each, moment, number, record, text } from "./read";

export function parseProject(value: unknown): Project | null {
  const raw = record(value);
  const slug = text(raw["slug"]);
  if (slug === null) return null;
  return {
    id: text(raw["id"]) ?? slug, slug, name: text(raw["name"]) ?? slug, platform: text(raw["platform"]),
    dateCreated: moment(raw["dateCreated"]), firstEvent: moment(raw["firstEvent"]),
    teams: each(raw["teams"], (team) => text(record(team)["slug"])),
    options: record(raw["options"]),
    fingerprintingRules: text(raw["fingerprintingRules"]) ?? "", groupingEnhancements: text(raw["groupingEnhancements"]) ?? "",
    allowedDomains: each(raw["allowedDomains"], text),
    resolveAge: number(raw["resolveAge"]) ?? 0,
    managedBy: text(raw["managedBy"]) ?? text(record(raw["managedBy"])["name"]),
  };
}

export function parseKey(value: unknown): ProjectKey | null {
  const raw = record(value);
  const id = text(raw["id"]);
  if (id === null) return null;
  const dsn = record(raw["dsn"]);
  const limit = record(raw["rateLimit"]);
  const window = number(limit["window"]);
  const count = number(limit["count"]);
  return {
    id, name: text(raw["name"]) ?? text(raw["label"]) ?? id, public: text(raw["public"]) ?? "", isActive: raw["isActive"] !== false,
    rateLimit: window === null || count === null ? null : { window, count },
    dsn: text(dsn["public"]) ?? "", securityDsn: text(dsn["security"]), minidumpDsn: text(dsn["minidump"]), dateCreated: moment(raw["dateCreated"]),
  };
}

export function parseQuota(value: unknown): Quota | null {
  const raw = record(value);
  const category = text(raw["category"]);
  if (category === null) return null;
  return { category, id: text(raw["id"]) ?? "", limit: number(raw["limit"]), windowS: number(raw["window_s"]) ?? 0, used: number(raw["used"]) ?? 0, resetsAt: moment(raw["resets_at"]) };
}

export function parseFilter(value: unknown): InboundFilter | null {
  const raw = record(value);
  const id = text(raw["id"]);
  if (id === null) return null;
  const active = Array.isArray(raw["active"]) ? each(raw["active"], text) : raw["active"] === true;
  return { id, active, name: text(raw["name"]) ?? id.replaceAll("-", " "), description: text(raw["description"]) };
}

export function parseRuleError(value: unknown): RuleError | null {
  const raw = record(value);
  const message = text(raw["message"]) ?? text(value);
  return message === null ? null : { message, field: text(raw["field"]) ?? "", line: lineNumber(raw["line"]), column: lineNumber(raw["column"]) };
}
