//! Envelope item types (`ingest-protocol` §2.3) and what each counts as.

use crate::category::Category;

macro_rules! item_types {
    ($($variant:ident = $number:literal $($name:literal)|+),* $(,)?) => {
        /// The type of an envelope item we accept. The number is stored; never renumber.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum ItemType { $($variant = $number),* }

        impl ItemType {
            pub const ALL: &'static [ItemType] = &[$(ItemType::$variant),*];

            /// The type of a name in APIs and item lists.
            pub fn from_name(name: &str) -> Option<ItemType> {
                match name { $($($name)|+ => Some(ItemType::$variant),)* _ => None }
            }

            pub fn from_number(number: u8) -> Option<ItemType> {
                match number { $($number => Some(ItemType::$variant),)* _ => None }
            }

            /// The name in APIs and item lists.
            pub fn name(self) -> &'static str {
                match self { $(ItemType::$variant => item_types!(@first $($name)|+)),* }
            }
        }
    };
    (@first $first:literal $(| $rest:literal)*) => { $first };
}

item_types! {
    Event = 1 "event",
    Transaction = 2 "transaction",
    Attachment = 3 "attachment",
    Session = 4 "session",
    Sessions = 5 "sessions",
    ClientReport = 6 "client_report",
    UserReport = 7 "user_report",
    Feedback = 8 "feedback",
    CheckIn = 9 "check_in",
    Profile = 10 "profile",
    ProfileChunk = 11 "profile_chunk" | "profile_chunk_ui",
    ReplayEvent = 12 "replay_event",
    ReplayRecording = 13 "replay_recording",
    ReplayVideo = 14 "replay_video",
    Log = 15 "log",
    TraceMetric = 16 "trace_metric",
    Span = 17 "span",
    FormData = 18 "form_data",
    RawSecurity = 19 "raw_security",
    UnrealReport = 20 "unreal_report",
    MetricBuckets = 21 "metric_buckets",
    Nel = 22 "nel",
    OtlpTraces = 23 "otlp_traces",
    OtlpLogs = 24 "otlp_logs",
    VercelLogs = 25 "vercel_logs",
}

/// The two topics of the queue: slow floods of performance data never delay errors (design §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Topic {
    Errors = 0,
    Performance = 1,
}

impl Topic {
    pub const ALL: [Topic; 2] = [Topic::Errors, Topic::Performance];

    pub fn name(self) -> &'static str {
        match self {
            Topic::Errors => "errors",
            Topic::Performance => "performance",
        }
    }
}

impl ItemType {
    /// The type of an item header's `type`; `None` for unknown and long-removed ones, which are dropped with an outcome, and for what
    /// comes by a route of its own only.
    pub fn from_envelope(name: &str) -> Option<ItemType> {
        let by_route = |item_type: &ItemType| matches!(item_type, ItemType::Nel | ItemType::OtlpTraces | ItemType::OtlpLogs | ItemType::VercelLogs);
        ItemType::from_name(name).filter(|item_type| !by_route(item_type))
    }

    /// The category that quotas and rate limits look at; `None` for client reports, which count as nothing.
    pub fn category(self) -> Option<Category> {
        Some(match self {
            ItemType::Event => Category::Error,
            ItemType::Transaction => Category::Transaction,
            ItemType::Attachment | ItemType::UnrealReport | ItemType::FormData => Category::Attachment,
            ItemType::Session | ItemType::Sessions => Category::Session,
            ItemType::ClientReport => return None,
            ItemType::UserReport | ItemType::Feedback => Category::Feedback,
            ItemType::CheckIn => Category::Monitor,
            ItemType::Profile => Category::Profile,
            ItemType::ProfileChunk => Category::ProfileChunk,
            ItemType::ReplayEvent | ItemType::ReplayRecording | ItemType::ReplayVideo => Category::Replay,
            ItemType::Log | ItemType::OtlpLogs | ItemType::VercelLogs | ItemType::Nel => Category::LogItem,
            ItemType::TraceMetric => Category::TraceMetric,
            ItemType::Span | ItemType::OtlpTraces => Category::Span,
            ItemType::RawSecurity => Category::Security,
            ItemType::MetricBuckets => Category::MetricBucket,
        })
    }

    /// Whether the item becomes an event with an id of its own.
    pub fn creates_event(self) -> bool {
        matches!(self, ItemType::Event | ItemType::Transaction | ItemType::Feedback | ItemType::RawSecurity | ItemType::UnrealReport)
    }

    /// The topic its record travels in.
    pub fn topic(self) -> Topic {
        match self {
            ItemType::Transaction
            | ItemType::Span
            | ItemType::Profile
            | ItemType::ProfileChunk
            | ItemType::ReplayEvent
            | ItemType::ReplayRecording
            | ItemType::ReplayVideo
            | ItemType::Log
            | ItemType::TraceMetric
            | ItemType::MetricBuckets
            | ItemType::Nel
            | ItemType::OtlpTraces
            | ItemType::OtlpLogs
            | ItemType::VercelLogs => Topic::Performance,
            _ => Topic::Errors,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_a_route_of_its_own_is_unknown_in_envelopes() {
        for name in ["nel", "otlp_traces", "otlp_logs", "vercel_logs", "otel_span", "statsd"] {
            assert_eq!(ItemType::from_envelope(name), None, "{name}");
        }
        assert_eq!(ItemType::from_envelope("profile_chunk_ui"), Some(ItemType::ProfileChunk));
    }
}
