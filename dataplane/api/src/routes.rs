//! The route table: every path with its operations, grouped by noun. Router and `openapi.json` are made of it.

mod accounts;
mod attachments;
mod client_config;
mod comments;
mod event_tables;
mod events;
mod issue_changes;
mod issue_lists;
mod issues;
mod items;
mod keys;
mod limits;
mod organizations;
mod outcomes;
mod parameters;
mod projects;
mod releases;
mod stream;
mod tags;
mod teams;
mod tokens;

use crate::{Api, ApiError, throttle, contract::{Needs::{Caller, Nothing}, Operation, delete, get, post, put}, web};
use axum::{Router, http::Method, response::{IntoResponse, Response}, routing::MethodRouter};
use parameters::*;

/// Everything that is not SDK ingest: API, client config, web.
pub fn router(api: Api) -> Router {
    let mut router: Router<Api> = Router::new();
    for (path, operations) in table().into_iter().flat_map(|section| section.paths) {
        let handler = operations.into_iter().fold(MethodRouter::new(), |handler, operation| handler.merge(operation.into_route()));
        let handler = handler.fallback(method_not_allowed);
        router = router.route(path, handler.clone()).route(&format!("{path}/"), handler);
    }
    let admitted = axum::middleware::from_fn_with_state(api.clone(), throttle::admit);
    // Below the routes only: the web bundle is no API.
    router.route_layer(admitted).fallback(web::page).layer(tower_http::compression::CompressionLayer::new()).with_state(api)
}

async fn method_not_allowed(method: Method) -> Response {
    ApiError::Method(method.to_string()).into_response()
}

