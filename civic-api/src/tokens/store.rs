//! The SQL of rights and tokens. No statement reads both sides, but for their two counts.

use std::collections::HashMap;

use sqlx::Row;
use sqlx::any::AnyRow;

use super::Right;
use crate::{AccountId, Db, Error, Tx};

/// Keeps a right; answers whether it is new.
pub(super) async fn insert_right(tx: &mut Tx, right: &Right, sealed: &str) -> Result<bool, Error> {
    let done = sqlx::query(
        "insert into rights (id, subject, public_key, key_sha256, sealed)
         values ($1, $2, $3, $4, $5)
         on conflict (id) do nothing",
    )
    .bind(right.id.as_str())
    .bind(right.subject.as_str())
    .bind(right.public_key.as_str())
    .bind(right.key_sha256.as_str())
    .bind(sealed)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Destroys the private key; answers whether it was still there.
pub(super) async fn close_right(tx: &mut Tx, id: &str) -> Result<bool, Error> {
    let done = sqlx::query("update rights set sealed = '' where id = $1 and sealed <> ''")
        .bind(id)
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn open_rights(db: &Db) -> Result<Vec<Right>, Error> {
    let rows = sqlx::query(
        "select id, subject, public_key, key_sha256 from rights where sealed <> '' order by id",
    )
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn right(db: &Db, id: &str) -> Result<Option<Right>, Error> {
    let row = sqlx::query("select id, subject, public_key, key_sha256 from rights where id = $1")
        .bind(id)
        .fetch_optional(db.reader())
        .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Right, Error> {
    Ok(Right {
        id: row.try_get("id")?,
        subject: row.try_get("subject")?,
        public_key: row.try_get("public_key")?,
        key_sha256: row.try_get("key_sha256")?,
        // The log knows it.
        record: 0,
    })
}

/// The encrypted private key of an open right.
pub(super) async fn sealed(db: &Db, id: &str) -> Result<Option<String>, Error> {
    let row = sqlx::query("select sealed from rights where id = $1 and sealed <> ''")
        .bind(id)
        .fetch_optional(db.reader())
        .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// What was issued to an account.
#[derive(Clone)]
pub(super) struct Issue {
    /// The digest of the blinded message.
    pub(super) blinded_sha256: String,
    /// Its signature.
    pub(super) signature: String,
}

fn issue(row: &AnyRow) -> Result<Issue, Error> {
    Ok(Issue {
        blinded_sha256: row.try_get("blinded_sha256")?,
        signature: row.try_get("signature")?,
    })
}

/// What was issued to an account, by right; of rights that are open.
pub(super) async fn issued(db: &Db, account: AccountId) -> Result<HashMap<String, Issue>, Error> {
    let rows = sqlx::query(
        "select i.right_id, i.blinded_sha256, i.signature
           from token_issues i
           join rights r on r.id = i.right_id
          where i.account_id = $1 and r.sealed <> ''",
    )
    .bind(account.to_string())
    .fetch_all(db.reader())
    .await?;
    let found = rows
        .iter()
        .map(|row| Ok((row.try_get("right_id")?, issue(row)?)));
    found.collect()
}

/// Counts an issue; answers the account's only one: this one, or the one that was first.
pub(super) async fn insert_issue(
    tx: &mut Tx,
    right: &str,
    account: AccountId,
    new: &Issue,
) -> Result<Issue, Error> {
    let row = sqlx::query(
        "insert into token_issues (right_id, account_id, blinded_sha256, signature)
         values ($1, $2, $3, $4)
         on conflict (right_id, account_id) do update set right_id = excluded.right_id
         returning blinded_sha256, signature",
    )
    .bind(right)
    .bind(account.to_string())
    .bind(new.blinded_sha256.as_str())
    .bind(new.signature.as_str())
    .fetch_one(tx.connection())
    .await?;
    issue(&row)
}

/// The open rights of which an account was given tokens.
pub(super) async fn open_rights_of(tx: &mut Tx, account: AccountId) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "select i.right_id
           from token_issues i
           join rights r on r.id = i.right_id
          where i.account_id = $1 and r.sealed <> ''",
    )
    .bind(account.to_string())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Keeps that somebody who is erased was given a right.
pub(super) async fn insert_given(tx: &mut Tx, right: &str, person: &str) -> Result<(), Error> {
    sqlx::query(
        "insert into rights_given (right_id, person_sha256)
         values ($1, $2)
         on conflict (right_id, person_sha256) do nothing",
    )
    .bind(right)
    .bind(person)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whether it is kept.
pub(super) async fn was_given(db: &Db, right: &str, person: &str) -> Result<bool, Error> {
    let row =
        sqlx::query("select count(*) from rights_given where right_id = $1 and person_sha256 = $2")
            .bind(right)
            .bind(person)
            .fetch_one(db.reader())
            .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

pub(super) async fn given_to_erased(db: &Db) -> Result<i64, Error> {
    let row = sqlx::query("select count(*) from rights_given")
        .fetch_one(db.reader())
        .await?;
    Ok(row.try_get(0)?)
}

/// The right is closed: nobody needs to know any more.
pub(super) async fn forget_given(tx: &mut Tx, right: &str) -> Result<(), Error> {
    sqlx::query("delete from rights_given where right_id = $1")
        .bind(right)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Counts a spending; answers whether it is the first one.
pub(super) async fn insert_spend(
    tx: &mut Tx,
    key_sha256: &str,
    token_sha256: &str,
) -> Result<bool, Error> {
    let done = sqlx::query(
        "insert into token_spends (key_sha256, token_sha256)
         values ($1, $2)
         on conflict (token_sha256) do nothing",
    )
    .bind(key_sha256)
    .bind(token_sha256)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// How many were issued, and how many spent.
pub(super) async fn counts(tx: &mut Tx, id: &str) -> Result<(i64, i64), Error> {
    let issued = sqlx::query("select count(*) from token_issues where right_id = $1")
        .bind(id)
        .fetch_one(tx.connection())
        .await?;
    let spent = sqlx::query(
        "select count(*) from token_spends
          where key_sha256 = (select key_sha256 from rights where id = $1)",
    )
    .bind(id)
    .fetch_one(tx.connection())
    .await?;
    Ok((issued.try_get(0)?, spent.try_get(0)?))
}
