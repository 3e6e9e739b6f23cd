//! Receiving in batches, with the kernel's own time of each arrival: how late the generator looks does not count.

use std::io::IoSliceMut;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;

use nix::sys::socket::{
    ControlMessageOwned, MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, setsockopt, sockopt,
};
use nix::sys::time::TimeSpec;

/// Datagrams a system call.
const BATCH: usize = 16;
/// Longest datagram that is read.
const BYTES: usize = 2_048;
/// Asked for in each receiving buffer.
const SOCKET_BYTES: usize = 2 << 20;

/// A socket that does not block, has room for what comes while nobody looks, and notes when. It is on all interfaces, because
/// Janus will not use the loopback one.
pub fn socket() -> anyhow::Result<UdpSocket> {
    let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))?;
    socket.set_nonblocking(true)?;
    if setsockopt(&socket, sockopt::RcvBufForce, &SOCKET_BYTES).is_err() {
        setsockopt(&socket, sockopt::RcvBuf, &SOCKET_BYTES)?;
    }
    setsockopt(&socket, sockopt::ReceiveTimestampns, &true)?;
    Ok(socket)
}

/// Buffers for a batch.
pub struct Inbox {
    headers: MultiHeaders<SockaddrIn>,
    buffers: Vec<[u8; BYTES]>,
}

impl Inbox {
    /// Empty buffers.
    pub fn new() -> Self {
        let control = nix::cmsg_space!(TimeSpec);
        Self {
            headers: MultiHeaders::preallocate(BATCH, Some(control)),
            buffers: vec![[0; BYTES]; BATCH],
        }
    }

    /// Hands over each datagram that waits, with the time of its arrival in ns since 1970 (0: the kernel did not say), until
    /// none is left.
    pub fn receive(
        &mut self,
        socket: &UdpSocket,
        mut take: impl FnMut(&mut [u8], u64) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        loop {
            let mut came = [(0, 0); BATCH];
            let count = self.batch(socket, &mut came);
            for (buffer, (length, at)) in self.buffers.iter_mut().zip(came).take(count) {
                take(&mut buffer[..length], at)?;
            }
            if count < BATCH {
                return Ok(());
            }
        }
    }

    /// Length and time of each datagram of one batch.
    fn batch(&mut self, socket: &UdpSocket, came: &mut [(usize, u64); BATCH]) -> usize {
        let mut slices: Vec<_> = self
            .buffers
            .iter_mut()
            .map(|buffer| [IoSliceMut::new(buffer)])
            .collect();
        // Whatever the error says (nothing there; a port that was closed), there is nothing to take.
        let Ok(messages) = recvmmsg(
            socket.as_raw_fd(),
            &mut self.headers,
            slices.iter_mut(),
            MsgFlags::MSG_DONTWAIT,
            None,
        ) else {
            return 0;
        };
        let mut count = 0;
        for (message, place) in messages.zip(came) {
            let stamp = message.cmsgs().ok().and_then(|mut all| {
                all.find_map(|one| match one {
                    ControlMessageOwned::ScmTimestampns(at) => Some(at),
                    _ => None,
                })
            });
            let at = stamp.map_or(0, |at| {
                at.tv_sec() as u64 * 1_000_000_000 + at.tv_nsec() as u64
            });
            *place = (message.bytes.min(BYTES), at);
            count += 1;
        }
        count
    }
}
