//! What comes from outside and is wrong: refused with a stable code, counted, survived.

use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::http::{get, request};
use crate::server::{Server, run};
use crate::wait::until;

/// A browser's door to the room, without a browser.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Opens it.
    pub async fn open(server: &Server) -> Self {
        let address = format!("{}/call", server.url.replace("http://", "ws://"));
        let mut request = address.into_client_request().unwrap();
        request
            .headers_mut()
            .insert("origin", server.url.parse().unwrap());
        Self(connect_async(request).await.expect("the socket opens").0)
    }

    /// Says a message.
    pub async fn say(&mut self, text: impl Into<String>) {
        // A server that has had enough may close while we talk.
        let _ = self.0.send(Message::text(text.into())).await;
    }

    /// The next message of this type; `None` when the socket was closed before it came.
    pub async fn hear(&mut self, kind: &str) -> Option<Value> {
        let wait = async {
            while let Some(Ok(message)) = self.0.next().await {
                let text = message.into_text().unwrap_or_default();
                let value: Value = serde_json::from_str(&text).unwrap_or_default();
                if value["type"] == kind {
                    return Some(value);
                }
            }
            None
        };
        tokio::time::timeout(Duration::from_secs(120), wait)
            .await
            .expect("an answer within two minutes")
    }

    /// The code of the next error; "closed" when the socket was closed without one.
    async fn error(&mut self) -> String {
        let error = self.hear("error").await;
        error
            .and_then(|e| e["code"].as_str().map(str::to_owned))
            .unwrap_or_else(|| "closed".into())
    }
}

fn ticket(server: &Server, room: &str, minutes: &str) -> String {
    let args = [
        "ticket",
        "--room",
        room,
        "--grant",
        "publish,subscribe",
        "--minutes",
        minutes,
    ];
    let output = run(server.data(), &args);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// The first message.
pub fn join(ticket: &str) -> String {
    json!({ "type": "join", "version": 1, "ticket": ticket }).to_string()
}

/// Runs it on this thread.
pub fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(work)
}

/// After everything: it still serves, and nothing panicked.
#[track_caller]
fn assert_well(server: &Server) {
    server.wait_ready();
    server.assert_no_panic();
}

#[test]
fn a_ticket_that_is_not_ours_or_too_old_opens_nothing() {
    let server = Server::start_with(&[]);
    let good = ticket(&server, "room", "5");
    let expired = ticket(&server, "room", "0");
    let mut forged = good.clone();
    let middle = forged.len() / 2;
    let other = if forged.as_bytes()[middle] == b'A' {
        "B"
    } else {
        "A"
    };
    forged.replace_range(middle..=middle, other);
    // Time passes until the second in which it was made is over.
    let now_s = || {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .map(|d| d.as_secs())
    };
    let made = now_s().unwrap();
    until(Duration::from_secs(5), || {
        (now_s().unwrap() > made + 1).then_some(())
    });
    block_on(async {
        let cases = [
            (forged.as_str(), "ticket_invalid"),
            ("", "ticket_invalid"),
            ("a.b.c", "ticket_invalid"),
            (&expired, "ticket_expired"),
        ];
        for (ticket, code) in cases {
            let mut socket = Socket::open(&server).await;
            socket.say(join(ticket)).await;
            assert_eq!(socket.error().await, code);
        }
        let mut socket = Socket::open(&server).await;
        socket.say(join(&good)).await;
        assert!(socket.hear("welcome").await.is_some(), "the good one opens");
    });
    assert!(!server.log().contains(&good), "the log holds a ticket");
    assert_well(&server);
}

#[test]
fn messages_of_the_wrong_shape_are_answered_and_survived() {
    let server = Server::start_with(&[]);
    let ticket = ticket(&server, "room", "5");
    block_on(async {
        let wrong = [
            "",
            "null",
            "[]",
            "{}",
            "{",
            "\"join\"",
            "{\"type\":\"fly\"}",
            "{\"type\":\"join\"}",
            "{\"type\":\"mute\",\"source\":\"nose\",\"muted\":true}",
            "{\"type\":\"pin\",\"seat\":-1}",
            "{\"type\":\"offer\",\"sdp\":7,\"fresh\":true,\"tracks\":[]}",
            "\u{0}\u{0}\u{0}",
        ];
        for text in wrong {
            // Before joining, and after.
            let mut socket = Socket::open(&server).await;
            socket.say(text).await;
            assert_ne!(socket.error().await, "", "{text:?}");
            let mut socket = Socket::open(&server).await;
            socket.say(join(&ticket)).await;
            assert!(socket.hear("welcome").await.is_some());
            socket.say(text).await;
            assert_ne!(socket.error().await, "", "{text:?}");
        }
        let mut socket = Socket::open(&server).await;
        socket.say("[".repeat(200_000)).await;
        socket.error().await;
    });
    assert_well(&server);
}

