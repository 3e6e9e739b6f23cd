//! From the cheap handle to the shards' threads: commands through bounded queues, answers through one-shot channels.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering, fence};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;
use std::time::Instant;

use tokio::sync::{mpsc, oneshot, watch};

use super::across::Across;
use super::doors::{bind, candidates};
use super::dtls::Identity;
use super::outside::{TRANSACTION_BYTES, external_address};
use super::placement::{Place, Placement};
use super::rooms::Clock;
use super::sdp::Offer;
use super::shard::{NewShard, Shard, TcpEnd};
use super::tcp::{self, Acceptor};
use super::udp::Waker;
use crate::command::{Join, Joined};
use crate::error::SfuError;
use crate::event::Event;
use crate::feed::Feed;
use crate::ids::{Codec, ParticipantId, RoomId, Source, TrackId};
use crate::report::ShardReport;
use crate::{SfuConfig, Stats};

/// Commands that may wait for each shard. A full queue refuses: `Unavailable` where there is an answer, a warning in the
/// log where there is none.
const COMMANDS: usize = 4_096;
/// Events that may wait for the outside; see [`crate::event`].
const EVENTS: usize = 8_192;

/// A [`Join`] whose offer was read.
pub(crate) struct JoinCommand {
    pub(crate) room: RoomId,
    pub(crate) participant: ParticipantId,
    pub(crate) offer: Offer,
    pub(crate) publish: bool,
    pub(crate) subscribe: bool,
    pub(crate) sources: Vec<(String, Source)>,
    /// The seat, kept for as long as the connection.
    pub(crate) place: Option<Place>,
}

/// What the outside asks of a shard.
pub(crate) enum Command {
    /// A first offer.
    Join(Box<JoinCommand>, oneshot::Sender<Result<Joined, SfuError>>),
    /// A further offer.
    Reoffer {
        participant: ParticipantId,
        offer: Box<Offer>,
        sources: Vec<(String, Source)>,
        reply: oneshot::Sender<Result<Joined, SfuError>>,
    },
    /// The end of a connection.
    Leave(ParticipantId),
    /// The end of a room.
    CloseRoom(RoomId),
    /// A source is muted or not.
    SetMuted(ParticipantId, Source, bool),
    /// Whom a subscriber wants to see.
    Pin(ParticipantId, Option<ParticipantId>),
    /// How high the tiles of a subscriber's slots are, by mid, in device pixels.
    View(ParticipantId, Vec<(String, u16)>),
    /// A keyframe of a track.
    Keyframe(TrackId),
    /// A room's feed.
    Feed(RoomId, Place, oneshot::Sender<Result<Feed, SfuError>>),
    /// Counters.
    Stats(oneshot::Sender<Stats>),
    /// How every room is doing, or one with its seats.
    Report(Option<RoomId>, oneshot::Sender<ShardReport>),
}

/// What handle and shard share beside the queue.
pub(crate) struct Control {
    /// Makes the shard look.
    pub(crate) waker: Waker,
    stop: AtomicBool,
    asleep: AtomicBool,
    busy: AtomicU32,
    #[cfg(test)]
    allocated: super::tests::allocated::Allocated,
}

impl Control {
    /// Nothing was asked yet.
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {
            waker: Waker::new()?,
            stop: AtomicBool::new(false),
            asleep: AtomicBool::new(false),
            busy: AtomicU32::new(0),
            #[cfg(test)]
            allocated: Default::default(),
        })
    }

    /// Says that the shard is about to wait: whoever puts something into its rings wakes it. Look into them after this.
    pub(crate) fn fall_asleep(&self) {
        self.asleep.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// Says that the shard looks into its rings soon by itself.
    pub(crate) fn wake_up(&self) {
        self.asleep.store(false, Ordering::Relaxed);
    }

    /// Wakes the shard if it waits. The caller has put something into a ring before.
    pub(crate) fn wake_if_asleep(&self) {
        // Either it sees what is in the ring, or we see that it is falling asleep.
        fence(Ordering::SeqCst);
        if self.asleep.load(Ordering::Relaxed) && self.asleep.swap(false, Ordering::Relaxed) {
            self.waker.wake();
        }
    }

    /// Its CPU time, in thousandths of a core.
    pub(crate) fn busy(&self) -> u32 {
        self.busy.load(Ordering::Relaxed)
    }

    /// Says how busy it is.
    pub(crate) fn set_busy(&self, busy: u32) {
        self.busy.store(busy, Ordering::Relaxed);
    }

    /// Runs a turn of the shard; tests count what it allocates.
    pub(crate) fn watched(&self, turn: impl FnOnce()) {
        #[cfg(test)]
        self.allocated.count(turn);
        #[cfg(not(test))]
        turn();
    }

    /// Whether the shard should end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Acquire)
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Release);
        self.waker.wake();
    }
}

