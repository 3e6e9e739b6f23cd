//! The SQL of rights and tokens. No statement reads both sides, but for their two counts.

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

/// What was issued to an account, if anything was.
pub(super) async fn issued(
    db: &Db,
    right: &str,
    account: AccountId,
) -> Result<Option<Issue>, Error> {
    let row = sqlx::query(
        "select blinded_sha256, signature from token_issues where right_id = $1 and account_id = $2",
    )
    .bind(right)
    .bind(account.to_string())
    .fetch_optional(db.reader())
    .await?;
    row.as_ref().map(issue).transpose()
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
