//! §4.2: stack traces and their frames.

use super::*;

const FIRST: &str = "stacktrace.frames.0";

fn first(key: &str) -> String {
    format!("{FIRST}.{key}")
}

#[test]
fn frame_texts_have_their_limits() {
    for (key, max, slack) in
        [("function", 512, 20), ("raw_function", 512, 20), ("symbol", 512, 0), ("module", 256, 20), ("filename", 256, 40), ("abs_path", 256, 40), ("package", 256, 40)]
    {
        // With both paths sent, neither is made of the other.
        let other = match key {
            "filename" => r#""abs_path":"/b","#,
            "abs_path" => r#""filename":"b","#,
            _ => "",
        };
        check_text_limit(&frame(&format!(r#"{{{other}"{key}":"TEXT"}}"#)), &first(key), max, slack);
        assert_eq!(errors(&frame(&format!(r#"{{{other}"{key}":7}}"#))), [format!("invalid_data {}", first(key))]);
    }
}

#[test]
fn frame_has_numbers_of_line_and_column() {
    check(&frame(r#"{"lineno":12,"colno":3.0}"#), FIRST, r#"{"lineno":12,"colno":3}"#);
    check(&frame(r#"{"lineno":"12"}"#), &first("lineno"), "12");
    check_invalid(&frame(r#"{"lineno":"x"}"#), &first("lineno"));
    check_invalid(&frame(r#"{"colno":1.5}"#), &first("colno"));
}

#[test]
fn source_lines_have_no_limit_and_missing_ones_are_empty() {
    check(&frame(&format!(r#"{{"context_line":"{}"}}"#, text(20_000))), &first("context_line"), &format!("\"{}\"", text(20_000)));
    for key in ["pre_context", "post_context"] {
        check(&frame(&format!(r#"{{"{key}":["{}",null,7]}}"#, text(5000))), &first(key), &format!(r#"["{}","",""]"#, text(5000)));
        check_invalid(&frame(&format!(r#"{{"{key}":"a"}}"#)), &first(key));
    }
}

#[test]
fn frame_says_whose_it_is() {
    check(&frame(r#"{"in_app":true}"#), &first("in_app"), "true");
    check_invalid(&frame(r#"{"in_app":"yes"}"#), &first("in_app"));
}

#[test]
fn variables_have_five_levels_and_two_kibibytes() {
    check_depth_limit(&frame(r#"{"vars":BAG}"#), &first("vars"), 5);
    check_byte_limit(&frame(r#"{"vars":BAG}"#), &first("vars"), 2048);
    check_invalid(&frame(r#"{"vars":"x"}"#), &first("vars"));
}

#[test]
fn variables_that_are_a_list_become_an_object() {
    check(&frame(r#"{"vars":["a","b"]}"#), &first("vars"), r#"{"0":"a","1":"b"}"#);
}

#[test]
fn addresses_are_hexadecimal_texts() {
    for key in ["image_addr", "instruction_addr", "symbol_addr"] {
        check(&frame(&format!(r#"{{"{key}":"0x00007fff1234"}}"#)), &first(key), "\"0x00007fff1234\"");
        check(&frame(&format!(r#"{{"{key}":255}}"#)), &first(key), "\"0xff\"");
        for wrong in ["\"here\"", "-1", "{}", "\"0x11112222333344445\""] {
            check_invalid(&frame(&format!(r#"{{"{key}":{wrong}}}"#)), &first(key));
        }
    }
}

#[test]
fn frame_keeps_mode_start_lock_data_and_revision() {
    let whole = r#"{"addr_mode":"rel:0","stack_start":true,"lock":{"type":1},"data":{"orig_in_app":1},"file_revision":"9fceb02"}"#;
    check(&frame(whole), FIRST, whole);
    for (key, wrong) in [("addr_mode", "7"), ("stack_start", "\"x\""), ("lock", "7"), ("data", "\"x\""), ("file_revision", "7")] {
        check_invalid(&frame(&format!(r#"{{"{key}":{wrong}}}"#)), &first(key));
    }
}

#[test]
fn of_more_than_250_frames_the_50_oldest_and_200_newest_stay() {
    let most = normalized(&frames(250, r#"{"lineno":AT}"#));
    assert_eq!((at(&most, "stacktrace.frames.249.lineno"), at(&most, "_meta")), ("249".into(), "-".into()));
    let event = normalized(&frames(300, r#"{"lineno":AT}"#));
    assert_eq!(event.at(&["stacktrace", "frames"]).and_then(Value::as_array).map(<[_]>::len), Some(250));
    let line = |frame: usize| at(&event, &format!("stacktrace.frames.{frame}.lineno"));
    assert_eq!([line(0), line(49), line(50), line(249)], ["0", "49", "100", "299"]);
    assert_eq!(at(&event, "_meta.stacktrace.frames."), r#"{"rem":[["!limit","x"]],"len":300}"#);
}

#[test]
fn beyond_50_frames_the_middle_loses_details() {
    let details = r#"{"lineno":AT,"vars":{"a":"1"},"pre_context":["w"],"context_line":"x","post_context":["y"]}"#;
    let with_all = |count: usize| {
        let event = normalized(&frames(count, details));
        let has = |frame: usize, key: &str| at(&event, &format!("stacktrace.frames.{frame}.{key}")) != "-";
        (0..count).filter(|frame| ["vars", "pre_context", "context_line", "post_context"].iter().all(|key| has(*frame, key))).collect::<Vec<_>>()
    };
    assert_eq!(with_all(50).len(), 50);
    assert_eq!(with_all(60), (0..25).chain(35..60).collect::<Vec<_>>());
}

#[test]
fn function_that_is_a_question_mark_is_null() {
    check(&frame(r#"{"function":"?","symbol":"?"}"#), FIRST, r#"{"function":null,"symbol":null}"#);
    check(&frame(r#"{"function":"?a"}"#), &first("function"), "\"?a\"");
}

#[test]
fn paths_fill_each_other() {
    check(&frame(r#"{"filename":"a.py"}"#), &first("abs_path"), "\"a.py\"");
    check(&frame(r#"{"abs_path":"/b/a.py"}"#), &first("filename"), "\"/b/a.py\"");
    check(&frame(r#"{"filename":"a.py","abs_path":"/b/a.py"}"#), FIRST, r#"{"filename":"a.py","abs_path":"/b/a.py"}"#);
}

#[test]
fn file_name_is_the_path_of_an_address() {
    for scheme in ["http", "https", "file", "applewebdata"] {
        check(&frame(&format!(r#"{{"abs_path":"{scheme}://x/s/a.js?v=1#f"}}"#)), &first("filename"), "\"/s/a.js\"");
    }
    check(&frame(r#"{"abs_path":"webpack://x/s/a.js"}"#), &first("filename"), "\"webpack://x/s/a.js\"");
    check(&frame(r#"{"filename":"http://x/a.js"}"#), FIRST, r#"{"filename":"/a.js","abs_path":"http://x/a.js"}"#);
}
