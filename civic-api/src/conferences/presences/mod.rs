//! Who sat where: the one place where a seat number meets a name. Erasable: the log and the media keep only numbers.

mod mark;
pub(crate) mod store;

use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub use self::mark::{Identified, Mark, Way};
use super::record;
use crate::log::{Actor, Kind};
use crate::{AccountId, Civic, ConferenceId, Error, PresenceId, Tx};

/// What someone in a room is called.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// By name.
    Name(String),
    /// "Balsas 3".
    Anonymous(u32),
}

/// A seat that was taken.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Seat {
    /// Its number in the room, which is never given twice in a room's life.
    pub seat: u32,
    /// Its id in the media plane: what a recording's manifest names.
    pub participant: u64,
    /// What the holder is called.
    pub label: Label,
    /// How the holder was identified.
    pub mark: Mark,
    /// The holder hosts.
    pub host: bool,
    /// Whose the name is; nothing of who sits without one.
    pub account: Option<AccountId>,
}

/// Someone took a seat. Recorded with its number, and how many are present; when a recording runs, they are in it.
pub async fn joined(civic: &Civic, conference: ConferenceId, seat: &Seat) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    let id = PresenceId::new(tx.now());
    let whose = match (&seat.label, seat.account) {
        (Label::Name(_), Some(account)) => Some(account),
        _ => None,
    };
    // A ticket outlives the account it was given to: the name of who was erased is not written down again.
    let erased = match whose {
        Some(account) => !store::is_there(&mut tx, account).await?,
        None => false,
    };
    let label = (!erased).then_some(&seat.label);
    store::insert(
        &mut tx,
        id,
        conference,
        seat,
        label,
        whose.filter(|_| !erased),
    )
    .await?;
    store::link_to_running(&mut tx, id, conference).await?;
    let present = store::count(&mut tx, conference).await?;
    let actor = match (&seat.label, seat.host) {
        (_, true) => Actor::Host,
        (Label::Anonymous(_), false) => Actor::Anonymous,
        (Label::Name(_), false) => Actor::Role(crate::Role::Resident),
    };
    let payload = json!({ "present": present, "seat": seat.seat });
    record(
        &mut tx,
        conference,
        Kind::ParticipationJoined,
        actor,
        payload,
    )?;
    tx.commit().await
}

/// Someone gave up a seat. One that is not taken changes nothing.
pub async fn left(civic: &Civic, conference: ConferenceId, seat: u32) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    if store::leave(&mut tx, conference, seat).await? {
        let present = store::count(&mut tx, conference).await?;
        let payload = json!({ "present": present, "seat": seat });
        record(
            &mut tx,
            conference,
            Kind::ParticipationLeft,
            Actor::System,
            payload,
        )?;
    }
    tx.commit().await
}

/// After a restart no seat is taken: whoever was present has left. Answers how many had been.
pub async fn recover(civic: &Civic) -> Result<u64, Error> {
    let mut tx = civic.write().await?;
    let seats = store::still_present(&mut tx).await?;
    for (conference, seat) in &seats {
        store::leave(&mut tx, *conference, *seat).await?;
        let present = store::count(&mut tx, *conference).await?;
        let payload = json!({ "present": present, "seat": seat });
        record(
            &mut tx,
            *conference,
            Kind::ParticipationLeft,
            Actor::System,
            payload,
        )?;
    }
    tx.commit().await?;
    Ok(seats.len() as u64)
}

/// Forgets who sat where at receptions that are over, unless a recording needs it for its labels. Answers how many
/// stays were forgotten. To be called now and then.
pub async fn forget_unneeded(civic: &Civic) -> Result<u64, Error> {
    let mut tx = civic.write().await?;
    let forgotten = store::forget_unneeded(&mut tx).await?;
    tx.commit().await?;
    Ok(forgotten)
}

/// Takes someone's name from every seat they have sat in; where they sat is not known any more.
pub(crate) async fn forget_name(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    store::forget_name(tx, account).await
}

/// Erases who sat where at a reception. Its recordings then have voices without labels.
pub async fn erase(civic: &Civic, conference: ConferenceId) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    store::erase(&mut tx, conference).await?;
    tx.commit().await
}
