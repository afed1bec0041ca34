//! Message clean-up: what differs from event to event becomes `<class>` (`grouping.md` §3).
//!
//! In: a log message or exception value. Out: the text that grouping hashes, borrowed where nothing changed. All classes
//! are searched at once: the leftmost match wins, then the class that stands first. It knows nothing of events.

mod classes;

use classes::{Class, Classes};
use regex_automata::{Anchored, Input, meta};
use std::borrow::Cow;
use std::sync::LazyLock;

/// Which generation of classes applies; each belongs to grouping configurations and never changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    Y2024,
    Y2026,
}

/// Trims `message` to its first two lines and replaces what is specific to one event.
pub fn clean_message(message: &str, generation: Generation) -> Cow<'_, str> {
    match first_two_lines(message) {
        Cow::Borrowed(text) => replace_classes(text, generation),
        Cow::Owned(text) => Cow::Owned(replace_classes(&text, generation).into_owned()),
    }
}

/// Replaces without trimming.
pub fn replace_classes(text: &str, generation: Generation) -> Cow<'_, str> {
    if text.len() > TEXT_BYTES_MAX || !may_match(text) {
        return Cow::Borrowed(text);
    }
    let cleaner = match generation {
        Generation::Y2024 => &*CLEANER_2024,
        Generation::Y2026 => &*CLEANER_2026,
    };
    cleaner.replace(text)
}

/// Longer texts stay as they are (`grouping.md` §3).
const TEXT_BYTES_MAX: usize = 8192;

/// Whether any class could match at all: each needs a digit, a sign that ties its parts, or eight hex letters in a row.
fn may_match(text: &str) -> bool {
    let mut hex_run = 0;
    text.bytes().any(|byte| {
        hex_run = if byte.is_ascii_hexdigit() { hex_run + 1 } else { 0 };
        hex_run == 8 || byte.is_ascii_digit() || matches!(byte, b'@' | b':' | b'.' | b'=')
    })
}

/// The first two lines that are not blank; `...` says that anything was dropped, be it only a blank line.
fn first_two_lines(message: &str) -> Cow<'_, str> {
    if memchr::memchr2(b'\n', b'\r', message.as_bytes()).is_none() && !message.trim().is_empty() {
        return Cow::Borrowed(message);
    }
    let lines: Vec<&str> = message.split(['\n', '\r']).filter(|line| !line.trim().is_empty()).take(2).collect();
    let joined = lines.join("\n");
    if joined == message { Cow::Borrowed(message) } else { Cow::Owned(joined + "...") }
}

static CLEANER_2024: LazyLock<Cleaner> = LazyLock::new(|| Cleaner::new(&classes::Y2024));
static CLEANER_2026: LazyLock<Cleaner> = LazyLock::new(|| Cleaner::new(&classes::Y2026));

struct Cleaner {
    classes: &'static Classes,
    all: meta::Regex,
}

impl Cleaner {
    fn new(classes: &'static Classes) -> Cleaner {
        let patterns: Vec<&str> = classes.iter().map(|class| class.pattern).collect();
        let all = meta::Regex::new_many(&patterns).expect("the classes are constants and compile");
        Cleaner { classes, all }
    }

    fn replace<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut out = String::new();
        let (mut copied, mut at, mut run) = (0, 0, Run::default());
        while let Some((class, start, end)) = self.next_match(text, at, &mut run) {
            out.push_str(&text[copied..start]);
            out.push('<');
            out.push_str(class.name);
            out.push('>');
            (copied, at) = (end, end);
        }
        if copied == 0 {
            return Cow::Borrowed(text);
        }
        out.push_str(&text[copied..]);
        Cow::Owned(out)
    }

    /// The leftmost match from byte `at` on that its class approves of.
    fn next_match(&self, text: &str, mut at: usize, run: &mut Run) -> Option<(&'static Class, usize, usize)> {
        while at <= text.len() {
            at = run.admitted(text, at);
            let found = self.all.search(&Input::new(text).range(at..))?;
            let first = found.pattern().as_usize();
            if let Some(end) = self.approve(first, text, found.start(), found.end()) {
                return Some((&self.classes[first], found.start(), end));
            }
            if let Some((class, end)) = self.later_class_at(text, found.start(), first + 1) {
                return Some((class, found.start(), end));
            }
            at = found.start() + text[found.start()..].chars().next().map_or(1, char::len_utf8);
        }
        None
    }

    fn later_class_at(&self, text: &str, start: usize, from: usize) -> Option<(&'static Class, usize)> {
        (from..self.classes.len()).find_map(|class| {
            let pattern = regex_automata::PatternID::must(class);
            let found = self.all.search(&Input::new(text).range(start..).anchored(Anchored::Pattern(pattern)))?;
            self.approve(class, text, start, found.end()).map(|end| (&self.classes[class], end))
        })
    }

    /// The end of the match, where the class approves of its surroundings.
    fn approve(&self, class: usize, text: &str, start: usize, end: usize) -> Option<usize> {
        if start == end {
            return None;
        }
        match self.classes[class].approve {
            Some(approve) => approve(text, start, end),
            None => Some(end),
        }
    }
}

