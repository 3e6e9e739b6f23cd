//! The generator's side of `bench serve`.

use std::io::{BufRead, BufReader, Write};
use std::process::ChildStdout;
use std::sync::Arc;

use anyhow::{Context, bail};

use crate::client::Client;
use crate::identity::Identity;
use crate::load;
use crate::process::Process;
use crate::sdp::{self, Kind, Line};
use crate::serve::{Ask, Said};
use crate::server::{Seat, Server};

/// Our media plane.
pub struct Ours {
    process: Process,
    answers: BufReader<ChildStdout>,
}

impl Ours {
    /// Starts it, each shard on a core of its own.
    pub fn start(shards: usize) -> anyhow::Result<Self> {
        let program = std::env::current_exe()?;
        let arguments = ["serve".to_owned(), shards.to_string()];
        let mut process = Process::start(&program, &arguments, shards, true)?;
        let (_, stdout) = process.streams()?;
        let mut ours = Self {
            answers: BufReader::new(stdout.context("its output is a pipe")?),
            process,
        };
        match ours.hear()? {
            Said::Ready => Ok(ours),
            _ => bail!("the server did not begin with its being ready"),
        }
    }

    fn ask(&mut self, ask: &Ask) -> anyhow::Result<Said> {
        let (stdin, _) = self.process.streams()?;
        serde_json::to_writer(&mut *stdin, ask)?;
        stdin.write_all(b"\n")?;
        self.hear()
    }

    fn hear(&mut self) -> anyhow::Result<Said> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        match serde_json::from_str(&line).context("the server has ended")? {
            Said::Failed(why) => bail!("the server refused: {why}"),
            said => Ok(said),
        }
    }

    fn join(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Client> {
        let mut client = Client::new(identity, u64::from(seat.number))?;
        let offer = sdp::offer(&client.local(seat.congestion)?, &lines(seat));
        let said = self.ask(&Ask::Join {
            room: "bench".to_owned(),
            participant: u64::from(seat.number) + 1,
            offer,
        })?;
        let Said::Answer(answer) = said else {
            bail!("a join is answered by a description");
        };
        client.begin(&answer, seat.congestion)?;
        client.faces = seat.faces;
        client.own = Some(seat.number);
        Ok(client)
    }
}

impl Server for Ours {
    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn publish(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Client> {
        self.join(identity, seat)
    }

    fn receive(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Option<Client>> {
        if seat.publishes {
            return Ok(None);
        }
        self.join(identity, seat).map(Some)
    }

    fn sent(&mut self) -> anyhow::Result<Option<(u64, u64)>> {
        match self.ask(&Ask::Stats)? {
            Said::Stats {
                packets, messages, ..
            } => Ok(Some((packets, messages))),
            _ => bail!("counters are answered by counters"),
        }
    }
}

/// What a seat sends, then its slots.
pub fn lines(seat: &Seat) -> Vec<Line> {
    let mut lines = Vec::new();
    if seat.publishes {
        lines.push(Line {
            kind: Kind::Audio,
            sends: Some(load::audio_ssrc(seat.number)),
        });
    }
    if seat.publishes && seat.picture {
        lines.push(Line {
            kind: Kind::Video,
            sends: Some(load::video_ssrc(seat.number)),
        });
    }
    for (kind, slots) in [(Kind::Audio, seat.voices), (Kind::Video, seat.faces)] {
        lines.extend((0..slots).map(|_| Line { kind, sends: None }));
    }
    lines
}
