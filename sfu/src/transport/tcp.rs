//! ICE-TCP (RFC 6544) for networks that let no UDP through: a thread that accepts connections on the UDP socket's port
//! number, cuts what comes into frames (RFC 4571) and hands them to the shard as if they were datagrams. We are always
//! the passive side.
//!
//! What a stranger can take is bounded: connections in all and from one address, bytes of a frame, frames and time until
//! the first check is answered. Only authenticated checks are answered, so whoever was sent something has proved
//! themselves. A shard that is busy lets TCP slow its senders down, each its share: nothing that comes is dropped here.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::demux::{Protocol, protocol};
use super::handle::Control;
use super::links::{FRAMES, FromTcp, path};
use super::udp::DATAGRAM_BYTES;

/// Frames of all connections that may wait for the shard; then their readers wait.
pub(crate) const WAITING: usize = 1_024;
/// Bytes read at once.
const READ_BYTES: usize = 16 * 1024;
/// Bytes written at once.
const WRITE_BYTES: usize = 32 * 1024;
/// Frames before the first answer: a browser sends a few checks, and no media.
const FRAMES_OF_A_STRANGER: u32 = 16;
/// How long what waits may take to leave when the shard has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// After an accept that failed (no file descriptors are left).
const BREATH: Duration = Duration::from_millis(100);

/// What connections may take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Connections at once.
    pub(crate) connections: usize,
    /// From one IPv4 address or one IPv6 /64: a whole office may sit behind it.
    pub(crate) per_address: usize,
    /// From the beginning to the first answer.
    pub(crate) stranger: Duration,
    /// Without a frame; a browser checks every few seconds.
    pub(crate) silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            per_address: 256,
            stranger: Duration::from_secs(10),
            silence: Duration::from_secs(30),
        }
    }
}

/// Listens until the shard has ended. `refused` counts connections that were not accepted or were closed for what they did.
pub(crate) struct Acceptor {
    /// Where.
    pub(crate) listener: std::net::TcpListener,
    /// Of the shard.
    pub(crate) control: Arc<Control>,
    /// To the shard.
    pub(crate) events: mpsc::Sender<FromTcp>,
    /// What connections may take.
    pub(crate) limits: Limits,
    /// Connections that were refused.
    pub(crate) refused: Arc<AtomicU64>,
}

impl Acceptor {
    /// Runs on this thread.
    pub(crate) fn run(self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.accept())
    }

    async fn accept(self) -> io::Result<()> {
        self.listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(self.listener)?;
        let mut connections = JoinSet::new();
        let mut counts: HashMap<IpAddr, usize> = HashMap::new();
        let mut number = 0u32;
        loop {
            tokio::select! {
                () = self.events.closed() => break,
                Some(ended) = connections.join_next() => {
                    if let Ok(from) = ended {
                        release(&mut counts, from);
                    }
                }
                accepted = listener.accept() => {
                    let Ok((stream, remote)) = accepted else {
                        tokio::time::sleep(BREATH).await;
                        continue;
                    };
                    let from = neighbourhood(remote.ip());
                    let held = counts.get(&from).copied().unwrap_or(0);
                    if connections.len() >= self.limits.connections || held >= self.limits.per_address {
                        self.refused.fetch_add(1, Ordering::Relaxed);
                        continue;
                    }
                    counts.insert(from, held + 1);
                    number = number.wrapping_add(1);
                    let connection = Connection {
                        path: path(remote, number),
                        control: self.control.clone(),
                        events: self.events.clone(),
                        limits: self.limits,
                        answered: AtomicBool::new(false),
                    };
                    let refused = self.refused.clone();
                    connections.spawn(async move {
                        if connection.serve(stream).await.is_err() {
                            refused.fetch_add(1, Ordering::Relaxed);
                        }
                        from
                    });
                }
            }
        }
        // The shard's queues are closed: each connection sends what waits and ends.
        let last_words = async { while connections.join_next().await.is_some() {} };
        let _ = timeout(LAST_WORDS, last_words).await;
        Ok(())
    }
}

/// One subscriber's line of IPv6 is a /64.
fn neighbourhood(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() & !u128::from(u64::MAX)).into(),
        v4 => v4,
    }
}

fn release(counts: &mut HashMap<IpAddr, usize>, from: IpAddr) {
    if let Some(held) = counts.get_mut(&from) {
        *held -= 1;
        if *held == 0 {
            counts.remove(&from);
        }
    }
}

