/** What real SDKs sent, read back from the page: each recorded event shows its own values. */
import { expect } from "@playwright/test";
import { issueOf, panel, test } from "./page";
import { captures, send } from "./send";

/** Envelopes only: the legacy client speaks another format, and the brotli set holds the same events again; the protocol suite replays both. */
const ERRORS = /^sentry-(?!python-brotli).*(error|message|attachments|unhandled)/;
const recorded = captures(ERRORS);

test("recorded_events_are_there_to_be_sent", () => {
  test.skip(recorded.length === 0, "ERRATA_CAPTURES names no folder with recorded requests");
  expect(recorded.length).toBeGreaterThan(5);
});

for (const capture of recorded) {
  test(`shows_the_values_of_${capture.name}`, async ({ inside: page }) => {
    const eventId = await send(capture.event, capture.attachments);
    const issue = await issueOf(page, eventId);
    await page.goto(`/issues/${issue}/events/${eventId}/`);
    await expect(panel(page, "Event")).toContainText(eventId);
    const { event } = capture;
    for (const raised of values(event["exception"])) {
      if (typeof raised["type"] === "string") await expect(panel(page, "Stack trace")).toContainText(raised["type"]);
      if (isPlain(raised["value"])) await expect(panel(page, "Stack trace")).toContainText(raised["value"]);
    }
    for (const [key, tag] of Object.entries(object(event["tags"]))) if (isPlain(tag)) { await expect(panel(page, "Tags")).toContainText(key); await expect(panel(page, "Tags")).toContainText(tag); }
    if (isPlain(event["release"])) await expect(panel(page, "Highlights")).toContainText(event["release"]);
    const user = object(event["user"]);
    for (const field of ["id", "username"]) if (isPlain(user[field])) await expect(panel(page, "User")).toContainText(user[field]);
    const crumb = values(event["breadcrumbs"]).at(-1)?.["message"];
    if (isPlain(crumb)) await expect(panel(page, "Breadcrumbs")).toContainText(crumb);
    const runtime = object(object(event["contexts"])["runtime"]);
    if (isPlain(runtime["name"])) await expect(panel(page, "Contexts")).toContainText(runtime["name"]);
    for (const file of capture.attachments) await expect(panel(page, "Attachments")).toContainText(file.name);
    await expect(page.getByText("could not be drawn")).toHaveCount(0);
  });
}

function object(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function values(value: unknown): Record<string, unknown>[] {
  const list = Array.isArray(value) ? value : object(value)["values"];
  return Array.isArray(list) ? list.map(object) : [];
}

/** Text that neither trimming nor scrubbing nor HTML whitespace changes. */
function isPlain(value: unknown): value is string {
  return typeof value === "string" && /^[\w .:@/()'=-]{1,150}$/.test(value) && !/\s{2,}|^\s|\s$|(\d{1,3}\.){3}\d/.test(value);
}
