//! Signing in at a public terminal by one's phone, from outside: two browsers tell the story, and requests try what they may not.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::http::{get, request};
use crate::people::{Account, City};
use crate::server::Server;

#[test]
fn a_phone_signs_a_terminal_in_which_clears_itself() {
    let server = Server::start();
    let city = City::of(&server);
    let args = json!({ "url": server.url, "account": city.residents[0]["id"] });
    let facts = Scenario::run("phone", &args, Duration::from_secs(900));
    assert_eq!(facts["report"], json!([]));
    server.assert_no_panic();
}

#[test]
fn nothing_begins_or_is_decided_by_a_link_or_without_a_token() {
    let server = Server::start();
    let city = City::of(&server);
    let page = get(&server.url, "/prisijungti/telefonu");
    assert_eq!(page.status, 200);
    assert!(
        !page.body.contains("data-phone-code"),
        "a link begins nothing"
    );
    assert!(!page.head.contains("aikste_terminalas"));
    let state = get(&server.url, "/api/v1/phone-sign-in");
    assert_eq!(state.json(), json!({ "state": Value::Null }));
    let form = [("content-type", "application/x-www-form-urlencoded")];
    for path in [
        "/prisijungti/telefonu",
        "/prisijungti/telefonu/testi",
        "/t/BCDFGHJK",
    ] {
        let forged = request(
            &server.url,
            "POST",
            path,
            &form,
            "sprendimas=patvirtinti&skaicius=42",
        );
        assert_eq!(forged.status, 403, "{path}");
    }
    // Who is not signed in learns nothing of a code; a guess finds nothing and meets an end.
    let led = get(&server.url, "/t/BCDFGHJK");
    assert_eq!(
        led.header("location"),
        Some("/prisijungti?toliau=/t/BCDFGHJK")
    );
    let who = Account::sign_in(&server, city.residents[0]["id"].as_str().unwrap());
    let cookie = [("cookie", who.cookies.as_str())];
    let look = || request(&server.url, "GET", "/t/BCDFGHJK", &cookie, "").status;
    assert_eq!(look(), 404);
    let refused = (0..60).map(|_| look()).filter(|status| *status == 429);
    assert!(refused.count() > 0, "guessing has no end");
    let used = who.post(&server, "/api/v1/phone-sign-in/activity", "{}");
    assert_eq!(used.status, 404, "a phone's session is no terminal's");
    // A terminal whose session is over by now is cleared all the same.
    let ended = who.post(&server, "/atsijungti?terminalas=taip", "");
    assert_eq!(ended.header("location"), Some("/prisijungti?baigta=taip"));
    assert_eq!(ended.header("clear-site-data"), Some("\"storage\""));
    server.assert_no_panic();
}
