//! The SQL of accounts and sessions.

use jiff::Timestamp;
use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row};

use super::{Account, Assurance, Begun, Method, Provider, Role};
use crate::clock::from_micros;
use crate::passkeys::Factor;
use crate::{AccountId, Db, Error, SessionId, Tx};

pub(crate) async fn account(db: &Db, id: AccountId) -> Result<Option<Account>, Error> {
    account_from(db.reader(), id).await
}

/// The account, from a reader or within a change.
pub(super) async fn account_from<'e>(
    from: impl Executor<'e, Database = Any>,
    id: AccountId,
) -> Result<Option<Account>, Error> {
    let row = sqlx::query(
        "select id, name, role, office, method, demo_key
           from accounts
          where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(from)
    .await?;
    row.as_ref().map(read).transpose()
}

/// Until when a terminal's session lasts at most; `None`: there is no such session now.
pub(super) async fn terminal_until(
    tx: &mut Tx,
    token_sha256: &str,
) -> Result<Option<Timestamp>, Error> {
    let now_us = tx.now_us();
    let row = sqlx::query(
        "select terminal_until_us from sessions
          where token_sha256 = $1 and expires_us > $2 and terminal_until_us is not null",
    )
    .bind(token_sha256)
    .bind(now_us)
    .fetch_optional(tx.connection())
    .await?;
    let until_us = row.map(|row| row.try_get::<i64, _>(0)).transpose()?;
    Ok(until_us.map(from_micros))
}

pub(super) async fn prolong(
    tx: &mut Tx,
    token_sha256: &str,
    until: Timestamp,
) -> Result<(), Error> {
    sqlx::query("update sessions set expires_us = $1 where token_sha256 = $2")
        .bind(until.as_microsecond())
        .bind(token_sha256)
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(crate) async fn demo_accounts(db: &Db) -> Result<Vec<Account>, Error> {
    let rows = sqlx::query(
        "select id, name, role, office, method, demo_key
           from accounts
          where method = $1
          order by case role when 'resident' then 1 else 0 end, demo_key
          limit 100",
    )
    .bind(Method::Demonstration.as_str())
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(read).collect()
}

/// Adds someone, unless the `demo_key` is taken; answers whether it did.
pub(crate) async fn insert_account(
    tx: &mut Tx,
    account: &Account,
    demo_key: Option<&str>,
) -> Result<bool, Error> {
    let created_us = tx.now_us();
    let done = sqlx::query(
        "insert into accounts
            (id, name, role, office, method, demo_key, created_us)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (demo_key) do nothing",
    )
    .bind(account.id.to_string())
    .bind(account.name.as_str())
    .bind(account.role.as_str())
    .bind(account.office.as_deref())
    .bind(account.method.as_str())
    .bind(demo_key)
    .bind(created_us)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A session to begin.
pub(super) struct NewSession {
    pub(super) id: SessionId,
    pub(super) account: AccountId,
    pub(super) begun: Begun,
    pub(super) device: Option<String>,
    pub(super) valid_s: i64,
    /// A terminal's: the seconds beyond which it never goes.
    pub(super) terminal_s: Option<i64>,
}

pub(super) async fn insert_session(
    tx: &mut Tx,
    token_sha256: &str,
    session: &NewSession,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into sessions
            (token_sha256, account_id, created_us, expires_us, id, provider, device, assurance,
             terminal_until_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(token_sha256)
    .bind(session.account.to_string())
    .bind(now_us)
    .bind(now_us + session.valid_s * 1_000_000)
    .bind(session.id.to_string())
    .bind(session.begun.provider.map(Provider::as_str))
    .bind(session.device.as_deref())
    .bind(session.begun.assurance.map(Assurance::as_str))
    .bind(session.terminal_s.map(|s| now_us + s * 1_000_000))
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn session_begun(db: &Db, token_sha256: &str) -> Result<Begun, Error> {
    let row = sqlx::query("select provider, assurance from sessions where token_sha256 = $1")
        .bind(token_sha256)
        .fetch_optional(db.reader())
        .await?;
    let Some(row) = row else {
        return Ok(Begun::default());
    };
    let provider: Option<String> = row.try_get("provider")?;
    let assurance: Option<String> = row.try_get("assurance")?;
    Ok(Begun {
        provider: provider.as_deref().and_then(Provider::parse),
        assurance: assurance.as_deref().and_then(Assurance::parse),
    })
}

pub(super) async fn delete_session(tx: &mut Tx, token_sha256: &str) -> Result<(), Error> {
    sqlx::query("delete from sessions where token_sha256 = $1")
        .bind(token_sha256)
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn forget_expired(tx: &mut Tx) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query("delete from sessions where expires_us <= $1")
        .bind(now_us)
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn session_account(
    db: &Db,
    token_sha256: &str,
    now: Timestamp,
) -> Result<Option<(Account, Option<Factor>)>, Error> {
    let row = sqlx::query(
        "select a.id, a.name, a.role, a.office, a.method, a.demo_key, s.factor,
                s.terminal_until_us,
                (select count(*) from role_grants g
                  where g.account_id = a.id and g.taken_us is null) as held
           from sessions s
           join accounts a on a.id = s.account_id
          where s.token_sha256 = $1
            and s.expires_us > $2",
    )
    .bind(token_sha256)
    .bind(now.as_microsecond())
    .fetch_optional(db.reader())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let factor: Option<String> = row.try_get("factor")?;
    let factor = factor.and_then(|text| Factor::parse(&text));
    let held: i64 = row.try_get("held")?;
    let mut account = read(&row)?;
    account.holds_single = held > 0 && account.role == Role::Resident;
    if row
        .try_get::<Option<i64>, _>("terminal_until_us")?
        .is_some()
    {
        // Whatever they hold elsewhere, here they are a resident.
        account.at_terminal = true;
        account.role = Role::Resident;
        account.office = None;
        account.holds_single = false;
    }
    Ok(Some((account, factor)))
}

/// Who an account is, whatever a session has shown: a row with `id, name, role, office, method, demo_key`.
pub(crate) fn read(row: &AnyRow) -> Result<Account, Error> {
    let id: String = row.try_get("id")?;
    let role: String = row.try_get("role")?;
    let method: String = row.try_get("method")?;
    let demo_key: Option<String> = row.try_get("demo_key")?;
    let wrong = |column| Error::Inconsistent {
        table: "accounts",
        column,
        id: id.clone(),
    };
    Ok(Account {
        id: id.parse().map_err(|_| wrong("id"))?,
        name: row.try_get("name")?,
        role: Role::parse(&role).ok_or_else(|| wrong("role"))?,
        office: row.try_get("office")?,
        demo: demo_key.is_some(),
        method: Method::parse(&method).ok_or_else(|| wrong("method"))?,
        second_factor_due: false,
        holds_single: false,
        at_terminal: false,
    })
}
