/** A person at the keyboard: sign in, find, read, resolve, undo, assign, and see it come back. */
import { expect } from "@playwright/test";
import { checkoutError, RUN, unique } from "./checkout";
import { issueOf, panel, signIn, test } from "./page";
import { send } from "./send";

test("by_keyboard_alone_from_login_to_regression", async ({ page }) => {
  const run = unique();
  const attachment = [{ name: `order-${run}.txt`, body: Buffer.from("attached") }];
  const eventId = await send(checkoutError(run), attachment);
  const { keyboard } = page;

  await test.step("log in", () => signIn(page));
  await issueOf(page, eventId);

  await test.step("find the issue by search", async () => {
    await keyboard.press("/");
    await expect(page.getByRole("searchbox", { name: "Search issues" })).toBeFocused();
    await keyboard.press("ControlOrMeta+a");
    await keyboard.type(`is:unresolved e2e_run:${run}`);
    await keyboard.press("Enter");
    await expect(page).toHaveURL(new RegExp(`query=[^&]*e2e_run`));
    await expect(page.locator("[data-issue]")).toHaveCount(1);
    await expect(page.locator("[data-issue]")).toContainText(`order of ${run} not found`);
    // The keyboard is where the search led: the next stop lies in the list.
    await keyboard.press("Tab");
    await expect(page.getByRole("checkbox", { name: "Select all issues of this page" })).toBeFocused();
  });

  await test.step("open it", async () => {
    await keyboard.press("j");
    await keyboard.press("Enter");
    await expect(page.getByRole("heading", { level: 1, name: "OrderNotFound" })).toBeVisible();
  });

  await test.step("every panel shows its value", async () => {
    const highlights = panel(page, "Highlights");
    for (const value of ["POST /orders/88121/pay", "shop@1.8.2", "production", "CPython 3.13.2"]) await expect(highlights).toContainText(value);
    const stack = panel(page, "Stack trace");
    await expect(stack).toContainText("caused by KeyError below");
    await expect(stack).toContainText("raise OrderNotFound(order_id) from err");
    await expect(stack.getByText("'88121'", { exact: true })).toBeVisible();
    await expect(stack.getByRole("button", { name: "show 2 frames of asyncio and django" })).toBeVisible();
    await expect(page.getByRole("region", { name: "Why is this one issue?" })).toContainText(/Grouped by|Nothing in the event/);
    const breadcrumbs = panel(page, "Breadcrumbs");
    await expect(breadcrumbs).toContainText("SELECT * FROM orders WHERE id = %s");
    await expect(breadcrumbs).toContainText("POST https://pay.example/charge → 200");
    await expect(panel(page, "Tags")).toContainText("t-17");
    await expect(page.getByRole("region", { name: "Tag distribution" })).toContainText("t-17");
    await expect(panel(page, "Contexts")).toContainText("snail mail");
    await expect(panel(page, "Contexts")).toContainText("771a43a4192642f0b136d5159a501700");
    await expect(panel(page, "User")).toContainText(`u-${run}`);
    await expect(panel(page, "Request")).toContainText("https://shop.example/orders/88121/pay");
    await expect(panel(page, "Request")).toContainText("errata-e2e/1");
    await expect(panel(page, "Request")).toContainText("1299");
    await expect(panel(page, "Additional data")).toContainText("basket_size");
    await expect(panel(page, "Attachments")).toContainText(`order-${run}.txt`);
    await expect(panel(page, "Activity")).toContainText("First seen");
    await expect(panel(page, "Event")).toContainText(eventId);
  });

  const state = page.getByRole("group", { name: "State" });
  const messages = page.getByRole("status", { name: "Messages" });
  await test.step("resolve and undo", async () => {
    await keyboard.press("e");
    await expect(state).toContainText("Resolved");
    await expect(messages).toContainText("Resolved");
    await keyboard.press("u");
    await expect(messages).toContainText("Undone");
    await expect(state).not.toContainText("Resolved");
  });

  await test.step("assign to me", async () => {
    await keyboard.press("a");
    await expect(page.getByRole("menuitem", { name: /^Me/ })).toBeFocused();
    await keyboard.press("Enter");
    await expect(messages).toContainText("Assigned to me");
    await expect(page.getByRole("button", { name: /^Assign, .* has it$/ })).not.toHaveAccessibleName(/nobody/);
  });

  await test.step("regress by sending again", async () => {
    await keyboard.press("Escape");
    await page.locator("body").press("e");
    await expect(state).toContainText("Resolved");
    // Resends until the server's cool-down after a resolution (5 s) is over; the page hears of it by itself.
    await expect.poll(async () => { await send(checkoutError(run), attachment); return state.textContent(); }, { intervals: [3000], timeout: 60_000 }).toContain("Regressed");
    await expect(panel(page, "Activity")).toContainText("Regressed");
  });
});

