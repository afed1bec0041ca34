//! The interfaces of a stored payload as typed entries. The payload was normalised: what has another type than here is null.

use crate::iso;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
pub enum Entry {
    Message(MessageData),
    Exception(ExceptionData),
    Stacktrace(Stacktrace),
    Threads(ThreadsData),
    Template(Any),
    Breadcrumbs(BreadcrumbsData),
    Request(RequestData),
    Spans(Any),
    Debugmeta(DebugMetaData),
    Csp(Any),
    Hpkp(Any),
    Expectct(Any),
    Expectstaple(Any),
}

/// As the SDK sent it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(value_type = Value)]
pub struct Any(Value);

#[derive(Debug, Serialize, ToSchema)]
pub struct MessageData {
    formatted: Option<String>,
    message: Option<String>,
    params: Option<Value>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExceptionData {
    values: Vec<Exception>,
    has_system_frames: bool,
    exc_omitted: Option<Vec<u64>>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Exception {
    #[serde(rename = "type")]
    kind: Option<String>,
    value: Option<String>,
    module: Option<String>,
    #[schema(value_type = Option<Object>)]
    mechanism: Option<Map<String, Value>>,
    /// A number or a text.
    thread_id: Option<Value>,
    stacktrace: Option<Stacktrace>,
    raw_stacktrace: Option<Stacktrace>,
    raw_type: Option<String>,
    raw_value: Option<String>,
    raw_module: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stacktrace {
    frames: Vec<Frame>,
    frames_omitted: Option<Vec<Value>>,
    #[schema(value_type = Option<Object>)]
    registers: Option<Map<String, Value>>,
    has_system_frames: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Frame {
    filename: Option<String>,
    abs_path: Option<String>,
    module: Option<String>,
    package: Option<String>,
    platform: Option<String>,
    instruction_addr: Option<String>,
    symbol_addr: Option<String>,
    function: Option<String>,
    raw_function: Option<String>,
    symbol: Option<String>,
    /// Source lines with their numbers.
    context: Vec<(i64, String)>,
    line_no: Option<i64>,
    col_no: Option<i64>,
    in_app: bool,
    /// Local variables.
    vars: Option<Value>,
    errors: Option<Vec<Value>>,
    trust: Option<String>,
    #[schema(value_type = Option<Object>)]
    lock: Option<Map<String, Value>>,
    source_link: Option<String>,
    addr_mode: Option<String>,
    symbolicator_status: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ThreadsData {
    values: Vec<Thread>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Thread {
    /// A number or a text.
    id: Option<Value>,
    name: Option<String>,
    crashed: Option<bool>,
    current: Option<bool>,
    main: Option<bool>,
    state: Option<String>,
    held_locks: Option<Value>,
    stacktrace: Option<Stacktrace>,
    raw_stacktrace: Option<Stacktrace>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BreadcrumbsData {
    values: Vec<Breadcrumb>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct Breadcrumb {
    #[serde(rename = "type")]
    kind: Option<String>,
    category: Option<String>,
    level: Option<String>,
    message: Option<String>,
    #[schema(value_type = Option<Object>)]
    data: Option<Map<String, Value>>,
    event_id: Option<String>,
    timestamp: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RequestData {
    url: Option<String>,
    method: Option<String>,
    fragment: Option<String>,
    /// Pairs.
    query: Vec<Value>,
    cookies: Vec<Value>,
    headers: Vec<Value>,
    #[schema(value_type = Option<Object>)]
    env: Option<Map<String, Value>>,
    data: Option<Value>,
    inferred_content_type: Option<String>,
    api_target: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct DebugMetaData {
    images: Vec<Value>,
}

/// A text, or a number as one.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// Typed reading of an object: what has another type reads as absent.
struct Fields<'v>(Option<&'v Map<String, Value>>);

impl<'v> Fields<'v> {
    fn of(value: &'v Value) -> Fields<'v> {
        Fields(value.as_object())
    }

    fn get(&self, name: &str) -> Option<&'v Value> {
        self.0?.get(name).filter(|value| !value.is_null())
    }

    fn any(&self, name: &str) -> Option<Value> {
        self.get(name).cloned()
    }

    fn text(&self, name: &str) -> Option<String> {
        self.get(name).and_then(text)
    }

    fn number(&self, name: &str) -> Option<i64> {
        self.get(name)?.as_i64()
    }

    fn flag(&self, name: &str) -> Option<bool> {
        self.get(name)?.as_bool()
    }

    fn object(&self, name: &str) -> Option<Map<String, Value>> {
        self.get(name)?.as_object().cloned()
    }

    fn list(&self, name: &str) -> Option<Vec<Value>> {
        self.get(name)?.as_array().cloned()
    }

    fn stacktrace(&self, name: &str) -> Option<Stacktrace> {
        self.get(name).map(stacktrace)
    }
}

/// The typed list of interfaces, in the order a page shows them.
pub fn entries(payload: &Map<String, Value>) -> Vec<Entry> {
    let present = |name: &str| payload.get(name).filter(|value| !value.is_null());
    let any = |name: &str| present(name).map(|value| Any(value.clone()));
    let entries = [
        present("logentry").map(|value| Entry::Message(message(value))),
        present("exception").map(|value| Entry::Exception(exceptions(value))),
        present("stacktrace").map(|value| Entry::Stacktrace(stacktrace(value))),
        present("threads").map(|value| Entry::Threads(ThreadsData { values: values(value).map(thread).collect() })),
        any("template").map(Entry::Template),
        present("breadcrumbs").map(|value| Entry::Breadcrumbs(BreadcrumbsData { values: values(value).map(breadcrumb).collect() })),
        present("request").map(|value| Entry::Request(request(value))),
        any("spans").map(Entry::Spans),
        present("debug_meta").map(|value| Entry::Debugmeta(DebugMetaData { images: Fields::of(value).list("images").unwrap_or_default() })),
        any("csp").map(Entry::Csp),
        any("hpkp").map(Entry::Hpkp),
        any("expectct").map(Entry::Expectct),
        any("expectstaple").map(Entry::Expectstaple),
    ];
    entries.into_iter().flatten().collect()
}

/// The objects of an interface: `{values: […]}`, or the list itself.
fn values(interface: &Value) -> impl Iterator<Item = &Value> {
    interface.get("values").unwrap_or(interface).as_array().into_iter().flatten().filter(|value| value.is_object())
}

fn message(value: &Value) -> MessageData {
    let message = Fields::of(value);
    MessageData { formatted: message.text("formatted").or_else(|| message.text("message")), message: message.text("message"), params: message.any("params") }
}

fn exceptions(value: &Value) -> ExceptionData {
    let values: Vec<Exception> = values(value).map(exception).collect();
    let has_system_frames = values.iter().filter_map(|value| value.stacktrace.as_ref()).any(|trace| trace.has_system_frames);
    ExceptionData { values, has_system_frames, exc_omitted: None }
}

fn exception(value: &Value) -> Exception {
    let value = Fields::of(value);
    Exception {
        kind: value.text("type"),
        value: value.text("value"),
        module: value.text("module"),
        mechanism: value.object("mechanism"),
        thread_id: value.any("thread_id"),
        stacktrace: value.stacktrace("stacktrace"),
        raw_stacktrace: value.stacktrace("raw_stacktrace"),
        raw_type: None,
        raw_value: None,
        raw_module: None,
    }
}

fn stacktrace(value: &Value) -> Stacktrace {
    let trace = Fields::of(value);
    let frames: Vec<Frame> = trace.get("frames").and_then(Value::as_array).into_iter().flatten().filter(|frame| frame.is_object()).map(frame).collect();
    let has_system_frames = frames.iter().any(|frame| !frame.in_app);
    Stacktrace { frames, frames_omitted: trace.list("frames_omitted"), registers: trace.object("registers"), has_system_frames }
}

fn frame(value: &Value) -> Frame {
    let frame = Fields::of(value);
    Frame {
        filename: frame.text("filename"),
        abs_path: frame.text("abs_path"),
        module: frame.text("module"),
        package: frame.text("package"),
        platform: frame.text("platform"),
        instruction_addr: frame.text("instruction_addr"),
        symbol_addr: frame.text("symbol_addr"),
        function: frame.text("function"),
        raw_function: frame.text("raw_function"),
        symbol: frame.text("symbol"),
        context: context(&frame),
        line_no: frame.number("lineno"),
        col_no: frame.number("colno"),
        in_app: frame.flag("in_app").unwrap_or(false),
        vars: frame.any("vars"),
        errors: None,
        trust: frame.text("trust"),
        lock: frame.object("lock"),
        source_link: frame.text("source_link"),
        addr_mode: frame.text("addr_mode"),
        symbolicator_status: frame.get("data").and_then(|data| Fields::of(data).text("symbolicator_status")),
    }
}

/// Source lines with their numbers.
fn context(frame: &Fields) -> Vec<(i64, String)> {
    let Some(line) = frame.text("context_line") else { return Vec::new() };
    let lines = |name: &str| frame.list(name).unwrap_or_default().into_iter().map(|line| line.as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>();
    let before = lines("pre_context");
    let first = frame.number("lineno").unwrap_or(0).saturating_sub(before.len() as i64);
    let all = before.into_iter().chain([line]).chain(lines("post_context"));
    all.enumerate().map(|(index, text)| (first.saturating_add(index as i64), text)).collect()
}

fn thread(value: &Value) -> Thread {
    let thread = Fields::of(value);
    Thread {
        id: thread.any("id"),
        name: thread.text("name"),
        crashed: thread.flag("crashed"),
        current: thread.flag("current"),
        main: thread.flag("main"),
        state: thread.text("state"),
        held_locks: thread.any("held_locks"),
        stacktrace: thread.stacktrace("stacktrace"),
        raw_stacktrace: None,
    }
}

fn breadcrumb(value: &Value) -> Breadcrumb {
    let breadcrumb = Fields::of(value);
    let timestamp = match breadcrumb.get("timestamp") {
        Some(Value::Number(seconds)) => seconds.as_f64().map(|seconds| iso((seconds * 1000.0).round() as i64)),
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    Breadcrumb {
        kind: breadcrumb.text("type"),
        category: breadcrumb.text("category"),
        level: breadcrumb.text("level"),
        message: breadcrumb.text("message"),
        data: breadcrumb.object("data"),
        event_id: breadcrumb.text("event_id"),
        timestamp,
    }
}

fn request(value: &Value) -> RequestData {
    let request = Fields::of(value);
    RequestData {
        url: request.text("url"),
        method: request.text("method"),
        fragment: request.text("fragment"),
        query: pairs(request.get("query_string")),
        cookies: pairs(request.get("cookies")),
        headers: pairs(request.get("headers")),
        env: request.object("env"),
        data: request.any("data"),
        inferred_content_type: request.text("inferred_content_type"),
        api_target: request.text("api_target"),
    }
}

/// Object, list of pairs or text as a list of pairs.
fn pairs(value: Option<&Value>) -> Vec<Value> {
    match value {
        Some(Value::Object(object)) => object.iter().map(|(key, value)| serde_json::json!([key, value])).collect(),
        Some(Value::Array(pairs)) => pairs.clone(),
        Some(Value::String(text)) => text.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(key, value)| serde_json::json!([key, value])).collect(),
        _ => Vec::new(),
    }
}
