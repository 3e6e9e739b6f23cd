//! The check before joining, in a real browser and at its door.

use std::time::Duration;

use serde_json::json;

use crate::browser::Scenario;
use crate::http::{get, request};
use crate::reach::{Coturn, SECRET};
use crate::server::Server;

#[test]
fn the_check_tells_a_visitor_what_will_work() {
    let server = Server::start();
    let facts = Scenario::run(
        "check",
        &json!({ "url": server.url }),
        Duration::from_secs(900),
    );
    let rows = &facts["rows"];
    for name in ["secure", "camera", "microphone", "socket", "udp"] {
        assert_eq!(rows[name], "ok", "{rows}");
    }
    for name in ["roundtrip", "down", "up"] {
        let measured = ["ok", "fair", "bad"].iter().any(|word| rows[name] == *word);
        assert!(measured, "{name} was not measured: {rows}");
    }
    let will = facts["will"].as_array().cloned().unwrap_or_default();
    assert_eq!(will.len(), 3, "{facts}");
    assert_eq!(will[0], "Garsas ir vaizdas eis tiesiausiu keliu (UDP).");
    assert_eq!(facts["report"], json!([]));
    assert_eq!(facts["complaints"], json!([]), "the page complained");
    server.assert_no_panic();
}

#[test]
fn the_check_tries_the_relay_as_a_call_would() {
    let coturn = Coturn::start();
    let environment = coturn.environment();
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let server = Server::start_filled_with(&environment);
    let facts = Scenario::run(
        "check",
        &json!({ "url": server.url, "briefly": true }),
        Duration::from_secs(900),
    );
    for way in ["udp", "relay"] {
        assert_eq!(facts["rows"][way], "ok", "{facts}");
    }
    assert_eq!(facts["complaints"], json!([]), "the page complained");
    assert!(!server.log().contains(SECRET));
    server.assert_no_panic();
}

#[test]
fn the_check_gives_tickets_only_to_its_own_page() {
    let server = Server::start();
    let answer = request(&server.url, "POST", "/patikra/bilietas", &[], "");
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(get(&server.url, "/patikra/bilietas").status, 405);
}
