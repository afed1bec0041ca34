/** Issues as the list and the issue page need them, read from whatever the server sent. */
import { LEVELS, PRIORITIES, STATUSES, type Actor, type Issue, type IssueDetail, type ProjectRef, type Release, type Series, type StatusDetails } from "../api/schema";
import { parseActivity } from "./activity";
import { each, list, moment, number, oneOf, record, text, type Json } from "./read";

/** Only an id is needed to show an issue; everything else has a stand-in. */
export function parseIssue(value: unknown): Issue | null {
  const raw = record(value);
  const id = text(raw["id"]);
  if (id === null) return null;
  const metadata = record(raw["metadata"]);
  const title = text(raw["title"]) ?? text(metadata["title"]) ?? "Untitled";
  const type = text(metadata["type"]);
  return {
    id, title,
    type: type ?? title,
    value: type === null ? "" : (text(metadata["value"]) ?? ""),
    shortId: text(raw["shortId"]) ?? id,
    culprit: text(raw["culprit"]),
    platform: text(raw["platform"]),
    level: oneOf(raw["level"], LEVELS) ?? "error",
    status: oneOf(raw["status"], STATUSES) ?? "unresolved",
    substatus: text(raw["substatus"]),
    statusDetails: record(raw["statusDetails"]) as StatusDetails,
    priority: oneOf(raw["priority"], PRIORITIES),
    count: number(raw["count"]) ?? 0,
    userCount: number(raw["userCount"]) ?? 0,
    firstSeen: moment(raw["firstSeen"]),
    lastSeen: moment(raw["lastSeen"]),
    project: parseProjectRef(raw["project"]),
    assignedTo: parseActor(raw["assignedTo"]),
    numComments: number(raw["numComments"]) ?? 0,
    isUnhandled: raw["isUnhandled"] === true,
    stats: parseStats(raw["stats"]),
    permalink: text(raw["permalink"]),
  };
}

export function parseIssueDetail(value: unknown): IssueDetail | null {
  const issue = parseIssue(value);
  if (issue === null) return null;
  const raw = record(value);
  return {
    ...issue,
    stats: parseStats(raw["stats"], issue.firstSeen),
    activity: each(raw["activity"], parseActivity),
    firstRelease: parseRelease(raw["firstRelease"]),
    lastRelease: parseRelease(raw["lastRelease"]),
    userReportCount: number(raw["userReportCount"]) ?? 0,
    seenBy: each(raw["seenBy"], personName),
    participants: each(raw["participants"], personName),
  };
}

export function parseProjectRef(value: unknown): ProjectRef {
  const raw = record(value);
  const slug = text(raw["slug"]) ?? "";
  return { id: text(raw["id"]) ?? "", slug, name: text(raw["name"]) ?? slug, platform: text(raw["platform"]) };
}

export function parseRelease(value: unknown): Release | null {
  const version = text(value) ?? text(record(value)["version"]);
  if (version === null) return null;
  const short = text(record(value)["shortVersion"]) ?? version;
  return { version, shortVersion: /^[0-9a-f]{40}$/.test(short) ? short.slice(0, 12) : short, dateCreated: moment(record(value)["dateCreated"]) };
}

export function parseActor(value: unknown): Actor | null {
  const raw = record(value);
  const id = text(raw["id"]);
  if (id === null) return null;
  const email = text(raw["email"]);
  const type = raw["type"] === "team" ? "team" : "user";
  return { type, id, email, name: text(raw["name"]) ?? text(raw["username"]) ?? email ?? `${type} ${id}` };
}

export function personName(value: unknown): string | null {
  const raw = record(value);
  return text(raw["name"]) ?? text(raw["username"]) ?? text(raw["email"]);
}

/** `{"24h": [[ts, n], …], "30d": …}`: the shortest series that holds everything since a moment, else the one that reaches back furthest. */
export function parseStats(value: unknown, since: Date | null = null): Series {
  const start = (series: Series) => series[0]?.[0] ?? 0;
  const all = Object.values(record(value)).map(parseSeries).filter((series) => series.length > 0).toSorted((a, b) => start(b) - start(a));
  const holding = since === null ? undefined : all.find((series) => start(series) <= since.getTime() / 1000);
  return holding ?? all.at(-1) ?? [];
}

function parseSeries(value: unknown): Series {
  return each(value, (point): [number, number] | null => {
    const [ts, count] = list(point);
    const at = number(ts);
    return at === null ? null : [at, number(count) ?? 0];
  });
}

/** What the small coloured word before the place says; null when nothing is remarkable. */
export function badge(issue: Pick<Issue, "status" | "substatus" | "statusDetails">): { tone: "new" | "reg" | "esc" | "ok" | "plain"; words: string } | null {
  if (issue.status === "resolved") return { tone: "ok", words: resolvedWords(record(issue.statusDetails)) };
  if (issue.status === "ignored") return { tone: "plain", words: archivedWords(issue.substatus) };
  if (issue.substatus === "regressed") return { tone: "reg", words: "Regressed" };
  if (issue.substatus === "escalating") return { tone: "esc", words: "Escalating" };
  return issue.substatus === "new" ? { tone: "new", words: "New" } : null;
}

/** Open, and nobody has said yet that they looked at what is new about it. */
export function awaitsReview({ status, substatus }: Pick<Issue, "status" | "substatus">): boolean {
  return status === "unresolved" && ["new", "regressed", "escalating"].includes(substatus ?? "");
}

function resolvedWords(details: Json): string {
  if (details["inNextRelease"] === true) return "Resolved in next release";
  const release = text(details["inRelease"]);
  return release === null ? "Resolved" : `Resolved in ${release}`;
}

function archivedWords(substatus: string | null): string {
  if (substatus === "archived_until_escalating") return "Archived until it escalates";
  if (substatus === "archived_until_condition_met") return "Archived for a while";
  return substatus === "archived_forever" ? "Archived for ever" : "Archived";
}
