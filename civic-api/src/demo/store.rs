//! The SQL of the demonstration city: rows with a `demo_key`.

use jiff::Timestamp;
use sqlx::Row;

use crate::clock::from_micros;
use crate::{AccountId, ConferenceId, Error, RecordingId, Tx};

/// A reception of the city, as it stands.
pub(super) struct Standing {
    pub(super) id: ConferenceId,
    pub(super) is_announced: bool,
    pub(super) is_over: bool,
    pub(super) ends_at: Timestamp,
}

/// Keeps a second filling or removing out until the transaction ends.
pub(super) async fn lock(tx: &mut Tx) -> Result<(), Error> {
    sqlx::query("update locks set name = name where name = 'demo'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn person(tx: &mut Tx, key: &str) -> Result<AccountId, Error> {
    let row = sqlx::query("select id from accounts where demo_key = $1")
        .bind(key)
        .fetch_one(tx.connection())
        .await?;
    let id: String = row.try_get("id")?;
    id.parse().map_err(|_| wrong("accounts", &id))
}

pub(super) async fn reception(tx: &mut Tx, key: &str) -> Result<Option<Standing>, Error> {
    let row = sqlx::query(
        "select id, status, ends_us
           from conferences
          where demo_key = $1",
    )
    .bind(key)
    .fetch_optional(tx.connection())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let id: String = row.try_get("id")?;
    let status: String = row.try_get("status")?;
    Ok(Some(Standing {
        id: id.parse().map_err(|_| wrong("conferences", &id))?,
        is_announced: status == "announced",
        is_over: status == "ended",
        ends_at: from_micros(row.try_get("ends_us")?),
    }))
}

pub(super) async fn rename(tx: &mut Tx, id: ConferenceId, key: &str) -> Result<(), Error> {
    sqlx::query("update conferences set demo_key = $1 where id = $2")
        .bind(key)
        .bind(id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn set_times(
    tx: &mut Tx,
    id: ConferenceId,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "update conferences
            set starts_us = $1,
                ends_us = $2
          where id = $3",
    )
    .bind(starts_at.as_microsecond())
    .bind(ends_at.as_microsecond())
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn recordings(tx: &mut Tx) -> Result<Vec<RecordingId>, Error> {
    let rows = sqlx::query(
        "select r.id
           from recordings r
           join conferences c on c.id = r.conference_id
          where c.demo_key is not null
          order by r.id",
    )
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            let id: String = row.try_get("id")?;
            id.parse().map_err(|_| wrong("recordings", &id))
        })
        .collect()
}

/// With them go their recordings, and who sat where.
pub(super) async fn delete_conferences(tx: &mut Tx) -> Result<u64, Error> {
    let done = sqlx::query("delete from conferences where demo_key is not null")
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected())
}

/// With them go their sessions.
pub(super) async fn delete_accounts(tx: &mut Tx) -> Result<u64, Error> {
    let done = sqlx::query("delete from accounts where demo_key is not null")
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected())
}

fn wrong(table: &'static str, id: &str) -> Error {
    Error::Inconsistent {
        table,
        column: "id",
        id: id.to_owned(),
    }
}
