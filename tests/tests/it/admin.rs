//! The administrators' area: how a city gets its first administrator, what they do there in a browser, who else sees it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::http::request;
use crate::people::{Account, City};
use crate::providers::Identified;
use crate::server::{Server, run};

const PAGES: [&str; 5] = [
    "/valdymas",
    "/valdymas/zmones",
    "/valdymas/auditas",
    "/valdymas/auditas.csv",
    "/valdymas/nustatymai",
];

#[test]
fn an_administrator_gives_a_role_takes_it_and_reads_what_was_refused() {
    let city = Identified::start_named("oidc-hostile");
    // Rūta signs in through the state gateway, and the operator makes her the first administrator.
    let mut ruta = city.visitor();
    let back = ruta.through_viisp("0");
    ruta.back(&back);
    let account = ruta.account();
    let id = account["id"].as_str().unwrap();
    let data = city.server.data();
    assert!(run(data, &["demo", "fill"]).status.success());
    let grant = [
        "admin",
        "grant",
        "--account",
        id,
        "--role",
        "administrator",
        "--reason",
        "Direktoriaus įsakymas",
    ];
    let made = run(data, &grant);
    assert!(made.status.success(), "{made:?}");

    let conference = City::of(&city.server).announced_of_host;
    let args = json!({ "url": city.name(), "name": account["name"], "conference": conference });
    let facts = Scenario::run("admin", &args, Duration::from_secs(900));
    assert_eq!(
        facts["report"],
        json!([]),
        "what axe found, and what the pages complained of"
    );
    let seen = facts["seen"].as_str().unwrap_or_default();
    assert!(seen.contains("Tarybos narys (-ė)"), "{seen}");
    assert!(seen.contains("Rinkimų komisijos sprendimas"), "{seen}");
    let audit = facts["audit"].as_str().unwrap_or_default();
    for line in [
        "Suteiktas vaidmuo",
        "Atimtas vaidmuo",
        "Neleista",
        "/valdymas/zmones",
    ] {
        assert!(audit.contains(line), "{line}: {audit}");
    }
    let csv = facts["csv"].as_str().unwrap_or_default();
    assert!(csv.starts_with("at,kind,actor,subject"), "{csv}");
    assert!(
        !csv.contains("Ona") && !csv.contains("Rūta"),
        "no names leave"
    );
    city.server.assert_no_panic();
}

#[test]
fn whoever_has_no_role_sees_nothing_of_the_area() {
    let server = Server::start();
    let city = City::of(&server);
    let id = |account: &Value| account["id"].as_str().unwrap_or_default().to_owned();
    let mut viewers = vec![(String::new(), 401, "Prisijungti")];
    for account in [&city.residents[0], &city.host] {
        let name = account["name"].as_str().unwrap_or_default();
        viewers.push((Account::sign_in(&server, &id(account)).cookies, 403, name));
    }
    let person = format!("/valdymas/zmones/{}", id(&city.residents[0]));
    for (cookie, status, words) in viewers {
        for page in PAGES.iter().copied().chain([person.as_str()]) {
            let answer = request(&server.url, "GET", page, &[("cookie", &cookie)], "");
            assert_eq!(answer.status, status, "{page}");
            assert!(answer.body.contains(words), "{page} knows who looks");
        }
    }
    // With an administrator's cookie, but from another page: no token.
    let accounts = crate::http::get(&server.url, "/api/v1/demonstration/accounts").json();
    let mut accounts = accounts["accounts"]
        .as_array()
        .cloned()
        .unwrap()
        .into_iter();
    let admin = accounts.find(|a| a["role"] == "administrator").unwrap();
    let admin = Account::sign_in(&server, &id(&admin));
    let path = format!("/api/v1/admin/people/{}/roles", id(&city.residents[0]));
    let body = json!({ "role": "clerk", "scope": "city", "reason": "Priimta" }).to_string();
    let forged = [
        ("cookie", admin.cookies.as_str()),
        ("content-type", "application/json"),
    ];
    let answer = request(&server.url, "POST", &path, &forged, &body);
    assert_eq!(answer.status, 403, "{}", answer.body);
    assert_eq!(admin.post(&server, &path, &body).status, 201);
    server.assert_no_panic();
}

#[test]
fn the_operator_lists_and_takes_roles_and_cannot_take_the_last_administrator() {
    let server = Server::start();
    let data = server.data();
    let listed = String::from_utf8(run(data, &["admin", "list"]).stdout).unwrap();
    assert!(
        listed.contains("administrator\tcity\tDarius Grinius"),
        "{listed}"
    );
    let resident = crate::people::City::of(&server).residents[0]["id"].clone();
    let resident = resident.as_str().unwrap();
    let grant = |role: &str| {
        let args = [
            "admin",
            "grant",
            "--account",
            resident,
            "--role",
            role,
            "--reason",
            "Priimta",
        ];
        run(data, &args)
    };
    assert_eq!(grant("mayor").status.code(), Some(2));
    let given = grant("clerk");
    assert!(given.status.success(), "{given:?}");
    let again = grant("clerk");
    assert_eq!(again.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&again.stderr).contains("already"));
    let id = String::from_utf8(given.stdout).unwrap();
    let id = id.trim().strip_prefix("Given: ").unwrap();
    let take = ["admin", "take", "--grant", id, "--reason", "Išėjo"];
    assert!(run(data, &take).status.success());
    let table = String::from_utf8(run(data, &["admin", "table"]).stdout).unwrap();
    assert!(crate::source::text("docs/SECURITY.md").contains(&table));
}
