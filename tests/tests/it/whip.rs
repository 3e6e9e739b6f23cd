//! WHIP and WHEP: what programs that know WebRTC and nothing of ours do at these doors, rightly and wrongly. GStreamer
//! publishes, both browser engines play, from a page of another origin.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::http::{Answer, request};
use crate::publisher::Publisher;
use crate::server::{Server, run};
use crate::wait::until;

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// What an encoder like OBS offers: no header extensions, H.264 and Opus only. `@` stands for the direction.
const OFFER: &str = "v=0\r\no=- 1 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\na=setup:actpass\r\n\
    a=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\na=fingerprint:sha-256 \
    00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F\r\n\
    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=@\r\na=ssrc:1 cname:a\r\na=rtcp-mux\r\na=rtpmap:111 OPUS/48000/2\r\n\
    m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:1\r\na=@\r\na=ssrc:2 cname:a\r\na=rtcp-mux\r\na=rtpmap:96 H264/90000\r\n\
    a=rtcp-fb:96 nack\r\na=rtcp-fb:96 nack pli\r\n\
    a=fmtp:96 profile-level-id=42e01f;packetization-mode=1;level-asymmetry-allowed=1\r\n";

fn offer(direction: &str) -> String {
    OFFER.replace('@', direction)
}

/// A ticket as the operator prints one; `more` are further arguments.
pub fn ticket(server: &Server, room: &str, grant: &str, more: &[&str]) -> String {
    let mut args = vec!["ticket", "--room", room, "--grant", grant];
    args.extend(more);
    let printed = run(server.data(), &args);
    String::from_utf8(printed.stdout).unwrap().trim().to_owned()
}

/// A request as a client of these protocols makes it.
fn ask(
    server: &Server,
    method: &str,
    path: &str,
    ticket: &str,
    more: &[(&str, &str)],
    body: &str,
) -> Answer {
    let bearer = format!("Bearer {ticket}");
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(more);
    let answer = request(&server.url, method, path, &headers, body);
    assert_eq!(
        answer.header("access-control-allow-origin"),
        Some("*"),
        "{method} {path}: {}",
        answer.head
    );
    answer
}

fn post(server: &Server, path: &str, ticket: &str, offer: &str) -> Answer {
    ask(
        server,
        "POST",
        path,
        ticket,
        &[("content-type", SDP)],
        offer,
    )
}

/// A refusal has its status, its code, and the form of a problem.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, code: &str) {
    assert_eq!(
        (answer.status, answer.json()["code"].as_str()),
        (status, Some(code)),
        "{}",
        answer.body
    );
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    assert_eq!(answer.json()["status"], status);
}

#[test]
fn a_session_is_made_tended_and_ended_by_the_rules() {
    let server = Server::start_with(&[]);
    let publish = ticket(&server, "studija", "publish", &["--name", "Kamera"]);
    let made = post(&server, "/whip/studija", &publish, &offer("sendonly"));
    assert_eq!(
        (made.status, made.header("content-type")),
        (201, Some(SDP)),
        "{}",
        made.body
    );
    for line in [
        "a=recvonly",
        "a=setup:passive",
        "a=ice-lite",
        "a=candidate:",
        "a=end-of-candidates",
        "H264/90000",
    ] {
        assert!(made.body.contains(line), "{line} is not in\n{}", made.body);
    }
    let session = made.header("location").unwrap().to_owned();
    let etag = made.header("etag").unwrap().to_owned();
    assert!(
        session.starts_with("/whip/studija/") && session.len() > 50,
        "{session}"
    );

    let patch = |tag: Option<&str>, body: &str| {
        let mut headers = vec![("content-type", FRAGMENT)];
        headers.extend(tag.map(|tag| ("if-match", tag)));
        ask(&server, "PATCH", &session, &publish, &headers, body)
    };
    let candidate = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=ice-ufrag:abcd\r\na=ice-pwd:0123456789abcdefghijkl\r\n\
        a=candidate:1 1 udp 2122260223 192.0.2.1 61764 typ host\r\n";
    let noted = patch(Some(&etag), candidate);
    assert_eq!(
        (noted.status, noted.header("etag"), noted.body.as_str()),
        (204, None, "")
    );
    assert_refused(&patch(None, candidate), 428, "etag_missing");
    assert_refused(&patch(Some("\"another\""), candidate), 412, "etag_stale");
    assert_refused(
        &patch(Some(&etag), "nothing of ICE"),
        400,
        "fragment_invalid",
    );
    let typed = ask(
        &server,
        "PATCH",
        &session,
        &publish,
        &[("content-type", SDP), ("if-match", "*")],
        candidate,
    );
    assert_refused(&typed, 415, "body_type");

    let restarted = patch(Some("*"), &candidate.replace("abcd", "efgh"));
    assert_eq!(
        (restarted.status, restarted.header("content-type")),
        (200, Some(FRAGMENT))
    );
    let next = restarted.header("etag").unwrap();
    assert_ne!(next, etag);
    assert!(restarted.body.contains("a=ice-ufrag:") && restarted.body.contains("a=candidate:"));
    assert!(!restarted.body.contains("a=rtpmap"), "{}", restarted.body);
    assert_refused(&patch(Some(&etag), candidate), 412, "etag_stale");
    assert_eq!(
        patch(Some(next), &candidate.replace("abcd", "efgh")).status,
        204
    );

    let stranger = ticket(&server, "studija", "publish", &[]);
    assert_refused(
        &ask(&server, "DELETE", &session, &stranger, &[], ""),
        403,
        "session_foreign",
    );
    assert_refused(
        &request(&server.url, "DELETE", &session, &[], ""),
        401,
        "ticket_missing",
    );
    assert_refused(
        &ask(&server, "POST", &session, &publish, &[], ""),
        405,
        "method_not_allowed",
    );
    assert_eq!(ask(&server, "GET", &session, &publish, &[], "").status, 204);
    assert_eq!(
        ask(
            &server,
            "DELETE",
            &session,
            &publish,
            &[("if-match", "\"x\"")],
            ""
        )
        .status,
        200
    );
    assert_refused(
        &ask(&server, "DELETE", &session, &publish, &[], ""),
        404,
        "session_unknown",
    );
    let told = || server.log().contains("seat given up").then_some(());
    until(Duration::from_secs(120), told).expect("the log tells of the end");
    let log = server.log();
    for secret in [publish.as_str(), "Kamera", "ice-ufrag", session.as_str()] {
        assert!(!log.contains(secret), "the log holds {secret}:\n{log}");
    }
    server.assert_no_panic();
}

