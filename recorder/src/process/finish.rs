//! Finishes pieces: cuts off what a crash left half-written, remuxes without transcoding so that the file has a duration and an index,
//! and takes its SHA-256. One thread does it for all recordings, as soon as a piece is closed: never
//! more than one core's work, and not at a low priority, which on a busy machine would mean never.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;
use std::time::Duration;

use gstreamer as gst;
use gstreamer::prelude::*;

use super::piece::muxer;
use super::scan::scan;

/// Pieces that wait to be finished. A piece for which there is no room is offered again later.
const WAITING: usize = 256;
/// A remux that makes no progress for so long is given up.
const STALLED: Duration = Duration::from_secs(30);

/// What a finished piece is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Finished {
    /// Its length.
    pub(crate) duration_us: u64,
    /// Its size.
    pub(crate) size_bytes: u64,
    /// SHA-256 in hex.
    pub(crate) sha256: String,
}

/// The outcome: `None` for a piece without a single frame, whose file is gone.
pub(crate) type Outcome = io::Result<Option<Finished>>;

struct Job {
    path: PathBuf,
    done: Box<dyn FnOnce(Outcome) + Send>,
}

/// The thread that finishes pieces. Its queue is bounded and drops nothing: an offer to a full one is refused, and made again.
#[derive(Clone, Debug)]
pub(crate) struct Finisher {
    jobs: SyncSender<Job>,
}

impl Finisher {
    /// Starts the thread.
    pub(crate) fn start() -> io::Result<Self> {
        let (jobs, waiting) = sync_channel(WAITING);
        thread::Builder::new()
            .name("finisher".into())
            .spawn(move || run(&waiting))?;
        Ok(Self { jobs })
    }

    /// Hands a piece over; `done` is called in the finisher's thread. `false`: too many wait, ask again later.
    pub(crate) fn offer(&self, path: PathBuf, done: impl FnOnce(Outcome) + Send + 'static) -> bool {
        let done = Box::new(done);
        !matches!(
            self.jobs.try_send(Job { path, done }),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_))
        )
    }
}

fn run(waiting: &Receiver<Job>) {
    let _abort = super::AbortOnPanic;
    while let Ok(job) = waiting.recv() {
        (job.done)(finish(&job.path));
    }
}

/// Finishes one piece, whatever its state is.
pub(crate) fn finish(path: &Path) -> Outcome {
    let file = match OpenOptions::new().read(true).write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let extent = scan(&file)?;
    if extent.blocks == 0 {
        fs::remove_file(path)?;
        return Ok(None);
    }
    if extent.end < file.metadata()?.len() {
        file.set_len(extent.end)?;
    }
    let temporary = path.with_extension("tmp");
    match remux(path, &temporary) {
        Ok(()) => {
            File::open(&temporary)?.sync_all()?;
            fs::rename(&temporary, path)?;
        }
        Err(error) => {
            // It plays without an index, too.
            tracing::warn!(error, "a piece stays as it was written");
            let _ = fs::remove_file(&temporary);
            file.sync_all()?;
        }
    }
    describe(path).map(Some)
}

/// Length, size and SHA-256 of a file as it is.
fn describe(path: &Path) -> io::Result<Finished> {
    let extent = scan(File::open(path)?)?;
    let duration_ms = extent.duration_ms.unwrap_or(extent.last_ms as f64);
    let (size_bytes, sha256) = crate::verify::digest(&mut File::open(path)?, &mut |_| {})?;
    Ok(Finished {
        duration_us: (duration_ms * 1000.0) as u64,
        size_bytes,
        sha256,
    })
}

/// Demultiplexes and multiplexes again: this time with duration, cues and sizes.
fn remux(from: &Path, to: &Path) -> Result<(), String> {
    let make = |name: &str| gst::ElementFactory::make(name).build().map_err(text);
    let pipeline = gst::Pipeline::new();
    let (source, demux) = (make("filesrc")?, make("matroskademux")?);
    let name = from.file_name().and_then(|name| name.to_str());
    let (mux, sink) = (make(muxer(name.unwrap_or("")))?, make("filesink")?);
    source.set_property("location", from);
    sink.set_property("location", to);
    // As fast as it goes, whatever the timestamps say.
    sink.set_property("sync", false);
    mux.set_property("writing-app", "aikste");
    pipeline
        .add_many([&source, &demux, &mux, &sink])
        .map_err(text)?;
    source.link(&demux).map_err(text)?;
    mux.link(&sink).map_err(text)?;
    let weak = mux.downgrade();
    demux.connect_pad_added(move |_, pad| {
        let kind = if pad.name().starts_with("audio") {
            "audio_%u"
        } else {
            "video_%u"
        };
        let linked = weak
            .upgrade()
            .and_then(|mux| mux.request_pad_simple(kind))
            .is_some_and(|input| pad.link(&input).is_ok());
        if !linked {
            tracing::warn!("a stream of a piece does not fit the muxer");
        }
    });
    let outcome = play(&pipeline, &sink);
    let _ = pipeline.set_state(gst::State::Null);
    outcome
}

/// Runs a pipeline to its end, as long as the sink's position moves.
fn play(pipeline: &gst::Pipeline, sink: &gst::Element) -> Result<(), String> {
    let bus = pipeline.bus().ok_or("no bus")?;
    pipeline.set_state(gst::State::Playing).map_err(text)?;
    let mut written = None;
    loop {
        let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
        let patience = gst::ClockTime::try_from(STALLED).map_err(text)?;
        let Some(message) = bus.timed_pop_filtered(patience, &wanted) else {
            let now = sink.query_position::<gst::format::Bytes>();
            if now == written {
                return Err("stalled".into());
            }
            written = now;
            continue;
        };
        return match message.view() {
            gst::MessageView::Error(error) => Err(error.error().to_string()),
            _ => Ok(()),
        };
    }
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
