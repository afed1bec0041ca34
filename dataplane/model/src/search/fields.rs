//! What the search keys of `product-api` §4.2 mean inside an event, beyond the columns that every event has.
//!
//! In: a normalised event and a key. Out: its values, of which one must pass. The stores keep some of them beside the event
//! ([`Fact`], [`stack_texts`]); what they keep and what they read from the event must agree, so both are told here.

use crate::json::Value;
use std::borrow::Cow;

/// A field that is kept beside the event, because people ask for it often and it is short. The numbers are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Fact {
    ErrorType = 1,
    ErrorMechanism = 2,
    SdkName = 3,
    SdkVersion = 4,
    HttpMethod = 5,
    HttpStatusCode = 6,
    UserEmail = 7,
    UserUsername = 8,
    UserIp = 9,
    GeoCountryCode = 10,
    GeoRegion = 11,
    GeoCity = 12,
    Trace = 13,
    DeviceBrand = 14,
    UserId = 15,
}

impl Fact {
    pub const ALL: [Fact; 15] = [
        Fact::ErrorType,
        Fact::ErrorMechanism,
        Fact::SdkName,
        Fact::SdkVersion,
        Fact::HttpMethod,
        Fact::HttpStatusCode,
        Fact::UserEmail,
        Fact::UserUsername,
        Fact::UserIp,
        Fact::GeoCountryCode,
        Fact::GeoRegion,
        Fact::GeoCity,
        Fact::Trace,
        Fact::DeviceBrand,
        Fact::UserId,
    ];

    /// The key it is asked by.
    pub fn field(self) -> &'static str {
        match self {
            Fact::ErrorType => "error.type",
            Fact::ErrorMechanism => "error.mechanism",
            Fact::SdkName => "sdk.name",
            Fact::SdkVersion => "sdk.version",
            Fact::HttpMethod => "http.method",
            Fact::HttpStatusCode => "http.status_code",
            Fact::UserEmail => "user.email",
            Fact::UserUsername => "user.username",
            Fact::UserIp => "user.ip",
            Fact::GeoCountryCode => "geo.country_code",
            Fact::GeoRegion => "geo.region",
            Fact::GeoCity => "geo.city",
            Fact::Trace => "trace",
            Fact::DeviceBrand => "device.brand",
            Fact::UserId => "user.id",
        }
    }

    pub fn of_field(name: &str) -> Option<Fact> {
        Fact::ALL.into_iter().find(|fact| fact.field() == name)
    }

    pub fn from_number(number: u8) -> Option<Fact> {
        Fact::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The part of the `user` tag (`id:7`) that says the same: then it is not kept twice.
    pub fn user_prefix(self) -> Option<&'static str> {
        match self {
            Fact::UserId => Some("id:"),
            Fact::UserUsername => Some("username:"),
            Fact::UserEmail => Some("email:"),
            Fact::UserIp => Some("ip:"),
            _ => None,
        }
    }
}

/// A text of a stack frame that is searched for. The numbers are on disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum StackText {
    Function = 1,
    Module = 2,
    Filename = 3,
    AbsPath = 4,
    Package = 5,
}

impl StackText {
    pub const ALL: [StackText; 5] = [StackText::Function, StackText::Module, StackText::Filename, StackText::AbsPath, StackText::Package];

    pub fn of_field(name: &str) -> Option<StackText> {
        let key = name.strip_prefix("stack.")?;
        StackText::ALL.into_iter().find(|text| text.key() == key)
    }

    pub fn from_number(number: u8) -> Option<StackText> {
        StackText::ALL.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// The frame's attribute.
    pub fn key(self) -> &'static str {
        match self {
            StackText::Function => "function",
            StackText::Module => "module",
            StackText::Filename => "filename",
            StackText::AbsPath => "abs_path",
            StackText::Package => "package",
        }
    }

    fn of_key(key: &str) -> Option<StackText> {
        match key {
            "function" => Some(StackText::Function),
            "module" => Some(StackText::Module),
            "filename" => Some(StackText::Filename),
            "abs_path" => Some(StackText::AbsPath),
            "package" => Some(StackText::Package),
            _ => None,
        }
    }
}

