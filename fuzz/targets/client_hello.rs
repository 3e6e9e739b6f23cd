//! A ClientHello in pieces, before DTLS sees it.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::client_hello(data));
