//! Passkeys as staff use them, in a browser with an authenticator: an office counts once one was shown.

use std::time::Duration;

use serde_json::json;

use crate::browser::Scenario;
use crate::providers::Identified;
use crate::server::run;

#[test]
fn an_office_counts_once_a_passkey_was_shown_and_a_code_replaces_it_once() {
    let city = Identified::start_named("oidc-hostile");
    let args = json!({ "url": city.name() });
    let mut staff = Scenario::start("passkeys", &args, Duration::from_secs(900));
    let resident = staff.wait_for("resident");
    let grant = [
        "admin",
        "grant",
        "--account",
        resident["account"].as_str().unwrap(),
        "--role",
        "administrator",
        "--reason",
        "Direktoriaus įsakymas",
    ];
    let made = run(city.server.data(), &grant);
    assert!(made.status.success(), "{made:?}");
    staff.go_on();
    let facts = staff.wait_for("done");
    assert_eq!(
        facts["report"],
        json!([]),
        "what axe found, and what the pages complained of"
    );
    assert_eq!(facts["codes"], 10);
    assert_eq!(facts["doors"], json!([403, 200]));
    let a = "administrator";
    assert_eq!(
        facts["roles"],
        json!([a, "resident", a, a, "resident"]),
        "first key, a user not verified, a key shown, a code, the same code again"
    );
    city.server.assert_no_panic();
}
