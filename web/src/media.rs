//! Serves recordings: the manifest and the pieces, with byte ranges, to whoever may see the recording.

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use civic_api::conferences::recordings;
use civic_api::{RecordingId, Viewer};
use tower::ServiceExt;
use tower_http::services::ServeFile;

use crate::state::AppState;

/// `GET /media/{recording}/{file}`.
pub fn router() -> Router<AppState> {
    Router::new().route("/media/{recording}/{file}", get(file))
}

/// Who: anyone who may see the recording. What: one of its files, or a part of one.
async fn file(
    State(state): State<AppState>,
    viewer: Viewer,
    Path((recording, file)): Path<(String, String)>,
    request: Request,
) -> Response {
    let Ok(id) = recording.parse::<RecordingId>() else {
        return StatusCode::NOT_FOUND.into_response();
    };
    if !is_file_of_a_recording(&file) {
        return StatusCode::NOT_FOUND.into_response();
    }
    // Who may not see a recording learns nothing of it, not even that it is there.
    match recordings::get(&state.civic, id).await {
        Ok(recording) if recordings::rules::may_watch(&viewer, &recording, state.civic.now()) => {}
        _ => return StatusCode::NOT_FOUND.into_response(),
    }
    let path = state.config.media_dir().join(id.to_string()).join(&file);
    let Ok(response) = ServeFile::new(path).oneshot(request).await;
    let mut response = response.into_response();
    // Pieces never change once a recording can be seen; the manifest changes when a track is withdrawn.
    let cache = if file == "manifest.json" {
        "no-cache"
    } else {
        "private, max-age=86400"
    };
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

/// `manifest.json`, or a piece: letters, digits and dashes, then `.webm` or `.mkv`.
fn is_file_of_a_recording(name: &str) -> bool {
    let plain = |stem: &str| {
        !stem.is_empty() && stem.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    name == "manifest.json"
        || name
            .strip_suffix(".webm")
            .or_else(|| name.strip_suffix(".mkv"))
            .is_some_and(plain)
}

#[cfg(test)]
mod tests {
    use super::is_file_of_a_recording;

    #[test]
    fn only_a_recordings_own_files_are_served() {
        assert!(is_file_of_a_recording("manifest.json"));
        assert!(is_file_of_a_recording("12-1.webm"));
        for bad in [
            "../manifest.json",
            "manifest.json.tmp",
            ".webm",
            "a/b.webm",
            "12-1.webm.part",
            "",
        ] {
            assert!(!is_file_of_a_recording(bad), "{bad}");
        }
    }
}
