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
        .is_some_and(|account| account.acts_as(recording.host_id));
    now < recording.kept_until && (recording.state == State::Finished || host)
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;
    use crate::identity::Method;
    use crate::{Account, AccountId, ConferenceId, RecordingId, Role};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn recording(state: State) -> Recording {
        Recording {
            id: RecordingId(uuid::Uuid::from_u128(1)),
            conference: ConferenceId(uuid::Uuid::from_u128(2)),
            conference_title: "t".into(),
            host_id: AccountId(uuid::Uuid::from_u128(3)),
            host_name: "Rasa".into(),
            demo: false,
            state,
            started_at: NOW,
            finished_at: None,
            duration_ms: None,
            size_bytes: None,
            kept_until: NOW + 24.hours(),
        }
    }

    fn viewer(number: u128) -> Viewer {
        Viewer::Account(Account {
            id: AccountId(uuid::Uuid::from_u128(number)),
            name: "x".into(),
            role: Role::Councillor,
            office: None,
            demo: false,
            method: Method::Demonstration,
            second_factor_due: false,
            holds_single: false,
            at_terminal: false,
        })
    }

    #[test]
    fn anyone_watches_a_finished_recording_until_its_time_is_over() {
        for who in [Viewer::Anonymous, viewer(3), viewer(4)] {
            let finished = recording(State::Finished);
            assert!(may_watch(&who, &finished, NOW));
            assert!(!may_watch(&who, &finished, finished.kept_until), "{who:?}");
        }
    }

    #[test]
    fn an_unfinished_recording_is_its_hosts() {
        for state in [State::Running, State::Stopped, State::Failed] {
            assert!(
                !may_watch(&Viewer::Anonymous, &recording(state), NOW),
                "{state:?}"
            );
            assert!(!may_watch(&viewer(4), &recording(state), NOW), "{state:?}");
            assert!(may_watch(&viewer(3), &recording(state), NOW), "{state:?}");
        }
    }

    #[test]
    fn a_recording_only_moves_forward() {
        use State::{Failed, Finished, Running, Stopped};
        let order = [Running, Stopped, Failed, Finished];
        for (i, from) in order.into_iter().enumerate() {
            for (j, to) in order.into_iter().enumerate() {
                let expected = match i.cmp(&j) {
                    std::cmp::Ordering::Less => Some(true),
                    std::cmp::Ordering::Equal => Some(false),
                    std::cmp::Ordering::Greater => None,
                };
                assert_eq!(move_to(from, to).ok(), expected, "{from:?} {to:?}");
            }
        }
    }
}
