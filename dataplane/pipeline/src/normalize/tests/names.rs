//! §4.5: names of releases and environments. What a release's parts are stands in `model::version`.

use super::*;

/// In neither name: `/`, `\`, line breaks, tabs, other control characters.
const FORBIDDEN: [&str; 6] = ["a/b", r"a\\b", r"a\nb", r"a\rb", r"a\tb", r"a\u0007b"];

#[test]
fn release_has_200_bytes() {
    check(&format!(r#"{{"release":"{}"}}"#, text(200)), "release", &format!("\"{}\"", text(200)));
    check_invalid(&format!(r#"{{"release":"{}"}}"#, text(201)), "release");
    check_invalid(&format!(r#"{{"release":"{}"}}"#, "ü".repeat(101)), "release");
}

#[test]
fn release_that_is_not_allowed_is_removed_and_the_event_stays() {
    for release in ["latest", "LATEST", ".", ".."].into_iter().chain(FORBIDDEN) {
        let event = format!(r#"{{"release":"{release}","logger":"x"}}"#);
        check_invalid(&event, "release");
        check(&event, "logger", "\"x\"");
    }
}

#[test]
fn release_keeps_package_version_and_build() {
    check(r#"{"release":" app@1.0.0-rc1+2 "}"#, "release", "\"app@1.0.0-rc1+2\"");
}

#[test]
fn environment_has_64_bytes() {
    check(&format!(r#"{{"environment":"{}"}}"#, text(64)), "environment", &format!("\"{}\"", text(64)));
    check_invalid(&format!(r#"{{"environment":"{}"}}"#, text(65)), "environment");
    check_invalid(&format!(r#"{{"environment":"{}"}}"#, "ü".repeat(33)), "environment");
}

#[test]
fn environment_that_is_not_allowed_is_removed_and_the_event_stays() {
    for environment in ["none", "None", ".", ".."].into_iter().chain(FORBIDDEN) {
        let event = format!(r#"{{"environment":"{environment}","logger":"x"}}"#);
        check_invalid(&event, "environment");
        check(&event, "logger", "\"x\"");
    }
}

#[test]
fn names_that_say_nothing_are_no_errors() {
    for key in ["release", "environment", "dist"] {
        for empty in ["\"\"", "\" \"", "null"] {
            let event = format!(r#"{{"{key}":{empty}}}"#);
            check(&event, key, "-");
            assert!(errors(&event).is_empty(), "{event}");
        }
    }
}
