//! A scenario that runs on a server: all connected, the publishers sending, the subscribers read.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;

use crate::client::Client;
use crate::identity::Identity;
use crate::inbox::Inbox;
use crate::latency::Latency;
use crate::load::Load;
use crate::process::Dropped;
use crate::publishers::{Publishers, Send};
use crate::scenario::Scenario;
use crate::server::{Seat, Server};

/// For any connection.
const PATIENCE: Duration = Duration::from_secs(40);
/// After so long a connection that has not come about is begun anew: the crate's handshake stops for good when one datagram of
/// a flight is lost.
const AGAIN: Duration = Duration::from_secs(4);
/// Joins between two looks at the connections that are being made.
const JOINS: usize = 4;
/// After the publishers have paused, until what is under way has arrived.
const DRAIN: Duration = Duration::from_millis(200);
/// Between two looks at the subscribers' sockets: rare, so that looking costs little, and often enough for their buffers.
const LOOK: Duration = Duration::from_millis(4);

/// What came in a measured time.
pub struct Window {
    /// How long the publishers sent.
    pub took: Duration,
    /// CPU time of the server's process.
    pub cpu: Duration,
    /// Packets that publishers sent.
    pub sent: u64,
    /// Packets that subscribers received.
    pub received: u64,
    /// Packets that the subscribers' own full buffers dropped: not the server's fault.
    pub overrun: u64,
    /// Packets that the server's full buffers dropped.
    pub underrun: u64,
    /// How long the sample was under way.
    pub latency: Latency,
    /// Packets and messages that the server counted.
    pub counted: Option<(u64, u64)>,
}

/// The running call.
pub struct Call<'a> {
    server: &'a mut dyn Server,
    identity: Arc<Identity>,
    inbox: Inbox,
    clients: Vec<Client>,
    publishers: Option<Publishers>,
    /// How long all connections took.
    pub joining: Duration,
    /// CPU time that the server took for them.
    pub joining_cpu: Duration,
    /// Connections.
    pub joins: usize,
}

impl<'a> Call<'a> {
    /// A call without anybody.
    pub fn new(server: &'a mut dyn Server) -> anyhow::Result<Self> {
        Ok(Self {
            server,
            identity: Identity::generate()?,
            inbox: Inbox::new(),
            clients: Vec::new(),
            publishers: None,
            joining: Duration::ZERO,
            joining_cpu: Duration::ZERO,
            joins: 0,
        })
    }

    /// All connections.
    pub fn clients(&mut self) -> &mut Vec<Client> {
        &mut self.clients
    }

    /// The publishers.
    pub fn publishers(&self) -> Option<&Publishers> {
        self.publishers.as_ref()
    }

    /// Memory of the server, in kB.
    pub fn resident_kb(&mut self) -> anyhow::Result<u64> {
        self.server.process().resident_kb()
    }

    /// Lets those who publish join, and begins to send.
    pub fn publish(&mut self, scenario: &Scenario, seats: &[Seat]) -> anyhow::Result<()> {
        let before = self.clients.len();
        let sending: Vec<_> = seats.iter().filter(|seat| seat.publishes).collect();
        self.connect(&sending, |server, identity, seat| {
            server.publish(identity, seat).map(Some)
        })?;
        let mut all = Vec::new();
        for (client, seat) in self.clients[before..].iter_mut().zip(&sending) {
            let mut sender = client.sender()?;
            let send: Send = Box::new(move |packet| sender.send(packet));
            let load = Load::new(seat.number, scenario);
            all.push((load, send));
        }
        self.publishers = Some(Publishers::start(all));
        Ok(())
    }

    /// Lets those who receive join.
    pub fn receive(&mut self, seats: &[Seat]) -> anyhow::Result<()> {
        let all: Vec<_> = seats.iter().collect();
        self.connect(&all, |server, identity, seat| {
            server.receive(identity, seat)
        })
    }

