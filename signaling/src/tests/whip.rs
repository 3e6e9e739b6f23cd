//! WHIP and WHEP over real HTTP, with a media plane that only remembers: every status, and what a session is in its room.

use std::net::SocketAddr;

use serde_json::Value;
use sfu::{Event, GoneReason, RoomId};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::double::Call;
use super::{House, ROOM, TALK};
use crate::RoomEvent;
use crate::message::{ErrorCode, Grant, Label, ServerMessage};
use crate::ticket::{Ticket, unix_now_s};
use crate::whip::MAX_BODY_BYTES;

const FRAGMENT: &str = "application/trickle-ice-sdpfrag";
const CANDIDATE: &str = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\n\
    a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";

/// What came back.
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers(name).into_iter().next()
    }

    fn headers(&self, name: &str) -> Vec<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let found = lines.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).collect()
    }

    /// Of a problem.
    fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        assert_eq!(body["status"], self.status);
        body["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A door with an address.
struct Client {
    house: House,
    address: SocketAddr,
}

impl Client {
    async fn new() -> Self {
        Self::at(House::new()).await
    }

    async fn at(house: House) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = house.signaling.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { house, address }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut text = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
        for (name, value) in headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !headers.iter().any(|(name, _)| *name == "content-length") {
            text.push_str(&format!("content-length: {}\r\n", body.len()));
        }
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream
            .write_all(format!("{text}\r\n{body}").as_bytes())
            .await
            .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let answer = Answer {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        };
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some("*"),
            "{head}"
        );
        answer
    }

    async fn post(&self, protocol: &str, ticket: &str, offer: &str) -> Answer {
        let bearer = format!("Bearer {ticket}");
        let headers = [
            ("authorization", bearer.as_str()),
            ("content-type", "application/sdp"),
        ];
        self.ask("POST", &format!("/{protocol}/{ROOM}"), &headers, offer)
            .await
    }

    async fn patch(&self, session: &Session, if_match: Option<&str>, body: &str) -> Answer {
        let mut headers = vec![
            ("authorization", session.bearer.as_str()),
            ("content-type", FRAGMENT),
        ];
        headers.extend(if_match.map(|tag| ("if-match", tag)));
        self.ask("PATCH", &session.path, &headers, body).await
    }

    /// A session that was opened.
    async fn open(&self, protocol: &str, ticket: &str) -> Session {
        let direction = if protocol == "whip" {
            "sendonly"
        } else {
            "recvonly"
        };
        let answer = self.post(protocol, ticket, &offer(direction)).await;
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.header("content-type"), Some("application/sdp"));
        Session {
            path: answer.header("location").unwrap().to_owned(),
            etag: answer.header("etag").unwrap().to_owned(),
            bearer: format!("Bearer {ticket}"),
        }
    }

    async fn end(&self, session: &Session) -> Answer {
        let headers = [("authorization", session.bearer.as_str())];
        self.ask("DELETE", &session.path, &headers, "").await
    }
}

struct Session {
    path: String,
    etag: String,
    bearer: String,
}

fn offer(direction: &str) -> String {
    crate::whip::tests::offer(direction)
}

#[tokio::test]
async fn a_publisher_is_a_participant_that_comes_and_goes() {
    let mut client = Client::new().await;
    let mut ona = client.house.named("Ona").await;
    let ticket = client.house.ticket(Some("Salė"), TALK);
    let session = client.open("whip", &ticket).await;
    let ServerMessage::ParticipantJoined { participant } = ona.next().await.unwrap() else {
        unreachable!("the publisher came");
    };
    assert_eq!(
        participant.label,
        Label::Named {
            name: "Salė".into()
        }
    );
    assert!(participant.publish && participant.connected && !participant.microphone_muted);
    client.house.participant().await;
    let id = client.house.participant().await;
    // What the ticket grants beyond publishing is not taken.
    let calls = client.house.media.calls();
    assert!(calls.contains(&Call::Join {
        participant: id,
        publish: true,
        subscribe: false,
        sources: Vec::new()
    }));
    let ended = client.end(&session).await;
    assert_eq!((ended.status, ended.body.as_str()), (200, ""));
    assert_eq!(
        ona.next().await,
        Some(ServerMessage::ParticipantLeft {
            seat: participant.seat
        })
    );
    assert!(client.house.media.calls().contains(&Call::Leave(id)));
    assert_eq!(client.end(&session).await.code(), "session_unknown");
    let left = RoomEvent::Left {
        room: ROOM.into(),
        seat: participant.seat,
    };
    assert_eq!(client.house.event().await, left);
}

