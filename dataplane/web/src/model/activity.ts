/** One line of an issue's history as a sentence. Survives a missing author, date, type or data. */
import type { Activity } from "../api/schema";
import { exactTime, plural } from "./format";
import { list, lookup, moment, number, record, text, type Json } from "./read";

export function parseActivity(value: unknown): Activity | null {
  const raw = record(value);
  if (Object.keys(raw).length === 0) return null;
  const user = record(raw["user"]);
  return {
    id: text(raw["id"]) ?? `${text(raw["type"]) ?? "unknown"}-${text(raw["dateCreated"]) ?? ""}`,
    type: text(raw["type"]) ?? "unknown",
    author: text(user["name"]) ?? text(user["username"]) ?? text(user["email"]) ?? text(record(raw["sentry_app"])["name"]),
    date: moment(raw["dateCreated"]),
    data: named(record(raw["data"]), text(user["id"])),
  };
}

/** An assignment that names its assignee by number only, and is the author's own, can at least say that. */
function named(data: Json, authorId: string | null): Json {
  const isOwn = authorId !== null && text(data["assignee"]) === authorId && text(data["assigneeType"]) !== "team";
  return isOwn ? { ...data, assigneeName: "themselves" } : data;
}

/** The activity as words; the author, when known, is put before it by the caller. */
export function activityWords({ type, data }: Pick<Activity, "type" | "data">): string {
  return (lookup(WORDS, type) ?? unknownWords(type))(data);
}

/** Types whose sentence stands alone, without an author before it. */
export function isImpersonal(type: string): boolean {
  return ["first_seen", "set_regression", "set_escalating", "auto_set_ongoing", "set_resolved_by_age", "create_issue"].includes(type);
}

const WORDS: Record<string, (data: Json) => string> = {
  note: (data) => text(data["text"]) ?? "left an empty comment",
  set_resolved: () => "resolved this issue",
  set_resolved_by_age: (data) => `Resolved because it was silent${hours(data["age"])}`,
  set_resolved_in_release: (data) => (text(data["version"]) ? `resolved this issue in ${text(data["version"])}` : "resolved this issue in the next release"),
  set_resolved_in_commit: (data) => `resolved this issue in ${commit(data)}`,
  set_resolved_in_pull_request: () => "resolved this issue in a pull request",
  set_unresolved: () => "reopened this issue",
  set_ignored: archived,
  set_public: () => "made this issue public",
  set_private: () => "made this issue private",
  set_regression: (data) => `Regressed${within(data["version"])}${text(data["resolved_in_version"]) ? `, was resolved in ${text(data["resolved_in_version"])}` : ""}`,
  set_escalating: (data) => `Escalating${number(data["forecast"]) === null ? "" : `: more than ${plural(number(data["forecast"]) ?? 0, "event")} an hour`}`,
  auto_set_ongoing: () => "Ongoing: no longer new",
  set_priority: (data) => `set the priority to ${text(data["priority"]) ?? "something unknown"}`,
  create_issue: () => "An issue was created in another tracker",
  first_seen: (data) => `First seen${within(data["version"])}${text(data["priority"]) ? `, priority ${text(data["priority"])}` : ""}`,
  release: (data) => `First seen in release ${text(data["version"]) ?? "unknown"}`,
  assigned: (data) => `assigned this issue to ${text(data["assigneeName"]) ?? text(data["assigneeEmail"]) ?? (text(data["assignee"]) ? `${text(data["assigneeType"]) ?? "user"} ${text(data["assignee"])}` : "somebody unknown")}`,
  unassigned: () => "removed the assignee",
  merge: (data) => `merged ${plural(Math.max(1, list(data["issues"]).length), "issue")} into this one`,
  unmerge_source: () => "moved some fingerprints to another issue",
  unmerge_destination: () => "received fingerprints from another issue",
  deploy: (data) => `Deployed${within(data["version"])}`,
  mark_reviewed: () => "marked this issue as reviewed",
  reprocess: () => "reprocessed the events",
  new_processing_issues: () => "Events could not be processed fully",
  deleted_attachment: () => "deleted an attachment",
  referenced_in_commit: (data) => `mentioned this issue in ${commit(data)}`,
};

function unknownWords(type: string): () => string {
  return () => (type === "unknown" ? "did something this page cannot name" : type.replaceAll("_", " "));
}

function archived(data: Json): string {
  const until = moment(data["ignoreUntil"]);
  const events = number(data["ignoreCount"]);
  const users = number(data["ignoreUserCount"]);
  const minutes = number(data["ignoreDuration"]);
  if (data["ignoreUntilEscalating"] === true) return "archived this issue until it escalates";
  if (until !== null) return `archived this issue until ${exactTime(until)}`;
  if (minutes !== null) return `archived this issue for ${plural(minutes, "minute")}`;
  if (events !== null) return `archived this issue until ${plural(events, "more event")}`;
  if (users !== null) return `archived this issue until ${plural(users, "more user")} met it`;
  return "archived this issue for ever";
}

function within(version: unknown): string {
  const name = text(version) ?? text(record(version)["version"]);
  return name === null ? "" : ` in ${name}`;
}

function commit(data: Json): string {
  const id = text(data["commit"]) ?? text(record(data["commit"])["id"]);
  return id === null ? "a commit" : `commit ${id.slice(0, 12)}`;
}

function hours(age: unknown): string {
  const value = number(age);
  return value === null ? "" : ` for ${plural(value, "hour")}`;
}