test("comment_appears_in_the_activity", async ({ inside: page }) => {
  const issue = await issueOf(page, await send(checkoutError()));
  await page.goto(`/organizations/default/issues/${issue}/`);
  await page.getByRole("textbox", { name: "Comment" }).focus();
  await page.keyboard.type(`looked at by ${RUN}`);
  await page.keyboard.press("Control+Enter");
  await expect(panel(page, "Activity")).toContainText(`“looked at by ${RUN}”`);
});

test("reviewed_issue_leaves_the_list_for_review_and_undo_brings_it_back", async ({ inside: page }) => {
  const tag = `review-${RUN}`;
  const [issue = "", other = ""] = await Promise.all(["one", "two"].map(async (name) => issueOf(page, await send({ message: `${name} of ${tag}`, fingerprint: [tag, name], tags: { review: tag } }))));
  const rows = page.locator("[data-issue]");
  const messages = page.getByRole("status", { name: "Messages" });
  await test.step("in the list, by key and by button", async () => {
    await page.goto(`/issues/?query=${encodeURIComponent(`is:for_review review:${tag}`)}`);
    await expect(rows).toHaveCount(2);
    await page.keyboard.press("j");
    await page.keyboard.press("r");
    await expect(rows).toHaveCount(1);
    await page.keyboard.press("u");
    await expect(rows).toHaveCount(2);
    await page.getByRole("checkbox", { name: "Select all issues of this page" }).check();
    await page.getByRole("button", { name: "More actions" }).click();
    await page.getByRole("menuitem", { name: "Mark as reviewed" }).click();
    await expect(page.getByText("No issue matches.")).toBeVisible();
    await messages.getByRole("button", { name: "Undo" }).last().click();
    await expect(rows).toHaveCount(2);
  });
  await test.step("on its page", async () => {
    await page.goto(`/issues/${issue}/`);
    const state = page.getByRole("group", { name: "State" });
    const button = page.getByRole("button", { name: "Mark as reviewed" });
    await expect(state).toContainText("New");
    await button.click();
    await expect(state).not.toContainText("New");
    await expect(button).toHaveCount(0);
    await expect(panel(page, "Activity")).toContainText("marked this issue as reviewed");
    await page.keyboard.press("u");
    await expect(state).toContainText("New");
  });
  expect(other).not.toBe(issue);
});

test("message_stays_while_somebody_reaches_for_it", async ({ inside: page }) => {
  const issue = await issueOf(page, await send({ ...checkoutError(), fingerprint: [`reach-${RUN}`] }));
  await page.clock.install();
  await page.goto(`/issues/${issue}/`);
  const undo = page.getByRole("status", { name: "Messages" }).getByRole("button", { name: "Undo" });
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await undo.focus();
  await page.clock.runFor(30_000);
  await expect(undo).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("group", { name: "State" })).not.toContainText("Resolved");
});

