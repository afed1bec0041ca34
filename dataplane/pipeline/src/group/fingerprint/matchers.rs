//! The matchers of one fingerprint rule (`grouping.md` §5.2): grouped by what they look at, each group needs one element
//! for which all of its matchers hold.

use crate::{
    enhance::{
        glob::{PathText, Pattern, Style},
        rule::{Families, parse_bool},
    },
    view::{EventView, Exception, Family, Frame},
};

/// All matchers of a rule.
#[derive(Debug, Default)]
pub struct Matchers {
    /// Of one text: the message, or the value of an exception.
    message: Vec<Matcher<()>>,
    event: Vec<Matcher<EventField>>,
    log: Vec<Matcher<LogField>>,
    exception: Vec<Matcher<ExceptionField>>,
    frame: Vec<Matcher<FrameField>>,
    families: Vec<(bool, Families)>,
    sdks: Vec<(bool, Vec<String>)>,
}

#[derive(Debug)]
struct Matcher<F> {
    negated: bool,
    field: F,
    pattern: Pattern,
}

#[derive(Debug)]
enum EventField {
    Release,
    Tag(String),
}

#[derive(Debug)]
enum LogField {
    Logger,
    Level,
}

#[derive(Debug)]
enum ExceptionField {
    Type,
    Value,
}

#[derive(Debug)]
enum FrameField {
    Module,
    Function,
    Path,
    Package,
    App(Option<bool>),
}

pub fn is_known_key(key: &str) -> bool {
    key.strip_prefix("tags.").is_some_and(|name| !name.is_empty())
        || matches!(
            key,
            "type"
                | "error.type"
                | "value"
                | "error.value"
                | "message"
                | "logger"
                | "level"
                | "module"
                | "stack.module"
                | "function"
                | "stack.function"
                | "path"
                | "stack.abs_path"
                | "package"
                | "stack.package"
                | "release"
                | "app"
                | "family"
                | "sdk"
        )
}

pub fn is_valid_pattern(key: &str, argument: &str) -> bool {
    matches!(key, "app" | "family" | "sdk") || Pattern::new(argument, style(key)).is_some()
}

fn style(key: &str) -> Style {
    match key {
        "value" | "error.value" | "message" | "level" => Style::TextIgnoringCase,
        "path" | "stack.abs_path" | "package" | "stack.package" | "release" => Style::Path,
        _ => Style::Text,
    }
}

impl Matchers {
    /// `None` if a key is unknown or a pattern broken.
    pub fn new(texts: &[(String, String)]) -> Option<Matchers> {
        let mut matchers = Matchers::default();
        for (key, argument) in texts {
            let (negated, key) = key.strip_prefix('!').map_or((false, key.as_str()), |key| (true, key));
            matchers.add(negated, key, argument)?;
        }
        Some(matchers)
    }

    fn add(&mut self, negated: bool, key: &str, argument: &str) -> Option<()> {
        let pattern = || Pattern::new(argument, style(key));
        match key {
            "message" => self.message.push(Matcher { negated, field: (), pattern: pattern()? }),
            "release" => self.event.push(Matcher { negated, field: EventField::Release, pattern: pattern()? }),
            "logger" => self.log.push(Matcher { negated, field: LogField::Logger, pattern: pattern()? }),
            "level" => self.log.push(Matcher { negated, field: LogField::Level, pattern: pattern()? }),
            "type" | "error.type" => self.exception.push(Matcher { negated, field: ExceptionField::Type, pattern: pattern()? }),
            "value" | "error.value" => self.exception.push(Matcher { negated, field: ExceptionField::Value, pattern: pattern()? }),
            "module" | "stack.module" => self.frame.push(Matcher { negated, field: FrameField::Module, pattern: pattern()? }),
            "function" | "stack.function" => self.frame.push(Matcher { negated, field: FrameField::Function, pattern: pattern()? }),
            "path" | "stack.abs_path" => self.frame.push(Matcher { negated, field: FrameField::Path, pattern: pattern()? }),
            "package" | "stack.package" => self.frame.push(Matcher { negated, field: FrameField::Package, pattern: pattern()? }),
            "app" => {
                let field = FrameField::App(parse_bool(argument));
                self.frame.push(Matcher { negated, field, pattern: Pattern::new("*", Style::Text)? });
            }
            "family" => self.families.push((negated, Families::parse(argument))),
            "sdk" => self.sdks.push((negated, argument.split(',').map(str::to_owned).collect())),
            tag => {
                let name = tag.strip_prefix("tags.")?.to_owned();
                self.event.push(Matcher { negated, field: EventField::Tag(name), pattern: pattern()? });
            }
        }
        Some(())
    }

    pub fn hold(&self, view: &EventView) -> bool {
        let family = || Family::of_platform(view.platform);
        self.families.iter().all(|(negated, families)| families.contains(family()) != *negated)
            && self.sdks.iter().all(|(negated, names)| names.iter().any(|name| name == "all" || *name == sdk_name(view)) != *negated)
            && (self.message.is_empty() || self.any_message_holds(view))
            && self.event.iter().all(|matcher| event_holds(matcher, view))
            && self.log.iter().all(|matcher| log_holds(matcher, view))
            && (self.exception.is_empty() || view.exceptions.iter().any(|exception| self.exception_holds(exception)))
            && (self.frame.is_empty() || self.any_frame_holds(view))
    }

