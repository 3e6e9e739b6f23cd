//! How often each thing was refused since the start. Numbers only: whoever was refused is nobody's business.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::message::ErrorCode;

impl ErrorCode {
    /// Every code, in order.
    pub const ALL: [ErrorCode; 18] = [
        ErrorCode::BadMessage,
        ErrorCode::MessageTooLarge,
        ErrorCode::TooManyMessages,
        ErrorCode::TooSlow,
        ErrorCode::NotJoined,
        ErrorCode::AlreadyJoined,
        ErrorCode::VersionUnsupported,
        ErrorCode::TicketInvalid,
        ErrorCode::TicketExpired,
        ErrorCode::RoomMismatch,
        ErrorCode::RoomFull,
        ErrorCode::ResumeUnknown,
        ErrorCode::NotAllowed,
        ErrorCode::SeatUnknown,
        ErrorCode::SdpInvalid,
        ErrorCode::SdpTooLarge,
        ErrorCode::MediaFull,
        ErrorCode::MediaUnavailable,
    ];
}

/// One counter for each code.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    counts: [AtomicU64; ErrorCode::ALL.len()],
}

impl Refusals {
    pub(crate) fn count(&self, code: ErrorCode) {
        if let Some(count) = self.counts.get(code as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The codes that were said at least once, and how often.
    pub(crate) fn counted(&self) -> BTreeMap<ErrorCode, u64> {
        let counts = self.counts.iter().map(|c| c.load(Ordering::Relaxed));
        let codes = ErrorCode::ALL.into_iter().zip(counts);
        codes.filter(|(_, count)| *count > 0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_its_own_counter() {
        let refusals = Refusals::default();
        for (at, code) in ErrorCode::ALL.into_iter().enumerate() {
            assert_eq!(code as usize, at);
            refusals.count(code);
        }
        let counted = refusals.counted();
        assert_eq!(counted.len(), ErrorCode::ALL.len());
        assert!(counted.values().all(|count| *count == 1));
    }
}
