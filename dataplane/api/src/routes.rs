//! The route table: paths and methods in, one function per route, grouped by noun.

mod accounts;
mod attachments;
mod client_config;
mod comments;
mod events;
mod issue_changes;
mod issue_lists;
mod issues;
mod items;
mod keys;
mod limits;
mod organizations;
mod outcomes;
mod projects;
mod releases;
mod stream;
mod tags;
mod teams;
mod tokens;

use crate::{Api, ApiError, web};
use axum::{Router, http::Method, response::{IntoResponse, Response}, routing::{MethodRouter, delete, get, post}};

/// Everything that is not SDK ingest: API, client config, web.
pub fn router(api: Api) -> Router {
    let mut router: Router<Api> = Router::new();
    for (path, handler) in table() {
        let handler = handler.fallback(method_not_allowed);
        router = router.route(path, handler.clone()).route(&format!("{path}/"), handler);
    }
    router
        .route("/api/0", get(organizations::root))
        .route("/api/0/", get(organizations::root))
        .route("/api/client-config", get(client_config::get))
        .route("/api/client-config/", get(client_config::get))
        .fallback(web::page)
        .layer(tower_http::compression::CompressionLayer::new())
        .with_state(api)
}

async fn method_not_allowed(method: Method) -> Response {
    ApiError::Method(method.to_string()).into_response()
}

