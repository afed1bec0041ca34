//! Facts beside a row: number of the field, then its value as a word; a trace id as its sixteen bytes.

use super::{
    codes::{Word, put_word, take_word},
    dictionary::{Words, kind},
};
use model::search::fields::Fact;
use rusqlite::CachedStatement;

/// Codes the facts of an event; `bytes` is cleared first.
pub(super) fn put_facts(bytes: &mut Vec<u8>, words: &mut Words, insert: &mut CachedStatement<'_>, facts: &[(Fact, String)]) -> rusqlite::Result<()> {
    bytes.clear();
    for (fact, value) in facts {
        let trace = (*fact == Fact::Trace).then(|| trace_bytes(value)).flatten();
        match (fact, trace) {
            (_, Some(trace)) => {
                bytes.push(Fact::Trace as u8);
                bytes.extend_from_slice(&trace);
            }
            // Normalised ids have 32 digits; another form could not be told from them.
            (Fact::Trace, None) => {}
            (fact, None) => {
                bytes.push(*fact as u8);
                put_word(bytes, words.code(insert, kind::FACT + *fact as i64, value)?);
            }
        }
    }
    Ok(())
}

/// A fact's value as it is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept<'a> {
    Word(Word<'a>),
    Trace([u8; 16]),
}

/// Walks the facts; ends where the bytes are broken.
pub(super) fn facts(mut bytes: &[u8]) -> impl Iterator<Item = (Fact, Kept<'_>)> {
    std::iter::from_fn(move || {
        let (&number, rest) = bytes.split_first()?;
        bytes = rest;
        let fact = Fact::from_number(number)?;
        if fact == Fact::Trace {
            let (trace, rest) = bytes.split_first_chunk::<16>()?;
            bytes = rest;
            return Some((fact, Kept::Trace(*trace)));
        }
        Some((fact, Kept::Word(take_word(&mut bytes)?)))
    })
}

fn trace_bytes(text: &str) -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    (text.len() == 32 && hex::decode_to_slice(text, &mut bytes).is_ok()).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_read_back_and_broken_ones_end_the_walk() {
        let mut bytes = vec![Fact::Trace as u8];
        bytes.extend(trace_bytes("4C79f60c11214eb38604f4ae0781bfb2").expect("hex"));
        bytes.push(Fact::SdkName as u8);
        put_word(&mut bytes, Word::Text("sentry.rust"));
        let trace = trace_bytes("4c79f60c11214eb38604f4ae0781bfb2").expect("hex");
        assert_eq!(facts(&bytes).collect::<Vec<_>>(), [(Fact::Trace, Kept::Trace(trace)), (Fact::SdkName, Kept::Word(Word::Text("sentry.rust")))]);
        for end in 0..bytes.len() {
            assert!(facts(&bytes[..end]).count() <= 1, "{end}");
        }
        assert_eq!(facts(&[99, 1, 2]).count(), 0);
    }
}
