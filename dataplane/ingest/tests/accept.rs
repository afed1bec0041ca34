//! Accepting through the real router, with a real queue, limits and blobs: what is answered, stored, counted and left behind.

use arc_swap::ArcSwap;
use axum::{body::Body, http::{Request, StatusCode}};
use config::queue::QueueConfig;
use ingest::{Ingest, IngestOptions, LARGE_AT_ONCE, body::Budget, refusals};
use model::{category::Category, ids::{EventId, PublicKey}, item::Topic, prepared::PreparedOutcome, record::{Partition, Record}};
use queue::PollLimits;
use std::{io::Write, sync::Arc, time::Duration};
use store::{Folder, KeyEntry, LimitScope, ProjectEntry, Quota, Rate, Snapshot, StoreConfig};
use tempfile::TempDir;
use tokio::sync::Semaphore;
use tower::ServiceExt;

const KEY: &str = "a1b2c3d4e5f60718293a4b5c6d7e8f90";
const ID: &str = "9ec79c33ec9942ab8353589fcb2e04dc";
const NOW_MS: i64 = 1_795_219_200_000;

struct World {
    ingest: Arc<Ingest>,
    _folder: Folder,
    _dir: TempDir,
}

fn world(queue_bytes_max: u64) -> World {
    let dir = tempfile::tempdir().expect("a folder");
    let folder = Folder::take(&StoreConfig { data_dir: dir.path().join("data"), state_url: None, rate: Rate::default(), now_ms: NOW_MS }).expect("nobody else has it");
    let mut snapshot = Snapshot::default();
    let key = KeyEntry { key_id: 3, project_id: 42, organization_id: 1, secret: None, verify_secret: false, active: true, rate: None };
    snapshot.keys.insert(PublicKey::parse(KEY).expect("a key"), key);
    snapshot.projects.insert(42, ProjectEntry { id: 42, slug: "shop".into(), organization_id: 1, options: Arc::default(), active: true });
    let queue = queue::open(&QueueConfig { partitions: 1, bytes_max: queue_bytes_max, disk_free_min: Some(0), ..QueueConfig::new(dir.path().join("queue")) }).expect("opens");
    let ingest = Ingest {
        queue,
        blobs: folder.blobs.clone(),
        limits: folder.limits.clone(),
        snapshot: Arc::new(ArcSwap::from_pointee(snapshot)),
        state_fresh: true.into(),
        refusals: Default::default(),
        appending: Default::default(),
        budget: Budget::new(64 << 20),
        spool: Arc::default(),
        large: Semaphore::new(LARGE_AT_ONCE),
        options: IngestOptions { body_timeout: Duration::from_secs(10), partitions: 1 },
        clock: Arc::new(|| NOW_MS),
    };
    World { ingest: Arc::new(ingest), _folder: folder, _dir: dir }
}

fn usual() -> World {
    world(1 << 30)
}

impl World {
    /// Status and body of the answer.
    async fn send(&self, request: Request<Body>) -> (u16, String) {
        let response = ingest::router(self.ingest.clone()).oneshot(request).await.expect("routes do not fail");
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.expect("a body");
        (status, String::from_utf8_lossy(&body).into_owned())
    }

    async fn status(&self, request: Request<Body>) -> u16 {
        self.send(request).await.0
    }

    async fn records(&self, topic: Topic) -> Vec<Record> {
        let limits = PollLimits { records_max: 100, bytes_max: usize::MAX, decoded_bytes_max: u64::MAX };
        let polled = self.ingest.queue.poll(Partition { topic, index: 0 }, 0, limits).await.expect("reads");
        polled.records.into_iter().map(|(_, record)| record).collect()
    }

    async fn spooled(&self) -> usize {
        self.ingest.blobs.list("body", 0..i64::MAX, 100).await.expect("lists").len()
    }

    /// `category reason quantity` of each refusal, and whether it has the id.
    fn refused(&self) -> Vec<(String, bool)> {
        let records = self.ingest.refusals.take(NOW_MS, 1);
        let line = |outcome: PreparedOutcome| (format!("{} {} {}", outcome.category.name(), outcome.reason, outcome.quantity), outcome.event_id == EventId::parse(ID));
        let mut lines: Vec<_> = records.iter().flat_map(|record| refusals::decode(&record.body)).map(line).collect();
        lines.sort();
        lines
    }

