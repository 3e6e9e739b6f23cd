//! The network in memory, and the shard at its end.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::mpsc::sync_channel;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;

use super::client::{Client, Wish};
use crate::SfuConfig;
use crate::command::Joined;
use crate::error::SfuError;
use crate::event::Event;
use crate::ids::{ParticipantId, RoomId};
use crate::transport::across::Across;
use crate::transport::dtls::Identity;
use crate::transport::handle::{Control, JoinCommand};
use crate::transport::rooms::Clock;
use crate::transport::sdp::{Candidate, Offer};
use crate::transport::shard::{NewShard, Shard};
use crate::transport::udp;

/// A datagram on its way: the client's place, and whether it goes to the server.
pub(super) type Loss = Box<dyn FnMut(usize, bool, &[u8]) -> bool>;

pub(super) struct Network {
    pub(super) shard: Shard,
    pub(super) clients: Vec<Client>,
    pub(super) now: Instant,
    pub(super) began: Instant,
    pub(super) events: mpsc::Receiver<Event>,
    identity: Arc<Identity>,
    /// Says which datagrams are lost.
    pub(super) loses: Loss,
}

impl Network {
    pub(super) fn new() -> Self {
        Self::with(SfuConfig::default())
    }

    pub(super) fn with(config: SfuConfig) -> Self {
        let identity = Arc::new(Identity::generate().unwrap());
        let first_id = Arc::new(AtomicU64::new(1));
        Self::one_of(
            config,
            identity,
            Across::default(),
            first_id,
            Instant::now(),
        )
    }

    /// One shard of several.
    pub(super) fn one_of(
        config: SfuConfig,
        identity: Arc<Identity>,
        across: Across,
        track_ids: Arc<AtomicU64>,
        now: Instant,
    ) -> Self {
        let (_, commands) = sync_channel(1);
        let (sender, events) = mpsc::channel(1_000);
        let shard = Shard::new(
            NewShard {
                config,
                identity: identity.clone(),
                candidates: vec![Candidate::Udp("192.0.2.7:5000".parse().unwrap())],
                tcp: None,
                socket: udp::bind("127.0.0.1:0".parse().unwrap()).unwrap(),
                control: Arc::new(Control::new().unwrap()),
                commands,
                events: sender,
                track_ids,
                across,
                clock: Clock::start(now),
            },
            now,
        );
        Self {
            shard,
            clients: Vec::new(),
            now,
            began: now,
            events,
            identity,
            loses: Box::new(|_, _, _| false),
        }
    }

    /// A double that has not joined; it shares the server's certificate, which saves making another.
    pub(super) fn client(&mut self) -> usize {
        let port = 1_000 + self.clients.len() as u16;
        self.clients.push(Client::new(port, self.identity.clone()));
        self.clients.len() - 1
    }

    /// Joins as participant `place + 1`.
    pub(super) fn join(&mut self, place: usize, wish: &Wish) -> Result<Joined, SfuError> {
        let offer = self.clients[place].offer(wish);
        self.join_with(place, place as u64 + 1, &offer, true, true)
    }

    pub(super) fn join_with(
        &mut self,
        place: usize,
        participant: u64,
        offer: &str,
        publish: bool,
        subscribe: bool,
    ) -> Result<Joined, SfuError> {
        let join = JoinCommand {
            room: RoomId::new("room"),
            participant: ParticipantId(participant),
            offer: Offer::parse(offer)?,
            publish,
            subscribe,
            sources: Vec::new(),
            place: None,
        };
        let joined = self.shard.join(join, self.now)?;
        self.clients[place].take_answer(&joined.answer, self.now);
        Ok(joined)
    }

    /// Checks and shakes hands, without waiting for anything.
    pub(super) fn begin(&mut self, place: usize) {
        self.clients[place].send_check(true);
        self.clients[place].start_dtls(self.now);
    }

    /// A double that joined and is connected.
    pub(super) fn connected(&mut self, wish: &Wish) -> usize {
        let place = self.client();
        self.join(place, wish).unwrap();
        self.begin(place);
        self.run(10);
        assert!(self.clients[place].is_connected());
        place
    }

    /// Lets time pass in steps of 5 ms, each of which carries what is there to both sides until nothing moves.
    pub(super) fn run(&mut self, ms: u64) {
        let end = self.now + Duration::from_millis(ms);
        loop {
            self.step();
            if self.now >= end {
                break;
            }
            self.now += Duration::from_millis(5);
        }
    }

    /// Does what is due now.
    pub(super) fn step(&mut self) {
        self.shard.take_messages(self.now);
        self.shard.tick(self.now);
        while self.carry() {}
        self.shard.settle_across(self.now);
    }

    /// Says `true` when something moved.
    fn carry(&mut self) -> bool {
        let mut moved = false;
        for place in 0..self.clients.len() {
            for mut datagram in self.clients[place].turn(self.now) {
                moved = true;
                if !(self.loses)(place, true, &datagram) {
                    let from = self.clients[place].address;
                    self.shard.on_datagram(&mut datagram, from, self.now);
                }
            }
        }
        for (to, datagram) in self.shard.outbox.take() {
            moved = true;
            if let Some(place) = self.clients.iter().position(|c| c.address == to)
                && !(self.loses)(place, false, &datagram)
            {
                self.clients[place].receive(&datagram, self.now);
            }
        }
        moved
    }

    /// A datagram from anywhere.
    pub(super) fn inject(&mut self, from: &str, datagram: &[u8]) {
        let mut datagram = datagram.to_vec();
        self.shard
            .on_datagram(&mut datagram, from.parse().unwrap(), self.now);
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }

    pub(super) fn refused(&self, reason: &str) -> u64 {
        self.shard.outlook.refused.get(reason).copied().unwrap_or(0)
    }
}