/// A running shard, seen from outside.
struct ShardEnd {
    commands: SyncSender<Command>,
    control: Arc<Control>,
    local: SocketAddr,
}

/// The running shards, seen from outside. Dropping it ends them.
pub(crate) struct Handle {
    shards: Vec<ShardEnd>,
    placement: Arc<Placement>,
    codecs: Vec<Codec>,
    ended: watch::Receiver<()>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Handle").finish_non_exhaustive()
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Handle {
    /// Opens the sockets and starts the threads.
    pub(crate) fn start(config: SfuConfig) -> Result<(Self, mpsc::Receiver<Event>), SfuError> {
        let doors = bind(&config)?;
        let (events, receiver) = mpsc::channel(EVENTS);
        let (running, ended) = watch::channel(());
        let controls: Result<Vec<_>, _> = doors.iter().map(|_| Control::new()).collect();
        let controls: Vec<_> = controls
            .map_err(failed)?
            .into_iter()
            .map(Arc::new)
            .collect();
        let identity = Arc::new(Identity::generate()?);
        let outside = match &config.stun_server {
            Some(server) => {
                let transaction = identity.random_text(TRANSACTION_BYTES)?;
                let (socket, waker) = (&doors[0].socket, &controls[0].waker);
                external_address(socket, waker, server, transaction.as_bytes())
            }
            None => None,
        };
        let placement = Placement::new(controls.clone(), config.max_participants);
        let track_ids = Arc::new(AtomicU64::new(1));
        let clock = Clock::start(Instant::now());
        let codecs = config.codecs.clone();
        let mut shards = Vec::new();
        let meshed = Across::mesh(&controls);
        for (number, (door, across)) in doors.into_iter().zip(meshed).enumerate() {
            let control = controls[number].clone();
            let local = door.socket.local_addr().map_err(failed)?;
            let (commands, queue) = sync_channel(COMMANDS);
            let listener = door.listener;
            let tcp =
                listener.map(|listener| start_tcp(number, listener, &control, running.clone()));
            let new = NewShard {
                candidates: candidates(&config, local, outside),
                tcp: tcp.transpose()?,
                config: config.clone(),
                identity: identity.clone(),
                socket: door.socket,
                control: control.clone(),
                commands: queue,
                events: events.clone(),
                track_ids: track_ids.clone(),
                across,
                clock,
            };
            start_shard(number, new, placement.clone(), running.clone())?;
            shards.push(ShardEnd {
                commands,
                control,
                local,
            });
        }
        let handle = Self {
            shards,
            placement,
            codecs,
            ended,
        };
        Ok((handle, receiver))
    }

    fn stop(&self) {
        for shard in &self.shards {
            shard.control.stop();
        }
    }

    /// What the shards allocated so far: how often, and bytes that they still hold.
    #[cfg(test)]
    pub(crate) fn allocated(&self) -> (u64, i64) {
        let shards = self.shards.iter();
        let each = shards.map(|shard| shard.control.allocated.so_far());
        each.fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1))
    }

    /// Where the first shard receives media.
    pub(crate) fn local(&self) -> SocketAddr {
        self.shards[0].local
    }

    /// Where each shard receives media.
    pub(crate) fn locals(&self) -> Vec<SocketAddr> {
        self.shards.iter().map(|shard| shard.local).collect()
    }

    /// Answers a first offer. It is read here, not on a shard's thread.
    pub(crate) async fn join(&self, join: Join) -> Result<Joined, SfuError> {
        let offer = self.read(&join.offer)?;
        let place = self.placement.seat(&join.room, join.participant)?;
        let shard = place.shard;
        let command = Box::new(JoinCommand {
            room: join.room,
            participant: join.participant,
            offer,
            publish: join.publish,
            subscribe: join.subscribe,
            sources: join.sources,
            place: Some(place),
        });
        self.ask(shard, |reply| Command::Join(command, reply))
            .await?
    }

    /// Answers a further offer.
    pub(crate) async fn reoffer(
        &self,
        participant: ParticipantId,
        offer: &str,
        sources: Vec<(String, Source)>,
    ) -> Result<Joined, SfuError> {
        let offer = Box::new(self.read(offer)?);
        let shard = self.placement.shard_of(participant);
        let shard = shard.ok_or(SfuError::UnknownParticipant)?;
        self.ask(shard, |reply| Command::Reoffer {
            participant,
            offer,
            sources,
            reply,
        })
        .await?
    }

    fn read(&self, offer: &str) -> Result<Offer, SfuError> {
        let mut offer = Offer::parse(offer)?;
        offer.prefer(&self.codecs);
        Ok(offer)
    }

    /// Opens a room's feed.
    pub(crate) async fn feed(&self, room: &RoomId) -> Result<Feed, SfuError> {
        let place = self.placement.feed(room)?;
        let (room, shard) = (room.clone(), place.shard);
        self.ask(shard, |reply| Command::Feed(room, place, reply))
            .await?
    }

    /// The counters of each shard that runs.
    pub(crate) async fn stats(&self) -> Result<Vec<Stats>, SfuError> {
        let mut all = Vec::new();
        for shard in 0..self.shards.len() {
            match self.ask(shard, Command::Stats).await {
                Ok(stats) => all.push(Stats { shard, ..stats }),
                Err(error) if shard + 1 == self.shards.len() && all.is_empty() => {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
        Ok(all)
    }

    /// How the rooms of each shard that runs are doing, or one room.
    pub(crate) async fn reports(
        &self,
        room: Option<&RoomId>,
    ) -> Result<Vec<ShardReport>, SfuError> {
        let mut all = Vec::new();
        for shard in 0..self.shards.len() {
            let asked = self.ask(shard, |reply| Command::Report(room.cloned(), reply));
            match asked.await {
                Ok(report) => all.push(ShardReport { shard, ..report }),
                Err(error) if shard + 1 == self.shards.len() && all.is_empty() => {
                    return Err(error);
                }
                Err(_) => {}
            }
        }
        Ok(all)
    }

    /// Rooms that are open.
    pub(crate) fn rooms(&self) -> usize {
        self.placement.rooms()
    }

    /// Asks a shard and waits for the answer.
    async fn ask<T>(
        &self,
        shard: usize,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, SfuError> {
        let (reply, answer) = oneshot::channel();
        self.send(shard, command(reply))?;
        answer.await.map_err(|_| SfuError::Unavailable)
    }

    /// Tells the shard of a participant; nobody, if there is no such participant.
    pub(crate) fn tell(&self, participant: ParticipantId, command: Command) {
        if let Some(shard) = self.placement.shard_of(participant)
            && self.send(shard, command).is_err()
        {
            dropped();
        }
    }

    /// Tells every shard.
    pub(crate) fn tell_all(&self, command: impl Fn() -> Command) {
        for shard in 0..self.shards.len() {
            if self.send(shard, command()).is_err() {
                dropped();
            }
        }
    }

    fn send(&self, shard: usize, command: Command) -> Result<(), SfuError> {
        let shard = &self.shards[shard];
        let sent = shard.commands.try_send(command);
        shard.control.waker.wake();
        sent.map_err(|_| SfuError::Unavailable)
    }

    /// Ends the shards and waits for them.
    pub(crate) async fn shutdown(&self) {
        self.stop();
        // Nothing is ever sent: the channel closes when the threads are done.
        while self.ended.clone().changed().await.is_ok() {}
    }
}

fn dropped() {
    tracing::warn!("a command for the media plane was dropped: its queue is full or it has ended");
}

/// Starts a shard's thread. It drops `running` when it is done.
fn start_shard(
    number: usize,
    new: NewShard,
    placement: Arc<Placement>,
    running: watch::Sender<()>,
) -> Result<(), SfuError> {
    let ends = Ends { number, placement };
    let body = move || {
        let shard = Shard::new(new, Instant::now());
        let ends = ends;
        shard.run();
        drop(ends);
        drop(running);
    };
    let name = format!("sfu-{number}");
    thread::Builder::new()
        .name(name)
        .spawn(body)
        .map_err(failed)?;
    Ok(())
}

/// Says that a shard's thread has ended, be it by a panic.
struct Ends {
    number: usize,
    placement: Arc<Placement>,
}

impl Drop for Ends {
    fn drop(&mut self) {
        self.placement.ended(self.number);
    }
}

fn failed(error: std::io::Error) -> SfuError {
    SfuError::Socket(error.to_string())
}

/// Starts the thread that accepts TCP connections. It drops `running` when it is done.
fn start_tcp(
    number: usize,
    listener: TcpListener,
    control: &Arc<Control>,
    running: watch::Sender<()>,
) -> Result<TcpEnd, SfuError> {
    let (events, receiver) = mpsc::channel(tcp::WAITING);
    let refused = Arc::new(AtomicU64::new(0));
    let acceptor = Acceptor {
        listener,
        control: control.clone(),
        events,
        limits: tcp::Limits::default(),
        refused: refused.clone(),
    };
    thread::Builder::new()
        .name(format!("sfu-{number}-tcp"))
        .spawn(move || {
            if let Err(error) = acceptor.run() {
                tracing::error!(%error, "media over TCP has ended");
            }
            drop(running);
        })
        .map_err(failed)?;
    Ok(TcpEnd {
        events: receiver,
        refused,
    })
}
