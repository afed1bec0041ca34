//! The event store: reads, facets, series, outcomes, items, tombstones, retention.

mod support;

use model::{category::Category, item::ItemType, outcome::OutcomeKind, prepared::{Prepared, PreparedAttachment, PreparedEvent, PreparedItem, PreparedOutcome, UserReport}};
use store::*;
use support::{DAY, HOUR, NOW, Worker, event, id, open};

fn scope(worker: &Worker<'_>, hash_ids: Option<Vec<i64>>) -> EventScope {
    EventScope { organization_id: worker.organization_id, project_ids: vec![worker.project_id], hash_ids, environments: Vec::new(), start_ms: NOW - 30 * DAY, end_ms: NOW + 30 * DAY }
}

/// 30 events of three hashes over three days of receipt.
async fn thirty(worker: &Worker<'_>) -> Vec<i64> {
    let mut hashes = Vec::new();
    for day in 0..3 {
        let at_ms = NOW + day * DAY;
        let events = (0..10).map(|number| {
            let number = day as u128 * 10 + number;
            PreparedEvent { release: Some(format!("shop@1.0.{day}")), ..event(number, (number % 3) as u8, at_ms + number as i64) }
        });
        let decision = worker.store(events.collect(), at_ms).await;
        hashes.extend(decision.records.iter().map(|record| record.units[0].hash_id));
    }
    hashes
}

#[tokio::test]
async fn event_reads_back_as_it_was_stored() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    thirty(&worker).await;
    let expected = event(4, 1, NOW + 4);
    let stored = stores.event_reads.get(worker.organization_id, &[], id(4)).await.expect("reads").expect("exists");
    assert_eq!(stored.payload, expected.payload);
    let row = stored.row;
    assert_eq!((row.event_id, row.title, row.message, row.tags), (id(4), expected.title, expected.message, expected.tags));
    assert_eq!((row.environment, row.release.as_deref(), row.handled, row.received_ms), (expected.environment, Some("shop@1.0.0"), Some(false), NOW));
    assert!(stores.event_reads.get(worker.organization_id + 1, &[], id(4)).await.expect("reads").is_none());
    assert!(stores.event_reads.get(worker.organization_id, &[], id(99)).await.expect("reads").is_none());
}

#[tokio::test]
async fn lists_walk_days_newest_first() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let hashes = thirty(&worker).await;
    for (hash_ids, expected) in [(None, (0..30).rev().collect::<Vec<u128>>()), (Some(vec![hashes[0]]), (0..30).rev().filter(|number| number % 3 == 0).collect())] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = stores.event_reads.list(&scope(&worker, hash_ids.clone()), &EventFilter::All, after, 4, SearchBudget::default()).await.expect("lists");
            found.extend(page.rows.iter().map(|row| row.event_id));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        assert_eq!(found, expected.into_iter().map(id).collect::<Vec<_>>());
    }
    let at = EventCursor { timestamp_ms: NOW + DAY + 12, event_id: id(12) };
    let near = stores.event_reads.neighbours(&scope(&worker, Some(vec![hashes[0]])), Some(at)).await.expect("finds");
    assert_eq!(near, Neighbours { oldest: Some(id(0)), previous: Some(id(9)), next: Some(id(15)), latest: Some(id(27)) });
}

