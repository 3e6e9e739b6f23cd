//! Receptions from announcement to archive: what happens, what is recorded of it, and what cannot happen.

use civic_api::conferences::presences::{self, Label, Seat};
use civic_api::conferences::recordings::{self, Facts, State};
use civic_api::conferences::{self, Audience, Conference, NewConference, Status, When};
use civic_api::log::{self, Actor, Verdict};
use civic_api::{ConferenceId, Error, RecordingId, Viewer};

use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    a_reception_goes_from_announced_to_open_to_ended,
    only_who_may_host_announces,
    the_host_alone_opens_and_ends,
    two_clicks_at_once_are_one_act,
    lists_are_now_coming_and_past,
    a_recording_knows_who_was_there,
    a_recording_only_moves_forward,
    one_recording_at_a_time_and_only_when_agreed,
    a_recording_is_kept_for_its_days,
    what_is_over_its_time_is_deleted_and_forgotten,
    who_was_in_no_recording_is_forgotten,
    after_a_restart_nobody_is_present,
    the_erased_leave_no_label,
    the_log_can_be_checked_against_the_announcement,
);

fn new_conference(ground: &Ground) -> NewConference {
    let now = ground.civic.now();
    NewConference {
        title: "Kiemų apšvietimas".into(),
        topic: "Kur tamsu.".into(),
        starts_at: now + jiff::SignedDuration::from_hours(1),
        ends_at: now + jiff::SignedDuration::from_hours(2),
        minutes_per_resident: 8,
        recorded: true,
        retention_days: 30,
        audience: Audience::Anyone,
        eldership: None,
    }
}

async fn announced(ground: &Ground) -> (Viewer, Conference) {
    ground.fill().await;
    let rasa = ground.viewer("Rasa").await;
    let conference = conferences::create(&ground.civic, &rasa, new_conference(ground))
        .await
        .unwrap();
    (rasa, conference)
}

async fn opened(ground: &Ground) -> (Viewer, Conference) {
    let (rasa, conference) = announced(ground).await;
    let conference = conferences::open(&ground.civic, &rasa, conference.id)
        .await
        .unwrap();
    (rasa, conference)
}

fn seat(number: u32, label: Label) -> Seat {
    Seat {
        seat: number,
        participant: 100 + u64::from(number),
        host: number == 1,
        account: None,
        mark: presences::Mark::default(),
        label,
    }
}

fn facts() -> Facts {
    Facts {
        duration_ms: 61_000,
        size_bytes: 1_000_000,
        manifest_sha256: Some("ab".repeat(32)),
    }
}

/// The kinds and roles of a reception's records.
async fn history(ground: &Ground, id: ConferenceId) -> Vec<String> {
    log::stream_after(&ground.civic.db, &conferences::stream(id), 0)
        .await
        .unwrap()
        .into_iter()
        .map(|record| format!("{} by {}", record.kind, record.actor_role))
        .collect()
}

async fn is_whole(ground: &Ground) {
    let verdict = log::verify(&ground.civic.db, &[], |_, _| {}).await.unwrap();
    assert!(matches!(verdict, Verdict::Whole(_)), "{verdict:?}");
}

async fn a_reception_goes_from_announced_to_open_to_ended(ground: Ground) {
    let (rasa, announced) = announced(&ground).await;
    assert_eq!(announced.status, Status::Announced);
    assert_eq!(announced.host_name, "Rasa Vaitkienė");
    assert!(
        announced.demo,
        "a fictional person's reception is fictional"
    );
    let id = announced.id;
    let open = conferences::open(&ground.civic, &rasa, id).await.unwrap();
    assert_eq!(
        (open.status, open.opened_at),
        (Status::Open, Some(ground.civic.now()))
    );
    conferences::open(&ground.civic, &rasa, id).await.unwrap();
    ground.clock.advance_s(60);
    let ended = conferences::end(&ground.civic, &rasa, id).await.unwrap();
    assert_eq!(
        (ended.status, ended.ended_at),
        (Status::Ended, Some(ground.civic.now()))
    );
    conferences::end(&ground.civic, &rasa, id).await.unwrap();
    let refused = conferences::open(&ground.civic, &rasa, id)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "conference_ended");
    assert_eq!(
        history(&ground, id).await,
        [
            "conference.created by councillor",
            "conference.opened by host",
            "conference.ended by host"
        ]
    );
    let records = log::stream_after(&ground.civic.db, &conferences::stream(id), 2)
        .await
        .unwrap();
    assert_eq!(records[0].payload["duration_ms"], 60_000);
    is_whole(&ground).await;
}

