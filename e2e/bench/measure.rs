//! What a process costs, read from outside: CPU, proportional memory, bytes of a folder.

use std::{fs, path::Path};

/// CPU milliseconds of all threads since the process began, user and system.
pub fn cpu_ms(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process lives");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("a name in parentheses").split_whitespace().collect();
    let ticks: f64 = fields[11..13].iter().map(|ticks| ticks.parse::<f64>().expect("ticks")).sum();
    // SAFETY: sysconf only reads.
    ticks * 1e3 / unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64
}

/// Proportional set size in megabytes.
pub fn pss_mb(pid: u32) -> f64 {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).expect("the process lives");
    let kib = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).and_then(|rest| rest.split_whitespace().next()).and_then(|kib| kib.parse::<f64>().ok());
    kib.expect("a Pss line") * 1024.0 / 1e6
}

/// Lengths of all files below a folder.
pub fn bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.metadata().map_or(0, |meta| if meta.is_dir() { bytes(&entry.path()) } else { meta.len() })).sum()
}

/// The share of time this machine's cores were busy since the first call's numbers, with ours included.
pub struct Busy {
    total: u64,
    idle: u64,
}

impl Busy {
    pub fn now() -> Busy {
        let stat = fs::read_to_string("/proc/stat").expect("Linux");
        let ticks: Vec<u64> = stat.lines().next().expect("a first line").split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        Busy { total: ticks.iter().take(8).sum(), idle: ticks[3] + ticks[4] }
    }

    pub fn share_since(&self) -> f64 {
        let now = Busy::now();
        1.0 - (now.idle - self.idle) as f64 / (now.total - self.total).max(1) as f64
    }
}
