//! The measurements, one function each, in the order `main` calls them.

use crate::{corpus::Corpus, load::{self, Connection, Report, Target, quantile}, measure::{self, Busy}, queries};
use e2e::{Options, Server};
use serde_json::Value;
use std::{io::{BufRead, BufReader}, process::{Child, Command, Stdio}, sync::atomic::{AtomicBool, Ordering}, thread, time::{Duration, Instant}};

const BURST: usize = 20_000;
/// As many clients as the prototype that the goal was set by was measured with.
const CONNECTIONS: usize = 16;
/// 20 templates × 10 = 200 issues.
const VARIANTS: usize = 10;
const PATIENCE: Duration = Duration::from_secs(300);
/// How often a sent event is asked for: often enough to tell 15 ms from 25, rarely enough not to be the load itself.
const ASK_AGAIN: Duration = Duration::from_millis(5);
const LATENCY_RUN: Duration = Duration::from_secs(20);

pub struct Bench {
    corpus: Corpus,
    server: Server,
    target: Target,
    echo: Echo,
    /// Requests answered 200 so far; each is one event.
    sent: usize,
    cpu_at_20k_ms: f64,
    processed_per_s: Vec<f64>,
    accept_ratios: Vec<f64>,
    pss_max_mb: f64,
    rows: Vec<Row>,
}

struct Row {
    what: String,
    measured: String,
    goal: &'static str,
}

/// The bare server that accepting is compared with.
struct Echo {
    child: Child,
    address: String,
}

impl Echo {
    fn start() -> Echo {
        let program = std::env::current_exe().expect("a path").with_file_name("errata-bench-echo");
        let mut child = Command::new(program).stdout(Stdio::piped()).spawn().expect("the echo lies beside the benchmark");
        let mut address = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut address).expect("prints its address");
        Echo { child, address: address.trim().to_owned() }
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn options() -> Options {
    let args = ["--set", "ingest.rate_limit.per_second=1000000", "--set", "ingest.rate_limit.burst_capacity=1000000"];
    Options { args: args.map(str::to_owned).into(), ..Options::default() }
}

impl Bench {
    /// Starts on an empty folder a few times, then for good.
    pub fn start() -> Bench {
        let mut starts: Vec<f64> = (0..5).map(|_| timed(|| Server::with(options())).1).collect();
        starts.sort_by(f64::total_cmp);
        let server = Server::with(options());
        let (key, project) = server.key();
        let target = Target { address: server.address.clone(), project, key };
        thread::sleep(Duration::from_secs(3));
        let idle_mb = measure::pss_mb(server.pid());
        let mut bench = Bench { corpus: Corpus::load(VARIANTS), target, echo: Echo::start(), sent: 0, cpu_at_20k_ms: 0.0, processed_per_s: Vec::new(), accept_ratios: Vec::new(), pss_max_mb: 0.0, rows: Vec::new(), server };
        bench.row("start on an empty folder, median of 5", format!("{:.2} s", starts[2]), "≤ 0.5 s");
        bench.row("memory idle after the first start (Pss)", format!("{idle_mb:.0} MB"), "≤ 40 MB");
        bench
    }

    /// The first 20,000 events: what each costs when there are few.
    pub fn first_burst(&mut self) {
        self.cpu_at_20k_ms = self.burst();
    }

    /// Bursts against the echo, in turns.
    pub fn bursts(&mut self, rounds: usize) {
        let cpu: Vec<f64> = (0..rounds).map(|_| self.burst()).collect();
        let pss = self.pss_max_mb;
        self.row("accept in a burst, ratio to a bare axum echo, median", format!("{:.2} ({})", median(&self.accept_ratios), list(&self.accept_ratios)), "≥ 0.30");
        self.row("processed in and after bursts, median", format!("{:.0}/s ({})", median(&self.processed_per_s), list(&self.processed_per_s)), "≥ 4,000/s");
        self.row("CPU per event over everything, median", format!("{:.3} ms ({})", median(&cpu), list(&cpu)), "≤ 0.3 ms");
        self.row("memory under load (Pss, highest of samples every 100 ms)", format!("{pss:.0} MB"), "≤ 200 MB");
    }

