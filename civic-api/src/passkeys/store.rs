//! The SQL of passkeys, challenges and recovery codes.

use jiff::Timestamp;
use sqlx::Row;

use super::ceremony::Credential;
use super::{Factor, Passkey, Purpose, Recovery, Standing};
use crate::clock::from_micros;
use crate::identity::Provider;
use crate::{AccountId, Db, Error, PasskeyId, Tx};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What a session has shown, and how it was begun; `None`: there is no such session.
pub(super) async fn standing(db: &Db, session: &str) -> Result<Option<Standing>, Error> {
    let row =
        sqlx::query("select provider, factor, factor_us from sessions where token_sha256 = $1")
            .bind(session)
            .fetch_optional(db.reader())
            .await?;
    let Some(row) = row else { return Ok(None) };
    let provider: Option<String> = row.try_get("provider")?;
    let factor: Option<String> = row.try_get("factor")?;
    let at: Option<i64> = row.try_get("factor_us")?;
    Ok(Some(Standing {
        provider: provider.and_then(|text| Provider::parse(&text)),
        factor: factor
            .and_then(|text| Factor::parse(&text))
            .zip(at.map(from_micros)),
    }))
}

/// Gives a session another token, and writes down what was shown in it.
pub(super) async fn promote(
    tx: &mut Tx,
    session: &str,
    renewed: &str,
    factor: Factor,
) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let done = sqlx::query(
        "update sessions
            set token_sha256 = $1, factor = $2, factor_us = $3
          where token_sha256 = $4",
    )
    .bind(renewed)
    .bind(factor.as_str())
    .bind(now_us)
    .bind(session)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Keeps a challenge instead of the session's last one for this purpose, and forgets those whose time is over.
pub(super) async fn insert_challenge(
    tx: &mut Tx,
    session: &str,
    purpose: Purpose,
    account: AccountId,
    challenge_sha256: &str,
    valid_s: i64,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query("delete from passkey_challenges where expires_us <= $1")
        .bind(now_us)
        .execute(tx.connection())
        .await?;
    sqlx::query(
        "insert into passkey_challenges
            (session_sha256, purpose, account_id, challenge_sha256, expires_us)
         values ($1, $2, $3, $4, $5)
         on conflict (session_sha256, purpose) do update
            set account_id = excluded.account_id,
                challenge_sha256 = excluded.challenge_sha256,
                expires_us = excluded.expires_us",
    )
    .bind(session)
    .bind(purpose.as_str())
    .bind(account.to_string())
    .bind(challenge_sha256)
    .bind(now_us + valid_s * 1_000_000)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes the session's challenge: it is there once.
pub(super) async fn take_challenge(
    tx: &mut Tx,
    session: &str,
    purpose: Purpose,
    account: AccountId,
) -> Result<Option<String>, Error> {
    let now_us = tx.now_us();
    let row = sqlx::query(
        "delete from passkey_challenges
          where session_sha256 = $1 and purpose = $2 and account_id = $3
         returning challenge_sha256, expires_us",
    )
    .bind(session)
    .bind(purpose.as_str())
    .bind(account.to_string())
    .fetch_optional(tx.connection())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let expires_us: i64 = row.try_get("expires_us")?;
    let challenge: String = row.try_get("challenge_sha256")?;
    Ok((expires_us > now_us).then_some(challenge))
}

/// Adds a key, unless somebody has this credential.
pub(super) async fn insert(
    tx: &mut Tx,
    id: PasskeyId,
    account: AccountId,
    name: &str,
    credential: &Credential,
) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let done = sqlx::query(
        "insert into passkeys
            (id, account_id, credential_id, public_key, sign_count, backup_eligible, name, created_us, used_us)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8)
         on conflict (credential_id) do nothing",
    )
    .bind(id.to_string())
    .bind(account.to_string())
    .bind(URL_SAFE_NO_PAD.encode(&credential.id))
    .bind(URL_SAFE_NO_PAD.encode(&credential.public_key))
    .bind(i64::from(credential.sign_count))
    .bind(i64::from(credential.backup_eligible))
    .bind(name)
    .bind(now_us)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// One of this account's credentials.
pub(super) async fn credential(
    tx: &mut Tx,
    account: AccountId,
    credential_id: &str,
) -> Result<Option<(PasskeyId, Credential)>, Error> {
    let row = sqlx::query(
        "select id, public_key, sign_count, backup_eligible
           from passkeys
          where account_id = $1 and credential_id = $2",
    )
    .bind(account.to_string())
    .bind(credential_id)
    .fetch_optional(tx.connection())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let id: String = row.try_get("id")?;
    let key: String = row.try_get("public_key")?;
    let count: i64 = row.try_get("sign_count")?;
    let eligible: i64 = row.try_get("backup_eligible")?;
    let wrong = |column| Error::Inconsistent {
        table: "passkeys",
        column,
        id: id.clone(),
    };
    let bytes = |text: &str, column| URL_SAFE_NO_PAD.decode(text).map_err(|_| wrong(column));
    let credential = Credential {
        id: bytes(credential_id, "credential_id")?,
        public_key: bytes(&key, "public_key")?,
        sign_count: u32::try_from(count).map_err(|_| wrong("sign_count"))?,
        backup_eligible: eligible != 0,
    };
    Ok(Some((id.parse().map_err(|_| wrong("id"))?, credential)))
}

