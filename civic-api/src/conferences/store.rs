//! The SQL of receptions.

use jiff::Timestamp;
use sqlx::Row;
use sqlx::any::AnyRow;

use super::{Audience, Conference, NewConference, Status, Watchable, When, recordings};
use crate::clock::from_micros;
use crate::identity::Role;
use crate::residence::Eldership;
use crate::{AccountId, ConferenceId, Db, Error, Tx};

pub(super) async fn insert(
    tx: &mut Tx,
    id: ConferenceId,
    host: AccountId,
    new: &NewConference,
    salt: &str,
    demo_key: Option<&str>,
) -> Result<(), Error> {
    let now_us = tx.now_us();
    sqlx::query(
        "insert into conferences
            (id, title, topic, host_id, starts_us, ends_us, minutes_per_resident, status, recorded,
             retention_days, audience, salt, demo_key, created_us, eldership)
         values ($1, $2, $3, $4, $5, $6, $7, 'announced', $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(id.to_string())
    .bind(new.title.as_str())
    .bind(new.topic.as_str())
    .bind(host.to_string())
    .bind(new.starts_at.as_microsecond())
    .bind(new.ends_at.as_microsecond())
    .bind(new.minutes_per_resident)
    .bind(i64::from(new.recorded))
    .bind(new.retention_days)
    .bind(new.audience.as_str())
    .bind(salt)
    .bind(demo_key)
    .bind(now_us)
    .bind(new.eldership.map(Eldership::as_str))
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// One reception, with what of it can be watched at `now`.
pub(super) async fn get(
    db: &Db,
    id: ConferenceId,
    now: Timestamp,
) -> Result<Option<Conference>, Error> {
    let row = sqlx::query(
        "select c.id, c.title, c.topic, c.host_id, c.starts_us, c.ends_us, c.minutes_per_resident, c.status,
                c.recorded, c.retention_days, c.audience, c.opened_us, c.ended_us, c.demo_key, c.eldership,
                a.name, a.role, a.office
           from conferences c
           join accounts a on a.id = c.host_id
          where c.id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(db.reader())
    .await?;
    let Some(row) = row else { return Ok(None) };
    let mut conference = read(&row)?;
    conference.recordings = recordings::store::of_conference(db, id, now)
        .await?
        .into_iter()
        .map(watchable)
        .collect();
    Ok(Some(conference))
}

pub(super) async fn list(
    db: &Db,
    when: When,
    limit: i64,
    now: Timestamp,
) -> Result<Vec<Conference>, Error> {
    let (status, sign) = match when {
        When::Now => (Status::Open, 1),
        When::Coming => (Status::Announced, 1),
        When::Past => (Status::Ended, -1),
    };
    let rows = sqlx::query(
        "select c.id, c.title, c.topic, c.host_id, c.starts_us, c.ends_us, c.minutes_per_resident, c.status,
                c.recorded, c.retention_days, c.audience, c.opened_us, c.ended_us, c.demo_key, c.eldership,
                a.name, a.role, a.office
           from conferences c
           join accounts a on a.id = c.host_id
          where c.status = $1
          order by c.starts_us * $2, c.id
          limit $3",
    )
    .bind(status.as_str())
    .bind(sign)
    .bind(limit)
    .fetch_all(db.reader())
    .await?;
    let mut conferences = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    if when != When::Coming {
        for recording in recordings::store::watchable_in(db, status, sign, limit, now).await? {
            if let Some(of) = conferences
                .iter_mut()
                .find(|c| c.id == recording.conference)
            {
                of.recordings.push(watchable(recording));
            }
        }
    }
    Ok(conferences)
}

fn watchable(recording: recordings::Recording) -> Watchable {
    Watchable {
        id: recording.id,
        started_at: recording.started_at,
        duration_ms: recording.duration_ms.unwrap_or(0),
    }
}

/// `false`: it was not announced any more.
pub(super) async fn set_open(tx: &mut Tx, id: ConferenceId) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let done = sqlx::query(
        "update conferences
            set status = 'open',
                opened_us = $1
          where id = $2
            and status = 'announced'",
    )
    .bind(now_us)
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// `false`: it had ended already.
pub(super) async fn set_ended(tx: &mut Tx, id: ConferenceId) -> Result<bool, Error> {
    let now_us = tx.now_us();
    let done = sqlx::query(
        "update conferences
            set status = 'ended',
                ended_us = $1
          where id = $2
            and status <> 'ended'",
    )
    .bind(now_us)
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Says of an announced reception that it was held.
pub(super) async fn set_held(
    tx: &mut Tx,
    id: ConferenceId,
    opened_at: Timestamp,
    ended_at: Timestamp,
) -> Result<(), Error> {
    sqlx::query(
        "update conferences
            set status = 'ended',
                opened_us = $1,
                ended_us = $2
          where id = $3
            and status = 'announced'",
    )
    .bind(opened_at.as_microsecond())
    .bind(ended_at.as_microsecond())
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

fn read(row: &AnyRow) -> Result<Conference, Error> {
    let id: String = row.try_get("id")?;
    let wrong = |column| Error::Inconsistent {
        table: "conferences",
        column,
        id: id.clone(),
    };
    let host_id: String = row.try_get("host_id")?;
    let status: String = row.try_get("status")?;
    let audience: String = row.try_get("audience")?;
    let role: String = row.try_get("role")?;
    let opened_us: Option<i64> = row.try_get("opened_us")?;
    let ended_us: Option<i64> = row.try_get("ended_us")?;
    let demo_key: Option<String> = row.try_get("demo_key")?;
    let eldership: Option<String> = row.try_get("eldership")?;
    let eldership = eldership
        .map(|text| Eldership::parse(&text).ok_or_else(|| wrong("eldership")))
        .transpose()?;
    Ok(Conference {
        id: id.parse().map_err(|_| wrong("id"))?,
        title: row.try_get("title")?,
        topic: row.try_get("topic")?,
        host_id: host_id.parse().map_err(|_| wrong("host_id"))?,
        host_name: row.try_get("name")?,
        host_role: Role::parse(&role).ok_or_else(|| wrong("role"))?,
        host_office: row.try_get("office")?,
        starts_at: from_micros(row.try_get("starts_us")?),
        ends_at: from_micros(row.try_get("ends_us")?),
        minutes_per_resident: row.try_get("minutes_per_resident")?,
        status: Status::parse(&status).ok_or_else(|| wrong("status"))?,
        recorded: row.try_get::<i64, _>("recorded")? != 0,
        retention_days: row.try_get("retention_days")?,
        audience: Audience::parse(&audience).ok_or_else(|| wrong("audience"))?,
        eldership,
        opened_at: opened_us.map(from_micros),
        ended_at: ended_us.map(from_micros),
        demo: demo_key.is_some(),
        recordings: Vec::new(),
    })
}
