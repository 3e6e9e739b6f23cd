//! Calls over networks that misbehave: each browser is in a network namespace of its own, behind a link that loses packets,
//! delays them, narrows, or changes its address. How good a call is there in figures is `scripts/network.sh`'s question; here
//! it must go on.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::fixtures::devices;
use crate::lab::{SERVER, inside};
use crate::people::City;
use crate::server::Server;

/// How long a voice may be away on any machine; on one with time to spare it is less than a second.
const SILENCE_MS: f64 = 5_000.0;

fn server() -> Server {
    Server::start_filled_with(&[("AIKSTE_MEDIA_ADDRESS", SERVER)])
}

fn people(server: &Server) -> Value {
    let city = City::of(server);
    json!({
        "url": server.url,
        "conference": city.announced_of_host,
        "host": city.host,
        "resident": city.residents[0],
        "devices": { "a": devices(0, 1000).json(), "b": devices(120, 440).json() },
    })
}

#[test]
fn a_client_whose_address_changes_goes_on_talking_in_its_seat() {
    inside(
        "network::a_client_whose_address_changes_goes_on_talking_in_its_seat",
        || {
            let server = server();
            let mut args = people(&server);
            args["how"] = json!([
                { "command": "nat b 77" },
                { "command": "move b 3" },
                { "first": "mobile b", "command": "leave b" },
            ]);
            let facts = Scenario::run("moved", &args, Duration::from_secs(180));
            for moved in facts["moves"].as_array().unwrap() {
                assert_eq!(moved["seats"], facts["before"], "another seat: {moved}");
                for who in ["a", "b"] {
                    let silence = moved[who]["sound"]["longest_ms"].as_f64();
                    assert!(silence.is_some_and(|ms| ms < SILENCE_MS), "{who}: {moved}");
                    assert_eq!(
                        moved[who]["sound"]["replaced"], false,
                        "{who}: another connection"
                    );
                }
            }
            server.assert_no_panic();
        },
    );
}
