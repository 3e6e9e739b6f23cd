//! A recorder on a temporary folder, and what a test wants to know of it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use recorder::{Manifest, Recorder, RecorderConfig, RecorderEvent};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// Nothing that is waited for takes so long, even on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Rig {
    pub(crate) folder: PathBuf,
    pub(crate) recorder: Recorder,
    pub(crate) events: mpsc::Receiver<RecorderEvent>,
}

/// `setup` is shell code that runs in the process before it becomes the recorder.
pub(crate) fn config(folder: &Path, setup: &str) -> RecorderConfig {
    let script = format!(
        r#"echo $$ >"$4.pid"; {setup} RECORDER_SOCKET="$2" RECORDER_MEDIA="$4" exec "$0" process_half --exact --nocapture >/dev/null"#
    );
    RecorderConfig {
        media_dir: folder.join("media"),
        socket: folder.join("recorder.sock"),
        command: vec![
            "sh".into(),
            "-c".into(),
            script.into(),
            std::env::current_exe().unwrap().into(),
        ],
    }
}

impl Rig {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_with(folder, "")
    }

    pub(crate) fn start_with(folder: &Path, setup: &str) -> Self {
        let (recorder, events) = Recorder::start(config(folder, setup)).unwrap();
        Self {
            folder: folder.to_owned(),
            recorder,
            events,
        }
    }

    /// Kills the process, as a fault would.
    pub(crate) fn kill(&self) {
        let pid = std::fs::read_to_string(self.folder.join("media.pid")).unwrap();
        let status = std::process::Command::new("kill")
            .args(["-9", pid.trim()])
            .status();
        assert!(status.unwrap().success());
    }

    pub(crate) async fn event(&mut self) -> RecorderEvent {
        timeout(PATIENCE, self.events.recv())
            .await
            .unwrap()
            .unwrap()
    }

    pub(crate) async fn started(&mut self) {
        let event = self.event().await;
        assert!(matches!(event, RecorderEvent::Started { .. }), "{event:?}");
    }

    pub(crate) async fn finished(&mut self) -> Manifest {
        match self.event().await {
            RecorderEvent::Finished { manifest, .. } => manifest,
            other => panic!("{other:?}"),
        }
    }

    /// Bytes on disk.
    pub(crate) fn written(&self, recording: &str) -> u64 {
        let files = std::fs::read_dir(self.media().join(recording));
        let sizes = files.into_iter().flatten().map(|file| file?.metadata());
        sizes.filter_map(Result::ok).map(|meta| meta.len()).sum()
    }

    pub(crate) fn media(&self) -> PathBuf {
        self.folder.join("media")
    }

    pub(crate) fn file(&self, recording: &str, name: &str) -> PathBuf {
        self.media().join(recording).join(name)
    }
}
