//! Literals of the search language: numbers, dates, ages, durations (`product-api` §4.1).

/// A number, with `k`, `m`, `b` for thousands, millions, billions.
pub fn number(text: &str) -> Option<f64> {
    let (digits, factor) = match text.char_indices().last()? {
        (at, 'k' | 'K') => (&text[..at], 1e3),
        (at, 'm' | 'M') => (&text[..at], 1e6),
        (at, 'b' | 'B') => (&text[..at], 1e9),
        _ => (text, 1.0),
    };
    digits.parse::<f64>().ok().filter(|number| number.is_finite()).map(|number| number * factor)
}

/// A duration in milliseconds: `ms s min m hr h day d wk w`.
pub fn duration_ms(text: &str) -> Option<f64> {
    let unit_at = text.find(|character: char| character.is_ascii_alphabetic())?;
    let amount: f64 = text[..unit_at].parse().ok()?;
    let unit_ms = match &text[unit_at..] {
        "ms" => 1.0,
        "s" => 1e3,
        "m" | "min" => 6e4,
        "h" | "hr" => 3.6e6,
        "d" | "day" => 8.64e7,
        "w" | "wk" => 6.048e8,
        _ => return None,
    };
    Some(amount * unit_ms).filter(|ms| ms.is_finite())
}

/// A relative age: `-24h` = within the last 24 hours, `+7d` = older than 7 days. Answers (is within, milliseconds).
pub fn age_ms(text: &str) -> Option<(bool, i64)> {
    let is_within = match text.as_bytes().first()? {
        b'-' => true,
        b'+' => false,
        _ => return None,
    };
    let ms = duration_ms(&text[1..])?;
    (ms >= 0.0 && ms < 1e15).then_some((is_within, ms as i64))
}

/// A date or date-time in ISO 8601, UTC unless a zone is given, in milliseconds since 1970.
pub fn date_ms(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', ' ']).map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.split('-').map(str::parse::<i64>);
    let (year, month, day) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    if parts.next().is_some() || !(1..=9999).contains(&year) || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let midnight_ms = crate::calendar::days_from_civil(year, month, day) * 86_400_000;
    Some(midnight_ms + time.map_or(Some(0), time_ms)?)
}

/// Milliseconds since midnight UTC of `hh:mm[:ss[.fff]][Z|±hh:mm]`.
fn time_ms(text: &str) -> Option<i64> {
    let (clock, offset_min) = split_zone(text)?;
    let mut parts = clock.split(':');
    let hours: i64 = parts.next()?.parse().ok()?;
    let minutes: i64 = parts.next()?.parse().ok()?;
    let seconds: f64 = parts.next().map_or(Some(0.0), |seconds| seconds.parse().ok())?;
    let is_valid = parts.next().is_none() && (0..24).contains(&hours) && (0..60).contains(&minutes) && (0.0..61.0).contains(&seconds);
    is_valid.then_some((hours * 60 + minutes - offset_min) * 60_000 + (seconds * 1000.0) as i64)
}

fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, 0));
    }
    let Some(at) = text.rfind(['+', '-']) else { return Some((text, 0)) };
    let sign = if text.as_bytes()[at] == b'-' { -1 } else { 1 };
    let (hours, minutes) = text[at + 1..].split_once(':').unwrap_or((&text[at + 1..], "0"));
    Some((&text[..at], sign * (hours.parse::<i64>().ok()? * 60 + minutes.parse::<i64>().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_are_read() {
        assert_eq!((number("10"), number("1.5k"), number("2m"), number("x")), (Some(10.0), Some(1500.0), Some(2e6), None));
        assert_eq!((duration_ms("300ms"), duration_ms("2h"), duration_ms("1wk"), duration_ms("5")), (Some(300.0), Some(7.2e6), Some(6.048e8), None));
        assert_eq!((age_ms("-24h"), age_ms("+7d"), age_ms("24h")), (Some((true, 86_400_000)), Some((false, 604_800_000)), None));
    }

    #[test]
    fn dates_are_read_with_zones() {
        assert_eq!(date_ms("1970-01-02"), Some(86_400_000));
        assert_eq!(date_ms("2026-11-21T00:36:00Z"), Some(1_795_221_360_000));
        assert_eq!(date_ms("2026-11-21T01:36:00+01:00"), Some(1_795_221_360_000));
        assert_eq!(date_ms("2024-02-29 12:00:00.250"), Some(1_709_208_000_250));
        for bad in ["", "yesterday", "2026-13-01", "2026-11-21T25:00", "2026-11"] {
            assert_eq!(date_ms(bad), None, "{bad}");
        }
    }
}
