//! One recording in the recorder process: a thread that takes the feed's items, writes them, and says which are on disk.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use sfu::{FeedItem, TrackId};

use super::book::{self, Book};
use super::finish::{self, Finisher};
use super::piece::PieceError;
use super::reorder::Arrived;
use super::speakers::Speakers;
use super::track::Track;
use super::{Outbox, disk};
use crate::folder;
use crate::manifest::State;
use crate::wire::{Fault, ToServer};

/// Items between the socket and a recording's thread. When it is full the socket is not read: the server keeps the items.
const INBOX: usize = 1024;
/// How often the clock is looked at when nothing comes.
const TICK: Duration = Duration::from_millis(100);
/// So many items are taken before the next acknowledgement.
const BATCH: usize = 64;
/// How often free space is looked at, and speakers are saved.
const CARE: Duration = Duration::from_secs(1);

/// What a recording's thread is told.
pub(crate) enum Input {
    /// An item of the feed.
    Item(u64, FeedItem),
    /// Where a track's clock was anchored before a restart.
    Anchor(TrackId, u64, u32),
    /// The end, at this Unix time.
    Close(u64, u64),
    /// The finisher is done with a piece.
    Finished(String, finish::Outcome),
    /// The server is gone: close the pieces and leave.
    Hangup,
}

/// How a recording's thread goes on.
enum Next {
    GoOn,
    End(u64),
    Leave,
}

struct Recording {
    handle: u32,
    book: Book,
    tracks: BTreeMap<TrackId, Track>,
    speakers: Speakers,
    outbox: Outbox,
    /// The newest time of the feed, and when it was seen.
    now_us: u64,
    seen: Instant,
    cared: Instant,
    /// The newest item, and what was acknowledged.
    newest: u64,
    acked: Option<u64>,
    started: bool,
    /// Speakers changed since the manifest was written.
    unsaved: bool,
}

/// Runs a recording until it is finished or the server hangs up.
pub(crate) fn run(
    media_dir: &Path,
    (handle, id): (u32, String),
    finisher: Finisher,
    outbox: Outbox,
    (results, inbox): (SyncSender<Input>, Receiver<Input>),
) {
    let _abort = super::AbortOnPanic;
    let opened =
        disk::check(media_dir, true).and_then(|()| Book::open(media_dir, &id, finisher, results));
    let book = match opened {
        Ok(book) => book,
        Err(fault) => {
            let kept = false;
            outbox.send(&ToServer::Failed {
                handle,
                fault,
                kept,
            });
            return;
        }
    };
    let mut recording = Recording {
        handle,
        book,
        tracks: BTreeMap::new(),
        speakers: Speakers::default(),
        outbox,
        now_us: 0,
        seen: Instant::now(),
        cared: Instant::now(),
        newest: 0,
        acked: None,
        started: false,
        unsaved: false,
    };
    match recording.write(&inbox) {
        Ok(Next::End(end_us)) => recording.finish(&id, end_us, &inbox),
        Ok(_) => recording.leave(),
        Err(fault) => {
            let kept = true;
            recording.outbox.send(&ToServer::Failed {
                handle,
                fault,
                kept,
            });
            let end_us = recording.now_us;
            recording.finish(&id, end_us, &inbox);
        }
    }
}

/// A recording's queue: bounded, the sender waits.
pub(crate) fn inbox() -> (SyncSender<Input>, Receiver<Input>) {
    sync_channel(INBOX)
}

