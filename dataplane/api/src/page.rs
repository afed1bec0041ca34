//! Pages: the cursor in, the `Link` header out, always with both entries (`product-api` §3.1).

use crate::ApiError;
use http::HeaderValue;
use model::ids::EventId;
use store::EventCursor;

/// Most rows of a page, and the default.
pub const PER_PAGE_MAX: usize = 100;

/// No time, id or count of ours is beyond it, and sums with it do not overflow.
const NUMBER_MAX: u64 = 1 << 53;

/// `value:offset:is_prev`, opaque to clients: `value` is a position (a time, a count), `offset` an id or a number of rows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    pub value: i64,
    pub offset: i64,
    pub is_previous: bool,
}

impl Cursor {
    /// Reads a cursor; empty means the first page.
    ///
    /// # Errors
    /// [`ApiError::Invalid`] for one that no list gave out.
    pub fn parse(text: Option<&str>) -> Result<Option<Cursor>, ApiError> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        let mut parts = text.split(':');
        let mut next = || parts.next()?.parse::<i64>().ok().filter(|number| number.unsigned_abs() <= NUMBER_MAX);
        match (next(), next(), next()) {
            (Some(value), Some(offset), Some(is_previous @ (0 | 1))) => Ok(Some(Cursor { value, offset, is_previous: is_previous == 1 })),
            _ => Err(Cursor::invalid()),
        }
    }

    pub fn invalid() -> ApiError {
        ApiError::Invalid("Invalid cursor parameter.".into())
    }

    /// The first two parts of its text.
    pub fn place(self) -> String {
        format!("{}:{}", self.value, self.offset)
    }
}

/// Where a list of events continues: its time, and the id where other cursors have their number. A millisecond may hold any number of events.
pub fn event_place(cursor: EventCursor) -> String {
    format!("{}:{}", cursor.timestamp_ms, cursor.event_id)
}

/// Reads the cursor of a list of events; `None` for the first page.
///
/// # Errors
/// [`ApiError::Invalid`] for one that no list gave out.
pub fn parse_event_place(text: Option<&str>) -> Result<Option<EventCursor>, ApiError> {
    let Some((timestamp_ms, (event_id, is_previous))) = text.filter(|text| !text.is_empty()).and_then(|text| {
        let (timestamp_ms, rest) = text.split_once(':')?;
        Some((timestamp_ms, rest.split_once(':')?))
    }) else {
        return if text.is_none_or(str::is_empty) { Ok(None) } else { Err(Cursor::invalid()) };
    };
    match (timestamp_ms, event_id, is_previous) {
        // What the first page names as the one before it, and what clients begin with.
        ("0", "0", "0" | "1") | (_, _, "1") => Ok(None),
        (_, _, "0") => {
            let timestamp_ms = timestamp_ms.parse::<i64>().ok().filter(|number| number.unsigned_abs() <= NUMBER_MAX);
            let cursor = timestamp_ms.zip(EventId::parse(event_id)).map(|(timestamp_ms, event_id)| EventCursor { timestamp_ms, event_id });
            cursor.map(Some).ok_or_else(Cursor::invalid)
        }
        _ => Err(Cursor::invalid()),
    }
}

/// The `Link` header of a page that begins at one place and ends at another. `url` is the request's own, absolute; its cursor is
/// replaced. Pages are walked forwards only: the previous entry is there for clients that demand it and never has results.
pub fn link(url: &str, this: Option<&str>, next: Option<&str>) -> HeaderValue {
    let entry = |relation: &str, place: &str, is_previous: u8, has_results: bool| {
        let text = format!("{place}:{is_previous}");
        format!("<{}>; rel=\"{relation}\"; results=\"{has_results}\"; cursor=\"{text}\"", with_cursor(url, &text))
    };
    let previous = this.unwrap_or("0:0");
    let text = format!("{}, {}", entry("previous", previous, 1, false), entry("next", next.unwrap_or(previous), 0, next.is_some()));
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

fn with_cursor(url: &str, cursor: &str) -> String {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let kept: Vec<&str> = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor=")).collect();
    let joined = kept.iter().map(|pair| format!("{pair}&")).collect::<String>();
    format!("{path}?{joined}cursor={cursor}")
}

/// Pages a list that is small enough to be in memory: rows from the cursor's offset, and where the next page begins.
pub fn slice<T>(mut rows: Vec<T>, cursor: Option<Cursor>, per_page: usize) -> (Vec<T>, Option<Cursor>) {
    let offset = cursor.map_or(0, |cursor| usize::try_from(cursor.offset).unwrap_or(0)).min(rows.len());
    let mut page = rows.split_off(offset);
    let has_more = page.len() > per_page;
    page.truncate(per_page);
    let next = has_more.then(|| Cursor { value: 0, offset: (offset + per_page) as i64, is_previous: false });
    (page, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_has_both_entries_and_replaces_the_cursor() {
        let header = link("http://h/api/0/x/?query=a&cursor=0:0:0&limit=5", None, Some("0:100"));
        assert_eq!(
            header.to_str().expect("text"),
            "<http://h/api/0/x/?query=a&limit=5&cursor=0:0:1>; rel=\"previous\"; results=\"false\"; cursor=\"0:0:1\", <http://h/api/0/x/?query=a&limit=5&cursor=0:100:0>; rel=\"next\"; results=\"true\"; cursor=\"0:100:0\""
        );
    }

    #[test]
    fn malformed_cursor_is_refused() {
        assert!(Cursor::parse(Some("a:b:c")).is_err() && Cursor::parse(Some("1:2")).is_err() && Cursor::parse(Some("9223372036854775807:0:0")).is_err());
        assert_eq!(Cursor::parse(Some("5:7:0")).expect("parses"), Some(Cursor { value: 5, offset: 7, is_previous: false }));
        assert_eq!(Cursor::parse(Some("")).expect("empty"), None);
    }

    #[test]
    fn event_places_read_back() {
        let cursor = EventCursor { timestamp_ms: 1_795_176_000_000, event_id: EventId([7; 16]) };
        assert_eq!(parse_event_place(Some(&format!("{}:0", event_place(cursor)))).expect("parses"), Some(cursor));
        for first in [None, Some(""), Some("0:0:0"), Some("0:0:1")] {
            assert_eq!(parse_event_place(first).expect("parses"), None, "{first:?}");
        }
        for broken in ["1", "1:2", "1:2:0", "a:b:c", "9223372036854775807:07070707070707070707070707070707:0", ":::"] {
            assert!(parse_event_place(Some(broken)).is_err(), "{broken}");
        }
    }

    #[test]
    fn slices_end_with_the_list() {
        let (page, next) = slice((0..5).collect(), Some(Cursor { value: 0, offset: 2, is_previous: false }), 2);
        assert_eq!((page, next.map(|cursor| cursor.offset)), (vec![2, 3], Some(4)));
        assert_eq!(slice(vec![1], None, 5), (vec![1], None));
    }
}
