//! What grouping reads of an event, typed and borrowed: exceptions, threads, stack traces, frames.
//!
//! In: a normalised event as JSON value. Out: views whose texts point into it. Function names are trimmed here, once.
//! It knows nothing of rules and hashes.

use crate::{enhance::Match, group::functions::trim_function_name};
use model::json::Value;
use std::borrow::Cow;

/// Platforms that behave alike (`grouping.md` §1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    Native,
    Javascript,
    Other,
}

impl Family {
    pub fn of_platform(platform: &str) -> Family {
        match platform {
            "objc" | "cocoa" | "swift" | "native" | "c" => Family::Native,
            "javascript" | "node" => Family::Javascript,
            _ => Family::Other,
        }
    }
}

/// One frame. Oldest call first in its stack trace.
#[derive(Debug, Clone)]
pub struct Frame<'e> {
    pub platform: &'e str,
    pub family: Family,
    /// Trimmed where no raw function was given.
    pub function: Option<Cow<'e, str>>,
    /// As sent, where trimming changed it or the SDK gave it.
    pub raw_function: Option<&'e str>,
    /// Whether `function` was trimmed by us, so that both must be written back.
    pub function_trimmed: bool,
    pub module: Option<&'e str>,
    pub filename: Option<&'e str>,
    pub abs_path: Option<&'e str>,
    pub package: Option<&'e str>,
    pub context_line: Option<&'e str>,
    pub lineno: Option<i64>,
    pub colno: Option<i64>,
    /// As the SDK said, then as rules say.
    pub in_app: Option<bool>,
    /// As the SDK said.
    pub in_app_sent: Option<bool>,
    pub category: Option<&'e str>,
    pub source_map_used: bool,
    /// `data.orig_in_app` of an event that was processed before: -1 unknown, 0 no, 1 yes.
    pub in_app_before_rules: Option<i64>,
}

/// A stack trace and where it stands in the event.
#[derive(Debug, Clone, Default)]
pub struct Stacktrace<'e> {
    /// What enhancement rules say about the frames; filled by [`crate::group::group_event`].
    pub matches: Vec<Match<'e>>,
    pub frames: Vec<Frame<'e>>,
}

#[derive(Debug, Clone, Default)]
pub struct Mechanism<'e> {
    pub kind: Option<&'e str>,
    pub synthetic: bool,
    pub handled: Option<bool>,
    pub exception_id: Option<i64>,
    pub parent_id: Option<i64>,
    pub is_exception_group: bool,
    pub source: Option<&'e str>,
    /// Domain and code.
    pub ns_error: Option<(Option<&'e str>, Option<i64>)>,
}

#[derive(Debug, Clone, Default)]
pub struct Exception<'e> {
    pub kind: Option<&'e str>,
    pub value: Option<&'e str>,
    pub module: Option<&'e str>,
    pub mechanism: Option<Mechanism<'e>>,
    pub stacktrace: Option<Stacktrace<'e>>,
}

#[derive(Debug, Clone, Default)]
pub struct Thread<'e> {
    pub crashed: bool,
    pub current: bool,
    pub stacktrace: Option<Stacktrace<'e>>,
}

/// The event as grouping sees it; whatever is rare stays in `json`.
#[derive(Debug)]
pub struct EventView<'e> {
    pub json: &'e Value<'e>,
    pub platform: &'e str,
    pub exceptions: Vec<Exception<'e>>,
    pub threads: Vec<Thread<'e>>,
    pub stacktrace: Option<Stacktrace<'e>>,
}

impl<'e> EventView<'e> {
    pub fn new(json: &'e Value<'e>) -> EventView<'e> {
        let platform = json.str_at(&["platform"]).unwrap_or("other");
        let list = |key: &str| json.at(&[key, "values"]).and_then(Value::as_array).unwrap_or_default();
        EventView {
            json,
            platform,
            exceptions: list("exception").iter().filter(|value| value.as_object().is_some()).map(|value| exception(value, platform)).collect(),
            threads: list("threads").iter().filter(|value| value.as_object().is_some()).map(|value| thread(value, platform)).collect(),
            stacktrace: stacktrace(json, platform),
        }
    }

    /// The event without any stack trace: what filters need, at a fraction of the cost.
    pub fn without_frames(json: &'e Value<'e>) -> EventView<'e> {
        let values = json.at(&["exception", "values"]).and_then(Value::as_array).unwrap_or_default();
        let exceptions = values.iter().filter(|value| value.as_object().is_some());
        let bare =
            |value: &'e Value<'e>| Exception { kind: text(value, "type"), value: text(value, "value"), module: text(value, "module"), ..Exception::default() };
        let platform = json.str_at(&["platform"]).unwrap_or("other");
        EventView { json, platform, exceptions: exceptions.map(bare).collect(), threads: Vec::new(), stacktrace: None }
    }

    /// The text at a path, where it is text and not empty.
    pub fn text(&self, path: &[&str]) -> Option<&'e str> {
        self.json.str_at(path).filter(|text| !text.is_empty())
    }

    /// The formatted log message, else its template.
    pub fn message(&self) -> Option<&'e str> {
        self.text(&["logentry", "formatted"]).or_else(|| self.text(&["logentry", "message"]))
    }

    /// The value of a tag.
    pub fn tag(&self, name: &str) -> Option<&'e str> {
        let pairs = self.json.get("tags")?.as_array()?;
        let pair = pairs.iter().filter_map(Value::as_array).find(|pair| pair.first().and_then(Value::as_str) == Some(name))?;
        pair.get(1)?.as_str()
    }

    /// The thread that decides: the only crashed one, else the only current one, else the only one.
    pub fn deciding_thread(&self) -> Option<&Thread<'e>> {
        let only = |accept: &dyn Fn(&Thread) -> bool| {
            let mut found = self.threads.iter().filter(|thread| accept(thread));
            found.next().filter(|_| found.next().is_none())
        };
        only(&|thread| thread.crashed).or_else(|| only(&|thread| thread.current)).or_else(|| only(&|_| true))
    }
}

