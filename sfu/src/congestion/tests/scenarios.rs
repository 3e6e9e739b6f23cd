//! What the estimate does on paths of every kind.

use std::time::Duration;

use super::call::{Call, Load, Sample};
use super::network::{Path, Rival};

/// More than any path here carries.
const PLENTY: Load = Load::Elastic(8e6);
const LAYERS: &[u64] = &[150_000, 500_000, 1_500_000];
const SEEDS: [u64; 2] = [1, 2];

fn arrived(sample: &Sample) -> f64 {
    sample.arrived
}

fn sent(sample: &Sample) -> f64 {
    sample.sent
}

fn estimate(sample: &Sample) -> f64 {
    sample.estimate
}

fn wait_ms(sample: &Sample) -> f64 {
    sample.wait_ms
}

/// Asserts that a number lies between two others.
#[track_caller]
fn between(what: &str, seed: u64, value: f64, from: f64, to: f64) {
    assert!(
        (from..=to).contains(&value),
        "{what}, seed {seed}: {value:.0} is not in {from:.0}–{to:.0}"
    );
}

#[test]
fn a_steady_megabit_is_found_within_five_seconds_and_held() {
    for seed in SEEDS {
        let mut call = Call::with_seed(Path::steady(1e6), PLENTY, seed);
        call.run(60.0);
        between("found", seed, call.mean(4.0, 5.0, estimate), 850e3, 1_050e3);
        for second in (5..60).step_by(5) {
            let second = f64::from(second);
            let held = call.mean(second, second + 5.0, arrived);
            between("held", seed, held, 850e3, 1_050e3);
        }
        between("wait", seed, call.most(5.0, 60.0, wait_ms), 0.0, 120.0);
        between("mean wait", seed, call.mean(5.0, 60.0, wait_ms), 0.0, 40.0);
        assert_eq!(call.dropped, 0, "the pacer is not in the way");
    }
}

#[test]
fn a_slow_path_is_not_flooded_by_the_first_probes() {
    for seed in SEEDS {
        let mut call = Call::with_seed(Path::steady(150e3), PLENTY, seed);
        call.run(30.0);
        between(
            "estimate",
            seed,
            call.mean(5.0, 30.0, estimate),
            100e3,
            160e3,
        );
        between(
            "mean wait",
            seed,
            call.mean(10.0, 30.0, wait_ms),
            0.0,
            100.0,
        );
    }
}

#[test]
fn a_fast_path_is_found_in_the_first_second() {
    for seed in SEEDS {
        let mut call = Call::with_seed(Path::steady(20e6), Load::Layers(LAYERS), seed);
        call.run(3.0);
        between(
            "estimate",
            seed,
            call.most(0.0, 1.0, estimate),
            1.73e6,
            20e6,
        );
        between("layer", seed, call.mean(2.0, 3.0, arrived), 1.3e6, 1.8e6);
    }
}

#[test]
fn a_fall_from_2500_to_400_kbit_is_followed_within_three_seconds_and_undone_within_ten() {
    let path = Path::steps(&[(0.0, 2.5e6), (20.0, 400e3), (40.0, 2.5e6)]);
    for seed in SEEDS {
        let mut call = Call::with_seed(path.clone(), PLENTY, seed);
        call.run(60.0);
        between("before", seed, call.mean(15.0, 20.0, sent), 2.0e6, 2.6e6);
        between("after 3 s", seed, call.mean(22.5, 23.5, sent), 200e3, 400e3);
        between("low", seed, call.mean(23.0, 40.0, sent), 300e3, 400e3);
        between("low wait", seed, call.mean(23.0, 40.0, wait_ms), 0.0, 100.0);
        between(
            "after 10 s",
            seed,
            call.mean(49.0, 51.0, estimate),
            2.0e6,
            2.6e6,
        );
    }
}

#[test]
fn the_layer_follows_a_fall_to_400_kbit_within_three_seconds_and_comes_back_within_ten() {
    let path = Path::steps(&[(0.0, 2.5e6), (20.0, 400e3), (40.0, 2.5e6)]);
    for seed in SEEDS {
        let mut call = Call::with_seed(path.clone(), Load::Layers(LAYERS), seed);
        call.run(60.0);
        let spatial = |sample: &Sample| sample.layer.map_or(-1.0, |layer| f64::from(layer.spatial));
        between("before", seed, call.least(5.0, 20.0, spatial), 2.0, 2.0);
        between("after 3 s", seed, call.most(23.0, 40.0, spatial), 0.0, 0.0);
        between("paused", seed, call.least(23.0, 40.0, spatial), 0.0, 0.0);
        between(
            "back after 10 s",
            seed,
            call.least(50.0, 60.0, spatial),
            2.0,
            2.0,
        );
    }
}