    fn quota(&self, category: Category, limit: u64) {
        let quota = Quota { organization_id: 1, project_id: 42, key_id: 0, scope: LimitScope::Project, categories: vec![category], limit, window_s: 86_400, reason: "q".into() };
        self.ingest.limits.set_quotas(vec![(1, quota)]);
    }
}

fn post(path: &str, body: impl Into<Body>) -> Request<Body> {
    let separator = if path.contains('?') { '&' } else { '?' };
    Request::post(format!("/api/42/{path}{separator}sentry_key={KEY}")).body(body.into()).expect("a request")
}

fn with(mut request: Request<Body>, name: &'static str, value: &str) -> Request<Body> {
    request.headers_mut().append(name, value.parse().expect("a value"));
    request
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).expect("writes");
    encoder.finish().expect("finishes")
}

fn event(bytes: usize) -> String {
    format!("{{\"event_id\":\"{ID}\",\"message\":\"{}\"}}", "x".repeat(bytes))
}

fn envelope(header: &str, bytes: usize) -> String {
    format!("{header}\n{{\"type\":\"attachment\",\"length\":{bytes}}}\n{}\n", "y".repeat(bytes))
}

#[tokio::test]
async fn large_body_of_nobody_takes_no_disk() {
    let world = usual();
    for (header, status) in [("{}", 401), (r#"{"dsn":"http://ffffffffffffffffffffffffffffffff@h/42"}"#, 403), (r#"{"dsn":"nonsense"}"#, 401)] {
        let request = Request::post("/api/42/envelope/").body(Body::from(envelope(header, 2 << 20))).expect("a request");
        assert_eq!(world.status(request).await, status, "{header}");
    }
    assert_eq!((world.spooled().await, world.ingest.spool.take_abandoned().len()), (0, 0), "nothing was ever written");
    let known = format!("{{\"dsn\":\"http://{KEY}@h/42\"}}");
    assert_eq!(world.status(Request::post("/api/42/envelope/").body(Body::from(envelope(&known, 2 << 20))).expect("a request")).await, 200);
    assert_eq!((world.spooled().await, world.ingest.spool.take_abandoned().len()), (1, 0));
}

#[tokio::test]
async fn spooled_body_of_a_refused_request_is_abandoned() {
    let world = usual();
    assert_eq!(world.status(post("envelope/", envelope("{}", 2 << 20) + "\n")).await, 400);
    world.quota(Category::Attachment, 0);
    assert_eq!(world.status(post("envelope/", envelope("{}", 2 << 20))).await, 429);
    assert_eq!((world.spooled().await, world.ingest.spool.take_abandoned().len()), (2, 2));
}

#[tokio::test]
async fn spooled_body_of_a_client_that_went_away_is_abandoned() {
    let world = usual();
    let start = futures_util::stream::once(async { Ok::<_, std::io::Error>(bytes::Bytes::from(vec![b'{'; 1 << 20])) });
    let endless = Body::from_stream(futures_util::StreamExt::chain(start, futures_util::stream::pending()));
    tokio::select! {
        biased;
        answer = world.send(post("envelope/", endless)) => panic!("{answer:?}"),
        () = async { while world.ingest.appending.load(std::sync::atomic::Ordering::Relaxed) == 0 && std::fs::read_dir(world._dir.path().join("data/blobs/.unfinished")).is_ok_and(|files| files.count() == 0) { tokio::task::yield_now().await } } => {}
    }
    assert_eq!(world.ingest.spool.take_abandoned().len(), 1);
}

#[tokio::test]
async fn client_that_went_away_waits_for_the_queue_no_longer() {
    let world = usual();
    let waiting = || world.ingest.appending.load(std::sync::atomic::Ordering::Relaxed);
    let mut request = Box::pin(world.send(post("envelope/", "{}\n{\"type\":\"session\"}\n{}")));
    tokio::select! {
        biased;
        answer = &mut request => panic!("answered before the writer could write: {answer:?}"),
        () = std::future::ready(()) => {}
    }
    assert_eq!(waiting(), 1);
    drop(request);
    assert_eq!(waiting(), 0);
}

#[tokio::test]
async fn large_body_takes_no_disk_under_pressure() {
    let world = world(1);
    assert_eq!(world.status(post("envelope/", envelope("{}", 2 << 20))).await, 429);
    assert_eq!((world.spooled().await, world.ingest.spool.take_abandoned().len()), (0, 0));
    assert_eq!(world.refused(), [("default queue_failed 1".to_owned(), false)]);
}

#[tokio::test]
async fn spooled_bytes_count_as_waiting() {
    let world = usual();
    let before = world.ingest.usage().bytes;
    assert_eq!(world.status(post("envelope/", envelope("{}", 2 << 20))).await, 200);
    assert!(world.ingest.usage().bytes > before + (2 << 20));
}

#[tokio::test]
async fn record_says_what_its_body_takes_when_decoded() {
    let world = usual();
    let one_item = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\",\"length\":5000}}\n{}\n", "x".repeat(5_000));
    let two_topics = envelope("{}", 2 << 20) + "{\"type\":\"log\"}\n{}";
    for body in [one_item.clone(), two_topics.clone()] {
        assert_eq!(world.status(with(post("envelope/", gzip(body.as_bytes())), "content-encoding", "gzip")).await, 200);
    }
    let header = |record: &Record| (record.header.decoded_bytes, record.header.blob_is_shared);
    assert_eq!(world.records(Topic::Errors).await.iter().map(header).collect::<Vec<_>>(), [(one_item.len() as u64, false), (two_topics.len() as u64, false)]);
    let spooled = usual();
    assert_eq!(spooled.status(post("envelope/", two_topics)).await, 200);
    assert!(spooled.records(Topic::Errors).await[0].header.blob_is_shared && spooled.records(Topic::Performance).await[0].header.blob_is_shared);
}

