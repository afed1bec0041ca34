//! The tree that a hash is made of: which texts count, which do not, and why (`grouping.md` §1.4).

use crate::enhance::rule::Rule;
use md5::{Digest, Md5};
use std::{borrow::Cow, fmt, rc::Rc};

/// A node of the tree.
#[derive(Debug, Clone)]
pub struct Component<'e> {
    pub id: &'static str,
    pub contributes: bool,
    pub hint: Option<Hint<'e>>,
    /// Shared: variants differ in what contributes, rarely in what they hold.
    pub values: Rc<[Node<'e>]>,
}

#[derive(Debug, Clone)]
pub enum Node<'e> {
    Text(Cow<'e, str>),
    Number(i64),
    /// A null in a list of values.
    Nothing,
    Child(Component<'e>),
}

/// Why a component counts or not.
#[derive(Debug, Clone)]
pub enum Hint<'e> {
    Fixed(&'static str),
    Text(Rc<str>),
    /// What a rule did: verb, rule, whether it is the project's own.
    Rule {
        did: &'static str,
        rule: &'e Rule,
        is_custom: bool,
    },
}

impl<'e> Component<'e> {
    /// A component that contributes if any of its values does.
    pub fn new(id: &'static str, values: Vec<Node<'e>>) -> Component<'e> {
        let contributes = values.iter().any(|node| match node {
            Node::Child(child) => child.contributes,
            _ => true,
        });
        Component { id, contributes, hint: None, values: values.into() }
    }

    pub fn text(id: &'static str, text: impl Into<Cow<'e, str>>) -> Component<'e> {
        Component::new(id, vec![Node::Text(text.into())])
    }

    /// A component that holds nothing and contributes nothing.
    pub fn empty(id: &'static str) -> Component<'e> {
        Component { id, contributes: false, hint: None, values: Rc::new([]) }
    }

    pub fn of_children(id: &'static str, children: impl IntoIterator<Item = Component<'e>>) -> Component<'e> {
        Component::new(id, children.into_iter().map(Node::Child).collect())
    }

    /// Takes the component out of the hash, saying why.
    pub fn switch_off(&mut self, hint: impl Into<Hint<'e>>) {
        self.contributes = false;
        self.hint = Some(hint.into());
    }

    pub fn switched_off(mut self, hint: impl Into<Hint<'e>>) -> Component<'e> {
        self.switch_off(hint);
        self
    }

    pub fn with_hint(mut self, hint: &'static str) -> Component<'e> {
        self.hint = Some(Hint::Fixed(hint));
        self
    }

    /// The hash of the contributing leaves; `None` if the component does not contribute.
    pub fn hash(&self) -> Option<[u8; 16]> {
        self.contributes.then(|| {
            let mut hasher = Md5::new();
            self.each_leaf(&mut |leaf| hasher.update(leaf.as_bytes()));
            hasher.finalize().into()
        })
    }

    /// Visits the leaves that count, in order.
    pub fn each_leaf(&self, visit: &mut dyn FnMut(&str)) {
        if !self.contributes {
            return;
        }
        for node in self.values.iter() {
            match node {
                Node::Text(text) => visit(text),
                Node::Number(number) => visit(&number.to_string()),
                Node::Nothing => visit("None"),
                Node::Child(child) => child.each_leaf(visit),
            }
        }
    }

    /// Whether a contributing component `id` stands in this tree, reached through contributing ones only.
    pub fn has_contributing(&self, id: &str) -> bool {
        self.contributes
            && (self.id == id
                || self.values.iter().any(|node| match node {
                    Node::Child(child) => child.has_contributing(id),
                    _ => false,
                }))
    }
}

impl From<&'static str> for Hint<'_> {
    fn from(text: &'static str) -> Self {
        Hint::Fixed(text)
    }
}

impl From<String> for Hint<'_> {
    fn from(text: String) -> Self {
        Hint::Text(text.into())
    }
}

impl fmt::Display for Hint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Hint::Fixed(text) => f.write_str(text),
            Hint::Text(text) => f.write_str(text),
            Hint::Rule { did, rule, is_custom } => {
                write!(f, "{did} {} stack trace rule ({rule})", if *is_custom { "custom" } else { "built-in" })
            }
        }
    }
}

/// The MD5 of texts, one after another, as all hashes here are made.
pub fn hash_of<'t>(texts: impl IntoIterator<Item = &'t str>) -> [u8; 16] {
    let mut hasher = Md5::new();
    texts.into_iter().for_each(|text| hasher.update(text.as_bytes()));
    hasher.finalize().into()
}
