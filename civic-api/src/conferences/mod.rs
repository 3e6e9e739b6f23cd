//! Reception hours (priėmimai): a councillor or a leader of the city announces a time and a topic; residents come, by
//! name or anonymously; what was recorded with everyone's knowledge can be watched again.
//!
//! A reception is `announced`, then `open`, then `ended`, and never goes back.

pub(crate) mod http;
pub mod presences;
pub mod recordings;
pub mod rules;
pub(crate) mod store;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::identity::Role;
use crate::log::{self, Actor, Entry, Kind};
use crate::{AccountId, Civic, ConferenceId, Error, RecordingId, Tx, Viewer, random, roles};

/// A reception.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Conference {
    /// Its id.
    pub id: ConferenceId,
    /// What it is called.
    #[schema(example = "Gatvių apšvietimas ir šaligatviai")]
    pub title: String,
    /// What will be talked about.
    pub topic: String,
    /// Who receives.
    pub host_id: AccountId,
    /// Their name.
    #[schema(example = "Rasa Vaitkienė")]
    pub host_name: String,
    /// What they are to the city.
    pub host_role: Role,
    /// What is said under their name.
    pub host_office: Option<String>,
    /// When it is to begin.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// When it is to end.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// Minutes for each resident.
    pub minutes_per_resident: i64,
    /// Where it stands.
    pub status: Status,
    /// It may be recorded.
    pub recorded: bool,
    /// Days for which a recording is kept.
    pub retention_days: i64,
    /// Who may come.
    pub audience: Audience,
    /// When it was opened.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub opened_at: Option<Timestamp>,
    /// When it was ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// It belongs to the demonstration city: fictional.
    pub demo: bool,
    /// Recordings that can be watched, in the order of their beginning.
    pub recordings: Vec<Watchable>,
}

impl Conference {
    /// The name of its room in the media plane.
    pub fn room(&self) -> String {
        room_of(self.id)
    }
}

/// The name of a reception's room in the media plane.
pub fn room_of(id: ConferenceId) -> String {
    format!("conference-{id}")
}

/// The reception a room belongs to.
pub fn conference_of(room: &str) -> Option<ConferenceId> {
    room.strip_prefix("conference-")?.parse().ok()
}

/// A recording that can be watched.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Watchable {
    /// Its id.
    pub id: RecordingId,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub started_at: Timestamp,
    /// Its length.
    pub duration_ms: i64,
}

/// Where a reception stands; it only moves forward.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// To come.
    Announced,
    /// Under way.
    Open,
    /// Over.
    Ended,
}

impl Status {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Announced => "announced",
            Status::Open => "open",
            Status::Ended => "ended",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Status::Announced, Status::Open, Status::Ended]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// Who may come to a reception.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Whoever likes, signed in or not.
    Anyone,
    /// Who has signed in; they may still speak without a name.
    Identified,
}

impl Audience {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Audience::Anyone => "anyone",
            Audience::Identified => "identified",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Audience::Anyone, Audience::Identified]
            .into_iter()
            .find(|audience| audience.as_str() == text)
    }
}

/// A reception to announce.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewConference {
    /// What it is called: 1 to 200 characters.
    pub title: String,
    /// What will be talked about: at most 2,000 characters.
    #[serde(default)]
    pub topic: String,
    /// When it is to begin: not in the past, at most a year ahead.
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    /// When it is to end: later than that, by at most twelve hours.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// Minutes for each resident: 1 to 60.
    pub minutes_per_resident: i64,
    /// Whether it may be recorded.
    pub recorded: bool,
    /// Days for which a recording is kept: 1 to 3,650.
    pub retention_days: i64,
    /// Who may come.
    pub audience: Audience,
}

/// A part of the list of receptions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// Open ones, longest first.
    Now,
    /// Announced ones, soonest first.
    Coming,
    /// Ended ones, latest first.
    Past,
}

/// The most receptions that are listed at once.
pub const PAGE: i64 = 100;

/// The stream of a reception in the civic log.
pub fn stream(id: ConferenceId) -> String {
    format!("conference/{id}")
}

/// Announces a reception; who announces it hosts it.
pub async fn create(
    civic: &Civic,
    viewer: &Viewer,
    new: NewConference,
) -> Result<Conference, Error> {
    let host = viewer.signed_in()?;
    rules::may_create(&roles::held(civic, viewer).await?)?;
    rules::check_new(&new, civic.now())?;
    let mut tx = civic.write().await?;
    let id = ConferenceId::new(tx.now());
    // What a fictional person announces goes away with them.
    let demo_key = host.demo.then(|| format!("made:{id}"));
    announce(
        &mut tx,
        id,
        host.id,
        Actor::Role(host.role),
        &new,
        demo_key.as_deref(),
    )
    .await?;
    tx.commit().await?;
    get(civic, id).await
}

