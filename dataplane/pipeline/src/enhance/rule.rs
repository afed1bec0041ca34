//! One enhancement rule as a value: what it tests, what it does, and its text for hints.

use super::glob::{Pattern, Style};
use crate::view::Family;
use std::{fmt, sync::Arc};

/// `matchers actions`, with the text that names it in hints.
#[derive(Debug)]
pub struct Rule {
    /// All of them must hold for one frame.
    pub frame: Vec<FrameMatcher>,
    /// Tested once for the exception that holds the stack trace.
    pub exception: Vec<ExceptionMatcher>,
    /// Tests the frame before.
    pub caller: Option<FrameMatcher>,
    /// Tests the frame after.
    pub callee: Option<FrameMatcher>,
    pub actions: Vec<Action>,
    pub text: String,
}

#[derive(Debug)]
pub struct FrameMatcher {
    pub negated: bool,
    pub test: FrameTest,
}

/// What is tested of a frame. A `None` pattern is a broken one: it never matches.
#[derive(Debug)]
pub enum FrameTest {
    Family(Families),
    Path(Option<Arc<Pattern>>),
    Package(Option<Arc<Pattern>>),
    Module(Option<Arc<Pattern>>),
    Function(Option<Arc<Pattern>>),
    Category(Option<Arc<Pattern>>),
    /// `None`: a word that is no boolean; never matches.
    App(Option<bool>),
}

/// A set of platform families.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families {
    pub native: bool,
    pub javascript: bool,
    pub other: bool,
}

impl Families {
    pub const ALL: Families = Families { native: true, javascript: true, other: true };

    /// Reads `native,javascript`; unknown words count for nothing.
    pub fn parse(list: &str) -> Families {
        let has = |name: &str| list.split(',').any(|word| word == name || word == "all");
        Families { native: has("native"), javascript: has("javascript"), other: has("other") }
    }

    pub fn contains(self, family: Family) -> bool {
        match family {
            Family::Native => self.native,
            Family::Javascript => self.javascript,
            Family::Other => self.other,
        }
    }
}

#[derive(Debug)]
pub struct ExceptionMatcher {
    pub negated: bool,
    pub field: ExceptionField,
    pub pattern: Pattern,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExceptionField {
    Type,
    Value,
    Mechanism,
}

/// What a rule does to the frames it matched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Flag {
        flag: Flag,
        on: bool,
        range: Range,
    },
    Category(String),
    MaxFrames(usize),
    MinFrames(usize),
    /// Understood and without effect today (`grouping.md` §1.6).
    InvertStacktrace(bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    App,
    Group,
}

/// Which frames an action reaches, seen from the matching one. Frames are oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Range {
    Itself,
    /// `^`: towards the crash, without the frame itself.
    Up,
    /// `v`: towards `main`, without the frame itself.
    Down,
}

impl Range {
    /// The indexes reached from frame `at` of `count`.
    pub fn around(self, at: usize, count: usize) -> std::ops::Range<usize> {
        match self {
            Range::Itself => at..at + 1,
            Range::Up => at + 1..count,
            Range::Down => 0..at,
        }
    }
}

impl Rule {
    /// Whether the first pass, which settles `in_app` and categories, looks at this rule.
    pub fn modifies_frames(&self) -> bool {
        self.actions.iter().any(|action| matches!(action, Action::Flag { flag: Flag::App, .. } | Action::Category(_)))
    }

    /// Whether the second pass, which settles what contributes and how hints read, looks at this rule.
    pub fn updates_components(&self) -> bool {
        self.actions.iter().any(|action| !matches!(action, Action::Category(_) | Action::InvertStacktrace(_)))
    }

    /// Whether the rule can only match where some frame has a category already.
    pub fn needs_category(&self) -> bool {
        let all = self.frame.iter().chain(&self.caller).chain(&self.callee);
        all.into_iter().any(|matcher| !matcher.negated && matches!(matcher.test, FrameTest::Category(_)))
    }

    /// The families whose frames can match.
    pub fn families(&self) -> Families {
        let families = self.frame.iter().filter(|matcher| !matcher.negated).filter_map(|matcher| match matcher.test {
            FrameTest::Family(families) => Some(families),
            _ => None,
        });
        families.fold(Families::ALL, |all, one| Families {
            native: all.native && one.native,
            javascript: all.javascript && one.javascript,
            other: all.other && one.other,
        })
    }
}

impl FrameTest {
    /// The test a key names, or `None` for a key that names no frame test.
    pub fn new(key: &str, argument: &str) -> Option<FrameTest> {
        Some(match key {
            "family" => FrameTest::Family(Families::parse(argument)),
            "path" | "stack.abs_path" => FrameTest::Path(Pattern::new(argument, Style::Path).map(Arc::new)),
            "package" | "stack.package" => FrameTest::Package(Pattern::new(argument, Style::Path).map(Arc::new)),
            "module" | "stack.module" => FrameTest::Module(Pattern::new(argument, Style::Plain).map(Arc::new)),
            "function" | "stack.function" => FrameTest::Function(Pattern::new(argument, Style::Plain).map(Arc::new)),
            "category" => FrameTest::Category(Pattern::new(argument, Style::Plain).map(Arc::new)),
            "app" => FrameTest::App(parse_bool(argument)),
            _ => return None,
        })
    }

    /// Whether the answer stays the same while rules change `in_app` and categories.
    pub fn is_static(&self) -> bool {
        !matches!(self, FrameTest::App(_) | FrameTest::Category(_))
    }
}

impl ExceptionField {
    pub fn from_key(key: &str) -> Option<ExceptionField> {
        match key {
            "type" | "error.type" => Some(ExceptionField::Type),
            "value" | "error.value" => Some(ExceptionField::Value),
            "mechanism" | "error.mechanism" => Some(ExceptionField::Mechanism),
            _ => None,
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The words rules use for booleans.
pub fn parse_bool(word: &str) -> Option<bool> {
    match word {
        "1" | "yes" | "true" => Some(true),
        "0" | "no" | "false" => Some(false),
        _ => None,
    }
}
