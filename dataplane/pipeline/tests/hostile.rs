//! Nothing that is sent makes `prepare` panic: arbitrary bytes on every route, and real captures with bytes changed
//! (`ERRATA_CAPTURES`, default `../shared/captures` beside the workspace).

use config::project::{FilterOptions, GroupingOptions, ProjectOptions, ScrubbingOptions};
use model::{
    ids::EventId,
    record::{RecordHeader, Route},
};
use pipeline::{Project, Resources, prepare};
use proptest::prelude::*;
use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

const ROUTES: [Route; 11] = [
    Route::Envelope,
    Route::Store,
    Route::StorePixel,
    Route::Security,
    Route::Nel,
    Route::Minidump,
    Route::Attachments,
    Route::Cron,
    Route::OtlpTraces,
    Route::OtlpLogs,
    Route::VercelLogs,
];

/// Everything switched on.
static PROJECT: LazyLock<Project> = LazyLock::new(|| {
    let options = ProjectOptions {
        grouping: GroupingOptions {
            enhancements: "function:* +app\nfamily:all max-frames=3".into(),
            fingerprinting: "message:* -> {{ default }}, {{ message }}, {{ function }}, {{ tags.x }} title=\"{{ type }}\"".into(),
            previous_config: Some("newstyle:2023-01-11".into()),
            transition_ends_ms: i64::MAX,
            ..Default::default()
        },
        scrubbing: ScrubbingOptions { scrub_ip_addresses: true, sensitive_fields: vec!["é".into()], ..Default::default() },
        filters: FilterOptions {
            localhost: true,
            browser_extensions: true,
            legacy_browsers: vec!["default".into(), "ie".into()],
            error_messages: vec!["nope*".into()],
            ..Default::default()
        },
        ..Default::default()
    };
    Project::compile(1, "p", 1, options)
});

fn run(route: Route, content_type: &str, body: &[u8]) {
    let route = serde_json::to_value(route).expect("route");
    let header = serde_json::json!({"v": 1, "t": 1_700_000_000_000i64, "o": 1, "p": 1, "k": 1, "r": route, "e": EventId([7; 16]), "ct": content_type, "ip": "203.0.113.9", "ua": "x"});
    let header: RecordHeader = serde_json::from_value(header).expect("header");
    let prepared = prepare(&header, body, &PROJECT, &Resources::default(), 1_700_000_000_000);
    for event in &prepared.events {
        assert!(!event.hashes.is_empty());
        serde_json::from_slice::<serde_json::Value>(&event.payload).expect("the stored event is JSON");
    }
}

/// A JSON value with the names that events have.
fn event_like() -> impl Strategy<Value = serde_json::Value> {
    let name = prop::sample::select(vec![
        "exception",
        "values",
        "stacktrace",
        "frames",
        "function",
        "raw_function",
        "filename",
        "abs_path",
        "module",
        "package",
        "in_app",
        "vars",
        "context_line",
        "pre_context",
        "type",
        "value",
        "mechanism",
        "meta",
        "ns_error",
        "code",
        "exception_id",
        "parent_id",
        "is_exception_group",
        "synthetic",
        "threads",
        "crashed",
        "current",
        "logentry",
        "message",
        "formatted",
        "params",
        "request",
        "url",
        "headers",
        "cookies",
        "query_string",
        "data",
        "env",
        "method",
        "user",
        "ip_address",
        "geo",
        "contexts",
        "trace",
        "os",
        "tags",
        "key",
        "extra",
        "breadcrumbs",
        "timestamp",
        "level",
        "platform",
        "release",
        "environment",
        "dist",
        "fingerprint",
        "checksum",
        "sdk",
        "name",
        "settings",
        "csp",
        "effective_directive",
        "blocked_uri",
        "template",
        "_meta",
        "errors",
        "debug_meta",
        "csp-report",
        "body",
        "spans",
        "logger",
        "transaction",
        "lineno",
        "colno",
        "sentry.interfaces.Http",
        "monitor_slug",
        "status",
    ]);
    let text = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "native",
            "javascript",
            "java",
            "python",
            "csharp",
            "{{ default }}",
            "{{",
            "%s %(",
            "a=b&c",
            "http://u:p@h/?q#f",
            "<T as X>::f<",
            "4111 1111 1111 1111",
            "::1",
            "é\n\n\n",
            "{{auto}}",
            "[native code]",
            "error",
            "-[X y:]",
            "operator<<(",
            "2023-01-01T00:00:00Z",
            "csp-violation",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X)",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(|number| serde_json::json!(number)),
        (0..4i64).prop_map(Into::into),
        text.prop_map(Into::into),
    ];
    leaf.prop_recursive(7, 96, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::Array),
            prop::collection::vec((name.clone(), inner), 0..6).prop_map(|pairs| pairs
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect::<serde_json::Map<_, _>>()
                .into()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_no_panic(body in prop::collection::vec(any::<u8>(), 0..600), route in 0..ROUTES.len()) {
        run(ROUTES[route], "", &body);
        run(ROUTES[route], "multipart/form-data; boundary=X", &[b"--X\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"a\"\r\n\r\n", &body[..], b"\r\n--X--"].concat());
    }

    #[test]
    fn event_like_json_is_no_panic(event in event_like()) {
        let text = event.to_string();
        run(Route::Store, "", text.as_bytes());
        run(Route::Security, "", text.as_bytes());
        run(Route::Cron, "", text.as_bytes());
        for kind in ["event", "transaction", "feedback", "session", "sessions", "check_in", "client_report", "user_report", "log", "span", "trace_metric", "replay_event", "replay_recording", "profile", "profile_chunk", "raw_security"] {
            let envelope = format!("{{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}}\n{{\"type\":\"{kind}\",\"item_count\":1,\"content_type\":\"application/vnd.sentry.items.log+json\"}}\n{text}\n{{\"type\":\"attachment\",\"attachment_type\":\"event.payload\"}}\nxx\n");
            run(Route::Envelope, "", envelope.as_bytes());
        }
    }

    #[test]
    fn event_with_known_shape_is_no_panic(inner in event_like(), frames in prop::collection::vec(event_like(), 0..5), platform in prop::sample::select(vec!["native", "javascript", "java", "php", "ruby", "csharp", "cocoa", "python"])) {
        let event = serde_json::json!({"platform": platform, "exception": {"values": [{"type": "E", "value": "v", "mechanism": inner, "stacktrace": {"frames": frames}}, inner]}, "contexts": inner, "user": inner, "request": inner, "tags": inner, "logentry": inner});
        run(Route::Store, "", event.to_string().as_bytes());
    }

    #[test]
    fn rule_texts_are_no_panic(text in "\\PC{0,80}", rule in "(\\[ )?!?(function|path|app|type|category|family):\\PC{0,12}( \\])?( \\|)? [\\^v]?[+-](app|group) \\PC{0,10}") {
        pipeline::check_rules(&text, &text);
        pipeline::check_rules(&rule, &rule);
        Project::compile(1, "p", 1, ProjectOptions { grouping: GroupingOptions { enhancements: rule.clone(), fingerprinting: rule, ..Default::default() }, ..Default::default() });
    }
}

