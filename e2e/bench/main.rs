//! `make bench`: the whole process from outside, as ratios within one run. Prints the table of BENCHMARKS.md.
//!
//! `--million` fills to a million events and asks the queries again; `--rounds N` sets the bursts (default 3).

mod corpus;
mod load;
mod measure;
mod queries;
mod steps;

use steps::Bench;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rounds = arguments.iter().position(|argument| argument == "--rounds").and_then(|at| arguments.get(at + 1)).and_then(|count| count.parse().ok()).unwrap_or(3);
    let mut bench = Bench::start();
    bench.first_burst();
    bench.bytes_at_rest();
    bench.queries("20 k");
    bench.bursts(rounds);
    bench.visible_latency();
    if arguments.iter().any(|argument| argument == "--million") {
        bench.fill_to(1_000_000);
        bench.queries("1 M");
        bench.restart();
    }
    bench.nothing_lost();
    bench.print();
}
