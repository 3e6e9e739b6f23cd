//! What the estimate does on paths of every kind.

use std::time::Duration;

use super::call::{Call, Load};
use super::network::{Path, Rival};

const PLENTY: Load = Load::Elastic(8e6);

#[test]
fn a_steady_megabit_is_found_within_five_seconds_and_held() {
    let mut call = Call::new(Path::steady(1e6), PLENTY);
    call.run(60.0);
    let _ = call.between(0.0, 60.0);
    println!(
        "mean {} least {} most {}",
        call.mean(5.0, 60.0, |s| s.arrived),
        call.least(5.0, 60.0, |s| s.estimate),
        call.most(5.0, 60.0, |s| s.estimate)
    );
    println!(
        "wait {} {}",
        call.mean(5.0, 60.0, |s| s.wait_ms),
        call.most(5.0, 60.0, |s| s.wait_ms)
    );
    println!("dropped {} padding {}", call.dropped, call.padding_bytes);
}

#[test]
fn a_fall_from_2500_to_400_kbit() {
    let mut call = Call::new(
        Path::steps(&[(0.0, 2.5e6), (20.0, 400e3), (40.0, 2.5e6)]),
        PLENTY,
    );
    call.run(60.0);
    println!(
        "before {} after3 {} recov10 {}",
        call.mean(15.0, 20.0, |s| s.sent),
        call.most(23.0, 40.0, |s| s.sent),
        call.mean(49.0, 51.0, |s| s.sent)
    );
    println!("wait {}", call.mean(25.0, 40.0, |s| s.wait_ms));
}

#[test]
fn layers() {
    let mut call = Call::new(
        Path::steps(&[(0.0, 2.5e6), (20.0, 400e3), (40.0, 2.5e6)]),
        Load::Layers(&[150_000, 500_000, 1_500_000]),
    );
    call.run(60.0);
    for s in [
        2.0, 5.0, 19.0, 21.0, 22.0, 23.0, 30.0, 39.0, 42.0, 45.0, 48.0, 50.0, 59.0,
    ] {
        let x = call.between(s, s + 0.1)[0];
        println!("{s} {:?}", x);
    }
}

#[test]
fn ten_percent_random_loss() {
    for loss in [0.05, 0.1] {
        let mut path = Path::steady(5e6);
        path.loss = loss;
        let mut call = Call::new(path, Load::Layers(&[150_000, 500_000, 1_500_000]));
        call.run(60.0);
        println!(
            "loss {loss} mean est {} least {} sent {}",
            call.mean(5.0, 60.0, |s| s.estimate),
            call.least(5.0, 60.0, |s| s.estimate),
            call.mean(5.0, 60.0, |s| s.sent)
        );
    }
}

#[test]
fn jitter() {
    let mut path = Path::steady(2e6);
    path.jitter = Duration::from_millis(40);
    let mut call = Call::new(path, PLENTY);
    call.run(60.0);
    println!(
        "mean est {} least {} sent {} wait {}",
        call.mean(10.0, 60.0, |s| s.estimate),
        call.least(10.0, 60.0, |s| s.estimate),
        call.mean(10.0, 60.0, |s| s.sent),
        call.mean(10.0, 60.0, |s| s.wait_ms)
    );
}

#[test]
fn bufferbloat() {
    let mut path = Path::steady(1e6);
    path.queue = Duration::from_secs(1);
    let mut call = Call::new(path, PLENTY);
    call.run(60.0);
    println!(
        "mean est {} sent {} wait {} {}",
        call.mean(10.0, 60.0, |s| s.estimate),
        call.mean(10.0, 60.0, |s| s.sent),
        call.mean(10.0, 60.0, |s| s.wait_ms),
        call.most(10.0, 60.0, |s| s.wait_ms)
    );
}

#[test]
fn rival() {
    for queue in [60, 100, 200, 300] {
        let mut path = Path::steady(4e6);
        path.queue = Duration::from_millis(queue);
        let mut call = Call::new(path, PLENTY);
        call.run(10.0);
        call.rival = Some(Rival::new(call.now()));
        call.run(70.0);
        println!(
            "queue {queue} ours {} rival {} wait {}",
            call.mean(20.0, 70.0, |s| s.arrived),
            call.rival.as_ref().unwrap().arrived_bytes as f64 * 8.0 / 60.0,
            call.mean(20.0, 70.0, |s| s.wait_ms)
        );
    }
}

#[test]
fn deaf() {
    let mut call = Call::new(Path::steady(2e6), PLENTY);
    call.deaf = 20.0..21.0;
    call.run(40.0);
    println!(
        "before {} lowest {} after {}",
        call.mean(15.0, 20.0, |s| s.estimate),
        call.least(20.0, 22.0, |s| s.estimate),
        call.mean(25.0, 30.0, |s| s.estimate)
    );
}

#[test]
fn ramp() {
    let mut path = Path::steps(&[(0.0, 3e6), (20.0, 3e6), (40.0, 500e3), (60.0, 3e6)]);
    path.ramp = true;
    let mut call = Call::new(path, PLENTY);
    call.run(70.0);
    for n in 0..14 {
        let s = 5.0 * n as f64;
        println!(
            "{s} link {} sent {} wait {}",
            call.network.path.bps(s + 2.5),
            call.mean(s, s + 5.0, |s| s.sent),
            call.mean(s, s + 5.0, |s| s.wait_ms)
        );
    }
}
