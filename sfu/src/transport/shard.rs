//! One shard: a thread that owns a socket, its participants and their rooms; a room may be on other shards, too. Commands come through a bounded queue,
//! events leave through a bounded channel, and nothing in between takes a lock.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::across::Across;
use super::demux::{Directory, Protocol, protocol};
use super::dtls::Identity;
use super::gather::Gather;
use super::handle::{Command, Control};
use super::ice::Check;
use super::links::FromTcp;
use super::outbox::Outbox;
use super::peer::{Peer, Progress};
use super::placement::Place;
use super::rooms::{Clock, Outlook, RoomState};
use super::sdp::Candidate;
use super::timers::Timers;
use super::udp::{self, Inbox};
use crate::event::{Event, GoneReason};
use crate::ids::{ParticipantId, RoomId};
use crate::{SfuConfig, Stats};

/// Without participants the shard sleeps this long; a command or a datagram wakes it.
const IDLE: Duration = Duration::from_secs(1);
/// Batches received in one turn before commands and timers have theirs.
const BATCHES_PER_TURN: usize = 4;
/// Frames of TCP connections taken in one turn.
const FRAMES_PER_TURN: usize = 256;

/// One shard. Each has its own of everything in here.
pub(crate) struct Shard {
    /// As the operator wants it.
    pub(super) config: SfuConfig,
    pub(super) identity: Arc<Identity>,
    pub(super) candidates: Vec<Candidate>,
    tcp: Option<TcpEnd>,
    socket: Arc<UdpSocket>,
    pub(super) control: Arc<Control>,
    commands: Receiver<Command>,
    pub(super) across: Across,
    pub(super) track_ids: Arc<AtomicU64>,
    /// Who is connected.
    pub(super) peers: FxHashMap<ParticipantId, Box<Peer>>,
    /// The seats of those who are connected.
    pub(super) places: FxHashMap<ParticipantId, Place>,
    /// The rooms.
    pub(super) rooms: HashMap<RoomId, RoomState>,
    pub(super) directory: Directory,
    /// What leaves soon.
    pub(super) outbox: Outbox,
    gather: Gather,
    /// How long a packet may wait for others now.
    pub(super) hold: Duration,
    /// When what waits leaves.
    leaves_at: Option<Instant>,
    /// Rooms in which packets wait to be forwarded.
    pub(super) waiting: Vec<RoomId>,
    /// Facts and refusals.
    pub(super) outlook: Outlook,
    /// The clock of feeds.
    pub(super) clock: Clock,
    /// Counters.
    pub(super) stats: Stats,
    /// When timers are due.
    pub(super) timers: Timers,
}

/// The shard's end of the TCP thread.
pub(crate) struct TcpEnd {
    /// Connections and their frames.
    pub(crate) events: tokio::sync::mpsc::Receiver<FromTcp>,
    /// Connections that were refused.
    pub(crate) refused: Arc<AtomicU64>,
}

/// What a shard is made with.
pub(crate) struct NewShard {
    /// As the operator wants it.
    pub(crate) config: SfuConfig,
    /// The certificate.
    pub(crate) identity: Arc<Identity>,
    /// Where browsers find the socket.
    pub(crate) candidates: Vec<Candidate>,
    /// What comes by TCP, when it is listened to.
    pub(crate) tcp: Option<TcpEnd>,
    /// The socket.
    pub(crate) socket: UdpSocket,
    /// Waker and stop sign.
    pub(crate) control: Arc<Control>,
    /// What the outside wants.
    pub(crate) commands: Receiver<Command>,
    /// What the outside learns.
    pub(crate) events: tokio::sync::mpsc::Sender<Event>,
    /// Where track ids come from.
    pub(crate) track_ids: Arc<AtomicU64>,
    /// The way to the other shards.
    pub(crate) across: Across,
    /// The clock of feeds, the same for all shards.
    pub(crate) clock: Clock,
}