    /// An event without any text is one whose text is missing.
    fn any_message_holds(&self, view: &EventView) -> bool {
        let holds = |text: &str| self.message.iter().all(|matcher| matcher.pattern.matches(text.trim()) != matcher.negated);
        let mut texts = view.message().into_iter().chain(view.exceptions.iter().filter_map(|exception| exception.value)).peekable();
        if texts.peek().is_none() {
            return self.message.iter().all(|matcher| matcher.negated);
        }
        texts.any(holds)
    }

    fn exception_holds(&self, exception: &Exception) -> bool {
        self.exception.iter().all(|matcher| {
            let text = match matcher.field {
                ExceptionField::Type => exception.kind,
                ExceptionField::Value => exception.value.map(str::trim),
            };
            text.is_some_and(|text| matcher.pattern.matches(text)) != matcher.negated
        })
    }

    fn any_frame_holds(&self, view: &EventView) -> bool {
        let of_exceptions = || view.exceptions.iter().filter_map(|exception| exception.stacktrace.as_ref());
        let holds = |frames: &[Frame]| frames.iter().any(|frame| self.frame.iter().all(|matcher| frame_holds(matcher, frame)));
        if of_exceptions().next().is_some() {
            return of_exceptions().any(|stack| holds(&stack.frames));
        }
        let fallback = view.stacktrace.as_ref().or_else(|| view.deciding_thread()?.stacktrace.as_ref());
        fallback.is_some_and(|stack| holds(&stack.frames))
    }
}

fn event_holds(matcher: &Matcher<EventField>, view: &EventView) -> bool {
    let matches = match &matcher.field {
        EventField::Release => view.text(&["release"]).is_some_and(|text| matcher.pattern.matches_path(&PathText::new(text.trim()))),
        EventField::Tag(name) => tag(view, name).is_some_and(|text| matcher.pattern.matches(text.trim())),
    };
    matches != matcher.negated
}

/// A tag of the event, or one that attributes become.
pub fn tag<'e>(view: &EventView<'e>, name: &str) -> Option<&'e str> {
    view.tag(name).or_else(|| match name {
        "transaction" | "environment" | "release" | "dist" | "level" | "logger" | "server_name" | "site" => view.text(&[name]),
        "url" => view.text(&["request", "url"]),
        _ => None,
    })
}

fn log_holds(matcher: &Matcher<LogField>, view: &EventView) -> bool {
    let text = match matcher.field {
        LogField::Logger => view.text(&["logger"]),
        LogField::Level => view.text(&["level"]),
    };
    text.is_some_and(|text| matcher.pattern.matches(text)) != matcher.negated
}

fn frame_holds(matcher: &Matcher<FrameField>, frame: &Frame) -> bool {
    let path_holds = |path: Option<&str>| path.is_some_and(|path| matcher.pattern.matches_path(&PathText::new(path)));
    let matches = match matcher.field {
        FrameField::Module => frame.module.is_some_and(|text| matcher.pattern.matches(text)),
        FrameField::Function => frame.function.as_deref().is_some_and(|text| matcher.pattern.matches(text)),
        FrameField::Path => path_holds(frame.abs_path.or(frame.filename)) || path_holds(frame.filename),
        FrameField::Package => path_holds(frame.package),
        FrameField::App(wanted) => wanted == Some(frame.is_in_app()),
    };
    matches != matcher.negated
}

/// `sentry.python`, `sentry.javascript.react`; whatever is no Sentry SDK is `other`.
fn sdk_name(view: &EventView) -> String {
    let name = view.text(&["sdk", "name"]).unwrap_or_default();
    let mut parts = name.split('.');
    match (parts.next(), parts.next()) {
        (Some("sentry"), Some("javascript" | "native")) => name.to_owned(),
        (Some("sentry"), Some(language)) => format!("sentry.{language}"),
        _ => "other".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::fingerprint::parse::parse_rules;

    fn check(rule: &str, event: &str, expected: bool) {
        let (rules, errors) = parse_rules(&format!("{rule} -> x"));
        assert_eq!(errors, []);
        let event = model::json::parse(event.as_bytes()).expect("JSON");
        assert_eq!(Matchers::new(&rules[0].matchers).expect("valid").hold(&EventView::new(&event)), expected, "{rule} on {event:?}");
    }

    #[test]
    fn matchers_of_the_message_hold_for_one_text() {
        let event = r#"{"logentry": {"formatted": "begin of one"}, "exception": {"values": [{"type": "E", "value": "end of another"}]}}"#;
        check("message:begin* message:*one", event, true);
        check("message:begin* message:*another", event, false);
        check("!message:begin*", event, true);
        check("!message:*o*", event, false);
        check("!message:x", "{}", true);
        check("message:*", "{}", false);
    }
}
