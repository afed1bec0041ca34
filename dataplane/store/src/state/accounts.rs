//! Users, members, sessions, tokens, audit. Secrets come in hashed.

use super::{State, sql::{Read, Sql, failed, reader}};
use crate::ports::{Audit, AuditEntry, Member, Role, SecretHash, Session, Sessions, StateError, Token, Tokens, User, UserChange, Users};
use model::ids::Id;
use sqlx::any::AnyRow;
use std::collections::HashMap;

const USER: &str = "u.id, u.email, u.name, u.password_hash, u.active, u.created_ms, u.last_login_ms";

fn user(row: &AnyRow) -> Result<User, StateError> {
    Ok(User {
        id: row.int(0)?,
        email: row.text(1)?,
        name: row.text(2)?,
        password_hash: row.maybe_text(3)?,
        active: row.int(4)? != 0,
        created_ms: row.int(5)?,
        last_login_ms: row.maybe_int(6)?,
    })
}

fn role(number: i64) -> Result<Role, StateError> {
    Role::ALL.into_iter().find(|role| *role as i64 == number).ok_or(StateError::Corrupt { what: "role" })
}

fn secret(bytes: Vec<u8>) -> Result<SecretHash, StateError> {
    bytes.try_into().map_err(|_| StateError::Corrupt { what: "secret" })
}

#[async_trait::async_trait]
impl Users for State {
    async fn create_user(&self, email: &str, name: &str, password_hash: Option<&str>, now_ms: i64) -> Result<User, StateError> {
        let mut tx = self.db.begin("begin user").await?;
        let sql = Sql::new("INSERT INTO account (email, name, password_hash, active, created_ms) VALUES ($1, $2, $3, 1, $4) RETURNING id, email, name, password_hash, active, created_ms, last_login_ms");
        let made = user(&sql.bind(email.to_lowercase()).bind(name).bind(password_hash).bind(now_ms).insert(&mut tx, "create user", email).await?)?;
        tx.commit().await.map_err(failed("create user"))?;
        Ok(made)
    }

    async fn update_user(&self, id: Id, change: &UserChange) -> Result<User, StateError> {
        let mut tx = self.db.begin("begin user").await?;
        let mut sql = Sql::new("UPDATE account SET id = id");
        if let Some(email) = &change.email {
            sql.push(", email = ").arg(email.to_lowercase());
        }
        if let Some(name) = &change.name {
            sql.push(", name = ").arg(name.as_str());
        }
        if let Some(hash) = &change.password_hash {
            sql.push(", password_hash = ").arg(hash.as_deref());
        }
        if let Some(active) = change.active {
            sql.push(", active = ").arg(active);
        }
        if let Some(last_login_ms) = change.last_login_ms {
            sql.push(", last_login_ms = ").arg(last_login_ms);
        }
        sql.push(" WHERE id = ").arg(id).push(" RETURNING id, email, name, password_hash, active, created_ms, last_login_ms");
        let row = super::organizations::update(&mut tx, sql, None, "user").await?;
        tx.commit().await.map_err(failed("update user"))?;
        user(&row)
    }

    async fn users(&self, ids: &[Id]) -> Result<Vec<Option<User>>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new(&format!("SELECT {USER} FROM account u WHERE u.id IN ("));
        let mut found = HashMap::new();
        for row in sql.ids(ids).push(")").all(&mut connection, "read users").await? {
            let user = user(&row)?;
            found.insert(user.id, user);
        }
        Ok(ids.iter().map(|id| found.get(id).cloned()).collect())
    }

    async fn user_by_email(&self, email: &str) -> Result<Option<User>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = Sql::new(&format!("SELECT {USER} FROM account u WHERE u.email = $1")).bind(email.to_lowercase());
        sql.maybe(&mut connection, "read user").await?.as_ref().map(user).transpose()
    }

    async fn members(&self, organization_id: Id) -> Result<Vec<Member>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = format!("SELECT {USER}, m.id, m.role, m.created_ms FROM member m JOIN account u ON u.id = m.user_id WHERE m.organization_id = $1 ORDER BY m.id");
        let rows = Sql::new(&sql).bind(organization_id).all(&mut connection, "list members").await?;
        rows.iter().map(|row| Ok(Member { id: row.int(7)?, organization_id, user: user(row)?, role: role(row.int(8)?)?, created_ms: row.int(9)? })).collect()
    }

    async fn set_member(&self, organization_id: Id, user_id: Id, role: Role, now_ms: i64) -> Result<Member, StateError> {
        let mut tx = self.db.begin("begin member").await?;
        let found = Sql::new(&format!("SELECT {USER} FROM account u WHERE u.id = $1")).bind(user_id).maybe(&mut tx, "read user").await?;
        let user = user(&found.ok_or(StateError::NotFound("user"))?)?;
        let row = Sql::new(
            "INSERT INTO member (organization_id, user_id, role, created_ms) VALUES ($1, $2, $3, $4)
             ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role RETURNING id, created_ms",
        )
        .bind(organization_id)
        .bind(user_id)
        .bind(role as i64)
        .bind(now_ms)
        .one(&mut tx, "set member")
        .await?;
        let member = Member { id: row.int(0)?, organization_id, user, role, created_ms: row.int(1)? };
        tx.commit().await.map_err(failed("set member"))?;
        Ok(member)
    }

    async fn remove_member(&self, organization_id: Id, user_id: Id) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin removing member").await?;
        let gone = Sql::new("DELETE FROM member WHERE organization_id = $1 AND user_id = $2").bind(organization_id).bind(user_id).run(&mut tx, "remove member").await?;
        if gone == 0 {
            return Err(StateError::NotFound("member"));
        }
        for table in ["team_member", "issue_user"] {
            let delete = format!("DELETE FROM {table} WHERE organization_id = $1 AND user_id = $2");
            Sql::new(&delete).bind(organization_id).bind(user_id).run(&mut tx, "remove member").await?;
        }
        Sql::new("UPDATE issue SET assigned_user = NULL WHERE organization_id = $1 AND assigned_user = $2").bind(organization_id).bind(user_id).run(&mut tx, "remove member").await?;
        tx.commit().await.map_err(failed("remove member"))
    }

    async fn memberships(&self, user_id: Id) -> Result<Vec<(Id, Role)>, StateError> {
        let mut connection = reader(&self.db).await?;
        let rows = Sql::new("SELECT organization_id, role FROM member WHERE user_id = $1 ORDER BY organization_id").bind(user_id).all(&mut connection, "list memberships").await?;
        rows.iter().map(|row| Ok((row.int(0)?, role(row.int(1)?)?))).collect()
    }
}

