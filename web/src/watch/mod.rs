//! How rooms and shards are doing, for whoever looks after the server: one task reads them every two seconds, keeps the
//! last ten minutes, and answers the operators' pages. It knows rooms, seats and roles; it is never told a name.

pub mod history;
pub mod http;
pub mod reading;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use sfu::{RoomReport, ShardReport};
use signaling::RoomOverview;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use history::{Counted, Pace, RoomPoint, Series, ServerPoint, tenths};
use reading::{RoomNow, SeatNow, ShardNow};

/// Between two readings.
pub const STEP: Duration = Duration::from_secs(2);
/// How long the media plane may take to answer one.
const ANSWER: Duration = Duration::from_secs(1);
/// Rooms that are watched, the fullest first.
const MAX_ROOMS: usize = sfu::report::MAX_ROOMS;
/// Readings of a room that the list of rooms shows: one minute.
const RECENT: usize = 30;
/// Questions that may wait; a further one is answered as if nobody could say.
const ASKS: usize = 32;

/// Where one asks. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watch(mpsc::Sender<Ask>);

enum Ask {
    Server(u64, oneshot::Sender<Server>),
    Room(String, u64, oneshot::Sender<Option<Room>>),
}

/// The server as a whole.
#[derive(Clone, Debug, Serialize)]
pub struct Server {
    /// The last reading's number.
    pub seq: u64,
    /// Milliseconds between two readings.
    pub step_ms: u64,
    /// The media plane answers.
    pub answers: bool,
    /// Its shards.
    pub shards: Vec<ShardNow>,
    /// Its rooms, the fullest first.
    pub rooms: Vec<RoomNow>,
    /// Rooms that are too many to be named.
    pub more_rooms: usize,
    /// Readings since the one that was named.
    pub points: Vec<ServerPoint>,
}

/// One room.
#[derive(Clone, Debug, Serialize)]
pub struct Room {
    /// The last reading's number.
    pub seq: u64,
    /// Milliseconds between two readings.
    pub step_ms: u64,
    /// The room.
    pub room: RoomNow,
    /// Its seats, in the order of their numbers.
    pub seats: Vec<SeatNow>,
    /// Readings since the one that was named.
    pub points: Vec<RoomPoint>,
}

impl Watch {
    /// Begins to watch. The task ends with the last handle.
    pub fn start(civic: civic_api::Civic, sfu: sfu::Sfu, signaling: signaling::Signaling) -> Self {
        let (sender, asks) = mpsc::channel(ASKS);
        let watcher = Watcher {
            civic,
            sfu,
            signaling,
            seq: 0,
            read_at: Instant::now(),
            answers: false,
            counted: BTreeMap::new(),
            shards: Vec::new(),
            rooms: Vec::new(),
            more_rooms: 0,
            points: Series::default(),
            histories: BTreeMap::new(),
        };
        tokio::spawn(watcher.run(asks));
        Self(sender)
    }

    /// The server, with the readings after number `after`; `None`: nobody can say now.
    pub async fn server(&self, after: u64) -> Option<Server> {
        let (reply, answer) = oneshot::channel();
        self.0.try_send(Ask::Server(after, reply)).ok()?;
        answer.await.ok()
    }

    /// A room, with the readings after number `after`; `None`: there is no such room now, or nobody can say.
    pub async fn room(&self, room: &str, after: u64) -> Option<Room> {
        let (reply, answer) = oneshot::channel();
        let ask = Ask::Room(room.to_owned(), after, reply);
        self.0.try_send(ask).ok()?;
        answer.await.ok()?
    }
}

/// What is kept of a room.
struct History {
    /// What the reception is called; it is asked for once.
    title: Option<String>,
    points: Series<RoomPoint>,
}

struct Watcher {
    civic: civic_api::Civic,
    sfu: sfu::Sfu,
    signaling: signaling::Signaling,
    seq: u64,
    read_at: Instant,
    answers: bool,
    counted: BTreeMap<usize, Counted>,
    shards: Vec<ShardNow>,
    rooms: Vec<RoomNow>,
    more_rooms: usize,
    points: Series<ServerPoint>,
    histories: BTreeMap<String, History>,
}

