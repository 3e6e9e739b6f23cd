//! Who may do what at a reception. Pure: no clock, no database.

use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Audience, Conference, NewConference, Status};
use crate::identity::Assurance;
use crate::log::Actor;
use crate::residence::Residence;
use crate::residence::rules::eligible;
use crate::roles::{Act, Held, On};
use crate::{Error, Viewer};

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
    /// The reception is for residents of one eldership, and the register does not say that this is one.
    #[error("not a confirmed resident of the eldership")]
    NotOfEldership,
}

impl Refusal {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Ended => "conference_ended",
            Refusal::NotOpen => "conference_not_open",
            Refusal::IdentificationRequired => "identification_required",
            Refusal::NameRequiresSignIn => "name_requires_sign_in",
            Refusal::NotOfEldership => "not_of_eldership",
        }
    }
}

/// Anyone may sit in an open reception, unless it is for identified residents only. Who wants a name must have signed
/// in by a way that knows it. Holding a card (assurance low) identifies nobody. Before it opens only its host may sit there; when
/// it is over, nobody. Whoever was given the role to run the reception sits in it as its host does. An anonymous seat carries
/// nothing of who sits in it: no name, and no rights of a host. Where only residents of one eldership may sit, the register must
/// say that this is one; the host may come from anywhere.
pub fn may_enter(
    viewer: &Viewer,
    held: &Held,
    residence: &Residence,
    conference: &Conference,
    enter_as: EnterAs,
) -> Result<SeatGrant, Refusal> {
    let account = viewer.account();
    let named = match enter_as {
        EnterAs::Name => Some(
            account
                .filter(|account| !account.name.is_empty())
                .ok_or(Refusal::NameRequiresSignIn),
        ),
        EnterAs::Anonymous => None,
    };
    let host = matches!(named, Some(Ok(_))) && runs(viewer, held, conference).is_ok();
    match conference.status {
        Status::Ended => return Err(Refusal::Ended),
        Status::Announced if !host => return Err(Refusal::NotOpen),
        Status::Announced | Status::Open => {}
    }
    let identified = account.is_some_and(|a| a.method.assurance() != Some(Assurance::Low));
    if conference.audience == Audience::Identified && !identified {
        return Err(Refusal::IdentificationRequired);
    }
    if !host && !eligible(conference.eldership, residence) {
        return Err(Refusal::NotOfEldership);
    }
    Ok(SeatGrant {
        room: conference.room(),
        name: named.transpose()?.map(|account| account.name.clone()),
        host,
    })
}

/// Whoever has shown that the city has identified them, without saying who they are, may sit in every open reception: where
/// they live was asked when the right was given.
pub fn may_enter_verified(conference: &Conference) -> Result<SeatGrant, Refusal> {
    match conference.status {
        Status::Ended => Err(Refusal::Ended),
        Status::Announced => Err(Refusal::NotOpen),
        Status::Open => Ok(SeatGrant {
            room: conference.room(),
            name: None,
            host: false,
        }),
    }
}

/// Who answers to residents may announce receptions: members of the council, leaders of the city, administrators.
pub fn may_create(held: &Held) -> Result<(), Error> {
    if held.allows(Act::AnnounceReception, On::Whole) {
        Ok(())
    } else {
        Err(Error::NotAllowed)
    }
}

/// Whether who looks is the host.
pub fn is_host(viewer: &Viewer, conference: &Conference) -> Result<(), Error> {
    if viewer.signed_in()?.acts_as(conference.host_id) {
        Ok(())
    } else {
        Err(Error::NotAllowed)
    }
}

