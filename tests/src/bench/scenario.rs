//! Who sends and who receives, by name.

use anyhow::{Context, bail};

use crate::server::Seat;

/// The scenarios of the table.
pub const TABLE: [&str; 6] = ["1x10", "1x100", "1x100s", "1x500", "10x10", "50x50a"];

/// A load.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// `PxS`: P publishers, of each of whom S subscribers receive all; `NxN`: a meeting in which each receives all others; an
    /// `a` at the end: sound alone; `c`: with transport-wide congestion control; `s`: pictures spread over 13 ms.
    pub name: String,
    /// Who sends.
    pub publishers: usize,
    /// Who receives and sends nothing.
    pub subscribers: usize,
    /// Everybody sends and receives.
    pub meeting: bool,
    /// Sound and picture.
    pub picture: bool,
    /// A picture's packets are spread over 13 ms, not sent in one burst.
    pub spread: bool,
    /// Transport-wide congestion control is agreed on.
    pub congestion: bool,
}

impl Scenario {
    /// Reads a name.
    pub fn parse(name: &str) -> anyhow::Result<Self> {
        let sizes = name.trim_end_matches(['a', 'c', 's']);
        let letters = &name[sizes.len()..];
        let (publishers, subscribers) = sizes.split_once('x').context("a scenario is PxS")?;
        let (publishers, others): (usize, usize) = (publishers.parse()?, subscribers.parse()?);
        if publishers == 0 || others == 0 || publishers > 100 || others > 2_000 {
            bail!("{name}: 1 to 100 publishers, 1 to 2000 subscribers");
        }
        let meeting = publishers == others;
        Ok(Self {
            name: name.to_owned(),
            publishers,
            subscribers: if meeting { 0 } else { others },
            meeting,
            picture: !letters.contains('a'),
            spread: letters.contains('s'),
            congestion: letters.contains('c'),
        })
    }

    /// The participants, those who send first.
    pub fn seats(&self) -> Vec<Seat> {
        let seat = |number: usize| {
            let publishes = number < self.publishers;
            let others = match (publishes, self.meeting) {
                (true, true) => self.publishers - 1,
                (true, false) => 0,
                (false, _) => self.publishers,
            };
            Seat {
                number: number as u32,
                publishes,
                voices: others,
                faces: if self.picture { others } else { 0 },
                picture: self.picture,
                congestion: self.congestion,
            }
        };
        (0..self.publishers + self.subscribers).map(seat).collect()
    }

    /// How many get each packet of a publisher.
    pub fn receivers(&self) -> usize {
        if self.meeting {
            self.publishers - 1
        } else {
            self.subscribers
        }
    }
}