    /// One burst of 20,000 with its echo before and after; CPU milliseconds per event.
    fn burst(&mut self) -> f64 {
        let requests = self.corpus.requests(self.sent, BURST);
        let echo = Target { address: self.echo.address.clone(), ..self.target.clone() };
        let before = load::send(&echo, &requests, CONNECTIONS, None);
        let busy = Busy::now();
        let cpu = measure::cpu_ms(self.server.pid());
        let (report, wall_s) = self.watched(|bench| {
            let begin = Instant::now();
            let report = load::send(&bench.target, &requests, CONNECTIONS, None);
            bench.sent += report.accepted();
            bench.wait_until_processed();
            (report, begin.elapsed().as_secs_f64())
        });
        let cpu = (measure::cpu_ms(self.server.pid()) - cpu) / report.accepted() as f64;
        let busy = busy.share_since();
        let after = load::send(&echo, &requests, CONNECTIONS, None);
        let ratio = report.per_s() / ((before.per_s() + after.per_s()) / 2.0);
        self.accept_ratios.push(ratio);
        self.processed_per_s.push(report.accepted() as f64 / wall_s);
        println!("burst: {} ok {:.0}/s p50 {:.2} p99 {:.2} ms; echo {:.0} and {:.0}/s; ratio {ratio:.3}; processed {:.0}/s; CPU {cpu:.3} ms/event; machine busy {busy:.2}; answers {:?}", report.accepted(), report.per_s(), quantile(&report.latencies_ms, 0.5), quantile(&report.latencies_ms, 0.99), before.per_s(), after.per_s(), report.accepted() as f64 / wall_s, report.codes);
        cpu
    }

    /// Everything under the data folder after drain and idle.
    pub fn bytes_at_rest(&mut self) {
        thread::sleep(Duration::from_secs(13));
        let bytes = measure::bytes(&self.server.data) as f64 / self.sent as f64;
        self.row("bytes per event on disk at 20,000, everything included", format!("{bytes:.0} B"), "≤ 1,200 B");
    }

    pub fn visible_at_half_load(&mut self) {
        self.visible_latency(median(&self.processed_per_s) / 2.0);
    }

    /// Open loop, with a second client that sends events and asks for each until it is there.
    pub fn visible_latency(&mut self, per_s: f64) {
        let count = (per_s * LATENCY_RUN.as_secs_f64()) as usize;
        let requests = self.corpus.requests(self.sent, count);
        let probes = self.corpus.requests(10_000_000 + self.sent, 400);
        let is_over = AtomicBool::new(false);
        let target = self.target.clone();
        let (report, mut seen) = thread::scope(|scope| {
            let prober = scope.spawn(|| probe(&target, &probes, &is_over));
            let report = load::send(&target, &requests, CONNECTIONS, Some(per_s));
            is_over.store(true, Ordering::Relaxed);
            (report, prober.join().expect("the prober"))
        });
        self.sent += report.accepted() + seen.len();
        self.wait_until_processed();
        seen.sort_by(f64::total_cmp);
        println!("half load: {per_s:.0}/s, accept p50 {:.2} p99 {:.2} ms, {} probes", quantile(&report.latencies_ms, 0.5), quantile(&report.latencies_ms, 0.99), seen.len());
        self.row("event visible in the API at half load, p50 / p99", format!("{:.0} / {:.0} ms", quantile(&seen, 0.5), quantile(&seen, 0.99)), "≤ 15 / 100 ms");
    }

    pub fn queries(&mut self, at: &str) {
        for page in queries::pages(&queries::loudest_issue(&self.target)) {
            let (p50, p99) = queries::ask(&self.target, &page);
            let goal = if page.goal_ms < 100.0 { "p99 ≤ 50 ms" } else { "p99 ≤ 500 ms" };
            self.row(&format!("{} at {at}, p50 / p99", page.name), format!("{p50:.1} / {p99:.1} ms"), goal);
        }
    }

    /// Sends until that many events are stored; the last three chunks say what an event costs then.
    pub fn fill_to(&mut self, total: usize) {
        let begin = Instant::now();
        let mut costs = Vec::new();
        while self.sent < total {
            let requests = self.corpus.requests(self.sent, BURST.min(total - self.sent));
            let cpu = measure::cpu_ms(self.server.pid());
            let report = load::send(&self.target, &requests, CONNECTIONS, None);
            self.sent += report.accepted();
            self.wait_until_processed();
            costs.push((measure::cpu_ms(self.server.pid()) - cpu) / report.accepted() as f64);
            if costs.len() % 10 == 0 {
                println!("filled to {} after {:.0} s, {:.3} ms CPU/event", self.sent, begin.elapsed().as_secs_f64(), costs.last().expect("pushed above"));
            }
        }
        thread::sleep(Duration::from_secs(13));
        let bytes = measure::bytes(&self.server.data) as f64 / self.sent as f64;
        let last = median(&costs[costs.len().saturating_sub(3)..]);
        let first = self.cpu_at_20k_ms;
        self.row("CPU per event at 1 M against the first 20 k", format!("{:.2} × ({last:.3} against {first:.3} ms)", last / first), "≤ 1.2 ×");
        self.row("bytes per event on disk at 1 M", format!("{bytes:.0} B"), "≤ 1,200 B");
    }

