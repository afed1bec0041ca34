//! Why an event is grouped as it is, and what is wrong with a rule text: for the API and the command line.

use crate::{
    enhance,
    group::{
        self, Config, GroupingRules, NEWSTYLE_2026,
        component::{Component, Node},
        fingerprint,
        title::{Heading, heading},
        variants::{NamedVariant, VariantKind},
    },
    normalize::{self, Surroundings, notes::Notes},
    view::EventView,
};
use model::json;
use serde::Serialize;
use serde_json::{Map, Value, json};

/// The grouping of one event, as `errata explain-grouping --json` prints it.
#[derive(Debug, Serialize)]
pub struct Explanation {
    pub config: &'static str,
    /// Hex, the most specific first.
    pub hashes: Vec<String>,
    /// Per variant: type, hash, contributes, hint, component.
    pub variants: Map<String, Value>,
}

/// Why an event cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("event: {0}")]
    Json(#[from] json::Error),
    #[error("event: not a JSON object")]
    NoObject,
    #[error("unknown grouping configuration `{0}`")]
    UnknownConfig(String),
}

/// A line of rule text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleError {
    /// `enhancements` or `fingerprinting`.
    pub field: &'static str,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
}

/// Which rules explain; empty texts mean none of one's own.
#[derive(Debug, Clone, Copy, Default)]
pub struct RuleTexts<'t> {
    /// `None` for the default.
    pub config: Option<&'t str>,
    /// Replaces the built-in set.
    pub base_enhancements: Option<&'t str>,
    /// After the built-in set.
    pub enhancements: &'t str,
    pub fingerprinting: &'t str,
}

impl RuleTexts<'_> {
    /// # Errors
    /// [`Error::UnknownConfig`].
    pub fn compile(&self) -> Result<GroupingRules, Error> {
        let config = match self.config {
            Some(id) => Config::by_id(id).ok_or_else(|| Error::UnknownConfig(id.to_owned()))?,
            None => &NEWSTYLE_2026,
        };
        let mut rules = GroupingRules::new(config, self.enhancements, self.fingerprinting);
        if let Some(base) = self.base_enhancements {
            rules.enhancements.base = enhance::RuleSet::from_text(base).into();
        }
        Ok(rules)
    }
}

/// Explains a raw or stored event; it is normalised first.
///
/// # Errors
/// [`Error`]; a retry with the same input fails again.
pub fn explain(event: &[u8], rules: &GroupingRules) -> Result<Explanation, Error> {
    explain_event(event, rules).map(|(explanation, _, _)| explanation)
}

/// Like [`explain`], with the heading and the fingerprint the event gets.
///
/// # Errors
/// [`Error`]; a retry with the same input fails again.
pub fn explain_event(event: &[u8], rules: &GroupingRules) -> Result<(Explanation, Heading, Vec<String>), Error> {
    let mut event = json::parse(event)?;
    event.as_object().ok_or(Error::NoObject)?;
    restore_fingerprint(&mut event);
    normalize::normalize(&mut event, &Surroundings::none(), &mut Notes::default());
    let mut view = EventView::new(&event);
    let grouping = group::group_event(&mut view, rules);
    let hashes = grouping.hashes().iter().map(hex::encode).collect();
    let variants = grouping.variants.iter().map(|variant| (variant.name.to_owned(), variant_json(variant, grouping.config))).collect();
    let heading = heading(&view, &grouping);
    Ok((Explanation { config: grouping.config.id, hashes, variants }, heading, grouping.fingerprint))
}

/// In a stored event a rule's fingerprint stands where the SDK's was.
fn restore_fingerprint(event: &mut json::Value) {
    let Some(sent) = event.at(&["_fingerprint_info", "client_fingerprint"]).cloned() else { return };
    if let Some(event) = event.as_object_mut() {
        event.insert("fingerprint", sent);
    }
}

/// The lines of both texts that are no rules.
pub fn check_rules(enhancements: &str, fingerprinting: &str) -> Vec<RuleError> {
    let enhancements = enhance::parse::parse_rules(enhancements).1.into_iter().map(|e| ("enhancements", e.line, e.column, e.error.to_string()));
    let fingerprinting = fingerprint::parse::parse_rules(fingerprinting).1.into_iter().map(|e| ("fingerprinting", e.line, e.column, e.error.to_string()));
    enhancements.chain(fingerprinting).map(|(field, line, column, message)| RuleError { field, line, column, message }).collect()
}

fn variant_json(variant: &NamedVariant, config: &Config) -> Value {
    let (kind, component, values) = match &variant.kind {
        VariantKind::Component(component) => ("component", Some(component), None),
        VariantKind::Salted { component, values } => ("salted-component", Some(component), Some(values)),
        VariantKind::Custom { values } => (variant.name, None, Some(values)),
        VariantKind::Checksum => (variant.name, None, None),
        VariantKind::Fallback => ("fallback", None, None),
    };
    let mut json = json!({
        "type": spelled(kind, config),
        "hash": variant.hash.map(hex::encode),
        "contributes": variant.hash.is_some(),
        "hint": variant.hint,
        "component": component.map(|component| component_json(component, config)),
    });
    if let Some(values) = values {
        json["values"] = values.iter().map(|value| json!(value.as_ref())).collect();
    }
    json
}

fn component_json(component: &Component, config: &Config) -> Value {
    let values: Vec<Value> = component.values.iter().filter_map(|node| node_json(node, config)).collect();
    json!({
        "id": spelled(component.id, config),
        "contributes": component.contributes,
        "hint": component.hint.as_ref().map(ToString::to_string),
        "values": values,
    })
}

/// Components that hold nothing and say nothing are left out.
fn node_json(node: &Node, config: &Config) -> Option<Value> {
    match node {
        Node::Text(text) => Some(json!(text)),
        Node::Number(number) => Some(json!(number)),
        Node::Nothing => Some(Value::Null),
        Node::Child(child) if child.values.is_empty() && child.hint.is_none() => None,
        Node::Child(child) => Some(component_json(child, config)),
    }
}

fn spelled(name: &str, config: &Config) -> String {
    if config.dashed_names { name.to_owned() } else { name.replace('-', "_") }
}
