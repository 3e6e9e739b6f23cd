//! Datagrams at a shard: STUN, DTLS, anything.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::demux(data));
