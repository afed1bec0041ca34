//! Times as the API writes them: ISO 8601, UTC, with `Z`.

use model::calendar::civil;

/// Milliseconds since 1970 as `2026-11-21T00:36:00.250Z`; whole seconds without a fraction.
pub fn iso(ms: i64) -> String {
    let days = ms.div_euclid(86_400_000);
    let of_day = ms.rem_euclid(86_400_000);
    let (year, month, day) = civil(days);
    let (hours, minutes, seconds, millis) = (of_day / 3_600_000, of_day / 60_000 % 60, of_day / 1000 % 60, of_day % 1000);
    let whole = format!("{year:04}-{month:02}-{day:02}T{hours:02}:{minutes:02}:{seconds:02}");
    if millis == 0 { format!("{whole}Z") } else { format!("{whole}.{millis:03}Z") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_clients_read_them() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(1_709_208_000_250), "2024-02-29T12:00:00.250Z");
        assert_eq!(iso(-1), "1969-12-31T23:59:59.999Z");
    }
}