#[tokio::test]
async fn filters_find_by_column_tag_and_text() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    thirty(&worker).await;
    let is = |field, test| EventFilter::Is(field, test);
    let cases = [
        (is(EventField::Release, EventTest::Equals("shop@1.0.1".into())), 10),
        (is(EventField::Tag("user".into()), EventTest::Equals("id:3".into())), 4),
        (is(EventField::Text, EventTest::Contains("BAD 2".into())), 10),
        (is(EventField::Title, EventTest::Glob("value*2".into())), 10),
        (is(EventField::Message, EventTest::Equals("bad 0".into())), 10),
        (is(EventField::Level, EventTest::OneOf(vec!["error".into(), "fatal".into()])), 30),
        (is(EventField::Tag("nothing".into()), EventTest::Present), 0),
        (EventFilter::Not(Box::new(is(EventField::Tag("nothing".into()), EventTest::Present))), 30),
        (EventFilter::And(vec![is(EventField::Release, EventTest::Glob("*1".into())), is(EventField::Tag("user".into()), EventTest::Equals("id:3".into()))]), 2),
        (EventFilter::Or(vec![is(EventField::Release, EventTest::Glob("*1".into())), is(EventField::Text, EventTest::Contains("bad 2".into()))]), 17),
        (is(EventField::TimestampMs, EventTest::Number(NumberTest::Less, (NOW + DAY) as f64)), 10),
    ];
    for (filter, expected) in cases {
        let page = stores.event_reads.list(&scope(&worker, None), &filter, None, 100, SearchBudget::default()).await.expect("lists");
        assert_eq!(page.rows.len(), expected, "{filter:?}");
        let hits = stores.event_reads.hashes(&scope(&worker, None), &filter, 100, SearchBudget::default()).await.expect("searches");
        assert_eq!(hits.hits.iter().map(|hit| hit.count).sum::<u64>(), expected as u64, "{filter:?}");
    }
}

