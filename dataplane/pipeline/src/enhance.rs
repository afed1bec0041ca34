//! Stack trace enhancement: rules that say which frames are in app and which count for grouping (`grouping.md` §4).
//!
//! In: rule text, and the frames of one stack trace. Out: `in_app` and category per frame, then per rule and frame what it
//! says about contributing. Rules are indexed by the text they test, so that a frame meets only rules that may match it.
//! It knows nothing of components and hashes.

pub mod builtin;
pub mod glob;
mod index;
pub mod parse;
pub mod rule;

use crate::view::Frame;
use glob::PathText;
use index::{Everywhere, Index, PairList};
use rule::{Action, ExceptionField, Flag, FrameMatcher, FrameTest, Rule};

/// Rules in order, ready to be applied.
#[derive(Debug, Default)]
pub struct RuleSet {
    rules: Vec<Rule>,
    index: Index,
}

/// The built-in rules and, after them, the project's own.
#[derive(Debug)]
pub struct Enhancements {
    /// The built-in rules, or what stands in for them.
    pub base: Base,
    pub custom: RuleSet,
}

/// The rules that come first.
#[derive(Debug)]
pub enum Base {
    Builtin(&'static RuleSet),
    Given(RuleSet),
}

impl From<RuleSet> for Base {
    fn from(rules: RuleSet) -> Base {
        Base::Given(rules)
    }
}

impl Base {
    fn rules(&self) -> &RuleSet {
        match self {
            Base::Builtin(rules) => rules,
            Base::Given(rules) => rules,
        }
    }
}

/// The exception that holds the stack trace; what is missing reads `<unknown>`.
#[derive(Debug, Clone, Copy, Default)]
pub struct ExceptionContext<'e> {
    pub kind: Option<&'e str>,
    pub value: Option<&'e str>,
    pub mechanism: Option<&'e str>,
}

/// A rule that matched a frame, for the second pass.
#[derive(Debug, Clone, Copy)]
pub struct Match<'r> {
    pub rule: &'r Rule,
    pub frame: usize,
    pub is_custom: bool,
}

impl RuleSet {
    pub fn new(rules: Vec<Rule>) -> RuleSet {
        let index = Index::new(&rules);
        RuleSet { rules, index }
    }

    /// Reads rule text, leaving out lines that are no rules.
    pub fn from_text(text: &str) -> RuleSet {
        RuleSet::new(parse::parse_rules(text).0)
    }

    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }
}

impl Enhancements {
    /// Settles `in_app` and categories of `frames` and returns what the second pass has to say, in rule order.
    pub fn apply<'r>(&'r self, frames: &mut [Frame<'r>], exception: ExceptionContext) -> Vec<Match<'r>> {
        if frames.is_empty() {
            return Vec::new();
        }
        let paths: Vec<FramePaths> = frames.iter().map(FramePaths::new).collect();
        let mut passes = [Pass::new(self.base.rules(), frames, &paths, exception, false), Pass::new(&self.custom, frames, &paths, exception, true)];
        for pass in &mut passes {
            pass.modify(frames);
        }
        for frame in frames.iter_mut() {
            frame.in_app.get_or_insert(false);
        }
        passes.iter().flat_map(|pass| pass.matches(frames)).collect()
    }
}

/// The path-like texts of a frame, prepared for matching.
struct FramePaths {
    path: Option<PathText>,
    package: Option<PathText>,
}

impl FramePaths {
    fn new(frame: &Frame) -> FramePaths {
        let path = frame.abs_path.filter(|path| !path.is_empty()).or(frame.filename.filter(|name| !name.is_empty()));
        FramePaths { path: path.map(PathText::new), package: frame.package.map(PathText::new) }
    }
}

/// One rule set over one stack trace.
struct Pass<'r, 'p> {
    rules: &'r [Rule],
    /// (rule, frame) for which all tests hold that do not depend on earlier rules.
    candidates: PairList,
    /// Rules whose frame tests all depend on earlier rules.
    everywhere: &'r [Everywhere],
    paths: &'p [FramePaths],
    exception: ExceptionContext<'p>,
    is_custom: bool,
}

impl<'r, 'p> Pass<'r, 'p> {
    fn new(set: &'r RuleSet, frames: &[Frame], paths: &'p [FramePaths], exception: ExceptionContext<'p>, is_custom: bool) -> Self {
        let mut candidates: PairList = Vec::new();
        for (at, frame) in frames.iter().enumerate() {
            let from = candidates.len();
            set.index.collect(frame, paths[at].path.as_ref(), paths[at].package.as_ref(), at as u32, &mut candidates);
            let mut keep = from;
            for read in from..candidates.len() {
                let rule = &set.rules[candidates[read].0 as usize];
                if static_tests_hold(rule, frame, &paths[at]) {
                    candidates[keep] = candidates[read];
                    keep += 1;
                }
            }
            candidates.truncate(keep);
        }
        candidates.sort_unstable();
        candidates.dedup();
        Pass { rules: &set.rules, candidates, everywhere: set.index.everywhere(), paths, exception, is_custom }
    }

    fn modify(&self, frames: &mut [Frame<'r>]) {
        let mut matched = Vec::new();
        self.for_each_rule(|rule, trial| {
            if !rule.modifies_frames() || !self.may_match(rule, trial, frames) {
                return;
            }
            matched.clear();
            trial.each_frame(frames.len(), |frame| matched.extend(self.tests_hold(rule, trial, frames, frame).then_some(frame)));
            for &frame in &matched {
                modify_frames(rule, frame, frames);
            }
        });
    }

    fn matches(&self, frames: &[Frame]) -> Vec<Match<'r>> {
        let mut found = Vec::new();
        self.for_each_rule(|rule, trial| {
            if !rule.updates_components() || !self.may_match(rule, trial, frames) {
                return;
            }
            trial.each_frame(frames.len(), |frame| {
                if self.tests_hold(rule, trial, frames, frame) {
                    found.push(Match { rule, frame, is_custom: self.is_custom });
                }
            });
        });
        found
    }