impl Watcher {
    async fn run(mut self, mut asks: mpsc::Receiver<Ask>) {
        let mut step = interval(STEP);
        step.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = step.tick() => self.read().await,
                ask = asks.recv() => match ask {
                    Some(Ask::Server(after, reply)) => {
                        let _ = reply.send(self.server(after));
                    }
                    Some(Ask::Room(room, after, reply)) => {
                        let _ = reply.send(self.room(&room, after).await);
                    }
                    None => return,
                },
            }
        }
    }

    /// Takes a reading.
    async fn read(&mut self) {
        let reports = timeout(ANSWER, self.sfu.report()).await;
        let reports = reports.ok().and_then(Result::ok);
        let mut overviews = self.signaling.overview(None).await;
        let passed_ms = self.read_at.elapsed().as_millis() as u64;
        self.read_at = Instant::now();
        self.seq += 1;
        self.answers = reports.is_some();
        let reports = reports.unwrap_or_default();
        self.read_shards(&reports, passed_ms);
        overviews.sort_by(|a, b| {
            let size = |of: &RoomOverview| of.participants + of.viewers;
            size(b).cmp(&size(a)).then_with(|| a.room.cmp(&b.room))
        });
        self.more_rooms = overviews.len().saturating_sub(MAX_ROOMS);
        overviews.truncate(MAX_ROOMS);
        let mut media: BTreeMap<String, RoomReport> = BTreeMap::new();
        for report in reports.into_iter().flat_map(|shard| shard.rooms) {
            merge(&mut media, report);
        }
        let is_open = |room: &String| overviews.iter().any(|open| open.room == *room);
        self.histories.retain(|room, _| is_open(room));
        let mut rooms = Vec::with_capacity(overviews.len());
        for overview in &overviews {
            rooms.push(self.read_room(overview, media.get(&overview.room)).await);
        }
        self.rooms = rooms;
    }

    fn read_shards(&mut self, reports: &[ShardReport], passed_ms: u64) {
        let mut point = ServerPoint {
            seq: self.seq,
            ..ServerPoint::default()
        };
        self.shards.clear();
        for report in reports {
            let counted = reading::counted(&report.stats);
            let before = self.counted.insert(report.shard, counted);
            let pace = before.map(|before| Pace::between(&before, &counted, passed_ms));
            let pace = pace.unwrap_or_default();
            point.cpu = point.cpu.max(pace.cpu);
            point.packets_in += pace.packets_in;
            point.packets_out += pace.packets_out;
            point.bits_in += pace.bits_in;
            point.bits_out += pace.bits_out;
            self.shards.push(ShardNow::of(report, pace));
        }
        self.points.push(point);
    }

    async fn read_room(&mut self, overview: &RoomOverview, media: Option<&RoomReport>) -> RoomNow {
        let mut now = RoomNow::of(overview, media);
        if !self.histories.contains_key(&overview.room) {
            let history = History {
                title: self.title(&overview.room).await,
                points: Series::default(),
            };
            self.histories.insert(overview.room.clone(), history);
        }
        if let Some(history) = self.histories.get_mut(&overview.room) {
            history.points.push(now.point(self.seq));
            now.title.clone_from(&history.title);
            let recent = history.points.last(RECENT);
            now.recent = recent.map(|point| point.bits_out).collect();
        }
        now
    }

    /// What a reception is called: that is public.
    async fn title(&self, room: &str) -> Option<String> {
        let id = civic_api::conferences::conference_of(room)?;
        let conference = civic_api::conferences::get(&self.civic, id).await.ok()?;
        Some(conference.title)
    }

    fn server(&self, after: u64) -> Server {
        Server {
            seq: self.seq,
            step_ms: STEP.as_millis() as u64,
            answers: self.answers,
            shards: self.shards.clone(),
            rooms: self.rooms.clone(),
            more_rooms: self.more_rooms,
            points: self.points.since(|point| point.seq > after),
        }
    }

    /// The seats are asked for anew: only whoever looks at a room pays for them.
    async fn room(&self, id: &str, after: u64) -> Option<Room> {
        let history = self.histories.get(id)?;
        let overview = self.signaling.overview(Some(id)).await.pop()?;
        let reports = timeout(ANSWER, self.sfu.room_report(&sfu::RoomId::new(id))).await;
        let mut media: BTreeMap<String, RoomReport> = BTreeMap::new();
        for report in reports.ok().and_then(Result::ok).unwrap_or_default() {
            merge(&mut media, report);
        }
        let media = media.remove(id);
        let mut room = RoomNow::of(&overview, media.as_ref());
        room.title.clone_from(&history.title);
        Some(Room {
            seq: self.seq,
            step_ms: STEP.as_millis() as u64,
            room,
            seats: SeatNow::all(&overview, media.as_ref()),
            points: history.points.since(|point| point.seq > after),
        })
    }
}

fn merge(rooms: &mut BTreeMap<String, RoomReport>, report: RoomReport) {
    match rooms.get_mut(&*report.room.0) {
        Some(known) => known.absorb(report),
        None => {
            rooms.insert(report.room.to_string(), report);
        }
    }
}
