//! Errors of browser extensions, which the project's people cannot mend: known messages, and addresses of extensions.

use crate::view::EventView;
use model::json::Value;
use regex::Regex;
use std::sync::LazyLock;

/// Whether the first exception's text or the last frame's address gives an extension away.
pub fn is_from_extension(view: &EventView) -> bool {
    let Some(first) = view.exceptions.first() else { return false };
    if first.value.is_some_and(|value| MESSAGES.is_match(value)) {
        return true;
    }
    let exceptions = view.json.at(&["exception", "values"]).and_then(Value::as_array).unwrap_or_default();
    let frames = exceptions.iter().filter_map(|exception| exception.at(&["stacktrace", "frames"])?.as_array()).flatten();
    let mut paths = frames.filter_map(|frame| frame.str_at(&["abs_path"]));
    paths.rfind(|path| !matches!(*path, "" | "<anonymous>" | "[native code]")).is_some_and(|path| SOURCES.is_match(path))
}

static MESSAGES: LazyLock<Regex> = LazyLock::new(|| {
    one_of(&[
        r"top\.GLOBALS",
        r"originalCreateNotification",
        r"canvas\.contentDocument",
        r"MyApp_RemoveAllHighlights",
        r"http://tt\.epicplay\.com",
        r"Can't find variable: ZiteReader",
        r"jigsaw is not defined",
        r"ComboSearch is not defined",
        r"http://loading\.retry\.widdit\.com/",
        r"atomicFindClose",
        r"fb_xd_fragment",
        r"bmi_SafeAddOnload",
        r"EBCallBackMessageReceived",
        r"_gCrWeb",
        r"conduitPage",
        r"null is not an object \(evaluating 'elt\.parentNode'\)",
        r"plugin\.setSuspendState is not a function",
        r"Extension context invalidated",
        r"useless error: This error is ignored",
        r"__show__deepen",
        r"webkit-masked-url",
        r"Can't find variable: _AutofillCallbackHandler",
        r"can't access dead object",
        r"Cannot redefine property: (?:solana|ethereum)",
        r"undefined is not an object \(evaluating 'a\.L'\)",
    ])
});

static SOURCES: LazyLock<Regex> = LazyLock::new(|| {
    one_of(&[
        r"(?i)graph\.facebook\.com",
        r"(?i)connect\.facebook\.net",
        r"(?i)eatdifferent\.com\.woopra-ns\.com",
        r"(?i)static\.woopra\.com/js/woopra\.js",
        r"(?i)^chrome(?:-extension)?:/",
        r"(?i)^moz-extension:/",
        r"(?i)^safari(?:-web)?-extension:/",
        r"(?i)webkit-masked-url",
        r"(?i)127\.0\.0\.1:4001/isrunning",
        r"(?i)webappstoolbarba\.texthelp\.com/",
        r"(?i)metrics\.itunes\.apple\.com\.edgesuite\.net/",
        r"(?i)kaspersky-labs\.com",
    ])
});

fn one_of(patterns: &[&str]) -> Regex {
    Regex::new(&patterns.join("|")).expect("the patterns are constants and compile")
}
