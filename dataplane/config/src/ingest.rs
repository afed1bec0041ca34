//! Limits of what SDKs may send (`ingest-protocol` §1.8). They are the protocol's, so they are constants.

use model::item::ItemType;

/// The most a request may hold when decompressed.
pub const ENVELOPE_BYTES_MAX: usize = 200 << 20;
/// The most a single JSON event may hold: event, transaction, security report, feedback.
pub const EVENT_BYTES_MAX: usize = 1 << 20;
/// The most a body of the store route may hold: an event as base64, with line breaks.
pub const STORE_BYTES_MAX: usize = 2 << 20;
/// The most an OTLP or Vercel body may hold.
pub const OTLP_BYTES_MAX: usize = 12 << 20;
/// Above this, compressed, a body is streamed to blobs instead of being held in memory (design §4).
pub const BODY_IN_RECORD_BYTES_MAX: usize = 512 << 10;

/// Item types that share one limit.
#[derive(Debug, Clone, Copy)]
pub struct SizeClass {
    pub types: &'static [ItemType],
    pub item_bytes_max: usize,
    pub together_bytes_max: usize,
    pub items_max: usize,
    /// The most one log, span or metric may hold: in a container on average, and where it is an item of its own.
    pub unit_bytes_max: usize,
}

/// Containers of one type that an envelope may hold.
pub const CONTAINERS_MAX: usize = 1;

const fn class(types: &'static [ItemType], item_bytes_max: usize, together_bytes_max: usize, items_max: usize) -> SizeClass {
    SizeClass { types, item_bytes_max, together_bytes_max, items_max, unit_bytes_max: item_bytes_max }
}

const fn containers(types: &'static [ItemType], unit_bytes_max: usize, items_max: usize) -> SizeClass {
    SizeClass { unit_bytes_max, ..class(types, 12 * MIB, 12 * MIB, items_max) }
}

const MIB: usize = 1 << 20;
const KIB: usize = 1 << 10;

/// Every item type is in exactly one class (a test says so).
pub const SIZE_CLASSES: &[SizeClass] = &[
    class(&[ItemType::Event, ItemType::Transaction, ItemType::RawSecurity, ItemType::ReplayEvent, ItemType::Feedback, ItemType::FormData], EVENT_BYTES_MAX, EVENT_BYTES_MAX, 1),
    class(&[ItemType::Attachment, ItemType::UnrealReport, ItemType::UserReport], 200 * MIB, 200 * MIB, 30),
    class(&[ItemType::ClientReport], 100 * KIB, 100 * KIB, 100),
    class(&[ItemType::CheckIn], 100 * KIB, 100 * KIB, 1),
    class(&[ItemType::Session, ItemType::Sessions], 10 * MIB, 10 * MIB, 100),
    class(&[ItemType::Profile, ItemType::ProfileChunk], 50 * MIB, 50 * MIB, 1),
    class(&[ItemType::ReplayRecording, ItemType::ReplayVideo], 10 * MIB, 10 * MIB, 1),
    containers(&[ItemType::Log], 2 * MIB, 1),
    containers(&[ItemType::TraceMetric], MIB, 1),
    containers(&[ItemType::Span], 10 * MIB, 25),
    class(&[ItemType::MetricBuckets], MIB, MIB, 1),
    class(&[ItemType::Nel, ItemType::OtlpTraces, ItemType::OtlpLogs, ItemType::VercelLogs], OTLP_BYTES_MAX, OTLP_BYTES_MAX, 1),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_type_is_in_exactly_one_size_class() {
        for item_type in ItemType::ALL {
            let classes = SIZE_CLASSES.iter().filter(|class| class.types.contains(item_type)).count();
            assert_eq!(classes, 1, "{item_type:?}");
        }
    }
}