    /// A clean stop and a start on the same folder.
    pub fn restart(&mut self) {
        let data = self.server.data.clone();
        self.server.stop();
        let (server, seconds) = timed(|| Server::with(Options { data: Some(data), ..options() }));
        self.target.address = server.address.clone();
        // The folder belongs to the first server's value; both live until the end.
        let first = std::mem::replace(&mut self.server, server);
        std::mem::forget(first);
        self.row("start at 1 M events", format!("{seconds:.2} s"), "≤ 0.5 s");
    }

    /// Every request answered 200 is an accepted event, and a sample of them can be fetched.
    pub fn nothing_lost(&mut self) {
        let stored = self.accepted();
        let mut connection = Connection::new(self.target.clone());
        let step = (self.sent.min(BURST) / 500).max(1);
        let missing = (0..BURST).step_by(step).filter(|number| connection.get(&format!("/api/0/projects/default/default/events/{}/", self.corpus.request(*number).event_id)).ok() != Some(200)).count();
        let sent = self.sent;
        self.row("acknowledged and not stored", format!("{} of {sent}; {missing} of 500 asked by id", sent as i64 - stored as i64), "0");
    }

    pub fn print(&self) {
        println!("\n| What | Measured | Goal |\n|---|---|---|");
        for Row { what, measured, goal } in &self.rows {
            println!("| {what} | {measured} | {goal} |");
        }
    }

    fn row(&mut self, what: &str, measured: String, goal: &'static str) {
        println!("{what}: {measured} ({goal})");
        self.rows.push(Row { what: what.to_owned(), measured, goal });
    }

    /// Runs work while memory is sampled.
    fn watched(&mut self, work: impl FnOnce(&mut Bench) -> (Report, f64)) -> (Report, f64) {
        let pid = self.server.pid();
        let is_over = std::sync::Arc::new(AtomicBool::new(false));
        let watcher = thread::spawn({
            let is_over = is_over.clone();
            move || {
                let mut highest = 0f64;
                while !is_over.load(Ordering::Relaxed) {
                    highest = highest.max(measure::pss_mb(pid));
                    thread::sleep(Duration::from_millis(100));
                }
                highest
            }
        });
        let result = work(self);
        is_over.store(true, Ordering::Relaxed);
        self.pss_max_mb = self.pss_max_mb.max(watcher.join().expect("the watcher"));
        result
    }

    fn wait_until_processed(&self) {
        let begin = Instant::now();
        while self.accepted() < self.sent {
            assert!(begin.elapsed() < PATIENCE, "{} of {} events are processed after {PATIENCE:?}", self.accepted(), self.sent);
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Accepted errors and messages by the outcomes.
    fn accepted(&self) -> usize {
        let stats: Value = self.server.api("organizations/default/stats_v2/?field=sum(quantity)&groupBy=outcome&category=error&category=default&interval=1h&statsPeriod=1d");
        let groups = stats["groups"].as_array().map(Vec::as_slice).unwrap_or_default();
        let of = |group: &Value| group["totals"]["sum(quantity)"].as_u64().unwrap_or(0) as usize;
        groups.iter().filter(|group| group["by"]["outcome"] == "accepted").map(of).sum()
    }
}

/// Sends events one by one and asks for each until it is there; milliseconds from sending to seeing.
fn probe(target: &Target, probes: &[crate::corpus::Request], is_over: &AtomicBool) -> Vec<f64> {
    let mut connection = Connection::new(target.clone());
    let mut seen = Vec::new();
    for request in probes {
        if is_over.load(Ordering::Relaxed) {
            break;
        }
        let begin = Instant::now();
        if connection.post(request).ok() != Some(200) {
            continue;
        }
        let path = format!("/api/0/projects/default/default/events/{}/", request.event_id);
        while connection.get(&path).ok() != Some(200) && begin.elapsed() < PATIENCE {
            thread::sleep(ASK_AGAIN);
        }
        seen.push(begin.elapsed().as_secs_f64() * 1e3);
        thread::sleep(Duration::from_millis(40));
    }
    seen
}

fn timed<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let begin = Instant::now();
    let result = work();
    (result, begin.elapsed().as_secs_f64())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

fn list(values: &[f64]) -> String {
    values.iter().map(|value| if *value >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }).collect::<Vec<_>>().join(", ")
}
