/** The browser suite: one worker, one browser of the machine, against a running server. */
import { defineConfig } from "@playwright/test";
import { settings, VIEWPORT } from "./settings";

export default defineConfig({
  testDir: ".",
  outputDir: "out/results",
  workers: 1,
  // The tests share one server and its first-seen states: a retry would meet what the first try left.
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 10_000 },
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
