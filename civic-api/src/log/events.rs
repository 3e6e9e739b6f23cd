//! The log as a stream of server-sent events. An event's id is its record's number, so a browser that comes back says
//! by itself (`Last-Event-ID`) what it has heard last, and hears on from there: nothing is missed, nothing comes twice.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use tokio::sync::{Semaphore, SemaphorePermit};
use utoipa::IntoParams;

use super::{Follower, Record};
use crate::error::Problem;
use crate::extract::Parameters;
use crate::{Civic, Error};

/// Streams at once; whoever comes then is told to come later.
const STREAMS: usize = 512;
static FREE: Semaphore = Semaphore::const_new(STREAMS);

/// After so long without a record a comment is sent, so that nothing on the way thinks that the line is dead.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// From where.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct From {
    /// Records after this number; without it (and without `Last-Event-ID`), those that are still to come.
    after: Option<i64>,
}

/// What is read from the database and not sent yet: at most one page, and nothing more is read before it is sent.
struct Listener {
    follower: Follower,
    waiting: VecDeque<Record>,
    _permit: SemaphorePermit<'static>,
}

/// Follows the civic log: server-sent events, one a record.
#[utoipa::path(
    get,
    path = "/api/v1/log/events",
    params(
        From,
        ("last-event-id" = Option<i64>, Header, description = "The last record that was heard; goes before `after`"),
    ),
    responses(
        (status = 200, description = "Events `record`: `id` is the number, `data` the record", content_type = "text/event-stream", body = String),
        (status = 400, description = "`malformed_parameter`", body = Problem),
        (status = 503, description = "`too_many_listeners`", body = Problem),
    )
)]
pub(crate) async fn listen(
    State(civic): State<Civic>,
    headers: HeaderMap,
    Parameters(from): Parameters<From>,
) -> Result<impl IntoResponse, Error> {
    // Anyone may follow the log.
    let permit = FREE.try_acquire().map_err(|_| Error::Busy)?;
    let heard = headers
        .get("last-event-id")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse::<i64>().ok());
    let after = match heard.or(from.after) {
        Some(seq) => seq.max(0),
        None => super::head(&civic.db).await?.seq,
    };
    let listener = Listener {
        follower: super::follow(&civic.db, after),
        waiting: VecDeque::new(),
        _permit: permit,
    };
    Ok(Sse::new(events(listener)).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// Ends when the database fails: the browser comes back and says where it was.
fn events(listener: Listener) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(listener, async |mut listener| {
        if listener.waiting.is_empty() {
            listener.waiting = listener.follower.next().await.ok()?.into();
        }
        let record = listener.waiting.pop_front()?;
        let event = Event::default()
            .event("record")
            .id(record.seq.to_string())
            .json_data(&record)
            .ok()?;
        Some((Ok(event), listener))
    })
}
