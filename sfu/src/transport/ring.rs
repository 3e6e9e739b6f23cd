//! The ring from one shard to another: bounded, in order, without a lock. Each pair of shards has one in each direction.
//!
//! What it drops: media (packets, clocks, measures) once [`MEDIA`] messages wait, counted; so control messages still find
//! room. When even they do not, the ring is *torn*: nothing more is put in until the other end has emptied it, and then the
//! whole state goes first ([`Message::Reset`]), so that no change is ever missed for good.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, TrySendError, sync_channel};

use super::across::Message;
use super::handle::Control;

/// Messages that may wait in one ring: a tenth of a second of all that one core can receive.
pub(crate) const RING: usize = 2_048;
/// With so many waiting no more media is put in.
pub(crate) const MEDIA: usize = RING - RING / 4;

/// The end that messages are put into.
pub(crate) struct Outlet {
    messages: SyncSender<Message>,
    put: usize,
    taken: Arc<AtomicUsize>,
    control: Arc<Control>,
    unseen: bool,
    /// A control message did not fit.
    pub(crate) torn: bool,
    /// Messages that were dropped.
    pub(crate) dropped: u64,
}

/// The end that they are taken from.
pub(crate) struct Inlet {
    messages: Receiver<Message>,
    next: Option<Message>,
    took: usize,
    taken: Arc<AtomicUsize>,
    over: bool,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Put {
    /// It will arrive.
    Done,
    /// It was dropped and counted.
    Dropped,
}

/// A ring's two ends. `control` wakes the shard at the taking end.
pub(crate) fn ring(control: Arc<Control>) -> (Outlet, Inlet) {
    let (sender, receiver) = sync_channel(RING);
    let taken = Arc::new(AtomicUsize::new(0));
    let outlet = Outlet {
        messages: sender,
        put: 0,
        taken: taken.clone(),
        control,
        unseen: false,
        torn: false,
        dropped: 0,
    };
    let inlet = Inlet {
        messages: receiver,
        next: None,
        took: 0,
        taken,
        over: false,
    };
    (outlet, inlet)
}

impl Outlet {
    /// Messages that wait.
    pub(crate) fn waiting(&self) -> usize {
        self.put
            .wrapping_sub(self.taken.load(Ordering::Acquire))
            .min(RING)
    }

    /// Whether media would be dropped now.
    pub(crate) fn is_full(&self) -> bool {
        self.torn || self.waiting() >= MEDIA
    }

    /// Puts a message in, or drops it: media when there is little room, anything when there is none.
    pub(crate) fn put(&mut self, message: Message) -> Put {
        let media = message.is_media();
        if self.torn || (media && self.is_full()) {
            self.dropped += 1;
            return Put::Dropped;
        }
        match self.messages.try_send(message) {
            Ok(()) => {
                self.put = self.put.wrapping_add(1);
                self.unseen = true;
                Put::Done
            }
            Err(TrySendError::Full(_)) => {
                self.torn |= !media;
                self.dropped += 1;
                Put::Dropped
            }
            // The other shard has ended; the inlet from it says so, too.
            Err(TrySendError::Disconnected(_)) => Put::Dropped,
        }
    }

    /// Whether the whole state may be sent now, after a ring was torn.
    pub(crate) fn may_heal(&self) -> bool {
        self.torn && self.waiting() == 0
    }

    /// Wakes the other shard if it sleeps and something was put in since the last time.
    pub(crate) fn wake(&mut self) {
        if std::mem::take(&mut self.unseen) {
            self.control.wake_if_asleep();
        }
    }
}

impl Inlet {
    /// The next message.
    pub(crate) fn take(&mut self) -> Option<Message> {
        let next = self.next.take().or_else(|| self.fetch())?;
        self.took = self.took.wrapping_add(1);
        Some(next)
    }

    /// Whether a message waits.
    pub(crate) fn has_next(&mut self) -> bool {
        if self.next.is_none() {
            self.next = self.fetch();
        }
        self.next.is_some()
    }

    fn fetch(&mut self) -> Option<Message> {
        match self.messages.try_recv() {
            Ok(message) => Some(message),
            Err(TryRecvError::Empty) => None,
            Err(TryRecvError::Disconnected) => {
                self.over = true;
                None
            }
        }
    }

    /// Tells the other end how much was taken. Call after every turn of taking.
    pub(crate) fn settle(&self) {
        self.taken.store(self.took, Ordering::Release);
    }

    /// Whether the other shard has ended and everything from it was taken.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;
    use crate::forward::layers::Layers;
    use crate::forward::packet::LayerId;
    use crate::ids::{RoomId, TrackId};
    use crate::transport::udp;

    fn ends() -> (Outlet, Inlet) {
        ring(Arc::new(Control::new().unwrap()))
    }

    fn control(track: u64) -> Message {
        let layer = LayerId {
            track: TrackId(track),
            layer: 0,
        };
        Message::Keyframe {
            room: RoomId::new("room"),
            layer,
        }
    }

    fn media() -> Message {
        Message::Pictures {
            room: RoomId::new("room"),
            from: crate::ids::ParticipantId(1),
            track: TrackId(1),
            layers: Layers::default(),
        }
    }

    #[test]
    fn a_full_ring_drops_media_first_and_is_torn_by_the_control_message_that_does_not_fit() {
        let (mut outlet, mut inlet) = ends();
        let media_in = (0..RING).filter(|_| outlet.put(media()) == Put::Done);
        assert_eq!(media_in.count(), MEDIA);
        assert_eq!(outlet.dropped as usize, RING - MEDIA);
        let control_in = (0..RING as u64).filter(|&n| outlet.put(control(n)) == Put::Done);
        assert_eq!(control_in.count(), RING - MEDIA);
        assert!(outlet.torn && !outlet.may_heal());
        while inlet.take().is_some() {}
        assert_eq!(outlet.put(media()), Put::Dropped, "the state goes first");
        inlet.settle();
        assert!(outlet.may_heal());
    }

    #[test]
    fn what_is_put_in_comes_out_in_order_and_the_end_is_seen_after_it() {
        let (mut outlet, mut inlet) = ends();
        for n in 0..3 {
            outlet.put(control(n));
        }
        drop(outlet);
        assert!(inlet.has_next());
        for n in 0..3 {
            let next = inlet.take().unwrap();
            assert!(matches!(next, Message::Keyframe { layer, .. } if layer.track == TrackId(n)));
        }
        assert!(!inlet.is_over());
        assert!(!inlet.has_next() && inlet.is_over());
    }

    #[test]
    fn whoever_falls_asleep_is_woken_by_the_next_message_and_whoever_is_awake_is_let_be() {
        let sleeper = Arc::new(Control::new().unwrap());
        let (mut outlet, mut inlet) = ring(sleeper.clone());
        outlet.put(control(1));
        outlet.wake();
        sleeper.fall_asleep();
        assert!(inlet.has_next(), "seen before it sleeps");
        inlet.take();
        sleeper.wake_up();
        let woken = std::thread::spawn(move || {
            sleeper.fall_asleep();
            while !inlet.has_next() {
                udp::wait(None, &sleeper.waker, std::time::Duration::from_secs(600));
            }
        });
        outlet.put(control(2));
        outlet.wake();
        woken.join().unwrap();
    }

    #[test]
    fn a_ring_of_nobody_takes_nothing_and_blocks_nobody() {
        let (mut outlet, inlet) = ends();
        drop(inlet);
        for n in 0..10_000 {
            assert_eq!(outlet.put(control(n)), Put::Dropped);
        }
        assert!(!outlet.torn);
    }
}
