//! Rules that a machine can check: who may know whom, file heads and sizes.

use std::{collections::{BTreeMap, BTreeSet}, path::{Path, PathBuf}};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Who may use whom, of ours (design: "Who may know whom").
const EDGES: [(&str, &[&str]); 9] = [
    ("model", &[]),
    ("config", &["model"]),
    ("queue", &["model", "config"]),
    ("store", &["config", "model"]),
    ("pipeline", &["model", "config"]),
    ("ingest", &["model", "config", "queue", "store"]),
    ("api", &["model", "config", "store", "pipeline"]),
    ("errata", &["model", "config", "queue", "store", "pipeline", "ingest", "api"]),
    ("e2e", &[]),
];

#[test]
fn crates_know_only_whom_they_may() {
    let ours: BTreeSet<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    for (name, allowed) in EDGES {
        let folder = match name {
            "errata" => "dataplane".to_owned(),
            "e2e" => "e2e".to_owned(),
            other => format!("dataplane/{other}"),
        };
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("a manifest");
        let used: BTreeSet<&str> = manifest.lines().filter_map(|line| line.split(['.', ' ', '=']).next()).filter(|word| ours.contains(word) && *word != name).collect();
        let forbidden: Vec<&&str> = used.iter().filter(|word| !allowed.contains(word)).collect();
        assert!(forbidden.is_empty(), "{name} must not use {forbidden:?}");
    }
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("lists").flatten() {
        let path = entry.path();
        let name = entry.file_name().to_string_lossy().into_owned();
        if path.is_dir() && !matches!(name.as_str(), "target" | "node_modules" | "dist" | ".git") {
            sources(&path, found);
        } else if name.ends_with(".rs") {
            found.push(path);
        }
    }
}

fn all_sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in ["dataplane", "e2e"] {
        sources(&root().join(folder), &mut found);
    }
    found.sort();
    let name = |path: &Path| path.strip_prefix(root()).expect("below the root").to_string_lossy().into_owned();
    found.iter().map(|path| (name(path), std::fs::read_to_string(path).expect("reads"))).collect()
}

#[test]
fn every_source_file_says_what_it_is() {
    let silent: Vec<String> = all_sources().into_iter().filter(|(_, text)| !text.starts_with("//!")).map(|(name, _)| name).collect();
    assert!(silent.is_empty(), "no `//!` head in {silent:#?}");
}

/// Lines of a file without its tests.
fn lines_without_tests(text: &str) -> usize {
    text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines().count()
}

#[test]
fn no_source_file_passes_500_lines() {
    let is_test = |name: &str| name.ends_with("tests.rs") || name.contains("/tests/") || name.contains("/benches/") || name.contains("/examples/");
    let long: BTreeMap<String, usize> = all_sources().into_iter().filter(|(name, _)| !is_test(name)).map(|(name, text)| (name, lines_without_tests(&text))).filter(|(_, lines)| *lines > 500).collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn hot_path_files_stay_short() {
    for name in ["dataplane/ingest/src/accept.rs", "dataplane/src/worker.rs", "dataplane/pipeline/src/lib.rs"] {
        let text = std::fs::read_to_string(root().join(name)).expect("reads");
        let lines = lines_without_tests(&text);
        assert!(lines <= 300, "{name} has {lines} lines");
        assert!(text.starts_with("//! ★") || text.lines().take(3).any(|line| line.contains('★')), "{name} does not say that it is hot");
    }
}

#[test]
fn no_unfinished_marks_are_left() {
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("unimpl", "emented!"), concat!("to", "do!(")];
    let left: Vec<String> = all_sources().into_iter().filter(|(_, text)| marks.iter().any(|mark| text.contains(mark))).map(|(name, _)| name).collect();
    assert!(left.is_empty(), "{left:?}");
}
