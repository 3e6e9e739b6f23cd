//! Who spoke when: from "who speaks now" to spans with a beginning and an end. Pure. Times are µs since the recording began.

use std::collections::BTreeMap;

use crate::manifest::Span;

/// A pause this short does not end a span.
const PAUSE_US: u64 = 1_000_000;
/// No more spans are kept: days of talk.
const SPANS: usize = 50_000;

/// Those who speak now, and where their spans stand.
#[derive(Debug, Default)]
pub(crate) struct Speakers {
    open: BTreeMap<u64, usize>,
}

impl Speakers {
    /// From now on exactly these speak.
    pub(crate) fn now(&mut self, speakers: &[u64], at_us: u64, spans: &mut Vec<Span>) {
        self.extend(at_us, spans);
        self.open
            .retain(|participant, _| speakers.contains(participant));
        for &participant in speakers {
            if self.open.contains_key(&participant) {
                continue;
            }
            let resumed = spans
                .iter()
                .rposition(|span| span.participant == participant)
                .filter(|index| spans[*index].end_us.saturating_add(PAUSE_US) >= at_us);
            let index = match resumed {
                Some(index) => index,
                None if spans.len() < SPANS => {
                    spans.push(Span {
                        participant,
                        start_us: at_us,
                        end_us: at_us,
                    });
                    spans.len() - 1
                }
                None => continue,
            };
            self.open.insert(participant, index);
        }
    }

    /// Those who speak have spoken until now.
    pub(crate) fn extend(&self, at_us: u64, spans: &mut [Span]) {
        for index in self.open.values() {
            if let Some(span) = spans.get_mut(*index) {
                span.end_us = span.end_us.max(at_us);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_begin_end_and_bridge_short_pauses() {
        let (mut speakers, mut spans) = (Speakers::default(), Vec::new());
        speakers.now(&[1], 0, &mut spans);
        speakers.now(&[2, 1], 2_000_000, &mut spans);
        speakers.now(&[2], 3_000_000, &mut spans);
        speakers.now(&[1, 2], 3_500_000, &mut spans);
        speakers.now(&[], 5_000_000, &mut spans);
        speakers.now(&[1], 9_000_000, &mut spans);
        speakers.extend(9_500_000, &mut spans);
        let flat: Vec<_> = spans
            .iter()
            .map(|s| (s.participant, s.start_us / 1000, s.end_us / 1000))
            .collect();
        assert_eq!(flat, [(1, 0, 5000), (2, 2000, 5000), (1, 9000, 9500)]);
    }
}
