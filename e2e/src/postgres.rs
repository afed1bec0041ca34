//! A real Postgres 15 on a unix socket in a temporary folder, that can be stopped and started again.

use std::{path::Path, process::{Command, Stdio}};

const BIN: &str = "/usr/lib/postgresql/15/bin";

pub struct Postgres {
    folder: tempfile::TempDir,
}

impl Postgres {
    /// Made and started; `None` where the programs are absent, after saying so.
    pub fn start(suite: &str) -> Option<Postgres> {
        if !Path::new(BIN).join("initdb").exists() {
            crate::skip::skipped(suite, &format!("{BIN}/initdb is absent"));
            return None;
        }
        let folder = tempfile::Builder::new().prefix("pg").tempdir_in("/tmp").expect("temp dir");
        assert!(Command::new("chown").arg("postgres").arg(folder.path()).status().expect("chown").success());
        let server = Postgres { folder };
        server.run("initdb", &["-D", &server.data(), "-U", "errata", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8"]);
        server.up();
        server.run("createdb", &["-h", &server.socket(), "-U", "errata", "errata"]);
        Some(server)
    }

    pub fn up(&self) {
        let options = format!("-k {} -c listen_addresses='' -c max_connections=50 -c shared_buffers=64MB", self.socket());
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-s", "-l", &format!("{}/log", self.socket()), "-o", &options, "start"]);
    }

    /// Ends it at once, cutting its connections.
    pub fn down(&self) {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-s", "-m", "immediate", "stop"]);
    }

    pub fn url(&self) -> String {
        format!("postgres:///errata?host={}&user=errata", self.socket())
    }

    fn socket(&self) -> String {
        self.folder.path().display().to_string()
    }

    fn data(&self) -> String {
        format!("{}/d", self.socket())
    }

    fn run(&self, program: &str, args: &[&str]) {
        assert!(self.status(program, args), "{program} {args:?}");
    }

    fn status(&self, program: &str, args: &[&str]) -> bool {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups"]).arg(Path::new(BIN).join(program)).args(args);
        command.current_dir("/").stdout(Stdio::null()).stderr(Stdio::null()).status().expect("runs").success()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.status("pg_ctl", &["-D", &self.data(), "-s", "-m", "immediate", "stop"]);
    }
}
