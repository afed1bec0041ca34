//! A stack trace as a grouping component, once for all frames and once for those in app (`grouping.md` §1.6).

use super::{
    Config, Variant,
    component::{Component, Hint, Node},
    frame::{frame_component, is_url},
};
use crate::{
    enhance::{
        Match,
        rule::{Action, Flag},
    },
    view::{Family, Stacktrace},
};

/// What is the same in both variants: frames, and what rules say about them.
pub struct StackBase<'e, 's> {
    stack: &'s Stacktrace<'e>,
    frames: Vec<Component<'e>>,
}

impl<'e, 's> StackBase<'e, 's> {
    /// `stack` has been through the rules already.
    pub fn new(stack: &'s Stacktrace<'e>, config: &Config) -> StackBase<'e, 's> {
        let mut frames: Vec<Component> = stack.frames.iter().map(|frame| frame_component(frame, config)).collect();
        for at in 1..frames.len() {
            if stack.frames[at].repeats(&stack.frames[at - 1]) {
                frames[at].switch_off("ignored due to recursion");
            }
        }
        StackBase { stack, frames }
    }

    pub fn component(&self, variant: Variant, config: &Config) -> Component<'e> {
        let mut frames = self.frames.clone();
        if variant == Variant::App {
            for (component, frame) in frames.iter_mut().zip(&self.stack.frames) {
                if !frame.is_in_app() && (component.contributes || component.hint.is_none()) {
                    component.switch_off("non app frame");
                }
            }
        }
        self.switch_off_lone_script(&mut frames, config);
        let state = self.apply_rules(&mut frames, variant, config);
        let too_few = state.limit(&mut frames);
        let mut component = Component::new("stacktrace", frames.into_iter().map(Node::Child).collect());
        if let Some(hint) = too_few {
            component.switch_off(hint);
        }
        component
    }

    /// A script's only frame without a function says nothing. The old configuration tests the address the wrong way round.
    fn switch_off_lone_script(&self, frames: &mut [Component<'e>], config: &Config) {
        let ([component], [frame]) = (&mut *frames, self.stack.frames.as_slice()) else {
            return;
        };
        let nameless = frame.function.as_deref().unwrap_or_default().is_empty();
        let url = frame.abs_path.is_some_and(|path| is_url(path, true));
        if component.contributes && frame.family == Family::Javascript && nameless && url == config.drops_lone_url_frames {
            component.switch_off("ignored single non-URL JavaScript frame");
        }
    }

    fn apply_rules(&self, frames: &mut [Component<'e>], variant: Variant, config: &Config) -> State<'e> {
        let mut state = State::default();
        for found in &self.stack.matches {
            for action in &found.rule.actions {
                match action {
                    Action::Flag { flag, on, range } => {
                        for at in range.around(found.frame, frames.len()) {
                            self.apply_flag(&mut frames[at], at, *flag, *on, found, variant, config);
                        }
                    }
                    Action::MaxFrames(count) => state.max_frames = Some((*count, *found)),
                    Action::MinFrames(count) => state.min_frames = Some((*count, *found)),
                    Action::Category(_) | Action::InvertStacktrace(_) => {}
                }
            }
        }
        state
    }

    #[expect(clippy::too_many_arguments, reason = "the loop above would only pack them into a struct for this one call")]
    fn apply_flag(&self, component: &mut Component<'e>, at: usize, flag: Flag, on: bool, found: &Match<'e>, variant: Variant, config: &Config) {
        let frame = &self.stack.frames[at];
        let hint = |did| Some(Hint::Rule { did, rule: found.rule, is_custom: found.is_custom });
        match flag {
            Flag::App if frame.in_app != frame.in_app_sent || (frame.in_app_before_rules.is_none() && frame.in_app == Some(component.contributes)) => {
                component.hint = hint(if on { "marked in-app by" } else { "marked out of app by" });
            }
            Flag::App => {}
            Flag::Group if component.contributes == on => {}
            Flag::Group if on && variant == Variant::App && !frame.is_in_app() && !config.rules_bring_system_frames_into_app => {}
            Flag::Group => {
                component.contributes = on;
                component.hint = hint(if on { "un-ignored by" } else { "ignored by" });
            }
        }
    }
}

/// Limits that rules set for the stack trace as a whole; the last one wins.
#[derive(Default)]
struct State<'e> {
    max_frames: Option<(usize, Match<'e>)>,
    min_frames: Option<(usize, Match<'e>)>,
}

impl<'e> State<'e> {
    /// Keeps the newest `max_frames`; answers the hint if fewer than `min_frames` are left.
    fn limit(&self, frames: &mut [Component<'e>]) -> Option<String> {
        if let Some((max, found)) = self.max_frames.filter(|(max, _)| *max > 0) {
            let surplus = frames.iter_mut().rev().filter(|frame| frame.contributes).skip(max);
            surplus.for_each(|frame| frame.switch_off(format!("ignored because only {max} frame(s) are considered by stack trace rule ({})", found.rule)));
        }
        let (min, found) = self.min_frames.filter(|(min, _)| *min > 0)?;
        let count = frames.iter().filter(|frame| frame.contributes).count();
        (count > 0 && count < min).then(|| {
            format!("discarded because stack trace only contains {count} frame(s) which is under the configured threshold by stack trace rule ({})", found.rule)
        })
    }
}
