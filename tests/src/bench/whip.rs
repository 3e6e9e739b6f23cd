//! A whole server that runs already, asked by WHIP and WHEP (RFC 9725, draft-ietf-wish-whep-03): real browsers may be in the
//! same room. A participant publishes over one connection, and has one slot of each kind on another.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};

use crate::client::Client;
use crate::identity::Identity;
use crate::ours::lines;
use crate::process::Process;
use crate::sdp;
use crate::server::{Seat, Server};

/// For any answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// Numbers of the receiving connections begin here.
const RECEIVERS: u64 = 1_000_000;

/// A server at an address, over HTTP without TLS.
pub struct Whip {
    process: Process,
    host: String,
    room: String,
    tickets: Vec<String>,
}

impl Whip {
    /// `url` is `http://host:port`; each participant takes the next of the tickets, which are for this room.
    pub fn new(url: &str, room: &str, tickets: Vec<String>, pid: u32) -> anyhow::Result<Self> {
        let host = url.strip_prefix("http://");
        let host = host.context("the address begins with http://")?;
        Ok(Self {
            process: Process::running(pid),
            host: host.trim_end_matches('/').to_owned(),
            room: room.to_owned(),
            tickets,
        })
    }

    fn open(
        &self,
        identity: &Arc<Identity>,
        (kind, number): (&str, u64),
        seat: &Seat,
    ) -> anyhow::Result<Client> {
        let mut client = Client::new(identity, number)?;
        let offer = sdp::offer(&client.local(seat.congestion)?, &lines(seat));
        let ticket = self.tickets.get(seat.number as usize);
        let ticket = ticket.context("there are fewer tickets than participants")?;
        let (host, room, length) = (&self.host, &self.room, offer.len());
        let mut stream = TcpStream::connect(host)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        write!(
            stream,
            "POST /{kind}/{room} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {ticket}\r\n\
             Content-Type: application/sdp\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{offer}"
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("an HTTP answer")?;
        if !head.starts_with("HTTP/1.1 201") {
            bail!("{kind}: {}", head.lines().next().unwrap_or_default());
        }
        client.begin(body, seat.congestion)?;
        Ok(client)
    }
}

impl Server for Whip {
    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn publish(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Client> {
        let sends = Seat {
            voices: 0,
            faces: 0,
            ..seat.clone()
        };
        self.open(identity, ("whip", seat.number.into()), &sends)
    }

    fn receive(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Option<Client>> {
        let receives = Seat {
            publishes: false,
            voices: 1,
            faces: 1,
            ..seat.clone()
        };
        let number = RECEIVERS + u64::from(seat.number);
        let mut client = self.open(identity, ("whep", number), &receives)?;
        client.faces = 1;
        Ok(Some(client))
    }
}
