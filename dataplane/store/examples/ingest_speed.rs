//! What an event costs in state and in the day files: `cargo run --release --example ingest_speed -- [EVENTS] [BATCH]`.
//! Prints CPU microseconds per event (all threads) for commit and apply, and bytes per event on disk after a clean close.

mod shapes;

use model::{category::Category, ids::EventId, item::{ItemType, Topic}, prepared::{Level, Prepared, PreparedEvent}, record::Partition};
use std::{path::Path, sync::Arc, time::Instant};
use store::{BatchInput, BatchRecord, Commit, StoreConfig, UnitKey};

const PARTITION: Partition = Partition { topic: Topic::Errors, index: 0 };

fn prepared(dice: &mut shapes::Dice, number: u64, now_ms: i64) -> Prepared {
    let value = shapes::event(dice, Some(0), number, now_ms as f64 / 1_000.0);
    let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let culprit = text("culprit");
    let mut hash = [0; 16];
    hash[..8].copy_from_slice(&(culprit.bytes().fold(7u64, |hash, byte| hash.wrapping_mul(31).wrapping_add(u64::from(byte)))).to_be_bytes());
    let user = format!("id:{}", value["user"]["id"].as_str().unwrap_or_default());
    let mut tags = vec![("level", "error".to_owned()), ("environment", text("environment")), ("release", text("release")), ("user", user.clone()), ("server_name", text("server_name"))];
    tags.extend([("transaction", text("transaction")), ("handled", "no".into()), ("mechanism", "generic".into()), ("runtime", "CPython 3.12.8".into()), ("runtime.name", "CPython".into())]);
    tags.extend([("os.name", "Linux".into()), ("browser.name", "Chrome".into()), ("url", value["request"]["url"].as_str().unwrap_or_default().into())]);
    let event = PreparedEvent {
        event_id: EventId::parse(&text("event_id")).unwrap_or_default(),
        item_type: ItemType::Event,
        category: Category::Error,
        event_type: "error".into(),
        timestamp_ms: now_ms,
        level: Level::Error,
        platform: text("platform"),
        title: format!("{}: {culprit}", value["exception"]["values"][0]["type"].as_str().unwrap_or_default()),
        culprit,
        message: value["exception"]["values"][0]["value"].as_str().unwrap_or_default().to_owned(),
        logger: Some(text("logger")),
        transaction: Some(text("transaction")),
        release: Some(text("release")),
        dist: None,
        environment: Some(text("environment")),
        user: Some(user),
        tags: tags.into_iter().map(|(key, value)| (key.to_owned(), value)).collect(),
        facts: model::search::fields::facts(&model::json::parse(value.to_string().as_bytes()).unwrap_or_default(), Some("id:")),
        stack_digest: model::search::fields::stack_digest(&model::json::parse(value.to_string().as_bytes()).unwrap_or_default()),
        metadata: value["metadata"].to_string().into_bytes(),
        handled: Some(false),
        hashes: vec![hash],
        hashes_before: Vec::new(),
        payload: value.to_string().into_bytes(),
    };
    Prepared { events: vec![event], ..Prepared::default() }
}

/// CPU time of the process in microseconds.
fn cpu_us() -> u64 {
    let mut usage = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: getrusage fills the struct it is given; zeroed is a valid rusage.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    let us = |time: libc::timeval| time.tv_sec as u64 * 1_000_000 + time.tv_usec as u64;
    us(usage.ru_utime) + us(usage.ru_stime)
}

fn bytes_in(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { bytes_in(&entry.path()) } else { entry.metadata().map_or(0, |facts| facts.len()) }).sum()
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let (events, per_batch) = (args.next().unwrap_or(20_000), args.next().unwrap_or(250));
    let folder = tempfile::tempdir()?;
    let now_ms = 1_795_176_000_000;
    let stores = store::open(&StoreConfig { data_dir: folder.path().to_owned(), state_url: None, rate: Default::default(), now_ms }).await?;
    let (mut dice, mut known_us, mut commit_us, mut apply_us, mut commit_wall, mut apply_wall, mut payload_bytes) = (shapes::Dice(1), 0, 0, 0, 0.0, 0.0, 0);
    for first in (0..events).step_by(per_batch as usize) {
        let made: Vec<Arc<Prepared>> = (first..first + per_batch).map(|number| Arc::new(prepared(&mut dice, number, now_ms + number as i64))).collect();
        payload_bytes += made.iter().map(|prepared| prepared.events[0].payload.len()).sum::<usize>();
        let received_ms = now_ms + (first + per_batch) as i64;
        let start_us = cpu_us();
        let keys: Vec<UnitKey> = made.iter().map(|prepared| UnitKey { project_id: 1, item_type: ItemType::Event, id: prepared.events[0].event_id }).collect();
        let known = stores.events.known(&keys, received_ms).await?;
        let records = made.iter().zip(known).enumerate().map(|(at, (prepared, known))| BatchRecord {
            offset: first + at as u64,
            organization_id: 1,
            project_id: 1,
            key_id: 1,
            received_ms,
            prepared: prepared.clone(),
            known: vec![known],
            regression_cooldown_ms: 5_000,
        });
        let batch = BatchInput { partition: PARTITION, first, last: first + per_batch - 1, records: records.collect() };
        let (known_end_us, begun) = (cpu_us(), Instant::now());
        let Commit::Committed(decision) = stores.batches.commit(&batch, received_ms).await? else { return Err("fenced".into()) };
        let (commit_end_us, committed) = (cpu_us(), Instant::now());
        stores.events.apply(&decision, &made).await?;
        stores.batches.forget(&[decision.key]).await?;
        known_us += known_end_us - start_us;
        commit_us += commit_end_us - known_end_us;
        apply_us += cpu_us() - commit_end_us;
        commit_wall += (committed - begun).as_secs_f64();
        apply_wall += committed.elapsed().as_secs_f64();
    }
    let start_us = cpu_us();
    stores.close().await?;
    let per = |value: u64| value as f64 / events as f64;
    println!("{events} events of {} bytes in batches of {per_batch}", payload_bytes / events as usize);
    println!("CPU us/event: known {:.1}, commit {:.1}, apply {:.1}, close {:.1}", per(known_us), per(commit_us), per(apply_us), per(cpu_us() - start_us));
    println!("wall us/event: commit {:.1}, apply {:.1}", commit_wall * 1e6 / events as f64, apply_wall * 1e6 / events as f64);
    println!("bytes/event on disk: {:.0} (events {:.0})", per(bytes_in(folder.path())), per(bytes_in(&folder.path().join("events"))));
    Ok(())
}
