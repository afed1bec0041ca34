//! sentry-cli 3.8, unchanged: its commands pass against a running server, and what they did is read back through the API.

use e2e::{Server, clients, server::binary, skip::skipped};
use serde_json::{Value, json};
use std::{path::Path, process::Command, sync::LazyLock};
use tempfile::TempDir;

const SCOPES: &str = "org:read,org:ci,project:read,project:write,project:releases,event:read,event:write,event:admin,team:read,member:read";

/// A server with a token made by `errata token create`, and a folder to work in.
struct Cli {
    server: Server,
    token: String,
    folder: TempDir,
    program: std::path::PathBuf,
}

static PROGRAM: LazyLock<Result<std::path::PathBuf, String>> = LazyLock::new(|| clients::python().map(|folder| folder.join("venv/bin/sentry-cli")));

/// The set-up, or a loud skip.
fn cli(test: &str) -> Option<Cli> {
    let program = match &*PROGRAM {
        Ok(program) => program.clone(),
        Err(reason) => {
            skipped(test, reason);
            return None;
        }
    };
    let server = Server::start();
    let made = clients::run(Command::new(binary()).args(["token", "--data"]).arg(&server.data).args(["create", "--name", "sentry-cli", "--scopes", SCOPES])).unwrap_or_else(|error| panic!("{error}"));
    let text = String::from_utf8_lossy(&made.stdout).into_owned();
    let token = text.split_whitespace().find(|word| word.starts_with("sntry")).unwrap_or_else(|| panic!("no token in {text}")).to_owned();
    Some(Cli { server, token, folder: TempDir::new().expect("a temporary directory"), program })
}

impl Cli {
    /// Runs a command as its documentation shows it; everything it printed. Panics unless it passes.
    fn run(&self, args: &[&str]) -> String {
        let output = self.try_run(args);
        assert!(output.0, "sentry-cli {args:?} failed: {}", output.1);
        output.1
    }

