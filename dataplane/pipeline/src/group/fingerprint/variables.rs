//! `{{ name }}` in fingerprints and titles (`grouping.md` §5.3).

use super::matchers::tag;
use crate::{
    clean::replace_classes,
    group::Config,
    view::{EventView, Exception, Frame},
};
use std::{borrow::Cow, rc::Rc};

/// Fills variables from one event.
pub struct Resolver<'v, 'e> {
    pub view: &'v EventView<'e>,
    pub config: &'v Config,
}

impl<'e> Resolver<'_, 'e> {
    /// The entries with their variables filled in; default entries stay. An entry that is repeated is held once.
    pub fn resolve(&self, fingerprint: &[String]) -> Rc<[Rc<str>]> {
        let mut resolved: Vec<Rc<str>> = Vec::with_capacity(fingerprint.len());
        for (at, entry) in fingerprint.iter().enumerate() {
            let earlier = fingerprint[..at].iter().position(|earlier| earlier == entry);
            resolved.push(earlier.map_or_else(|| self.entry(entry).into(), |earlier| resolved[earlier].clone()));
        }
        resolved.into()
    }

    /// `template` with all variables replaced, not cleaned.
    pub fn title(&self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while out.len() <= TITLE_BYTES_MAX
            && let Some((before, (inside, after))) = rest.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
        {
            out.push_str(before);
            let whole = &rest[before.len()..rest.len() - after.len()];
            out.push_str(&self.variable(inside.trim(), whole, false));
            rest = after;
        }
        out + rest
    }

    fn entry(&self, entry: &str) -> String {
        match variable_name(entry) {
            Some("default") => "{{ default }}".into(),
            Some(name) => self.variable(name, entry, self.config.cleans_fingerprints),
            None if self.config.cleans_fingerprints && self.is_own_text(entry) => replace_classes(entry, self.config.generation).into_owned(),
            None => entry.to_owned(),
        }
    }

    /// SDK code often puts the whole message into the fingerprint.
    fn is_own_text(&self, entry: &str) -> bool {
        self.view.message() == Some(entry)
            || self.view.text(&["logentry", "message"]) == Some(entry)
            || self.view.exceptions.iter().any(|exception| exception.value == Some(entry))
    }

    /// What stands for `whole`, which holds `name`.
    fn variable(&self, name: &str, whole: &str, clean: bool) -> String {
        let cleaned = |text: &'e str| if clean { replace_classes(text, self.config.generation) } else { Cow::Borrowed(text) };
        let exception = || self.view.exceptions.last();
        let found: Option<Cow<str>> = match name {
            "transaction" => self.view.text(&["transaction"]).map(Cow::Borrowed),
            "message" => self.message().map(cleaned),
            "raw_message" => self.message().map(Cow::Borrowed),
            "type" | "error.type" => exception().and_then(|e| e.kind).map(Cow::Borrowed),
            "value" | "error.value" => exception().and_then(|e| e.value).map(cleaned),
            "raw_value" | "error.raw_value" => exception().and_then(|e| e.value).map(Cow::Borrowed),
            "level" | "logger" => self.view.text(&[name]).map(Cow::Borrowed),
            _ => match name.strip_prefix("tags.") {
                Some(name) => tag(self.view, name).map(Cow::Borrowed),
                None => self.frame_text(name),
            },
        };
        match found.filter(|text| !text.is_empty()) {
            Some(text) => text.into_owned(),
            None => self.missing(name, whole),
        }
    }

    fn message(&self) -> Option<&'e str> {
        self.view.message().or_else(|| self.view.exceptions.last()?.value)
    }

    fn frame_text(&self, name: &str) -> Option<Cow<'_, str>> {
        let frame = crash_frame(self.view, |_| true)?;
        match name {
            "function" | "stack.function" => frame.function.as_deref().map(Cow::Borrowed),
            "path" | "stack.abs_path" => frame.abs_path.or(frame.filename).map(Cow::Borrowed),
            "stack.filename" => frame.filename.or(frame.abs_path).map(Cow::Borrowed),
            "module" | "stack.module" => frame.module.map(Cow::Borrowed),
            "package" | "stack.package" => frame.package.map(|path| Cow::Borrowed(path.rsplit(['/', '\\']).next().unwrap_or(path))),
            _ => None,
        }
    }

    fn missing(&self, name: &str, whole: &str) -> String {
        let word = match name {
            "raw_message" => "message",
            "error.type" => "type",
            "error.value" | "raw_value" | "error.raw_value" => "value",
            "stack.function" => "function",
            "path" | "stack.abs_path" => "abs-path",
            "stack.filename" => "filename",
            "stack.module" => "module",
            "stack.package" => "package",
            "transaction" | "message" | "type" | "value" | "function" | "module" | "package" | "level" | "logger" => name,
            _ => {
                return match name.strip_prefix("tags.") {
                    Some(tag) => format!("<no-value-for-tag-{tag}>"),
                    None if self.config.cleans_fingerprints => format!("<unrecognized-variable-{name}>"),
                    None => whole.to_owned(),
                };
            }
        };
        format!("<no-{word}>")
    }
}

/// No list shows more of a title; the variables behind stay as they are.
const TITLE_BYTES_MAX: usize = 8192;

/// The name in `{{ name }}`; `None` if the entry is a literal.
pub fn variable_name(entry: &str) -> Option<&str> {
    Some(entry.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim())
}

/// The frame that stands for the crash: the last in app, else the last, of those that `accept` takes.
pub fn crash_frame<'v, 'e>(view: &'v EventView<'e>, accept: impl Fn(&Frame) -> bool) -> Option<&'v Frame<'e>> {
    let of_exception = |exception: &'v Exception<'e>| exception.stacktrace.as_ref();
    let only_thread = || match view.threads.as_slice() {
        [thread] => thread.stacktrace.as_ref(),
        _ => None,
    };
    let stack = view.exceptions.last().and_then(of_exception).or(view.stacktrace.as_ref()).or_else(only_thread)?;
    let accepted = || stack.frames.iter().rev().filter(|frame| accept(frame));
    accepted().find(|frame| frame.is_in_app()).or_else(|| accepted().next())
}