test("every_way_to_put_an_issue_aside_shows_its_state_and_is_taken_back", async ({ inside: page }) => {
  const issue = await issueOf(page, await send({ ...checkoutError(), fingerprint: [`aside-${RUN}`] }));
  await page.goto(`/issues/${issue}/`);
  const state = page.getByRole("group", { name: "State" });
  await expect(state).toContainText("New");
  for (const [menu, item, words] of [
    ["Archive", "Until it escalates", "Archived until it escalates"], ["Archive", "For ever", "Archived for ever"], ["Archive", "for a day", "Archived for a while"], ["Archive", "until 100 more events", "Archived for a while"],
    ["Resolve in…", "In the next release", "Resolved in next release"], ["Resolve in…", "In the current release", /Resolved in \S+@\d/],
  ] as const) {
    await page.getByRole("button", { name: menu, exact: true }).click();
    await page.getByRole("menuitem", { name: item }).click();
    await expect(state, item).toContainText(words);
    await page.getByRole("button", { name: "Undo" }).last().click();
    await expect(state, `${item}, undone`).toContainText("New");
  }
  await page.getByRole("button", { name: "Priority: high" }).click();
  await page.getByRole("menuitemcheckbox", { name: "low" }).click();
  await expect(page.getByRole("button", { name: "Priority: low" })).toBeVisible();
});

test("change_is_seen_before_the_page_is_read_again_and_the_truth_after_a_lost_answer", async ({ inside: page, complaints }) => {
  const issue = await issueOf(page, await send({ ...checkoutError(), fingerprint: [`slow-${RUN}`] }));
  await page.goto(`/issues/${issue}/`);
  const state = page.getByRole("group", { name: "State" });
  const messages = page.getByRole("status", { name: "Messages" });
  await expect(state).toContainText("New");
  const reads = `**/api/0/organizations/*/issues/${issue}/`;
  await page.route(reads, async () => undefined);
  await page.getByRole("button", { name: "Resolve in…" }).click();
  await page.getByRole("menuitem", { name: "In the next release" }).click();
  await expect(state).toContainText("Resolved in next release");
  await messages.getByRole("button", { name: "Undo" }).click();
  await expect(state).toContainText("New");
  await page.unroute(reads);
  await page.route("**/api/0/organizations/*/issues/?id=*", async (route) => { await route.fetch(); await route.abort(); });
  await page.getByRole("button", { name: "Resolve", exact: true }).click();
  await expect(messages).toContainText("The server cannot be reached.");
  await expect(state).toContainText("Resolved");
  complaints.splice(0, complaints.length, ...complaints.filter((words) => !/Failed to load resource/.test(words)));
});

test("empty_list_does_not_wait_for_an_event_that_came_since", async ({ inside: page }) => {
  await issueOf(page, await send(checkoutError()));
  let asked = 0;
  await page.route("**/api/0/organizations/*/projects/", async (route) => {
    const answer = await route.fetch();
    const projects = (await answer.json()) as object[];
    asked += 1;
    await route.fulfill({ response: answer, json: asked === 1 ? projects.map((project) => ({ ...project, firstEvent: null })) : projects });
  });
  await page.goto("/projects/");
  await expect(page.getByText("waiting for it").first()).toBeVisible();
  await page.getByRole("link", { name: "Issues" }).click();
  await expect(page.locator("[data-issue]").first()).toBeVisible();
  const search = page.getByRole("searchbox", { name: "Search issues" });
  await search.fill(`nothing-has-${RUN}:this`);
  await search.press("Enter");
  await expect.poll(() => asked, { message: "the projects are asked for again" }).toBeGreaterThan(1);
  await expect(page.getByText("No issue matches.")).toBeVisible();
  await expect(page.getByText("No event has arrived yet.")).toHaveCount(0);
});

test("list_hears_of_a_new_event_by_itself", async ({ inside: page }) => {
  await page.goto("/issues/");
  await expect(page.getByText("live", { exact: true })).toBeVisible();
  const error = checkoutError();
  const name = `Live${RUN}`;
  await send({ ...error, exception: { values: [{ type: name, value: "just now" }] }, fingerprint: [name] });
  await expect(page.locator("[data-issue]", { hasText: name })).toBeVisible();
});
