//! Terms on events: stored columns by their field names, fields inside events, everything else as a tag.

use crate::ApiError;
use model::search::{Comparison, Key, Pattern, Query, Term, Test, date_ms, duration_ms, fields, number};
use store::{EventField, EventFilter, EventTest, NumberTest, ReleasePart};

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

/// One term.
///
/// # Errors
/// [`ApiError::Invalid`] for `is:` (a state of issues) or a comparison with text.
pub fn lower_term(term: &Term) -> Result<EventFilter, ApiError> {
    match term {
        Term::Text(text) => Ok(EventFilter::Is(EventField::Text, EventTest::Contains(text.clone()))),
        Term::Has(key) => Ok(EventFilter::Is(field(key), EventTest::Present)),
        Term::Is(state) => Err(ApiError::Invalid(format!("is:{state} is a state of issues and cannot be asked of events."))),
        Term::Key { key, test } if !key.is_tag && key.name == "error.unhandled" => Ok(EventFilter::Not(Box::new(lower_test(EventField::Handled, test)?))),
        Term::Key { key, test } => lower_test(field(key), test),
    }
}

fn field(key: &Key) -> EventField {
    if key.is_tag {
        return EventField::Tag(key.name.clone());
    }
    match key.name.as_str() {
        "title" => EventField::Title,
        "culprit" => EventField::Culprit,
        "message" => EventField::Text,
        "level" => EventField::Level,
        "platform" | "platform.name" => EventField::Platform,
        "logger" => EventField::Logger,
        "transaction" => EventField::Transaction,
        "release" => EventField::Release,
        "release.package" => EventField::ReleasePart(ReleasePart::Package),
        "release.version" => EventField::ReleasePart(ReleasePart::Version),
        "release.build" => EventField::ReleasePart(ReleasePart::Build),
        "dist" => EventField::Dist,
        "environment" => EventField::Environment,
        "event.type" | "type" => EventField::Type,
        "error.handled" | "handled" => EventField::Handled,
        "id" | "event.id" => EventField::EventId,
        "timestamp" | "event.timestamp" => EventField::TimestampMs,
        "http.url" => EventField::Tag("url".into()),
        "device.model" => EventField::Tag("device".into()),
        // Computed or copied to tags when the event came; asking a tag is faster.
        "os.name" | "client_os.name" | "browser.name" | "runtime.name" | "device.family" | "device.class" => EventField::Tag(key.name.clone()),
        other if fields::is_field(other) => EventField::Inner(other.to_owned()),
        other => EventField::Tag(other.to_owned()),
    }
}

fn lower_test(field: EventField, test: &Test) -> Result<EventFilter, ApiError> {
    let patterns = match test {
        Test::OneOf(patterns) => patterns,
        Test::Compare(comparison, text) => return compare(field, *comparison, text),
    };
    let mut tests = patterns.iter().filter(|pattern| pattern.has_star).map(|pattern| EventFilter::Is(field.clone(), EventTest::Glob(pattern.text.clone()))).collect::<Vec<_>>();
    let mut values = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.has_star) {
        match special(&field, pattern)? {
            Some(filter) => tests.push(filter),
            None => values.push(value(&field, &pattern.text)),
        }
    }
    match values.len() {
        0 => {}
        1 => tests.push(EventFilter::Is(field, EventTest::Equals(values.remove(0)))),
        _ => tests.push(EventFilter::Is(field, EventTest::OneOf(values))),
    }
    Ok(if tests.len() == 1 { tests.remove(0) } else { EventFilter::Or(tests) })
}

/// Values that are more than text to equal.
fn special(field: &EventField, pattern: &Pattern) -> Result<Option<EventFilter>, ApiError> {
    let text = &pattern.text;
    Ok(match field {
        _ if text.is_empty() => Some(EventFilter::Not(Box::new(EventFilter::Is(field.clone(), EventTest::Present)))),
        // A message is looked for, not equalled: nobody types a whole one.
        EventField::Text => Some(EventFilter::Is(EventField::Text, EventTest::Contains(text.replace("\\*", "*")))),
        EventField::ReleasePart(ReleasePart::Version) => {
            let equals = EventFilter::Is(field.clone(), EventTest::Equals(text.clone()));
            Some(EventFilter::Or(vec![equals, EventFilter::Is(field.clone(), EventTest::Version(NumberTest::Equal, text.clone()))]))
        }
        EventField::TimestampMs => {
            let day_ms = date_ms(text).ok_or_else(|| no_amount(text))?;
            let is = |test, ms: i64| EventFilter::Is(EventField::TimestampMs, EventTest::Number(test, ms as f64));
            // A date is the whole day, a moment its second.
            let length_ms = if text.contains([':', 'T']) { 1_000 } else { 86_400_000 };
            Some(EventFilter::And(vec![is(NumberTest::GreaterOrEqual, day_ms), is(NumberTest::Less, day_ms + length_ms)]))
        }
        _ => None,
    })
}

/// The value as it is stored: `\*` is a star, booleans are 1 and 0 too.
fn value(field: &EventField, text: &str) -> String {
    match (field, text) {
        (EventField::Handled, "1" | "yes") => "true".into(),
        (EventField::Handled, "0" | "no") => "false".into(),
        _ => text.replace("\\*", "*"),
    }
}

fn compare(field: EventField, comparison: Comparison, text: &str) -> Result<EventFilter, ApiError> {
    let is_version = matches!(field, EventField::Release | EventField::ReleasePart(ReleasePart::Version));
    // `>2` means `>2.0`; a release named by one number is no version.
    let text = &if is_version && text.parse::<u64>().is_ok() { format!("{text}.0") } else { text.to_owned() };
    let amount = match field {
        _ if is_version => None,
        EventField::TimestampMs => Some(date_ms(text).ok_or_else(|| no_amount(text))? as f64),
        _ => Some(number(text).or_else(|| duration_ms(text)).ok_or_else(|| no_amount(text))?),
    };
    if amount.is_none() && model::version::parse(text).is_none() {
        return Err(ApiError::Invalid(format!("'{text}' is no version to compare with; write for example release.version:>=1.2.0.")));
    }
    let is = |test| EventFilter::Is(field.clone(), amount.map_or_else(|| EventTest::Version(test, text.to_owned()), |amount| EventTest::Number(test, amount)));
    Ok(match comparison {
        Comparison::Less => is(NumberTest::Less),
        Comparison::LessOrEqual => is(NumberTest::LessOrEqual),
        Comparison::Greater => is(NumberTest::Greater),
        Comparison::GreaterOrEqual => is(NumberTest::GreaterOrEqual),
        Comparison::Equal => is(NumberTest::Equal),
        Comparison::NotEqual => EventFilter::Not(Box::new(is(NumberTest::Equal))),
    })
}

fn no_amount(text: &str) -> ApiError {
    ApiError::Invalid(format!("'{text}' is no number, date or duration to compare with."))
}
