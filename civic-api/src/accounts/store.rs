//! The SQL of accounts: the ways people came, their sessions, what was done.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Act, Given, Identity, SHOWN, Session, Stay};
use crate::clock::from_micros;
use crate::identity::person::{KeyKind, PersonKey};
use crate::identity::store::read as read_account;
use crate::identity::ways::{Assurance, Provider, Verified};
use crate::identity::{Account, Method};
use crate::{AccountId, ActId, Db, Error, IdentityId, SessionId, Tx};

/// Lets one transaction at a time find and make accounts.
pub(super) async fn lock(tx: &mut Tx) -> Result<(), Error> {
    sqlx::query("update locks set name = name where name = 'identities'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Whose digest it is.
pub(super) async fn owner(tx: &mut Tx, digest: &str) -> Result<Option<AccountId>, Error> {
    let row = sqlx::query("select account_id from identities where digest = $1")
        .bind(digest)
        .fetch_optional(tx.connection())
        .await?;
    row.map(|row| id(&row, "identities", "account_id"))
        .transpose()
}

pub(super) async fn has_code(tx: &mut Tx, account: AccountId) -> Result<bool, Error> {
    let row =
        sqlx::query("select count(*) from identities where account_id = $1 and kind = 'code'")
            .bind(account.to_string())
            .fetch_one(tx.connection())
            .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

pub(super) async fn insert_identity(
    tx: &mut Tx,
    account: AccountId,
    verified: &Verified,
    key: &PersonKey,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into identities
            (id, account_id, provider, kind, digest, assurance, first_us, last_us, digest_key, digest_before)
         values ($1, $2, $3, $4, $5, $6, $7, $7, $8, $9)",
    )
    .bind(IdentityId::new(tx.now()).to_string())
    .bind(account.to_string())
    .bind(verified.provider.as_str())
    .bind(key.kind.as_str())
    .bind(key.digest.as_str())
    .bind(verified.assurance.as_str())
    .bind(now_us)
    .bind(key.key.as_str())
    .bind(key.before.as_deref())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Puts the digest of now in the place of the one before, which stays beside it.
pub(super) async fn redigest(tx: &mut Tx, before: &str, now: &str, key: &str) -> Result<(), Error> {
    sqlx::query(
        "update identities
            set digest = $1, digest_before = $2, digest_key = $3
          where digest = $2",
    )
    .bind(now)
    .bind(before)
    .bind(key)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The digests of personal codes that are under another key than this one.
pub(super) async fn codes_behind(tx: &mut Tx, key: &str) -> Result<Vec<String>, Error> {
    let rows =
        sqlx::query("select digest from identities where kind = 'code' and digest_key <> $1")
            .bind(key)
            .fetch_all(tx.connection())
            .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// How many ways are known under another key than this one.
pub(super) async fn ways_behind(db: &Db, key: &str) -> Result<i64, Error> {
    let row = sqlx::query("select count(*) from identities where digest_key <> $1")
        .bind(key)
        .fetch_one(db.reader())
        .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn forget_before(tx: &mut Tx) -> Result<(), Error> {
    sqlx::query("update identities set digest_before = null where digest_before is not null")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Remembers that someone came this way again; what it is worth never falls. Whom a worker made known comes by a way of their
/// own from now on.
pub(super) async fn touch_identity(
    tx: &mut Tx,
    digest: &str,
    account: AccountId,
    verified: &Verified,
) -> Result<(), Error> {
    let (now_us, assurance) = (tx.now_us(), verified.assurance);
    let row = sqlx::query(
        "update identities
            set last_us = $1, account_id = $2,
                provider = case when provider = $4 then $5 else provider end
          where digest = $3
         returning assurance",
    )
    .bind(now_us)
    .bind(account.to_string())
    .bind(digest)
    .bind(Provider::Counter.as_str())
    .bind(verified.provider.as_str())
    .fetch_one(tx.connection())
    .await?;
    let kept: String = row.try_get("assurance")?;
    if Assurance::parse(&kept) < Some(assurance) {
        sqlx::query("update identities set assurance = $1 where digest = $2")
            .bind(assurance.as_str())
            .bind(digest)
            .execute(tx.connection())
            .await?;
    }
    Ok(())
}

pub(super) async fn highest_assurance(tx: &mut Tx, account: AccountId) -> Result<Assurance, Error> {
    let rows = sqlx::query("select distinct assurance from identities where account_id = $1")
        .bind(account.to_string())
        .fetch_all(tx.connection())
        .await?;
    let mut highest = Assurance::Low;
    for row in rows {
        let level: String = row.try_get(0)?;
        highest = highest.max(Assurance::parse(&level).unwrap_or(Assurance::Low));
    }
    Ok(highest)
}

/// Writes down how sure the city is, and the name, when who came now knows it as surely as anyone before.
pub(super) async fn set_known(
    tx: &mut Tx,
    account: AccountId,
    verified: &Verified,
    assurance: Assurance,
) -> Result<(), Error> {
    sqlx::query("update accounts set method = $1 where id = $2")
        .bind(Method::Identified(assurance).as_str())
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    let Some(name) = verified
        .name
        .as_deref()
        .filter(|_| verified.assurance == assurance)
    else {
        return Ok(());
    };
    sqlx::query("update accounts set name = $1, name_key = null where id = $2")
        .bind(name)
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn account(tx: &mut Tx, account: AccountId) -> Result<Option<Account>, Error> {
    let row = sqlx::query(
        "select id, name, role, office, method, demo_key
           from accounts
          where id = $1",
    )
    .bind(account.to_string())
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read_account).transpose()
}

pub(super) async fn insert_act(
    tx: &mut Tx,
    act: ActId,
    account: AccountId,
    kind: &str,
    provider: Option<Provider>,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into account_acts (id, account_id, kind, provider, at_us)
         values ($1, $2, $3, $4, $5)",
    )
    .bind(act.to_string())
    .bind(account.to_string())
    .bind(kind)
    .bind(provider.map(Provider::as_str))
    .bind(now_us)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn created_at(db: &Db, account: AccountId) -> Result<Timestamp, Error> {
    let row = sqlx::query("select created_us from accounts where id = $1")
        .bind(account.to_string())
        .fetch_optional(db.reader())
        .await?
        .ok_or(Error::NotFound)?;
    Ok(from_micros(row.try_get(0)?))
}

pub(super) async fn identities(db: &Db, account: AccountId) -> Result<Vec<Identity>, Error> {
    let rows = sqlx::query(
        "select id, provider, kind, assurance, first_us, last_us
           from identities
          where account_id = $1
          order by first_us, id
          limit $2",
    )
    .bind(account.to_string())
    .bind(SHOWN)
    .fetch_all(db.reader())
    .await?;
    let read = |row: &AnyRow| {
        let level: String = row.try_get("assurance")?;
        let kind: String = row.try_get("kind")?;
        Ok(Identity {
            id: id(row, "identities", "id")?,
            provider: provider(row, "identities")?
                .ok_or_else(|| wrong("identities", "provider"))?,
            assurance: Assurance::parse(&level).ok_or_else(|| wrong("identities", "assurance"))?,
            by_personal_code: kind == KeyKind::Code.as_str(),
            first_at: from_micros(row.try_get("first_us")?),
            last_at: from_micros(row.try_get("last_us")?),
        })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn sessions(
    db: &Db,
    account: AccountId,
    current: &str,
    now: Timestamp,
) -> Result<Vec<Session>, Error> {
    let rows = sqlx::query(
        "select id, token_sha256, provider, device, created_us, expires_us, factor_us,
                terminal_until_us
           from sessions
          where account_id = $1
            and expires_us > $2
            and id is not null
          order by created_us desc
          limit $3",
    )
    .bind(account.to_string())
    .bind(now.as_microsecond())
    .bind(SHOWN)
    .fetch_all(db.reader())
    .await?;
    let read = |row: &AnyRow| {
        let token: String = row.try_get("token_sha256")?;
        let terminal_us: Option<i64> = row.try_get("terminal_until_us")?;
        Ok(Session {
            id: id(row, "sessions", "id")?,
            provider: provider(row, "sessions")?,
            device: row.try_get("device")?,
            since: from_micros(row.try_get("created_us")?),
            until: from_micros(terminal_us.map_or_else(|| row.try_get("expires_us"), Ok)?),
            confirmed_at: row.try_get::<Option<i64>, _>("factor_us")?.map(from_micros),
            current: token == current,
            terminal: terminal_us.is_some(),
        })
    };
    rows.iter().map(read).collect()
}

pub(super) async fn acts(db: &Db, account: AccountId) -> Result<Vec<Act>, Error> {
    let rows = sqlx::query(
        "select id, kind, provider, at_us
           from account_acts
          where account_id = $1
          order by at_us desc, id desc
          limit $2",
    )
    .bind(account.to_string())
    .bind(SHOWN)
    .fetch_all(db.reader())
    .await?;
    let read = |row: &AnyRow| {
        Ok(Act {
            id: id(row, "account_acts", "id")?,
            kind: row.try_get("kind")?,
            provider: provider(row, "account_acts")?,
            at: from_micros(row.try_get("at_us")?),
        })
    };
    rows.iter().map(read).collect()
}

/// The keyed digests by which the person is known again, also those under the key before.
pub(super) async fn digests(db: &Db, account: AccountId) -> Result<Vec<String>, Error> {
    let rows = sqlx::query(
        "select digest from identities where account_id = $1
          union
         select digest_before from identities where account_id = $1 and digest_before is not null",
    )
    .bind(account.to_string())
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Which rights they were given. That side knows no time, so their order is that of their names.
pub(super) async fn given(db: &Db, account: AccountId) -> Result<Vec<Given>, Error> {
    let rows = sqlx::query(
        "select i.right_id, i.blinded_sha256, c.title
           from token_issues i
           join rights r on r.id = i.right_id
           left join conferences c on c.id = r.subject
          where i.account_id = $1
          order by i.right_id",
    )
    .bind(account.to_string())
    .fetch_all(db.reader())
    .await?;
    let read = |row: &AnyRow| {
        let title: Option<String> = row.try_get("title")?;
        let signed: String = row.try_get("blinded_sha256")?;
        Ok(Given {
            right: row.try_get("right_id")?,
            title: title.unwrap_or_default(),
            by_session: signed == crate::tokens::BY_SESSION,
        })
    };
    rows.iter().map(read).collect()
}

/// Where they sat under their name, latest first.
pub(super) async fn stays(db: &Db, account: AccountId) -> Result<Vec<Stay>, Error> {
    let rows = sqlx::query(
        "select c.title, p.joined_us, p.left_us
           from presences p
           join conferences c on c.id = p.conference_id
          where p.account_id = $1
          order by p.joined_us desc, p.id desc
          limit $2",
    )
    .bind(account.to_string())
    .bind(SHOWN)
    .fetch_all(db.reader())
    .await?;
    let read = |row: &AnyRow| {
        let left_us: Option<i64> = row.try_get("left_us")?;
        Ok(Stay {
            title: row.try_get("title")?,
            from: from_micros(row.try_get("joined_us")?),
            until: left_us.map(from_micros),
        })
    };
    rows.iter().map(read).collect()
}

/// How many receptions name them as their host.
pub(super) async fn hosted(db: &Db, account: AccountId) -> Result<i64, Error> {
    let row = sqlx::query("select count(*) from conferences where host_id = $1")
        .bind(account.to_string())
        .fetch_one(db.reader())
        .await?;
    Ok(row.try_get(0)?)
}

pub(super) async fn end_session(
    tx: &mut Tx,
    account: AccountId,
    session: SessionId,
) -> Result<(), Error> {
    sqlx::query("delete from sessions where account_id = $1 and id = $2")
        .bind(account.to_string())
        .bind(session.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn end_all_sessions(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    sqlx::query("delete from sessions where account_id = $1")
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn end_other_sessions(
    tx: &mut Tx,
    account: AccountId,
    current: &str,
) -> Result<(), Error> {
    sqlx::query("delete from sessions where account_id = $1 and token_sha256 <> $2")
        .bind(account.to_string())
        .bind(current)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The account, and by its foreign keys everything that is tied to it.
pub(super) async fn delete(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    sqlx::query("delete from accounts where id = $1 and demo_key is null")
        .bind(account.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

fn wrong(table: &'static str, column: &'static str) -> Error {
    Error::Inconsistent {
        table,
        column,
        id: String::new(),
    }
}

fn id<T: std::str::FromStr>(
    row: &AnyRow,
    table: &'static str,
    column: &'static str,
) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| wrong(table, column))
}

fn provider(row: &AnyRow, table: &'static str) -> Result<Option<Provider>, Error> {
    let text: Option<String> = row.try_get("provider")?;
    text.map(|text| Provider::parse(&text).ok_or_else(|| wrong(table, "provider")))
        .transpose()
}
