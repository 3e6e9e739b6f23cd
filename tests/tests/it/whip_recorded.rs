//! A camera that publishes by WHIP into a reception: people see it in their list, and it is recorded like everyone.

use std::time::Duration;

use serde_json::json;

use crate::bad_input::{Socket, block_on, join};
use crate::faults::{covered_s, finished, tracks};
use crate::http::get;
use crate::people::{Account, City};
use crate::publisher::Publisher;
use crate::server::Server;
use crate::wait::until;
use crate::whip::ticket;

/// Bytes that the recorder has written so far.
fn written(server: &Server) -> u64 {
    let folders = std::fs::read_dir(server.media())
        .into_iter()
        .flatten()
        .flatten();
    let files = folders
        .filter_map(|folder| std::fs::read_dir(folder.path()).ok())
        .flatten();
    let sizes = files.flatten().filter_map(|file| file.metadata().ok());
    sizes.map(|file| file.len()).sum()
}

#[test]
fn what_whip_publishes_into_a_reception_is_seen_in_the_list_and_recorded() {
    let server = Server::start();
    let city = City::of(&server);
    let host = Account::sign_in(&server, city.host["id"].as_str().unwrap());
    let conference = &city.announced_of_host;
    let opened = host.post(
        &server,
        &format!("/api/v1/conferences/{conference}/open"),
        "",
    );
    assert!(opened.status < 300, "{} {}", opened.status, opened.body);

    let room = format!("conference-{conference}");
    let hosts = ticket(
        &server,
        &room,
        "host,publish,subscribe",
        &["--name", "Vedėja"],
    );
    let camera = ticket(&server, &room, "publish", &["--name", "Salės kamera"]);
    let endpoint = format!("{}/whip/{room}", server.url);
    let before = written(&server);
    let publisher = block_on(async {
        let mut socket = Socket::open(&server).await;
        socket.say(join(&hosts)).await;
        socket.hear("welcome").await.expect("a seat");
        let publisher = Publisher::start(&endpoint, &camera, "audio,vp8");
        let joined = socket.hear("participant_joined").await.expect("the camera");
        let participant = &joined["participant"];
        assert_eq!(
            participant["label"],
            json!({ "kind": "named", "name": "Salės kamera" })
        );
        assert_eq!(
            (
                participant["publish"].as_bool(),
                participant["host"].as_bool()
            ),
            (Some(true), Some(false))
        );
        publisher.wait_for("connection", |said| said["state"] == "connected");
        socket
            .say(json!({ "type": "record", "on": true }).to_string())
            .await;
        while socket.hear("recording").await.expect("a state")["recording"]["status"] != "on" {}
        // Two hundred kilobytes are three seconds of the ball.
        let grown = until(Duration::from_secs(120), || {
            (written(&server) > before + 200_000).then_some(())
        });
        assert!(
            grown.is_some(),
            "the recorder wrote {} bytes",
            written(&server) - before
        );
        socket
            .say(json!({ "type": "record", "on": false }).to_string())
            .await;
        socket.hear("recording").await.expect("a state");
        publisher
    });
    assert_eq!(publisher.end(), 200);
    let manifest =
        until(Duration::from_secs(120), || finished(&server)).expect("a finished recording");
    for (source, codec) in [("microphone", "opus"), ("camera", "vp8")] {
        let track = tracks(&manifest, source)[0];
        assert_eq!(track["codec"], codec);
        assert!(covered_s(track).0 > 1.0, "{track}");
        let id = get(&server.url, "/api/v1/recordings").json()["recordings"][0]["id"].clone();
        let of = get(
            &server.url,
            &format!("/api/v1/recordings/{}", id.as_str().unwrap()),
        )
        .json();
        let label = &of["labels"][track["participant"].to_string()];
        assert_eq!(label["name"], "Salės kamera", "{of}");
    }
    server.assert_no_panic();
}
