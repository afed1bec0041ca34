/** Where the server is and who we are there. Everything comes from the environment. */

function needed(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`set ${name}: the browser suite needs a running server`);
  return value;
}

export const settings = {
  url: process.env["ERRATA_URL"] ?? "http://127.0.0.1:8000",
  get user() { return needed("ERRATA_USER"); },
  get password() { return needed("ERRATA_PASSWORD"); },
  get dsn() { return needed("ERRATA_DSN"); },
  chromium: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
  /** A folder of recorded SDK requests (`<sdk>/<nn>-<name>.body.bin`); without it those tests are skipped, loudly. */
  captures: process.env["ERRATA_CAPTURES"] ?? null,
};

export const VIEWPORT = { width: 1280, height: 900 };