fn exception<'e>(json: &'e Value<'e>, platform: &'e str) -> Exception<'e> {
    Exception {
        kind: text(json, "type"),
        value: text(json, "value"),
        module: text(json, "module"),
        mechanism: json.get("mechanism").filter(|value| value.as_object().is_some()).map(mechanism),
        stacktrace: stacktrace(json, platform),
    }
}

fn mechanism<'e>(json: &'e Value<'e>) -> Mechanism<'e> {
    let flag = |key: &str| json.get(key).and_then(Value::as_bool);
    let number = |key: &str| json.get(key).and_then(Value::as_i64);
    let ns_error = json.at(&["meta", "ns_error"]).filter(|value| value.as_object().is_some());
    Mechanism {
        kind: text(json, "type"),
        synthetic: flag("synthetic").unwrap_or(false),
        handled: flag("handled"),
        exception_id: number("exception_id"),
        parent_id: number("parent_id"),
        is_exception_group: flag("is_exception_group").unwrap_or(false),
        source: text(json, "source"),
        ns_error: ns_error.map(|error| (text(error, "domain"), error.get("code").and_then(Value::as_i64))),
    }
}

fn thread<'e>(json: &'e Value<'e>, platform: &'e str) -> Thread<'e> {
    let flag = |key: &str| json.get(key).and_then(Value::as_bool).unwrap_or(false);
    Thread { crashed: flag("crashed"), current: flag("current"), stacktrace: stacktrace(json, platform) }
}

/// The stack trace under `stacktrace`, where it has frames at all.
fn stacktrace<'e>(holder: &'e Value<'e>, platform: &'e str) -> Option<Stacktrace<'e>> {
    let frames = holder.at(&["stacktrace", "frames"])?.as_array()?;
    let frames: Vec<Frame> = frames.iter().filter(|frame| frame.as_object().is_some()).map(|json| frame(json, platform)).collect();
    (!frames.is_empty()).then_some(Stacktrace { matches: Vec::new(), frames })
}

fn frame<'e>(json: &'e Value<'e>, event_platform: &'e str) -> Frame<'e> {
    let mut frame = Frame {
        platform: event_platform,
        family: Family::Other,
        function: None,
        raw_function: None,
        function_trimmed: false,
        module: None,
        filename: None,
        abs_path: None,
        package: None,
        context_line: None,
        lineno: None,
        colno: None,
        in_app: None,
        in_app_sent: None,
        category: None,
        source_map_used: false,
        in_app_before_rules: None,
    };
    let mut function = None;
    for (key, value) in json.as_object().expect("callers pass objects").iter() {
        match key {
            "platform" => frame.platform = value.as_str().filter(|text| !text.is_empty()).unwrap_or(event_platform),
            "function" => function = value.as_str(),
            "raw_function" => frame.raw_function = value.as_str().filter(|text| !text.is_empty()),
            "module" => frame.module = value.as_str(),
            "filename" => frame.filename = value.as_str(),
            "abs_path" => frame.abs_path = value.as_str(),
            "package" => frame.package = value.as_str(),
            "context_line" => frame.context_line = value.as_str(),
            "lineno" => frame.lineno = value.as_i64(),
            "colno" => frame.colno = value.as_i64(),
            "in_app" => frame.in_app_sent = value.as_bool(),
            "data" => read_data(value, &mut frame),
            _ => {}
        }
    }
    if let Some(before) = frame.in_app_before_rules {
        frame.in_app_sent = (before >= 0).then_some(before == 1);
    }
    frame.in_app = frame.in_app_sent;
    frame.family = Family::of_platform(frame.platform);
    frame.function = function.map(|function| match frame.raw_function {
        Some(_) => Cow::Borrowed(function),
        None => trim_function_name(function, frame.platform),
    });
    frame.function_trimmed = matches!(frame.function, Some(Cow::Owned(_)));
    if frame.function_trimmed {
        frame.raw_function = function;
    }
    frame
}

/// `data.orig_in_app` is what the SDK said before rules ran the last time: they run on that again.
fn read_data<'e>(data: &'e Value<'e>, frame: &mut Frame<'e>) {
    frame.in_app_before_rules = data.get("orig_in_app").and_then(Value::as_i64);
    frame.category = data.get("category").and_then(Value::as_str);
    frame.source_map_used = data.get("sourcemap").is_some_and(|value| !value.is_null());
}

fn text<'e>(json: &'e Value<'e>, key: &str) -> Option<&'e str> {
    json.get(key).and_then(Value::as_str)
}

impl Frame<'_> {
    /// The same call as `before`: recursion.
    pub fn repeats(&self, before: &Frame) -> bool {
        self.lineno == before.lineno
            && self.colno == before.colno
            && self.function == before.function
            && self.filename == before.filename
            && self.abs_path == before.abs_path
            && self.module == before.module
            && self.package == before.package
    }

    pub fn is_in_app(&self) -> bool {
        self.in_app == Some(true)
    }
}
