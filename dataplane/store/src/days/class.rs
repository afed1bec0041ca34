//! Which file a row belongs to.

use model::{calendar::{civil, days_from_civil}, item::ItemType};
use std::path::{Path, PathBuf};

pub(crate) const DAY_MS: i64 = 86_400_000;
pub(crate) const HOUR_MS: i64 = 3_600_000;

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Class {
    Errors,
    Performance,
    Logs,
    Outcomes,
}

impl Class {
    pub(crate) const ALL: [Class; 4] = [Class::Errors, Class::Performance, Class::Logs, Class::Outcomes];
    /// Classes with events and items.
    pub(crate) const ROWS: [Class; 3] = [Class::Errors, Class::Performance, Class::Logs];

    pub(crate) fn name(self) -> &'static str {
        ["errors", "performance", "logs", "outcomes"][self as usize]
    }

    pub(crate) fn of(item_type: ItemType) -> Class {
        match item_type {
            ItemType::Log | ItemType::OtlpLogs | ItemType::VercelLogs | ItemType::Nel => Class::Logs,
            ItemType::Transaction
            | ItemType::Span
            | ItemType::OtlpTraces
            | ItemType::Profile
            | ItemType::ProfileChunk
            | ItemType::ReplayEvent
            | ItemType::ReplayRecording
            | ItemType::ReplayVideo
            | ItemType::TraceMetric
            | ItemType::MetricBuckets => Class::Performance,
            _ => Class::Errors,
        }
    }
}

/// A file: its class and the day (outcomes: the month) it covers, counted from 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct FileKey {
    pub(crate) class: Class,
    pub(crate) period: i64,
}

impl FileKey {
    pub(crate) fn at(class: Class, received_ms: i64) -> FileKey {
        let day = received_ms.div_euclid(DAY_MS);
        let period = match class {
            Class::Outcomes => {
                let (year, month, _) = civil(day);
                year * 12 + month - 1
            }
            _ => day,
        };
        FileKey { class, period }
    }

    /// `errors-2026-11-21.db`, `outcomes-2026-11.db`.
    pub(crate) fn path(self, folder: &Path) -> PathBuf {
        let name = match self.class {
            Class::Outcomes => format!("outcomes-{:04}-{:02}.db", self.period.div_euclid(12), self.period.rem_euclid(12) + 1),
            class => {
                let (year, month, day) = civil(self.period);
                format!("{}-{year:04}-{month:02}-{day:02}.db", class.name())
            }
        };
        folder.join(name)
    }

    /// Reads a file name back.
    pub(crate) fn parse(name: &str) -> Option<FileKey> {
        let (class, date) = name.strip_suffix(".db")?.split_once('-')?;
        let class = Class::ALL.into_iter().find(|known| known.name() == class)?;
        let mut parts = date.split('-').map(|part| part.parse::<i64>().ok());
        let (year, month) = (parts.next()??, parts.next()??);
        let period = match class {
            Class::Outcomes => year * 12 + month - 1,
            _ => days_from_civil(year, month, parts.next()??),
        };
        Some(FileKey { class, period })
    }

    /// The moment after the last receipt the file may hold.
    pub(crate) fn end_ms(self) -> i64 {
        match self.class {
            Class::Outcomes => days_from_civil((self.period + 1).div_euclid(12), (self.period + 1).rem_euclid(12) + 1, 1) * DAY_MS,
            _ => (self.period + 1) * DAY_MS,
        }
    }

    /// The moment of the first receipt the file may hold.
    pub(crate) fn start_ms(self) -> i64 {
        match self.class {
            Class::Outcomes => days_from_civil(self.period.div_euclid(12), self.period.rem_euclid(12) + 1, 1) * DAY_MS,
            _ => self.period * DAY_MS,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_read_back() {
        for received_ms in [0, 951_782_400_000, 1_795_219_200_000, 1_795_219_199_999, 4_102_444_799_999] {
            for class in Class::ALL {
                let key = FileKey::at(class, received_ms);
                let path = key.path(Path::new("/d"));
                let name = path.file_name().and_then(|name| name.to_str()).expect("a name");
                assert_eq!(FileKey::parse(name), Some(key), "{name}");
                assert!(key.start_ms() <= received_ms && received_ms < key.end_ms(), "{name}");
            }
        }
    }
}
