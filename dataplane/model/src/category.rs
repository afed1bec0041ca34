//! Data categories: what quotas limit and outcomes count (`ingest-protocol` §3.2, numbers as SDKs and outcomes use them).

macro_rules! categories {
    ($($variant:ident = $number:literal $name:literal),* $(,)?) => {
        /// A kind of data. The number is the one outcomes carry.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Category { $($variant = $number),* }

        impl Category {
            pub const ALL: &'static [Category] = &[$(Category::$variant),*];

            pub fn name(self) -> &'static str {
                match self { $(Category::$variant => $name),* }
            }

            pub fn from_number(number: u8) -> Option<Category> {
                match number { $($number => Some(Category::$variant),)* _ => None }
            }
        }
    };
}

categories! {
    Default = 0 "default", Error = 1 "error", Transaction = 2 "transaction", Security = 3 "security", Attachment = 4 "attachment",
    Session = 5 "session", Profile = 6 "profile", Replay = 7 "replay", TransactionProcessed = 8 "transaction_processed",
    TransactionIndexed = 9 "transaction_indexed", Monitor = 10 "monitor", ProfileIndexed = 11 "profile_indexed", Span = 12 "span",
    MonitorSeat = 13 "monitor_seat", Feedback = 14 "feedback", MetricBucket = 15 "metric_bucket", SpanIndexed = 16 "span_indexed",
    ProfileDuration = 17 "profile_duration", ProfileChunk = 18 "profile_chunk", MetricSecond = 19 "metric_second",
    ReplayVideo = 20 "replay_video", Uptime = 21 "uptime", AttachmentItem = 22 "attachment_item", LogItem = 23 "log_item",
    LogByte = 24 "log_byte", ProfileDurationUi = 25 "profile_duration_ui", ProfileChunkUi = 26 "profile_chunk_ui",
    SeerAutofix = 27 "seer_autofix", SeerScanner = 28 "seer_scanner", PreventUser = 29 "prevent_user", PreventReview = 30 "prevent_review",
    SizeAnalysis = 31 "size_analysis", InstallableBuild = 32 "installable_build", TraceMetric = 33 "trace_metric", SeerUser = 34 "seer_user",
    ProfileBackend = 35 "profile_backend", ProfileUi = 36 "profile_ui", TraceMetricByte = 37 "trace_metric_byte", SnapshotImage = 38 "snapshot_image",
    Unknown = 255 "unknown",
}

impl Category {
    /// The category of a name, with the aliases SDKs use.
    pub fn from_name(name: &str) -> Option<Category> {
        if name == "user_report_v2" {
            return Some(Category::Feedback);
        }
        Category::ALL.iter().copied().find(|category| category.name() == name)
    }
}
