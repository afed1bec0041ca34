//! Terms that state alone answers: status, people, times, counts, releases (`product-api` §4.2).

use crate::{ApiError, request::Call};
use model::{prepared::Level, search::{Comparison, Pattern, Term, Test, age_ms, date_ms, number}};
use store::{Assignee, IssueFilter, IssueState, Organization, Priority, Range};

/// The filter of a term; `None` where the term is about events.
///
/// # Errors
/// [`ApiError::Invalid`] for a value that the key does not take.
pub async fn lower_term(call: &Call, organization: &Organization, term: &Term, now_ms: i64) -> Result<Option<IssueFilter>, ApiError> {
    let (key, test) = match term {
        Term::Is(state) => return is(state).map(Some),
        Term::Text(text) => return Ok(Some(IssueFilter::Or(vec![IssueFilter::Text(text.clone()), IssueFilter::ShortId(vec![text.clone()])]))),
        Term::Has(key) if !key.is_tag && matches!(key.name.as_str(), "assigned" | "assigned_to") => return Ok(Some(IssueFilter::Not(Box::new(IssueFilter::Unassigned)))),
        Term::Has(_) => return Ok(None),
        Term::Key { key, .. } if key.is_tag => return Ok(None),
        Term::Key { key, test } => (key.name.as_str(), test),
    };
    let filter = match key {
        "assigned" | "assigned_to" | "assigned_or_suggested" => assigned(call, organization, patterns(key, test)?).await?,
        "bookmarks" => IssueFilter::BookmarkedBy(me(call, key, test)?),
        "subscribed" => IssueFilter::SubscribedBy(me(call, key, test)?),
        "issue.priority" | "priority" => IssueFilter::Priority(choices(key, test, |name| [Priority::Low, Priority::Medium, Priority::High].into_iter().find(|priority| priority.name() == name))?),
        "level" => IssueFilter::Level(choices(key, test, Level::from_name)?),
        "issue" | "issue.id" => ids(patterns(key, test)?),
        "issue.type" | "type" if has_star(patterns(key, test)?) => IssueFilter::Or(patterns(key, test)?.iter().map(|pattern| IssueFilter::EventTypeLike(pattern.text.clone())).collect()),
        "issue.type" | "type" => IssueFilter::EventType(texts(patterns(key, test)?)),
        "issue.category" => category(patterns(key, test)?),
        // Patterns are the events' business.
        "platform" | "platform.name" if has_star(patterns(key, test)?) => return Ok(None),
        "platform" | "platform.name" => IssueFilter::Platform(texts(patterns(key, test)?)),
        "project" | "project.name" | "project.id" => return Err(ApiError::Invalid(format!("Choose projects by the parameter project=ID, not by {key}: in the query."))),
        "firstRelease" => first_release(call, organization, patterns(key, test)?).await?,
        "firstSeen" | "first_seen" | "age" => any(times(key, test, now_ms)?, IssueFilter::FirstSeenMs),
        "lastSeen" | "last_seen" => any(times(key, test, now_ms)?, IssueFilter::LastSeenMs),
        "timesSeen" | "times_seen" => any(counts(key, test)?, IssueFilter::TimesSeen),
        "error.unhandled" => IssueFilter::Handled(!flag(key, test)?),
        "error.handled" => IssueFilter::Handled(flag(key, test)?),
        _ => return Ok(None),
    };
    Ok(Some(filter))
}

fn is(state: &str) -> Result<IssueFilter, ApiError> {
    use IssueState::{ArchivedForever, ArchivedUntilCondition, ArchivedUntilEscalating, Escalating, New, Ongoing, Regressed, Resolved};
    Ok(match state {
        "unresolved" => IssueFilter::State(vec![New, Ongoing, Regressed, Escalating]),
        "resolved" => IssueFilter::State(vec![Resolved]),
        "archived" | "ignored" | "muted" => IssueFilter::State(vec![ArchivedForever, ArchivedUntilEscalating, ArchivedUntilCondition]),
        "new" => IssueFilter::State(vec![New]),
        "ongoing" => IssueFilter::State(vec![Ongoing]),
        "regressed" => IssueFilter::State(vec![Regressed]),
        "escalating" => IssueFilter::State(vec![Escalating]),
        "archived_forever" => IssueFilter::State(vec![ArchivedForever]),
        "archived_until_escalating" => IssueFilter::State(vec![ArchivedUntilEscalating]),
        "archived_until_condition_met" => IssueFilter::State(vec![ArchivedUntilCondition]),
        "for_review" => IssueFilter::State(IssueState::FOR_REVIEW.to_vec()),
        "assigned" => IssueFilter::Not(Box::new(IssueFilter::Unassigned)),
        "unassigned" => IssueFilter::Unassigned,
        "linked" => IssueFilter::Ids(Vec::new()),
        "unlinked" => IssueFilter::All,
        other => return Err(ApiError::Invalid(format!("Invalid value \"{other}\" for \"is:\"; use unresolved, resolved, archived, new, ongoing, regressed, escalating, assigned, unassigned or for_review."))),
    })
}

