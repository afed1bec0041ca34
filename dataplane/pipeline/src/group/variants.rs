//! The last step of grouping: components and fingerprint together give variants, and these the hashes (`grouping.md` §1.5, §6).

use super::{
    Config, GroupingRules, Variant,
    component::{Component, hash_of},
    fingerprint::{FingerprintMatch, Resolver, default_entry},
    strategies::component_variants,
};
use crate::view::EventView;
use md5::{Digest, Md5};
use model::json::Value;
use std::rc::Rc;

/// What grouping found out about an event.
#[derive(Debug)]
pub struct Grouping<'e> {
    pub config: &'static Config,
    pub variants: Vec<NamedVariant<'e>>,
    /// The fingerprint that applied, before its variables were filled in.
    pub fingerprint: Vec<String>,
    pub matched_rule: Option<FingerprintMatch<'e>>,
    pub main_exception_id: Option<i64>,
}

/// One way to see the event, with its hash where that counts.
#[derive(Debug)]
pub struct NamedVariant<'e> {
    pub name: &'static str,
    pub kind: VariantKind<'e>,
    pub hash: Option<[u8; 16]>,
    pub hint: Option<String>,
}

#[derive(Debug)]
pub enum VariantKind<'e> {
    Component(Component<'e>),
    /// A component inside a fingerprint of several entries.
    Salted {
        component: Component<'e>,
        values: Rc<[Rc<str>]>,
    },
    /// A fingerprint without a default entry.
    Custom {
        values: Rc<[Rc<str>]>,
    },
    Checksum,
    /// Nothing else contributed.
    Fallback,
}

impl Grouping<'_> {
    /// Hashes of the contributing variants: `system` last, no duplicates, never empty.
    pub fn hashes(&self) -> Vec<[u8; 16]> {
        let mut hashes = Vec::with_capacity(2);
        let (system, others): (Vec<_>, Vec<_>) = self.variants.iter().partition(|variant| variant.name == "system");
        for hash in others.iter().chain(&system).filter_map(|variant| variant.hash) {
            if !hashes.contains(&hash) {
                hashes.push(hash);
            }
        }
        hashes
    }
}

/// Groups an event whose frames are settled, with the fingerprint rule that matched it.
pub fn group_event<'e>(view: &EventView<'e>, rules: &'e GroupingRules, matched_rule: Option<FingerprintMatch<'e>>) -> Grouping<'e> {
    let config = rules.config;
    let fingerprint = match &matched_rule {
        Some(found) => found.rule.fingerprint.clone(),
        None => client_fingerprint(view.json),
    };
    let resolver = Resolver { view, config };
    let (variants, main_exception_id) = match view.text(&["checksum"]) {
        Some(checksum) => (vec![checksum_variant(checksum, config)], None),
        None => {
            let (components, main) = component_variants(view, config);
            (fingerprinted(components, &fingerprint, &resolver, matched_rule.as_ref()), main)
        }
    };
    Grouping { config, variants, fingerprint, matched_rule, main_exception_id: super::main_exception::inside_wrapper(view).or(main_exception_id) }
}

/// The SDK's fingerprint; none counts as the default one.
pub fn client_fingerprint(event: &Value) -> Vec<String> {
    let entries: Vec<String> = match event.get("fingerprint").and_then(Value::as_array) {
        Some(entries) => {
            entries.iter().filter_map(Value::as_str).map(|entry| if default_entry(entry) { "{{ default }}".into() } else { entry.into() }).collect()
        }
        None => Vec::new(),
    };
    if entries.is_empty() { vec!["{{ default }}".into()] } else { entries }
}

fn checksum_variant<'e>(checksum: &str, config: &Config) -> NamedVariant<'e> {
    let mut hash = [0; 16];
    let is_hash = !checksum.bytes().any(|byte| byte.is_ascii_uppercase()) && hex::decode_to_slice(checksum, &mut hash).is_ok();
    let name = if is_hash { "checksum" } else { spelled(config, "hashed-checksum", "hashed_checksum") };
    let hash = if is_hash { hash } else { hash_of([checksum]) };
    NamedVariant { name, kind: VariantKind::Checksum, hash: Some(hash), hint: None }
}

fn fingerprinted<'e>(
    components: Vec<(Variant, Component<'e>)>,
    fingerprint: &[String],
    resolver: &Resolver<'_, 'e>,
    matched: Option<&FingerprintMatch<'e>>,
) -> Vec<NamedVariant<'e>> {
    let defaults = fingerprint.iter().filter(|entry| default_entry(entry)).count();
    let mut variants: Vec<NamedVariant> = match defaults {
        1 if fingerprint.len() == 1 => components.into_iter().map(|(variant, component)| plain(variant, component)).collect(),
        0 => overruled(components),
        _ => {
            let values = resolver.resolve(fingerprint);
            components.into_iter().map(|(variant, component)| salted(variant, component, values.clone())).collect()
        }
    };
    if defaults == 0 {
        let values = resolver.resolve(fingerprint);
        let hash = Some(hash_of(values.iter().map(Rc::as_ref)));
        let name = custom_name(resolver.config, matched);
        variants.push(NamedVariant { name, kind: VariantKind::Custom { values }, hash, hint: None });
    }
    if variants.iter().all(|variant| variant.hash.is_none()) {
        variants.push(NamedVariant { name: "fallback", kind: VariantKind::Fallback, hash: Some(hash_of([])), hint: None });
    }
    variants
}

fn plain<'e>(variant: Variant, component: Component<'e>) -> NamedVariant<'e> {
    let hint = component.hint.as_ref().map(ToString::to_string);
    NamedVariant { name: variant.name(), hash: component.hash(), kind: VariantKind::Component(component), hint }
}

fn overruled<'e>(components: Vec<(Variant, Component<'e>)>) -> Vec<NamedVariant<'e>> {
    let overrule = |(variant, component): (Variant, Component<'e>)| plain(variant, component.switched_off("custom fingerprint takes precedence"));
    components.into_iter().map(overrule).collect()
}

/// The leaves of the component stand where the fingerprint says default.
fn salted<'e>(variant: Variant, component: Component<'e>, values: Rc<[Rc<str>]>) -> NamedVariant<'e> {
    let hint = component.hint.as_ref().map(ToString::to_string);
    let hash = component.contributes.then(|| {
        let mut hasher = Md5::new();
        for value in values.iter() {
            if default_entry(value) { component.each_leaf(&mut |leaf| hasher.update(leaf)) } else { hasher.update(value.as_bytes()) }
        }
        hasher.finalize().into()
    });
    NamedVariant { name: variant.name(), kind: VariantKind::Salted { component, values }, hash, hint }
}

fn custom_name(config: &Config, matched: Option<&FingerprintMatch>) -> &'static str {
    match matched.map(|found| found.is_builtin) {
        Some(true) => spelled(config, "built-in-fingerprint", "built_in_fingerprint"),
        Some(false) => spelled(config, "custom-fingerprint", "custom_server_fingerprint"),
        None => spelled(config, "custom-fingerprint", "custom_client_fingerprint"),
    }
}

/// Older configurations spell names with dashes.
fn spelled(config: &Config, dashed: &'static str, underscored: &'static str) -> &'static str {
    if config.dashed_names { dashed } else { underscored }
}
