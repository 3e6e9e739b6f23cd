//! `GET /call`: who may open a WebSocket, and how its frames become messages.

use std::sync::Arc;

use axum::Router;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRef, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::{Stream, StreamExt, future, stream};
use tokio::sync::Semaphore;
use tungstenite::error::{CapacityError, Error as WireError};

use crate::message::{MAX_MESSAGE_BYTES, SUBPROTOCOL};
use crate::socket::{self, Door, Incoming};

/// Sockets that may be open at once, those without a seat included.
pub(crate) const MAX_SOCKETS: u32 = 16_384;

/// What the handler needs.
#[derive(Clone, FromRef)]
struct Doorway {
    door: Arc<Door>,
    sockets: Arc<Semaphore>,
}

/// The route.
pub(crate) fn router(door: Arc<Door>, sockets: Arc<Semaphore>) -> Router {
    Router::new()
        .route("/call", get(open))
        .with_state(Doorway { door, sockets })
}

async fn open(
    State(doorway): State<Doorway>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Response {
    if !is_same_origin(&headers) {
        tracing::info!("socket of another origin refused");
        return (StatusCode::FORBIDDEN, "the page is of another origin").into_response();
    }
    let upgrade = upgrade
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .protocols([SUBPROTOCOL]);
    if upgrade.requested_protocols().next().is_some() && upgrade.selected_protocol().is_none() {
        return (
            StatusCode::BAD_REQUEST,
            "no subprotocol that is spoken here",
        )
            .into_response();
    }
    if *doorway.door.stop.borrow() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    let Ok(place) = doorway.sockets.try_acquire_owned() else {
        tracing::warn!("socket refused: {MAX_SOCKETS} are open");
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    upgrade.on_upgrade(move |socket| async move {
        let (out, frames) = socket.split();
        socket::serve(doorway.door, messages(frames), out).await;
        drop(place);
    })
}

/// Browsers always say which page opens a WebSocket; another site's page must not speak with our cookies or from
/// our visitor's network (RFC 6455 section 10.2). What is no browser says nothing and is welcome.
fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let (Ok(origin), Some(Ok(host))) = (
        origin.to_str(),
        headers.get(header::HOST).map(|host| host.to_str()),
    ) else {
        return false;
    };
    let (authority, port) = match origin.split_once("://") {
        Some(("https", authority)) => (authority, ":443"),
        Some(("http", authority)) => (authority, ":80"),
        _ => return false,
    };
    // A default port may be written or left out on either side.
    let bare = |name: &str| name.strip_suffix(port).unwrap_or(name).to_ascii_lowercase();
    bare(authority) == bare(host)
}

/// The frames of a WebSocket as the socket's task wants them; it ends at the first fault.
fn messages(frames: stream::SplitStream<WebSocket>) -> impl Stream<Item = Incoming> + Unpin {
    frames
        .map(|frame| match frame {
            Ok(Message::Text(text)) => Some(Incoming::Text(text)),
            Ok(Message::Binary(_)) => Some(Incoming::Binary),
            Ok(Message::Ping(_) | Message::Pong(_)) => Some(Incoming::Life),
            Ok(Message::Close(_)) => None,
            Err(error) => is_too_large(error).then_some(Incoming::TooLarge),
        })
        .take_while(|incoming| future::ready(incoming.is_some()))
        .filter_map(future::ready)
}

fn is_too_large(error: axum::Error) -> bool {
    matches!(
        error.into_inner().downcast_ref::<WireError>(),
        Some(WireError::Capacity(CapacityError::MessageTooLong { .. }))
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    #[test]
    fn only_pages_of_the_same_origin_may_open_a_socket() {
        let same = |origin: &str, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ORIGIN, origin.parse().unwrap());
            headers.insert(header::HOST, host.parse().unwrap());
            is_same_origin(&headers)
        };
        assert!(is_same_origin(&HeaderMap::new()));
        assert!(same("http://localhost:8080", "localhost:8080"));
        assert!(same("https://Aikste.lt", "aikste.lt"));
        assert!(same("https://aikste.lt", "aikste.lt:443"));
        assert!(!same("https://aikste.lt.example", "aikste.lt"));
        assert!(!same("https://aikste.lt:444", "aikste.lt"));
        assert!(!same("http://aikste.lt", "aikste.lt:443"));
        assert!(!same("null", "aikste.lt"));
        assert!(!same("", "aikste.lt"));
    }
}
