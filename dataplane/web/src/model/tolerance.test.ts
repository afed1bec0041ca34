/** Point 16: data that is absent, null or of a wrong type is read to something that can be drawn; nothing throws. */
import { describe, expect, it } from "vitest";
import { activityWords, parseActivity } from "./activity";
import { parseEvent } from "./event";
import { parseFacet } from "./facets";
import { collapse, rawTrace } from "./frames";
import { parseGrouping, reason } from "./grouping";
import { highlights } from "./highlights";
import { badge, parseIssue, parseIssueDetail } from "./issue";
import { parseFilter, parseKey, parseProject, parseQuota, parseRuleError } from "./project";

const WRONG: unknown[] = [null, undefined, 0, -1, "", "text", true, [], [null], [[]], {}, { values: null }, { values: [null, 3, "x", {}] }, Number.NaN];

describe("activity", () => {
  it("survives_an_item_without_author_date_or_known_type", () => {
    const item = parseActivity({ id: "1", type: "brand_new_thing", user: null, data: null, dateCreated: "not a date" });
    expect(item).toMatchObject({ author: null, date: null, data: {} });
    expect(item && activityWords(item)).toBe("brand new thing");
  });
  it("survives_an_item_that_has_only_a_type", () => {
    expect(parseActivity({ type: "note" })).toMatchObject({ type: "note", author: null });
  });
  it("drops_what_is_no_item", () => {
    expect([null, {}, 3, "x", []].map(parseActivity)).toEqual([null, null, null, null, null]);
  });
  it.each(["note", "assigned", "set_ignored", "merge", "set_regression", "set_priority", "first_seen", "deploy", "release", "set_resolved_in_commit", "unknown", "constructor", "__proto__"])("has_words_for_%s_with_any_data", (type) => {
    for (const data of WRONG) {
      const item = parseActivity({ type, data: { text: data, version: data, issues: data, assignee: data, ignoreUntil: data, priority: data, commit: data } });
      expect(item && activityWords(item)).toBeTruthy();
    }
  });
});

describe("event", () => {
  const FIELDS = ["entries", "tags", "user", "contexts", "sdk", "release", "packages", "errors", "_meta", "userReport", "context", "fingerprints", "dateCreated", "title", "message", "size", "platform"];
  it.each(FIELDS)("survives_any_%s", (field) => {
    for (const value of WRONG) {
      const event = parseEvent({ eventID: "a", [field]: value });
      expect(event && highlights(event).length).toBeGreaterThan(0);
    }
  });
  it.each(["exception", "threads", "stacktrace", "breadcrumbs", "request", "message", "csp"])("survives_an_entry_%s_with_any_data", (type) => {
    for (const data of WRONG) expect(parseEvent({ eventID: "a", entries: [{ type, data }, null, { type: null }] })).not.toBeNull();
  });
  it("survives_frames_of_any_kind", () => {
    for (const value of WRONG) {
      const event = parseEvent({ eventID: "a", entries: [{ type: "exception", data: { values: [{ type: "E", value: "v", stacktrace: { frames: [value, { function: value, context: value, vars: value, lineNo: value, inApp: value }] } }] } }] });
      const exception = event?.exceptions[0];
      expect(exception && rawTrace(exception, "python")).toContain("E: v");
      expect(exception && collapse(exception.frames, "mine")).toBeDefined();
    }
  });
  it("is_nothing_without_an_id", () => {
    expect(WRONG.map(parseEvent)).toEqual(WRONG.map(() => null));
  });
  it("shows_the_last_raised_exception_first_and_its_newest_frame_first", () => {
    const frames = (...names: string[]) => ({ frames: names.map((name) => ({ function: name, filename: "a.py", inApp: true })) });
    const event = parseEvent({ eventID: "a", entries: [{ type: "exception", data: { values: [{ type: "Cause", stacktrace: frames("x") }, { type: "Effect", stacktrace: frames("outer", "inner") }] } }] });
    expect(event?.exceptions.map((one) => one.type)).toEqual(["Effect", "Cause"]);
    expect(event?.exceptions[0]?.frames.map((frame) => frame.function)).toEqual(["inner", "outer"]);
  });
  it("reads_headers_and_tags_in_all_three_spellings", () => {
    const request = (headers: unknown) => parseEvent({ eventID: "a", tags: [["k", "v"], { key: "l", value: "w" }], entries: [{ type: "request", data: { url: "http://h/p?q", headers } }] });
    expect(request([["A", "1"]])?.request?.headers).toEqual([["A", "1"]]);
    expect(request({ A: "1" })?.request?.headers).toEqual([["A", "1"]]);
    expect(request({})?.tags).toEqual([{ key: "k", value: "v" }, { key: "l", value: "w" }]);
  });
});

describe("issue and project", () => {
  it("survives_an_issue_that_is_only_an_id", () => {
    const issue = parseIssueDetail({ id: 7 });
    expect(issue).toMatchObject({ id: "7", title: "Untitled", count: 0, lastSeen: null, activity: [], project: { slug: "" } });
    expect(issue && badge(issue)).toBeNull();
  });
  it.each(["metadata", "stats", "project", "assignedTo", "statusDetails", "firstRelease", "activity", "level", "status", "count"])("survives_any_%s", (field) => {
    for (const value of WRONG) expect(parseIssueDetail({ id: "1", [field]: value })).not.toBeNull();
  });
  it("reads_counts_that_are_text", () => {
    expect(parseIssue({ id: "1", count: "1204", userCount: 3 })).toMatchObject({ count: 1204, userCount: 3 });
  });
  it("reads_or_drops_every_other_shape", () => {
    for (const parse of [parseProject, parseKey, parseQuota, parseFilter, parseRuleError, parseFacet]) for (const value of WRONG) expect(() => parse(value)).not.toThrow();
  });
});

describe("grouping", () => {
  it("explains_nothing_rather_than_throwing", () => {
    for (const value of WRONG) {
      expect(reason(parseGrouping(value))).toBeTruthy();
      expect(reason(parseGrouping({ variants: { app: value }, hashes: value, config: value }))).toBeTruthy();
      expect(reason(parseGrouping({ variants: { app: { hash: "a", contributes: true, component: { id: "app", values: value } } } }))).toBeTruthy();
    }
  });
  it("counts_the_frames_that_decided", () => {
    const frame = (contributes: boolean) => ({ id: "frame", contributes, values: [] });
    const info = parseGrouping({ config: "c", hashes: ["h"], variants: { app: { type: "component", hash: "h", contributes: true, component: { id: "app", contributes: true, values: [{ id: "stacktrace", contributes: true, values: [frame(true), frame(true), frame(false)] }] } } } });
    expect(reason(info)).toBe("Grouped by 2 frames that are yours; 1 of 3 were left out by rules.");
  });
});
