//! Grouping: which events are the same issue (`grouping.md` §1).
//!
//! In: a normalised event, the project's grouping rules. Out: hashes, most specific first, and the tree that explains them.
//! Steps: enhance stack traces, match fingerprint rules, offer the event to strategies, combine with the fingerprint.
//! It knows nothing of issues: who looks the hashes up decides.

mod chained;
pub mod component;
mod exception;
pub mod fingerprint;
pub mod frame;
pub mod functions;
mod interfaces;
mod main_exception;
mod stacktrace;
mod strategies;
pub mod title;
pub mod variants;

use crate::{
    clean::Generation,
    enhance::{Base, Enhancements, ExceptionContext, RuleSet, builtin},
    view::{EventView, Stacktrace},
};
pub use interfaces::blocked_uri;

use fingerprint::FingerprintRules;
use variants::Grouping;

/// A version of the algorithm. A given one never changes: stored hashes must stay findable.
#[derive(Debug, PartialEq, Eq)]
pub struct Config {
    pub id: &'static str,
    pub generation: Generation,
    /// Children of an exception: stack trace before type and value.
    pub stacktrace_first: bool,
    /// The lone-frame rule for scripts tests whether the address *is* a URL.
    pub drops_lone_url_frames: bool,
    /// The system variant decides; else the app variant does.
    pub system_leads: bool,
    pub rules_bring_system_frames_into_app: bool,
    /// Exception groups with repeated ids or their own parents, and those of Python SDK 3, are taken for plain chains.
    pub doubts_groups: bool,
    /// Names of components and variants are written with dashes.
    pub dashed_names: bool,
    /// Variables of fingerprints are cleaned like messages, and unknown ones are marked.
    pub cleans_fingerprints: bool,
    /// Fingerprint rules see `in_app` as it was sent, before enhancement rules.
    pub matches_fingerprints_first: bool,
    /// Queries of script names, and the handles that Python gives its processes, are left out of frames.
    pub cleans_frames: bool,
}

/// The configuration of before 2026, which projects may keep.
pub static NEWSTYLE_2023: Config = Config {
    id: "newstyle:2023-01-11",
    generation: Generation::Y2024,
    stacktrace_first: true,
    drops_lone_url_frames: true,
    system_leads: true,
    rules_bring_system_frames_into_app: true,
    doubts_groups: false,
    dashed_names: true,
    cleans_fingerprints: false,
    matches_fingerprints_first: false,
    cleans_frames: false,
};

/// The default.
pub static NEWSTYLE_2026: Config = Config {
    id: "newstyle:2026-01-20",
    generation: Generation::Y2026,
    stacktrace_first: false,
    drops_lone_url_frames: false,
    system_leads: false,
    rules_bring_system_frames_into_app: false,
    doubts_groups: true,
    dashed_names: false,
    cleans_fingerprints: true,
    matches_fingerprints_first: true,
    cleans_frames: true,
};

impl Config {
    /// The configuration of an id; `None` for unknown ones.
    pub fn by_id(id: &str) -> Option<&'static Config> {
        [&NEWSTYLE_2023, &NEWSTYLE_2026].into_iter().find(|config| config.id == id)
    }

    fn builtin_rules(&self) -> &'static RuleSet {
        if self.id == NEWSTYLE_2023.id { builtin::rules_2023() } else { builtin::rules_2026() }
    }
}

/// Everything grouping needs to know about a project, compiled.
#[derive(Debug)]
pub struct GroupingRules {
    pub config: &'static Config,
    pub enhancements: Enhancements,
    pub fingerprinting: FingerprintRules,
}

impl GroupingRules {
    /// Compiles a project's rule texts; lines that are no rules are left out.
    pub fn new(config: &'static Config, enhancements: &str, fingerprinting: &str) -> GroupingRules {
        let enhancements = Enhancements { base: Base::Builtin(config.builtin_rules()), custom: RuleSet::from_text(enhancements) };
        GroupingRules { config, enhancements, fingerprinting: FingerprintRules::new(fingerprinting) }
    }
}

/// Which frames a variant looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    App,
    System,
    /// For events without frames.
    Default,
}

impl Variant {
    pub fn name(self) -> &'static str {
        match self {
            Variant::App => "app",
            Variant::System => "system",
            Variant::Default => "default",
        }
    }
}

/// Settles `in_app` and categories of all frames of `view`, notes what rules say about them, and groups the event.
pub fn group_event<'e>(view: &mut EventView<'e>, rules: &'e GroupingRules) -> Grouping<'e> {
    if rules.config.matches_fingerprints_first {
        let matched = rules.fingerprinting.find(view);
        enhance_event(view, rules);
        return variants::group_event(view, rules, matched);
    }
    enhance_event(view, rules);
    variants::group_event(view, rules, rules.fingerprinting.find(view))
}

/// The first part of [`group_event`].
pub fn enhance_event<'e>(view: &mut EventView<'e>, rules: &'e GroupingRules) {
    let apply = |stack: &mut Option<Stacktrace<'e>>, context: ExceptionContext| {
        if let Some(stack) = stack {
            stack.matches = rules.enhancements.apply(&mut stack.frames, context);
        }
    };
    for exception in &mut view.exceptions {
        let mechanism = exception.mechanism.as_ref().and_then(|mechanism| mechanism.kind);
        apply(&mut exception.stacktrace, ExceptionContext { kind: exception.kind, value: exception.value, mechanism });
    }
    for thread in &mut view.threads {
        apply(&mut thread.stacktrace, ExceptionContext::default());
    }
    apply(&mut view.stacktrace, ExceptionContext::default());
}

#[cfg(test)]
mod tests;
