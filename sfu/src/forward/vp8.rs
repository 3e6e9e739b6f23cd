//! The VP8 payload descriptor (RFC 7741 §4.2), and its picture numbers rewritten so that they go on over a switch.
