//! Tags and facets.

use super::values::Time;
use serde::Serialize;
use store::FacetValue;
use utoipa::ToSchema;

/// A key as people read it.
pub fn name(key: &str) -> String {
    match key {
        "user" => "User".into(),
        "url" => "URL".into(),
        "os" | "os.name" => "OS".into(),
        other => {
            let words = other.replace(['_', '.', '-'], " ");
            let mut characters = words.chars();
            characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
        }
    }
}

/// How often a value occurs.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagValue {
    value: String,
    name: String,
    key: String,
    count: u64,
    first_seen: Time,
    last_seen: Time,
    /// The search that finds it.
    query: String,
    email: Option<String>,
    username: Option<String>,
    identifier: Option<String>,
    ip_address: Option<String>,
    id: Option<String>,
}

pub fn value(key: &str, value: &FacetValue) -> TagValue {
    let query = if value.value.is_empty() { format!("!has:{key}") } else { format!("{key}:\"{}\"", value.value.replace('"', "\\\"")) };
    TagValue {
        value: value.value.clone(),
        name: value.value.clone(),
        key: key.to_owned(),
        count: value.count,
        first_seen: Time(value.first_ms),
        last_seen: Time(value.last_ms),
        query,
        email: None,
        username: None,
        identifier: None,
        ip_address: None,
        id: None,
    }
}

/// A key with its most frequent values.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tag {
    key: String,
    name: String,
    unique_values: u64,
    total_values: u64,
    can_delete: bool,
    top_values: Vec<TagValue>,
}

pub fn tag(facet: &store::Facet) -> Tag {
    Tag {
        key: facet.key.clone(),
        name: name(&facet.key),
        unique_values: facet.unique,
        total_values: facet.total,
        can_delete: false,
        top_values: facet.values.iter().map(|top| value(&facet.key, top)).collect(),
    }
}

/// A key with its totals.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TagTotals {
    key: String,
    name: String,
    unique_values: u64,
    total_values: u64,
}

pub fn totals(facet: &store::Facet) -> TagTotals {
    TagTotals { key: facet.key.clone(), name: name(&facet.key), unique_values: facet.unique, total_values: facet.total }
}
