//! One frame as a grouping component: module, file name, function, context line (`grouping.md` §2).

use super::{
    Config,
    component::{Component, Node},
};
use crate::view::{Family, Frame};
use regex::Regex;
use std::{borrow::Cow, sync::LazyLock};

/// The component of `frame`, before variants and rules look at it.
pub fn frame_component<'e>(frame: &Frame<'e>, config: &Config) -> Component<'e> {
    let module = module_component(frame);
    let mut filename = filename_component(frame, config);
    if module.contributes && filename.contributes {
        filename.switch_off("module takes precedence");
    }
    let context_line = context_line_component(frame, config);
    let line_available = context_line.as_ref().is_some_and(|line| line.contributes);
    let mut function = function_component(frame, line_available);
    let noise = javascript_noise(frame);
    if noise.is_function_useless {
        function.switch_off("ignored unknown function name");
    }
    let mut values = Vec::with_capacity(4);
    values.extend([Node::Child(module), Node::Child(filename), Node::Child(function)]);
    values.extend(context_line.map(Node::Child));
    let mut component = Component::new("frame", values);
    if noise.is_frame_useless {
        component.switch_off("ignored low quality javascript frame");
    }
    component
}

/// Whether a path is an address rather than a file.
pub fn is_url(path: &str, file_counts: bool) -> bool {
    ["http:", "https:", "applewebdata:", "blob:"].iter().any(|scheme| path.starts_with(scheme)) || (file_counts && path.starts_with("file:"))
}

fn filename_component<'e>(frame: &Frame<'e>, config: &Config) -> Component<'e> {
    let Some(filename) = frame.filename else {
        return Component::empty("filename");
    };
    let filename = match filename.split_once('?') {
        Some((path, _)) if config.cleans_frames && frame.platform == "javascript" => path,
        _ => filename,
    };
    let base = &filename[filename.rfind(['/', '\\']).map_or(0, |at| at + 1)..];
    let base: Cow<'e, str> = if base.chars().any(char::is_uppercase) { Cow::Owned(base.to_lowercase()) } else { Cow::Borrowed(base) };
    if frame.abs_path.is_some_and(|path| is_url(path, false)) {
        return Component::text("filename", base).switched_off("ignored because frame points to a URL");
    }
    match base.as_ref() {
        "<anonymous>" => Component::text("filename", base).switched_off("anonymous filename discarded"),
        "[native code]" => Component::text("filename", base).switched_off("native code indicated by filename"),
        _ if frame.platform == "java" && base.contains("$$_javassist") => {
            let cleaned = JAVASSIST.replace_all(&base, "$1<auto>").into_owned();
            Component::text("filename", cleaned).with_hint("cleaned javassist parts")
        }
        _ => Component::text("filename", base),
    }
}

fn module_component<'e>(frame: &Frame<'e>) -> Component<'e> {
    let Some(module) = frame.module.filter(|module| !module.is_empty()) else {
        return Component::empty("module");
    };
    let component = Component::text("module", module);
    match frame.platform {
        "javascript" if module.contains('/') && frame.abs_path.is_some_and(|path| path.ends_with(module)) => {
            component.switched_off("ignored bad javascript module")
        }
        "java" if module.contains("$$Lambda$") => component.switched_off("ignored java lambda"),
        "java" => java_module(module).unwrap_or(component),
        _ => component,
    }
}

/// The module without what generators of proxies and accessors number anew in each process; `None` if there is nothing.
fn java_module<'e>(module: &'e str) -> Option<Component<'e>> {
    if let Some(accessor) = REFLECTION_PREFIXES.iter().find(|prefix| module.starts_with(**prefix)) {
        return Some(Component::text("module", *accessor).with_hint("removed reflection marker"));
    }
    if !module.contains('$') && !module.starts_with("sun.reflect.") {
        return None;
    }
    let cleaned = JAVA_CODEGEN.iter().fold(Cow::Borrowed(module), |text, marker| match marker.replace_all(&text, "$1<auto>") {
        Cow::Borrowed(_) => text,
        Cow::Owned(replaced) => Cow::Owned(replaced),
    });
    (cleaned != module).then(|| Component::text("module", cleaned).with_hint("removed codegen marker"))
}

const REFLECTION_PREFIXES: [&str; 2] = ["sun.reflect.GeneratedMethodAccessor", "jdk.internal.reflect.GeneratedMethodAccessor"];

static JAVASSIST: LazyLock<Regex> = LazyLock::new(|| regex(r"(\$\$_javassist)(?:_seam)?(?:_[0-9]+)?"));
static JAVA_CODEGEN: LazyLock<[Regex; 7]> = LazyLock::new(|| {
    [
        regex(r"(sun\.reflect\.Generated(?:Serialization)?ConstructorAccessor)[0-9]+"),
        regex(r"(\$\$\w+?CGLIB\$\$)[a-fA-F0-9]+(?:_[0-9]+)?"),
        regex(r"(\$\$_javassist)(?:_seam)?(?:_[0-9]+)?"),
        regex(r"(\$fn__)[0-9]+"),
        regex(r"(\$\$?EnhancerBy\w+?\$?\$)[a-fA-F0-9]+(?:_[0-9]+)?"),
        regex(r"(\$\$?FastClassBy\w+?\$?\$)[a-fA-F0-9]+(?:_[0-9]+)?"),
        regex(r"(\$HibernateProxy\$)\w+"),
    ]
});

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the expressions of this file are constants and compile")
}

