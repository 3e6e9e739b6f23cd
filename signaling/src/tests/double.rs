//! A media plane that remembers what it was told, and answers by what the offer says.

use std::sync::{Arc, Mutex};

use sfu::{Join, Joined, Kind, ParticipantId, RoomId, SfuError, Slot, Source};

use crate::media::MediaPlane;

/// What was asked.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Call {
    Join {
        participant: ParticipantId,
        publish: bool,
        subscribe: bool,
        sources: Vec<(String, Source)>,
    },
    Reoffer(ParticipantId),
    Leave(ParticipantId),
    Muted(ParticipantId, Source, bool),
    Pin(ParticipantId, Option<ParticipantId>),
    View(ParticipantId, Vec<(String, u16)>),
    CloseRoom(String),
}

/// Remembers every call.
#[derive(Clone, Default)]
pub(super) struct Double {
    calls: Arc<Mutex<Vec<Call>>>,
}

impl Double {
    /// The calls since this was asked last.
    pub(super) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn note(&self, call: Call) {
        self.calls.lock().unwrap().push(call);
    }

    async fn answer(offer: &str) -> Result<Joined, SfuError> {
        match offer {
            "not sdp" => Err(SfuError::SdpInvalid("line 1".into())),
            _ if offer.contains("one too many") => Err(SfuError::Full),
            "never answered" => std::future::pending().await,
            _ => Ok(Joined {
                answer: format!("answer to {offer}"),
                slots: vec![
                    Slot {
                        mid: "a".into(),
                        kind: Kind::Audio,
                    },
                    Slot {
                        mid: "v".into(),
                        kind: Kind::Video,
                    },
                ],
            }),
        }
    }
}

impl MediaPlane for Double {
    async fn join(&self, join: Join) -> Result<Joined, SfuError> {
        self.note(Call::Join {
            participant: join.participant,
            publish: join.publish,
            subscribe: join.subscribe,
            sources: join.sources,
        });
        Self::answer(&join.offer).await
    }

    async fn reoffer(
        &self,
        participant: ParticipantId,
        offer: String,
        _sources: Vec<(String, Source)>,
    ) -> Result<Joined, SfuError> {
        self.note(Call::Reoffer(participant));
        Self::answer(&offer).await
    }

    fn leave(&self, participant: ParticipantId) {
        self.note(Call::Leave(participant));
    }

    fn set_muted(&self, participant: ParticipantId, source: Source, muted: bool) {
        self.note(Call::Muted(participant, source, muted));
    }

    fn pin(&self, subscriber: ParticipantId, pinned: Option<ParticipantId>) {
        self.note(Call::Pin(subscriber, pinned));
    }

    fn view(&self, subscriber: ParticipantId, tiles: Vec<(String, u16)>) {
        self.note(Call::View(subscriber, tiles));
    }

    fn close_room(&self, room: &RoomId) {
        self.note(Call::CloseRoom(room.to_string()));
    }
}
