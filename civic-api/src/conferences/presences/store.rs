//! The SQL of presences.

use std::collections::BTreeMap;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Identified, Label, Mark, Seat, Way};
use crate::identity::Assurance;
use crate::{AccountId, ConferenceId, Db, Error, PresenceId, RecordingId, Tx};

pub(super) async fn insert(
    tx: &mut Tx,
    id: PresenceId,
    conference: ConferenceId,
    seat: &Seat,
    label: Option<&Label>,
    whose: Option<AccountId>,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    let (name, anonymous) = match label {
        Some(Label::Name(name)) => (Some(name.as_str()), None),
        Some(Label::Anonymous(number)) => (None, Some(i64::from(*number))),
        None => (None, None),
    };
    let mark = seat.mark.beside(label);
    let (way, level) = mark
        .identified
        .map_or((None, None), |by| (Some(by.way), by.level));
    sqlx::query(
        "insert into presences
            (id, conference_id, seat, participant, name, anonymous, host, joined_us, account_id,
             identified_by, identified_level, verified)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(id.to_string())
    .bind(conference.to_string())
    .bind(i64::from(seat.seat))
    // The bits, not the number: a bigint is signed.
    .bind(seat.participant.cast_signed())
    .bind(name)
    .bind(anonymous)
    .bind(i64::from(seat.host))
    .bind(now_us)
    .bind(whose.map(|account| account.to_string()))
    .bind(way.map(Way::as_str))
    .bind(level.map(Assurance::as_str))
    .bind(i64::from(mark.verified))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether there is such an account still.
pub(super) async fn is_there(tx: &mut Tx, account: AccountId) -> Result<bool, Error> {
    let row = sqlx::query("select count(*) from accounts where id = $1")
        .bind(account.to_string())
        .fetch_one(tx.connection())
        .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

pub(super) async fn forget_name(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    sqlx::query(
        "update presences
            set name = null,
                account_id = null,
                identified_by = null,
                identified_level = null
          where account_id = $1",
    )
    .bind(account.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Who comes while a recording runs is in it.
pub(super) async fn link_to_running(
    tx: &mut Tx,
    id: PresenceId,
    conference: ConferenceId,
) -> Result<(), Error> {
    sqlx::query(
        "insert into recording_presences (recording_id, presence_id)
         select r.id, p.id
           from recordings r
           join presences p on p.conference_id = r.conference_id
          where r.conference_id = $1
            and r.state = 'running'
            and p.id = $2",
    )
    .bind(conference.to_string())
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Who is there when a recording begins is in it.
pub(in crate::conferences) async fn link_present(
    tx: &mut Tx,
    recording: RecordingId,
) -> Result<(), Error> {
    sqlx::query(
        "insert into recording_presences (recording_id, presence_id)
         select r.id, p.id
           from recordings r
           join presences p on p.conference_id = r.conference_id
          where r.id = $1
            and p.left_us is null",
    )
    .bind(recording.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn count(tx: &mut Tx, conference: ConferenceId) -> Result<i64, Error> {
    let row = sqlx::query(
        "select count(*)
           from presences
          where conference_id = $1
            and left_us is null",
    )
    .bind(conference.to_string())
    .fetch_one(tx.connection())
    .await?;
    Ok(row.try_get(0)?)
}

/// `false`: the seat was not taken.
pub(super) async fn leave(tx: &mut Tx, conference: ConferenceId, seat: u32) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let done = sqlx::query(
        "update presences
            set left_us = $1
          where conference_id = $2
            and seat = $3
            and left_us is null",
    )
    .bind(now_us)
    .bind(conference.to_string())
    .bind(i64::from(seat))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

pub(super) async fn still_present(tx: &mut Tx) -> Result<Vec<(ConferenceId, u32)>, Error> {
    let rows = sqlx::query(
        "select id, conference_id, seat
           from presences
          where left_us is null
          order by id",
    )
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            let wrong = |column| Error::Inconsistent {
                table: "presences",
                column,
                id: row.try_get("id").unwrap_or_default(),
            };
            let conference: String = row.try_get("conference_id")?;
            let seat: i64 = row.try_get("seat")?;
            Ok((
                conference.parse().map_err(|_| wrong("conference_id"))?,
                u32::try_from(seat).map_err(|_| wrong("seat"))?,
            ))
        })
        .collect()
}

/// Whose tracks are in a recording: media-plane participant to label, and to the mark beside it.
pub(in crate::conferences) async fn labels(
    db: &Db,
    recording: RecordingId,
) -> Result<BTreeMap<u64, (Label, Mark)>, Error> {
    let rows = sqlx::query(
        "select p.participant, p.name, p.anonymous, p.identified_by, p.identified_level, p.verified
           from recording_presences rp
           join presences p on p.id = rp.presence_id
          where rp.recording_id = $1",
    )
    .bind(recording.to_string())
    .fetch_all(db.reader())
    .await?;
    let mut labels = BTreeMap::new();
    for row in &rows {
        let participant: i64 = row.try_get("participant")?;
        let name: Option<String> = row.try_get("name")?;
        let anonymous: Option<i64> = row.try_get("anonymous")?;
        let label = match (name, anonymous.and_then(|n| u32::try_from(n).ok())) {
            (Some(name), _) => Label::Name(name),
            (None, Some(number)) => Label::Anonymous(number),
            (None, None) => continue,
        };
        let mark = mark(row)?.beside(Some(&label));
        labels.insert(participant.cast_unsigned(), (label, mark));
    }
    Ok(labels)
}

fn mark(row: &AnyRow) -> Result<Mark, Error> {
    let way: Option<String> = row.try_get("identified_by")?;
    let level: Option<String> = row.try_get("identified_level")?;
    Ok(Mark {
        identified: way.as_deref().and_then(Way::parse).map(|way| Identified {
            way,
            level: level.as_deref().and_then(Assurance::parse),
        }),
        verified: row.try_get::<i64, _>("verified")? > 0,
    })
}

pub(super) async fn erase(tx: &mut Tx, conference: ConferenceId) -> Result<(), Error> {
    sqlx::query("delete from presences where conference_id = $1")
        .bind(conference.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Who has left a reception that is over, and is in no recording of it: nobody needs to know any more.
pub(in crate::conferences) async fn forget_unneeded(tx: &mut Tx) -> Result<u64, Error> {
    let done = sqlx::query(
        "delete from presences
          where left_us is not null
            and conference_id in (select c.id from conferences c where c.status = 'ended')
            and id not in (select rp.presence_id from recording_presences rp)",
    )
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected())
}
