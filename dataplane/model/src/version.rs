//! Release versions: `package@1.2.3-rc.1+build`, their parts and their order. Semver where both parse; what else decides is the
//! caller's business (dates, text).

use std::cmp::Ordering;

/// A release name's parts; what is missing is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'r> {
    pub package: &'r str,
    /// Without the build.
    pub version: &'r str,
    pub build: &'r str,
}

/// Splits `package@version+build`.
pub fn parts(release: &str) -> Parts<'_> {
    let (package, rest) = release.rsplit_once('@').unwrap_or(("", release));
    let (version, build) = rest.split_once('+').unwrap_or((rest, ""));
    Parts { package, version, build }
}

/// The comparable part of a version that is semver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Semver {
    numbers: [u64; 3],
    /// Empty for a release proper, which comes after its pre-releases.
    pre: Vec<String>,
    build: String,
}

/// Parses the version of `package@version` (the package may be missing). One to three numbers are needed.
pub fn parse(version: &str) -> Option<Semver> {
    let text = version.rsplit_once('@').map_or(version, |(_, text)| text);
    let (text, build) = text.split_once('+').unwrap_or((text, ""));
    let (core, pre) = text.split_once('-').unwrap_or((text, ""));
    let mut numbers = [0; 3];
    let mut count = 0;
    for part in core.split('.') {
        *numbers.get_mut(count)? = part.parse().ok()?;
        count += 1;
    }
    if count < 2 {
        return None;
    }
    let pre = if pre.is_empty() { Vec::new() } else { pre.split('.').map(str::to_owned).collect() };
    Some(Semver { numbers, pre, build: build.to_owned() })
}

impl Ord for Semver {
    fn cmp(&self, other: &Semver) -> Ordering {
        let pre = match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => compare_pre(&self.pre, &other.pre),
        };
        self.numbers.cmp(&other.numbers).then(pre).then_with(|| compare_part(&self.build, &other.build))
    }
}

impl PartialOrd for Semver {
    fn partial_cmp(&self, other: &Semver) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn compare_pre(left: &[String], right: &[String]) -> Ordering {
    for (a, b) in left.iter().zip(right) {
        match compare_part(a, b) {
            Ordering::Equal => {}
            unequal => return unequal,
        }
    }
    left.len().cmp(&right.len())
}

/// Numbers compare as numbers and come before words (semver 2.0 §11).
fn compare_part(left: &str, right: &str) -> Ordering {
    if left.is_empty() || right.is_empty() {
        return left.len().cmp(&right.len());
    }
    match (left.parse::<u64>(), right.parse::<u64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        (Ok(_), Err(_)) => Ordering::Less,
        (Err(_), Ok(_)) => Ordering::Greater,
        (Err(_), Err(_)) => left.cmp(right),
    }
}

#[cfg(test)]
mod tests {
    use super::{Parts, parse, parts};

    #[test]
    fn versions_order_as_semver() {
        let order = ["shop@1.0.0-alpha", "shop@1.0.0-alpha.1", "shop@1.0.0-alpha.beta", "1.0.0-rc.2", "1.0.0-rc.10", "shop@1.0.0", "1.0.0+5", "1.2", "shop@1.10.0"];
        for pair in order.windows(2) {
            assert!(parse(pair[0]).expect(pair[0]) < parse(pair[1]).expect(pair[1]), "{pair:?}");
        }
    }

    #[test]
    fn release_names_have_parts() {
        assert_eq!(parts("shop@1.2.3+77"), Parts { package: "shop", version: "1.2.3", build: "77" });
        assert_eq!(parts("@scope/shop@1.0"), Parts { package: "@scope/shop", version: "1.0", build: "" });
        assert_eq!(parts("3fa1c9"), Parts { package: "", version: "3fa1c9", build: "" });
    }

    #[test]
    fn opaque_versions_do_not_parse() {
        for version in ["3fa1c9", "main", "42", "1.2.3.4", "v1.2", ""] {
            assert!(parse(version).is_none(), "{version}");
        }
    }
}
