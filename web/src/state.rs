//! What every handler may use. Cheap to clone; nothing in it is behind a lock of ours.

use std::sync::Arc;

use axum::extract::FromRef;

use crate::config::Config;
use crate::secrets::Secrets;

/// The running house, as handlers see it.
#[derive(Clone)]
pub struct AppState {
    /// Everything civic: database, clock, civic log.
    pub civic: civic_api::Civic,
    /// The call door.
    pub signaling: signaling::Signaling,
    /// The media plane.
    pub sfu: sfu::Sfu,
    /// The recorder, when recording is configured.
    pub recorder: Option<recorder::Recorder>,
    /// How this server is set up.
    pub config: Arc<Config>,
    /// What the web server counts of itself.
    pub requests: crate::metrics::Requests,
    /// How rooms and shards are doing.
    pub watch: crate::watch::Watch,
    /// The keys.
    pub secrets: Arc<Secrets>,
}

impl FromRef<AppState> for civic_api::Civic {
    fn from_ref(state: &AppState) -> Self {
        state.civic.clone()
    }
}