#[test]
fn what_is_wrong_at_the_door_gets_its_status_and_its_code() {
    let server = Server::start_with(&[("AIKSTE_MEDIA_MAX_SEATS", "1")]);
    let publish = ticket(&server, "studija", "publish", &[]);
    let watch = ticket(&server, "studija", "subscribe", &[]);
    let whip = offer("sendonly");
    let refused = [
        (
            post(&server, "/whip/studija", "forged", &whip),
            401,
            "ticket_invalid",
        ),
        (
            post(
                &server,
                "/whip/studija",
                &ticket(&server, "studija", "publish", &["--minutes", "0"]),
                &whip,
            ),
            401,
            "ticket_expired",
        ),
        (
            post(&server, "/whip/studija", &watch, &whip),
            403,
            "not_allowed",
        ),
        (
            post(&server, "/whep/studija", &publish, &offer("recvonly")),
            403,
            "not_allowed",
        ),
        (
            post(&server, "/whip/kita", &publish, &whip),
            403,
            "room_mismatch",
        ),
        (
            post(&server, "/whip/studija", &publish, "not an offer"),
            400,
            "sdp_invalid",
        ),
        (
            post(
                &server,
                "/whip/studija",
                &publish,
                &whip.replace("a=fingerprint", "a=x"),
            ),
            400,
            "sdp_invalid",
        ),
        (
            post(&server, "/whip/studija", &publish, &offer("recvonly")),
            422,
            "offer_unsupported",
        ),
        (
            post(
                &server,
                "/whip/studija",
                &publish,
                &whip.replace("H264/", "H265/"),
            ),
            422,
            "offer_unsupported",
        ),
        (
            post(&server, "/whep/studija", &watch, &whip),
            422,
            "offer_unsupported",
        ),
        (
            post(
                &server,
                "/whip/studija",
                &publish,
                &format!("{whip}a=x:{}\r\n", "y".repeat(65_536)),
            ),
            413,
            "body_too_large",
        ),
        (
            post(
                &server,
                "/whip/studija",
                &publish,
                &format!("{whip}a=x:{}\r\n", "y".repeat(1 << 19)),
            ),
            413,
            "body_too_large",
        ),
        (
            ask(
                &server,
                "POST",
                "/whip/studija",
                &publish,
                &[("content-type", "text/plain")],
                &whip,
            ),
            415,
            "body_type",
        ),
        (
            ask(
                &server,
                "POST",
                "/whip/studija",
                &publish,
                &[("content-type", SDP), ("accept", "text/html")],
                &whip,
            ),
            406,
            "not_acceptable",
        ),
        (
            ask(&server, "PUT", "/whip/studija", &publish, &[], &whip),
            405,
            "method_not_allowed",
        ),
        (
            ask(&server, "PATCH", "/whip/studija/nobody", &publish, &[], ""),
            404,
            "session_unknown",
        ),
        (
            request(
                &server.url,
                "POST",
                "/whep/studija",
                &[("content-type", SDP)],
                &whip,
            ),
            401,
            "ticket_missing",
        ),
    ];
    for (answer, status, code) in &refused {
        assert_refused(answer, *status, code);
    }
    assert_eq!(post(&server, "/whip/studija", &publish, &whip).status, 201);
    let full = post(&server, "/whep/studija", &watch, &offer("recvonly"));
    assert_refused(&full, 503, "room_full");
    assert!(full.header("retry-after").is_some());

    // A browser asks before it sends what a page of another origin wants to send.
    let preflight = [
        ("origin", "https://player.test"),
        ("access-control-request-method", "POST"),
    ];
    let allowed = request(&server.url, "OPTIONS", "/whep/studija", &preflight, "");
    assert_eq!(
        (allowed.status, allowed.header("accept-post")),
        (200, Some(SDP))
    );
    for (header, wanted) in [
        ("access-control-allow-headers", "Authorization"),
        ("access-control-allow-methods", "PATCH"),
        ("access-control-expose-headers", "Location, ETag, Link"),
    ] {
        assert!(
            allowed
                .header(header)
                .is_some_and(|value| value.contains(wanted)),
            "{header}"
        );
    }
    let found = request(&server.url, "HEAD", "/whep/studija", &[], "");
    assert_eq!(
        (found.status, found.header("content-type")),
        (200, Some(SDP))
    );
    server.assert_no_panic();
}

