/** Settings and data that are malformed, late or missing: a sentence and a way on, never a white page. */
import { expect, type Route } from "@playwright/test";
import { checkoutError } from "./checkout";
import { issueOf, panel, test } from "./page";
import { send } from "./send";

const CONFIG = "**/api/client-config/";
const json = (body: unknown) => ({ contentType: "application/json", body: JSON.stringify(body) });

const CASES: Record<string, (route: Route) => Promise<void>> = {
  "is html": (route) => route.fulfill({ contentType: "text/html", body: "<html>proxy</html>" }),
  "is cut": (route) => route.fulfill({ contentType: "application/json", body: '{"isAuthenticated": tr' }),
  "is empty": (route) => route.fulfill({ contentType: "application/json", body: "" }),
  "is a list": (route) => route.fulfill(json([])),
  "has a wrong type": (route) => route.fulfill(json({ isAuthenticated: "yes", user: 3 })),
  "has no user": (route) => route.fulfill(json({ isAuthenticated: true, user: null })),
  "is missing": (route) => route.fulfill({ status: 404, ...json({ detail: "not found" }) }),
  "is in trouble": (route) => route.fulfill({ status: 503, body: "" }),
  "is unreachable": (route) => route.abort(),
  "is late": async () => undefined,
};

for (const [name, answer] of Object.entries(CASES)) {
  test(`settings_that_${name.replaceAll(" ", "_")}_give_a_sentence_and_a_retry`, async ({ page, complaints }) => {
    await page.route(CONFIG, answer);
    await page.goto("/issues/");
    await expect(page.getByRole("alert")).toContainText("Errata could not start in this browser.");
    await expect(page.getByRole("alert").getByRole("paragraph")).toHaveText(/\w+.*\.$/);
    await page.unroute(CONFIG);
    await page.getByRole("button", { name: "Try again" }).click();
    await expect(page.getByRole("heading", { level: 1, name: "Sign in" })).toBeVisible();
    // The browser itself reports each failed request.
    complaints.splice(0, complaints.length, ...complaints.filter((words) => !/Failed to load resource|ConfigProblem/.test(words)));
  });
}

const STRANGE_ACTIVITY = [{ id: "1", type: "brand_new", user: null, data: null, dateCreated: "not a date" }, { type: "note" }, {}, null, 3, { id: "2", type: "assigned", user: { name: null }, data: "text" }, { id: "3", type: "constructor", data: [] }];

test("activity_without_author_date_or_known_type_is_shown", async ({ inside: page }) => {
  const issue = await issueOf(page, await send(checkoutError()));
  await page.route(`**/api/0/organizations/*/issues/${issue}/`, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), activity: STRANGE_ACTIVITY } });
  });
  await page.goto(`/issues/${issue}/`);
  await expect(panel(page, "Activity")).toContainText("Somebody brand new · at an unknown time");
  await expect(panel(page, "Stack trace")).toContainText("OrderNotFound");
});

for (const [name, change] of Object.entries({
  nothing: { entries: null, tags: null, user: null, contexts: null, sdk: null, release: null, packages: null, errors: null, userReport: null, context: null, dateCreated: null, title: null, metadata: null },
  "wrong types": { entries: [{ type: "exception", data: { values: "x" } }, { type: "breadcrumbs", data: [1] }, { type: "request", data: 7 }, null], tags: "a", user: [1], contexts: { os: "text", constructor: { name: null }, list: [1] }, release: 5, packages: [], errors: [null, { message: 3 }], dateCreated: {}, title: [] },
})) {
  test(`event_with_${name.replaceAll(" ", "_")}_is_shown`, async ({ inside: page }) => {
    const issue = await issueOf(page, await send(checkoutError()));
    await page.route(`**/api/0/organizations/*/issues/${issue}/events/*/`, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ response: answer, json: { ...((await answer.json()) as object), ...change } });
    });
    await page.goto(`/issues/${issue}/`);
    await expect(page.getByText("Not sent with this event:")).toBeVisible();
    await expect(page.getByRole("heading", { level: 1, name: "OrderNotFound" })).toBeVisible();
    await expect(page.getByText("could not be drawn")).toHaveCount(0);
  });
}

test("list_that_fails_offers_a_retry", async ({ inside: page, complaints }) => {
  await page.goto("/issues/");
  await page.route("**/api/0/organizations/*/issues/?*", (route) => route.fulfill({ status: 500, ...json({ detail: "the store is away" }) }));
  await page.goto("/issues/?query=is%3Aresolved");
  await expect(page.getByRole("alert")).toContainText("Issues could not be loaded. the store is away");
  await page.unroute("**/api/0/organizations/*/issues/?*");
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByRole("table", { name: "Issues" })).toBeVisible();
  complaints.splice(0, complaints.length, ...complaints.filter((words) => !/Failed to load resource/.test(words)));
});

