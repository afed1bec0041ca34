// Bundles the page, serves it, opens it in headless Chromium; prints the ids as JSON. Arguments: DSN, path of Chromium.
import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [dsn, executablePath] = process.argv.slice(2);
const bundle = await build({ entryPoints: [new URL("page.js", import.meta.url).pathname], bundle: true, write: false, format: "iife", logLevel: "error" });
const server = createServer((request, response) => {
  const isScript = request.url === "/page.js";
  response.writeHead(200, { "content-type": isScript ? "text/javascript" : "text/html" });
  response.end(isScript ? bundle.outputFiles[0].text : '<!doctype html><title>Shop</title><script src="/page.js"></script>');
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath, args: flags });
try {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/orders?step=2`);
  console.log(JSON.stringify(await page.evaluate((dsn) => window.run(dsn), dsn)));
} finally {
  await browser.close();
  server.close();
}
