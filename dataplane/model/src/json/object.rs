//! An object as a list of pairs: events have small objects, so a scan beats a map and the sender's order is kept.

use super::Value;
use std::borrow::Cow;

/// A JSON object in the sender's key order. Keys are unique; of a repeated key the last value counts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Object<'a> {
    pairs: Vec<(Cow<'a, str>, Value<'a>)>,
}

impl<'a> Object<'a> {
    pub fn new() -> Self {
        Self::default()
    }

    pub fn len(&self) -> usize {
        self.pairs.len()
    }

    pub fn is_empty(&self) -> bool {
        self.pairs.is_empty()
    }

    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.pairs.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value<'a>> {
        self.pairs.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    pub fn contains_key(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Sets `key`, in place where it exists, else at the end.
    pub fn insert(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Value<'a>>) {
        let (key, value) = (key.into(), value.into());
        match self.get_mut(&key) {
            Some(slot) => *slot = value,
            None => self.pairs.push((key, value)),
        }
    }

    /// Takes `key` out, keeping the order of the rest.
    pub fn remove(&mut self, key: &str) -> Option<Value<'a>> {
        let at = self.pairs.iter().position(|(name, _)| name == key)?;
        Some(self.pairs.remove(at).1)
    }

    /// The value at `key`, made null first where there is none.
    pub fn entry(&mut self, key: &'a str) -> &mut Value<'a> {
        let at = match self.pairs.iter().position(|(name, _)| name == key) {
            Some(at) => at,
            None => {
                self.pairs.push((Cow::Borrowed(key), Value::Null));
                self.pairs.len() - 1
            }
        };
        &mut self.pairs[at].1
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value<'a>)> {
        self.pairs.iter().map(|(key, value)| (key.as_ref(), value))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Value<'a>)> {
        self.pairs.iter_mut().map(|(key, value)| (&**key, value))
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.pairs.iter().map(|(key, _)| key.as_ref())
    }

    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value<'a>) -> bool) {
        self.pairs.retain_mut(|(key, value)| keep(key, value));
    }

    pub fn into_owned(self) -> Object<'static> {
        let own = |(key, value): (Cow<'a, str>, Value<'a>)| (Cow::Owned(key.into_owned()), value.into_owned());
        Object { pairs: self.pairs.into_iter().map(own).collect() }
    }

    /// Of a repeated key, keeps the first place and the last value.
    pub(super) fn from_pairs(pairs: Vec<(Cow<'a, str>, Value<'a>)>) -> Object<'a> {
        let mut object = Object { pairs };
        if object.may_repeat_keys() {
            object.drop_repeated_keys();
        }
        object
    }

    /// Marks each key in 128 bits by its length and its ends; no mark met twice means no key met twice.
    fn may_repeat_keys(&self) -> bool {
        let mut marks = 0u128;
        self.pairs.len() > SCAN_MAX
            || self.pairs.iter().any(|(key, _)| {
                let bytes = key.as_bytes();
                let end = |at: Option<&u8>| at.map_or(0, |byte| usize::from(*byte));
                let mark = 1u128 << ((bytes.len() * 31 + end(bytes.first()) * 7 + end(bytes.last()) * 3) % 128);
                let is_met = marks & mark != 0;
                marks |= mark;
                is_met
            })
    }

    fn drop_repeated_keys(&mut self) {
        if self.pairs.len() <= SCAN_MAX {
            let mut at = 1;
            while at < self.pairs.len() {
                let (before, from) = self.pairs.split_at_mut(at);
                match before.iter_mut().find(|(key, _)| *key == from[0].0) {
                    Some(earlier) => {
                        earlier.1 = from[0].1.take();
                        self.pairs.remove(at);
                    }
                    None => at += 1,
                }
            }
            return;
        }
        let mut places = std::collections::HashMap::with_capacity(self.pairs.len());
        let mut unique: Vec<(Cow<'a, str>, Value<'a>)> = Vec::with_capacity(self.pairs.len());
        for (key, value) in self.pairs.drain(..) {
            match places.entry(key.clone()) {
                std::collections::hash_map::Entry::Occupied(place) => {
                    let at: usize = *place.get();
                    unique[at].1 = value;
                }
                std::collections::hash_map::Entry::Vacant(place) => {
                    place.insert(unique.len());
                    unique.push((key, value));
                }
            }
        }
        self.pairs = unique;
    }
}

/// Up to here a quadratic scan is cheaper than hashing; an attacker's huge object must not be quadratic.
const SCAN_MAX: usize = 48;

impl<'a> IntoIterator for Object<'a> {
    type Item = (Cow<'a, str>, Value<'a>);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.pairs.into_iter()
    }
}

impl<'a, K: Into<Cow<'a, str>>, V: Into<Value<'a>>> FromIterator<(K, V)> for Object<'a> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        Object::from_pairs(pairs.into_iter().map(|(key, value)| (key.into(), value.into())).collect())
    }
}
