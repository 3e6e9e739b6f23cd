//! Who speaks: from the loudness that senders report (RFC 6464), smoothed, with hysteresis and hold.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use crate::forward::rtp::AudioLevel;
use crate::ids::ParticipantId;

/// How long somebody counts as speaking after the last loud moment: longer than the pauses between words.
pub const HOLD: Duration = Duration::from_millis(800);

/// Loudness above silence (127 dB below the loudest) at which somebody begins to speak: −50 dBov.
const BEGIN_DB: f32 = 77.0;
/// Loudness below which somebody does not speak any more, once [`HOLD`] is over: −58 dBov.
const END_DB: f32 = 69.0;
/// How much louder one must be to overtake another in the list.
const OVERTAKE_DB: f32 = 6.0;
/// How quickly the measure follows a rising voice: a cough of 50 ms does not begin a speech.
const ATTACK: Duration = Duration::from_millis(80);
/// How quickly it falls.
const RELEASE: Duration = Duration::from_millis(300);
/// Without packets for this long (muted, discontinuous transmission) it is silent.
const SILENT_AFTER: Duration = Duration::from_millis(500);

/// The voices of one room.
#[derive(Debug, Default)]
pub struct Speakers {
    voices: HashMap<ParticipantId, Voice>,
    /// Who speaks, loudest first.
    speaking: Vec<ParticipantId>,
    /// Who ever spoke, the last one first.
    recent: Vec<ParticipantId>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Voice {
    /// Smoothed, in dB above silence.
    loudness: f32,
    heard: Option<Instant>,
    loud: Option<Instant>,
    muted: bool,
}

impl Voice {
    /// Moves the measure towards `target` as far as the time since the last packet allows.
    fn follow(&mut self, target: f32, now: Instant) {
        let passed = self
            .heard
            .map_or(Duration::from_millis(20), |heard| now.duration_since(heard))
            .min(SILENT_AFTER);
        let pace = if target > self.loudness {
            ATTACK
        } else {
            RELEASE
        };
        let share = 1.0 - (-passed.as_secs_f32() / pace.as_secs_f32()).exp();
        self.loudness += (target - self.loudness) * share;
        self.heard = Some(now);
        if self.loudness >= END_DB {
            self.loud = Some(now);
        }
    }

    fn speaks(&self, spoke: bool, now: Instant) -> bool {
        let held = self
            .loud
            .is_some_and(|loud| now.duration_since(loud) < HOLD);
        !self.muted && (self.loudness >= BEGIN_DB || (spoke && held))
    }
}

impl Speakers {
    /// One packet's loudness.
    pub fn level(&mut self, participant: ParticipantId, level: AudioLevel, now: Instant) {
        let voice = self.voices.entry(participant).or_default();
        voice.follow(f32::from(127 - level.level.min(127)), now);
    }

    /// A muted participant does not speak, whatever its browser reports.
    pub fn set_muted(&mut self, participant: ParticipantId, muted: bool) {
        let voice = self.voices.entry(participant).or_default();
        *voice = Voice {
            muted,
            ..Voice::default()
        };
    }

    /// A participant left.
    pub fn remove(&mut self, participant: ParticipantId) {
        self.voices.remove(&participant);
        self.recent.retain(|&other| other != participant);
    }

    /// Decides anew; `true` if another list came of it. Call every 100 ms.
    pub fn tick(&mut self, now: Instant) -> bool {
        for voice in self.voices.values_mut() {
            let gone = voice
                .heard
                .is_some_and(|heard| now.duration_since(heard) >= SILENT_AFTER);
            if gone && voice.loudness > 0.0 {
                voice.loudness = 0.0;
            }
        }
        let mut speaking: Vec<_> = self
            .speaking
            .iter()
            .copied()
            .filter(|id| self.voices.get(id).is_some_and(|v| v.speaks(true, now)))
            .collect();
        let mut beginning: Vec<_> = self
            .voices
            .iter()
            .filter(|(id, voice)| voice.speaks(false, now) && !speaking.contains(id))
            .map(|(&id, _)| id)
            .collect();
        beginning.sort();
        speaking.append(&mut beginning);
        self.order(&mut speaking);
        for id in speaking.iter().rev() {
            if !self.speaking.contains(id) {
                self.recent.retain(|other| other != id);
                self.recent.insert(0, *id);
            }
        }
        let changed = speaking != self.speaking;
        self.speaking = speaking;
        changed
    }

