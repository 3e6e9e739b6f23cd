//! RTCP compounds: reports, NACK, PLI, FIR, REMB, BYE, transport-wide feedback.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| sfu::fuzz::rtcp(data));
