//! Exceptions that belong together: chains, and groups that raise several at once (RFC 79, `grouping.md` §1.6).

use super::{Config, Variant, component::Component, exception::exception_variants, strategies::Variants};
use crate::view::{EventView, Exception};
use std::collections::BTreeMap;

/// The variants of all exceptions of an event, and which of them stands for the event.
pub fn chained_exceptions<'e>(view: &EventView<'e>, config: &Config) -> (Variants<'e>, Option<i64>) {
    let exceptions = view.exceptions.as_slice();
    let mut components: Vec<Variants> = exceptions.iter().map(|exception| exception_variants(exception, config)).collect();
    let is_believed = !config.doubts_groups || is_trusted(view);
    let from_groups = if is_believed { choose_from_groups(exceptions, &components) } else { None };
    let (chosen, main_exception_id) = from_groups.unwrap_or_else(|| ((0..exceptions.len()).collect(), None));
    if let [only] = chosen.as_slice() {
        return (std::mem::take(&mut components[*only]), main_exception_id);
    }
    let mut variants: Variants = Vec::new();
    for variant in [Variant::System, Variant::App] {
        let of_variant = |at: &usize| components[*at].iter().find(|(name, _)| *name == variant).map(|(_, component)| component.clone());
        let children: Vec<Component> = chosen.iter().filter_map(of_variant).collect();
        if !children.is_empty() {
            variants.push((variant, Component::of_children("chained-exception", children)));
        }
    }
    (variants, main_exception_id)
}

/// Whether the ids of the group can be what they say.
fn is_trusted(view: &EventView) -> bool {
    let ids: Vec<(Option<i64>, Option<i64>)> =
        view.exceptions.iter().filter_map(|exception| exception.mechanism.as_ref()).map(|mechanism| (mechanism.exception_id, mechanism.parent_id)).collect();
    let unique: std::collections::HashSet<Option<i64>> = ids.iter().map(|(id, _)| *id).collect();
    let own_parent = ids.iter().any(|(id, parent)| id == parent);
    let python_3 = view.platform == "python" && view.text(&["sdk", "version"]).is_some_and(|version| version.starts_with('3'));
    unique.len() == ids.len() && !own_parent && !python_3
}

/// Which exceptions of a group count, by index; `None` if this is no well-formed group.
fn choose_from_groups(exceptions: &[Exception], components: &[Variants]) -> Option<(Vec<usize>, Option<i64>)> {
    if exceptions.len() < 2 {
        return None;
    }
    let tree = Tree::new(exceptions)?;
    let root = tree.exception(0)?;
    let mut tops = tree.tops(root)?;
    let type_name = |at: usize| exceptions[at].kind.unwrap_or("None");
    tops.sort_by(|a, b| type_name(*b).cmp(type_name(*a)));
    tops.dedup_by_key(|at| components[*at].iter().map(|(_, component)| component.hash()).collect::<Vec<_>>());
    if let [main] = tops.as_slice() {
        let id = exceptions[*main].mechanism.as_ref()?.exception_id;
        return Some((tree.first_path(*main)?, id));
    }
    tops.push(root);
    Some((tops, None))
}

/// Exceptions by id, with their children in the order of reading backwards.
struct Tree<'x, 'e> {
    exceptions: &'x [Exception<'e>],
    nodes: BTreeMap<i64, (Option<usize>, Vec<usize>)>,
}