/// Contexts whose attributes are asked for as `device.model`, `os.build` and so on.
const CONTEXTS: [&str; 10] = ["device", "os", "client_os", "app", "browser", "runtime", "gpu", "culture", "cloud_resource", "unity"];

/// Whether a key means a field inside events; every other key is a tag's name.
pub fn is_field(name: &str) -> bool {
    let is_one = matches!(
        name,
        "error.value" | "error.main_thread" | "stack.stack_level" | "http.referer" | "user.display" | "user.segment" | "trace.span" | "trace.parent_span" | "replayId" | "location"
    );
    let is_of_context = name.split_once('.').is_some_and(|(context, _)| context == "geo" || CONTEXTS.contains(&context));
    is_one || is_of_context || Fact::of_field(name).is_some() || StackText::of_field(name).is_some()
}

/// Whether the values of a field stand in the event's JSON as they are: then text that lacks them need not be parsed.
pub fn is_verbatim(name: &str) -> bool {
    !matches!(name, "error.main_thread" | "stack.stack_level")
}

/// Shows each value of a field, until one is answered with true. Answers whether one was.
pub fn any_value(event: &Value, name: &str, mut accept: impl FnMut(&str) -> bool) -> bool {
    let mut one = |value: Option<&Value>| value.and_then(text_of).is_some_and(|text| !text.is_empty() && accept(&text));
    if let Some(wanted) = StackText::of_field(name) {
        return stacks(event).any(|stack| frames(stack).any(|frame| one(frame.get(wanted.key()))));
    }
    let of_exceptions = |path: &'static [&'static str]| values(event, "exception").iter().filter_map(move |exception| exception.at(path));
    match name {
        "error.type" => of_exceptions(&["type"]).any(|value| one(Some(value))),
        "error.value" => of_exceptions(&["value"]).any(|value| one(Some(value))),
        "error.mechanism" => of_exceptions(&["mechanism", "type"]).any(|value| one(Some(value))),
        "error.main_thread" => one(main_thread(event).map(Value::Bool).as_ref()),
        "stack.stack_level" => stacks(event).any(|stack| (0..frames(stack).count()).any(|level| one(Some(&Value::Int(level as i64))))),
        "http.method" => one(event.at(&["request", "method"])),
        "http.status_code" => one(event.at(&["contexts", "response", "status_code"])),
        "http.referer" => one(header(event, "referer")),
        "user.ip" => one(event.at(&["user", "ip_address"])),
        "user.display" => one(["email", "username", "id", "ip_address"].iter().find_map(|key| event.at(&["user", key]).filter(|value| !value.is_null()))),
        "trace" => one(event.at(&["contexts", "trace", "trace_id"])),
        "trace.span" => one(event.at(&["contexts", "trace", "span_id"])),
        "trace.parent_span" => one(event.at(&["contexts", "trace", "parent_span_id"])),
        "replayId" => one(event.at(&["contexts", "replay", "replay_id"])),
        "location" => one(event.get("location").or_else(|| event.at(&["metadata", "filename"]))),
        _ => match name.split_once('.') {
            Some((holder @ ("user" | "sdk"), key)) => one(event.at(&[holder, key])),
            Some(("geo", key)) => one(event.at(&["user", "geo", key])),
            Some((context, key)) => one(event.at(&["contexts", context, key])),
            None => false,
        },
    }
}

/// The facts of an event, in order. What the `user` tag says already is left out.
pub fn facts(event: &Value, user_tag: Option<&str>) -> Vec<(Fact, String)> {
    let mut facts: Vec<(Fact, String)> = Vec::with_capacity(12);
    for fact in Fact::ALL {
        let is_tag = fact.user_prefix().is_some_and(|prefix| user_tag.is_some_and(|tag| tag.starts_with(prefix)));
        if is_tag {
            continue;
        }
        any_value(event, fact.field(), |value| {
            if !facts.iter().any(|(known, text)| *known == fact && text == value) {
                facts.push((fact, value.chars().take(200).collect()));
            }
            false
        });
    }
    facts
}

