//! A call that was recorded through the page, and its replay in a browser.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::fixtures::devices;
use crate::network::measures;
use crate::people::City;
use crate::server::Server;

/// What `recorded.mjs` is told.
pub fn recorded_call(server: &Server, strike: Option<&str>) -> Value {
    let city = City::of(server);
    json!({
        "url": server.url,
        "conference": city.announced_of_host,
        "host": city.host,
        "resident": city.residents[0],
        "devices": { "a": devices(0, 1000).json(), "b": devices(120, 440).json() },
        "strike": strike,
    })
}

/// Whether a tone was heard at a place of the replay.
fn heard(place: &Value, tone_hz: f64) -> bool {
    let tones = place["hz"].as_array().into_iter().flatten();
    tones
        .filter_map(Value::as_f64)
        .any(|hz| (hz - tone_hz).abs() < 12.0)
}

#[test]
fn a_recorded_call_is_replayed_seconds_after_its_end() {
    let server = Server::start();
    let mut scenario = Scenario::start(
        "recorded",
        &recorded_call(&server, None),
        Duration::from_secs(900),
    );
    let facts = scenario.wait_for("done");
    drop(scenario);
    let times = &facts["times"];
    let at = |name: &str| times[name].as_f64().unwrap_or(f64::NAN);
    // How soon is asked by `scripts/network.sh replay::`.
    let limit_s = if measures() { 10.0 } else { 120.0 };
    let ready_s = at("ready_after_s");
    assert!(ready_s <= limit_s, "the replay took {ready_s} s");
    assert_eq!(facts["complaints"], json!([]), "the pages complained");

    // Places well inside of what was, early in it, since a replay goes on while it is listened to: A alone; both; A muted; both.
    let places = [
        at("alone_s"),
        at("b_in_s") + 2.0,
        at("a_muted_s") + 2.0,
        at("a_unmuted_s") + 2.0,
    ];
    let args = json!({ "url": server.url, "recording": facts["recording"], "places_s": places });
    let replay = Scenario::run("replay", &args, Duration::from_secs(900));
    let duration_s = replay["duration_s"].as_f64().unwrap_or(0.0);
    // It began while "record" was pressed, and ended while "end" was; the page was told of both a moment later.
    let (shortest, longest) = (at("end_s"), at("left_s") + at("press_took_s"));
    assert!(
        duration_s >= shortest - 1.0 && duration_s <= longest + 1.0,
        "{duration_s} s instead of {shortest} s to {longest} s"
    );
    let expected = [(true, false), (true, true), (false, true), (true, true)];
    for (place, (a, b)) in expected.iter().enumerate() {
        let found = &replay["places"][place];
        assert_eq!(
            (heard(found, 1000.0), heard(found, 440.0)),
            (*a, *b),
            "at {} s: {found}",
            places[place]
        );
    }
    let fps = replay["middle_fps"].as_f64().unwrap_or(0.0);
    assert!(fps >= 10.0, "in the middle {fps} pictures a second");
    let at_s = replay["places"][1]["at_s"].as_f64().unwrap_or(f64::NAN);
    assert!(
        (at_s - places[1]).abs() < 4.0,
        "seeking to {} s came to {at_s} s",
        places[1]
    );
    assert_eq!(replay["faults"], json!([]), "axe or the eye finds faults");
    assert_eq!(replay["complaints"], json!([]), "the replay complained");
    server.assert_no_panic();
}
