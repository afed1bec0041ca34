//! Composition: what runs in this process, spawned here and nowhere else.

use crate::{admin::{self, Admin}, backstage::Backstage, clock, first_start::{self, Welcome}, gather::Gather, janitor::{self, Janitor}, listeners::{Bound, Listeners}, live::Live, pool::{Digest, Pool}, secret_key, snapshot::{Directory, kept}, upkeep::{self, Positions, Trimmer}, worker::Worker};
use anyhow::Context;
use arc_swap::ArcSwap;
use config::{process::ProcessConfig, queue::QueueConfig};
use ingest::{Ingest, IngestOptions, body::Budget, refusals::Refusals};
use model::{item::Topic, record::Partition};
use queue::PollLimits;
use std::{sync::{Arc, atomic::AtomicBool}, time::Duration};
use store::{Folder, Rate, StoreConfig, Stores};
use tokio::{runtime::Handle, task::JoinSet};

/// Bytes of bodies in one batch: with 16 partitions at most 64 MiB of records are in hand.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// State that does not answer at the start is asked again after this.
const STATE_RETRY: Duration = Duration::from_secs(1);

/// Runs until SIGTERM or SIGINT, then stops in order: listeners, refusals, workers, stores.
pub async fn run(config: ProcessConfig) -> anyhow::Result<()> {
    let bound = Bound::open(&config).await?;
    let public_url = bound.public_url.clone();
    let folder = Folder::take(&store_config(&config, clock::now_ms())).with_context(|| format!("open {}", config.text("data")))?;
    secret_key::ensure(&config)?;
    let ingest = ingest_role(&config, &folder)?;
    let digest = Digest::start()?;
    let listeners = bound.serve(&ingest, Duration::from_secs(config.number("stop.deadline_s")));
    let mut background = JoinSet::new();
    background.spawn(upkeep::flush_refusals(ingest.clone()));
    let stores = tokio::select! {
        stores = digest.handle().spawn(open_stores(folder)) => Some(stores.expect("opening stores does not panic").with_context(|| format!("open {}", config.text("data")))?),
        stopped = signal() => stopped.map(|()| None)?,
    };
    if let Some(stores) = &stores {
        let welcome = other_roles(&config, stores, &ingest, &listeners, public_url, (&mut background, digest.handle())).await?;
        welcome.print();
        signal().await?;
    }
    tracing::info!("stopping");
    listeners.stop().await;
    upkeep::append_refusals(&ingest).await;
    background.shutdown().await;
    if let Some(stores) = stores {
        stores.close().await?;
    }
    Ok(())
}

/// What takes events: needs the folder and no database. It begins with the projects and keys that the process before knew.
fn ingest_role(config: &ProcessConfig, folder: &Folder) -> anyhow::Result<Arc<Ingest>> {
    let queue_config = queue_config(config);
    let view = kept::read(&config.data_dir()).unwrap_or_default();
    folder.limits.set_quotas(view.quotas);
    Ok(Arc::new(Ingest {
        queue: queue::open(&queue_config)?,
        blobs: folder.blobs.clone(),
        limits: folder.limits.clone(),
        snapshot: Arc::new(ArcSwap::from_pointee(view.snapshot)),
        state_fresh: AtomicBool::new(false),
        refusals: Refusals::default(),
        budget: Budget::new(config.number("ingest.bodies_in_memory_max") as usize),
        options: IngestOptions { body_timeout: Duration::from_secs(config.number("ingest.body_timeout_s")), partitions: queue_config.partitions },
        clock: clock::system(),
    }))
}

