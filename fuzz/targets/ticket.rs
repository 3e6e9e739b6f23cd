//! Join tickets.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signaling::fuzz::ticket(data));
