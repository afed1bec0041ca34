//! Filters that are data: a tree of conditions on getters (`ingest-protocol` §5.3, "generic ids").

use super::Subject;
use crate::{
    enhance::glob::{Pattern, Style},
    filter::{lists::AddressList, releases::{self, Bound, ReleasePattern}},
};
use config::project::GenericFilter;
use model::json::Value;
use serde_json::Value as Json;

/// A condition, compiled.
#[derive(Debug)]
pub enum Condition {
    Compare {
        getter: String,
        op: Order,
        value: Json,
    },
    Glob {
        getter: String,
        patterns: Vec<Pattern>,
    },
    Release {
        getter: String,
        patterns: Vec<ReleasePattern>,
    },
    Cidr {
        getter: String,
        blocks: AddressList,
    },
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    /// On the elements of a list.
    Any {
        getter: String,
        inner: Box<Condition>,
    },
    All {
        getter: String,
        inner: Box<Condition>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    Equal,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// Conditions nested deeper are no one's work.
const DEPTH_MAX: usize = 20;

impl Condition {
    /// The filter's own condition, or that of a product filter; `None` for what cannot be read.
    pub fn of_filter(filter: &GenericFilter) -> Option<Condition> {
        match &filter.condition {
            Some(condition) => Condition::parse(condition, DEPTH_MAX),
            None => Condition::of_product(&filter.id),
        }
    }

    /// The filters that everybody has, by id.
    fn of_product(id: &str) -> Option<Condition> {
        let values: &[&str] = match id {
            "react-hydration-errors" => &REACT_HYDRATION,
            "chunk-load-error" => &["Loading chunk *", "*Uncaught *: ChunkLoadError: Loading chunk *", "ChunkLoadError: *", "Loading CSS chunk *"],
            _ => return None,
        };
        let glob = |getter: &str, texts: &[&str]| Condition::Glob {
            getter: getter.into(),
            patterns: texts.iter().filter_map(|text| Pattern::new(text, Style::TextIgnoringCase)).collect(),
        };
        let by_value = glob("value", values);
        let inner = if id == "chunk-load-error" { Condition::Or(vec![glob("ty", &["ChunkLoadError"]), by_value]) } else { by_value };
        Some(Condition::Any { getter: "event.exceptions".into(), inner: Box::new(inner) })
    }

    fn parse(json: &Json, depth: usize) -> Option<Condition> {
        let depth = depth.checked_sub(1)?;
        let text = |key: &str| json[key].as_str().map(str::to_owned);
        let inner = |json: &Json| Condition::parse(json, depth);
        let list = || json["inner"].as_array()?.iter().map(inner).collect::<Option<Vec<_>>>();
        let strings = || match &json["value"] {
            Json::Array(items) => items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect::<Vec<_>>(),
            Json::String(one) => vec![one.clone()],
            _ => Vec::new(),
        };
        let compare = |op| Some(Condition::Compare { getter: text("name")?, op, value: json["value"].clone() });
        match json["op"].as_str()? {
            "eq" => compare(Order::Equal),
            "gt" => compare(Order::Greater),
            "gte" => compare(Order::GreaterOrEqual),
            "lt" => compare(Order::Less),
            "lte" => compare(Order::LessOrEqual),
            "release" => Some(Condition::Release { getter: text("name")?, patterns: strings().iter().filter_map(|text| ReleasePattern::new(text)).collect() }),
            "glob" => {
                let patterns = strings().iter().filter(|text| !text.is_empty()).filter_map(|text| Pattern::new(text, Style::TextIgnoringCase)).collect();
                Some(Condition::Glob { getter: text("name")?, patterns })
            }
            "cidr" => Some(Condition::Cidr { getter: text("name")?, blocks: AddressList::new(&strings()) }),
            "and" => list().map(Condition::And),
            "or" => list().map(Condition::Or),
            "not" => inner(&json["inner"]).map(|inner| Condition::Not(Box::new(inner))),
            "any" => Some(Condition::Any { getter: text("name")?, inner: Box::new(inner(&json["inner"])?) }),
            "all" => Some(Condition::All { getter: text("name")?, inner: Box::new(inner(&json["inner"])?) }),
            _ => None,
        }
    }

    pub fn holds(&self, subject: &Subject) -> bool {
        self.holds_on(subject, subject.view.json)
    }

    /// `element` is the event, or the element of a list inside `any` and `all`.
    fn holds_on<'e>(&self, subject: &Subject<'_, 'e>, element: &'e Value<'e>) -> bool {
        match self {
            Condition::Compare { getter, op, value } => compare(get(subject, element, getter), *op, value),
            Condition::Glob { getter, patterns } => {
                get(subject, element, getter).text().is_some_and(|text| patterns.iter().any(|pattern| pattern.matches(text)))
            }
            Condition::Release { getter, patterns } => {
                get(subject, element, getter).text().is_some_and(|text| patterns.iter().any(|pattern| pattern.matches(text)))
            }
            Condition::Cidr { getter, blocks } => get(subject, element, getter).text().is_some_and(|text| blocks.contains(text)),
            Condition::And(list) => list.iter().all(|condition| condition.holds_on(subject, element)),
            Condition::Or(list) => list.iter().any(|condition| condition.holds_on(subject, element)),
            Condition::Not(inner) => !inner.holds_on(subject, element),
            Condition::Any { getter, inner } => elements(subject, getter).iter().any(|element| inner.holds_on(subject, element)),
            Condition::All { getter, inner } => elements(subject, getter).iter().all(|element| inner.holds_on(subject, element)),
        }
    }
}

const REACT_HYDRATION: [&str; 15] = [
    "*hydration failed because*",
    "*https://reactjs.org/docs/error-decoder.html?invariant={418,419,422,423,425}*",
    "*https://react.dev/errors/{418,419,422,423,425}*",
    "*https://nextjs.org/docs/messages/react-hydration-error*",
    "*does not match server-rendered html*",
    "*error while hydrating*",
    "*hydration mismatch*",
    "*minified react error #418*",
    "*minified react error #419*",
    "*minified react error #422*",
    "*minified react error #423*",
    "*minified react error #425*",
    "*there was an error while hydrating this suspense boundary*",
    "*the server could not finish this suspense boundary*",
    "*text content did not match*",
];

/// What a getter finds.
enum Found<'e> {
    Text(&'e str),
    Number(f64),
    Flag(bool),
    Nothing,
}

impl<'e> Found<'e> {
    fn text(&self) -> Option<&'e str> {
        match self {
            Found::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn get<'e>(subject: &'e Subject<'_, 'e>, element: &'e Value<'e>, getter: &str) -> Found<'e> {
    if getter == "envelope.client_ip" {
        return subject.client_ip.map_or(Found::Nothing, Found::Text);
    }
    if let Some(name) = getter.strip_prefix("event.tags.") {
        return subject.view.tag(name).map_or(Found::Nothing, Found::Text);
    }
    let (root, path) = match getter.strip_prefix("event.") {
        Some(path) => (subject.view.json, path),
        None => (element, getter),
    };
    let path: Vec<&str> = path.split('.').map(|key| if key == "ty" { "type" } else { key }).collect();
    match root.at(&path) {
        Some(Value::Str(text)) => Found::Text(text),
        Some(Value::Bool(flag)) => Found::Flag(*flag),
        Some(value) => value.as_f64().map_or(Found::Nothing, Found::Number),
        None => Found::Nothing,
    }
}

fn elements<'e>(subject: &Subject<'_, 'e>, getter: &str) -> &'e [Value<'e>] {
    let json: &'e Value<'e> = subject.view.json;
    let list = match getter {
        "event.exceptions" => json.at(&["exception", "values"]),
        "event.threads" => json.at(&["threads", "values"]),
        other => other.strip_prefix("event.").and_then(|path| json.at(&path.split('.').collect::<Vec<_>>())),
    };
    list.and_then(Value::as_array).unwrap_or_default()
}

fn compare(found: Found, op: Order, value: &Json) -> bool {
    if op == Order::Equal {
        let equals = |value: &Json| match (&found, value) {
            (Found::Text(a), Json::String(b)) => a == b,
            (Found::Number(a), Json::Number(b)) => b.as_f64() == Some(*a),
            (Found::Flag(a), Json::Bool(b)) => a == b,
            (Found::Nothing, Json::Null) => true,
            _ => false,
        };
        return match value {
            Json::Array(list) => list.iter().any(equals),
            one => equals(one),
        };
    }
    let order = match (&found, value) {
        (Found::Number(found), value) => value.as_f64().and_then(|value| found.partial_cmp(&value)),
        // Texts have an order where both are versions.
        (Found::Text(found), Json::String(value)) => model::version::parse(found).zip(releases::limit(value)).map(|(found, value)| found.cmp(&value)),
        _ => None,
    };
    let bound = match op {
        Order::Equal => Bound::Equal,
        Order::Greater => Bound::Greater,
        Order::GreaterOrEqual => Bound::GreaterOrEqual,
        Order::Less => Bound::Less,
        Order::LessOrEqual => Bound::LessOrEqual,
    };
    order.is_some_and(|order| bound.holds(order))
}
