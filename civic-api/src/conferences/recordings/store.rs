//! The SQL of recordings.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Change, Recording, State};
use crate::clock::from_micros;
use crate::conferences::Status;
use crate::{ConferenceId, Db, Error, RecordingId, Tx};

pub(super) async fn insert(
    tx: &mut Tx,
    id: RecordingId,
    conference: ConferenceId,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into recordings
            (id, conference_id, state, started_us)
         values ($1, $2, 'running', $3)",
    )
    .bind(id.to_string())
    .bind(conference.to_string())
    .bind(now_us)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether a recording of the reception runs; keeps others from beginning one until the transaction ends.
pub(super) async fn has_running(tx: &mut Tx, conference: ConferenceId) -> Result<bool, Error> {
    sqlx::query("update conferences set status = status where id = $1")
        .bind(conference.to_string())
        .execute(tx.connection())
        .await?;
    let row = sqlx::query(
        "select id
           from recordings
          where conference_id = $1
            and state = 'running'
          limit 1",
    )
    .bind(conference.to_string())
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.is_some())
}

/// Reads where a recording stands and keeps others from moving it until the transaction ends.
pub(super) async fn lock(
    tx: &mut Tx,
    id: RecordingId,
) -> Result<Option<(ConferenceId, State)>, Error> {
    let row = sqlx::query(
        "update recordings
            set state = state
          where id = $1
         returning conference_id, state",
    )
    .bind(id.to_string())
    .fetch_optional(tx.connection())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let conference: String = row.try_get("conference_id")?;
    let state: String = row.try_get("state")?;
    Ok(Some((
        conference
            .parse()
            .map_err(|_| wrong(&id.to_string(), "conference_id"))?,
        State::parse(&state).ok_or_else(|| wrong(&id.to_string(), "state"))?,
    )))
}

