//! One test per row of `ingest-protocol` §4.1–4.9: an event in, what is found at a path. Rows of later steps (release parsing,
//! spans of transactions, measurements) stand where those steps are.

use super::*;
use model::json;

const RECEIVED_MS: i64 = 1_700_000_000_000;

fn around() -> Surroundings<'static> {
    Surroundings {
        event_id: EventId([0xab; 16]),
        item_type: ItemType::Event,
        received_ms: RECEIVED_MS,
        sent_at_ms: None,
        client_ip: Some("203.0.113.9"),
        retention_d: 90,
        may_infer_ip: true,
    }
}

fn normalized_in(around: &Surroundings, event: &str) -> Value<'static> {
    let mut event = json::parse(event.as_bytes()).expect("JSON").into_owned();
    let mut notes = Notes::default();
    normalize(&mut event, around, &mut notes);
    notes.write_into(event.as_object_mut().expect("object"));
    event
}

fn normalized(event: &str) -> Value<'static> {
    normalized_in(&around(), event)
}

/// The JSON at `path`, keys and indexes joined by dots; `-` where there is nothing.
fn at(event: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(event, |value, key| match value {
        Value::Array(items) => items.get(key.parse::<usize>().ok()?),
        other => other.get(key),
    });
    found.map_or("-".into(), |value| String::from_utf8(json::to_vec(value)).expect("UTF-8"))
}

fn check(event: &str, path: &str, expected: &str) {
    let normal = normalized(event);
    assert_eq!(at(&normal, path), expected, "{path} of {event}");
}

fn errors(event: &str) -> Vec<String> {
    let event = normalized(event);
    let errors = event.get("errors").and_then(Value::as_array).unwrap_or_default();
    errors.iter().map(|error| format!("{} {}", error.str_at(&["type"]).unwrap_or_default(), error.str_at(&["name"]).unwrap_or_default())).collect()
}

fn text(length: usize) -> String {
    "x".repeat(length)
}

// 4.1 Top-level attributes

