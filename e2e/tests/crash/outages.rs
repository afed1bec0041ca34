//! What the process stands on fails for a while: disk, state database; and a backlog that waits for a start.

use crate::{check::{accepted, check}, load::{Load, restart, start, unlimited}};
use e2e::{Options, Request, Server, envelope::error_envelope, envelope::new_id, postgres::Postgres, server::free_port, skip::skipped, wait::until};
use std::{fs, io::{BufRead, BufReader}, path::{Path, PathBuf}, process::{Child, Command, Stdio}, time::Duration};

/// A small tmpfs, unmounted when dropped.
struct SmallDisk {
    folder: tempfile::TempDir,
}

impl SmallDisk {
    fn mount(size: &str) -> Option<SmallDisk> {
        let folder = tempfile::tempdir().expect("a folder");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &format!("size={size}"), "tmpfs"]).arg(folder.path()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if !mounted {
            skipped("disk-full", "a tmpfs cannot be mounted here (needs root)");
        }
        mounted.then_some(SmallDisk { folder })
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.folder.path()).status();
    }
}

/// Fills a small disk by load, waits in that state, makes room, and looks.
fn fill_disk(free_min: &str) {
    let Some(disk) = SmallDisk::mount("64m") else { return };
    let ballast = disk.folder.path().join("ballast");
    fs::write(&ballast, vec![1u8; 32 << 20]).expect("writes the ballast");
    let data = disk.folder.path().join("data");
    let mut args = unlimited();
    args.extend(["--set".to_owned(), format!("disk.free_min={free_min}")]);
    let server = Server::with(Options { data: Some(data), args, ..Options::default() });
    let load = Load::start(&server, 4);
    until(Duration::from_secs(120), || (load.refused() >= 200).then_some(())).expect("a full disk is refused");
    let (key, project) = server.key();
    let refusal = until(Duration::from_secs(30), || {
        let answer = server.send(Request::post(format!("/api/{project}/envelope/?sentry_key={key}"), error_envelope(&new_id())));
        (answer.status != 200).then_some(answer)
    });
    let refusal = refusal.expect("the disk stays full under load");
    assert!(matches!(refusal.status, 429 | 503), "{} {}", refusal.status, refusal.text());
    assert!(refusal.json()["detail"].is_string(), "{}", refusal.text());
    let before = load.count();
    fs::remove_file(&ballast).expect("makes room");
    until(Duration::from_secs(60), || (load.count() > before + 200).then_some(())).expect("events are taken again once there is room");
    check(&server, &load.finish());
}

#[test]
fn disk_below_its_reserve_refuses_and_loses_nothing() {
    fill_disk("12MiB");
}

#[test]
fn disk_without_a_byte_refuses_and_loses_nothing() {
    fill_disk("1");
}

fn with_postgres(data: &Path, postgres: &Postgres) -> Options {
    let mut args = unlimited();
    args.extend(["--set".to_owned(), format!("state.url={}", postgres.url())]);
    Options { data: Some(data.to_owned()), args, ..Options::default() }
}

#[test]
fn state_away_for_a_minute_stops_no_event() {
    let Some(postgres) = Postgres::start("state away") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::with(with_postgres(folder.path(), &postgres));
    let (key, project) = server.key();
    let dsn = server.dsn.clone();
    let load = Load::start(&server, 2);
    until(Duration::from_secs(60), || (load.count() >= 500).then_some(())).expect("load flows");
    postgres.down();
    let before = load.count();
    std::thread::sleep(Duration::from_secs(60));
    let during = load.count() - before;
    assert!(during > 1_000, "{during} events were taken in a minute without state");
    assert_eq!(load.refused(), 0, "requests refused while state was away");
    let unknown = server.send(Request::post(format!("/api/{project}/envelope/?sentry_key=00000000000000000000000000000000"), error_envelope(&new_id())));
    assert_eq!(unknown.status, 503, "an unknown key may have been made meanwhile: {}", unknown.text());
    let api = server.send(e2e::server::authorized(Request::new("GET", "/api/0/organizations/default/projects/")));
    assert_eq!(api.status, 503, "{}", api.text());
    assert!(api.json()["detail"].is_string());
    let mut acknowledged = load.finish();
    drop(server);

    // The next process begins without state, from what it kept on disk.
    let listen = format!("127.0.0.1:{}", free_port());
    let mut server = Server::with(Options { listen: Some(listen), is_ready_later: true, ..with_postgres(folder.path(), &postgres) });
    server.dsn = dsn;
    let load = Load::start(&server, 2);
    until(Duration::from_secs(60), || (load.count() >= 500).then_some(())).expect("events are taken before state answers");
    let unknown = server.send(Request::post(format!("/api/{project}/envelope/?sentry_key=00000000000000000000000000000000"), error_envelope(&new_id())));
    assert_eq!(unknown.status, 503, "{}", unknown.text());
    assert_eq!(server.send(Request::new("GET", "/api/0/")).status, 503);
    postgres.up();
    until(Duration::from_secs(60), || (server.send(Request::new("GET", "/api/0/")).status == 200).then_some(())).expect("the API answers once state does");
    acknowledged.extend(load.finish());
    assert_eq!(server.send(Request::post(format!("/api/{project}/envelope/?sentry_key={key}"), error_envelope(acknowledged.iter().next().expect("some")))).status, 200, "a resend is taken and ends as a duplicate");
    check(&server, &acknowledged);
}

/// Holds the write lock of the embedded state, as a stuck administrator's shell would.
struct StateLock {
    child: Child,
}

impl StateLock {
    fn take(state: &Path) -> StateLock {
        let hold = "import sqlite3, sys\nc = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)\nc.execute('BEGIN IMMEDIATE')\nprint('held', flush=True)\nsys.stdin.read()";
        let mut child = Command::new("python3").args(["-c", hold]).arg(state).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python3 runs");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("reads");
        assert_eq!(line.trim(), "held");
        StateLock { child }
    }
}

impl Drop for StateLock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waiting records of the backlog test; `ERRATA_BACKLOG` sets another number.
fn backlog() -> usize {
    std::env::var("ERRATA_BACKLOG").ok().and_then(|text| text.parse().ok()).unwrap_or(200_000)
}

#[test]
fn restart_with_a_long_backlog_digests_all_of_it_once() {
    let mut server = start();
    let lock = StateLock::take(&server.data.join("state.db"));
    let load = Load::start(&server, 8);
    until(Duration::from_secs(400), || (load.count() >= backlog()).then_some(())).expect("events are taken while state is locked");
    assert!(accepted(&server) < 1_000, "nothing is decided without state");
    server.kill();
    drop(lock);
    let acknowledged = load.finish();
    let (data, _dir): (PathBuf, _) = server.keep_data();
    check(&restart(&data, &[]), &acknowledged);
}
