//! Projects and keys.

use super::{people::{self, Avatar, Organization, Team}, values::{Empty, Id, ScopeName, Time}};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The short form, inside other objects.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ProjectBrief {
    pub id: Id,
    pub slug: String,
    pub name: String,
    pub platform: Option<String>,
}

pub fn brief(project: &store::Project) -> ProjectBrief {
    ProjectBrief { id: Id(project.id), slug: project.slug.clone(), name: project.name.clone(), platform: project.platform.clone() }
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Project {
    id: Id,
    slug: String,
    name: String,
    platform: Option<String>,
    /// `active` or `disabled`.
    status: &'static str,
    date_created: Time,
    first_event: Option<Time>,
    first_transaction_event: bool,
    is_bookmarked: bool,
    is_member: bool,
    has_access: bool,
    is_public: bool,
    is_internal: bool,
    color: &'static str,
    features: [&'static str; 1],
    #[schema(value_type = Vec<ScopeName>)]
    access: [&'static str; 3],
    avatar: Avatar,
    team: Option<Team>,
    teams: Vec<Team>,
    /// Filters as lists with a line per entry.
    options: BTreeMap<&'static str, String>,
    /// Who declared it elsewhere, such as `kubernetes shop/checkout`: then it cannot be changed here.
    managed_by: Option<String>,
}

pub fn project(project: &store::Project, teams: &[store::Team], user_id: Option<i64>) -> Project {
    let teams: Vec<Team> = teams.iter().filter(|team| project.teams.contains(&team.id)).map(|team| people::team(team, user_id)).collect();
    let filters = &project.options.filters;
    Project {
        id: Id(project.id),
        slug: project.slug.clone(),
        name: project.name.clone(),
        platform: project.platform.clone(),
        status: if project.active { "active" } else { "disabled" },
        date_created: Time(project.created_ms),
        first_event: project.first_event_ms.map(Time),
        first_transaction_event: false,
        is_bookmarked: false,
        is_member: true,
        has_access: true,
        is_public: false,
        is_internal: false,
        color: "#57524a",
        features: ["releases"],
        access: ["project:read", "event:read", "event:write"],
        avatar: Avatar::LETTER,
        team: teams.first().cloned(),
        teams,
        options: BTreeMap::from([
            ("filters:blacklisted_ips", filters.ip_addresses.join("\n")),
            ("filters:releases", filters.releases.join("\n")),
            ("filters:error_messages", filters.error_messages.join("\n")),
        ]),
        managed_by: project.managed_by.clone(),
    }
}

/// A team with the projects it owns.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct TeamWithProjects {
    #[serde(flatten)]
    pub team: Team,
    pub projects: Vec<Project>,
}

/// The long form, of one project.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectDetail {
    #[serde(flatten)]
    project: Project,
    organization: Organization,
    allowed_domains: Vec<String>,
    /// Hours without an event after which an issue is resolved; 0 never.
    resolve_age: u32,
    verify_secret: bool,
    /// Seconds after a resolution in which an event does not bring the issue back.
    regression_cooldown: u32,
    /// Days.
    event_retention: u32,
    data_scrubber: bool,
    data_scrubber_defaults: bool,
    #[serde(rename = "scrubIPAddresses")]
    scrub_ip_addresses: bool,
    sensitive_fields: Vec<String>,
    safe_fields: Vec<String>,
    grouping_config: String,
    grouping_enhancements: String,
    fingerprinting_rules: String,
    digests_min_delay: u32,
    digests_max_delay: u32,
    subject_prefix: &'static str,
    security_token: &'static str,
    security_token_header: Option<String>,
    #[serde(rename = "verifySSL")]
    verify_ssl: bool,
    default_environment: Option<String>,
    processing_issues: u32,
    latest_release: Option<Empty>,
    plugins: Vec<Empty>,
    relay_pii_config: Option<String>,
}

pub fn detailed(project: &store::Project, teams: &[store::Team], organization: &store::Organization, public_url: &str, user_id: Option<i64>) -> ProjectDetail {
    let options = &project.options;
    let (scrubbing, grouping) = (&options.scrubbing, &options.grouping);
    ProjectDetail {
        project: self::project(project, teams, user_id),
        organization: people::organization(organization, public_url),
        allowed_domains: options.allowed_domains.clone(),
        resolve_age: options.resolve_age_h,
        verify_secret: options.verify_secret,
        regression_cooldown: options.regression_cooldown_s,
        event_retention: options.event_retention_d,
        data_scrubber: scrubbing.scrub_data,
        data_scrubber_defaults: scrubbing.scrub_defaults,
        scrub_ip_addresses: scrubbing.scrub_ip_addresses,
        sensitive_fields: scrubbing.sensitive_fields.clone(),
        safe_fields: scrubbing.safe_fields.clone(),
        grouping_config: grouping.config.clone(),
        grouping_enhancements: grouping.enhancements.clone(),
        fingerprinting_rules: grouping.fingerprinting.clone(),
        digests_min_delay: 300,
        digests_max_delay: 1800,
        subject_prefix: "",
        security_token: "",
        security_token_header: None,
        verify_ssl: false,
        default_environment: None,
        processing_issues: 0,
        latest_release: None,
        plugins: Vec::new(),
        relay_pii_config: None,
    }
}

/// Where SDKs send what.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Dsn {
    public: String,
    secret: String,
    csp: String,
    security: String,
    minidump: String,
    nel: String,
    unreal: String,
    crons: String,
    cdn: String,
    otlp_traces: String,
    otlp_logs: String,
}

