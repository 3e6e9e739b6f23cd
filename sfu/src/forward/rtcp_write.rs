//! RTCP that goes out. Every function appends one packet to the caller's buffer; together they make a compound.

use super::rtcp::{ReportBlock, SenderInfo};

/// SR without report blocks (RFC 3550 §6.4.1).
pub fn sender_report(_out: &mut Vec<u8>, _ssrc: u32, _info: &SenderInfo) {}

/// SDES with a CNAME of at most 255 bytes (RFC 3550 §6.5.1); the rest of a longer one is left out.
pub fn sdes_cname(_out: &mut Vec<u8>, _ssrc: u32, _cname: &str) {}

/// RR with at most 31 blocks (RFC 3550 §6.4.2); the rest is left out: call again with it.
pub fn receiver_report(_out: &mut Vec<u8>, _ssrc: u32, _blocks: &[ReportBlock]) {}

/// Generic NACK (RFC 4585 §6.2.1) for sequence numbers in ascending order (modulo wrap).
pub fn nack(_out: &mut Vec<u8>, _sender: u32, _media: u32, _lost: &[u16]) {}

/// Picture loss indication (RFC 4585 §6.3.1).
pub fn pli(_out: &mut Vec<u8>, _sender: u32, _media: u32) {}
