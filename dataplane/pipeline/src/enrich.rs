//! Adds what the event implies: browser, system and device of its user agent, the place of its address
//! (`ingest-protocol` §4.6). What the SDK said itself is never overwritten.

pub mod agent;
pub mod geo;

use crate::normalize::header;
use agent::Agent;
use geo::GeoDatabase;
use model::json::{Object, Value};

/// The user agent of an event: of the request it reports, and only for events of browsers that of the connection.
pub fn agent_of(event: &Value, hints: &[(String, String)]) -> Option<Agent> {
    let request = event.get("request").and_then(Value::as_object)?;
    let text = header(request, "User-Agent");
    let own_hint = |name: &str| header(request, name).map(str::to_owned);
    let of_connection = |name: &str| hints.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
    agent::parse(text, &|name| own_hint(name).or_else(|| of_connection(name)))
}

/// Contexts `browser`, `device` and `os`; the last is the client's, not the server's, where the event came from a server.
pub fn add_agent(event: &mut Value, agent: &Agent) {
    let os_key = if event.str_at(&["platform"]) == Some("javascript") { "os" } else { "client_os" };
    let Some(event) = event.as_object_mut() else { return };
    let mut add = |key: &'static str, kind: &'static str, parts: Vec<(&'static str, Option<&String>)>| {
        let known = event.get("contexts").and_then(|contexts| contexts.get(key)).is_some_and(|context| !context.is_null());
        if known || parts.iter().all(|(_, value)| value.is_none()) {
            return;
        }
        let mut context: Object = parts.into_iter().filter_map(|(name, value)| Some((name, Value::string(value?.as_str())))).collect();
        context.insert("type", kind);
        object_at(event, "contexts").insert(key, context);
    };
    add("browser", "browser", vec![("name", agent.browser.as_ref()), ("version", agent.browser_version.as_ref())]);
    add("device", "device", vec![("family", agent.device_family.as_ref()), ("model", agent.device_model.as_ref()), ("brand", agent.device_brand.as_ref())]);
    add(os_key, "os", vec![("name", agent.os.as_ref()), ("version", agent.os_version.as_ref())]);
}

/// `user.geo` of `user.ip_address`.
pub fn add_place(event: &mut Value, database: &GeoDatabase) {
    let known = event.at(&["user", "geo"]).is_some_and(|geo| !geo.is_null());
    let Some(place) = event.str_at(&["user", "ip_address"]).filter(|_| !known).and_then(|address| database.place(address)) else {
        return;
    };
    let Some(user) = event.get_mut("user").and_then(Value::as_object_mut) else { return };
    let parts = [("country_code", place.country_code), ("city", place.city), ("subdivision", place.subdivision), ("region", place.country)];
    let geo: Object = parts.into_iter().filter_map(|(key, value)| Some((key, Value::string(value?)))).collect();
    user.insert("geo", geo);
}

fn object_at<'o, 'a>(object: &'o mut Object<'a>, key: &'a str) -> &'o mut Object<'a> {
    let value = object.entry(key);
    if value.as_object().is_none() {
        *value = Value::Object(Object::new());
    }
    value.as_object_mut().expect("made an object above")
}