#[tokio::test]
async fn a_player_publishes_nothing_and_a_lost_connection_ends_it() {
    let mut client = Client::new().await;
    let mut ona = client.house.named("Ona").await;
    let ticket = client.house.ticket(None, &[Grant::Subscribe]);
    let session = client.open("whep", &ticket).await;
    let ServerMessage::ParticipantJoined { participant } = ona.next().await.unwrap() else {
        unreachable!("the player came");
    };
    assert_eq!(participant.label, Label::Anonymous { number: 1 });
    assert!(!participant.publish && participant.microphone_muted && participant.camera_muted);
    client.house.participant().await;
    let id = client.house.participant().await;
    let gone = Event::Gone {
        room: RoomId::new(ROOM),
        participant: id,
        reason: GoneReason::ConsentExpired,
    };
    client.house.media_says(gone).await;
    let seat = participant.seat;
    let left =
        ona.until(|message| (*message == ServerMessage::ParticipantLeft { seat }).then_some(()));
    left.await;
    assert_eq!(client.end(&session).await.code(), "session_unknown");
}

#[tokio::test]
async fn a_room_that_is_closed_ends_its_sessions() {
    let mut client = Client::new().await;
    let session = client.open("whip", &client.house.ticket(None, TALK)).await;
    client.house.participant().await;
    client.house.signaling.close_room(ROOM, "ended");
    assert!(matches!(client.house.event().await, RoomEvent::Left { .. }));
    // The session's task hears of it a moment later than the room's reader.
    while client.end(&session).await.status != 404 {}
}

#[tokio::test]
async fn who_has_no_ticket_for_it_gets_no_session() {
    let client = Client::new().await;
    let whip = offer("sendonly");
    let missing = client
        .ask("POST", &format!("/whip/{ROOM}"), &[], &whip)
        .await;
    assert_eq!(
        (missing.status, missing.code().as_str()),
        (401, "ticket_missing")
    );
    assert!(
        missing
            .header("www-authenticate")
            .unwrap()
            .starts_with("Bearer")
    );
    let forged = client.post("whip", "forged", &whip).await;
    assert_eq!(
        (forged.status, forged.code().as_str()),
        (401, "ticket_invalid")
    );
    let old = client
        .post("whip", &client.house.old_ticket(None), &whip)
        .await;
    assert_eq!((old.status, old.code().as_str()), (401, "ticket_expired"));
    let listener = client.house.ticket(None, &[Grant::Subscribe]);
    let mute = client.post("whip", &listener, &whip).await;
    assert_eq!((mute.status, mute.code().as_str()), (403, "not_allowed"));
    let elsewhere = client.house.key.sign(&Ticket {
        room: "other".into(),
        name: None,
        identified: None,
        account: None,
        verified: None,
        grants: TALK.to_vec(),
        expires_s: unix_now_s() + 60,
    });
    let other = client.post("whip", &elsewhere, &whip).await;
    assert_eq!(
        (other.status, other.code().as_str()),
        (403, "room_mismatch")
    );
    let counted = client.house.signaling.refused();
    assert_eq!(counted[&ErrorCode::TicketInvalid], 1);
    assert_eq!(counted[&ErrorCode::RoomMismatch], 1);
    assert!(client.house.media.calls().is_empty());
}

