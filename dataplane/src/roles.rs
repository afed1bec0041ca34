//! Composition: what runs in this process, spawned here and nowhere else.

use crate::{admin::{self, Admin}, backstage::Backstage, clock, first_start::{self, Welcome}, gather::Gather, janitor::{self, Janitor}, listeners::{Bound, Listeners}, live::Live, pace::Pace, pool::{Digest, Pool}, secret_key, settings::{queue_config, resources, store_config}, snapshot::{Directory, kept}, upkeep::{self, Positions, Trimmer}, worker::Worker};
use anyhow::Context;
use arc_swap::ArcSwap;
use config::process::ProcessConfig;
use ingest::{Ingest, IngestOptions, LARGE_AT_ONCE, body::Budget, refusals::Refusals};
use queue::PollLimits;
use std::{sync::{Arc, atomic::AtomicBool}, time::Duration};
use store::{Folder, Stores};
use tokio::{runtime::Handle, signal::unix::{Signal, SignalKind, signal}, sync::Semaphore, task::JoinSet};

/// Bytes of bodies in one batch: with 16 partitions at most 64 MiB of records are in hand.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Bytes of a batch's bodies when decoded: the usual 500 events take 10 MiB. Half would halve the batches of large events, twice would
/// let 16 partitions hold half a gigabyte.
pub const BATCH_DECODED_BYTES_MAX: u64 = 16 << 20;
/// State that does not answer at the start is asked again after this.
const STATE_RETRY: Duration = Duration::from_secs(1);

/// Runs until SIGTERM or SIGINT, then stops in order: listeners, refusals, workers, stores.
pub async fn run(config: ProcessConfig) -> anyhow::Result<()> {
    let mut signals = Signals::listen()?;
    let bound = Bound::open(&config).await?;
    let public_url = bound.public_url.clone();
    let folder = Folder::take(&store_config(&config, clock::now_ms())).with_context(|| format!("open {}", config.text("data")))?;
    secret_key::ensure(&config)?;
    let ingest = ingest_role(&config, &folder)?;
    let digest = Digest::start()?;
    let listeners = bound.serve(&ingest, Duration::from_secs(config.number("stop.deadline_s")));
    let mut background = JoinSet::new();
    background.spawn(upkeep::keep_ingest(ingest.clone()));
    let stores = tokio::select! {
        stores = digest.handle().spawn(open_stores(folder)) => Some(stores.expect("opening stores does not panic").with_context(|| format!("open {}", config.text("data")))?),
        () = signals.received() => None,
    };
    let live = Live::new();
    if let Some(stores) = &stores {
        let begun = tokio::select! {
            welcome = other_roles(&config, stores, &ingest, &listeners, &live, public_url, (&mut background, digest.handle())) => Some(welcome?),
            () = signals.received() => None,
        };
        if let Some(welcome) = begun {
            welcome.print();
            signals.received().await;
        }
    }
    tracing::info!("stopping");
    live.close();
    listeners.stop().await;
    upkeep::append_refusals(&ingest).await;
    upkeep::delete_abandoned(&ingest).await;
    background.shutdown().await;
    if let Some(stores) = stores {
        stores.close().await?;
    }
    Ok(())
}

/// What takes events: needs the folder and no database. It begins with the projects and keys that the process before knew.
pub fn ingest_role(config: &ProcessConfig, folder: &Folder) -> anyhow::Result<Arc<Ingest>> {
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
        appending: Default::default(),
        budget: Budget::new(config.number("ingest.bodies_in_memory_max") as usize),
        spool: Arc::default(),
        large: Semaphore::new(LARGE_AT_ONCE),
        options: IngestOptions { body_timeout: Duration::from_secs(config.number("ingest.body_timeout_s")), partitions: queue_config.partitions },
        clock: clock::system(),
    }))
}

/// Worker, janitor and API, once state has answered.
async fn other_roles(config: &ProcessConfig, stores: &Stores, ingest: &Arc<Ingest>, listeners: &Listeners, live: &Live, public_url: String, (background, digest): (&mut JoinSet<()>, &Handle)) -> anyhow::Result<Welcome> {
    let (clock, queue) = (clock::system(), ingest.queue.clone());
    let directory = Directory::open(ingest, stores.clone(), config.data_dir()).await?;
    background.spawn(directory.clone().keep_fresh(ingest.clone()));
    let positions = Positions { queue: queue.clone(), stores: stores.clone() };
    let gather = Arc::new(Gather::new(stores.clone(), directory.snapshot.clone()));
    background.spawn(Trimmer { positions: positions.clone(), spooled: gather.spooled.clone() }.run());
    background.spawn(Janitor { stores: stores.clone(), positions, days: janitor::retention_days(config), clock: clock.clone() }.run());
    spawn_workers((background, digest), config, ingest, &gather, live)?;
    let welcome = first_start::prepare(stores, &public_url, clock()).await?;
    let admin = Admin { stores: stores.clone(), queue: Some(queue), public_url: public_url.clone(), partitions: ingest.options.partitions, now_ms: clock::now_ms };
    background.spawn(admin::serve(config.data_dir(), admin));
    let backstage = Arc::new(Backstage { directory, live: live.clone(), clock });
    let settings = Arc::new(api::Settings { public_url, admin_token: config.text_or_none("admin.token").map(str::to_owned), version: env!("CARGO_PKG_VERSION"), search_budget: store::SearchBudget::default() });
    let rates = api::Rates { per_minute: config.number("api.rate_limit.per_minute") as u32, concurrent: config.number("api.rate_limit.concurrent") as u32 };
    listeners.join(api::router(api::Api { stores: stores.clone(), backstage, settings, throttle: Arc::new(api::Throttle::new(rates)) }));
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

fn spawn_workers((tasks, digest): (&mut JoinSet<()>, &Handle), config: &ProcessConfig, ingest: &Arc<Ingest>, gather: &Arc<Gather>, live: &Live) -> anyhow::Result<()> {
    let pool = Arc::new(Pool::new(config.number("worker.threads") as usize, Arc::new(resources(config)?), Arc::new(Pace::new(ingest.clone())))?);
    let limits = PollLimits { records_max: config.number("worker.batch_records_max") as usize, bytes_max: BATCH_BYTES_MAX, decoded_bytes_max: BATCH_DECODED_BYTES_MAX };
    for partition in ingest.queue.partitions() {
        let worker = Worker {
            partition,
            queue: ingest.queue.clone(),
            stores: gather.stores.clone(),
            gather: gather.clone(),
            pool: pool.clone(),
            live: live.clone(),
            clock: clock::system(),
            limits,
        };
        tasks.spawn_on(worker.run(), digest);
    }
    Ok(())
}

/// SIGTERM and SIGINT, heard from the start: one that comes while something else is waited for is not lost.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Signals> {
        Ok(Signals { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn received(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