    /// Visits the rules that may match, in order, with the frames to be tried.
    fn for_each_rule(&self, mut visit: impl FnMut(&'r Rule, Trial)) {
        let rules = self.rules;
        let mut pairs = self.candidates.as_slice();
        let mut everywhere = self.everywhere;
        loop {
            let next_pair = pairs.first().map(|pair| pair.0);
            match everywhere.split_first() {
                Some((next, rest)) if next_pair.is_none_or(|pair| next.rule < pair) => {
                    visit(&rules[next.rule as usize], Trial::Everywhere { needs_category: next.needs_category });
                    everywhere = rest;
                }
                _ => {
                    let Some(rule) = next_pair else { return };
                    let end = pairs.iter().position(|pair| pair.0 != rule).unwrap_or(pairs.len());
                    visit(&rules[rule as usize], Trial::Candidates(&pairs[..end]));
                    pairs = &pairs[end..];
                }
            }
        }
    }

    /// What can be said of a rule before any frame is tried.
    fn may_match(&self, rule: &Rule, trial: Trial, frames: &[Frame]) -> bool {
        let lacks_category = matches!(trial, Trial::Everywhere { needs_category: true }) && frames.iter().all(|frame| frame.category.is_none());
        !lacks_category && self.exception_holds(rule)
    }

    fn exception_holds(&self, rule: &Rule) -> bool {
        rule.exception.iter().all(|matcher| {
            let text = match matcher.field {
                ExceptionField::Type => self.exception.kind,
                ExceptionField::Value => self.exception.value,
                ExceptionField::Mechanism => self.exception.mechanism,
            };
            matcher.pattern.matches(text.unwrap_or("<unknown>")) != matcher.negated
        })
    }

    /// All tests of a frame, or only those that earlier rules may have changed, and those of the neighbours.
    fn tests_hold(&self, rule: &Rule, trial: Trial, frames: &[Frame], at: usize) -> bool {
        let static_hold = matches!(trial, Trial::Candidates(_));
        let neighbour = |matcher: &Option<FrameMatcher>, index: Option<usize>| {
            matcher.as_ref().is_none_or(|matcher| index.and_then(|index| Some(holds(matcher, frames.get(index)?, &self.paths[index]))).unwrap_or(false))
        };
        rule.frame.iter().filter(|matcher| !static_hold || !matcher.test.is_static()).all(|matcher| holds(matcher, &frames[at], &self.paths[at]))
            && neighbour(&rule.caller, at.checked_sub(1))
            && neighbour(&rule.callee, Some(at + 1))
    }
}

/// The frames a rule is tried on.
#[derive(Clone, Copy)]
enum Trial<'p> {
    /// Those for which its static tests hold: (rule, frame).
    Candidates(&'p [(u32, u32)]),
    /// All, with all tests.
    Everywhere { needs_category: bool },
}

impl Trial<'_> {
    fn each_frame(self, count: usize, mut visit: impl FnMut(usize)) {
        match self {
            Trial::Candidates(pairs) => pairs.iter().for_each(|pair| visit(pair.1 as usize)),
            Trial::Everywhere { .. } => (0..count).for_each(visit),
        }
    }
}

fn static_tests_hold(rule: &Rule, frame: &Frame, paths: &FramePaths) -> bool {
    rule.frame.iter().filter(|matcher| matcher.test.is_static()).all(|matcher| holds(matcher, frame, paths))
}

fn holds(matcher: &FrameMatcher, frame: &Frame, paths: &FramePaths) -> bool {
    let matches = match &matcher.test {
        FrameTest::Family(families) => families.contains(frame.family),
        FrameTest::Path(pattern) => paths.path.as_ref().zip(pattern.as_ref()).is_some_and(|(path, pattern)| pattern.matches_path(path)),
        FrameTest::Package(pattern) => paths.package.as_ref().zip(pattern.as_ref()).is_some_and(|(path, pattern)| pattern.matches_path(path)),
        FrameTest::Module(pattern) => frame.module.zip(pattern.as_ref()).is_some_and(|(module, pattern)| pattern.matches(module)),
        FrameTest::Function(pattern) => pattern.as_ref().is_some_and(|pattern| pattern.matches(function_text(frame))),
        FrameTest::Category(pattern) => frame.category.zip(pattern.as_ref()).is_some_and(|(category, pattern)| pattern.matches(category)),
        FrameTest::App(None) => return false,
        FrameTest::App(Some(wanted)) => frame.is_in_app() == *wanted,
    };
    matches != matcher.negated
}

/// Rules read a missing function name as `<unknown>`.
fn function_text<'f>(frame: &'f Frame) -> &'f str {
    frame.function.as_deref().filter(|name| !name.is_empty()).unwrap_or("<unknown>")
}

fn modify_frames<'r>(rule: &'r Rule, at: usize, frames: &mut [Frame<'r>]) {
    let count = frames.len();
    for action in &rule.actions {
        match action {
            Action::Flag { flag: Flag::App, on, range } => frames[range.around(at, count)].iter_mut().for_each(|frame| frame.in_app = Some(*on)),
            Action::Category(category) => frames[at].category = Some(category),
            _ => {}
        }
    }
}
