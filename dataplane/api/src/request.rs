//! One API call as a value: caller, path, query, body, and the rows its path names, already checked for access.

use crate::{Api, ApiError, auth::{self, Caller}, page::{self, Cursor, PER_PAGE_MAX}, scope};
use axum::{
    body::Bytes,
    extract::{FromRequest, RawPathParams, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::{CONTENT_TYPE, LINK}};
use model::ids::Id;
use serde::{Serialize, de::DeserializeOwned};
use store::{Issue, Named, Organization, Project};

/// Most bytes of a JSON body: a release with a few thousand commits.
const BODY_BYTES_MAX: usize = 8 << 20;

/// A call, authenticated or not.
pub struct Call {
    pub api: Api,
    pub method: Method,
    pub headers: HeaderMap,
    caller: Option<Caller>,
    path: Vec<(String, String)>,
    query: Vec<(String, String)>,
    /// Absolute, for `Link`.
    url: String,
    body: Bytes,
    pub peer: String,
}

impl FromRequest<Api> for Call {
    type Rejection = ApiError;

    async fn from_request(request: Request, api: &Api) -> Result<Call, ApiError> {
        let (mut parts, body) = request.into_parts();
        let caller = auth::caller(api, &parts.method, &parts.headers).await?;
        let params = <RawPathParams as axum::extract::FromRequestParts<Api>>::from_request_parts(&mut parts, api).await.map_err(|_| ApiError::NotFound)?;
        let path = params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let body = axum::body::to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| ApiError::Invalid(format!("Request body is larger than {BODY_BYTES_MAX} bytes.")))?;
        let query = parse_query(parts.uri.query().unwrap_or_default());
        let url = format!("{}{}", api.settings.public_url, parts.uri.path_and_query().map_or("", |target| target.as_str()));
        let peer = parts.extensions.get::<crate::web::Peer>().map_or_else(String::new, |peer| peer.0.to_string());
        Ok(Call { api: api.clone(), method: parts.method, headers: parts.headers, caller, path, query, url, body, peer })
    }
}

impl Call {
    pub fn caller(&self) -> Result<&Caller, ApiError> {
        self.caller.as_ref().ok_or(ApiError::NotAuthenticated)
    }

    pub fn caller_or_none(&self) -> Option<&Caller> {
        self.caller.as_ref()
    }

    pub fn user_id(&self) -> Option<Id> {
        self.caller.as_ref()?.user_id()
    }

