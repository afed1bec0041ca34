//! Envelopes and event ids for tests.

use serde_json::{Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// A fresh id, 32 hex digits.
pub fn new_id() -> String {
    static COUNTER: AtomicU64 = AtomicU64::new(1);
    let count = COUNTER.fetch_add(1, Ordering::Relaxed);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_nanos() as u64;
    format!("{nanos:016x}{:08x}{count:08x}", std::process::id())
}

/// An error event with one in-app frame.
pub fn error_event(id: &str, kind: &str, function: &str) -> Value {
    json!({
        "event_id": id, "platform": "python", "level": "error", "environment": "production", "release": "shop@1.0.0",
        "exception": { "values": [{ "type": kind, "value": format!("{kind} happened"), "mechanism": { "type": "generic", "handled": false },
            "stacktrace": { "frames": [
                { "function": "dispatch", "module": "lib.dispatch", "filename": "lib/dispatch.py", "lineno": 10, "in_app": false },
                { "function": function, "module": "shop.orders", "filename": "shop/orders.py", "lineno": 42, "in_app": true, "context_line": "    raise Broken()", "pre_context": ["def f():"], "post_context": ["# end"], "vars": { "order": "88121" } },
            ] } }] },
        "tags": { "tenant": "t-17" }, "user": { "id": "7", "email": "anna@example.com" },
    })
}

/// An envelope of one item, without `length`.
pub fn envelope(header: &Value, item_type: &str, payload: &Value) -> Vec<u8> {
    format!("{header}\n{{\"type\":\"{item_type}\"}}\n{payload}\n").into_bytes()
}

/// An envelope of one error event with its id in the header.
pub fn error_envelope(id: &str) -> Vec<u8> {
    envelope(&json!({ "event_id": id }), "event", &error_event(id, "OrderNotFound", "load"))
}
