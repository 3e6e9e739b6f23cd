//! The SQL of residence.

use std::collections::BTreeMap;

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
    let before = register(tx).await?;
    let is_new = |digest: &str| !before.contains_key(digest);
    let different: Vec<(&str, Eldership)> = extract
        .residents
        .iter()
        .filter(|(digest, eldership)| before.get(*digest) != Some(eldership))
        .map(|(digest, eldership)| (digest.as_str(), *eldership))
        .collect();
    let added = different.iter().filter(|(d, _)| is_new(d)).count();
    let gone: Vec<&str> = before
        .keys()
        .filter(|digest| !extract.residents.contains_key(*digest))
        .map(String::as_str)
        .collect();
    for some in gone.chunks(ROWS) {
        delete(tx, some).await?;
    }
    for some in different.chunks(ROWS) {
        upsert(tx, some).await?;
    }
    set_day(tx, extract.on).await?;
    Ok((added, different.len() - added, gone.len()))
}

async fn register(tx: &mut Tx) -> Result<BTreeMap<String, Eldership>, Error> {
    let rows = sqlx::query("select digest, eldership from residence_register")
        .fetch_all(tx.connection())
        .await?;
    rows.iter()
        .map(|row| {
            Ok((
                row.try_get("digest")?,
                eldership(row, "residence_register")?,
            ))
        })
        .collect()
}

async fn delete(tx: &mut Tx, digests: &[&str]) -> Result<(), Error> {
    let places: Vec<String> = (1..=digests.len()).map(|n| format!("${n}")).collect();
    let sql = format!(
        "delete from residence_register where digest in ({})",
        places.join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for digest in digests {
        query = query.bind((*digest).to_owned());
    }
    query.execute(tx.connection()).await?;
    Ok(())
}

async fn upsert(tx: &mut Tx, rows: &[(&str, Eldership)]) -> Result<(), Error> {
    let places: Vec<String> = (0..rows.len())
        .map(|n| format!("(${}, ${})", 2 * n + 1, 2 * n + 2))
        .collect();
    let sql = format!(
        "insert into residence_register (digest, eldership)
         values {}
         on conflict (digest) do update set eldership = excluded.eldership",
        places.join(", ")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
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

pub(super) async fn forget(tx: &mut Tx, digest: &str) -> Result<(), Error> {
    sqlx::query("delete from residence_register where digest = $1")
        .bind(digest)
        .execute(tx.connection())
        .await?;
    Ok(())
}
