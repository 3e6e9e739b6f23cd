//! Where civic life and media meet, and nowhere else: civic events become commands for rooms and recordings, and what
//! happens to rooms and recordings becomes lines of the civic log. One task; what it does is done in order.

use std::collections::HashMap;

use anyhow::Context;
use civic_api::conferences::presences::{self, Label, Mark, Seat};
use civic_api::conferences::recordings::{self, Facts, State};
use civic_api::conferences::{conference_of, room_of};
use civic_api::identity::Assurance;
use civic_api::log::{Actor, Kind};
use civic_api::{ConferenceId, RecordingId, log};
use recorder::RecorderEvent;
use sha2::{Digest, Sha256};
use signaling::{RecordingState, RecordingStatus, RoomEvent};
use tokio::sync::mpsc;

use crate::state::AppState;

/// Brings back what a crash had left, then turns events into deeds until the server ends.
pub async fn run(
    state: AppState,
    rooms: mpsc::Receiver<RoomEvent>,
    recorder: Option<mpsc::Receiver<RecorderEvent>>,
) -> anyhow::Result<()> {
    let mut glue = Glue {
        state,
        running: HashMap::new(),
    };
    glue.recover()
        .await
        .context("looking after what the last run left")?;
    let head = log::head(&glue.state.civic.db).await?;
    glue.follow(rooms, recorder, head.seq).await
}

struct Glue {
    state: AppState,
    /// The recording of each room in which one runs.
    running: HashMap<String, RecordingId>,
}

impl Glue {
    /// After a restart no seat is taken, and no recording runs.
    async fn recover(&self) -> anyhow::Result<()> {
        let civic = &self.state.civic;
        presences::recover(civic).await?;
        for recording in recordings::unfinished(civic).await? {
            let folder = self.state.config.media_dir().join(recording.id.to_string());
            if !folder.exists() {
                recordings::fail(civic, recording.id, "recorder_unavailable").await?;
            } else if recording.state == State::Running {
                recordings::stop(civic, recording.id, Actor::System).await?;
            }
        }
        Ok(())
    }

    async fn follow(
        &mut self,
        mut rooms: mpsc::Receiver<RoomEvent>,
        mut recorder: Option<mpsc::Receiver<RecorderEvent>>,
        seq: i64,
    ) -> anyhow::Result<()> {
        let mut civic_log = log::follow(&self.state.civic.db, seq);
        loop {
            let done = tokio::select! {
                Some(event) = rooms.recv() => self.on_room(event).await,
                Some(event) = next(&mut recorder) => self.on_recorder(event).await,
                records = civic_log.next() => match records {
                    Ok(records) => {
                        for record in records.iter().filter(|r| r.kind == Kind::ConferenceEnded.as_str()) {
                            self.on_conference_ended(&record.subject).await;
                        }
                        Ok(())
                    }
                    Err(e) => Err(e.into()),
                },
                else => return Ok(()),
            };
            // One deed that fails (a database that is away) does not end the others.
            if let Err(e) = done {
                tracing::error!(error = %format!("{e:#}"), "an event could not be brought to the civic record");
            }
        }
    }

    async fn on_room(&mut self, event: RoomEvent) -> anyhow::Result<()> {
        let civic = &self.state.civic;
        match event {
            RoomEvent::Joined {
                room,
                seat,
                participant,
                label,
                identified,
                verified,
                host,
                account,
            } => {
                let Some(conference) = conference_of(&room) else {
                    return Ok(());
                };
                let label = match label {
                    signaling::Label::Named { name } => Label::Name(name),
                    signaling::Label::Anonymous { number } => Label::Anonymous(number),
                };
                presences::joined(
                    civic,
                    conference,
                    &Seat {
                        seat,
                        participant,
                        label,
                        mark: Mark {
                            identified: identified.map(known),
                            verified,
                        },
                        host,
                        account: account.and_then(|account| account.parse().ok()),
                    },
                )
                .await?;
            }
            RoomEvent::Left { room, seat } => {
                let Some(conference) = conference_of(&room) else {
                    return Ok(());
                };
                presences::left(civic, conference, seat).await?;
            }
            RoomEvent::RecordRequested { room, on: true, .. } => {
                if let Err(e) = self.start_recording(&room).await {
                    self.tell_failed(&room, "recorder_unavailable");
                    return Err(e);
                }
            }
            RoomEvent::RecordRequested {
                room, on: false, ..
            } => self.stop_recording(&room, Actor::Host).await?,
            RoomEvent::RoomEmpty { room } => self.stop_recording(&room, Actor::System).await?,
        }
        Ok(())
    }

