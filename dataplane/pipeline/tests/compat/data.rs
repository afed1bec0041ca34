//! Where the data is, and how a test reports.

use serde_json::Value;
use std::path::PathBuf;

/// The grouping folder, or `None` after saying that the test is skipped.
pub fn folder(test: &str) -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/compat");
    let folder = PathBuf::from(std::env::var("ERRATA_COMPAT_DATA").unwrap_or_else(|_| default.into())).join("grouping");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("SKIPPED: {test}: {} is absent", folder.display());
    None
}

pub fn read(path: PathBuf) -> Value {
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("reading {}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|error| panic!("parsing {}: {error}", path.display()))
}

/// Names of the JSON files in a folder, sorted.
pub fn names(folder: PathBuf) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("readable folder");
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".json").map(str::to_owned)).collect();
    names.sort();
    names
}

/// Counts and names; panics unless exactly the known cases fail.
pub struct Report {
    test: &'static str,
    passed: usize,
    failed: Vec<String>,
}

impl Report {
    pub fn new(test: &'static str) -> Report {
        Report { test, passed: 0, failed: Vec::new() }
    }

    pub fn case(&mut self, name: impl Into<String>, result: Result<(), String>) {
        match result {
            Ok(()) => self.passed += 1,
            Err(why) => {
                let name = name.into();
                println!("{}: {name}: {why}", self.test);
                self.failed.push(name);
            }
        }
    }

    pub fn finish(self, known_failures: &[&str]) {
        println!("{}: {} passed, {} failed", self.test, self.passed, self.failed.len());
        assert_eq!(self.failed, known_failures, "{}", self.test);
        assert!(self.passed > 0, "{}: no case ran", self.test);
    }
}

pub fn expect(actual: impl Into<Value>, expected: impl Into<Value>) -> Result<(), String> {
    let (actual, expected) = (actual.into(), expected.into());
    if actual == expected { Ok(()) } else { Err(format!("expected {expected}, got {actual}")) }
}
