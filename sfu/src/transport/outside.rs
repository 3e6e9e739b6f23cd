//! Our address as the outside sees it (RFC 8489): one binding request from the media socket to a STUN server, at the start.

use std::io;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

use rtc_stun::fingerprint::FINGERPRINT;
use rtc_stun::message::{BINDING_REQUEST, BINDING_SUCCESS, Getter, Message, TransactionId};
use rtc_stun::xoraddr::XorMappedAddress;

use super::udp::{self, Waker};

/// The waits after each of the requests (RFC 8489 section 6.2.1, fewer of them: a start should not take long).
const WAITS: [Duration; 4] = [
    Duration::from_millis(500),
    Duration::from_millis(500),
    Duration::from_millis(1_000),
    Duration::from_millis(1_500),
];
/// Bytes of a transaction id: random, so that nobody else can answer.
pub(crate) const TRANSACTION_BYTES: usize = 12;
/// Longest response that is read.
const RESPONSE_BYTES: usize = 1_280;

/// Asks `server` (`host:port`) and says in the log what came of it. `None`: it did not answer, or not usefully.
pub(crate) fn external_address(
    socket: &UdpSocket,
    waker: &Waker,
    server: &str,
    transaction: &[u8],
) -> Option<IpAddr> {
    match ask(socket, waker, server, transaction) {
        Ok(found) => {
            let port = socket.local_addr().map_or(0, |local| local.port());
            tracing::debug!(%found, "the STUN server's answer");
            if found.port() == port {
                tracing::info!("the external address was found by STUN and is told to browsers");
            } else {
                tracing::warn!(
                    local = port,
                    outside = found.port(),
                    "the external address was found by STUN, but the port is changed on the way: forward the local \
                     port of the outer address to this machine"
                );
            }
            Some(found.ip())
        }
        Err(error) => {
            tracing::warn!(
                %error,
                "the external address was not found by STUN (media.stun_server): browsers are told the other addresses only"
            );
            None
        }
    }
}

fn ask(
    socket: &UdpSocket,
    waker: &Waker,
    server: &str,
    transaction: &[u8],
) -> io::Result<SocketAddr> {
    let server = resolve(server, socket.local_addr()?)?;
    let mut id = TransactionId::default();
    id.0.copy_from_slice(transaction);
    let mut request = Message::new();
    request
        .build(&[
            Box::new(id),
            Box::new(BINDING_REQUEST),
            Box::new(FINGERPRINT),
        ])
        .map_err(|error| io::Error::other(error.to_string()))?;
    let mut buffer = [0; RESPONSE_BYTES];
    for wait in WAITS {
        socket.send_to(&request.raw, server)?;
        let until = Instant::now() + wait;
        loop {
            match socket.recv_from(&mut buffer) {
                Ok((length, from)) => {
                    // Whatever else comes now is from nobody that we know yet.
                    if from == server
                        && let Some(address) = mapped(&buffer[..length], transaction)
                    {
                        return Ok(address);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        break;
                    }
                    udp::wait(Some(socket), waker, left);
                }
                Err(error) => return Err(error),
            }
        }
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        "the STUN server did not answer",
    ))
}

/// The server's first address that this socket reaches; IPv4 first, because that is what NAT is about.
fn resolve(server: &str, local: SocketAddr) -> io::Result<SocketAddr> {
    let mut addresses: Vec<_> = server.to_socket_addrs()?.collect();
    addresses.sort_by_key(SocketAddr::is_ipv6);
    let reached = addresses.into_iter().find_map(|address| match address {
        SocketAddr::V4(v4) if local.is_ipv6() => {
            Some(SocketAddr::new(v4.ip().to_ipv6_mapped().into(), v4.port()))
        }
        SocketAddr::V6(_) if local.is_ipv4() => None,
        same => Some(same),
    });
    reached.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "no address of its family"))
}

/// For fuzzing: any bytes as a STUN server's answer.
pub(crate) fn fuzz(datagram: &[u8]) {
    let transaction = datagram.get(8..20).unwrap_or(&[0; 12]);
    if let Some(address) = mapped(datagram, transaction) {
        assert!(!address.ip().is_unspecified());
    }
}

/// The XOR-MAPPED-ADDRESS of the success response to our request.
fn mapped(datagram: &[u8], transaction: &[u8]) -> Option<SocketAddr> {
    let mut response = Message::new();
    response.unmarshal_binary(datagram).ok()?;
    if response.typ != BINDING_SUCCESS || response.transaction_id.0 != transaction {
        return None;
    }
    let mut address = XorMappedAddress::default();
    address.get_from(&response).ok()?;
    let ip = address.ip.to_canonical();
    (!ip.is_unspecified()).then(|| SocketAddr::new(ip, address.port))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
    use super::*;
    use std::thread;

    const OURS: [u8; 12] = [7; 12];

    fn response(transaction: [u8; 12], address: &str) -> Vec<u8> {
        let address: SocketAddr = address.parse().unwrap();
        let mut message = Message::new();
        let mapped = XorMappedAddress {
            ip: address.ip(),
            port: address.port(),
        };
        message
            .build(&[
                Box::new(TransactionId(transaction)),
                Box::new(BINDING_SUCCESS),
                Box::new(mapped),
            ])
            .unwrap();
        message.raw
    }

    #[test]
    fn only_the_answer_to_our_own_request_is_believed() {
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = server.local_addr().unwrap();
        let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
        let serving = thread::spawn(move || {
            let mut buffer = [0; 1_500];
            let (length, from) = server.recv_from(&mut buffer).unwrap();
            let mut request = Message::new();
            request.unmarshal_binary(&buffer[..length]).unwrap();
            assert_eq!(request.typ, BINDING_REQUEST);
            let lie = response(request.transaction_id.0, "198.51.100.66:6");
            stranger.send_to(&lie, from).unwrap();
            let other = response([8; 12], "198.51.100.77:7");
            server.send_to(&other, from).unwrap();
            server.send_to(b"\0\x01rubbish", from).unwrap();
            let right = response(request.transaction_id.0, "203.0.113.5:4000");
            server.send_to(&right, from).unwrap();
        });
        let socket = udp::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let waker = Waker::new().unwrap();
        let found = external_address(&socket, &waker, &address.to_string(), &OURS);
        serving.join().unwrap();
        assert_eq!(found, Some("203.0.113.5".parse().unwrap()));
    }

    #[test]
    fn a_server_that_is_not_there_is_no_end() {
        let socket = udp::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let waker = Waker::new().unwrap();
        assert_eq!(external_address(&socket, &waker, "no port", &OURS), None);
        assert_eq!(external_address(&socket, &waker, "[::1]:1", &OURS), None);
    }

    #[test]
    fn a_socket_of_both_families_reaches_an_ipv4_server() {
        let local = "[::]:5000".parse().unwrap();
        let server = resolve("192.0.2.1:3478", local).unwrap();
        let wanted: SocketAddr = "[::ffff:192.0.2.1]:3478".parse().unwrap();
        assert_eq!(server, wanted);
    }
}