#[tokio::test]
async fn filters_find_by_fields_inside_events() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let events = (0..6).map(|number: u128| {
        let payload = format!(
            r#"{{"user": {{"id": "7", "email": "a{number}@example.com"}}, "sdk": {{"name": "sentry.python"}}, "contexts": {{"trace": {{"trace_id": "{number:032x}"}}, "device": {{"memory_size": {number}}}}},
            "exception": {{"values": [{{"type": "Inner", "value": "cart {number}"}}, {{"type": "Outer", "stacktrace": {{"frames": [{{"function": "load{}", "filename": "shop/orders.py"}}]}}}}]}}}}"#,
            number % 2
        );
        let (facts, stack_digest) = {
            let event = model::json::parse(payload.as_bytes()).expect("JSON");
            (model::search::fields::facts(&event, Some("id:7")), model::search::fields::stack_digest(&event))
        };
        let release = Some(format!("shop@1.{number}.0+{number}"));
        PreparedEvent { payload: payload.into_bytes(), facts, stack_digest, user: Some("id:7".into()), tags: vec![("user".into(), "id:7".into())], release, ..event(number, number as u8, NOW + number as i64) }
    });
    worker.store(events.collect(), NOW).await;
    let is = |field: &str, test| EventFilter::Is(EventField::Inner(field.into()), test);
    let equals = |field: &str, value: &str| is(field, EventTest::Equals(value.into()));
    let version = |test, value: &str| EventFilter::Is(EventField::ReleasePart(ReleasePart::Version), EventTest::Version(test, value.into()));
    let cases = [
        (equals("user.id", "7"), 6),
        (equals("user.id", "id:7"), 0),
        (equals("user.email", "a3@example.com"), 1),
        (is("user.email", EventTest::Glob("A*@EXAMPLE.com".into())), 6),
        (is("user.username", EventTest::Present), 0),
        (equals("error.type", "Inner"), 6),
        (equals("error.value", "cart 4"), 1),
        (is("error.value", EventTest::Glob("*CART*".into())), 6),
        (equals("error.value", "cart 9"), 0),
        (EventFilter::Not(Box::new(equals("error.value", "cart 4"))), 5),
        (equals("stack.function", "load1"), 3),
        (is("stack.filename", EventTest::Glob("*orders.py".into())), 6),
        (equals("stack.module", "shop"), 0),
        (equals("trace", "00000000000000000000000000000005"), 1),
        (is("device.memory_size", EventTest::Number(NumberTest::Greater, 3.0)), 2),
        (EventFilter::And(vec![equals("error.value", "cart 1"), equals("stack.function", "load0")]), 0),
        (version(NumberTest::GreaterOrEqual, "1.4"), 2),
        (version(NumberTest::Less, "1.0.1"), 1),
        (EventFilter::Is(EventField::ReleasePart(ReleasePart::Package), EventTest::Equals("shop".into())), 6),
        (EventFilter::Is(EventField::ReleasePart(ReleasePart::Build), EventTest::Number(NumberTest::LessOrEqual, 2.0)), 3),
    ];
    for (filter, expected) in cases {
        let page = stores.event_reads.list(&scope(&worker, None), &filter, None, 100, SearchBudget::default()).await.expect("lists");
        assert_eq!(page.rows.len(), expected, "{filter:?}");
        let hits = stores.event_reads.hashes(&scope(&worker, None), &filter, 100, SearchBudget::default()).await.expect("searches");
        assert_eq!(hits.hits.len(), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn series_totals_users_and_facets_count() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let hashes = thirty(&worker).await;
    let many = (100..500).map(|number| PreparedEvent { user: Some(format!("id:{number}")), ..event(number, 0, NOW + number as i64) }).collect();
    worker.store(many, NOW + 2 * DAY).await;
    let scope = EventScope { start_ms: NOW, end_ms: NOW + 3 * DAY, ..scope(&worker, None) };
    let query = SeriesQuery { scope: scope.clone(), groups: vec![vec![hashes[0]], vec![hashes[1], hashes[2]]], interval_ms: DAY };
    assert_eq!(stores.event_stats.series(&query).await.expect("counts"), [vec![404, 3, 3], vec![6, 7, 7]]);
    let all = SeriesQuery { groups: Vec::new(), interval_ms: 60_000, scope: EventScope { end_ms: NOW + 60_000, ..scope.clone() } };
    assert_eq!(stores.event_stats.series(&all).await.expect("counts"), [vec![410]]);
    let totals = stores.event_stats.totals(&scope, &[vec![hashes[0]], vec![hashes[1]], vec![]]).await.expect("counts");
    assert_eq!(totals.iter().map(|total| total.events).collect::<Vec<_>>(), [410, 10, 0]);
    assert!(totals[0].users.approximate && (totals[0].users.count as i64 - 407).abs() < 30, "{:?}", totals[0]);
    assert_eq!(totals[1].users, UserCount { count: 7, approximate: false });
    let totals = stores.event_stats.hash_totals(&scope, false).await.expect("counts");
    assert_eq!(totals.iter().map(|total| total.events).sum::<u64>(), 430);
    let facets = stores.event_stats.facets(&EventScope { hash_ids: Some(vec![hashes[1]]), ..scope }, &["user".into()], 2).await.expect("counts");
    assert_eq!((facets.len(), facets[0].total, facets[0].unique, facets[0].values.len(), facets[0].values[0].count), (1, 10, 7, 2, 2));
}

#[tokio::test]
async fn items_attachments_reports_and_outcomes_are_kept() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let span = PreparedItem {
        item_type: ItemType::Transaction, item_id: id(50), timestamp_ms: NOW, quantities: vec![(Category::Transaction, 1), (Category::Span, 3)],
        header: b"{\"type\":\"transaction\"}".to_vec(), payload: b"{\"spans\":[]}".to_vec(),
    };
    let file = PreparedAttachment { event_id: id(1), index: 0, filename: "a.txt".into(), content_type: Some("text/plain".into()), attachment_type: "event.attachment".into(), bytes: b"hello".to_vec() };
    let report = UserReport { event_id: id(1), name: "Ada".into(), email: "a@b".into(), comments: "broken".into(), timestamp_ms: NOW };
    let refused = PreparedOutcome { category: Category::Error, kind: OutcomeKind::Filtered, reason: "localhost".into(), quantity: 1, event_id: Some(id(60)) };
    let prepared = Prepared { events: vec![event(1, 7, NOW)], items: vec![span], attachments: vec![file], user_reports: vec![report], outcomes: vec![refused], ..Prepared::default() };
    worker.store_all(vec![prepared.clone()], NOW).await;
    // The whole request once more: everything in it is a duplicate.
    worker.store_all(vec![prepared], NOW).await;
    let (organization, project) = (worker.organization_id, worker.project_id);
    let query = ItemQuery { organization_id: organization, project_id: project, item_type: Some(ItemType::Transaction), start_ms: NOW, end_ms: NOW + 1, after: None, limit: 10, budget: SearchBudget::default() };
    assert_eq!(stores.items.list(&query).await.expect("lists").rows.len(), 1);
    let (row, payload) = stores.items.get(organization, project, id(50)).await.expect("reads").expect("exists");
    assert_eq!((row.quantities.len(), payload.as_slice()), (2, &b"{\"spans\":[]}"[..]));
    let attachments = stores.items.attachments(organization, project, &[id(1), id(2)]).await.expect("lists");
    assert_eq!((attachments[0].len(), attachments[1].len(), attachments[0][0].filename.as_str(), attachments[0][0].size), (1, 0, "a.txt", 5));
    assert_eq!(stores.items.user_reports(organization, project, &[id(1)]).await.expect("lists")[0][0].comments, "broken");
    let outcomes = stores.outcomes.of_event(organization, project, id(60)).await.expect("finds");
    assert_eq!((outcomes.len(), outcomes[0].kind, outcomes[0].reason.as_str()), (2, OutcomeKind::Filtered, "localhost"));
    let outcomes = stores.outcomes.of_event(organization, project, id(1)).await.expect("finds");
    assert_eq!(outcomes.iter().map(|outcome| (outcome.kind, outcome.reason.as_str())).collect::<Vec<_>>(), [(OutcomeKind::Accepted, ""), (OutcomeKind::Invalid, "duplicate")]);
    let cells = stores.outcomes.cells(&OutcomeQuery { organization_id: organization, start_ms: NOW, end_ms: NOW + HOUR, ..OutcomeQuery::default() }).await.expect("counts");
    let sum = |category, kind| cells.iter().filter(|cell| cell.category == category && cell.kind == kind).map(|cell| cell.quantity).sum::<u64>();
    assert_eq!((sum(Category::Error, OutcomeKind::Accepted), sum(Category::Error, OutcomeKind::Invalid), sum(Category::Span, OutcomeKind::Accepted)), (1, 1, 3));
    assert_eq!((sum(Category::Attachment, OutcomeKind::Accepted), sum(Category::AttachmentItem, OutcomeKind::Accepted), sum(Category::Feedback, OutcomeKind::Accepted)), (5, 1, 1));
}

