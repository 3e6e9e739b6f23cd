//! Tracks to disk, as they came, and the replay made from them. Two halves: [`Recorder`] lives in the server, keeps the
//! recorder process alive and sends it the feeds; `process::run` is that process, the only place with GStreamer in it.

pub mod manifest;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use tokio::sync::mpsc;

pub use manifest::Manifest;

/// How recording is set up.
#[derive(Clone, Debug)]
pub struct RecorderConfig {
    /// Where recordings lie: one folder each.
    pub media_dir: PathBuf,
    /// The local socket between the two processes.
    pub socket: PathBuf,
    /// How the recorder process is started; the socket and the folder are appended as `--socket S --media-dir D`.
    pub command: Vec<OsString>,
}

/// What happens to recordings. Bounded (256): the supervisor waits for its reader.
#[derive(Clone, PartialEq, Debug)]
pub enum RecorderEvent {
    /// The first packet is on disk.
    Started {
        /// The recording.
        recording: String,
    },
    /// It cannot go on; what was written so far is kept. The call goes on.
    Failed {
        /// The recording.
        recording: String,
        /// A stable code: `disk_full`, `disk_error`, `recorder_unavailable`.
        reason: &'static str,
    },
    /// It can be replayed. Also sent at start-up for recordings that a crash had left unfinished.
    Finished {
        /// The recording.
        recording: String,
        /// What it consists of.
        manifest: Manifest,
    },
}

/// What is refused.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecorderError {
    /// The process cannot be started or reached.
    #[error("the recorder is not available: {0}")]
    Unavailable(String),
    /// The folder or the socket cannot be used.
    #[error("{path}: {reason}")]
    Storage {
        /// Which file.
        path: String,
        /// What the system says.
        reason: String,
    },
}

/// The server's half. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Recorder {}

impl Recorder {
    /// Starts the supervisor on the current tokio runtime, and the process; finishes what a crash had left.
    pub fn start(
        _config: RecorderConfig,
    ) -> Result<(Self, mpsc::Receiver<RecorderEvent>), RecorderError> {
        Err(RecorderError::Unavailable("not built".into()))
    }

    /// Records a room's feed under an id (also its folder's name). `keyframe` is called when a video track needs one.
    pub fn record(
        &self,
        _recording: &str,
        _feed: sfu::Feed,
        _keyframe: Box<dyn Fn(sfu::TrackId) + Send>,
    ) {
    }

    /// Ends a recording; `Finished` follows.
    pub fn stop(&self, _recording: &str) {}

    /// The process is there and answers.
    pub fn ready(&self) -> bool {
        false
    }

    /// Ends every recording, waits until the pieces are closed, ends the process.
    pub async fn shutdown(&self) {}
}

/// What `aikste media verify` found.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct VerifyReport {
    /// Recordings looked at.
    pub recordings: usize,
    /// Pieces whose SHA-256 is right.
    pub pieces_ok: usize,
    /// What is wrong, one line each.
    pub faults: Vec<String>,
}

/// Checks every piece of every recording against its manifest. `progress` gets done and total bytes.
pub fn verify(
    _media_dir: &Path,
    _progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport, RecorderError> {
    Ok(VerifyReport::default())
}
