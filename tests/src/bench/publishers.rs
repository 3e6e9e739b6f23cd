//! The thread that sends what all publishers of a run send, each in its own time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::load::Load;
use crate::process;

/// How long the publishers look away while they are paused.
const PAUSED: Duration = Duration::from_millis(1);
/// Over so long the beginnings of all publishers are spread.
const SPREAD: Duration = Duration::from_millis(100);

/// Sends a packet that is due.
pub type Send = Box<dyn FnMut(&[u8]) -> anyhow::Result<()> + std::marker::Send>;

/// Nobody's turn: all speak.
pub const ALL: u8 = u8::MAX;

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    pause: AtomicBool,
    idle: AtomicBool,
    sent: AtomicU64,
    speaker: AtomicU8,
}

/// The running publishers.
pub struct Publishers {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Publishers {
    /// Starts them.
    pub fn start(all: Vec<(Load, Send)>) -> Self {
        let shared = Arc::new(Shared {
            speaker: AtomicU8::new(ALL),
            ..Shared::default()
        });
        let seen = shared.clone();
        Self {
            shared,
            thread: Some(std::thread::spawn(move || run(all, &seen))),
        }
    }

    /// Packets that were sent, of all publishers.
    pub fn sent(&self) -> u64 {
        self.shared.sent.load(Ordering::Acquire)
    }

    /// Stops sending for now; returns when nothing more comes.
    pub fn pause(&self) {
        self.shared.pause.store(true, Ordering::Release);
        while !self.shared.idle.load(Ordering::Acquire) && !self.has_ended() {
            std::thread::park_timeout(PAUSED);
        }
    }

    /// Goes on where it was.
    pub fn resume(&self) {
        self.shared.idle.store(false, Ordering::Release);
        self.shared.pause.store(false, Ordering::Release);
    }

    /// From now on this one is loud, and everybody else silent; [`ALL`]: everybody is loud.
    pub fn speak(&self, publisher: u8) {
        self.shared.speaker.store(publisher, Ordering::Release);
    }

    fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends them; says why they ended if they had before.
    pub fn end(mut self) -> anyhow::Result<()> {
        self.shared.stop.store(true, Ordering::Release);
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(_)) => anyhow::bail!("the publishers ended by a panic"),
            None => Ok(()),
        }
    }
}

impl Drop for Publishers {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::Release);
    }
}

fn run(mut all: Vec<(Load, Send)>, shared: &Shared) -> anyhow::Result<()> {
    process::hurry();
    let mut since = Duration::ZERO;
    let mut last = Instant::now();
    let count = all.len().max(1) as u32;
    while !shared.stop.load(Ordering::Acquire) {
        let now = Instant::now();
        if shared.pause.load(Ordering::Acquire) {
            shared.idle.store(true, Ordering::Release);
            std::thread::park_timeout(PAUSED);
            last = Instant::now();
            continue;
        }
        since += now - last;
        last = now;
        let speaker = shared.speaker.load(Ordering::Acquire);
        let mut next = since + Duration::from_millis(20);
        for (place, (load, send)) in all.iter_mut().enumerate() {
            let begins = SPREAD * place as u32 / count;
            let Some(since) = since.checked_sub(begins) else {
                continue;
            };
            load.speak(speaker == ALL || usize::from(speaker) == place);
            while let Some(packet) = load.take(since) {
                send(&packet)?;
                shared.sent.fetch_add(1, Ordering::AcqRel);
            }
            next = next.min(load.next() + begins);
        }
        std::thread::park_timeout(next.saturating_sub(since));
    }
    Ok(())
}
