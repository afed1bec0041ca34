//! Makes the hostile corpus: `cargo run -p errata-e2e --example make_corpus`. The same seed makes the same files everywhere; they are
//! committed, so that what once broke something is replayed for ever. A file's name begins with the route it is sent to.

use std::{fs, io::Write, path::Path};

/// A small generator (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit.max(1) as u64) as usize
    }
}

const EVENT: &str = r#"{"event_id":"00000000000000000000000000000001","platform":"javascript","level":"error","release":"a@1.0","user":{"id":7,"ip_address":"::1"},"tags":[["a","b"]],"exception":{"values":[{"type":"E","value":"v 12","stacktrace":{"frames":[{"function":"f","filename":"a.js","lineno":1,"in_app":true,"vars":{"x":1}}]}}]},"breadcrumbs":{"values":[{"message":"m"}]},"request":{"url":"http://a/?b=c","headers":[["A","b"]],"data":"x=1"},"contexts":{"trace":{"trace_id":"4c79f60c11214eb38604f4ae0781bfb2","span_id":"fa90fdead5f74052"}}}"#;

/// A good body of each route, from which bad ones are made.
fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let envelope = format!("{{\"event_id\":\"00000000000000000000000000000001\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{EVENT}\n{{\"type\":\"attachment\",\"length\":3,\"filename\":\"a\"}}\nabc\n{{\"type\":\"client_report\"}}\n{{\"discarded_events\":[{{\"reason\":\"x\",\"category\":\"error\",\"quantity\":1}}]}}\n", EVENT.len());
    let sessions = "{}\n{\"type\":\"session\"}\n{\"sid\":\"a\",\"started\":\"2026-11-20T00:00:00Z\",\"attrs\":{\"release\":\"a\"}}\n{\"type\":\"log\",\"item_count\":1,\"content_type\":\"application/vnd.sentry.items.log+json\"}\n{\"items\":[{\"body\":\"x\"}]}\n{\"type\":\"check_in\"}\n{\"check_in_id\":\"a\",\"monitor_slug\":\"b\",\"status\":\"ok\"}\n";
    let form = "--X\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"a.dmp\"\r\n\r\nMDMP\x01\x00\x00\x00\x02\x00\x00\x00\x20\x00\x00\x00aaaaaaaaaaaaaaaa\x04\x00\x00\x00\x7f\x00\x00\x00\x08\x00\x00\x00\r\n--X\r\nContent-Disposition: form-data; name=\"sentry[tags][a]\"\r\n\r\nb\r\n--X--\r\n";
    vec![
        ("envelope", envelope.into_bytes()),
        ("envelope", sessions.into()),
        ("store", EVENT.into()),
        ("store", b"eJyrVkpUsjKsBQAIKgIJ".to_vec()),
        ("security", br#"{"csp-report":{"document-uri":"http://a/","violated-directive":"script-src","blocked-uri":"http://b/x.js"}}"#.to_vec()),
        ("minidump", form.as_bytes().to_vec()),
        ("attachments", form.replace("upload_file_minidump", "file").into_bytes()),
        ("cron", br#"{"status":"in_progress","monitor_config":{"schedule":{"type":"crontab","value":"* * * * *"}}}"#.to_vec()),
        ("otlp-traces", b"\x0a\x08\x12\x06\x12\x00\x12\x02\x0a\x00".to_vec()),
        ("otlp-logs", br#"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}"#.to_vec()),
        ("nel", br#"[{"age":1,"type":"network-error","url":"http://a/","body":{"type":"dns"}}]"#.to_vec()),
    ]
}

/// Texts that break parsers, put where a value stands.
const POISON: [&str; 24] = [
    "null", "NaN", "-0", "1e999", "18446744073709551616", "-9223372036854775809", "\"\\ud800\"", "\"\\u0000\"", "\"\u{202e}\u{feff}\"", "[[[[[[[[[[[[]]]]]]]]]]]]", "{\"\":{\"\":{\"\":{}}}}", "true", "\"\"",
    "\"9999-99-99T99:99:99Z\"", "\"{{auto}}\"", "\"%s%n%x\"", "\"../../etc/passwd\"", "{\"values\":{}}", "[null,null]", "\"http://[::1\"", "\"\\\\\\\"", "0.1e-400", "{\"a\":1,\"a\":2}", "\"A@\\n1\"",
];

/// One change: bytes flipped, cut, doubled, replaced by length-like numbers, or a value poisoned.
fn change(dice: &mut Dice, body: &mut Vec<u8>) {
    if body.is_empty() {
        return;
    }
    let at = dice.below(body.len());
    match dice.below(8) {
        0 => body[at] ^= 1 << dice.below(8),
        1 => body.truncate(at),
        2 => {
            let end = (at + dice.below(40)).min(body.len());
            let piece = body[at..end].to_vec();
            body.splice(at..at, piece.repeat(1 + dice.below(6)));
        }
        3 => drop(body.drain(at..(at + 1 + dice.below(12)).min(body.len()))),
        4 => drop(body.splice(at..at, [0xff, 0xff, 0xff, 0x7f])),
        5 => body.insert(at, b"\n\0\"{}[]:,\\\r"[dice.below(11)]),
        _ => poison(dice, body),
    }
}

/// Replaces the value behind one colon.
fn poison(dice: &mut Dice, body: &mut Vec<u8>) {
    let colons: Vec<usize> = body.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(at, _)| at).collect();
    if colons.is_empty() {
        return;
    }
    let start = colons[dice.below(colons.len())] + 1;
    let end = body[start..].iter().position(|byte| matches!(byte, b',' | b'}' | b'\n')).map_or(body.len(), |length| start + length);
    body.splice(start..end, POISON[dice.below(POISON.len())].bytes());
}

/// Bodies made by hand: each attacks one limit.
fn by_hand() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let gzip = |bytes: &[u8]| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(bytes).expect("in memory");
        encoder.finish().expect("in memory")
    };
    vec![
        ("store", "deep", "[".repeat(4_000).into_bytes()),
        ("store", "deep-object", [r#"{"extra":"#.to_owned(), r#"{"a":"#.repeat(2_000)].concat().into_bytes()),
        ("store", "many-keys", format!("{{{}}}", (0..3_000).map(|n| format!("\"k{}\":{n}", n % 7)).collect::<Vec<_>>().join(",")).into_bytes()),
        ("store", "many-frames", format!(r#"{{"exception":[{{"type":"E","stacktrace":{{"frames":[{}]}}}}]}}"#, vec!["{}"; 4_000].join(",")).into_bytes()),
        ("store", "many-exceptions", format!(r#"{{"exception":[{}]}}"#, (0..500).map(|n| format!(r#"{{"type":"E{n}","mechanism":{{"type":"c","exception_id":{n},"parent_id":{},"is_exception_group":true}}}}"#, (n + 1) % 500)).collect::<Vec<_>>().join(",")).into_bytes()),
        ("store", "slow-pattern", format!(r#"{{"message":"{}"}}"#, "a1".repeat(3_000)).into_bytes()),
        ("store", "slow-address", format!(r#"{{"message":"{}"}}"#, "aa:bb:".repeat(1_200)).into_bytes()),
        ("envelope", "many-items", [b"{}\n".to_vec(), b"{\"type\":\"event\",\"length\":2}\n{}\n".repeat(300)].concat()),
        ("envelope", "huge-length", b"{}\n{\"type\":\"event\",\"length\":18446744073709551615}\n{}".to_vec()),
        ("envelope", "negative-length", b"{}\n{\"type\":\"event\",\"length\":-1}\n{}".to_vec()),
        ("envelope", "only-newlines", b"\n".repeat(500)),
        ("envelope-gzip", "bomb", gzip(&vec![b' '; 8 << 20])),
        ("envelope-gzip", "cut", gzip(EVENT.as_bytes())[..60].to_vec()),
        ("attachments", "many-parts", [b"--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\nc\r\n".repeat(120), b"--X--\r\n".to_vec()].concat()),
        ("minidump", "no-end", b"--X\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"\r\n\r\nMDMP".to_vec()),
        ("otlp-traces", "endless-varint", vec![0xff; 64]),
        ("otlp-traces", "nested", (0..60).fold(Vec::new(), |inner: Vec<u8>, _| [&[0x0a, inner.len() as u8][..], &inner].concat())),
        ("security", "list", format!("[{}]", vec![r#"{"csp-report":{}}"#; 200].join(",")).into_bytes()),
        ("cron", "text", b"status=ok".to_vec()),
    ]
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    fs::create_dir_all(&folder).expect("makes the folder");
    let mut dice = Dice(20_261_121);
    for (route, name, body) in by_hand() {
        fs::write(folder.join(format!("{route}.{name}.bin")), body).expect("writes");
    }
    for (number, (route, seed)) in seeds().into_iter().enumerate() {
        for variant in 0..14 {
            let mut body = seed.clone();
            for _ in 0..1 + dice.below(4) {
                change(&mut dice, &mut body);
            }
            fs::write(folder.join(format!("{route}.{number:02}-{variant:02}.bin")), body).expect("writes");
        }
    }
}
