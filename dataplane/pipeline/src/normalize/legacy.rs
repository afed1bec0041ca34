//! Old names of interfaces, and keys that only a server may set.

use model::json::{Object, Value};

/// Renames interfaces of the oldest SDKs and takes out what clients may not say. Their own `errors` and `_meta` stay where they
/// have the form of ours.
pub fn rename(event: &mut Object) {
    let needs_renaming = event.keys().any(|key| key.starts_with("sentry.interfaces.") || key == "sentry.interfaces");
    if needs_renaming {
        for (old, new) in INTERFACES {
            if let Some(value) = event.remove(old)
                && event.get(new).is_none_or(Value::is_null)
            {
                event.insert(new, value);
            }
        }
    }
    event.retain(|key, value| match key {
        "errors" => value.as_array().is_some(),
        "_meta" => value.as_object().is_some(),
        _ => !SERVER_KEYS.contains(&key),
    });
}

const INTERFACES: [(&str, &str); 9] = [
    ("sentry.interfaces.Exception", "exception"),
    ("sentry.interfaces.Stacktrace", "stacktrace"),
    ("sentry.interfaces.Http", "request"),
    ("sentry.interfaces.User", "user"),
    ("sentry.interfaces.Message", "logentry"),
    ("sentry.interfaces.Contexts", "contexts"),
    ("sentry.interfaces.Breadcrumbs", "breadcrumbs"),
    ("sentry.interfaces.Template", "template"),
    ("sentry.interfaces.Csp", "csp"),
];

/// Set by servers, or so old that nobody reads them and their names are taken.
const SERVER_KEYS: [&str; 14] = [
    "_metrics",
    "key_id",
    "project",
    "grouping_config",
    "ingest_path",
    "_dsc",
    "applecrashreport",
    "device",
    "repos",
    "query",
    "metadata",
    "hashes",
    "main_exception_id",
    "_fingerprint_info",
];