#[test]
fn event_id_is_the_one_given_and_without_dashes() {
    check(r#"{"event_id":"11111111-1111-1111-1111-111111111111"}"#, "event_id", &format!("\"{}\"", "ab".repeat(16)));
}

#[test]
fn level_is_read_in_all_spellings() {
    for (sent, expected) in
        [("\"critical\"", "fatal"), ("\"log\"", "info"), ("40", "error"), ("\"30\"", "warning"), ("50", "fatal"), ("\"DEBUG\"", "debug"), ("null", "error")]
    {
        check(&format!(r#"{{"level":{sent}}}"#), "level", &format!("\"{expected}\""));
    }
    check("{}", "level", "\"error\"");
}

#[test]
fn invalid_level_becomes_error_with_an_entry() {
    for sent in ["\"warn\"", "\"nonsense\"", "7", "true", "{}"] {
        let event = format!(r#"{{"level":{sent}}}"#);
        check(&event, "level", "\"error\"");
        assert_eq!(errors(&event), ["invalid_data level"]);
    }
}

#[test]
fn unknown_platform_is_other() {
    check(r#"{"platform":"python"}"#, "platform", "\"python\"");
    check(r#"{"platform":"nonsense"}"#, "platform", "\"other\"");
    check("{}", "platform", "\"other\"");
}

#[test]
fn timestamp_is_read_as_number_and_text_and_written_as_float() {
    for sent in [
        "1699999990.25",
        "\"1699999990.25\"",
        "\"2023-11-14T22:13:10.25Z\"",
        "\"2023-11-14T22:13:10.25\"",
        "\"2023-11-14T23:13:10.25+01:00\"",
        "\"2023-11-14 22:13:10.25\"",
    ] {
        check(&format!(r#"{{"timestamp":{sent}}}"#), "timestamp", "1699999990.25");
    }
}

#[test]
fn received_is_set_by_the_server() {
    check(r#"{"received":5}"#, "received", "1700000000.0");
}

#[test]
fn logger_has_no_line_breaks_and_64_characters() {
    check(r#"{"logger":" app "}"#, "logger", "\"app\"");
    check(r#"{"logger":"a\nb"}"#, "logger", "-");
    check(&format!(r#"{{"logger":"{}"}}"#, text(70)), "logger", &format!("\"{}...\"", text(61)));
}

#[test]
fn long_class_name_of_a_logger_is_shortened_from_the_left() {
    let name = format!("com.example.{}.service.Checkout", text(60));
    check(&format!(r#"{{"logger":"{name}"}}"#), "logger", "\"*.service.Checkout\"");
}

#[test]
fn culprit_and_transaction_have_200_characters() {
    check(&format!(r#"{{"culprit":"{}"}}"#, text(201)), "culprit", &format!("\"{}...\"", text(197)));
    check(&format!(r#"{{"transaction":" {} "}}"#, text(201)), "transaction", &format!("\"{}...\"", text(197)));
    check(r#"{"transaction":" "}"#, "transaction", "-");
}

#[test]
fn type_that_a_client_claims_counts_on_feedback_items_only() {
    check(r#"{"type":"transaction"}"#, "type", "-");
    let around = Surroundings { item_type: ItemType::Feedback, ..around() };
    assert_eq!(at(&normalized_in(&around, "{}"), "type"), r#""feedback""#);
}

#[test]
fn transaction_info_is_an_object() {
    check(r#"{"transaction_info":{"source":"route"}}"#, "transaction_info.source", r#""route""#);
    assert_eq!(errors(r#"{"transaction_info":"route"}"#), ["invalid_data transaction_info"]);
}

#[test]
fn site_and_server_name_are_texts() {
    check(r#"{"site":"main"}"#, "site", r#""main""#);
    check(r#"{"server_name":17}"#, "server_name", r#""17""#);
}

#[test]
fn sdk_has_name_and_version_of_256_characters() {
    check(&format!(r#"{{"sdk":{{"name":"{}","version":"1.0"}}}}"#, text(300)), "sdk.name", &format!("\"{}...\"", text(253)));
    check(r#"{"sdk":{"name":"sentry.python","version":"1.0","integrations":["django"]}}"#, "sdk.integrations", r#"["django"]"#);
    assert_eq!(errors(r#"{"sdk":7}"#), ["invalid_data sdk"]);
}

#[test]
fn time_spent_is_a_number() {
    check(r#"{"time_spent":12}"#, "time_spent", "12");
    check(r#"{"time_spent":"long"}"#, "time_spent", "-");
}

#[test]
fn template_has_short_file_names() {
    check(&format!(r#"{{"template":{{"filename":"{}"}}}}"#, text(400)), "template.filename", &format!("\"{}...\"", text(253)));
    check(r#"{"sentry.interfaces.Template":{"filename":"a.html","lineno":3}}"#, "template.lineno", "3");
}

#[test]
fn csp_report_is_kept() {
    check(r#"{"csp":{"effective_directive":"img-src"}}"#, "csp.effective_directive", r#""img-src""#);
}

#[test]
fn server_name_has_256_characters_and_twenty_more_to_spare() {
    check(&format!(r#"{{"server_name":"{}"}}"#, text(276)), "server_name", &format!("\"{}\"", text(276)));
    check(&format!(r#"{{"server_name":"{}"}}"#, text(277)), "server_name", &format!("\"{}...\"", text(253)));
}

#[test]
fn release_may_be_a_number() {
    check(r#"{"release":42}"#, "release", "\"42\"");
}

#[test]
fn dist_is_short_and_simple() {
    check(r#"{"dist":42}"#, "dist", "\"42\"");
    check(r#"{"dist":"a b"}"#, "dist", "-");
    assert_eq!(errors(r#"{"dist":"a b"}"#), ["invalid_data dist"]);
}

#[test]
fn environment_may_come_as_a_tag() {
    check(r#"{"tags":{"environment":"prod"}}"#, "environment", "\"prod\"");
    check(r#"{"environment":"dev","tags":{"environment":"prod"}}"#, "environment", "\"dev\"");
}

#[test]
fn fingerprint_is_a_list_of_texts() {
    check(r#"{"fingerprint":["a",1,true,null,{}]}"#, "fingerprint", r#"["a","1","True"]"#);
    check(r#"{"fingerprint":"a"}"#, "fingerprint", "-");
}

#[test]
fn extra_is_limited_in_depth_and_bytes() {
    check(r#"{"extra":{"a":{"b":{"c":{"d":{"e":{"f":{"g":{"h":1}}}}}}}}}"#, "extra.a.b.c.d.e.f.g", "null");
    let long = normalized(&format!(r#"{{"extra":{{"a":"{}","b":1}}}}"#, text(20_000)));
    assert_eq!(at(&long, "extra.a").len(), 16 * 1024 + 2);
    assert_eq!(at(&long, "extra.b"), "1");
    let many: Vec<String> = (0..40).map(|at| format!(r#""k{at}":"{}""#, text(16_000))).collect();
    let event = normalized(&format!(r#"{{"extra":{{{}}}}}"#, many.join(",")));
    assert!(at(&event, "extra").len() < 280 * 1024);
}

#[test]
fn modules_are_kept() {
    check(r#"{"modules":{"django":"4.2"}}"#, "modules.django", "\"4.2\"");
}

#[test]
fn message_is_read_as_text_object_and_old_interface() {
    for event in
        [r#"{"message":"hi"}"#, r#"{"message":{"message":"hi"}}"#, r#"{"logentry":{"formatted":"hi"}}"#, r#"{"sentry.interfaces.Message":{"message":"hi"}}"#]
    {
        check(event, "logentry", r#"{"formatted":"hi"}"#);
        check(event, "message", "-");
    }
    check(r#"{"message":false}"#, "logentry", "-");
    check(r#"{"message":""}"#, "logentry", "-");
}

#[test]
fn message_that_is_an_object_inside_becomes_json_text() {
    check(r#"{"logentry":{"message":{"a":1}}}"#, "logentry.formatted", r#""{\"a\":1}""#);
}

#[test]
fn template_and_parameters_are_formatted() {
    check(r#"{"logentry":{"message":"%s is %d, 100%%","params":["x",7]}}"#, "logentry.formatted", "\"x is 7, 100%\"");
    check(r#"{"logentry":{"message":"{} is {1}","params":["x",7]}}"#, "logentry.formatted", "\"x is 7\"");
    check(r#"{"logentry":{"message":"%(who)s","params":{"who":"x"}}}"#, "logentry.formatted", "\"x\"");
    check(r#"{"logentry":{"message":"%s %s","params":["x"]}}"#, "logentry.formatted", "\"%s %s\"");
}

#[test]
fn message_has_8192_characters_and_200_more_to_spare() {
    check(&format!(r#"{{"message":"{}"}}"#, text(8392)), "logentry.formatted", &format!("\"{}\"", text(8392)));
    check(&format!(r#"{{"message":"{}"}}"#, text(8393)), "logentry.formatted", &format!("\"{}...\"", text(8189)));
}

#[test]
fn old_names_of_interfaces_are_known() {
    check(r#"{"sentry.interfaces.User":{"id":7}}"#, "user.id", "\"7\"");
    check(r#"{"sentry.interfaces.Http":{"url":"http://a/"}}"#, "request.url", "\"http://a/\"");
    check(r#"{"sentry.interfaces.Exception":{"type":"E"}}"#, "exception.values.0.type", "\"E\"");
    check(r#"{"sentry.interfaces.Breadcrumbs":{"values":[{"message":"m"}]}}"#, "breadcrumbs.values.0.message", "\"m\"");
    check(r#"{"sentry.interfaces.Contexts":{"os":{"name":"L"}}}"#, "contexts.os.name", "\"L\"");
}

#[test]
fn exception_is_read_as_object_list_and_values() {
    for event in [r#"{"exception":{"type":"E"}}"#, r#"{"exception":[{"type":"E"}]}"#, r#"{"exception":{"values":[{"type":"E"}]}}"#] {
        check(event, "exception.values", r#"[{"type":"E"}]"#);
    }
}

#[test]
fn stack_trace_beside_one_exception_is_its_own() {
    check(r#"{"exception":[{"type":"E"}],"stacktrace":{"frames":[{"function":"f"}]}}"#, "exception.values.0.stacktrace.frames.0.function", "\"f\"");
    check(r#"{"exception":[{"type":"E"},{"type":"F"}],"stacktrace":{"frames":[{"function":"f"}]}}"#, "stacktrace.frames.0.function", "\"f\"");
}

#[test]
fn threads_and_breadcrumbs_are_read_as_list_and_values() {
    check(r#"{"threads":[{"id":1}]}"#, "threads.values.0.id", "1");
    check(r#"{"breadcrumbs":[{"message":"m"}]}"#, "breadcrumbs.values.0.message", "\"m\"");
}

#[test]
fn debug_images_are_kept_whole() {
    check(r#"{"debug_meta":{"images":[{"type":"symbolic","id":"x"}]}}"#, "debug_meta.images.0", r#"{"type":"symbolic","id":"x"}"#);
}

#[test]
fn checksum_has_128_characters() {
    check(&format!(r#"{{"checksum":"{}"}}"#, text(129)), "checksum", &format!("\"{}...\"", text(125)));
}

#[test]
fn fields_of_the_server_are_not_taken_from_clients() {
    let event = normalized(r#"{"key_id":"1","project":2,"grouping_config":{},"hashes":["x"],"metadata":{},"_dsc":{},"main_exception_id":1}"#);
    for key in ["key_id", "project", "grouping_config", "hashes", "metadata", "_dsc", "main_exception_id"] {
        assert_eq!(at(&event, key), "-", "{key}");
    }
}

#[test]
fn unknown_fields_are_kept() {
    check(r#"{"my_field":{"a":1}}"#, "my_field.a", "1");
    check(r#"{"exception":[{"type":"E","own":1}]}"#, "exception.values.0.own", "1");
}

#[test]
fn value_of_the_wrong_type_is_null_with_an_error() {
    let event = r#"{"exception":[{"type":"E","module":7}]}"#;
    check(event, "exception.values.0.module", "null");
    assert_eq!(errors(event), ["invalid_data exception.values.0.module"]);
    check(event, "_meta.exception.values.0.module.", r#"{"err":["invalid_data"],"val":7}"#);
}

// 4.2 Interfaces

#[test]
fn exception_texts_have_their_limits() {
    check(&format!(r#"{{"exception":[{{"type":"{}"}}]}}"#, text(277)), "exception.values.0.type", &format!("\"{}...\"", text(253)));
    check(&format!(r#"{{"exception":[{{"value":"{}"}}]}}"#, text(8393)), "exception.values.0.value", &format!("\"{}...\"", text(8189)));
}

#[test]
fn exception_that_says_nothing_is_removed() {
    check(r#"{"exception":[{"module":"m"},{"type":"E"}]}"#, "exception.values", r#"[{"type":"E"}]"#);
    check(r#"{"exception":[{}]}"#, "exception", "-");
}

#[test]
fn type_inside_the_value_is_split_off() {
    check(r#"{"exception":[{"value":"ValueError: no"}]}"#, "exception.values.0", r#"{"value":"no","type":"ValueError"}"#);
    check(r#"{"exception":[{"value":"see http://x"}]}"#, "exception.values.0.type", "-");
}

#[test]
fn mechanism_has_a_type_and_a_web_link() {
    let event = r#"{"exception":[{"type":"E","mechanism":{"help_link":"ftp://x","handled":"no"}}]}"#;
    check(event, "exception.values.0.mechanism.type", "\"generic\"");
    check(event, "exception.values.0.mechanism.help_link", "null");
    check(event, "exception.values.0.mechanism.handled", "null");
}

fn frames(count: usize, frame: &str) -> String {
    format!(r#"{{"stacktrace":{{"frames":[{}]}}}}"#, (0..count).map(|at| frame.replace("AT", &at.to_string())).collect::<Vec<_>>().join(","))
}

#[test]
fn of_300_frames_the_50_oldest_and_200_newest_stay() {
    let event = normalized(&frames(300, r#"{"lineno":AT}"#));
    assert_eq!(event.at(&["stacktrace", "frames"]).and_then(Value::as_array).map(<[_]>::len), Some(250));
    assert_eq!((at(&event, "stacktrace.frames.49.lineno"), at(&event, "stacktrace.frames.50.lineno")), ("49".into(), "100".into()));
    assert_eq!(at(&event, "_meta.stacktrace.frames..len"), "300");
}

#[test]
fn beyond_50_frames_the_middle_loses_details() {
    let event = normalized(&frames(60, r#"{"lineno":AT,"vars":{"a":"1"},"context_line":"x"}"#));
    assert_eq!(at(&event, "stacktrace.frames.0.vars.a"), "\"1\"");
    assert_eq!(at(&event, "stacktrace.frames.30.vars"), "-");
    assert_eq!(at(&event, "stacktrace.frames.59.context_line"), "\"x\"");
    let kept = (0..60).filter(|frame| at(&event, &format!("stacktrace.frames.{frame}.vars")) != "-").count();
    assert_eq!(kept, 50);
}

#[test]
fn function_that_is_a_question_mark_is_null() {
    check(&frames(1, r#"{"function":"?","symbol":"?"}"#), "stacktrace.frames.0.function", "null");
}

#[test]
fn paths_fill_each_other() {
    let frame = |frame: &str| frames(1, frame);
    check(&frame(r#"{"filename":"a.py"}"#), "stacktrace.frames.0.abs_path", "\"a.py\"");
    check(&frame(r#"{"abs_path":"/b/a.py"}"#), "stacktrace.frames.0.filename", "\"/b/a.py\"");
    check(&frame(r#"{"abs_path":"https://x/s/a.js?v=1#f"}"#), "stacktrace.frames.0.filename", "\"/s/a.js\"");
    check(&frame(r#"{"filename":"http://x/a.js"}"#), "stacktrace.frames.0", r#"{"filename":"/a.js","abs_path":"http://x/a.js"}"#);
}

#[test]
fn variables_that_are_a_list_become_an_object() {
    check(&frames(1, r#"{"vars":["a","b"]}"#), "stacktrace.frames.0.vars", r#"{"0":"a","1":"b"}"#);
}

#[test]
fn variables_are_limited_to_five_levels_and_two_kibibytes() {
    check(&frames(1, r#"{"vars":{"a":{"b":{"c":{"d":{"e":1}}}}}}"#), "stacktrace.frames.0.vars.a.b.c.d", "null");
    let event = normalized(&frames(1, &format!(r#"{{"vars":{{"a":"{}"}}}}"#, text(3000))));
    assert!(at(&event, "stacktrace.frames.0.vars").len() < 2100);
}

#[test]
fn missing_source_line_is_an_empty_one() {
    check(&frames(1, r#"{"pre_context":["a",null,7]}"#), "stacktrace.frames.0.pre_context", r#"["a","",""]"#);
}

#[test]
fn numbers_of_lines_may_be_text() {
    check(&frames(1, r#"{"lineno":"12","colno":3.0}"#), "stacktrace.frames.0", r#"{"lineno":12,"colno":3}"#);
}

#[test]
fn thread_keeps_its_state_and_has_a_short_name() {
    check(r#"{"threads":[{"id":1,"name":"main","crashed":true,"current":true,"main":true,"state":"RUNNABLE","held_locks":{"a":1}}]}"#, "threads.values.0.state", r#""RUNNABLE""#);
    check(&format!(r#"{{"threads":[{{"id":1,"name":"{}"}}]}}"#, text(1200)), "threads.values.0.name", &format!("\"{}...\"", text(1021)));
    check(r#"{"threads":[{"id":"0x1"}]}"#, "threads.values.0.id", r#""0x1""#);
}

#[test]
fn frame_texts_have_their_limits() {
    for (key, length) in [("function", 512), ("symbol", 512), ("module", 256)] {
        let event = format!(r#"{{"stacktrace":{{"frames":[{{"lineno":1,"{key}":"{}"}}]}}}}"#, text(length + 60));
        check(&event, &format!("stacktrace.frames.0.{key}"), &format!("\"{}...\"", text(length - 3)));
    }
}

#[test]
fn breadcrumb_has_type_and_level() {
    check(r#"{"breadcrumbs":[{"ty":"http"}]}"#, "breadcrumbs.values.0", r#"{"type":"http","level":"info"}"#);
    check(r#"{"breadcrumbs":[{"level":"nope"}]}"#, "breadcrumbs.values.0.level", "\"info\"");
    check(r#"{"breadcrumbs":[{"own":1,"timestamp":"2023-11-14T22:13:10Z"}]}"#, "breadcrumbs.values.0.timestamp", "1699999990.0");
}

#[test]
fn breadcrumb_data_is_limited() {
    check(r#"{"breadcrumbs":[{"data":{"a":{"b":{"c":{"d":{"e":1}}}}}}]}"#, "breadcrumbs.values.0.data.a.b.c.d", "null");
    check(r#"{"breadcrumbs":[{"data":"x"}]}"#, "breadcrumbs.values.0.data", "null");
}

#[test]
fn query_and_fragment_are_split_off_the_url() {
    let event = r#"{"request":{"url":"http://a/b?c=d%20e#f"}}"#;
    check(event, "request.url", "\"http://a/b\"");
    check(event, "request.query_string", r#"[["c","d e"]]"#);
    check(event, "request.fragment", "\"f\"");
}

#[test]
fn method_is_upper_case_or_gone() {
    check(r#"{"request":{"method":"get"}}"#, "request.method", "\"GET\"");
    check(r#"{"request":{"method":"a b"}}"#, "request.method", "-");
    assert_eq!(errors(r#"{"request":{"method":"a b"}}"#), ["invalid_data request.method"]);
}

#[test]
fn headers_are_pairs_in_title_case_and_cookies_move() {
    for headers in
        [r#"{"content-type":"x","cookie":"a=b; c=d"}"#, r#"[["content-type","x"],["cookie","a=b; c=d"]]"#, r#""Content-Type: x\r\nCookie: a=b; c=d""#]
    {
        let event = format!(r#"{{"request":{{"headers":{headers}}}}}"#);
        check(&event, "request.headers", r#"[["Content-Type","x"]]"#);
        check(&event, "request.cookies", r#"[["a","b"],["c","d"]]"#);
    }
}

#[test]
fn cookies_and_query_are_read_as_text_object_and_pairs() {
    for sent in [r#""a=b""#, r#"{"a":"b"}"#, r#"[["a","b"]]"#] {
        check(&format!(r#"{{"request":{{"cookies":{sent}}}}}"#), "request.cookies", r#"[["a","b"]]"#);
        check(&format!(r#"{{"request":{{"query_string":{sent}}}}}"#), "request.query_string", r#"[["a","b"]]"#);
    }
}

#[test]
fn body_is_parsed_by_content_type_or_by_looking() {
    check(r#"{"request":{"data":"{\"a\":1}"}}"#, "request.data", r#"{"a":1}"#);
    check(r#"{"request":{"data":"a=1&b=x+y"}}"#, "request.data", r#"{"a":"1","b":"x y"}"#);
    check(r#"{"request":{"data":"a=1","headers":{"content-type":"text/plain"}}}"#, "request.data", "\"a=1\"");
    check(r#"{"request":{"data":"{\"a\":1}"}}"#, "request.inferred_content_type", "\"application/json\"");
}

#[test]
fn user_fields_are_texts_and_others_move_to_data() {
    let event = r#"{"user":{"id":7,"email":"a@b","plan":"gold","sentry_user":"x"}}"#;
    check(event, "user", r#"{"id":"7","email":"a@b","data":{"plan":"gold"}}"#);
}

#[test]
fn address_that_is_none_is_removed_with_an_error() {
    check(r#"{"user":{"id":"1","ip_address":"nope"}}"#, "user", r#"{"id":"1"}"#);
    assert_eq!(errors(r#"{"user":{"ip_address":"nope"}}"#), ["invalid_data user.ip_address"]);
}

#[test]
fn contexts_have_types_and_unknown_ones_are_kept() {
    check(r#"{"contexts":{"os":{"name":"L"},"mine":{"a":1},"bad":"x"}}"#, "contexts.mine", r#"{"a":1,"type":"mine"}"#);
    check(r#"{"contexts":{"bad":"x"}}"#, "contexts.bad", "-");
}

#[test]
fn context_is_limited_to_eight_kibibytes() {
    let event = normalized(&format!(r#"{{"contexts":{{"mine":{{"a":"{}"}}}}}}"#, text(10_000)));
    assert!(at(&event, "contexts.mine").len() < 8300);
}

// 4.3 Tags

#[test]
fn tags_are_the_same_in_all_spellings() {
    for tags in
        [r#"{"a":"x","b":true,"c":7}"#, r#"[["a","x"],["b",true],["c",7]]"#, r#"[{"key":"a","value":"x"},{"key":"b","value":true},{"key":"c","value":7}]"#]
    {
        check(&format!(r#"{{"tags":{tags}}}"#), "tags", r#"[["a","x"],["b","True"],["c","7"]]"#);
    }
}

#[test]
fn tag_keys_are_simple() {
    check(r#"{"tags":[[" a b ","x"],["ü","y"],["","z"]]}"#, "tags", r#"[["a-b","x"]]"#);
}

#[test]
fn tag_values_have_200_characters_and_no_line_breaks() {
    check(&format!(r#"{{"tags":{{"a":"{}"}}}}"#, text(201)), "tags.0.1", &format!("\"{}...\"", text(197)));
    check(r#"{"tags":{"a":"x\ny"}}"#, "tags.0.1", "\"x\"");
}

#[test]
fn reserved_tags_are_removed_and_the_first_of_two_wins() {
    check(r#"{"tags":[["release","r"],["user","u"],["a","1"],["a","2"],["filename","f"]]}"#, "tags", r#"[["a","1"]]"#);
}

// 4.4 Time rules

#[test]
fn clock_drift_shifts_all_times() {
    let around = Surroundings { sent_at_ms: Some(RECEIVED_MS - 2 * 3_600_000), ..around() };
    let event = normalized_in(&around, r#"{"timestamp":1699992800,"breadcrumbs":[{"timestamp":1699992700}]}"#);
    assert_eq!(at(&event, "timestamp"), "1700000000.0");
    assert_eq!(at(&event, "breadcrumbs.values.0.timestamp"), "1699999900.0");
    assert_eq!(at(&event, "errors.0.type"), "\"clock_drift\"");
}

#[test]
fn drift_below_55_minutes_is_delay() {
    let around = Surroundings { sent_at_ms: Some(RECEIVED_MS - 54 * 60_000), ..around() };
    assert_eq!(at(&normalized_in(&around, r#"{"timestamp":1699990000}"#), "timestamp"), "1699990000.0");
}

#[test]
fn future_and_past_times_become_now_with_an_entry() {
    for (sent, kind) in [(1_700_000_061, "future_timestamp"), (1_700_000_000 - 91 * 86_400, "past_timestamp")] {
        let event = format!(r#"{{"timestamp":{sent}}}"#);
        check(&event, "timestamp", "1700000000.0");
        assert_eq!(errors(&event), [format!("{kind} timestamp")]);
    }
    check(r#"{"timestamp":1700000059}"#, "timestamp", "1700000059.0");
}

#[test]
fn absurd_times_are_replaced_by_now() {
    for sent in ["-1", "1e20", "\"nonsense\"", "{}", "null"] {
        check(&format!(r#"{{"timestamp":{sent}}}"#), "timestamp", "1700000000.0");
    }
}

// 4.5 Names and versions

#[test]
fn release_and_environment_that_are_not_allowed_are_removed_and_the_event_stays() {
    for release in ["latest", "LATEST", ".", "..", "a/b", "a\\\\b", "a\\nb", &text(201)] {
        let event = format!(r#"{{"release":"{release}","logger":"x"}}"#);
        check(&event, "release", "-");
        check(&event, "logger", "\"x\"");
        assert_eq!(errors(&event), ["invalid_data release"], "{release}");
    }
    for environment in ["none", "None", "..", "a/b", &text(65)] {
        check(&format!(r#"{{"environment":"{environment}"}}"#), "environment", "-");
    }
    check(r#"{"release":" app@1.0+2 ","environment":"prod"}"#, "release", "\"app@1.0+2\"");
}

#[test]
fn event_without_trace_gets_one_that_derives_from_its_id() {
    check("{}", "contexts.trace.trace_id", &format!("\"{}\"", "ab".repeat(16)));
    let nil = r#"{"contexts":{"trace":{"trace_id":"00000000000000000000000000000000","span_id":"b0e6f15b45c36b12"}}}"#;
    check(nil, "contexts.trace.trace_id", &format!("\"{}\"", "ab".repeat(16)));
    let good = r#"{"contexts":{"trace":{"trace_id":"4c79f60c11214eb38604f4ae0781bfb2","span_id":"b0e6f15b45c36b12"}}}"#;
    check(good, "contexts.trace", r#"{"trace_id":"4c79f60c11214eb38604f4ae0781bfb2","span_id":"b0e6f15b45c36b12","type":"trace"}"#);
}

// 4.6 Address (user agent and geo: enrich)

#[test]
fn trace_id_of_zeros_is_replaced_and_ids_are_hex() {
    let trace = |id: &str, span: &str| normalized(&format!(r#"{{"contexts":{{"trace":{{"trace_id":"{id}","span_id":"{span}"}}}}}}"#));
    let kept = trace("4c79f60c11214eb38604f4ae0781bfb2", "fa90fdead5f74052");
    assert_eq!(at(&kept, "contexts.trace.trace_id"), r#""4c79f60c11214eb38604f4ae0781bfb2""#);
    for wrong in ["00000000000000000000000000000000", "xyz"] {
        let id = at(&trace(wrong, "fa90fdead5f74052"), "contexts.trace.trace_id");
        assert!(id.len() == 34 && !id.contains(wrong), "{wrong}: {id}");
    }
    assert_ne!(at(&trace("4c79f60c11214eb38604f4ae0781bfb2", "0000000000000000"), "contexts.trace.span_id"), r#""0000000000000000""#);
}

#[test]
fn auto_address_is_that_of_the_connection_or_of_the_server_variables() {
    check(r#"{"user":{"ip_address":"{{auto}}"}}"#, "user.ip_address", "\"203.0.113.9\"");
    check(r#"{"user":{"ip_address":"{{auto}}"},"request":{"env":{"REMOTE_ADDR":"198.51.100.1"}}}"#, "user.ip_address", "\"198.51.100.1\"");
}

#[test]
fn address_is_filled_in_for_browsers_and_where_the_sdk_says_auto() {
    check(r#"{"platform":"javascript"}"#, "user.ip_address", "\"203.0.113.9\"");
    check(r#"{"platform":"python"}"#, "user", "-");
    check(r#"{"platform":"python","sdk":{"settings":{"infer_ip":"auto"}}}"#, "user.ip_address", "\"203.0.113.9\"");
}

#[test]
fn address_is_never_filled_in_where_sdk_or_project_say_never() {
    check(r#"{"platform":"javascript","sdk":{"settings":{"infer_ip":"never"}},"user":{"ip_address":"{{auto}}"}}"#, "user", "-");
    let around = Surroundings { may_infer_ip: false, ..around() };
    assert_eq!(at(&normalized_in(&around, r#"{"platform":"javascript"}"#), "user"), "-");
}

// 4.9 `_meta`

#[test]
fn cut_text_has_a_remark_and_its_length() {
    let event = format!(r#"{{"server_name":"{}"}}"#, text(300));
    check(&event, "_meta.server_name.", r#"{"rem":[["!limit","s",253,256]],"len":300}"#);
}

#[test]
fn meta_and_errors_of_the_sdk_are_kept() {
    let event = r#"{"_meta":{"logger":{"":{"len":9}}},"errors":[{"type":"js_no_source"}],"level":"nope"}"#;
    check(event, "_meta.logger..len", "9");
    check(event, "_meta.level..err", r#"["invalid_data"]"#);
    check(event, "errors.0.type", "\"js_no_source\"");
    check(event, "errors.1.value", "\"nope\"");
}

#[test]
fn event_with_thousands_of_errors_stays_small() {
    let tags: Vec<String> = (0..5000).map(|_| "7".to_owned()).collect();
    let event = normalized(&format!(r#"{{"tags":[{}]}}"#, tags.join(",")));
    assert!(json::to_vec(&event).len() < 40_000);
}