/// The row of letters, digits and signs that the search stands in. Each search may look at all of it before it finds a short
/// match, because addresses and host names have no limit: a row of thousands of numbers would be looked at thousands of times.
#[derive(Default)]
struct Run {
    end: usize,
    searches: usize,
}

impl Run {
    /// `at`, or the end of its run where that was searched often enough.
    fn admitted(&mut self, text: &str, at: usize) -> usize {
        if at >= self.end {
            let rest = &text.as_bytes()[at..];
            *self = Run { end: at + rest.iter().position(|byte| !may_stand_in_address(*byte)).unwrap_or(rest.len()), searches: 0 };
        }
        self.searches += 1;
        if self.searches > RUN_SEARCHES_MAX { self.end } else { at }
    }
}

/// Messages have a few parts between two blanks; what has more is a dump, whose rest stays as it is. Twice as many take twice the
/// time on hostile text, about a millisecond.
const RUN_SEARCHES_MAX: usize = 64;

fn may_stand_in_address(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~@-".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(generation: Generation, message: &str, expected: &str) {
        assert_eq!(clean_message(message, generation), expected, "{message:?}");
    }

    #[test]
    fn text_without_variable_parts_is_borrowed() {
        assert!(matches!(clean_message("connection refused", Generation::Y2026), Cow::Borrowed(_)));
        assert!(matches!(clean_message("no value: here. at all", Generation::Y2026), Cow::Borrowed(_)));
    }

    #[test]
    fn lines_after_the_second_are_dropped_with_dots() {
        check(Generation::Y2024, "a\nb", "a\nb");
        check(Generation::Y2024, "a\n\nb\nc", "a\nb...");
        check(Generation::Y2024, "a\n", "a...");
    }

    #[test]
    fn lone_carriage_return_ends_a_line() {
        check(Generation::Y2024, "a\rb\rc", "a\nb...");
        check(Generation::Y2024, "a\r\nb", "a\nb...");
    }

    #[test]
    fn labels_of_addresses_may_begin_and_end_with_a_dash() {
        for generation in [Generation::Y2024, Generation::Y2026] {
            check(generation, "to a@-b-.c- and a@b.", "to <email> and <email>.");
        }
    }

    #[test]
    fn hostile_row_of_numbers_is_searched_a_few_times_only() {
        let text = "1-".repeat(4000);
        for generation in [Generation::Y2024, Generation::Y2026] {
            let replaced = clean_message(&text, generation).matches("<int>").count();
            assert!((1..=RUN_SEARCHES_MAX).contains(&replaced), "{replaced}");
            let rest = format!("{text} 7 a@b.example");
            assert!(clean_message(&rest, generation).ends_with("1- <int> <email>"));
        }
    }

    #[test]
    fn minus_belongs_to_a_number_only_after_no_word() {
        check(Generation::Y2026, "utf-8 at -8", "utf-<int> at <int>");
        check(Generation::Y2024, "utf-8 at -8", "utf<int> at <int>");
    }

    #[test]
    fn paths_of_code_are_no_addresses() {
        check(Generation::Y2026, "called Option::unwrap() on ::1 and fe80::1", "called Option::unwrap() on <ip> and <ip>");
    }

    #[test]
    fn words_touched_by_other_scripts_are_words() {
        check(Generation::Y2026, "12秒 after 12", "12秒 after <int>");
    }

    #[test]
    fn hardware_addresses_are_replaced() {
        for address in ["00:1b:63:84:45:e6", "00-1B-63-84-45-E6", "00 1b 63 84 45 e6", "001b.6384.45e6"] {
            check(Generation::Y2026, &format!("lost {address}, again"), "lost <mac>, again");
        }
        check(Generation::Y2026, "took 10 20 30 40 50 60 ms", "took <int> <int> <int> <int> <int> <int> ms");
    }

    #[test]
    fn random_ids_are_replaced_and_words_with_a_number_are_not() {
        check(Generation::Y2026, "no order ord_9XkQ2mZ7 in s3", "no order ord_<random_id> in s3");
        check(Generation::Y2026, "key a7f3k9q2-x8y1z4", "key <random_id>");
        check(Generation::Y2026, "h264 and base64 in x2y3 by sha256sum", "h264 and base64 in x2y3 by sha256sum");
    }

    #[test]
    fn values_after_equals_are_replaced() {
        check(Generation::Y2026, "a=True b=\"x\" c='y' d = 'z' e='1\"", "a=<bool> b=<quoted_str> c=<quoted_str> d = 'z' e='<int>\"");
    }
}
