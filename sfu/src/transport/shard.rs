//! One shard: a thread that owns a socket, its participants and their rooms. Commands come through a bounded queue,
//! events leave through a bounded channel, and nothing in between takes a lock.

use std::collections::HashMap;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use rustc_hash::FxHashMap;

use super::demux::{Directory, Protocol, protocol};
use super::dtls::Identity;
use super::gather::Gather;
use super::handle::{Command, Control, JoinCommand};
use super::ice::Check;
use super::links::FromTcp;
use super::negotiation::Grants;
use super::outbox::Outbox;
use super::peer::{NewPeer, Peer, Progress};
use super::rooms::{Clock, Outlook, RoomState};
use super::sdp::Candidate;
use super::timers::Timers;
use super::udp::{self, Inbox};
use crate::command::Joined;
use crate::error::SfuError;
use crate::event::{Event, GoneReason};
use crate::feed::Feed;
use crate::ids::{ParticipantId, RoomId, Source};
use crate::{SfuConfig, Stats};

/// Without participants the shard sleeps this long; a command or a datagram wakes it.
const IDLE: Duration = Duration::from_secs(1);
/// Batches received in one turn before commands and timers have theirs.
const BATCHES_PER_TURN: usize = 4;
/// Frames of TCP connections taken in one turn.
const FRAMES_PER_TURN: usize = 256;

