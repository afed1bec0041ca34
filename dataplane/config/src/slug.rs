//! Slugs of organizations, teams and projects (design §6): one rule for API, YAML and CEL.

/// The pattern every slug matches, besides not being all digits and not being reserved.
pub const PATTERN: &str = "^[a-z0-9][a-z0-9_-]{0,49}$";

/// Words that are routes of our own.
pub const RESERVED: [&str; 10] =
    ["api", "new", "settings", "organizations", "projects", "teams", "auth", "login", "tunnel", "static"];

/// Why a slug is refused; the text says what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SlugError {
    #[error("slug must be 1 to 50 of a-z, 0-9, '-' and '_', and begin with a letter or digit")]
    Shape,
    #[error("slug must not be only digits, which would read as an id")]
    OnlyDigits,
    #[error("slug '{0}' is reserved")]
    Reserved(String),
}

/// Checks a slug.
///
/// # Errors
/// [`SlugError`]; a retry needs another slug.
pub fn check(slug: &str) -> Result<(), SlugError> {
    let first_fits = slug.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let rest_fits = slug.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'));
    if !first_fits || !rest_fits || slug.len() > 50 {
        return Err(SlugError::Shape);
    }
    if slug.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SlugError::OnlyDigits);
    }
    if RESERVED.contains(&slug) {
        return Err(SlugError::Reserved(slug.to_owned()));
    }
    Ok(())
}

/// A slug made from a name: `Shop API` → `shop-api`. May still be taken, or reserved (then `-1` is added).
pub fn from_name(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars().flat_map(char::to_lowercase) {
        match character {
            'a'..='z' | '0'..='9' => slug.push(character),
            '_' if !slug.is_empty() => slug.push('_'),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
    }
    slug.truncate(46);
    let trimmed = slug.trim_end_matches(['-', '_']).to_owned();
    match check(&trimmed) {
        Ok(()) => trimmed,
        Err(SlugError::Shape) => "project".to_owned(),
        Err(SlugError::OnlyDigits) => format!("p-{trimmed}"),
        Err(SlugError::Reserved(_)) => format!("{trimmed}-1"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_slugs_pass() {
        for slug in ["shop", "shop-api", "0day", "a_b", &"x".repeat(50)] {
            assert_eq!(check(slug), Ok(()), "{slug}");
        }
    }

    #[test]
    fn bad_slugs_name_their_fault() {
        for slug in ["", "-a", "_a", "Shop", "a b", "ä", &"x".repeat(51)] {
            assert_eq!(check(slug), Err(SlugError::Shape), "{slug}");
        }
        assert_eq!(check("42"), Err(SlugError::OnlyDigits));
        assert_eq!(check("api"), Err(SlugError::Reserved("api".into())));
    }

    #[test]
    fn names_become_valid_slugs() {
        for (name, slug) in [("Shop API", "shop-api"), ("  Été!", "t"), ("42", "p-42"), ("api", "api-1"), ("日本", "project"), ("a - b", "a-b")] {
            assert_eq!(from_name(name), slug);
            assert_eq!(check(&from_name(name)), Ok(()));
        }
    }
}
