//! The smallest server around the media plane: a page and four JSON requests, for trying it with real browsers.
//! No tickets, no limits, one room: not for anything but that. `cargo run -p sfu --example call -- 127.0.0.1:9500`
#![allow(clippy::unwrap_used, reason = "an example may fail by panicking")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use sfu::{Event, FeedItem, Join, ParticipantId, RoomId, Sfu, SfuConfig};

/// The latest slot map of each participant, as JSON.
type Maps = Arc<Mutex<BTreeMap<u64, String>>>;

#[tokio::main]
async fn main() {
    let address = std::env::args()
        .nth(1)
        .unwrap_or("127.0.0.1:9500".to_owned());
    let (sfu, mut events) = Sfu::start(SfuConfig::default()).unwrap();
    let maps = Maps::default();
    let seen = maps.clone();
    tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            if let Event::SlotMap { participant, slots } = &event {
                let slots: Vec<_> = slots
                    .iter()
                    .map(|(mid, who)| format!("\"{mid}\":{}", who.map_or(0, |who| who.0)))
                    .collect();
                let map = format!("{{{}}}", slots.join(","));
                seen.lock().unwrap().insert(participant.0, map);
            }
            println!("{event:?}");
        }
    });
    let mut feed = sfu.feed(&RoomId::new("room")).await.unwrap();
    tokio::spawn(async move {
        while let Some(item) = feed.next().await {
            if !matches!(item, FeedItem::Packet(_)) {
                println!("feed: {item:?}");
            }
        }
    });
    println!("media at {}, page at http://{address}/", sfu.local_addr());
    let listener = TcpListener::bind(address).unwrap();
    let runtime = tokio::runtime::Handle::current();
    tokio::task::spawn_blocking(move || {
        for stream in listener.incoming().flatten() {
            let (sfu, maps) = (sfu.clone(), maps.clone());
            runtime.spawn_blocking(move || serve(stream, &sfu, &maps));
        }
    })
    .await
    .unwrap();
}

/// Answers one request: `POST /join/7`, `/reoffer/7`, `/leave/7` with an offer as body, `GET /map/7`, `/stats`, `/`.
fn serve(mut stream: TcpStream, sfu: &Sfu, maps: &Maps) {
    let runtime = tokio::runtime::Handle::current();
    let Some((path, body)) = request(&mut stream) else {
        return;
    };
    let path = path.trim_start_matches('/');
    let (what, who) = path.split_once('/').unwrap_or((path, "0"));
    let participant = ParticipantId(who.parse().unwrap_or(0));
    let answer = match what {
        "join" => {
            let join = Join {
                room: RoomId::new("room"),
                participant,
                offer: body,
                publish: true,
                subscribe: true,
                sources: Vec::new(),
            };
            runtime.block_on(sfu.join(join)).map(|joined| joined.answer)
        }
        "reoffer" => {
            let joined = runtime.block_on(sfu.reoffer(participant, body, Vec::new()));
            joined.map(|joined| joined.answer)
        }
        "leave" => {
            sfu.leave(participant);
            Ok(String::new())
        }
        "map" => Ok(maps
            .lock()
            .unwrap()
            .get(&participant.0)
            .cloned()
            .unwrap_or("{}".to_owned())),
        "stats" => runtime
            .block_on(sfu.stats())
            .map(|stats| format!("{stats:?}")),
        _ => Ok("<!doctype html><title>call</title>".to_owned()),
    };
    let (status, text) = match answer {
        Ok(text) => ("200 OK", text),
        Err(error) => ("400 Bad Request", error.to_string()),
    };
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: text/html\r\nconnection: close\r\n");
    let _ = write!(stream, "{head}content-length: {}\r\n\r\n{text}", text.len());
}

fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let (mut bytes, mut chunk) = (Vec::new(), [0; 65_536]);
    loop {
        let read = stream.read(&mut chunk).ok().filter(|read| *read > 0)?;
        bytes.extend_from_slice(&chunk[..read]);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            continue;
        };
        let length = head.lines().find_map(|line| {
            let line = line.to_lowercase();
            line.strip_prefix("content-length:")?.trim().parse().ok()
        });
        if body.len() >= length.unwrap_or(0) {
            let path = head.split(' ').nth(1)?.to_owned();
            return Some((path, body.to_owned()));
        }
    }
}
