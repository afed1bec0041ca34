/** The page as the tests see it: signed in, watched for console errors, able to look itself over. */
import { expect, test as base, type BrowserContext, type Page } from "@playwright/test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { settings, VIEWPORT } from "./settings";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

interface Fixtures {
  complaints: string[];
  /** A page that is signed in already, for the tests that are about something else. */
  inside: Page;
}

/** `complaints` must be empty when a test ends; a test that provokes one empties it itself. */
export const test = base.extend<Fixtures, { home: BrowserContext }>({
  // One for all tests of a worker: one login, and the bundle is fetched and compiled once, as for a person who stays.
  home: [async ({ browser }, use) => {
    const context = await browser.newContext({ baseURL: settings.url, viewport: VIEWPORT });
    const answer = await context.request.post("/api/0/auth/login/", { data: { username: settings.user, password: settings.password } });
    expect(answer.status(), "sign in over the API").toBe(200);
    await use(context);
    await context.close();
  }, { scope: "worker" }],
  complaints: [async ({}, use) => {
    const complaints: string[] = [];
    await use(complaints);
    expect(complaints, "console errors").toEqual([]);
  }, { auto: true }],
  page: async ({ page, complaints }, use) => {
    listen(page, complaints);
    await use(page);
  },
  inside: async ({ home, complaints }, use) => {
    const page = await home.newPage();
    listen(page, complaints);
    await use(page);
    await page.close();
  },
});

function listen(page: Page, complaints: string[]): void {
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
}

/** By keyboard alone, as everything in the journey. */
export async function signIn(page: Page): Promise<void> {
  await page.goto("/");
  await expect(page.getByLabel("Username or e-mail")).toBeFocused();
  await page.keyboard.type(settings.user);
  await page.keyboard.press("Tab");
  await page.keyboard.type(settings.password);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("table", { name: "Issues" })).toBeVisible();
}

export async function expectAccessible(page: Page, name: string): Promise<void> {
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(AXE);
  const found = await page.evaluate(async (tags) => {
    const { axe } = window as unknown as { axe: { run: (root: Document, options: object) => Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> } };
    return (await axe.run(document, { runOnly: tags })).violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(" ")).join(", ")}`);
  }, RULES);
  expect(found, `axe on ${name}`).toEqual([]);
}

/** Asks until the server has stored the event, then names its issue. */
export async function issueOf(page: Page, eventId: string): Promise<string> {
  let issue = "";
  await expect.poll(async () => {
    const answer = await page.request.get(`/api/0/organizations/default/eventids/${eventId}/`);
    if (answer.ok()) issue = String(((await answer.json()) as { groupId: unknown }).groupId);
    return answer.status();
  }, { message: `event ${eventId} becomes an issue`, timeout: 60_000, intervals: [50, 50, 100, 100, 250, 500] }).toBe(200);
  return issue;
}

export const panel = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