/// Inserts and records a reception that was found good.
pub(crate) async fn announce(
    tx: &mut Tx,
    id: ConferenceId,
    host: AccountId,
    actor: Actor,
    new: &NewConference,
    demo_key: Option<&str>,
) -> Result<(), Error> {
    let salt = random::bytes::<16>();
    store::insert(tx, id, host, new, &hex::encode(salt), demo_key).await?;
    record(
        tx,
        id,
        Kind::ConferenceCreated,
        actor,
        json!({
            "audience": new.audience.as_str(),
            "digest": log::digest(&salt, &json!({ "host": host, "title": new.title, "topic": new.topic })),
            "recorded": new.recorded,
            "retention_days": new.retention_days,
            "starts_at_us": new.starts_at.as_microsecond(),
        }),
    )
}

/// Records that a reception was moved to another time.
pub(crate) fn record_move(
    tx: &mut Tx,
    id: ConferenceId,
    actor: Actor,
    starts_at: Timestamp,
) -> Result<(), Error> {
    let payload = json!({ "starts_at_us": starts_at.as_microsecond() });
    record(tx, id, Kind::ConferenceMoved, actor, payload)
}

/// Makes an announced reception one that was held from `opened_at` to `ended_at`, and records it.
pub(crate) async fn record_as_held(
    tx: &mut Tx,
    id: ConferenceId,
    actor: Actor,
    opened_at: Timestamp,
    ended_at: Timestamp,
) -> Result<(), Error> {
    store::set_held(tx, id, opened_at, ended_at).await?;
    let duration_ms = (ended_at.as_microsecond() - opened_at.as_microsecond()).max(0) / 1000;
    record(tx, id, Kind::ConferenceOpened, actor, json!({}))?;
    record(
        tx,
        id,
        Kind::ConferenceEnded,
        actor,
        json!({ "duration_ms": duration_ms }),
    )
}

/// One reception.
pub async fn get(civic: &Civic, id: ConferenceId) -> Result<Conference, Error> {
    store::get(&civic.db, id, civic.now())
        .await?
        .ok_or(Error::NotFound)
}

/// At most `limit` (and at most [`PAGE`]) receptions.
pub async fn list(civic: &Civic, when: When, limit: i64) -> Result<Vec<Conference>, Error> {
    store::list(&civic.db, when, limit.clamp(1, PAGE), civic.now()).await
}

/// Opens a reception: from now on residents get seats. Opening an open one changes nothing.
pub async fn open(civic: &Civic, viewer: &Viewer, id: ConferenceId) -> Result<Conference, Error> {
    let conference = get(civic, id).await?;
    let actor = rules::runs(viewer, &roles::held(civic, viewer).await?, &conference)?;
    if rules::move_to(conference.status, Status::Open)? {
        let mut tx = civic.write().await?;
        // Two clicks at once: the second finds nothing to move.
        if store::set_open(&mut tx, id).await? {
            record(&mut tx, id, Kind::ConferenceOpened, actor, json!({}))?;
        }
        tx.commit().await?;
    }
    get(civic, id).await
}

/// Ends a reception. Ending an ended one changes nothing. Closing the room and stopping the recording is the caller's.
pub async fn end(civic: &Civic, viewer: &Viewer, id: ConferenceId) -> Result<Conference, Error> {
    let conference = get(civic, id).await?;
    let actor = rules::runs(viewer, &roles::held(civic, viewer).await?, &conference)?;
    if rules::move_to(conference.status, Status::Ended)? {
        let mut tx = civic.write().await?;
        let duration_ms = conference.opened_at.map_or(0, |opened| {
            (tx.now_us() - opened.as_microsecond()).max(0) / 1000
        });
        if store::set_ended(&mut tx, id).await? {
            let payload = json!({ "duration_ms": duration_ms });
            record(&mut tx, id, Kind::ConferenceEnded, actor, payload)?;
        }
        tx.commit().await?;
    }
    get(civic, id).await
}

/// Adds a record to a reception's stream.
fn record(
    tx: &mut Tx,
    id: ConferenceId,
    kind: Kind,
    actor_role: Actor,
    payload: serde_json::Value,
) -> Result<(), Error> {
    log::append(
        tx,
        Entry {
            stream: stream(id),
            kind,
            actor_role,
            subject: id.to_string(),
            payload,
        },
    )
}