fn capture_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            capture_files(&path, found)
        } else if path.to_string_lossy().ends_with(".body.bin") {
            found.push(path)
        }
    }
}

/// A small generator with a fixed seed: the same changes on every run.
struct Changes(u64);

impl Changes {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % below.max(1)
    }

    fn change(&mut self, body: &mut Vec<u8>) {
        for _ in 0..=self.next(4) {
            let at = self.next(body.len());
            match self.next(5) {
                0 if !body.is_empty() => body[at] = self.next(256) as u8,
                1 if !body.is_empty() => drop(body.drain(at..(at + self.next(40)).min(body.len()))),
                2 => body.splice(at..at, std::iter::repeat_n(b"{[\"\\0-"[self.next(6)], self.next(300))).for_each(drop),
                3 => body.truncate(at),
                _ => {
                    let end = (at + self.next(200)).min(body.len());
                    let copy = body[at.min(end)..end].to_vec();
                    let to = self.next(body.len());
                    body.splice(to..to, copy).for_each(drop);
                }
            }
        }
    }
}

#[test]
fn changed_captures_are_no_panic() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/captures");
    let folder = PathBuf::from(std::env::var("ERRATA_CAPTURES").unwrap_or_else(|_| default.into()));
    let mut files = Vec::new();
    capture_files(&folder, &mut files);
    files.sort();
    if files.is_empty() {
        println!("SKIPPED: changed_captures_are_no_panic: {} is absent", folder.display());
        return;
    }
    let mut changes = Changes(1);
    for file in files {
        let sent = std::fs::read(&file).expect("readable capture");
        let body = decoded(&sent).filter(|body| body.len() < 200_000).unwrap_or_default();
        run(Route::Envelope, "", &body);
        for _ in 0..4 {
            let mut changed = body.clone();
            changes.change(&mut changed);
            run(ROUTES[changes.next(3)], "application/x-sentry-envelope", &changed);
        }
    }
}

/// Captures are as sent; gzip is the encoding that most have.
fn decoded(sent: &[u8]) -> Option<Vec<u8>> {
    use std::io::Read;
    if !sent.starts_with(&[0x1f, 0x8b]) {
        return Some(sent.to_vec());
    }
    let mut body = Vec::new();
    flate2::read::GzDecoder::new(sent).read_to_end(&mut body).ok()?;
    Some(body)
}

/// The committed corpus (`e2e/corpus`): each file on the route its name begins with, and through every pure parser.
#[test]
fn corpus_is_no_panic() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/corpus");
    let mut replayed = 0;
    for path in std::fs::read_dir(folder).expect("the corpus is committed").flatten().map(|entry| entry.path()) {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        let body = std::fs::read(&path).expect("reads");
        let (route, content_type) = match name.split('.').next().unwrap_or_default() {
            "envelope" | "envelope-gzip" => (Route::Envelope, "application/x-sentry-envelope"),
            "store" => (Route::Store, "application/json"),
            "security" => (Route::Security, "application/csp-report"),
            "minidump" => (Route::Minidump, "multipart/form-data; boundary=X"),
            "attachments" => (Route::Attachments, "multipart/form-data; boundary=X"),
            "cron" => (Route::Cron, "application/json"),
            "otlp-traces" => (Route::OtlpTraces, "application/x-protobuf"),
            "otlp-logs" => (Route::OtlpLogs, "application/json"),
            "nel" => (Route::Nel, "application/json"),
            other => panic!("no route for {other}"),
        };
        run(route, content_type, &body);
        for route in ROUTES {
            run(route, content_type, &body);
        }
        parse_all(&body);
        replayed += 1;
    }
    assert!(replayed >= 150, "found {replayed}");
}

/// Every parser of `model` that reads what strangers send.
fn parse_all(body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    let _ = model::envelope::Envelope::parse(body);
    let _ = model::legacy_body::event_json(body, 1 << 20);
    let _ = model::multipart::parts(body, "X");
    let _ = model::multipart::boundary(&text);
    let _ = model::search::parse(&text.chars().take(4_000).collect::<String>());
    let _ = model::version::parse(&text);
    assert!(model::protobuf::count(body, &[1, 2, 2]).is_none() || model::protobuf::is_message(body));
    if let Ok(event) = model::json::parse(body) {
        model::search::fields::facts(&event, None);
        model::search::fields::stack_digest(&event);
    }
}
