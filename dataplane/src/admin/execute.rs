//! Carrying out administration commands on open stores.

use super::{Admin, Command, Reply};
use ingest::record::partition;
use model::record::{Record, RecordHeader};
use queue::Queue;
use std::sync::Arc;
use store::{DeadLetter, Organization, Role, Token, UserChange};

type Result = std::result::Result<Vec<String>, anyhow::Error>;

/// Letters read at once.
const LETTERS_MAX: u32 = 1_000;

pub async fn execute(admin: &Admin, command: Command) -> Reply {
    let result = match command {
        Command::TokenCreate { name, scopes, email } => token_create(admin, name, scopes, email).await,
        Command::TokenList => token_list(admin).await,
        Command::TokenRevoke { id } => token_revoke(admin, id).await,
        Command::UserCreate { email, name, role, password } => user_create(admin, &email, &name, &role, password).await,
        Command::UserReset { email, password } => user_reset(admin, &email, password).await,
        Command::DeadLetterList => letter_list(admin).await,
        Command::DeadLetterShow { id } => letter_show(admin, id).await,
        Command::DeadLetterReplay { id } => letter_replay(admin, id).await,
    };
    match result {
        Ok(lines) => Reply::Lines(lines),
        Err(error) => Reply::Failed(format!("{error:#}")),
    }
}

async fn organization(admin: &Admin) -> anyhow::Result<Organization> {
    admin.stores.organizations.organizations().await?.into_iter().next().ok_or_else(|| anyhow::anyhow!("there is no organization"))
}

async fn token_create(admin: &Admin, name: String, scopes: Vec<String>, email: Option<String>) -> Result {
    let organization = organization(admin).await?;
    if let Some(unknown) = scopes.iter().find(|scope| !api::SCOPES.contains(&scope.as_str())) {
        anyhow::bail!("'{unknown}' is no scope; choose of {}", api::SCOPES.join(", "));
    }
    let user_id = match email {
        Some(email) => Some(admin.stores.users.user_by_email(&email.to_lowercase()).await?.ok_or_else(|| anyhow::anyhow!("no user has the e-mail {email}"))?.id),
        None => None,
    };
    let secret = match user_id {
        Some(_) => api::new_user_token(),
        None => api::new_organization_token(&admin.public_url, &organization.slug, (admin.now_ms)()),
    };
    let last_four = secret[secret.len() - 4..].to_owned();
    let token = Token { id: 0, organization_id: organization.id, user_id, name, secret: api::hash_secret(&secret), last_four, scopes, created_ms: (admin.now_ms)(), expires_ms: None, last_used_ms: None };
    admin.stores.tokens.create_token(&token).await?;
    Ok(vec![secret])
}

async fn token_list(admin: &Admin) -> Result {
    let organization = organization(admin).await?;
    let mut tokens = admin.stores.tokens.tokens(organization.id, None).await?;
    for member in admin.stores.users.members(organization.id).await? {
        tokens.extend(admin.stores.tokens.tokens(organization.id, Some(member.user.id)).await?);
    }
    let line = |token: &Token| format!("{}\t…{}\t{}\t{}\t{}", token.id, token.last_four, api::iso(token.created_ms), token.scopes.join(","), token.name);
    Ok(tokens.iter().map(line).collect())
}

async fn token_revoke(admin: &Admin, id: i64) -> Result {
    let organization = organization(admin).await?;
    admin.stores.tokens.remove_token(organization.id, id).await?;
    Ok(vec![format!("token {id} is revoked")])
}

async fn user_create(admin: &Admin, email: &str, name: &str, role: &str, password: Option<String>) -> Result {
    let organization = organization(admin).await?;
    let role = Role::from_name(role).ok_or_else(|| anyhow::anyhow!("'{role}' is no role; choose member, admin, manager or owner"))?;
    if !email.contains('@') {
        anyhow::bail!("'{email}' is no e-mail address");
    }
    let password = password.unwrap_or_else(api::random_password);
    let user = admin.stores.users.create_user(&email.to_lowercase(), name, Some(&api::hash_password(&password)), (admin.now_ms)()).await?;
    admin.stores.users.set_member(organization.id, user.id, role, (admin.now_ms)()).await?;
    Ok(vec![format!("user      {}", user.email), format!("password  {password}")])
}

