//! One API call as a value: caller, path, query, body, and the rows its path names, already checked for access.

use crate::{Api, ApiError, answer::Page, auth::{self, Caller}, contract::{Contract, Needs}, page::{self, Cursor, PER_PAGE_MAX}, scope};
use axum::{body::Bytes, extract::{FromRequest, RawPathParams, Request}};
use http::HeaderMap;
use model::ids::Id;
use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;
use store::{Issue, Named, Organization, Project};

/// Most bytes of a JSON body: a release with a few thousand commits.
const BODY_BYTES_MAX: usize = 8 << 20;
/// A client has this long to send its body.
const BODY_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

/// A call, authenticated or not.
pub struct Call {
    pub api: Api,
    pub headers: HeaderMap,
    contract: Contract,
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
        let contract = parts.extensions.get::<Contract>().cloned().expect("every route of the table has one");
        let caller = auth::caller(api, &parts.method, &parts.headers).await?;
        if caller.is_none() && contract.needs != Needs::Nothing {
            return Err(ApiError::NotAuthenticated);
        }
        let params = <RawPathParams as axum::extract::FromRequestParts<Api>>::from_request_parts(&mut parts, api).await.map_err(|_| ApiError::NotFound)?;
        let path: Vec<(String, String)> = params.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        // Nothing is named so, and Postgres keeps no text with it.
        if path.iter().any(|(_, value)| value.contains('\0')) {
            return Err(ApiError::NotFound);
        }
        let query: Vec<(String, String)> = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        if let Some((name, _)) = query.iter().find(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(ApiError::Invalid(format!("Null characters are not allowed, as in {}.", name.replace('\0', "\u{fffd}"))));
        }
        let received = tokio::time::timeout(BODY_TIMEOUT, axum::body::to_bytes(body, BODY_BYTES_MAX)).await.map_err(|_| ApiError::Invalid("The request body did not arrive in time.".into()))?;
        let body = received.map_err(|_| ApiError::TooLarge(BODY_BYTES_MAX))?;
        let url = format!("{}{}", api.settings.public_url, parts.uri.path_and_query().map_or("", |target| target.as_str()));
        let peer = parts.extensions.get::<crate::web::Peer>().map_or_else(String::new, |peer| peer.0.to_string());
        Ok(Call { api: api.clone(), headers: parts.headers, contract, caller, path, query, url, body, peer })
    }
}

/// The JSON body of a call, read when the handler has checked who calls.
pub struct Body<T> {
    bytes: Bytes,
    shape: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Body<T> {
    /// The body; an empty one reads as `{}`.
    ///
    /// # Errors
    /// [`ApiError::Body`]; [`ApiError::Unknown`] for a field that nothing reads.
    pub fn read(&self) -> Result<T, ApiError> {
        let (body, unknown) = self.parse()?;
        unknown.map_or(Ok(body), |path| Err(ApiError::Unknown(path)))
    }

    /// The body of a program that says more than is kept, as sentry-cli does of releases; an empty one reads as `{}`.
    ///
    /// # Errors
    /// [`ApiError::Body`].
    pub fn read_known(&self) -> Result<T, ApiError> {
        Ok(self.parse()?.0)
    }

    /// The body and the first field in it that nothing reads.
    fn parse(&self) -> Result<(T, Option<String>), ApiError> {
        let bytes: &[u8] = if self.bytes.is_empty() { b"{}" } else { &self.bytes };
        // serde would fill a struct from a list by position.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(ApiError::Body("a JSON object is required".into()));
        }
        // Postgres keeps no text with it; an escaped backslash before `u0000` is not one.
        if bytes.windows(6).any(|window| window == b"\\u0000") && has_null(&serde_json::from_slice(bytes).map_err(unreadable)?) {
            return Err(ApiError::Body("null characters are not allowed".into()));
        }
        let mut unknown = None;
        let mut json = serde_json::Deserializer::from_slice(bytes);
        let body = serde_ignored::deserialize(&mut json, |path| {
            // Optional fields are steps of a path too, written `?`.
            unknown.get_or_insert_with(|| path.to_string().split('.').filter(|step| *step != "?").collect::<Vec<_>>().join("."));
        });
        let body = body.map_err(unreadable)?;
        json.end().map_err(unreadable)?;
        Ok((body, unknown))
    }
}

fn unreadable(error: serde_json::Error) -> ApiError {
    ApiError::Body(error.to_string())
}

