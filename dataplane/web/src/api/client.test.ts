/** The four error shapes and the Link header, as product-api §3.1 gives them. */
import { describe, expect, it } from "vitest";
import { parseError, parseLink } from "./client";

describe("parseError", () => {
  it.each([
    [{ detail: "text" }, "text"],
    [{ detail: { code: "x", message: "said" } }, "said"],
    [{ error: "upload failed" }, "upload failed"],
    [{ name: ["This field is required."] }, "name: This field is required."],
    [{ non_field_errors: ["Both differ."] }, "Both differ."],
    [{ detail: "The requested resource does not exist" }, "This does not exist, or you may not see it."],
    [null, "This does not exist, or you may not see it."],
    ["<html>", "This does not exist, or you may not see it."],
  ])("reads_%j", (answer, words) => {
    expect(parseError(404, answer).detail).toBe(words);
  });
  it("keeps_the_field_and_the_wait", () => {
    const error = parseError(400, { slug: ["taken"] }, "30");
    expect([error.fields, error.retryAfterS]).toEqual([{ slug: "taken" }, 30]);
  });
});

describe("parseLink", () => {
  it("reads_cursors_that_have_results", () => {
    const header = '<http://h/?a=1,2&cursor=0:0:1>; rel="previous"; results="false"; cursor="0:0:1", <http://h/?cursor=0:100:0>; rel="next"; results="true"; cursor="0:100:0"';
    expect(parseLink(header)).toEqual({ next: "0:100:0", previous: null });
  });
  it.each([[null], [""], ["nonsense"], ['<x>; rel="next"']])("finds_no_page_in_%j", (header) => {
    expect(parseLink(header)).toEqual({ next: null, previous: null });
  });
});