/// Writes down that a key was shown. `before` is the count it was checked against: of two answers with the same count one
/// is refused. A key that does not count has nothing to compare.
pub(super) async fn used(
    tx: &mut Tx,
    id: PasskeyId,
    before: u32,
    count: u32,
) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let done = sqlx::query(
        "update passkeys set sign_count = $1, used_us = $2 where id = $3 and sign_count = $4",
    )
    .bind(i64::from(count))
    .bind(now_us)
    .bind(id.to_string())
    .bind(i64::from(before))
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The keys of an account, oldest first.
pub(super) async fn keys(db: &Db, account: AccountId) -> Result<Vec<Passkey>, Error> {
    let rows = sqlx::query(
        "select id, credential_id, name, backup_eligible, created_us, used_us
           from passkeys
          where account_id = $1
          order by created_us, id
          limit 100",
    )
    .bind(account.to_string())
    .fetch_all(db.reader())
    .await?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let id: String = row.try_get("id")?;
        let used: Option<i64> = row.try_get("used_us")?;
        let eligible: i64 = row.try_get("backup_eligible")?;
        keys.push(Passkey {
            id: id.parse().map_err(|_| Error::Inconsistent {
                table: "passkeys",
                column: "id",
                id: id.clone(),
            })?,
            name: row.try_get("name")?,
            synced: eligible != 0,
            created_at: from_micros(row.try_get("created_us")?),
            used_at: used.map(from_micros),
            credential_id: row.try_get("credential_id")?,
        });
    }
    Ok(keys)
}

/// Lets one change at a time of this account's keys and codes happen; how many keys it has.
pub(super) async fn lock(tx: &mut Tx, account: AccountId) -> Result<usize, Error> {
    sqlx::query("update accounts set name = name where id = $1")
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    let row = sqlx::query("select count(*) from passkeys where account_id = $1")
        .bind(account.to_string())
        .fetch_one(tx.connection())
        .await?;
    Ok(usize::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0))
}

pub(super) async fn remove(tx: &mut Tx, account: AccountId, id: PasskeyId) -> Result<bool, Error> {
    let done = sqlx::query("delete from passkeys where account_id = $1 and id = $2")
        .bind(account.to_string())
        .bind(id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets every code of an account and keeps these.
pub(super) async fn set_codes(
    tx: &mut Tx,
    account: AccountId,
    digests: &[String],
) -> Result<(), Error> {
    sqlx::query("delete from recovery_codes where account_id = $1")
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    for digest in digests {
        sqlx::query("insert into recovery_codes (account_id, code_sha256) values ($1, $2)")
            .bind(account.to_string())
            .bind(digest.as_str())
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

/// Spends a code: once.
pub(super) async fn spend_code(
    tx: &mut Tx,
    account: AccountId,
    digest: &str,
) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let done = sqlx::query(
        "update recovery_codes set spent_us = $1
          where account_id = $2 and code_sha256 = $3 and spent_us is null",
    )
    .bind(now_us)
    .bind(account.to_string())
    .bind(digest)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Counts a try before it is looked at, so that many at once are counted too: how many since the wait began.
pub(super) async fn count_try(tx: &mut Tx, account: AccountId, wait_s: i64) -> Result<i64, Error> {
    let now_us = tx.now_us();
    let row = sqlx::query(
        "insert into recovery_tries (account_id, wrong, until_us)
         values ($1, 1, $2)
         on conflict (account_id) do update
            set wrong = case when recovery_tries.until_us <= $3 then 1 else recovery_tries.wrong + 1 end,
                until_us = case when recovery_tries.until_us <= $3 then $2 else recovery_tries.until_us end
         returning wrong",
    )
    .bind(account.to_string())
    .bind(now_us + wait_s * 1_000_000)
    .bind(now_us)
    .fetch_one(tx.connection())
    .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn forget_tries(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    sqlx::query("delete from recovery_tries where account_id = $1")
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn recovery(db: &Db, account: AccountId) -> Result<Recovery, Error> {
    let rows = sqlx::query("select spent_us from recovery_codes where account_id = $1 limit 100")
        .bind(account.to_string())
        .fetch_all(db.reader())
        .await?;
    let mut spent: Vec<Timestamp> = Vec::new();
    let mut left = 0;
    for row in rows {
        match row.try_get::<Option<i64>, _>(0)? {
            Some(at) => spent.push(from_micros(at)),
            None => left += 1,
        }
    }
    spent.sort();
    Ok(Recovery { left, spent })
}

/// Takes every key and code of an account away, and ends its sessions.
pub(super) async fn reset(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    for sql in [
        "delete from passkeys where account_id = $1",
        "delete from passkey_challenges where account_id = $1",
        "delete from recovery_codes where account_id = $1",
        "delete from recovery_tries where account_id = $1",
        "delete from sessions where account_id = $1",
    ] {
        sqlx::query(sql)
            .bind(account.to_string())
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}
