//! From the search language to what the stores answer: terms on issues go to state, terms on events to the day files.
//!
//! In: the query string of a list. Out: an [`IssueFilter`] and the [`EventScope`] of the window. Terms on events that stand side by
//! side must hold in one event; their matches come in as issue ids.

mod events;
mod issues;
mod stages;
mod window;

use crate::{ApiError, request::Call};
use model::search::{self, Key, Pattern, Query, Term, Test};
use std::{sync::atomic::{AtomicBool, Ordering}, time::Instant};
use store::{EventFilter, EventScope, IssueFilter, Organization, SearchBudget};

pub use issues::assignee;
pub use window::scope;

/// What a list was asked for.
pub struct Asked {
    pub filter: IssueFilter,
    pub scope: EventScope,
    /// The search among events gave up: what only older events would tell is missing.
    pub is_incomplete: bool,
}

/// Hashes that one event search may answer. More than a page ever shows, less than a state query can take.
const HASHES_MAX: usize = 1_000;

/// Reads the parameters of an issue list.
///
/// # Errors
/// [`ApiError::Invalid`] naming the fault in the query, [`ApiError::NotFound`] for a project of somebody else.
pub async fn asked(call: &Call, organization: &Organization) -> Result<Asked, ApiError> {
    asked_or(call, organization, "is:unresolved").await
}

/// As [`asked`], with the query that stands for none.
///
/// # Errors
/// Those of [`asked`].
pub async fn asked_or(call: &Call, organization: &Organization, default: &str) -> Result<Asked, ApiError> {
    let scope = window::scope(call, organization).await?;
    let text = call.query("query").unwrap_or(default);
    let query = search::parse(text).map_err(|error| ApiError::Invalid(format!("Error parsing search query: {error}")))?;
    let searcher = Searcher::new(call, organization, &scope);
    let mut filter = searcher.lower(&query).await?;
    let is_incomplete = searcher.gave_up.into_inner();
    if !scope.environments.is_empty() {
        filter = and(vec![filter, IssueFilter::Environment(scope.environments.clone())]);
    }
    // Without a window every issue counts; with one, those seen in it.
    if call.query("statsPeriod").or_else(|| call.query("start")).is_some_and(|text| !text.is_empty()) {
        let seen = IssueFilter::LastSeenMs(store::Range { min: Some(scope.start_ms), max: None });
        let begun = IssueFilter::FirstSeenMs(store::Range { min: None, max: Some(scope.end_ms - 1) });
        filter = and(vec![filter, seen, begun]);
    }
    Ok(Asked { filter, scope, is_incomplete })
}

/// The filter of an event list's `query`.
///
/// # Errors
/// [`ApiError::Invalid`] naming the fault.
pub async fn event_filter(call: &Call, organization: &Organization, scope: &EventScope) -> Result<EventFilter, ApiError> {
    let query = search::parse(call.query("query").unwrap_or_default()).map_err(|error| ApiError::Invalid(format!("Error parsing search query: {error}")))?;
    let searcher = Searcher::new(call, organization, scope);
    events::lower_events(&searcher.all_with_latest(query).await?)
}

fn and(mut parts: Vec<IssueFilter>) -> IssueFilter {
    parts.retain(|part| *part != IssueFilter::All);
    match parts.len() {
        0 => IssueFilter::All,
        1 => parts.remove(0),
        _ => IssueFilter::And(parts),
    }
}

struct Searcher<'a> {
    call: &'a Call,
    organization: &'a Organization,
    scope: &'a EventScope,
    gave_up: AtomicBool,
    /// One budget for the whole question, however many event searches it takes.
    begun: Instant,
}

