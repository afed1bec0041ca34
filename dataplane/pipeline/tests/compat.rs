//! Grouping against the compatibility data beside the repository (`ERRATA_COMPAT_DATA`). Each test names the cases that
//! fail and asserts that exactly the known ones do; where the data is absent the tests say so and are skipped.

mod compat {
    pub mod data;
    pub mod fingerprints;
    pub mod hashes;
    pub mod texts;
}