/// Only where SDKs send source lines of the code that ran.
fn context_line_component<'e>(frame: &Frame<'e>, config: &Config) -> Option<Component<'e>> {
    if !matches!(frame.platform, "javascript" | "node" | "python" | "php" | "ruby") {
        return None;
    }
    let sent = frame.context_line?;
    let line = single_spaced(sent);
    if line.is_empty() {
        return None;
    }
    let component = match &line {
        line if config.cleans_frames && frame.platform == "python" && line.contains("spawn_main(") => {
            Component::text("context-line", PROCESS_HANDLE.replace_all(line, "$1<int>").into_owned()).with_hint("removed handles of a process")
        }
        _ => Component::text("context-line", line),
    };
    if sent.chars().count() > LINE_CHARS_MAX {
        return Some(component.switched_off("discarded because line too long"));
    }
    let nameless = frame.function.as_deref().unwrap_or_default().is_empty();
    if frame.family == Family::Javascript && nameless && frame.abs_path.is_some_and(|path| is_url(path, true)) {
        return Some(component.switched_off("discarded because from URL origin and no function"));
    }
    Some(component)
}

/// What Python's `multiprocessing` passes to each process it starts.
static PROCESS_HANDLE: LazyLock<Regex> = LazyLock::new(|| regex(r"\b((?:tracker_fd|parent_pid|pipe_handle)=)[0-9]+"));

/// Longer lines are minified code.
const LINE_CHARS_MAX: usize = 120;

fn single_spaced(line: &str) -> Cow<'_, str> {
    let trimmed = line.trim();
    let mut before = ' ';
    let needs_work = trimmed.chars().any(|c| {
        let odd = (c.is_whitespace() && c != ' ') || (c == ' ' && before == ' ');
        before = c;
        odd
    });
    if needs_work { Cow::Owned(trimmed.split_whitespace().collect::<Vec<_>>().join(" ")) } else { Cow::Borrowed(trimmed) }
}

fn function_component<'e>(frame: &Frame<'e>, line_available: bool) -> Component<'e> {
    let function = frame.function.clone().filter(|name| !name.is_empty());
    let raw = frame.raw_function.filter(|name| !name.is_empty()).map(Cow::Borrowed);
    let chosen = if frame.platform == "csharp" { raw.or(function) } else { function.or(raw) };
    let Some(name) = chosen else {
        return Component::empty("function");
    };
    match (frame.platform, frame.family) {
        ("ruby", _) => ruby_function(name),
        ("php", _) => php_function(name),
        ("java", _) if name.starts_with("lambda$") => Component::text("function", name).switched_off("ignored lambda function"),
        (_, Family::Native) if matches!(name.as_ref(), "<redacted>" | "<unknown>") => {
            Component::text("function", name).switched_off("ignored unknown function")
        }
        (_, Family::Javascript) => javascript_function(name, frame.source_map_used && line_available),
        _ => Component::text("function", name),
    }
}

fn ruby_function(name: Cow<str>) -> Component {
    if name.starts_with("block ") {
        return Component::text("function", "block").with_hint("ruby block");
    }
    match ERB_SUFFIX.find(&name).map(|found| found.start()) {
        Some(end) => Component::text("function", name[..end].to_owned()).with_hint("removed generated erb template suffix"),
        None => Component::text("function", name),
    }
}

static ERB_SUFFIX: LazyLock<Regex> = LazyLock::new(|| regex(r"__[0-9]{4,}_[0-9]{4,}$"));

fn php_function(name: Cow<str>) -> Component {
    match name.rfind("::") {
        Some(at) if name.starts_with("class@anonymous") => Component::text("function", name[at + 2..].to_owned()).with_hint("anonymous class method"),
        _ if name.starts_with("[Anonymous") || name.starts_with("class@anonymous\0") => {
            Component::text("function", name).switched_off("ignored anonymous function")
        }
        _ => Component::text("function", name),
    }
}

/// Browsers disagree about what stands before the last dot.
fn javascript_function(name: Cow<str>, source_decides: bool) -> Component {
    let component = match name.rfind('.') {
        Some(at) => Component::text("function", name[at + 1..].to_owned()).with_hint("trimmed javascript function"),
        None => Component::text("function", name),
    };
    if source_decides {
        return component.switched_off("ignored because sourcemap used and context line available");
    }
    component
}

#[derive(Debug, Default)]
struct Noise {
    is_function_useless: bool,
    is_frame_useless: bool,
}

fn javascript_noise(frame: &Frame) -> Noise {
    if frame.family != Family::Javascript {
        return Noise::default();
    }
    let name = frame.raw_function.filter(|name| !name.is_empty()).or(frame.function.as_deref()).unwrap_or_default();
    let name = &name[name.rfind('.').map_or(0, |at| at + 1)..];
    let is_placeholder = matches!(name, "?" | "<anonymous function>" | "<anonymous>" | "Anonymous function") || name.ends_with("/<");
    let nameless_but_sent = name.is_empty() && frame.function.as_deref().is_some_and(|function| !function.is_empty());
    Noise {
        is_function_useless: is_placeholder || nameless_but_sent,
        is_frame_useless: name == "eval" || matches!(frame.abs_path, Some("[native code]" | "native code" | "eval code" | "<anonymous>")),
    }
}
