//! A slot through switches, loss, reordering and NACKs.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::downstream(data));
