//! Who met the error (`ingest-protocol` §4.2, §4.6).

use super::{
    Surroundings,
    notes::{Notes, Path},
    values::{BagLimit, lenient_text_field, limit, object_field, text_field, trim_bag},
};
use model::json::{Object, Value};
use std::net::IpAddr;

/// Settles `user`, and fills in the address where the SDK asks for it.
pub fn normalize(event: &mut Object, around: &Surroundings, path: Path, notes: &mut Notes) {
    if let Some(user) = object_field(event, "user", path, notes) {
        normalize_user(user, path.name("user"), notes);
    }
    fill_address(event, around);
    let empty = event.get("user").is_some_and(|user| user.is_null() || user.as_object().is_some_and(Object::is_empty));
    if empty {
        event.remove("user");
    }
}

fn normalize_user(user: &mut Object, path: Path, notes: &mut Notes) {
    for (key, max) in [("id", 128), ("username", 128), ("name", 128), ("email", 75), ("segment", 128)] {
        lenient_text_field(user, key, limit(max, 0), path, notes);
    }
    if let Some(address) = user.get_mut("ip_address") {
        let valid = address.as_str().is_some_and(|text| text == AUTO || text.parse::<IpAddr>().is_ok());
        let empty = address.as_str().is_some_and(str::is_empty);
        if empty {
            address.take();
        } else if !valid && !address.is_null() {
            notes.reject(address, path.name("ip_address"), "invalid_data");
        }
    }
    if let Some(geo) = object_field(user, "geo", path, notes) {
        for key in ["city", "country_code", "region", "subdivision"] {
            text_field(geo, key, limit(200, 0), path.name("geo"), notes);
        }
    }
    // We make that one ourselves.
    user.remove("sentry_user");
    let others: Vec<String> = user.keys().filter(|key| !KNOWN.contains(key)).map(str::to_owned).collect();
    if !others.is_empty() {
        let moved: Vec<(String, Value)> = others.into_iter().filter_map(|key| user.remove(&key).map(|value| (key, value))).collect();
        if !matches!(user.get("data"), Some(Value::Object(_))) {
            user.insert("data", Object::new());
        }
        let data = user.get_mut("data").and_then(Value::as_object_mut).expect("made an object above");
        moved.into_iter().for_each(|(key, value)| data.insert(key, value));
    }
    if let Some(data) = user.get_mut("data") {
        trim_bag(data, BagLimit { depth: 5, bytes: 2048 }, path.name("data"), notes);
    }
    user.retain(|_, value| !value.is_null());
}

const AUTO: &str = "{{auto}}";
const KNOWN: [&str; 8] = ["id", "username", "name", "email", "ip_address", "geo", "segment", "data"];

/// How the SDK wants missing addresses treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Infer {
    Auto,
    Never,
    Legacy,
}

fn fill_address(event: &mut Object, around: &Surroundings) {
    let infer = match event.get("sdk").and_then(|sdk| sdk.str_at(&["settings", "infer_ip"])) {
        Some("auto") => Infer::Auto,
        Some("never") => Infer::Never,
        _ => Infer::Legacy,
    };
    let sent = event.get("user").and_then(|user| user.str_at(&["ip_address"])).map(str::to_owned);
    let asks = sent.as_deref() == Some(AUTO);
    if sent.is_some() && !asks {
        return;
    }
    let remote =
        event.get("request").and_then(|request| request.str_at(&["env", "REMOTE_ADDR"])).filter(|text| text.parse::<IpAddr>().is_ok()).map(str::to_owned);
    let connection = || around.client_ip.map(str::to_owned);
    let browser_like = matches!(event.get("platform").and_then(Value::as_str), Some("javascript" | "cocoa" | "objc"));
    let address = match infer {
        _ if !around.may_infer_ip => None,
        Infer::Never => None,
        _ if asks => remote.or_else(connection),
        Infer::Auto => remote.or_else(connection),
        Infer::Legacy if browser_like => remote.or_else(connection),
        Infer::Legacy => remote,
    };
    match (address, asks) {
        (Some(address), _) => {
            if !matches!(event.get("user"), Some(Value::Object(_))) {
                event.insert("user", Object::new());
            }
            event.get_mut("user").and_then(Value::as_object_mut).expect("made an object above").insert("ip_address", address);
        }
        (None, true) => {
            event.get_mut("user").and_then(Value::as_object_mut).expect("the request stood there").remove("ip_address");
        }
        (None, false) => {}
    }
}
