//! Transport-wide feedback, written and read.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::feedback(data));
