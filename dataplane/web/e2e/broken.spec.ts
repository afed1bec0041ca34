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