async fn only_who_may_host_announces(ground: Ground) {
    ground.fill().await;
    let jonas = ground.viewer("Jonas").await;
    let refused = conferences::create(&ground.civic, &jonas, new_conference(&ground)).await;
    assert!(matches!(refused, Err(Error::NotAllowed)));
    let refused =
        conferences::create(&ground.civic, &Viewer::Anonymous, new_conference(&ground)).await;
    assert!(matches!(refused, Err(Error::SignInRequired)));
    let aldona = ground.viewer("Aldona").await;
    conferences::create(&ground.civic, &aldona, new_conference(&ground))
        .await
        .unwrap();
}

async fn the_host_alone_opens_and_ends(ground: Ground) {
    let (_, conference) = announced(&ground).await;
    for other in ["Jonas", "Povilas", "Aldona"] {
        let other = ground.viewer(other).await;
        let opened = conferences::open(&ground.civic, &other, conference.id).await;
        assert!(matches!(opened, Err(Error::NotAllowed)));
        let ended = conferences::end(&ground.civic, &other, conference.id).await;
        assert!(matches!(ended, Err(Error::NotAllowed)));
    }
    assert_eq!(history(&ground, conference.id).await.len(), 1);
}

async fn two_clicks_at_once_are_one_act(ground: Ground) {
    let (rasa, conference) = announced(&ground).await;
    let click = || conferences::open(&ground.civic, &rasa, conference.id);
    let (a, b, c) = tokio::join!(click(), click(), click());
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(history(&ground, conference.id).await.len(), 2);
}

async fn lists_are_now_coming_and_past(ground: Ground) {
    let (_, open) = opened(&ground).await;
    let list = async |when| conferences::list(&ground.civic, when, 100).await.unwrap();
    let now = list(When::Now).await;
    assert_eq!(now.iter().map(|c| c.id).collect::<Vec<_>>(), [open.id]);
    let coming = list(When::Coming).await;
    assert_eq!(coming.len(), 4);
    assert!(coming.is_sorted_by_key(|c| c.starts_at), "soonest first");
    let past = list(When::Past).await;
    assert_eq!(past.len(), 2);
    assert!(past[0].starts_at > past[1].starts_at, "latest first");
    assert_eq!(
        conferences::list(&ground.civic, When::Coming, 1)
            .await
            .unwrap(),
        coming[..1]
    );
    let unknown = conferences::get(&ground.civic, ConferenceId::new(ground.civic.now())).await;
    assert!(matches!(unknown, Err(Error::NotFound)));
}

async fn a_recording_knows_who_was_there(ground: Ground) {
    let (_, conference) = opened(&ground).await;
    let (civic, id) = (&ground.civic, conference.id);
    let name = |name: &str| Label::Name(name.into());
    presences::joined(civic, id, &seat(1, name("Rasa Vaitkienė")))
        .await
        .unwrap();
    presences::joined(civic, id, &seat(2, name("Tas, kuris išėjo")))
        .await
        .unwrap();
    presences::left(civic, id, 2).await.unwrap();
    let recording = recordings::begin(civic, id).await.unwrap();
    presences::joined(civic, id, &seat(3, Label::Anonymous(1)))
        .await
        .unwrap();
    presences::left(civic, id, 3).await.unwrap();
    recordings::stop(civic, recording.id, Actor::Host)
        .await
        .unwrap();
    presences::joined(civic, id, &seat(4, name("Tas, kuris atėjo po įrašo")))
        .await
        .unwrap();
    recordings::finish(civic, recording.id, facts())
        .await
        .unwrap();

    let replay = recordings::replay(civic, recording.id).await.unwrap();
    let labels: Vec<_> = replay.labels.into_iter().collect();
    assert_eq!(
        labels,
        [(101, name("Rasa Vaitkienė")), (103, Label::Anonymous(1))]
    );
    assert_eq!(replay.recording.duration_ms, Some(61_000));
    let shown = conferences::get(civic, id).await.unwrap().recordings;
    let listed = conferences::list(civic, When::Now, 10).await.unwrap();
    assert_eq!(listed[0].recordings, shown);
    assert_eq!(
        (shown.len(), shown[0].id, shown[0].duration_ms),
        (1, recording.id, 61_000)
    );
    assert_eq!(
        history(&ground, id).await[2..],
        [
            "participation.joined by host",
            "participation.joined by resident",
            "participation.left by system",
            "recording.started by host",
            "participation.joined by anonymous",
            "participation.left by system",
            "recording.stopped by host",
            "participation.joined by resident",
            "recording.finished by system",
        ]
    );
    is_whole(&ground).await;
    let logged = db::texts(&ground.url, "log_records", "payload").await;
    for word in ["Rasa", "Tas", "Vaitkien"] {
        assert!(!logged.contains(word), "the log names {word}");
    }
}