#[async_trait::async_trait]
impl Sessions for State {
    async fn add_session(&self, session: &Session) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin session").await?;
        Sql::new("INSERT INTO login_session (secret, user_id, csrf, user_agent, ip, created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)")
            .bind(session.secret.as_slice())
            .bind(session.user_id)
            .bind(session.csrf.as_slice())
            .bind(session.user_agent.as_str())
            .bind(session.ip.as_str())
            .bind(session.created_ms)
            .bind(session.expires_ms)
            .run(&mut tx, "add session")
            .await?;
        tx.commit().await.map_err(failed("add session"))
    }

    async fn session(&self, wanted: &SecretHash, now_ms: i64) -> Result<Option<Session>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = "SELECT secret, user_id, csrf, user_agent, ip, created_ms, expires_ms FROM login_session WHERE secret = $1 AND expires_ms > $2";
        let row = Sql::new(sql).bind(wanted.as_slice()).bind(now_ms).maybe(&mut connection, "read session").await?;
        let session = |row: AnyRow| {
            Ok(Session {
                secret: secret(row.blob(0)?)?,
                user_id: row.int(1)?,
                csrf: secret(row.blob(2)?)?,
                user_agent: row.text(3)?,
                ip: row.text(4)?,
                created_ms: row.int(5)?,
                expires_ms: row.int(6)?,
            })
        };
        row.map(session).transpose()
    }

    async fn remove_session(&self, secret: &SecretHash) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin ending session").await?;
        Sql::new("DELETE FROM login_session WHERE secret = $1").bind(secret.as_slice()).run(&mut tx, "end session").await?;
        tx.commit().await.map_err(failed("end session"))
    }

    async fn remove_sessions_of(&self, user_id: Id, except: Option<&SecretHash>) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin ending sessions").await?;
        let mut sql = Sql::new("DELETE FROM login_session WHERE user_id = ");
        sql.arg(user_id);
        if let Some(except) = except {
            sql.push(" AND secret <> ").arg(except.as_slice());
        }
        sql.run(&mut tx, "end sessions").await?;
        tx.commit().await.map_err(failed("end sessions"))
    }

    async fn note_login(&self, subject: &str, now_ms: i64) -> Result<Id, StateError> {
        let mut tx = self.db.begin("begin log-in").await?;
        let row = Sql::new("INSERT INTO login_failure (subject, created_ms) VALUES ($1, $2) RETURNING id").bind(subject).bind(now_ms).one(&mut tx, "note log-in").await?;
        tx.commit().await.map_err(failed("note log-in"))?;
        row.int(0)
    }

    async fn login_failures(&self, subject: &str, since_ms: i64) -> Result<u64, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM login_failure WHERE subject = $1 AND created_ms >= $2").bind(subject).bind(since_ms);
        Ok(sql.one(&mut connection, "count failed log-ins").await?.int(0)? as u64)
    }

    async fn forget_logins(&self, tries: &[Id], subject: Option<&str>) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin forgetting log-ins").await?;
        let mut sql = Sql::new("DELETE FROM login_failure WHERE id IN (");
        sql.ids(tries).push(")");
        if let Some(subject) = subject {
            sql.push(" OR subject = ").arg(subject);
        }
        sql.run(&mut tx, "forget failed log-ins").await?;
        tx.commit().await.map_err(failed("forget failed log-ins"))
    }
}

