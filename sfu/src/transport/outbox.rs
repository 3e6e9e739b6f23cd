//! What leaves a shard: datagrams gathered in one buffer, those for the same address side by side, so that the kernel is
//! asked once for many and parts them itself where it can (`UDP_SEGMENT`).

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::Range;

use super::links::{self, Links};
use super::udp::{self, Message};

/// Datagrams of one message; the kernel's own limit is 64 before Linux 6.9.
const MAX_SEGMENTS: usize = 64;
/// Bytes of one message: all its segments together are one packet of at most 65,535 bytes until they are parted.
const MAX_MESSAGE_BYTES: usize = 65_000;
/// So many refusals in a row to segment, and it is not tried again: this kernel, or its interface, cannot.
const MAX_REFUSALS: u32 = 16;
/// So many bytes leave without waiting for more.
const FULL_BYTES: usize = 1 << 20;

/// A datagram shorter than this leaves after the longer ones for the same address.
const SHORT_BYTES: usize = 400;
/// In an entry of the order: 32 bits of address, one of shortness, then the place.
const SHORT_BIT: u32 = 31;
const PLACE_MASK: u64 = (1 << SHORT_BIT) - 1;

/// A datagram in the buffer.
struct Datagram {
    place: Range<usize>,
    to: SocketAddr,
}

/// Datagrams on their way out.
///
/// It holds what the shard's loop produced since the last [`Outbox::flush`], which empties it. What the kernel does not
/// take (a full socket buffer) is dropped and counted: media that waits is worth nothing.
pub(crate) struct Outbox {
    bytes: Vec<u8>,
    datagrams: Vec<Datagram>,
    /// For those who are connected by TCP.
    framed: Vec<Datagram>,
    order: Vec<u64>,
    parts: Vec<Range<usize>>,
    messages: Vec<Message>,
    segmentation: bool,
    refusals: u32,
    urgent: bool,
    /// The TCP connections.
    pub(crate) links: Links,
    /// Datagrams that the kernel did not take.
    pub(crate) dropped: u64,
    /// Messages that the kernel took, each of one datagram or more.
    pub(crate) sent_messages: u64,
    /// Bytes that the kernel was handed, those that it did not take included.
    pub(crate) sent_bytes: u64,
}

impl Default for Outbox {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            datagrams: Vec::new(),
            framed: Vec::new(),
            order: Vec::new(),
            parts: Vec::new(),
            messages: Vec::new(),
            segmentation: true,
            refusals: 0,
            urgent: false,
            links: Links::default(),
            dropped: 0,
            sent_messages: 0,
            sent_bytes: 0,
        }
    }
}

impl Outbox {
    /// Queues a datagram.
    pub(crate) fn push(&mut self, to: SocketAddr, datagram: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(datagram);
        self.queue(start, to);
    }

    /// Says that what waits should leave at once: somebody is about to be connected.
    pub(crate) fn hurry(&mut self) {
        self.urgent = true;
    }

    /// Queues what `write` appends to the buffer. When it says `false`, nothing is queued.
    pub(crate) fn write(
        &mut self,
        to: SocketAddr,
        write: impl FnOnce(&mut Vec<u8>) -> bool,
    ) -> bool {
        let start = self.bytes.len();
        if write(&mut self.bytes) && self.bytes.len() > start {
            self.queue(start, to);
            true
        } else {
            self.bytes.truncate(start);
            false
        }
    }

    fn queue(&mut self, start: usize, to: SocketAddr) {
        let place = start..self.bytes.len();
        let queue = match links::connection(to) {
            None => &mut self.datagrams,
            Some(_) => &mut self.framed,
        };
        queue.push(Datagram { place, to });
    }

    /// Whether nothing waits.
    pub(crate) fn is_empty(&self) -> bool {
        self.datagrams.is_empty() && self.framed.is_empty()
    }

    /// Whether what waits must not wait for more.
    pub(crate) fn is_urgent(&self) -> bool {
        self.urgent || self.bytes.len() >= FULL_BYTES
    }

    /// Sends nothing of it.
    pub(crate) fn discard(&mut self) {
        self.bytes.clear();
        self.datagrams.clear();
        self.framed.clear();
        self.urgent = false;
    }

