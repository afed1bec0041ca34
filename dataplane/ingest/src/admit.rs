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
pub fn units(items: &[OpenedItem]) -> Vec<(Category, u64)> {
    let mut units: Vec<(Category, u64)> = Vec::with_capacity(2);
    for (category, quantity) in items.iter().flat_map(|item| item_units(*item)) {
        match units.iter_mut().find(|(known, _)| *known == category) {
            Some((_, sum)) => *sum += quantity,
            None => units.push((category, quantity)),
        }
    }
    units
}

/// An item's categories and quantities as far as its header shows them (§3.2).
fn item_units(item: OpenedItem) -> impl Iterator<Item = (Category, u64)> {
    let bytes = (item.bytes as u64).max(1);
    let (first, second) = match item.item_type {
        None | Some(ItemType::ClientReport) => (None, None),
        Some(ItemType::Attachment) => (Some((Category::Attachment, bytes)), Some((Category::AttachmentItem, 1))),
        Some(ItemType::Log) => (Some((Category::LogItem, 1)), Some((Category::LogByte, bytes))),
        Some(other) => (other.category().map(|category| (category, 1)), None),
    };
    first.into_iter().chain(second)
}

/// Sorts items into those that go on and those a limit stops.
pub fn admit(opened: &Opened, answer: &LimitAnswer, event_id: EventId) -> Admission {
    let mut admission = Admission { limits: answer.exceeded.iter().map(rate_limit).collect(), ..Admission::default() };
    if answer.exceeded.is_empty() {
        return admission;
    }
    let event_is_limited = opened.items.iter().filter(|item| is_event(item)).any(|item| limit_of(*item, answer).is_some());
    for item in &opened.items {
        let own = limit_of(*item, answer);
        let is_dependent = event_is_limited && depends_on_event(item);
        if own.is_none() && !is_dependent {
            continue;
        }
        admission.left_out.push(item.index);
        // Sessions over a limit are dropped without an outcome (§3.3).
        if matches!(item.item_type, Some(ItemType::Session | ItemType::Sessions)) {
            continue;
        }
        let reason = own.or_else(|| event_limit(opened, answer)).unwrap_or_default();
        let id = item.item_type.is_some_and(ItemType::creates_event).then_some(event_id);
        admission.refusals.extend(item_units(*item).map(|(category, quantity)| Refusal { category, kind: OutcomeKind::RateLimited, reason: reason.clone(), quantity, event_id: id }));
    }
    admission
}

fn is_event(item: &OpenedItem) -> bool {
    item.item_type.is_some_and(|item_type| item_type.creates_event() && item_type != ItemType::Feedback)
}

/// Attachments, reports and profiles mean nothing without their event; an attachment alone is its own.
fn depends_on_event(item: &OpenedItem) -> bool {
    matches!(item.item_type, Some(ItemType::Attachment | ItemType::UserReport | ItemType::Profile | ItemType::FormData))
}

fn event_limit(opened: &Opened, answer: &LimitAnswer) -> Option<String> {
    opened.items.iter().filter(|item| is_event(item)).find_map(|item| limit_of(*item, answer))
}

/// The reason of the limit that stops an item. Limits on transactions and spans stop both.
fn limit_of(item: OpenedItem, answer: &LimitAnswer) -> Option<String> {
    let own = item_units(item).find_map(|(category, _)| answer.refusal(category));
    let mirrored = || match item.item_type {
        Some(ItemType::Transaction) => answer.refusal(Category::Span),
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
        let item = |(index, item_type): (usize, &ItemType)| OpenedItem { index: index as u32, item_type: Some(*item_type), is_internal: false, bytes: 10 };
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
    fn limited_session_is_not_counted() {
        assert_eq!(check(&[ItemType::Session], Category::Session), (vec![0], vec![]));
    }

    #[test]
    fn other_categories_go_on() {
        assert_eq!(check(&[ItemType::Event], Category::Transaction), (vec![], vec![]));
    }
}
