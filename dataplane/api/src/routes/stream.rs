//! Live updates of issues by server-sent events. A reader that falls behind is told to load anew.

use crate::{ApiError, answer::Stream, request::Call};
use axum::response::{IntoResponse, sse::{Event, KeepAlive, Sse}};
use futures_util::StreamExt;
use std::{convert::Infallible, time::Duration};
use tokio_stream::wrappers::{BroadcastStream, errors::BroadcastStreamRecvError};

/// Proxies close quiet connections after 30 s or more.
const PING_INTERVAL: Duration = Duration::from_secs(15);

pub async fn issues(call: Call) -> Result<Stream, ApiError> {
    let organization = call.organization().await?;
    let updates = BroadcastStream::new(call.api.backstage.subscribe()).filter_map(move |update| {
        let event = match update {
            Ok(update) if update.organization_id == organization.id => {
                let data = serde_json::json!({ "id": update.issue_id.to_string(), "projectId": update.project_id.to_string() });
                Some(Ok::<_, Infallible>(Event::default().event("issue").data(data.to_string())))
            }
            Ok(_) => None,
            Err(BroadcastStreamRecvError::Lagged(_)) => Some(Ok(Event::default().event("reload").data("{}"))),
        };
        std::future::ready(event)
    });
    let first = futures_util::stream::iter([Ok(Event::default().event("ping").data("{}"))]);
    let keep_alive = KeepAlive::new().interval(PING_INTERVAL).event(Event::default().event("ping").data("{}"));
    Ok(Stream(Sse::new(first.chain(updates)).keep_alive(keep_alive).into_response()))
}
