//! A recording's bookkeeping: its manifest, which pieces are open, which are being finished. Every change of tracks or pieces is on
//! disk before the next frame is.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::mpsc::SyncSender;
use std::time::{SystemTime, UNIX_EPOCH};

use sfu::{Codec, FeedItem};

use super::disk;
use super::finish::{self, Finisher};
use super::frame::Format;
use super::piece::{self, PieceError};
use super::recording::Input;
use super::scan::{Extent, scan};
use crate::folder;
use crate::manifest::{Manifest, Piece, State, Track, VERSION};
use crate::wire::Fault;

/// A piece that is being written.
#[derive(Debug)]
pub(crate) struct Open {
    /// Its file.
    pub(crate) writer: piece::Piece,
    /// Its name.
    pub(crate) file: String,
    /// When it begins, in µs since the recording began.
    pub(crate) start_us: u64,
    /// What it was begun with.
    pub(crate) format: Format,
}

/// The bookkeeping of one recording.
#[derive(Debug)]
pub(crate) struct Book {
    folder: PathBuf,
    /// As it stands on disk, or will with the next `save`.
    pub(crate) manifest: Manifest,
    /// Whether `manifest.started_us` is the true beginning: the first packet's arrival.
    begun: bool,
    finisher: Finisher,
    results: SyncSender<Input>,
    /// Pieces that are closed, and not yet with the finisher. As many as the manifest has pieces.
    closed: Vec<String>,
    /// Pieces that the finisher has.
    finishing: usize,
}

