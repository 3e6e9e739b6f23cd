//! What was asked of the media plane, beside what was measured.

use std::fmt::Write;

use crate::record::Record;
use crate::table::{Runs, spread};

/// Of a hundred packets so many may be missing at the most that is carried.
const CARRIED_LOSS: f64 = 0.1;

/// Appends the list.
pub fn write(out: &mut String, runs: &Runs, ramps: &Runs) {
    out.push_str("\n## What was asked for\n\n| | asked | measured | |\n|---|---|---|---|\n");
    let us = |scenario: &str, server: &str| {
        spread(runs, scenario, server, |record| Some(record.us)).map(|s| s.median)
    };
    for load in ["1x100", "1x100s", "10x10"] {
        let floor = us(load, "ours").zip(us(load, "floor"));
        let floor = floor.map(|(ours, floor)| ours / floor);
        line(
            out,
            &format!("{load}: CPU ÷ kernel floor"),
            "≤",
            1.2,
            floor,
            2,
        );
        let janus = us(load, "ours").zip(us(load, "janus1"));
        let janus = janus.map(|(ours, janus)| ours / janus);
        line(
            out,
            &format!("{load}: CPU ÷ Janus, 1 event loop"),
            "≤",
            0.25,
            janus,
            2,
        );
    }
    let growth = us("1x500", "ours").zip(us("1x100", "ours"));
    let growth = growth.map(|(many, few)| many / few);
    line(out, "CPU at 1x500 ÷ at 1x100", "≤", 1.0, growth, 2);
    let reached = carried(ramps, "ours");
    line(
        out,
        "packets/s of one core, reached",
        "≥",
        180_000.0,
        reached.map(|r| r.0),
        0,
    );
    line(
        out,
        "packets/s of one core, by CPU time",
        "≥",
        180_000.0,
        reached.map(|r| r.1),
        0,
    );
    let two = by_cpu(runs, "ours2").zip(by_cpu(runs, "ours"));
    let two = two.map(|(two, one)| 2.0 * two / one);
    line(
        out,
        "two shards ÷ one, by CPU time at 10x100",
        "≥",
        1.8,
        two,
        2,
    );
    let of = |load: &str, value: fn(&Record) -> Option<f64>| {
        spread(runs, load, "ours", value).map(|s| s.median)
    };
    line(
        out,
        "1x100: p99, ms",
        "≤",
        3.0,
        of("1x100", |r| r.p99_ms),
        2,
    );
    line(
        out,
        "p99 at the most carried, ms",
        "≤",
        10.0,
        reached.and_then(|r| r.2),
        2,
    );
    line(
        out,
        "1x100: memory, kB a subscriber",
        "≤",
        100.0,
        of("1x100", |r| r.memory_kb),
        0,
    );
    for load in ["1x100", "10x10", "1x500"] {
        let lost = of(load, |record| Some(record.lost_percent()));
        line(out, &format!("{load}: lost, %"), "≤", 0.0, lost, 3);
    }
}

fn line(
    out: &mut String,
    what: &str,
    sign: &str,
    asked: f64,
    measured: Option<f64>,
    digits: usize,
) {
    let (measured, holds) = match measured {
        None => ("not measured".to_owned(), "?"),
        Some(value) => {
            // As exact as it is written.
            let unit = 10f64.powi(digits as i32);
            let rounded = (value * unit).round() / unit;
            let holds = if sign == "≤" {
                rounded <= asked
            } else {
                rounded >= asked
            };
            let word = if holds { "holds" } else { "**does not hold**" };
            (format!("{value:.digits$}"), word)
        }
    };
    let _ = writeln!(out, "| {what} | {sign} {asked} | {measured} | {holds} |");
}

/// The most packets a second that a ramp carried without loss, what a full core would carry at the cheapest of these
/// steps, and the p99 of the first.
fn carried(ramps: &Runs, server: &str) -> Option<(f64, f64, Option<f64>)> {
    let steps = ramps.iter().filter(|((_, one), _)| one == server);
    let steps: Vec<_> = steps.flat_map(|(_, steps)| steps).collect();
    let whole = || {
        let all = steps.iter();
        all.filter(|step| step.lost_percent() <= CARRIED_LOSS)
    };
    let most = whole().max_by(|a, b| a.packets_a_second.total_cmp(&b.packets_a_second))?;
    let cheapest = whole().min_by(|a, b| a.us.total_cmp(&b.us))?;
    Some((most.packets_a_second, 1e6 / cheapest.us, most.p99_ms))
}

/// Packets for a second of CPU, where one and two shards were measured with as much for each shard: ten publishers with 50
/// subscribers a shard.
fn by_cpu(runs: &Runs, server: &str) -> Option<f64> {
    let load = if server == "ours2" { "10x100" } else { "10x50" };
    spread(runs, load, server, |record| Some(1e6 / record.us)).map(|s| s.median)
}
