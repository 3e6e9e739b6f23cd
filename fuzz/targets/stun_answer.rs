//! What a STUN server answers.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::stun_answer(data));
