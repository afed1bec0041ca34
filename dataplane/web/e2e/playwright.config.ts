/** The browser suite: two workers, each with one browser of the machine, against one running server. */
import { defineConfig } from "@playwright/test";
import { settings, VIEWPORT } from "./settings";

export default defineConfig({
  testDir: ".",
  outputDir: "out/results",
  // Every test makes what it looks at, under a name of its own; so tests may run side by side and in any order.
  workers: 2,
  fullyParallel: true,
  // The tests share one server and its first-seen states: a retry would meet what the first try left.
  retries: 0,
  // For a machine that does much else: on a quiet one most tests take a second.
  timeout: 180_000,
  expect: { timeout: 30_000 },
  reporter: [["list"]],
  use: {
    baseURL: settings.url,
    viewport: VIEWPORT,
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: settings.chromium,
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
});