#[test]
fn one_ticket_has_a_limited_number_of_sessions() {
    let server = Server::start_with(&[]);
    let publish = ticket(&server, "bench-*", "publish", &[]);
    let post = |n: u32| {
        post(
            &server,
            &format!("/whip/bench-{n}"),
            &publish,
            &offer("sendonly"),
        )
    };
    let first = post(0);
    let second = post(1);
    for n in 2..16 {
        assert_eq!(post(n).status, 201);
    }
    assert_refused(&post(16), 409, "too_many_sessions");
    let session = first.header("location").unwrap();
    assert_eq!(
        ask(&server, "DELETE", session, &publish, &[], "").status,
        200
    );
    assert_eq!(post(17).status, 201);
    // Whoever ends and opens without pause is slowed down.
    let slowed = (18..60).map(|n| {
        let answer = post(n);
        if let Some(session) = answer.header("location") {
            ask(&server, "DELETE", session, &publish, &[], "");
        }
        answer
    });
    let _ = ask(
        &server,
        "DELETE",
        second.header("location").unwrap(),
        &publish,
        &[],
        "",
    );
    let mut slowed = slowed.skip_while(|answer| answer.status == 201);
    assert_refused(
        &slowed.next().expect("forty sessions at once"),
        429,
        "too_many_requests",
    );
    server.assert_no_panic();
}

/// GStreamer publishes `what`, and these engines play it; what they saw. The first one restarts ICE in the middle.
fn published_and_played(what: &str, engines: &[&str]) -> Value {
    let server = Server::start_with(&[]);
    let publish = ticket(&server, "studija", "publish", &["--name", "Salė"]);
    let publisher = Publisher::start(&format!("{}/whip/studija", server.url), &publish, what);
    let posted = publisher.wait_for("posted", |_| true);
    assert_eq!(posted["status"], 201, "{posted}");
    publisher.wait_for("connection", |said| said["state"] == "connected");
    assert_eq!(publisher.wait_for("trickled", |_| true)["status"], 204);
    let args = json!({
        "endpoint": format!("{}/whep/studija", server.url),
        "ticket": ticket(&server, "studija", "subscribe", &[]),
        "engines": engines,
    });
    let mut players = Scenario::start("whep", &args, Duration::from_secs(900));
    players.wait_for("watching");
    players.go_on();
    let facts = players.wait_for("done");
    assert_eq!(publisher.end(), 200);
    for engine in engines {
        assert_eq!(
            facts[engine]["streams"], 1,
            "sound and picture are one stream: {facts}"
        );
    }
    assert_eq!(facts["restart"], json!({"status": 200, "changed": true}));
    assert!(
        facts["ended"]
            .as_array()
            .unwrap()
            .iter()
            .all(|status| *status == 200)
    );
    let given_up = || server.log().matches("seat given up").count();
    let everyone = until(Duration::from_secs(120), || {
        (given_up() == engines.len() + 1).then_some(())
    });
    assert!(everyone.is_some(), "{}", server.log());
    server.assert_no_panic();
    facts
}

#[test]
fn gstreamer_publishes_and_both_engines_play() {
    let facts = published_and_played("audio,vp8", &["chromium", "firefox"]);
    for engine in ["chromium", "firefox"] {
        assert!(
            facts[engine]["frames"].as_u64().unwrap_or(0) > 15,
            "{facts}"
        );
        assert!(facts[engine]["sounds"].as_u64().unwrap_or(0) > 0, "{facts}");
    }
    assert_eq!(facts["chromium"]["codec"], "video/VP8");
}

#[test]
fn gstreamer_publishes_h264_and_chromium_plays() {
    let facts = published_and_played("audio,h264", &["chromium"]);
    assert_eq!(facts["chromium"]["codec"], "video/H264");
    assert!(
        facts["after"]["frames"].as_u64().unwrap_or(0) > 45,
        "{facts}"
    );
}
