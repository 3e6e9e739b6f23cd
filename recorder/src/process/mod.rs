//! The recorder process: takes recordings from the server over a local socket and writes them. Each recording has its thread; one more
//! finishes pieces. It ends when the server hangs up; what is not finished then, the next start finishes.

mod book;
mod disk;
mod finish;
pub(crate) mod frame;
mod piece;
mod recording;
pub(crate) mod reorder;
pub(crate) mod scan;
mod speakers;
mod timeline;
mod track;

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use bytes::BytesMut;

use crate::wire::{self, ToProcess, ToServer};
use crate::{RecorderError, folder};
use finish::Finisher;
use recording::Input;

/// Recordings of an earlier run that wait to be finished. When it is full the socket is not read; the server sends one at a time.
const LEFTOVERS: usize = 16;

/// Runs the recorder process until the server closes the socket. Blocks.
///
/// # Errors
/// When the folder is not writable, GStreamer has no Matroska muxer, or the socket is not there.
pub fn run(socket: &Path, media_dir: &Path) -> Result<(), RecorderError> {
    let storage = |error| RecorderError::storage(media_dir, &error);
    fs::create_dir_all(media_dir).map_err(storage)?;
    // Another process may still be closing its pieces.
    let lock = File::create(media_dir.join(folder::LOCK)).map_err(storage)?;
    lock.lock().map_err(storage)?;
    gstreamer::init().map_err(unavailable)?;
    for element in [
        "webmmux",
        "matroskamux",
        "matroskademux",
        "filesrc",
        "filesink",
    ] {
        if gstreamer::ElementFactory::find(element).is_none() {
            return Err(unavailable(format!("GStreamer has no {element}")));
        }
    }
    let stream =
        UnixStream::connect(socket).map_err(|error| RecorderError::storage(socket, &error))?;
    let outbox = Outbox(Arc::new(Mutex::new(
        stream.try_clone().map_err(unavailable)?,
    )));
    outbox.send(&ToServer::Hello {
        version: wire::VERSION,
    });
    let mut desk = Desk {
        media_dir: media_dir.to_owned(),
        finisher: Finisher::start().map_err(unavailable)?,
        leftovers: leftovers(media_dir.to_owned(), outbox.clone()).map_err(unavailable)?,
        outbox,
        recordings: HashMap::new(),
    };
    let outcome = serve(stream, &mut desk);
    desk.leave();
    drop(lock);
    outcome
}

/// Ends the whole process when its thread panics: the server starts it again, and leaves out what made it panic.
struct AbortOnPanic;

impl Drop for AbortOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            std::process::abort();
        }
    }
}

/// The way back to the server. Cheap to clone.
#[derive(Clone, Debug)]
struct Outbox(Arc<Mutex<UnixStream>>);

impl Outbox {
    /// Says something. That the server is gone is seen by the thread that reads.
    fn send(&self, message: &ToServer) {
        let mut frame = BytesMut::new();
        wire::encode(message, &mut frame);
        let mut stream = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = stream.write_all(&frame) {
            tracing::debug!(%error, "the server is gone");
        }
    }
}

/// Who gets what comes over the socket.
struct Desk {
    media_dir: PathBuf,
    finisher: Finisher,
    leftovers: SyncSender<String>,
    outbox: Outbox,
    recordings: HashMap<u32, (SyncSender<Input>, JoinHandle<()>)>,
}

fn serve(mut stream: UnixStream, desk: &mut Desk) -> Result<(), RecorderError> {
    let mut buffer = BytesMut::new();
    let mut chunk = vec![0; 64 << 10];
    loop {
        let read = match stream.read(&mut chunk) {
            Ok(0) => return Ok(()),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(()),
            Err(error) => return Err(unavailable(error)),
        };
        buffer.extend_from_slice(&chunk[..read]);
        while let Some(message) = wire::decode(&mut buffer).map_err(unavailable)? {
            desk.take(message)?;
        }
    }
}

impl Desk {
    fn take(&mut self, message: ToProcess) -> Result<(), RecorderError> {
        match message {
            ToProcess::Hello { version } if version == wire::VERSION => {}
            ToProcess::Hello { version } => {
                return Err(unavailable(format!("the server speaks version {version}")));
            }
            ToProcess::Open { handle, id } => self.open(handle, id)?,
            ToProcess::Anchor {
                handle,
                track,
                at_us,
                timestamp,
            } => self.tell(handle, Input::Anchor(track, at_us, timestamp)),
            ToProcess::Item { handle, seq, item } => self.tell(handle, Input::Item(seq, item)),
            ToProcess::Close { handle, seq, at_us } => self.tell(handle, Input::Close(seq, at_us)),
            ToProcess::Finish { id } if folder::is_id(&id) => {
                self.leftovers.send(id).map_err(unavailable)?;
            }
            ToProcess::Finish { .. } => return Err(unavailable(wire::WireError)),
        }
        Ok(())
    }

    fn open(&mut self, handle: u32, id: String) -> Result<(), RecorderError> {
        if !folder::is_id(&id) || self.recordings.contains_key(&handle) {
            return Err(unavailable(wire::WireError));
        }
        let (sender, receiver) = recording::inbox();
        let (media_dir, results) = (self.media_dir.clone(), sender.clone());
        let (finisher, outbox) = (self.finisher.clone(), self.outbox.clone());
        let thread = thread::Builder::new()
            .name("recording".into())
            .spawn(move || {
                recording::run(
                    &media_dir,
                    (handle, id),
                    finisher,
                    outbox,
                    (results, receiver),
                );
            })
            .map_err(unavailable)?;
        self.recordings
            .retain(|_, (_, thread)| !thread.is_finished());
        self.recordings.insert(handle, (sender, thread));
        Ok(())
    }

    /// Waits while the recording's queue is full. One that has ended takes nothing more.
    fn tell(&self, handle: u32, input: Input) {
        if let Some((recording, _)) = self.recordings.get(&handle) {
            let _ = recording.send(input);
        }
    }

    /// The server is gone: every recording closes its pieces.
    fn leave(self) {
        for (recording, _) in self.recordings.values() {
            let _ = recording.send(Input::Hangup);
        }
        for (_, thread) in self.recordings.into_values() {
            let _ = thread.join();
        }
    }
}

/// The thread that finishes what earlier runs have left.
fn leftovers(media_dir: PathBuf, outbox: Outbox) -> io::Result<SyncSender<String>> {
    let (sender, waiting): (_, Receiver<String>) = sync_channel(LEFTOVERS);
    thread::Builder::new()
        .name("leftovers".into())
        .spawn(move || {
            let _abort = AbortOnPanic;
            while let Ok(id) = waiting.recv() {
                if let Err(error) = book::finish_leftover(&media_dir, &id) {
                    tracing::error!(recording = id, %error, "cannot be finished");
                }
                outbox.send(&ToServer::Finished { id });
            }
        })?;
    Ok(sender)
}

fn unavailable(reason: impl std::fmt::Display) -> RecorderError {
    RecorderError::Unavailable(reason.to_string())
}
