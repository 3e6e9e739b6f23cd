//! What the hub tells those who look after the server.

use sfu::RoomId;
use tokio::time::Instant;

use super::Hub;
use super::room::{Room, Seat};
use crate::media::MediaPlane;
use crate::message::Grant;
use crate::overview::{RoomOverview, SeatOverview, SeatRole};

impl<M: MediaPlane> Hub<M> {
    /// Every room in which a seat is taken, without seats; or one room, with them.
    pub(super) fn overview(&self, one: Option<&RoomId>) -> Vec<RoomOverview> {
        let now = Instant::now();
        let rooms = self.rooms.iter();
        rooms
            .filter(|(id, room)| room.taken() > 0 && one.is_none_or(|one| one == *id))
            .map(|(id, room)| room.overview(id, one.is_some(), now))
            .collect()
    }
}

impl Room {
    fn overview(&self, id: &RoomId, with_seats: bool, now: Instant) -> RoomOverview {
        let viewers = self.seats().filter(|(_, s)| s.role() == SeatRole::Viewer);
        let viewers = viewers.count();
        let seats = self.seats().filter(|_| with_seats);
        RoomOverview {
            room: id.to_string(),
            open_for: now.saturating_duration_since(self.taken_since),
            recording: self.recording.status,
            participants: self.taken() - viewers,
            viewers,
            seats: seats
                .map(|(number, seat)| SeatOverview {
                    seat: number,
                    participant: seat.participant.0,
                    role: seat.role(),
                    connected: seat.seen(number).connected,
                })
                .collect(),
        }
    }
}

impl Seat {
    fn role(&self) -> SeatRole {
        if self.has(Grant::Host) {
            SeatRole::Host
        } else if self.has(Grant::Publish) {
            SeatRole::Participant
        } else {
            SeatRole::Viewer
        }
    }
}
