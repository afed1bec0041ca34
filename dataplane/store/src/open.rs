//! Opening everything: the one place that names backends.

use crate::{blobs::FileBlobs, days::Days, limits::LocalLimits, lock::{self, Lock}, ports::*, state::{Db, State, migrate}};
use std::{path::PathBuf, sync::Arc};

/// Where things are.
#[derive(Debug, Clone)]
pub struct StoreConfig {
    /// Folder of the embedded stores; created if missing; locked by one process.
    pub data_dir: PathBuf,
    /// `postgres://…` for a state outside; `None` = `DATA/state.db`.
    pub state_url: Option<String>,
    /// Default token bucket of a project.
    pub rate: Rate,
    /// Now, in milliseconds since 1970: dates of what the first start creates.
    pub now_ms: i64,
}

/// Every port, opened.
#[derive(Clone)]
pub struct Stores {
    pub batches: Arc<dyn Batches>,
    pub dead_letters: Arc<dyn DeadLetters>,
    pub events: Arc<dyn Events>,
    pub event_reads: Arc<dyn EventReads>,
    pub event_stats: Arc<dyn EventStats>,
    pub items: Arc<dyn Items>,
    pub outcomes: Arc<dyn Outcomes>,
    pub retention: Arc<dyn Retention>,
    pub blobs: Arc<dyn Blobs>,
    pub limits: Arc<dyn Limits>,
    pub quotas: Arc<dyn Quotas>,
    pub directory: Arc<dyn Directory>,
    pub organizations: Arc<dyn Organizations>,
    pub teams: Arc<dyn Teams>,
    pub projects: Arc<dyn Projects>,
    pub keys: Arc<dyn Keys>,
    pub issues: Arc<dyn Issues>,
    pub issue_changes: Arc<dyn IssueChanges>,
    pub hashes: Arc<dyn Hashes>,
    pub activities: Arc<dyn Activities>,
    pub releases: Arc<dyn Releases>,
    pub release_parts: Arc<dyn ReleaseParts>,
    pub users: Arc<dyn Users>,
    pub sessions: Arc<dyn Sessions>,
    pub tokens: Arc<dyn Tokens>,
    pub audit: Arc<dyn Audit>,
    pub lifecycle: Arc<dyn Lifecycle>,
    /// The process before this one did not close: records may have been in flight (design §4, Failure).
    pub unclean: bool,
    /// This start created the default organization: make the owner.
    pub first_start: bool,
    closing: Arc<Closing>,
}

/// A store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("data directory {0} is in use by another process")]
    Locked(PathBuf),
    #[error("could not prepare {path}")]
    Directory { path: PathBuf, source: std::io::Error },
    #[error("could not open state")]
    State(#[from] StateError),
    #[error("could not open events")]
    Events(#[from] EventsError),
}

impl OpenError {
    /// Whether the state database was the reason and may answer later.
    pub fn is_state_away(&self) -> bool {
        matches!(self, OpenError::State(error) | OpenError::Events(EventsError::State(error)) if error.retry_helps())
    }
}

/// Opens all stores.
///
/// # Errors
/// Those of [`Folder::take`] and [`Folder::open`].
pub async fn open(config: &StoreConfig) -> Result<Stores, OpenError> {
    Folder::take(config)?.open().await
}

/// The data directory, locked by this process, with the stores that need no database: enough to accept events.
pub struct Folder {
    config: StoreConfig,
    lock: Arc<Lock>,
    unclean: bool,
    files: Arc<FileBlobs>,
    pub blobs: Arc<dyn Blobs>,
    pub limits: Arc<dyn Limits>,
}

impl Folder {
    /// Locks the directory, created if missing.
    ///
    /// # Errors
    /// [`OpenError::Locked`], where a retry helps once the other process ended, and [`OpenError::Directory`].
    pub fn take(config: &StoreConfig) -> Result<Folder, OpenError> {
        let folder = &config.data_dir;
        std::fs::create_dir_all(folder).map_err(|source| OpenError::Directory { path: folder.clone(), source })?;
        let (lock, unclean) = lock::take(folder)?;
        let path = folder.join("blobs");
        let files = Arc::new(FileBlobs::open(path.clone()).map_err(|source| OpenError::Directory { path, source })?);
        Ok(Folder { config: config.clone(), lock: Arc::new(lock), unclean, blobs: files.clone(), files, limits: Arc::new(LocalLimits::new(config.rate)) })
    }

    /// Whether state is a database that may be away while this process runs.
    pub fn state_is_outside(&self) -> bool {
        self.config.state_url.is_some()
    }

    /// Opens the rest: migrates state, creates `default` on the first start, starts the writer threads. Must be called within a
    /// Tokio runtime. Call it again where [`OpenError::is_state_away`].
    ///
    /// # Errors
    /// [`OpenError`]; a retry helps for a state database that does not answer.
    pub async fn open(&self) -> Result<Stores, OpenError> {
        let Folder { config, lock, unclean, files, blobs, limits } = self;
        let db = match &config.state_url {
            Some(url) => Db::postgres(url).await?,
            None => Db::sqlite(&config.data_dir.join("state.db")).await?,
        };
        migrate(&db).await?;
        let state = Arc::new(State::new(db));
        let first_start = state.seed(config.now_ms).await?;
        let days = Arc::new(Days::open(config.data_dir.join("events"), state.clone(), files.clone(), config.now_ms).await?);
        let closing = Arc::new(Closing { state: state.clone(), days: days.clone(), lock: lock.clone() });
        Ok(stores(state, days, blobs.clone(), limits.clone(), *unclean, first_start, closing))
    }
}

fn stores(state: Arc<State>, days: Arc<Days>, blobs: Arc<dyn Blobs>, limits: Arc<dyn Limits>, unclean: bool, first_start: bool, closing: Arc<Closing>) -> Stores {
    Stores {
        batches: state.clone(),
        dead_letters: state.clone(),
        events: days.clone(),
        event_reads: days.clone(),
        event_stats: days.clone(),
        items: days.clone(),
        outcomes: days.clone(),
        retention: days,
        blobs,
        limits,
        quotas: state.clone(),
        directory: state.clone(),
        organizations: state.clone(),
        teams: state.clone(),
        projects: state.clone(),
        keys: state.clone(),
        issues: state.clone(),
        issue_changes: state.clone(),
        hashes: state.clone(),
        activities: state.clone(),
        releases: state.clone(),
        release_parts: state.clone(),
        users: state.clone(),
        sessions: state.clone(),
        tokens: state.clone(),
        audit: state.clone(),
        lifecycle: state,
        unclean,
        first_start,
        closing,
    }
}

/// What must outlive every port, and be closed in order.
struct Closing {
    state: Arc<State>,
    days: Arc<Days>,
    lock: Arc<Lock>,
}

impl Stores {
    /// Ends cleanly: flushes events, closes state, marks the folder clean. No port works afterwards.
    ///
    /// # Errors
    /// The folder stays marked unclean; nothing acknowledged is lost.
    pub async fn close(&self) -> Result<(), OpenError> {
        self.closing.days.close().await?;
        self.closing.state.db.close().await;
        self.closing.lock.mark_clean().map_err(|source| OpenError::Directory { path: self.closing.lock.path().to_owned(), source })
    }
}
