//! `bench [SUBSCRIBERS] [SECONDS] [RUNS]`: CPU of the media plane for each forwarded packet, with one publisher and many
//! subscribers, beside the kernel's own part of it, measured in the same run. `make bench` calls it in a release build.

#![allow(unreachable_pub, reason = "a program: nothing is exported")]

mod client;
mod floor;
mod load;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use client::{Client, Identity};
use sfu::{Sfu, SfuConfig};

/// Before the measurement, so that caches, keyframes and slots have settled.
const WARM_UP: Duration = Duration::from_secs(3);

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1);
    let mut number = |default: f64| {
        args.next()
            .and_then(|arg| arg.parse().ok())
            .unwrap_or(default)
    };
    let (subscribers, seconds, runs) = (number(50.0) as usize, number(10.0), number(3.0) as usize);
    println!(
        "1 publisher x {subscribers} subscribers, video 1500 kbit/s in 1200 B packets + Opus 50/s, {seconds} s a run"
    );
    println!(
        "run   packets/s   lost   packets/message   server us/packet   kernel floor us/packet   ratio"
    );
    let mut ratios = Vec::new();
    let mut costs = Vec::new();
    for run in 1..=runs.max(1) {
        let measured = forward(subscribers, seconds)?;
        let floor = floor::measure(subscribers, seconds.min(5.0))?;
        let ratio = measured.cpu_us / floor;
        println!(
            "{run:>3}   {:>9.0}   {:>4.1}%   {:>15.2}   {:>16.2}   {:>22.2}   {ratio:>5.2}",
            measured.packets_a_second,
            measured.lost_percent,
            measured.packets_a_message,
            measured.cpu_us,
            floor
        );
        ratios.push(ratio);
        costs.push(measured.cpu_us);
    }
    println!(
        "median: {:.2} us per forwarded packet, {:.2} times the kernel floor",
        median(&mut costs),
        median(&mut ratios)
    );
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

struct Measured {
    cpu_us: f64,
    packets_a_second: f64,
    lost_percent: f64,
    packets_a_message: f64,
}

/// One run with a media plane of its own.
fn forward(subscribers: usize, seconds: f64) -> anyhow::Result<Measured> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let (sfu, publisher, clients) = runtime.block_on(async {
        let config = SfuConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            public_addresses: vec![[127, 0, 0, 1].into()],
            ..SfuConfig::default()
        };
        let (sfu, mut events) = Sfu::start(config)?;
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        let identity = Arc::new(Identity::generate()?);
        let publisher = Client::join(&sfu, &identity, "bench", 1, true).await?;
        let mut clients = Vec::new();
        for id in 0..subscribers {
            clients.push(Client::join(&sfu, &identity, "bench", 100 + id as u64, false).await?);
        }
        anyhow::Ok((sfu, publisher, clients))
    })?;
    let mut everyone = vec![publisher];
    everyone.extend(clients);
    client::connect(&mut everyone)?;
    let publisher = everyone.remove(0);
    let mut clients = everyone;

    let over = Arc::new(AtomicBool::new(false));
    let stop = over.clone();
    let sending = std::thread::spawn(move || publish(publisher, &stop));
    work(&mut clients, WARM_UP)?;
    let before = runtime.block_on(sfu.stats())?;
    let received_before: u64 = clients.iter().map(|client| client.received).sum();
    let started = Instant::now();
    work(&mut clients, Duration::from_secs_f64(seconds))?;
    let after = runtime.block_on(sfu.stats())?;
    let took_s = started.elapsed().as_secs_f64();
    work(&mut clients, Duration::from_millis(50))?;
    let received: u64 = clients.iter().map(|client| client.received).sum::<u64>() - received_before;
    over.store(true, Ordering::Relaxed);
    sending
        .join()
        .ok()
        .context("the publisher ended by a panic")??;
    runtime.block_on(sfu.shutdown());

    let packets = after.packets_out - before.packets_out;
    anyhow::ensure!(packets > 0, "nothing was forwarded: {after:?}");
    Ok(Measured {
        cpu_us: (after.cpu_us - before.cpu_us) as f64 / packets as f64,
        packets_a_message: packets as f64
            / (after.messages_out - before.messages_out).max(1) as f64,
        packets_a_second: packets as f64 / took_s,
        lost_percent: (100.0 - received as f64 * 100.0 / packets as f64).max(0.0),
    })
}

/// Lets every client read for so long.
fn work(clients: &mut [Client], how_long: Duration) -> anyhow::Result<()> {
    let end = Instant::now() + how_long;
    while Instant::now() < end {
        let now = Instant::now();
        for client in clients.iter_mut() {
            client.work(now)?;
        }
        std::thread::park_timeout(Duration::from_millis(1));
    }
    Ok(())
}

/// Sends the load until told to stop.
fn publish(mut publisher: Client, stop: &AtomicBool) -> anyhow::Result<()> {
    let start = Instant::now();
    let mut load = load::Load::default();
    while !stop.load(Ordering::Relaxed) {
        for packet in load.due(start.elapsed()) {
            publisher.send(&packet)?;
        }
        publisher.work(Instant::now())?;
        std::thread::park_timeout(Duration::from_micros(100));
    }
    Ok(())
}