impl Book {
    /// Opens a recording's folder; goes on with what is there after a restart.
    pub(crate) fn open(
        media_dir: &Path,
        id: &str,
        finisher: Finisher,
        results: SyncSender<Input>,
    ) -> Result<Self, Fault> {
        let folder = media_dir.join(id);
        // What people said is for this user only.
        let mut private = DirBuilder::new();
        let made = private.recursive(true).mode(0o700).create(&folder);
        made.map_err(|error| disk::fault(&error))?;
        let known = folder::load(&folder).map_err(|error| disk::fault(&error))?;
        let begun = known.as_ref().is_some_and(|m| pieces(m).next().is_some());
        let manifest = match known {
            Some(manifest) if manifest.state == State::Finished => return Err(Fault::DiskError),
            Some(manifest) => manifest,
            None => empty(id),
        };
        let mut book = Self {
            folder,
            manifest,
            begun,
            finisher,
            results,
            closed: Vec::new(),
            finishing: 0,
        };
        book.closed = pieces(&book.manifest)
            .filter(|piece| piece.sha256.is_empty())
            .map(|piece| piece.file.clone())
            .collect();
        book.save()?;
        Ok(book)
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The recording begins with its first packet.
    pub(crate) fn begin(&mut self, at_us: u64) {
        if !self.begun {
            self.begun = true;
            self.manifest.started_us = at_us;
        }
    }

    /// A Unix time on the recording's own line; `None` before it began.
    pub(crate) fn since_start(&self, at_us: u64) -> Option<u64> {
        self.begun
            .then(|| at_us.saturating_sub(self.manifest.started_us))
    }

    /// The entry of a track that starts, and where what is there of it ends (µs), after a restart.
    pub(crate) fn track(&mut self, started: &FeedItem) -> Option<(usize, Option<u64>)> {
        let FeedItem::TrackStarted {
            track,
            participant,
            source,
            codec,
            ..
        } = started
        else {
            return None;
        };
        let known = self.manifest.tracks.iter().position(|entry| {
            entry.track == track.0 && entry.codec == *codec && entry.participant == participant.0
        });
        if let Some(index) = known {
            return Some((index, self.end_of(index)));
        }
        self.manifest.tracks.push(Track {
            track: track.0,
            participant: participant.0,
            source: *source,
            codec: *codec,
            pieces: Vec::new(),
        });
        Some((self.manifest.tracks.len() - 1, None))
    }

    /// Begins a piece: first it is in the manifest, then it is a file.
    pub(crate) fn begin_piece(
        &mut self,
        entry: usize,
        start_us: u64,
        format: Format,
    ) -> Result<Open, PieceError> {
        let (track, codec) = (
            self.manifest.tracks[entry].track,
            self.manifest.tracks[entry].codec,
        );
        let file = self.next_name(track, codec);
        self.manifest.tracks[entry].pieces.push(Piece {
            file: file.clone(),
            start_us,
            duration_us: 0,
            size_bytes: 0,
            sha256: String::new(),
        });
        folder::save(&self.folder, &self.manifest, false)?;
        let writer = piece::Piece::create(&self.folder.join(&file), codec, &format);
        if writer.is_err() {
            self.closed.push(file.clone());
        }
        Ok(Open {
            writer: writer?,
            file,
            start_us,
            format,
        })
    }

    /// Closes a piece and has it finished.
    pub(crate) fn end_piece(&mut self, open: Open) -> Result<(), PieceError> {
        let closed = open.writer.close();
        self.closed.push(open.file);
        self.offer();
        closed
    }

    /// Hands closed pieces to the finisher, as many as it takes.
    pub(crate) fn offer(&mut self) {
        while let Some(file) = self.closed.pop() {
            let (name, results) = (file.clone(), self.results.clone());
            let taken = self
                .finisher
                .offer(self.folder.join(&file), move |outcome| {
                    // The recording may be gone; the next start finishes it then.
                    let _ = results.send(Input::Finished(name, outcome));
                });
            if !taken {
                self.closed.push(file);
                return;
            }
            self.finishing += 1;
        }
    }

    /// The finisher is done with a piece.
    pub(crate) fn finished(&mut self, file: &str, outcome: finish::Outcome) -> Result<(), Fault> {
        self.finishing = self.finishing.saturating_sub(1);
        apply(&mut self.manifest, file, outcome);
        self.save()
    }

    /// Whether every piece that was closed is finished.
    pub(crate) fn all_finished(&self) -> bool {
        self.closed.is_empty() && self.finishing == 0
    }

    /// Writes the manifest.
    pub(crate) fn save(&self) -> Result<(), Fault> {
        folder::save(&self.folder, &self.manifest, false).map_err(|error| disk::fault(&error))
    }

    fn next_name(&self, track: u64, codec: Codec) -> String {
        let number = |piece: &Piece| -> Option<u64> {
            let (_, rest) = piece.file.split_once('-')?;
            rest.split_once('.')?.0.parse().ok()
        };
        let tracks = self.manifest.tracks.iter();
        let next = tracks
            .filter(|entry| entry.track == track)
            .flat_map(|entry| &entry.pieces)
            .filter_map(number)
            .max()
            .map_or(0, |last| last + 1);
        format!("{track}-{next}.{}", piece::extension(codec))
    }

    /// Where a track's last piece ends.
    fn end_of(&self, entry: usize) -> Option<u64> {
        let piece = self.manifest.tracks[entry].pieces.last()?;
        let extent = extent(&self.folder.join(&piece.file));
        Some(piece.start_us + piece.duration_us.max(extent.last_ms * 1000))
    }
}

/// Finishes a recording that a crash had left, in the caller's thread.
pub(crate) fn finish_leftover(media_dir: &Path, id: &str) -> io::Result<()> {
    let folder = media_dir.join(id);
    let mut manifest = folder::load(&folder)?.unwrap_or_else(|| empty(id));
    let open: Vec<String> = pieces(&manifest)
        .filter(|piece| piece.sha256.is_empty())
        .map(|piece| piece.file.clone())
        .collect();
    for file in open {
        let outcome = finish::finish(&folder.join(&file));
        apply(&mut manifest, &file, outcome);
    }
    close(&mut manifest, 0);
    folder::save(&folder, &manifest, true)
}

/// The recording is complete: its length is where the last piece, speaker or the given end is.
pub(crate) fn close(manifest: &mut Manifest, end_us: u64) {
    manifest.tracks.retain(|track| !track.pieces.is_empty());
    let ends = pieces(manifest).map(|piece| piece.start_us + piece.duration_us);
    let length = ends.max().unwrap_or(0).max(end_us);
    manifest.duration_us = manifest.duration_us.max(length);
    for span in &mut manifest.speakers {
        span.end_us = span.end_us.min(manifest.duration_us);
    }
    manifest.state = State::Finished;
}

fn apply(manifest: &mut Manifest, file: &str, outcome: finish::Outcome) {
    for track in &mut manifest.tracks {
        let Some(index) = track.pieces.iter().position(|piece| piece.file == file) else {
            continue;
        };
        match &outcome {
            Ok(Some(finished)) => {
                let piece = &mut track.pieces[index];
                piece.duration_us = finished.duration_us;
                piece.size_bytes = finished.size_bytes;
                piece.sha256.clone_from(&finished.sha256);
            }
            Ok(None) => {
                track.pieces.remove(index);
            }
            Err(error) => {
                tracing::error!(%error, "a piece cannot be finished");
            }
        }
    }
}

fn pieces(manifest: &Manifest) -> impl Iterator<Item = &Piece> {
    manifest.tracks.iter().flat_map(|track| &track.pieces)
}

fn extent(path: &Path) -> Extent {
    fs::File::open(path).and_then(scan).unwrap_or_default()
}

fn empty(id: &str) -> Manifest {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH);
    Manifest {
        version: VERSION,
        recording: id.to_owned(),
        started_us: since_epoch.map_or(0, |now| now.as_micros() as u64),
        duration_us: 0,
        state: State::Running,
        tracks: Vec::new(),
        speakers: Vec::new(),
    }
}
