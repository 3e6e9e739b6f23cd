//! Dependency descriptors, and what is forwarded by them.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::dependencies(data));
