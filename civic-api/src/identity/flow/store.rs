//! The SQL of sign-ins under way.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::identity::Provider;
use crate::{AccountId, Db, Error, Tx};

/// A sign-in under way.
#[derive(Debug)]
pub(super) struct SignIn {
    pub(super) provider: Provider,
    pub(super) account: Option<AccountId>,
    pub(super) back: String,
    pub(super) kept: String,
    pub(super) arrived: Option<String>,
}

pub(super) async fn insert(
    tx: &mut Tx,
    state_sha256: &str,
    browser_sha256: &str,
    row: &SignIn,
    valid_s: i64,
) -> Result<(), Error> {
    let expires_us = tx.now_us() + valid_s * 1_000_000;
    sqlx::query(
        "insert into sign_ins
            (state_sha256, browser_sha256, provider, account_id, back, kept, arrived, expires_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(state_sha256)
    .bind(browser_sha256)
    .bind(row.provider.as_str())
    .bind(row.account.map(|id| id.to_string()))
    .bind(row.back.as_str())
    .bind(row.kept.as_str())
    .bind(row.arrived.as_deref())
    .bind(expires_us)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn forget_expired(tx: &mut Tx) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query("delete from sign_ins where expires_us <= $1")
        .bind(now_us)
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn find(
    db: &Db,
    state_sha256: &str,
    now: Timestamp,
) -> Result<Option<SignIn>, Error> {
    let row = sqlx::query(
        "select provider, account_id, back, kept, arrived
           from sign_ins
          where state_sha256 = $1
            and expires_us > $2",
    )
    .bind(state_sha256)
    .bind(now.as_microsecond())
    .fetch_optional(db.reader())
    .await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn set_arrived(
    tx: &mut Tx,
    state_sha256: &str,
    arrived: &str,
) -> Result<(), Error> {
    sqlx::query("update sign_ins set arrived = $1 where state_sha256 = $2 and arrived is null")
        .bind(arrived)
        .bind(state_sha256)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Takes it away: of a hundred who try, one gets it.
pub(super) async fn take(
    tx: &mut Tx,
    state_sha256: &str,
    browser_sha256: &str,
    provider: Provider,
) -> Result<Option<SignIn>, Error> {
    let now_us = tx.now_us();
    let row = sqlx::query(
        "delete from sign_ins
          where state_sha256 = $1
            and browser_sha256 = $2
            and provider = $3
            and expires_us > $4
         returning provider, account_id, back, kept, arrived",
    )
    .bind(state_sha256)
    .bind(browser_sha256)
    .bind(provider.as_str())
    .bind(now_us)
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<SignIn, Error> {
    let wrong = |column| Error::Inconsistent {
        table: "sign_ins",
        column,
        id: String::new(),
    };
    let provider: String = row.try_get("provider")?;
    let account: Option<String> = row.try_get("account_id")?;
    Ok(SignIn {
        provider: Provider::parse(&provider).ok_or_else(|| wrong("provider"))?,
        account: account
            .map(|id| id.parse().map_err(|_| wrong("account_id")))
            .transpose()?,
        back: row.try_get("back")?,
        kept: row.try_get("kept")?,
        arrived: row.try_get("arrived")?,
    })
}
