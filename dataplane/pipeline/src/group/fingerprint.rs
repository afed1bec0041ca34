//! Fingerprint rules of the server: which events get which fingerprint (`grouping.md` §5).
//!
//! In: rule text and an event. Out: the first rule that matches, with the fingerprint and title it gives.

mod matchers;
pub mod parse;
mod variables;

pub use variables::{Resolver, crash_frame};

use crate::view::EventView;
use matchers::Matchers;
use parse::{RuleText, parse_rules};
use std::sync::LazyLock;

/// The project's rules; the built-in ones come after them.
#[derive(Debug)]
pub struct FingerprintRules {
    custom: Vec<FingerprintRule>,
}

/// One compiled rule.
#[derive(Debug)]
pub struct FingerprintRule {
    pub text: RuleText,
    pub fingerprint: Vec<String>,
    pub title: Option<String>,
    matchers: Matchers,
}

/// A rule that matched.
#[derive(Debug, Clone, Copy)]
pub struct FingerprintMatch<'r> {
    pub rule: &'r FingerprintRule,
    pub is_builtin: bool,
}

impl FingerprintRules {
    /// Reads rule text, leaving out lines that are no rules.
    pub fn new(text: &str) -> FingerprintRules {
        FingerprintRules { custom: compile(text) }
    }

    /// The first matching rule, the project's before the built-in ones.
    pub fn find<'r>(&'r self, view: &EventView) -> Option<FingerprintMatch<'r>> {
        let custom = self.custom.iter().find(|rule| rule.matchers.hold(view)).map(|rule| FingerprintMatch { rule, is_builtin: false });
        custom.or_else(|| BUILTIN.iter().find(|rule| rule.matchers.hold(view)).map(|rule| FingerprintMatch { rule, is_builtin: true }))
    }
}

fn compile(text: &str) -> Vec<FingerprintRule> {
    let compile_one = |text: RuleText| {
        Some(FingerprintRule { matchers: Matchers::new(&text.matchers)?, fingerprint: text.fingerprint.clone(), title: text.title.clone(), text })
    };
    parse_rules(text).0.into_iter().filter_map(compile_one).collect()
}

static BUILTIN: LazyLock<Vec<FingerprintRule>> = LazyLock::new(|| compile(BUILTIN_TEXT));

/// Failures of the React and webpack runtimes whose stack traces say nothing about the cause.
const BUILTIN_TEXT: &str = r#"
family:javascript type:"ChunkLoadError" -> chunkloaderror
family:javascript value:"ChunkLoadError*" -> chunkloaderror
family:javascript tags.transaction:"*" message:"Text content does not match server-rendered HTML." -> hydrationerror, {{tags.transaction}}
family:javascript tags.transaction:"*" message:"Hydration failed because the initial UI does not match what was rendered on the server." -> hydrationerror, {{tags.transaction}}
family:javascript tags.transaction:"*" message:"There was an error while hydrating. Because the error happened outside of a Suspense boundary, the entire root will switch to client rendering." -> hydrationerror, {{tags.transaction}}
family:javascript tags.transaction:"*" message:"There was an error while hydrating this Suspense boundary. Switched to client rendering." -> hydrationerror, {{tags.transaction}}
family:javascript tags.transaction:"*" message:"This Suspense boundary received an update before it finished hydrating. This caused the boundary to switch to client rendering. The usual way to fix this is to wrap the original update in startTransition." -> hydrationerror, {{tags.transaction}}
"#;

/// Whether a fingerprint entry stands for the default grouping.
pub fn default_entry(entry: &str) -> bool {
    variables::variable_name(entry) == Some("default")
}
