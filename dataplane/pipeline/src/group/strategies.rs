//! Offers an event to all strategies; the first that has something to say wins (`grouping.md` §1.3, §1.5).

use super::{
    Config, Variant,
    chained::{chained_exceptions, remove_variants_without_stacktrace},
    component::Component,
    interfaces,
};
use crate::view::EventView;

/// Components per variant, in order of creation.
pub type Variants<'e> = Vec<(Variant, Component<'e>)>;

/// One root component per variant; and the id of the exception that stands for the event, where a group decided that.
pub fn component_variants<'e>(view: &EventView<'e>, config: &Config) -> (Variants<'e>, Option<i64>) {
    let (exceptions, main_exception_id) = match view.exceptions.as_slice() {
        [] => (Vec::new(), None),
        _ => chained_exceptions(view, config),
    };
    let stack = view.stacktrace.as_ref().map(|stack| interfaces::stack_variants(stack, config)).unwrap_or_default();
    let single = |component: Option<Component<'e>>| component.map(|component| (Variant::Default, component)).into_iter().collect();
    let offers: [(&str, Variants); 9] = [
        ("exception", with_precedence(remove_variants_without_stacktrace(exceptions), config)),
        ("threads", with_precedence(remove_variants_without_stacktrace(interfaces::threads(view, config)), config)),
        ("stacktrace", with_precedence(stack, config)),
        ("template", single(interfaces::template(view))),
        ("csp", single(interfaces::csp(view))),
        ("hpkp", single(interfaces::host_report(view, "hpkp", "hpkp"))),
        ("expect-staple", single(interfaces::host_report(view, "expectstaple", "expect-staple"))),
        ("expect-ct", single(interfaces::host_report(view, "expectct", "expect-ct"))),
        ("message", single(interfaces::message(view, config))),
    ];
    (combine(offers), main_exception_id)
}

/// Settles which of app and system counts, within one strategy.
fn with_precedence<'e>(mut variants: Variants<'e>, config: &Config) -> Variants<'e> {
    let at = |wanted: Variant| variants.iter().position(|(variant, _)| *variant == wanted);
    let (Some(app), Some(system)) = (at(Variant::App), at(Variant::System)) else {
        return variants;
    };
    let (app_hash, system_hash) = (variants[app].1.hash(), variants[system].1.hash());
    match (config.system_leads, app_hash, system_hash) {
        (true, Some(_), None) => variants[app].1.switch_off("ignored because system variant is not used"),
        (true, Some(app_hash), Some(system_hash)) if app_hash == system_hash => variants[app].1.switch_off("ignored because hash matches system variant"),
        (false, Some(app_hash), Some(system_hash)) if app_hash == system_hash => variants[system].1.switch_off("ignored because hash matches app variant"),
        _ => {}
    }
    variants
}

/// Collects the components of all strategies per variant; those of later strategies stay as explanation.
fn combine<'e>(offers: [(&str, Variants<'e>); 9]) -> Variants<'e> {
    let mut precedence: Option<String> = None;
    let mut collected: Vec<(Variant, Vec<Component>)> = Vec::new();
    for (strategy, mut variants) in offers {
        match &precedence {
            Some(hint) => variants.iter_mut().filter(|(_, component)| component.contributes).for_each(|(_, component)| component.switch_off(hint.clone())),
            None => precedence = precedence_hint(strategy, &variants),
        }
        for (variant, component) in variants {
            match collected.iter_mut().find(|(name, _)| *name == variant) {
                Some((_, components)) => components.push(component),
                None => collected.push((variant, vec![component])),
            }
        }
    }
    let root = |(variant, components): (Variant, Vec<Component<'e>>)| {
        let mut root = Component::of_children(variant.name(), components);
        if let (false, Some(hint)) = (root.contributes, &precedence) {
            root.switch_off(hint.clone());
        }
        (variant, root)
    };
    collected.into_iter().map(root).collect()
}

fn precedence_hint(strategy: &str, variants: &Variants) -> Option<String> {
    let mut names: Vec<&str> = variants.iter().filter(|(_, component)| component.contributes).map(|(variant, _)| variant.name()).collect();
    names.sort_unstable();
    match names.as_slice() {
        [] => None,
        ["default"] => Some(format!("{strategy} takes precedence")),
        names => Some(format!("{strategy} of {} takes precedence", names.join("/"))),
    }
}
