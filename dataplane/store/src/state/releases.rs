//! Releases: made by events, CI and people; ordered by semver, else by date.

use super::{State, issue_sql::contains, release_parts::{DEPLOY, deploy}, sql::{Read, Sql, failed, reader}};
use crate::ports::{CommitAuthor, Deploy, Release, ReleaseChange, ReleaseQuery, Releases, StateError};
use model::{ids::Id, version};
use sqlx::{AnyConnection, any::AnyRow};
use std::collections::HashMap;

const RELEASE: &str = "r.id, r.organization_id, r.version, r.reference, r.url, r.created_ms, r.released_ms, r.archived,
    (SELECT MIN(rp.first_event_ms) FROM release_project rp WHERE rp.release_id = r.id), (SELECT MAX(rp.last_event_ms) FROM release_project rp WHERE rp.release_id = r.id),
    (SELECT CAST(COALESCE(SUM(rp.new_issues), 0) AS BIGINT) FROM release_project rp WHERE rp.release_id = r.id),
    (SELECT c.sha FROM release_commit c WHERE c.release_id = r.id ORDER BY c.place LIMIT 1),
    (SELECT CAST(COUNT(*) AS BIGINT) FROM release_commit c WHERE c.release_id = r.id), (SELECT CAST(COUNT(*) AS BIGINT) FROM deploy d WHERE d.release_id = r.id)";

fn release(row: &AnyRow) -> Result<Release, StateError> {
    Ok(Release {
        id: row.int(0)?,
        organization_id: row.int(1)?,
        version: row.text(2)?,
        reference: row.maybe_text(3)?,
        url: row.maybe_text(4)?,
        created_ms: row.int(5)?,
        released_ms: row.maybe_int(6)?,
        archived: row.int(7)? != 0,
        first_event_ms: row.maybe_int(8)?,
        last_event_ms: row.maybe_int(9)?,
        new_issues: row.int(10)? as u64,
        last_commit: row.maybe_text(11)?,
        commit_count: row.int(12)? as u64,
        deploy_count: row.int(13)? as u64,
        project_ids: Vec::new(),
        last_deploy: None,
        authors: Vec::new(),
    })
}

/// Releases with what other tables say of them.
async fn whole(on: &mut AnyConnection, rows: &[AnyRow]) -> Result<Vec<Release>, StateError> {
    let mut releases = rows.iter().map(release).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<Id> = releases.iter().map(|release| release.id).collect();
    let mut projects: HashMap<Id, Vec<Id>> = HashMap::new();
    let mut sql = Sql::new("SELECT release_id, project_id FROM release_project WHERE release_id IN (");
    for row in sql.ids(&ids).push(") ORDER BY project_id").all(on, "read projects of releases").await? {
        projects.entry(row.int(0)?).or_default().push(row.int(1)?);
    }
    let mut deploys: HashMap<Id, Deploy> = HashMap::new();
    let mut sql = Sql::new(&format!("SELECT {DEPLOY}, d.release_id FROM deploy d WHERE d.release_id IN ("));
    // Later rows replace earlier ones: the newest stays.
    for row in sql.ids(&ids).push(") ORDER BY d.finished_ms, d.id").all(on, "read last deploys").await? {
        deploys.insert(row.int(6)?, deploy(&row)?);
    }
    let mut authors: HashMap<Id, Vec<CommitAuthor>> = HashMap::new();
    let mut sql = Sql::new("SELECT release_id, author_name, author_email FROM release_commit WHERE release_id IN (");
    for row in sql.ids(&ids).push(") AND author_email <> '' GROUP BY release_id, author_name, author_email ORDER BY MIN(place)").all(on, "read authors of releases").await? {
        authors.entry(row.int(0)?).or_default().push(CommitAuthor { name: row.text(1)?, email: row.text(2)? });
    }
    for release in &mut releases {
        release.project_ids = projects.remove(&release.id).unwrap_or_default();
        release.last_deploy = deploys.remove(&release.id);
        release.authors = authors.remove(&release.id).unwrap_or_default();
    }
    Ok(releases)
}

/// The release of that version.
pub(super) async fn find(on: &mut AnyConnection, organization_id: Id, version: &str) -> Result<Option<Release>, StateError> {
    let rows = Sql::new(&format!("SELECT {RELEASE} FROM release r WHERE r.organization_id = $1 AND r.version = $2"))
        .bind(organization_id)
        .bind(version)
        .all(on, "read release")
        .await?;
    Ok(whole(on, &rows).await?.pop())
}

