//! Which releases a filter means: a glob on the name, or ranges of versions, `>=1.2 <2.0`, with the package before them where it
//! matters: `shop@>=1.2`.

use crate::enhance::glob::{Pattern, Style};
use model::version::{self, Semver};
use std::cmp::Ordering;

/// One entry of the list.
#[derive(Debug)]
pub enum ReleasePattern {
    Glob(Pattern),
    /// All must hold; a release without a semver version is in no range.
    Range { package: Option<String>, bounds: Vec<(Bound, Semver)> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Equal,
}

impl Bound {
    pub fn holds(self, order: Ordering) -> bool {
        match self {
            Bound::Less => order.is_lt(),
            Bound::LessOrEqual => order.is_le(),
            Bound::Greater => order.is_gt(),
            Bound::GreaterOrEqual => order.is_ge(),
            Bound::Equal => order.is_eq(),
        }
    }
}

impl ReleasePattern {
    /// `None` for an empty text or a pattern that cannot be read.
    pub fn new(text: &str) -> Option<ReleasePattern> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        let (package, rest) = text.rsplit_once('@').map_or((None, text), |(package, rest)| (Some(package), rest));
        match bounds(rest) {
            Some(bounds) => Some(ReleasePattern::Range { package: package.map(str::to_owned), bounds }),
            None => Pattern::new(text, Style::TextIgnoringCase).map(ReleasePattern::Glob),
        }
    }

    pub fn matches(&self, release: &str) -> bool {
        match self {
            ReleasePattern::Glob(pattern) => pattern.matches(release),
            ReleasePattern::Range { package, bounds } => {
                let is_of_package = package.as_deref().is_none_or(|package| package == version::parts(release).package);
                is_of_package && version::parse(release).is_some_and(|version| bounds.iter().all(|(bound, limit)| bound.holds(version.cmp(limit))))
            }
        }
    }
}

/// A version to compare with; one number is enough.
pub fn limit(text: &str) -> Option<Semver> {
    version::parse(&if text.parse::<u64>().is_ok() { format!("{text}.0") } else { text.to_owned() })
}

/// `>=1.2 <2.0`, `>=1.2,<2.0`; `None` where any part is no comparison.
fn bounds(text: &str) -> Option<Vec<(Bound, Semver)>> {
    let glued = text.replace("= ", "=").replace("> ", ">").replace("< ", "<");
    let parts = glued.split([' ', ',']).filter(|part| !part.is_empty());
    let bounds: Vec<(Bound, Semver)> = parts.map(bound).collect::<Option<_>>()?;
    (!bounds.is_empty()).then_some(bounds)
}

fn bound(text: &str) -> Option<(Bound, Semver)> {
    let operators = [("<=", Bound::LessOrEqual), (">=", Bound::GreaterOrEqual), ("<", Bound::Less), (">", Bound::Greater), ("=", Bound::Equal)];
    operators.into_iter().find_map(|(sign, bound)| Some((bound, limit(text.strip_prefix(sign)?)?)))
}

#[cfg(test)]
mod tests {
    use super::ReleasePattern;

    fn check(pattern: &str, release: &str, expected: bool) {
        assert_eq!(ReleasePattern::new(pattern).expect(pattern).matches(release), expected, "{pattern} {release}");
    }

    #[test]
    fn ranges_take_versions_between_their_bounds() {
        for (pattern, release, expected) in [
            ("<1.2", "shop@1.1.9", true), ("<1.2", "shop@1.2.0", false), (">=1.2 <2", "shop@1.9.0+7", true), (">=1.2, <2", "shop@2.0.0", false), ("> 1.2.0", "1.2.1", true),
            ("=1.2", "shop@1.2.0", true), ("shop@<2", "shop@1.0.0", true), ("shop@<2", "desk@1.0.0", false), ("<2", "3fa1c9", false), ("<1.0.0", "shop@1.0.0-rc.1", true),
        ] {
            check(pattern, release, expected);
        }
    }

    #[test]
    fn what_is_no_range_is_a_glob() {
        check("shop@1.*", "SHOP@1.4", true);
        check("<unknown>", "<unknown>", true);
        assert!(ReleasePattern::new("  ").is_none());
    }
}
