//! Every recorded request of a real SDK is replayed, answered as the recording shows, fetched back and compared.
//!
//! The clock of the server is set back to the day of the recordings, so that nothing in them is too old.

use e2e::{Options, Request, Server, skip};
use serde_json::Value;
use std::{collections::BTreeMap, path::{Path, PathBuf}, time::{Duration, SystemTime, UNIX_EPOCH}};

const KEY_IN_CAPTURES: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
/// 2026-11-20 23:59:00 UTC: after the last recording, before midnight.
const RECORDED_MS: i64 = 1_795_219_140_000;

struct Capture {
    name: String,
    meta: Value,
    body: Vec<u8>,
}

fn captures(root: &Path) -> Vec<Capture> {
    let mut files: Vec<PathBuf> = Vec::new();
    for set in std::fs::read_dir(root).expect("lists").flatten().filter(|entry| entry.path().is_dir()) {
        files.extend(std::fs::read_dir(set.path()).expect("lists").flatten().map(|entry| entry.path()).filter(|path| path.to_string_lossy().ends_with(".headers.json")));
    }
    files.sort();
    let read = |path: &PathBuf| {
        let meta: Value = serde_json::from_slice(&std::fs::read(path).expect("reads")).expect("JSON");
        let body = std::fs::read(path.to_string_lossy().replace(".headers.json", ".body.bin")).unwrap_or_default();
        let name = format!("{}/{}", path.parent().and_then(Path::file_name).expect("set").to_string_lossy(), path.file_name().expect("file").to_string_lossy().trim_end_matches(".headers.json"));
        Capture { name, meta, body }
    };
    files.iter().map(read).filter(|capture| !capture.meta["target"].as_str().unwrap_or_default().starts_with("/api/0/")).collect()
}

/// Headers that describe the recording's connection and not the request.
const OF_CONNECTION: [&str; 5] = ["host", "connection", "content-length", "transfer-encoding", "accept-encoding"];

