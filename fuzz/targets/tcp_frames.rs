//! Frames on a TCP connection (RFC 4571).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::tcp_frames(data));
