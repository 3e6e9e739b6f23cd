//! Payloads of every codec, put together into frames.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recorder::fuzz::frames(data));
