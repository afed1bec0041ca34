/** Every page at both widths in both themes: no axe finding, nothing wider than the screen, a picture to look at. */
import { expect } from "@playwright/test";
import { checkoutError } from "./checkout";
import { expectAccessible, issueOf, signIn, test } from "./page";
import { send } from "./send";
import { settings } from "./settings";

const WIDTHS = [[1280, 900], [360, 780]] as const;
const THEMES = ["light", "dark"] as const;

test("login_page", async ({ page }) => {
  for (const [width, height] of WIDTHS) for (const theme of THEMES) {
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.goto("/auth/login/");
    await expect(page.getByRole("heading", { name: "Sign in" })).toBeVisible();
    await page.screenshot({ path: `e2e/out/login-${width}-${theme}.png` });
    await expectAccessible(page, `login ${width} ${theme}`);
  }
});

test("every_page_in_both_themes_and_widths", async ({ inside: page }) => {
  test.setTimeout(300_000);
  const issue = await issueOf(page, await send(checkoutError(), [{ name: "order.txt", body: Buffer.from("attached") }]));
  const projectId = new URL(settings.dsn).pathname.slice(1);
  const projects = (await (await page.request.get("/api/0/organizations/default/projects/")).json()) as { id: string; slug: string }[];
  const slug = projects.find((project) => String(project.id) === projectId)?.slug ?? "default";
  const pages: Record<string, string> = {
    issues: "/issues/?query=", nomatch: "/issues/?query=nothing-is-called-like-this", issue: `/issues/${issue}/`, raw: `/issues/${issue}/?stack=raw`, events: `/issues/${issue}/events/`, tag: `/issues/${issue}/tags/environment/`, tags: `/issues/${issue}/tags/`, merged: `/issues/${issue}/merged/`,
    projects: "/projects/", "new-project": "/projects/new/", "getting-started": `/projects/${slug}/getting-started/`,
    general: `/settings/projects/${slug}/`, keys: `/settings/projects/${slug}/keys/`, quotas: `/settings/projects/${slug}/quotas/`, filters: `/settings/projects/${slug}/filters/`, grouping: `/settings/projects/${slug}/grouping/`,
    account: "/settings/account/", tokens: "/settings/account/tokens/", members: "/settings/account/members/", teams: "/settings/account/teams/", missing: "/no/such/page/",
  };
  for (const [width, height] of WIDTHS) {
    await page.setViewportSize({ width, height });
    for (const [name, path] of Object.entries(pages)) {
      await page.goto(path);
      await expect(page.locator("h1").first()).toBeAttached();
      await expect(page.locator(".skeleton")).toHaveCount(0);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth), `${name} fits into ${width} px`).toBeLessThanOrEqual(0);
      // The page follows the system's theme while it is open, so that one load shows both.
      for (const theme of THEMES) {
        await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
        await expect(page.locator("html")).toHaveClass(theme === "dark" ? /dark/ : /^$/);
        await page.screenshot({ path: `e2e/out/${name}-${width}-${theme}.png`, fullPage: true });
        await expectAccessible(page, `${name} ${width} ${theme}`);
      }
    }
  }
});

test("theme_choice_stays", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  await signIn(page);
  await page.getByRole("button", { name: "Use the dark theme" }).press("Enter");
  await page.reload();
  await expect(page.locator("html")).toHaveClass(/dark/);
});