async fn a_recording_only_moves_forward(ground: Ground) {
    let (_, conference) = opened(&ground).await;
    let civic = &ground.civic;
    let id = recordings::begin(civic, conference.id).await.unwrap().id;
    assert_eq!(recordings::unfinished(civic).await.unwrap().len(), 1);
    recordings::fail(civic, id, "disk_full").await.unwrap();
    assert_eq!(
        recordings::get(civic, id).await.unwrap().state,
        State::Failed
    );
    assert_eq!(
        recordings::stop(civic, id, Actor::Host)
            .await
            .unwrap_err()
            .code(),
        "recording_state"
    );
    // What was saved of a failed one can still be watched.
    recordings::finish(civic, id, facts()).await.unwrap();
    recordings::finish(civic, id, facts()).await.unwrap();
    assert_eq!(
        recordings::fail(civic, id, "disk_full")
            .await
            .unwrap_err()
            .code(),
        "recording_state"
    );
    assert!(recordings::unfinished(civic).await.unwrap().is_empty());
    let last = history(&ground, conference.id).await;
    assert_eq!(
        last[3..],
        ["recording.failed by system", "recording.finished by system"]
    );
    let unknown = recordings::finish(civic, RecordingId::new(civic.now()), facts()).await;
    assert!(matches!(unknown, Err(Error::NotFound)));
}

async fn one_recording_at_a_time_and_only_when_agreed(ground: Ground) {
    let (rasa, announced) = announced(&ground).await;
    let civic = &ground.civic;
    let code = async |id| recordings::begin(civic, id).await.unwrap_err().code();
    assert_eq!(code(announced.id).await, "conference_not_open");
    conferences::open(civic, &rasa, announced.id).await.unwrap();
    let (a, b) = tokio::join!(
        recordings::begin(civic, announced.id),
        recordings::begin(civic, announced.id)
    );
    assert!(a.is_ok() != b.is_ok(), "one of two at once");
    assert_eq!(code(announced.id).await, "recording_running");
    conferences::end(civic, &rasa, announced.id).await.unwrap();
    assert_eq!(code(announced.id).await, "conference_ended");

    let mut unrecorded = new_conference(&ground);
    unrecorded.recorded = false;
    let unrecorded = conferences::create(civic, &rasa, unrecorded).await.unwrap();
    conferences::open(civic, &rasa, unrecorded.id)
        .await
        .unwrap();
    assert_eq!(code(unrecorded.id).await, "recording_not_agreed");
}

async fn a_recording_is_kept_for_its_days(ground: Ground) {
    let (_, conference) = opened(&ground).await;
    let civic = &ground.civic;
    let id = recordings::begin(civic, conference.id).await.unwrap().id;
    recordings::stop(civic, id, Actor::System).await.unwrap();
    assert!(
        recordings::archive(civic, 10).await.unwrap().is_empty(),
        "not finished yet"
    );
    recordings::finish(civic, id, facts()).await.unwrap();
    assert_eq!(recordings::archive(civic, 10).await.unwrap()[0].id, id);
    ground.clock.advance_s(30 * 86_400 - 1);
    assert_eq!(recordings::archive(civic, 10).await.unwrap().len(), 1);
    ground.clock.advance_s(1);
    assert!(recordings::archive(civic, 10).await.unwrap().is_empty());
    assert!(
        conferences::get(civic, conference.id)
            .await
            .unwrap()
            .recordings
            .is_empty()
    );
}

