//! Real WebSockets over loopback: the handshake, sizes, and two browsers that see each other.

use std::net::SocketAddr;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::StatusCode;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{House, TALK};
use crate::message::{MAX_MESSAGE_BYTES, SUBPROTOCOL};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn listen(house: &House) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router = house.signaling.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

async fn open(address: SocketAddr, headers: &[(&'static str, &str)]) -> Result<Socket, StatusCode> {
    let mut request = format!("ws://{address}/call")
        .into_client_request()
        .unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    match connect_async(request).await {
        Ok((socket, _)) => Ok(socket),
        Err(Error::Http(response)) => Err(response.status()),
        Err(other) => unreachable!("{other}"),
    }
}

async fn say(socket: &mut Socket, message: Value) {
    let text = Message::text(message.to_string());
    socket.send(text).await.unwrap();
}

/// The next message; a close is `null`.
async fn hear(socket: &mut Socket) -> Value {
    match socket.next().await {
        Some(Ok(Message::Text(text))) => serde_json::from_str(&text).unwrap(),
        Some(Ok(Message::Close(_))) | None => Value::Null,
        other => unreachable!("{other:?}"),
    }
}

fn join(ticket: &str) -> Value {
    json!({"type": "join", "version": 1, "ticket": ticket})
}

#[tokio::test]
async fn two_browsers_join_and_see_each_other() {
    let house = House::new();
    let address = listen(&house).await;
    let origin = format!("http://{address}");
    let headers = [
        ("origin", origin.as_str()),
        ("sec-websocket-protocol", SUBPROTOCOL),
    ];
    let mut ona = open(address, &headers).await.unwrap();
    say(&mut ona, join(&house.ticket(Some("Ona"), TALK))).await;
    assert_eq!(hear(&mut ona).await["seat"], 1);
    let mut voice = open(address, &[]).await.unwrap();
    say(&mut voice, join(&house.ticket(None, TALK))).await;
    let welcome = hear(&mut voice).await;
    assert_eq!(welcome["participants"][0]["label"]["name"], "Ona");
    assert_eq!(
        hear(&mut ona).await["participant"]["label"],
        json!({"kind": "anonymous", "number": 1})
    );
    say(&mut voice, json!({"type": "leave"})).await;
    assert_eq!(
        hear(&mut ona).await,
        json!({"type": "participant_left", "seat": 2})
    );
    assert_eq!(hear(&mut voice).await, Value::Null);
}

#[tokio::test]
async fn another_origin_or_subprotocol_is_refused() {
    let house = House::new();
    let address = listen(&house).await;
    let foreign = open(address, &[("origin", "https://example.com")]).await;
    assert_eq!(foreign.err(), Some(StatusCode::FORBIDDEN));
    let other = open(address, &[("sec-websocket-protocol", "chat")]).await;
    assert_eq!(other.err(), Some(StatusCode::BAD_REQUEST));
}

#[tokio::test]
async fn a_forged_ticket_is_refused_and_the_socket_closed() {
    let house = House::new();
    let address = listen(&house).await;
    let mut socket = open(address, &[]).await.unwrap();
    say(&mut socket, join("forged")).await;
    let refusal = hear(&mut socket).await;
    assert_eq!(refusal["code"], "ticket_invalid");
    assert_eq!(refusal["fatal"], true);
    assert_eq!(hear(&mut socket).await, Value::Null);
}

#[tokio::test]
async fn the_largest_message_is_read_and_a_larger_one_answered() {
    let house = House::new();
    let address = listen(&house).await;
    let mut socket = open(address, &[]).await.unwrap();
    let text = |bytes: usize| Message::text("x".repeat(bytes));
    socket.send(text(MAX_MESSAGE_BYTES)).await.unwrap();
    assert_eq!(hear(&mut socket).await["code"], "bad_message");
    // Sending and hearing at once: a megabyte does not fit into what the network holds for a server that stopped reading.
    let (mut out, mut back) = socket.split();
    let sending = tokio::spawn(async move { out.send(text(2 * MAX_MESSAGE_BYTES)).await });
    let Some(Ok(Message::Text(refusal))) = back.next().await else {
        unreachable!("the refusal comes before the end");
    };
    assert!(refusal.contains("message_too_large"));
    assert!(matches!(
        back.next().await,
        Some(Ok(Message::Close(Some(_))))
    ));
    let _ = sending.await;
}

#[tokio::test]
async fn a_server_that_ends_takes_no_socket() {
    let house = House::new();
    let address = listen(&house).await;
    let mut waiting = open(address, &[]).await.unwrap();
    let mut ona = open(address, &[]).await.unwrap();
    say(&mut ona, join(&house.ticket(Some("Ona"), TALK))).await;
    hear(&mut ona).await;
    let signaling = house.signaling.clone();
    let ended = tokio::spawn(async move {
        signaling.shutdown(std::time::Duration::from_secs(60)).await;
    });
    assert_eq!(hear(&mut ona).await["reason"], "server_restart");
    assert_eq!(hear(&mut ona).await, Value::Null);
    assert_eq!(hear(&mut waiting).await, Value::Null);
    // The browsers' close frames were the last that was waited for.
    drop((ona, waiting));
    ended.await.unwrap();
    let late = open(address, &[]).await;
    assert_eq!(late.err(), Some(StatusCode::SERVICE_UNAVAILABLE));
}
