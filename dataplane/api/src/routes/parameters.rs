//! Parameters of query strings, in groups that routes share.

use crate::contract::{Kind, Parameter};

const fn text(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, kind: Kind::Text }
}

const fn texts(name: &'static str, about: &'static str) -> Parameter {
    Parameter { name, about, kind: Kind::Texts }
}

const fn choice(name: &'static str, of: &'static [&'static str], about: &'static str) -> Parameter {
    Parameter { name, about, kind: Kind::Choice(of) }
}

/// Of lists with a `Link` header.
pub const PAGE: &[Parameter] = &[
    text("cursor", "Where the page begins: the cursor of a `Link` header. Empty for the first page."),
    Parameter { name: "per_page", about: "Rows of a page, 1 to 100.", kind: Kind::Integer },
    Parameter { name: "limit", about: "Another name of per_page.", kind: Kind::Integer },
];

/// The window of a question: projects, environments, time.
pub const WINDOW: &[Parameter] = &[
    text("statsPeriod", "The window as an age, such as `24h` or `14d`. Wins over start and end."),
    text("start", "Begin of the window, ISO 8601; default 90 days ago."),
    text("end", "End of the window, ISO 8601; default now."),
    texts("project", "Id or slug; -1 for all."),
    texts("environment", "Name; all where absent."),
];

pub const ISSUE_QUERY: &[Parameter] = &[text("query", "The search; default `is:unresolved`, an empty text finds all.")];
pub const ISSUE_SERIES: &[Parameter] = &[choice("groupStatsPeriod", &["24h", "14d", "30d", "auto"], "Length of the series `stats` of each issue; empty for none.")];
pub const ISSUE_SORT: &[Parameter] = &[
    choice("sort", &["date", "new", "freq", "user", "trends", "inbox", "priority", "recommended"], "Newest events, newest issues, most events, most users, priority."),
];
pub const ISSUE_PARTS: &[Parameter] = &[
    texts("collapse", "`stats` and `lifetime` are not counted; other parts stay, as they cost nothing."),
    texts("expand", "`inbox`, `owners`, `integrationIssues`, `latestEventHasAttachments`: shown only where asked for."),
];
pub const ISSUE_IDS: &[Parameter] = &[
    texts("id", "Issue ids; without one, all that the query finds, at most 1,000."),
    choice("status", &["unresolved", "resolved", "ignored", "muted"], "Narrows the query to a state."),
];
pub const EVENT_QUERY: &[Parameter] = &[text("query", "The search among events; empty finds all."), choice("full", &["0", "1", "false", "true"], "With the whole events.")];
pub const EVENT_TABLE: &[Parameter] = &[
    texts("field", "A column, such as `title` or `release`, `project`, `issue`, or a tag. Default id, title, project.name, timestamp."),
    text("query", "The search among events; empty finds all."),
    texts("sort", "Only `-timestamp`."),
    choice("dataset", &["errors", "discover"], "What is asked; default errors."),
];
pub const EVENT_SERIES: &[Parameter] = &[
    text("query", "The search among events; empty finds all."),
    texts("yAxis", "Only `count()`."),
    text("interval", "Whole minutes, hours or days, such as `5m` or `1h`."),
    choice("dataset", &["errors", "discover"], "What is asked; default errors."),
];
pub const STATS_SUMMARY: &[Parameter] = &[
    choice("field", &["sum(quantity)"], "What is counted; default sum(quantity)."),
    texts("category", "Data categories."),
    texts("outcome", "Outcomes."),
    texts("reason", "Reasons."),
];
pub const NAME_QUERY: &[Parameter] = &[text("query", "Part of the name.")];
pub const VALUE_QUERY: &[Parameter] = &[text("query", "Part of the value.")];
pub const TAG_KEYS: &[Parameter] = &[texts("key", "Only these keys.")];
pub const HASHES: &[Parameter] = &[texts("id", "Hashes to move out.")];
pub const TOKEN: &[Parameter] = &[text("tokenId", "Id of the token.")];
pub const RELEASES: &[Parameter] = &[
    text("query", "Part of the version."),
    choice("status", &["open", "archived"], "Archived releases, or those that are not."),
    texts("project", "Id or slug; -1 for all."),
];
pub const VISIBILITY: &[Parameter] = &[choice("visibility", &["visible", "hidden", "all"], "Which environments; default visible.")];
pub const DOWNLOAD: &[Parameter] = &[text("download", "Present: the bytes instead of their description.")];
pub const GROUPING: &[Parameter] = &[text("config", "Another grouping configuration than the project's.")];
pub const ITEMS: &[Parameter] = &[text("type", "Item type, such as `transaction` or `check_in`.")];
pub const STATS: &[Parameter] = &[
    choice("field", &["sum(quantity)", "sum(times_seen)"], "What is counted; default sum(quantity)."),
    Parameter { name: "groupBy", about: "outcome, category, reason, project, key.", kind: Kind::Texts },
    text("interval", "Whole hours or days, such as `1h`; default 1h."),
    texts("category", "Data categories."),
    texts("outcome", "Outcomes."),
    texts("reason", "Reasons."),
];
pub const PROJECT_STATS: &[Parameter] = &[choice("stat", &["received", "generated", "rejected", "blacklisted"], "What is counted; default received.")];
