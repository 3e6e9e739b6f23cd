//! The server's half at work: one task that owns every recording's replay buffer and the link to the process. It never waits for the
//! socket or the disk, only for the reader of its events.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sfu::{Feed, FeedItem, Kind, TrackId};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::link::{Link, LinkEvent};
use crate::manifest::State;
use crate::replay::{Entry, Replay};
use crate::wire::{ToProcess, ToServer};
use crate::{RecorderConfig, RecorderError, RecorderEvent, folder};

/// Items between the feeds and the supervisor. When it is full the feeds wait, and drop for themselves.
const ITEMS: usize = 1024;
/// Items of one recording that are sent before it is the next one's turn.
const TURN: usize = 64;
/// Without a process for so long, recordings fail.
const GIVE_UP: Duration = Duration::from_secs(30);
/// `shutdown` waits so long for pieces to be closed, and then so long for them to be finished.
const CLOSING: Duration = Duration::from_secs(10);
const FINISHING: Duration = Duration::from_secs(3);
/// A process that dies so often without having written anything new died of what it was sent.
const STRIKES: u32 = 2;

/// Asks for a keyframe of a track.
type Keyframe = Box<dyn Fn(TrackId) + Send>;

/// What the handle says.
pub(crate) enum Command {
    /// Begin.
    Record(String, Feed, Keyframe),
    /// End.
    Stop(String),
    /// End everything.
    Shutdown(oneshot::Sender<()>),
}

/// A recording that is running.
struct Live {
    id: String,
    replay: Replay,
    keyframe: Keyframe,
    /// Ends the task that reads its feed.
    stop: Option<oneshot::Sender<()>>,
    /// The newest time of the feed, and when it was seen.
    clock: (u64, Instant),
    ended: bool,
    /// The process said that it cannot go on, and closes it.
    failed: bool,
    started: bool,
    progressed: bool,
    strikes: u32,
}

/// The task.
pub(crate) struct Supervisor {
    config: RecorderConfig,
    link: Link,
    commands: mpsc::Receiver<Command>,
    events: mpsc::Sender<RecorderEvent>,
    ready: Arc<AtomicBool>,
    feeds: mpsc::Sender<(u32, Option<FeedItem>)>,
    items: mpsc::Receiver<(u32, Option<FeedItem>)>,
    live: BTreeMap<u32, Live>,
    next_handle: u32,
    /// Closed by the process, not yet finished.
    ending: BTreeSet<String>,
    /// To be finished, with the number of times the process died of it. As many as there are unfinished folders.
    leftovers: VecDeque<(String, u32)>,
    finishing: Option<(String, u32)>,
    down_since: Option<Instant>,
    shutdown: Option<(Instant, Vec<oneshot::Sender<()>>)>,
}

enum Step {
    Command(Option<Command>),
    Item(u32, Option<FeedItem>),
    Link(LinkEvent),
    Time,
}

impl Supervisor {
    /// Binds the socket and looks for unfinished recordings.
    pub(crate) fn new(
        config: RecorderConfig,
        commands: mpsc::Receiver<Command>,
        events: mpsc::Sender<RecorderEvent>,
        ready: Arc<AtomicBool>,
    ) -> Result<Self, RecorderError> {
        let storage = |error| RecorderError::storage(&config.media_dir, &error);
        std::fs::create_dir_all(&config.media_dir).map_err(storage)?;
        let unfinished = folder::unfinished(&config.media_dir).map_err(storage)?;
        let (feeds, items) = mpsc::channel(ITEMS);
        Ok(Self {
            link: Link::bind(config.clone())?,
            config,
            commands,
            events,
            ready,
            feeds,
            items,
            live: BTreeMap::new(),
            next_handle: 0,
            ending: BTreeSet::new(),
            leftovers: unfinished.into_iter().map(|id| (id, 0)).collect(),
            finishing: None,
            down_since: Some(Instant::now()),
            shutdown: None,
        })
    }