#[tokio::test]
async fn an_offer_has_to_be_one_and_to_fit() {
    let client = Client::new().await;
    let ticket = client.house.ticket(None, TALK);
    let bearer = format!("Bearer {ticket}");
    let path = format!("/whip/{ROOM}");
    let whip = offer("sendonly");
    let typed = [
        ("authorization", bearer.as_str()),
        ("content-type", "text/plain"),
    ];
    let answer = client.ask("POST", &path, &typed, &whip).await;
    assert_eq!((answer.status, answer.code().as_str()), (415, "body_type"));
    assert_eq!(answer.header("accept-post"), Some("application/sdp"));
    let picky = [
        typed[0],
        ("content-type", "application/sdp"),
        ("accept", "text/html"),
    ];
    let answer = client.ask("POST", &path, &picky, &whip).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (406, "not_acceptable")
    );
    let large = format!("{whip}a=x:{}\r\n", "y".repeat(MAX_BODY_BYTES));
    let answer = client.post("whip", &ticket, &large).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (413, "body_too_large")
    );
    let answer = client.post("whip", &ticket, "not sdp").await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (400, "sdp_invalid")
    );
    let answer = client.post("whip", &ticket, &offer("recvonly")).await;
    assert_eq!(
        (answer.status, answer.code().as_str()),
        (422, "offer_unsupported")
    );
    assert!(
        client.house.media.calls().is_empty(),
        "nobody took a seat for that"
    );
}

#[tokio::test]
async fn candidates_and_restarts_follow_the_rules_of_entity_tags() {
    let client = Client::new().await;
    let session = client.open("whip", &client.house.ticket(None, TALK)).await;
    let tag = Some(session.etag.as_str());
    let noted = client.patch(&session, tag, CANDIDATE).await;
    assert_eq!(
        (noted.status, noted.body.as_str(), noted.header("etag")),
        (204, "", None)
    );
    assert_eq!(client.patch(&session, None, CANDIDATE).await.status, 428);
    assert_eq!(
        client
            .patch(&session, Some("\"other\""), CANDIDATE)
            .await
            .status,
        412
    );
    let malformed = client.patch(&session, tag, "a=candidate:1").await;
    assert_eq!(
        (malformed.status, malformed.code().as_str()),
        (400, "fragment_invalid")
    );
    let large = client.patch(&session, tag, &CANDIDATE.repeat(1_000)).await;
    assert_eq!(large.status, 413);
    let headers = [
        ("authorization", session.bearer.as_str()),
        ("content-type", "application/sdp"),
        ("if-match", "*"),
    ];
    let typed = client
        .ask("PATCH", &session.path, &headers, CANDIDATE)
        .await;
    assert_eq!(
        (typed.status, typed.header("accept-patch")),
        (415, Some(FRAGMENT))
    );

    client.house.media.calls();
    let restart = CANDIDATE.replace("abcd", "wxyz");
    let restarted = client.patch(&session, Some("*"), &restart).await;
    assert_eq!(restarted.status, 200);
    assert_eq!(restarted.header("content-type"), Some(FRAGMENT));
    let next = restarted.header("etag").unwrap();
    assert_ne!(next, session.etag);
    assert!(restarted.body.contains("a=ice-ufrag:wxyz\r\n"));
    assert!(matches!(client.house.media.calls()[..], [Call::Reoffer(_)]));
    // The tag of the session before is over; its successor is good; the same credentials again restart nothing.
    assert_eq!(client.patch(&session, tag, &restart).await.status, 412);
    assert_eq!(
        client.patch(&session, Some(next), &restart).await.status,
        204
    );
    assert_eq!(
        client.patch(&session, Some("*"), &restart).await.status,
        204
    );
}

#[tokio::test]
async fn a_session_listens_only_to_its_own_ticket() {
    let client = Client::new().await;
    let mine = client.open("whip", &client.house.ticket(None, TALK)).await;
    for (bearer, status) in [
        (format!("Bearer {}", client.house.ticket(None, TALK)), 403),
        ("Bearer forged".to_owned(), 401),
        (String::new(), 401),
    ] {
        let other = Session {
            path: mine.path.clone(),
            etag: mine.etag.clone(),
            bearer,
        };
        assert_eq!(client.end(&other).await.status, status);
        assert_eq!(
            client.patch(&other, Some("*"), CANDIDATE).await.status,
            status
        );
    }
    let path = mine.path.replace("/whip/", "/whep/");
    let other = Session {
        path,
        etag: mine.etag.clone(),
        bearer: mine.bearer.clone(),
    };
    assert_eq!(client.end(&other).await.status, 404);
    assert_eq!(
        client
            .ask("GET", &mine.path, &[("authorization", &mine.bearer)], "")
            .await
            .status,
        204
    );
    assert_eq!(client.end(&mine).await.status, 200);
}

