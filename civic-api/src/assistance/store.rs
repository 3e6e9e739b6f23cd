//! The SQL of acting with residents.

use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rules::KEPT_DAYS;
use super::{Assistance, Deed, Document, Done, How, Purpose};
use crate::clock::from_micros;
use crate::residence::Eldership;
use crate::{AccountId, ActId, AssistanceId, Db, Error, Tx};

/// The most that are shown of one person.
const SHOWN: i64 = 200;
/// The most that one look ends.
const AT_ONCE: i64 = 500;
const DAY_US: i64 = 24 * 60 * 60 * 1_000_000;

/// One that is open: whose, with whom, until when at most.
pub(super) struct Row {
    pub(super) id: AssistanceId,
    pub(super) worker: Option<AccountId>,
    pub(super) resident: AccountId,
    pub(super) until_us: i64,
}

/// One in which something may be done now.
pub(super) struct Open {
    pub(super) row: Row,
    pub(super) purpose: Purpose,
    pub(super) acts: usize,
}

/// Lets one transaction at a time begin, act and end.
pub(super) async fn lock(tx: &mut Tx) -> Result<(), Error> {
    sqlx::query("update locks set name = name where name = 'assistances'")
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The id of a session of this account.
pub(super) async fn session(
    tx: &mut Tx,
    token_sha256: &str,
    account: AccountId,
) -> Result<Option<String>, Error> {
    let now_us = tx.now_us();
    let row = sqlx::query(
        "select id from sessions where token_sha256 = $1 and account_id = $2 and expires_us > $3",
    )
    .bind(token_sha256)
    .bind(account.to_string())
    .bind(now_us)
    .fetch_optional(tx.connection())
    .await?;
    match row {
        Some(row) => Ok(row.try_get("id")?),
        None => Ok(None),
    }
}

pub(super) async fn is_open_of(tx: &mut Tx, worker: AccountId) -> Result<bool, Error> {
    let sql = "select count(*) from assistances where worker_id = $1 and ended_us is null";
    counts(tx, sql, worker).await
}

pub(super) async fn is_open_with(tx: &mut Tx, resident: AccountId) -> Result<bool, Error> {
    let sql = "select count(*) from assistances where resident_id = $1 and ended_us is null";
    counts(tx, sql, resident).await
}

async fn counts(tx: &mut Tx, sql: &'static str, account: AccountId) -> Result<bool, Error> {
    let row = sqlx::query(sql)
        .bind(account.to_string())
        .fetch_one(tx.connection())
        .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

pub(super) async fn insert(
    tx: &mut Tx,
    new: &Assistance,
    worker: AccountId,
    resident: AccountId,
    session: &str,
) -> Result<(), Error> {
    sqlx::query(
        "insert into assistances
            (id, worker_id, resident_id, session_id, purpose, document, eldership, begun_us, until_us, begun_act)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(new.id.to_string())
    .bind(worker.to_string())
    .bind(resident.to_string())
    .bind(session)
    .bind(new.purpose.as_str())
    .bind(new.document.as_str())
    .bind(new.eldership.as_str())
    .bind(new.begun_at.as_microsecond())
    .bind(new.until.as_microsecond())
    .bind(new.log_subject.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// This one, if it is this worker's, of this session, and not over.
pub(super) async fn open(
    tx: &mut Tx,
    id: AssistanceId,
    worker: AccountId,
    session_sha256: &str,
) -> Result<Option<Open>, Error> {
    let now_us = tx.now_us();
    let row = sqlx::query(
        "select x.id, x.worker_id, x.resident_id, x.until_us, x.purpose,
                (select count(*) from assistance_acts a where a.assistance_id = x.id) as acts
           from assistances x
           join sessions s on s.id = x.session_id
          where x.id = $1
            and x.worker_id = $2
            and s.token_sha256 = $3
            and s.expires_us > $4
            and x.until_us > $4
            and x.ended_us is null",
    )
    .bind(id.to_string())
    .bind(worker.to_string())
    .bind(session_sha256)
    .bind(now_us)
    .fetch_optional(tx.connection())
    .await?;
    let read = |row: &AnyRow| {
        Ok(Open {
            row: bare(row)?,
            purpose: code(row, "purpose", Purpose::parse)?,
            acts: usize::try_from(row.try_get::<i64, _>("acts")?).unwrap_or(0),
        })
    };
    row.as_ref().map(read).transpose()
}

pub(super) async fn insert_act(
    tx: &mut Tx,
    act: ActId,
    id: AssistanceId,
    deed: Deed,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into assistance_acts (id, assistance_id, act, at_us) values ($1, $2, $3, $4)",
    )
    .bind(act.to_string())
    .bind(id.to_string())
    .bind(deed.as_str())
    .bind(now_us)
    .execute(tx.connection())
    .await?;
    Ok(())
}

pub(super) async fn set_ended(
    tx: &mut Tx,
    id: AssistanceId,
    at_us: i64,
    how: How,
    act: ActId,
) -> Result<(), Error> {
    sqlx::query(
        "update assistances set ended_us = $1, ended_how = $2, ended_act = $3 where id = $4",
    )
    .bind(at_us)
    .bind(how.as_str())
    .bind(act.to_string())
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Those that should have ended: their time, or the session they belong to, is over.
pub(super) async fn overdue(tx: &mut Tx) -> Result<Vec<Row>, Error> {
    let now_us = tx.now_us();
    let rows = sqlx::query(
        "select x.id, x.worker_id, x.resident_id, x.until_us
           from assistances x
          where x.ended_us is null
            and (x.until_us <= $1
                 or not exists
                     (select 1 from sessions s where s.id = x.session_id and s.expires_us > $1))
          order by x.until_us
          limit $2",
    )
    .bind(now_us)
    .bind(AT_ONCE)
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(bare).collect()
}

/// Whether there is something to sweep.
pub(super) async fn has_overdue(db: &Db, now: Timestamp) -> Result<bool, Error> {
    let row = sqlx::query(
        "select count(*)
           from assistances x
          where (x.ended_us is null
                 and (x.until_us <= $1
                      or not exists
                          (select 1 from sessions s where s.id = x.session_id and s.expires_us > $1)))
             or x.begun_us < $2",
    )
    .bind(now.as_microsecond())
    .bind(now.as_microsecond() - KEPT_DAYS * DAY_US)
    .fetch_one(db.reader())
    .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// Deletes those that are kept no longer.
pub(super) async fn forget(tx: &mut Tx) -> Result<(), Error> {
    let before_us = tx.now_us() - KEPT_DAYS * DAY_US;
    sqlx::query("delete from assistances where ended_us is not null and begun_us < $1")
        .bind(before_us)
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The one that is open in this session.
pub(super) async fn of_session(tx: &mut Tx, session_sha256: &str) -> Result<Option<Row>, Error> {
    let row = sqlx::query(
        "select x.id, x.worker_id, x.resident_id, x.until_us
           from assistances x
           join sessions s on s.id = x.session_id
          where s.token_sha256 = $1
            and x.ended_us is null",
    )
    .bind(session_sha256)
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(bare).transpose()
}

/// Those that are open, in whichever part this account has in them.
pub(super) async fn open_of_either(tx: &mut Tx, account: AccountId) -> Result<Vec<Row>, Error> {
    let rows = sqlx::query(
        "select id, worker_id, resident_id, until_us
           from assistances
          where (worker_id = $1 or resident_id = $1)
            and ended_us is null",
    )
    .bind(account.to_string())
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(bare).collect()
}

const WHOLE: &str = "select x.id, x.purpose, x.document, x.eldership, x.begun_us, x.until_us, x.ended_us, x.ended_how, x.begun_act,
                w.name as worker_name, r.name as resident_name
           from assistances x
           left join accounts w on w.id = x.worker_id
           join accounts r on r.id = x.resident_id";

pub(super) async fn current(
    db: &Db,
    worker: AccountId,
    session_sha256: &str,
    now: Timestamp,
) -> Result<Option<Assistance>, Error> {
    let sql = format!(
        "{WHOLE}
           join sessions s on s.id = x.session_id
          where x.worker_id = $1
            and s.token_sha256 = $2
            and s.expires_us > $3
            and x.until_us > $3
            and x.ended_us is null"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(worker.to_string())
        .bind(session_sha256)
        .bind(now.as_microsecond())
        .fetch_optional(db.reader())
        .await?;
    match row {
        Some(row) => with_acts(db, &row).await.map(Some),
        None => Ok(None),
    }
}

pub(super) async fn of_worker(
    db: &Db,
    worker: AccountId,
    since: Timestamp,
) -> Result<Vec<Assistance>, Error> {
    let sql = format!(
        "{WHOLE}
          where x.worker_id = $1
            and x.begun_us >= $2
          order by x.begun_us desc, x.id desc
          limit $3"
    );
    list(db, sql, worker, since.as_microsecond()).await
}

pub(super) async fn of_resident(db: &Db, resident: AccountId) -> Result<Vec<Assistance>, Error> {
    let sql = format!(
        "{WHOLE}
          where x.resident_id = $1
            and x.begun_us >= $2
          order by x.begun_us desc, x.id desc
          limit $3"
    );
    list(db, sql, resident, i64::MIN).await
}

async fn list(
    db: &Db,
    sql: String,
    account: AccountId,
    since_us: i64,
) -> Result<Vec<Assistance>, Error> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(account.to_string())
        .bind(since_us)
        .bind(SHOWN)
        .fetch_all(db.reader())
        .await?;
    let mut list = Vec::with_capacity(rows.len());
    for row in &rows {
        list.push(with_acts(db, row).await?);
    }
    Ok(list)
}

pub(super) async fn count_of(db: &Db, worker: AccountId) -> Result<i64, Error> {
    let row = sqlx::query("select count(*) from assistances where worker_id = $1")
        .bind(worker.to_string())
        .fetch_one(db.reader())
        .await?;
    Ok(row.try_get(0)?)
}

async fn with_acts(db: &Db, row: &AnyRow) -> Result<Assistance, Error> {
    let id: AssistanceId = id(row, "id")?;
    let rows = sqlx::query(
        "select id, act, at_us from assistance_acts where assistance_id = $1 order by at_us, id",
    )
    .bind(id.to_string())
    .fetch_all(db.reader())
    .await?;
    let done = |row: &AnyRow| {
        Ok(Done {
            log_subject: self::id(row, "id")?,
            act: code(row, "act", Deed::parse)?,
            at: from_micros(row.try_get("at_us")?),
        })
    };
    let how: Option<String> = row.try_get("ended_how")?;
    Ok(Assistance {
        id,
        worker_name: row.try_get("worker_name")?,
        resident_name: row.try_get("resident_name")?,
        purpose: code(row, "purpose", Purpose::parse)?,
        document: code(row, "document", Document::parse)?,
        eldership: code(row, "eldership", Eldership::parse)?,
        begun_at: from_micros(row.try_get("begun_us")?),
        until: from_micros(row.try_get("until_us")?),
        ended_at: row.try_get::<Option<i64>, _>("ended_us")?.map(from_micros),
        ended_how: how.as_deref().and_then(How::parse),
        log_subject: self::id(row, "begun_act")?,
        acts: rows.iter().map(done).collect::<Result<_, Error>>()?,
    })
}

fn bare(row: &AnyRow) -> Result<Row, Error> {
    let worker: Option<String> = row.try_get("worker_id")?;
    Ok(Row {
        id: id(row, "id")?,
        worker: worker
            .map(|text| text.parse().map_err(|_| wrong("worker_id")))
            .transpose()?,
        resident: id(row, "resident_id")?,
        until_us: row.try_get("until_us")?,
    })
}

fn code<T>(row: &AnyRow, column: &'static str, parse: fn(&str) -> Option<T>) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    parse(&text).ok_or_else(|| wrong(column))
}

fn id<T: std::str::FromStr>(row: &AnyRow, column: &'static str) -> Result<T, Error> {
    let text: String = row.try_get(column)?;
    text.parse().map_err(|_| wrong(column))
}

fn wrong(column: &'static str) -> Error {
    Error::Inconsistent {
        table: "assistances",
        column,
        id: String::new(),
    }
}
