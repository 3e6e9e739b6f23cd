//! Recordings of receptions: where each stands, who is in it, and who may watch it. The media themselves are elsewhere,
//! in a folder named by the recording's id.
//!
//! A recording is `running`, then `stopped`, then `finished`; or `failed`, from which what was saved may still be
//! `finished`. It never goes back.

pub(crate) mod http;
pub mod rules;
pub(crate) mod store;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::presences::{self, Label, Mark};
use crate::log::{self, Actor, Entry, Kind};
use crate::{Civic, ConferenceId, Error, RecordingId, Tx};

/// A recording.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recording {
    /// Its id: also the name of its folder of media.
    pub id: RecordingId,
    /// Of which reception.
    pub conference: ConferenceId,
    /// What that is called.
    pub conference_title: String,
    /// Who received.
    pub host_id: crate::AccountId,
    /// Their name.
    pub host_name: String,
    /// It belongs to the demonstration city.
    pub demo: bool,
    /// Where it stands.
    pub state: State,
    /// When it began.
    pub started_at: Timestamp,
    /// When it could first be replayed.
    pub finished_at: Option<Timestamp>,
    /// Its length, when finished.
    pub duration_ms: Option<i64>,
    /// Its size on disk, when finished.
    pub size_bytes: Option<i64>,
    /// Until when it is kept.
    pub kept_until: Timestamp,
}

/// A recording with everything a player needs beside the manifest.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replay {
    /// The recording.
    pub recording: Recording,
    /// What the participants of its manifest are called; who was erased is missing.
    pub labels: BTreeMap<u64, Label>,
    /// How they were identified, as the call said; of whom there is nothing to say is missing.
    pub marks: BTreeMap<u64, Mark>,
}

/// Where a recording stands; it only moves forward.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Everything said is written.
    Running,
    /// Stopped; its pieces are being finished.
    Stopped,
    /// It could not go on; what was written is kept.
    Failed,
    /// It can be replayed.
    Finished,
}

impl State {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Running => "running",
            State::Stopped => "stopped",
            State::Failed => "failed",
            State::Finished => "finished",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [
            State::Running,
            State::Stopped,
            State::Failed,
            State::Finished,
        ]
        .into_iter()
        .find(|state| state.as_str() == text)
    }
}

/// What the manifest of a finished recording says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Facts {
    /// Its length.
    pub duration_ms: u64,
    /// The size of all pieces.
    pub size_bytes: u64,
    /// SHA-256 of the manifest, in hex: goes into the civic log, so that anyone can check the media against it.
    pub manifest_sha256: Option<String>,
}

/// Begins a recording of an open reception that was announced as recorded. Whoever is present is in it, and whoever
/// comes before it stops.
pub async fn begin(civic: &Civic, conference: ConferenceId) -> Result<Recording, Error> {
    let of = super::get(civic, conference).await?;
    let mut tx = civic.write().await?;
    rules::may_begin(&of, store::has_running(&mut tx, conference).await?)?;
    let id = RecordingId::new(tx.now());
    store::insert(&mut tx, id, conference).await?;
    presences::store::link_present(&mut tx, id).await?;
    record(
        &mut tx,
        id,
        conference,
        Kind::RecordingStarted,
        Actor::Host,
        json!({}),
    )?;
    tx.commit().await?;
    get(civic, id).await
}

/// The host, or the end of the reception, stops a recording.
pub async fn stop(civic: &Civic, id: RecordingId, by: Actor) -> Result<(), Error> {
    advance(
        civic,
        id,
        State::Stopped,
        Kind::RecordingStopped,
        by,
        &Change::default(),
    )
    .await
}

/// A recording can be replayed.
pub async fn finish(civic: &Civic, id: RecordingId, facts: Facts) -> Result<(), Error> {
    let change = Change {
        facts: Some(facts),
        fault: None,
    };
    advance(
        civic,
        id,
        State::Finished,
        Kind::RecordingFinished,
        Actor::System,
        &change,
    )
    .await
}

