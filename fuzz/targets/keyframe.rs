//! Where a keyframe begins, in every codec.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::keyframe(data));