/// Its host opens and ends a reception, or whoever was given a role for that; in which part they do it.
pub fn runs(viewer: &Viewer, held: &Held, conference: &Conference) -> Result<Actor, Error> {
    match held.by(Act::RunReception, On::Conference(conference.id)) {
        _ if is_host(viewer, conference).is_ok() => Ok(Actor::Host),
        Some(role) if viewer.account().is_some() => Ok(Actor::Role(role)),
        _ => Err(match viewer {
            Viewer::Anonymous => Error::SignInRequired,
            Viewer::Account(_) => Error::NotAllowed,
        }),
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
        (
            "eldership",
            new.eldership.is_none() || new.audience == Audience::Identified,
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::identity::Method;
    use crate::residence::{Confirmed, Eldership};
    use crate::roles::Scope;
    use crate::{Account, AccountId, ConferenceId, Role};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn account(number: u128, name: &str, role: Role) -> Account {
        Account {
            id: AccountId(uuid::Uuid::from_u128(number)),
            name: name.into(),
            role,
            office: None,
            demo: false,
            method: Method::Demonstration,
            second_factor_due: false,
            holds_single: false,
            at_terminal: false,
        }
    }

    fn host() -> Viewer {
        Viewer::Account(account(1, "Rasa", Role::Councillor))
    }

    fn resident() -> Viewer {
        Viewer::Account(account(2, "Jonas", Role::Resident))
    }

    fn conference(status: Status, audience: Audience) -> Conference {
        Conference {
            id: ConferenceId(uuid::Uuid::from_u128(9)),
            title: "t".into(),
            topic: String::new(),
            host_id: AccountId(uuid::Uuid::from_u128(1)),
            host_name: "Rasa".into(),
            host_role: Role::Councillor,
            host_office: None,
            starts_at: NOW,
            ends_at: NOW,
            minutes_per_resident: 8,
            status,
            recorded: true,
            retention_days: 30,
            audience,
            eldership: None,
            opened_at: None,
            ended_at: None,
            demo: false,
            recordings: Vec::new(),
        }
    }

    /// Who, status, audience, how: the name and whether they host, or why not.
    type Case = (
        Viewer,
        Status,
        Audience,
        EnterAs,
        Result<(Option<&'static str>, bool), Refusal>,
    );

    #[test]
    fn a_verified_seat_is_nameless_and_only_in_an_open_reception() {
        let enter = |status, audience| may_enter_verified(&conference(status, audience));
        for audience in [Audience::Anyone, Audience::Identified] {
            let grant = enter(Status::Open, audience).unwrap();
            assert_eq!((grant.name, grant.host), (None, false));
            assert_eq!(enter(Status::Announced, audience), Err(Refusal::NotOpen));
            assert_eq!(enter(Status::Ended, audience), Err(Refusal::Ended));
        }
    }

    #[test]
    fn who_may_enter_how_and_when() {
        use Audience::{Anyone, Identified};
        use EnterAs::{Anonymous, Name};
        use Refusal::{Ended, IdentificationRequired, NameRequiresSignIn, NotOpen};
        use Status::{Announced, Open};
        let nobody = || Viewer::Anonymous;
        let table: Vec<Case> = vec![
            (nobody(), Open, Anyone, Anonymous, Ok((None, false))),
            (nobody(), Open, Anyone, Name, Err(NameRequiresSignIn)),
            (
                nobody(),
                Open,
                Identified,
                Anonymous,
                Err(IdentificationRequired),
            ),
            (
                nobody(),
                Open,
                Identified,
                Name,
                Err(IdentificationRequired),
            ),
            (nobody(), Announced, Anyone, Anonymous, Err(NotOpen)),
            (nobody(), Announced, Identified, Name, Err(NotOpen)),
            (nobody(), Status::Ended, Anyone, Anonymous, Err(Ended)),
            (resident(), Open, Anyone, Name, Ok((Some("Jonas"), false))),
            (resident(), Open, Anyone, Anonymous, Ok((None, false))),
            (
                resident(),
                Open,
                Identified,
                Name,
                Ok((Some("Jonas"), false)),
            ),
            (resident(), Open, Identified, Anonymous, Ok((None, false))),
            (resident(), Announced, Anyone, Name, Err(NotOpen)),
            (resident(), Status::Ended, Anyone, Name, Err(Ended)),
            (host(), Open, Anyone, Name, Ok((Some("Rasa"), true))),
            (host(), Open, Identified, Name, Ok((Some("Rasa"), true))),
            (host(), Open, Anyone, Anonymous, Ok((None, false))),
            (host(), Announced, Anyone, Name, Ok((Some("Rasa"), true))),
            (host(), Announced, Anyone, Anonymous, Err(NotOpen)),
            (host(), Status::Ended, Anyone, Name, Err(Ended)),
        ];
        for (viewer, status, audience, enter_as, expected) in table {
            let decided = may_enter(
                &viewer,
                &Held::default(),
                &Residence::default(),
                &conference(status, audience),
                enter_as,
            );
            let expected = expected.map(|(name, host)| SeatGrant {
                room: "conference-00000000-0000-0000-0000-000000000009".into(),
                name: name.map(str::to_owned),
                host,
            });
            assert_eq!(
                decided, expected,
                "{viewer:?} {status:?} {audience:?} {enter_as:?}"
            );
        }
    }

    #[test]
    fn who_only_holds_a_card_has_no_name_and_is_not_identified() {
        let mut holder = account(4, "", Role::Resident);
        holder.method = Method::Identified(Assurance::Low);
        let enters = |audience, enter_as| {
            let viewer = Viewer::Account(holder.clone());
            may_enter(
                &viewer,
                &Held::default(),
                &Residence::default(),
                &conference(Status::Open, audience),
                enter_as,
            )
            .map(|_| ())
        };
        assert_eq!(enters(Audience::Anyone, EnterAs::Anonymous), Ok(()));
        assert_eq!(
            enters(Audience::Anyone, EnterAs::Name),
            Err(Refusal::NameRequiresSignIn)
        );
        assert_eq!(
            enters(Audience::Identified, EnterAs::Anonymous),
            Err(Refusal::IdentificationRequired)
        );
    }

    #[test]
    fn a_reception_of_an_eldership_is_for_its_confirmed_residents_and_its_host() {
        let mut of_silainiai = conference(Status::Open, Audience::Identified);
        of_silainiai.eldership = Some(Eldership::Silainiai);
        let lives = |eldership| Residence {
            declared: None,
            confirmed: Some(Confirmed {
                eldership,
                on: jiff::civil::date(2026, 11, 1),
            }),
        };
        let enters = |viewer: &Viewer, residence: &Residence, enter_as| {
            may_enter(viewer, &Held::default(), residence, &of_silainiai, enter_as).map(|_| ())
        };
        for enter_as in [EnterAs::Name, EnterAs::Anonymous] {
            assert_eq!(
                enters(&resident(), &lives(Eldership::Silainiai), enter_as),
                Ok(())
            );
            for elsewhere in [lives(Eldership::Centras), Residence::default()] {
                assert_eq!(
                    enters(&resident(), &elsewhere, enter_as),
                    Err(Refusal::NotOfEldership)
                );
            }
        }
        assert_eq!(
            enters(&host(), &Residence::default(), EnterAs::Name),
            Ok(())
        );
        assert_eq!(
            enters(
                &Viewer::Anonymous,
                &Residence::default(),
                EnterAs::Anonymous
            ),
            Err(Refusal::IdentificationRequired)
        );
    }

    #[test]
    fn only_the_host_opens_and_ends() {
        let conference = conference(Status::Open, Audience::Anyone);
        assert!(is_host(&host(), &conference).is_ok());
        assert!(matches!(
            is_host(&resident(), &conference),
            Err(Error::NotAllowed)
        ));
        assert!(matches!(
            is_host(&Viewer::Anonymous, &conference),
            Err(Error::SignInRequired)
        ));
        let administrator = Viewer::Account(account(3, "A", Role::Administrator));
        assert!(matches!(
            is_host(&administrator, &conference),
            Err(Error::NotAllowed)
        ));
    }

    #[test]
    fn who_was_given_a_role_for_it_runs_it_and_no_other() {
        let mine = conference(Status::Announced, Audience::Anyone);
        let other = Conference {
            id: ConferenceId(uuid::Uuid::from_u128(10)),
            ..mine.clone()
        };
        let held = Held(vec![(Role::Secretary, Scope::Conference(mine.id))]);
        assert_eq!(
            runs(&resident(), &held, &mine).ok(),
            Some(Actor::Role(Role::Secretary))
        );
        assert!(runs(&resident(), &held, &other).is_err());
        assert!(
            runs(&Viewer::Anonymous, &held, &mine).is_err(),
            "a role is somebody's"
        );
        assert_eq!(
            runs(&host(), &Held::default(), &mine).ok(),
            Some(Actor::Host)
        );
        let enters = |conference, enter_as| {
            may_enter(
                &resident(),
                &held,
                &Residence::default(),
                conference,
                enter_as,
            )
            .map(|grant| grant.host)
        };
        assert_eq!(enters(&mine, EnterAs::Name), Ok(true));
        assert_eq!(enters(&mine, EnterAs::Anonymous), Err(Refusal::NotOpen));
        assert_eq!(enters(&other, EnterAs::Name), Err(Refusal::NotOpen));
    }

    #[test]
    fn a_reception_only_moves_forward() {
        use Status::{Announced, Ended, Open};
        for (from, to, moves) in [
            (Announced, Announced, Some(false)),
            (Announced, Open, Some(true)),
            (Announced, Ended, Some(true)),
            (Open, Announced, None),
            (Open, Open, Some(false)),
            (Open, Ended, Some(true)),
            (Ended, Announced, None),
            (Ended, Open, None),
            (Ended, Ended, Some(false)),
        ] {
            assert_eq!(move_to(from, to).ok(), moves, "{from:?} {to:?}");
        }
    }

    fn new_conference() -> NewConference {
        NewConference {
            title: "Gatvės".into(),
            topic: "Kur tamsu.\nKur duobėta.".into(),
            starts_at: NOW + 1.hour(),
            ends_at: NOW + 3.hours(),
            minutes_per_resident: 8,
            recorded: true,
            retention_days: 30,
            audience: Audience::Anyone,
            eldership: None,
        }
    }

    type Spoil = fn(&mut NewConference);

    #[test]
    fn what_cannot_be_announced_is_named() {
        assert!(check_new(&new_conference(), NOW).is_ok());
        let wrong: Vec<(&str, Spoil)> = vec![
            ("title", |n| n.title = "  ".into()),
            ("title", |n| n.title = "x".repeat(201)),
            ("title", |n| n.title = "a\u{7}".into()),
            ("topic", |n| n.topic = "x".repeat(2001)),
            ("starts_at", |n| n.starts_at = NOW - 2.hours()),
            ("starts_at", |n| n.starts_at = NOW + (367 * 24).hours()),
            ("ends_at", |n| n.ends_at = n.starts_at),
            ("ends_at", |n| n.ends_at = n.starts_at + 13.hours()),
            ("ends_at", |n| n.ends_at = Timestamp::MAX),
            ("minutes_per_resident", |n| n.minutes_per_resident = 0),
            ("minutes_per_resident", |n| n.minutes_per_resident = 61),
            ("eldership", |n| n.eldership = Some(Eldership::Centras)),
            ("retention_days", |n| n.retention_days = 0),
            ("retention_days", |n| n.retention_days = 3651),
        ];
        for (field, spoil) in wrong {
            let mut new = new_conference();
            spoil(&mut new);
            match check_new(&new, NOW) {
                Err(Error::Invalid { field: named }) => assert_eq!(named, field),
                other => panic!("{field}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_late_announcement_and_letters_of_any_language_are_fine() {
        let mut new = new_conference();
        new.starts_at = NOW - 59.minutes();
        new.title = "ąčęėįšųūž Їжак 街".into();
        assert!(check_new(&new, NOW).is_ok());
        assert!(check_new(&new, Timestamp::MIN).is_err());
        assert!(check_new(&new, Timestamp::MAX).is_err());
    }
}
