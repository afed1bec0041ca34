//! Which items of a request go on: limits per category, and what a limited item takes with it (`ingest-protocol` §3.3).
//!
//! In: the opened body and what the limits answer. Out: items left out, the limits to tell the SDK, refusals to count.

use crate::{inspect::{Opened, OpenedItem}, refusals::Refusal, reply::{RateLimit, Scope}};
use model::{category::Category, ids::EventId, item::ItemType, outcome::OutcomeKind};
use store::{LimitAnswer, LimitScope};

/// The decision on a request's items.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Admission {
    /// Indexes of items that do not go on, ascending.
    pub left_out: Vec<u32>,
    pub limits: Vec<RateLimit>,
    pub refusals: Vec<Refusal>,
}

/// What the items would spend, one entry per category.
pub fn units<'i>(items: impl IntoIterator<Item = &'i OpenedItem>) -> Vec<(Category, u64)> {
    let mut units: Vec<(Category, u64)> = Vec::with_capacity(2);
    for (category, quantity) in items.into_iter().flat_map(item_units) {
        match units.iter_mut().find(|(known, _)| *known == category) {
            Some((_, sum)) => *sum += quantity,
            None => units.push((category, quantity)),
        }
    }
    units
}

/// An item's categories and quantities as far as its header shows them (§3.2). The worker finds the rest, in the same units.
pub fn item_units(item: &OpenedItem) -> impl Iterator<Item = (Category, u64)> + use<> {
    let (bytes, count) = ((item.bytes as u64).max(1), item.count.max(1));
    let mut units = [None; 4];
    let mut put = |known: &[(Category, u64)]| units.iter_mut().zip(known).for_each(|(unit, known)| *unit = Some(*known));
    match item.item_type {
        None | Some(ItemType::ClientReport) => {}
        Some(ItemType::Attachment | ItemType::UnrealReport | ItemType::FormData) => {
            put(&[(Category::Attachment, bytes), (Category::AttachmentItem, 1), (Category::Error, 1)][..if item.is_crash { 3 } else { 2 }]);
        }
        Some(ItemType::Transaction) => put(&[(Category::Transaction, 1), (Category::TransactionIndexed, 1), (Category::Span, count), (Category::SpanIndexed, count)]),
        Some(ItemType::Span | ItemType::OtlpTraces) => put(&[(Category::Span, count), (Category::SpanIndexed, count)]),
        Some(ItemType::Log | ItemType::OtlpLogs | ItemType::VercelLogs | ItemType::Nel) => put(&[(Category::LogItem, count), (Category::LogByte, bytes)]),
        Some(ItemType::TraceMetric) => put(&[(Category::TraceMetric, count), (Category::TraceMetricByte, bytes)]),
        Some(ItemType::Profile) => put(&[(Category::Profile, 1), (Category::ProfileIndexed, 1)]),
        Some(ItemType::ProfileChunk) if item.is_ui => put(&[(Category::ProfileChunkUi, 1)]),
        Some(other) => put(&[(other.category().unwrap_or(Category::Default), count)]),
    }
    units.into_iter().flatten()
}

/// Of the first units, what is not among the second.
pub fn without(units: &[(Category, u64)], less: &[(Category, u64)]) -> Vec<(Category, u64)> {
    let left = |(category, quantity): &(Category, u64)| {
        let gone: u64 = less.iter().filter(|(other, _)| other == category).map(|(_, quantity)| quantity).sum();
        (*category, quantity.saturating_sub(gone))
    };
    units.iter().map(left).filter(|(_, quantity)| *quantity > 0).collect()
}

