//! §4.1: the attributes at the top of an event.

use super::*;

#[test]
fn event_id_is_the_one_given_and_without_dashes() {
    check(r#"{"event_id":"11111111-1111-1111-1111-111111111111"}"#, "event_id", &format!("\"{}\"", "ab".repeat(16)));
    check("{}", "event_id", &format!("\"{}\"", "ab".repeat(16)));
}

#[test]
fn type_that_a_client_claims_counts_on_feedback_items_only() {
    check(r#"{"type":"transaction"}"#, "type", "-");
    check(r#"{"type":"feedback"}"#, "type", "-");
    let around = Surroundings { item_type: ItemType::Feedback, ..around() };
    assert_eq!(at(&normalized_in(&around, "{}"), "type"), r#""feedback""#);
}

#[test]
fn level_is_read_in_all_spellings() {
    for (sent, expected) in [
        ("\"fatal\"", "fatal"),
        ("\"error\"", "error"),
        ("\"warning\"", "warning"),
        ("\"info\"", "info"),
        ("\"debug\"", "debug"),
        ("\"DEBUG\"", "debug"),
        ("\"critical\"", "fatal"),
        ("\"log\"", "info"),
        ("10", "debug"),
        ("20", "info"),
        ("30", "warning"),
        ("40", "error"),
        ("50", "fatal"),
        ("\"30\"", "warning"),
        ("null", "error"),
    ] {
        let event = format!(r#"{{"level":{sent}}}"#);
        check(&event, "level", &format!("\"{expected}\""));
        assert!(errors(&event).is_empty(), "{sent}");
    }
}

#[test]
fn level_that_is_missing_is_error_and_info_for_transactions() {
    check("{}", "level", "\"error\"");
    let around = Surroundings { item_type: ItemType::Transaction, ..around() };
    assert_eq!(at(&normalized_in(&around, "{}"), "level"), "\"info\"");
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
fn platform_that_is_not_known_is_other() {
    let known = "as3 c cfml cocoa csharp elixir go groovy haskell java javascript native node objc other perl php python ruby";
    for platform in known.split(' ') {
        check(&format!(r#"{{"platform":"{platform}"}}"#), "platform", &format!("\"{platform}\""));
    }
    for event in [r#"{"platform":"nonsense"}"#, r#"{"platform":7}"#, "{}"] {
        check(event, "platform", "\"other\"");
    }
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
    check(r#"{"timestamp":1699999990}"#, "timestamp", "1699999990.0");
}

#[test]
fn timestamp_has_microseconds() {
    check(r#"{"timestamp":1699999990.1234567}"#, "timestamp", "1699999990.123457");
    check(r#"{"timestamp":"2023-11-14T22:13:10.123456789Z"}"#, "timestamp", "1699999990.123456");
}

#[test]
fn time_beyond_the_year_9999_is_none() {
    let crumb = |time: &str| format!(r#"{{"breadcrumbs":[{{"timestamp":{time}}}]}}"#);
    for last in ["\"9999-12-31T23:59:59Z\"", "253402300799"] {
        check(&crumb(last), "breadcrumbs.values.0.timestamp", "253402300799.0");
    }
    check_invalid(&crumb("253402300800"), "breadcrumbs.values.0.timestamp");
}

#[test]
fn start_timestamp_is_read_like_the_other() {
    check(r#"{"timestamp":1699999990,"start_timestamp":"2023-11-14T22:13:09Z"}"#, "start_timestamp", "1699999989.0");
    check_invalid(r#"{"start_timestamp":"nonsense"}"#, "start_timestamp");
}

#[test]
fn received_is_set_by_the_server() {
    check(r#"{"received":5}"#, "received", "1700000000.0");
    check("{}", "received", "1700000000.0");
}

#[test]
fn logger_has_no_line_breaks_and_64_characters() {
    check(r#"{"logger":" app "}"#, "logger", "\"app\"");
    check_invalid(r#"{"logger":"a\nb"}"#, "logger");
    check_invalid(r#"{"logger":"a\rb"}"#, "logger");
    check_text_limit(r#"{"logger":"TEXT"}"#, "logger", 64, 0);
}

#[test]
fn long_class_name_of_a_logger_is_shortened_from_the_left() {
    let fitting = format!("com.example.{}", text(52));
    check(&format!(r#"{{"logger":"{fitting}"}}"#), "logger", &format!("\"{fitting}\""));
    let name = format!("com.example.{}.service.Checkout", text(60));
    check(&format!(r#"{{"logger":"{name}"}}"#), "logger", "\"*.service.Checkout\"");
    check(&format!(r#"{{"logger":"{name}"}}"#), "_meta.logger..len", &name.len().to_string());
}

#[test]
fn culprit_has_200_characters() {
    check_text_limit(r#"{"culprit":"TEXT"}"#, "culprit", 200, 0);
}

#[test]
fn transaction_has_200_characters_without_the_space_around() {
    check_text_limit(r#"{"transaction":"TEXT"}"#, "transaction", 200, 0);
    check(&format!(r#"{{"transaction":"\t{} "}}"#, text(200)), "transaction", &format!("\"{}\"", text(200)));
    check(r#"{"transaction":" "}"#, "transaction", "-");
}

#[test]
fn transaction_info_has_source_original_changes_and_propagations() {
    let info = r#"{"source":"route","original":"/a/1","propagations":2,"changes":[{"source":"url","propagations":1,"timestamp":"2023-11-14T22:13:10Z"}],"own":1}"#;
    let event = format!(r#"{{"transaction_info":{info}}}"#);
    check(&event, "transaction_info", &info.replace("\"2023-11-14T22:13:10Z\"", "1699999990.0"));
    check_text_limit(r#"{"transaction_info":{"original":"TEXT"}}"#, "transaction_info.original", 200, 0);
    for (wrong, path) in [
        (r#""route""#, "transaction_info"),
        (r#"{"source":7}"#, "transaction_info.source"),
        (r#"{"propagations":"many"}"#, "transaction_info.propagations"),
        (r#"{"changes":{}}"#, "transaction_info.changes"),
        (r#"{"changes":[7]}"#, "transaction_info.changes.0"),
    ] {
        check_invalid(&format!(r#"{{"transaction_info":{wrong}}}"#), path);
    }
}

#[test]
fn server_name_has_256_characters_and_twenty_more_to_spare() {
    check_text_limit(r#"{"server_name":"TEXT"}"#, "server_name", 256, 20);
    check(r#"{"server_name":17}"#, "server_name", r#""17""#);
}

#[test]
fn site_is_a_text() {
    check(r#"{"site":"main"}"#, "site", r#""main""#);
    check_invalid(r#"{"site":{}}"#, "site");
}

#[test]
fn release_may_be_a_number() {
    check(r#"{"release":42}"#, "release", "\"42\"");
    check(r#"{"release":1.5}"#, "release", "\"1.5\"");
}

#[test]
fn dist_has_64_simple_characters() {
    check(r#"{"dist":42}"#, "dist", "\"42\"");
    check(r#"{"dist":"aZ0_.-"}"#, "dist", "\"aZ0_.-\"");
    check(&format!(r#"{{"dist":"{}"}}"#, text(64)), "dist", &format!("\"{}\"", text(64)));
    check_invalid(&format!(r#"{{"dist":"{}"}}"#, text(65)), "dist");
    for wrong in ["a b", "a/b", "a:b", "ü"] {
        check_invalid(&format!(r#"{{"dist":"{wrong}"}}"#), "dist");
    }
}

#[test]
fn environment_may_come_as_a_tag() {
    check(r#"{"tags":{"environment":"prod"}}"#, "environment", "\"prod\"");
    check(r#"{"tags":[["environment","prod"],["a","b"]]}"#, "tags", r#"[["a","b"]]"#);
    check(r#"{"environment":"dev","tags":{"environment":"prod"}}"#, "environment", "\"dev\"");
}

#[test]
fn fingerprint_is_a_list_of_texts() {
    check(r#"{"fingerprint":["a",1,true,false,null]}"#, "fingerprint", r#"["a","1","True","False"]"#);
    check_invalid(r#"{"fingerprint":"a"}"#, "fingerprint");
    assert_eq!(errors(r#"{"fingerprint":["a",{}]}"#), ["invalid_data fingerprint.1"]);
}

#[test]
fn fingerprint_is_not_trimmed() {
    check(&format!(r#"{{"fingerprint":[" a ","{}"]}}"#, text(9000)), "fingerprint", &format!(r#"[" a ","{}"]"#, text(9000)));
}

#[test]
fn extra_has_seven_levels_and_sixteen_kibibytes_each() {
    check_depth_limit(r#"{"extra":{"a":BAG}}"#, "extra.a", 7);
    check_byte_limit(r#"{"extra":{"a":BAG}}"#, "extra.a", 16 * 1024);
    let both = normalized(&format!(r#"{{"extra":{{"a":"{}","b":1}}}}"#, text(20_000)));
    assert_eq!((at(&both, "extra.a").len(), at(&both, "extra.b")), (16 * 1024 + 2, "1".into()));
}

#[test]
fn extra_has_256_kibibytes_together() {
    let many = |count: usize| format!(r#"{{"extra":{{{}}}}}"#, (0..count).map(|at| format!(r#""k{at}":"{}""#, text(16_000))).collect::<Vec<_>>().join(","));
    assert!(!at(&normalized(&many(16)), "extra").contains("..."));
    let event = normalized(&many(40));
    assert!((256 * 1024..258 * 1024).contains(&at(&event, "extra").len()));
    assert_eq!(at(&event, "_meta.extra.k16..len"), "16000");
}

#[test]
fn bytes_are_counted_where_characters_have_several() {
    let event = normalized(&format!(r#"{{"extra":{{"a":"{}"}}}}"#, "ü".repeat(16 * 1024)));
    assert_eq!(at(&event, "extra.a"), format!("\"{}...\"", "ü".repeat(8 * 1024 - 2)));
    assert_eq!(at(&event, "_meta.extra.a."), r#"{"rem":[["!limit","s",8190,8193]],"len":16384}"#);
}

#[test]
fn modules_have_seven_levels_and_eight_kibibytes() {
    check(r#"{"modules":{"django":"4.2"}}"#, "modules.django", "\"4.2\"");
    check_depth_limit(r#"{"modules":BAG}"#, "modules", 7);
    check_byte_limit(r#"{"modules":BAG}"#, "modules", 8192);
    check_invalid(r#"{"modules":"django"}"#, "modules");
}

#[test]
fn message_is_read_as_text_object_and_old_interface() {
    for event in
        [r#"{"message":"hi"}"#, r#"{"message":{"message":"hi"}}"#, r#"{"logentry":{"formatted":"hi"}}"#, r#"{"sentry.interfaces.Message":{"message":"hi"}}"#]
    {
        check(event, "logentry", r#"{"formatted":"hi"}"#);
        check(event, "message", "-");
    }
}

#[test]
fn message_that_is_false_or_empty_is_ignored() {
    for event in [r#"{"message":false}"#, r#"{"message":""}"#, r#"{"logentry":{"formatted":false}}"#, r#"{"logentry":{}}"#] {
        check(event, "logentry", "-");
        assert!(errors(event).is_empty(), "{event}");
    }
    check_invalid(r#"{"message":true}"#, "message");
}

#[test]
fn message_that_is_an_object_inside_becomes_json_text() {
    check(r#"{"logentry":{"message":{"a":1}}}"#, "logentry.formatted", r#""{\"a\":1}""#);
    check(r#"{"logentry":{"formatted":["a"]}}"#, "logentry.formatted", r#""[\"a\"]""#);
}

#[test]
fn template_and_parameters_are_formatted() {
    check(r#"{"logentry":{"message":"%s is %d, 100%%","params":["x",7]}}"#, "logentry.formatted", "\"x is 7, 100%\"");
    check(r#"{"logentry":{"message":"{} is {1}","params":["x",7]}}"#, "logentry.formatted", "\"x is 7\"");
    check(r#"{"logentry":{"message":"%(who)s","params":{"who":"x"}}}"#, "logentry.formatted", "\"x\"");
    check(r#"{"logentry":{"message":"%s %s","params":["x"]}}"#, "logentry.formatted", "\"%s %s\"");
    check(r#"{"logentry":{"message":"%s","params":["x"],"formatted":"said"}}"#, "logentry.formatted", "\"said\"");
}

#[test]
fn message_has_8192_characters_and_200_more_to_spare() {
    check_text_limit(r#"{"logentry":{"formatted":"TEXT"}}"#, "logentry.formatted", 8192, 200);
    check_text_limit(r#"{"logentry":{"formatted":"a","message":"TEXT"}}"#, "logentry.message", 8192, 200);
}

#[test]
fn parameters_of_a_message_have_five_levels_and_two_kibibytes() {
    check_depth_limit(r#"{"logentry":{"message":"%s","params":BAG}}"#, "logentry.params", 5);
    check_byte_limit(r#"{"logentry":{"message":"%s","params":BAG}}"#, "logentry.params", 2048);
}

#[test]
fn old_names_of_interfaces_are_known() {
    for (event, path, expected) in [
        (r#"{"sentry.interfaces.User":{"id":7}}"#, "user.id", "\"7\""),
        (r#"{"sentry.interfaces.Http":{"url":"http://a/"}}"#, "request.url", "\"http://a/\""),
        (r#"{"sentry.interfaces.Exception":{"type":"E"}}"#, "exception.values.0.type", "\"E\""),
        (r#"{"sentry.interfaces.Breadcrumbs":{"values":[{"message":"m"}]}}"#, "breadcrumbs.values.0.message", "\"m\""),
        (r#"{"sentry.interfaces.Contexts":{"os":{"name":"L"}}}"#, "contexts.os.name", "\"L\""),
        (r#"{"sentry.interfaces.Stacktrace":{"frames":[{"function":"f"}]}}"#, "stacktrace.frames.0.function", "\"f\""),
        (r#"{"sentry.interfaces.Template":{"filename":"a.html"}}"#, "template.filename", "\"a.html\""),
        (r#"{"sentry.interfaces.Csp":{"blocked_uri":"a"}}"#, "csp.blocked_uri", "\"a\""),
        (r#"{"sentry.interfaces.Message":{"formatted":"hi"}}"#, "logentry.formatted", "\"hi\""),
    ] {
        check(event, path, expected);
    }
}

#[test]
fn exception_is_read_as_object_list_and_values() {
    for event in [r#"{"exception":{"type":"E"}}"#, r#"{"exception":[{"type":"E"}]}"#, r#"{"exception":{"values":[{"type":"E"}]}}"#] {
        check(event, "exception.values", r#"[{"type":"E"}]"#);
    }
}

#[test]
fn stack_trace_beside_one_exception_is_its_own() {
    let stack = r#""stacktrace":{"frames":[{"function":"f"}]}"#;
    check(&format!(r#"{{"exception":[{{"type":"E"}}],{stack}}}"#), "exception.values.0.stacktrace.frames.0.function", "\"f\"");
    check(&format!(r#"{{"exception":[{{"type":"E"}}],{stack}}}"#), "stacktrace", "-");
    check(&format!(r#"{{"exception":[{{"type":"E"}},{{"type":"F"}}],{stack}}}"#), "stacktrace.frames.0.function", "\"f\"");
}

#[test]
fn threads_are_read_as_list_and_values() {
    for threads in [r#"[{"id":1}]"#, r#"{"values":[{"id":1}]}"#] {
        check(&format!(r#"{{"threads":{threads}}}"#), "threads.values", r#"[{"id":1}]"#);
    }
}

#[test]
fn breadcrumbs_are_read_as_list_and_values() {
    for crumbs in [r#"[{"message":"m"}]"#, r#"{"values":[{"message":"m"}]}"#] {
        check(&format!(r#"{{"breadcrumbs":{crumbs}}}"#), "breadcrumbs.values.0.message", "\"m\"");
    }
}

#[test]
fn template_has_short_file_names() {
    check_text_limit(r#"{"template":{"filename":"TEXT"}}"#, "template.filename", 128, 0);
    check_text_limit(r#"{"template":{"abs_path":"TEXT"}}"#, "template.abs_path", 256, 0);
    check(r#"{"template":{"filename":"a.html","lineno":"3"}}"#, "template.lineno", "3");
}

#[test]
fn csp_report_is_kept() {
    check(r#"{"csp":{"effective_directive":"img-src","own":1}}"#, "csp", r#"{"effective_directive":"img-src","own":1}"#);
}

#[test]
fn debug_images_are_not_cut() {
    let images: Vec<String> = (0..500).map(|at| format!(r#"{{"type":"elf","code_file":"{}{at}"}}"#, text(600))).collect();
    let event = format!(r#"{{"debug_meta":{{"images":[{}]}}}}"#, images.join(","));
    check(&event, "debug_meta.images.499.code_file", &format!("\"{}499\"", text(600)));
    check(&event, "_meta", "-");
}

#[test]
fn sdk_has_name_and_version_of_256_characters() {
    check_text_limit(r#"{"sdk":{"name":"TEXT","version":"1"}}"#, "sdk.name", 256, 20);
    check_text_limit(r#"{"sdk":{"name":"a","version":"TEXT"}}"#, "sdk.version", 256, 20);
}

#[test]
fn sdk_without_name_or_version_has_an_error() {
    assert_eq!(errors(r#"{"sdk":{"name":"a"}}"#), ["missing_attribute sdk.version"]);
    assert_eq!(errors(r#"{"sdk":{"name":null,"version":"1"}}"#), ["missing_attribute sdk.name"]);
    check(r#"{"sdk":{"name":"a"}}"#, "_meta.sdk.version.", r#"{"err":["missing_attribute"]}"#);
    assert!(errors("{}").is_empty());
}

#[test]
fn sdk_has_integrations_features_packages_and_settings() {
    let sdk = r#"{"name":"a","version":"1","integrations":["django"],"features":["logs"],"packages":[{"name":"p","version":"2"}],"settings":{"infer_ip":"never"}}"#;
    check(&format!(r#"{{"sdk":{sdk}}}"#), "sdk", sdk);
    for (key, wrong) in [("integrations", "\"django\""), ("features", "7"), ("packages", "{}"), ("settings", "\"never\"")] {
        check_invalid(&format!(r#"{{"sdk":{{"name":"a","version":"1","{key}":{wrong}}}}}"#), &format!("sdk.{key}"));
    }
    check_invalid(r#"{"sdk":7}"#, "sdk");
}

#[test]
fn spans_have_800_kibibytes_together_and_whole_ones_go() {
    let ids = r#""trace_id":"4c79f60c11214eb38604f4ae0781bfb2","span_id":"b0e6f15b45c36b12""#;
    let spans = |count: usize| format!(r#"{{"spans":[{}]}}"#, vec![format!(r#"{{{ids},"description":"{}"}}"#, text(100_000)); count].join(","));
    check(&spans(8), "spans.7.description", &format!("\"{}\"", text(100_000)));
    check(&spans(8), "_meta", "-");
    check(&spans(9), "spans.8", "-");
    check(&spans(9), "_meta.spans.", r#"{"rem":[["!limit","x"]],"len":9}"#);
}

#[test]
fn checksum_has_128_characters() {
    check_text_limit(r#"{"checksum":"TEXT"}"#, "checksum", 128, 0);
}

#[test]
fn fields_of_the_server_are_not_taken_from_clients() {
    let event = r#"{"_metrics":{},"key_id":"1","project":2,"grouping_config":{},"ingest_path":[],"_dsc":{},"main_exception_id":1,"errors":"x","_meta":7}"#;
    for key in ["_metrics", "key_id", "project", "grouping_config", "ingest_path", "_dsc", "main_exception_id", "errors", "_meta"] {
        check(event, key, "-");
    }
}

#[test]
fn time_spent_is_a_number() {
    check(r#"{"time_spent":12}"#, "time_spent", "12");
    check_invalid(r#"{"time_spent":"long"}"#, "time_spent");
}

#[test]
fn unknown_fields_are_kept() {
    for (event, path) in [
        (r#"{"own":{"a":1}}"#, "own.a"),
        (r#"{"exception":[{"type":"E","own":1}]}"#, "exception.values.0.own"),
        (r#"{"exception":{"values":[{"type":"E"}],"own":1}}"#, "exception.own"),
        (r#"{"exception":[{"type":"E","mechanism":{"type":"a","own":1}}]}"#, "exception.values.0.mechanism.own"),
        (r#"{"stacktrace":{"frames":[{"own":1}]}}"#, "stacktrace.frames.0.own"),
        (r#"{"stacktrace":{"frames":[],"own":1}}"#, "stacktrace.own"),
        (r#"{"threads":[{"own":1}]}"#, "threads.values.0.own"),
        (r#"{"breadcrumbs":[{"own":1}]}"#, "breadcrumbs.values.0.own"),
        (r#"{"request":{"own":1}}"#, "request.own"),
        (r#"{"user":{"own":1}}"#, "user.data.own"),
        (r#"{"user":{"geo":{"own":1}}}"#, "user.geo.own"),
        (r#"{"contexts":{"os":{"own":1}}}"#, "contexts.os.own"),
        (r#"{"contexts":{"own":{"own":1}}}"#, "contexts.own.own"),
        (r#"{"logentry":{"message":"m","own":1}}"#, "logentry.own"),
        (r#"{"debug_meta":{"images":[{"own":1}]}}"#, "debug_meta.images.0.own"),
        (r#"{"sdk":{"own":1}}"#, "sdk.own"),
        (r#"{"template":{"own":1}}"#, "template.own"),
        (r#"{"spans":[{"own":1}]}"#, "spans.0.own"),
    ] {
        check(event, path, "1");
    }
}

#[test]
fn ancient_fields_are_dropped_without_a_word() {
    for key in ["applecrashreport", "device", "repos", "query", "metadata", "hashes"] {
        let event = format!(r#"{{"{key}":{{"a":1}}}}"#);
        check(&event, key, "-");
        assert!(errors(&event).is_empty(), "{key}");
    }
}

#[test]
fn value_of_the_wrong_type_is_null_with_an_error_and_the_event_stays() {
    for key in [
        "logger", "culprit", "transaction", "transaction_info", "server_name", "site", "release", "dist", "environment", "fingerprint", "tags", "modules", "logentry",
        "user", "request", "contexts", "breadcrumbs", "threads", "template", "csp", "hpkp", "debug_meta", "sdk", "spans", "checksum", "stacktrace", "extra",
    ] {
        let wrong = if matches!(key, "server_name" | "site" | "release" | "dist" | "environment" | "checksum") { "[7]" } else { "7" };
        let event = format!(r#"{{"{key}":{wrong},"time_spent":3}}"#);
        let normal = normalized(&event);
        assert_eq!(at(&normal, "errors"), format!(r#"[{{"type":"invalid_data","name":"{key}","value":{wrong}}}]"#));
        assert_eq!(at(&normal, &format!("_meta.{key}.")), format!(r#"{{"err":["invalid_data"],"val":{wrong}}}"#));
        assert_eq!(at(&normal, "time_spent"), "3");
    }
}