/// Paths about one noun.
pub struct Section {
    pub name: &'static str,
    /// Without the slash at their end; both forms are served.
    pub paths: Vec<(&'static str, Vec<Operation>)>,
}

pub fn table() -> Vec<Section> {
    let section = |name, paths| Section { name, paths };
    vec![
        section("Server", server()),
        section("Accounts", accounts()),
        section("Organizations", organizations()),
        section("Teams", teams()),
        section("Projects", projects()),
        section("Issues", issues()),
        section("Events", events()),
        section("Releases", releases()),
        section("Outcomes", outcomes()),
    ]
}

type Paths = Vec<(&'static str, Vec<Operation>)>;

fn server() -> Paths {
    vec![
        ("/api/0", vec![get(organizations::root, Nothing, "Who calls and with which scopes")]),
        ("/api/client-config", vec![get(client_config::get, Nothing, "What a web client needs before anything else")]),
        ("/api/0/internal/health", vec![get(organizations::health, Caller, "Whether the server is well")]),
    ]
}

fn accounts() -> Paths {
    vec![
        ("/api/0/auth", vec![get(accounts::me, Caller, "The caller's account"), delete(accounts::log_out, Nothing, "End the session")]),
        ("/api/0/auth/login", vec![post(accounts::log_in, Nothing, "Open a session: two cookies")]),
        ("/api/0/users/me", vec![get(accounts::me, Caller, "The caller's account"), put(accounts::update_me, Caller, "Change the caller's name")]),
        ("/api/0/users/me/regions", vec![get(organizations::regions, Caller, "Servers that hold the caller's organizations: this one")]),
        ("/api/0/users/me/password", vec![put(accounts::change_password, Caller, "Change the caller's password")]),
        ("/api/0/api-tokens", vec![
            get(tokens::list, "org:read", "The caller's tokens").asks(&[PAGE]),
            post(tokens::create, "org:read", "Make a token with scopes that the caller has"),
            delete(tokens::remove, "org:read", "Remove a token").asks(&[TOKEN]),
        ]),
    ]
}

fn organizations() -> Paths {
    vec![
        ("/api/0/organizations", vec![get(organizations::list, Caller, "Organizations that the caller sees").asks(&[NAME_QUERY, PAGE])]),
        ("/api/0/organizations/{organization}", vec![get(organizations::get_one, "org:read", "One organization"), put(organizations::update, "org:write", "Change name or slug")]),
        ("/api/0/organizations/{organization}/region", vec![get(organizations::region, "org:read", "Where the organization is kept: here")]),
        ("/api/0/organizations/{organization}/members", vec![get(accounts::members, "member:read", "Members").asks(&[PAGE]), post(accounts::add_member, "member:write", "Add a member, with an account where there is none")]),
        ("/api/0/organizations/{organization}/members/{member}", vec![
            get(accounts::member, "member:read", "One member; `me` is the caller"),
            put(accounts::update_member, "member:write", "Change a member's role"),
            delete(accounts::remove_member, "member:admin", "Remove a member"),
        ]),
        ("/api/0/organizations/{organization}/members/{member}/password", vec![put(accounts::set_member_password, "member:admin", "Give a member of one's own rank or below a password, and end the member's sessions")]),
        ("/api/0/organizations/{organization}/members/{member}/teams/{team}", vec![post(teams::add_member, "team:write", "Add a member to a team; 200 where it is in it already"), delete(teams::remove_member, "team:write", "Take a member out of a team")]),
        ("/api/0/organizations/{organization}/users", vec![get(accounts::members, "member:read", "Members").asks(&[PAGE])]),
        ("/api/0/organizations/{organization}/org-auth-tokens", vec![get(tokens::list_organization, "org:read", "Tokens of the organization"), post(tokens::create_organization, "org:write", "Make a token for programs")]),
        ("/api/0/organizations/{organization}/org-auth-tokens/{token}", vec![delete(tokens::remove_organization, "org:write", "Remove a token")]),
        ("/api/0/organizations/{organization}/projects", vec![get(projects::list, "project:read", "Projects").asks(&[NAME_QUERY, PAGE]), post(projects::create_in_organization, "project:write", "Make a project with a key in a team of the caller")]),
        ("/api/0/organizations/{organization}/project-keys", vec![get(keys::list_organization, "project:read", "Keys of all projects").asks(&[PAGE])]),
        ("/api/0/organizations/{organization}/environments", vec![get(releases::environments, "org:read", "Environments of all projects")]),
        ("/api/0/organizations/{organization}/repos", vec![get(releases::repositories, "org:read", "Repositories of connected code hosts").asks(&[PAGE])]),
    ]
}

fn teams() -> Paths {
    vec![
        ("/api/0/organizations/{organization}/teams", vec![get(teams::list, "team:read", "Teams with their projects").asks(&[PAGE]), post(teams::create, "team:write", "Make a team with the caller in it")]),
        ("/api/0/teams/{organization}/{team}", vec![get(teams::get_one, "team:read", "One team"), put(teams::update, "team:write", "Change name or slug"), delete(teams::remove, "team:admin", "Remove a team")]),
        ("/api/0/teams/{organization}/{team}/projects", vec![get(teams::projects, "project:read", "Projects of a team").asks(&[PAGE]), post(projects::create, "project:write", "Make a project with a key")]),
        ("/api/0/teams/{organization}/{team}/members", vec![get(teams::members, "member:read", "Members of a team").asks(&[PAGE])]),
    ]
}

fn projects() -> Paths {
    vec![
        ("/api/0/projects", vec![get(projects::list_all, "project:read", "Projects of the caller's organization").asks(&[NAME_QUERY, PAGE])]),
        ("/api/0/projects/{organization}/{project}", vec![
            get(projects::get_one, "project:read", "One project with its settings"),
            put(projects::update, "project:write", "Change settings"),
            delete(projects::remove, "project:admin", "Remove a project with all its events"),
        ]),
        ("/api/0/projects/{organization}/{project}/teams", vec![get(projects::teams, "project:read", "Teams of a project").asks(&[PAGE])]),
        ("/api/0/projects/{organization}/{project}/teams/{team}", vec![post(projects::add_team, "project:write", "Give a project to a team"), delete(projects::remove_team, "project:write", "Take a project from a team")]),
        ("/api/0/projects/{organization}/{project}/keys", vec![get(keys::list, "project:read", "Keys: the DSNs").asks(&[PAGE]), post(keys::create, "project:write", "Make a key")]),
        ("/api/0/projects/{organization}/{project}/keys/{key}", vec![get(keys::get_one, "project:read", "One key"), put(keys::update, "project:write", "Change name, state or rate limit"), delete(keys::remove, "project:admin", "Remove a key")]),
        ("/api/0/projects/{organization}/{project}/quotas", vec![get(limits::quotas, "project:read", "Quotas and how much of them is used"), post(limits::set_quota, "project:write", "Set a quota")]),
        ("/api/0/projects/{organization}/{project}/quotas/{quota}", vec![delete(limits::remove_quota, "project:write", "Remove a quota")]),
        ("/api/0/projects/{organization}/{project}/filters", vec![get(limits::filters, "project:read", "Inbound filters")]),
        ("/api/0/projects/{organization}/{project}/filters/{filter}", vec![get(limits::filter, "project:read", "One inbound filter"), put(limits::set_filter, "project:write", "Turn a filter on or off, or set its entries")]),
        ("/api/0/projects/{organization}/{project}/environments", vec![get(releases::project_environments, "project:read", "Environments").asks(&[VISIBILITY])]),
        ("/api/0/projects/{organization}/{project}/environments/{environment}", vec![put(releases::hide_environment, "project:write", "Hide or show an environment")]),
        ("/api/0/projects/{organization}/{project}/grouping/check", vec![post(projects::check_grouping, "project:read", "Check grouping rules as they are typed")]),
    ]
}

/// Changes answer the issue as it is now, in the window asked for.
const SHOWN: &[&[crate::contract::Parameter]] = &[WINDOW, ISSUE_SERIES];

fn issue_list() -> Vec<Operation> {
    vec![
        get(issue_lists::list, "event:read", "Issues that a query finds").asks(&[ISSUE_QUERY, ISSUE_SORT, ISSUE_SERIES, ISSUE_PARTS, WINDOW, PAGE]),
        put(issue_changes::update, "event:write", "Change several issues; 204 where none is found").asks(&[ISSUE_IDS, ISSUE_QUERY, ISSUE_SERIES, WINDOW]),
        delete(issue_changes::remove, "event:admin", "Remove several issues").asks(&[ISSUE_IDS, ISSUE_QUERY, WINDOW]),
    ]
}

fn issue() -> Vec<Operation> {
    vec![
        get(issues::get_one, "event:read", "One issue, by id or short id").asks(SHOWN),
        put(issue_changes::update_one, "event:write", "Change an issue; 204 where it is discarded").asks(SHOWN),
        delete(issue_changes::remove_one, "event:admin", "Remove an issue"),
    ]
}

fn issue_hashes() -> Vec<Operation> {
    vec![
        get(issues::hashes, "event:read", "Hashes of an issue").asks(&[PAGE]),
        put(issue_changes::unmerge, "event:write", "Move hashes out into an issue of their own").asks(&[HASHES]),
        delete(issue_changes::unmerge, "event:write", "Move hashes out into an issue of their own").asks(&[HASHES]),
    ]
}

fn comments() -> Vec<Operation> {
    vec![get(comments::list, "event:read", "Comments, newest first").asks(&[PAGE]), post(comments::create, "event:write", "Write a comment")]
}

fn comment() -> Vec<Operation> {
    vec![put(comments::update, "event:write", "Change a comment of one's own"), delete(comments::remove, "event:write", "Remove a comment of one's own")]
}

fn issue_events() -> Vec<Operation> {
    vec![get(events::of_issue, "event:read", "Events of an issue, newest first").asks(&[EVENT_QUERY, WINDOW, PAGE])]
}

fn issue_event() -> Vec<Operation> {
    vec![get(events::of_issue_one, "event:read", "One event by id, or `latest`, `oldest`, `recommended`").asks(&[WINDOW])]
}

fn issue_tags() -> Vec<Operation> {
    vec![get(tags::of_issue, "event:read", "Tags of an issue with their most frequent values").asks(&[TAG_KEYS, WINDOW])]
}

fn issue_tag() -> Vec<Operation> {
    vec![get(tags::of_issue_key, "event:read", "One tag of an issue").asks(&[WINDOW])]
}

fn issues() -> Paths {
    vec![
        ("/api/0/organizations/{organization}/issues", issue_list()),
        ("/api/0/projects/{organization}/{project}/issues", issue_list()),
        ("/api/0/organizations/{organization}/issues/stream", vec![get(stream::issues, "event:read", "Live updates: server-sent events `issue`, `reload`, `ping`")]),
        ("/api/0/organizations/{organization}/issues/{issue}", issue()),
        ("/api/0/organizations/{organization}/issues/{issue}/events", issue_events()),
        ("/api/0/organizations/{organization}/issues/{issue}/events/{event}", issue_event()),
        ("/api/0/organizations/{organization}/issues/{issue}/tags", issue_tags()),
        ("/api/0/organizations/{organization}/issues/{issue}/tags/{key}", issue_tag()),
        ("/api/0/organizations/{organization}/issues/{issue}/tags/{key}/values", vec![get(tags::of_issue_values, "event:read", "Values of a tag, most frequent first").asks(&[WINDOW, PAGE])]),
        ("/api/0/organizations/{organization}/issues/{issue}/hashes", issue_hashes()),
        ("/api/0/organizations/{organization}/issues/{issue}/notes", comments()),
        ("/api/0/organizations/{organization}/issues/{issue}/comments", comments()),
        ("/api/0/organizations/{organization}/issues/{issue}/notes/{note}", comment()),
        ("/api/0/organizations/{organization}/issues/{issue}/comments/{note}", comment()),
        ("/api/0/organizations/{organization}/issues/{issue}/activities", vec![get(comments::activities, "event:read", "Activity, newest first")]),
        ("/api/0/organizations/{organization}/issues/{issue}/user-reports", vec![get(issues::user_reports, "event:read", "What users said about the newest events").asks(&[WINDOW, PAGE])]),
        ("/api/0/organizations/{organization}/issues/{issue}/external-issues", vec![get(issues::external_issues, "event:read", "Issues in connected trackers")]),
        ("/api/0/issues/{issue}", issue()),
        ("/api/0/issues/{issue}/events", issue_events()),
        ("/api/0/issues/{issue}/events/{event}", issue_event()),
        ("/api/0/issues/{issue}/tags", issue_tags()),
        ("/api/0/issues/{issue}/tags/{key}", issue_tag()),
        ("/api/0/issues/{issue}/hashes", issue_hashes()),
        ("/api/0/issues/{issue}/notes", comments()),
        ("/api/0/organizations/{organization}/shortids/{issue}", vec![get(issues::short_id, "event:read", "Find an issue by its short id").asks(SHOWN)]),
    ]
}

fn tag_values() -> Vec<Operation> {
    vec![get(tags::values_of_organization, "event:read", "Values of a tag, most frequent first").asks(&[VALUE_QUERY, WINDOW, PAGE])]
}

fn events() -> Paths {
    vec![
        ("/api/0/organizations/{organization}/eventids/{event}", vec![get(events::look_up, "event:read", "Find an event by its id")]),
        ("/api/0/organizations/{organization}/events", vec![get(event_tables::table, "event:read", "Events as a table of fields, newest first").asks(&[EVENT_TABLE, WINDOW, PAGE])]),
        ("/api/0/organizations/{organization}/events-stats", vec![get(event_tables::series, "event:read", "Events over time").asks(&[EVENT_SERIES, WINDOW])]),
        ("/api/0/organizations/{organization}/tags", vec![get(tags::of_organization, "event:read", "Tags of all events").asks(&[WINDOW])]),
        ("/api/0/organizations/{organization}/tags/{key}/values", tag_values()),
        ("/api/0/projects/{organization}/{project}/tags/{key}/values", tag_values()),
        ("/api/0/projects/{organization}/{project}/events", vec![get(events::of_project, "event:read", "Events, newest first").asks(&[EVENT_QUERY, WINDOW, PAGE])]),
        ("/api/0/projects/{organization}/{project}/events/{event}", vec![get(events::of_project_one, "event:read", "One event")]),
        ("/api/0/projects/{organization}/{project}/events/{event}/json", vec![get(events::json, "event:read", "The stored event as it is")]),
        ("/api/0/projects/{organization}/{project}/events/{event}/grouping-info", vec![get(events::grouping_info, "event:read", "Why an event is in its issue").asks(&[GROUPING])]),
        ("/api/0/projects/{organization}/{project}/events/{event}/attachments", vec![get(attachments::list, "event:read", "Attachments of an event").asks(&[PAGE])]),
        ("/api/0/projects/{organization}/{project}/events/{event}/attachments/{attachment}", vec![get(attachments::get_one, "event:read", "An attachment: its description, or its bytes").asks(&[DOWNLOAD])]),
        ("/api/0/projects/{organization}/{project}/items", vec![get(items::list, "event:read", "Items stored whole, newest first").asks(&[ITEMS, WINDOW, PAGE])]),
        ("/api/0/projects/{organization}/{project}/items/{item}", vec![get(items::get_one, "event:read", "The bytes of an item as they came")]),
        ("/api/0/projects/{organization}/{project}/user-feedback", vec![get(issues::project_user_reports, "event:read", "What users said").asks(&[PAGE])]),
        ("/api/0/projects/{organization}/{project}/user-reports", vec![get(issues::project_user_reports, "event:read", "What users said").asks(&[PAGE])]),
    ]
}

fn release() -> Vec<Operation> {
    vec![
        get(releases::get_one, "project:releases", "One release"),
        put(releases::update, "project:releases", "Change a release, or set its commits"),
        delete(releases::remove, "project:releases", "Remove a release"),
    ]
}

fn commits() -> Vec<Operation> {
    vec![get(releases::commits, "project:releases", "Commits of a release").asks(&[PAGE])]
}

fn releases() -> Paths {
    vec![
        ("/api/0/organizations/{organization}/releases", vec![
            get(releases::list, "project:releases", "Releases, newest first").asks(&[RELEASES, PAGE]),
            post(releases::create, "project:releases", "Make a release; 208 where it is there already"),
        ]),
        ("/api/0/organizations/{organization}/releases/{version}", release()),
        ("/api/0/organizations/{organization}/releases/{version}/commits", commits()),
        ("/api/0/organizations/{organization}/releases/{version}/previous-with-commits", vec![get(releases::previous_with_commits, "project:releases", "The release before with commits, or an empty object")]),
        ("/api/0/organizations/{organization}/releases/{version}/deploys", vec![get(releases::deploys, "project:releases", "Deploys of a release").asks(&[PAGE]), post(releases::add_deploy, "project:releases", "Note a deploy")]),
        ("/api/0/projects/{organization}/{project}/releases", vec![get(releases::list, "project:releases", "Releases of a project, newest first").asks(&[RELEASES, PAGE])]),
        ("/api/0/projects/{organization}/{project}/releases/{version}", release()),
        ("/api/0/projects/{organization}/{project}/releases/{version}/commits", commits()),
    ]
}

fn outcomes() -> Paths {
    vec![
        ("/api/0/organizations/{organization}/stats_v2", vec![get(outcomes::stats, "org:read", "What became of everything received, counted").asks(&[STATS, WINDOW])]),
        ("/api/0/organizations/{organization}/stats-summary", vec![get(outcomes::summary, "org:read", "What became of everything received, by project and category").asks(&[STATS_SUMMARY, WINDOW])]),
        ("/api/0/projects/{organization}/{project}/outcomes/{event}", vec![get(outcomes::of_event, "event:read", "What became of one event")]),
        ("/api/0/projects/{organization}/{project}/stats", vec![get(outcomes::project_stats, "project:read", "Events of the last 24 hours: `[seconds, count]` by hour").asks(&[PROJECT_STATS])]),
    ]
}
