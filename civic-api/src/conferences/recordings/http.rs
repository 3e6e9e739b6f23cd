//! The archive over HTTP: what can be watched. The media are served elsewhere, by [`super::rules::may_watch`].

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Recording, rules};
use crate::conferences::presences::{Label, Mark};
use crate::error::Problem;
use crate::extract::{Id, Parameters};
use crate::{Civic, ConferenceId, Error, RecordingId, Viewer};

/// The reception a recording is of.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Of {
    id: ConferenceId,
    title: String,
    host_name: String,
}

/// A recording, as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listed {
    id: RecordingId,
    conference: Of,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    duration_ms: i64,
    size_bytes: i64,
    /// When it will be deleted.
    #[schema(value_type = String, format = DateTime)]
    kept_until: Timestamp,
    /// It belongs to the demonstration city: fictional.
    demo: bool,
}

impl From<Recording> for Listed {
    fn from(recording: Recording) -> Self {
        Self {
            id: recording.id,
            conference: Of {
                id: recording.conference,
                title: recording.conference_title,
                host_name: recording.host_name,
            },
            started_at: recording.started_at,
            duration_ms: recording.duration_ms.unwrap_or(0),
            size_bytes: recording.size_bytes.unwrap_or(0),
            kept_until: recording.kept_until,
            demo: recording.demo,
        }
    }
}

/// A recording, for the player.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Shown {
    #[serde(flatten)]
    listed: Listed,
    /// What the participants of the manifest are called: `{"7": {"name": "…"}, "9": {"anonymous": 1}}`. Who was erased
    /// is missing.
    labels: BTreeMap<u64, Label>,
    /// How they were identified, as the call said: `{"7": {"identified": {"way": "viisp", "level": "high"}, "verified": false}}`.
    /// Of whom there is nothing to say is missing.
    marks: BTreeMap<u64, Mark>,
}

/// Which recordings.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// At most so many: 1 to 100.
    #[serde(default = "page")]
    #[param(required = false, default = 50, minimum = 1, maximum = 100)]
    limit: i64,
}

fn page() -> i64 {
    50
}

/// The archive.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Archive {
    /// Latest first.
    recordings: Vec<Listed>,
}

/// Lists recordings that can be watched.
#[utoipa::path(
    get,
    path = "/api/v1/recordings",
    params(Which),
    responses(
        (status = 200, description = "Latest first", body = Archive),
        (status = 400, description = "`malformed_parameter`", body = Problem),
    )
)]
pub(crate) async fn list(
    State(civic): State<Civic>,
    Parameters(which): Parameters<Which>,
) -> Result<Json<Archive>, Error> {
    // Anyone may: `archive` gives only what anyone may watch.
    let recordings = super::archive(&civic, which.limit).await?;
    Ok(Json(Archive {
        recordings: recordings.into_iter().map(Listed::from).collect(),
    }))
}

/// Shows a recording. The media are at `/media/{id}/manifest.json`.
#[utoipa::path(
    get,
    path = "/api/v1/recordings/{id}",
    params(("id" = RecordingId, Path, description = "The recording")),
    responses(
        (status = 200, description = "The recording", body = Shown),
        (status = 404, description = "`not_found`: it is not there, not finished, or its time is over", body = Problem),
    )
)]
pub(crate) async fn one(
    State(civic): State<Civic>,
    viewer: Viewer,
    Id(id): Id<RecordingId>,
) -> Result<Json<Shown>, Error> {
    let replay = super::replay(&civic, id).await?;
    if !rules::may_watch(&viewer, &replay.recording, civic.now()) {
        return Err(Error::NotFound);
    }
    Ok(Json(Shown {
        listed: replay.recording.into(),
        labels: replay.labels,
        marks: replay.marks,
    }))
}
