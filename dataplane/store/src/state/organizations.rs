//! Organizations and teams.

use super::{State, sql::{Read, Sql, failed, reader}};
use crate::ports::{Named, Organization, Organizations, StateError, Team, Teams};
use model::ids::Id;
use sqlx::{AnyConnection, any::AnyRow};
use std::collections::HashMap;

fn organization(row: &AnyRow) -> Result<Organization, StateError> {
    Ok(Organization { id: row.int(0)?, slug: row.text(1)?, name: row.text(2)?, created_ms: row.int(3)? })
}

/// Adds `id = …` or `slug = …`.
pub(super) fn named(sql: &mut Sql, name: &Named<'_>) {
    match name {
        Named::Id(id) => sql.push("id = ").arg(*id),
        Named::Slug(slug) => sql.push("slug = ").arg(*slug),
    };
}

#[async_trait::async_trait]
impl Organizations for State {
    async fn organizations(&self) -> Result<Vec<Organization>, StateError> {
        let mut connection = reader(&self.db).await?;
        let rows = Sql::new("SELECT id, slug, name, created_ms FROM organization ORDER BY id").all(&mut connection, "list organizations").await?;
        rows.iter().map(organization).collect()
    }

    async fn organization(&self, name: Named<'_>) -> Result<Option<Organization>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new("SELECT id, slug, name, created_ms FROM organization WHERE ");
        named(&mut sql, &name);
        sql.maybe(&mut connection, "read organization").await?.as_ref().map(organization).transpose()
    }

    async fn create_organization(&self, slug: &str, name: &str, now_ms: i64) -> Result<Organization, StateError> {
        config::slug::check(slug).or_else(|fault| if slug == "default" { Ok(()) } else { Err(StateError::Invalid(fault.to_string())) })?;
        let mut tx = self.db.begin("begin organization").await?;
        let sql = Sql::new("INSERT INTO organization (slug, name, created_ms) VALUES ($1, $2, $3) RETURNING id, slug, name, created_ms").bind(slug).bind(name).bind(now_ms);
        let made = organization(&sql.insert(&mut tx, "create organization", slug).await?)?;
        tx.commit().await.map_err(failed("create organization"))?;
        Ok(made)
    }

    async fn update_organization(&self, id: Id, slug: Option<&str>, name: Option<&str>) -> Result<Organization, StateError> {
        let mut tx = self.db.begin("begin organization").await?;
        let sql = Sql::new("UPDATE organization SET slug = COALESCE($1, slug), name = COALESCE($2, name) WHERE id = $3 RETURNING id, slug, name, created_ms");
        let changed = update(&mut tx, sql.bind(slug).bind(name).bind(id), slug, "organization").await?;
        tx.commit().await.map_err(failed("update organization"))?;
        organization(&changed)
    }
}

/// Runs an update that returns its row: none = not found, a broken unique constraint = taken.
pub(super) async fn update(tx: &mut AnyConnection, sql: Sql, slug: Option<&str>, what: &'static str) -> Result<AnyRow, StateError> {
    if let Some(slug) = slug {
        config::slug::check(slug).map_err(|fault| StateError::Invalid(fault.to_string()))?;
    }
    match sql.insert(tx, "update a row", slug.unwrap_or_default()).await {
        Err(StateError::Unavailable { source, .. }) if source.downcast_ref::<sqlx::Error>().is_some_and(|error| matches!(error, sqlx::Error::RowNotFound)) => Err(StateError::NotFound(what)),
        answer => answer,
    }
}

const TEAM: &str = "id, organization_id, slug, name, created_ms";

fn team(row: &AnyRow) -> Result<Team, StateError> {
    Ok(Team { id: row.int(0)?, organization_id: row.int(1)?, slug: row.text(2)?, name: row.text(3)?, created_ms: row.int(4)?, members: Vec::new() })
}

async fn with_members(on: &mut AnyConnection, rows: &[AnyRow]) -> Result<Vec<Team>, StateError> {
    let mut teams = rows.iter().map(team).collect::<Result<Vec<_>, _>>()?;
    let ids: Vec<Id> = teams.iter().map(|team| team.id).collect();
    let mut sql = Sql::new("SELECT team_id, user_id FROM team_member WHERE team_id IN (");
    let mut members: HashMap<Id, Vec<Id>> = HashMap::new();
    for row in sql.ids(&ids).push(") ORDER BY user_id").all(on, "read team members").await? {
        members.entry(row.int(0)?).or_default().push(row.int(1)?);
    }
    for team in &mut teams {
        team.members = members.remove(&team.id).unwrap_or_default();
    }
    Ok(teams)
}