#[tokio::test]
async fn every_address_says_what_may_be_done_there() {
    let client = Client::new().await;
    for (path, accepts, allowed, refused) in [
        ("/whip/room", "accept-post", "POST", "PUT"),
        ("/whep/room", "accept-post", "POST", "DELETE"),
        ("/whip/room/session", "accept-patch", "PATCH", "POST"),
    ] {
        let options = client
            .ask("OPTIONS", path, &[("origin", "https://player.test")], "")
            .await;
        assert_eq!(options.status, 200);
        assert!(options.header("allow").unwrap().contains(allowed));
        assert!(options.header(accepts).is_some());
        assert!(
            options
                .header("access-control-allow-headers")
                .unwrap()
                .contains("If-Match")
        );
        for exposed in ["Location", "ETag", "Link"] {
            assert!(
                options
                    .header("access-control-expose-headers")
                    .unwrap()
                    .contains(exposed)
            );
        }
        let wrong = client.ask(refused, path, &[], "").await;
        assert_eq!(
            (wrong.status, wrong.code().as_str()),
            (405, "method_not_allowed")
        );
        assert!(wrong.header("allow").unwrap().contains(allowed));
    }
    assert_eq!(client.ask("GET", "/whip/room", &[], "").await.status, 204);
    let head = client.ask("HEAD", "/whep/room", &[], "").await;
    assert_eq!(
        (head.status, head.header("content-type")),
        (200, Some("application/sdp"))
    );
}

#[tokio::test]
async fn what_is_full_says_when_to_come_again() {
    let client = Client::at(House::with_seats(1)).await;
    let session = client.open("whip", &client.house.ticket(None, TALK)).await;
    let full = client
        .post("whip", &client.house.ticket(None, TALK), &offer("sendonly"))
        .await;
    assert_eq!((full.status, full.code().as_str()), (503, "room_full"));
    assert!(full.header("retry-after").is_some());
    client.end(&session).await;
    let full = client
        .post("whip", &client.house.ticket(None, TALK), &full_plane())
        .await;
    assert_eq!((full.status, full.code().as_str()), (503, "media_full"));
    client
        .house
        .signaling
        .shutdown(std::time::Duration::from_secs(5))
        .await;
    let late = client
        .post("whip", &client.house.ticket(None, TALK), &offer("sendonly"))
        .await;
    assert_eq!(
        (late.status, late.code().as_str()),
        (503, "media_unavailable")
    );
}

/// An offer that the double refuses because it is full.
fn full_plane() -> String {
    format!("{}a=x:one too many\r\n", offer("sendonly"))
}

#[tokio::test]
async fn one_ticket_opens_a_limited_number_of_sessions() {
    let client = Client::new().await;
    let ticket = client.house.ticket(None, TALK);
    for _ in 0..16 {
        client.open("whip", &ticket).await;
    }
    let more = client.post("whip", &ticket, &offer("sendonly")).await;
    assert_eq!(
        (more.status, more.code().as_str()),
        (409, "too_many_sessions")
    );
    client.open("whip", &client.house.ticket(None, TALK)).await;
}

#[tokio::test]
async fn a_client_is_told_of_the_ice_servers() {
    let client = Client::at(House::new()).await;
    let answer = client
        .post("whep", &client.house.ticket(None, TALK), &offer("recvonly"))
        .await;
    let ticket = format!("Bearer {}", client.house.ticket(None, TALK));
    let headers = [("authorization", ticket.as_str())];
    let asked = client
        .ask("OPTIONS", "/whep/conference-1", &headers, "")
        .await;
    for links in [answer.headers("link"), asked.headers("link")] {
        assert!(links[0].starts_with("<turn:turn.example>; rel=\"ice-server\"; username=\""));
    }
    let preflight = client.ask("OPTIONS", "/whep/conference-1", &[], "").await;
    assert_eq!(
        preflight.header("link"),
        None,
        "who has no ticket learns no password"
    );
}
