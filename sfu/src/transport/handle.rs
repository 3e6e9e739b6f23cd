//! From the cheap handle to the shard's thread: commands through a bounded queue, answers through one-shot channels.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

use tokio::sync::{mpsc, oneshot, watch};

use super::dtls::Identity;
use super::outside::{TRANSACTION_BYTES, external_address};
use super::sdp::{Candidate, Offer};
use super::shard::{NewShard, Shard, TcpEnd};
use super::tcp::{self, Acceptor};
use super::udp::{self, Waker};
use crate::command::{Join, Joined};
use crate::error::SfuError;
use crate::event::Event;
use crate::feed::Feed;
use crate::ids::{Codec, ParticipantId, RoomId, Source, TrackId};
use crate::{SfuConfig, Stats};

/// Commands that may wait for the shard. A full queue refuses: `Unavailable` where there is an answer, a warning in the
/// log where there is none.
const COMMANDS: usize = 4_096;
/// Events that may wait for the outside; see [`crate::event`].
const EVENTS: usize = 8_192;
/// Addresses in an answer.
const MAX_ADDRESSES: usize = 8;
/// Free UDP ports that are tried until one is free for TCP, too.
const FREE_PORTS: usize = 16;

/// A [`Join`] whose offer was read.
pub(crate) struct JoinCommand {
    pub(crate) room: RoomId,
    pub(crate) participant: ParticipantId,
    pub(crate) offer: Offer,
    pub(crate) publish: bool,
    pub(crate) subscribe: bool,
    pub(crate) sources: Vec<(String, Source)>,
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
    Feed(RoomId, oneshot::Sender<Result<Feed, SfuError>>),
    /// Counters.
    Stats(oneshot::Sender<Stats>),
}

/// What handle and shard share beside the queue.
pub(crate) struct Control {
    /// Makes the shard look.
    pub(crate) waker: Waker,
    stop: AtomicBool,
}

impl Control {
    /// Nothing was asked yet.
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self {
            waker: Waker::new()?,
            stop: AtomicBool::new(false),
        })
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

/// The running shard, seen from outside. Dropping it ends the shard.
pub(crate) struct Handle {
    commands: SyncSender<Command>,
    control: Arc<Control>,
    local: SocketAddr,
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
        self.control.stop();
    }
}

impl Handle {
    /// Opens the socket and starts the thread.
    pub(crate) fn start(config: SfuConfig) -> Result<(Self, mpsc::Receiver<Event>), SfuError> {
        let (socket, listener) = bind(&config)?;
        let local = socket.local_addr().map_err(failed)?;
        let (commands, queue) = sync_channel(COMMANDS);
        let (events, receiver) = mpsc::channel(EVENTS);
        let (running, ended) = watch::channel(());
        let control = Arc::new(Control::new().map_err(failed)?);
        let identity = Identity::generate()?;
        let outside = match &config.stun_server {
            Some(server) => {
                let transaction = identity.random_text(TRANSACTION_BYTES)?;
                external_address(&socket, &control.waker, server, transaction.as_bytes())
            }
            None => None,
        };
        let tcp = listener
            .map(|listener| start_tcp(listener, &control, running.clone()))
            .transpose()?;
        let codecs = config.codecs.clone();
        let new = NewShard {
            candidates: candidates(&config, local, outside),
            tcp,
            config,
            identity: Arc::new(identity),
            socket,
            control: control.clone(),
            commands: queue,
            events,
            track_ids: Arc::new(AtomicU64::new(1)),
        };
        let shard = Shard::new(new, std::time::Instant::now());
        thread::Builder::new()
            .name("sfu-0".to_owned())
            .spawn(move || {
                shard.run();
                drop(running);
            })
            .map_err(failed)?;
        let handle = Self {
            commands,
            control,
            local,
            codecs,
            ended,
        };
        Ok((handle, receiver))
    }

    /// Where media is received.
    pub(crate) fn local(&self) -> SocketAddr {
        self.local
    }

