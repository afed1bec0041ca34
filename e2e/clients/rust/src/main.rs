//! Sends one of everything with the unchanged SDK; prints the ids as JSON. Arguments: DSN.

use anyhow::Context;
use sentry::{Breadcrumb, Envelope, Level, User, integrations::anyhow::capture_anyhow, protocol::{Attachment, Value}};

fn load_order(number: &str) -> anyhow::Result<i64> {
    number.parse::<i64>().with_context(|| format!("no order {number}"))
}

fn main() {
    let dsn = std::env::args().nth(1).expect("a DSN");
    let mut options = sentry::ClientOptions::default();
    options.release = Some("rust-shop@1.2.3".into());
    options.environment = Some("e2e".into());
    options.send_default_pii = true;
    let guard = sentry::init((dsn, options));
    sentry::configure_scope(|scope| {
        let user = User { id: Some("42".into()), email: Some("anna@example.com".into()), username: Some("anna".into()), other: [("plan".to_owned(), Value::from("gold"))].into(), ..Default::default() };
        scope.set_user(Some(user));
        scope.set_tag("tenant", "t-rust");
        scope.set_context("order", sentry::protocol::Context::Other([("number".to_owned(), Value::from("88121")), ("items".to_owned(), Value::from(3))].into()));
        scope.set_extra("cart", Value::from(vec![1, 2, 3]));
    });
    sentry::add_breadcrumb(Breadcrumb { category: Some("cart".into()), message: Some("added a book".into()), level: Level::Info, data: [("sku".to_owned(), Value::from("B-1"))].into(), ..Default::default() });
    let inner = |scope: &mut sentry::Scope| {
        scope.set_tag("inner", "only here");
        scope.set_fingerprint(Some(&["rust-chained"]));
    };
    let chained = sentry::with_scope(inner, || capture_anyhow(&load_order("eighty").expect_err("is no number")));
    let with_file = |scope: &mut sentry::Scope| {
        scope.add_attachment(Attachment { buffer: b"line 1\nline 2\n\x00\xff".to_vec(), filename: "order.bin".into(), content_type: Some("application/x-order".into()), ty: None });
    };
    let attached = sentry::with_scope(with_file, || sentry::capture_message("with attachment", Level::Error));
    let message = sentry::capture_message("disk almost full", Level::Warning);
    let report = format!(r#"{{"event_id":"{}","name":"Anna","email":"anna@example.com","comments":"It broke at checkout."}}"#, chained.simple());
    let envelope = format!("{{\"event_id\":\"{}\"}}\n{{\"type\":\"user_report\",\"length\":{}}}\n{report}\n", chained.simple(), report.len());
    let client = sentry::Hub::current().client().expect("initialised");
    client.send_envelope(Envelope::from_bytes_raw(envelope.into_bytes()).expect("an envelope"));
    drop(guard);
    println!(r#"{{"chained":"{}","attached":"{}","message":"{}"}}"#, chained.simple(), attached.simple(), message.simple());
}
