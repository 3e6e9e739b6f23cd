//! A connected participant who means harm: authentic media and control packets of every shape.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::insider(data));
