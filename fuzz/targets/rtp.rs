//! RTP headers, extensions, padding; retransmissions unwrapped.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::rtp(data));