impl Drop for Shard {
    /// A fault ends this thread, not the others: whoever was connected here may come back, to another shard.
    fn drop(&mut self) {
        if !std::thread::panicking() {
            return;
        }
        for (id, peer) in &self.peers {
            self.outlook.tell(Event::Gone {
                room: peer.room.clone(),
                participant: *id,
                reason: GoneReason::ConsentExpired,
            });
        }
    }
}

impl Shard {
    /// A shard without participants.
    pub(crate) fn new(new: NewShard, now: Instant) -> Self {
        Self {
            config: new.config,
            identity: new.identity,
            candidates: new.candidates,
            tcp: new.tcp,
            socket: Arc::new(new.socket),
            control: new.control,
            commands: new.commands,
            track_ids: new.track_ids,
            across: new.across,
            places: FxHashMap::default(),
            peers: FxHashMap::default(),
            rooms: HashMap::new(),
            directory: Directory::default(),
            outbox: Outbox::default(),
            gather: Gather::new(now),
            hold: Duration::ZERO,
            leaves_at: None,
            waiting: Vec::new(),
            outlook: Outlook::new(new.events),
            clock: new.clock,
            stats: Stats::default(),
            timers: Timers::new(now),
        }
    }

    /// Runs until it is told to stop.
    pub(crate) fn run(mut self) {
        let mut inbox = Inbox::new();
        let control = self.control.clone();
        while !control.is_stopped() {
            self.sleep();
            control.watched(|| self.turn(&mut inbox));
        }
        let now = Instant::now();
        for peer in self.peers.values_mut() {
            peer.close(now, &mut self.outbox);
        }
        self.outbox.flush(&self.socket);
    }

    /// Waits until there is something to do.
    fn sleep(&mut self) {
        let now = Instant::now();
        // Without participants here, those of a room that a feed follows may be elsewhere.
        let idle = self.peers.is_empty() && (self.across.is_alone() || self.rooms.is_empty());
        let due = if idle {
            now + IDLE
        } else {
            self.timers.due_at()
        };
        let next = self.leaves_at.map_or(due, |leaves_at| due.min(leaves_at));
        let mut timeout = next.saturating_duration_since(now);
        // While packets wait for company, what comes meanwhile waits in the kernel and is fetched with one call.
        let socket = self.leaves_at.is_none().then_some(&*self.socket);
        if socket.is_some() && !self.across.is_alone() {
            self.control.fall_asleep();
            if self.across.has_next() {
                timeout = Duration::ZERO;
            }
        }
        udp::wait(socket, &self.control.waker, timeout);
        self.control.wake_up();
    }

    /// One turn of the loop: datagrams, commands, timers. What comes of a batch leaves as a batch.
    fn turn(&mut self, inbox: &mut Inbox) {
        for _ in 0..BATCHES_PER_TURN {
            let socket = self.socket.clone();
            let now = Instant::now();
            let received = inbox.receive(&socket, |bytes, from, waited| {
                // It counts from when it came, however late this thread got to it.
                self.on_datagram(bytes, from, now.checked_sub(waited).unwrap_or(now));
            });
            if received == 0 {
                break;
            }
            self.send(now);
        }
        self.take_frames();
        while let Ok(command) = self.commands.try_recv() {
            self.on_command(command, Instant::now());
        }
        let now = Instant::now();
        self.take_messages(now);
        self.tick(now);
        self.send(now);
    }

    /// Takes what came by TCP.
    fn take_frames(&mut self) {
        for _ in 0..FRAMES_PER_TURN {
            let next = self.tcp.as_mut().and_then(|tcp| tcp.events.try_recv().ok());
            match next {
                None => return,
                Some(FromTcp::Frame { path, mut bytes }) => {
                    self.on_datagram(&mut bytes, path, Instant::now());
                }
                Some(FromTcp::Opened { path, queue }) => self.outbox.links.open(path, queue),
                Some(FromTcp::Closed { path }) => {
                    self.outbox.links.close(path);
                    self.directory.remove_address(path);
                }
            }
        }
        // More may wait: the others have their turn first.
        self.control.waker.wake();
    }

