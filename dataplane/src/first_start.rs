//! The first start on an empty folder: an owner with a random password, and what a person needs to begin, printed once.

use api::{hash_password, random_password};
use model::dsn::Dsn;
use store::{Role, StateError, Stores};

const OWNER: &str = "owner@localhost";

/// What is printed when the process is ready.
pub struct Welcome {
    lines: Vec<(&'static str, String)>,
}

impl Welcome {
    pub fn print(&self) {
        println!("Errata {}", env!("CARGO_PKG_VERSION"));
        for (name, value) in &self.lines {
            println!("  {name:<9} {value}");
        }
        // Programs that start us wait for this line.
        println!("Ready.");
    }
}

/// Makes the owner where nobody exists yet.
///
/// # Errors
/// Those of state; a retry helps, what was done is found again.
pub async fn prepare(stores: &Stores, public_url: &str, now_ms: i64) -> Result<Welcome, StateError> {
    let mut lines = vec![("URL", public_url.to_owned())];
    let Some(organization) = stores.organizations.organizations().await?.into_iter().next() else { return Ok(Welcome { lines }) };
    if !stores.users.members(organization.id).await?.is_empty() {
        return Ok(Welcome { lines });
    }
    let password = random_password();
    let hashed = hash_password(&password);
    let user = match stores.users.user_by_email(OWNER).await? {
        Some(user) => stores.users.update_user(user.id, &store::UserChange { password_hash: Some(Some(hashed)), ..Default::default() }).await?,
        None => stores.users.create_user(OWNER, "Owner", Some(&hashed), now_ms).await?,
    };
    for team in stores.teams.teams(organization.id).await? {
        stores.teams.set_team_members(organization.id, team.id, &[user.id]).await?;
    }
    stores.users.set_member(organization.id, user.id, Role::Owner, now_ms).await?;
    lines.extend([("Login", OWNER.to_owned()), ("Password", password)]);
    if let Some(key) = stores.keys.keys(organization.id, None).await?.first() {
        let (scheme, host) = public_url.split_once("://").unwrap_or(("http", public_url));
        let dsn = format!("{scheme}://{}@{host}/{}", key.public, key.project_id);
        debug_assert!(Dsn::parse(&dsn).is_some());
        lines.push(("DSN", dsn));
    }
    Ok(Welcome { lines })
}
