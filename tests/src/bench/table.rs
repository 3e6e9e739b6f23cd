//! The results as a page of Markdown: the table, the ramps, and what was asked for beside what was measured.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::record::Record;
use crate::verdict;

/// Runs by scenario and server.
pub type Runs = BTreeMap<(String, String), Vec<Record>>;

/// Names of the servers, in the table's order.
const SERVERS: [(&str, &str); 5] = [
    ("floor", "kernel floor"),
    ("ours", "ours, 1 shard"),
    ("ours2", "ours, 2 shards"),
    ("janus1", "Janus, 1 event loop"),
    ("janus", "Janus, its default"),
];

/// The whole page.
pub fn page(records: &[Record], machine: &str, date: &str) -> String {
    let mut runs = Runs::new();
    let mut ramps = Runs::new();
    let mut scenarios: Vec<&str> = Vec::new();
    for record in records {
        let key = (record.scenario.clone(), record.server.clone());
        if record.scenario.ends_with('+') {
            ramps.entry(key).or_default().push(record.clone());
        } else {
            if !scenarios.contains(&record.scenario.as_str()) {
                scenarios.push(&record.scenario);
            }
            runs.entry(key).or_default().push(record.clone());
        }
    }
    let mut out = format!(
        "# {date}: {machine}\n\nMade by `make bench`; [README.md](README.md) says what was measured and how to repeat it. Each figure is \
         the median of the runs, with the lowest and the highest behind it.\n"
    );
    cost(&mut out, &runs, &scenarios);
    quality(&mut out, &runs, &scenarios);
    saturation(&mut out, &ramps);
    verdict::write(&mut out, &runs, &ramps);
    out
}

/// CPU of a forwarded packet, and ratios.
fn cost(out: &mut String, runs: &Runs, scenarios: &[&str]) {
    out.push_str(
        "\n## CPU for each forwarded packet, in µs\n\nA server's figure is all CPU time of its process. The floor's is that of its \
         `sendmmsg` calls alone.\n\n| load | runs | packets/s | kernel floor | ours, 1 shard | ÷ floor | Janus, 1 event loop | \
         ours ÷ it | Janus, its default | ours ÷ it | ours, 2 shards | ÷ 1 shard |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for scenario in scenarios {
        let us = |server: &str| spread(runs, scenario, server, |record| Some(record.us));
        let (floor, ours, ours2) = (us("floor"), us("ours"), us("ours2"));
        let (one, many) = (us("janus1"), us("janus"));
        let rate = spread(runs, scenario, "ours", |record| {
            Some(record.packets_a_second)
        });
        let count = runs
            .get(&((*scenario).to_owned(), "ours".to_owned()))
            .map_or(0, Vec::len);
        let _ = writeln!(
            out,
            "| {scenario} | {count} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            text(rate.map(|s| s.rounded()), 0),
            text(floor, 2),
            text(ours, 2),
            ratio(ours, floor),
            text(one, 1),
            ratio(ours, one),
            text(many, 1),
            ratio(ours, many),
            text(ours2, 2),
            ratio(ours2, ours),
        );
    }
}

/// Everything else.
fn quality(out: &mut String, runs: &Runs, scenarios: &[&str]) {
    out.push_str(
        "\n## Latency, loss, memory, joining\n\nFrom the publisher's send to the kernel's receipt for the subscriber. Memory: growth \
         for each connection (Janus needs two for who sends and receives). Joins a second include the generator's half of each \
         handshake; `ms` is the server's CPU for one.\n\n| load | server | p50 ms | p99 ms | lost % | cores busy | kB | joins/s | ms | packets that left together |\n\
         |---|---|---|---|---|---|---|---|---|---|\n",
    );
    for scenario in scenarios {
        for (server, name) in SERVERS {
            if !runs.contains_key(&((*scenario).to_owned(), server.to_owned())) {
                continue;
            }
            let of = |value: fn(&Record) -> Option<f64>| spread(runs, scenario, server, value);
            let _ = writeln!(
                out,
                "| {scenario} | {name} | {} | {} | {} | {} | {} | {} | {} | {} |",
                text(of(|r| r.p50_ms), 2),
                text(of(|r| r.p99_ms), 2),
                text(of(|r| Some(r.lost_percent())), 3),
                text(of(|r| Some(r.busy)), 2),
                text(of(|r| r.memory_kb), 0),
                text(of(|r| r.joins_a_second), 0),
                text(of(|r| r.join_ms), 2),
                text(of(|r| r.gathered), 1),
            );
        }
    }
}

/// The ramps, step by step.
fn saturation(out: &mut String, ramps: &Runs) {
    if ramps.is_empty() {
        return;
    }
    out.push_str(
        "\n## Until it gives out\n\nSubscribers are added until more than 0.5 % is lost or the server's core is full. The last column is \
         what one core would carry at the cost of that step: taken from CPU time, not reached.\n\n| load | server | subscribers | packets/s | cores busy | µs | lost % | of it by the generator | p50 ms | p99 ms | together | \
         packets/s for a full core |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n",
    );
    for ((scenario, server), steps) in ramps {
        for step in steps {
            let ms = |value: Option<f64>| value.map_or("–".to_owned(), |v| format!("{v:.2}"));
            let _ = writeln!(
                out,
                "| {scenario} | {} | {} | {:.0} | {:.2} | {:.2} | {:.3} | {:.3} | {} | {} | {} | {:.0} |",
                name(server),
                step.receivers,
                step.packets_a_second,
                step.busy,
                step.us,
                step.lost as f64 * 100.0 / step.expected.max(1) as f64,
                step.overrun as f64 * 100.0 / step.expected.max(1) as f64,
                ms(step.p50_ms),
                ms(step.p99_ms),
                ms(step.gathered),
                1e6 / step.us,
            );
        }
    }
}

/// A server's name for people.
pub fn name(server: &str) -> &str {
    let known = SERVERS.iter().find(|(short, _)| *short == server);
    known.map_or(server, |(_, name)| name)
}

/// Median, lowest, highest.
#[derive(Clone, Copy)]
pub struct Spread {
    /// Half are below.
    pub median: f64,
    low: f64,
    high: f64,
}

impl Spread {
    fn rounded(self) -> Self {
        let round = |value: f64| (value / 10.0).round() * 10.0;
        Self {
            median: round(self.median),
            low: round(self.low),
            high: round(self.high),
        }
    }
}

/// A value of all runs of a scenario on a server.
pub fn spread(
    runs: &Runs,
    scenario: &str,
    server: &str,
    value: impl Fn(&Record) -> Option<f64>,
) -> Option<Spread> {
    let records = runs.get(&(scenario.to_owned(), server.to_owned()))?;
    let mut values: Vec<_> = records.iter().filter_map(value).collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    let median = match values.len() {
        0 => return None,
        even if even.is_multiple_of(2) => f64::midpoint(values[half - 1], values[half]),
        _ => values[half],
    };
    Some(Spread {
        median,
        low: *values.first()?,
        high: *values.last()?,
    })
}

fn text(spread: Option<Spread>, digits: usize) -> String {
    let Some(Spread { median, low, high }) = spread else {
        return "–".to_owned();
    };
    if low == high {
        format!("{median:.digits$}")
    } else {
        format!("{median:.digits$} ({low:.digits$}–{high:.digits$})")
    }
}

fn ratio(one: Option<Spread>, other: Option<Spread>) -> String {
    match (one, other) {
        (Some(one), Some(other)) => format!("**{:.2}**", one.median / other.median),
        _ => "–".to_owned(),
    }
}