    /// A part of the path.
    pub fn path(&self, name: &str) -> &str {
        self.path.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    pub fn path_id(&self, name: &str) -> Result<Id, ApiError> {
        self.path(name).parse().map_err(|_| ApiError::NotFound)
    }

    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn query_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn cursor(&self) -> Result<Option<Cursor>, ApiError> {
        Cursor::parse(self.query("cursor"))
    }

    /// Rows of a page: `per_page` or `limit`, 1 to 100.
    pub fn per_page(&self, default: usize) -> Result<usize, ApiError> {
        match self.query("per_page").or_else(|| self.query("limit")) {
            None | Some("") => Ok(default),
            Some(text) => match text.parse::<usize>() {
                Ok(count) if count >= 1 => Ok(count.min(PER_PAGE_MAX)),
                _ => Err(ApiError::Invalid(format!("'{text}' is no number of rows; write 1 to {PER_PAGE_MAX}."))),
            },
        }
    }

    /// The body as JSON; an empty body reads as `{}`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ApiError> {
        let bytes: &[u8] = if self.body.is_empty() { b"{}" } else { &self.body };
        // serde would fill a struct from a list by position.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(ApiError::Invalid("Request body: a JSON object is required.".into()));
        }
        serde_json::from_slice(bytes).map_err(|error| ApiError::Invalid(format!("Request body: {error}.")))
    }

    /// The organization of the path, where the caller may do `wanted` in it.
    pub async fn organization(&self, wanted: &str) -> Result<Organization, ApiError> {
        let caller = self.caller()?;
        let organization = self.api.stores.organizations.organization(Named::parse(self.path("organization"))).await?.ok_or(ApiError::NotFound)?;
        let scopes = caller.scopes(organization.id).ok_or(ApiError::NotFound)?;
        if scope::allows(&scopes, wanted) { Ok(organization) } else { Err(ApiError::Forbidden) }
    }

    /// The project of the path with its organization.
    pub async fn project(&self, wanted: &str) -> Result<(Organization, Project), ApiError> {
        let organization = self.organization(wanted).await?;
        let project = self.api.stores.projects.project(organization.id, Named::parse(self.path("project"))).await?.ok_or(ApiError::NotFound)?;
        Ok((organization, project))
    }

    /// The project of the path, to be changed: not one that a cluster manages.
    pub async fn own_project(&self, wanted: &str) -> Result<(Organization, Project), ApiError> {
        let (organization, project) = self.project(wanted).await?;
        match &project.managed_by {
            Some(owner) => Err(ApiError::Managed(owner.clone())),
            None => Ok((organization, project)),
        }
    }

    /// The issue of the path, by id or short id.
    pub async fn issue(&self, wanted: &str) -> Result<(Organization, Issue), ApiError> {
        let organization = match self.path("organization") {
            "" => self.first_organization(wanted).await?,
            _ => self.organization(wanted).await?,
        };
        let text = self.path("issue");
        let issue = match text.parse::<Id>() {
            Ok(id) => self.api.stores.issues.get(organization.id, &[id]).await?.into_iter().flatten().next(),
            Err(_) => self.api.stores.issues.by_short_id(organization.id, text).await?,
        };
        Ok((organization, issue.ok_or(ApiError::NotFound)?))
    }

    /// For old routes without an organization in their path: the one the caller belongs to.
    pub async fn first_organization(&self, wanted: &str) -> Result<Organization, ApiError> {
        let caller = self.caller()?;
        for organization in self.api.stores.organizations.organizations().await? {
            if let Some(scopes) = caller.scopes(organization.id) {
                return if scope::allows(&scopes, wanted) { Ok(organization) } else { Err(ApiError::Forbidden) };
            }
        }
        Err(ApiError::NotFound)
    }

    /// Notes a change in the audit log.
    pub async fn audit(&self, organization_id: Id, action: &str, target: String, data: serde_json::Value) -> Result<(), ApiError> {
        let entry = store::AuditEntry {
            id: 0,
            organization_id,
            actor: self.caller.as_ref().map_or_else(String::new, |caller| caller.actor.clone()),
            action: action.to_owned(),
            target,
            data: data.to_string(),
            ip: self.peer.clone(),
            created_ms: self.api.now_ms(),
        };
        Ok(self.api.stores.audit.record(&[entry]).await?)
    }

    /// A page of rows with its `Link` header.
    pub fn page<T: Serialize>(&self, rows: &[T], next: Option<Cursor>) -> Result<Response, ApiError> {
        let mut response = ok(rows);
        response.headers_mut().insert(LINK, page::link(&self.url, self.cursor()?, next));
        Ok(response)
    }

    /// A page of a list held in memory.
    pub fn page_of<T: Serialize>(&self, rows: Vec<T>) -> Result<Response, ApiError> {
        let (rows, next) = page::slice(rows, self.cursor()?, self.per_page(PER_PAGE_MAX)?);
        self.page(&rows, next)
    }
}

/// 200 with JSON.
pub fn ok<T: Serialize + ?Sized>(value: &T) -> Response {
    json(StatusCode::OK, value)
}

/// A status with JSON. The content type carries no charset: sentry-cli reads JSON only so (`product-api` §3.1).
pub fn json<T: Serialize + ?Sized>(status: StatusCode, value: &T) -> Response {
    let body = serde_json::to_vec(value).expect("answers are strings, numbers, lists and maps with text keys");
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn parse_query(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode(&text.replace('+', " "));
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| pair.split_once('=').map_or((decode(pair), String::new()), |(key, value)| (decode(key), decode(value)))).collect()
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = (bytes[at] == b'%').then(|| bytes.get(at + 1..at + 3)).flatten().and_then(|digits| hex::decode(digits).ok());
        match escape {
            Some(byte) => {
                out.extend(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