pub(super) async fn advance(
    tx: &mut Tx,
    id: RecordingId,
    to: State,
    change: &Change,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    let facts = change.facts.as_ref();
    sqlx::query(
        "update recordings
            set state = $1,
                stopped_us = coalesce(stopped_us, $2),
                finished_us = $3,
                duration_ms = $4,
                size_bytes = $5,
                manifest_sha256 = $6,
                fault = coalesce($7, fault)
          where id = $8",
    )
    .bind(to.as_str())
    .bind(now_us)
    .bind((to == State::Finished).then_some(now_us))
    .bind(facts.map(|facts| whole(facts.duration_ms)))
    .bind(facts.map(|facts| whole(facts.size_bytes)))
    .bind(facts.and_then(|facts| facts.manifest_sha256.as_deref()))
    .bind(change.fault.as_deref())
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn get(db: &Db, id: RecordingId) -> Result<Option<Recording>, Error> {
    let row = sqlx::query(
        "select r.id, r.conference_id, r.state, r.started_us, r.stopped_us, r.finished_us, r.duration_ms, r.size_bytes,
                c.title, c.host_id, c.retention_days, c.demo_key, a.name
           from recordings r
           join conferences c on c.id = r.conference_id
           join accounts a on a.id = c.host_id
          where r.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(db.reader())
    .await?;
    row.as_ref().map(read).transpose()
}

/// The finished recordings of a reception whose time is not over.
pub(in crate::conferences) async fn of_conference(
    db: &Db,
    conference: ConferenceId,
    now: Timestamp,
) -> Result<Vec<Recording>, Error> {
    let rows = sqlx::query(
        "select r.id, r.conference_id, r.state, r.started_us, r.stopped_us, r.finished_us, r.duration_ms, r.size_bytes,
                c.title, c.host_id, c.retention_days, c.demo_key, a.name
           from recordings r
           join conferences c on c.id = r.conference_id
           join accounts a on a.id = c.host_id
          where r.conference_id = $1
            and r.state = 'finished'
            and r.started_us + c.retention_days * 86400000000 > $2
          order by r.started_us, r.id
          limit 100",
    )
    .bind(conference.to_string())
    .bind(now.as_microsecond())
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(read).collect()
}

/// The same of the first `limit` receptions of a status, in the order of their beginning (`sign` 1) or against it (-1).
pub(in crate::conferences) async fn watchable_in(
    db: &Db,
    status: Status,
    sign: i64,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Recording>, Error> {
    let rows = sqlx::query(
        "select r.id, r.conference_id, r.state, r.started_us, r.stopped_us, r.finished_us, r.duration_ms, r.size_bytes,
                c.title, c.host_id, c.retention_days, c.demo_key, a.name
           from recordings r
           join conferences c on c.id = r.conference_id
           join accounts a on a.id = c.host_id
          where r.state = 'finished'
            and r.started_us + c.retention_days * 86400000000 > $1
            and r.conference_id in (
                select l.id
                  from conferences l
                 where l.status = $2
                 order by l.starts_us * $3, l.id
                 limit $4)
          order by r.started_us, r.id",
    )
    .bind(now.as_microsecond())
    .bind(status.as_str())
    .bind(sign)
    .bind(limit)
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn archive(db: &Db, limit: i64, now: Timestamp) -> Result<Vec<Recording>, Error> {
    let rows = sqlx::query(
        "select r.id, r.conference_id, r.state, r.started_us, r.stopped_us, r.finished_us, r.duration_ms, r.size_bytes,
                c.title, c.host_id, c.retention_days, c.demo_key, a.name
           from recordings r
           join conferences c on c.id = r.conference_id
           join accounts a on a.id = c.host_id
          where r.state = 'finished'
            and r.started_us + c.retention_days * 86400000000 > $1
          order by r.started_us desc, r.id desc
          limit $2",
    )
    .bind(now.as_microsecond())
    .bind(limit)
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn unfinished(db: &Db) -> Result<Vec<Recording>, Error> {
    let rows = sqlx::query(
        "select r.id, r.conference_id, r.state, r.started_us, r.stopped_us, r.finished_us, r.duration_ms, r.size_bytes,
                c.title, c.host_id, c.retention_days, c.demo_key, a.name
           from recordings r
           join conferences c on c.id = r.conference_id
           join accounts a on a.id = c.host_id
          where r.state in ('running', 'stopped')
          order by r.started_us, r.id",
    )
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(read).collect()
}

/// Recordings whose time is over, and failed ones of which nothing could be saved by then.
pub(super) async fn expired(db: &Db, now: Timestamp) -> Result<Vec<RecordingId>, Error> {
    let rows = sqlx::query(
        "select r.id
           from recordings r
           join conferences c on c.id = r.conference_id
          where r.state in ('failed', 'finished')
            and r.started_us + c.retention_days * 86400000000 <= $1
          order by r.id
          limit 1000",
    )
    .bind(now.as_microsecond())
    .fetch_all(db.reader())
    .await?;
    rows.iter()
        .map(|row| {
            let id: String = row.try_get("id")?;
            id.parse().map_err(|_| wrong(&id, "id"))
        })
        .collect()
}

/// With it goes who is in it, but not where they sat.
pub(super) async fn delete(tx: &mut Tx, id: RecordingId) -> Result<(), Error> {
    sqlx::query("delete from recordings where id = $1")
        .bind(id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Recording, Error> {
    let id: String = row.try_get("id")?;
    let conference: String = row.try_get("conference_id")?;
    let host_id: String = row.try_get("host_id")?;
    let state: String = row.try_get("state")?;
    let started_us: i64 = row.try_get("started_us")?;
    let finished_us: Option<i64> = row.try_get("finished_us")?;
    let retention_days: i64 = row.try_get("retention_days")?;
    let demo_key: Option<String> = row.try_get("demo_key")?;
    Ok(Recording {
        id: id.parse().map_err(|_| wrong(&id, "id"))?,
        conference: conference
            .parse()
            .map_err(|_| wrong(&id, "conference_id"))?,
        conference_title: row.try_get("title")?,
        host_id: host_id.parse().map_err(|_| wrong(&id, "host_id"))?,
        host_name: row.try_get("name")?,
        demo: demo_key.is_some(),
        state: State::parse(&state).ok_or_else(|| wrong(&id, "state"))?,
        started_at: from_micros(started_us),
        finished_at: finished_us.map(from_micros),
        duration_ms: row.try_get("duration_ms")?,
        size_bytes: row.try_get("size_bytes")?,
        kept_until: from_micros(
            started_us.saturating_add(retention_days.saturating_mul(86_400_000_000)),
        ),
    })
}

fn wrong(id: &str, column: &'static str) -> Error {
    Error::Inconsistent {
        table: "recordings",
        column,
        id: id.to_owned(),
    }
}

/// Sizes and lengths beyond what a bigint holds do not occur; they would be shown as the largest.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
