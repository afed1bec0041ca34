//! Real clients: installed once into the cache outside the checkout, keyed by their files, and run from there.

use std::{collections::BTreeMap, fs, hash::{DefaultHasher, Hash, Hasher}, path::{Path, PathBuf}, process::{Command, Output}};

/// Where a client lies after its set-up, with what installs it.
struct Place {
    folder: PathBuf,
    _lock: fs::File,
}

fn cache() -> PathBuf {
    let home = || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache");
    std::env::var_os("XDG_CACHE_HOME").map_or_else(home, PathBuf::from).join("errata/e2e")
}

/// The folder of a client's sources in the checkout.
pub fn sources(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("clients").join(name)
}

/// The client's files, without what an installation adds.
fn files(name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(sources(name)).expect("a client has a folder").flatten().map(|entry| entry.path());
    entries.filter(|path| path.is_file()).map(|path| (path.file_name().expect("a file").into(), fs::read(&path).expect("reads"))).collect()
}

/// A folder in the cache with the client's files; `install` runs there once for each state of the files.
fn place(name: &str, install: impl Fn(&Path) -> Result<(), String>) -> Result<Place, String> {
    let files = files(name);
    let mut hasher = DefaultHasher::new();
    files.hash(&mut hasher);
    let root = cache();
    fs::create_dir_all(&root).map_err(|error| format!("make {}: {error}", root.display()))?;
    let folder = root.join(format!("{name}-{:016x}", hasher.finish()));
    // Two checkouts may set up at once; the second finds the work done.
    let lock = fs::File::create(root.join(format!("{name}.lock"))).map_err(|error| error.to_string())?;
    lock.lock().map_err(|error| error.to_string())?;
    if !folder.join(".complete").exists() {
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
        for (file, bytes) in &files {
            fs::write(folder.join(file), bytes).map_err(|error| error.to_string())?;
        }
        install(&folder)?;
        fs::write(folder.join(".complete"), "").map_err(|error| error.to_string())?;
    }
    Ok(Place { folder, _lock: lock })
}

/// Runs a command to its end; an error carries the last of what it printed.
pub fn run(command: &mut Command) -> Result<Output, String> {
    let output = command.output().map_err(|error| format!("run {command:?}: {error}"))?;
    if output.status.success() {
        return Ok(output);
    }
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let tail: Vec<&str> = text.lines().rev().take(8).collect();
    Err(format!("{command:?} ended with {}: {}", output.status, tail.into_iter().rev().collect::<Vec<_>>().join(" | ")))
}

/// A virtual environment with the Python SDK and sentry-cli; its folder.
///
/// # Errors
/// Why it cannot be had here.
pub fn python() -> Result<PathBuf, String> {
    let install = |folder: &Path| {
        run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
        run(Command::new(folder.join("venv/bin/pip")).args(["install", "--quiet", "--disable-pip-version-check", "-r"]).arg(folder.join("requirements.txt"))).map(drop)
    };
    place("python", install).map(|place| place.folder)
}

/// A client of npm packages, installed as its lock file says; its folder.
///
/// # Errors
/// Why it cannot be had here.
pub fn npm(name: &str) -> Result<PathBuf, String> {
    let install = |folder: &Path| run(Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(folder)).map(drop);
    place(name, install).map(|place| place.folder)
}

/// The Rust client, built by cargo as its lock file says; its program.
///
/// # Errors
/// Why it cannot be built here.
pub fn rust() -> Result<PathBuf, String> {
    let target = cache().join("rust-target");
    run(Command::new("cargo").args(["build", "--locked", "--quiet", "--manifest-path"]).arg(sources("rust").join("Cargo.toml")).env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS"))?;
    Ok(target.join("debug/errata-e2e-rust"))
}
