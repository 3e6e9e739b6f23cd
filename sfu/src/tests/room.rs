//! Facts about who is in which slot.

use std::time::Duration;

use super::*;

/// A room with a clock, whose members have as many slots as the test says.
struct Scene {
    room: Room,
    now: Instant,
    /// What each slot shows, as the assignments said.
    shows: HashMap<(ParticipantId, usize), Option<TrackId>>,
    assigned: usize,
}

fn id(n: u64) -> ParticipantId {
    ParticipantId(n)
}

fn microphone(n: u64) -> TrackId {
    TrackId(10 * n)
}

fn camera(n: u64) -> TrackId {
    TrackId(10 * n + 1)
}

fn screen(n: u64) -> TrackId {
    TrackId(10 * n + 2)
}

impl Scene {
    fn new() -> Self {
        Self {
            room: Room::new(),
            now: Instant::now(),
            shows: HashMap::new(),
            assigned: 0,
        }
    }

    /// Participants 1 to `count`, each with a microphone and a camera.
    fn of(count: u64, audio: usize, video: usize) -> Self {
        let mut scene = Self::new();
        for n in 1..=count {
            scene.join(n, audio, video);
        }
        scene.update();
        scene
    }

    fn join(&mut self, n: u64, audio: usize, video: usize) {
        let slot = |place: usize, kind| Slot {
            mid: place.to_string(),
            kind,
        };
        let slots = (0..audio)
            .map(|place| slot(place, Kind::Audio))
            .chain((audio..audio + video).map(|place| slot(place, Kind::Video)))
            .collect();
        self.room.add(id(n), slots);
        self.room
            .track_started(id(n), microphone(n), Source::Microphone, Kind::Audio);
        self.room
            .track_started(id(n), camera(n), Source::Camera, Kind::Video);
    }

    fn update(&mut self) -> Changes {
        let changes = self.room.update(self.now);
        self.assigned += changes.assignments.len();
        for change in &changes.assignments {
            self.shows
                .insert((change.subscriber, change.slot), change.wanted);
        }
        changes
    }

    /// These speak for `ms`, loudly; all others are silent.
    fn speak(&mut self, ms: u64, speakers: &[u64]) {
        let loudly: Vec<_> = speakers.iter().map(|&n| (n, 20)).collect();
        self.speak_as_loud(ms, &loudly);
    }

    /// Each of these speaks for `ms` at its −dBov.
    fn speak_as_loud(&mut self, ms: u64, speakers: &[(u64, u8)]) {
        for _ in 0..ms / 20 {
            self.now += Duration::from_millis(20);
            let everybody: Vec<_> = self.room.participants().collect();
            for participant in everybody {
                let speaker = speakers.iter().find(|(n, _)| *n == participant.0);
                let level = speaker.map_or(120, |&(_, level)| level);
                let level = AudioLevel { voice: true, level };
                self.room.audio_level(participant, level, self.now);
            }
            self.update();
        }
    }

    fn in_slots(&self, subscriber: u64, slots: std::ops::Range<usize>) -> Vec<Option<TrackId>> {
        slots
            .map(|slot| self.shows.get(&(id(subscriber), slot)).copied().flatten())
            .collect()
    }
}

#[test]
fn in_a_small_room_everybody_is_seen_and_heard_but_oneself() {
    let scene = Scene::of(3, 3, 3);
    assert_eq!(
        scene.in_slots(2, 0..6),
        [
            Some(microphone(1)),
            Some(microphone(3)),
            None,
            Some(camera(1)),
            Some(camera(3)),
            None
        ]
    );
}

#[test]
fn the_map_is_told_whole_and_once() {
    let mut scene = Scene::new();
    scene.join(1, 1, 1);
    assert_eq!(
        scene.update().maps,
        [(id(1), vec![("0".into(), None), ("1".into(), None)])]
    );
    scene.join(2, 1, 1);
    let maps = scene.update().maps;
    assert_eq!(
        maps[0],
        (
            id(1),
            vec![("0".into(), Some(id(2))), ("1".into(), Some(id(2)))]
        )
    );
    assert_eq!(scene.update(), Changes::default());
}

#[test]
fn a_speaker_takes_the_slot_of_who_never_spoke_and_keeps_it_in_silence() {
    let mut scene = Scene::of(6, 3, 2);
    assert_eq!(scene.in_slots(1, 3..5), [Some(camera(2)), Some(camera(3))]);
    scene.speak(400, &[6]);
    assert_eq!(scene.in_slots(1, 3..5), [Some(camera(2)), Some(camera(6))]);
    assert!(scene.in_slots(1, 0..3).contains(&Some(microphone(6))));
    scene.speak(3000, &[]);
    assert_eq!(scene.in_slots(1, 3..5), [Some(camera(2)), Some(camera(6))]);
    assert!(scene.room.speaking().is_empty());
}

#[test]
fn more_speakers_than_slots_do_not_push_each_other_about() {
    let mut scene = Scene::of(8, 2, 2);
    scene.speak(1000, &[3, 4, 5, 6]);
    let before = scene.assigned;
    for _ in 0..5 {
        scene.speak_as_loud(1000, &[(3, 20), (4, 20), (5, 40), (6, 40)]);
        scene.speak_as_loud(1000, &[(3, 40), (4, 40), (5, 20), (6, 20)]);
    }
    assert_eq!(scene.assigned, before);
}

