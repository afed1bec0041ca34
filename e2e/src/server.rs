//! The real binary: started on free loopback ports with a fresh data directory, stopped by its process id.

use crate::{Request, Response, contract, wait::until};
use serde_json::Value;
use std::{io::{BufRead, BufReader}, path::{Path, PathBuf}, process::{Child, Command, Stdio}, time::Duration};
use tempfile::TempDir;

/// How to start it.
#[derive(Default)]
pub struct Options {
    /// Instead of a fresh directory.
    pub data: Option<PathBuf>,
    pub env: Vec<(String, String)>,
    pub args: Vec<String>,
    /// Instead of a free port of its own.
    pub listen: Option<String>,
    /// Do not wait for it to be ready, only for its internal listener; needs `listen`.
    pub is_ready_later: bool,
}

/// A running server. Killed when dropped.
pub struct Server {
    child: Child,
    pub address: String,
    pub internal: String,
    pub dsn: Option<String>,
    pub password: Option<String>,
    pub data: PathBuf,
    _dir: Option<TempDir>,
}

/// A token with all scopes, for tests.
pub const ADMIN_TOKEN: &str = "e2e-admin-token-0123456789abcdef0123456789";

/// The binary under test: `ERRATA_BIN`, else the one beside this test's own.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("ERRATA_BIN") {
        return path.into();
    }
    let own = std::env::current_exe().expect("a test has a path");
    own.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps").join("errata")
}

impl Server {
    pub fn start() -> Server {
        Server::with(Options::default())
    }

    pub fn with(options: Options) -> Server {
        Server::try_with(options).expect("errata starts")
    }

    pub fn try_with(options: Options) -> Result<Server, String> {
        let (dir, data) = match options.data {
            Some(data) => (None, data),
            None => {
                let dir = TempDir::new().expect("a temporary directory");
                let data = dir.path().join("data");
                (Some(dir), data)
            }
        };
        let internal = format!("127.0.0.1:{}", free_port());
        let binary = binary();
        let listen = options.listen.unwrap_or_else(|| "127.0.0.1:0".into());
        let mut command = Command::new(&binary);
        command.args(["serve", "--listen", &listen, "--internal-listen", &internal, "--data"]).arg(&data).args(&options.args);
        command.env("ERRATA_ADMIN_TOKEN", ADMIN_TOKEN).envs(options.env).stdout(Stdio::piped());
        if std::env::var_os("ERRATA_TEST_LOG").is_none() {
            command.stderr(Stdio::null());
        }
        let mut child = command.spawn().map_err(|error| format!("start {}: {error}", binary.display()))?;
        if options.is_ready_later {
            until(Duration::from_secs(30), || Request::new("GET", "/livez").send(&internal).is_ok().then_some(())).ok_or("errata does not listen")?;
            return Ok(Server { child, address: listen, internal, dsn: None, password: None, data, _dir: dir });
        }
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let mut found = std::collections::HashMap::new();
        while let Some(Ok(line)) = lines.next() {
            if let Some((name, value)) = line.trim().split_once(' ') {
                found.insert(name.to_owned(), value.trim().to_owned());
            }
            if line.trim() == "Ready." {
                break;
            }
        }
        let Some(url) = found.get("URL") else {
            let status = child.wait().map_err(|error| error.to_string())?;
            return Err(format!("errata ended with {status} before it was ready"));
        };
        let address = url.trim_start_matches("http://").to_owned();
        Ok(Server { child, address, internal, dsn: found.get("DSN").cloned(), password: found.get("Password").cloned(), data, _dir: dir })
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends it; an answer of the API must be one that its document describes.
    pub fn send(&self, request: Request) -> Response {
        let response = request.send(&self.address).unwrap_or_else(|error| panic!("{} {}: {error}", request.method, request.target));
        contract::check(&request, &response);
        response
    }

    /// A GET of the API with all scopes; panics unless it answers 200.
    pub fn api(&self, path: &str) -> Value {
        let response = self.send(authorized(Request::new("GET", format!("/api/0/{path}"))));
        assert_eq!(response.status, 200, "GET {path}: {}", response.text());
        response.json()
    }

    /// A change through the API with all scopes.
    pub fn call(&self, method: &str, path: &str, body: Value) -> Response {
        self.send(authorized(Request::new(method, format!("/api/0/{path}")).json(&body)))
    }

    /// Asks until the answer passes, at most 30 s.
    pub fn api_until(&self, path: &str, passes: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = until(Duration::from_secs(30), || {
            let response = self.send(authorized(Request::new("GET", format!("/api/0/{path}"))));
            last = if response.status == 200 { response.json() } else { Value::String(format!("{} {}", response.status, response.text())) };
            (response.status == 200 && passes(&last)).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("GET {path} never passed; last: {last}"))
    }

    /// The key and project of the first DSN.
    pub fn key(&self) -> (String, String) {
        let dsn = self.dsn.as_deref().expect("a first start prints a DSN");
        let (key, place) = dsn.trim_start_matches("http://").split_once('@').expect("key@host");
        (key.to_owned(), place.rsplit('/').next().expect("project").to_owned())
    }

    /// SIGKILL, and wait.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// SIGTERM, and wait for a clean end.
    pub fn stop(&mut self) -> std::process::ExitStatus {
        // SAFETY: a signal to our own child.
        unsafe { libc::kill(self.child.id() as i32, libc::SIGTERM) };
        self.child.wait().expect("waits")
    }

    /// Waits for it to end by itself.
    pub fn wait_for_end(&mut self) {
        let _ = self.child.wait();
    }

    /// Keeps the data directory when this server is dropped, for the next start.
    pub fn keep_data(mut self) -> (PathBuf, Option<TempDir>) {
        self.kill();
        (self.data.clone(), self._dir.take())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

pub fn authorized(request: Request) -> Request {
    request.header("authorization", format!("Bearer {ADMIN_TOKEN}"))
}

/// A port nobody listens on now.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port").port()
}