    fn try_run(&self, args: &[&str]) -> (bool, String) {
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(self.folder.path()).env("HOME", self.folder.path()).env("SENTRY_URL", format!("http://{}", self.server.address));
        command.env("SENTRY_AUTH_TOKEN", &self.token).env("SENTRY_ORG", "default").env("SENTRY_PROJECT", "default").env("SENTRY_DSN", self.server.dsn.as_deref().expect("printed"));
        let output = command.output().expect("sentry-cli runs");
        (output.status.success(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
    }

    fn git(&self, args: &[&str]) -> String {
        let output = clients::run(Command::new("git").args(args).current_dir(self.folder.path())).unwrap_or_else(|error| panic!("{error}"));
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// A repository with two commits; their ids, oldest first.
    fn repository(&self) -> [String; 2] {
        self.git(&["init", "--quiet"]);
        self.git(&["remote", "add", "origin", "https://git.example.com/shop/web.git"]);
        ["first: cart", "second: checkout"].map(|message| {
            self.git(&["-c", "user.name=Anna", "-c", "user.email=anna@example.com", "commit", "--quiet", "--allow-empty", "-m", message]);
            self.git(&["rev-parse", "HEAD"])
        })
    }

    /// Sends a message; its event and its issue.
    fn event(&self, message: &str) -> (String, Value) {
        let text = self.run(&["send-event", "-m", message, "--release", "cli@1.0.0", "--env", "e2e", "-t", "kind:cli", "-e", "cart:3", "-u", "id:42"]);
        let id = text.lines().find_map(|line| line.strip_prefix("Event id: ")).unwrap_or_else(|| panic!("{text}")).trim().replace('-', "");
        let event = self.server.api_until(&format!("projects/default/default/events/{id}/"), |event| event["groupID"].is_string());
        (id, event)
    }

    fn issue(&self, id: &str) -> Value {
        self.server.api(&format!("organizations/default/issues/{id}/"))
    }
}

fn contains(text: &str, wanted: &[&str]) {
    for word in wanted {
        assert!(text.contains(word), "no {word:?} in:\n{text}");
    }
}

fn group(event: &Value) -> String {
    event["groupID"].as_str().expect("an id").to_owned()
}

#[test]
fn info_names_server_and_scopes() {
    let Some(cli) = cli("info_names_server_and_scopes") else { return };
    let text = cli.run(&["info"]);
    contains(&text, &[&format!("http://{}", cli.server.address), "Default Organization: default", "Default Project: default", "Auth Token", "- event:admin", "- project:releases"]);
}

#[test]
fn organizations_and_projects_are_listed() {
    let Some(cli) = cli("organizations_and_projects_are_listed") else { return };
    contains(&cli.run(&["organizations", "list"]), &["| default |", "Default"]);
    contains(&cli.run(&["projects", "list"]), &["| default |", "Default"]);
}

#[test]
fn send_event_keeps_all_it_was_given() {
    let Some(cli) = cli("send_event_keeps_all_it_was_given") else { return };
    let (id, event) = cli.event("hello from the command line");
    assert_eq!((&event["title"], &event["level"], &event["environment"]), (&json!("hello from the command line"), &json!("error"), &json!("e2e")));
    assert_eq!((&event["release"]["version"], &event["context"]["cart"], &event["user"]["id"]), (&json!("cli@1.0.0"), &json!("3"), &json!("42")));
    assert!(event["tags"].as_array().expect("tags").iter().any(|tag| tag["key"] == "kind" && tag["value"] == "cli"), "{}", event["tags"]);
    let dashed = format!("{}-{}-{}-{}-{}", &id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]);
    contains(&cli.run(&["events", "list", "--show-tags", "--show-user"]), &[&dashed, "hello from the command line"]);
}

#[test]
fn send_envelope_and_a_file_of_an_event_are_stored() {
    let Some(cli) = cli("send_envelope_and_a_file_of_an_event_are_stored") else { return };
    let id = e2e::envelope::new_id();
    std::fs::write(cli.folder.path().join("one.envelope"), e2e::envelope::error_envelope(&id)).expect("writes");
    contains(&cli.run(&["send-envelope", "one.envelope"]), &["one.envelope dispatched"]);
    let event = cli.server.api_until(&format!("projects/default/default/events/{id}/"), |event| event["groupID"].is_string());
    assert_eq!(event["title"], "OrderNotFound: OrderNotFound happened");
    let id = e2e::envelope::new_id();
    std::fs::write(cli.folder.path().join("two.json"), e2e::envelope::error_event(&id, "FromFile", "read").to_string()).expect("writes");
    cli.run(&["send-event", "two.json"]);
    cli.server.api_until("projects/default/default/events/?query=title:*FromFile*", |events| events.as_array().is_some_and(|events| events.len() == 1));
}

#[test]
fn issues_are_listed_resolved_and_muted() {
    let Some(cli) = cli("issues_are_listed_resolved_and_muted") else { return };
    let (_, first) = cli.event("first issue");
    let (_, second) = cli.event("second issue");
    let (first, second) = (group(&first), group(&second));
    let short = cli.issue(&first)["shortId"].as_str().expect("a short id").to_owned();
    contains(&cli.run(&["issues", "list"]), &["first issue", "second issue", &short, "unresolved"]);
    contains(&cli.run(&["issues", "resolve", "-i", &first]), &["new status: resolved"]);
    assert_eq!((cli.issue(&first)["status"].clone(), cli.issue(&second)["status"].clone()), (json!("resolved"), json!("unresolved")));
    contains(&cli.run(&["issues", "mute", "-i", &second]), &["new status: muted"]);
    assert_eq!(cli.issue(&second)["status"], "ignored");
    let resolved = cli.run(&["issues", "list", "--query", "is:resolved"]);
    assert!(resolved.contains("first issue") && !resolved.contains("second issue"), "{resolved}");
    cli.run(&["issues", "unresolve", "-i", &first]);
    assert_eq!(cli.issue(&first)["status"], "unresolved");
    let found = cli.run(&["issues", "list", "--query", "is:unresolved first"]);
    assert!(found.contains("first issue") && !found.contains("second issue"), "{found}");
}

#[test]
fn all_issues_of_a_state_are_resolved_at_once() {
    let Some(cli) = cli("all_issues_of_a_state_are_resolved_at_once") else { return };
    let ids = ["one", "two", "three"].map(|name| group(&cli.event(name).1));
    cli.run(&["issues", "mute", "-i", &ids[0]]);
    cli.run(&["issues", "resolve", "--status", "unresolved", "--all"]);
    assert_eq!(ids.map(|id| cli.issue(&id)["status"].clone()), ["ignored", "resolved", "resolved"].map(|status| json!(status)));
}

fn release(cli: &Cli, version: &str) -> Value {
    cli.server.api(&format!("organizations/default/releases/{}/", version.replace('@', "%40")))
}

#[test]
fn release_is_made_gets_commits_and_is_finalized() {
    let Some(cli) = cli("release_is_made_gets_commits_and_is_finalized") else { return };
    let commits = cli.repository();
    contains(&cli.run(&["releases", "new", "shop@2.0.0"]), &["Created release shop@2.0.0"]);
    assert_eq!((release(&cli, "shop@2.0.0")["dateReleased"].clone(), release(&cli, "shop@2.0.0")["commitCount"].clone()), (Value::Null, json!(0)));
    contains(&cli.run(&["releases", "set-commits", "--local", "shop@2.0.0"]), &["Set commits for release shop@2.0.0"]);
    let stored = cli.server.api("organizations/default/releases/shop%402.0.0/commits/");
    let ids: Vec<&str> = stored.as_array().expect("commits").iter().filter_map(|commit| commit["id"].as_str()).collect();
    assert!(commits.iter().all(|commit| ids.contains(&commit.as_str())), "{commits:?} are not all in {stored}");
    assert!(stored.to_string().contains("second: checkout") && stored.to_string().contains("anna@example.com"), "{stored}");
    contains(&cli.run(&["releases", "finalize", "shop@2.0.0"]), &["Finalized release shop@2.0.0"]);
    let shown = release(&cli, "shop@2.0.0");
    assert!(shown["dateReleased"].is_string() && shown["commitCount"] == 2 && shown["lastCommit"]["id"] == commits[1], "{shown}");
    contains(&cli.run(&["releases", "list"]), &["shop@2.0.0"]);
    contains(&cli.run(&["releases", "info", "shop@2.0.0", "--show-commits"]), &["shop@2.0.0", "Date created", &commits[0], &commits[1]]);
    contains(&cli.run(&["releases", "info", "shop@2.0.0", "--show-projects"]), &["default"]);
}

#[test]
fn second_release_takes_the_commits_after_the_first() {
    let Some(cli) = cli("second_release_takes_the_commits_after_the_first") else { return };
    cli.repository();
    cli.run(&["releases", "new", "shop@1.0.0"]);
    cli.run(&["releases", "set-commits", "--local", "shop@1.0.0"]);
    cli.git(&["-c", "user.name=Ben", "-c", "user.email=ben@example.com", "commit", "--quiet", "--allow-empty", "-m", "third: paypal"]);
    cli.run(&["releases", "new", "shop@1.1.0"]);
    cli.run(&["releases", "set-commits", "--local", "shop@1.1.0"]);
    let stored = cli.server.api("organizations/default/releases/shop%401.1.0/commits/");
    let messages: Vec<&str> = stored.as_array().expect("commits").iter().filter_map(|commit| commit["message"].as_str()).map(str::trim).collect();
    assert_eq!(messages, ["third: paypal"]);
}

#[test]
fn release_is_archived_restored_and_deleted() {
    let Some(cli) = cli("release_is_archived_restored_and_deleted") else { return };
    cli.run(&["releases", "new", "--finalize", "shop@3.0.0"]);
    cli.run(&["releases", "archive", "shop@3.0.0"]);
    assert_eq!(release(&cli, "shop@3.0.0")["status"], "archived");
    assert!(!cli.run(&["releases", "list"]).contains("shop@3.0.0"));
    cli.run(&["releases", "restore", "shop@3.0.0"]);
    assert_eq!(release(&cli, "shop@3.0.0")["status"], "open");
    contains(&cli.run(&["releases", "list"]), &["shop@3.0.0"]);
}

#[test]
fn deleted_release_is_gone() {
    let Some(cli) = cli("deleted_release_is_gone") else { return };
    cli.run(&["releases", "new", "shop@4.0.0"]);
    contains(&cli.run(&["releases", "delete", "shop@4.0.0"]), &["Deleted release shop@4.0.0"]);
    assert!(!cli.run(&["releases", "list"]).contains("shop@4.0.0"));
    let (passed, text) = cli.try_run(&["releases", "info", "shop@4.0.0"]);
    assert!(!passed || text.contains("No such release"), "{text}");
}

#[test]
fn release_of_an_event_that_is_finalized_later_keeps_its_events() {
    let Some(cli) = cli("release_of_an_event_that_is_finalized_later_keeps_its_events") else { return };
    let (_, event) = cli.event("before the release was made");
    cli.run(&["releases", "new", "cli@1.0.0"]);
    cli.run(&["releases", "finalize", "cli@1.0.0"]);
    let shown = release(&cli, "cli@1.0.0");
    assert!(shown["newGroups"] == 1 && shown["dateReleased"].is_string(), "{shown}");
    assert_eq!(cli.issue(&group(&event))["firstRelease"]["version"], "cli@1.0.0");
}

#[test]
fn wrong_token_is_told_so() {
    let Some(mut cli) = cli("wrong_token_is_told_so") else { return };
    cli.token = "0".repeat(64);
    let (passed, text) = cli.try_run(&["organizations", "list"]);
    assert!(!passed && text.contains("401") && text.to_lowercase().contains("token"), "{text}");
    assert!(Path::new(&cli.server.data).exists());
}
