//! Tests that cannot run say so loudly; `make test` counts the lines and knows which are expected.

/// Prints the line that is counted.
pub fn skipped(test: &str, reason: &str) {
    eprintln!("SKIPPED: {test}: {reason}");
}

/// The folder of shared test data beside the project, if it is here.
pub fn shared(name: &str) -> Option<std::path::PathBuf> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let path = std::env::var_os("ERRATA_SHARED_DATA").map_or(root, Into::into).join(name);
    path.is_dir().then_some(path)
}
