//! The SQL of residence.

use std::collections::HashSet;

use futures_util::TryStreamExt;
use jiff::civil::Date;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row};

use super::extract::Extract;
use super::{Confirmed, Declared, Eldership};
use crate::clock::from_micros;
use crate::{AccountId, Db, Error, Tx};

/// Rows that one statement writes.
const ROWS: usize = 200;

fn eldership(row: &AnyRow, table: &'static str) -> Result<Eldership, Error> {
    let text: String = row.try_get("eldership")?;
    Eldership::parse(&text).ok_or_else(|| Error::Inconsistent {
        table,
        column: "eldership",
        id: String::new(),
    })
}

fn day(row: &AnyRow) -> Result<Date, Error> {
    let text: String = row.try_get("extract_on")?;
    text.parse().map_err(|_| Error::Inconsistent {
        table: "residence_extract",
        column: "extract_on",
        id: String::new(),
    })
}

pub(super) async fn declared(db: &Db, account: AccountId) -> Result<Option<Declared>, Error> {
    let row = sqlx::query(
        "select eldership, declared_us from residence_declarations where account_id = $1",
    )
    .bind(account.to_string())
    .fetch_optional(db.reader())
    .await?;
    let read = |row: AnyRow| {
        Ok(Declared {
            eldership: eldership(&row, "residence_declarations")?,
            at: from_micros(row.try_get("declared_us")?),
        })
    };
    row.map(read).transpose()
}

/// What the register says of the person: known by their personal code, and not only by a card that could be lent.
pub(super) async fn confirmed(db: &Db, account: AccountId) -> Result<Option<Confirmed>, Error> {
    let row = sqlx::query(
        "select r.eldership, e.extract_on
           from identities i
           join residence_register r on r.digest = i.digest
           join residence_extract e on e.id = 1
          where i.account_id = $1 and i.kind = 'code' and i.assurance <> 'low'
          order by i.first_us, i.id
          limit 1",
    )
    .bind(account.to_string())
    .fetch_optional(db.reader())
    .await?;
    let read = |row: AnyRow| {
        Ok(Confirmed {
            eldership: eldership(&row, "residence_register")?,
            on: day(&row)?,
        })
    };
    row.map(read).transpose()
}

