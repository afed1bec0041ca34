//! Finds the rules that may match a frame without trying all of them.
//!
//! In: the rules of a set. Out: per frame the rules whose most telling test holds. Each rule is filed once per family under
//! one of its tests; exact function names, the most frequent test by far, are looked up instead of compared.

use super::glob::{PathText, Pattern};
use super::rule::{FrameTest, Rule};
use crate::view::{Family, Frame};
use std::{collections::HashMap, sync::Arc};

/// (rule, frame), both by index.
pub type PairList = Vec<(u32, u32)>;

/// Where each rule is filed.
#[derive(Debug, Default)]
pub struct Index {
    families: [FamilyIndex; 3],
    /// Rules that have no positive test of a frame's texts: tried on every frame.
    everywhere: Vec<Everywhere>,
}

/// A rule that is tried on every frame.
#[derive(Debug, Clone, Copy)]
pub struct Everywhere {
    pub rule: u32,
    /// Spares the trial on the many stack traces that have none.
    pub needs_category: bool,
}

#[derive(Debug, Default)]
struct FamilyIndex {
    exact_functions: HashMap<Box<str>, Vec<u32>>,
    functions: Vec<Filed>,
    modules: Vec<Filed>,
    paths: Vec<Filed>,
    packages: Vec<Filed>,
}

/// A rule and which of its frame tests it is filed under.
#[derive(Debug)]
struct Filed {
    rule: u32,
    pattern: Arc<Pattern>,
}

const FAMILIES: [Family; 3] = [Family::Native, Family::Javascript, Family::Other];

impl Index {
    pub fn new(rules: &[Rule]) -> Index {
        let mut index = Index::default();
        for (at, rule) in rules.iter().enumerate() {
            index.file(at as u32, rule);
        }
        index
    }

    pub fn everywhere(&self) -> &[Everywhere] {
        &self.everywhere
    }

    /// Appends (rule, `frame_at`) for every rule whose filing test holds for `frame`.
    pub fn collect(&self, frame: &Frame, path: Option<&PathText>, package: Option<&PathText>, frame_at: u32, found: &mut PairList) {
        let family = &self.families[frame.family as usize];
        let function = super::function_text(frame);
        if let Some(rules) = family.exact_functions.get(function) {
            found.extend(rules.iter().map(|&rule| (rule, frame_at)));
        }
        let mut add = |filed: &[Filed], holds: &dyn Fn(&Pattern) -> bool| {
            found.extend(filed.iter().filter(|filed| holds(&filed.pattern)).map(|filed| (filed.rule, frame_at)));
        };
        add(&family.functions, &|pattern| pattern.matches(function));
        if let Some(module) = frame.module {
            add(&family.modules, &|pattern| pattern.matches(module));
        }
        if let Some(path) = path {
            add(&family.paths, &|pattern| pattern.matches_path(path));
        }
        if let Some(package) = package {
            add(&family.packages, &|pattern| pattern.matches_path(package));
        }
    }

    fn file(&mut self, at: u32, rule: &Rule) {
        let positive = || rule.frame.iter().filter(|matcher| !matcher.negated).map(|matcher| &matcher.test);
        let telling = positive().max_by_key(|test| telling_power(test)).filter(|test| telling_power(test) > 0);
        let Some(test) = telling else {
            return self.everywhere.push(Everywhere { rule: at, needs_category: rule.needs_category() });
        };
        let families = rule.families();
        for family in FAMILIES.into_iter().filter(|family| families.contains(*family)) {
            self.families[family as usize].file(at, test);
        }
    }
}

impl FamilyIndex {
    fn file(&mut self, rule: u32, test: &FrameTest) {
        let (list, pattern) = match test {
            FrameTest::Function(Some(pattern)) => match pattern.as_exact() {
                Some(name) => return self.exact_functions.entry(name.into()).or_default().push(rule),
                None => (&mut self.functions, pattern),
            },
            FrameTest::Module(Some(pattern)) => (&mut self.modules, pattern),
            FrameTest::Path(Some(pattern)) => (&mut self.paths, pattern),
            FrameTest::Package(Some(pattern)) => (&mut self.packages, pattern),
            // A broken pattern never matches, so the rule need not be filed at all.
            _ => return,
        };
        list.push(Filed { rule, pattern: pattern.clone() });
    }
}

/// How few frames a test lets through; 0 for tests that cannot file a rule.
fn telling_power(test: &FrameTest) -> u8 {
    match test {
        FrameTest::Function(Some(pattern)) if pattern.as_exact().is_some() => 5,
        FrameTest::Module(_) => 4,
        FrameTest::Package(_) => 3,
        FrameTest::Path(_) => 2,
        FrameTest::Function(_) => 1,
        FrameTest::Family(_) | FrameTest::Category(_) | FrameTest::App(_) => 0,
    }
}
