//! The shard's side of TCP: a name for each connection in the form of an address, so that paths, checks and the directory
//! need not know of TCP; and what waits to be sent on each.

use std::net::{IpAddr, SocketAddr, SocketAddrV6};

use rustc_hash::FxHashMap;
use tokio::sync::mpsc;

/// The scope of an address that names a TCP connection. The kernel numbers interfaces from 1 up to a signed maximum, so
/// no datagram comes from it.
const TCP_SCOPE: u32 = u32::MAX;
/// Frames that may wait for one connection: a second of what one person receives. Beyond that the newest is dropped; video
/// already when a quarter is left, because sound and control are then wanted more.
pub(crate) const FRAMES: usize = 512;
/// What is longer is video, or can be sent again.
const SMALL_BYTES: usize = 400;

/// The address by which the shard knows a TCP connection: that of its other end, marked, and numbered because the same end
/// may be connected to two of our addresses.
pub(crate) fn path(remote: SocketAddr, connection: u32) -> SocketAddr {
    let ip = match remote.ip() {
        IpAddr::V4(ip) => ip.to_ipv6_mapped(),
        IpAddr::V6(ip) => ip,
    };
    SocketAddrV6::new(ip, remote.port(), connection, TCP_SCOPE).into()
}

/// The number of the TCP connection that an address names; `None` for a UDP address.
pub(crate) fn connection(path: SocketAddr) -> Option<u32> {
    match path {
        SocketAddr::V6(path) if path.scope_id() == TCP_SCOPE => Some(path.flowinfo()),
        _ => None,
    }
}

/// What the TCP thread tells the shard.
pub(crate) enum FromTcp {
    /// A connection began; what is put into `queue` is framed and sent.
    Opened {
        /// Its name.
        path: SocketAddr,
        /// Its way out; dropping it closes the connection after what waits is sent.
        queue: mpsc::Sender<Vec<u8>>,
    },
    /// A whole frame: what would have been a datagram.
    Frame {
        /// On which connection.
        path: SocketAddr,
        /// Without its length.
        bytes: Vec<u8>,
    },
    /// A connection is over.
    Closed {
        /// Its name.
        path: SocketAddr,
    },
}

/// The open connections. What a full queue does not take is dropped and counted.
#[derive(Default)]
pub(crate) struct Links {
    queues: FxHashMap<u32, mpsc::Sender<Vec<u8>>>,
    leaving: Vec<u32>,
    /// Frames that were dropped.
    pub(crate) dropped: u64,
}

impl Links {
    /// Notes a connection.
    pub(crate) fn open(&mut self, path: SocketAddr, queue: mpsc::Sender<Vec<u8>>) {
        if let Some(connection) = connection(path) {
            self.queues.insert(connection, queue);
        }
    }

    /// Forgets a connection; what waits is still sent.
    pub(crate) fn close(&mut self, path: SocketAddr) {
        if let Some(connection) = connection(path) {
            self.queues.remove(&connection);
        }
    }

    /// Closes a connection after what the shard writes until [`Links::hang_up`].
    pub(crate) fn close_soon(&mut self, path: SocketAddr) {
        self.leaving.extend(connection(path));
    }

    /// Closes what should be closed.
    pub(crate) fn hang_up(&mut self) {
        for connection in self.leaving.drain(..) {
            self.queues.remove(&connection);
        }
    }

    /// Queues a frame.
    pub(crate) fn send(&mut self, path: SocketAddr, frame: &[u8]) {
        let queue = connection(path).and_then(|connection| self.queues.get(&connection));
        let sent = queue.is_some_and(|queue| {
            let wanted = frame.len() <= SMALL_BYTES || queue.capacity() > FRAMES / 4;
            wanted && queue.try_send(frame.to_vec()).is_ok()
        });
        self.dropped += u64::from(!sent);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;

    #[test]
    fn a_connection_has_a_name_that_no_datagram_comes_from() {
        let remote: SocketAddr = "192.0.2.1:9".parse().unwrap();
        let (first, second) = (path(remote, 1), path(remote, 2));
        assert_ne!(first, second);
        assert_eq!((connection(first), connection(second)), (Some(1), Some(2)));
        assert_eq!(first.ip().to_canonical(), remote.ip());
        assert_eq!(first.port(), remote.port());
        for datagram in ["192.0.2.1:9", "[::ffff:192.0.2.1]:9", "[fe80::1%2]:9"] {
            assert_eq!(connection(datagram.parse().unwrap()), None);
        }
    }

    #[test]
    fn a_full_queue_drops_video_first_and_then_the_newest_of_all() {
        let (queue, mut end) = mpsc::channel(FRAMES);
        let mut links = Links::default();
        let path = path("192.0.2.1:9".parse().unwrap(), 7);
        links.open(path, queue);
        for _ in 0..FRAMES {
            links.send(path, &[0; 1_200]);
        }
        assert_eq!(links.dropped as usize, FRAMES / 4);
        for _ in 0..FRAMES {
            links.send(path, &[0; 100]);
        }
        assert_eq!(links.dropped as usize, FRAMES);
        links.close_soon(path);
        links.hang_up();
        links.send(path, b"nobody is there");
        assert_eq!(links.dropped as usize, FRAMES + 1);
        let waiting = std::iter::from_fn(|| end.try_recv().ok()).count();
        assert_eq!(waiting, FRAMES, "what waited before the end is kept");
    }
}