/// The other end did what no browser does.
struct Refused;

struct Connection {
    path: SocketAddr,
    control: Arc<Control>,
    events: mpsc::Sender<FromTcp>,
    limits: Limits,
    answered: AtomicBool,
}

impl Connection {
    /// From its beginning to its end.
    async fn serve(&self, stream: TcpStream) -> Result<(), Refused> {
        // Media must not wait for an acknowledgement of what was sent before.
        let _ = stream.set_nodelay(true);
        let (input, output) = stream.into_split();
        let (queue, waiting) = mpsc::channel(FRAMES);
        let path = self.path;
        self.tell(FromTcp::Opened { path, queue }).await;
        let result = tokio::select! {
            result = self.read(input) => result,
            result = self.write(output, waiting) => result,
        };
        self.tell(FromTcp::Closed { path }).await;
        result
    }

    async fn tell(&self, event: FromTcp) {
        // Nobody listens: the shard has ended, and the connection is about to.
        let _ = self.events.send(event).await;
        self.control.waker.wake();
    }

    /// Hands on frame by frame until the other end closes.
    async fn read(&self, input: OwnedReadHalf) -> Result<(), Refused> {
        let mut input = BufReader::with_capacity(READ_BYTES, input);
        let mut frames = 0;
        loop {
            let Ok(frame) = timeout(self.limits.silence, next_frame(&mut input)).await else {
                return Ok(());
            };
            let Some(bytes) = frame? else {
                return Ok(());
            };
            if !self.answered.load(Ordering::Relaxed) {
                frames += 1;
                if frames > FRAMES_OF_A_STRANGER || protocol(&bytes) != Some(Protocol::Stun) {
                    return Err(Refused);
                }
            }
            let path = self.path;
            self.tell(FromTcp::Frame { path, bytes }).await;
        }
    }

    /// Sends what the shard queues until it wants no more.
    async fn write(
        &self,
        mut output: OwnedWriteHalf,
        mut waiting: mpsc::Receiver<Vec<u8>>,
    ) -> Result<(), Refused> {
        let first = timeout(self.limits.stranger, waiting.recv()).await;
        let mut next = first.map_err(|_| Refused)?;
        self.answered.store(true, Ordering::Relaxed);
        let mut bytes = Vec::with_capacity(WRITE_BYTES + DATAGRAM_BYTES);
        while let Some(frame) = next {
            push_frame(&mut bytes, &frame);
            while bytes.len() < WRITE_BYTES
                && let Ok(frame) = waiting.try_recv()
            {
                push_frame(&mut bytes, &frame);
            }
            if output.write_all(&bytes).await.is_err() {
                return Ok(());
            }
            bytes.clear();
            next = waiting.recv().await;
        }
        Ok(())
    }
}

/// A frame with its length in front (RFC 4571 section 2).
fn push_frame(bytes: &mut Vec<u8>, frame: &[u8]) {
    // What is sent was a datagram: it is short. A longer one is left out rather than cut.
    if let Ok(length) = u16::try_from(frame.len()) {
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(frame);
    }
}

/// The next frame that is not empty; `None` at the end.
async fn next_frame(input: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>, Refused> {
    loop {
        let Ok(length) = input.read_u16().await.map(usize::from) else {
            return Ok(None);
        };
        if length > DATAGRAM_BYTES {
            return Err(Refused);
        }
        let mut bytes = vec![0; length];
        if input.read_exact(&mut bytes).await.is_err() {
            return Ok(None);
        }
        if length > 0 {
            return Ok(Some(bytes));
        }
    }
}

/// For fuzzing: the frames of a connection that says all of this and then closes, and how many bytes they took. What is cut
/// from the bytes is the bytes.
pub(crate) fn fuzz(bytes: &[u8]) -> usize {
    let (mut rest, mut frames, mut again) = (bytes, 0, Vec::new());
    loop {
        let before = rest;
        let next = {
            let mut reading = std::pin::pin!(next_frame(&mut rest));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            reading.as_mut().poll(&mut context)
        };
        let std::task::Poll::Ready(Ok(Some(frame))) = next else {
            return frames;
        };
        assert!((1..=DATAGRAM_BYTES).contains(&frame.len()));
        again.clear();
        push_frame(&mut again, &frame);
        let taken = &before[..before.len() - rest.len()];
        assert!(taken.ends_with(&again), "only empty frames are skipped");
        frames += 1;
    }
}

#[cfg(test)]
#[path = "tests/tcp.rs"]
mod tests;
