//! The civic log and unlinkable rights, in a browser.

use std::time::Duration;

use serde_json::json;

use crate::browser::Scenario;
use crate::people::City;
use crate::providers::Identified;
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
        names.contains("Balsas 1 Tapatybė: Patvirtintas gyventojas")
            && names.contains("Balsas 2\""),
        "{names}"
    );
    server.assert_no_panic();
}

#[test]
fn each_in_a_call_sees_how_the_others_were_identified_and_nothing_more() {
    let all = Identified::start_filled("oidc-hostile");
    let server = &all.server;
    let city = City::of(server);
    let args =
        json!({ "url": server.url, "conference": city.announced_of_host, "host": city.host });
    let facts = Scenario::run("marks", &args, Duration::from_secs(300));
    let seen = |own: usize| {
        let people = [
            format!("{} išgalvotas žmogus", city.host["name"].as_str().unwrap()),
            "Rūta Kazlauskaitė VIISP, pakankamas lygis".to_owned(),
            "Balsas 1 Patvirtintas gyventojas".to_owned(),
            "Balsas 2".to_owned(),
        ];
        let own = |(at, one): (usize, String)| match at == own {
            true => format!("own: {one}"),
            false => one,
        };
        people.into_iter().enumerate().map(own).collect::<Vec<_>>()
    };
    for at in 0..4 {
        assert_eq!(facts["people"][at], json!(seen(at)), "in the list of {at}");
        assert_eq!(facts["tiles"][at], json!(seen(at)), "on the tiles of {at}");
    }
    // What the call told each of them of the others: these fields, these values.
    let fields = [
        "camera_muted",
        "connected",
        "host",
        "identified",
        "label",
        "microphone_muted",
        "publish",
        "seat",
        "verified",
    ];
    assert_eq!(facts["fields"], json!(fields));
    let demo = json!({ "way": "demonstration", "level": null });
    let gateway = json!({ "way": "viisp", "level": "substantial" });
    let marks = json!([[demo, false], [gateway, false], [null, true], [null, false]]);
    for at in 0..4 {
        assert_eq!(facts["marks"][at], marks, "what {at} was told");
    }
    assert_eq!(facts["more"], json!([]), "a message that says more");
    // The replay says what the call said.
    let by = |way| json!({ "identified": way, "verified": false });
    let host = json!([{ "name": city.host["name"] }, by(&demo)]);
    let named = json!([{ "name": "Rūta Kazlauskaitė" }, by(&gateway)]);
    let verified = json!([{ "anonymous": 1 }, { "identified": null, "verified": true }]);
    let anonymous = json!([{ "anonymous": 2 }, null]);
    let before = json!([host, named, verified, anonymous]);
    let after = json!([host, verified, anonymous]);
    assert_eq!(facts["replayed"], json!([before, after]));
    assert_eq!(facts["faces"][0], "Tapatybė: išgalvotas žmogus");
    // Erased, the name is gone from the recording of the call.
    assert_eq!(facts["before"], json!(["Rūta Kazlauskaitė"]));
    assert_eq!(facts["after"], json!(["Vardas pašalintas"]));
    let log = server.log();
    assert!(!log.contains("Kazlauskait") && !log.contains("47604084093"));
    server.assert_no_panic();
}