#[test]
fn at_100_kbit_sound_goes_on_undisturbed() {
    let mut path = Path::steps(&[(0.0, 2.5e6), (10.0, 100e3)]);
    path.queue = Duration::from_millis(200);
    for seed in SEEDS {
        let mut call = Call::with_seed(path.clone(), Load::Layers(LAYERS), seed);
        call.run(13.0);
        let before = call.overflowed;
        call.run(60.0);
        assert_eq!(call.overflowed, before, "seed {seed}");
        between("sound", seed, call.least(13.0, 60.0, arrived), 40e3, 60e3);
        between("wait", seed, call.most(13.0, 60.0, wait_ms), 0.0, 150.0);
    }
}

#[test]
fn a_ramp_is_followed_down_and_up() {
    let mut path = Path::steps(&[
        (0.0, 3e6),
        (20.0, 3e6),
        (40.0, 500e3),
        (60.0, 3e6),
        (80.0, 3e6),
    ]);
    path.ramp = true;
    for seed in SEEDS {
        let mut call = Call::with_seed(path.clone(), PLENTY, seed);
        call.run(80.0);
        for second in (0..80).step_by(5).skip(1) {
            let second = f64::from(second);
            let link = (0..50)
                .map(|n| path.bps(second + f64::from(n) / 10.0))
                .sum::<f64>()
                / 50.0;
            let share = 100.0 * call.mean(second, second + 5.0, arrived) / link;
            between(&format!("share at {second}"), seed, share, 50.0, 105.0);
        }
        between(
            "down wait",
            seed,
            call.mean(20.0, 40.0, wait_ms),
            0.0,
            100.0,
        );
        between(
            "at the end",
            seed,
            call.mean(70.0, 80.0, arrived),
            2.3e6,
            3e6,
        );
    }
}

#[test]
fn random_loss_on_a_path_with_room_takes_little_away() {
    for loss in [0.05, 0.10] {
        for seed in SEEDS {
            let mut path = Path::steady(5e6);
            path.loss = loss;
            let mut call = Call::with_seed(path, Load::Layers(LAYERS), seed);
            call.run(60.0);
            let needed = 1.548e6;
            between(
                "sent",
                seed,
                call.mean(5.0, 60.0, sent),
                0.9 * needed,
                1.1 * needed,
            );
            between(
                "least",
                seed,
                call.least(5.0, 60.0, estimate),
                0.6 * needed,
                20e6,
            );
        }
    }
}

#[test]
fn random_loss_does_not_hide_a_narrow_path() {
    for seed in SEEDS {
        let mut path = Path::steps(&[(0.0, 2.5e6), (20.0, 400e3)]);
        path.loss = 0.05;
        let mut call = Call::with_seed(path, PLENTY, seed);
        call.run(50.0);
        between("sent", seed, call.mean(24.0, 50.0, sent), 250e3, 440e3);
        between("wait", seed, call.mean(24.0, 50.0, wait_ms), 0.0, 150.0);
    }
}

#[test]
fn jitter_of_twenty_milliseconds_either_way_does_not_collapse_the_rate() {
    for seed in SEEDS {
        let mut path = Path::steady(2e6);
        path.jitter = Duration::from_millis(40);
        let mut call = Call::with_seed(path, PLENTY, seed);
        call.run(60.0);
        between("mean", seed, call.mean(5.0, 60.0, sent), 1.4e6, 2.05e6);
        between("least", seed, call.least(5.0, 60.0, estimate), 1.0e6, 20e6);
        between("wait", seed, call.mean(5.0, 60.0, wait_ms), 0.0, 120.0);
    }
}

#[test]
fn a_queue_of_a_second_does_not_stand() {
    for seed in SEEDS {
        let mut path = Path::steps(&[(0.0, 1e6), (30.0, 500e3)]);
        path.queue = Duration::from_secs(1);
        let mut call = Call::with_seed(path, PLENTY, seed);
        call.run(60.0);
        between("wait", seed, call.most(5.0, 30.0, wait_ms), 0.0, 150.0);
        between(
            "wait after the step",
            seed,
            call.most(35.0, 60.0, wait_ms),
            0.0,
            150.0,
        );
        between("used", seed, call.mean(5.0, 30.0, arrived), 800e3, 1e6);
    }
}