/// How many accounts have a residence that is confirmed.
pub(super) async fn confirmed_accounts(tx: &mut Tx) -> Result<i64, Error> {
    let row = sqlx::query(
        "select count(distinct i.account_id)
           from identities i
           join residence_register r on r.digest = i.digest
          where i.kind = 'code' and i.assurance <> 'low'",
    )
    .fetch_one(tx.connection())
    .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn declare(
    tx: &mut Tx,
    account: AccountId,
    eldership: Eldership,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into residence_declarations (account_id, eldership, declared_us)
         values ($1, $2, $3)
         on conflict (account_id) do update
            set eldership = excluded.eldership,
                declared_us = excluded.declared_us",
    )
    .bind(account.to_string())
    .bind(eldership.as_str())
    .bind(now_us)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn undeclare(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    sqlx::query("delete from residence_declarations where account_id = $1")
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Lets one import at a time go on.
pub(super) async fn lock(tx: &mut Tx) -> Result<(), Error> {
    sqlx::query("update locks set name = name where name = 'residents'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Of which day the extract is that is there.
pub(super) async fn extract_on(tx: &mut Tx) -> Result<Option<Date>, Error> {
    let row = sqlx::query("select extract_on from residence_extract where id = 1")
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(day).transpose()
}

/// Makes the register what the extract says, touching only what differs: how many were added, changed, removed.
pub(super) async fn replace(
    tx: &mut Tx,
    extract: &Extract,
) -> Result<(usize, usize, usize), Error> {
    let before = compared(tx, extract).await?;
    let changed = before.changed.len();
    let mut different = before.changed;
    different.extend(before.redigested);
    let there = different.len();
    let added = extract
        .residents
        .iter()
        .filter(|(digest, _)| !before.known.contains(digest.as_str()))
        .map(|(digest, eldership)| (digest.as_str(), *eldership));
    different.extend(added);
    for some in before.gone.chunks(ROWS) {
        delete(tx, some).await?;
    }
    for some in different.chunks(ROWS) {
        upsert(tx, some, &extract.key).await?;
    }
    set_day(tx, extract.on).await?;
    let redigested = there - changed;
    Ok((
        different.len() - there,
        changed,
        before.gone.len() - redigested - before.moved,
    ))
}

/// The register that is there, beside an extract. What is in both is borrowed from the extract.
#[derive(Default)]
struct Before<'a> {
    known: HashSet<&'a str>,
    changed: Vec<(&'a str, Eldership)>,
    /// Who were there under the key before, and live where they lived.
    redigested: Vec<(&'a str, Eldership)>,
    /// How many of `changed` were there under the key before.
    moved: usize,
    gone: Vec<String>,
}

/// Row by row: a city's register is not held in memory a second time.
async fn compared<'a>(tx: &mut Tx, extract: &'a Extract) -> Result<Before<'a>, Error> {
    let mut before = Before::default();
    let mut rows =
        sqlx::query("select digest, eldership from residence_register").fetch(tx.connection());
    while let Some(row) = rows.try_next().await? {
        let digest: String = row.try_get("digest")?;
        let was = eldership(&row, "residence_register")?;
        if let Some((digest, now)) = extract.residents.get_key_value(&digest) {
            if before.known.insert(digest) && *now != was {
                before.changed.push((digest, *now));
            }
            continue;
        }
        let anew = extract.before.get(&digest);
        let anew = anew.and_then(|anew| extract.residents.get_key_value(anew));
        if let Some((anew, now)) = anew.filter(|(anew, _)| before.known.insert(anew)) {
            if *now == was {
                before.redigested.push((anew, *now));
            } else {
                before.changed.push((anew, *now));
                before.moved += 1;
            }
        }
        before.gone.push(digest);
    }
    Ok(before)
}

async fn delete(tx: &mut Tx, digests: &[String]) -> Result<(), Error> {
    let places: Vec<String> = (1..=digests.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "delete from residence_register where digest in ({})",
        places.join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for digest in digests {
        query = query.bind(digest.as_str());
    }
    query.execute(tx.connection()).await?;
    Ok(())
}

async fn upsert(tx: &mut Tx, rows: &[(&str, Eldership)], key: &str) -> Result<(), Error> {
    let places: Vec<String> = (0..rows.len())
        .map(|n| format!("(${}, ${}, $1)", 2 * n + 2, 2 * n + 3))
        .collect();
    let sql = format!(
        "insert into residence_register (digest, eldership, digest_key)
         values {}
         on conflict (digest) do update set eldership = excluded.eldership",
        places.join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(key.to_owned());
    for (digest, eldership) in rows {
        query = query.bind((*digest).to_owned()).bind(eldership.as_str());
    }
    query.execute(tx.connection()).await?;
    Ok(())
}

async fn set_day(tx: &mut Tx, on: Date) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into residence_extract (id, extract_on, imported_us)
         values (1, $1, $2)
         on conflict (id) do update
            set extract_on = excluded.extract_on,
                imported_us = excluded.imported_us",
    )
    .bind(on.to_string())
    .bind(now_us)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How many rows are under another key than this one.
pub(super) async fn behind(db: &Db, key: &str) -> Result<i64, Error> {
    let row = sqlx::query("select count(*) from residence_register where digest_key <> $1")
        .bind(key)
        .fetch_one(db.reader())
        .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn redigest(tx: &mut Tx, before: &str, now: &str, key: &str) -> Result<(), Error> {
    let done = sqlx::query(
        "update residence_register
            set digest = $1, digest_key = $2
          where digest = $3
            and not exists (select 1 from residence_register where digest = $1)",
    )
    .bind(now)
    .bind(key)
    .bind(before)
    .execute(tx.connection())
    .await?;
    if done.rows_affected() == 0 {
        forget(tx, before).await?;
    }
    Ok(())
}

pub(super) async fn forget(tx: &mut Tx, digest: &str) -> Result<(), Error> {
    sqlx::query("delete from residence_register where digest = $1")
        .bind(digest)
        .execute(tx.connection())
        .await?;
    Ok(())
}
