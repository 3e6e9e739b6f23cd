//! SDP (RFC 8866, RFC 8829): reads a browser's offer, writes our answer. Only what a call needs; everything else in
//! an offer is passed over, so that a browser's next attribute is no fault.

pub(crate) mod answer;
pub(crate) mod offer;
mod section;

pub(crate) use answer::{Answer, Candidate, Role};
pub(crate) use offer::{Direction, Fingerprint, FingerprintHash, Media, Offer, Setup};