#[test]
fn beside_a_flow_that_fills_the_queue_a_quarter_is_ours() {
    for queue_ms in [60, 100, 300] {
        for seed in SEEDS {
            let mut path = Path::steady(4e6);
            path.queue = Duration::from_millis(queue_ms);
            let mut call = Call::with_seed(path, PLENTY, seed);
            call.run(10.0);
            call.rival = Some(Rival::new(call.now()));
            call.run(70.0);
            let ours = call.mean(20.0, 70.0, arrived);
            between(&format!("ours at {queue_ms} ms"), seed, ours, 1.0e6, 3.0e6);
        }
    }
}

#[test]
fn a_second_without_feedback_lowers_the_rate_and_it_recovers() {
    for seed in SEEDS {
        let mut call = Call::with_seed(Path::steady(2e6), PLENTY, seed);
        call.deaf = 20.0..21.0;
        call.run(40.0);
        let before = call.mean(15.0, 20.0, estimate);
        let lowest = call.least(20.5, 21.5, estimate);
        between("lowest", seed, lowest, 0.2 * before, 0.75 * before);
        between(
            "after",
            seed,
            call.mean(27.0, 35.0, estimate),
            0.85 * before,
            1.2 * before,
        );
    }
}

#[test]
fn without_any_feedback_the_rate_goes_to_the_least() {
    let mut call = Call::new(Path::steady(2e6), PLENTY);
    call.deaf = 10.0..40.0;
    call.run(35.0);
    between("deaf", 1, call.mean(30.0, 35.0, estimate), 30e3, 30e3);
    call.run(60.0);
    between("after", 1, call.mean(55.0, 60.0, estimate), 1.4e6, 2.2e6);
}

#[test]
fn a_load_that_needs_little_lets_the_estimate_neither_run_away_nor_sink() {
    for seed in SEEDS {
        let mut call = Call::with_seed(Path::steady(50e6), Load::Elastic(300e3), seed);
        call.run(60.0);
        between(
            "estimate",
            seed,
            call.least(2.0, 60.0, estimate),
            600e3,
            4e6,
        );
        between("estimate", seed, call.most(0.0, 60.0, estimate), 600e3, 4e6);
        let padding = call.padding_bytes as f64;
        between("padding", seed, padding, 1e3, 60e3);
    }
}

#[test]
fn another_path_is_found_anew() {
    let mut path = Path::steps(&[(0.0, 5e6), (20.0, 800e3)]);
    path.queue = Duration::from_millis(500);
    for seed in SEEDS {
        let mut call = Call::with_seed(path.clone(), PLENTY, seed);
        call.run(20.0);
        let now = call.now();
        call.bandwidth.reset(now);
        between(
            "at once",
            seed,
            call.bandwidth.estimate_bps(now) as f64,
            30e3,
            600e3,
        );
        call.run(40.0);
        between(
            "after 3 s",
            seed,
            call.mean(23.0, 40.0, estimate),
            600e3,
            850e3,
        );
        between("wait", seed, call.mean(23.0, 40.0, wait_ms), 0.0, 100.0);
    }
}

#[test]
fn the_receivers_own_estimate_is_a_cap() {
    let mut call = Call::new(Path::steady(5e6), PLENTY);
    call.run(5.0);
    let now = call.now();
    call.bandwidth.on_remb(400_000, now);
    assert_eq!(call.bandwidth.estimate_bps(now), 400_000);
    call.run(14.0);
    between("capped", 1, call.most(5.2, 14.0, estimate), 390e3, 400e3);
    call.run(25.0);
    between("forgotten", 1, call.mean(20.0, 25.0, estimate), 1e6, 8e6);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let run = || {
        let mut path = Path::steady(1e6);
        path.loss = 0.03;
        path.jitter = Duration::from_millis(10);
        let mut call = Call::with_seed(path, PLENTY, 7);
        call.run(10.0);
        call.samples
            .iter()
            .map(|sample| sample.estimate as u64)
            .collect::<Vec<_>>()
    };
    assert_eq!(run(), run());
}
