//! `bench`: what the media plane costs, beside the kernel's own part of it and beside Janus, in one run on one machine.
//! `make bench` calls it in a release build; `docs/benchmarks/README.md` says how to read what it writes.

#![allow(unreachable_pub, reason = "a program: nothing is exported")]

mod call;
mod client;
mod floor;
mod ice;
mod identity;
mod inbox;
mod janus;
mod latency;
mod load;
mod measure;
mod ours;
mod process;
mod publishers;
mod record;
mod scenario;
mod sdp;
mod serve;
mod server;
mod soak;
mod table;
mod verdict;
mod whip;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use scenario::{Scenario, TABLE};

#[derive(Parser)]
#[command(about = "What the media plane costs")]
struct Arguments {
    #[command(subcommand)]
    command: What,
}

#[derive(Subcommand)]
enum What {
    /// Measures scenarios on servers, one after the other, some times over.
    Run {
        /// `PxS`, `NxN`, with `a` for sound alone, `c` for congestion control, `s` for pictures spread over 13 ms.
        #[arg(long, value_delimiter = ',', default_values_t = TABLE.map(str::to_owned))]
        scenarios: Vec<String>,
        /// `floor`, `ours`, `ours2`, `janus1`, `janus`.
        #[arg(long, value_delimiter = ',', default_value = "floor,ours,janus1,janus")]
        servers: Vec<String>,
        /// Seconds that are measured.
        #[arg(long, default_value_t = 5.0)]
        seconds: f64,
        /// How often.
        #[arg(long, default_value_t = 1)]
        runs: usize,
        /// Where the results are appended.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Adds subscribers to a scenario until a server gives out.
    Ramp {
        /// `PxS`: where it begins.
        #[arg(long)]
        scenario: String,
        /// `ours`, `ours2`, `janus1`, `janus`.
        #[arg(long, default_value = "ours")]
        server: String,
        /// Subscribers that are added at a time.
        #[arg(long)]
        step: usize,
        /// The most subscribers.
        #[arg(long)]
        most: usize,
        /// Seconds that are measured at each step.
        #[arg(long, default_value_t = 3.0)]
        seconds: f64,
        /// Where the results are appended.
        #[arg(long)]
        out: Option<PathBuf>,
    },
    /// Writes the page of what was kept.
    Report {
        /// The results.
        results: PathBuf,
        /// What the machine is.
        #[arg(long)]
        machine: String,
        /// When it was measured.
        #[arg(long)]
        date: String,
    },
    /// A long call: is memory flat, does everybody hear and see who speaks?
    Soak(Soak),
    /// Our media plane, told by its standard input; the others start it.
    #[command(hide = true)]
    Serve {
        /// Shards.
        shards: usize,
    },
    /// The kernel's own part; the others start it.
    #[command(hide = true)]
    Floor {
        /// Where to send.
        ports: String,
        /// Not back to the sender.
        #[arg(action = clap::ArgAction::Set)]
        meeting: bool,
    },
}

#[derive(Args)]
struct Soak {
    /// How many.
    #[arg(long, default_value_t = 30)]
    participants: usize,
    /// How long.
    #[arg(long, default_value_t = 10.0)]
    minutes: f64,
    /// With transport-wide congestion control.
    #[arg(long)]
    congestion: bool,
    /// `http://host:port` of a whole server that runs already; without it, our media plane alone.
    #[arg(long, requires_all = ["room", "tickets", "pid"])]
    url: Option<String>,
    /// A room of that server.
    #[arg(long, default_value = "")]
    room: String,
    /// A file of join tickets for it, one a line: one for each participant.
    #[arg(long)]
    tickets: Option<PathBuf>,
    /// The server's process.
    #[arg(long, default_value_t = 0)]
    pid: u32,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        What::Run {
            scenarios,
            servers,
            seconds,
            runs,
            out,
        } => {
            process::pin_generator()?;
            for _ in 0..runs {
                for scenario in &scenarios {
                    for server in &servers {
                        one(&Scenario::parse(scenario)?, server, seconds, out.as_deref());
                    }
                }
            }
            Ok(())
        }
        What::Ramp {
            scenario,
            server,
            step,
            most,
            seconds,
            out,
        } => {
            process::pin_generator()?;
            let scenario = Scenario::parse(&scenario)?;
            measure::ramp(&scenario, &server, step, most, seconds, |record| {
                record.keep(out.as_deref())
            })
        }
        What::Report {
            results,
            machine,
            date,
        } => {
            print!("{}", table::page(&record::read(&results)?, &machine, &date));
            Ok(())
        }
        What::Soak(soak) => soak_on(&soak),
        What::Serve { shards } => serve::run(shards),
        What::Floor { ports, meeting } => floor::run(&ports, meeting),
    }
}

/// One run. A server that fails is said to have failed; the others go on.
fn one(scenario: &Scenario, server: &str, seconds: f64, out: Option<&std::path::Path>) {
    let record = match server {
        "floor" => floor::measure(scenario, seconds),
        _ => measure::run(scenario, server, seconds),
    };
    if let Err(error) = record.and_then(|record| record.keep(out)) {
        println!("{:>8} {server:>7} failed: {error:#}", scenario.name);
    }
}

fn soak_on(soak: &Soak) -> anyhow::Result<()> {
    process::pin_generator()?;
    let mut server: Box<dyn server::Server> = match (&soak.url, &soak.tickets) {
        (Some(url), Some(tickets)) => {
            let tickets = std::fs::read_to_string(tickets)?;
            let tickets = tickets.lines().map(str::to_owned).collect();
            Box::new(whip::Whip::new(url, &soak.room, tickets, soak.pid)?)
        }
        _ => Box::new(ours::Ours::start(1)?),
    };
    soak::run(
        server.as_mut(),
        soak.participants,
        soak.minutes,
        soak.congestion,
    )
}