fn has_null(value: &serde_json::Value) -> bool {
    match value {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(values) => values.iter().any(has_null),
        serde_json::Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || has_null(value)),
        _ => false,
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
        self.must_know(name);
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn query_all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.must_know(name);
        self.query.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// What a handler reads is in the document: checked wherever debug assertions are on, which is in every test.
    fn must_know(&self, name: &str) {
        debug_assert!(self.contract.parameters.iter().any(|parameter| parameter.name == name), "the parameter {name} is not in the table of routes");
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

    /// The body, to be read as a shape.
    pub fn body<T>(&self) -> Body<T> {
        Body { bytes: self.body.clone(), shape: PhantomData }
    }

    /// The scope that the table of routes asks for.
    fn wanted(&self) -> Option<&'static str> {
        match self.contract.needs {
            Needs::Scope(scope) => Some(scope),
            Needs::Nothing | Needs::Caller => None,
        }
    }

    /// Refuses where the scopes in an organization do not allow the call.
    fn check_wanted(&self, organization_id: Id) -> Result<(), ApiError> {
        match self.wanted() {
            Some(wanted) => self.check(organization_id, wanted),
            None => self.caller()?.scopes(organization_id).map(drop).ok_or(ApiError::NotFound),
        }
    }

    /// Refuses where the scopes in an organization do not hold this one: for what only some bodies of a route ask.
    pub fn check(&self, organization_id: Id, wanted: &str) -> Result<(), ApiError> {
        let scopes = self.caller()?.scopes(organization_id).ok_or(ApiError::NotFound)?;
        if scope::allows(&scopes, wanted) { Ok(()) } else { Err(ApiError::Forbidden) }
    }

    /// The organization of the path, where the caller may do in it what the route does.
    pub async fn organization(&self) -> Result<Organization, ApiError> {
        self.caller()?;
        let organization = self.api.stores.organizations.organization(Named::parse(self.path("organization"))).await?.ok_or(ApiError::NotFound)?;
        self.check_wanted(organization.id)?;
        Ok(organization)
    }

    /// The project of the path with its organization.
    pub async fn project(&self) -> Result<(Organization, Project), ApiError> {
        let organization = self.organization().await?;
        let project = self.project_of(&organization).await?;
        Ok((organization, project))
    }

    /// The project of the path.
    pub async fn project_of(&self, organization: &Organization) -> Result<Project, ApiError> {
        match self.api.stores.projects.project(organization.id, Named::parse(self.path("project"))).await? {
            Some(project) => Ok(project),
            None => Err(self.renamed(organization).await?),
        }
    }

    /// Where the project of the path is now, if it was called so once.
    async fn renamed(&self, organization: &Organization) -> Result<ApiError, ApiError> {
        let old = self.path("project");
        let Some(slug) = self.api.stores.projects.renamed(organization.id, old).await? else { return Ok(ApiError::NotFound) };
        let (before, after) = (format!("/{}/{old}", self.path("organization")), format!("/{}/{slug}", self.path("organization")));
        Ok(ApiError::Renamed { url: self.url.replacen(&before, &after, 1), slug })
    }

    /// The project of the path, to be changed: not one that a cluster manages.
    pub async fn own_project(&self) -> Result<(Organization, Project), ApiError> {
        let (organization, project) = self.project().await?;
        match &project.managed_by {
            Some(owner) => Err(ApiError::Managed(owner.clone())),
            None => Ok((organization, project)),
        }
    }

    /// The issue of the path, by id or short id.
    pub async fn issue(&self) -> Result<(Organization, Issue), ApiError> {
        let organization = match self.path("organization") {
            "" => self.first_organization().await?,
            _ => self.organization().await?,
        };
        let text = self.path("issue");
        let issue = match text.parse::<Id>() {
            Ok(id) => self.api.stores.issues.get(organization.id, &[id]).await?.into_iter().flatten().next(),
            Err(_) => self.api.stores.issues.by_short_id(organization.id, text).await?,
        };
        Ok((organization, issue.ok_or(ApiError::NotFound)?))
    }

    /// For old routes without an organization in their path: the one the caller belongs to.
    pub async fn first_organization(&self) -> Result<Organization, ApiError> {
        let caller = self.caller()?;
        let organizations = self.api.stores.organizations.organizations().await?;
        let organization = organizations.into_iter().find(|organization| caller.scopes(organization.id).is_some()).ok_or(ApiError::NotFound)?;
        self.check_wanted(organization.id)?;
        Ok(organization)
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
    pub fn page<T: Serialize>(&self, rows: Vec<T>, next: Option<Cursor>) -> Result<Page<T>, ApiError> {
        let this = self.cursor()?.map(Cursor::place);
        Ok(self.page_between(rows, this.as_deref(), next.map(Cursor::place).as_deref()))
    }

    /// A page of a list with cursors of its own.
    pub fn page_between<T: Serialize>(&self, rows: Vec<T>, this: Option<&str>, next: Option<&str>) -> Page<T> {
        Page { rows, link: page::link(&self.url, this, next), hits: None, is_incomplete: false }
    }

    /// A page of a list held in memory.
    pub fn page_of<T: Serialize>(&self, rows: Vec<T>) -> Result<Page<T>, ApiError> {
        let (rows, next) = page::slice(rows, self.cursor()?, self.per_page(PER_PAGE_MAX)?);
        self.page(rows, next)
    }
}
