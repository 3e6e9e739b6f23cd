//! Simulcast, with real browsers: each tile gets the layer it needs, nothing freezes, and nothing is sent for nobody.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::fixtures::{devices, devices_of};
use crate::people::City;
use crate::server::Server;

/// Longest time between two pictures while layers are switched.
const FREEZE_MS: f64 = 1000.0;
/// Within this a layer nobody looks at is not asked for any more.
const OFF_MS: f64 = 2000.0;
/// Within this a layer that somebody looks at again is sent again.
const ON_MS: f64 = 1000.0;

fn number(facts: &Value, path: &str) -> f64 {
    facts.pointer(path).and_then(Value::as_f64).unwrap_or(0.0)
}

#[track_caller]
fn assert_followed(facts: &Value, who: &str) {
    let seen = &facts[who];
    let (first, shrunk, grown) = (
        number(seen, "/first/width"),
        number(seen, "/shrunk/width"),
        number(seen, "/grown/width"),
    );
    assert!(
        shrunk * 2.0 <= first && grown >= first,
        "{who}: {first}, then {shrunk}, then {grown} wide"
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
    let facts = Scenario::run("layers", &args, Duration::from_secs(240));
    for rid in ["q", "h", "f"] {
        assert!(number(&facts["layers"], &format!("/{rid}")) > 0.0, "{rid}");
    }
    assert_followed(&facts, "b_of_a");
    // Three browsers that encode are more than two processors do: how long a picture may stand is asked of two.
    let longest = number(&facts, "/b_of_a/longest_ms");
    assert!(
        longest > 0.0 && longest < FREEZE_MS,
        "a picture stood for {longest} ms"
    );
    assert_followed(&facts, "c_of_a");
    assert_eq!(number(&facts, "/pinned/width"), 1280.0);
    assert_eq!(facts["small_sends"], "q", "what one small tile needs");
    let (off_ms, on_ms) = (number(&facts, "/off_ms"), number(&facts, "/on_ms"));
    assert!(
        off_ms <= OFF_MS,
        "asked for {off_ms} ms after it was needed"
    );
    assert!(on_ms <= ON_MS, "came back {on_ms} ms after it was needed");
    assert_eq!(facts["complaints"], json!([]), "the pages complained");
    server.assert_no_panic();
}
