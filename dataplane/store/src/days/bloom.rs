//! "Surely not here": a chain of Bloom filters that grows with its file, within one budget for all files (design §4, Duplicates).

use std::sync::atomic::{AtomicU64, Ordering};

/// All filters together: 32 MiB. Beyond it a file answers "maybe" and its index is asked.
const BYTES_MAX: u64 = 32 << 20;
/// The first filter of a chain holds 20,000 ids; each further one four times as many.
const FIRST_BYTES: u64 = 32 << 10;
/// 12 bits an id with 6 probes: 0.5 % false "maybe", each costing one index probe.
const BITS_PER_ID: u64 = 12;
const PROBES: u64 = 6;

static BYTES_USED: AtomicU64 = AtomicU64::new(0);

/// The filters of one file.
#[derive(Default)]
pub(super) struct Bloom {
    chain: Vec<Filter>,
    /// The budget was spent: everything is "maybe" from here on.
    full: bool,
}

struct Filter {
    words: Vec<u64>,
    free: u64,
}

impl Bloom {
    pub(super) fn insert(&mut self, key: u64) {
        if self.full {
            return;
        }
        if self.chain.last().is_none_or(|filter| filter.free == 0) {
            self.grow();
        }
        if let Some(filter) = self.chain.last_mut().filter(|filter| filter.free > 0) {
            filter.free -= 1;
            let bits = filter.words.len() as u64 * 64;
            for bit in bits_of(key, bits) {
                filter.words[(bit / 64) as usize] |= 1 << (bit % 64);
            }
        }
    }

    fn grow(&mut self) {
        let bytes = FIRST_BYTES << (2 * self.chain.len().min(5));
        if BYTES_USED.fetch_add(bytes, Ordering::Relaxed) + bytes > BYTES_MAX {
            BYTES_USED.fetch_sub(bytes, Ordering::Relaxed);
            self.full = true;
            return;
        }
        self.chain.push(Filter { words: vec![0; (bytes / 8) as usize], free: bytes * 8 / BITS_PER_ID });
    }

    /// Memory of its filters.
    pub(super) fn bytes(&self) -> u64 {
        self.chain.iter().map(|filter| filter.words.len() as u64 * 8).sum()
    }

    /// False: surely not. True: ask the index.
    pub(super) fn maybe(&self, key: u64) -> bool {
        self.full || self.chain.iter().any(|filter| {
            let bits = filter.words.len() as u64 * 64;
            bits_of(key, bits).all(|bit| filter.words[(bit / 64) as usize] & (1 << (bit % 64)) != 0)
        })
    }
}

impl Drop for Bloom {
    fn drop(&mut self) {
        BYTES_USED.fetch_sub(self.bytes(), Ordering::Relaxed);
    }
}

/// Double hashing (Kirsch and Mitzenmacher 2006). `bits` is a power of two.
fn bits_of(key: u64, bits: u64) -> impl Iterator<Item = u64> {
    let step = (key >> 32) | 1;
    (0..PROBES).map(move |probe| key.wrapping_add(probe.wrapping_mul(step)) & (bits - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::days::codes::mix;

    #[test]
    fn what_was_inserted_is_maybe_and_most_else_is_not() {
        let mut bloom = Bloom::default();
        (0..100_000).for_each(|key| bloom.insert(mix(key)));
        assert!((0..100_000).all(|key| bloom.maybe(mix(key))));
        let wrong = (100_000..200_000).filter(|&key| bloom.maybe(mix(key))).count();
        assert!(wrong < 2_000, "{wrong} of 100,000");
    }
}
