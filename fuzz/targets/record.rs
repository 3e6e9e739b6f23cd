//! The payload of a record of the civic log.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| civic_api::fuzz::record(data));