    async fn start_recording(&mut self, room: &str) -> anyhow::Result<()> {
        if self.running.contains_key(room) {
            return Ok(());
        }
        let conference =
            conference_of(room).context("a room that is no reception is not recorded")?;
        let recorder = self
            .state
            .recorder
            .clone()
            .context("recording is turned off")?;
        let recording = recordings::begin(&self.state.civic, conference).await?;
        let feed = match self.state.sfu.feed(&sfu::RoomId::new(room)).await {
            Ok(feed) => feed,
            Err(e) => {
                recordings::fail(&self.state.civic, recording.id, "recorder_unavailable").await?;
                return Err(e.into());
            }
        };
        let media = self.state.sfu.clone();
        recorder.record(
            &recording.id.to_string(),
            feed,
            Box::new(move |track| media.request_keyframe(track)),
        );
        self.running.insert(room.to_owned(), recording.id);
        Ok(())
    }

    async fn stop_recording(&mut self, room: &str, by: Actor) -> anyhow::Result<()> {
        let Some(id) = self.running.remove(room) else {
            // Asked for and stopped again before it began, or failed: the room must not go on believing in it.
            self.tell(room, RecordingStatus::Off, None, None);
            return Ok(());
        };
        if let Some(recorder) = &self.state.recorder {
            recorder.stop(&id.to_string());
        }
        self.tell(room, RecordingStatus::Off, None, None);
        recordings::stop(&self.state.civic, id, by).await?;
        Ok(())
    }

    async fn on_conference_ended(&mut self, subject: &str) {
        let Ok(conference) = subject.parse::<ConferenceId>() else {
            return;
        };
        let room = room_of(conference);
        if let Err(e) = self.stop_recording(&room, Actor::System).await {
            tracing::error!(error = %format!("{e:#}"), "the end of a recording could not be recorded");
        }
        self.state.signaling.close_room(&room, "ended");
    }

    async fn on_recorder(&mut self, event: RecorderEvent) -> anyhow::Result<()> {
        let civic = &self.state.civic;
        match event {
            RecorderEvent::Started { recording } => {
                if let Some(room) = self.room_of_recording(&recording) {
                    let since = u64::try_from(civic.now().as_millisecond()).ok();
                    self.tell(&room, RecordingStatus::On, since, None);
                }
            }
            RecorderEvent::Failed { recording, reason } => {
                if let Some(room) = self.room_of_recording(&recording) {
                    self.running.remove(&room);
                    self.tell_failed(&room, reason);
                }
                if let Ok(id) = recording.parse() {
                    recordings::fail(civic, id, reason).await?;
                }
            }
            RecorderEvent::Finished {
                recording,
                manifest,
            } => {
                let Ok(id) = recording.parse::<RecordingId>() else {
                    return Ok(());
                };
                let file = self
                    .state
                    .config
                    .media_dir()
                    .join(&recording)
                    .join("manifest.json");
                let bytes = tokio::fs::read(&file)
                    .await
                    .with_context(|| file.display().to_string())?;
                let size_bytes = manifest
                    .tracks
                    .iter()
                    .flat_map(|t| &t.pieces)
                    .map(|p| p.size_bytes)
                    .sum();
                let facts = Facts {
                    duration_ms: manifest.duration_us / 1000,
                    size_bytes,
                    manifest_sha256: Some(hex::encode(Sha256::digest(&bytes))),
                };
                recordings::finish(civic, id, facts).await?;
            }
        }
        Ok(())
    }

    fn room_of_recording(&self, recording: &str) -> Option<String> {
        self.running
            .iter()
            .find(|(_, id)| id.to_string() == recording)
            .map(|(room, _)| room.clone())
    }

    fn tell_failed(&self, room: &str, reason: &str) {
        self.tell(room, RecordingStatus::Failed, None, Some(reason.to_owned()));
    }

    fn tell(
        &self,
        room: &str,
        status: RecordingStatus,
        since_ms: Option<u64>,
        reason: Option<String>,
    ) {
        self.state.signaling.set_recording(
            room,
            RecordingState {
                status,
                since_ms,
                reason,
            },
        );
    }
}

/// The next event of a recorder, if there is one; else never.
async fn next(events: &mut Option<mpsc::Receiver<RecorderEvent>>) -> Option<RecorderEvent> {
    match events {
        Some(events) => events.recv().await,
        None => std::future::pending().await,
    }
}

/// The mark beside a name in the call, for the civic record.
fn known(by: signaling::Identified) -> presences::Identified {
    presences::Identified {
        way: match by.way {
            signaling::Way::Viisp => presences::Way::Viisp,
            signaling::Way::Oidc => presences::Way::Oidc,
            signaling::Way::Eticket => presences::Way::Eticket,
            signaling::Way::Demonstration => presences::Way::Demonstration,
        },
        level: by.level.map(|level| match level {
            signaling::Level::Low => Assurance::Low,
            signaling::Level::Substantial => Assurance::Substantial,
            signaling::Level::High => Assurance::High,
        }),
    }
}
