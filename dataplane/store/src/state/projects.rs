//! Projects and the snapshot ingest serves from.

use super::{State, keys, notices::Notices, organizations::{named, update}, sql::{Read, Sql, failed, reader}, tombstones};
use crate::ports::{Changes, Directory, KeyEntry, Named, NewProject, Project, ProjectChange, ProjectEntry, ProjectKey, Projects, Snapshot, StateError, Tombstone};
use config::project::ProjectOptions;
use model::ids::Id;
use sqlx::{AnyConnection, any::AnyRow};
use std::{collections::HashMap, sync::Arc};

const PROJECT: &str = "id, organization_id, slug, name, platform, active, options, created_ms, first_event_ms, managed_by";

fn project(row: &AnyRow) -> Result<Project, StateError> {
    Ok(Project {
        id: row.int(0)?,
        organization_id: row.int(1)?,
        slug: row.text(2)?,
        name: row.text(3)?,
        platform: row.maybe_text(4)?,
        active: row.int(5)? != 0,
        options: options(&row.text(6)?)?,
        created_ms: row.int(7)?,
        first_event_ms: row.maybe_int(8)?,
        managed_by: row.maybe_text(9)?,
        teams: Vec::new(),
    })
}

fn options(text: &str) -> Result<ProjectOptions, StateError> {
    serde_json::from_str(text).map_err(|_| StateError::Corrupt { what: "project options" })
}

fn options_text(options: &ProjectOptions) -> Result<String, StateError> {
    serde_json::to_string(options).map_err(|fault| StateError::Invalid(fault.to_string()))
}

/// Notes what a project is called before it is called otherwise.
async fn keep_slug(tx: &mut AnyConnection, organization_id: Id, id: Id, next: &str) -> Result<(), StateError> {
    Sql::new(
        "INSERT INTO project_slug (organization_id, slug, project_id) SELECT organization_id, slug, id FROM project WHERE organization_id = $1 AND id = $2 AND slug <> $3
         ON CONFLICT (organization_id, slug) DO UPDATE SET project_id = excluded.project_id",
    )
    .bind(organization_id)
    .bind(id)
    .bind(next)
    .run(tx, "keep the slug of a project")
    .await?;
    Ok(())
}

/// The options of a project that this transaction is about to change: no other changes them meanwhile.
async fn locked_options(tx: &mut AnyConnection, organization_id: Id, id: Id) -> Result<ProjectOptions, StateError> {
    let lock = if tx.backend_name() == "PostgreSQL" { " FOR UPDATE" } else { "" };
    let sql = Sql::new(&format!("SELECT options FROM project WHERE organization_id = $1 AND id = $2{lock}")).bind(organization_id).bind(id);
    let row = sql.maybe(tx, "read project options").await?.ok_or(StateError::NotFound("project"))?;
    options(&row.text(0)?)
}

async fn with_teams(on: &mut AnyConnection, rows: &[AnyRow]) -> Result<Vec<Project>, StateError> {
    let mut projects = rows.iter().map(project).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<Id> = projects.iter().map(|project| project.id).collect();
    let mut teams: HashMap<Id, Vec<Id>> = HashMap::new();
    let mut sql = Sql::new("SELECT project_id, team_id FROM project_team WHERE project_id IN (");
    for row in sql.ids(&ids).push(") ORDER BY team_id").all(on, "read teams of projects").await? {
        teams.entry(row.int(0)?).or_default().push(row.int(1)?);
    }
    for project in &mut projects {
        project.teams = teams.remove(&project.id).unwrap_or_default();
    }
    Ok(projects)
}

async fn set_teams(tx: &mut AnyConnection, organization_id: Id, project_id: Id, teams: &[Id]) -> Result<(), StateError> {
    Sql::new("DELETE FROM project_team WHERE project_id = $1").bind(project_id).run(tx, "set teams of a project").await?;
    for &team in teams {
        let insert = "INSERT INTO project_team (organization_id, project_id, team_id) SELECT organization_id, $1, id FROM team WHERE id = $2 AND organization_id = $3";
        Sql::new(insert).bind(project_id).bind(team).bind(organization_id).run(tx, "set teams of a project").await?;
    }
    Ok(())
}

