//! Processes are killed in the middle of a recorded call.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::browser::Scenario;
use crate::http::get;
use crate::replay::recorded_call;
use crate::server::{Server, kill};
use crate::wait::until;

/// A recording's manifest, when it is finished.
pub fn finished(server: &Server) -> Option<Value> {
    let recordings = get(&server.url, "/api/v1/recordings").json();
    let list = recordings["recordings"]
        .as_array()
        .or(recordings.as_array())?;
    let ours = list
        .iter()
        .find(|one| one["duration_ms"].as_i64().unwrap_or(0) > 0 && one["demo"] != Value::Null)?;
    let id = ours["id"].as_str()?;
    let manifest = get(&server.url, &format!("/media/{id}/manifest.json")).json();
    (manifest["state"] == "finished").then_some(manifest)
}

/// Seconds of a track that lie in pieces, and the longest gap between two of them.
pub fn covered_s(track: &Value) -> (f64, f64) {
    let pieces = track["pieces"].as_array().cloned().unwrap_or_default();
    let us = |piece: &Value, key: &str| piece[key].as_f64().unwrap_or(0.0);
    let covered: f64 = pieces.iter().map(|piece| us(piece, "duration_us")).sum();
    let end = |piece: &Value| us(piece, "start_us") + us(piece, "duration_us");
    let gap = pieces
        .windows(2)
        .map(|two| us(&two[1], "start_us") - end(&two[0]))
        .fold(0.0, f64::max);
    (covered / 1e6, gap / 1e6)
}

/// The tracks of a source; there are some.
#[track_caller]
pub fn tracks<'a>(manifest: &'a Value, source: &str) -> Vec<&'a Value> {
    let tracks = manifest["tracks"]
        .as_array()
        .expect("a manifest has tracks")
        .iter();
    let found: Vec<_> = tracks.filter(|track| track["source"] == source).collect();
    assert!(!found.is_empty(), "no {source} in {manifest}");
    found
}

#[test]
fn a_call_goes_on_when_the_recorder_is_killed_and_loses_a_second_at_most() {
    let server = Server::start();
    let args = recorded_call(&server, Some("recorder"));
    let mut scenario = Scenario::start("recorded", &args, Duration::from_secs(900));
    scenario.wait_for("strike");
    let recorder = server.recorder_pid().expect("a recorder process runs");
    kill(Signal::KILL, recorder);
    scenario.go_on();
    let facts = scenario.wait_for("done");
    let fps = facts["times"]["fps_after"].as_f64().unwrap_or(0.0);
    assert!(
        fps >= 15.0,
        "after the recorder's death B saw {fps:.1} pictures a second"
    );
    let manifest =
        until(Duration::from_secs(120), || finished(&server)).expect("a finished recording");
    for source in ["microphone", "camera"] {
        for track in tracks(&manifest, source) {
            let (_, gap_s) = covered_s(track);
            assert!(gap_s <= 1.0, "{gap_s:.2} s of a {source} are lost: {track}");
        }
    }
    server.assert_no_panic();
}

#[test]
fn a_replay_is_whole_up_to_the_moment_in_which_everything_was_killed() {
    let mut server = Server::start();
    let args = recorded_call(&server, Some("everything"));
    let mut scenario = Scenario::start("recorded", &args, Duration::from_secs(900));
    let facts = scenario.wait_for("strike");
    server.kill_everything();
    scenario.go_on();
    scenario.wait_for("done");
    drop(scenario);
    let struck_s = facts["strike_s"].as_f64().expect("when");

    let server = server.start_again();
    let manifest = until(Duration::from_secs(120), || finished(&server)).unwrap_or_else(|| {
        panic!(
            "no finished recording after the restart: {}",
            get(&server.url, "/api/v1/recordings").body
        )
    });
    let length_s = manifest["duration_us"].as_f64().unwrap_or(0.0) / 1e6;
    assert!(
        length_s >= struck_s - 1.0,
        "{length_s:.2} s are left of {struck_s:.2} s: {manifest}"
    );
    let longest = tracks(&manifest, "microphone")
        .into_iter()
        .map(|t| covered_s(t).0)
        .fold(0.0, f64::max);
    assert!(
        longest >= struck_s - 1.5,
        "{longest:.2} s of sound are left of {struck_s:.2} s: {manifest}"
    );
    let verified = crate::server::run(server.data(), &["media", "verify"]);
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
    server.assert_no_panic();
}