    /// Answers a first offer. It is read here, not on the shard's thread.
    pub(crate) async fn join(&self, join: Join) -> Result<Joined, SfuError> {
        let command = Box::new(JoinCommand {
            room: join.room,
            participant: join.participant,
            offer: self.read(&join.offer)?,
            publish: join.publish,
            subscribe: join.subscribe,
            sources: join.sources,
        });
        self.ask(|reply| Command::Join(command, reply)).await?
    }

    /// Answers a further offer.
    pub(crate) async fn reoffer(
        &self,
        participant: ParticipantId,
        offer: &str,
        sources: Vec<(String, Source)>,
    ) -> Result<Joined, SfuError> {
        let offer = Box::new(self.read(offer)?);
        self.ask(|reply| Command::Reoffer {
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

    /// Asks and waits for the answer.
    pub(crate) async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, SfuError> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply))?;
        answer.await.map_err(|_| SfuError::Unavailable)
    }

    /// Tells.
    pub(crate) fn tell(&self, command: Command) {
        if self.send(command).is_err() {
            tracing::warn!(
                "a command for the media plane was dropped: its queue is full or it has ended"
            );
        }
    }

    fn send(&self, command: Command) -> Result<(), SfuError> {
        let sent = self.commands.try_send(command);
        self.control.waker.wake();
        sent.map_err(|_| SfuError::Unavailable)
    }

    /// Ends the shard and waits for it.
    pub(crate) async fn shutdown(&self) {
        self.control.stop();
        // Nothing is ever sent: the channel closes when the thread is done.
        while self.ended.clone().changed().await.is_ok() {}
    }
}

fn failed(error: std::io::Error) -> SfuError {
    SfuError::Socket(error.to_string())
}

/// Starts the thread that accepts TCP connections. It drops `running` when it is done.
fn start_tcp(
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
        .name("sfu-0-tcp".to_owned())
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

/// The first free port of the configured range, for UDP and, where it is wanted, for TCP.
fn bind(config: &SfuConfig) -> Result<(UdpSocket, Option<TcpListener>), SfuError> {
    let first = config.listen.port();
    let tries = if first == 0 { FREE_PORTS } else { 1 };
    let mut error = None;
    for port in first..=config.last_port.max(first) {
        for _ in 0..tries {
            match bind_both(SocketAddr::new(config.listen.ip(), port), config.tcp) {
                Ok(bound) => return Ok(bound),
                Err(refused) => error = Some(refused),
            }
        }
    }
    Err(SfuError::Socket(
        error.map_or_else(String::new, |error| error.to_string()),
    ))
}

fn bind_both(
    address: SocketAddr,
    with_tcp: bool,
) -> std::io::Result<(UdpSocket, Option<TcpListener>)> {
    let socket = udp::bind(address)?;
    let listener = match with_tcp {
        true => Some(TcpListener::bind(socket.local_addr()?)?),
        false => None,
    };
    Ok((socket, listener))
}

/// Where browsers find the socket: what the operator says and the outside sees, else the address it is bound to, else
/// every interface's. Behind NAT, those inside still find the inner addresses.
fn candidates(config: &SfuConfig, local: SocketAddr, outside: Option<IpAddr>) -> Vec<Candidate> {
    let mut addresses: Vec<IpAddr> = config.public_addresses.clone();
    if addresses.is_empty() && !local.ip().is_unspecified() {
        addresses.push(local.ip());
    }
    if addresses.is_empty() {
        addresses = udp::interface_addresses();
        addresses.retain(|address| address.is_ipv4() || local.is_ipv6());
    }
    if let Some(outside) = outside.filter(|outside| !addresses.contains(outside)) {
        addresses.insert(0, outside);
    }
    addresses.truncate(MAX_ADDRESSES);
    let at = |ip: &IpAddr| SocketAddr::new(*ip, local.port());
    let udp = addresses.iter().map(|ip| Candidate::Udp(at(ip)));
    let tcp = addresses.iter().filter(|_| config.tcp);
    udp.chain(tcp.map(|ip| Candidate::Tcp(at(ip)))).collect()
}
