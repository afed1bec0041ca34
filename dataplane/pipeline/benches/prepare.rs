//! What `prepare` costs on real events, as a whole and stage by stage.
//!
//! The events are envelopes of the Python SDK, gzip, in the folder `ERRATA_BENCH_EVENTS` (default `e2e/bench/events`
//! of the workspace); where it is absent the benchmark says so. Times are CPU times of the thread, so that a busy machine
//! does not count.

use config::project::ProjectOptions;
use criterion::{
    Criterion, criterion_group, criterion_main,
    measurement::{Measurement, ValueFormatter, WallTime},
};
use model::{
    envelope::Envelope,
    ids::EventId,
    item::ItemType,
    json,
    record::{RecordHeader, Route},
};
use pipeline::{
    Project, Resources,
    group::{self, GroupingRules, NEWSTYLE_2026},
    normalize::{Surroundings, normalize, notes::Notes},
    prepare,
    scrub::Scrubber,
    view::EventView,
};
use std::{hint::black_box, io::Read};

/// Nanoseconds this thread spent on a CPU.
struct CpuTime;

impl CpuTime {
    fn now(&self) -> u64 {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to a timespec of ours that outlives the call.
        let result = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
        assert_eq!(result, 0, "the clock exists on Linux");
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }
}

impl Measurement for CpuTime {
    type Intermediate = u64;
    type Value = u64;

    fn start(&self) -> u64 {
        self.now()
    }

    fn end(&self, start: u64) -> u64 {
        self.now() - start
    }

    fn add(&self, a: &u64, b: &u64) -> u64 {
        a + b
    }

    fn zero(&self) -> u64 {
        0
    }

    fn to_f64(&self, value: &u64) -> f64 {
        *value as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        static WALL: WallTime = WallTime;
        WALL.formatter()
    }
}

fn envelopes() -> Vec<Vec<u8>> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../e2e/bench/events");
    let folder = std::env::var("ERRATA_BENCH_EVENTS").unwrap_or_else(|_| default.into());
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("SKIPPED: prepare: {folder} is absent");
        return Vec::new();
    };
    let files = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.extension().is_some_and(|ext| ext == "gz"));
    files
        .map(|path| {
            let mut body = Vec::new();
            flate2::read::GzDecoder::new(std::fs::File::open(path).expect("file")).read_to_end(&mut body).expect("gzip");
            body
        })
        .collect()
}

fn header() -> RecordHeader {
    let route = serde_json::to_value(Route::Envelope).expect("route");
    let header = serde_json::json!({"v": 1, "t": 1_795_000_000_000i64, "o": 1, "p": 42, "k": 1, "r": route, "e": EventId([7; 16])});
    serde_json::from_value(header).expect("header")
}

fn whole(c: &mut Criterion<CpuTime>) {
    let bodies = envelopes();
    if bodies.is_empty() {
        return;
    }
    let project = Project::compile(42, "shop", 1, ProjectOptions::default());
    let (header, resources) = (header(), Resources::default());
    let bytes: usize = bodies.iter().map(Vec::len).sum();
    println!("{} events, {} bytes on average", bodies.len(), bytes / bodies.len());
    let mut next = 0;
    c.bench_function("prepare", |b| {
        b.iter(|| {
            next = (next + 1) % bodies.len();
            black_box(prepare(&header, &bodies[next], &project, &resources, 1_795_000_000_000))
        });
    });
    stages(c, &bodies);
}

fn stages(c: &mut Criterion<CpuTime>, bodies: &[Vec<u8>]) {
    let payloads: Vec<&[u8]> = bodies
        .iter()
        .map(|body| {
            let envelope = Envelope::parse(body).expect("envelope");
            let item = envelope.items.iter().find(|item| item.item_type == Some(ItemType::Event)).expect("event").clone();
            &body[item.payload]
        })
        .collect();
    let mut next = 0;
    let mut turn = move || {
        next = (next + 1) % 20;
        next
    };
    let around = Surroundings::none();
    c.bench_function("parse", |b| b.iter(|| black_box(json::parse(payloads[turn()]).expect("JSON"))));
    c.bench_function("parse, normalise", |b| {
        b.iter(|| {
            let mut event = json::parse(payloads[turn()]).expect("JSON");
            normalize(&mut event, &around, &mut Notes::default());
            black_box(event)
        })
    });
    let normal: Vec<json::Value> = payloads
        .iter()
        .map(|payload| {
            let mut event = json::parse(payload).expect("JSON");
            normalize(&mut event, &around, &mut Notes::default());
            event.into_owned()
        })
        .collect();
    let scrubber = Scrubber::new(&Default::default());
    let mut scrubbed = normal.clone();
    c.bench_function("scrub", |b| b.iter(|| scrubber.scrub(&mut scrubbed[turn()], &mut Notes::default())));
    let rules = GroupingRules::new(&NEWSTYLE_2026, "", "");
    c.bench_function("view", |b| b.iter(|| black_box(EventView::new(&normal[turn()]))));
    c.bench_function("view, enhance", |b| {
        b.iter(|| {
            let mut view = EventView::new(&normal[turn()]);
            group::enhance_event(&mut view, &rules);
            black_box(view)
        })
    });
    c.bench_function("view, enhance, group", |b| {
        b.iter(|| {
            let mut view = EventView::new(&normal[turn()]);
            black_box(group::group_event(&mut view, &rules).hashes())
        })
    });
    c.bench_function("serialise", |b| b.iter(|| black_box(json::to_vec(&normal[turn()]))));
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = whole
}
criterion_main!(benches);