fn replay(server: &Server, capture: &Capture, key: &str, project: &str) -> e2e::Response {
    let ours = |text: &str| text.replace("/api/42/", &format!("/api/{project}/")).replace(KEY_IN_CAPTURES, key).replace("@127.0.0.1:9191/42", &format!("@127.0.0.1:9191/{project}"));
    let is_plain = header(capture, "content-encoding").is_none();
    // A `dsn` in the first line must name our project; the payloads below it stay as they are.
    let body = match (is_plain, capture.body.iter().position(|byte| *byte == b'\n')) {
        (true, Some(end)) => [ours(&String::from_utf8_lossy(&capture.body[..end])).into_bytes(), capture.body[end..].to_vec()].concat(),
        _ => capture.body.clone(),
    };
    let mut request = Request { method: text(&capture.meta["method"]), target: ours(&text(&capture.meta["target"])), body, chunked: capture.meta["transfer"] == "chunked", ..Request::default() };
    for pair in capture.meta["headers"].as_array().expect("headers") {
        let (name, value) = (text(&pair[0]), text(&pair[1]));
        if !OF_CONNECTION.contains(&name.to_ascii_lowercase().as_str()) {
            request.headers.push((name, ours(&value)));
        }
    }
    server.send(request)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn header(capture: &Capture, name: &str) -> Option<String> {
    capture.meta["headers"].as_array()?.iter().find(|pair| text(&pair[0]).eq_ignore_ascii_case(name)).map(|pair| text(&pair[1]))
}

fn decoded(capture: &Capture) -> Vec<u8> {
    use std::io::Read;
    let mut out = Vec::new();
    match header(capture, "content-encoding").as_deref() {
        Some("gzip") => flate2::read::GzDecoder::new(&capture.body[..]).read_to_end(&mut out).expect("gzip"),
        Some("deflate") => flate2::read::ZlibDecoder::new(&capture.body[..]).read_to_end(&mut out).expect("deflate"),
        Some("br") => brotli::Decompressor::new(&capture.body[..], 4096).read_to_end(&mut out).expect("br"),
        _ => return capture.body.clone(),
    };
    out
}

/// The items of an envelope: type and payload.
fn items(body: &[u8]) -> Vec<(Value, Vec<u8>)> {
    let line = |at: usize| body[at..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |length| at + length);
    let mut at = line(0) + 1;
    let mut items = Vec::new();
    while at < body.len() {
        let end = line(at);
        let header: Value = serde_json::from_slice(&body[at..end]).expect("item header");
        let start = (end + 1).min(body.len());
        let stop = header["length"].as_u64().map_or_else(|| line(start), |length| start + length as usize);
        items.push((header, body[start..stop].to_vec()));
        at = stop + 1;
    }
    items
}

#[test]
fn every_capture_is_answered_stored_and_read_back() {
    let Some(root) = skip::shared("captures") else { return skip::skipped("captures", "the recordings are not beside the project") };
    let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_millis() as i64;
    let server = Server::with(Options { env: vec![("ERRATA_CLOCK_OFFSET_MS".into(), (RECORDED_MS - now_ms).to_string())], ..Options::default() });
    let (key, project) = server.key();
    let captures = captures(&root);
    assert!(captures.len() >= 140, "found {}", captures.len());
    for capture in &captures {
        let response = replay(&server, capture, &key, &project);
        assert_eq!(u64::from(response.status), capture.meta["response_status"].as_u64().expect("recorded"), "{}: {}", capture.name, response.text());
    }
    let mut sent: BTreeMap<String, Vec<(String, Vec<u8>)>> = BTreeMap::new();
    let mut files: Vec<(String, String, Value, Vec<u8>)> = Vec::new();
    for capture in captures.iter().filter(|capture| capture.meta["method"] == "POST") {
        let target = text(&capture.meta["target"]);
        if target.contains("/envelope/") || target.contains("/tunnel") {
            let body = decoded(capture);
            let first: Value = serde_json::from_slice(body.split(|byte| *byte == b'\n').next().unwrap_or_default()).unwrap_or_default();
            for (header, payload) in items(&body) {
                // The header's id is the event's, whatever the payload says or leaves out.
                if header["type"] == "attachment" {
                    files.push((capture.name.clone(), text(&first["event_id"]).replace('-', ""), header, payload));
                    continue;
                }
                let payload = match (text(&header["type"]).as_str(), first["event_id"].as_str()) {
                    ("event" | "feedback", Some(id)) => with_id(&payload, id),
                    _ => payload,
                };
                sent.entry(text(&header["type"])).or_default().push((capture.name.clone(), payload));
            }
        } else if target.contains("/store/") {
            sent.entry("event".into()).or_default().push((capture.name.clone(), decoded(capture)));
        }
    }
    let mut failures = Vec::new();
    for (item_type, payloads) in &sent {
        for (name, payload) in payloads {
            let result = match item_type.as_str() {
                "event" | "feedback" => check_event(&server, payload),
                // Counted below, all together.
                "client_report" => Ok(()),
                "user_report" => check_report(&server, payload),
                _ => check_item(&server, item_type, payload),
            };
            failures.extend(result.err().map(|reason| format!("{name} ({item_type}): {reason}")));
        }
    }
    for (name, event, header, payload) in &files {
        failures.extend(check_attachment(&server, event, header, payload).err().map(|reason| format!("{name} (attachment): {reason}")));
    }
    let reports = sent.remove("client_report").unwrap_or_default();
    failures.extend(check_client_reports(&server, &reports.iter().map(|(_, payload)| payload.as_slice()).collect::<Vec<_>>()).err());
    assert!(files.len() >= 4 && reports.len() >= 4 && sent.contains_key("user_report") && sent.contains_key("feedback"), "the recordings hold every kind");
    assert!(failures.is_empty(), "{} of {} payloads differ:\n{}", failures.len(), sent.values().map(Vec::len).sum::<usize>(), failures.join("\n"));
    println!("{} captures, {} payloads compared", captures.len(), sent.values().map(Vec::len).sum::<usize>());
}

fn with_id(payload: &[u8], id: &str) -> Vec<u8> {
    let mut event: Value = serde_json::from_slice(payload).expect("events are JSON");
    event["event_id"] = id.into();
    event.to_string().into_bytes()
}

/// Values are trimmed at 8192 characters, marked by three dots.
fn is_trimmed(sent: &str, stored: &str) -> bool {
    sent.len() > 8192 && stored.strip_suffix("...").is_some_and(|kept| sent.starts_with(kept))
}

/// Type and value of the exceptions, message, release, tags, user and breadcrumbs are there.
fn check_event(server: &Server, payload: &[u8]) -> Result<(), String> {
    let sent: Value = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    let id = text(&sent["event_id"]).replace('-', "");
    let path = format!("/api/0/projects/default/default/events/{id}/json/");
    let get = || server.send(e2e::server::authorized(Request::new("GET", path.clone())));
    let stored = e2e::wait::until(Duration::from_secs(20), || Some(get()).filter(|response| response.status == 200)).ok_or("not stored")?.json();
    let values = |event: &Value| {
        let list = event["exception"]["values"].as_array().or_else(|| event["exception"].as_array()).cloned().unwrap_or_default();
        list.iter().map(|value| (text(&value["type"]), text(&value["value"]), frames(value))).collect::<Vec<_>>()
    };
    let (mut exceptions, kept) = (values(&sent), values(&stored));
    for ((_, value, _), (_, kept, _)) in exceptions.iter_mut().zip(&kept).filter(|(sent, kept)| is_trimmed(&sent.1, &kept.1)) {
        value.clone_from(kept);
    }
    compare("exceptions", &exceptions, &kept)?;
    if !sent["release"].is_null() {
        compare("release", &sent["release"], &stored["release"])?;
    }
    let crumbs = |event: &Value| event["breadcrumbs"]["values"].as_array().or_else(|| event["breadcrumbs"].as_array()).map_or(0, Vec::len);
    compare("breadcrumbs", &crumbs(&sent), &crumbs(&stored))?;
    if let Some(id) = sent["user"]["id"].as_str() {
        compare("user", &id, &stored["user"]["id"].as_str().unwrap_or_default())?;
    }
    let message = [&sent["logentry"]["formatted"], &sent["message"], &sent["logentry"]["message"]].into_iter().find_map(|message| message.as_str());
    if let Some(message) = message.filter(|message| !message.contains('%')) {
        compare("message", &message, &stored["logentry"]["formatted"].as_str().or(stored["logentry"]["message"].as_str()).unwrap_or_default())?;
    }
    Ok(())
}

/// The file is listed with its event, by name and kind, and downloads as it was sent.
fn check_attachment(server: &Server, event: &str, header: &Value, payload: &[u8]) -> Result<(), String> {
    let folder = format!("/api/0/projects/default/default/events/{event}/attachments/");
    let get = |path: String| server.send(e2e::server::authorized(Request::new("GET", path)));
    let name = text(&header["filename"]);
    let listed = e2e::wait::until(Duration::from_secs(20), || get(folder.clone()).json().as_array()?.iter().find(|file| text(&file["name"]) == name).cloned());
    let listed = listed.ok_or_else(|| format!("{name} is not listed"))?;
    compare("size", &Some(payload.len() as u64), &listed["size"].as_u64())?;
    compare("kind", &header["attachment_type"].as_str().unwrap_or("event.attachment"), &listed["type"].as_str().unwrap_or_default())?;
    if let Some(content_type) = header["content_type"].as_str() {
        compare("content type", &content_type, &listed["mimetype"].as_str().unwrap_or_default())?;
    }
    compare("bytes", &payload, &get(format!("{folder}{}/?download=1", text(&listed["id"]))).body.as_slice())
}

/// What a person wrote is listed with its event.
fn check_report(server: &Server, payload: &[u8]) -> Result<(), String> {
    let sent: Value = serde_json::from_slice(payload).map_err(|error| error.to_string())?;
    let get = || server.send(e2e::server::authorized(Request::new("GET", "/api/0/projects/default/default/user-reports/"))).json();
    let is_same = |report: &Value| ["name", "email", "comments"].iter().all(|key| report[key].as_str().unwrap_or_default() == sent[key].as_str().unwrap_or_default());
    let id = text(&sent["event_id"]).replace('-', "");
    let found = e2e::wait::until(Duration::from_secs(20), || get().as_array()?.iter().find(|report| is_same(report) && report.to_string().contains(&id)).cloned());
    found.map(|_| ()).ok_or_else(|| "not listed".into())
}

/// Everything that clients said they dropped is counted, by category and reason.
fn check_client_reports(server: &Server, reports: &[&[u8]]) -> Result<(), String> {
    let mut dropped: BTreeMap<(String, String), u64> = BTreeMap::new();
    for report in reports {
        let report: Value = serde_json::from_slice(report).map_err(|error| error.to_string())?;
        for entry in report["discarded_events"].as_array().into_iter().flatten() {
            *dropped.entry((text(&entry["category"]), text(&entry["reason"]))).or_default() += entry["quantity"].as_u64().unwrap_or_default();
        }
    }
    let path = "/api/0/organizations/default/stats_v2/?field=sum(quantity)&groupBy=category&groupBy=reason&outcome=client_discard&statsPeriod=30d&interval=1d";
    let counted = || {
        let groups = server.send(e2e::server::authorized(Request::new("GET", path))).json()["groups"].as_array().cloned().unwrap_or_default();
        groups.iter().map(|group| ((text(&group["by"]["category"]), text(&group["by"]["reason"])), group["totals"]["sum(quantity)"].as_u64().unwrap_or_default())).collect::<BTreeMap<_, _>>()
    };
    e2e::wait::until(Duration::from_secs(20), || Some(()).filter(|()| counted() == dropped));
    compare("client reports", &dropped, &counted())
}

fn frames(value: &Value) -> usize {
    value["stacktrace"]["frames"].as_array().map_or(0, Vec::len)
}

fn compare<T: PartialEq + std::fmt::Debug>(what: &str, sent: &T, stored: &T) -> Result<(), String> {
    if sent == stored { Ok(()) } else { Err(format!("{what}: sent {sent:?}, stored {stored:?}")) }
}

/// Some stored item of the type has exactly these bytes.
fn check_item(server: &Server, item_type: &str, payload: &[u8]) -> Result<(), String> {
    let found = e2e::wait::until(Duration::from_secs(20), || {
        let mut cursor = String::new();
        loop {
            let response = server.send(e2e::server::authorized(Request::new("GET", format!("/api/0/projects/default/default/items/?type={item_type}&cursor={cursor}"))));
            let rows = response.json();
            for row in rows.as_array().into_iter().flatten().filter(|row| row["size"].as_u64() == Some(payload.len() as u64)) {
                let bytes = server.send(e2e::server::authorized(Request::new("GET", format!("/api/0/projects/default/default/items/{}/", text(&row["id"])))));
                if bytes.body == payload {
                    return Some(());
                }
            }
            let link = response.header("link").unwrap_or_default().to_owned();
            let next = link.split(", <").find(|entry| entry.contains("rel=\"next\"") && entry.contains("results=\"true\""))?;
            cursor = next.rsplit("cursor=\"").next()?.trim_end_matches('"').to_owned();
        }
    });
    found.ok_or_else(|| format!("no stored item has these {} bytes", payload.len()))
}