    /// Works until the shutdown is complete or every handle is gone.
    pub(crate) async fn run(mut self) {
        loop {
            let step = self.step().await;
            match step {
                Step::Command(None) => break,
                Step::Command(Some(command)) => self.command(command).await,
                Step::Item(handle, item) => self.item(handle, item).await,
                Step::Link(LinkEvent::Up) => self.up(),
                Step::Link(LinkEvent::Down) => self.down(),
                Step::Link(LinkEvent::Message(message)) => self.message(message).await,
                Step::Time => self.give_up().await,
            }
            self.send();
            if self.complete() {
                break;
            }
        }
        self.ready.store(false, Ordering::Relaxed);
        self.link.close().await;
        for done in self.shutdown.into_iter().flat_map(|(_, waiting)| waiting) {
            let _ = done.send(());
        }
    }

    async fn step(&mut self) -> Step {
        let give_up = self.down_since.map(|since| since + GIVE_UP);
        let give_up = give_up.filter(|_| !self.live.is_empty());
        let deadline = self.shutdown.as_ref().map(|(until, _)| *until);
        let next = give_up.into_iter().chain(deadline).min();
        tokio::select! {
            command = self.commands.recv() => Step::Command(command),
            Some((handle, item)) = self.items.recv() => Step::Item(handle, item),
            event = self.link.next() => Step::Link(event),
            () = sleep_until(next.unwrap_or_else(Instant::now)), if next.is_some() => Step::Time,
        }
    }

    async fn command(&mut self, command: Command) {
        match command {
            Command::Record(id, feed, keyframe) => self.record(id, feed, keyframe).await,
            Command::Stop(id) => {
                let live = self.live.values_mut().find(|live| live.id == id);
                if let Some(stop) = live.and_then(|live| live.stop.take()) {
                    let _ = stop.send(());
                }
            }
            Command::Shutdown(done) => {
                for live in self.live.values_mut() {
                    if let Some(stop) = live.stop.take() {
                        let _ = stop.send(());
                    }
                }
                let new = (Instant::now() + CLOSING, Vec::new());
                self.shutdown.get_or_insert(new).1.push(done);
            }
        }
    }

    async fn record(&mut self, recording: String, feed: Feed, keyframe: Keyframe) {
        if !folder::is_id(&recording) {
            let reason = "bad_id";
            return self.emit(RecorderEvent::Failed { recording, reason }).await;
        }
        if self.config.media_dir.join(&recording).exists() || self.is_live(&recording) {
            let reason = "disk_error";
            tracing::error!(recording, "a recording of this id is already there");
            return self.emit(RecorderEvent::Failed { recording, reason }).await;
        }
        let handle = self.next_handle;
        self.next_handle += 1;
        let (stop, stopped) = oneshot::channel();
        tokio::spawn(pump(handle, feed, stopped, self.feeds.clone()));
        let live = Live {
            id: recording,
            replay: Replay::default(),
            keyframe,
            stop: Some(stop),
            clock: (0, Instant::now()),
            ended: false,
            failed: false,
            started: false,
            progressed: false,
            strikes: 0,
        };
        let id = live.id.clone();
        self.live.insert(handle, live);
        if !self.ready.load(Ordering::Relaxed) {
            return;
        }
        self.link.say(&ToProcess::Open { handle, id });
    }

    async fn item(&mut self, handle: u32, item: Option<FeedItem>) {
        let Some(live) = self.live.get_mut(&handle).filter(|live| !live.ended) else {
            return;
        };
        let entry = match item {
            Some(item) => {
                live.see(&item);
                Entry::Item(item)
            }
            None => {
                live.ended = true;
                let (at_us, seen) = live.clock;
                Entry::Close(at_us + seen.elapsed().as_micros() as u64)
            }
        };
        if !live.replay.push(entry) {
            self.fail(handle, "recorder_unavailable").await;
        }
    }

