//! Numbers for whoever watches the server, as Prometheus reads them (OpenMetrics text). Counts and durations only: no
//! name, no address, nothing of one person; a room is named by its id. Nobody gets them unless the operator opened a listener for them or gave a token.

mod requests;
mod shards;
mod snapshot;

use anyhow::Context;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::state::AppState;
pub use requests::{Requests, count};
use snapshot::Snapshot;

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// `GET /metrics` on the public address: with the token, and only if there is one.
pub fn router() -> Router<AppState> {
    Router::new().route("/metrics", get(public))
}

/// Opens the listener of its own; the future serves it. Without one it never ends.
pub async fn listen(state: AppState) -> anyhow::Result<impl Future<Output = ()>> {
    let address = state.config.metrics.address();
    let listener = match address.map_err(|m| anyhow::anyhow!("{m}"))? {
        Some(address) => {
            let listener = tokio::net::TcpListener::bind(address).await;
            Some(listener.with_context(|| format!("listening on {address} (metrics.listen)"))?)
        }
        None => None,
    };
    Ok(async move {
        let Some(listener) = listener else {
            return std::future::pending().await;
        };
        let routes = Router::new().route("/metrics", get(own)).with_state(state);
        if let Err(error) = axum::serve(listener, routes).await {
            tracing::error!(%error, "metrics are not served any more");
        }
    })
}

async fn public(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if state.config.metrics.token.is_empty() {
        return StatusCode::NOT_FOUND.into_response();
    }
    own(State(state), headers).await
}

/// On the listener of its own the token is asked for only if there is one.
async fn own(State(state): State<AppState>, headers: HeaderMap) -> Response {
    if !is_allowed(&state.config.metrics.token, &headers) {
        let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
        return (StatusCode::UNAUTHORIZED, challenge).into_response();
    }
    let mut registry = Registry::with_prefix("aikste");
    state.requests.register(&mut registry);
    registry.register_collector(Box::new(Snapshot::take(&state).await));
    let mut text = String::new();
    match encode(&mut text, &registry) {
        Ok(()) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// RFC 6750 section 2.1.
fn is_allowed(token: &str, headers: &HeaderMap) -> bool {
    let sent = headers.get(header::AUTHORIZATION);
    let sent = sent.and_then(|value| value.as_bytes().strip_prefix(b"Bearer "));
    token.is_empty() || sent.is_some_and(|s| verify_slices_are_equal(s, token.as_bytes()).is_ok())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    #[test]
    fn only_the_right_token_opens() {
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
            super::is_allowed("0123456789abcdef", &headers)
        };
        assert!(with("Bearer 0123456789abcdef"));
        assert!(!with("Bearer 0123456789abcde"));
        assert!(!with("Bearer "));
        assert!(!with("0123456789abcdef"));
        assert!(!super::is_allowed("0123456789abcdef", &HeaderMap::new()));
    }
}
