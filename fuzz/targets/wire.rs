//! The words between the server and the recorder's process.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| recorder::fuzz::wire(data));