#[test]
fn the_pinned_stays_whoever_speaks() {
    let mut scene = Scene::of(6, 3, 2);
    scene.room.pin(id(1), Some(id(5)));
    scene.update();
    assert!(scene.in_slots(1, 3..5).contains(&Some(camera(5))));
    scene.speak(1000, &[2, 3, 4]);
    assert!(scene.in_slots(1, 3..5).contains(&Some(camera(5))));
    assert!(
        !scene.in_slots(2, 3..5).contains(&Some(camera(5))),
        "pinned for one, not for all"
    );
    scene.room.pin(id(1), None);
    scene.speak(3000, &[]);
    scene.speak(1000, &[2, 3]);
    assert_eq!(
        scene.in_slots(1, 3..5).iter().flatten().count(),
        2,
        "no slot is lost"
    );
}

#[test]
fn a_screen_comes_before_every_face() {
    let mut scene = Scene::of(4, 3, 1);
    scene.room.pin(id(1), Some(id(3)));
    scene.speak(500, &[2]);
    assert_eq!(scene.in_slots(1, 3..4), [Some(camera(3))]);
    scene
        .room
        .track_started(id(4), screen(4), Source::Screen, Kind::Video);
    scene.update();
    assert_eq!(scene.in_slots(1, 3..4), [Some(screen(4))]);
    scene.room.track_ended(screen(4));
    scene.update();
    assert_eq!(scene.in_slots(1, 3..4), [Some(camera(3))]);
}

#[test]
fn a_muted_camera_frees_its_slot_and_comes_back() {
    let mut scene = Scene::of(3, 3, 2);
    scene.room.set_muted(id(2), Source::Camera, true);
    scene.update();
    assert_eq!(scene.in_slots(1, 3..5), [None, Some(camera(3))]);
    scene.room.set_muted(id(2), Source::Camera, false);
    scene.update();
    assert_eq!(scene.in_slots(1, 3..5), [Some(camera(2)), Some(camera(3))]);
}

#[test]
fn a_muted_microphone_keeps_its_slot_until_it_is_needed() {
    let mut scene = Scene::of(3, 2, 0);
    scene.room.set_muted(id(2), Source::Microphone, true);
    scene.update();
    assert_eq!(
        scene.in_slots(1, 0..2),
        [Some(microphone(2)), Some(microphone(3))]
    );
    scene.join(4, 2, 0);
    scene.update();
    assert_eq!(
        scene.in_slots(1, 0..2),
        [Some(microphone(4)), Some(microphone(3))]
    );
}

#[test]
fn who_leaves_frees_the_slots_and_the_next_moves_up() {
    let mut scene = Scene::of(4, 2, 2);
    scene.room.remove(id(2));
    let changes = scene.update();
    assert_eq!(scene.in_slots(1, 2..4), [Some(camera(4)), Some(camera(3))]);
    assert!(changes.maps.iter().all(|(who, _)| *who != id(2)));
    for n in [1, 3, 4] {
        scene.room.remove(id(n));
    }
    assert!(scene.room.is_empty());
}

#[test]
fn a_new_connection_of_the_same_seat_is_told_everything_again() {
    let mut scene = Scene::of(2, 1, 1);
    scene.room.set_muted(id(1), Source::Camera, true);
    scene.update();
    scene.room.track_ended(microphone(1));
    scene.room.track_ended(camera(1));
    scene.room.add(
        id(1),
        vec![Slot {
            mid: "5".into(),
            kind: Kind::Video,
        }],
    );
    scene
        .room
        .track_started(id(1), TrackId(99), Source::Camera, Kind::Video);
    let changes = scene.update();
    assert!(
        changes
            .maps
            .contains(&(id(1), vec![("5".into(), Some(id(2)))]))
    );
    assert_eq!(scene.in_slots(2, 0..2), [None, None], "still muted");
}

#[test]
fn slots_added_later_are_filled_and_the_others_stay() {
    let mut scene = Scene::of(4, 0, 1);
    let slots = (0..3)
        .map(|place| Slot {
            mid: place.to_string(),
            kind: Kind::Video,
        })
        .collect();
    scene.room.set_slots(id(4), slots);
    scene.update();
    assert_eq!(
        scene.in_slots(4, 0..3),
        [Some(camera(1)), Some(camera(2)), Some(camera(3))]
    );
}

#[test]
fn commands_about_strangers_change_nothing() {
    let mut scene = Scene::of(2, 1, 1);
    scene.room.remove(id(9));
    scene.room.set_muted(id(9), Source::Camera, true);
    scene.room.pin(id(9), Some(id(1)));
    scene.room.set_slots(id(9), Vec::new());
    scene
        .room
        .track_started(id(9), camera(9), Source::Camera, Kind::Video);
    scene.room.track_ended(camera(8));
    scene.room.audio_level(
        id(9),
        AudioLevel {
            voice: true,
            level: 0,
        },
        scene.now,
    );
    assert_eq!(scene.update(), Changes::default());
}

#[test]
fn nobody_is_ever_in_two_slots_or_in_their_own() {
    let mut scene = Scene::of(30, 3, 5);
    for round in 0..40u64 {
        let n = round % 30 + 1;
        match round % 5 {
            0 => scene.room.set_muted(id(n), Source::Camera, round % 2 == 0),
            1 => scene.room.pin(id(n), Some(id(round * 7 % 30 + 1))),
            2 => scene
                .room
                .track_started(id(n), screen(n), Source::Screen, Kind::Video),
            3 => scene.room.track_ended(screen(n.saturating_sub(1))),
            _ => scene.speak(300, &[n, round * 3 % 30 + 1]),
        }
        scene.update();
        for subscriber in 1..=30 {
            let mut shown: Vec<_> = scene
                .in_slots(subscriber, 0..8)
                .into_iter()
                .flatten()
                .collect();
            assert!(shown.iter().all(|track| track.0 / 10 != subscriber));
            let count = shown.len();
            shown.sort();
            shown.dedup();
            assert_eq!(shown.len(), count);
            assert!(count >= 7, "slots stay in use");
        }
    }
}
