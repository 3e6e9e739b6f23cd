//! Who may do what at a reception. Pure: no clock, no database.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Audience, Conference, NewConference, Status};
use crate::{Account, Error, Viewer, identity};

/// How someone wants to take part.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EnterAs {
    /// Seen and recorded by name.
    Name,
    /// "Balsas 1": nobody learns more.
    Anonymous,
}

/// A seat that may be taken: what goes into a join ticket.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SeatGrant {
    /// The room.
    pub room: String,
    /// What the holder is called; `None`: an anonymous voice.
    pub name: Option<String>,
    /// The holder hosts.
    pub host: bool,
}

/// Why a seat is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The reception is over.
    #[error("the reception has ended")]
    Ended,
    /// The reception has not begun: one may wait in the lobby.
    #[error("the reception is not open yet")]
    NotOpen,
    /// The reception is for who has signed in.
    #[error("identification is required")]
    IdentificationRequired,
    /// Who has not signed in has no name here.
    #[error("a name requires sign-in")]
    NameRequiresSignIn,
}

impl Refusal {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Ended => "conference_ended",
            Refusal::NotOpen => "conference_not_open",
            Refusal::IdentificationRequired => "identification_required",
            Refusal::NameRequiresSignIn => "name_requires_sign_in",
        }
    }
}

/// Anyone may sit in an open reception, unless it is for identified residents only. Who wants a name must have signed
/// in. Before it opens only its host may sit there; when it is over, nobody. An anonymous seat carries nothing of
/// who sits in it: no name, and no rights of a host.
pub fn may_enter(
    viewer: &Viewer,
    conference: &Conference,
    enter_as: EnterAs,
) -> Result<SeatGrant, Refusal> {
    let account = viewer.account();
    let named = match enter_as {
        EnterAs::Name => Some(account.ok_or(Refusal::NameRequiresSignIn)),
        EnterAs::Anonymous => None,
    };
    let host = matches!(named, Some(Ok(account)) if account.id == conference.host_id);
    match conference.status {
        Status::Ended => return Err(Refusal::Ended),
        Status::Announced if !host => return Err(Refusal::NotOpen),
        Status::Announced | Status::Open => {}
    }
    if conference.audience == Audience::Identified && account.is_none() {
        return Err(Refusal::IdentificationRequired);
    }
    Ok(SeatGrant {
        room: conference.room(),
        name: named.transpose()?.map(|account| account.name.clone()),
        host,
    })
}

/// Who answers to residents may announce receptions: members of the council, leaders of the city, administrators.
pub fn may_create(account: &Account) -> Result<(), Error> {
    if identity::rules::may_host(account.role) {
        Ok(())
    } else {
        Err(Error::NotAllowed)
    }
}

/// Only the host opens and ends a reception.
pub fn is_host(viewer: &Viewer, conference: &Conference) -> Result<(), Error> {
    if viewer.signed_in()?.id == conference.host_id {
        Ok(())
    } else {
        Err(Error::NotAllowed)
    }
}

/// A reception only moves forward. `false`: it is there already.
pub fn move_to(from: Status, to: Status) -> Result<bool, Error> {
    if from == to {
        Ok(false)
    } else if from < to {
        Ok(true)
    } else if from == Status::Ended {
        Err(Error::WrongState("conference_ended"))
    } else {
        Err(Error::WrongState("conference_already_open"))
    }
}

/// What can be announced.
pub fn check_new(new: &NewConference, now: Timestamp) -> Result<(), Error> {
    let fields = [
        ("title", is_text(&new.title, 1, 200)),
        ("topic", is_text(&new.topic, 0, 2000)),
        ("starts_at", is_soon(new.starts_at, now)),
        (
            "ends_at",
            new.ends_at > new.starts_at
                && new.ends_at.duration_since(new.starts_at).as_hours() < 12,
        ),
        (
            "minutes_per_resident",
            (1..=60).contains(&new.minutes_per_resident),
        ),
        ("retention_days", (1..=3650).contains(&new.retention_days)),
    ];
    match fields.into_iter().find(|(_, good)| !good) {
        Some((field, _)) => Err(Error::Invalid { field }),
        None => Ok(()),
    }
}

/// Between now (an hour late is not late) and a year from now.
fn is_soon(at: Timestamp, now: Timestamp) -> bool {
    let earliest = now.checked_sub(1.hour()).unwrap_or(Timestamp::MIN);
    let latest = now
        .checked_add((366 * 24).hours())
        .unwrap_or(Timestamp::MAX);
    (earliest..=latest).contains(&at)
}

/// So many characters, something to see among them, and no control characters but line ends.
fn is_text(text: &str, min: usize, max: usize) -> bool {
    let count = text.chars().count();
    (min..=max).contains(&count)
        && (min == 0 || !text.trim().is_empty())
        && text.chars().all(|c| !c.is_control() || c == '\n')
}
