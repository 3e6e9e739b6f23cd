//! What one run gave: a line of JSON in the results, of which the table is made.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::scenario::Scenario;

/// One run of one scenario on one server.
#[derive(Clone, Default, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The scenario's name; that of a ramp ends in `+`.
    pub scenario: String,
    /// `floor`, `ours`, `ours2` (two shards), `janus1` (one event loop), `janus`.
    pub server: String,
    /// Who received.
    pub receivers: usize,
    /// Packets a second that subscribers received.
    pub packets_a_second: f64,
    /// CPU µs of the server's process for each packet forwarded; of the floor, of its calls alone.
    pub us: f64,
    /// CPU µs of the floor's whole process.
    pub process_us: Option<f64>,
    /// Cores' worth of CPU that the server used: 1 is one core.
    pub busy: f64,
    /// Packets that subscribers should have received.
    pub expected: u64,
    /// Packets that they did not receive.
    pub lost: u64,
    /// Of these, dropped at the generator's own full buffers.
    pub overrun: u64,
    /// Packets dropped at the server's full buffers before it saw them.
    pub underrun: u64,
    /// Half of the packets took at most so long through the server.
    pub p50_ms: Option<f64>,
    /// All but one of a hundred.
    pub p99_ms: Option<f64>,
    /// Growth of the server's memory for each connection, in kB.
    pub memory_kb: Option<f64>,
    /// Connections made in a second, one after the other, by this generator.
    pub joins_a_second: Option<f64>,
    /// CPU ms of the server for each connection.
    pub join_ms: Option<f64>,
    /// Packets that left together.
    pub gathered: Option<f64>,
}

impl Record {
    /// Of a scenario on a server.
    pub fn new(scenario: &Scenario, server: &str) -> Self {
        Self {
            scenario: scenario.name.clone(),
            server: server.to_owned(),
            receivers: scenario.receivers(),
            ..Self::default()
        }
    }

    /// Of a hundred packets, so many were lost on the server's side.
    pub fn lost_percent(&self) -> f64 {
        let lost = self.lost.saturating_sub(self.overrun);
        lost as f64 * 100.0 / self.expected.max(1) as f64
    }

    /// Says it on the screen, and appends it to the results.
    pub fn keep(&self, results: Option<&Path>) -> anyhow::Result<()> {
        let ms = |value: Option<f64>| value.map_or("-".to_owned(), |ms| format!("{ms:.2}"));
        println!(
            "{:>8} {:>7} {:>5} receivers {:>8.0} packets/s {:>6.2} us/packet {:>4.0} % busy  lost {:.3} % ({} of {}, {} ours)  p50 {} p99 {} ms  \
             {} kB  {} joins/s ({} ms)  {} together",
            self.scenario,
            self.server,
            self.receivers,
            self.packets_a_second,
            self.us,
            self.busy * 100.0,
            self.lost_percent(),
            self.lost,
            self.expected,
            self.overrun,
            ms(self.p50_ms),
            ms(self.p99_ms),
            ms(self.memory_kb),
            ms(self.joins_a_second),
            ms(self.join_ms),
            ms(self.gathered),
        );
        if let Some(path) = results {
            let mut file = OpenOptions::new().create(true).append(true).open(path)?;
            writeln!(file, "{}", serde_json::to_string(self)?)?;
        }
        Ok(())
    }
}

/// All that was kept.
pub fn read(path: &Path) -> anyhow::Result<Vec<Record>> {
    let text = std::fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.is_empty());
    Ok(lines.map(serde_json::from_str).collect::<Result<_, _>>()?)
}
