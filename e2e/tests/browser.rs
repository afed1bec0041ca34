//! The web in a real browser: the Playwright suite of `dataplane/web/e2e` against a real server.

use e2e::{Server, skip};
use std::{path::{Path, PathBuf}, process::Command};

fn chromium() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    named.into_iter().chain(["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].map(PathBuf::from)).find(|path| path.exists())
}

#[test]
fn people_find_read_resolve_undo_and_assign_by_keyboard() {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dataplane/web");
    let Some(chromium) = chromium() else { return skip::skipped("browser", "no Chromium is installed") };
    if !web.join("node_modules/.bin/playwright").exists() || !web.join("dist/index.html").exists() {
        return skip::skipped("browser", "the web bundle is not built; run make web");
    }
    let server = Server::start();
    let mut command = Command::new("npm");
    command.args(["run", "--silent", "e2e"]).current_dir(&web).env("CHROMIUM", chromium).env("ERRATA_URL", format!("http://{}", server.address)).env("ERRATA_USER", "owner@localhost");
    command.env("ERRATA_PASSWORD", server.password.as_deref().expect("a first start prints a password")).env("ERRATA_DSN", server.dsn.as_deref().expect("a first start prints a DSN"));
    if let Some(captures) = skip::shared("captures") {
        command.env("ERRATA_CAPTURES", captures);
    }
    let status = command.status().expect("npm runs");
    assert!(status.success(), "the browser suite ended with {status}");
}
