//! What can fail in a store, as the caller sees it.

/// A state port failed.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The database did not answer or refused; a retry with back-off helps.
    #[error("could not {doing}")]
    Unavailable { doing: &'static str, source: Box<dyn std::error::Error + Send + Sync> },
    /// The thing to change does not exist (in this organization); a retry does not help.
    #[error("{0} not found")]
    NotFound(&'static str),
    /// Something of that name exists already; a retry needs another name.
    #[error("{0} is taken")]
    Taken(String),
    /// The argument cannot be stored; a retry needs another argument.
    #[error("{0}")]
    Invalid(String),
    /// A stored value cannot be read back; a retry does not help.
    #[error("stored {what} cannot be read")]
    Corrupt { what: &'static str },
}

impl StateError {
    /// Whether the same call may succeed later.
    pub fn retry_helps(&self) -> bool {
        matches!(self, StateError::Unavailable { .. })
    }
}

/// An event port failed.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// A file could not be read or written (disk full, IO error); a retry with back-off helps once the cause is gone.
    #[error("could not {doing} in {file}")]
    Unavailable { doing: &'static str, file: String, source: Box<dyn std::error::Error + Send + Sync> },
    /// The store is shutting down; a retry helps in the next process.
    #[error("event store is closed")]
    Closed,
    /// A stored value cannot be read back; a retry does not help.
    #[error("stored {what} in {file} cannot be read")]
    Corrupt { what: &'static str, file: String },
    /// State, asked on the way (dictionaries, tombstones), failed.
    #[error(transparent)]
    State(#[from] StateError),
}
