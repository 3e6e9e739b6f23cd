//! A recording's piece that a crash cut off.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recorder::fuzz::scanned_file(data));