async fn change_row(tx: &mut AnyConnection, release: &Release, change: &ReleaseChange) -> Result<(), StateError> {
    let mut sql = Sql::new("UPDATE release SET id = id");
    if let Some(reference) = &change.reference {
        sql.push(", reference = ").arg(reference.as_str());
    }
    if let Some(url) = &change.url {
        sql.push(", url = ").arg(url.as_str());
    }
    if let Some(released_ms) = change.released_ms {
        sql.push(", released_ms = ").arg(released_ms);
    }
    if let Some(archived) = change.archived {
        sql.push(", archived = ").arg(archived);
    }
    sql.push(" WHERE id = ").arg(release.id);
    sql.run(tx, "update release").await?;
    for &project in &change.project_ids {
        Sql::new("INSERT INTO release_project (organization_id, release_id, project_id, new_issues) VALUES ($1, $2, $3, 0) ON CONFLICT (release_id, project_id) DO NOTHING")
            .bind(release.organization_id)
            .bind(release.id)
            .bind(project)
            .run(tx, "add project to release")
            .await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl Releases for State {
    async fn releases(&self, query: &ReleaseQuery) -> Result<Vec<Release>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new(&format!("SELECT {RELEASE} FROM release r WHERE r.organization_id = "));
        sql.arg(query.organization_id).push(" AND r.archived = ").arg(query.archived);
        if !query.project_ids.is_empty() {
            sql.push(" AND r.id IN (SELECT rp.release_id FROM release_project rp WHERE rp.project_id IN (").ids(&query.project_ids).push("))");
        }
        if let Some(text) = &query.text {
            sql.push(" AND ");
            contains(&mut sql, "r.version", text);
        }
        sql.push(&format!(" ORDER BY COALESCE(r.released_ms, r.created_ms) DESC, r.id DESC LIMIT {} OFFSET {}", query.limit, query.offset));
        let rows = sql.all(&mut connection, "list releases").await?;
        whole(&mut connection, &rows).await
    }

    async fn release(&self, organization_id: Id, version: &str) -> Result<Option<Release>, StateError> {
        let mut connection = reader(&self.db).await?;
        find(&mut connection, organization_id, version).await
    }

    async fn create_release(&self, organization_id: Id, version: &str, change: &ReleaseChange, now_ms: i64) -> Result<(Release, bool), StateError> {
        let fits = !version.trim().is_empty() && version.len() <= 250 && !version.contains(['\n', '\t', '\\']) && version != "." && version != "..";
        if !fits {
            return Err(StateError::Invalid("a release version is 1 to 250 characters without line break, tab or backslash, and not '.' or '..'".into()));
        }
        let mut tx = self.db.begin("begin release").await?;
        let inserted = Sql::new("INSERT INTO release (organization_id, version, created_ms, archived) VALUES ($1, $2, $3, 0) ON CONFLICT (organization_id, version) DO NOTHING");
        let fresh = inserted.bind(organization_id).bind(version).bind(now_ms).run(&mut tx, "create release").await? == 1;
        let made = find(&mut tx, organization_id, version).await?.ok_or(StateError::NotFound("release"))?;
        change_row(&mut tx, &made, change).await?;
        let made = find(&mut tx, organization_id, version).await?.ok_or(StateError::NotFound("release"))?;
        tx.commit().await.map_err(failed("create release"))?;
        Ok((made, fresh))
    }

    async fn update_release(&self, organization_id: Id, version: &str, change: &ReleaseChange) -> Result<Release, StateError> {
        let mut tx = self.db.begin("begin release").await?;
        let found = find(&mut tx, organization_id, version).await?.ok_or(StateError::NotFound("release"))?;
        change_row(&mut tx, &found, change).await?;
        let changed = find(&mut tx, organization_id, version).await?.ok_or(StateError::NotFound("release"))?;
        tx.commit().await.map_err(failed("update release"))?;
        Ok(changed)
    }

    async fn delete_release(&self, organization_id: Id, version: &str) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin deleting release").await?;
        let found = find(&mut tx, organization_id, version).await?.ok_or(StateError::NotFound("release"))?;
        for table in ["release_project", "release_environment", "release_commit", "deploy"] {
            Sql::new(&format!("DELETE FROM {table} WHERE release_id = $1")).bind(found.id).run(&mut tx, "delete release").await?;
        }
        Sql::new("DELETE FROM release WHERE id = $1").bind(found.id).run(&mut tx, "delete release").await?;
        // Commits remember ids of releases: they must ask again.
        super::projects::raise(&mut tx, "issues").await?;
        tx.commit().await.map_err(failed("delete release"))
    }

    async fn latest_release(&self, organization_id: Id, project_id: Id) -> Result<Option<Release>, StateError> {
        let mut connection = reader(&self.db).await?;
        // Semver cannot be sorted in SQL: the newest 1,000 by date are compared here.
        let sql = "SELECT r.version, COALESCE(r.released_ms, r.created_ms) FROM release r JOIN release_project rp ON rp.release_id = r.id
                   WHERE r.organization_id = $1 AND rp.project_id = $2 AND r.archived = 0 ORDER BY 2 DESC, r.id DESC LIMIT 1000";
        let rows = Sql::new(sql).bind(organization_id).bind(project_id).all(&mut connection, "find latest release").await?;
        let versions = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
        let newest_by_date = versions.first().cloned();
        let all_semver = newest_by_date.as_deref().is_some_and(|version| version::parse(version).is_some());
        let by_semver = versions.iter().filter_map(|text| Some((version::parse(text)?, text))).max_by(|a, b| a.0.cmp(&b.0)).map(|(_, text)| text.clone());
        match by_semver.filter(|_| all_semver).or(newest_by_date) {
            Some(version) => find(&mut connection, organization_id, &version).await,
            None => Ok(None),
        }
    }

    async fn release_after(&self, organization_id: Id, project_id: Id, current: Option<&str>, since_ms: i64) -> Result<Option<String>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = "SELECT r.version FROM release r JOIN release_project rp ON rp.release_id = r.id
                   WHERE r.organization_id = $1 AND rp.project_id = $2 AND r.created_ms > $3 ORDER BY r.created_ms, r.id LIMIT 1000";
        let rows = Sql::new(sql).bind(organization_id).bind(project_id).bind(since_ms).all(&mut connection, "find next release").await?;
        let versions = rows.iter().map(|row| row.text(0)).collect::<Result<Vec<_>, _>>()?;
        let current = current.and_then(version::parse);
        // An older line that is released again is not the next.
        let follows = |text: &&String| match (&current, version::parse(text)) {
            (Some(current), Some(found)) => found > *current,
            _ => true,
        };
        Ok(versions.iter().find(follows).cloned())
    }
}
