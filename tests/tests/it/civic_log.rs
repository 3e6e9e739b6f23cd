//! The civic log and unlinkable rights, in a browser.

use std::time::Duration;

use serde_json::json;

use crate::browser::Scenario;
use crate::people::City;
use crate::server::Server;

#[test]
fn a_record_is_checked_in_the_browser_and_a_lying_server_is_found_out() {
    let server = Server::start();
    City::of(&server);
    let facts = Scenario::run(
        "log",
        &json!({ "url": server.url }),
        Duration::from_secs(900),
    );
    assert_eq!(facts["filtered"], 1);
    assert_eq!((&facts["steps"], &facts["right"]), (&json!(5), &json!(5)));
    server.assert_no_panic();
}

#[test]
fn a_verified_anonymous_resident_takes_a_seat_by_token() {
    let server = Server::start();
    let city = City::of(&server);
    let args = json!({
        "url": server.url, "conference": city.announced_of_host, "host": city.host, "resident": city.residents[0],
    });
    let facts = Scenario::run("rights", &args, Duration::from_secs(900));
    assert!(
        facts["rights"].as_u64().is_some_and(|n| n >= 1),
        "{facts:?}"
    );
    assert_eq!((&facts["asked"], &facts["cookies"]), (&json!(1), &json!(0)));
    let names = facts["names"].to_string();
    assert!(
        names.contains("Balsas 1, Patvirtintas gyventojas") && names.contains("Balsas 2\""),
        "{names}"
    );
    server.assert_no_panic();
}
