//! Headers and ids of a request.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| civic_api::fuzz::request(data));
