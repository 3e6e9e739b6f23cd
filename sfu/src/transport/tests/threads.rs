//! Two shards on their own threads, with sockets: a room that spans them, and what wakes the one when the other has something.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::client::{Client, KEYFRAME, Wish};
use crate::transport::dtls::Identity;
use crate::{FeedItem, Join, ParticipantId, RoomId, Sfu, SfuConfig};

/// So many join until the room is on both shards.
const MANY: u64 = 20;
/// Longer than anything here takes on the slowest machine.
const DEADLINE: Duration = Duration::from_secs(60);

struct Caller {
    client: Client,
    socket: UdpSocket,
    server: SocketAddr,
    next_check: Instant,
}

impl Caller {
    fn new(port: u16, identity: &Arc<Identity>) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let wait = Some(Duration::from_millis(2));
        socket.set_read_timeout(wait).unwrap();
        Self {
            client: Client::new(port, identity.clone()),
            server: socket.local_addr().unwrap(),
            socket,
            next_check: Instant::now(),
        }
    }

    async fn join(&mut self, sfu: &Sfu, participant: u64) {
        let join = Join {
            room: RoomId::new("room"),
            participant: ParticipantId(participant),
            offer: self.client.offer(&Wish::default()),
            publish: true,
            subscribe: true,
            sources: Vec::new(),
        };
        let answer = sfu.join(join).await.unwrap().answer;
        let mut candidates = answer
            .lines()
            .filter(|line| line.starts_with("a=candidate:"));
        let port = candidates.next().unwrap().split(' ').nth(5).unwrap();
        self.server = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
        self.client.take_answer(&answer, Instant::now());
    }

    /// Sends what is due and takes what has come.
    fn work(&mut self) {
        let now = Instant::now();
        if now >= self.next_check {
            self.next_check = now + Duration::from_millis(200);
            self.client.send_check(true);
            self.client.start_dtls(now);
        }
        for datagram in self.client.turn(now) {
            self.socket.send_to(&datagram, self.server).unwrap();
        }
        let mut bytes = [0; 2_048];
        while let Ok(length) = self.socket.recv(&mut bytes) {
            self.client.receive(&bytes[..length], Instant::now());
        }
    }
}

#[tokio::test]
async fn a_room_of_two_threads_is_one_room() {
    let config = SfuConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        shards: 2,
        ..SfuConfig::default()
    };
    let (sfu, mut events) = Sfu::start(config).unwrap();
    let drained = tokio::spawn(async move { while events.recv().await.is_some() {} });
    let identity = Arc::new(Identity::generate().unwrap());
    let mut callers = Vec::new();
    for participant in 1..=MANY {
        let mut caller = Caller::new(participant as u16, &identity);
        caller.join(&sfu, participant).await;
        callers.push(caller);
    }
    // One of each shard is enough.
    let (mut first, mut last) = (callers.remove(0), callers.pop().unwrap());
    assert_ne!(first.server, last.server);
    let mut feed = sfu.feed(&RoomId::new("room")).await.unwrap();
    let mut sent = 0u16;
    let end = Instant::now() + DEADLINE;
    let enough = |caller: &Caller| {
        let voice = caller.client.heard(caller.client.slot_ssrc("2"));
        let face = caller.client.heard(caller.client.slot_ssrc("4"));
        voice.len() >= 20 && face.len() >= 20
    };
    while !(enough(&first) && enough(&last)) {
        assert!(Instant::now() < end, "nothing came across");
        for caller in [&mut first, &mut last] {
            caller.work();
        }
        if first.client.is_connected() && last.client.is_connected() {
            sent += 1;
            for caller in [&mut first, &mut last] {
                caller.client.speak(sent);
                caller.client.show(sent, KEYFRAME);
            }
        }
    }
    let stats = sfu.shard_stats().await.unwrap();
    assert!(
        stats
            .iter()
            .all(|stats| stats.crossed_out > 0 && stats.crossed_in > 0)
    );
    assert!(
        stats
            .iter()
            .all(|stats| !stats.refused.contains_key("ring_dropped"))
    );
    sfu.close_room(&RoomId::new("room"));
    let mut numbers = std::collections::HashMap::new();
    while let Some(item) = feed.next().await {
        if let FeedItem::Packet(packet) = item {
            let before = numbers.insert(packet.track, packet.sequence);
            assert!(
                before.is_none_or(|before| before < packet.sequence),
                "once and in order"
            );
        }
    }
    assert_eq!(numbers.len(), 4);
    sfu.shutdown().await;
    drained.await.unwrap();
}
