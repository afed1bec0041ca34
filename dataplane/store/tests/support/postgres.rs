//! A real Postgres 15 on a unix socket in a temporary folder (`test-servers.md`): `None` where the binaries are absent.
#![allow(dead_code)]

use std::{path::Path, process::{Command, Stdio}, sync::atomic::{AtomicU32, Ordering}};

const BIN: &str = "/usr/lib/postgresql/15/bin";

pub struct Postgres {
    folder: tempfile::TempDir,
    databases: AtomicU32,
}

impl Postgres {
    pub fn start() -> Option<Postgres> {
        if !Path::new(BIN).join("initdb").exists() {
            eprintln!("SKIPPED: Postgres suite: {BIN}/initdb is absent");
            return None;
        }
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").expect("temp dir");
        assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().expect("chown").success());
        let server = Postgres { folder, databases: AtomicU32::new(0) };
        let data = server.folder.path().join("d").display().to_string();
        server.run("initdb", &["-D", &data, "-U", "errata", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]);
        let options = format!("-k {} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=100 -c shared_buffers=64MB -c autovacuum=off", server.folder.path().display());
        let log = server.folder.path().join("log").display().to_string();
        server.run("pg_ctl", &["-D", &data, "-w", "-s", "-l", &log, "-o", &options, "start"]);
        Some(server)
    }

    fn run(&self, program: &str, args: &[&str]) {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(Path::new(BIN).join(program)).args(args);
        let status = command.current_dir("/").stdout(Stdio::null()).status().expect("runs");
        assert!(status.success(), "{program} {args:?}");
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("t{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("createdb", &["-h", &self.folder.path().display().to_string(), "-U", "errata", &name]);
        format!("postgres:///{name}?host={}&user=errata", self.folder.path().display())
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.run("pg_ctl", &["-D", &self.folder.path().join("d").display().to_string(), "-s", "-m", "immediate", "stop"]);
    }
}
