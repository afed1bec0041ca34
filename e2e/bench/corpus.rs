//! The workload: 20 distinct errors as the Python SDK 2.75 sent them, spread over more issues and made unique.
//!
//! Each request has its own event id; every template is split into variants by exception type and innermost function, so that
//! 20 templates × 10 variants are 200 issues.

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use serde_json::Value;
use std::{io::{Read, Write}, path::PathBuf, sync::Arc};

/// One unique request.
pub struct Request {
    /// 32 hex digits.
    pub event_id: String,
    /// An envelope, gzip.
    pub body: Vec<u8>,
}

#[derive(Clone)]
pub struct Corpus {
    templates: Arc<Vec<Template>>,
}

struct Template {
    event_id: String,
    header: String,
    payload: String,
}

/// The level the Python SDK compresses with costs more here than the whole server; decompression does not depend on it.
const GZIP_LEVEL: u32 = 6;
/// Events of the recording carry this day; they are sent as of yesterday, so that they are neither old nor in the future.
const RECORDED_DAY: &str = "2026-11-20";

impl Corpus {
    /// The recorded events, each in `variants` issues.
    pub fn load(variants: usize) -> Corpus {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("bench/events");
        let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).expect("the events lie beside the benchmark").flatten().map(|entry| entry.path()).collect();
        files.sort();
        let yesterday = yesterday();
        let templates = files.iter().flat_map(|file| {
            let mut text = String::new();
            GzDecoder::new(std::fs::File::open(file).expect("opens")).read_to_string(&mut text).expect("gunzips");
            let text = text.replace(RECORDED_DAY, &yesterday);
            let mut lines = text.splitn(3, '\n');
            let header = lines.next().expect("a header").to_owned();
            let payload = lines.nth(1).expect("a payload").trim_end().to_owned();
            let event_id = serde_json::from_str::<Value>(&header).expect("JSON")["event_id"].as_str().expect("an id").to_owned();
            (0..variants).map(move |variant| Template { event_id: event_id.clone(), header: header.clone(), payload: varied(&payload, variant) })
        });
        Corpus { templates: Arc::new(templates.collect()) }
    }

    /// Requests number `from` to `from + count`, compressed on all cores. The same numbers give the same requests.
    pub fn requests(&self, from: usize, count: usize) -> Vec<Request> {
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let part = count.div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let parts: Vec<_> = (from..from + count).step_by(part).map(|begin| scope.spawn(move || (begin..(begin + part).min(from + count)).map(|number| self.request(number)).collect::<Vec<_>>())).collect();
            parts.into_iter().flat_map(|part| part.join().expect("compresses")).collect()
        })
    }

    pub fn request(&self, number: usize) -> Request {
        let template = &self.templates[number % self.templates.len()];
        let event_id = format!("{:016x}4bec{:012x}", (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15), number);
        let header = template.header.replace(&template.event_id, &event_id);
        let payload = template.payload.replace(&template.event_id, &event_id);
        let mut encoder = GzEncoder::new(Vec::with_capacity(8192), Compression::new(GZIP_LEVEL));
        write!(encoder, "{header}\n{{\"type\":\"event\",\"content_type\":\"application/json\",\"length\":{}}}\n{payload}\n", payload.len()).expect("a Vec takes all bytes");
        Request { event_id, body: encoder.finish().expect("a Vec takes all bytes") }
    }
}

/// The payload as another issue; `variant` 0 is the event itself.
fn varied(payload: &str, variant: usize) -> String {
    let mut event: Value = serde_json::from_str(payload).expect("JSON");
    if variant == 0 {
        return payload.to_owned();
    }
    let suffix = |value: &mut Value, end: String| *value = Value::String(format!("{}{end}", value.as_str().unwrap_or_default()));
    if let Some(exception) = event.pointer_mut("/exception/values").and_then(Value::as_array_mut).and_then(|values| values.last_mut()) {
        suffix(&mut exception["type"], format!("V{variant}"));
        if let Some(frame) = exception.pointer_mut("/stacktrace/frames").and_then(Value::as_array_mut).and_then(|frames| frames.last_mut()) {
            suffix(&mut frame["function"], format!("_v{variant}"));
        }
    } else if let Some(entry) = event.get_mut("logentry").and_then(Value::as_object_mut) {
        entry.remove("formatted");
        suffix(entry.entry("message").or_insert(Value::Null), format!(" v{variant}"));
    } else {
        suffix(&mut event["message"], format!(" v{variant}"));
    }
    event.to_string()
}

fn yesterday() -> String {
    let output = std::process::Command::new("date").args(["-u", "-d", "yesterday", "+%F"]).output().expect("date runs");
    String::from_utf8(output.stdout).expect("a date").trim().to_owned()
}
