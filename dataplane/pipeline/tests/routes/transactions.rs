//! §4.4, §4.7 and §7.1: what a transaction must say; then it is counted and stored as it came.

use crate::{ID, NOW_MS, envelope, envelope_with, outcomes};
use model::{category::Category, prepared::Prepared};
use serde_json::{Value, json};

const NOW_S: i64 = NOW_MS / 1000;

fn transaction() -> Value {
    json!({
        "type": "transaction", "transaction": "/a", "start_timestamp": NOW_S - 6, "timestamp": NOW_S - 5,
        "contexts": {"trace": {"trace_id": ID, "span_id": "b0e6f15b45c36b12", "parent_span_id": null}},
        "spans": [span(), span()],
    })
}

fn span() -> Value {
    json!({"trace_id": ID, "span_id": "b0e6f15b45c36b13", "parent_span_id": null, "description": null})
}

/// The transaction with another value at `pointer`; null takes it out.
fn with(pointer: &str, value: Value) -> Value {
    let mut transaction = transaction();
    let (holder, key) = pointer.rsplit_once('/').expect("a pointer");
    let holder = transaction.pointer_mut(holder).expect("there");
    match (holder, value) {
        (Value::Object(object), Value::Null) => drop(object.remove(key)),
        (Value::Object(object), value) => drop(object.insert(key.to_owned(), value)),
        (Value::Array(items), value) => items[key.parse::<usize>().expect("an index")] = value,
        _ => panic!("no holder"),
    }
    transaction
}

fn sent(transaction: &Value) -> Prepared {
    envelope(&[(json!({"type": "transaction"}), &transaction.to_string())])
}

fn check_stored(transaction: &Value) {
    let prepared = sent(transaction);
    assert!(prepared.outcomes.is_empty(), "{transaction}: {:?}", outcomes(&prepared));
    assert_eq!(prepared.items[0].payload, transaction.to_string().as_bytes());
}

fn check_refused(transaction: &Value) {
    let prepared = sent(transaction);
    assert!(prepared.items.is_empty(), "{transaction}");
    let spans = transaction["spans"].as_array().map_or(0, Vec::len) + 1;
    let expected = [("transaction", 1), ("transaction_indexed", 1), ("span", spans), ("span_indexed", spans)];
    assert_eq!(outcomes(&prepared), expected.map(|(category, count)| format!("{category} invalid invalid_transaction {count}")), "{transaction}");
}

#[test]
fn case_63_transaction_is_counted_with_its_spans_and_stored_as_it_came() {
    check_stored(&transaction());
    let stored = &sent(&transaction()).items[0];
    assert_eq!(stored.quantities, [(Category::Transaction, 1), (Category::TransactionIndexed, 1), (Category::Span, 3), (Category::SpanIndexed, 3)]);
    assert_eq!((stored.item_id.to_string().as_str(), stored.timestamp_ms), (ID, NOW_MS - 5000));
}

#[test]
fn transaction_without_spans_is_one_span() {
    check_stored(&with("/spans", Value::Null));
    assert_eq!(sent(&with("/spans", json!([]))).items[0].quantities[2], (Category::Span, 1));
}

#[test]
fn what_only_transactions_have_is_kept() {
    let mut whole = transaction();
    whole["measurements"] = json!({"lcp": {"value": 2.5, "unit": "millisecond"}, "own": {"value": 1}});
    whole["breakdowns"] = json!({"span_ops": {"ops.db": {"value": 3, "unit": "millisecond"}}});
    whole["transaction_info"] = json!({"source": "url", "changes": []});
    whole["own"] = json!(1);
    check_stored(&whole);
}

#[test]
fn transaction_without_name_is_stored() {
    check_stored(&with("/transaction", Value::Null));
    check_stored(&with("/transaction", json!("")));
}

#[test]
fn transaction_needs_start_and_end() {
    for key in ["/start_timestamp", "/timestamp"] {
        for wrong in [Value::Null, json!("soon"), json!(-1), json!({})] {
            check_refused(&with(key, wrong));
        }
    }
    check_stored(&with("/start_timestamp", json!("2023-11-14T22:13:14Z")));
}

#[test]
fn transaction_does_not_end_before_its_start() {
    check_stored(&with("/start_timestamp", json!(NOW_S - 5)));
    check_refused(&with("/start_timestamp", json!(NOW_S as f64 - 4.999)));
}

fn ended(end_s: i64) -> Value {
    let mut transaction = transaction();
    transaction["start_timestamp"] = json!(end_s - 1);
    transaction["timestamp"] = json!(end_s);
    transaction
}

#[test]
fn transaction_is_at_most_five_days_old() {
    check_stored(&ended(NOW_S - 5 * 86_400));
    check_refused(&ended(NOW_S - 5 * 86_400 - 1));
    // It is as old as its end; a job may take a week.
    check_stored(&with("/start_timestamp", json!(NOW_S - 7 * 86_400)));
}

#[test]
fn transaction_is_at_most_a_minute_ahead() {
    check_stored(&ended(NOW_S + 60));
    check_refused(&ended(NOW_S + 61));
}

#[test]
fn clock_drift_moves_a_transaction_too() {
    let head = json!({"event_id": ID, "sent_at": "2023-11-04T22:13:20Z"});
    let old = ended(NOW_S - 10 * 86_400 - 5);
    let prepared = envelope_with(head, &[(json!({"type": "transaction"}), &old.to_string())]);
    assert_eq!(prepared.items[0].timestamp_ms, NOW_MS - 5000);
}

#[test]
fn trace_context_needs_trace_id_and_span_id() {
    check_refused(&with("/contexts", Value::Null));
    check_refused(&with("/contexts/trace", Value::Null));
    for wrong in [Value::Null, json!("xyz"), json!("0".repeat(32)), json!(&ID[1..])] {
        check_refused(&with("/contexts/trace/trace_id", wrong));
    }
    for wrong in [Value::Null, json!("xyz"), json!("0".repeat(16)), json!("b0e6f15b45c36b1")] {
        check_refused(&with("/contexts/trace/span_id", wrong));
    }
    check_stored(&with("/contexts/trace/trace_id", json!("9ec79c33-ec99-42ab-8353-589fcb2e04dc")));
}

#[test]
fn case_64_span_without_ids_refuses_the_whole_transaction() {
    for at in ["/spans/0", "/spans/1"] {
        for wrong in [json!({}), json!({"trace_id": ID}), json!({"span_id": "b0e6f15b45c36b13"}), json!({"trace_id": "x", "span_id": "b0e6f15b45c36b13"}), json!(7)] {
            check_refused(&with(at, wrong));
        }
    }
}

#[test]
fn transaction_that_is_no_object_is_invalid() {
    for wrong in ["{nope", "[]", "7"] {
        assert_eq!(outcomes(&envelope(&[(json!({"type": "transaction"}), wrong)])), ["transaction invalid invalid_json 1"]);
    }
}

#[test]
fn health_check_transactions_are_filtered() {
    let prepared = sent(&with("/transaction", json!("/healthz")));
    assert_eq!(outcomes(&prepared)[0], "transaction filtered filtered-transaction 1");
    assert_eq!((prepared.items.len(), prepared.outcomes.len()), (0, 4));
}
