//! The SQL of roles and of looking for people.

use sqlx::any::AnyRow;
use sqlx::{Any, Executor, Row};

use super::{Change, Grant, Held, Scope, Search};
use crate::clock::from_micros;
use crate::identity::store::read as read_account;
use crate::identity::{Account, Method, Role};
use crate::{AccountId, ActId, Db, Error, GrantId, Tx};

/// Lets one transaction at a time change roles.
pub(super) async fn lock(tx: &mut Tx) -> Result<(), Error> {
    sqlx::query("update locks set name = name where name = 'roles'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The roles someone has now.
pub(super) async fn held<'e>(
    from: impl Executor<'e, Database = Any>,
    account: AccountId,
) -> Result<Held, Error> {
    let rows = sqlx::query(
        "select role, scope
           from role_grants
          where account_id = $1
            and taken_us is null
          order by given_us, id",
    )
    .bind(account.to_string())
    .fetch_all(from)
    .await?;
    let held: Result<_, _> = rows.iter().map(role_and_scope).collect();
    Ok(Held(held?))
}

fn role_and_scope(row: &AnyRow) -> Result<(Role, Scope), Error> {
    let role: String = row.try_get("role")?;
    let scope: String = row.try_get("scope")?;
    Ok((
        Role::parse(&role).ok_or_else(|| wrong("role"))?,
        Scope::parse(&scope).ok_or_else(|| wrong("scope"))?,
    ))
}

pub(super) async fn account(tx: &mut Tx, id: AccountId) -> Result<Option<Account>, Error> {
    let row = sqlx::query(
        "select id, name, role, office, method, demo_key
           from accounts
          where id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read_account).transpose()
}

/// A role to give.
pub(super) struct NewGrant<'a> {
    pub(super) id: GrantId,
    pub(super) to: AccountId,
    pub(super) role: Role,
    pub(super) scope: Scope,
    pub(super) by: Option<AccountId>,
    pub(super) reason: &'a str,
    pub(super) act: Option<ActId>,
}