#[tokio::test]
async fn tombstones_hide_at_once_and_the_sweep_removes() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let hashes = thirty(&worker).await;
    let count = async || stores.event_reads.list(&scope(&worker, None), &EventFilter::All, None, 100, SearchBudget::default()).await.expect("lists").rows.len();
    assert_eq!(count().await, 30);
    let (organization_id, project_id) = (worker.organization_id, worker.project_id);
    stores.retention.hide(&[Tombstone::Hashes { organization_id, project_id, hash_ids: vec![hashes[0]] }], NOW + 2 * DAY).await.expect("hides");
    assert_eq!(count().await, 20);
    assert!(stores.event_reads.get(organization_id, &[], id(0)).await.expect("reads").is_none());
    let over_ms = NOW + 2 * DAY;
    let swept = stores.retention.sweep(over_ms, over_ms, RetentionDays::default()).await.expect("sweeps");
    assert_eq!((swept.files_sealed, swept.files_rewritten), (2, 2));
    assert_eq!(count().await, 20);
    let late_ms = NOW + 93 * DAY;
    let swept = stores.retention.sweep(late_ms, late_ms, RetentionDays { outcomes: 400, ..RetentionDays::default() }).await.expect("sweeps");
    assert_eq!(swept.files_unlinked, 3);
    assert_eq!(count().await, 0);
    let files = std::fs::read_dir(folder.path().join("events")).expect("lists").count();
    assert_eq!(files, 3, "one month of outcomes with its log");
}

