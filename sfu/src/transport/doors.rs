//! Where browsers find the shards: a port for each, and the addresses that they are told.

use std::net::{IpAddr, SocketAddr, TcpListener, UdpSocket};
use std::thread;

use super::sdp::Candidate;
use super::udp;
use crate::SfuConfig;
use crate::error::SfuError;

/// Addresses in an answer.
const MAX_ADDRESSES: usize = 8;
/// Shards that are started where their number is left to us: with more, other things limit first.
const MOST_BY_ITSELF: usize = 8;
/// Shards that are started at most.
pub const MAX_SHARDS: usize = 64;
/// Free UDP ports that are tried until one is free for TCP, too.
const FREE_PORTS: usize = 16;

/// Where a shard is reached.
pub(crate) struct Door {
    /// For UDP.
    pub(crate) socket: UdpSocket,
    /// For TCP, at the same port.
    pub(crate) listener: Option<TcpListener>,
}

/// Free ports of the configured range, one for each shard, for UDP and, where it is wanted, for TCP. Where the number of shards
/// was left to us, it is no larger than that of free ports.
pub(crate) fn bind(config: &SfuConfig) -> Result<Vec<Door>, SfuError> {
    let wanted = match config.shards {
        0 => thread::available_parallelism()
            .map_or(1, usize::from)
            .min(MOST_BY_ITSELF),
        count => count.min(MAX_SHARDS),
    };
    let first = config.listen.port();
    let last = config.last_port.max(first);
    let (mut doors, mut port, mut error) = (Vec::new(), Some(first), None);
    while doors.len() < wanted {
        let Some(next) = port.filter(|port| *port <= last) else {
            break;
        };
        let tries = if first == 0 { FREE_PORTS } else { 1 };
        let bound = (0..tries).find_map(|_| {
            let address = SocketAddr::new(config.listen.ip(), next);
            bind_both(address, config.tcp)
                .map_err(|refused| error = Some(refused))
                .ok()
        });
        match bound {
            Some((socket, listener)) => doors.push(Door { socket, listener }),
            None if first == 0 => break,
            None => {}
        }
        if first != 0 {
            port = next.checked_add(1);
        }
    }
    if doors.len() == wanted || (config.shards == 0 && !doors.is_empty()) {
        return Ok(doors);
    }
    let why = error.map_or_else(String::new, |error| error.to_string());
    Err(SfuError::Socket(format!(
        "{} free ports for {wanted} shards: {why}",
        doors.len()
    )))
}

fn bind_both(
    address: SocketAddr,
    with_tcp: bool,
) -> std::io::Result<(UdpSocket, Option<TcpListener>)> {
    let socket = udp::bind(address)?;
    let listener = match with_tcp {
        true => Some(TcpListener::bind(socket.local_addr()?)?),
        false => None,
    };
    Ok((socket, listener))
}

/// Where browsers find the socket: what the operator says and the outside sees, else the address it is bound to, else
/// every interface's. Behind NAT, those inside still find the inner addresses.
pub(crate) fn candidates(
    config: &SfuConfig,
    local: SocketAddr,
    outside: Option<IpAddr>,
) -> Vec<Candidate> {
    let mut addresses: Vec<IpAddr> = config.public_addresses.clone();
    if addresses.is_empty() && !local.ip().is_unspecified() {
        addresses.push(local.ip());
    }
    if addresses.is_empty() {
        addresses = udp::interface_addresses();
        addresses.retain(|address| address.is_ipv4() || local.is_ipv6());
    }
    if let Some(outside) = outside.filter(|outside| !addresses.contains(outside)) {
        addresses.insert(0, outside);
    }
    addresses.truncate(MAX_ADDRESSES);
    let at = |ip: &IpAddr| SocketAddr::new(*ip, local.port());
    let udp = addresses.iter().map(|ip| Candidate::Udp(at(ip)));
    let tcp = addresses.iter().filter(|_| config.tcp);
    udp.chain(tcp.map(|ip| Candidate::Tcp(at(ip)))).collect()
}