test("search_that_gave_up_says_so", async ({ inside: page }) => {
  const issue = await issueOf(page, await send(checkoutError()));
  const unfinished = (found: boolean) => async (route: Route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, headers: { ...answer.headers(), "x-search-incomplete": "1" }, ...(found ? {} : { json: [] }) });
  };
  const words = page.getByRole("status").filter({ hasText: "This search gave up before it had looked at all events" });
  await page.route("**/api/0/organizations/*/issues/?*", unfinished(true));
  await page.goto("/issues/");
  await expect(words).toContainText("Choose a shorter period");
  await expect(page.locator("[data-issue]").first()).toBeVisible();
  await page.unroute("**/api/0/organizations/*/issues/?*");
  await page.route("**/api/0/organizations/*/issues/?*", unfinished(false));
  await page.goto("/issues/?query=user%3Anobody");
  await expect(page.getByText("Nothing was found so far.")).toBeVisible();
  await expect(page.getByText("No issue matches.")).toHaveCount(0);
  await page.route(`**/api/0/organizations/*/issues/${issue}/events/?*`, unfinished(false));
  await page.goto(`/issues/${issue}/events/?query=user%3Anobody`);
  await expect(words).toBeVisible();
  await expect(page.getByText("Nothing was found so far.")).toBeVisible();
});

/** Emptiness is a claim: an answer that is no list does not make it. */
const LISTS: Record<string, readonly [path: string, words: string]> = {
  "/issues/": ["organizations/*/issues/?*", "Issues could not be loaded."],
  "/projects/": ["organizations/*/projects/", "Projects could not be loaded."],
  "/settings/account/tokens/": ["api-tokens/", "Tokens could not be loaded."],
  "/settings/account/members/": ["organizations/*/members/", "Members could not be loaded."],
  "/settings/account/teams/": ["organizations/*/teams/", "Teams could not be loaded."],
  "/settings/projects/default/quotas/": ["projects/*/*/quotas/", "Quotas could not be loaded."],
  "/settings/projects/default/keys/": ["projects/*/*/keys/", "Keys could not be loaded."],
};

for (const [address, [path, words]] of Object.entries(LISTS)) {
  test(`wrong_answer_is_not_shown_as_an_empty_list_on${address.replaceAll("/", "_")}`, async ({ inside: page }) => {
    for (const answer of [null, {}, [null, 3, "x", {}]]) {
      await page.route(`**/api/0/${path}`, (route) => route.fulfill(json(answer)));
      await page.goto(address);
      await expect(page.getByRole("alert")).toContainText(`${words} The server sent an answer that this page does not understand.`);
      await page.unroute(`**/api/0/${path}`);
      await page.getByRole("button", { name: "Try again" }).click();
      await expect(page.getByRole("alert")).toHaveCount(0);
    }
  });
}

/** Every read of the issue page but its event: what fails says so in its place, the rest is there. */
const PARTS: Record<string, readonly [path: string, words: string]> = {
  issue: ["", "This issue could not be loaded."],
  event: ["events/*/", "This event could not be loaded."],
  tags: ["tags/", "Tags could not be loaded."],
};

for (const [name, [path, words]] of Object.entries(PARTS)) {
  for (const [how, answer] of Object.entries({ fails: { status: 500, ...json({ detail: "the store is away" }) }, "is no json": { contentType: "text/html", body: "<html>" }, "is empty": json(null) })) {
    test(`${name}_that_${how.replaceAll(" ", "_")}_leaves_a_sentence_and_a_retry`, async ({ inside: page, complaints }) => {
      const issue = await issueOf(page, await send(checkoutError()));
      const address = `**/api/0/organizations/*/issues/${issue}/${path}`;
      await page.route(address, (route) => route.fulfill(answer));
      await page.goto(`/issues/${issue}/`);
      await expect(page.getByRole("alert")).toContainText(words);
      await page.unroute(address);
      await page.getByRole("button", { name: "Try again" }).click();
      await expect(page.getByRole("alert")).toHaveCount(0);
      await expect(page.getByRole("heading", { level: 1, name: "OrderNotFound" })).toBeVisible();
      complaints.splice(0, complaints.length, ...complaints.filter((one) => !/Failed to load resource/.test(one)));
    });
  }
}
