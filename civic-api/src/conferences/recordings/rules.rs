//! What may be recorded, how a recording moves on, and who may watch it. Pure.

use jiff::Timestamp;

use super::{Recording, State};
use crate::conferences::{Conference, Status};
use crate::{Error, Viewer};

/// A reception is recorded only while it is open, only when that was announced, and only once at a time.
pub fn may_begin(conference: &Conference, running: bool) -> Result<(), Error> {
    if !conference.recorded {
        Err(Error::WrongState("recording_not_agreed"))
    } else if conference.status == Status::Ended {
        Err(Error::WrongState("conference_ended"))
    } else if conference.status == Status::Announced {
        Err(Error::WrongState("conference_not_open"))
    } else if running {
        Err(Error::WrongState("recording_running"))
    } else {
        Ok(())
    }
}

/// A recording only moves forward; of a failed one, what was saved may still be finished. `false`: it is there already.
pub fn move_to(from: State, to: State) -> Result<bool, Error> {
    if from == to {
        Ok(false)
    } else if from < to {
        Ok(true)
    } else {
        Err(Error::WrongState("recording_state"))
    }
}

/// Anyone may watch a finished recording until its time is over; before it is finished, only its host may.
pub fn may_watch(viewer: &Viewer, recording: &Recording, now: Timestamp) -> bool {
    let host = viewer
        .account()
        .is_some_and(|account| account.id == recording.host_id);
    now < recording.kept_until && (recording.state == State::Finished || host)
}
