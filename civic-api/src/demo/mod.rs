//! The demonstration city: fictional people and their receptions, marked as such wherever they are shown, and removed
//! without a trace of them by one command. The civic log keeps its records of them, as of everything: they name nobody.
//!
//! Every row of it carries a `demo_key`, and so does what its people announce later. Filling adds only what is missing:
//! run again on another day, it moves receptions that nobody opened to the days to come, and announces anew those that
//! were held.

mod city;
mod store;

use jiff::Timestamp;
use serde_json::json;

use crate::clock::Clock;
use crate::conferences::{self, NewConference};
use crate::identity::{self, Method};
use crate::log::{self, Actor, Entry, Kind};
use crate::{Account, AccountId, ConferenceId, Db, Error, RecordingId, Tx, roles};

/// The city's stream in the civic log.
const STREAM: &str = "demo";

/// What was added.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Filled {
    /// People.
    pub accounts: u64,
    /// Receptions announced.
    pub conferences: u64,
    /// Receptions moved to the days to come.
    pub moved: u64,
}

/// What was removed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Removed {
    /// People.
    pub accounts: u64,
    /// Receptions.
    pub conferences: u64,
    /// Recordings whose folders of media are to be deleted now.
    pub recordings: Vec<RecordingId>,
}

/// Adds what is missing of the demonstration city.
pub async fn fill(db: &Db, clock: &dyn Clock) -> Result<Filled, Error> {
    let mut tx = db.write(clock.now()).await?;
    store::lock(&mut tx).await?;
    let mut filled = Filled::default();
    for person in &city::PEOPLE {
        filled.accounts += u64::from(add_person(&mut tx, person).await?);
    }
    for reception in &city::RECEPTIONS {
        let (starts_at, ends_at) = city::times(reception, tx.now());
        match store::reception(&mut tx, reception.key).await? {
            None => {
                announce(&mut tx, reception, starts_at, ends_at).await?;
                filled.conferences += 1;
            }
            Some(held) if held.is_over && reception.is_coming() => {
                store::rename(&mut tx, held.id, &format!("held:{}", held.id)).await?;
                announce(&mut tx, reception, starts_at, ends_at).await?;
                filled.conferences += 1;
            }
            Some(waiting) if waiting.is_announced && waiting.ends_at < tx.now() => {
                store::set_times(&mut tx, waiting.id, starts_at, ends_at).await?;
                conferences::record_move(&mut tx, waiting.id, Actor::Operator, starts_at)?;
                filled.moved += 1;
            }
            Some(_) => {}
        }
    }
    if filled.accounts + filled.conferences > 0 {
        let payload = json!({ "accounts": filled.accounts, "conferences": filled.conferences });
        record(&mut tx, Kind::DemoFilled, payload)?;
    }
    tx.commit().await?;
    Ok(filled)
}

async fn add_person(tx: &mut Tx, person: &city::Person) -> Result<bool, Error> {
    let account = Account {
        id: AccountId::new(tx.now()),
        name: person.name.to_owned(),
        role: person.role,
        office: person.office.map(str::to_owned),
        demo: true,
        method: Method::Demonstration,
        second_factor_due: false,
        holds_single: false,
        at_terminal: false,
    };
    let added = identity::add_account(tx, &account, Some(person.key)).await?;
    if added {
        roles::begin_with(tx, &account).await?;
    }
    Ok(added)
}

async fn announce(
    tx: &mut Tx,
    reception: &city::Reception,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<(), Error> {
    let host = store::person(tx, reception.host).await?;
    let id = ConferenceId::new(tx.now());
    let new = NewConference {
        title: reception.title.to_owned(),
        topic: reception.topic.to_owned(),
        starts_at,
        ends_at,
        minutes_per_resident: reception.minutes,
        recorded: reception.recorded,
        retention_days: 365,
        audience: reception.audience,
        eldership: None,
    };
    conferences::announce(tx, id, host, Actor::Operator, &new, Some(reception.key)).await?;
    if !reception.is_coming() {
        conferences::record_as_held(tx, id, Actor::Operator, starts_at, ends_at).await?;
    }
    Ok(())
}

/// Removes the demonstration city and whatever its people have made: accounts, sessions, receptions, who sat where,
/// recordings. What was recorded about it in the civic log stays, and still verifies.
pub async fn remove(db: &Db, clock: &dyn Clock) -> Result<Removed, Error> {
    let mut tx = db.write(clock.now()).await?;
    store::lock(&mut tx).await?;
    let recordings = store::recordings(&mut tx).await?;
    let conferences = store::delete_conferences(&mut tx).await?;
    let accounts = store::delete_accounts(&mut tx).await?;
    if accounts + conferences > 0 {
        let payload = json!({
            "accounts": accounts,
            "conferences": conferences,
            "recordings": recordings.len(),
        });
        record(&mut tx, Kind::DemoRemoved, payload)?;
    }
    tx.commit().await?;
    Ok(Removed {
        accounts,
        conferences,
        recordings,
    })
}

fn record(tx: &mut Tx, kind: Kind, payload: serde_json::Value) -> Result<(), Error> {
    log::append(
        tx,
        Entry {
            stream: STREAM.to_owned(),
            kind,
            actor_role: Actor::Operator,
            subject: STREAM.to_owned(),
            payload,
        },
    )
}