/// Worker, janitor and API, once state has answered.
async fn other_roles(config: &ProcessConfig, stores: &Stores, ingest: &Arc<Ingest>, listeners: &Listeners, public_url: String, (background, digest): (&mut JoinSet<()>, &Handle)) -> anyhow::Result<Welcome> {
    let (clock, queue, live) = (clock::system(), ingest.queue.clone(), Live::new());
    let directory = Directory::open(ingest, stores.clone(), config.data_dir()).await?;
    background.spawn(directory.clone().keep_fresh(ingest.clone()));
    let positions = Positions { queue: queue.clone(), stores: stores.clone(), partitions: ingest.options.partitions };
    let gather = Arc::new(Gather::new(stores.clone(), directory.snapshot.clone()));
    background.spawn(Trimmer { positions: positions.clone(), spooled: gather.spooled.clone() }.run());
    background.spawn(Janitor { stores: stores.clone(), positions, days: janitor::retention_days(config), clock: clock.clone() }.run());
    spawn_workers((background, digest), config, &queue, &gather, &live)?;
    let welcome = first_start::prepare(stores, &public_url, clock()).await?;
    let admin = Admin { stores: stores.clone(), queue: Some(queue), public_url: public_url.clone(), partitions: ingest.options.partitions, now_ms: clock::now_ms };
    background.spawn(admin::serve(config.data_dir(), admin));
    let backstage = Arc::new(Backstage { directory, live, clock });
    let settings = Arc::new(api::Settings { public_url, admin_token: admin_token(config)?, version: env!("CARGO_PKG_VERSION") });
    listeners.join(api::router(api::Api { stores: stores.clone(), backstage, settings }));
    Ok(welcome)
}

/// Opens the stores; a state database that does not answer is waited for, while events are taken.
async fn open_stores(folder: Folder) -> Result<Stores, store::OpenError> {
    loop {
        match folder.open().await {
            Err(error) if error.is_state_away() && folder.state_is_outside() => {
                tracing::warn!(error = &error as &dyn std::error::Error, "state does not answer; events are taken from the keys known before, everything else waits");
                tokio::time::sleep(STATE_RETRY).await;
            }
            result => return result,
        }
    }
}

pub fn store_config(config: &ProcessConfig, now_ms: i64) -> StoreConfig {
    let rate = Rate { per_second: config.number("ingest.rate_limit.per_second") as f64, burst: config.number("ingest.rate_limit.burst_capacity") as f64 };
    StoreConfig { data_dir: config.data_dir(), state_url: config.text_or_none("state.url").map(str::to_owned), rate, now_ms }
}

pub fn queue_config(config: &ProcessConfig) -> QueueConfig {
    let disk_free_min = Some(config.number("disk.free_min")).filter(|bytes| *bytes > 0);
    QueueConfig { partitions: config.number("queue.partitions") as u16, bytes_max: config.number("queue.bytes_max"), disk_free_min, ..QueueConfig::new(config.data_dir().join("queue")) }
}

fn spawn_workers((tasks, digest): (&mut JoinSet<()>, &Handle), config: &ProcessConfig, queue: &Arc<dyn queue::Queue>, gather: &Arc<Gather>, live: &Live) -> anyhow::Result<()> {
    let pool = Arc::new(Pool::new(config.number("worker.threads") as usize, Arc::new(resources(config)?))?);
    let limits = PollLimits { records_max: config.number("worker.batch_records_max") as usize, bytes_max: BATCH_BYTES_MAX };
    for topic in Topic::ALL {
        for index in 0..config.number("queue.partitions") as u16 {
            let worker = Worker {
                partition: Partition { topic, index },
                queue: queue.clone(),
                stores: gather.stores.clone(),
                gather: gather.clone(),
                pool: pool.clone(),
                live: live.clone(),
                clock: clock::system(),
                limits,
            };
            tasks.spawn_on(worker.run(), digest);
        }
    }
    Ok(())
}

/// What all projects' events are looked up in.
fn resources(config: &ProcessConfig) -> anyhow::Result<pipeline::Resources> {
    let open = |path: &str| {
        let bytes = std::fs::read(path).with_context(|| format!("read geo.database {path}"))?;
        pipeline::enrich::geo::GeoDatabase::new(bytes).with_context(|| format!("open geo.database {path}"))
    };
    Ok(pipeline::Resources { geo: config.text_or_none("geo.database").map(open).transpose()? })
}

/// A guessable token with all scopes would be worse than none.
const ADMIN_TOKEN_CHARS_MIN: usize = 32;

fn admin_token(config: &ProcessConfig) -> anyhow::Result<Option<String>> {
    match config.text_or_none("admin.token") {
        Some(token) if token.chars().count() < ADMIN_TOKEN_CHARS_MIN => anyhow::bail!("admin.token is shorter than {ADMIN_TOKEN_CHARS_MIN} characters"),
        token => Ok(token.map(str::to_owned)),
    }
}

async fn signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
