//! Named tests per row.
