//! The recorder as a whole: a real process, real GStreamer, real RTP, and what ffprobe says of the files. The process is this
//! very test binary, started again (see [`rig`]).
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod codecs;
mod faults;
mod probe;
mod replay;
mod rig;
mod source;

/// The other half: does nothing in the test run; is the recorder process when [`rig`] starts it.
#[test]
fn process_half() {
    if let (Some(socket), Some(media)) = (
        std::env::var_os("RECORDER_SOCKET"),
        std::env::var_os("RECORDER_MEDIA"),
    ) {
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .init();
        recorder::process::run(socket.as_ref(), media.as_ref()).unwrap();
    }
}