#[tokio::test]
async fn sweep_goes_on_past_a_bad_file_and_unlinks_without_writing() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let hashes = thirty(&worker).await;
    stores.events.flush(Load::Idle).await.expect("flushes");
    let bad = folder.path().join("events/errors-2026-11-20.db");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(folder.path().join(format!("events/errors-2026-11-20.db{suffix}")));
    }
    std::fs::write(&bad, [b'x'; 16_384]).expect("writes");
    let (organization_id, project_id) = (worker.organization_id, worker.project_id);
    stores.retention.hide(&[Tombstone::Hashes { organization_id, project_id, hash_ids: vec![hashes[0]] }], NOW + 2 * DAY).await.expect("hides");
    let swept = stores.retention.sweep(NOW + 3 * DAY, NOW + 3 * DAY, RetentionDays::default()).await.expect("sweeps");
    assert_eq!((swept.files_failed, swept.files_rewritten), (1, 2));
    let late_ms = NOW + 93 * DAY;
    let swept = stores.retention.sweep(late_ms, late_ms, RetentionDays::default()).await.expect("sweeps");
    assert_eq!((swept.files_failed, swept.files_unlinked, bad.exists()), (0, 3, false));
}

#[tokio::test]
async fn file_that_cannot_be_read_is_not_left_out_in_silence() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    thirty(&worker).await;
    stores.close().await.expect("closes");
    drop(stores);
    std::fs::write(folder.path().join("events/errors-2026-11-21.db"), [b'x'; 16_384]).expect("writes");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let listed = stores.event_reads.list(&scope(&worker, None), &EventFilter::All, None, 100, SearchBudget::default()).await;
    assert!(matches!(listed, Err(EventsError::Unavailable { .. })), "{listed:?}");
}

#[tokio::test]
async fn project_keeps_less_than_the_files_and_counts_part_with_the_rows() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    thirty(&worker).await;
    // Sent late: by its own clock of the first day, received on the third.
    worker.store(vec![event(90, 0, NOW)], NOW + 2 * DAY).await;
    let change = ProjectChange { options: Some(OptionsChange::to(|options| options.event_retention_d = 10)), ..ProjectChange::default() };
    stores.projects.update_project(worker.organization_id, worker.project_id, &change).await.expect("updates");
    let seen = async || {
        let rows = stores.event_reads.list(&scope(&worker, None), &EventFilter::All, None, 100, SearchBudget::default()).await.expect("lists").rows.len() as u64;
        let query = SeriesQuery { scope: scope(&worker, None), groups: Vec::new(), interval_ms: DAY };
        (rows, stores.event_stats.series(&query).await.expect("counts")[0].iter().sum::<u64>())
    };
    for (days, expected) in [(9, 31), (12, 11), (13, 0)] {
        let now_ms = NOW + days * DAY;
        stores.retention.sweep(now_ms, now_ms, RetentionDays::default()).await.expect("sweeps");
        assert_eq!(seen().await, (expected, expected), "{days} days later");
    }
}

#[tokio::test]
async fn page_that_gave_up_is_continued_without_gap_or_copy() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let hashes = thirty(&worker).await;
    let distinct = hashes[..3].to_vec();
    let (mut found, mut after) = (Vec::new(), None);
    for _ in 0..100 {
        let page = stores.event_reads.list(&scope(&worker, Some(distinct.clone())), &EventFilter::All, after, 10, SearchBudget { rows_max: 4, time_max_ms: 60_000 }).await.expect("lists");
        found.extend(page.rows.iter().map(|row| row.event_id));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(found, (0..30).rev().map(id).collect::<Vec<_>>());
}