    fn connect(
        &mut self,
        seats: &[&Seat],
        join: impl Fn(&mut dyn Server, &Arc<Identity>, &Seat) -> anyhow::Result<Option<Client>>,
    ) -> anyhow::Result<()> {
        let (started, cpu) = (Instant::now(), self.server.process().cpu()?);
        let first = self.clients.len();
        let mut joined = Vec::new();
        for seat in seats {
            if let Some(client) = join(self.server, &self.identity, seat)? {
                self.clients.push(client);
                joined.push(*seat);
            }
            if self.clients.len().is_multiple_of(JOINS) {
                self.work_pending(first)?;
            }
        }
        let deadline = Instant::now() + PATIENCE;
        let mut again = Instant::now() + AGAIN;
        while self.clients[first..].iter().any(|one| !one.connected) {
            self.work_pending(first)?;
            if Instant::now() > deadline {
                let missing = self.clients[first..].iter().filter(|one| !one.connected);
                bail!("{} connections did not come about", missing.count());
            }
            if Instant::now() > again {
                again += AGAIN;
                let all = self.clients[first..].iter_mut().zip(&joined);
                for (client, seat) in all.filter(|(client, _)| !client.connected) {
                    eprintln!("connection {} is begun anew", seat.number);
                    if let Some(other) = join(self.server, &self.identity, seat)? {
                        *client = other;
                    }
                }
            }
            std::thread::park_timeout(Duration::from_micros(300));
        }
        if self.clients.len() > first {
            self.joining += started.elapsed();
            self.joining_cpu += self.server.process().cpu()?.saturating_sub(cpu);
            self.joins += self.clients.len() - first;
        }
        Ok(())
    }

    fn work_pending(&mut self, first: usize) -> anyhow::Result<()> {
        let now = Instant::now();
        for client in self.clients[first..]
            .iter_mut()
            .filter(|one| !one.connected)
        {
            client.work(now, &mut self.inbox)?;
        }
        Ok(())
    }

    /// Lets everybody read for so long.
    pub fn work(&mut self, how_long: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + how_long;
        while Instant::now() < end {
            let now = Instant::now();
            for client in &mut self.clients {
                client.work(now, &mut self.inbox)?;
            }
            std::thread::park_timeout(LOOK.saturating_sub(now.elapsed()));
        }
        self.server.listen()
    }

    /// Measures for so long. Before and after it the publishers pause, so that every packet belongs to one side.
    pub fn measure(&mut self, how_long: Duration) -> anyhow::Result<Window> {
        self.pause()?;
        let ports: HashSet<_> = self.clients.iter().filter_map(Client::port).collect();
        for client in &mut self.clients {
            client.latency.clear();
        }
        let before = self.snapshot(&ports)?;
        let started = Instant::now();
        if let Some(publishers) = &self.publishers {
            publishers.resume();
        }
        self.work(how_long)?;
        if let Some(publishers) = &self.publishers {
            publishers.pause();
        }
        let took = started.elapsed();
        self.work(DRAIN)?;
        let after = self.snapshot(&ports)?;
        if let Some(publishers) = &self.publishers {
            publishers.resume();
        }
        let mut latency = Latency::default();
        for client in &self.clients {
            latency.append(&client.latency);
        }
        Ok(Window {
            took,
            cpu: after.cpu.saturating_sub(before.cpu),
            sent: after.sent - before.sent,
            received: after.received - before.received,
            overrun: after.dropped.ours.saturating_sub(before.dropped.ours),
            underrun: after.dropped.theirs.saturating_sub(before.dropped.theirs),
            latency,
            counted: before
                .counted
                .zip(after.counted)
                .map(|(b, a)| (a.0 - b.0, a.1 - b.1)),
        })
    }

    fn pause(&mut self) -> anyhow::Result<()> {
        if let Some(publishers) = &self.publishers {
            publishers.pause();
        }
        self.work(DRAIN)
    }

    fn snapshot(&mut self, ports: &HashSet<u16>) -> anyhow::Result<Snapshot> {
        Ok(Snapshot {
            cpu: self.server.process().cpu()?,
            sent: self.publishers.as_ref().map_or(0, Publishers::sent),
            received: self.clients.iter().map(|one| one.received).sum(),
            dropped: Dropped::read(ports)?,
            counted: self.server.sent()?,
        })
    }

    /// Ends the publishers.
    pub fn end(&mut self) -> anyhow::Result<()> {
        self.publishers.take().map_or(Ok(()), Publishers::end)
    }
}

struct Snapshot {
    cpu: Duration,
    sent: u64,
    received: u64,
    dropped: Dropped,
    counted: Option<(u64, u64)>,
}
