//! kill -9, SIGTERM, full disks, a state that is away, long backlogs: what was acknowledged is stored, once, and counters are exact.

mod check;
mod kills;
mod load;
mod outages;
mod points;
