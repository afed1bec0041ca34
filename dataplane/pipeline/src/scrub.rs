//! Takes secrets out of events (`ingest-protocol` §5.1).
//!
//! In: a normalised event, the project's options, compiled. Out: the event without passwords, keys, card numbers and the
//! like; every change stands in `_meta`. It is the last step that sees them.

mod keys;
mod patterns;

use crate::normalize::notes::{Notes, Path};
use config::project::ScrubbingOptions;
use keys::KeyRules;
use model::json::{Object, Value};
use patterns::Scope;

/// The options of a project, compiled.
#[derive(Debug)]
pub struct Scrubber {
    options: ScrubbingOptions,
    keys: KeyRules,
}

impl Scrubber {
    pub fn new(options: &ScrubbingOptions) -> Scrubber {
        Scrubber { keys: KeyRules::new(options), options: options.clone() }
    }

    /// Scrubs a normalised event in place.
    pub fn scrub(&self, event: &mut Value, notes: &mut Notes) {
        let Some(event) = event.as_object_mut() else { return };
        if self.options.scrub_ip_addresses {
            remove_addresses(event, notes);
        }
        if !self.options.scrub_data && !self.options.scrub_ip_addresses {
            return;
        }
        let root = Path::ROOT;
        for (key, value) in event.iter_mut() {
            let place = match key {
                "event_id" | "type" | "level" | "platform" | "timestamp" | "start_timestamp" | "received" | "release" | "dist" | "environment" | "sdk"
                | "modules" | "debug_meta" | "_meta" | "errors" | "fingerprint" | "checksum" | "logger" | "server_name" => continue,
                "logentry" => Place::FreeText,
                "exception" | "threads" | "stacktrace" => Place::Stack,
                "contexts" | "user" => Place::Context,
                "request" | "tags" | "extra" | "breadcrumbs" | "transaction" | "transaction_info" | "culprit" | "template" | "csp" | "hpkp" | "expectct"
                | "expectstaple" | "nel" | "site" | "spans" | "measurements" | "breakdowns" | "time_spent" => Place::Bag,
                _ => {
                    self.scrub_member(key, value, Place::Bag, root, notes);
                    continue;
                }
            };
            self.walk(value, place, root.name(key), notes);
        }
    }

    fn walk(&self, value: &mut Value, place: Place, path: Path, notes: &mut Notes) {
        match value {
            Value::Str(_) => self.scrub_text(value, place, path, notes),
            Value::Array(items) => self.walk_list(items, place, path, notes),
            Value::Object(object) => {
                for (key, item) in object.iter_mut() {
                    if place.has_own_meaning(key) && item.as_object().is_none() && item.as_array().is_none() {
                        continue;
                    }
                    self.scrub_member(key, item, place.of_member(key), path, notes);
                }
            }
            _ => {}
        }
    }

    /// A member by its key, else by what it holds.
    fn scrub_member(&self, key: &str, item: &mut Value, place: Place, holder: Path, notes: &mut Notes) {
        if self.keys.is_safe(key) {
            return;
        }
        if self.is_secret(place, key) {
            filter_value(item, holder.name(key), notes);
        } else {
            self.walk(item, place, holder.name(key), notes);
        }
    }

    /// Lists of `[key, value]` pairs are bags too: headers, cookies, query strings, tags.
    fn walk_list(&self, items: &mut [Value], place: Place, path: Path, notes: &mut Notes) {
        for (at, item) in items.iter_mut().enumerate() {
            let path = path.index(at);
            if let (Place::Bag | Place::Context | Place::Cookies, Value::Array(pair)) = (place, &mut *item)
                && let [Value::Str(key), value] = pair.as_mut_slice()
            {
                let safe = self.keys.is_safe(key) || key.eq_ignore_ascii_case("user-agent");
                if !safe && self.is_secret(place, key) {
                    filter_value(value, path.index(1), notes);
                } else if !safe {
                    self.walk(value, place, path.index(1), notes);
                }
                continue;
            }
            self.walk(item, place, path, notes);
        }
    }