#[tokio::test]
async fn report_and_attachment_of_a_hidden_event_are_hidden() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let (organization_id, project_id) = (worker.organization_id, worker.project_id);
    let stored = worker.store(vec![event(1, 7, NOW), event(2, 8, NOW)], NOW).await;
    let file = |number| PreparedAttachment { event_id: id(number), index: 0, filename: "a.txt".into(), content_type: None, attachment_type: "event.attachment".into(), bytes: b"hello".to_vec() };
    let report = |number| UserReport { event_id: id(number), name: "Ada".into(), email: "a@b".into(), comments: "broken".into(), timestamp_ms: NOW };
    // Both come a day after their event, for one that is deleted, one that stays and one that never came.
    let late = [1, 2, 3].map(|number| Prepared { attachments: vec![file(number)], user_reports: vec![report(number)], ..Prepared::default() });
    worker.store_all(late.to_vec(), NOW + DAY).await;
    let hash_ids = vec![stored.records[0].units[0].hash_id];
    stores.retention.hide(&[Tombstone::Hashes { organization_id, project_id, hash_ids }], NOW + DAY).await.expect("hides");
    let ids = [1, 2, 3].map(id);
    let files = stores.items.attachments(organization_id, project_id, &ids).await.expect("lists");
    let reports = stores.items.user_reports(organization_id, project_id, &ids).await.expect("lists");
    assert_eq!((files.iter().map(Vec::len).collect::<Vec<_>>(), reports.iter().map(Vec::len).collect::<Vec<_>>()), (vec![0, 1, 1], vec![0, 1, 1]));
    assert_eq!(stores.items.project_user_reports(organization_id, project_id, i64::MAX, 10).await.expect("lists").len(), 2);
}

#[tokio::test]
async fn items_of_a_rare_type_are_found_page_by_page() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    let item = |number: u128, item_type| PreparedItem { item_type, item_id: id(number), timestamp_ms: NOW, quantities: vec![(Category::Transaction, 1)], header: b"{}".to_vec(), payload: b"{}".to_vec() };
    for day in 0..2 {
        let items = (0..20).map(|number| item(day * 100 + number, if number % 10 == 0 { ItemType::Profile } else { ItemType::Transaction })).collect();
        worker.store_all(vec![Prepared { items, ..Prepared::default() }], NOW + day as i64 * DAY).await;
    }
    let budget = SearchBudget { rows_max: 7, time_max_ms: 60_000 };
    let mut query = ItemQuery { organization_id: worker.organization_id, project_id: worker.project_id, item_type: Some(ItemType::Profile), start_ms: NOW, end_ms: NOW + 1, after: None, limit: 10, budget };
    let (mut found, mut pages) = (Vec::new(), 0);
    loop {
        let page = stores.items.list(&query).await.expect("lists");
        found.extend(page.rows.iter().map(|row| row.item_id));
        (query.after, pages) = (page.next, pages + 1);
        if page.next.is_none() || pages == 50 {
            break;
        }
    }
    assert_eq!(found, [110, 100, 10, 0].map(id));
    assert!(pages > 4, "a page looked at more than its budget: {pages} pages");
}

#[tokio::test]
async fn search_spends_one_budget_over_all_files() {
    let folder = tempfile::tempdir().expect("temp dir");
    let stores = open(folder.path(), None).await;
    let worker = Worker::new(&stores).await;
    thirty(&worker).await;
    let never = EventFilter::Is(EventField::Title, EventTest::Equals("never".into()));
    for (rows_max, gives_up) in [(25, true), (100, false)] {
        let hits = stores.event_reads.hashes(&scope(&worker, None), &never, 10, SearchBudget { rows_max, time_max_ms: 60_000 }).await.expect("searches");
        assert_eq!((hits.hits.len(), hits.gave_up), (0, gives_up), "{rows_max} of 30 rows");
    }
}
