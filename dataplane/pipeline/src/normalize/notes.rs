//! What normalising changed, for `_meta` and `errors` (`ingest-protocol` §4.9). Nothing is built unless something was changed.

use model::json::{Object, Value};

/// A place in the event, as a chain of borrowed keys: costs nothing until it must be written down.
#[derive(Debug, Clone, Copy)]
pub struct Path<'p> {
    parent: Option<&'p Path<'p>>,
    key: Key<'p>,
}

#[derive(Debug, Clone, Copy)]
enum Key<'p> {
    Root,
    Name(&'p str),
    Index(usize),
}

impl<'p> Path<'p> {
    pub const ROOT: Path<'static> = Path { parent: None, key: Key::Root };

    pub fn name(&'p self, name: &'p str) -> Path<'p> {
        Path { parent: Some(self), key: Key::Name(name) }
    }

    pub fn index(&'p self, index: usize) -> Path<'p> {
        Path { parent: Some(self), key: Key::Index(index) }
    }

    /// Keys from the root on.
    fn keys(&self) -> Vec<String> {
        let mut keys = self.parent.map(Path::keys).unwrap_or_default();
        match self.key {
            Key::Root => {}
            Key::Name(name) => keys.push(name.to_owned()),
            Key::Index(index) => keys.push(index.to_string()),
        }
        keys
    }
}

/// Collected remarks and errors.
#[derive(Debug, Default)]
pub struct Notes {
    remarks: Vec<(Vec<String>, Remark)>,
    errors: Vec<Object<'static>>,
}

#[derive(Debug)]
enum Remark {
    /// Rule, kind of remark, and the range it left, in characters.
    Change {
        rule: &'static str,
        kind: &'static str,
        range: Option<(usize, usize)>,
        original_chars: Option<usize>,
    },
    Error {
        kind: &'static str,
        /// What else is to be said of it, e.g. which times were compared.
        details: Object<'static>,
        original: Option<Value<'static>>,
    },
}

impl Notes {
    /// A value that was wrong and is gone; `original` is kept if it is small.
    pub fn error(&mut self, path: Path, kind: &'static str, original: Option<Value<'static>>) {
        self.error_with(path, kind, Object::new(), original);
    }

    /// Like [`Notes::error`], with details.
    pub fn error_with(&mut self, path: Path, kind: &'static str, details: Object<'static>, original: Option<Value<'static>>) {
        if self.errors.len() >= ERRORS_MAX {
            return;
        }
        let keys = path.keys();
        let mut error = Object::new();
        error.insert("type", Value::from(kind));
        error.insert("name", Value::string(keys.join(".")));
        if let Some(original) = &original {
            error.insert("value", original.clone());
        }
        details.iter().for_each(|(key, value)| error.insert(key.to_owned(), value.clone()));
        self.errors.push(error);
        self.remarks.push((keys, Remark::Error { kind, details, original }));
    }

    /// Takes a wrong value out, with an error.
    pub fn reject(&mut self, value: &mut Value, path: Path, kind: &'static str) {
        let original = value.take();
        let original = if is_small(&original) { Some(original.into_owned()) } else { None };
        self.error(path, kind, original);
    }

    /// A text that was cut to `kept` characters of `original_chars`, dots included.
    pub fn cut(&mut self, path: Path, kept: usize, original_chars: usize) {
        let range = Some((kept.saturating_sub(3), kept));
        self.remark(path, Remark::Change { rule: "!limit", kind: "s", range, original_chars: Some(original_chars) });
    }

    /// A value that was too deep or too much.
    pub fn dropped(&mut self, path: Path, original_count: Option<usize>) {
        self.remark(path, Remark::Change { rule: "!limit", kind: "x", range: None, original_chars: original_count });
    }

    /// A value that another took the place of.
    pub fn substituted(&mut self, path: Path, rule: &'static str) {
        self.remark(path, Remark::Change { rule, kind: "s", range: None, original_chars: None });
    }

    /// A value that a scrubbing rule changed.
    pub fn scrubbed(&mut self, path: Path, rule: &'static str, kind: &'static str, range: Option<(usize, usize)>, original_chars: usize) {
        self.remark(path, Remark::Change { rule, kind, range, original_chars: Some(original_chars) });
    }

    fn remark(&mut self, path: Path, remark: Remark) {
        if self.remarks.len() < REMARKS_MAX {
            self.remarks.push((path.keys(), remark));
        }
    }

    /// Adds `_meta` and `errors` to the event; those it had stay.
    pub fn write_into(self, event: &mut Object) {
        if !self.errors.is_empty() {
            let errors = event.entry("errors");
            if errors.as_array().is_none() {
                *errors = Value::Array(Vec::new());
            }
            errors.as_array_mut().expect("made a list above").extend(self.errors.into_iter().map(Value::Object));
        }
        if self.remarks.is_empty() {
            return;
        }
        let meta = event.entry("_meta");
        for (keys, remark) in self.remarks {
            let mut node = &mut *meta;
            for key in keys {
                node = child(node, key);
            }
            annotate(child(node, String::new()), remark);
        }
    }
}

/// An event with more wrong fields than this is nonsense; listing all would make it larger than it came.
const ERRORS_MAX: usize = 100;
/// The same for remarks.
const REMARKS_MAX: usize = 1000;

fn is_small(value: &Value) -> bool {
    match value {
        Value::Str(text) => text.len() <= 500,
        Value::Array(items) => items.len() <= 5 && items.iter().all(|item| item.as_array().is_none() && item.as_object().is_none() && is_small(item)),
        Value::Object(object) => object.len() <= 5 && object.iter().all(|(_, item)| item.as_array().is_none() && item.as_object().is_none() && is_small(item)),
        _ => true,
    }
}

/// The member `key` of `node`, which is made an object first.
fn child<'n, 'a>(node: &'n mut Value<'a>, key: String) -> &'n mut Value<'a> {
    if node.as_object().is_none() {
        *node = Value::Object(Object::new());
    }
    let object = node.as_object_mut().expect("made an object above");
    if !object.contains_key(&key) {
        object.insert(key.clone(), Value::Null);
    }
    object.get_mut(&key).expect("inserted above")
}

fn annotate(node: &mut Value, remark: Remark) {
    match remark {
        Remark::Change { rule, kind, range, original_chars } => {
            let mut entry = vec![Value::from(rule), Value::from(kind)];
            entry.extend(range.into_iter().flat_map(|(start, end)| [Value::Int(start as i64), Value::Int(end as i64)]));
            push(child(node, "rem".into()), Value::Array(entry));
            if let Some(count) = original_chars {
                *child(node, "len".into()) = Value::Int(count as i64);
            }
        }
        Remark::Error { kind, details, original } => {
            let kind = Value::from(kind);
            push(child(node, "err".into()), if details.is_empty() { kind } else { Value::Array(vec![kind, Value::Object(details)]) });
            if let Some(original) = original {
                *child(node, "val".into()) = original;
            }
        }
    }
}

fn push<'a>(list: &mut Value<'a>, item: Value<'a>) {
    match list {
        Value::Array(items) => items.push(item),
        _ => *list = Value::Array(vec![item]),
    }
}
