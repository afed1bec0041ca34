// Runs in the page: sends one of everything with the unchanged SDK and leaves the ids in `window.sent`.
import * as Sentry from "@sentry/browser";

function loadOrder(number) {
  try {
    JSON.parse("{broken");
  } catch (cause) {
    throw new TypeError(`no order ${number}`, { cause });
  }
}

window.run = async (dsn) => {
  Sentry.init({ dsn, release: "browser-shop@1.2.3", environment: "e2e" });
  const sent = {};
  Sentry.setUser({ id: "42", email: "anna@example.com", username: "anna", plan: "gold" });
  Sentry.setTag("tenant", "t-browser");
  Sentry.setContext("order", { number: "88121", items: 3 });
  Sentry.setExtra("cart", [1, 2, 3]);
  Sentry.addBreadcrumb({ category: "cart", message: "added a book", level: "info", data: { sku: "B-1" } });
  Sentry.withScope((scope) => {
    scope.setTag("inner", "only here");
    scope.setFingerprint(["browser-chained"]);
    try {
      loadOrder("88121");
    } catch (error) {
      sent.chained = Sentry.captureException(error);
    }
  });
  Sentry.withScope((scope) => {
    scope.addAttachment({ data: new Uint8Array([...new TextEncoder().encode("line 1\nline 2\n"), 0, 255]), filename: "order.bin", contentType: "application/x-order" });
    sent.attached = Sentry.captureMessage("with attachment", "error");
  });
  sent.message = Sentry.captureMessage("disk almost full", "warning");
  sent.feedback = Sentry.captureFeedback({ message: "Please add PayPal", email: "anna@example.com", name: "Anna", associatedEventId: sent.chained });
  await Sentry.flush(10_000);
  return sent;
};
