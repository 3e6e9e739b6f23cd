//! Probes for whoever watches the process: alive (it answers) and ready (it can take a call).

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::state::AppState;

/// `GET /health/live` and `GET /health/ready`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/health/live", get(live))
        .route("/health/ready", get(ready))
}

async fn live() -> &'static str {
    "ok"
}

/// 200 when database, media plane and recorder answer, else 503; the body says which do.
async fn ready(State(state): State<AppState>) -> (StatusCode, Json<Value>) {
    let database = state.civic.db.ping().await.is_ok();
    let media = state.sfu.stats().await.is_ok();
    let recorder = state
        .recorder
        .as_ref()
        .is_none_or(recorder::Recorder::ready);
    let status = if database && media && recorder {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (
        status,
        Json(json!({ "database": database, "media": media, "recorder": recorder })),
    )
}