/// Sorts items into those that go on and those a limit stops.
pub fn admit(opened: &Opened, answer: &LimitAnswer, event_id: EventId) -> Admission {
    let mut admission = Admission { limits: answer.exceeded.iter().map(rate_limit).collect(), ..Admission::default() };
    if answer.exceeded.is_empty() {
        return admission;
    }
    let event_limit = event_limit(opened, answer);
    let all = answer.refuses_request();
    // Found again by its id is what has one: everything of an envelope that is about an event.
    let id = (opened.event_id.is_some() || opened.creates_event()).then_some(event_id);
    for item in &opened.items {
        let own = limit_of(item, answer);
        let dependent = event_limit.clone().filter(|_| depends_on_event(item));
        if own.is_none() && dependent.is_none() && !all {
            continue;
        }
        admission.left_out.push(item.index);
        // Sessions over a limit are dropped without an outcome (§3.3).
        if matches!(item.item_type, Some(ItemType::Session | ItemType::Sessions)) {
            continue;
        }
        let reason = own.or(dependent).unwrap_or_default();
        admission.refusals.extend(item_units(item).map(|(category, quantity)| Refusal { category, kind: OutcomeKind::RateLimited, reason: reason.clone(), quantity, event_id: id }));
    }
    admission
}

/// Attachments, reports and profiles mean nothing without their event; an attachment alone is its own.
fn depends_on_event(item: &OpenedItem) -> bool {
    matches!(item.item_type, Some(ItemType::Attachment | ItemType::UserReport | ItemType::Profile | ItemType::FormData))
}

/// The reason of the limit that stops the event which the other items belong to; feedback is it only where there is nothing else.
fn event_limit(opened: &Opened, answer: &LimitAnswer) -> Option<String> {
    let events = || opened.items.iter().filter(|item| item.creates_event());
    let is_other = |item: &&OpenedItem| item.item_type != Some(ItemType::Feedback);
    if events().any(|item| is_other(&item)) { events().filter(is_other).find_map(|item| limit_of(item, answer)) } else { events().find_map(|item| limit_of(item, answer)) }
}

/// The reason of the limit that stops an item. Limits on transactions and spans stop both.
fn limit_of(item: &OpenedItem, answer: &LimitAnswer) -> Option<String> {
    let own = item_units(item).find_map(|(category, _)| answer.refusal(category));
    // A transaction's own units hold its spans.
    let mirrored = || match item.item_type {
        Some(ItemType::Span | ItemType::OtlpTraces) => answer.refusal(Category::Transaction),
        _ => None,
    };
    own.or_else(mirrored).map(|limit| limit.reason.clone())
}