#[test]
fn an_offer_that_is_none_or_far_too_long_is_refused_with_its_code() {
    let server = Server::start_with(&[]);
    let ticket = ticket(&server, "room", "5");
    block_on(async {
        let offer = |sdp: &str| {
            json!({ "type": "offer", "sdp": sdp, "fresh": true, "tracks": [] }).to_string()
        };
        let mut socket = Socket::open(&server).await;
        socket.say(join(&ticket)).await;
        assert!(socket.hear("welcome").await.is_some());
        for sdp in [
            "",
            "v=0",
            "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n",
            "hello\r\n\r\n",
            "m=\r\nm=\r\na=\r\n",
        ] {
            socket.say(offer(sdp)).await;
            assert_eq!(socket.error().await, "sdp_invalid", "{sdp:?}");
        }
        let long = format!("v=0\r\n{}", "a=x\r\n".repeat(60_000));
        socket.say(offer(&long)).await;
        assert_eq!(socket.error().await, "sdp_too_large");

        // 1 MB is more than a message may be: refused before it is read.
        let mut socket = Socket::open(&server).await;
        socket.say(join(&ticket)).await;
        assert!(socket.hear("welcome").await.is_some());
        socket.say(offer(&"a=x\r\n".repeat(210_000))).await;
        let code = socket.error().await;
        assert!(
            ["message_too_large", "closed"].contains(&code.as_str()),
            "{code}"
        );
    });
    assert_well(&server);
}

/// The UDP port of the media plane: the server's log says it.
fn media_port(server: &Server) -> u16 {
    let log = server.log();
    let after = log
        .split("media_port=")
        .nth(1)
        .or_else(|| log.split("media_port\u{1b}[0m\u{1b}[2m=\u{1b}[0m").nth(1));
    let digits: String = after
        .unwrap_or("")
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits
        .parse()
        .unwrap_or_else(|_| panic!("no media port in the log:\n{log}"))
}

#[test]
fn datagrams_that_nobody_asked_for_are_dropped() {
    let server = Server::start_with(&[]);
    let to = SocketAddr::from((Ipv4Addr::LOCALHOST, media_port(&server)));
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(300)))
        .unwrap();
    // Every first byte, every short length: STUN, DTLS, RTP and RTCP heads with nothing or nonsense behind them.
    for first in 0..=255u8 {
        for length in [0usize, 1, 4, 11, 12, 13, 19, 20, 28, 60, 1200, 1500] {
            let mut datagram: Vec<u8> = (0..length)
                .map(|i| first.wrapping_mul(31).wrapping_add(i as u8))
                .collect();
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            socket.send_to(&datagram, to).unwrap();
        }
    }
    // A binding request without integrity, for a user nobody knows.
    let mut stun = vec![0, 1, 0, 12, 0x21, 0x12, 0xa4, 0x42];
    stun.extend([7; 12]);
    stun.extend([0, 6, 0, 8]);
    stun.extend(b"aaaa:bbb");
    for _ in 0..100 {
        socket.send_to(&stun, to).unwrap();
    }
    let mut answer = [0; 2048];
    let answered = socket.recv(&mut answer);
    assert!(
        answered.is_err(),
        "a stranger was answered: {:02x?}",
        &answer[..answered.unwrap_or(0).min(32)]
    );
    assert_well(&server);
}

#[test]
fn requests_that_make_no_sense_get_a_problem() {
    let server = Server::start();
    let unknown = get(&server.url, "/api/v1/conferences/nothing-like-this");
    assert_eq!(unknown.status, 404);
    assert_eq!(
        unknown.header("content-type"),
        Some("application/problem+json")
    );
    assert!(unknown.json()["code"].is_string(), "{}", unknown.body);

    // Without the token that our pages carry, nothing is changed.
    let json = [("content-type", "application/json")];
    let forged = request(
        &server.url,
        "POST",
        "/api/v1/conferences/x/seat",
        &json,
        "{\"as\":\"anonymous\"}",
    );
    assert_eq!(forged.status, 403, "{}", forged.body);
    for path in [
        "/media/../secret.key",
        "/media/%2e%2e/secret.key",
        "/media/x/..%2f..%2fsecret.key",
        "/static/../Cargo.toml",
    ] {
        let answer = get(&server.url, path);
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {}",
            answer.status
        );
    }
    let long = format!("/{}", "a".repeat(100_000));
    let answer = get(&server.url, &long).status;
    assert!(answer == 0 || (400..500).contains(&answer), "{answer}");
    assert_well(&server);
}
