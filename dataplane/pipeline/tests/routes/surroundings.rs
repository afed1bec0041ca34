//! §4.6: what the request's user agent and the user's address tell.

use crate::{NOW_MS, header, payload, run};
use config::project::{ProjectOptions, ScrubbingOptions};
use model::record::Route;
use pipeline::{Project, Resources, enrich::geo::GeoDatabase, prepare};
use serde_json::{Value, json};

const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36";
const IPHONE: &str =
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1";

fn contexts(event: &Value) -> Value {
    let mut stored = payload(&run(Route::Store, "", event.to_string().as_bytes()));
    stored["contexts"].take()
}

#[test]
fn user_agent_of_the_request_gives_browser_device_and_system() {
    let told = contexts(&json!({"platform": "javascript", "request": {"headers": {"user-agent": IPHONE}}}));
    assert_eq!(told["browser"], json!({"name": "Mobile Safari", "version": "16.5", "type": "browser"}));
    assert_eq!(told["device"], json!({"family": "iPhone", "model": "iPhone", "brand": "Apple", "type": "device"}));
    assert_eq!(told["os"], json!({"name": "iOS", "version": "16.5", "type": "os"}));
}

#[test]
fn system_of_the_client_is_not_that_of_the_server() {
    let told = contexts(&json!({"platform": "python", "request": {"headers": {"user-agent": CHROME}}}));
    assert_eq!((&told["client_os"]["name"], &told["client_os"]["version"], &told["os"]), (&json!("Windows"), &json!("10"), &Value::Null));
}

#[test]
fn client_hints_have_priority_over_the_text() {
    let hints = json!({
        "user-agent": CHROME, "sec-ch-ua": r#""Not A;Brand";v="99", "Chromium";v="130", "Google Chrome";v="130""#, "sec-ch-ua-platform": "\"Android\"",
        "sec-ch-ua-platform-version": "\"14.0.0\"", "sec-ch-ua-mobile": "?1", "sec-ch-ua-model": "\"Pixel 8\"",
    });
    let told = contexts(&json!({"platform": "javascript", "request": {"headers": hints}}));
    assert_eq!((&told["browser"]["name"], &told["browser"]["version"]), (&json!("Google Chrome"), &json!("130")));
    assert_eq!((&told["os"]["name"], &told["os"]["version"], &told["device"]["model"]), (&json!("Android"), &json!("14.0.0"), &json!("Pixel 8")));
}

#[test]
fn contexts_of_the_sdk_are_not_overwritten() {
    let told = contexts(&json!({"platform": "javascript", "request": {"headers": {"user-agent": CHROME}}, "contexts": {"browser": {"name": "Mine"}}}));
    assert_eq!((&told["browser"], &told["os"]["name"]), (&json!({"name": "Mine", "type": "browser"}), &json!("Windows")));
}

#[test]
fn event_without_request_tells_nothing_of_a_browser() {
    assert_eq!(contexts(&json!({"platform": "javascript"}))["browser"], Value::Null);
}

/// A value in the encoding of MaxMind's format.
fn encoded(value: &Value) -> Vec<u8> {
    let all = |values: &mut dyn Iterator<Item = Vec<u8>>| values.collect::<Vec<_>>().concat();
    match value {
        Value::Object(fields) => {
            let pairs = all(&mut fields.iter().map(|(key, value)| [encoded(&json!(key)), encoded_number(key, value).unwrap_or_else(|| encoded(value))].concat()));
            [vec![7 << 5 | fields.len() as u8], pairs].concat()
        }
        Value::Array(items) => [vec![items.len() as u8, 4], all(&mut items.iter().map(encoded))].concat(),
        Value::String(text) => [&[2 << 5 | text.len() as u8], text.as_bytes()].concat(),
        other => panic!("{other} has no encoding here"),
    }
}

/// Numbers have the width of their field.
fn encoded_number(key: &str, value: &Value) -> Option<Vec<u8>> {
    let number = value.as_u64()?;
    Some(match key {
        "build_epoch" => [&[8, 2][..], &number.to_be_bytes()].concat(),
        "node_count" => [&[6 << 5 | 4][..], &(number as u32).to_be_bytes()].concat(),
        _ => [&[5 << 5 | 2][..], &(number as u16).to_be_bytes()].concat(),
    })
}

/// A database with one node: what begins with a one is in Vienna, the rest is unknown.
fn places() -> Resources {
    let place = json!({"country": {"iso_code": "AT", "names": {"en": "Austria"}}, "city": {"names": {"en": "Mödling"}}, "subdivisions": [{"names": {"en": "Lower Austria"}}]});
    let metadata = json!({"binary_format_major_version": 2, "binary_format_minor_version": 0, "build_epoch": 1, "database_type": "Test", "description": {}, "ip_version": 4, "languages": ["en"],
        "node_count": 1, "record_size": 24});
    let tree = [[0, 0, 1], [0, 0, 1 + 16]].concat();
    let bytes = [tree, vec![0; 16], encoded(&place), b"\xab\xcd\xefMaxMind.com".to_vec(), encoded(&metadata)].concat();
    Resources { geo: Some(GeoDatabase::new(bytes).expect("a database")) }
}

fn user_in(options: ProjectOptions, event: &Value) -> Value {
    let project = Project::compile(42, "shop", 1, options);
    let mut stored = payload(&prepare(&header(Route::Store, ""), event.to_string().as_bytes(), &project, &places(), NOW_MS));
    stored["user"].take()
}

fn geo(event: &Value) -> Value {
    user_in(ProjectOptions::default(), event)["geo"].take()
}

#[test]
fn address_gives_country_city_subdivision_and_region() {
    let place = json!({"country_code": "AT", "region": "Austria", "city": "Mödling", "subdivision": "Lower Austria"});
    assert_eq!(geo(&json!({"user": {"ip_address": "203.0.113.7"}})), place);
    assert_eq!(geo(&json!({"user": {"ip_address": "{{auto}}"}})), place);
    assert_eq!(geo(&json!({"user": {"ip_address": "10.0.0.1"}})), Value::Null);
}

#[test]
fn place_that_the_sdk_sent_is_not_overwritten() {
    assert_eq!(geo(&json!({"user": {"ip_address": "203.0.113.7", "geo": {"city": "Mine"}}})), json!({"city": "Mine"}));
}

#[test]
fn project_that_scrubs_addresses_gets_neither_filled_in() {
    let options = ProjectOptions { scrubbing: ScrubbingOptions { scrub_ip_addresses: true, ..Default::default() }, ..Default::default() };
    assert_eq!(user_in(options, &json!({"platform": "javascript"})), Value::Null);
}
