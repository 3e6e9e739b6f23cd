//! The live rooms: who may look, and what they see of a real call.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::http::{get, request};
use crate::people::{Account, City};
use crate::server::Server;

const PAGES: [&str; 4] = [
    "/valdymas/kambariai",
    "/valdymas/kambariai/conference-1",
    "/valdymas/duomenys",
    "/valdymas/duomenys/conference-1",
];

fn administrator(server: &Server) -> Value {
    let accounts = get(&server.url, "/api/v1/demonstration/accounts").json();
    let accounts = accounts["accounts"].as_array().cloned().unwrap_or_default();
    let mut accounts = accounts.into_iter();
    accounts
        .find(|account| account["role"] == "administrator")
        .expect("the demonstration city has an administrator")
}

#[test]
fn an_administrator_watches_a_call_and_learns_no_name() {
    let server = Server::start();
    let city = City::of(&server);
    let args = json!({
        "url": server.url,
        "conference": city.announced_of_host,
        "administrator": administrator(&server),
        "host": city.host,
    });
    let facts = Scenario::run("operators", &args, Duration::from_secs(900));
    assert_eq!(facts["report"], json!([]), "what axe found");
    assert_eq!(facts["complaints"], json!([]), "the pages complained");
    // Numbers and their nouns are kept on one line.
    let list = facts["list"].as_str().unwrap_or_default();
    let list = list.replace('\u{a0}', " ");
    assert!(list.contains("2 dalyviai"), "{list}");
    assert!(list.contains("Neįrašoma"), "{list}");
    let mut roles = vec![facts["roles"][0].as_str(), facts["roles"][1].as_str()];
    roles.sort_unstable();
    assert_eq!(roles, [Some("host"), Some("participant")]);
    let lost = facts["lost"].as_str().unwrap_or_default();
    assert!(lost.contains("Skaičių nebegaunama"), "{lost}");

    let numbers = &facts["numbers"];
    assert_eq!(numbers["room"]["connected"], 2, "{numbers}");
    let seats = numbers["seats"].as_array().cloned().unwrap_or_default();
    let host = seats.iter().find(|seat| seat["role"] == "host").unwrap();
    let sources = host["media"]["tracks"].as_array().cloned();
    let sources = sources.unwrap_or_default();
    let camera = sources.iter().find(|track| track["source"] == "camera");
    let layers = camera.unwrap()["layers"].as_array().cloned().unwrap();
    assert_eq!(layers.len(), 3, "{host}");
    assert!(layers.iter().any(|layer| layer["sent"] == true), "{host}");
    for seat in &seats {
        let media = &seat["media"];
        assert!(media["sent"]["bits"].as_u64() > Some(1_000), "{seat}");
        assert!(media["rtt_ms"].is_u64(), "{seat}");
        assert!(media["estimate_bps"].is_u64(), "{seat}");
        assert_eq!(
            seat.as_object().unwrap().len(),
            4,
            "no more of a seat: {seat}"
        );
    }
    server.assert_no_panic();
}

#[test]
fn whoever_does_not_look_after_the_system_sees_nothing_of_it() {
    let server = Server::start();
    for page in PAGES {
        let answer = get(&server.url, page);
        assert_eq!(answer.status, 401, "{page}: {}", answer.body);
    }
    let city = City::of(&server);
    for (account, status) in [
        (&city.residents[0], 403),
        (&city.host, 403),
        (&administrator(&server), 200),
    ] {
        let id = account["id"].as_str().unwrap_or_default();
        let cookie = Account::sign_in(&server, id).cookies;
        for page in &PAGES[..3] {
            let answer = request(&server.url, "GET", page, &[("cookie", &cookie)], "");
            assert_eq!(answer.status, status, "{page}: {account}");
        }
        let cookie = [("cookie", cookie.as_str())];
        let answer = request(&server.url, "GET", PAGES[3], &cookie, "");
        let nothing = if status == 200 { 404 } else { status };
        assert_eq!(answer.status, nothing, "{account}");
    }
    server.assert_no_panic();
}
