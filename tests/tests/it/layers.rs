//! Simulcast, with real browsers: each tile gets the layer it needs, nothing freezes, and nothing is sent for nobody.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::fixtures::{devices, devices_at, devices_of};
use crate::people::City;
use crate::server::Server;
use crate::whip::ticket;

fn number(facts: &Value, path: &str) -> f64 {
    facts.pointer(path).and_then(Value::as_f64).unwrap_or(0.0)
}

/// A picture that stands longer was not handed over at all; how long it really stands is measured by `scripts/bench.sh layers`.
const STANDS_STILL_MS: f64 = 15_000.0;

#[track_caller]
fn assert_followed(facts: &Value, who: &str) {
    let seen = &facts[who];
    let (first, shrunk, grown) = (
        number(seen, "/first/width"),
        number(seen, "/shrunk/width"),
        number(seen, "/grown/width"),
    );
    assert!(
        shrunk * 2.0 <= first && shrunk * 2.0 <= grown,
        "{who}: {first}, then {shrunk}, then {grown} wide"
    );
    let longest = number(seen, "/longest_ms");
    assert!(
        number(seen, "/pictures") > 0.0 && longest > 0.0 && longest < STANDS_STILL_MS,
        "{who}: a picture stood for {longest} ms"
    );
}

#[test]
fn each_tile_gets_the_layer_it_needs_without_a_frozen_picture() {
    let server = Server::start();
    let city = City::of(&server);
    let args = json!({
        "url": server.url,
        "conference": city.announced_of_host,
        "host": city.host,
        "residents": city.residents,
        "devices": { "a": devices_of("1280x720", 0, 1000).json(), "b": devices(120, 440).json() },
    });
    let facts = Scenario::run("layers", &args, Duration::from_secs(900));
    for rid in ["q", "h", "f"] {
        assert!(number(&facts["layers"], &format!("/{rid}")) > 0.0, "{rid}");
    }
    assert_followed(&facts, "b_of_a");
    assert_followed(&facts, "c_of_a");
    assert!(
        number(&facts, "/pinned/width") > 640.0,
        "the best of three layers"
    );
    assert_eq!(facts["small_sends"], "q", "what one small tile needs");
    // What nobody looked at was let go, and came back; how soon is measured by `scripts/bench.sh layers`.
    assert!(number(&facts, "/off_ms") > 0.0 && number(&facts, "/on_ms") > 0.0);
    assert_eq!(facts["complaints"], json!([]), "the pages complained");
    server.assert_no_panic();
}

/// A codec published in three sizes, and watched large, small and large again. `mode`: over WHIP, with all sizes in one
/// stream; else by the call's page, each size a stream of its own.
#[track_caller]
fn three_sizes(codec: &str, mode: Option<&str>) -> Value {
    let order = format!("[\"{codec}\"]");
    let server = Server::start_filled_with(&[("AIKSTE_MEDIA_CODECS", &order)]);
    let city = City::of(&server);
    let room = format!("conference-{}", city.announced_of_host);
    let whip = mode.map(|mode| {
        json!({
            "endpoint": format!("{}/whip/{room}", server.url),
            "ticket": ticket(&server, &room, "publish", &["--name", "Kamera"]),
            "name": "Kamera",
            "codec": format!("video/{codec}"),
            "mode": mode,
        })
    });
    // Ten pictures a second: two processors make three sizes of VP9 and of AV1 of no more.
    let args = json!({
        "url": server.url,
        "conference": city.announced_of_host,
        "host": city.host,
        "residents": city.residents,
        "devices": devices_at(10, "960x540", 0, 1000).json(),
        "whip": whip,
    });
    let facts = Scenario::run("codec", &args, Duration::from_secs(900));
    let wanted = format!("video/{codec}");
    assert_eq!(facts["publisher"]["sent"], json!(wanted));
    let seen = facts["viewer"]["seen"].as_array().expect("codecs");
    assert!(seen.contains(&json!(wanted)), "{facts}");
    assert_followed(&facts, "seen");
    assert_eq!(facts["complaints"], json!([]), "the pages complained");
    server.assert_no_panic();
    facts
}

#[track_caller]
fn assert_three_streams(codec: &str) {
    let facts = three_sizes(codec, None);
    for rid in ["q", "h", "f"] {
        assert!(number(&facts["layers"], &format!("/{rid}")) > 0.0, "{rid}");
    }
    // Opus makes 80 bytes of 20 ms at Chromium's 32 kbit/s; the 20 ms before them come once more (RED, RFC 2198).
    let bytes = number(&facts, "/viewer/soundBytes");
    assert!(bytes > 120.0, "sound comes once: {bytes} bytes a packet");
}

#[test]
fn h264_comes_in_three_sizes() {
    assert_three_streams("h264");
}

#[test]
fn vp9_comes_in_three_sizes() {
    assert_three_streams("vp9");
}

#[test]
fn av1_comes_in_three_sizes() {
    assert_three_streams("av1");
}

#[test]
fn vp9_comes_in_three_sizes_within_one_stream() {
    three_sizes("vp9", Some("L3T3_KEY"));
}

#[test]
fn av1_comes_in_three_sizes_within_one_stream() {
    three_sizes("av1", Some("L3T3"));
}
