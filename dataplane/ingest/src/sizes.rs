//! Size limits of an envelope's items (`ingest-protocol` §1.8): one offender refuses the whole envelope.

use crate::{error::IngestError, inspect::OpenedItem};
use config::ingest::{CONTAINERS_MAX, SIZE_CLASSES, SizeClass};

/// Checks the items that are left after rate limiting.
///
/// # Errors
/// [`IngestError::ItemTooLarge`] naming the type that broke its class's limit.
pub fn check<'a>(items: impl Iterator<Item = &'a OpenedItem> + Clone) -> Result<(), IngestError> {
    for class in SIZE_CLASSES {
        let (mut count, mut together, mut containers) = (0, 0usize, 0);
        for item in items.clone() {
            let Some(item_type) = item.item_type.filter(|item_type| class.types.contains(item_type)) else { continue };
            count += 1;
            together = together.saturating_add(item.bytes);
            containers += usize::from(item.is_container);
            let too_many = count > class.items_max || containers > CONTAINERS_MAX;
            if too_many || together > class.together_bytes_max || is_too_large(item, class) {
                return Err(IngestError::ItemTooLarge(item_type));
            }
        }
    }
    Ok(())
}

/// What is in a container is looked at on average here; the worker looks at each.
fn is_too_large(item: &OpenedItem, class: &SizeClass) -> bool {
    let units = if item.is_container { usize::try_from(item.count).unwrap_or(usize::MAX).max(1) } else { 1 };
    item.bytes > class.item_bytes_max || item.bytes / units > class.unit_bytes_max
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::item::ItemType;

    fn refused(items: &[OpenedItem]) -> Option<ItemType> {
        match check(items.iter()) {
            Err(IngestError::ItemTooLarge(item_type)) => Some(item_type),
            _ => None,
        }
    }

    fn check_items(items: &[(ItemType, usize)]) -> Option<ItemType> {
        let items: Vec<OpenedItem> = items.iter().map(|(item_type, bytes)| OpenedItem::of(*item_type, *bytes)).collect();
        refused(&items)
    }

    fn container(item_type: ItemType, bytes: usize, count: u64) -> OpenedItem {
        OpenedItem { count, is_container: true, ..OpenedItem::of(item_type, bytes) }
    }

    #[test]
    fn event_of_one_mebibyte_passes_and_one_byte_more_does_not() {
        assert_eq!(check_items(&[(ItemType::Event, 1 << 20)]), None);
        assert_eq!(check_items(&[(ItemType::Event, (1 << 20) + 1)]), Some(ItemType::Event));
    }

    #[test]
    fn second_item_of_the_event_class_is_too_many() {
        assert_eq!(check_items(&[(ItemType::Event, 2), (ItemType::Transaction, 2)]), Some(ItemType::Transaction));
    }

    #[test]
    fn second_container_of_a_type_is_too_many() {
        assert_eq!(check_items(&[(ItemType::Log, 2), (ItemType::TraceMetric, 2)]), None);
        assert_eq!(check_items(&[(ItemType::Log, 2), (ItemType::Log, 2)]), Some(ItemType::Log));
    }

    #[test]
    fn attachments_share_their_limit() {
        let half = 101 << 20;
        assert_eq!(check_items(&[(ItemType::Attachment, half), (ItemType::Attachment, half)]), Some(ItemType::Attachment));
        assert_eq!(check_items(&[(ItemType::Attachment, 1); 31]), Some(ItemType::Attachment));
    }

    #[test]
    fn units_of_a_container_are_limited_on_average() {
        const MIB: usize = 1 << 20;
        assert_eq!(refused(&[container(ItemType::Log, 4 * MIB, 2)]), None);
        for (item_type, bytes, count) in [(ItemType::Log, 4 * MIB + 2, 2), (ItemType::TraceMetric, MIB + 1, 1), (ItemType::Span, 10 * MIB + 1, 1)] {
            assert_eq!(refused(&[container(item_type, bytes, count)]), Some(item_type));
        }
        assert_eq!(check_items(&[(ItemType::Span, 10 * MIB + 1)]), Some(ItemType::Span));
    }

    #[test]
    fn spans_of_the_old_form_may_be_many_and_their_containers_not() {
        assert_eq!(check_items(&[(ItemType::Span, 9); 25]), None);
        assert_eq!(refused(&[container(ItemType::Span, 9, 1), container(ItemType::Span, 9, 1)]), Some(ItemType::Span));
    }
}
