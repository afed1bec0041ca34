//! One event from JSON to rows: normalise, filter, enrich, scrub, enhance, group, serialise.

mod tags;
mod write_back;

use crate::{
    Request,
    enrich::{self, agent::Agent},
    filter::Subject,
    group::{self, component::hash_of, title},
    normalize::{self, Surroundings, notes::Notes},
    open::invalid,
    view::EventView,
};
use model::{
    category::Category,
    ids::EventId,
    item::ItemType,
    json::{self, Value},
    outcome::OutcomeKind,
    prepared::{Level, Prepared, PreparedEvent, PreparedOutcome},
    search::fields,
};

/// An event as it came.
pub(crate) struct EventInput<'i> {
    pub event_id: EventId,
    pub item_type: ItemType,
    pub json: &'i [u8],
    /// When the SDK says it sent the envelope, for clock drift.
    pub sent_at_ms: Option<i64>,
}

/// Prepares one event; whatever keeps it from being stored becomes an outcome.
pub(crate) fn prepare_event(request: &Request, input: EventInput, prepared: &mut Prepared) {
    match json::parse(input.json) {
        Ok(event) if event.as_object().is_some() => prepare_value(request, &input, event, prepared),
        Ok(_) => prepared.outcomes.push(invalid(Category::Error, "invalid_json", 1, Some(input.event_id))),
        Err(json::Error::TooDeep) => prepared.outcomes.push(invalid(Category::Error, "nesting_too_deep", 1, Some(input.event_id))),
        Err(json::Error::Syntax(_)) => prepared.outcomes.push(invalid(Category::Error, "invalid_json", 1, Some(input.event_id))),
    }
}

/// Like [`prepare_event`], for an event that is a value already.
pub(crate) fn prepare_value(request: &Request, input: &EventInput, mut event: Value, prepared: &mut Prepared) {
    let mut notes = Notes::default();
    let around = Surroundings::of(request, input.event_id, input.item_type, input.sent_at_ms);
    normalize::normalize(&mut event, &around, &mut notes);
    let agent = enrich::agent_of(&event, &request.header.client_hints);
    if let Some(key) = filtered(request, &event, agent.as_ref()) {
        return prepared.outcomes.push(filtered_outcome(input, &event, key));
    }
    if let Some(agent) = &agent {
        enrich::add_agent(&mut event, agent);
    }
    if let Some(database) = &request.resources.geo {
        enrich::add_place(&mut event, database);
    }
    request.project.scrubber.scrub(&mut event, &mut notes);
    if let Some(event) = event.as_object_mut() {
        notes.write_into(event);
    }
    prepared.events.push(finish(request, input, event));
}

/// The key of the filter that takes the event.
pub(crate) fn filtered(request: &Request, event: &Value, agent: Option<&Agent>) -> Option<String> {
    let view = EventView::without_frames(event);
    let user_agent = event.get("request").and_then(Value::as_object).and_then(|http| normalize::header(http, "User-Agent"));
    let client_ip = request.header.client_ip.as_deref();
    request.project.filters.find(&Subject { view: &view, client_ip, user_agent, agent })
}

fn filtered_outcome(input: &EventInput, event: &Value, reason: String) -> PreparedOutcome {
    let is_csp = event.get("csp").is_some_and(|csp| csp.as_object().is_some());
    let category = category(input.item_type, if is_csp { "csp" } else { "error" });
    PreparedOutcome { category, kind: OutcomeKind::Filtered, reason, quantity: 1, event_id: Some(input.event_id) }
}

/// Groups and serialises a normalised event.
fn finish(request: &Request, input: &EventInput, mut event: Value) -> PreparedEvent {
    let rules = &request.project.grouping;
    let mut view = EventView::new(&event);
    let grouping = group::group_event(&mut view, rules);
    let heading = title::heading(&view, &grouping);
    // Every feedback is an issue of its own.
    let is_feedback = input.item_type == ItemType::Feedback;
    let hashes = if is_feedback { vec![hash_of([input.event_id.to_string().as_str()])] } else { grouping.hashes() };
    let hashes_before = if is_feedback { Vec::new() } else { hashes_before(request, &event) };
    let handled = title::main_exception(&view, grouping.main_exception_id).and_then(|exception| exception.mechanism.as_ref()?.handled);
    let message = view.message().or_else(|| view.text(&["contexts", "feedback", "message"])).unwrap_or_default().chars().take(8192).collect();
    let changes = write_back::changes(&view, &grouping, &heading);
    let tags = tags::index_tags(&view, handled);
    let text = |key: &str| event.str_at(&[key]).map(str::to_owned);
    let user = tags.iter().find(|(key, _)| key == "user").map(|(_, value)| value.clone());
    let mut prepared = PreparedEvent {
        event_id: input.event_id,
        item_type: input.item_type,
        category: category(input.item_type, &heading.event_type),
        event_type: heading.event_type,
        timestamp_ms: event.get("timestamp").and_then(Value::as_f64).map_or(request.header.received_ms, |seconds| (seconds * 1000.0) as i64),
        level: event.str_at(&["level"]).and_then(Level::from_name).unwrap_or(Level::Error),
        platform: text("platform").unwrap_or_default(),
        title: heading.title,
        culprit: heading.culprit,
        message,
        logger: text("logger"),
        transaction: text("transaction"),
        release: text("release"),
        dist: text("dist"),
        environment: text("environment"),
        user,
        facts: Vec::new(),
        stack_digest: None,
        tags,
        metadata: json::to_vec(&Value::Object(heading.metadata)),
        handled,
        hashes,
        hashes_before,
        payload: Vec::new(),
    };
    write_back::apply(&mut event, changes);
    prepared.facts = fields::facts(&event, prepared.user.as_deref());
    prepared.stack_digest = fields::stack_digest(&event);
    prepared.payload = json::to_vec_of(&event, input.json.len() + ADDED_BYTES);
    prepared
}

/// What processing usually adds: contexts of the user agent, the title, notes of what was scrubbed.
const ADDED_BYTES: usize = 2 << 10;

/// While a transition runs, the former configuration's hashes are computed too, so that known issues are found.
fn hashes_before(request: &Request, event: &Value) -> Vec<[u8; 16]> {
    let ends_ms = request.project.options.grouping.transition_ends_ms;
    let Some(rules) = request.project.grouping_before.as_ref().filter(|_| request.now_ms < ends_ms) else {
        return Vec::new();
    };
    let mut view = EventView::new(event);
    group::group_event(&mut view, rules).hashes()
}

fn category(item_type: ItemType, event_type: &str) -> Category {
    match (item_type, event_type) {
        (ItemType::Feedback, _) | (_, "feedback") => Category::Feedback,
        (ItemType::RawSecurity, _) | (_, "csp" | "hpkp" | "expectct" | "expectstaple" | "nel") => Category::Security,
        (_, "error") => Category::Error,
        _ => Category::Default,
    }
}
