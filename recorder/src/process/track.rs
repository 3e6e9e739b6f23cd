//! One track: packets in, pieces of it on disk. Order, frames and times are made by their own modules; here it is decided when a
//! piece begins: every 10 minutes, after a pause, when the decoder's configuration changes, after a fault of the muxer.

use sfu::{Codec, TrackId};

use super::book::{Book, Open};
use super::frame::{Assembler, Format, Frame, concealment, duration_us};
use super::piece::PieceError;
use super::reorder::{Arrived, Ordered, Reorder};
use super::timeline::Timeline;

/// A piece is no longer than this, plus the time until the next keyframe.
const PIECE_US: u64 = 600_000_000;
/// Sound that is missing for less than this is filled with packets that say so: players count on unbroken sound.
const FILL_US: u64 = 2_000_000;
/// A picture that stood still for longer than this begins a new piece.
const STILL_US: u64 = 10_000_000;
/// Rounding of timestamps, not a gap.
const GRAIN_US: u64 = 2_000;
/// A keyframe is asked for again after this.
const ASK_US: u64 = 500_000;
/// After so many pieces that could not be written in a row, the track is given up.
const FAILURES: u32 = 8;

/// One track of a recording.
#[derive(Debug)]
pub(crate) struct Track {
    id: TrackId,
    codec: Codec,
    /// Its entry in the manifest.
    entry: usize,
    reorder: Reorder,
    assembler: Assembler,
    timeline: Timeline,
    piece: Option<Open>,
    /// When the last frame began, and, for sound, when it ended. µs since the recording began.
    last_us: Option<u64>,
    end_us: u64,
    /// The first byte of the last Opus packet.
    toc: Option<u8>,
    asked_us: u64,
    failures: u32,
    frames: u64,
}

impl Track {
    /// A track that begins, or goes on after a restart at `end_us`. The server has asked for a keyframe.
    pub(crate) fn new(
        id: TrackId,
        codec: Codec,
        entry: usize,
        end_us: Option<u64>,
        now_us: u64,
    ) -> Self {
        Self {
            id,
            codec,
            entry,
            reorder: Reorder::default(),
            assembler: Assembler::new(codec),
            timeline: Timeline::new(codec.clock_rate()),
            piece: None,
            last_us: end_us,
            end_us: end_us.unwrap_or(0),
            toc: None,
            asked_us: now_us,
            failures: 0,
            frames: 0,
        }
    }

    /// Its codec.
    pub(crate) fn codec(&self) -> Codec {
        self.codec
    }

    /// Frames that are on disk.
    pub(crate) fn frames(&self) -> u64 {
        self.frames
    }

    /// Where its clock was anchored before a restart.
    pub(crate) fn anchor(&mut self, at_us: u64, timestamp: u32, now_us: u64) {
        self.timeline.resume(at_us, timestamp, now_us.max(at_us));
    }

    /// The number of the oldest item that is not on disk.
    pub(crate) fn oldest(&self) -> Option<u64> {
        let held = [self.reorder.oldest(), self.assembler.oldest()];
        held.into_iter().flatten().min()
    }

    /// Takes a packet.
    pub(crate) fn push(&mut self, arrived: Arrived, book: &mut Book) -> Result<(), PieceError> {
        let now_us = arrived.packet.at_us;
        let mut ordered = Vec::new();
        self.reorder.push(arrived, &mut ordered);
        self.reorder.expire(now_us, &mut ordered);
        self.take(ordered, book)
    }

    /// Time passes without packets.
    pub(crate) fn tick(&mut self, now_us: u64, book: &mut Book) -> Result<(), PieceError> {
        let mut ordered = Vec::new();
        self.reorder.expire(now_us, &mut ordered);
        self.take(ordered, book)
    }

    /// Whether a keyframe must be asked for now.
    pub(crate) fn asks(&mut self, now_us: u64) -> Option<TrackId> {
        let long = self.piece.as_ref().is_some_and(|piece| {
            self.codec != Codec::Opus && self.end_us >= piece.start_us + PIECE_US
        });
        let due = now_us >= self.asked_us.saturating_add(ASK_US);
        let alive = self.failures < FAILURES;
        if !(due && alive && (long || self.assembler.needs_key())) {
            return None;
        }
        self.asked_us = now_us;
        Some(self.id)
    }

