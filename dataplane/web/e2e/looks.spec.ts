/** Every page at both widths and in both themes: no axe finding, nothing wider than the screen, a picture to look at. */
import { expect, type Page } from "@playwright/test";
import { checkoutError, RUN } from "./checkout";
import { expectAccessible, issueOf, test } from "./page";
import { send } from "./send";
import { settings, VIEWPORT } from "./settings";

const WIDTHS = [[1280, 900], [360, 780]] as const;
const THEMES = ["light", "dark"] as const;
const LOOKS = WIDTHS.flatMap(([width, height]) => THEMES.map((theme) => [width, height, theme] as const));

/** One load for all looks: a page follows its window and the system's theme while it is open. */
async function look(page: Page, name: string): Promise<void> {
  for (const [width, height, theme] of LOOKS) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await expect(page.locator("html")).toHaveClass(theme === "dark" ? /dark/ : /^$/);
    await expect.poll(() => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), { message: `${name} fits into ${width} px` }).toBeLessThanOrEqual(0);
    await expect.poll(() => page.getByRole("group", { name: "Table" }).evaluateAll((tables) => tables.map((table) => table.scrollWidth - table.clientWidth).filter((over) => over > 0)), { message: `tables of ${name} fit into ${width} px` }).toEqual([]);
    await page.screenshot({ path: `e2e/out/${name}-${width}-${theme}.png`, fullPage: true });
    await expectAccessible(page, `${name} ${width} ${theme}`);
  }
}

test("look_of_login", async ({ page }) => {
  await page.goto("/auth/login/");
  await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
  await look(page, "login");
});

const ISSUE_PAGES = { issue: "", raw: "?stack=raw", events: "events/", tag: "tags/environment/", tags: "tags/", merged: "merged/" };
const PROJECT_PAGES = { general: "", keys: "keys/", quotas: "quotas/", filters: "filters/", grouping: "grouping/" };
const PAGES = { issues: "/issues/?query=", nomatch: "/issues/?query=nothing-is-called-like-this", projects: "/projects/", "new-project": "/projects/new/", account: "/settings/account/", tokens: "/settings/account/tokens/", members: "/settings/account/members/", teams: "/settings/account/teams/", missing: "/no/such/page/", "missing-issue": "/issues/4611686018427387904/", "missing-project": "/settings/projects/no-such-project/", unreadable: "/issues/?query=(" };

async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await expect(page.locator("h1").first()).toBeAttached();
  await expect(page.locator(".skeleton")).toHaveCount(0);
}

for (const [name, path] of Object.entries(PAGES)) {
  test(`look_of_${name}`, async ({ inside: page, complaints }) => {
    await issueOf(page, await send(checkoutError()));
    await open(page, path);
    await look(page, name);
    // The browser itself reports each request that the server refused.
    complaints.splice(0, complaints.length, ...complaints.filter((words) => !/Failed to load resource/.test(words)));
  });
}

test("looks_of_an_issue", async ({ inside: page }) => {
  const issue = await issueOf(page, await send(checkoutError(), [{ name: "order.txt", body: Buffer.from("attached") }]));
  for (const [name, path] of Object.entries(ISSUE_PAGES)) {
    await open(page, `/issues/${issue}/${path}`);
    await look(page, name);
  }
});

test("looks_of_an_issue_with_long_words", async ({ inside: page }) => {
  const word = "Unbreakable".repeat(12);
  const event = { ...checkoutError(), fingerprint: [`long-${RUN}`], environment: "an-environment-of-one-customer-with-a-long-name", tags: { [`${word}`.slice(0, 30)]: `https://example.org/${word}` }, exception: { values: [{ type: word, value: `${word} is ${"no word ".repeat(60)}` }] } };
  const issue = await issueOf(page, await send(event));
  for (const [name, path] of Object.entries({ issue: "", events: "events/", tags: "tags/", tag: `tags/${word.slice(0, 30)}/`, merged: "merged/" })) {
    await open(page, `/issues/${issue}/${path}`);
    await look(page, `long-${name}`);
  }
  await open(page, `/issues/?query=${encodeURIComponent("environment:an-environment-of-one-customer-with-a-long-name")}`);
  await page.getByRole("checkbox", { name: "Select all issues of this page" }).check();
  await look(page, "long-list-selected");
});

test("looks_of_a_project", async ({ inside: page }) => {
  const projectId = new URL(settings.dsn).pathname.slice(1);
  const projects = (await (await page.request.get("/api/0/organizations/default/projects/")).json()) as { id: string; slug: string }[];
  const slug = projects.find((project) => String(project.id) === projectId)?.slug ?? "default";
  for (const [name, path] of Object.entries(PROJECT_PAGES)) {
    await open(page, `/settings/projects/${slug}/${path}`);
    await look(page, name);
  }
  await open(page, `/projects/${slug}/getting-started/`);
  await look(page, "getting-started");
});

test("theme_choice_stays", async ({ home, browser }) => {
  // A browser of its own: the others are not to turn dark.
  const context = await browser.newContext({ baseURL: settings.url, viewport: VIEWPORT, colorScheme: "light", storageState: await home.storageState() });
  const page = await context.newPage();
  await page.goto("/issues/");
  await page.getByRole("button", { name: "Use the dark theme" }).press("Enter");
  await page.reload();
  await expect(page.locator("html")).toHaveClass(/dark/);
  await context.close();
});