    /// The process is there: it hears of every recording, and of what it has not acknowledged.
    fn up(&mut self) {
        self.ready.store(true, Ordering::Relaxed);
        self.down_since = None;
        for (&handle, live) in &mut self.live {
            live.progressed = false;
            let id = live.id.clone();
            self.link.say(&ToProcess::Open { handle, id });
            for (item, anchor) in live.replay.rewind() {
                let track = match &item {
                    FeedItem::TrackStarted { track, .. } => Some(*track),
                    _ => None,
                };
                let seq = 0;
                self.link.say(&ToProcess::Item { handle, seq, item });
                if let (Some(track), Some((at_us, timestamp))) = (track, anchor) {
                    self.link.say(&ToProcess::Anchor {
                        handle,
                        track,
                        at_us,
                        timestamp,
                    });
                }
            }
        }
        self.finish_next();
    }

    /// The process is gone: the pictures will need keyframes, and it may have died of what it was sent.
    fn down(&mut self) {
        self.ready.store(false, Ordering::Relaxed);
        let first = self.down_since.is_none();
        self.down_since.get_or_insert_with(Instant::now);
        if !first {
            return;
        }
        for live in self.live.values_mut() {
            for track in live.replay.videos() {
                (live.keyframe)(track);
            }
            live.strikes = if live.progressed { 0 } else { live.strikes + 1 };
            if live.strikes >= STRIKES {
                tracing::error!(
                    recording = live.id,
                    "packets that end the recorder are dropped"
                );
                live.replay.drop_packets();
                live.strikes = 0;
            }
        }
        let failed = self.live.extract_if(.., |_, live| live.failed);
        self.ending.extend(failed.map(|(_, live)| live.id));
        for id in std::mem::take(&mut self.ending) {
            self.leftovers.push_back((id, 0));
        }
        if let Some((id, strikes)) = self.finishing.take() {
            if strikes + 1 < STRIKES {
                self.leftovers.push_back((id, strikes + 1));
            } else {
                tracing::error!(recording = id, "cannot be finished: it ends the recorder");
            }
        }
    }

    async fn message(&mut self, message: ToServer) {
        match message {
            ToServer::Hello { .. } => {}
            ToServer::Ack { handle, seq } => {
                if let Some(live) = self.live.get_mut(&handle) {
                    live.progressed |= live.replay.ack(seq);
                }
            }
            ToServer::Started { handle } => {
                if let Some(live) = self.live.get_mut(&handle)
                    && !std::mem::replace(&mut live.started, true)
                {
                    let recording = live.id.clone();
                    self.emit(RecorderEvent::Started { recording }).await;
                }
            }
            ToServer::Keyframe { handle, track } => {
                if let Some(live) = self.live.get(&handle) {
                    (live.keyframe)(track);
                }
            }
            ToServer::Failed {
                handle,
                fault,
                kept,
            } => self.failed(handle, fault.code(), kept).await,
            ToServer::Closed { handle } => {
                if let Some(live) = self.live.remove(&handle) {
                    live.farewell();
                    self.ending.insert(live.id);
                    self.hurry();
                }
            }
            ToServer::Finished { id } => self.finished(id).await,
        }
    }

    async fn failed(&mut self, handle: u32, reason: &'static str, kept: bool) {
        tracing::error!(reason, "a recording cannot go on");
        if !kept {
            return self.fail(handle, reason).await;
        }
        if let Some(live) = self.live.get_mut(&handle) {
            live.ended = true;
            live.failed = true;
            live.stop = None;
            live.replay.drop_packets();
            let recording = live.id.clone();
            self.emit(RecorderEvent::Failed { recording, reason }).await;
        }
    }

    /// A recording is over without the process; what there is of it will be finished.
    async fn fail(&mut self, handle: u32, reason: &'static str) {
        if let Some(live) = self.live.remove(&handle) {
            live.farewell();
            if self.config.media_dir.join(&live.id).exists() {
                self.leftovers.push_back((live.id.clone(), 0));
            }
            let recording = live.id;
            self.emit(RecorderEvent::Failed { recording, reason }).await;
        }
    }