#[async_trait::async_trait]
impl Teams for State {
    async fn teams(&self, organization_id: Id) -> Result<Vec<Team>, StateError> {
        let mut connection = reader(&self.db).await?;
        let rows = Sql::new(&format!("SELECT {TEAM} FROM team WHERE organization_id = $1 ORDER BY slug")).bind(organization_id).all(&mut connection, "list teams").await?;
        with_members(&mut connection, &rows).await
    }

    async fn team(&self, organization_id: Id, name: Named<'_>) -> Result<Option<Team>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new(&format!("SELECT {TEAM} FROM team WHERE organization_id = "));
        sql.arg(organization_id).push(" AND ");
        named(&mut sql, &name);
        let rows = sql.all(&mut connection, "read team").await?;
        Ok(with_members(&mut connection, &rows).await?.pop())
    }

    async fn create_team(&self, organization_id: Id, slug: &str, name: &str, now_ms: i64) -> Result<Team, StateError> {
        config::slug::check(slug).map_err(|fault| StateError::Invalid(fault.to_string()))?;
        let mut tx = self.db.begin("begin team").await?;
        let sql = Sql::new(&format!("INSERT INTO team (organization_id, slug, name, created_ms) VALUES ($1, $2, $3, $4) RETURNING {TEAM}"));
        let made = team(&sql.bind(organization_id).bind(slug).bind(name).bind(now_ms).insert(&mut tx, "create team", slug).await?)?;
        tx.commit().await.map_err(failed("create team"))?;
        Ok(made)
    }

    async fn update_team(&self, organization_id: Id, id: Id, slug: Option<&str>, name: Option<&str>) -> Result<Team, StateError> {
        let mut tx = self.db.begin("begin team").await?;
        let sql = Sql::new(&format!("UPDATE team SET slug = COALESCE($1, slug), name = COALESCE($2, name) WHERE organization_id = $3 AND id = $4 RETURNING {TEAM}"));
        let row = update(&mut tx, sql.bind(slug).bind(name).bind(organization_id).bind(id), slug, "team").await?;
        let changed = with_members(&mut tx, &[row]).await?.pop();
        tx.commit().await.map_err(failed("update team"))?;
        changed.ok_or(StateError::NotFound("team"))
    }

    async fn delete_team(&self, organization_id: Id, id: Id) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin deleting team").await?;
        let gone = Sql::new("DELETE FROM team WHERE organization_id = $1 AND id = $2").bind(organization_id).bind(id).run(&mut tx, "delete team").await?;
        if gone == 0 {
            return Err(StateError::NotFound("team"));
        }
        Sql::new("DELETE FROM team_member WHERE team_id = $1").bind(id).run(&mut tx, "delete team").await?;
        Sql::new("DELETE FROM project_team WHERE team_id = $1").bind(id).run(&mut tx, "delete team").await?;
        Sql::new("UPDATE issue SET assigned_team = NULL WHERE assigned_team = $1").bind(id).run(&mut tx, "delete team").await?;
        tx.commit().await.map_err(failed("delete team"))
    }

    async fn set_team_members(&self, organization_id: Id, id: Id, users: &[Id]) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin team members").await?;
        let exists = Sql::new("SELECT id FROM team WHERE organization_id = $1 AND id = $2").bind(organization_id).bind(id);
        exists.maybe(&mut tx, "read team").await?.ok_or(StateError::NotFound("team"))?;
        Sql::new("DELETE FROM team_member WHERE team_id = $1").bind(id).run(&mut tx, "set team members").await?;
        for &user in users {
            let insert = "INSERT INTO team_member (organization_id, team_id, user_id) VALUES ($1, $2, $3) ON CONFLICT (team_id, user_id) DO NOTHING";
            Sql::new(insert).bind(organization_id).bind(id).bind(user).run(&mut tx, "set team members").await?;
        }
        tx.commit().await.map_err(failed("set team members"))
    }

    async fn set_team_member(&self, organization_id: Id, id: Id, user_id: Id, is_member: bool) -> Result<bool, StateError> {
        let mut tx = self.db.begin("begin team member").await?;
        let exists = Sql::new("SELECT id FROM team WHERE organization_id = $1 AND id = $2").bind(organization_id).bind(id);
        exists.maybe(&mut tx, "read team").await?.ok_or(StateError::NotFound("team"))?;
        let change = if is_member {
            "INSERT INTO team_member (organization_id, team_id, user_id) VALUES ($1, $2, $3) ON CONFLICT (team_id, user_id) DO NOTHING"
        } else {
            "DELETE FROM team_member WHERE organization_id = $1 AND team_id = $2 AND user_id = $3"
        };
        let changed = Sql::new(change).bind(organization_id).bind(id).bind(user_id).run(&mut tx, "set team member").await?;
        tx.commit().await.map_err(failed("set team member"))?;
        Ok(changed > 0)
    }
}
