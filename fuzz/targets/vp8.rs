//! The VP8 and VP9 payload descriptors.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::vp8(data));
