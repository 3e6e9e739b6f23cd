//! What the hub asks of the media plane, as a trait, so that rooms can be tested without sockets; and how the
//! protocol's words translate into the media plane's.

use std::future::Future;

use sfu::{GoneReason, Join, Joined, Kind, ParticipantId, RoomId, SfuError, Source};

use crate::message::{ErrorCode, LostReason, MediaSource, SlotKind};

/// The media plane as the hub sees it. Everything but an offer is told and not waited for.
pub(crate) trait MediaPlane: Clone + Send + Sync + 'static {
    fn join(&self, join: Join) -> impl Future<Output = Result<Joined, SfuError>> + Send;
    fn reoffer(
        &self,
        participant: ParticipantId,
        offer: String,
        sources: Vec<(String, Source)>,
    ) -> impl Future<Output = Result<Joined, SfuError>> + Send;
    fn leave(&self, participant: ParticipantId);
    fn set_muted(&self, participant: ParticipantId, source: Source, muted: bool);
    fn pin(&self, subscriber: ParticipantId, pinned: Option<ParticipantId>);
    fn view(&self, subscriber: ParticipantId, tiles: Vec<(String, u16)>);
    fn close_room(&self, room: &RoomId);
}

impl MediaPlane for sfu::Sfu {
    async fn join(&self, join: Join) -> Result<Joined, SfuError> {
        sfu::Sfu::join(self, join).await
    }

    async fn reoffer(
        &self,
        participant: ParticipantId,
        offer: String,
        sources: Vec<(String, Source)>,
    ) -> Result<Joined, SfuError> {
        sfu::Sfu::reoffer(self, participant, offer, sources).await
    }

    fn leave(&self, participant: ParticipantId) {
        sfu::Sfu::leave(self, participant);
    }

    fn set_muted(&self, participant: ParticipantId, source: Source, muted: bool) {
        sfu::Sfu::set_muted(self, participant, source, muted);
    }

    fn pin(&self, subscriber: ParticipantId, pinned: Option<ParticipantId>) {
        sfu::Sfu::pin(self, subscriber, pinned);
    }

    fn view(&self, subscriber: ParticipantId, tiles: Vec<(String, u16)>) {
        sfu::Sfu::view(self, subscriber, tiles);
    }

    fn close_room(&self, room: &RoomId) {
        sfu::Sfu::close_room(self, room);
    }
}

impl From<MediaSource> for Source {
    fn from(source: MediaSource) -> Self {
        match source {
            MediaSource::Microphone => Source::Microphone,
            MediaSource::Camera => Source::Camera,
            MediaSource::Screen => Source::Screen,
        }
    }
}

impl From<Source> for MediaSource {
    fn from(source: Source) -> Self {
        match source {
            Source::Microphone => MediaSource::Microphone,
            Source::Camera => MediaSource::Camera,
            Source::Screen => MediaSource::Screen,
        }
    }
}

impl From<Kind> for SlotKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Audio => SlotKind::Audio,
            Kind::Video => SlotKind::Video,
        }
    }
}

impl From<GoneReason> for LostReason {
    fn from(reason: GoneReason) -> Self {
        match reason {
            GoneReason::Closed => LostReason::Closed,
            GoneReason::ConsentExpired => LostReason::ConsentExpired,
            GoneReason::HandshakeFailed => LostReason::HandshakeFailed,
        }
    }
}

impl From<&SfuError> for ErrorCode {
    fn from(error: &SfuError) -> Self {
        match error {
            SfuError::SdpTooLarge => ErrorCode::SdpTooLarge,
            SfuError::SdpInvalid(_) => ErrorCode::SdpInvalid,
            SfuError::Full => ErrorCode::MediaFull,
            // The rest is nothing that a page could do better: no such connection, no socket, no keys.
            _ => ErrorCode::MediaUnavailable,
        }
    }
}
