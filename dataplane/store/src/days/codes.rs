//! Small codes: ids as two integers, tags as varint pairs, users as 47-bit hashes.

use crate::state::batch_code::{put, take};
use model::{category::Category, ids::EventId};

/// The halves of an id.
pub(super) fn halves(id: EventId) -> (i64, i64) {
    let number = u128::from_be_bytes(id.0);
    ((number >> 64) as i64, number as i64)
}

/// The id of two halves.
pub(super) fn whole(hi: i64, lo: i64) -> EventId {
    EventId(((u128::from(hi as u64) << 64) | u128::from(lo as u64)).to_be_bytes())
}

/// A tag's key or value: an id of the dictionary, or the text where it has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Word<'a> {
    Id(i64),
    Text(&'a str),
}

/// Appends a word: its id, or 0, length and text.
pub(super) fn put_word(bytes: &mut Vec<u8>, word: Word<'_>) {
    match word {
        Word::Id(id) => put(bytes, id as u64),
        Word::Text(text) => {
            put(bytes, 0);
            put(bytes, text.len() as u64);
            bytes.extend_from_slice(text.as_bytes());
        }
    }
}

/// Takes a word; `None` at the end or where the bytes are broken.
pub(super) fn take_word<'a>(rest: &mut &'a [u8]) -> Option<Word<'a>> {
    let id = take(rest)?;
    if id != 0 {
        return Some(Word::Id(id as i64));
    }
    let length = take(rest)? as usize;
    let text = std::str::from_utf8(rest.get(..length)?).ok()?;
    *rest = &rest[length..];
    Some(Word::Text(text))
}

/// Walks (key, value) pairs.
pub(super) fn pairs<'a>(mut bytes: &'a [u8]) -> impl Iterator<Item = (Word<'a>, Word<'a>)> {
    std::iter::from_fn(move || Some((take_word(&mut bytes)?, take_word(&mut bytes)?)))
}

/// Quantities per category as varints.
pub(super) fn put_quantities(quantities: &[(Category, u64)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(quantities.len() * 3);
    for (category, quantity) in quantities {
        bytes.push(*category as u8);
        put(&mut bytes, *quantity);
    }
    bytes
}

pub(super) fn take_quantities(mut bytes: &[u8]) -> Vec<(Category, u64)> {
    let mut quantities = Vec::new();
    while let Some((&category, rest)) = bytes.split_first() {
        bytes = rest;
        let Some(quantity) = take(&mut bytes) else { break };
        quantities.push((Category::from_number(category).unwrap_or(Category::Unknown), quantity));
    }
    quantities
}

/// FNV-1a with a final mix (the 64-bit finalizer of MurmurHash3): stable, since sketches are on disk.
pub(super) fn user_hash(user: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in user.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    mix(hash)
}

pub(super) fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_words_read_back() {
        let id = EventId(*b"\xff\x01_halves_and_\xfe\x00");
        let (hi, lo) = halves(id);
        assert_eq!(whole(hi, lo), id);
        let mut bytes = Vec::new();
        for word in [Word::Id(1), Word::Text("ä"), Word::Id(70_000), Word::Text("")] {
            put_word(&mut bytes, word);
        }
        let read: Vec<_> = pairs(&bytes).collect();
        assert_eq!(read, [(Word::Id(1), Word::Text("ä")), (Word::Id(70_000), Word::Text(""))]);
    }
}
