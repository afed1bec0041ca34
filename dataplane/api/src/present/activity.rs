//! Activity and comments.

use super::people;
use crate::iso;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{Activity, User};

pub fn activity(activity: &Activity, users: &HashMap<i64, User>) -> Value {
    let data: Value = serde_json::from_str(&activity.data).unwrap_or_else(|_| json!({}));
    json!({
        "id": activity.id.to_string(), "type": activity.kind.name(), "user": activity.user_id.and_then(|id| users.get(&id)).map(people::user), "sentry_app": null,
        "data": data, "dateCreated": iso(activity.created_ms),
    })
}