fn table() -> Vec<(&'static str, MethodRouter<Api>)> {
    vec![
        ("/api/0/auth", get(accounts::me).delete(accounts::log_out)),
        ("/api/0/auth/login", post(accounts::log_in)),
        ("/api/0/internal/health", get(organizations::health)),
        ("/api/0/users/me", get(accounts::me).put(accounts::update_me)),
        ("/api/0/users/me/regions", get(organizations::regions)),
        ("/api/0/users/me/password", axum::routing::put(accounts::change_password)),
        ("/api/0/api-tokens", get(tokens::list).post(tokens::create).delete(tokens::remove)),
        ("/api/0/organizations", get(organizations::list)),
        ("/api/0/organizations/{organization}", get(organizations::get_one).put(organizations::update)),
        ("/api/0/organizations/{organization}/region", get(organizations::region)),
        ("/api/0/organizations/{organization}/teams", get(teams::list).post(teams::create)),
        ("/api/0/organizations/{organization}/members", get(accounts::members).post(accounts::add_member)),
        ("/api/0/organizations/{organization}/members/{member}", get(accounts::member).put(accounts::update_member).delete(accounts::remove_member)),
        ("/api/0/organizations/{organization}/users", get(accounts::members)),
        ("/api/0/organizations/{organization}/org-auth-tokens", get(tokens::list_organization).post(tokens::create_organization)),
        ("/api/0/organizations/{organization}/org-auth-tokens/{token}", delete(tokens::remove_organization)),
        ("/api/0/organizations/{organization}/projects", get(projects::list)),
        ("/api/0/organizations/{organization}/project-keys", get(keys::list_organization)),
        ("/api/0/organizations/{organization}/environments", get(releases::environments)),
        ("/api/0/organizations/{organization}/repos", get(releases::repositories)),
        ("/api/0/organizations/{organization}/issues", get(issue_lists::list).put(issue_changes::update).delete(issue_changes::remove)),
        ("/api/0/organizations/{organization}/issues/stream", get(stream::issues)),
        ("/api/0/organizations/{organization}/issues/{issue}", get(issues::get_one).put(issue_changes::update_one).delete(issue_changes::remove_one)),
        ("/api/0/organizations/{organization}/issues/{issue}/events", get(events::of_issue)),
        ("/api/0/organizations/{organization}/issues/{issue}/events/{event}", get(events::of_issue_one)),
        ("/api/0/organizations/{organization}/issues/{issue}/tags", get(tags::of_issue)),
        ("/api/0/organizations/{organization}/issues/{issue}/tags/{key}", get(tags::of_issue_key)),
        ("/api/0/organizations/{organization}/issues/{issue}/tags/{key}/values", get(tags::of_issue_values)),
        ("/api/0/organizations/{organization}/issues/{issue}/hashes", get(issues::hashes).delete(issue_changes::unmerge).put(issue_changes::unmerge)),
        ("/api/0/organizations/{organization}/issues/{issue}/notes", get(comments::list).post(comments::create)),
        ("/api/0/organizations/{organization}/issues/{issue}/comments", get(comments::list).post(comments::create)),
        ("/api/0/organizations/{organization}/issues/{issue}/notes/{note}", axum::routing::put(comments::update).delete(comments::remove)),
        ("/api/0/organizations/{organization}/issues/{issue}/comments/{note}", axum::routing::put(comments::update).delete(comments::remove)),
        ("/api/0/organizations/{organization}/issues/{issue}/activities", get(comments::activities)),
        ("/api/0/organizations/{organization}/issues/{issue}/user-reports", get(issues::user_reports)),
        ("/api/0/organizations/{organization}/issues/{issue}/external-issues", get(issues::external_issues)),
        ("/api/0/issues/{issue}", get(issues::get_one).put(issue_changes::update_one).delete(issue_changes::remove_one)),
        ("/api/0/issues/{issue}/events", get(events::of_issue)),
        ("/api/0/issues/{issue}/events/{event}", get(events::of_issue_one)),
        ("/api/0/issues/{issue}/tags", get(tags::of_issue)),
        ("/api/0/issues/{issue}/tags/{key}", get(tags::of_issue_key)),
        ("/api/0/issues/{issue}/hashes", get(issues::hashes).delete(issue_changes::unmerge)),
        ("/api/0/issues/{issue}/notes", get(comments::list).post(comments::create)),
        ("/api/0/organizations/{organization}/shortids/{issue}", get(issues::short_id)),
        ("/api/0/organizations/{organization}/eventids/{event}", get(events::look_up)),
        ("/api/0/organizations/{organization}/tags", get(tags::of_organization)),
        ("/api/0/organizations/{organization}/tags/{key}/values", get(tags::values_of_organization)),
        ("/api/0/organizations/{organization}/stats_v2", get(outcomes::stats)),
        ("/api/0/organizations/{organization}/releases", get(releases::list).post(releases::create)),
        ("/api/0/organizations/{organization}/releases/{version}", get(releases::get_one).put(releases::update).delete(releases::remove)),
        ("/api/0/organizations/{organization}/releases/{version}/commits", get(releases::commits)),
        ("/api/0/organizations/{organization}/releases/{version}/previous-with-commits", get(releases::previous_with_commits)),
        ("/api/0/organizations/{organization}/releases/{version}/deploys", get(releases::deploys).post(releases::add_deploy)),
        ("/api/0/teams/{organization}/{team}", get(teams::get_one).put(teams::update).delete(teams::remove)),
        ("/api/0/teams/{organization}/{team}/projects", get(teams::projects).post(projects::create)),
        ("/api/0/teams/{organization}/{team}/members", get(teams::members)),
        ("/api/0/projects", get(projects::list_all)),
        ("/api/0/projects/{organization}/{project}", get(projects::get_one).put(projects::update).delete(projects::remove)),
        ("/api/0/projects/{organization}/{project}/teams", get(projects::teams)),
        ("/api/0/projects/{organization}/{project}/teams/{team}", post(projects::add_team).delete(projects::remove_team)),
        ("/api/0/projects/{organization}/{project}/keys", get(keys::list).post(keys::create)),
        ("/api/0/projects/{organization}/{project}/keys/{key}", get(keys::get_one).put(keys::update).delete(keys::remove)),
        ("/api/0/projects/{organization}/{project}/quotas", get(limits::quotas).post(limits::set_quota)),
        ("/api/0/projects/{organization}/{project}/filters", get(limits::filters)),
        ("/api/0/projects/{organization}/{project}/filters/{filter}", get(limits::filter).put(limits::set_filter)),
        ("/api/0/projects/{organization}/{project}/environments", get(releases::project_environments)),
        ("/api/0/projects/{organization}/{project}/environments/{environment}", axum::routing::put(releases::hide_environment)),
        ("/api/0/projects/{organization}/{project}/releases", get(releases::list)),
        ("/api/0/projects/{organization}/{project}/releases/{version}", get(releases::get_one).put(releases::update).delete(releases::remove)),
        ("/api/0/projects/{organization}/{project}/releases/{version}/commits", get(releases::commits)),
        ("/api/0/projects/{organization}/{project}/issues", get(issue_lists::list).put(issue_changes::update).delete(issue_changes::remove)),
        ("/api/0/projects/{organization}/{project}/events", get(events::of_project)),
        ("/api/0/projects/{organization}/{project}/events/{event}", get(events::of_project_one)),
        ("/api/0/projects/{organization}/{project}/events/{event}/json", get(events::json)),
        ("/api/0/projects/{organization}/{project}/events/{event}/grouping-info", get(events::grouping_info)),
        ("/api/0/projects/{organization}/{project}/events/{event}/attachments", get(attachments::list)),
        ("/api/0/projects/{organization}/{project}/events/{event}/attachments/{attachment}", get(attachments::get_one)),
        ("/api/0/projects/{organization}/{project}/grouping/check", post(projects::check_grouping)),
        ("/api/0/projects/{organization}/{project}/outcomes/{event}", get(outcomes::of_event)),
        ("/api/0/projects/{organization}/{project}/items", get(items::list)),
        ("/api/0/projects/{organization}/{project}/items/{item}", get(items::get_one)),
        ("/api/0/projects/{organization}/{project}/user-feedback", get(issues::project_user_reports)),
        ("/api/0/projects/{organization}/{project}/user-reports", get(issues::project_user_reports)),
        ("/api/0/projects/{organization}/{project}/tags/{key}/values", get(tags::values_of_organization)),
        ("/api/0/projects/{organization}/{project}/stats", get(outcomes::project_stats)),
    ]
}