    /// Sends what has waited long enough: nothing waits in an idle shard.
    fn send(&mut self, now: Instant) {
        self.settle_across(now);
        self.hold = self.gather.window(self.stats.packets_out, now);
        if self.outbox.is_empty() && self.waiting.is_empty() {
            self.outbox.links.hang_up();
            return;
        }
        let leaves_at = *self.leaves_at.get_or_insert(now + self.hold);
        if self.outbox.is_urgent() || now >= leaves_at {
            self.forward_pending(now);
            self.outbox.flush(&self.socket);
            self.leaves_at = None;
        }
    }

    /// Takes one datagram from anywhere.
    pub(super) fn on_datagram(&mut self, bytes: &mut [u8], from: SocketAddr, now: Instant) {
        self.stats.bytes_in += bytes.len() as u64;
        let result = match protocol(bytes) {
            None => Err("datagram_unknown"),
            Some(Protocol::Stun) => self.on_stun(bytes, from, now),
            Some(other) => match self.directory.by_address(from) {
                None => Err("datagram_of_nobody"),
                Some(id) => match other {
                    Protocol::Dtls => self.on_dtls(id, bytes, now),
                    Protocol::Rtp => self.on_rtp(id, bytes, from, now),
                    _ => self.on_rtcp(id, bytes, from, now),
                },
            },
        };
        if let Err(reason) = result {
            self.outlook.refuse(reason);
        }
    }

    fn on_stun(
        &mut self,
        bytes: &[u8],
        from: SocketAddr,
        now: Instant,
    ) -> Result<(), &'static str> {
        let check = Check::parse(bytes)?;
        let id = self
            .directory
            .by_ufrag(check.ufrag())
            .ok_or("stun_username")?;
        let peer = self.peers.get_mut(&id).ok_or("stun_username")?;
        peer.on_check(check, from, now, &self.identity, &mut self.outbox)?;
        self.directory.add_address(from, id);
        Ok(())
    }

    fn on_dtls(
        &mut self,
        id: ParticipantId,
        bytes: &[u8],
        now: Instant,
    ) -> Result<(), &'static str> {
        let peer = self.peers.get_mut(&id).ok_or("datagram_of_nobody")?;
        match peer.on_dtls(bytes, now, &self.identity, &mut self.outbox)? {
            Progress::Nothing => {}
            Progress::Connected => {
                let room = peer.room.clone();
                self.outlook.tell(Event::Connected {
                    room,
                    participant: id,
                });
            }
            Progress::Over(reason) => self.gone(id, reason, now),
        }
        Ok(())
    }

    /// Makes the next wait return at once.
    pub(super) fn wake_itself(&self) {
        self.control.waker.wake();
    }

    pub(super) fn stats(&self) -> Stats {
        let mut refused = self.outlook.refused.clone();
        if self.outbox.dropped > 0 {
            refused.insert("send_dropped", self.outbox.dropped);
        }
        if self.outbox.links.dropped > 0 {
            refused.insert("tcp_dropped", self.outbox.links.dropped);
        }
        if self.across.dropped() > 0 {
            refused.insert("ring_dropped", self.across.dropped());
        }
        let tcp_refused = self.tcp.as_ref();
        match tcp_refused.map_or(0, |tcp| tcp.refused.load(Ordering::Relaxed)) {
            0 => {}
            count => {
                refused.insert("tcp_refused", count);
            }
        }
        let peers = self.peers.values();
        Stats {
            rooms: self.rooms.len(),
            participants: peers.filter(|peer| peer.is_connected()).count(),
            cpu_us: udp::thread_cpu().as_micros() as u64,
            messages_out: self.outbox.sent_messages,
            bytes_out: self.outbox.sent_bytes,
            crossed_out: self.across.packets_out,
            crossed_in: self.across.packets_in,
            refused,
            ..self.stats.clone()
        }
    }
}