    /// Writes what is held and closes the piece.
    pub(crate) fn end(&mut self, book: &mut Book) -> Result<(), PieceError> {
        let mut ordered = Vec::new();
        self.reorder.flush(&mut ordered);
        let taken = self.take(ordered, book);
        let closed = self.close(book);
        taken.and(closed)
    }

    fn take(&mut self, ordered: Vec<Ordered>, book: &mut Book) -> Result<(), PieceError> {
        for packet in ordered {
            for frame in self.assembler.push(packet).frames {
                if self.failures < FAILURES {
                    self.frame(frame, book)?;
                }
            }
        }
        Ok(())
    }

    fn frame(&mut self, frame: Frame, book: &mut Book) -> Result<(), PieceError> {
        let outcome = if self.codec == Codec::Opus {
            self.sound(&frame, book)
        } else {
            self.picture(frame, book)
        };
        match outcome {
            Err(PieceError::Media(error)) => {
                self.failures += 1;
                tracing::warn!(error, "a piece ends early");
                self.assembler.need_key();
                self.close(book)
            }
            other => other,
        }
    }

    fn place(&mut self, frame: &Frame, book: &Book) -> u64 {
        let made_us = self.timeline.place(frame.timestamp, frame.at_us);
        book.since_start(made_us).unwrap_or(0)
    }

    fn picture(&mut self, frame: Frame, book: &mut Book) -> Result<(), PieceError> {
        let mut at_us = self.place(&frame, book);
        let key = frame.format.is_some();
        if let Some(format) = &frame.format {
            let begins = self.piece.as_ref().is_none_or(|piece| {
                piece.format.codec_data != format.codec_data
                    || at_us >= piece.start_us + PIECE_US
                    || at_us >= self.end_us + STILL_US
            });
            if begins {
                self.close(book)?;
                self.timeline.correct();
                at_us = self.place(&frame, book);
            }
        }
        if let Some(last) = self.last_us {
            at_us = at_us.max(last + 1000);
        }
        if self.piece.is_none() {
            let Some(format) = frame.format else {
                self.assembler.need_key();
                return Ok(());
            };
            self.piece = Some(book.begin_piece(self.entry, at_us, format)?);
        }
        self.write(at_us, frame.data, key)?;
        self.end_us = at_us;
        Ok(())
    }

    fn sound(&mut self, frame: &Frame, book: &mut Book) -> Result<(), PieceError> {
        let mut at_us = self.place(frame, book);
        let begins = self.piece.as_ref().is_none_or(|piece| {
            at_us >= piece.start_us + PIECE_US || at_us >= self.end_us + FILL_US
        });
        if begins {
            self.close(book)?;
            self.timeline.correct();
            at_us = self.place(frame, book);
        }
        let length_us = duration_us(&frame.data).unwrap_or(0);
        if let Some(last) = self.last_us {
            if at_us + length_us / 2 < self.end_us {
                // Written before a restart, or a clock that was set back: what is on disk stays.
                return Ok(());
            }
            at_us = at_us.max(last + 1000);
        }
        if self.piece.is_none() {
            self.piece = Some(book.begin_piece(self.entry, at_us, Format::default())?);
            self.end_us = at_us;
        }
        while let Some(toc) = self.toc
            && at_us > self.end_us + GRAIN_US
        {
            let (silence, silent_us) = concealment(toc);
            if self.end_us + silent_us > at_us + GRAIN_US {
                break;
            }
            let end_us = self.end_us;
            self.write(end_us, silence, true)?;
            self.end_us += silent_us;
        }
        self.toc = frame.data.first().copied();
        self.write(at_us, frame.data.clone(), true)?;
        self.end_us = at_us + length_us;
        Ok(())
    }

    fn write(&mut self, at_us: u64, data: bytes::Bytes, key: bool) -> Result<(), PieceError> {
        if let Some(piece) = &mut self.piece {
            piece
                .writer
                .write(at_us.saturating_sub(piece.start_us), data, key)?;
            self.last_us = Some(at_us);
            self.failures = 0;
            self.frames += 1;
        }
        Ok(())
    }

    fn close(&mut self, book: &mut Book) -> Result<(), PieceError> {
        match self.piece.take().map(|piece| book.end_piece(piece)) {
            Some(Err(error @ PieceError::Disk(_))) => Err(error),
            Some(Err(PieceError::Media(error))) => {
                tracing::warn!(error, "a piece was closed badly");
                Ok(())
            }
            Some(Ok(())) | None => Ok(()),
        }
    }
}