/// One shard. The next one would have its own of everything in here.
pub(crate) struct Shard {
    /// As the operator wants it.
    pub(super) config: SfuConfig,
    identity: Arc<Identity>,
    candidates: Vec<Candidate>,
    tcp: Option<TcpEnd>,
    socket: Arc<UdpSocket>,
    control: Arc<Control>,
    commands: Receiver<Command>,
    track_ids: Arc<AtomicU64>,
    /// Who is connected.
    pub(super) peers: FxHashMap<ParticipantId, Box<Peer>>,
    /// The rooms.
    pub(super) rooms: HashMap<RoomId, RoomState>,
    directory: Directory,
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
            peers: FxHashMap::default(),
            rooms: HashMap::new(),
            directory: Directory::default(),
            outbox: Outbox::default(),
            gather: Gather::new(now),
            hold: Duration::ZERO,
            leaves_at: None,
            waiting: Vec::new(),
            outlook: Outlook::new(new.events),
            clock: Clock::start(now),
            stats: Stats::default(),
            timers: Timers::new(now),
        }
    }

    /// Runs until it is told to stop.
    pub(crate) fn run(mut self) {
        let mut inbox = Inbox::new();
        while !self.control.is_stopped() {
            let now = Instant::now();
            let due = if self.peers.is_empty() {
                now + IDLE
            } else {
                self.timers.due_at()
            };
            let next = self.leaves_at.map_or(due, |leaves_at| due.min(leaves_at));
            let timeout = next.saturating_duration_since(now);
            // While packets wait for company, what comes meanwhile waits in the kernel and is fetched with one call.
            let socket = self.leaves_at.is_none().then_some(&*self.socket);
            udp::wait(socket, &self.control.waker, timeout);
            self.turn(&mut inbox);
        }
        let now = Instant::now();
        for peer in self.peers.values_mut() {
            peer.close(now, &mut self.outbox);
        }
        self.outbox.flush(&self.socket);
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

    fn on_command(&mut self, command: Command, now: Instant) {
        match command {
            Command::Join(join, reply) => {
                let _ = reply.send(self.join(*join, now));
            }
            Command::Reoffer {
                participant,
                offer,
                sources,
                reply,
            } => {
                let _ = reply.send(self.reoffer(participant, &offer, &sources, now));
            }
            Command::Leave(participant) => self.remove(participant, now),
            Command::CloseRoom(room) => self.close_room(&room, now),
            Command::SetMuted(participant, source, muted) => {
                self.with_room_of(participant, now, |room| {
                    room.plan.set_muted(participant, source, muted);
                });
            }
            Command::Pin(subscriber, pinned) => {
                self.with_room_of(subscriber, now, |room| room.plan.pin(subscriber, pinned));
            }
            Command::View(subscriber, tiles) => {
                if let Some(peer) = self.peers.get_mut(&subscriber) {
                    peer.view(&tiles);
                    let room = peer.room.clone();
                    self.choose_layers(&room, now);
                }
            }
            Command::Keyframe(track) => {
                for peer in self.peers.values_mut() {
                    peer.reception.request_track_keyframe(track, now);
                }
            }
            Command::Feed(room, reply) => {
                let _ = reply.send(self.open_feed(room, now));
            }
            Command::Stats(reply) => {
                let _ = reply.send(self.stats());
            }
            Command::Report(room, reply) => {
                let _ = reply.send(self.report(room.as_ref(), now));
            }
        }
    }

    pub(super) fn join(&mut self, join: JoinCommand, now: Instant) -> Result<Joined, SfuError> {
        let id = join.participant;
        let replaces = self.peers.contains_key(&id);
        if !replaces && self.peers.len() >= self.config.max_participants {
            return Err(SfuError::Full);
        }
        let new = NewPeer {
            room: join.room.clone(),
            grants: Grants {
                publish: join.publish,
                subscribe: join.subscribe,
            },
            offer: &join.offer,
            sources: &join.sources,
            track_ids: self.track_ids.clone(),
        };
        let (peer, joined) = Peer::new(new, &self.identity, &self.candidates, now)?;
        if replaces {
            self.disconnect(id, now, Some(&join.room));
        }
        self.directory.set_ufrags(id, peer.ice.ufrags());
        let room = self.rooms.entry(join.room.clone()).or_default();
        room.plan.add(id, peer.public_slots());
        room.members.push(id);
        self.peers.insert(id, Box::new(peer));
        self.timers.stir();
        self.update_room(&join.room, now);
        Ok(joined)
    }

    pub(super) fn reoffer(
        &mut self,
        id: ParticipantId,
        offer: &super::sdp::Offer,
        sources: &[(String, Source)],
        now: Instant,
    ) -> Result<Joined, SfuError> {
        let peer = self
            .peers
            .get_mut(&id)
            .ok_or(SfuError::UnknownParticipant)?;
        let joined = peer.reoffer(offer, sources, &self.identity, &self.candidates, now)?;
        self.directory.set_ufrags(id, peer.ice.ufrags());
        let room = peer.room.clone();
        if let Some(state) = self.rooms.get_mut(&room) {
            state.plan.set_slots(id, peer.public_slots());
        }
        self.collect_tracks(id, now);
        self.update_room(&room, now);
        Ok(joined)
    }

    pub(super) fn open_feed(&mut self, room: RoomId, now: Instant) -> Result<Feed, SfuError> {
        let at_us = self.clock.unix_us(now);
        let state = self.rooms.entry(room).or_default();
        state.open_feed(at_us).ok_or(SfuError::Unavailable)
    }

    pub(super) fn close_room(&mut self, room: &RoomId, now: Instant) {
        let members = self.rooms.get(room).map(|state| state.members.clone());
        for id in members.unwrap_or_default() {
            self.disconnect(id, now, Some(room));
        }
        self.rooms.remove(room);
    }

    /// Ends a connection that ended by itself, and says so.
    pub(super) fn gone(&mut self, id: ParticipantId, reason: GoneReason, now: Instant) {
        let Some(room) = self.peers.get(&id).map(|peer| peer.room.clone()) else {
            return;
        };
        self.remove(id, now);
        self.outlook.tell(Event::Gone {
            room,
            participant: id,
            reason,
        });
    }

    pub(super) fn remove(&mut self, id: ParticipantId, now: Instant) {
        let Some(room) = self.peers.get(&id).map(|peer| peer.room.clone()) else {
            return;
        };
        self.disconnect(id, now, None);
        self.update_room(&room, now);
        self.rooms.retain(|_, state| !state.is_over());
    }

    /// Closes a connection and ends its tracks. In `staying` the seat itself is kept (mutes and pins survive).
    fn disconnect(&mut self, id: ParticipantId, now: Instant, staying: Option<&RoomId>) {
        let Some(peer) = self.peers.get_mut(&id) else {
            return;
        };
        peer.close(now, &mut self.outbox);
        peer.reception.end();
        let room = peer.room.clone();
        self.collect_tracks(id, now);
        self.peers.remove(&id);
        for address in self.directory.remove(id) {
            self.outbox.links.close_soon(address);
        }
        if let Some(state) = self.rooms.get_mut(&room) {
            state.members.retain(|member| *member != id);
            if staying != Some(&room) {
                state.plan.remove(id);
            }
        }
        if staying != Some(&room) {
            self.update_room(&room, now);
        }
    }

    fn with_room_of(&mut self, id: ParticipantId, now: Instant, act: impl FnOnce(&mut RoomState)) {
        let Some(room) = self.peers.get(&id).map(|peer| peer.room.clone()) else {
            return;
        };
        if let Some(state) = self.rooms.get_mut(&room) {
            act(state);
        }
        self.update_room(&room, now);
    }

    pub(super) fn stats(&self) -> Stats {
        let mut refused = self.outlook.refused.clone();
        if self.outbox.dropped > 0 {
            refused.insert("send_dropped", self.outbox.dropped);
        }
        if self.outbox.links.dropped > 0 {
            refused.insert("tcp_dropped", self.outbox.links.dropped);
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
            refused,
            ..self.stats.clone()
        }
    }
}