    async fn finished(&mut self, id: String) {
        self.ending.remove(&id);
        if self
            .finishing
            .as_ref()
            .is_some_and(|(finishing, _)| *finishing == id)
        {
            self.finishing = None;
            self.finish_next();
        }
        match folder::load(&self.config.media_dir.join(&id)) {
            Ok(Some(manifest)) if manifest.state == State::Finished => {
                let recording = id;
                self.emit(RecorderEvent::Finished {
                    recording,
                    manifest,
                })
                .await;
            }
            Ok(_) => tracing::error!(recording = id, "could not be finished"),
            Err(error) => tracing::error!(recording = id, %error, "manifest cannot be read"),
        }
    }

    /// One at a time: should the process die of one, it is known of which.
    fn finish_next(&mut self) {
        if self.finishing.is_none()
            && let Some((id, strikes)) = self.leftovers.pop_front()
        {
            self.link.say(&ToProcess::Finish { id: id.clone() });
            self.finishing = Some((id, strikes));
        }
    }

    /// Without a process for too long, recordings fail; the calls go on.
    async fn give_up(&mut self) {
        if self
            .down_since
            .is_some_and(|since| since.elapsed() >= GIVE_UP)
        {
            for handle in self.live.keys().copied().collect::<Vec<_>>() {
                self.fail(handle, "recorder_unavailable").await;
            }
        }
    }

    /// Fills the socket with what was not sent yet, in turns.
    fn send(&mut self) {
        let mut more = true;
        while more && self.link.room() {
            more = false;
            for (&handle, live) in &mut self.live {
                for _ in 0..TURN {
                    let Some((seq, entry)) = live.replay.next() else {
                        break;
                    };
                    more = true;
                    self.link.say(&match entry.clone() {
                        Entry::Item(item) => ToProcess::Item { handle, seq, item },
                        Entry::Close(at_us) => ToProcess::Close { handle, seq, at_us },
                    });
                }
            }
        }
    }

    /// The last recording of a shutdown is closed: finishing gets a little time.
    fn hurry(&mut self) {
        if let Some((until, _)) = self.shutdown.as_mut().filter(|_| self.live.is_empty()) {
            *until = (*until).min(Instant::now() + FINISHING);
        }
    }

    fn complete(&self) -> bool {
        self.shutdown.as_ref().is_some_and(|(until, _)| {
            Instant::now() >= *until || (self.live.is_empty() && self.ending.is_empty())
        })
    }

    fn is_live(&self, id: &str) -> bool {
        self.live.values().any(|live| live.id == id)
    }

    async fn emit(&mut self, event: RecorderEvent) {
        // Without a reader nobody wants to know.
        let _ = self.events.send(event).await;
    }
}

impl Live {
    fn see(&mut self, item: &FeedItem) {
        let at_us = match item {
            FeedItem::TrackStarted { track, codec, .. } => {
                if codec.kind() == Kind::Video {
                    (self.keyframe)(*track);
                }
                return;
            }
            FeedItem::Packet(packet) => packet.at_us,
            FeedItem::TrackEnded { at_us, .. } | FeedItem::Speaking { at_us, .. } => *at_us,
        };
        if at_us > self.clock.0 {
            self.clock = (at_us, Instant::now());
        }
    }

    fn farewell(&self) {
        if self.replay.dropped() > 0 {
            let (recording, dropped) = (&self.id, self.replay.dropped());
            tracing::warn!(recording, dropped, "packets were not recorded");
        }
    }
}

/// Reads a feed until it ends or the recording is stopped, and everything that came before was read.
async fn pump(
    handle: u32,
    mut feed: Feed,
    mut stop: oneshot::Receiver<()>,
    items: mpsc::Sender<(u32, Option<FeedItem>)>,
) {
    loop {
        let item = tokio::select! {
            biased;
            item = feed.next() => item,
            _ = &mut stop => None,
        };
        let last = item.is_none();
        if items.send((handle, item)).await.is_err() || last {
            break;
        }
    }
    if feed.dropped() > 0 {
        tracing::warn!(dropped = feed.dropped(), "a recording's feed was too slow");
    }
}