/// A recording could not go on. `reason` is a stable code: `disk_full`, `disk_error`, `recorder_unavailable`.
pub async fn fail(civic: &Civic, id: RecordingId, reason: &str) -> Result<(), Error> {
    let change = Change {
        facts: None,
        fault: Some(reason.to_owned()),
    };
    advance(
        civic,
        id,
        State::Failed,
        Kind::RecordingFailed,
        Actor::System,
        &change,
    )
    .await
}

/// What a step forward changes beside the state.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Change {
    pub(crate) facts: Option<Facts>,
    pub(crate) fault: Option<String>,
}

impl Change {
    fn payload(&self) -> serde_json::Value {
        let mut payload = json!({});
        if let Some(facts) = &self.facts {
            payload["duration_ms"] = facts.duration_ms.into();
            payload["size_bytes"] = facts.size_bytes.into();
            if let Some(sha256) = &facts.manifest_sha256 {
                payload["manifest_sha256"] = sha256.as_str().into();
            }
        }
        if let Some(fault) = &self.fault {
            payload["reason"] = fault.as_str().into();
        }
        payload
    }
}

/// One step forward and its record; the step one stands on already changes nothing.
async fn advance(
    civic: &Civic,
    id: RecordingId,
    to: State,
    kind: Kind,
    by: Actor,
    change: &Change,
) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    let (conference, from) = store::lock(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if rules::move_to(from, to)? {
        store::advance(&mut tx, id, to, change).await?;
        record(&mut tx, id, conference, kind, by, change.payload())?;
    }
    tx.commit().await
}

/// One recording, in whatever state. Ask [`rules::may_watch`] before showing it.
pub async fn get(civic: &Civic, id: RecordingId) -> Result<Recording, Error> {
    store::get(&civic.db, id).await?.ok_or(Error::NotFound)
}

/// A recording and the labels of who is in it.
pub async fn replay(civic: &Civic, id: RecordingId) -> Result<Replay, Error> {
    let recording = get(civic, id).await?;
    let people = presences::store::labels(&civic.db, id).await?;
    let marks = people
        .iter()
        .filter(|(_, (_, mark))| *mark != Mark::default())
        .map(|(participant, (_, mark))| (*participant, *mark))
        .collect();
    let labels = people
        .into_iter()
        .map(|(participant, (label, _))| (participant, label))
        .collect();
    Ok(Replay {
        recording,
        labels,
        marks,
    })
}

/// At most `limit` recordings that anyone may watch now, latest first.
pub async fn archive(civic: &Civic, limit: i64) -> Result<Vec<Recording>, Error> {
    store::archive(&civic.db, limit.clamp(1, super::PAGE), civic.now()).await
}

/// Recordings that have not come to an end: what a restart must look after.
pub async fn unfinished(civic: &Civic) -> Result<Vec<Recording>, Error> {
    store::unfinished(&civic.db).await
}

/// Recordings whose time is over: whoever keeps the media deletes them, then calls [`delete`]. In that order: a crash
/// between the two leaves a row that is found again, not a folder that nobody knows of.
pub async fn expired(civic: &Civic) -> Result<Vec<RecordingId>, Error> {
    store::expired(&civic.db, civic.now()).await
}

/// Deletes a recording whose media are deleted, and forgets who sat where when no other recording needs it. One that
/// is not there changes nothing.
pub async fn delete(civic: &Civic, id: RecordingId) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    if let Some((conference, _)) = store::lock(&mut tx, id).await? {
        store::delete(&mut tx, id).await?;
        presences::store::forget_unneeded(&mut tx).await?;
        record(
            &mut tx,
            id,
            conference,
            Kind::RecordingDeleted,
            Actor::System,
            json!({}),
        )?;
    }
    tx.commit().await
}

fn record(
    tx: &mut Tx,
    id: RecordingId,
    conference: ConferenceId,
    kind: Kind,
    actor_role: Actor,
    mut payload: serde_json::Value,
) -> Result<(), Error> {
    payload["conference"] = conference.to_string().into();
    log::append(
        tx,
        Entry {
            stream: super::stream(conference),
            kind,
            actor_role,
            subject: id.to_string(),
            payload,
        },
    )
}
