//! Offers and fragments of WHIP and WHEP.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| signaling::fuzz::whip_body(data));
