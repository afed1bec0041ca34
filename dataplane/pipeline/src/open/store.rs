//! The store endpoint: one event as JSON, as base64 of JSON, or as base64 of zlib of JSON (`ingest-protocol` §1.6).

use super::invalid;
use crate::{
    Request,
    event::{EventInput, prepare_event},
};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use model::{category::Category, item::ItemType, prepared::Prepared, record::Route};
use std::{borrow::Cow, io::Read};

/// Prepares the one event of a store request; an envelope sent here is one too.
pub(crate) fn store(request: &Request, body: &[u8], prepared: &mut Prepared) {
    if request.header.content_type.starts_with("application/x-sentry-envelope") {
        return super::envelope::envelope(request, body, prepared);
    }
    // In a query string `+` means a space; base64 has no spaces.
    let pixel = (request.header.route == Route::StorePixel).then(|| body.iter().map(|byte| if *byte == b' ' { b'+' } else { *byte }).collect::<Vec<u8>>());
    let body = match &pixel {
        Some(pixel) if !body.trim_ascii_start().starts_with(b"{") => pixel,
        _ => body,
    };
    let json = match unwrapped(body, request.project.limits.decoded_bytes_max) {
        Some(json) => json,
        None => return prepared.outcomes.push(invalid(Category::Error, "payload", 1, Some(request.header.event_id))),
    };
    let input = EventInput { event_id: request.header.event_id, item_type: ItemType::Event, json: &json, sent_at_ms: None };
    prepare_event(request, input, prepared);
}

/// The JSON text inside `body`; `None` if base64 or zlib is broken or too large.
fn unwrapped(body: &[u8], bytes_max: usize) -> Option<Cow<'_, [u8]>> {
    let body = body.trim_ascii();
    if body.first() == Some(&b'{') {
        return Some(Cow::Borrowed(body));
    }
    let compact: Vec<u8> = body.iter().copied().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let bytes = LENIENT.decode(&compact).or_else(|_| LENIENT_URL.decode(&compact)).ok()?;
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return Some(Cow::Owned(bytes));
    }
    let mut json = Vec::new();
    flate2::read::ZlibDecoder::new(bytes.as_slice()).take(bytes_max as u64 + 1).read_to_end(&mut json).ok()?;
    (json.len() <= bytes_max).then_some(Cow::Owned(json))
}

const LENIENT_CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
const LENIENT: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT_CONFIG);
const LENIENT_URL: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT_CONFIG);