pub(super) async fn insert(tx: &mut Tx, new: &NewGrant<'_>) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into role_grants
            (id, account_id, role, scope, given_us, given_by, given_reason, given_act)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(new.id.to_string())
    .bind(new.to.to_string())
    .bind(new.role.as_str())
    .bind(new.scope.to_string())
    .bind(now_us)
    .bind(new.by.map(|id| id.to_string()))
    .bind(new.reason)
    .bind(new.act.map(|id| id.to_string()))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Whose it is, which, where, and whether it counts now.
pub(super) async fn whose(
    tx: &mut Tx,
    id: GrantId,
) -> Result<Option<(AccountId, Role, Scope, bool)>, Error> {
    let row =
        sqlx::query("select account_id, role, scope, taken_us from role_grants where id = $1")
            .bind(id.to_string())
            .fetch_optional(tx.connection())
            .await?;
    let Some(row) = row else { return Ok(None) };
    let (role, scope) = role_and_scope(&row)?;
    let taken: Option<i64> = row.try_get("taken_us")?;
    Ok(Some((
        id_of(&row, "account_id")?,
        role,
        scope,
        taken.is_none(),
    )))
}

pub(super) async fn set_taken(
    tx: &mut Tx,
    id: GrantId,
    by: Option<AccountId>,
    reason: &str,
    act: ActId,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "update role_grants
            set taken_us = $1, taken_by = $2, taken_reason = $3, taken_act = $4
          where id = $5",
    )
    .bind(now_us)
    .bind(by.map(|id| id.to_string()))
    .bind(reason)
    .bind(act.to_string())
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// How many others are administrators and can sign in: made-up people only while their switch is on.
pub(super) async fn administrators_beside(
    tx: &mut Tx,
    account: AccountId,
    demo_accounts: bool,
) -> Result<i64, Error> {
    let never = if demo_accounts {
        ""
    } else {
        Method::Demonstration.as_str()
    };
    let row = sqlx::query(
        "select count(*)
           from role_grants g
           join accounts a on a.id = g.account_id
          where g.role = 'administrator'
            and g.scope = 'city'
            and g.taken_us is null
            and g.account_id <> $1
            and a.method <> $2",
    )
    .bind(account.to_string())
    .bind(never)
    .fetch_one(tx.connection())
    .await?;
    Ok(row.try_get(0)?)
}

/// What is said of someone wherever their name is shown.
pub(super) async fn set_principal(tx: &mut Tx, id: AccountId, role: Role) -> Result<(), Error> {
    sqlx::query("update accounts set role = $1 where id = $2")
        .bind(role.as_str())
        .bind(id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// What someone was given: what counts first, then the latest.
pub(super) async fn grants(db: &Db, account: AccountId, limit: i64) -> Result<Vec<Grant>, Error> {
    let rows = sqlx::query(
        "select g.id, g.role, g.scope, c.title,
                g.given_us, gb.name as given_name, g.given_reason, g.given_act,
                g.taken_us, tb.name as taken_name, g.taken_reason, g.taken_act
           from role_grants g
           left join accounts gb on gb.id = g.given_by
           left join accounts tb on tb.id = g.taken_by
           left join conferences c on 'conference/' || c.id = g.scope
          where g.account_id = $1
          order by case when g.taken_us is null then 0 else 1 end, g.given_us desc, g.id desc
          limit $2",
    )
    .bind(account.to_string())
    .bind(limit)
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(grant).collect()
}

fn grant(row: &AnyRow) -> Result<Grant, Error> {
    let (role, scope) = role_and_scope(row)?;
    let taken: Option<i64> = row.try_get("taken_us")?;
    let reason: Option<String> = row.try_get("taken_reason")?;
    Ok(Grant {
        id: id_of(row, "id")?,
        role,
        scope,
        title: row.try_get("title")?,
        given: Change {
            at: from_micros(row.try_get("given_us")?),
            by: row.try_get("given_name")?,
            reason: row.try_get("given_reason")?,
            log_subject: act(row, "given_act")?,
        },
        taken: match taken {
            Some(us) => Some(Change {
                at: from_micros(us),
                by: row.try_get("taken_name")?,
                reason: reason.unwrap_or_default(),
                log_subject: act(row, "taken_act")?,
            }),
            None => None,
        },
    })
}

fn act(row: &AnyRow, column: &'static str) -> Result<Option<ActId>, Error> {
    let text: Option<String> = row.try_get(column)?;
    text.map(|text| text.parse().map_err(|_| wrong(column)))
        .transpose()
}

/// People by name and role.
pub(super) async fn people(db: &Db, search: &Search, limit: i64) -> Result<Vec<Account>, Error> {
    let key = super::rules::name_key(&search.name);
    let like = format!("%{}%", escaped(&key));
    let role = search.role.map_or("", Role::as_str);
    let after = search.after.map(|id| id.to_string()).unwrap_or_default();
    let rows = sqlx::query(
        "select a.id, a.name, a.role, a.office, a.method, a.demo_key
           from accounts a
          where a.name_key like $1 escape '!'
            and ($2 = ''
                 or ($2 = 'resident' and not exists
                     (select 1 from role_grants g where g.account_id = a.id and g.taken_us is null))
                 or exists
                     (select 1 from role_grants g
                       where g.account_id = a.id and g.taken_us is null and g.role = $2))
            and ($3 = ''
                 or a.name_key > (select b.name_key from accounts b where b.id = $3)
                 or (a.name_key = (select b.name_key from accounts b where b.id = $3) and a.id > $3))
          order by a.name_key, a.id
          limit $4",
    )
    .bind(like)
    .bind(role)
    .bind(after)
    .bind(limit)
    .fetch_all(db.reader())
    .await?;
    rows.iter().map(read_account).collect()
}

/// What `like` reads as itself.
fn escaped(text: &str) -> String {
    text.replace('!', "!!")
        .replace('%', "!%")
        .replace('_', "!_")
}

/// Names that have no key yet, at most 500 at once.
pub(super) async fn without_key(db: &Db) -> Result<Vec<(String, String)>, Error> {
    let rows = sqlx::query("select id, name from accounts where name_key is null limit 500")
        .fetch_all(db.reader())
        .await?;
    rows.iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect()
}

/// Sets the key, unless the name has changed meanwhile.
pub(super) async fn set_key(tx: &mut Tx, id: &str, name: &str, key: &str) -> Result<(), Error> {
    sqlx::query("update accounts set name_key = $1 where id = $2 and name = $3")
        .bind(key)
        .bind(id)
        .bind(name)
        .execute(tx.connection())
        .await?;
    Ok(())
}

pub(super) async fn everyone(db: &Db) -> Result<Vec<(AccountId, String, Role, Scope)>, Error> {
    let rows = sqlx::query(
        "select g.account_id, a.name, g.role, g.scope
           from role_grants g
           join accounts a on a.id = g.account_id
          where g.taken_us is null
          order by a.name, g.given_us
          limit 1000",
    )
    .fetch_all(db.reader())
    .await?;
    let read = |row: &AnyRow| {
        let (role, scope) = role_and_scope(row)?;
        Ok((id_of(row, "account_id")?, row.try_get("name")?, role, scope))
    };
    rows.iter().map(read).collect()
}

pub(super) async fn by_digest(db: &Db, digest: &str) -> Result<Option<AccountId>, Error> {
    let row = sqlx::query("select account_id from identities where digest = $1")
        .bind(digest)
        .fetch_optional(db.reader())
        .await?;
    row.map(|row| id_of(&row, "account_id")).transpose()
}

fn wrong(column: &'static str) -> Error {
    Error::Inconsistent {
        table: "role_grants",
        column,
        id: String::new(),
    }
}

fn id_of<T: std::str::FromStr>(row: &AnyRow, column: &'static str) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| wrong(column))
}