/// Shows every text of the event's frames: those of its exceptions, else of its threads, and of the event itself.
pub fn stack_texts(event: &Value, mut show: impl FnMut(StackText, &str)) {
    for frame in stacks(event).flat_map(frames) {
        for (key, value) in frame.as_object().into_iter().flat_map(|frame| frame.iter()) {
            if let (Some(text), Some(value)) = (StackText::of_key(key), value.as_str().filter(|value| !value.is_empty())) {
                show(text, value);
            }
        }
    }
}

/// A hash of [`stack_texts`]: events with the same one are found by the same texts. `None` for an event without frames.
pub fn stack_digest(event: &Value) -> Option<u64> {
    let mut digest = 0;
    stack_texts(event, |text, value| {
        digest = mix(digest, u64::from(text as u8) | (value.len() as u64) << 8);
        let mut chunks = value.as_bytes().chunks_exact(8);
        for chunk in &mut chunks {
            digest = mix(digest, u64::from_le_bytes(chunk.try_into().expect("eight bytes")));
        }
        let rest = chunks.remainder().iter().fold(0, |word, byte| word << 8 | u64::from(*byte));
        digest = mix(digest, rest);
    });
    (digest != 0).then_some(digest)
}

/// One round of folded multiplication (the mixing step of wyhash, public domain).
fn mix(digest: u64, word: u64) -> u64 {
    let product = u128::from(digest ^ word ^ 0x9e37_79b9_7f4a_7c15) * u128::from(0xe703_7ed1_a0b4_28db_u64 ^ word.rotate_left(32));
    (product >> 64) as u64 ^ product as u64
}

fn values<'e, 'v>(event: &'e Value<'v>, key: &str) -> &'e [Value<'v>] {
    event.at(&[key, "values"]).and_then(Value::as_array).unwrap_or_default()
}

fn stacks<'e, 'v>(event: &'e Value<'v>) -> impl Iterator<Item = &'e Value<'v>> {
    let exceptions = values(event, "exception");
    let threads = if exceptions.is_empty() { values(event, "threads") } else { &[] };
    exceptions.iter().chain(threads).chain(std::iter::once(event)).filter_map(|holder| holder.get("stacktrace"))
}

fn frames<'e, 'v>(stack: &'e Value<'v>) -> impl Iterator<Item = &'e Value<'v>> {
    stack.get("frames").and_then(Value::as_array).unwrap_or_default().iter()
}

/// Whether the thread that failed is the main one; `None` where nothing says so.
fn main_thread(event: &Value) -> Option<bool> {
    let threads = values(event, "threads");
    let failed = values(event, "exception").last().and_then(|exception| exception.get("thread_id")).filter(|id| !id.is_null());
    let thread = match failed {
        Some(id) => threads.iter().find(|thread| thread.get("id") == Some(id)),
        None => threads.iter().find(|thread| thread.get("crashed").and_then(Value::as_bool) == Some(true)),
    };
    thread?.get("main")?.as_bool()
}

/// A header of the request; normalised headers are a list of pairs.
fn header<'e, 'v>(event: &'e Value<'v>, name: &str) -> Option<&'e Value<'v>> {
    let pairs = event.at(&["request", "headers"])?.as_array()?;
    let pair = pairs.iter().filter_map(Value::as_array).find(|pair| pair.first().and_then(Value::as_str).is_some_and(|key| key.eq_ignore_ascii_case(name)))?;
    pair.get(1)
}

