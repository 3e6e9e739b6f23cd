//! The SQL of codes that terminals show.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::State;
use super::rules::{self, Numbers};
use crate::clock::from_micros;
use crate::identity::{Assurance, Begun, Provider};
use crate::{AccountId, Db, Error, Tx};

/// A code to show.
pub(super) struct New {
    pub(super) browser_sha256: String,
    pub(super) code_sha256: String,
    pub(super) numbers: Numbers,
    pub(super) device: Option<String>,
    pub(super) back: String,
}

/// A code that is shown.
pub(super) struct Shown {
    pub(super) numbers: Numbers,
    pub(super) device: Option<String>,
    pub(super) state: State,
    pub(super) since: Timestamp,
    pub(super) until: Timestamp,
}

/// What a terminal takes.
pub(super) struct Taken {
    pub(super) account: AccountId,
    pub(super) begun: Begun,
    pub(super) device: Option<String>,
    pub(super) back: String,
}

/// Lets one transaction at a time begin.
pub(super) async fn lock(tx: &mut Tx) -> Result<(), Error> {
    sqlx::query("update locks set name = name where name = 'phone_sign_ins'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn forget_expired(tx: &mut Tx) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query("delete from phone_sign_ins where expires_us <= $1")
        .bind(now_us)
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn forget(tx: &mut Tx, browser_sha256: &str) -> Result<(), Error> {
    sqlx::query("delete from phone_sign_ins where browser_sha256 = $1")
        .bind(browser_sha256)
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn forget_of(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    sqlx::query("delete from phone_sign_ins where account_id = $1")
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn count(tx: &mut Tx) -> Result<i64, Error> {
    let row = sqlx::query("select count(*) from phone_sign_ins")
        .fetch_one(tx.connection())
        .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn insert(tx: &mut Tx, new: &New) -> Result<(), Error> {
    let now_us = tx.now_us();
    let [a, b, c] = new.numbers.all;
    sqlx::query(
        "insert into phone_sign_ins
            (browser_sha256, code_sha256, number, numbers, device, back, state, begun_us, expires_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(new.browser_sha256.as_str())
    .bind(new.code_sha256.as_str())
    .bind(new.numbers.right)
    .bind(format!("{a} {b} {c}"))
    .bind(new.device.as_deref())
    .bind(new.back.as_str())
    .bind(State::Waiting.as_str())
    .bind(now_us)
    .bind(now_us + rules::VALID_S * 1_000_000)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn of_browser(
    db: &Db,
    browser_sha256: &str,
    now: Timestamp,
) -> Result<Option<Shown>, Error> {
    let row = sqlx::query(
        "select number, numbers, device, state, begun_us, expires_us
           from phone_sign_ins
          where browser_sha256 = $1
            and expires_us > $2",
    )
    .bind(browser_sha256)
    .bind(now.as_microsecond())
    .fetch_optional(db.reader())
    .await?;
    row.as_ref().map(read).transpose()
}

pub(super) async fn waiting(
    db: &Db,
    code_sha256: &str,
    now: Timestamp,
) -> Result<Option<Shown>, Error> {
    let row = sqlx::query(
        "select number, numbers, device, state, begun_us, expires_us
           from phone_sign_ins
          where code_sha256 = $1
            and state = $2
            and expires_us > $3",
    )
    .bind(code_sha256)
    .bind(State::Waiting.as_str())
    .bind(now.as_microsecond())
    .fetch_optional(db.reader())
    .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Shown, Error> {
    let state: String = row.try_get("state")?;
    let numbers: String = row.try_get("numbers")?;
    let all: Vec<i64> = numbers.split(' ').filter_map(|n| n.parse().ok()).collect();
    Ok(Shown {
        numbers: Numbers {
            all: all.try_into().map_err(|_| wrong("numbers"))?,
            right: row.try_get("number")?,
        },
        device: row.try_get("device")?,
        state: State::parse(&state).ok_or_else(|| wrong("state"))?,
        since: from_micros(row.try_get("begun_us")?),
        until: from_micros(row.try_get("expires_us")?),
    })
}

/// The number that the terminal shows, while nobody has decided.
pub(super) async fn number(tx: &mut Tx, code_sha256: &str) -> Result<Option<i64>, Error> {
    let now_us = tx.now_us();
    let row = sqlx::query(
        "select number from phone_sign_ins
          where code_sha256 = $1 and state = $2 and expires_us > $3",
    )
    .bind(code_sha256)
    .bind(State::Waiting.as_str())
    .bind(now_us)
    .fetch_optional(tx.connection())
    .await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Decides, if nobody has; answers whether it did.
pub(super) async fn decide(
    tx: &mut Tx,
    code_sha256: &str,
    state: State,
    who: Option<(AccountId, Begun)>,
) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let until_us = super::take_until(tx.now()).as_microsecond();
    let begun = who.map(|(_, begun)| begun).unwrap_or_default();
    let done = sqlx::query(
        "update phone_sign_ins
            set state = $1, account_id = $2, provider = $3, assurance = $4, expires_us = $5
          where code_sha256 = $6 and state = $7 and expires_us > $8",
    )
    .bind(state.as_str())
    .bind(who.map(|(account, _)| account.to_string()))
    .bind(begun.provider.map(Provider::as_str))
    .bind(begun.assurance.map(Assurance::as_str))
    .bind(until_us)
    .bind(code_sha256)
    .bind(State::Waiting.as_str())
    .bind(now_us)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Takes what was confirmed away: of a hundred who try, one gets it.
pub(super) async fn take(tx: &mut Tx, browser_sha256: &str) -> Result<Option<Taken>, Error> {
    let now_us = tx.now_us();
    let row = sqlx::query(
        "delete from phone_sign_ins
          where browser_sha256 = $1 and state = $2 and expires_us > $3
         returning account_id, provider, assurance, device, back",
    )
    .bind(browser_sha256)
    .bind(State::Confirmed.as_str())
    .bind(now_us)
    .fetch_optional(tx.connection())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let account: Option<String> = row.try_get("account_id")?;
    let provider: Option<String> = row.try_get("provider")?;
    let assurance: Option<String> = row.try_get("assurance")?;
    Ok(Some(Taken {
        account: account
            .and_then(|id| id.parse().ok())
            .ok_or_else(|| wrong("account_id"))?,
        begun: Begun {
            provider: provider.as_deref().and_then(Provider::parse),
            assurance: assurance.as_deref().and_then(Assurance::parse),
        },
        device: row.try_get("device")?,
        back: row.try_get("back")?,
    }))
}

fn wrong(column: &'static str) -> Error {
    Error::Inconsistent {
        table: "phone_sign_ins",
        column,
        id: String::new(),
    }
}