/// Raises a revision in the transaction of the change. In Postgres others are told at once.
pub(super) async fn raise(tx: &mut AnyConnection, name: &str) -> Result<(), StateError> {
    Sql::new("UPDATE revision SET number = number + 1 WHERE name = $1").bind(name).run(tx, "raise revision").await?;
    if tx.backend_name() == "PostgreSQL" {
        Sql::new("SELECT CAST(pg_notify('errata', $1) AS TEXT)").bind(name).all(tx, "tell of a revision").await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl Projects for State {
    async fn projects(&self, organization_id: Id) -> Result<Vec<Project>, StateError> {
        let mut connection = reader(&self.db).await?;
        let rows = Sql::new(&format!("SELECT {PROJECT} FROM project WHERE organization_id = $1 ORDER BY slug")).bind(organization_id).all(&mut connection, "list projects").await?;
        with_teams(&mut connection, &rows).await
    }

    async fn project(&self, organization_id: Id, name: Named<'_>) -> Result<Option<Project>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new(&format!("SELECT {PROJECT} FROM project WHERE organization_id = "));
        sql.arg(organization_id).push(" AND ");
        named(&mut sql, &name);
        let rows = sql.all(&mut connection, "read project").await?;
        Ok(with_teams(&mut connection, &rows).await?.pop())
    }

    async fn renamed(&self, organization_id: Id, slug: &str) -> Result<Option<String>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = Sql::new("SELECT p.slug FROM project_slug s JOIN project p ON p.id = s.project_id WHERE s.organization_id = $1 AND s.slug = $2").bind(organization_id).bind(slug);
        sql.maybe(&mut connection, "look up a renamed project").await?.map(|row| row.text(0)).transpose()
    }

    async fn create_project(&self, new: &NewProject, now_ms: i64) -> Result<(Project, ProjectKey), StateError> {
        config::slug::check(&new.slug).map_err(|fault| StateError::Invalid(fault.to_string()))?;
        let mut tx = self.db.begin("begin project").await?;
        let sql = Sql::new(&format!(
            "INSERT INTO project (organization_id, slug, name, platform, active, options, created_ms, next_short) VALUES ($1, $2, $3, $4, 1, $5, $6, 1) RETURNING {PROJECT}"
        ));
        let sql = sql.bind(new.organization_id).bind(new.slug.as_str()).bind(new.name.as_str()).bind(new.platform.as_deref());
        let row = sql.bind(options_text(&ProjectOptions::default())?).bind(now_ms).insert(&mut tx, "create project", &new.slug).await?;
        set_teams(&mut tx, new.organization_id, row.int(0)?, &new.teams).await?;
        let key = keys::insert(&mut tx, new.organization_id, row.int(0)?, "Default", now_ms).await?;
        let made = with_teams(&mut tx, &[row]).await?.pop().ok_or(StateError::NotFound("project"))?;
        raise(&mut tx, "directory").await?;
        tx.commit().await.map_err(failed("create project"))?;
        Ok((made, key))
    }

    async fn update_project(&self, organization_id: Id, id: Id, change: &ProjectChange) -> Result<Project, StateError> {
        let mut tx = self.db.begin("begin project").await?;
        let mut sql = Sql::new("UPDATE project SET id = id");
        if let Some(slug) = &change.slug {
            keep_slug(&mut tx, organization_id, id, slug).await?;
            sql.push(", slug = ").arg(slug.as_str());
        }
        if let Some(name) = &change.name {
            sql.push(", name = ").arg(name.as_str());
        }
        if let Some(platform) = &change.platform {
            sql.push(", platform = ").arg(platform.as_deref());
        }
        if let Some(active) = change.active {
            sql.push(", active = ").arg(active);
        }
        if let Some(wanted) = &change.options {
            let mut options = locked_options(&mut tx, organization_id, id).await?;
            wanted.apply(&mut options);
            sql.push(", options = ").arg(options_text(&options)?);
        }
        if let Some(managed_by) = &change.managed_by {
            sql.push(", managed_by = ").arg(managed_by.as_deref());
        }
        sql.push(" WHERE organization_id = ").arg(organization_id).push(" AND id = ").arg(id).push(&format!(" RETURNING {PROJECT}"));
        let row = update(&mut tx, sql, change.slug.as_deref(), "project").await?;
        if let Some(teams) = &change.teams {
            set_teams(&mut tx, organization_id, id, teams).await?;
        }
        let changed = with_teams(&mut tx, &[row]).await?.pop().ok_or(StateError::NotFound("project"))?;
        raise(&mut tx, "directory").await?;
        tx.commit().await.map_err(failed("update project"))?;
        Ok(changed)
    }

    async fn delete_project(&self, organization_id: Id, id: Id, now_ms: i64) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin deleting project").await?;
        raise(&mut tx, "issues").await?;
        let gone = Sql::new("DELETE FROM project WHERE organization_id = $1 AND id = $2").bind(organization_id).bind(id).run(&mut tx, "delete project").await?;
        if gone == 0 {
            return Err(StateError::NotFound("project"));
        }
        tombstones::add(&mut tx, &[Tombstone::Project { organization_id, project_id: id }], now_ms).await?;
        Sql::new("DELETE FROM hash_environment WHERE hash_id IN (SELECT id FROM hash WHERE project_id = $1)").bind(id).run(&mut tx, "delete project").await?;
        Sql::new("DELETE FROM issue_user WHERE issue_id IN (SELECT id FROM issue WHERE project_id = $1)").bind(id).run(&mut tx, "delete project").await?;
        Sql::new("DELETE FROM hash_words WHERE hash_id IN (SELECT id FROM hash WHERE project_id = $1)").bind(id).run(&mut tx, "delete project").await?;
        for table in ["project_slug", "project_team", "project_key", "activity", "issue_redirect", "issue", "hash", "project_environment", "release_project", "release_environment", "quota"] {
            Sql::new(&format!("DELETE FROM {table} WHERE project_id = $1")).bind(id).run(&mut tx, "delete project").await?;
        }
        raise(&mut tx, "directory").await?;
        tx.commit().await.map_err(failed("delete project"))
    }
}