const TOKEN: &str = "id, organization_id, user_id, name, secret, last_four, scopes, created_ms, expires_ms, last_used_ms";
/// The use of a token is noted at most this often.
const USE_STEP_MS: i64 = 60_000;

fn token(row: &AnyRow) -> Result<Token, StateError> {
    Ok(Token {
        id: row.int(0)?,
        organization_id: row.int(1)?,
        user_id: row.maybe_int(2)?,
        name: row.text(3)?,
        secret: secret(row.blob(4)?)?,
        last_four: row.text(5)?,
        scopes: row.text(6)?.split_whitespace().map(str::to_owned).collect(),
        created_ms: row.int(7)?,
        expires_ms: row.maybe_int(8)?,
        last_used_ms: row.maybe_int(9)?,
    })
}

#[async_trait::async_trait]
impl Tokens for State {
    async fn create_token(&self, new: &Token) -> Result<Token, StateError> {
        let mut tx = self.db.begin("begin token").await?;
        let row = Sql::new(&format!(
            "INSERT INTO api_token (organization_id, user_id, name, secret, last_four, scopes, created_ms, expires_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING {TOKEN}"
        ))
        .bind(new.organization_id)
        .bind(new.user_id)
        .bind(new.name.as_str())
        .bind(new.secret.as_slice())
        .bind(new.last_four.as_str())
        .bind(new.scopes.join(" "))
        .bind(new.created_ms)
        .bind(new.expires_ms)
        .insert(&mut tx, "create token", "token")
        .await?;
        let made = token(&row)?;
        tx.commit().await.map_err(failed("create token"))?;
        Ok(made)
    }

    async fn token(&self, wanted: &SecretHash, now_ms: i64) -> Result<Option<Token>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = Sql::new(&format!("SELECT {TOKEN} FROM api_token WHERE secret = $1")).bind(wanted.as_slice());
        let Some(found) = sql.maybe(&mut connection, "read token").await?.as_ref().map(token).transpose()? else { return Ok(None) };
        drop(connection);
        if found.expires_ms.is_some_and(|expires| expires <= now_ms) {
            return Ok(None);
        }
        if found.last_used_ms.is_none_or(|used| used + USE_STEP_MS <= now_ms) {
            let mut tx = self.db.begin("begin noting use").await?;
            Sql::new("UPDATE api_token SET last_used_ms = $1 WHERE id = $2").bind(now_ms).bind(found.id).run(&mut tx, "note use of token").await?;
            tx.commit().await.map_err(failed("note use of token"))?;
        }
        Ok(Some(found))
    }

    async fn tokens(&self, organization_id: Id, user_id: Option<Id>) -> Result<Vec<Token>, StateError> {
        let mut connection = reader(&self.db).await?;
        let mut sql = Sql::new(&format!("SELECT {TOKEN} FROM api_token WHERE organization_id = "));
        sql.arg(organization_id);
        match user_id {
            Some(user_id) => sql.push(" AND user_id = ").arg(user_id),
            None => sql.push(" AND user_id IS NULL"),
        };
        sql.push(" ORDER BY id DESC").all(&mut connection, "list tokens").await?.iter().map(token).collect()
    }

    async fn remove_token(&self, organization_id: Id, id: Id) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin removing token").await?;
        let gone = Sql::new("DELETE FROM api_token WHERE organization_id = $1 AND id = $2").bind(organization_id).bind(id).run(&mut tx, "remove token").await?;
        if gone == 0 {
            return Err(StateError::NotFound("token"));
        }
        tx.commit().await.map_err(failed("remove token"))
    }
}

#[async_trait::async_trait]
impl Audit for State {
    async fn record(&self, entries: &[AuditEntry]) -> Result<(), StateError> {
        let mut tx = self.db.begin("begin audit").await?;
        for entry in entries {
            Sql::new("INSERT INTO audit (organization_id, actor, action, target, detail, ip, created_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)")
                .bind(entry.organization_id)
                .bind(entry.actor.as_str())
                .bind(entry.action.as_str())
                .bind(entry.target.as_str())
                .bind(entry.data.as_str())
                .bind(entry.ip.as_str())
                .bind(entry.created_ms)
                .run(&mut tx, "write audit")
                .await?;
        }
        tx.commit().await.map_err(failed("write audit"))
    }

    async fn entries(&self, organization_id: Id, before: Option<Id>, limit: u32) -> Result<Vec<AuditEntry>, StateError> {
        let mut connection = reader(&self.db).await?;
        let sql = "SELECT id, actor, action, target, detail, ip, created_ms FROM audit WHERE organization_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3";
        let rows = Sql::new(sql).bind(organization_id).bind(before.unwrap_or(i64::MAX)).bind(i64::from(limit)).all(&mut connection, "read audit").await?;
        let entry = |row: &AnyRow| {
            Ok(AuditEntry {
                id: row.int(0)?,
                organization_id,
                actor: row.text(1)?,
                action: row.text(2)?,
                target: row.text(3)?,
                data: row.text(4)?,
                ip: row.text(5)?,
                created_ms: row.int(6)?,
            })
        };
        rows.iter().map(entry).collect()
    }
}
