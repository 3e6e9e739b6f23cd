//! Tracks to disk, as they came, and the replay made from them. Two halves: [`Recorder`] lives in the server, keeps the
//! recorder process alive and sends it the feeds; `process::run` is that process, the only place with GStreamer in it.

mod folder;
#[doc(hidden)]
pub mod fuzz;
mod link;
pub mod manifest;
pub mod process;
mod replay;
mod supervisor;
mod verify;
mod wire;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{mpsc, oneshot};

pub use manifest::Manifest;
use supervisor::{Command, Supervisor};
pub use verify::verify;

/// Commands that wait for the supervisor. It takes them at once, unless nobody reads its events; then they are dropped and logged.
const COMMANDS: usize = 1024;
/// Events that wait for their reader; the supervisor waits when there are more.
const EVENTS: usize = 256;

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
    /// It cannot go on; what was written so far is kept, and `Finished` follows when there is something. The call goes on.
    Failed {
        /// The recording.
        recording: String,
        /// A stable code: `disk_full`, `disk_error`, `recorder_unavailable`, `bad_id`.
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

impl RecorderError {
    fn storage(path: &Path, reason: &std::io::Error) -> Self {
        Self::Storage {
            path: path.display().to_string(),
            reason: reason.to_string(),
        }
    }
}

/// The server's half. Cheap to clone. When the last clone is gone, the process closes its pieces and ends.
#[derive(Clone, Debug)]
pub struct Recorder {
    commands: mpsc::Sender<Command>,
    ready: Arc<AtomicBool>,
}

impl Recorder {
    /// Starts the supervisor on the current tokio runtime, and the process; finishes what a crash had left.
    ///
    /// # Errors
    /// When the media folder cannot be made or read, or the socket cannot be bound. That the process does not start is no error
    /// here: it is tried again and again, and [`Recorder::ready`] says when it is there.
    pub fn start(
        config: RecorderConfig,
    ) -> Result<(Self, mpsc::Receiver<RecorderEvent>), RecorderError> {
        let ready = Arc::new(AtomicBool::new(false));
        let (commands, told) = mpsc::channel(COMMANDS);
        let (events, happened) = mpsc::channel(EVENTS);
        let supervisor = Supervisor::new(config, told, events, ready.clone())?;
        tokio::spawn(supervisor.run());
        Ok((Self { commands, ready }, happened))
    }

    /// Records a room's feed under an id (also its folder's name: 1 to 64 letters, digits and hyphens, never used before).
    /// `keyframe` is called when a video track needs one. When the feed ends, the recording ends as by [`Recorder::stop`].
    pub fn record(
        &self,
        recording: &str,
        feed: sfu::Feed,
        keyframe: Box<dyn Fn(sfu::TrackId) + Send>,
    ) {
        self.tell(Command::Record(recording.to_owned(), feed, keyframe));
    }

    /// Ends a recording; `Finished` follows.
    pub fn stop(&self, recording: &str) {
        self.tell(Command::Stop(recording.to_owned()));
    }

    /// The process is there and answers.
    pub fn ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Ends every recording, waits until the pieces are closed (at most 10 s), ends the process. What is not finished a few seconds later
    /// is finished at the next start.
    pub async fn shutdown(&self) {
        let (done, ended) = oneshot::channel();
        if self.commands.send(Command::Shutdown(done)).await.is_ok() {
            let _ = ended.await;
        }
    }

    fn tell(&self, command: Command) {
        if let Err(error) = self.commands.try_send(command) {
            tracing::error!(%error, "the recorder does not take commands");
        }
    }
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