fn patterns<'a>(key: &str, test: &'a Test) -> Result<&'a [Pattern], ApiError> {
    match test {
        Test::OneOf(patterns) => Ok(patterns),
        Test::Compare(..) => Err(ApiError::Invalid(format!("{key}: takes a value, not a comparison."))),
    }
}

fn has_star(patterns: &[Pattern]) -> bool {
    patterns.iter().any(|pattern| pattern.has_star)
}

/// Versions by name, `latest`, or pattern.
async fn first_release(call: &Call, organization: &Organization, patterns: &[Pattern]) -> Result<IssueFilter, ApiError> {
    let (stars, names): (Vec<&Pattern>, Vec<&Pattern>) = patterns.iter().partition(|pattern| pattern.has_star);
    let names: Vec<Pattern> = names.into_iter().cloned().collect();
    let mut filters = vec![IssueFilter::FirstRelease(latest_or(call, organization, &names).await?)];
    filters.extend(stars.into_iter().map(|pattern| IssueFilter::FirstReleaseLike(pattern.text.clone())));
    Ok(IssueFilter::Or(filters))
}

/// Any of the ranges: `key:[a,b]`.
fn any(ranges: Vec<Range>, filter: impl Fn(Range) -> IssueFilter) -> IssueFilter {
    IssueFilter::Or(ranges.into_iter().map(filter).collect())
}

fn texts(patterns: &[Pattern]) -> Vec<String> {
    patterns.iter().map(|pattern| pattern.text.clone()).collect()
}

fn choices<T>(key: &str, test: &Test, find: impl Fn(&str) -> Option<T>) -> Result<Vec<T>, ApiError> {
    patterns(key, test)?.iter().map(|pattern| find(&pattern.text).ok_or_else(|| ApiError::Invalid(format!("Invalid value \"{}\" for \"{key}:\".", pattern.text)))).collect()
}

fn flag(key: &str, test: &Test) -> Result<bool, ApiError> {
    match patterns(key, test)? {
        [only] if matches!(only.text.as_str(), "true" | "1" | "yes") => Ok(true),
        [only] if matches!(only.text.as_str(), "false" | "0" | "no") => Ok(false),
        _ => Err(ApiError::Invalid(format!("{key}: is true or false."))),
    }
}

fn ids(patterns: &[Pattern]) -> IssueFilter {
    let (numbers, names): (Vec<&Pattern>, Vec<&Pattern>) = patterns.iter().partition(|pattern| pattern.text.parse::<i64>().is_ok());
    let numbers = numbers.iter().filter_map(|pattern| pattern.text.parse().ok()).collect();
    IssueFilter::Or(vec![IssueFilter::Ids(numbers), IssueFilter::ShortId(names.iter().map(|pattern| pattern.text.clone()).collect())])
}

fn category(patterns: &[Pattern]) -> IssueFilter {
    let is_feedback = || IssueFilter::EventType(vec!["feedback".into()]);
    let one = |pattern: &Pattern| match pattern.text.as_str() {
        "feedback" => is_feedback(),
        "error" => IssueFilter::Not(Box::new(is_feedback())),
        _ => IssueFilter::Ids(Vec::new()),
    };
    IssueFilter::Or(patterns.iter().map(one).collect())
}

fn me(call: &Call, key: &str, test: &Test) -> Result<i64, ApiError> {
    match patterns(key, test)? {
        [only] if only.text == "me" => call.user_id().ok_or_else(|| ApiError::Invalid(format!("{key}:me needs a user; this token belongs to none."))),
        _ => Err(ApiError::Invalid(format!("{key}: takes only me."))),
    }
}

