//! What the media plane refuses, and why. Each has a stable code for the wire.

/// A refusal, with nothing personal in its text.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SfuError {
    /// Longer than [`crate::MAX_SDP_BYTES`].
    #[error("the SDP is larger than {} bytes", crate::MAX_SDP_BYTES)]
    SdpTooLarge,
    /// Not an SDP offer that can be answered; the text says which line is wrong.
    #[error("the SDP offer cannot be answered: {0}")]
    SdpInvalid(String),
    /// More participants than [`crate::SfuConfig::max_participants`].
    #[error("the media plane is full")]
    Full,
    /// No such participant.
    #[error("no such participant")]
    UnknownParticipant,
    /// The shard's command queue is full, or it has ended.
    #[error("the media plane is not available")]
    Unavailable,
    /// A socket could not be had.
    #[error("socket: {0}")]
    Socket(String),
    /// Keys or a certificate could not be made.
    #[error("crypto: {0}")]
    Crypto(String),
}

impl SfuError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SdpTooLarge => "sdp_too_large",
            Self::SdpInvalid(_) => "sdp_invalid",
            Self::Full => "media_full",
            Self::UnknownParticipant => "unknown_participant",
            Self::Unavailable => "media_unavailable",
            Self::Socket(_) => "media_socket",
            Self::Crypto(_) => "media_crypto",
        }
    }
}