    /// What would leave now.
    pub(crate) fn take(&mut self) -> Vec<(SocketAddr, Vec<u8>)> {
        let datagrams = self.datagrams.iter().chain(&self.framed);
        let taken = datagrams
            .map(|one| (one.to, self.bytes[one.place.clone()].to_vec()))
            .collect();
        self.discard();
        taken
    }

    /// Sends everything.
    pub(crate) fn flush(&mut self, socket: &UdpSocket) {
        self.gather();
        self.sent_bytes += self.bytes.len() as u64;
        let mut first = 0;
        while first < self.messages.len() {
            match udp::send(socket, &self.bytes, &self.parts, &self.messages[first..]) {
                Ok(sent) => {
                    let taken = &self.messages[first..first + sent];
                    if taken.iter().any(|message| message.count > 1) {
                        self.refusals = 0;
                    }
                    first += sent;
                    self.sent_messages += sent as u64;
                }
                Err(error) => first += self.failed(&error, socket, first),
            }
        }
        for one in &self.framed {
            self.links.send(one.to, &self.bytes[one.place.clone()]);
        }
        self.links.hang_up();
        self.discard();
    }

    /// Makes messages of the datagrams: those for one address together, in their order, as long as their lengths allow.
    fn gather(&mut self) {
        self.order.clear();
        self.parts.clear();
        self.messages.clear();
        let lanes = self.datagrams.iter().enumerate();
        self.order.extend(lanes.map(|(place, one)| {
            // Sound after picture: what is short may only be the end of a message.
            let short = u64::from(one.place.len() < SHORT_BYTES) << SHORT_BIT;
            u64::from(lane(one.to)) << 32 | short | place as u64
        }));
        self.order.sort_unstable();
        let mut bytes = 0;
        for &entry in &self.order {
            let one = &self.datagrams[(entry & PLACE_MASK) as usize];
            let length = one.place.len();
            let previous = self.parts.last().map_or(0, Range::len);
            self.parts.push(one.place.clone());
            match self.messages.last_mut() {
                Some(message)
                    if self.segmentation
                        && message.to == one.to
                        && message.count < MAX_SEGMENTS
                        && previous == message.segment
                        && length <= message.segment
                        && bytes + length <= MAX_MESSAGE_BYTES =>
                {
                    message.count += 1;
                    bytes += length;
                }
                _ => {
                    self.messages.push(Message {
                        to: one.to,
                        first: self.parts.len() - 1,
                        count: 1,
                        segment: length,
                    });
                    bytes = length;
                }
            }
        }
    }

    /// The kernel did not take a message. Returns how many messages are dealt with; none when it is worth trying again.
    fn failed(&mut self, error: &io::Error, socket: &UdpSocket, first: usize) -> usize {
        if error.kind() == io::ErrorKind::WouldBlock && udp::wait_until_writable(socket) {
            return 0;
        }
        let message = self.messages[first];
        if message.count > 1 && udp::is_about_segments(error) {
            // It may be about this way only (a smaller path MTU).
            self.refusals += 1;
            if self.refusals == MAX_REFUSALS {
                self.segmentation = false;
                tracing::info!(%error, "the kernel does not segment: datagrams are sent one by one");
            }
        } else if !is_missing_call(error) {
            // An unreachable host, a full buffer: the others get their try.
            self.dropped += message.count as u64;
            return 1;
        }
        for part in &self.parts[message.first..message.first + message.count] {
            match socket.send_to(&self.bytes[part.clone()], message.to) {
                Ok(_) => self.sent_messages += 1,
                Err(_) => self.dropped += 1,
            }
        }
        1
    }
}

/// `ENOSYS`: a sandbox without `sendmmsg`.
fn is_missing_call(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::Unsupported
}

/// A number that is the same for the same address. Two addresses may share one; they then only leave less gathered.
fn lane(address: SocketAddr) -> u32 {
    let host = match address.ip() {
        IpAddr::V4(ip) => ip.to_bits(),
        IpAddr::V6(ip) => (ip.to_bits() ^ (ip.to_bits() >> 64)) as u32,
    };
    host.wrapping_mul(0x9e37_79b1) ^ u32::from(address.port()).rotate_left(16)
}

#[cfg(test)]
#[path = "tests/outbox.rs"]
mod tests;
