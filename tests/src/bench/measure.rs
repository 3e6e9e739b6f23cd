//! One run of a scenario on a server; and a ramp, that adds subscribers until the server gives out.

use std::time::Duration;

use anyhow::{Context, bail};

use crate::call::{Call, Window};
use crate::janus::Janus;
use crate::ours::Ours;
use crate::record::Record;
use crate::scenario::Scenario;
use crate::server::Server;

/// Before the measurement, so that caches, keyframes and slots have settled.
const WARM_UP: Duration = Duration::from_secs(2);
/// Before memory is read for the first time.
const SETTLE: Duration = Duration::from_millis(500);
/// A ramp ends when more than this part is lost, or the server's cores are this busy.
const TOO_MUCH_LOST: f64 = 0.5;
const FULL: f64 = 0.985;

/// Starts a server by its name.
pub fn server(name: &str, congestion: bool) -> anyhow::Result<Box<dyn Server>> {
    Ok(match name {
        "ours" => Box::new(Ours::start(1)?),
        "ours2" => Box::new(Ours::start(2)?),
        "janus1" | "janus" if !Janus::is_here() => bail!("Janus is not installed"),
        "janus1" => Box::new(Janus::start(1, congestion)?),
        "janus" => Box::new(Janus::start(0, congestion)?),
        other => bail!("{other}: no such server"),
    })
}

/// One run.
pub fn run(scenario: &Scenario, name: &str, seconds: f64) -> anyhow::Result<Record> {
    let mut server = server(name, scenario.congestion)?;
    let mut call = Call::new(server.as_mut())?;
    let seats = scenario.seats();
    let empty_kb = call.resident_kb()?;
    call.publish(scenario, &seats)?;
    call.work(SETTLE)?;
    let alone_kb = call.resident_kb()?;
    call.receive(&seats)?;
    call.work(WARM_UP)?;
    let window = call.measure(Duration::from_secs_f64(seconds))?;
    let full_kb = call.resident_kb()?;
    let (base_kb, connections) = if scenario.meeting {
        (empty_kb, scenario.publishers)
    } else {
        (alone_kb, scenario.subscribers)
    };
    let joins = call.joins as f64;
    let record = Record {
        memory_kb: Some((full_kb as f64 - base_kb as f64) / connections as f64),
        joins_a_second: Some(joins / call.joining.as_secs_f64()),
        join_ms: Some(call.joining_cpu.as_secs_f64() * 1e3 / joins),
        ..record(scenario, name, scenario.receivers(), window)
    };
    call.end()?;
    Ok(record)
}

/// Adds subscribers, `step` at a time, until the server gives out or there are `most`. Every step is a record.
pub fn ramp(
    scenario: &Scenario,
    name: &str,
    step: usize,
    most: usize,
    seconds: f64,
    mut each: impl FnMut(&Record) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut server = server(name, scenario.congestion)?;
    let cores = server.process().cores as f64;
    let mut call = Call::new(server.as_mut())?;
    let full = Scenario {
        name: format!("{}+", scenario.name),
        subscribers: most,
        ..scenario.clone()
    };
    let seats = full.seats();
    call.publish(&full, &seats)?;
    let mut count = scenario.subscribers;
    let mut done = 0;
    while done < most {
        let wanted = count.min(most);
        let coming = full.publishers + done..full.publishers + wanted;
        call.receive(seats.get(coming).context("so many seats")?)?;
        done = wanted;
        count += step;
        call.work(WARM_UP)?;
        let window = call.measure(Duration::from_secs_f64(seconds))?;
        let record = record(&full, name, done, window);
        each(&record)?;
        if record.lost_percent() > TOO_MUCH_LOST || record.busy > FULL * cores {
            break;
        }
    }
    call.end()
}

fn record(scenario: &Scenario, name: &str, receivers: usize, mut window: Window) -> Record {
    let expected = window.sent * receivers as u64;
    // What the server sent: what the generator's own buffers dropped cost the server as much.
    let forwarded = (window.received + window.overrun).max(1) as f64;
    let took = window.took.as_secs_f64();
    Record {
        receivers,
        packets_a_second: forwarded / took,
        us: window.cpu.as_secs_f64() * 1e6 / forwarded,
        busy: window.cpu.as_secs_f64() / took,
        expected,
        lost: expected.saturating_sub(window.received),
        overrun: window.overrun,
        underrun: window.underrun,
        p50_ms: window.latency.quantile_ms(0.5),
        p99_ms: window.latency.quantile_ms(0.99),
        gathered: window
            .counted
            .map(|(packets, messages)| packets as f64 / messages.max(1) as f64),
        ..Record::new(scenario, name)
    }
}
