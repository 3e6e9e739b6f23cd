//! What is measured: a server that takes participants, whichever it is.

use std::sync::Arc;

use crate::client::Client;
use crate::identity::Identity;
use crate::process::Process;

/// A participant.
#[derive(Clone, Debug)]
pub struct Seat {
    /// Different for each; those of publishers begin with 0.
    pub number: u32,
    /// Sends.
    pub publishes: bool,
    /// Receives the sound of so many others.
    pub voices: usize,
    /// Receives the picture of so many others.
    pub faces: usize,
    /// What is sent is sound and picture, not sound alone.
    pub picture: bool,
    /// Agrees on transport-wide congestion control.
    pub congestion: bool,
}

/// A server.
pub trait Server {
    /// The process.
    fn process(&mut self) -> &mut Process;

    /// The connection with which a seat publishes, and receives if the server can do that on the same.
    fn publish(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Client>;

    /// The connection with which a seat receives all that is published, if there has to be another.
    fn receive(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Option<Client>>;

    /// Reads what the server says unasked.
    fn listen(&mut self) -> anyhow::Result<()> {
        Ok(())
    }

    /// Packets and messages that left, if it counts them: how much was gathered.
    fn sent(&mut self) -> anyhow::Result<Option<(u64, u64)>> {
        Ok(None)
    }
}
