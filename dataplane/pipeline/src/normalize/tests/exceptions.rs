//! §4.2: exceptions, mechanisms, threads, breadcrumbs.

use super::*;

const FIRST: &str = "exception.values.0";

fn first(path: &str) -> String {
    format!("{FIRST}.{path}")
}

#[test]
fn exception_texts_have_their_limits() {
    check_text_limit(&exception(r#"{"type":"TEXT"}"#), &first("type"), 256, 20);
    check_text_limit(&exception(r#"{"value":"TEXT"}"#), &first("value"), 8192, 200);
    check_text_limit(&exception(r#"{"type":"E","module":"TEXT"}"#), &first("module"), 256, 20);
    check_text_limit(&exception(r#"{"type":"E","thread_id":"TEXT"}"#), &first("thread_id"), 128, 0);
    check(&exception(r#"{"type":"E","thread_id":7}"#), &first("thread_id"), "\"7\"");
}

#[test]
fn exception_without_type_and_value_is_removed() {
    check(r#"{"exception":[{"module":"m"},{"type":"E"}]}"#, "exception.values", r#"[{"type":"E"}]"#);
    check(r#"{"exception":[{"type":"","value":""},{"value":"v"}]}"#, "exception.values", r#"[{"value":"v"}]"#);
    check(r#"{"exception":[{}]}"#, "exception", "-");
}

#[test]
fn type_inside_the_value_is_split_off() {
    check(&exception(r#"{"value":"ValueError: no"}"#), FIRST, r#"{"value":"no","type":"ValueError"}"#);
    check(&exception(r#"{"type":"E","value":"ValueError: no"}"#), &first("value"), "\"ValueError: no\"");
    check(&exception(r#"{"value":"see http://x"}"#), &first("type"), "-");
}

#[test]
fn exceptions_keep_their_order() {
    check(r#"{"exception":[{"type":"Cause"},{"type":"Shown"}]}"#, "exception.values", r#"[{"type":"Cause"},{"type":"Shown"}]"#);
}

#[test]
fn synthetic_message_stays_a_value_without_type() {
    let event = exception(r#"{"value":"Cart: empty","mechanism":{"type":"generic","synthetic":true}}"#);
    check(&event, &first("type"), "-");
    check(&event, &first("value"), "\"Cart: empty\"");
}

fn mechanism(mechanism: &str) -> String {
    exception(&format!(r#"{{"type":"E","mechanism":{mechanism}}}"#))
}

#[test]
fn mechanism_has_a_type() {
    check_text_limit(&mechanism(r#"{"type":"TEXT"}"#), &first("mechanism.type"), 128, 0);
    for without in [r#"{"handled":false}"#, r#"{"type":""}"#, r#"{"type":null}"#] {
        check(&mechanism(without), &first("mechanism.type"), "\"generic\"");
        assert_eq!(errors(&mechanism(without)), ["missing_attribute exception.values.0.mechanism.type"]);
    }
}

#[test]
fn mechanism_has_a_description_of_8192_characters() {
    check_text_limit(&mechanism(r#"{"type":"a","description":"TEXT"}"#), &first("mechanism.description"), 8192, 200);
}

#[test]
fn mechanism_links_to_the_web_only() {
    let link = |start: &str| mechanism(&format!(r#"{{"type":"a","help_link":"{start}TEXT"}}"#));
    for start in ["http://a/", "https://a/"] {
        let longest = link(start).replace("TEXT", &text(296 - start.len()));
        check(&longest, &first("mechanism.help_link"), &format!("\"{start}{}\"", text(296 - start.len())));
        check(&link(start).replace("TEXT", &text(297 - start.len())), "_meta.exception.values.0.mechanism.help_link..len", "297");
    }
    for start in ["ftp://a/", "javascript:", "/a"] {
        check_invalid(&link(start), &first("mechanism.help_link"));
    }
}

#[test]
fn mechanism_says_how_exceptions_belong_together() {
    let chained = r#"{"type":"chained","handled":true,"synthetic":false,"source":"__cause__","is_exception_group":true,"parent_id":0,"exception_id":1}"#;
    check(&mechanism(chained), &first("mechanism"), chained);
    check(&mechanism(r#"{"type":"a","parent_id":"3"}"#), &first("mechanism.parent_id"), "3");
    for (key, wrong) in
        [("handled", "\"no\""), ("synthetic", "1"), ("is_exception_group", "\"x\""), ("source", "7"), ("parent_id", "\"x\""), ("exception_id", "{}")]
    {
        check_invalid(&mechanism(&format!(r#"{{"type":"a","{key}":{wrong}}}"#)), &first(&format!("mechanism.{key}")));
    }
}

#[test]
fn mechanism_data_has_five_levels_and_two_kibibytes() {
    check_depth_limit(&mechanism(r#"{"type":"a","data":BAG}"#), &first("mechanism.data"), 5);
    check_byte_limit(&mechanism(r#"{"type":"a","data":BAG}"#), &first("mechanism.data"), 2048);
    check_invalid(&mechanism(r#"{"type":"a","data":"x"}"#), &first("mechanism.data"));
}

#[test]
fn mechanism_meta_names_the_errors_of_the_system() {
    let meta = r#"{"signal":{"number":11,"code":1,"name":"SIGSEGV","code_name":"SEGV_MAPERR"},"mach_exception":{"exception":1,"code":2,"subcode":3,"name":"EXC_BAD_ACCESS"},"errno":{"number":2,"name":"ENOENT"},"ns_error":{"domain":"D","code":-4}}"#;
    check(&mechanism(&format!(r#"{{"type":"a","meta":{meta}}}"#)), &first("mechanism.meta"), meta);
    for (wrong, place) in [
        ("7", ""),
        (r#"{"signal":7}"#, ".signal"),
        (r#"{"signal":{"number":"x"}}"#, ".signal.number"),
        (r#"{"mach_exception":{"name":7}}"#, ".mach_exception.name"),
        (r#"{"errno":{"number":{}}}"#, ".errno.number"),
        (r#"{"ns_error":{"domain":7}}"#, ".ns_error.domain"),
    ] {
        check_invalid(&mechanism(&format!(r#"{{"type":"a","meta":{wrong}}}"#)), &first(&format!("mechanism.meta{place}")));
    }
}

fn thread(thread: &str) -> String {
    format!(r#"{{"threads":[{thread}]}}"#)
}

#[test]
fn thread_id_is_a_number_or_text() {
    check(&thread(r#"{"id":1}"#), "threads.values.0.id", "1");
    check(&thread(r#"{"id":"0x1"}"#), "threads.values.0.id", r#""0x1""#);
    check_invalid(&thread(r#"{"id":true}"#), "threads.values.0.id");
}

#[test]
fn thread_name_has_1024_characters() {
    check_text_limit(&thread(r#"{"name":"TEXT"}"#), "threads.values.0.name", 1024, 100);
}

#[test]
fn thread_keeps_its_state_and_locks() {
    let whole = r#"{"id":1,"crashed":true,"current":false,"main":true,"state":"RUNNABLE","held_locks":{"0x1":{"type":1}}}"#;
    check(&thread(whole), "threads.values.0", whole);
    for (key, wrong) in [("crashed", "1"), ("current", "\"no\""), ("main", "{}"), ("state", "7"), ("held_locks", "[]")] {
        check_invalid(&thread(&format!(r#"{{"{key}":{wrong}}}"#)), &format!("threads.values.0.{key}"));
    }
}

#[test]
fn thread_has_a_stack_trace_like_an_exception() {
    check(&thread(r#"{"stacktrace":{"frames":[{"function":"?","abs_path":"/a.py"}]}}"#), "threads.values.0.stacktrace.frames.0.filename", "\"/a.py\"");
}

fn crumb(crumb: &str) -> String {
    format!(r#"{{"breadcrumbs":[{crumb}]}}"#)
}

#[test]
fn breadcrumb_has_a_type_also_by_its_old_name() {
    check(&crumb("{}"), "breadcrumbs.values.0.type", "\"default\"");
    check(&crumb(r#"{"ty":"http"}"#), "breadcrumbs.values.0", r#"{"type":"http","level":"info"}"#);
    check(&crumb(r#"{"ty":"http","type":"ui"}"#), "breadcrumbs.values.0.type", "\"ui\"");
    check_text_limit(&crumb(r#"{"type":"TEXT"}"#), "breadcrumbs.values.0.type", 128, 0);
}

#[test]
fn breadcrumb_category_has_128_characters() {
    check_text_limit(&crumb(r#"{"category":"TEXT"}"#), "breadcrumbs.values.0.category", 128, 0);
}

#[test]
fn breadcrumb_level_is_info_unless_said() {
    check(&crumb("{}"), "breadcrumbs.values.0.level", "\"info\"");
    for (sent, expected) in [("critical", "fatal"), ("fatal", "fatal"), ("error", "error"), ("warning", "warning"), ("info", "info"), ("log", "info"), ("debug", "debug")] {
        check(&crumb(&format!(r#"{{"level":"{sent}"}}"#)), "breadcrumbs.values.0.level", &format!("\"{expected}\""));
    }
    check(&crumb(r#"{"level":"nope"}"#), "breadcrumbs.values.0.level", "\"info\"");
    assert_eq!(errors(&crumb(r#"{"level":"nope"}"#)), ["invalid_data breadcrumbs.values.0.level"]);
}

#[test]
fn breadcrumb_message_has_8192_characters() {
    check_text_limit(&crumb(r#"{"message":"TEXT"}"#), "breadcrumbs.values.0.message", 8192, 200);
}

#[test]
fn breadcrumb_has_time_and_event_id() {
    check(&crumb(r#"{"timestamp":"2023-11-14T22:13:10Z"}"#), "breadcrumbs.values.0.timestamp", "1699999990.0");
    check_invalid(&crumb(r#"{"timestamp":"soon"}"#), "breadcrumbs.values.0.timestamp");
    check(&crumb(r#"{"event_id":"11111111-1111-1111-1111-111111111111"}"#), "breadcrumbs.values.0.event_id", &format!("\"{}\"", "1".repeat(32)));
    check_invalid(&crumb(r#"{"event_id":"x"}"#), "breadcrumbs.values.0.event_id");
}

#[test]
fn breadcrumb_data_has_five_levels_and_two_kibibytes() {
    check_depth_limit(&crumb(r#"{"data":BAG}"#), "breadcrumbs.values.0.data", 5);
    check_byte_limit(&crumb(r#"{"data":BAG}"#), "breadcrumbs.values.0.data", 2048);
    check_invalid(&crumb(r#"{"data":"x"}"#), "breadcrumbs.values.0.data");
}

#[test]
fn breadcrumbs_are_not_counted() {
    let many = vec![r#"{"message":"m"}"#; 300].join(",");
    check(&crumb(&many), "breadcrumbs.values.299.message", "\"m\"");
}

#[test]
fn exception_with_neither_type_nor_value_is_removed_with_an_error() {
    let event = r#"{"exception":[{"stacktrace":{"frames":[{"function":"f"}]}},{"type":"E"}]}"#;
    check(event, "exception.values.0.type", "\"E\"");
    check(event, "exception.values.1", "-");
    assert_eq!(errors(event), ["missing_attribute exception.values.0"]);
}
