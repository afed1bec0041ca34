/** Point 16: whatever `/api/client-config/` says, the page has settings or a sentence. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { ConfigProblem, fetchConfig, parseConfig } from "./config";

const good = { version: { current: "1.2.3" }, features: ["a", 7, null], isAuthenticated: true, user: { id: 5, name: "Anna", email: "a@b.c", username: "anna", isSuperuser: true }, lastOrganization: "acme", messages: ["hello", { message: "there" }, 3] };

function check(change: Record<string, unknown>) {
  return parseConfig({ ...good, ...change });
}

describe("parseConfig", () => {
  it("reads_a_complete_answer", () => {
    expect(parseConfig(good)).toMatchObject({ version: "1.2.3", organization: "acme", features: ["a", "7"], user: { id: "5", name: "Anna", isSuperuser: true }, messages: ["hello", "there", "3"] });
  });
  it("replaces_parts_of_a_wrong_type_by_defaults", () => {
    expect(check({ version: null, features: "x", lastOrganization: 0.5e400, messages: { a: 1 } })).toMatchObject({ version: "unknown", features: [], organization: "default", messages: [] });
  });
  it("takes_the_first_organization_when_none_is_last", () => {
    expect(check({ lastOrganization: null, organizations: [{ slug: "first" }] }).organization).toBe("first");
  });
  it.each([[null], [[]], ["<html>"], [42], [{}], [{ isAuthenticated: "yes" }]])("refuses_%j", (answer) => {
    expect(() => parseConfig(answer)).toThrow(ConfigProblem);
  });
  it("refuses_a_session_without_a_user", () => {
    expect(() => check({ user: null })).toThrow(/not as whom/);
  });
  it("accepts_a_stranger_without_a_user", () => {
    expect(check({ isAuthenticated: false, user: null }).user).toBeNull();
  });
});

describe("fetchConfig", () => {
  afterEach(() => void vi.unstubAllGlobals());
  const answering = (status: number, body: string) => vi.stubGlobal("fetch", async () => new Response(body, { status }));

  it.each([[404, "", /older/], [500, "oops", /in trouble and answered 500/], [200, "<html>", /not JSON/], [200, "", /does not understand/], [403, '{"detail":"no"}', /no$/]])("turns_%i_%j_into_a_sentence", async (status, body, words) => {
    answering(status, body);
    await expect(fetchConfig()).rejects.toThrow(words);
  });
  it("says_when_the_server_is_gone", async () => {
    vi.stubGlobal("fetch", async () => { throw new TypeError("Failed to fetch"); });
    await expect(fetchConfig()).rejects.toThrow("The server cannot be reached.");
  });
  it("says_when_the_answer_is_late", async () => {
    vi.useFakeTimers();
    vi.spyOn(AbortSignal, "timeout").mockReturnValue(AbortSignal.abort(new DOMException("late", "TimeoutError")));
    vi.stubGlobal("fetch", async (_: string, { signal }: RequestInit) => { signal?.throwIfAborted(); });
    await expect(fetchConfig()).rejects.toThrow("did not answer in time");
    vi.useRealTimers();
    vi.restoreAllMocks();
  });
});
