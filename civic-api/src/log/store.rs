//! The log's SQL.

use sqlx::any::AnyRow;
use sqlx::pool::PoolConnection;
use sqlx::{Any, AnyConnection, AnyPool, Row};

use super::{Filter, Head, Published, PublishedKey, Record, canonical};
use crate::clock::from_micros;
use crate::{Db, Error, Tx};

/// Where the log ends, and how much of it the tree covers.
pub(super) struct End {
    pub(super) head: Head,
    pub(super) tree_size: i64,
}

/// A connection for several readings.
pub(super) async fn reading(db: &Db) -> Result<PoolConnection<Any>, Error> {
    Ok(db.reader().acquire().await?)
}

/// Reads the head and keeps every other writer of the log out until the transaction ends.
pub(super) async fn lock_head(connection: &mut AnyConnection) -> Result<End, Error> {
    let row =
        sqlx::query("update log_head set seq = seq where id = 1 returning seq, hash, tree_size")
            .fetch_one(connection)
            .await?;
    Ok(End {
        head: Head {
            seq: row.try_get("seq")?,
            hash: row.try_get("hash")?,
        },
        tree_size: row.try_get("tree_size")?,
    })
}

/// Says how many records the tree covers now.
pub(super) async fn set_tree_size(connection: &mut AnyConnection, size: i64) -> Result<(), Error> {
    sqlx::query("update log_head set tree_size = $1 where id = 1")
        .bind(size)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn tree_size(db: &Db) -> Result<i64, Error> {
    let row = sqlx::query("select tree_size from log_head where id = 1")
        .fetch_one(db.reader())
        .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn insert_node(
    connection: &mut AnyConnection,
    level: u32,
    index: i64,
    hash: &str,
) -> Result<(), Error> {
    sqlx::query("insert into log_nodes (level, idx, hash) values ($1, $2, $3)")
        .bind(i64::from(level))
        .bind(index)
        .bind(hash)
        .execute(connection)
        .await?;
    Ok(())
}

pub(super) async fn node(
    connection: &mut AnyConnection,
    level: u32,
    index: i64,
) -> Result<Option<String>, Error> {
    let row = sqlx::query("select hash from log_nodes where level = $1 and idx = $2")
        .bind(i64::from(level))
        .bind(index)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// The hash of a record.
pub(super) async fn hash_of(
    connection: &mut AnyConnection,
    seq: i64,
) -> Result<Option<String>, Error> {
    let row = sqlx::query("select hash from log_records where seq = $1")
        .bind(seq)
        .fetch_optional(connection)
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// The hashes of the records after number `seq`, in order. A gap in the numbers is an error: no tree stands on it.
pub(super) async fn hashes_after(
    connection: &mut AnyConnection,
    seq: i64,
    limit: i64,
) -> Result<Vec<String>, Error> {
    let rows =
        sqlx::query("select seq, hash from log_records where seq > $1 order by seq limit $2")
            .bind(seq)
            .bind(limit)
            .fetch_all(connection)
            .await?;
    let mut hashes = Vec::with_capacity(rows.len());
    for (row, expected) in rows.iter().zip(seq + 1..) {
        if row.try_get::<i64, _>("seq")? != expected {
            break;
        }
        hashes.push(row.try_get("hash")?);
    }
    if hashes.is_empty() {
        return Err(Error::Inconsistent {
            table: "log_records",
            column: "seq",
            id: (seq + 1).to_string(),
        });
    }
    Ok(hashes)
}

pub(super) async fn insert_checkpoint(
    connection: &mut AnyConnection,
    published: &Published,
) -> Result<(), Error> {
    // Another key signs the same size when keys change: the root is the same, the newer signature stands.
    sqlx::query(
        "insert into log_checkpoints (size, root, note, at_us)
         values ($1, $2, $3, $4)
         on conflict (size) do update set note = excluded.note, at_us = excluded.at_us",
    )
    .bind(published.size)
    .bind(published.root.as_str())
    .bind(published.note.as_str())
    .bind(published.at.as_microsecond())
    .execute(connection)
    .await?;
    Ok(())
}

pub(super) async fn checkpoint_at(
    connection: &mut AnyConnection,
    size: i64,
) -> Result<Option<Published>, Error> {
    let row = sqlx::query("select size, root, note, at_us from log_checkpoints where size = $1")
        .bind(size)
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(published).transpose()
}

pub(super) async fn newest_checkpoint(db: &Db) -> Result<Option<Published>, Error> {
    let row = sqlx::query(
        "select size, root, note, at_us from log_checkpoints order by size desc limit 1",
    )
    .fetch_optional(db.reader())
    .await?;
    row.as_ref().map(published).transpose()
}

pub(super) async fn checkpoints_after(
    db: &Db,
    size: i64,
    limit: i64,
) -> Result<Vec<Published>, Error> {
    let rows = sqlx::query(
        "select size, root, note, at_us
           from log_checkpoints
          where size > $1
          order by size
          limit $2",
    )
    .bind(size)
    .bind(limit)
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(published).collect()
}

fn published(row: &AnyRow) -> Result<Published, Error> {
    Ok(Published {
        size: row.try_get("size")?,
        root: row.try_get("root")?,
        note: row.try_get("note")?,
        at: from_micros(row.try_get("at_us")?),
    })
}

/// Keeps a key; answers whether it is new.
pub(super) async fn insert_key(tx: &mut Tx, vkey: &str) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let done = sqlx::query(
        "insert into log_keys (vkey, since_us) values ($1, $2) on conflict (vkey) do nothing",
    )
    .bind(vkey)
    .bind(now_us)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn keys(db: &Db) -> Result<Vec<PublishedKey>, Error> {
    let rows = sqlx::query("select vkey, since_us from log_keys order by since_us, vkey")
        .fetch_all(db.reader())
        .await?;
    rows.iter()
        .map(|row| {
            Ok(PublishedKey {
                vkey: row.try_get("vkey")?,
                since: from_micros(row.try_get("since_us")?),
            })
        })
        .collect()
}

/// How far a durable follower has come; 0 when it is new.
pub(super) async fn cursor(db: &Db, name: &str) -> Result<i64, Error> {
    let row = sqlx::query("select seq from log_cursors where name = $1")
        .bind(name)
        .fetch_optional(db.reader())
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?.unwrap_or(0))
}

/// Moves a durable follower from one record to another; answers whether it stood there.
pub(super) async fn move_cursor(
    tx: &mut Tx,
    name: &str,
    from: i64,
    to: i64,
) -> Result<bool, Error> {
    sqlx::query("insert into log_cursors (name, seq) values ($1, 0) on conflict (name) do nothing")
        .bind(name)
        .execute(tx.connection())
        .await?;
    let done = sqlx::query("update log_cursors set seq = $3 where name = $1 and seq = $2")
        .bind(name)
        .bind(from)
        .bind(to)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Records that a filter lets through, the newest first.
pub(super) async fn browse(
    pool: &AnyPool,
    filter: &Filter,
    limit: i64,
) -> Result<Vec<Record>, Error> {
    let rows = sqlx::query(
        "select seq, stream, stream_seq, at_us, kind, actor_role, subject, payload, previous_hash, hash
           from log_records
          where seq < $1
            and at_us >= $2
            and at_us < $3
            and ($4 = '' or kind = $4)
          order by seq desc
          limit $5",
    )
    .bind(filter.before.unwrap_or(i64::MAX))
    .bind(filter.from.map_or(i64::MIN, |at| at.as_microsecond()))
    .bind(filter.until.map_or(i64::MAX, |at| at.as_microsecond()))
    .bind(filter.kind.as_deref().unwrap_or_default())
    .bind(limit)
    .fetch_all(pool)
    .await?;
    rows.iter().map(record).collect()
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

fn record(row: &AnyRow) -> Result<Record, Error> {
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
