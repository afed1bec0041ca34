/** The event of the journey: one that fills every panel with a value the tests can look for. */

/** A name nothing else on the server has. */
export const unique = () => Math.random().toString(36).slice(2, 10);

/** The tests of one worker, which share the issue of `checkoutError()`. */
export const RUN = unique();

export function checkoutError(run = RUN): Record<string, unknown> {
  const frame = (name: string, file: string, line: number, inApp: boolean, more = {}) => ({ function: name, filename: file, abs_path: `/srv/${file}`, module: file.replace(/\.py$/, "").replaceAll("/", "."), lineno: line, in_app: inApp, ...more });
  return {
    platform: "python", level: "error", release: "shop@1.8.2", environment: "production", server_name: "node-3", transaction: "checkout.orders.load",
    tags: { e2e_run: run, tenant_id: "t-17" },
    user: { id: `u-${run}`, email: "anna@example.org", username: "anna" },
    exception: { values: [
      { type: "KeyError", value: `'${run}'`, mechanism: { type: "chained", handled: true }, stacktrace: { frames: [frame("get", `checkout/table_${run}.py`, 40, true)] } },
      {
        type: "OrderNotFound", value: `order of ${run} not found`, mechanism: { type: "generic", handled: false },
        stacktrace: { frames: [
          frame("dispatch", "shop/middleware.py", 31, true), frame("inner", "site-packages/django/core/handlers/exception.py", 55, false), frame("run", "site-packages/asyncio/runners.py", 118, false),
          frame("load", `checkout/orders_${run}.py`, 214, true, { pre_context: ["    if row is None:"], context_line: "        raise OrderNotFound(order_id) from err", post_context: ["    return Order.parse(row)"], vars: { order_id: "'88121'", shard: "3" } }),
        ] },
      },
    ] },
    breadcrumbs: { values: [
      { timestamp: Date.now() / 1000 - 2, category: "query", message: "SELECT * FROM orders WHERE id = %s", level: "info" },
      { timestamp: Date.now() / 1000 - 1, type: "http", category: "httplib", data: { url: "https://pay.example/charge", method: "POST", status_code: 200 }, level: "info" },
    ] },
    request: { method: "POST", url: "https://shop.example/orders/88121/pay", query_string: "source=basket", headers: { "User-Agent": "errata-e2e/1", Accept: "application/json" }, data: { amount: 1299 } },
    contexts: { runtime: { name: "CPython", version: "3.13.2", type: "runtime" }, trace: { trace_id: "771a43a4192642f0b136d5159a501700", span_id: "8c931f4740435fb8", type: "trace" }, delivery: { carrier: "snail mail" } },
    extra: { basket_size: 3 }, modules: { django: "5.1.2" }, sdk: { name: "sentry.python", version: "2.75.0" },
  };
}