async fn user_reset(admin: &Admin, email: &str, password: Option<String>) -> Result {
    let user = admin.stores.users.user_by_email(&email.to_lowercase()).await?.ok_or_else(|| anyhow::anyhow!("no user has the e-mail {email}"))?;
    let password = password.unwrap_or_else(api::random_password);
    let change = UserChange { password_hash: Some(Some(api::hash_password(&password))), active: Some(true), ..UserChange::default() };
    admin.stores.users.update_user(user.id, &change).await?;
    admin.stores.sessions.remove_sessions_of(user.id, None).await?;
    Ok(vec![format!("user      {}", user.email), format!("password  {password}")])
}

async fn letter_list(admin: &Admin) -> Result {
    let line = |letter: &DeadLetter| format!("{}\t{}\tproject {}\t{}", letter.id, api::iso(letter.letter.created_ms), letter.letter.project_id, letter.letter.error);
    let (mut lines, mut before) = (Vec::new(), None);
    loop {
        let letters = admin.stores.dead_letters.list(before, LETTERS_MAX).await?;
        let Some(last) = letters.last() else { return Ok(lines) };
        before = Some(last.id);
        lines.extend(letters.iter().map(line));
    }
}

async fn letter_show(admin: &Admin, id: i64) -> Result {
    let letter = admin.stores.dead_letters.get(id).await?.ok_or_else(|| anyhow::anyhow!("there is no dead letter {id}"))?.letter;
    let place = format!("{} {} at {}", letter.partition.topic.name(), letter.partition.index, letter.offset);
    Ok(vec![format!("place   {place}"), format!("tries   {}", letter.tries), format!("error   {}", letter.error), format!("header  {}", letter.header), format!("body    blobs/{}", letter.blob)])
}

/// Appends records again, newest letter first: all that exist now, or one.
async fn letter_replay(admin: &Admin, id: Option<i64>) -> Result {
    let queue = admin.queue.as_ref().ok_or_else(|| anyhow::anyhow!("this process has no queue"))?;
    if let Some(id) = id {
        let letter = admin.stores.dead_letters.get(id).await?.ok_or_else(|| anyhow::anyhow!("there is no dead letter {id}"))?;
        replay(admin, &**queue, &letter).await?;
        return Ok(vec!["1 replayed".into()]);
    }
    let (mut count, mut before) = (0, None);
    loop {
        let letters = admin.stores.dead_letters.list(before, LETTERS_MAX).await?;
        let Some(last) = letters.last() else { return Ok(vec![format!("{count} replayed")]) };
        before = Some(last.id);
        for letter in &letters {
            replay(admin, &**queue, letter).await?;
            count += 1;
        }
    }
}

/// Its outcome is taken back and counted anew when the record is processed.
async fn replay(admin: &Admin, queue: &dyn Queue, letter: &DeadLetter) -> anyhow::Result<()> {
    let DeadLetter { id, letter } = letter;
    let header: RecordHeader = serde_json::from_str(&letter.header)?;
    let partition = partition(letter.partition.topic, header.project_id, admin.partitions);
    if header.blob.is_some() {
        // Too large for a record: it names the letter's blob, which goes once the record is done with.
        let header = RecordHeader { blob: Some(letter.blob.clone()), blob_is_shared: false, is_replay: true, ..header };
        queue.append(vec![Record { partition, header, body: Arc::from(&[][..]) }]).await?;
        admin.stores.dead_letters.remove(&[*id]).await?;
        return Ok(());
    }
    let body = admin.stores.blobs.get(&letter.blob).await?.ok_or_else(|| anyhow::anyhow!("the body of dead letter {id} is gone"))?;
    queue.append(vec![Record { partition, header: RecordHeader { is_replay: true, ..header }, body: body.into() }]).await?;
    admin.stores.dead_letters.remove(&[*id]).await?;
    admin.stores.blobs.delete(std::slice::from_ref(&letter.blob)).await?;
    Ok(())
}
