//! Reports about events: what a person wrote, and what an SDK discarded (`ingest-protocol` §2.3, §3.5).

use super::{
    envelope::Opened,
    invalid,
    items::{DAY_S, FUTURE_S, drift_s},
};
use crate::{Request, normalize::parse_seconds};
use model::{
    category::Category,
    ids::EventId,
    json::{self, Value},
    outcome::OutcomeKind,
    prepared::{Prepared, PreparedOutcome, UserReport},
};

pub(crate) fn user_report(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let parsed = json::parse(opened.payload.trim_ascii()).ok();
    let report = parsed.as_ref().and_then(|value| {
        let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().chars().take(COMMENT_CHARS_MAX).collect::<String>();
        let event_id = value.get("event_id").and_then(Value::as_str).and_then(EventId::parse).or(opened.envelope.header.event_id)?;
        value.as_object()?;
        Some(UserReport { event_id, name: text("name"), email: text("email"), comments: text("comments"), timestamp_ms: request.header.received_ms })
    });
    match report {
        Some(report) => prepared.user_reports.push(report),
        None => prepared.outcomes.push(invalid(Category::Feedback, "invalid_json", 1, opened.envelope.header.event_id)),
    }
}

/// Longer comments are no comments.
const COMMENT_CHARS_MAX: usize = 4096;

/// A client report becomes the outcomes it names; it is never counted itself.
pub(crate) fn client_report(request: &Request, opened: &Opened, prepared: &mut Prepared) {
    let Ok(report) = json::parse(opened.payload) else { return };
    if !is_in_time(&report, request, opened) {
        return;
    }
    for (list, kind) in LISTS {
        for entry in report.get(list).and_then(Value::as_array).unwrap_or_default().iter().take(ENTRIES_MAX) {
            prepared.outcomes.extend(outcome(entry, kind));
        }
    }
}

const LISTS: [(&str, OutcomeKind); 4] = [
    ("discarded_events", OutcomeKind::ClientDiscard),
    ("rate_limited_events", OutcomeKind::RateLimited),
    ("filtered_events", OutcomeKind::Filtered),
    ("filtered_sampling_events", OutcomeKind::Filtered),
];

/// Reasons times categories stay far below this.
const ENTRIES_MAX: usize = 1000;

fn outcome(entry: &Value, kind: OutcomeKind) -> Option<PreparedOutcome> {
    let reason = entry.str_at(&["reason"])?;
    let category = match entry.get("category")? {
        Value::Str(name) => Category::from_name(name).unwrap_or(Category::Unknown),
        number => number.as_u64().and_then(|number| Category::from_number(u8::try_from(number).ok()?)).unwrap_or(Category::Unknown),
    };
    let quantity = entry.get("quantity").map_or(Some(1), Value::as_u64).filter(|quantity| *quantity > 0)?;
    // A sum of hostile numbers must not overflow.
    let quantity = quantity.min(u64::from(u32::MAX));
    Some(PreparedOutcome { category, kind, reason: reason.chars().take(200).collect(), quantity, event_id: None })
}

fn is_in_time(report: &Value, request: &Request, opened: &Opened) -> bool {
    let Some(time_s) = report.get("timestamp").and_then(parse_seconds) else { return true };
    let received_s = request.header.received_ms as f64 / 1000.0;
    (received_s - 90.0 * DAY_S..=received_s + FUTURE_S).contains(&(time_s + drift_s(request, opened)))
}