fn rate_limit(limit: &store::ExceededLimit) -> RateLimit {
    let scope = match limit.scope {
        LimitScope::Organization => Scope::Organization,
        LimitScope::Project => Scope::Project,
        LimitScope::Key => Scope::Key,
    };
    RateLimit { retry_after_s: u64::from(limit.retry_after_s), categories: limit.categories.clone(), scope, reason: limit.reason.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use store::ExceededLimit;

    fn opened(types: &[ItemType]) -> Opened {
        let item = |(index, item_type): (usize, &ItemType)| OpenedItem { index: index as u32, ..OpenedItem::of(*item_type, 10) };
        Opened { items: types.iter().enumerate().map(item).collect(), ..Opened::default() }
    }

    /// Indexes left out, and the categories counted, when `category` is limited.
    fn check(types: &[ItemType], category: Category) -> (Vec<u32>, Vec<(Category, u64)>) {
        let limit = ExceededLimit { retry_after_s: 60, categories: vec![category], scope: LimitScope::Project, reason: "quota".into() };
        let admission = admit(&opened(types), &LimitAnswer { exceeded: vec![limit] }, EventId([1; 16]));
        (admission.left_out, admission.refusals.iter().map(|refusal| (refusal.category, refusal.quantity)).collect())
    }

    #[test]
    fn limited_event_takes_its_attachments_along() {
        let (left_out, counted) = check(&[ItemType::Event, ItemType::Attachment, ItemType::Session], Category::Error);
        assert_eq!(left_out, [0, 1]);
        assert_eq!(counted, [(Category::Error, 1), (Category::Attachment, 10), (Category::AttachmentItem, 1)]);
    }

    #[test]
    fn limited_attachment_leaves_its_event() {
        assert_eq!(check(&[ItemType::Event, ItemType::Attachment], Category::Attachment).0, [1]);
    }

    #[test]
    fn limits_on_spans_and_transactions_mirror_each_other() {
        assert_eq!(check(&[ItemType::Transaction, ItemType::Profile], Category::Span).0, [0, 1]);
        assert_eq!(check(&[ItemType::Span], Category::Transaction).0, [0]);
    }

    #[test]
    fn limited_feedback_takes_its_screenshot_along_and_an_event_does_not_lose_its_own_to_it() {
        assert_eq!(check(&[ItemType::Feedback, ItemType::Attachment], Category::Feedback).0, [0, 1]);
        assert_eq!(check(&[ItemType::Event, ItemType::Feedback, ItemType::Attachment], Category::Feedback).0, [1]);
    }

    /// What one item counts as.
    fn counts(item: OpenedItem) -> Vec<(Category, u64)> {
        units([&item])
    }

    #[test]
    fn items_count_in_the_units_of_their_outcomes() {
        let container = |item_type| OpenedItem { count: 100, is_container: true, ..OpenedItem::of(item_type, 5_000) };
        assert_eq!(counts(container(ItemType::Log)), [(Category::LogItem, 100), (Category::LogByte, 5_000)]);
        assert_eq!(counts(container(ItemType::TraceMetric)), [(Category::TraceMetric, 100), (Category::TraceMetricByte, 5_000)]);
        assert_eq!(counts(container(ItemType::Span)), [(Category::Span, 100), (Category::SpanIndexed, 100)]);
        let transaction = OpenedItem { count: 4, ..OpenedItem::of(ItemType::Transaction, 900) };
        assert_eq!(counts(transaction), [(Category::Transaction, 1), (Category::TransactionIndexed, 1), (Category::Span, 4), (Category::SpanIndexed, 4)]);
        assert_eq!(counts(OpenedItem { is_ui: true, ..OpenedItem::of(ItemType::ProfileChunk, 9) }), [(Category::ProfileChunkUi, 1)]);
        let crash = OpenedItem { is_crash: true, ..OpenedItem::of(ItemType::UnrealReport, 70) };
        assert_eq!(counts(crash), [(Category::Attachment, 70), (Category::AttachmentItem, 1), (Category::Error, 1)]);
        assert_eq!(counts(OpenedItem { count: 3, ..OpenedItem::of(ItemType::RawSecurity, 70) }), [(Category::Security, 3)]);
    }

    #[test]
    fn empty_bucket_stops_even_what_counts_as_nothing() {
        let bucket = ExceededLimit { retry_after_s: 1, categories: vec![], scope: LimitScope::Project, reason: "project_rate_limit".into() };
        let answer = LimitAnswer { exceeded: vec![bucket] };
        assert_eq!(admit(&opened(&[ItemType::ClientReport]), &answer, EventId([1; 16])).left_out, [0]);
        let quota = ExceededLimit { retry_after_s: 1, categories: vec![], scope: LimitScope::Project, reason: "quota".into() };
        assert_eq!(admit(&opened(&[ItemType::ClientReport]), &LimitAnswer { exceeded: vec![quota] }, EventId([1; 16])).left_out, [0u32; 0]);
    }

    #[test]
    fn what_is_refunded_was_taken() {
        let taken = [(Category::Error, 3), (Category::Attachment, 70), (Category::Session, 1)];
        assert_eq!(without(&taken, &[(Category::Error, 3), (Category::Attachment, 20)]), [(Category::Attachment, 50), (Category::Session, 1)]);
    }

    #[test]
    fn limited_session_is_not_counted() {
        assert_eq!(check(&[ItemType::Session], Category::Session), (vec![0], vec![]));
    }

    #[test]
    fn other_categories_go_on() {
        assert_eq!(check(&[ItemType::Event], Category::Transaction), (vec![], vec![]));
    }
}
