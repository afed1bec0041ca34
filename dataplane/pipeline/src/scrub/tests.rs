//! Each test: an event in, what is left at a path, and that `_meta` says so.

use super::*;
use model::json;

fn scrubbed(options: &ScrubbingOptions, event: &str) -> Value<'static> {
    let mut event = json::parse(event.as_bytes()).expect("JSON").into_owned();
    let mut notes = Notes::default();
    Scrubber::new(options).scrub(&mut event, &mut notes);
    notes.write_into(event.as_object_mut().expect("object"));
    event
}

fn check(event: &str, path: &[&str], expected: &str) {
    let event = scrubbed(&ScrubbingOptions::default(), event);
    assert_eq!(event.str_at(path), Some(expected), "{}", String::from_utf8_lossy(&json::to_vec(&event)));
}

#[test]
fn password_key_in_extra_is_filtered_with_a_remark() {
    let event = scrubbed(&ScrubbingOptions::default(), r#"{"extra":{"db":{"password":"hunter2"}}}"#);
    assert_eq!(event.str_at(&["extra", "db", "password"]), Some(FILTERED));
    assert!(event.at(&["_meta", "extra", "db", "password", "", "rem"]).is_some());
}

#[test]
fn pairs_are_scrubbed_by_their_key() {
    let event = scrubbed(&ScrubbingOptions::default(), r#"{"request":{"headers":[["Authorization","Basic x"],["Accept","*/*"]]}}"#);
    let headers = json::to_vec(event.at(&["request", "headers"]).expect("headers"));
    assert_eq!(String::from_utf8_lossy(&headers), r#"[["Authorization","[Filtered]"],["Accept","*/*"]]"#);
}

#[test]
fn card_numbers_need_a_valid_checksum() {
    check(r#"{"extra":{"a":"card 4111 1111 1111 1111 used"}}"#, &["extra", "a"], "card [Filtered] used");
    check(r#"{"extra":{"a":"order 4111 1111 1111 1112"}}"#, &["extra", "a"], "order 4111 1111 1111 1112");
}

#[test]
fn account_numbers_and_social_security_numbers_go() {
    check(r#"{"extra":{"a":"DE89370400440532013000"}}"#, &["extra", "a"], "[Filtered]");
    check(r#"{"extra":{"a":"ssn 078-05-1120."}}"#, &["extra", "a"], "ssn [Filtered].");
}

#[test]
fn passwords_in_addresses_go() {
    check(r#"{"extra":{"a":"postgres://bob:pw@db/x"}}"#, &["extra", "a"], "postgres://[Filtered]@db/x");
}

#[test]
fn user_names_in_paths_go() {
    check(r#"{"extra":{"a":"/Users/jane/x.log"}}"#, &["extra", "a"], "/Users/[Filtered]/x.log");
}

#[test]
fn bearer_tokens_and_pem_keys_go() {
    check(r#"{"extra":{"a":"Bearer abc.def"}}"#, &["extra", "a"], "Bearer [Filtered]");
    check(
        r#"{"extra":{"a":"-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"}}"#,
        &["extra", "a"],
        "-----BEGIN RSA PRIVATE KEY-----\n[Filtered]-----END RSA PRIVATE KEY-----",
    );
}

#[test]
fn pem_key_that_was_cut_goes_too() {
    check(r#"{"extra":{"a":"-----BEGIN RSA PRIVATE KEY-----\nMIIBOgIBAAJBAKj34GkxFhD90v..."}}"#, &["extra", "a"], "-----BEGIN RSA PRIVATE KEY-----\n[Filtered]");
}

#[test]
fn long_texts_are_searched_to_their_end() {
    let text = format!("{} 4111 1111 1111 1111", "é".repeat(300_000));
    let event = scrubbed(&ScrubbingOptions::default(), &format!(r#"{{"extra":{{"a":"{text}"}}}}"#));
    assert!(event.str_at(&["extra", "a"]).is_some_and(|text| text.ends_with("é [Filtered]")));
    let meta = json::to_vec(event.at(&["_meta", "extra", "a", ""]).expect("a remark"));
    assert_eq!(String::from_utf8_lossy(&meta), r#"{"rem":[["@creditcard:filter","s",300001,300011]],"len":300020}"#);
}

#[test]
fn text_of_nothing_but_secrets_is_counted_once() {
    let event = scrubbed(&ScrubbingOptions::default(), &format!(r#"{{"extra":{{"a":"{}"}}}}"#, "4111 1111 1111 1111, ".repeat(40_000)));
    assert!(event.str_at(&["extra", "a"]).is_some_and(|text| text == "[Filtered], ".repeat(40_000)));
}

#[test]
fn unknown_keys_at_the_top_are_tested_by_name() {
    check(r#"{"db_password":"x"}"#, &["db_password"], FILTERED);
    check(r#"{"my_auth":{"a":"x"}}"#, &["my_auth"], FILTERED);
    let own = ScrubbingOptions { sensitive_fields: vec!["request".into()], ..Default::default() };
    assert!(scrubbed(&own, r#"{"request":{"url":"http://x"}}"#).at(&["request", "url"]).is_some());
}

#[test]
fn mechanisms_are_searched() {
    let event = r#"{"exception":{"values":[{"mechanism":{"type":"generic","description":"Bearer abc.def","data":{"password":"x"}}}]}}"#;
    let event = scrubbed(&ScrubbingOptions::default(), event);
    let text = String::from_utf8(json::to_vec(event.get("exception").expect("exception"))).expect("UTF-8");
    assert_eq!(text, r#"{"values":[{"mechanism":{"type":"generic","description":"Bearer [Filtered]","data":{"password":"[Filtered]"}}}]}"#);
}

#[test]
fn names_and_ids_are_known_in_contexts_and_user_only_and_as_texts_only() {
    let secret = "postgres://bob:pw@db/x";
    check(&format!(r#"{{"contexts":{{"a":{{"type":"{secret}"}}}}}}"#), &["contexts", "a", "type"], secret);
    check(&format!(r#"{{"extra":{{"type":"{secret}"}}}}"#), &["extra", "type"], "postgres://[Filtered]@db/x");
    check(r#"{"extra":{"geo":{"password":"x"}}}"#, &["extra", "geo", "password"], FILTERED);
    check(r#"{"user":{"geo":{"city":"Vienna","password":"x"}}}"#, &["user", "geo", "password"], FILTERED);
    check(r#"{"contexts":{"a":{"type":{"password":"x"}}}}"#, &["contexts", "a", "type", "password"], FILTERED);
}

#[test]
fn parameters_of_messages_are_scrubbed_by_their_keys() {
    check(r#"{"logentry":{"params":{"password":"x","to":"a@b.example"}}}"#, &["logentry", "params", "password"], FILTERED);
    check(r#"{"logentry":{"params":{"password":"x","to":"a@b.example"}}}"#, &["logentry", "params", "to"], "[email]");
}

#[test]
fn remark_stands_where_the_address_was() {
    let options = ScrubbingOptions { scrub_ip_addresses: true, ..Default::default() };
    let event = scrubbed(&options, r#"{"request":{"env":{"REMOTE_ADDR":"1.2.3.4"}}}"#);
    assert!(event.at(&["_meta", "request", "env", "REMOTE_ADDR", "", "rem"]).is_some());
}

#[test]
fn mail_addresses_are_replaced_in_messages_only() {
    check(r#"{"logentry":{"formatted":"mail to a@b.example failed"}}"#, &["logentry", "formatted"], "mail to [email] failed");
    check(r#"{"user":{"email":"a@b.example"}}"#, &["user", "email"], "a@b.example");
}

#[test]
fn frames_keep_their_paths_and_lose_secret_variables() {
    let event =
        r#"{"exception":{"values":[{"value":"password wrong","stacktrace":{"frames":[{"abs_path":"/Users/jane/a.py","vars":{"api_key":"x","n":"1"}}]}}]}}"#;
    let event = scrubbed(&ScrubbingOptions::default(), event);
    let text = String::from_utf8(json::to_vec(event.get("exception").expect("exception"))).expect("UTF-8");
    assert_eq!(
        text,
        r#"{"values":[{"value":"password wrong","stacktrace":{"frames":[{"abs_path":"/Users/jane/a.py","vars":{"api_key":"[Filtered]","n":"1"}}]}}]}"#
    );
}

#[test]
fn user_agent_header_stays() {
    let event = scrubbed(&ScrubbingOptions::default(), r#"{"request":{"headers":[["User-Agent","a 4111 1111 1111 1111"],["X-Other","a 4111 1111 1111 1111"]]}}"#);
    let headers = json::to_vec(event.at(&["request", "headers"]).expect("headers"));
    assert_eq!(String::from_utf8_lossy(&headers), r#"[["User-Agent","a 4111 1111 1111 1111"],["X-Other","a [Filtered]"]]"#);
}

#[test]
fn debug_images_stay() {
    let meta = r#"{"images":[{"code_file":"/Users/jane/app","password":"x"}]}"#;
    let event = scrubbed(&ScrubbingOptions::default(), &format!(r#"{{"debug_meta":{meta}}}"#));
    assert_eq!(String::from_utf8_lossy(&json::to_vec(event.get("debug_meta").expect("kept"))), meta);
}

#[test]
fn session_cookies_go_from_requests_and_responses() {
    let event = r#"{"request":{"cookies":[["sessionid","s"],["theme","dark"]]},"contexts":{"response":{"cookies":[["PHPSESSID2","s"],["theme","dark"]]}}}"#;
    let event = scrubbed(&ScrubbingOptions::default(), event);
    for (path, name) in [(&["request", "cookies"][..], "sessionid"), (&["contexts", "response", "cookies"], "PHPSESSID2")] {
        let cookies = json::to_vec(event.at(path).expect("cookies"));
        assert_eq!(String::from_utf8_lossy(&cookies), format!(r#"[["{name}","[Filtered]"],["theme","dark"]]"#));
    }
}

#[test]
fn own_fields_are_parts_of_names_and_safe_fields_whole_names() {
    let options = ScrubbingOptions { sensitive_fields: vec!["Pet".into()], safe_fields: vec!["PASSWORD".into()], ..Default::default() };
    let event = scrubbed(&options, r#"{"extra":{"my_pet_name":"Rex","password":"ok","password2":"no"}}"#);
    assert_eq!(event.str_at(&["extra", "my_pet_name"]), Some(FILTERED));
    assert_eq!(event.str_at(&["extra", "password"]), Some("ok"));
    assert_eq!(event.str_at(&["extra", "password2"]), Some(FILTERED));
}

#[test]
fn addresses_go_from_fields_and_texts_when_asked_for() {
    let options = ScrubbingOptions { scrub_ip_addresses: true, ..Default::default() };
    let event = scrubbed(&options, r#"{"user":{"ip_address":"1.2.3.4"},"extra":{"a":"from 1.2.3.4 and 999.1.1.1"}}"#);
    assert!(event.at(&["user", "ip_address"]).is_some_and(Value::is_null));
    assert_eq!(event.str_at(&["extra", "a"]), Some("from [ip] and 999.1.1.1"));
}

#[test]
fn nothing_is_touched_when_scrubbing_is_off() {
    let options = ScrubbingOptions { scrub_data: false, ..Default::default() };
    let event = scrubbed(&options, r#"{"extra":{"password":"x"}}"#);
    assert_eq!(event.str_at(&["extra", "password"]), Some("x"));
}