    fn is_secret(&self, place: Place, key: &str) -> bool {
        self.options.scrub_data
            && match place {
                Place::Bag | Place::Context | Place::Parameters => self.keys.is_sensitive(key),
                Place::Cookies => self.keys.is_sensitive(key) || self.keys.is_session_cookie(key),
                Place::Stack | Place::FreeText => false,
            }
    }

    fn scrub_text(&self, value: &mut Value, place: Place, path: Path, notes: &mut Notes) {
        let Value::Str(text) = value else { return };
        let scope = Scope {
            secrets: self.options.scrub_data && self.options.scrub_defaults,
            addresses: self.options.scrub_ip_addresses,
            emails: matches!(place, Place::FreeText | Place::Parameters),
        };
        if let Some(scrubbed) = patterns::scrub(text, scope, &mut |rule, kind, range, chars| notes.scrubbed(path, rule, kind, range, chars)) {
            *text = scrubbed.into();
        }
    }
}

/// What kind of place of the event a value stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Keys have meaning: request, extra, tags, variables, whatever nobody knows.
    Bag,
    /// Like a bag, with members of a known meaning: contexts, user.
    Context,
    /// Like a bag, but here `session` is the name of a secret.
    Cookies,
    /// Exceptions, frames, mechanisms: keys are ours, texts are not.
    Stack,
    /// Messages: found parts are replaced, never the whole.
    FreeText,
    /// Of messages: like those, but keys have meaning.
    Parameters,
}

impl Place {
    /// Where a member stands.
    fn of_member(self, key: &str) -> Place {
        match (self, key) {
            (Place::Stack, "vars" | "data") => Place::Bag,
            (Place::Bag | Place::Context, "cookies") => Place::Cookies,
            (Place::FreeText, "params") => Place::Parameters,
            (place, _) => place,
        }
    }

    /// Members whose texts are names and ids, and so never searched. Whoever puts a list or an object there means something else.
    fn has_own_meaning(self, key: &str) -> bool {
        match self {
            Place::Stack => matches!(
                key,
                "filename"
                    | "abs_path"
                    | "type"
                    | "module"
                    | "function"
                    | "raw_function"
                    | "platform"
                    | "package"
                    | "image_addr"
                    | "instruction_addr"
                    | "symbol_addr"
            ),
            Place::Context => matches!(key, "type" | "timestamp" | "trace_id" | "span_id" | "parent_span_id" | "event_id" | "geo"),
            Place::Bag | Place::Cookies | Place::FreeText | Place::Parameters => false,
        }
    }
}

/// The mark that stands for a secret.
pub const FILTERED: &str = "[Filtered]";

/// Replaces a whole value; objects and lists too.
fn filter_value(value: &mut Value, path: Path, notes: &mut Notes) {
    if value.is_null() || value.as_str() == Some(FILTERED) {
        return;
    }
    let chars = value.as_str().map_or(0, |text| text.chars().count());
    *value = Value::from(FILTERED);
    notes.scrubbed(path, "@password:filter", "s", Some((0, FILTERED.len())), chars);
}

/// The fields that hold addresses.
fn remove_addresses(event: &mut Object, notes: &mut Notes) {
    let root = Path::ROOT;
    let mut remove = |outer: &str, inner: Option<&str>, key: &str| {
        let Some(mut holder) = event.get_mut(outer) else { return };
        let outer = root.name(outer);
        let mut path = outer;
        if let Some(inner) = inner {
            let Some(found) = holder.get_mut(inner) else { return };
            (holder, path) = (found, outer.name(inner));
        }
        if let Some(value) = holder.get_mut(key).filter(|value| !value.is_null()) {
            value.take();
            notes.scrubbed(path.name(key), "@ip:remove", "x", None, 0);
        }
    };
    remove("user", None, "ip_address");
    remove("request", Some("env"), "REMOTE_ADDR");
}

#[cfg(test)]
mod tests;
