//! TCP connections from outside: what is framed arrives as a datagram would, and a stranger gets little.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream as Socket};

use rtc_stun::message::{BINDING_SUCCESS, Getter, Message};
use rtc_stun::xoraddr::XorMappedAddress;

use super::*;
use crate::transport::front_door::check_bytes;
use crate::transport::sdp::offer::tests::CHROMIUM;
use crate::{Event, Join, Joined, ParticipantId, RoomId, Sfu, SfuConfig};

fn framed(frame: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    push_frame(&mut bytes, frame);
    bytes
}

fn connect(to: SocketAddr) -> Socket {
    let socket = Socket::connect(to).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    socket
}

fn frame_of(socket: &mut Socket) -> Vec<u8> {
    let mut length = [0; 2];
    socket.read_exact(&mut length).unwrap();
    let mut frame = vec![0; u16::from_be_bytes(length).into()];
    socket.read_exact(&mut frame).unwrap();
    frame
}

/// Whether the other end hangs up. Being reset is being hung up on.
fn is_closed(socket: &mut Socket) -> bool {
    match socket.read(&mut [0; 16]) {
        Ok(length) => length == 0,
        Err(error) => error.kind() == io::ErrorKind::ConnectionReset,
    }
}

async fn join(sfu: &Sfu, participant: u64) -> Joined {
    let join = Join {
        room: RoomId::new("room"),
        participant: ParticipantId(participant),
        offer: CHROMIUM.to_owned(),
        publish: true,
        subscribe: true,
        sources: Vec::new(),
    };
    sfu.join(join).await.unwrap()
}

fn check(joined: &Joined, transaction: u8) -> Vec<u8> {
    let find = |name: &str| {
        let mut lines = joined.answer.lines();
        lines.find_map(|line| line.strip_prefix(name)).unwrap()
    };
    let username = format!("{}:/Epb", find("a=ice-ufrag:"));
    check_bytes(&username, find("a=ice-pwd:"), true, transaction)
}

fn start(tcp: bool) -> (Sfu, mpsc::Receiver<Event>) {
    let config = SfuConfig {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        tcp,
        ..SfuConfig::default()
    };
    Sfu::start(config).unwrap()
}

#[tokio::test]
async fn a_check_in_pieces_over_tcp_is_answered_with_the_address_that_it_came_from() {
    let (sfu, _events) = start(true);
    let joined = join(&sfu, 1).await;
    let port = sfu.local_addr().port();
    let candidate = format!(" 1 tcp 1520434943 127.0.0.1 {port} typ host tcptype passive\r\n");
    assert!(joined.answer.contains(&candidate), "{}", joined.answer);
    let mut browser = connect(sfu.local_addr());
    for piece in framed(&check(&joined, 1)).chunks(7) {
        browser.write_all(piece).unwrap();
    }
    let mut response = Message::new();
    response.unmarshal_binary(&frame_of(&mut browser)).unwrap();
    assert_eq!(response.typ, BINDING_SUCCESS);
    let mut address = XorMappedAddress::default();
    address.get_from(&response).unwrap();
    let local = browser.local_addr().unwrap();
    assert_eq!((address.ip, address.port), (local.ip(), local.port()));
    // Two at once, an empty frame between them.
    let mut two = framed(&check(&joined, 2));
    two.extend_from_slice(&[0, 0]);
    two.extend(framed(&check(&joined, 3)));
    browser.write_all(&two).unwrap();
    for transaction in [2, 3] {
        response.unmarshal_binary(&frame_of(&mut browser)).unwrap();
        assert_eq!(response.transaction_id.0, [transaction; 12]);
    }
    let refused = sfu.stats().await.unwrap().refused;
    assert!(refused.is_empty(), "{refused:?}");
    sfu.leave(ParticipantId(1));
    assert!(is_closed(&mut browser), "whoever left is hung up on");
}