#[async_trait::async_trait]
impl Directory for State {
    fn changes(&self) -> Box<dyn Changes> {
        Box::new(Notices::new(&self.db, "directory"))
    }

    async fn revision(&self) -> Result<i64, StateError> {
        let mut connection = reader(&self.db).await?;
        Sql::new("SELECT number FROM revision WHERE name = 'directory'").one(&mut connection, "read revision").await?.int(0)
    }

    async fn snapshot(&self) -> Result<Snapshot, StateError> {
        let mut connection = reader(&self.db).await?;
        // Read before the rows: a change in between is seen again under its own revision.
        let revision = Sql::new("SELECT number FROM revision WHERE name = 'directory'").one(&mut connection, "read revision").await?.int(0)?;
        let mut snapshot = Snapshot { revision, ..Snapshot::default() };
        for row in Sql::new("SELECT id, organization_id, slug, active, options FROM project").all(&mut connection, "read projects").await? {
            let entry = ProjectEntry { id: row.int(0)?, organization_id: row.int(1)?, slug: row.text(2)?, active: row.int(3)? != 0, options: Arc::new(options(&row.text(4)?)?) };
            snapshot.projects.insert(entry.id, entry);
        }
        for row in Sql::new(&format!("SELECT {} FROM project_key", keys::KEY)).all(&mut connection, "read keys").await? {
            let key = keys::key(&row)?;
            let secret = Some(key.secret).filter(|secret| !secret.is_empty());
            let entry = KeyEntry { key_id: key.id, project_id: key.project_id, organization_id: key.organization_id, secret, verify_secret: key.verify_secret, active: key.active, rate: key.rate };
            snapshot.keys.insert(key.public, entry);
        }
        Ok(snapshot)
    }
}