async fn assigned(call: &Call, organization: &Organization, patterns: &[Pattern]) -> Result<IssueFilter, ApiError> {
    let mut filters = Vec::new();
    for pattern in patterns {
        filters.push(match pattern.text.as_str() {
            "none" | "" => IssueFilter::Unassigned,
            "me" => IssueFilter::AssignedTo(call.user_id().map(Assignee::User).into_iter().collect()),
            "my_teams" => {
                let teams = call.api.stores.teams.teams(organization.id).await?;
                let own = teams.iter().filter(|team| call.user_id().is_some_and(|id| team.members.contains(&id)));
                IssueFilter::AssignedTo(own.map(|team| Assignee::Team(team.id)).collect())
            }
            name => IssueFilter::AssignedTo(assignee(call, organization, name).await?.into_iter().collect()),
        });
    }
    Ok(IssueFilter::Or(filters))
}

/// `#team`, e-mail, user name or id.
pub async fn assignee(call: &Call, organization: &Organization, name: &str) -> Result<Option<Assignee>, ApiError> {
    let stores = &call.api.stores;
    if let Some(slug) = name.strip_prefix('#') {
        return Ok(stores.teams.team(organization.id, store::Named::parse(slug)).await?.map(|team| Assignee::Team(team.id)));
    }
    if let Some(team) = name.strip_prefix("team:") {
        return Ok(stores.teams.team(organization.id, store::Named::parse(team)).await?.map(|team| Assignee::Team(team.id)));
    }
    let name = name.strip_prefix("user:").unwrap_or(name);
    let members = stores.users.members(organization.id).await?;
    let found = members.iter().find(|member| member.user.id.to_string() == name || member.user.email.eq_ignore_ascii_case(name) || (!member.user.name.is_empty() && member.user.name == name));
    Ok(found.map(|member| Assignee::User(member.user.id)))
}

pub(super) async fn latest_or(call: &Call, organization: &Organization, patterns: &[Pattern]) -> Result<Vec<String>, ApiError> {
    let mut versions = Vec::new();
    for pattern in patterns {
        if pattern.text != "latest" {
            versions.push(pattern.text.clone());
            continue;
        }
        for project in call.api.stores.projects.projects(organization.id).await? {
            versions.extend(call.api.stores.releases.latest_release(organization.id, project.id).await?.map(|release| release.version));
        }
    }
    Ok(versions)
}

/// Ranges of times: `-24h` (within), `+7d` (older), a day, a moment (its second), or a comparison with a date.
fn times(key: &str, test: &Test, now_ms: i64) -> Result<Vec<Range>, ApiError> {
    let invalid = |text: &str| ApiError::Invalid(format!("Invalid value \"{text}\" for \"{key}:\"; write an age such as -24h or +7d, or compare with a date: >2026-01-01."));
    match test {
        Test::OneOf(patterns) => {
            let one = |text: &str| match age_ms(text) {
                Some((true, ms)) => Ok(Range { min: Some(now_ms - ms), max: None }),
                Some((false, ms)) => Ok(Range { min: None, max: Some(now_ms - ms) }),
                None => {
                    let length_ms = if text.contains([':', 'T']) { 1_000 } else { 86_400_000 };
                    date_ms(text).map(|begin_ms| Range { min: Some(begin_ms), max: Some(begin_ms + length_ms - 1) }).ok_or_else(|| invalid(text))
                }
            };
            patterns.iter().map(|pattern| one(&pattern.text)).collect()
        }
        Test::Compare(comparison, text) => Ok(vec![range(*comparison, date_ms(text).ok_or_else(|| invalid(text))?)?]),
    }
}

fn counts(key: &str, test: &Test) -> Result<Vec<Range>, ApiError> {
    let amount = |text: &str| number(text).map(|number| number as i64).ok_or_else(|| ApiError::Invalid(format!("Invalid number \"{text}\" for \"{key}:\".")));
    match test {
        Test::OneOf(patterns) => patterns.iter().map(|pattern| amount(&pattern.text).map(|exact| Range { min: Some(exact), max: Some(exact) })).collect(),
        Test::Compare(comparison, text) => Ok(vec![range(*comparison, amount(text)?)?]),
    }
}

fn range(comparison: Comparison, value: i64) -> Result<Range, ApiError> {
    Ok(match comparison {
        Comparison::Less => Range { min: None, max: Some(value.saturating_sub(1)) },
        Comparison::LessOrEqual => Range { min: None, max: Some(value) },
        Comparison::Greater => Range { min: Some(value.saturating_add(1)), max: None },
        Comparison::GreaterOrEqual => Range { min: Some(value), max: None },
        Comparison::Equal => Range { min: Some(value), max: Some(value) },
        Comparison::NotEqual => return Err(ApiError::Invalid("!= is not supported here; write !key:value.".into())),
    })
}
