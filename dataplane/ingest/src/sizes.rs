//! Size limits of an envelope's items (`ingest-protocol` §1.8): one offender refuses the whole envelope.

use crate::error::IngestError;
use config::ingest::SIZE_CLASSES;
use model::item::ItemType;

/// Checks the items that are left after rate limiting, given as type and payload bytes.
///
/// # Errors
/// [`IngestError::ItemTooLarge`] naming the type that broke its class's limit.
pub fn check(items: impl Iterator<Item = (ItemType, usize)> + Clone) -> Result<(), IngestError> {
    for class in SIZE_CLASSES {
        let (mut count, mut together) = (0, 0usize);
        for (item_type, bytes) in items.clone().filter(|(item_type, _)| class.types.contains(item_type)) {
            count += 1;
            together = together.saturating_add(bytes);
            if bytes > class.item_bytes_max || together > class.together_bytes_max || count > class.items_max {
                return Err(IngestError::ItemTooLarge(item_type));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_items(items: &[(ItemType, usize)]) -> Option<ItemType> {
        match check(items.iter().copied()) {
            Err(IngestError::ItemTooLarge(item_type)) => Some(item_type),
            _ => None,
        }
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
}