async fn what_is_over_its_time_is_deleted_and_forgotten(ground: Ground) {
    let (rasa, conference) = opened(&ground).await;
    let civic = &ground.civic;
    let id = recordings::begin(civic, conference.id).await.unwrap().id;
    presences::joined(
        civic,
        conference.id,
        &seat(2, Label::Name("Jonas Petraitis".into())),
    )
    .await
    .unwrap();
    presences::left(civic, conference.id, 2).await.unwrap();
    conferences::end(civic, &rasa, conference.id).await.unwrap();
    recordings::stop(civic, id, Actor::System).await.unwrap();
    recordings::finish(civic, id, facts()).await.unwrap();
    assert_eq!(
        presences::forget_unneeded(civic).await.unwrap(),
        0,
        "the recording needs it"
    );
    assert!(recordings::expired(civic).await.unwrap().is_empty());
    ground.clock.advance_s(30 * 86_400);
    assert_eq!(recordings::expired(civic).await.unwrap(), [id]);
    recordings::delete(civic, id).await.unwrap();
    recordings::delete(civic, id).await.unwrap();
    assert!(recordings::expired(civic).await.unwrap().is_empty());
    assert_eq!(db::count(&ground.url, "presences").await, 0);
    let last = history(&ground, conference.id).await.pop();
    assert_eq!(last.as_deref(), Some("recording.deleted by system"));
    is_whole(&ground).await;
}

async fn who_was_in_no_recording_is_forgotten(ground: Ground) {
    let (rasa, conference) = opened(&ground).await;
    let civic = &ground.civic;
    presences::joined(
        civic,
        conference.id,
        &seat(2, Label::Name("Jonas Petraitis".into())),
    )
    .await
    .unwrap();
    presences::joined(civic, conference.id, &seat(3, Label::Anonymous(1)))
        .await
        .unwrap();
    presences::left(civic, conference.id, 2).await.unwrap();
    assert_eq!(
        presences::forget_unneeded(civic).await.unwrap(),
        0,
        "it still goes on"
    );
    conferences::end(civic, &rasa, conference.id).await.unwrap();
    assert_eq!(
        presences::forget_unneeded(civic).await.unwrap(),
        1,
        "the other has not left yet"
    );
    presences::left(civic, conference.id, 3).await.unwrap();
    assert_eq!(presences::forget_unneeded(civic).await.unwrap(), 1);
}

async fn after_a_restart_nobody_is_present(ground: Ground) {
    let (_, conference) = opened(&ground).await;
    let civic = &ground.civic;
    for number in 1..=3 {
        presences::joined(
            civic,
            conference.id,
            &seat(number, Label::Anonymous(number)),
        )
        .await
        .unwrap();
    }
    presences::left(civic, conference.id, 2).await.unwrap();
    presences::left(civic, conference.id, 2).await.unwrap();
    assert_eq!(presences::recover(civic).await.unwrap(), 2);
    assert_eq!(presences::recover(civic).await.unwrap(), 0);
    let records = log::stream_after(&civic.db, &conferences::stream(conference.id), 2)
        .await
        .unwrap();
    let present: Vec<_> = records
        .iter()
        .map(|record| record.payload["present"].as_i64().unwrap())
        .collect();
    assert_eq!(present, [1, 2, 3, 2, 1, 0]);
}

async fn the_erased_leave_no_label(ground: Ground) {
    let (_, conference) = opened(&ground).await;
    let civic = &ground.civic;
    let id = recordings::begin(civic, conference.id).await.unwrap().id;
    presences::joined(
        civic,
        conference.id,
        &seat(2, Label::Name("Jonas Petraitis".into())),
    )
    .await
    .unwrap();
    presences::erase(civic, conference.id).await.unwrap();
    assert!(
        recordings::replay(civic, id)
            .await
            .unwrap()
            .labels
            .is_empty()
    );
    assert_eq!(db::count(&ground.url, "recording_presences").await, 0);
    is_whole(&ground).await;
}

async fn the_log_can_be_checked_against_the_announcement(ground: Ground) {
    let (_, conference) = announced(&ground).await;
    let salt = db::texts(
        &ground.url,
        &format!("conferences where id = '{}'", conference.id),
        "salt",
    )
    .await;
    let digest = log::digest(
        &hex::decode(salt.trim()).unwrap(),
        &serde_json::json!({
            "host": conference.host_id,
            "title": conference.title,
            "topic": conference.topic,
        }),
    );
    let records = log::stream_after(&ground.civic.db, &conferences::stream(conference.id), 0)
        .await
        .unwrap();
    assert_eq!(records[0].payload["digest"], digest);
}
