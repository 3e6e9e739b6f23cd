//! Keyframe requests to one publisher's video stream: throttled, deferred, never dropped (rules 2 and 3).

use std::time::{Duration, Instant};

/// Least time between two requests to one stream.
pub const REQUEST_INTERVAL: Duration = Duration::from_millis(500);

/// Who waits for a keyframe of one stream, and when to ask for it.
#[derive(Clone, Copy, Default, Debug)]
pub struct KeyframeRequests {
    waiting: bool,
    asked: Option<Instant>,
    times: u64,
}

impl KeyframeRequests {
    /// Somebody needs a keyframe. It is kept until one comes.
    pub fn request(&mut self) {
        self.waiting = true;
    }

    /// A keyframe came: it serves all who wait.
    pub fn on_keyframe(&mut self) {
        self.waiting = false;
    }

    /// Whether to send a PLI now. `active`: the stream is sent ([`super::upstream::Upstream::is_active`]). Asks again
    /// every [`REQUEST_INTERVAL`] until the keyframe comes.
    pub fn poll(&mut self, active: bool, now: Instant) -> bool {
        let due = self.waiting && active && self.due_at().is_none_or(|due| due <= now);
        if due {
            self.asked = Some(now);
            self.times += 1;
        }
        due
    }

    /// When to call [`Self::poll`] next at the earliest; `None`: at once if [`Self::is_waiting`], else never.
    pub fn due_at(&self) -> Option<Instant> {
        self.waiting
            .then(|| self.asked.map(|asked| asked + REQUEST_INTERVAL))
            .flatten()
    }

    /// How often a keyframe was asked for.
    pub fn asked_times(&self) -> u64 {
        self.times
    }

    /// Whether somebody waits.
    pub fn is_waiting(&self) -> bool {
        self.waiting
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn rule_2_an_early_request_is_deferred_not_dropped() {
        let start = Instant::now();
        let mut requests = KeyframeRequests::default();
        requests.request();
        assert!(requests.poll(true, start));
        requests.on_keyframe();
        requests.request();
        assert!(!requests.poll(true, start + 100 * MS));
        assert_eq!(requests.due_at(), Some(start + REQUEST_INTERVAL));
        assert!(requests.poll(true, start + REQUEST_INTERVAL));
    }

    #[test]
    fn one_keyframe_serves_all_who_wait() {
        let start = Instant::now();
        let mut requests = KeyframeRequests::default();
        for _ in 0..50 {
            requests.request();
        }
        assert!(requests.poll(true, start));
        requests.on_keyframe();
        assert!(!requests.poll(true, start + 10 * REQUEST_INTERVAL));
    }

    #[test]
    fn rule_2_a_request_that_was_ignored_is_repeated_until_the_keyframe_comes() {
        let start = Instant::now();
        let mut requests = KeyframeRequests::default();
        requests.request();
        let sent = (0..2000u32)
            .filter(|&ms| requests.poll(true, start + ms * MS))
            .count();
        assert_eq!(sent, 4, "every half second");
    }

    #[test]
    fn rule_3_an_inactive_stream_is_asked_when_it_comes_back() {
        let start = Instant::now();
        let mut requests = KeyframeRequests::default();
        requests.request();
        assert!(!requests.poll(false, start));
        assert!(!requests.poll(false, start + 3 * REQUEST_INTERVAL));
        assert!(requests.poll(true, start + 4 * REQUEST_INTERVAL));
    }
}