fn text_of<'v>(value: &'v Value) -> Option<Cow<'v, str>> {
    match value {
        Value::Str(text) => Some(Cow::Borrowed(text)),
        Value::Bool(flag) => Some(Cow::Borrowed(if *flag { "true" } else { "false" })),
        Value::Int(number) => Some(Cow::Owned(number.to_string())),
        Value::Uint(number) => Some(Cow::Owned(number.to_string())),
        Value::Float(number) => Some(Cow::Owned(number.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"user": {"id": "7", "email": "anna@example.com", "ip_address": "10.0.0.1", "geo": {"city": "Graz"}},
        "sdk": {"name": "sentry.python", "version": "2.1"}, "request": {"method": "POST", "headers": [["Referer", "https://a.example/"]]},
        "contexts": {"trace": {"trace_id": "4c79f60c11214eb38604f4ae0781bfb2"}, "response": {"status_code": 502}, "device": {"memory_size": 42}, "os": {"build": "b1"}},
        "exception": {"values": [{"type": "Inner", "value": "first"}, {"type": "Outer", "value": "then", "thread_id": 3, "mechanism": {"type": "generic"},
            "stacktrace": {"frames": [{"function": "main", "module": "shop"}, {"function": "load", "filename": "shop/orders.py", "package": "shop"}]}}]},
        "threads": {"values": [{"id": 3, "main": true, "stacktrace": {"frames": [{"function": "elsewhere"}]}}]}}"#;

    fn check(field: &str) -> String {
        let event = crate::json::parse(EVENT.as_bytes()).expect("JSON");
        let mut found = Vec::new();
        any_value(&event, field, |value| {
            found.push(value.to_owned());
            false
        });
        found.join(" ")
    }

    #[test]
    fn fields_are_found_where_events_have_them() {
        for (field, values) in [
            ("user.id", "7"), ("user.email", "anna@example.com"), ("user.ip", "10.0.0.1"), ("user.username", ""), ("user.display", "anna@example.com"), ("geo.city", "Graz"), ("sdk.name", "sentry.python"),
            ("error.type", "Inner Outer"), ("error.value", "first then"), ("error.mechanism", "generic"), ("error.main_thread", "true"), ("stack.function", "main load"), ("stack.module", "shop"),
            ("stack.filename", "shop/orders.py"), ("stack.abs_path", ""), ("stack.package", "shop"), ("stack.stack_level", "0 1"), ("http.method", "POST"), ("http.status_code", "502"),
            ("http.referer", "https://a.example/"), ("trace", "4c79f60c11214eb38604f4ae0781bfb2"), ("device.memory_size", "42"), ("os.build", "b1"),
        ] {
            assert!(is_field(field), "{field}");
            assert_eq!(check(field), values, "{field}");
        }
        assert!(!is_field("tenant") && !is_field("my.tag") && !is_field("level"));
    }

    #[test]
    fn facts_leave_out_what_the_user_tag_says() {
        let event = crate::json::parse(EVENT.as_bytes()).expect("JSON");
        let names = |tag| facts(&event, tag).iter().map(|(fact, _)| fact.field()).collect::<Vec<_>>().join(" ");
        assert_eq!(names(Some("id:7")), "error.type error.type error.mechanism sdk.name sdk.version http.method http.status_code user.email user.ip geo.city trace");
        assert!(names(None).ends_with("user.id"));
    }

    #[test]
    fn numbers_on_disk_read_back() {
        for fact in Fact::ALL {
            assert_eq!((Fact::from_number(fact as u8), Fact::of_field(fact.field())), (Some(fact), Some(fact)));
        }
        for text in StackText::ALL {
            assert_eq!((StackText::from_number(text as u8), StackText::of_key(text.key())), (Some(text), Some(text)));
        }
        assert_eq!((Fact::from_number(0), Fact::from_number(99), StackText::from_number(0)), (None, None, None));
    }

    #[test]
    fn stacks_differ_by_any_text_and_agree_without_line_numbers() {
        let digest = |frames: &str| stack_digest(&crate::json::parse(format!(r#"{{"stacktrace": {{"frames": {frames}}}}}"#).as_bytes()).expect("JSON"));
        let first = digest(r#"[{"function": "a", "lineno": 1}]"#);
        assert_eq!(first, digest(r#"[{"function": "a", "lineno": 2}]"#));
        for other in [r#"[{"function": "b"}]"#, r#"[{"module": "a"}]"#, r#"[{"function": "a"}, {"function": "a"}]"#, r#"[{"function": "aaaaaaaaa"}]"#] {
            assert_ne!(first, digest(other), "{other}");
        }
        assert_eq!(digest("[]"), None);
    }
}
