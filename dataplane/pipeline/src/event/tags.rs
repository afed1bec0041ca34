//! The tags events are searched by: the event's own and those its attributes become.

use crate::view::EventView;
use model::json::Value;

/// All index tags, derived ones first, without duplicates.
pub fn index_tags(view: &EventView, handled: Option<bool>) -> Vec<(String, String)> {
    let mut tags: Vec<(String, String)> = Vec::with_capacity(24);
    let mut add = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty())
            && !tags.iter().any(|(name, _)| name == key)
        {
            tags.push((key.to_owned(), cut(value)));
        }
    };
    for key in ["level", "environment", "release", "dist", "logger", "server_name", "site", "transaction"] {
        add(key, view.text(&[key]).map(str::to_owned));
    }
    add("url", view.text(&["request", "url"]).map(str::to_owned));
    add("user", user_tag(view));
    add("handled", handled.map(|flag| if flag { "yes" } else { "no" }.to_owned()));
    let mechanism = view.exceptions.last().and_then(|exception| exception.mechanism.as_ref()?.kind);
    add("mechanism", mechanism.map(str::to_owned));
    for context in ["browser", "os", "client_os", "runtime"] {
        let name = view.text(&["contexts", context, "name"]);
        let version = view.text(&["contexts", context, "version"]);
        add(context, name.map(|name| version.map_or(name.to_owned(), |version| format!("{name} {version}"))));
        add(&format!("{context}.name"), name.map(str::to_owned));
    }
    add("device", view.text(&["contexts", "device", "model"]).map(str::to_owned));
    add("device.family", view.text(&["contexts", "device", "family"]).map(str::to_owned));
    for pair in view.json.get("tags").and_then(Value::as_array).unwrap_or_default() {
        let Some([key, value]) = pair.as_array() else { continue };
        if let (Some(key), Some(value)) = (key.as_str(), value.as_str()) {
            add(key, Some(value.to_owned()));
        }
    }
    tags
}

/// `id:7`, else `username:`, `email:` or `ip:` with the value.
pub fn user_tag(view: &EventView) -> Option<String> {
    let user = view.json.get("user")?;
    [("id", "id"), ("username", "username"), ("email", "email"), ("ip_address", "ip")]
        .into_iter()
        .find_map(|(key, name)| user.get(key).and_then(Value::as_str).filter(|text| !text.is_empty()).map(|text| format!("{name}:{text}")))
}

/// Tag values hold at most 200 characters.
fn cut(value: String) -> String {
    if value.chars().count() <= 200 { value } else { value.chars().take(197).collect::<String>() + "..." }
}