impl Recording {
    /// Takes items until the end.
    fn write(&mut self, inbox: &Receiver<Input>) -> Result<Next, Fault> {
        loop {
            match inbox.recv_timeout(TICK) {
                Ok(input) => {
                    let more = std::iter::from_fn(|| inbox.try_recv().ok()).take(BATCH);
                    for input in std::iter::once(input).chain(more) {
                        match self.take(input)? {
                            Next::GoOn => {}
                            next => return Ok(next),
                        }
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(Next::Leave),
            }
            self.tick()?;
            self.acknowledge();
        }
    }

    fn take(&mut self, input: Input) -> Result<Next, Fault> {
        match input {
            Input::Item(seq, item) => {
                self.newest = self.newest.max(seq);
                self.item(seq, item).map_err(fault)?;
            }
            Input::Anchor(track, at_us, timestamp) => {
                let now_us = self.now_us;
                if let Some(track) = self.tracks.get_mut(&track) {
                    track.anchor(at_us, timestamp, now_us);
                }
            }
            Input::Close(seq, at_us) => {
                self.newest = self.newest.max(seq);
                return Ok(Next::End(at_us));
            }
            Input::Finished(file, outcome) => self.book.finished(&file, outcome)?,
            Input::Hangup => return Ok(Next::Leave),
        }
        Ok(Next::GoOn)
    }

    fn item(&mut self, seq: u64, item: FeedItem) -> Result<(), PieceError> {
        match item {
            FeedItem::Packet(packet) => {
                self.clock(packet.at_us);
                self.book.begin(packet.at_us);
                let Some(track) = self.tracks.get_mut(&packet.track) else {
                    return Ok(());
                };
                track.push(Arrived { seq, packet }, &mut self.book)?;
                let begun = !self.started && track.frames() > 0;
                if let Some(track) = track.asks(self.now_us) {
                    let handle = self.handle;
                    self.outbox.send(&ToServer::Keyframe { handle, track });
                }
                if begun {
                    self.started = true;
                    let handle = self.handle;
                    self.outbox.send(&ToServer::Started { handle });
                }
            }
            FeedItem::TrackEnded { track, at_us } => {
                self.clock(at_us);
                if let Some(mut track) = self.tracks.remove(&track) {
                    track.end(&mut self.book)?;
                }
            }
            FeedItem::Speaking { speakers, at_us } => {
                self.clock(at_us);
                let speakers: Vec<u64> = speakers.iter().map(|speaker| speaker.0).collect();
                let at_us = self.book.since_start(at_us).unwrap_or(0);
                let spans = &mut self.book.manifest.speakers;
                self.speakers.now(&speakers, at_us, spans);
                self.unsaved = true;
            }
            FeedItem::TrackStarted { track, codec, .. } => self.start(&item, track, codec)?,
        }
        Ok(())
    }

    fn start(&mut self, item: &FeedItem, id: TrackId, codec: sfu::Codec) -> Result<(), PieceError> {
        if let Some(known) = self.tracks.get_mut(&id) {
            if known.codec() == codec {
                return Ok(());
            }
            known.end(&mut self.book)?;
        }
        if let Some((entry, end_us)) = self.book.track(item) {
            let track = Track::new(id, codec, entry, end_us, self.now_us);
            self.tracks.insert(id, track);
        }
        Ok(())
    }

    fn clock(&mut self, at_us: u64) {
        if at_us > self.now_us {
            self.now_us = at_us;
            self.seen = Instant::now();
        }
    }

    /// Looks after what must happen without packets, too.
    fn tick(&mut self) -> Result<(), Fault> {
        let idle = self.seen.elapsed();
        if idle >= TICK {
            let now_us = self.now_us + idle.as_micros() as u64;
            for track in self.tracks.values_mut() {
                track.tick(now_us, &mut self.book).map_err(fault)?;
            }
        }
        self.book.offer();
        if self.cared.elapsed() >= CARE {
            self.cared = Instant::now();
            disk::check(self.book.folder(), false)?;
            if std::mem::take(&mut self.unsaved) {
                self.note_speakers();
                self.book.save()?;
            }
        }
        Ok(())
    }

    fn note_speakers(&mut self) {
        if let Some(now_us) = self.book.since_start(self.now_us) {
            self.speakers
                .extend(now_us, &mut self.book.manifest.speakers);
        }
    }

    fn acknowledge(&mut self) {
        let oldest = self.tracks.values().filter_map(Track::oldest).min();
        let done = match oldest {
            Some(seq) => seq.checked_sub(1),
            None => Some(self.newest),
        };
        if done > self.acked
            && let Some(seq) = done
        {
            self.acked = done;
            let handle = self.handle;
            self.outbox.send(&ToServer::Ack { handle, seq });
        }
    }

    /// Writes what is held and closes every piece.
    fn close_tracks(&mut self) {
        for (_, mut track) in std::mem::take(&mut self.tracks) {
            if let Err(error) = track.end(&mut self.book) {
                tracing::warn!(%error, "a track's end is lost");
            }
        }
        self.note_speakers();
    }

    /// The server is gone: it will have the rest finished when it is back.
    fn leave(&mut self) {
        self.close_tracks();
        if let Err(fault) = self.book.save() {
            tracing::warn!(code = fault.code(), "the manifest is not up to date");
        }
    }

    /// Waits until every piece is finished, and says so.
    fn finish(&mut self, id: &str, end_us: u64, inbox: &Receiver<Input>) {
        self.close_tracks();
        self.book.manifest.state = State::Finishing;
        let end_us = self.book.since_start(end_us).unwrap_or(0);
        self.book.manifest.duration_us = end_us;
        let (handle, seq) = (self.handle, self.newest);
        if let Err(fault) = self.book.save() {
            tracing::warn!(code = fault.code(), "the manifest is not up to date");
        }
        self.outbox.send(&ToServer::Ack { handle, seq });
        self.outbox.send(&ToServer::Closed { handle });
        loop {
            self.book.offer();
            if self.book.all_finished() {
                break;
            }
            match inbox.recv_timeout(TICK) {
                Ok(Input::Finished(file, outcome)) => {
                    if let Err(fault) = self.book.finished(&file, outcome) {
                        tracing::warn!(code = fault.code(), "the manifest is not up to date");
                    }
                }
                Ok(Input::Hangup) | Err(RecvTimeoutError::Disconnected) => return,
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
            }
        }
        book::close(&mut self.book.manifest, end_us);
        match folder::save(self.book.folder(), &self.book.manifest, true) {
            Ok(()) => self.outbox.send(&ToServer::Finished { id: id.to_owned() }),
            Err(error) => {
                tracing::error!(%error, "a recording stays unfinished until the next start")
            }
        }
    }
}

fn fault(error: PieceError) -> Fault {
    match error {
        PieceError::Disk(error) => disk::fault(&error),
        PieceError::Media(_) => Fault::DiskError,
    }
}