#[tokio::test]
async fn events_and_reports_of_almost_a_mebibyte_are_taken() {
    let world = usual();
    assert_eq!(world.status(post("store/", event(1_000_000))).await, 200);
    assert_eq!(world.status(post("store/", event(1 << 20))).await, 413);
    let report = |bytes| format!("{{\"csp-report\":{{\"document-uri\":\"{}\"}}}}", "d".repeat(bytes));
    let security = |body: String| with(post("security/", body), "content-type", "application/csp-report");
    assert_eq!(world.status(security(report(1_000_000))).await, 200);
    assert_eq!(world.status(security(report(1 << 20))).await, 413);
}

#[tokio::test]
async fn envelope_at_the_store_route_has_the_envelopes_limits() {
    let world = usual();
    for bytes in [6 << 20, 100] {
        assert_eq!(world.status(with(post("store/", envelope("{}", bytes)), "content-type", "Application/X-Sentry-Envelope; a=B")).await, 200);
    }
    assert_eq!(world.records(Topic::Errors).await[1].header.content_type, "application/x-sentry-envelope; a=B", "as the worker compares it");
}

#[tokio::test]
async fn every_unit_of_a_refused_envelope_is_counted_by_its_id() {
    let world = usual();
    let body = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{}\n{{\"type\":\"attachment\",\"length\":3}}\nabc\n", event(1 << 20));
    assert_eq!(world.status(post("envelope/", body)).await, 413);
    let refused = world.refused();
    assert_eq!(refused, ["attachment too_large:event 3", "attachment_item too_large:event 1", "error too_large:event 1"].map(|line| (line.to_owned(), true)));
}

#[tokio::test]
async fn limited_units_are_counted_by_their_id_with_what_belongs_to_them() {
    let world = usual();
    world.quota(Category::Error, 0);
    let body = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{{}}\n{{\"type\":\"attachment\",\"length\":3}}\nabc\n");
    assert_eq!(world.status(post("envelope/", body)).await, 429);
    assert_eq!(world.refused(), ["attachment q 3", "attachment_item q 1", "error q 1"].map(|line| (line.to_owned(), true)));
}

#[tokio::test]
async fn what_is_refused_uses_up_no_quota() {
    let world = usual();
    world.quota(Category::Error, 1);
    let envelope = |bytes| format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{}\n", event(bytes));
    assert_eq!(world.status(post("envelope/", envelope(1 << 20))).await, 413);
    assert_eq!(world.ingest.limits.quotas(1, 42, NOW_MS)[0].used, 0);
    assert_eq!(world.status(post("envelope/", envelope(10))).await, 200);
    assert_eq!(world.status(post("envelope/", envelope(1 << 20))).await, 429);
    assert_eq!(world.ingest.limits.quotas(1, 42, NOW_MS)[0].used, 1, "and what was refused is not given back");
    let dependent = format!("{{\"event_id\":\"{ID}\"}}\n{{\"type\":\"event\"}}\n{{}}\n{{\"type\":\"attachment\",\"length\":3}}\nabc\n");
    let limit = |category, limit| Quota { organization_id: 1, project_id: 42, key_id: 0, scope: LimitScope::Project, categories: vec![category], limit, window_s: 86_400, reason: "q".into() };
    world.ingest.limits.set_quotas(vec![(1, limit(Category::Error, 0)), (2, limit(Category::Attachment, 100))]);
    assert_eq!(world.status(post("envelope/", dependent)).await, 429);
    let used = world.ingest.limits.quotas(1, 42, NOW_MS).into_iter().find(|quota| quota.id == 2).map(|quota| quota.used);
    assert_eq!(used, Some(0), "an attachment that goes with its event");
}

#[tokio::test]
async fn key_of_another_project_is_counted() {
    let world = usual();
    let request = Request::post(format!("/api/43/envelope/?sentry_key={KEY}")).body(Body::from("{}")).expect("a request");
    assert_eq!(world.status(request).await, 403);
    assert_eq!(world.refused(), [("default project_id 1".to_owned(), false)]);
}

#[tokio::test]
async fn reports_and_crashes_count_in_the_units_they_become() {
    let world = usual();
    let reports = r#"[{"type":"csp-violation","body":{}},{"type":"csp-violation","body":{}}]"#;
    assert_eq!(world.status(with(post("security/", reports), "content-type", "application/reports+json")).await, 200);
    assert_eq!(world.status(with(post("minidump/", "MDMPxxxx"), "content-type", "application/x-dmp")).await, 200);
    let units: Vec<_> = world.records(Topic::Errors).await.into_iter().map(|record| record.header.units).collect();
    let unit = |category: Category, quantity| (category as u8, quantity);
    assert_eq!(units, [vec![unit(Category::Security, 2)], vec![unit(Category::Attachment, 8), unit(Category::AttachmentItem, 1), unit(Category::Error, 1)]]);
}

#[tokio::test]
async fn check_in_is_taken_compressed_and_refused_with_its_reason() {
    let world = usual();
    let json = |request| with(request, "content-type", "application/json");
    assert_eq!(world.status(with(json(post("cron/nightly/", gzip(b"{\"status\":\"ok\"}"))), "content-encoding", "gzip")).await, 202);
    let record = world.records(Topic::Errors).await.remove(0);
    assert_eq!((&*record.body, record.header.encoding.as_str(), record.header.client.as_deref()), (&b"{\"status\":\"ok\",\"monitor_slug\":\"nightly\"}"[..], "", Some("relay-http")));
    assert_eq!(world.status(post("cron/nightly/?status=ok&duration=1.5", "")).await, 202);
    for (body, status) in [("{}".to_owned(), 400), ("[]".to_owned(), 400), (format!("{{\"status\":\"{}\"}}", "x".repeat(200 << 10)), 413)] {
        assert_eq!(world.status(json(post("cron/nightly/", body))).await, status);
    }
    let expected = [("monitor invalid_check_in 2", false), ("monitor request_too_large 1", false)];
    assert_eq!(world.refused(), expected.map(|(line, has_id)| (line.to_owned(), has_id)));
    let anonymous = Request::post("/api/42/cron/nightly/").header("content-type", "application/json").body(Body::from_stream(futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>())).expect("a request");
    assert_eq!(world.status(anonymous).await, 401, "before its body is waited for");
}

#[tokio::test]
async fn pixel_carries_base64_with_plus_signs() {
    let world = usual();
    // {"message":"~~?>>"} in base64 has a plus.
    let request = Request::get(format!("/api/42/store/?sentry_key={KEY}&sentry_data=eyJtZXNzYWdlIjoifn4/Pj4+In0=")).body(Body::empty()).expect("a request");
    assert_eq!(world.status(request).await, 200);
    assert_eq!(&*world.records(Topic::Errors).await[0].body, b"eyJtZXNzYWdlIjoifn4/Pj4+In0=");
}

#[tokio::test]
async fn encodings_in_several_lines_are_undone_in_order() {
    let world = usual();
    let body = gzip(&gzip(b"{}\n{\"type\":\"session\"}\n{}"));
    assert_eq!(world.status(with(with(post("envelope/", body), "content-encoding", "gzip"), "content-encoding", "gzip")).await, 200);
    assert_eq!(world.records(Topic::Errors).await[0].header.encoding, "gzip, gzip");
}

#[tokio::test]
async fn compressed_file_that_is_no_dump_is_refused() {
    let world = usual();
    for (body, status) in [(gzip(b"MDMPxxxx"), 200), (gzip(b"hello world"), 400), (b"MDMPxxxx".to_vec(), 200), (b"\x1f\x8bnonsense".to_vec(), 400)] {
        assert_eq!(world.status(with(post("minidump/", body), "content-type", "application/octet-stream")).await, status);
    }
}

#[tokio::test]
async fn preflights_are_answered_everywhere_and_other_methods_told_what_goes() {
    let world = usual();
    for path in ["envelope/", "unreal/abc/", "upload/", "integration/vercel/logs/", "cron/nightly/"] {
        let request = Request::options(format!("/api/42/{path}")).body(Body::empty()).expect("a request");
        assert_eq!(world.status(request).await, 200, "{path}");
    }
    for (path, allowed) in [("envelope/", "POST, OPTIONS"), ("store/", "GET, POST, OPTIONS"), ("cron/nightly/", "GET, POST, OPTIONS")] {
        let request = Request::put(format!("/api/42/{path}?sentry_key={KEY}")).body(Body::empty()).expect("a request");
        let response = ingest::router(world.ingest.clone()).oneshot(request).await.expect("routes do not fail");
        assert_eq!((response.status(), response.headers()["allow"].to_str().expect("text")), (StatusCode::METHOD_NOT_ALLOWED, allowed));
    }
}

#[tokio::test]
async fn envelope_that_names_no_dsn_is_told_so() {
    let world = usual();
    let request = Request::post("/api/42/envelope/").body(Body::from("{\"dsn\":\"nonsense\"}")).expect("a request");
    let (status, body) = world.send(request).await;
    assert!(status == 401 && body.contains("bad sentry DSN in envelope header"), "{status} {body}");
}

#[tokio::test]
async fn form_larger_than_memory_is_walked() {
    let world = usual();
    let form = |dump: &str, bytes: usize| {
        format!("--X\r\nContent-Disposition: form-data; name=\"big\"; filename=\"a\"\r\n\r\n{}\r\n--X\r\nContent-Disposition: form-data; name=\"upload_file_minidump\"; filename=\"d\"\r\n\r\n{dump}\r\n--X--\r\n", "z".repeat(bytes))
    };
    let send = async |path, dump, bytes| world.status(with(post(path, form(dump, bytes)), "content-type", "multipart/form-data; boundary=X")).await;
    assert_eq!(send("minidump/", "MDMPxx", 5 << 20).await, 200);
    assert_eq!(send("minidump/", "nothing", 5 << 20).await, 400);
    assert_eq!(send(&format!("events/{ID}/attachments/"), "x", 5 << 20).await, 201);
    let units: Vec<_> = world.records(Topic::Errors).await.into_iter().map(|record| record.header.units[0]).collect();
    assert_eq!(units, [(Category::Attachment as u8, (5 << 20) + 6), (Category::Attachment as u8, (5 << 20) + 1)]);
}
