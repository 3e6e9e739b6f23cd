//! Sound that is repeated (RED).
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::red(data));
