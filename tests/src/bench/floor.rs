//! The kernel's own part: the same packets to as many sockets, by `sendmmsg`, without rooms, rewriting or encryption.

use std::io::IoSlice;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use nix::time::{ClockId, clock_gettime};

use crate::load::Load;

/// What SRTP adds to a packet with AEAD_AES_128_GCM.
const TAG_BYTES: usize = 16;

/// CPU microseconds a packet, sending the same load to `subscribers` sockets for `seconds`.
pub fn measure(subscribers: usize, seconds: f64) -> anyhow::Result<f64> {
    let receivers = (0..subscribers)
        .map(|_| {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        })
        .collect::<std::io::Result<Vec<_>>>()?;
    let mut addresses = Vec::new();
    for receiver in &receivers {
        let std::net::SocketAddr::V4(address) = receiver.local_addr()? else {
            anyhow::bail!("not an IPv4 socket")
        };
        addresses.push(Some(SockaddrIn::from(address)));
    }
    // Read as the clients of the real run read: else full buffers would make the kernel's work shorter.
    let over = Arc::new(AtomicBool::new(false));
    let stop = over.clone();
    let reader = std::thread::spawn(move || {
        let mut datagram = [0; 2048];
        while !stop.load(Ordering::Relaxed) {
            for receiver in &receivers {
                while receiver.recv(&mut datagram).is_ok() {}
            }
            std::thread::park_timeout(Duration::from_millis(1));
        }
    });
    let result = send(&addresses, seconds);
    over.store(true, Ordering::Relaxed);
    let _ = reader.join();
    result
}

fn send(addresses: &[Option<SockaddrIn>], seconds: f64) -> anyhow::Result<f64> {
    let sender = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(addresses.len(), None);
    let mut load = Load::default();
    let (mut packets, mut spent) = (0u64, Duration::ZERO);
    let start = Instant::now();
    while start.elapsed().as_secs_f64() < seconds {
        for mut packet in load.due(start.elapsed()) {
            packet.resize(packet.len() + TAG_BYTES, 0);
            let slices: Vec<_> = addresses.iter().map(|_| [IoSlice::new(&packet)]).collect();
            let before = thread_cpu()?;
            let results = sendmmsg(
                sender.as_raw_fd(),
                &mut headers,
                &slices,
                addresses,
                [],
                MsgFlags::empty(),
            )?;
            packets += results.count() as u64;
            spent += thread_cpu()?.saturating_sub(before);
        }
        std::thread::park_timeout(Duration::from_micros(100));
    }
    Ok(spent.as_secs_f64() * 1e6 / packets.max(1) as f64)
}

/// CPU time of this thread.
fn thread_cpu() -> anyhow::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}
