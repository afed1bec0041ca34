//! One exception as a grouping component (`grouping.md` §1.6).

use super::{
    Config, Variant,
    component::{Component, Node},
    stacktrace::StackBase,
    strategies::Variants,
};
use crate::{
    clean::clean_message,
    view::{Exception, Mechanism},
};

/// The components of `exception`: of an exception without stack trace only the app variant.
pub fn exception_variants<'e>(exception: &Exception<'e>, config: &Config) -> Variants<'e> {
    // Cleaning it costs more than all the rest: once for both variants.
    let value = value_component(exception, config);
    match &exception.stacktrace {
        Some(stack) => {
            let base = StackBase::new(stack, config);
            [Variant::System, Variant::App].map(|variant| (variant, component(exception, value.clone(), base.component(variant, config), config))).into()
        }
        None => vec![(Variant::App, component(exception, value, Component::empty("stacktrace"), config))],
    }
}

fn component<'e>(exception: &Exception<'e>, mut value: Component<'e>, stacktrace: Component<'e>, config: &Config) -> Component<'e> {
    let kind = type_component(exception);
    let ns_error = exception.mechanism.as_ref().and_then(ns_error_component);
    if value.contributes && stacktrace.contributes {
        value.switch_off("ignored because stacktrace takes precedence");
    } else if value.contributes && ns_error.as_ref().is_some_and(|error| error.contributes) {
        value.switch_off("ignored because ns-error info takes precedence");
    }
    let children =
        if config.stacktrace_first { [Some(stacktrace), Some(kind), ns_error, Some(value)] } else { [Some(kind), Some(value), ns_error, Some(stacktrace)] };
    Component::of_children("exception", children.into_iter().flatten())
}

fn type_component<'e>(exception: &Exception<'e>) -> Component<'e> {
    let Some(kind) = exception.kind.filter(|kind| !kind.is_empty()) else {
        return Component::empty("type");
    };
    let component = Component::text("type", kind);
    let synthetic = exception.mechanism.as_ref().is_some_and(|mechanism| mechanism.synthetic);
    if synthetic {
        return component.switched_off("ignored because exception is synthetic");
    }
    component
}

fn value_component<'e>(exception: &Exception<'e>, config: &Config) -> Component<'e> {
    let Some(value) = exception.value.filter(|value| !value.is_empty()) else {
        return Component::empty("value");
    };
    let cleaned = clean_message(value, config.generation);
    let changed = cleaned != value;
    let component = Component::text("value", cleaned);
    if changed { component.with_hint("stripped event-specific values") } else { component }
}

fn ns_error_component<'e>(mechanism: &Mechanism<'e>) -> Option<Component<'e>> {
    let (domain, code) = mechanism.ns_error?;
    let domain = domain.map_or(Node::Nothing, |domain| Node::Text(domain.into()));
    let code = code.map_or(Node::Nothing, Node::Number);
    Some(Component::new("ns-error", vec![domain, code]))
}
