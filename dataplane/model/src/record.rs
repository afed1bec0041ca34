//! One record of the queue: a request as received, with what ingest learned about it (design §4, "Record").

use crate::{ids::{EventId, Id}, item::Topic};
use serde::{Deserialize, Serialize};

/// The position of a record within a partition: 0, 1, 2 …, without gaps.
pub type Offset = u64;

/// A place in the queue that keeps order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    pub topic: Topic,
    pub index: u16,
}

/// Where the request came in, and so how its body is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    Envelope,
    Store,
    /// GET with `sentry_data`: the body is that parameter's value.
    StorePixel,
    Security,
    Nel,
    Minidump,
    /// The body was multipart; `multipart_boundary` is set.
    Attachments,
    /// The body is the check-in as JSON, made from query or body.
    Cron,
    OtlpTraces,
    OtlpLogs,
    VercelLogs,
    /// Not a request: refusals collected by ingest, body = JSON list of outcomes.
    Outcomes,
}

/// What ingest learned about a request. Stored as JSON in front of the body.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RecordHeader {
    /// Version of this layout; readers refuse higher ones.
    #[serde(rename = "v")]
    pub version: u8,
    #[serde(rename = "t")]
    pub received_ms: i64,
    #[serde(rename = "o")]
    pub organization_id: Id,
    #[serde(rename = "p")]
    pub project_id: Id,
    #[serde(rename = "k")]
    pub key_id: Id,
    #[serde(rename = "r")]
    pub route: Route,
    /// Given in the envelope header or generated; ids of further events derive from it.
    #[serde(rename = "e")]
    pub event_id: EventId,
    /// Of the connection, or the first forwarded address.
    #[serde(rename = "ip", default, skip_serializing_if = "Option::is_none")]
    pub client_ip: Option<String>,
    #[serde(rename = "ua", default, skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<String>,
    /// Client hints of the request: (`sec-ch-ua…`, value).
    #[serde(rename = "ch", default, skip_serializing_if = "Vec::is_empty")]
    pub client_hints: Vec<(String, String)>,
    /// `sentry_client`.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    #[serde(rename = "or", default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
    /// `Content-Encoding` as received, empty for none: decodings to undo from last to first.
    #[serde(rename = "enc", default, skip_serializing_if = "String::is_empty")]
    pub encoding: String,
    #[serde(rename = "ct", default, skip_serializing_if = "String::is_empty")]
    pub content_type: String,
    /// `sentry_release` and `sentry_environment` of security reports.
    #[serde(rename = "rel", default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    #[serde(rename = "env", default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    /// Items of the envelope that this record does not carry: refused, or in the other topic's record. Indexes, ascending.
    #[serde(rename = "no", default, skip_serializing_if = "Vec::is_empty")]
    pub items_left_out: Vec<u32>,
    /// What was taken from limits for this record: (number of the category, quantity). Payloads may show more.
    #[serde(rename = "u", default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<(u8, u64)>,
    /// What the body takes when decoded, as its sender says or as it was found; 0 where that is not known. A worker decodes no more.
    #[serde(rename = "d", default, skip_serializing_if = "is_zero")]
    pub decoded_bytes: u64,
    /// The body is not here but in `Blobs` under this key.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub blob: Option<String>,
    /// The record in the other topic has the same body: the blob goes once both are done with.
    #[serde(rename = "b2", default, skip_serializing_if = "std::ops::Not::not")]
    pub blob_is_shared: bool,
    /// It was a dead letter: that its units ended as `invalid: internal` is no longer so.
    #[serde(rename = "re", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_replay: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A record: header plus body as received. Bodies are shared, never copied, between the two topics of a mixed envelope.
#[derive(Debug, Clone)]
pub struct Record {
    pub partition: Partition,
    pub header: RecordHeader,
    pub body: std::sync::Arc<[u8]>,
}
