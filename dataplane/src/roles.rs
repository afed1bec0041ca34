//! Composition: what runs in this process, spawned here and nowhere else.

use crate::{admin::{self, Admin}, backstage::Backstage, clock, first_start, gather::Gather, health, janitor::{self, Janitor}, live::Live, pool::Pool, server, snapshot::Directory, upkeep::{self, Positions, Trimmer}, worker::Worker};
use anyhow::Context;
use config::{process::ProcessConfig, queue::QueueConfig};
use ingest::{Ingest, IngestOptions, body::Budget, refusals::Refusals};
use model::{item::Topic, record::Partition};
use queue::PollLimits;
use std::{sync::{Arc, atomic::AtomicBool}, time::Duration};
use store::{Rate, StoreConfig, Stores};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};

/// Bytes of bodies in one batch: with 16 partitions at most 64 MiB of records are in hand.
const BATCH_BYTES_MAX: usize = 4 << 20;

/// Runs until SIGTERM or SIGINT, then stops in order: listeners, refusals, workers, stores.
pub async fn run(config: ProcessConfig) -> anyhow::Result<()> {
    let clock = clock::system();
    let listener = TcpListener::bind(config.text("listen")).await.with_context(|| format!("listen on {}", config.text("listen")))?;
    let internal = TcpListener::bind(config.text("internal_listen")).await.with_context(|| format!("listen on {}", config.text("internal_listen")))?;
    let stores = open_stores(&config, clock()).await?;
    let queue_config = queue_config(&config);
    let queue = queue::open(&queue_config)?;
    let directory = Directory::open(stores.clone(), clock()).await?;
    let ingest = Arc::new(Ingest {
        queue: queue.clone(),
        blobs: stores.blobs.clone(),
        limits: stores.limits.clone(),
        snapshot: directory.snapshot.clone(),
        state_fresh: AtomicBool::new(true),
        refusals: Refusals::default(),
        budget: Budget::new(config.number("ingest.bodies_in_memory_max") as usize),
        options: IngestOptions { body_timeout: Duration::from_secs(config.number("ingest.body_timeout_s")), partitions: queue_config.partitions },
        clock: clock.clone(),
    });
    let live = Live::new();
    let mut background = JoinSet::new();
    background.spawn(directory.clone().keep_fresh(ingest.clone()));
    background.spawn(upkeep::flush_refusals(ingest.clone()));
    let positions = Positions { queue: queue.clone(), stores: stores.clone(), partitions: queue_config.partitions };
    let gather = Arc::new(Gather::new(stores.clone(), directory.snapshot.clone()));
    background.spawn(Trimmer { positions: positions.clone(), spooled: gather.spooled.clone() }.run());
    background.spawn(Janitor { stores: stores.clone(), positions, days: janitor::retention_days(&config), clock: clock.clone() }.run());
    spawn_workers(&mut background, &config, &queue, &gather, &live)?;

    let public_url = public_url(&config, &listener)?;
    let welcome = first_start::prepare(&stores, &public_url, clock()).await?;
    let admin = Admin { stores: stores.clone(), queue: Some(queue.clone()), public_url: public_url.clone(), partitions: queue_config.partitions, now_ms: clock::now_ms };
    background.spawn(admin::serve(config.data_dir(), admin));
    let backstage = Arc::new(Backstage { directory, live, clock });
    let settings = Arc::new(api::Settings { public_url, admin_token: admin_token(&config)?, version: env!("CARGO_PKG_VERSION") });
    let router = ingest::guarded(ingest::router(ingest.clone()).merge(api::router(api::Api { stores: stores.clone(), backstage, settings })));
    let (stop, stopped) = watch::channel(false);
    let deadline = Duration::from_secs(config.number("stop.deadline_s"));
    let public = tokio::spawn(server::serve(listener, router, stopped.clone(), deadline));
    let inner = tokio::spawn(server::serve(internal, health::router(ingest.clone()), stopped, deadline));
    welcome.print();
    signal().await?;
    tracing::info!("stopping");
    stop.send_replace(true);
    let _ = public.await;
    upkeep::append_refusals(&ingest).await;
    background.shutdown().await;
    let _ = inner.await;
    stores.close().await?;
    Ok(())
}

pub async fn open_stores(config: &ProcessConfig, now_ms: i64) -> anyhow::Result<Stores> {
    let rate = Rate { per_second: config.number("ingest.rate_limit.per_second") as f64, burst: config.number("ingest.rate_limit.burst_capacity") as f64 };
    let store_config = StoreConfig { data_dir: config.data_dir(), state_url: config.text_or_none("state.url").map(str::to_owned), rate, now_ms };
    store::open(&store_config).await.with_context(|| format!("open {}", config.text("data")))
}

pub fn queue_config(config: &ProcessConfig) -> QueueConfig {
    let disk_free_min = Some(config.number("disk.free_min")).filter(|bytes| *bytes > 0);
    QueueConfig { partitions: config.number("queue.partitions") as u16, bytes_max: config.number("queue.bytes_max"), disk_free_min, ..QueueConfig::new(config.data_dir().join("queue")) }
}

fn spawn_workers(tasks: &mut JoinSet<()>, config: &ProcessConfig, queue: &Arc<dyn queue::Queue>, gather: &Arc<Gather>, live: &Live) -> anyhow::Result<()> {
    let pool = Arc::new(Pool::new(config.number("worker.threads") as usize, Arc::new(pipeline::Resources::default()))?);
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
            tasks.spawn(worker.run());
        }
    }
    Ok(())
}

/// With port 0 the address is known only after binding.
fn public_url(config: &ProcessConfig, listener: &TcpListener) -> anyhow::Result<String> {
    match config.text_or_none("public_url") {
        Some(_) => Ok(config.public_url()),
        None => Ok(format!("http://{}", listener.local_addr()?)),
    }
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
