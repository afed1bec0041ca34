//! Named places where crash tests end the process as kill -9 would (design §11). Compiled only under `debug_assertions`.

/// Ends the process here if `ERRATA_CRASH_AT` names this point (`name` or `name:N` for the N-th passing).
#[cfg(debug_assertions)]
pub fn point(name: &str) {
    use std::sync::{LazyLock, atomic::{AtomicU64, Ordering}};
    static WANTED: LazyLock<Option<(String, u64)>> = LazyLock::new(|| {
        let text = std::env::var("ERRATA_CRASH_AT").ok()?;
        let (name, count) = text.split_once(':').map_or((text.as_str(), 1), |(name, count)| (name, count.parse().unwrap_or(1)));
        Some((name.to_owned(), count))
    });
    static PASSED: AtomicU64 = AtomicU64::new(0);
    if let Some((wanted, count)) = &*WANTED
        && wanted == name
        && PASSED.fetch_add(1, Ordering::SeqCst) + 1 == *count
    {
        // SAFETY: the point of the exercise; nothing after it runs.
        unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        loop {
            std::thread::park();
        }
    }
}

#[cfg(not(debug_assertions))]
pub fn point(_name: &str) {}
