//! From an admitted request to queue records: one per topic, with the same bytes and disjoint items (design §4).

use crate::{admit, inspect::{Opened, OpenedItem}, refusals::Refused};
use model::{ids::{EventId, Id}, item::Topic, record::{Partition, Record, RecordHeader, Route}};
use std::sync::Arc;

/// A header that says only whose record it is.
pub fn plain_header(refused: Refused, now_ms: i64) -> RecordHeader {
    RecordHeader {
        version: 1,
        received_ms: now_ms,
        organization_id: refused.organization_id,
        project_id: refused.project_id,
        key_id: refused.key_id,
        route: Route::Envelope,
        event_id: EventId::default(),
        client_ip: None,
        user_agent: None,
        client_hints: Vec::new(),
        client: None,
        origin: None,
        encoding: String::new(),
        content_type: String::new(),
        release: None,
        environment: None,
        items_left_out: Vec::new(),
        units: Vec::new(),
        decoded_bytes: 0,
        blob: None,
        blob_is_shared: false,
        is_replay: false,
    }
}

/// All records of a project stay in order in one partition of each topic.
pub fn partition(topic: Topic, project_id: Id, partitions: u16) -> Partition {
    // Fibonacci hashing spreads small sequential ids.
    let spread = (project_id as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    Partition { topic, index: (spread % u64::from(partitions.max(1))) as u16 }
}

/// The records of a request. `left_out` are the items that limits stopped; none is made for a topic without items.
pub fn build(header: RecordHeader, body: Arc<[u8]>, opened: &Opened, left_out: &[u32], partitions: u16) -> Vec<Record> {
    let admitted = || opened.items.iter().filter(|item| !left_out.contains(&item.index));
    // Unknown types travel with errors, where the worker counts them as dropped.
    let topic_of = |item: &OpenedItem| item.item_type.map_or(Topic::Errors, |item_type| item_type.topic());
    let wanted: Vec<Topic> = Topic::ALL.into_iter().filter(|topic| admitted().any(|item| topic_of(item) == *topic)).collect();
    let header = RecordHeader { decoded_bytes: opened.bytes as u64, blob_is_shared: header.blob.is_some() && wanted.len() > 1, ..header };
    wanted
        .into_iter()
        .map(|topic| {
            let (mine, others): (Vec<OpenedItem>, Vec<OpenedItem>) = opened.items.iter().partition(|item| !left_out.contains(&item.index) && topic_of(item) == topic);
            let units = admit::units(&mine).into_iter().map(|(category, quantity)| (category as u8, quantity));
            let header = RecordHeader { items_left_out: others.iter().map(|item| item.index).collect(), units: units.collect(), ..header.clone() };
            Record { partition: partition(topic, header.project_id, partitions), header, body: body.clone() }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::item::ItemType;

    fn check(types: &[Option<ItemType>], left_out: &[u32]) -> Vec<(Topic, Vec<u32>)> {
        let item = |(index, item_type): (usize, &Option<ItemType>)| OpenedItem { index: index as u32, item_type: *item_type, bytes: 1, ..OpenedItem::default() };
        let opened = Opened { items: types.iter().enumerate().map(item).collect(), ..Opened::default() };
        let header = plain_header(Refused { organization_id: 1, project_id: 42, key_id: 7 }, 0);
        let records = build(header, Arc::from(&b"x"[..]), &opened, left_out, 8);
        records.into_iter().map(|record| (record.partition.topic, record.header.items_left_out)).collect()
    }

    #[test]
    fn mixed_envelope_becomes_two_records_with_disjoint_items() {
        let types = [Some(ItemType::Event), Some(ItemType::Log), Some(ItemType::Attachment)];
        assert_eq!(check(&types, &[]), [(Topic::Errors, vec![1]), (Topic::Performance, vec![0, 2])]);
    }

    #[test]
    fn topic_without_admitted_items_gets_no_record() {
        assert_eq!(check(&[Some(ItemType::Event), Some(ItemType::Log)], &[0]), [(Topic::Performance, vec![0])]);
        assert_eq!(check(&[Some(ItemType::Event)], &[0]), []);
    }

    #[test]
    fn unknown_items_travel_with_errors() {
        assert_eq!(check(&[None], &[]), [(Topic::Errors, vec![])]);
    }
}
