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
    move_others_into_data(user);
    if let Some(data) = user.get_mut("data") {
        trim_bag(data, BagLimit { depth: 5, bytes: 2048 }, path.name("data"), notes);
    }
    user.retain(|_, value| !value.is_null());
}

/// In one pass: a hostile user has as many keys as an event can hold.
fn move_others_into_data(user: &mut Object) {
    if user.keys().all(|key| KNOWN.contains(&key)) {
        return;
    }
    let (known, others): (Vec<_>, Vec<_>) = std::mem::take(user).into_iter().partition(|(key, _)| KNOWN.contains(&key.as_ref()));
    *user = known.into_iter().collect();
    let data = user.entry("data");
    let sent = match data.take() {
        Value::Object(sent) => sent,
        _ => Object::new(),
    };
    *data = Value::Object(sent.into_iter().chain(others).collect());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_keys_as_an_event_can_hold_are_moved_at_once() {
        let mut user: Object = (0..150_000).map(|at| (format!("key{at}"), Value::Int(at))).collect();
        user.insert("data", Object::from_iter([("sent", true)]));
        user.insert("id", "7");
        normalize_user(&mut user, Path::ROOT, &mut Notes::default());
        assert_eq!(user.keys().collect::<Vec<_>>(), ["data", "id"]);
        assert_eq!(user.get("data").and_then(|data| data.get("key0")), Some(&Value::Int(0)));
        assert_eq!(user.get("data").and_then(|data| data.get("sent")), Some(&Value::Bool(true)));
    }
}