#[tokio::test]
async fn a_stranger_is_hung_up_on() {
    let (sfu, _events) = start(true);
    let unknown = check_bytes("nobody:knows", "this password of enough length", true, 1);
    for (nth, sent) in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        framed(&[0x80, 96, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
        framed(&unknown).repeat(FRAMES_OF_A_STRANGER as usize + 1),
        vec![0xff, 0xff],
    ]
    .iter()
    .enumerate()
    {
        let mut stranger = connect(sfu.local_addr());
        stranger.write_all(sent).unwrap();
        assert!(is_closed(&mut stranger), "{nth}");
    }
    let refused = sfu.stats().await.unwrap().refused;
    assert!(refused.get("tcp_refused").is_some_and(|count| *count >= 3));
}

#[tokio::test]
async fn without_tcp_nobody_listens_and_no_candidate_says_so() {
    let (sfu, _events) = start(false);
    assert!(!join(&sfu, 1).await.answer.contains("tcptype"));
    assert!(Socket::connect(sfu.local_addr()).is_err());
}

/// An acceptor with these limits, without a shard; what it says is read from the second value.
fn acceptor(limits: Limits) -> (SocketAddr, mpsc::Receiver<FromTcp>) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (events, receiver) = mpsc::channel(WAITING);
    let acceptor = Acceptor {
        listener,
        control: Arc::new(Control::new().unwrap()),
        events,
        limits,
        refused: Arc::default(),
    };
    std::thread::spawn(move || acceptor.run());
    (address, receiver)
}

#[test]
fn who_is_not_answered_in_time_is_hung_up_on_and_makes_room() {
    let (address, mut events) = acceptor(Limits {
        per_address: 1,
        stranger: Duration::from_millis(50),
        ..Limits::default()
    });
    let mut first = connect(address);
    let Some(FromTcp::Opened { path, queue }) = events.blocking_recv() else {
        panic!("the first is accepted");
    };
    assert!(is_closed(&mut connect(address)), "one from one address");
    assert!(is_closed(&mut first));
    assert!(matches!(events.blocking_recv(), Some(FromTcp::Closed { path: over }) if over == path));
    assert!(queue.is_closed());
    // The place is free soon after it was said: until then whoever comes is hung up on, too.
    loop {
        assert!(is_closed(&mut connect(address)));
        let mut told = std::iter::from_fn(|| events.try_recv().ok());
        if told.any(|event| matches!(event, FromTcp::Opened { .. })) {
            break;
        }
    }
}

#[test]
fn who_falls_silent_is_hung_up_on() {
    let (address, mut events) = acceptor(Limits {
        silence: Duration::from_millis(50),
        ..Limits::default()
    });
    let mut browser = connect(address);
    let Some(FromTcp::Opened { queue, .. }) = events.blocking_recv() else {
        panic!("it is accepted");
    };
    queue.blocking_send(b"an answer".to_vec()).unwrap();
    assert_eq!(frame_of(&mut browser), b"an answer");
    assert!(is_closed(&mut browser));
}

#[test]
fn what_waits_when_the_shard_ends_is_still_sent() {
    let (address, mut events) = acceptor(Limits::default());
    let mut browser = connect(address);
    let Some(FromTcp::Opened { queue, .. }) = events.blocking_recv() else {
        panic!("it is accepted");
    };
    for number in 0..FRAMES {
        queue.try_send(vec![number as u8; 100]).unwrap();
    }
    drop((queue, events));
    for number in 0..FRAMES {
        assert_eq!(frame_of(&mut browser), vec![number as u8; 100]);
    }
    assert!(is_closed(&mut browser));
}

#[test]
fn a_neighbourhood_of_ipv6_is_a_64() {
    let at = |text: &str| neighbourhood(text.parse().unwrap());
    assert_eq!(at("2001:db8::1"), at("2001:db8::2:3"));
    assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
    assert_ne!(at("192.0.2.1"), at("192.0.2.2"));
    assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
}
