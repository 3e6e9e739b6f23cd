//! The log's SQL.

use sqlx::{AnyConnection, AnyPool, Row};

use super::{Head, Record, canonical};
use crate::Error;
use crate::clock::from_micros;

/// Reads the head and keeps every other writer of the log out until the transaction ends.
pub(super) async fn lock_head(connection: &mut AnyConnection) -> Result<Head, Error> {
    let row = sqlx::query("update log_head set seq = seq where id = 1 returning seq, hash")
        .fetch_one(connection)
        .await?;
    Ok(Head {
        seq: row.try_get("seq")?,
        hash: row.try_get("hash")?,
    })
}

/// Says where the log ends now.
pub(super) async fn move_head(connection: &mut AnyConnection, head: &Head) -> Result<(), Error> {
    sqlx::query("update log_head set seq = $1, hash = $2 where id = 1")
        .bind(head.seq)
        .bind(head.hash.as_str())
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn last_of_stream(
    connection: &mut AnyConnection,
    stream: &str,
) -> Result<i64, Error> {
    let row = sqlx::query(
        "select stream_seq
           from log_records
          where stream = $1
          order by stream_seq desc
          limit 1",
    )
    .bind(stream)
    .fetch_optional(connection)
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

pub(super) async fn insert(connection: &mut AnyConnection, record: &Record) -> Result<(), Error> {
    sqlx::query(
        "insert into log_records
            (seq, stream, stream_seq, at_us, kind, actor_role, subject, payload, previous_hash, hash)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(record.seq)
    .bind(record.stream.as_str())
    .bind(record.stream_seq)
    .bind(record.at.as_microsecond())
    .bind(record.kind.as_str())
    .bind(record.actor_role.as_str())
    .bind(record.subject.as_str())
    .bind(canonical(&record.payload))
    .bind(record.previous_hash.as_str())
    .bind(record.hash.as_str())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn head(pool: &AnyPool) -> Result<Head, Error> {
    let row = sqlx::query("select seq, hash from log_head where id = 1")
        .fetch_one(pool)
        .await?;
    Ok(Head {
        seq: row.try_get("seq")?,
        hash: row.try_get("hash")?,
    })
}

pub(super) async fn after(pool: &AnyPool, seq: i64, limit: i64) -> Result<Vec<Record>, Error> {
    let rows = sqlx::query(
        "select seq, stream, stream_seq, at_us, kind, actor_role, subject, payload, previous_hash, hash
           from log_records
          where seq > $1
          order by seq
          limit $2",
    )
    .bind(seq)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(record).collect()
}

pub(super) async fn stream_after(
    pool: &AnyPool,
    stream: &str,
    stream_seq: i64,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    let rows = sqlx::query(
        "select seq, stream, stream_seq, at_us, kind, actor_role, subject, payload, previous_hash, hash
           from log_records
          where stream = $1
            and stream_seq > $2
          order by stream_seq
          limit $3",
    )
    .bind(stream)
    .bind(stream_seq)
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(record).collect()
}

fn record(row: &sqlx::any::AnyRow) -> Result<Record, Error> {
    let payload: String = row.try_get("payload")?;
    Ok(Record {
        seq: row.try_get("seq")?,
        stream: row.try_get("stream")?,
        stream_seq: row.try_get("stream_seq")?,
        at: from_micros(row.try_get("at_us")?),
        kind: row.try_get("kind")?,
        actor_role: row.try_get("actor_role")?,
        subject: row.try_get("subject")?,
        // What we did not write so was tampered with: kept as text, so that its hash cannot match.
        payload: match serde_json::from_str(&payload) {
            Ok(value) if canonical(&value) == payload => value,
            _ => serde_json::Value::String(payload),
        },
        previous_hash: row.try_get("previous_hash")?,
        hash: row.try_get("hash")?,
    })
}
