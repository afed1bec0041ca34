//! How many users: an exact set to 256, a HyperLogLog beyond (Flajolet et al. 2007, 2,048 registers, standard error 2.3 %).

use super::codes::mix;
use crate::ports::UserCount;

/// Beyond this many the set becomes registers.
const EXACT_MAX: usize = 256;
/// 2^11 registers of a byte: half would err by 3.3 %, twice costs 4 KB per busy hour.
const REGISTERS: usize = 2_048;
const REGISTER_BITS: u32 = 11;
/// Bytes of a hash in the set: collisions among 256 of 48 bits are below 1 in 10^9.
const HASH_BYTES: usize = 6;

/// A set of users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Sketch {
    /// Sorted 48-bit hashes.
    Exact(Vec<u64>),
    Registers(Box<[u8; REGISTERS]>),
}

impl Default for Sketch {
    fn default() -> Self {
        Sketch::Exact(Vec::new())
    }
}

impl Sketch {
    /// Adds a user's hash; whether anything changed.
    pub(super) fn insert(&mut self, hash: u64) -> bool {
        let hash = hash & 0xffff_ffff_ffff;
        match self {
            Sketch::Exact(set) => match set.binary_search(&hash) {
                Ok(_) => return false,
                Err(at) => set.insert(at, hash),
            },
            Sketch::Registers(registers) => return register(registers, hash),
        }
        self.grow();
        true
    }

    fn grow(&mut self) {
        if let Sketch::Exact(set) = self
            && set.len() > EXACT_MAX
        {
            let mut registers = Box::new([0; REGISTERS]);
            for &hash in set.iter() {
                register(&mut registers, hash);
            }
            *self = Sketch::Registers(registers);
        }
    }

    /// Adds all users of a stored sketch.
    pub(super) fn merge(&mut self, bytes: &[u8]) {
        match bytes.split_first() {
            Some((0, hashes)) => {
                for hash in hashes.chunks_exact(HASH_BYTES) {
                    self.insert(hash_of(hash));
                }
            }
            Some((_, other)) if other.len() == REGISTERS => {
                self.force_registers();
                if let Sketch::Registers(registers) = self {
                    for (mine, theirs) in registers.iter_mut().zip(other) {
                        *mine = (*mine).max(*theirs);
                    }
                }
            }
            _ => {}
        }
    }

    fn force_registers(&mut self) {
        if let Sketch::Exact(set) = self {
            let mut registers = Box::new([0; REGISTERS]);
            for &hash in set.iter() {
                register(&mut registers, hash);
            }
            *self = Sketch::Registers(registers);
        }
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Sketch::Exact(set) => {
                let mut bytes = Vec::with_capacity(1 + set.len() * HASH_BYTES);
                bytes.push(0);
                for hash in set {
                    bytes.extend_from_slice(&hash.to_le_bytes()[..HASH_BYTES]);
                }
                bytes
            }
            Sketch::Registers(registers) => [&[1][..], registers.as_slice()].concat(),
        }
    }

    pub(super) fn decode(bytes: &[u8]) -> Sketch {
        let mut sketch = Sketch::default();
        sketch.merge(bytes);
        sketch
    }

    pub(super) fn count(&self) -> UserCount {
        match self {
            Sketch::Exact(set) => UserCount { count: set.len() as u64, approximate: false },
            Sketch::Registers(registers) => UserCount { count: estimate(registers.as_slice()), approximate: true },
        }
    }
}

fn hash_of(bytes: &[u8]) -> u64 {
    let mut hash = [0; 8];
    hash[..HASH_BYTES].copy_from_slice(bytes);
    u64::from_le_bytes(hash)
}

/// Notes a hash; whether its register rose.
fn register(registers: &mut [u8; REGISTERS], hash: u64) -> bool {
    let mixed = mix(hash);
    let at = (mixed >> (64 - REGISTER_BITS)) as usize;
    let rank = ((mixed << REGISTER_BITS) | (1 << (REGISTER_BITS - 1))).leading_zeros() as u8 + 1;
    let raised = rank > registers[at];
    registers[at] = registers[at].max(rank);
    raised
}

fn estimate(registers: &[u8]) -> u64 {
    let m = REGISTERS as f64;
    let sum: f64 = registers.iter().map(|&rank| 2f64.powi(-i32::from(rank))).sum();
    let raw = 0.7213 / (1.0 + 1.079 / m) * m * m / sum;
    let zeros = registers.iter().filter(|&&rank| rank == 0).count();
    // Linear counting below 2.5 m, as in the paper; 48-bit hashes need no correction at the upper end.
    let counted = if raw <= 2.5 * m && zeros > 0 { m * (m / zeros as f64).ln() } else { raw };
    counted.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::days::codes::user_hash;

    fn filled(users: u64) -> Sketch {
        let mut sketch = Sketch::default();
        (0..users).for_each(|user| {
            sketch.insert(user_hash(&format!("id:{user}")));
        });
        sketch
    }

    #[test]
    fn small_sets_are_exact() {
        for users in [0, 1, 255, 256] {
            assert_eq!(filled(users).count(), UserCount { count: users, approximate: false });
            assert_eq!(Sketch::decode(&filled(users).encode()), filled(users));
        }
    }

    #[test]
    fn large_sets_err_by_less_than_three_standard_errors() {
        for users in [257, 1_000, 5_000, 20_000, 200_000, 1_000_000] {
            let UserCount { count, approximate } = filled(users).count();
            let error = (count as f64 - users as f64).abs() / users as f64;
            assert!(approximate && error < 0.069, "{users}: {count}");
        }
    }

    #[test]
    fn merging_counts_a_user_once() {
        let mut merged = filled(1_000);
        merged.merge(&filled(1_000).encode());
        merged.merge(&filled(100).encode());
        assert_eq!(merged, filled(1_000));
    }
}
