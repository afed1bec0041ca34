//! `make bench`: the whole process from outside, as ratios within one run. Prints the table of BENCHMARKS.md.
//!
//! `--million` fills to a million events and asks the queries again; `--rounds N` sets the bursts (default 3); `--visible PER_S` measures
//! only how soon an event is seen at that load.

mod corpus;
mod load;
mod measure;
mod queries;
mod steps;

use steps::Bench;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |name: &str| arguments.iter().position(|argument| argument == name).and_then(|at| arguments.get(at + 1)).and_then(|count| count.parse::<usize>().ok());
    let rounds = number("--rounds").unwrap_or(3);
    let mut bench = Bench::start();
    if let Some(per_s) = number("--visible") {
        bench.first_burst();
        return bench.visible_latency(per_s as f64);
    }
    bench.first_burst();
    bench.bytes_at_rest();
    bench.queries("20 k");
    bench.bursts(rounds);
    bench.visible_at_half_load();
    if arguments.iter().any(|argument| argument == "--million") {
        bench.fill_to(1_000_000);
        bench.queries("1 M");
        bench.restart();
    }
    bench.nothing_lost();
    bench.print();
}
