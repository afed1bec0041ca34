//! Where an address is, by a database in MaxMind's format: GeoLite2's layout or a flat one.

use maxminddb::Reader;
use serde_json::Value;
use std::net::IpAddr;

/// A database in memory.
pub struct GeoDatabase {
    reader: Reader<Vec<u8>>,
}

/// The place of an address, as far as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// ISO 3166, two letters.
    pub country_code: Option<String>,
    pub country: Option<String>,
    pub subdivision: Option<String>,
    pub city: Option<String>,
}

/// The bytes are no such database; another file is needed.
#[derive(Debug, thiserror::Error)]
#[error("reading the geo database")]
pub struct Error(#[from] maxminddb::MaxMindDbError);

impl GeoDatabase {
    /// # Errors
    /// [`Error`]; a retry with the same bytes fails again.
    pub fn new(bytes: Vec<u8>) -> Result<GeoDatabase, Error> {
        Ok(GeoDatabase { reader: Reader::from_source(bytes)? })
    }

    /// `None` for text that is no address, and for addresses the database does not know.
    pub fn place(&self, address: &str) -> Option<Place> {
        let address: IpAddr = address.parse().ok()?;
        let record: Value = self.reader.lookup(address).ok()?.decode().ok()??;
        let place = place_of(&record);
        (place != Place::default()).then_some(place)
    }
}

impl std::fmt::Debug for GeoDatabase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("GeoDatabase").field("type", &self.reader.metadata().database_type).finish()
    }
}

fn place_of(record: &Value) -> Place {
    let text = |paths: &[&str]| paths.iter().find_map(|path| record.pointer(path)?.as_str()).filter(|text| !text.is_empty()).map(str::to_owned);
    Place {
        country_code: text(&["/country/iso_code", "/country_code", "/countryCode"]),
        country: text(&["/country/names/en", "/country_name", "/country"]),
        subdivision: text(&["/subdivisions/0/names/en", "/state1", "/region", "/state"]),
        city: text(&["/city/names/en", "/city"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_layouts_are_read() {
        let nested = serde_json::json!({"country": {"iso_code": "AT", "names": {"en": "Austria"}}, "city": {"names": {"en": "Vienna"}}});
        let flat = serde_json::json!({"country_code": "AT", "city": "Vienna", "state1": "Vienna"});
        assert_eq!(place_of(&nested).country.as_deref(), Some("Austria"));
        assert_eq!((place_of(&nested).city, place_of(&nested).country_code), (place_of(&flat).city, place_of(&flat).country_code));
    }

    #[test]
    fn bytes_that_are_no_database_are_refused() {
        assert!(GeoDatabase::new(b"nope".to_vec()).is_err());
    }
}
