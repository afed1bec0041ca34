//! Releases, commits, deploys, environments.

use crate::iso;
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{Deploy, Environment, Project, Release, ReleaseCommit};

pub fn release(release: &Release, projects: &HashMap<i64, Project>) -> Value {
    let of_release: Vec<Value> = release.project_ids.iter().filter_map(|id| projects.get(id)).map(|project| {
        // Numbers here, unlike everywhere else: sentry-cli reads them as integers.
        json!({ "id": project.id, "slug": project.slug, "name": project.name, "platform": project.platform, "newGroups": release.new_issues, "hasHealthData": false })
    }).collect();
    json!({
        "id": release.id, "version": release.version, "shortVersion": short_version(&release.version), "versionInfo": version_info(&release.version),
        "status": if release.archived { "archived" } else { "open" }, "ref": release.reference, "url": release.url, "dateCreated": iso(release.created_ms),
        "dateReleased": release.released_ms.map(iso), "firstEvent": release.first_event_ms.map(iso), "lastEvent": release.last_event_ms.map(iso), "newGroups": release.new_issues,
        "commitCount": release.commit_count, "deployCount": release.deploy_count, "lastCommit": release.last_commit.as_ref().map(|id| json!({ "id": id })), "lastDeploy": null,
        "projects": of_release, "authors": [], "owner": null, "data": {}, "userAgent": null,
    })
}

/// `shop@1.8.2+build` is shown as `1.8.2`.
fn short_version(version: &str) -> &str {
    let after = version.rsplit_once('@').map_or(version, |(_, after)| after);
    after.split('+').next().unwrap_or(after)
}

fn version_info(version: &str) -> Value {
    let (package, rest) = version.rsplit_once('@').map_or((None, version), |(package, rest)| (Some(package), rest));
    json!({ "package": package, "version": { "raw": rest }, "description": short_version(version), "buildHash": rest.split_once('+').map(|(_, build)| build) })
}

pub fn commit(commit: &ReleaseCommit) -> Value {
    json!({
        "id": commit.id, "message": commit.message, "dateCreated": iso(commit.timestamp_ms), "author": { "name": commit.author_name, "email": commit.author_email },
        "repository": { "name": commit.repository }, "releases": [], "pullRequest": null, "suspectCommitType": "",
    })
}

pub fn deploy(deploy: &Deploy) -> Value {
    json!({ "id": deploy.id.to_string(), "environment": deploy.environment, "name": deploy.name, "url": deploy.url, "dateStarted": deploy.started_ms.map(iso), "dateFinished": iso(deploy.finished_ms) })
}

pub fn environment(environment: &Environment) -> Value {
    json!({ "id": environment.id.to_string(), "name": environment.name, "isHidden": environment.hidden })
}