impl<'a> Searcher<'a> {
    fn new(call: &'a Call, organization: &'a Organization, scope: &'a EventScope) -> Searcher<'a> {
        Searcher { call, organization, scope, gave_up: AtomicBool::new(false), begun: Instant::now() }
    }

    /// The query with every term as [`Searcher::with_latest`] says it.
    async fn all_with_latest(&self, query: Query) -> Result<Query, ApiError> {
        let each = async |parts: Vec<Query>| {
            let mut whole = Vec::with_capacity(parts.len());
            for part in parts {
                whole.push(Box::pin(self.all_with_latest(part)).await?);
            }
            Ok::<_, ApiError>(whole)
        };
        Ok(match query {
            Query::All => Query::All,
            Query::And(parts) => Query::And(each(parts).await?),
            Query::Or(parts) => Query::Or(each(parts).await?),
            Query::Not(inner) => Query::Not(Box::new(Box::pin(self.all_with_latest(*inner)).await?)),
            Query::Term(term) => Query::Term(self.with_latest(&term).await?),
        })
    }

    async fn lower(&self, query: &Query) -> Result<IssueFilter, ApiError> {
        match query {
            Query::All => Ok(IssueFilter::All),
            Query::Not(inner) => Ok(IssueFilter::Not(Box::new(Box::pin(self.lower(inner)).await?))),
            Query::Or(parts) => {
                let mut lowered = Vec::with_capacity(parts.len());
                for part in parts {
                    lowered.push(Box::pin(self.lower(part)).await?);
                }
                Ok(IssueFilter::Or(lowered))
            }
            Query::And(parts) => self.all_of(parts).await,
            Query::Term(_) => self.all_of(std::slice::from_ref(query)).await,
        }
    }

    async fn all_of(&self, parts: &[Query]) -> Result<IssueFilter, ApiError> {
        let mut lowered = Vec::new();
        let mut on_events = Vec::new();
        for part in parts {
            match part {
                Query::Term(term) => match self.term(term).await? {
                    Some(filter) => lowered.push(filter),
                    None => on_events.push(events::lower_term(&self.with_latest(term).await?)?),
                },
                Query::Not(inner) if matches!(&**inner, Query::Term(_)) => {
                    let Query::Term(term) = &**inner else { continue };
                    match self.term(term).await? {
                        Some(filter) => lowered.push(IssueFilter::Not(Box::new(filter))),
                        None => on_events.push(EventFilter::Not(Box::new(events::lower_term(&self.with_latest(term).await?)?))),
                    }
                }
                other => lowered.push(Box::pin(self.lower(other)).await?),
            }
        }
        if !on_events.is_empty() {
            lowered.push(self.with_events(EventFilter::And(on_events)).await?);
        }
        Ok(and(lowered))
    }

    /// A term that state alone answers; `None` for one on events.
    async fn term(&self, term: &Term) -> Result<Option<IssueFilter>, ApiError> {
        issues::lower_term(self.call, self.organization, term, self.call.api.backstage.now_ms()).await
    }

    /// `release:latest` and `release.stage:` with the versions that they mean.
    async fn with_latest(&self, term: &Term) -> Result<Term, ApiError> {
        let Term::Key { key, test: Test::OneOf(patterns) } = term else { return Ok(term.clone()) };
        if !key.is_tag && key.name == "release.stage" {
            let versions = stages::releases_in(self.call, self.organization, self.scope, patterns).await?;
            let patterns = versions.into_iter().map(|text| Pattern { text, has_star: false }).collect();
            return Ok(Term::Key { key: Key { name: "release".into(), is_tag: false }, test: Test::OneOf(patterns) });
        }
        if key.is_tag || key.name != "release" || !patterns.iter().any(|pattern| pattern.text == "latest") {
            return Ok(term.clone());
        }
        let versions = issues::latest_or(self.call, self.organization, patterns).await?;
        let patterns = versions.into_iter().map(|text| Pattern { has_star: text.contains('*'), text }).collect();
        Ok(Term::Key { key: key.clone(), test: Test::OneOf(patterns) })
    }

    /// Issues that have an event which passes.
    async fn with_events(&self, filter: EventFilter) -> Result<IssueFilter, ApiError> {
        let whole = self.call.api.settings.search_budget;
        let budget = SearchBudget { time_max_ms: whole.time_max_ms.saturating_sub(self.begun.elapsed().as_millis() as u64), ..whole };
        let hits = self.call.api.stores.event_reads.hashes(self.scope, &filter, HASHES_MAX, budget).await?;
        self.gave_up.fetch_or(hits.gave_up, Ordering::Relaxed);
        let hash_ids: Vec<i64> = hits.hits.iter().map(|hit| hit.hash_id).collect();
        let mut ids: Vec<i64> = self.call.api.stores.hashes.issues_of(self.organization.id, &hash_ids).await?.into_iter().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(IssueFilter::Ids(ids))
    }
}
