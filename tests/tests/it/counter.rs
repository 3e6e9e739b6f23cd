//! An eldership's counter in a browser: a worker acts with a resident who is present, who sees it; and what asks an administrator
//! for a passkey once more.

use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::http::request;
use crate::people::{Account, City};
use crate::providers::Identified;
use crate::server::{Server, run};

/// Of the third person of the state gateway's simulator.
const CODE: &str = "49007043970";

fn text<'a>(facts: &'a Value, field: &str) -> &'a str {
    facts[field].as_str().unwrap_or_default()
}

fn grant(data: &std::path::Path, account: &Value, role: &str, scope: &str) {
    let account = account.as_str().unwrap();
    let args = [
        "admin",
        "grant",
        "--account",
        account,
        "--role",
        role,
        "--scope",
        scope,
        "--reason",
        "Direktoriaus įsakymas",
    ];
    let made = run(data, &args);
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn a_worker_acts_with_a_resident_who_sees_it_and_dangerous_acts_ask_for_a_key_again() {
    let city = Identified::start_named("oidc-hostile");
    let args = json!({ "url": city.name(), "code": CODE, "given": "Ona", "family": "Žukauskienė" });
    let mut story = Scenario::start("counter", &args, Duration::from_secs(900));
    let residents = story.wait_for("residents");
    grant(city.server.data(), &residents["worker"], "clerk", "counter");
    grant(
        city.server.data(),
        &residents["admin"],
        "administrator",
        "city",
    );
    story.go_on();
    let facts = story.wait_for("done");
    assert_eq!(
        facts["report"],
        json!([]),
        "what axe found, and what the pages complained of"
    );
    // Everything was missing, and each is said beside its field.
    assert_eq!(facts["missing"], 7);
    assert!(text(&facts, "other").contains("nesutampa"), "{facts}");
    let bar = text(&facts, "bar");
    assert!(
        bar.contains("Veikiate su: O. Ž.") && !bar.contains("Ona"),
        "{bar}"
    );
    let shown = text(&facts, "shown");
    assert!(shown.contains("Ona Žukauskienė") && shown.contains("Centro seniūnija"));
    assert!(!shown.contains(CODE), "the code is shown nowhere");
    let seen = text(&facts, "seen");
    for words in [
        "Su jumis veikė Rūta Kazlauskaitė, Šilainių seniūnija",
        "įrašyta gyvenamoji seniūnija",
        "parodyti duomenys",
        "paskyra atjungta visuose įrenginiuose",
        "darbuotojas atsijungė",
    ] {
        assert!(seen.contains(words), "{words}: {seen}");
    }
    assert_eq!(facts["data"].as_array().map(Vec::len), Some(3));
    assert_eq!(facts["provider"], "viisp", "a way of her own by now");
    assert!(text(&facts, "given").contains("Naujienų „Santaka“ redagavimas"));
    assert!(text(&facts, "gone").contains("prieigos raktai panaikinti"));
    let audit = text(&facts, "audit");
    for line in [
        "Prie langelio pradėta",
        "Prie langelio padaryta",
        "Prie langelio baigta",
        "Panaikinti prieigos raktai",
        "Juos gali turėti kitas žmogus",
    ] {
        assert!(audit.contains(line), "{line}: {audit}");
    }
    city.server.assert_no_panic();
}

#[test]
fn whoever_is_no_worker_has_no_counter_and_a_fictional_one_meets_nobody() {
    let server = Server::start();
    let city = City::of(&server);
    let id = |account: &Value| account["id"].as_str().unwrap_or_default().to_owned();
    let answer = request(&server.url, "GET", "/langelis", &[], "");
    assert_eq!(answer.status, 401);
    let back = "href=\"/prisijungti?toliau=%2Flangelis\"";
    assert!(answer.body.contains(back), "{}", answer.body);
    let clerk = Account::sign_in(&server, &id(&city.residents[0]));
    let look = || {
        let cookie = [("cookie", clerk.cookies.as_str())];
        request(&server.url, "GET", "/langelis", &cookie, "")
    };
    assert_eq!(look().status, 403);
    grant(server.data(), &city.residents[0]["id"], "clerk", "counter");
    let page = look();
    assert_eq!(page.status, 200);
    assert!(page.body.contains("Išgalvotas darbuotojas") && !page.body.contains("name=\"kodas\""));
    let body = json!({
        "purpose": "facts", "document": "passport", "eldership": "centras",
        "given_name": "Ona", "family_name": "Žukauskienė", "personal_code": CODE,
    });
    let begun = clerk.post(&server, "/api/v1/assistance", &body.to_string());
    assert_eq!(begun.status, 403, "{}", begun.body);
    assert!(begun.body.contains("assistance_made_up"), "{}", begun.body);
    // From another page, without the token against forgery.
    let forged = [
        ("cookie", clerk.cookies.as_str()),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = request(&server.url, "POST", "/langelis", &forged, "tikslas=facts");
    assert_eq!(answer.status, 403);
    server.assert_no_panic();
}
