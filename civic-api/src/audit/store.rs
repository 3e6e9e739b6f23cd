//! The SQL of the audit.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Filter, Kind, Line, Written};
use crate::clock::from_micros;
use crate::{AuditId, Db, Error, Tx};

pub(super) async fn insert(
    tx: &mut Tx,
    id: AuditId,
    at: Timestamp,
    line: &Line,
) -> Result<(), Error> {
    sqlx::query(
        "insert into audit (id, at_us, kind, actor_id, subject_id, what, place, code, times)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(id.to_string())
    .bind(at.as_microsecond())
    .bind(line.kind.as_str())
    .bind(line.actor.map(|id| id.to_string()))
    .bind(line.subject.map(|id| id.to_string()))
    .bind(line.what.as_deref())
    .bind(line.place.as_deref())
    .bind(line.code.as_deref())
    .bind(line.times)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn add_times(tx: &mut Tx, id: AuditId, times: i64) -> Result<(), Error> {
    sqlx::query("update audit set times = times + $1 where id = $2")
        .bind(times)
        .bind(id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Deletes the oldest refusals beyond so many.
pub(super) async fn forget_refusals(tx: &mut Tx, kept: i64) -> Result<(), Error> {
    sqlx::query(
        "delete from audit
          where kind = $1
            and at_us < (select min(at_us) from
                           (select at_us from audit where kind = $1 order by at_us desc limit $2) newest)",
    )
    .bind(Kind::Refused.as_str())
    .bind(kept)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn browse(db: &Db, filter: &Filter, limit: i64) -> Result<Vec<Written>, Error> {
    let text = |text: Option<String>| text.unwrap_or_default();
    let us = |at: Option<Timestamp>, otherwise| at.map_or(otherwise, |at| at.as_microsecond());
    let rows = sqlx::query(
        "select t.id, t.at_us, t.kind, t.actor_id, t.subject_id, t.what, t.place, t.code, t.times,
                a.name as actor_name, s.name as subject_name
           from audit t
           left join accounts a on a.id = t.actor_id
           left join accounts s on s.id = t.subject_id
          where ($1 = '' or t.kind = $1)
            and t.at_us >= $2
            and t.at_us < $3
            and ($4 = '' or t.actor_id = $4 or t.subject_id = $4)
            and ($5 = ''
                 or t.at_us < (select b.at_us from audit b where b.id = $5)
                 or (t.at_us = (select b.at_us from audit b where b.id = $5) and t.id < $5))
          order by t.at_us desc, t.id desc
          limit $6",
    )
    .bind(filter.kind.map_or("", Kind::as_str))
    .bind(us(filter.from, i64::MIN))
    .bind(us(filter.until, i64::MAX))
    .bind(text(filter.person.map(|id| id.to_string())))
    .bind(text(filter.before.map(|id| id.to_string())))
    .bind(limit)
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Written, Error> {
    Ok(Written {
        id: id(row, "id")?.ok_or_else(|| wrong("id"))?,
        at: from_micros(row.try_get("at_us")?),
        kind: row.try_get("kind")?,
        actor: id(row, "actor_id")?,
        actor_name: row.try_get("actor_name")?,
        subject: id(row, "subject_id")?,
        subject_name: row.try_get("subject_name")?,
        what: row.try_get("what")?,
        place: row.try_get("place")?,
        code: row.try_get("code")?,
        times: row.try_get("times")?,
    })
}

fn wrong(column: &'static str) -> Error {
    Error::Inconsistent {
        table: "audit",
        column,
        id: String::new(),
    }
}

fn id<T: std::str::FromStr>(row: &AnyRow, column: &'static str) -> Result<Option<T>, Error> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| wrong(column)))
        .transpose()
}
