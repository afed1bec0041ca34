//! §4.2: the HTTP request that was served.

use super::*;

fn request(request: &str) -> String {
    format!(r#"{{"request":{request}}}"#)
}

/// The pairs at `key` may have `bytes` together, their names and what separates them included.
fn check_pair_bytes(key: &str, bytes: usize) {
    let of_length = |length: usize| normalized(&request(&format!(r#"{{"{key}":[["k","{}"],["after","x"]]}}"#, text(length))));
    // A letter, its quotes and the comma.
    let (value, name_bytes) = (format!("request.{key}.0.1"), 4);
    assert_eq!(at(&of_length(bytes - name_bytes), &value), format!("\"{}\"", text(bytes - name_bytes)), "{key}");
    let cut = of_length(bytes - name_bytes + 1);
    assert_eq!(at(&cut, &value), format!("\"{}...\"", text(bytes - name_bytes - 3)), "{key}");
    assert_eq!(at(&cut, &format!("request.{key}.1")), "-", "{key}");
    assert_eq!(at(&cut, &format!("_meta.request.{key}..len")), "2", "{key}");
}

#[test]
fn url_has_256_characters_and_forty_more_to_spare() {
    check_text_limit(&request(r#"{"url":"TEXT"}"#), "request.url", 256, 40);
    check_invalid(&request(r#"{"url":7}"#), "request.url");
}

#[test]
fn query_and_fragment_are_split_off_the_url() {
    let event = request(r#"{"url":"http://a/b?c=d%20e#f"}"#);
    check(&event, "request.url", "\"http://a/b\"");
    check(&event, "request.query_string", r#"[["c","d e"]]"#);
    check(&event, "request.fragment", "\"f\"");
    check(&request(r#"{"url":"http://a/b?c=d","query_string":"own=1"}"#), "request.query_string", r#"[["own","1"]]"#);
}

#[test]
fn method_is_upper_case_or_gone() {
    check(&request(r#"{"method":"get"}"#), "request.method", "\"GET\"");
    for valid in ["PUT", "M-SEARCH", "MY_VERB", &"A".repeat(32)] {
        check(&request(&format!(r#"{{"method":"{valid}"}}"#)), "request.method", &format!("\"{valid}\""));
    }
    for wrong in ["a b", "GO", "GET1", &"A".repeat(33)] {
        check_invalid(&request(&format!(r#"{{"method":"{wrong}"}}"#)), "request.method");
    }
    check_invalid(&request(r#"{"method":7}"#), "request.method");
}

#[test]
fn body_has_seven_levels_and_eight_kibibytes() {
    check_depth_limit(&request(r#"{"data":BAG}"#), "request.data", 7);
    check_byte_limit(&request(r#"{"data":BAG}"#), "request.data", 8192);
}

#[test]
fn body_is_parsed_by_its_content_type() {
    let typed = |kind: &str, body: &str| request(&format!(r#"{{"data":"{body}","headers":{{"content-type":"{kind}"}}}}"#));
    check(&typed("application/json; charset=utf-8", r#"{\"a\":1}"#), "request.data", r#"{"a":1}"#);
    check(&typed("application/json", "{broken"), "request.data", "\"{broken\"");
    check(&typed("application/x-www-form-urlencoded", "a=1&b=x+y"), "request.data", r#"{"a":"1","b":"x y"}"#);
    check(&typed("text/plain", "a=1"), "request.data", "\"a=1\"");
}

#[test]
fn body_is_parsed_by_looking_where_no_type_is_said() {
    check(&request(r#"{"data":"{\"a\":1}"}"#), "request", r#"{"data":{"a":1},"inferred_content_type":"application/json"}"#);
    check(&request(r#"{"data":"a=1&b=x+y"}"#), "request", r#"{"data":{"a":"1","b":"x y"},"inferred_content_type":"application/x-www-form-urlencoded"}"#);
    check(&request(r#"{"data":"plain words"}"#), "request", r#"{"data":"plain words"}"#);
}

#[test]
fn query_has_three_levels_and_one_kibibyte() {
    // The list of pairs and the pair are the first two.
    check(&request(r#"{"query_string":[["a","b"],["c",["d"]]]}"#), "request.query_string", r#"[["a","b"],["c",null]]"#);
    check_pair_bytes("query_string", 1024);
}

#[test]
fn fragment_has_1024_characters() {
    check_text_limit(&request(r#"{"fragment":"TEXT"}"#), "request.fragment", 1024, 100);
}

#[test]
fn cookies_have_two_kibibytes() {
    check_pair_bytes("cookies", 2048);
}

#[test]
fn headers_have_seven_levels_and_eight_kibibytes() {
    // The list of pairs and the pair are the first two levels.
    let of_levels = |levels: usize| normalized(&request(&format!(r#"{{"headers":{{"A":{}}}}}"#, nested(levels - 2))));
    assert_eq!(at(&of_levels(7), "request.headers.0.1.k.k.k.k"), "1");
    assert_eq!(at(&of_levels(8), "request.headers.0.1.k.k.k.k"), "null");
    let of_length = |length: usize| normalized(&request(&format!(r#"{{"headers":[["A","{}"],["B","x"]]}}"#, text(length))));
    assert_eq!(at(&of_length(8188), "request.headers.0.1"), format!("\"{}\"", text(8188)));
    assert_eq!(at(&of_length(8189), "request.headers"), format!(r#"[["A","{}..."]]"#, text(8185)));
}

#[test]
fn env_has_seven_levels_and_eight_kibibytes() {
    check_depth_limit(&request(r#"{"env":BAG}"#), "request.env", 7);
    check_byte_limit(&request(r#"{"env":BAG}"#), "request.env", 8192);
    check_invalid(&request(r#"{"env":"x"}"#), "request.env");
}

#[test]
fn pair_whose_value_did_not_fit_is_gone() {
    let event = normalized(&request(&format!(r#"{{"query_string":[["k","{}"],["{}","v"],["z","w"]]}}"#, text(1000), text(100))));
    let pairs = event.at(&["request", "query_string"]).and_then(Value::as_array).expect("a list");
    assert!(pairs.iter().all(|pair| pair.as_array().is_some_and(|pair| pair.len() == 2)), "{}", at(&event, "request.query_string"));
}

#[test]
fn headers_are_read_as_text_object_and_pairs_in_title_case() {
    for headers in [r#"{"content-type":"x","a":7}"#, r#"[["content-type","x"],["a",7]]"#, r#""Content-Type: x\r\nA: 7""#] {
        check(&request(&format!(r#"{{"headers":{headers}}}"#)), "request.headers", r#"[["A","7"],["Content-Type","x"]]"#);
    }
    assert_eq!(errors(&request(r#"{"headers":7}"#)), ["invalid_data request.headers"]);
}

#[test]
fn cookies_and_query_are_read_as_text_object_and_pairs() {
    for sent in [r#""a=b""#, r#"{"a":"b"}"#, r#"[["a","b"]]"#] {
        check(&request(&format!(r#"{{"cookies":{sent}}}"#)), "request.cookies", r#"[["a","b"]]"#);
        check(&request(&format!(r#"{{"query_string":{sent}}}"#)), "request.query_string", r#"[["a","b"]]"#);
    }
    check_invalid(&request(r#"{"cookies":7}"#), "request.cookies");
    check_invalid(&request(r#"{"query_string":7}"#), "request.query_string");
}

#[test]
fn cookie_header_moves_to_the_cookies() {
    for headers in [r#"{"cookie":"a=b; c=d"}"#, r#"[["Cookie","a=b; c=d"]]"#, r#""cookie: a=b; c=d""#] {
        let event = request(&format!(r#"{{"headers":{headers}}}"#));
        check(&event, "request.headers", "[]");
        check(&event, "request.cookies", r#"[["a","b"],["c","d"]]"#);
    }
    check(&request(r#"{"headers":{"cookie":"a=b"},"cookies":"own=1"}"#), "request.cookies", r#"[["own","1"]]"#);
}
