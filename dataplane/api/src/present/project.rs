//! Projects and keys.

use super::people;
use crate::iso;
use serde_json::{Map, Value, json};
use store::{Organization, Project, ProjectKey, Team};

/// The short form, inside other objects.
pub fn brief(project: &Project) -> Value {
    json!({ "id": project.id.to_string(), "slug": project.slug, "name": project.name, "platform": project.platform })
}

pub fn project(project: &Project, teams: &[Team], user_id: Option<i64>) -> Value {
    let teams: Vec<Value> = teams.iter().filter(|team| project.teams.contains(&team.id)).map(|team| people::team(team, user_id)).collect();
    json!({
        "id": project.id.to_string(), "slug": project.slug, "name": project.name, "platform": project.platform, "status": if project.active { "active" } else { "disabled" },
        "dateCreated": iso(project.created_ms), "firstEvent": project.first_event_ms.map(iso), "firstTransactionEvent": false, "isBookmarked": false, "isMember": true,
        "hasAccess": true, "isPublic": false, "isInternal": false, "color": "#57524a", "features": ["releases"], "access": ["project:read", "event:read", "event:write"],
        "avatar": { "avatarType": "letter_avatar", "avatarUuid": null }, "team": teams.first(), "teams": teams, "managedBy": project.managed_by,
    })
}

/// The long form, of one project.
pub fn detailed(project: &Project, teams: &[Team], organization: &Organization, public_url: &str, user_id: Option<i64>) -> Value {
    let mut object = self::project(project, teams, user_id);
    let options = &project.options;
    let (scrubbing, grouping) = (&options.scrubbing, &options.grouping);
    let more = json!({
        "organization": people::organization(organization, public_url), "allowedDomains": project.options.allowed_domains, "resolveAge": project.options.resolve_age_h,
        "verifySecret": project.options.verify_secret, "regressionCooldown": project.options.regression_cooldown_s,
        "dataScrubber": scrubbing.scrub_data, "dataScrubberDefaults": scrubbing.scrub_defaults, "scrubIPAddresses": scrubbing.scrub_ip_addresses,
        "sensitiveFields": scrubbing.sensitive_fields, "safeFields": scrubbing.safe_fields, "groupingConfig": grouping.config,
        "groupingEnhancements": grouping.enhancements, "fingerprintingRules": grouping.fingerprinting,
        "options": {
            "filters:blacklisted_ips": options.filters.ip_addresses.join("\n"), "filters:releases": options.filters.releases.join("\n"),
            "filters:error_messages": options.filters.error_messages.join("\n"),
        },
        "digestsMinDelay": 300, "digestsMaxDelay": 1800, "subjectPrefix": "", "securityToken": "", "securityTokenHeader": null, "verifySSL": false,
        "defaultEnvironment": null, "processingIssues": 0, "latestRelease": null, "plugins": [], "relayPiiConfig": null,
    });
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    object
}

pub fn key(key: &ProjectKey, public_url: &str) -> Value {
    let (scheme, host) = public_url.split_once("://").unwrap_or(("http", public_url));
    let (public, project) = (key.public.as_str(), key.project_id);
    let api = format!("{public_url}/api/{project}");
    let mut dsn = Map::new();
    for (name, value) in [
        ("public", format!("{scheme}://{public}@{host}/{project}")),
        ("secret", format!("{scheme}://{public}:{}@{host}/{project}", key.secret)),
        ("csp", format!("{api}/csp-report/?sentry_key={public}")),
        ("security", format!("{api}/security/?sentry_key={public}")),
        ("minidump", format!("{api}/minidump/?sentry_key={public}")),
        ("nel", format!("{api}/nel/?sentry_key={public}")),
        ("unreal", format!("{api}/unreal/{public}/")),
        ("crons", format!("{api}/cron/___MONITOR_SLUG___/{public}/")),
        ("cdn", format!("{public_url}/js-sdk-loader/{public}.min.js")),
        ("otlp_traces", format!("{api}/integration/otlp/v1/traces")),
        ("otlp_logs", format!("{api}/integration/otlp/v1/logs")),
    ] {
        dsn.insert(name.to_owned(), value.into());
    }
    let rate = key.rate.map(|rate| json!({ "window": 1, "count": rate.per_second }));
    json!({
        "id": key.id.to_string(), "name": key.label, "label": key.label, "public": public, "secret": key.secret, "projectId": project, "isActive": key.active,
        "rateLimit": rate, "dsn": dsn, "browserSdkVersion": "11.x", "browserSdk": { "choices": [["11.x", "11.x"]] },
        "dynamicSdkLoaderOptions": { "hasReplay": false, "hasPerformance": false, "hasDebug": false }, "dateCreated": iso(key.created_ms), "useCase": "user",
    })
}
