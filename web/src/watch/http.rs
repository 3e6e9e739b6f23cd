//! What the operators' pages fetch every two seconds.

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use civic_api::extract::Parameters;
use civic_api::roles::{self, Act, On};
use civic_api::{Error, Viewer};
use serde::{Deserialize, Serialize};

use crate::state::AppState;

/// `GET /valdymas/duomenys`, `GET /valdymas/duomenys/{room}`.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/valdymas/duomenys", get(server))
        .route("/valdymas/duomenys/{room}", get(room))
}

/// Which readings the page has.
#[derive(Deserialize)]
struct After {
    /// The last reading's number; 0: none.
    #[serde(default)]
    po: u64,
}

/// Who: administrators. What: the server as a whole.
async fn server(
    State(state): State<AppState>,
    viewer: Viewer,
    Parameters(after): Parameters<After>,
) -> Result<Response, Error> {
    roles::require(&state.civic, &viewer, Act::WatchRooms, On::Whole).await?;
    Ok(answer(
        state.watch.server(after.po).await,
        StatusCode::SERVICE_UNAVAILABLE,
    ))
}

/// Who: administrators. What: one room, seat by seat.
async fn room(
    State(state): State<AppState>,
    viewer: Viewer,
    Path(room): Path<String>,
    Parameters(after): Parameters<After>,
) -> Result<Response, Error> {
    roles::require(&state.civic, &viewer, Act::WatchRooms, On::Whole).await?;
    Ok(answer(
        state.watch.room(&room, after.po).await,
        StatusCode::NOT_FOUND,
    ))
}

fn answer(body: Option<impl Serialize>, otherwise: StatusCode) -> Response {
    match body {
        Some(body) => ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response(),
        None => otherwise.into_response(),
    }
}
