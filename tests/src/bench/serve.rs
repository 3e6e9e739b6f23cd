//! `bench serve`: our media plane alone in a process, told by lines of JSON on its standard input whom to take.

use std::io::{BufRead, Write};
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};
use sfu::{Join, ParticipantId, RoomId, Sfu, SfuConfig};

/// What is asked.
#[derive(Serialize, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
pub enum Ask {
    /// A participant comes; answered with `Said::Answer`.
    Join {
        /// Where.
        room: String,
        /// Who.
        participant: u64,
        /// SDP.
        offer: String,
    },
    /// Counters; answered with `Said::Stats`.
    Stats,
}

/// What is answered.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// The server listens.
    Ready,
    /// SDP.
    Answer(String),
    /// Packets and messages that left.
    Stats {
        /// RTP packets to subscribers.
        packets: u64,
        /// Messages that the kernel was handed.
        messages: u64,
        /// What was refused, by reason.
        refused: std::collections::BTreeMap<String, u64>,
    },
    /// Why not.
    Failed(String),
}

/// Runs until its input ends.
pub fn run(shards: usize) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    let sfu = runtime.block_on(async {
        let (sfu, mut events) = Sfu::start(config(shards))?;
        tokio::spawn(async move { while events.recv().await.is_some() {} });
        anyhow::Ok(sfu)
    })?;
    say(&Said::Ready)?;
    for line in std::io::stdin().lock().lines() {
        let said = match serde_json::from_str(&line?)? {
            Ask::Join {
                room,
                participant,
                offer,
            } => {
                let join = Join {
                    room: RoomId::new(&room),
                    participant: ParticipantId(participant),
                    offer,
                    publish: true,
                    subscribe: true,
                    sources: Vec::new(),
                };
                match runtime.block_on(sfu.join(join)) {
                    Ok(joined) => Said::Answer(joined.answer),
                    Err(error) => Said::Failed(error.to_string()),
                }
            }
            Ask::Stats => {
                let stats = runtime.block_on(sfu.stats())?;
                let refused = stats.refused.into_iter();
                Said::Stats {
                    packets: stats.packets_out,
                    messages: stats.messages_out,
                    refused: refused.map(|(why, n)| (why.to_owned(), n)).collect(),
                }
            }
        };
        say(&said)?;
    }
    runtime.block_on(sfu.shutdown());
    Ok(())
}

fn config(shards: usize) -> SfuConfig {
    SfuConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        public_addresses: vec![[127, 0, 0, 1].into()],
        tcp: false,
        shards,
        ..SfuConfig::default()
    }
}

fn say(said: &Said) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer(&mut out, said)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}
