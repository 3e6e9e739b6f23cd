//! The manifest: what a recording consists of, on one timeline. It holds seats, never names, so that a person can be
//! erased elsewhere and the recording stays whole. Written as `manifest.json` beside the pieces, replaced atomically.

use serde::{Deserialize, Serialize};

/// The manifest's version.
pub const VERSION: u32 = 1;

/// A recording. All times are microseconds since [`Manifest::started_us`], except that one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// [`VERSION`].
    pub version: u32,
    /// The recording's id: also the name of its folder.
    pub recording: String,
    /// When it began, in µs since the Unix epoch.
    pub started_us: u64,
    /// Length; 0 while it runs.
    pub duration_us: u64,
    /// Where it stands.
    pub state: State,
    /// Every track.
    pub tracks: Vec<Track>,
    /// Who spoke when, in the order of beginning.
    pub speakers: Vec<Span>,
}

/// Where a recording stands; it only moves forward.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Being written.
    Running,
    /// Ended; its pieces are being finished.
    Finishing,
    /// Ready to replay.
    Finished,
}

/// One stream of one seat.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Track {
    /// Its id in the media plane.
    pub track: u64,
    /// Whose it is (`ParticipantId`).
    pub participant: u64,
    /// `microphone`, `camera` or `screen`.
    pub source: sfu::Source,
    /// Its codec.
    pub codec: sfu::Codec,
    /// The files, in order; between them nothing was received or something was lost.
    pub pieces: Vec<Piece>,
}

/// One file.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Piece {
    /// Its name in the recording's folder (`.webm`, or `.mkv` for H264).
    pub file: String,
    /// When it begins.
    pub start_us: u64,
    /// How long it is; 0 while it is written.
    pub duration_us: u64,
    /// Its size in bytes, when finished.
    pub size_bytes: u64,
    /// SHA-256 of the finished file, in hex; empty while it is written.
    pub sha256: String,
}

/// A time in which someone spoke.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Span {
    /// Who (`ParticipantId`).
    pub participant: u64,
    /// From.
    pub start_us: u64,
    /// To.
    pub end_us: u64,
}
