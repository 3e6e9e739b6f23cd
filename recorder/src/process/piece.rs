//! Writes one piece: whole frames through GStreamer's Matroska muxer into a file, in its streamable form, each block on disk before
//! `write` returns. The muxer runs in the caller's thread (pads are pushed, there is no pipeline): no queue hides a frame.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use gstreamer as gst;
use gstreamer::prelude::*;
use sfu::Codec;

use super::frame::Format;

/// Why a piece cannot go on.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PieceError {
    /// The disk refused: the recording ends.
    #[error("disk: {0}")]
    Disk(#[from] io::Error),
    /// The muxer refused: another piece may do.
    #[error("media: {0}")]
    Media(String),
}

/// The ending of a codec's files.
pub(crate) fn extension(codec: Codec) -> &'static str {
    if codec == Codec::H264 { "mkv" } else { "webm" }
}

/// The muxer for a file of this name.
pub(crate) fn muxer(file: &str) -> &'static str {
    if file.ends_with(".mkv") {
        "matroskamux"
    } else {
        "webmmux"
    }
}

/// Where the muxer's bytes go.
#[derive(Debug)]
struct Output {
    file: File,
    error: Option<io::Error>,
}

/// A piece that is being written.
#[derive(Debug)]
pub(crate) struct Piece {
    mux: gst::Element,
    source: gst::Pad,
    /// Held: a pad does not keep its peer alive.
    _sink: gst::Pad,
    /// Locked by the muxer's chain function only, in the thread that calls `write`.
    output: Arc<Mutex<Output>>,
}

impl Piece {
    /// Creates the file, which must not exist yet.
    pub(crate) fn create(path: &Path, codec: Codec, format: &Format) -> Result<Self, PieceError> {
        let output = Arc::new(Mutex::new(Output {
            file: File::create_new(path)?,
            error: None,
        }));
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or("");
        let mux = gst::ElementFactory::make(muxer(name))
            .property("streamable", true)
            .property("max-cluster-duration", 10_000_000_000i64)
            .property("writing-app", "aikste")
            .build()
            .map_err(media)?;
        let sink = sink(output.clone());
        let source = gst::Pad::builder(gst::PadDirection::Src).build();
        let template = if codec == Codec::Opus {
            "audio_%u"
        } else {
            "video_%u"
        };
        let input = mux
            .request_pad_simple(template)
            .ok_or_else(|| media("no pad"))?;
        let out = mux.static_pad("src").ok_or_else(|| media("no pad"))?;
        out.link(&sink).map_err(media)?;
        source.link(&input).map_err(media)?;
        for pad in [&sink, &source] {
            pad.set_active(true).map_err(media)?;
        }
        mux.set_state(gst::State::Playing).map_err(media)?;
        let piece = Self {
            mux,
            source,
            _sink: sink,
            output,
        };
        piece.send(gst::event::StreamStart::new("track"))?;
        piece.send(gst::event::Caps::new(&caps(codec, format)))?;
        let segment = gst::FormattedSegment::<gst::ClockTime>::new();
        piece.send(gst::event::Segment::new(&segment))?;
        Ok(piece)
    }

    /// Writes one frame, `at_us` after the piece's beginning.
    pub(crate) fn write(
        &mut self,
        at_us: u64,
        data: bytes::Bytes,
        key: bool,
    ) -> Result<(), PieceError> {
        let mut buffer = gst::Buffer::from_slice(data);
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_useconds(at_us));
            if !key {
                buffer.set_flags(gst::BufferFlags::DELTA_UNIT);
            }
        }
        let flow = self.source.push(buffer);
        self.disk()?;
        flow.map(|_| ()).map_err(media)
    }

    /// Closes the file.
    pub(crate) fn close(self) -> Result<(), PieceError> {
        self.send(gst::event::Eos::new())?;
        self.disk()
    }

    fn send(&self, event: gst::Event) -> Result<(), PieceError> {
        let taken = self.source.push_event(event);
        self.disk()?;
        taken.then_some(()).ok_or_else(|| media("event refused"))
    }

    fn disk(&self) -> Result<(), PieceError> {
        let mut output = self.output.lock().unwrap_or_else(PoisonError::into_inner);
        output
            .error
            .take()
            .map_or(Ok(()), |error| Err(error.into()))
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        let _ = self.mux.set_state(gst::State::Null);
    }
}

/// A pad that writes whatever comes to the file.
fn sink(output: Arc<Mutex<Output>>) -> gst::Pad {
    gst::Pad::builder(gst::PadDirection::Sink)
        .chain_function(move |_, _, buffer| {
            let mut output = output.lock().unwrap_or_else(PoisonError::into_inner);
            let map = buffer.map_readable().map_err(|_| gst::FlowError::Error)?;
            output.file.write_all(&map).map_err(|error| {
                output.error = Some(error);
                gst::FlowError::Error
            })?;
            Ok(gst::FlowSuccess::Ok)
        })
        .event_function(|_, _, _| true)
        .build()
}

fn caps(codec: Codec, format: &Format) -> gst::Caps {
    if codec == Codec::Opus {
        return gst::Caps::builder("audio/x-opus")
            .field("channels", 2i32)
            .field("rate", 48_000i32)
            .field("channel-mapping-family", 0i32)
            .build();
    }
    // The muxer asks for at least 16; the true size is in the stream.
    let size = |pixels: u32| i32::try_from(pixels).unwrap_or(i32::MAX).max(16);
    let name = match codec {
        Codec::Vp9 => "video/x-vp9",
        Codec::H264 => "video/x-h264",
        Codec::Av1 => "video/x-av1",
        Codec::Vp8 | Codec::Opus => "video/x-vp8",
    };
    let mut caps = gst::Caps::builder(name)
        .field("width", size(format.width))
        .field("height", size(format.height))
        .field("framerate", gst::Fraction::new(0, 1));
    match codec {
        Codec::H264 => caps = caps.field("stream-format", "avc").field("alignment", "au"),
        Codec::Av1 => {
            caps = caps
                .field("stream-format", "obu-stream")
                .field("alignment", "tu")
        }
        _ => {}
    }
    if !format.codec_data.is_empty() {
        let data = gst::Buffer::from_slice(format.codec_data.clone());
        caps = caps.field("codec_data", data);
    }
    caps.build()
}

fn media(error: impl std::fmt::Display) -> PieceError {
    PieceError::Media(error.to_string())
}
