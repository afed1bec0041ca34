//! §4.2 and §4.6: who met the error, and from which address.

use super::*;

fn user(user: &str) -> String {
    format!(r#"{{"user":{user}}}"#)
}

#[test]
fn user_texts_have_their_limits() {
    for (key, max) in [("id", 128), ("username", 128), ("name", 128), ("email", 75), ("segment", 128)] {
        check_text_limit(&user(&format!(r#"{{"{key}":"TEXT"}}"#)), &format!("user.{key}"), max, 0);
        check(&user(&format!(r#"{{"{key}":7}}"#)), &format!("user.{key}"), "\"7\"");
    }
}

#[test]
fn address_that_is_none_is_removed_with_an_error() {
    for address in ["203.0.113.7", "2001:db8::1"] {
        check(&user(&format!(r#"{{"ip_address":"{address}"}}"#)), "user.ip_address", &format!("\"{address}\""));
    }
    check(&user(r#"{"id":"1","ip_address":"nope"}"#), "user", r#"{"id":"1"}"#);
    check_invalid(&user(r#"{"id":"1","ip_address":"nope"}"#), "user.ip_address");
}

#[test]
fn geo_has_city_country_region_and_subdivision() {
    let geo = r#"{"city":"Vienna","country_code":"AT","region":"Austria","subdivision":"Vienna"}"#;
    check(&user(&format!(r#"{{"geo":{geo}}}"#)), "user.geo", geo);
    check_invalid(&user(r#"{"id":"1","geo":"Vienna"}"#), "user.geo");
    for key in ["city", "country_code", "region", "subdivision"] {
        check_invalid(&user(&format!(r#"{{"geo":{{"{key}":7}}}}"#)), &format!("user.geo.{key}"));
    }
}

#[test]
fn other_fields_of_a_user_move_to_its_data() {
    check(&user(r#"{"id":7,"plan":"gold","data":{"a":1}}"#), "user", r#"{"id":"7","data":{"a":1,"plan":"gold"}}"#);
    check(&user(r#"{"id":7,"sentry_user":"id:8"}"#), "user", r#"{"id":"7"}"#);
}

#[test]
fn auto_address_is_that_of_the_server_variables_else_of_the_connection() {
    let asking = |rest: &str| format!(r#"{{"user":{{"ip_address":"{{{{auto}}}}"}}{rest}}}"#);
    check(&asking(""), "user.ip_address", "\"203.0.113.9\"");
    check(&asking(r#","request":{"env":{"REMOTE_ADDR":"198.51.100.1"}}"#), "user.ip_address", "\"198.51.100.1\"");
    check(&asking(r#","request":{"env":{"REMOTE_ADDR":"unix:"}}"#), "user.ip_address", "\"203.0.113.9\"");
    let around = Surroundings { client_ip: None, ..around() };
    assert_eq!(at(&normalized_in(&around, &asking("")), "user"), "-");
}

const REMOTE: &str = r#""request":{"env":{"REMOTE_ADDR":"198.51.100.1"}}"#;

fn inferring(infer: &str, platform: &str, rest: &str) -> String {
    format!(r#"{{"platform":"{platform}","sdk":{{"name":"a","version":"1","settings":{{"infer_ip":"{infer}"}}}}{rest}}}"#)
}

#[test]
fn auto_inference_fills_a_missing_address() {
    check(&inferring("auto", "python", ""), "user.ip_address", "\"203.0.113.9\"");
    check(&inferring("auto", "python", &format!(",{REMOTE}")), "user.ip_address", "\"198.51.100.1\"");
    check(&inferring("auto", "python", r#","user":{"ip_address":"198.51.100.7"}"#), "user.ip_address", "\"198.51.100.7\"");
}

#[test]
fn never_inference_fills_nothing_even_where_asked() {
    check(&inferring("never", "javascript", &format!(",{REMOTE}")), "user", "-");
    check(&inferring("never", "javascript", r#","user":{"id":"7","ip_address":"{{auto}}"}"#), "user", r#"{"id":"7"}"#);
}

#[test]
fn legacy_inference_fills_for_browsers_and_apple_and_from_the_server_variables() {
    for platform in ["javascript", "cocoa", "objc"] {
        check(&format!(r#"{{"platform":"{platform}"}}"#), "user.ip_address", "\"203.0.113.9\"");
        check(&inferring("legacy", platform, ""), "user.ip_address", "\"203.0.113.9\"");
    }
    for platform in ["python", "node", "java"] {
        check(&format!(r#"{{"platform":"{platform}"}}"#), "user", "-");
        check(&format!(r#"{{"platform":"{platform}",{REMOTE}}}"#), "user.ip_address", "\"198.51.100.1\"");
    }
}

#[test]
fn project_that_scrubs_addresses_fills_none() {
    let around = Surroundings { may_infer_ip: false, ..around() };
    for event in [r#"{"platform":"javascript"}"#, r#"{"user":{"ip_address":"{{auto}}"}}"#, &inferring("auto", "python", "")] {
        assert_eq!(at(&normalized_in(&around, event), "user"), "-");
    }
}
