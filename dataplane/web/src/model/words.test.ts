/** What is written on screen: numbers, times, code, queries, collapsed runs, undo. */
import { describe, expect, it } from "vitest";
import { restoring } from "../api/issues";
import { safeNext } from "../shell/session";
import { inks } from "./code";
import { ago, bytes, compact, initials } from "./format";
import { collapse, parseFrames } from "./frames";
import { parseIssue } from "./issue";
import { moment } from "./read";
import { terms, withFilter } from "./query";

describe("format", () => {
  it.each([[0, "0"], [999, "999"], [1204, "1.2k"], [9812, "9.8k"], [412_345, "412k"], [999_960, "1M"], [2_400_000_000, "2.4B"]])("writes_%i_as_%s", (count, words) => expect(compact(count)).toBe(words));
  it.each([[5, "now"], [42, "42 s"], [120, "2 min"], [7200, "2 h"], [8 * 86_400, "8 d"], [-7200, "in 2 h"]])("writes_%i_s_ago_as_%s", (seconds, words) => expect(ago(new Date(0), new Date(seconds * 1000))).toBe(words));
  it("writes_sizes", () => expect([bytes(10), bytes(1834), bytes(1_834_000)]).toEqual(["10 B", "1.8 KiB", "1.7 MiB"]));
  it("finds_initials", () => expect(["anna.k", "Mara", "", "Ünal Öz"].map(initials)).toEqual(["AK", "MA", "?", "ÜÖ"]));
  it("reads_moments", () => expect([moment("2026-01-02T03:04:05Z"), moment(1_700_000_000), moment(1_700_000_000_000)].map((one) => one?.getUTCFullYear())).toEqual([2026, 2023, 2023]));
});

describe("query", () => {
  it("cuts_without_losing_a_letter", () => {
    for (const query of ['is:unresolved !release:"shop 1" AND (a OR b)', "tags[a b]:c  x", 'key:[a, "b c"] "open', "))((", ":::", "level:>=warning", "ü:ö"]) expect(terms(query).map((term) => term.text).join("")).toBe(query);
  });
  it("names_the_parts", () => {
    expect(terms('!release:"a b" AND x').filter((term) => term.kind !== "space").map(({ kind, value }) => [kind, value])).toEqual([["filter", '"a b"'], ["operator", "AND"], ["word", "x"]]);
  });
  it("quotes_what_needs_it", () => expect(withFilter("is:unresolved browser:x", "browser", "Chrome 141")).toBe('is:unresolved browser:"Chrome 141"'));
});

describe("frames", () => {
  const stack = (...places: string[]) => parseFrames({ frames: places.map((filename) => ({ filename, function: "f", inApp: !filename.includes("/") })).reverse() });
  it("folds_runs_of_library_frames_and_names_them", () => {
    const runs = collapse(stack("a.py", "site-packages/django/x.py", "node_modules/@sentry/node/y.js", "b.py", "site-packages/one/z.py"), "mine");
    expect(runs.map((run) => (run.kind === "library" ? run.names : run.frame.place))).toEqual(["a.py", "django and @sentry/node", "b.py", "site-packages/one/z.py"]);
  });
  it("shows_all_when_none_is_yours", () => expect(collapse(stack("l/a.py", "l/b.py", "l/c.py"), "mine")).toHaveLength(3));
});

describe("code", () => {
  it("keeps_every_letter", () => {
    for (const line of ['raise X("a # b") from err # why', "const a = `x${b}` // y", "it's", "'", "a / b", "\t/* open"]) for (const platform of ["python", "node", null]) expect(inks(line, platform).map((ink) => ink.text).join("")).toBe(line);
  });
});

describe("undo", () => {
  const issue = (change: object) => parseIssue({ id: "1", status: "unresolved", substatus: "regressed", ...change }) ?? expect.unreachable();
  it("brings_each_issue_back_to_its_own_state", () => {
    const back = restoring([issue({ id: "1" }), issue({ id: "2" }), issue({ id: "3", status: "ignored", substatus: "archived_until_condition_met", statusDetails: { ignoreUntil: "1970-01-01T01:00:00Z" } })], { status: "resolved" }, new Date(0));
    expect(back).toEqual([
      { ids: ["1", "2"], patch: { status: "unresolved", substatus: "regressed" } },
      { ids: ["3"], patch: { status: "ignored", substatus: "archived_until_condition_met", statusDetails: { ignoreDuration: 60 } } },
    ]);
  });
  it("restores_the_assignee", () => expect(restoring([issue({ assignedTo: { type: "team", id: "4" } })], { assignedTo: "user:1" }, new Date(0))[0]?.patch).toEqual({ assignedTo: "team:4" }));
});

describe("login", () => {
  it.each([["/issues/1/?a=b", "/issues/1/?a=b"], ["//evil.example", "/issues/"], ["/\\evil.example", "/issues/"], ["https://evil.example", "/issues/"], [null, "/issues/"]])("goes_on_to_%s", (next, to) => expect(safeNext(next)).toBe(to));
});