    /// Who speaks, loudest first. Empty in a silent room.
    pub fn speaking(&self) -> &[ParticipantId] {
        &self.speaking
    }

    /// Who ever spoke and is still here, the one who began last first: a silent room goes on showing its last speaker.
    pub fn recent(&self) -> &[ParticipantId] {
        &self.recent
    }

    /// Sorts by loudness, but lets only the clearly louder overtake, so that the list does not flicker.
    fn order(&self, speaking: &mut [ParticipantId]) {
        let loudness = |id: &ParticipantId| self.voices.get(id).map_or(0.0, |v| v.loudness);
        for place in 1..speaking.len() {
            let mut at = place;
            while at > 0 && loudness(&speaking[at]) > loudness(&speaking[at - 1]) + OVERTAKE_DB {
                speaking.swap(at, at - 1);
                at -= 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: ParticipantId = ParticipantId(1);
    const B: ParticipantId = ParticipantId(2);
    const PACKET: Duration = Duration::from_millis(20);

    /// A room with a clock: everybody listed sends a packet of that loudness every 20 ms.
    struct Clocked {
        speakers: Speakers,
        now: Instant,
    }

    impl Clocked {
        fn new() -> Self {
            Self {
                speakers: Speakers::default(),
                now: Instant::now(),
            }
        }

        fn run(&mut self, ms: u64, voices: &[(ParticipantId, u8)]) -> usize {
            let mut changes = 0;
            for n in 0..ms / 20 {
                self.now += PACKET;
                for &(id, level) in voices {
                    let level = AudioLevel { voice: true, level };
                    self.speakers.level(id, level, self.now);
                }
                if n % 5 == 4 {
                    changes += usize::from(self.speakers.tick(self.now));
                }
            }
            changes
        }
    }

    #[test]
    fn a_voice_speaks_after_a_moment_and_until_the_hold_is_over() {
        let mut room = Clocked::new();
        room.run(200, &[(A, 30), (B, 90)]);
        assert_eq!(room.speakers.speaking(), [A]);
        room.run(600, &[(A, 100), (B, 90)]);
        assert_eq!(room.speakers.speaking(), [A], "a pause between words");
        room.run(1000, &[(A, 100), (B, 90)]);
        assert!(room.speakers.speaking().is_empty());
    }

    #[test]
    fn a_silent_room_remembers_its_last_speaker() {
        let mut room = Clocked::new();
        room.run(500, &[(A, 30), (B, 127)]);
        room.run(2000, &[(A, 127), (B, 30)]);
        room.run(3000, &[(A, 127), (B, 127)]);
        assert!(room.speakers.speaking().is_empty());
        assert_eq!(room.speakers.recent(), [B, A]);
    }

    #[test]
    fn a_cough_is_no_speech() {
        let mut room = Clocked::new();
        room.run(1000, &[(A, 110)]);
        assert_eq!(room.run(40, &[(A, 40)]) + room.run(1000, &[(A, 110)]), 0);
    }

    #[test]
    fn a_voice_around_the_threshold_does_not_flicker() {
        let mut room = Clocked::new();
        room.run(500, &[(A, 45)]);
        let mut changes = 0;
        for _ in 0..50 {
            changes += room.run(100, &[(A, 55)]) + room.run(100, &[(A, 48)]);
        }
        assert_eq!(changes, 0);
        assert_eq!(room.speakers.speaking(), [A]);
    }

    #[test]
    fn the_clearly_louder_comes_first() {
        let mut room = Clocked::new();
        room.run(500, &[(A, 35), (B, 33)]);
        assert_eq!(room.speakers.speaking(), [A, B], "about as loud");
        room.run(500, &[(A, 35), (B, 15)]);
        assert_eq!(room.speakers.speaking(), [B, A]);
    }

    #[test]
    fn the_muted_and_the_gone_do_not_speak() {
        let mut room = Clocked::new();
        room.run(500, &[(A, 20), (B, 20)]);
        room.speakers.set_muted(A, true);
        room.run(100, &[(A, 20), (B, 20)]);
        assert_eq!(room.speakers.speaking(), [B]);
        room.speakers.remove(B);
        room.run(100, &[]);
        assert!(room.speakers.speaking().is_empty());
        assert_eq!(room.speakers.recent(), [A]);
    }

    #[test]
    fn a_voice_whose_packets_stop_ends() {
        let mut room = Clocked::new();
        room.run(500, &[(A, 20)]);
        room.run(2000, &[]);
        assert!(room.speakers.speaking().is_empty());
    }
}
