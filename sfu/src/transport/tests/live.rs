//! A call over real sockets: the media plane as it runs, and doubles of browsers on loopback.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::client::{Client, Wish};
use crate::transport::dtls::Identity;
use crate::{Event, Join, ParticipantId, RoomId, Sfu, SfuConfig, Stats};

/// Whatever a test waits for happens long before.
const PATIENCE: Duration = Duration::from_secs(300);
/// Browsers check about as often.
const CHECK_EVERY: Duration = Duration::from_secs(2);

/// A double and its socket.
pub(super) struct Seat {
    pub(super) client: Client,
    pub(super) socket: UdpSocket,
    /// Where its media goes.
    pub(super) server: SocketAddr,
    next_check: Instant,
}

pub(super) struct Live {
    pub(super) sfu: Sfu,
    pub(super) seats: Vec<Seat>,
    /// What the doubles sent: the handshakes, and of the rest the newest.
    pub(super) captured: Vec<Vec<u8>>,
    next_captured: usize,
    identity: Arc<Identity>,
    events: mpsc::Receiver<Event>,
    /// Bytes of the events that were read: the shards allocated them, and they are freed here.
    freed: i64,
    runtime: tokio::runtime::Runtime,
}

impl Live {
    pub(super) fn start(shards: usize) -> Self {
        let config = SfuConfig {
            shards,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            // A machine that stands still for a while ends no call here.
            consent_s: 600,
            ..SfuConfig::default()
        };
        let (sfu, events) = Sfu::start(config).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread();
        Self {
            sfu,
            seats: Vec::new(),
            captured: Vec::new(),
            next_captured: 0,
            identity: Arc::new(Identity::generate().unwrap()),
            events,
            freed: 0,
            runtime: { runtime }.build().unwrap(),
        }
    }

    /// Seats a double and connects it.
    pub(super) fn connect(&mut self, wish: &Wish) -> usize {
        let place = self.seats.len();
        let mut client = Client::new(place as u16, self.identity.clone());
        let join = Join {
            room: RoomId::new("room"),
            participant: ParticipantId(place as u64 + 1),
            offer: client.offer(wish),
            publish: wish.send,
            subscribe: true,
            sources: Vec::new(),
        };
        let joined = self.runtime.block_on(self.sfu.join(join)).unwrap();
        let now = Instant::now();
        client.take_answer(&joined.answer, now);
        client.send_check(true);
        client.start_dtls(now);
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_nonblocking(true).unwrap();
        let server = udp_candidate(&joined.answer);
        self.seats.push(Seat {
            client,
            socket,
            server,
            next_check: now + CHECK_EVERY,
        });
        self.until(|live| live.seats[place].client.is_connected());
        place
    }

    /// What the shards hold.
    pub(super) fn held_bytes(&self) -> i64 {
        self.sfu.handle.allocated().1 - self.freed
    }

    pub(super) fn stats(&self) -> Stats {
        self.runtime.block_on(self.sfu.stats()).unwrap()
    }

    /// Carries what is there in both directions.
    pub(super) fn carry(&mut self) {
        let now = Instant::now();
        let mut bytes = [0; 2_048];
        let mut sent = Vec::new();
        for seat in &mut self.seats {
            while let Ok(length) = seat.socket.recv(&mut bytes) {
                seat.client.receive(&bytes[..length], now);
            }
            if now >= seat.next_check {
                seat.next_check = now + CHECK_EVERY;
                seat.client.send_check(true);
            }
            for datagram in seat.client.turn(now) {
                seat.socket.send_to(&datagram, seat.server).unwrap();
                sent.push(datagram);
            }
        }
        for datagram in sent {
            self.capture(datagram);
        }
        let events = &mut self.events;
        let counted = allocation_counter::measure(|| while events.try_recv().is_ok() {});
        self.freed -= counted.bytes_current;
    }

    fn capture(&mut self, datagram: Vec<u8>) {
        let handshake = |datagram: &[u8]| matches!(datagram, [20..=63, ..]);
        if self.captured.len() < 256 {
            self.captured.push(datagram);
            return;
        }
        self.next_captured = (self.next_captured + 1) % self.captured.len();
        let place = &mut self.captured[self.next_captured];
        if !handshake(place) {
            *place = datagram;
        }
    }

    /// Carries until something is so.
    pub(super) fn until(&mut self, so: impl Fn(&Self) -> bool) {
        let began = Instant::now();
        while !so(self) {
            assert!(began.elapsed() < PATIENCE, "it never came to be");
            self.carry();
            std::thread::park_timeout(Duration::from_micros(100));
        }
    }

    /// Carries for so long.
    pub(super) fn run(&mut self, how_long: Duration) {
        let began = Instant::now();
        self.until(|_| began.elapsed() >= how_long);
    }
}

/// The address of the answer's first candidate for UDP (RFC 8839 section 5.1).
fn udp_candidate(answer: &str) -> SocketAddr {
    let candidates = answer
        .lines()
        .filter_map(|line| line.strip_prefix("a=candidate:"));
    let words = candidates.map(|line| line.split(' ').collect::<Vec<_>>());
    let udp = words
        .into_iter()
        .find(|words| words[2].eq_ignore_ascii_case("udp"));
    let udp = udp.unwrap();
    SocketAddr::new(udp[4].parse().unwrap(), udp[5].parse().unwrap())
}