/// `count` events in `window` seconds.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct RateLimit {
    window: u64,
    count: u64,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BrowserSdk {
    choices: Vec<[&'static str; 2]>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct LoaderOptions {
    has_replay: bool,
    has_performance: bool,
    has_debug: bool,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProjectKey {
    id: Id,
    name: String,
    label: String,
    public: String,
    secret: String,
    /// A number here, as clients read it.
    project_id: i64,
    is_active: bool,
    /// Whether requests must send the secret half too.
    verify_secret: bool,
    rate_limit: Option<RateLimit>,
    dsn: Dsn,
    browser_sdk_version: &'static str,
    browser_sdk: BrowserSdk,
    dynamic_sdk_loader_options: LoaderOptions,
    date_created: Time,
    use_case: &'static str,
}

pub fn key(key: &store::ProjectKey, public_url: &str) -> ProjectKey {
    ProjectKey {
        id: Id(key.id),
        name: key.label.clone(),
        label: key.label.clone(),
        public: key.public.as_str().to_owned(),
        secret: key.secret.clone(),
        project_id: key.project_id,
        is_active: key.active,
        verify_secret: key.verify_secret,
        rate_limit: key.rate.map(rate_limit),
        dsn: dsn(key, public_url),
        browser_sdk_version: "11.x",
        browser_sdk: BrowserSdk { choices: vec![["11.x", "11.x"]] },
        dynamic_sdk_loader_options: LoaderOptions { has_replay: false, has_performance: false, has_debug: false },
        date_created: Time(key.created_ms),
        use_case: "user",
    }
}

/// The pair a client set: a bucket holds one window's worth. Clients such as Terraform compare it with what they sent.
fn rate_limit(rate: store::Rate) -> RateLimit {
    let window = if rate.per_second > 0.0 { (rate.burst / rate.per_second).round().max(1.0) } else { 1.0 };
    RateLimit { window: window as u64, count: rate.burst.round() as u64 }
}

fn dsn(key: &store::ProjectKey, public_url: &str) -> Dsn {
    let (scheme, host) = public_url.split_once("://").unwrap_or(("http", public_url));
    let (public, project) = (key.public.as_str(), key.project_id);
    let api = format!("{public_url}/api/{project}");
    Dsn {
        public: format!("{scheme}://{public}@{host}/{project}"),
        secret: format!("{scheme}://{public}:{}@{host}/{project}", key.secret),
        csp: format!("{api}/csp-report/?sentry_key={public}"),
        security: format!("{api}/security/?sentry_key={public}"),
        minidump: format!("{api}/minidump/?sentry_key={public}"),
        nel: format!("{api}/nel/?sentry_key={public}"),
        unreal: format!("{api}/unreal/{public}/"),
        crons: format!("{api}/cron/___MONITOR_SLUG___/{public}/"),
        cdn: format!("{public_url}/js-sdk-loader/{public}.min.js"),
        otlp_traces: format!("{api}/integration/otlp/v1/traces"),
        otlp_logs: format!("{api}/integration/otlp/v1/logs"),
    }
}
