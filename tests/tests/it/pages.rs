//! The pages, in three themes and two widths: for every eye, and by keyboard alone.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::http::get;
use crate::people::City;
use crate::server::Server;

#[test]
fn axe_finds_nothing_on_any_page_in_any_theme_and_in_either_language() {
    let server = Server::start();
    let city = City::of(&server);
    let mut pages = vec![
        json!({ "name": "front", "path": "/" }),
        json!({ "name": "receptions", "path": "/priemimai" }),
        json!({ "name": "reception", "path": format!("/priemimai/{}", city.announced_of_host) }),
        json!({ "name": "archive", "path": "/archyvas" }),
        json!({ "name": "log", "path": "/zurnalas" }),
        json!({ "name": "log-nothing", "path": "/zurnalas?nuo=2099-01-01" }),
        json!({ "name": "log-record", "path": "/zurnalas/1" }),
        json!({ "name": "rights", "path": "/mano-teises" }),
        json!({ "name": "sign-in", "path": "/prisijungti" }),
        json!({ "name": "phone-begin", "path": "/prisijungti/telefonu" }),
        json!({ "name": "phone-code", "path": "/telefonas" }),
        json!({ "name": "phone-code-wrong", "path": "/telefonas?kodas=AAAA" }),
        json!({ "name": "check", "path": "/patikra" }),
        json!({ "name": "design", "path": "/dizainas" }),
        json!({ "name": "privacy", "path": "/privatumas" }),
        json!({ "name": "not-found", "path": "/tokio-puslapio-nera" }),
    ];
    let recordings = get(&server.url, "/api/v1/recordings").json();
    let first = recordings["recordings"]
        .as_array()
        .or(recordings.as_array())
        .and_then(|list| list.first());
    if let Some(id) = first.and_then(|recording| recording["id"].as_str()) {
        pages.push(json!({ "name": "replay", "path": format!("/archyvas/{id}") }));
    }
    let args = json!({ "url": server.url, "pages": pages, "account": city.host, "conference": city.announced_of_host });
    let facts = Scenario::run("pages", &args, Duration::from_secs(900));
    let report = facts["report"].as_array().cloned().unwrap_or_default();
    let lines: Vec<_> = report.iter().filter_map(Value::as_str).collect();
    assert!(
        lines.is_empty(),
        "{} faults:\n  {}",
        lines.len(),
        lines.join("\n  ")
    );
    server.assert_no_panic();
}

#[test]
fn lobby_and_room_work_by_keyboard_alone() {
    let server = Server::start();
    let city = City::of(&server);
    let args =
        json!({ "url": server.url, "conference": city.announced_of_host, "host": city.host });
    let facts = Scenario::run("keyboard", &args, Duration::from_secs(900));
    assert_eq!(facts["complaints"], json!([]), "the page complained");
    server.assert_no_panic();
}