impl<'x, 'e> Tree<'x, 'e> {
    /// `None` if any exception has no id.
    fn new(exceptions: &'x [Exception<'e>]) -> Option<Tree<'x, 'e>> {
        let mut nodes: BTreeMap<i64, (Option<usize>, Vec<usize>)> = BTreeMap::new();
        for (at, exception) in exceptions.iter().enumerate().rev() {
            let mechanism = exception.mechanism.as_ref()?;
            nodes.entry(mechanism.exception_id?).or_default().0 = Some(at);
            if let Some(parent) = mechanism.parent_id {
                nodes.entry(parent).or_default().1.push(at);
            }
        }
        Some(Tree { exceptions, nodes })
    }

    fn exception(&self, id: i64) -> Option<usize> {
        self.nodes.get(&id)?.0
    }

    fn children(&self, at: usize) -> &[usize] {
        let id = self.exceptions[at].mechanism.as_ref().and_then(|mechanism| mechanism.exception_id);
        id.and_then(|id| self.nodes.get(&id)).map_or(&[], |node| &node.1)
    }

    /// Descends through groups to the first exceptions that are none; `None` where one is reached twice: that is no tree, and
    /// its paths may be more than anybody can walk.
    fn tops(&self, root: usize) -> Option<Vec<usize>> {
        let (mut tops, mut visited, mut ahead) = (Vec::new(), vec![false; self.exceptions.len()], vec![root]);
        while let Some(at) = ahead.pop() {
            if std::mem::replace(&mut visited[at], true) {
                return None;
            }
            if self.exceptions[at].mechanism.as_ref().is_some_and(|mechanism| mechanism.is_exception_group) {
                ahead.extend(self.children(at).iter().rev());
            } else {
                tops.push(at);
            }
        }
        Some(tops)
    }

    /// From `at` always the first child, down to a leaf; `None` on a cycle.
    fn first_path(&self, at: usize) -> Option<Vec<usize>> {
        let mut path = vec![at];
        while let Some(&child) = self.children(path[path.len() - 1]).first() {
            if path.len() > self.exceptions.len() {
                return None;
            }
            path.push(child);
        }
        Some(path)
    }
}

/// If any variant has a stack trace that counts, those without one do not.
pub fn remove_variants_without_stacktrace(mut variants: Variants) -> Variants {
    let with: Vec<&str> = variants.iter().filter(|(_, component)| component.has_contributing("stacktrace")).map(|(name, _)| name.name()).collect();
    if with.is_empty() {
        return variants;
    }
    let hint = format!(
        "ignored because this variant does not have a contributing stacktrace, but the {} variant{}",
        with.join(" and "),
        if with.len() == 1 { " does" } else { "s do" }
    );
    for (_, component) in variants.iter_mut().filter(|(_, component)| !component.has_contributing("stacktrace")) {
        component.switch_off(hint.clone());
    }
    variants
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::group::NEWSTYLE_2023;
    use model::json::parse;

    fn group(id: i64, parent: Option<i64>) -> String {
        let parent = parent.map(|id| format!(r#", "parent_id": {id}"#)).unwrap_or_default();
        format!(r#"{{"type": "G", "value": "v", "mechanism": {{"exception_id": {id}, "is_exception_group": true{parent}}}}}"#)
    }

    /// Nothing is filtered: all exceptions stand side by side.
    fn check_unfiltered(exceptions: &[String]) {
        let text = format!(r#"{{"exception": {{"values": [{}]}}}}"#, exceptions.join(","));
        let event = parse(text.as_bytes()).expect("JSON");
        let (variants, main) = chained_exceptions(&EventView::new(&event), &NEWSTYLE_2023);
        assert_eq!((variants[0].1.values.len(), main), (exceptions.len(), None));
    }

    #[test]
    fn groups_whose_paths_double_with_each_level_are_plain_chains() {
        let mut exceptions: Vec<String> = (1..60).flat_map(|id| [group(id, Some(id - 1)), group(id, Some(id - 1))]).collect();
        exceptions.push(group(0, None));
        check_unfiltered(&exceptions);
    }

    #[test]
    fn cycle_is_a_plain_chain() {
        check_unfiltered(&[group(1, Some(0)), group(0, Some(1))]);
    }

    #[test]
    fn chain_of_groups_deeper_than_a_stack_is_walked() {
        let exceptions: Vec<String> = (1..20_000).map(|id| group(id, Some(id - 1))).chain([group(0, None)]).collect();
        let text = format!(r#"{{"exception": {{"values": [{}]}}}}"#, exceptions.join(","));
        let event = parse(text.as_bytes()).expect("JSON");
        let view = EventView::new(&event);
        let tree = Tree::new(&view.exceptions).expect("all have ids");
        assert_eq!(tree.tops(tree.exception(0).expect("the root")), Some(Vec::new()));
    }
}
