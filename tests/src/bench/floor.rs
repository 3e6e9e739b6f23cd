//! The kernel's own part: the same packets to as many sockets, by `sendmmsg`, without rooms, rewriting, encryption or
//! segmentation. Its figure is the CPU time of these calls alone; receiving, waking and sleeping are left out.

use std::io::{BufRead, BufReader, IoSlice, Write};
use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use nix::time::{ClockId, clock_gettime};

use crate::inbox::{self, Inbox};
use crate::latency::Latency;
use crate::load::{self, Load};
use crate::process::Process;
use crate::publishers::{Publishers, Send};
use crate::record::Record;
use crate::scenario::Scenario;

/// What SRTP adds to a packet with AEAD_AES_128_GCM.
const TAG_BYTES: usize = 16;
/// A datagram as short as this asks for the figures.
const QUESTION: [u8; 1] = [0];
const WARM_UP: Duration = Duration::from_secs(1);
const DRAIN: Duration = Duration::from_millis(200);
const LOOK: Duration = Duration::from_millis(4);
/// One packet of so many is looked into.
const SAMPLE: u8 = 16;

/// `bench floor PORTS MEETING`: forwards what comes to these ports, in a meeting not to its sender's.
pub fn run(ports: &str, meeting: bool) -> anyhow::Result<()> {
    let ports = ports.split(',').map(str::parse::<u16>);
    let ports = ports.collect::<Result<Vec<_>, _>>()?;
    let address = |&port: &u16| {
        let address = SocketAddrV4::new(Ipv4Addr::LOCALHOST, port);
        Some(SockaddrIn::from(address))
    };
    let everybody: Vec<_> = ports.iter().map(address).collect();
    let socket = inbox::socket()?;
    socket.set_nonblocking(false)?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", socket.local_addr()?.port())?;
    out.flush()?;
    let mut headers = MultiHeaders::<SockaddrIn>::preallocate(everybody.len(), None);
    let (mut packets, mut spent) = (0u64, Duration::ZERO);
    let mut packet = [0; 2_048];
    loop {
        let length = socket.recv(&mut packet)?;
        if length < 12 {
            writeln!(out, "{packets} {}", spent.as_nanos())?;
            out.flush()?;
            continue;
        }
        let publisher = u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]);
        let publisher = ((publisher - load::audio_ssrc(0)) / 0x100) as usize;
        let mut addresses = everybody.clone();
        if meeting && publisher < addresses.len() {
            addresses.swap_remove(publisher);
        }
        let packet = &packet[..length];
        let slices: Vec<_> = addresses.iter().map(|_| [IoSlice::new(packet)]).collect();
        let before = thread_cpu()?;
        let sent = sendmmsg(
            socket.as_raw_fd(),
            &mut headers,
            &slices,
            &addresses,
            [],
            MsgFlags::empty(),
        )?;
        packets += sent.count() as u64;
        spent += thread_cpu()?.saturating_sub(before);
    }
}

/// CPU time of this thread.
fn thread_cpu() -> anyhow::Result<Duration> {
    Ok(clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID)?.into())
}

/// The running forwarder and who receives from it.
struct Floor {
    process: Process,
    answers: BufReader<std::process::ChildStdout>,
    server: SocketAddr,
    asking: UdpSocket,
    receivers: Vec<UdpSocket>,
    inbox: Inbox,
    received: u64,
    latency: Latency,
}

impl Floor {
    fn start(scenario: &Scenario) -> anyhow::Result<Self> {
        let count = if scenario.meeting {
            scenario.publishers
        } else {
            scenario.subscribers
        };
        let receivers: Vec<_> = (0..count)
            .map(|_| inbox::socket())
            .collect::<Result<_, _>>()?;
        let mut ports = Vec::new();
        for receiver in &receivers {
            ports.push(receiver.local_addr()?.port().to_string());
        }
        let arguments = [
            "floor".to_owned(),
            ports.join(","),
            scenario.meeting.to_string(),
        ];
        let mut process = Process::start(&std::env::current_exe()?, &arguments, 1, true)?;
        let (_, stdout) = process.streams()?;
        let mut answers = BufReader::new(stdout.context("its output is a pipe")?);
        let mut port = String::new();
        answers.read_line(&mut port)?;
        Ok(Self {
            process,
            answers,
            server: SocketAddr::from((Ipv4Addr::LOCALHOST, port.trim().parse()?)),
            asking: UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?,
            receivers,
            inbox: Inbox::new(),
            received: 0,
            latency: Latency::default(),
        })
    }

    /// Packets that it sent, and the CPU time of these calls.
    fn ask(&mut self) -> anyhow::Result<(u64, Duration)> {
        self.asking.send_to(&QUESTION, self.server)?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        let (packets, ns) = line.trim().split_once(' ').context("two numbers")?;
        Ok((packets.parse()?, Duration::from_nanos(ns.parse()?)))
    }

    fn work(&mut self, how_long: Duration) -> anyhow::Result<()> {
        let end = Instant::now() + how_long;
        while Instant::now() < end {
            let now = Instant::now();
            for socket in &self.receivers {
                self.inbox.receive(socket, |packet, at| {
                    self.received += 1;
                    let sealed = packet.len().saturating_sub(TAG_BYTES);
                    if packet.len() > 12
                        && packet[3] % SAMPLE == 0
                        && let Some((_, sent)) = load::read_stamp(&packet[..sealed])
                    {
                        self.latency.add(sent, at);
                    }
                    Ok(())
                })?;
            }
            std::thread::park_timeout(LOOK.saturating_sub(now.elapsed()));
        }
        Ok(())
    }
}

/// One run.
pub fn measure(scenario: &Scenario, seconds: f64) -> anyhow::Result<Record> {
    let mut floor = Floor::start(scenario)?;
    let mut all = Vec::new();
    for publisher in 0..scenario.publishers {
        let (socket, server) = (inbox::socket()?, floor.server);
        let send: Send = Box::new(move |packet| {
            let mut packet = packet.to_vec();
            packet.resize(packet.len() + TAG_BYTES, 0);
            let _ = socket.send_to(&packet, server);
            Ok(())
        });
        all.push((Load::new(publisher as u32, scenario), send));
    }
    let publishers = Publishers::start(all);
    floor.work(WARM_UP)?;
    publishers.pause();
    floor.work(DRAIN)?;
    floor.latency.clear();
    let (before, sent, received) = (floor.ask()?, publishers.sent(), floor.received);
    let cpu = floor.process.cpu()?;
    let started = Instant::now();
    publishers.resume();
    floor.work(Duration::from_secs_f64(seconds))?;
    publishers.pause();
    let took = started.elapsed().as_secs_f64();
    floor.work(DRAIN)?;
    let cpu = floor.process.cpu()?.saturating_sub(cpu);
    let after = floor.ask()?;
    let packets = (after.0 - before.0).max(1) as f64;
    let expected = (publishers.sent() - sent) * scenario.receivers() as u64;
    let received = floor.received - received;
    let calls = after.1.saturating_sub(before.1).as_secs_f64();
    let record = Record {
        packets_a_second: received as f64 / took,
        us: calls * 1e6 / packets,
        process_us: Some(cpu.as_secs_f64() * 1e6 / packets),
        busy: cpu.as_secs_f64() / took,
        expected,
        lost: expected.saturating_sub(received),
        p50_ms: floor.latency.quantile_ms(0.5),
        p99_ms: floor.latency.quantile_ms(0.99),
        ..Record::new(scenario, "floor")
    };
    publishers.end()?;
    Ok(record)
}
