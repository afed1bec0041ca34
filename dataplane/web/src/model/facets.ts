/** How often each value of a tag occurs in an issue, and an issue's hashes. */
import type { IssueHash, TagFacet, TagValue } from "../api/schema";
import { each, moment, number, record, text } from "./read";

export function parseFacet(value: unknown): TagFacet | null {
  const raw = record(value);
  const key = text(raw["key"]);
  if (key === null) return null;
  const topValues = each(raw["topValues"], parseTagValue);
  const counted = topValues.reduce((sum, one) => sum + one.count, 0);
  return { key, topValues, name: text(raw["name"]) ?? key, totalValues: number(raw["totalValues"]) ?? counted, uniqueValues: number(raw["uniqueValues"]) ?? topValues.length };
}

function parseTagValue(value: unknown): TagValue | null {
  const raw = record(value);
  const count = number(raw["count"]);
  if (count === null) return null;
  const written = text(raw["value"]) ?? "";
  return { value: written, count, name: text(raw["name"]) ?? (written || "(empty)"), firstSeen: moment(raw["firstSeen"]), lastSeen: moment(raw["lastSeen"]) };
}

export function parseHash(value: unknown): IssueHash | null {
  const raw = record(value);
  const id = text(raw["id"]) ?? text(raw["hash"]);
  if (id === null) return null;
  const latest = record(raw["latestEvent"]);
  const timesSeen = number(raw["timesSeen"]);
  // A hash that never decided has no moment of its own; the server then writes the epoch.
  const seen = timesSeen === 0 ? null : moment(latest["dateCreated"]) ?? moment(raw["lastSeen"]);
  return { id, timesSeen, lastSeen: seen, latestEventId: text(latest["eventID"]) ?? text(latest["id"]), latestTitle: text(latest["title"]) };
}
