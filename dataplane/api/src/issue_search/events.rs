//! Terms on events: stored columns by their field names, everything else as a tag.

use crate::ApiError;
use model::search::{Comparison, Key, Query, Term, Test, date_ms, duration_ms, number};
use store::{EventField, EventFilter, EventTest, NumberTest};

/// A whole query on events, as event lists take it.
///
/// # Errors
/// [`ApiError::Invalid`] for a term that has no meaning on events.
pub fn lower_events(query: &Query) -> Result<EventFilter, ApiError> {
    Ok(match query {
        Query::All => EventFilter::All,
        Query::And(parts) => EventFilter::And(parts.iter().map(lower_events).collect::<Result<_, _>>()?),
        Query::Or(parts) => EventFilter::Or(parts.iter().map(lower_events).collect::<Result<_, _>>()?),
        Query::Not(inner) => EventFilter::Not(Box::new(lower_events(inner)?)),
        Query::Term(term) => lower_term(term)?,
    })
}

/// The parsed text of a list's `query`.
///
/// # Errors
/// [`ApiError::Invalid`] naming the fault.
pub fn event_filter(text: &str) -> Result<EventFilter, ApiError> {
    let query = model::search::parse(text).map_err(|error| ApiError::Invalid(format!("Error parsing search query: {error}")))?;
    lower_events(&query)
}

/// One term.
///
/// # Errors
/// [`ApiError::Invalid`] for `is:` (a state of issues) or a comparison with text.
pub fn lower_term(term: &Term) -> Result<EventFilter, ApiError> {
    match term {
        Term::Text(text) => Ok(EventFilter::Is(EventField::Text, EventTest::Contains(text.clone()))),
        Term::Has(key) => Ok(EventFilter::Is(field(key), EventTest::Present)),
        Term::Is(state) => Err(ApiError::Invalid(format!("is:{state} is a state of issues and cannot be asked of events."))),
        Term::Key { key, test } => lower_test(field(key), test),
    }
}

fn field(key: &Key) -> EventField {
    if key.is_tag {
        return EventField::Tag(key.name.clone());
    }
    match key.name.as_str() {
        "title" => EventField::Title,
        "culprit" | "location" => EventField::Culprit,
        "message" => EventField::Text,
        "level" => EventField::Level,
        "platform" | "platform.name" => EventField::Platform,
        "logger" => EventField::Logger,
        "transaction" => EventField::Transaction,
        "release" => EventField::Release,
        "dist" => EventField::Dist,
        "environment" => EventField::Environment,
        "event.type" | "type" => EventField::Type,
        "error.handled" | "handled" => EventField::Handled,
        "id" | "event.id" => EventField::EventId,
        "timestamp" | "event.timestamp" => EventField::TimestampMs,
        "http.url" => EventField::Tag("url".into()),
        "os.name" | "device.family" | "browser.name" | "runtime.name" => EventField::Tag(key.name.clone()),
        other => EventField::Tag(other.to_owned()),
    }
}

fn lower_test(field: EventField, test: &Test) -> Result<EventFilter, ApiError> {
    match test {
        Test::OneOf(patterns) => {
            let (globs, exact): (Vec<_>, Vec<_>) = patterns.iter().partition(|pattern| pattern.has_star);
            let mut tests: Vec<EventFilter> = globs.iter().map(|pattern| EventFilter::Is(field.clone(), EventTest::Glob(pattern.text.clone()))).collect();
            let values: Vec<String> = exact.iter().map(|pattern| value(&field, &pattern.text)).collect();
            match values.as_slice() {
                [] => {}
                // A message is looked for, not equalled: nobody types a whole one.
                [only] if matches!(field, EventField::Text) => tests.push(EventFilter::Is(field, EventTest::Contains(only.clone()))),
                [only] if only.is_empty() => tests.push(EventFilter::Not(Box::new(EventFilter::Is(field, EventTest::Present)))),
                [only] => tests.push(EventFilter::Is(field, EventTest::Equals(only.clone()))),
                _ => tests.push(EventFilter::Is(field, EventTest::OneOf(values))),
            }
            Ok(if tests.len() == 1 { tests.remove(0) } else { EventFilter::Or(tests) })
        }
        Test::Compare(comparison, text) => compare(field, *comparison, text),
    }
}

/// The value as it is stored: `\*` is a star, booleans are 1 and 0 too.
fn value(field: &EventField, text: &str) -> String {
    match (field, text) {
        (EventField::Handled, "1") => "true".into(),
        (EventField::Handled, "0") => "false".into(),
        _ => text.replace("\\*", "*"),
    }
}

fn compare(field: EventField, comparison: Comparison, text: &str) -> Result<EventFilter, ApiError> {
    let amount = match field {
        EventField::TimestampMs => date_ms(text).map(|ms| ms as f64),
        _ => number(text).or_else(|| duration_ms(text)),
    };
    let amount = amount.ok_or_else(|| ApiError::Invalid(format!("'{text}' is no number, date or duration to compare with.")))?;
    let is = |test| EventFilter::Is(field.clone(), EventTest::Number(test, amount));
    Ok(match comparison {
        Comparison::Less => is(NumberTest::Less),
        Comparison::LessOrEqual => is(NumberTest::LessOrEqual),
        Comparison::Greater => is(NumberTest::Greater),
        Comparison::GreaterOrEqual => is(NumberTest::GreaterOrEqual),
        Comparison::Equal => is(NumberTest::Equal),
        Comparison::NotEqual => EventFilter::Not(Box::new(is(NumberTest::Equal))),
    })
}
