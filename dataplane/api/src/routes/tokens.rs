//! API tokens of users and of organizations. The secret is shown once, when made.

use crate::{ApiError, answer::{Created, List, NoContent, Page}, auth::{self, token}, present::values::{Empty, Id, ScopeName, Time}, request::{Body, Call}, scope};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::Token;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    id: Id,
    name: String,
    #[schema(value_type = Vec<ScopeName>)]
    scopes: Vec<String>,
    token_last_characters: String,
    /// The secret, in the answer that made it and never again.
    token: Option<String>,
    date_created: Time,
    expires_at: Option<Time>,
    date_last_used: Option<Time>,
    application: Option<Empty>,
    state: Option<String>,
}

fn present(token: &Token, secret: Option<&str>) -> ApiToken {
    ApiToken {
        id: Id(token.id),
        name: token.name.clone(),
        scopes: token.scopes.clone(),
        token_last_characters: token.last_four.clone(),
        token: secret.map(str::to_owned),
        date_created: Time(token.created_ms),
        expires_at: token.expires_ms.map(Time),
        date_last_used: token.last_used_ms.map(Time),
        application: None,
        state: None,
    }
}

#[derive(Deserialize, ToSchema)]
pub struct NewToken {
    #[serde(default)]
    name: String,
    /// At least one for a user's token; `org:ci` where an organization's token has none.
    #[serde(default)]
    #[schema(value_type = Vec<ScopeName>)]
    scopes: Vec<String>,
}

/// Names of tokens are for people; longer ones are no names.
const NAME_CHARS_MAX: usize = 255;

async fn make(call: &Call, organization_id: i64, user_id: Option<i64>, name: String, scopes: Vec<String>, secret: &str) -> Result<Token, ApiError> {
    let last_four = secret.chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
    let token = Token { id: 0, organization_id, user_id, name: name.chars().take(NAME_CHARS_MAX).collect(), secret: auth::hash(secret), last_four, scopes, created_ms: call.api.now_ms(), expires_ms: None, last_used_ms: None };
    let token = call.api.stores.tokens.create_token(&token).await?;
    call.audit(organization_id, "token.create", token.id.to_string(), json!({ "scopes": token.scopes, "name": token.name })).await?;
    Ok(token)
}

pub async fn list(call: Call) -> Result<Page<ApiToken>, ApiError> {
    let user_id = call.caller()?.user_id().ok_or(ApiError::Forbidden)?;
    let organization = call.first_organization().await?;
    let tokens = call.api.stores.tokens.tokens(organization.id, Some(user_id)).await?;
    call.page_of(tokens.iter().map(|token| present(token, None)).collect())
}

pub async fn create(call: Call, body: Body<NewToken>) -> Result<Created<ApiToken>, ApiError> {
    let organization = call.first_organization().await?;
    let new = body.read()?;
    let user_id = call.caller()?.user_id().ok_or(ApiError::Forbidden)?;
    if new.scopes.is_empty() {
        return Err(ApiError::field("scopes", "Choose at least one scope."));
    }
    let own = call.caller()?.scopes(organization.id).unwrap_or_default();
    if let Some(unknown) = new.scopes.iter().find(|name| !scope::ALL.contains(&name.as_str())) {
        return Err(ApiError::field("scopes", format!("\"{unknown}\" is not a valid choice.")));
    }
    if let Some(above) = new.scopes.iter().find(|name| !scope::allows(&own, name)) {
        return Err(ApiError::field("scopes", format!("You do not have the scope {above} yourself.")));
    }
    let secret = token::new_user_token();
    let token = make(&call, organization.id, Some(user_id), new.name, new.scopes, &secret).await?;
    Ok(Created(present(&token, Some(&secret))))
}

#[derive(Deserialize, ToSchema)]
pub struct WhichToken {
    /// As a text or a number.
    #[serde(rename = "tokenId", alias = "id")]
    id: Value,
}

pub async fn remove(call: Call, body: Body<WhichToken>) -> Result<NoContent, ApiError> {
    let organization = call.first_organization().await?;
    let user_id = call.caller()?.user_id().ok_or(ApiError::Forbidden)?;
    let in_query = call.query("tokenId").and_then(|id| id.parse().ok());
    let in_body = || body.read().ok().and_then(|which| which.id.as_i64().or_else(|| which.id.as_str()?.parse().ok()));
    let id: i64 = in_query.or_else(in_body).ok_or_else(|| ApiError::field("tokenId", "Give the id of the token."))?;
    let own = call.api.stores.tokens.tokens(organization.id, Some(user_id)).await?;
    if !own.iter().any(|token| token.id == id) {
        return Err(ApiError::NotFound);
    }
    call.api.stores.tokens.remove_token(organization.id, id).await?;
    call.audit(organization.id, "token.remove", id.to_string(), json!({})).await?;
    Ok(NoContent)
}

pub async fn list_organization(call: Call) -> Result<List<ApiToken>, ApiError> {
    let organization = call.organization().await?;
    let tokens = call.api.stores.tokens.tokens(organization.id, None).await?;
    Ok(List(tokens.iter().map(|token| present(token, None)).collect()))
}

pub async fn create_organization(call: Call, body: Body<NewToken>) -> Result<Created<ApiToken>, ApiError> {
    let organization = call.organization().await?;
    let new = body.read()?;
    let scopes = if new.scopes.is_empty() { vec!["org:ci".to_owned()] } else { new.scopes };
    let own = call.caller()?.scopes(organization.id).unwrap_or_default();
    if let Some(above) = scopes.iter().find(|name| !scope::allows(&own, name) && *name != "org:ci") {
        return Err(ApiError::field("scopes", format!("You do not have the scope {above} yourself.")));
    }
    let secret = token::new_organization_token(&call.api.settings.public_url, &organization.slug, call.api.now_ms());
    let token = make(&call, organization.id, None, new.name, scopes, &secret).await?;
    Ok(Created(present(&token, Some(&secret))))
}

pub async fn remove_organization(call: Call) -> Result<NoContent, ApiError> {
    let organization = call.organization().await?;
    let id = call.path_id("token")?;
    let tokens = call.api.stores.tokens.tokens(organization.id, None).await?;
    if !tokens.iter().any(|token| token.id == id) {
        return Err(ApiError::NotFound);
    }
    call.api.stores.tokens.remove_token(organization.id, id).await?;
    call.audit(organization.id, "token.remove", id.to_string(), json!({})).await?;
    Ok(NoContent)
}
