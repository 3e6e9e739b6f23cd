//! Signing in through the state gateway, an OpenID provider and the e-ticket, honestly and not; one account however one comes;
//! what the city knows, and its end.

use std::time::Duration;

use serde_json::Value;

use crate::browser::Scenario;
use crate::providers::Identified;
use crate::server::run;

#[test]
fn the_state_gateway_signs_in_and_every_wrong_answer_does_not() {
    let city = Identified::start("oidc-hostile");
    for mode in [
        "bilietas-kitu-raktu",
        "nepasirasytas",
        "kitu-raktu",
        "apvyniotas",
        "antrasteje",
        "tas-pats-id",
        "pakeistas",
        "kita-busena",
        "blogas-kodas",
        "bomba",
        "didelis",
    ] {
        city.viisp.mode(mode);
        let mut visitor = city.visitor();
        let back = visitor.through_viisp("0");
        let answer = visitor.back(&back);
        assert_eq!(visitor.account(), Value::Null, "{mode}");
        assert!(
            mode == "bilietas-kitu-raktu" || answer.status == 403,
            "{mode}: {}",
            answer.status
        );
    }
    for mode in ["tiesus", "sha256"] {
        city.viisp.mode(mode);
        let mut visitor = city.visitor();
        let back = visitor.through_viisp("0");
        assert_eq!(
            visitor.back(&back).header("location"),
            Some("/priemimai"),
            "{mode}"
        );
        assert_eq!(visitor.account()["name"], "Rūta Kazlauskaitė");
    }
    city.viisp.mode("sugedes");
    let away = city
        .visitor()
        .post("/prisijungti/viisp", "back=%2Farchyvas");
    assert_eq!(away.status, 503);
    assert!(away.body.contains("Ši paslauga dabar neatsako"));
    assert!(away.body.contains("value=\"/archyvas\""), "nothing is lost");
    city.server.assert_no_panic();
    let log = city.server.log();
    assert!(!log.contains("33309240064") && !log.contains("Kazlauskait"));
}

#[test]
fn a_replayed_ticket_and_a_gateway_that_never_answers_let_nobody_in() {
    let city = Identified::start("oidc-hostile");
    // The gateway answers for the ticket again and again; we ask for it once.
    city.viisp.mode("pakartotinis");
    let mut visitor = city.visitor();
    let back = visitor.through_viisp("0");
    let mut thief = visitor.clone();
    assert_eq!(visitor.back(&back).status, 303);
    assert_eq!(
        thief.back(&back).status,
        403,
        "with every cookie of the sign-in that is over"
    );
    assert_eq!(thief.account(), Value::Null);
    city.viisp.mode("letas");
    let asked = std::time::Instant::now();
    let away = city.visitor().post("/prisijungti/viisp", "back=%2F");
    assert_eq!(away.status, 503);
    assert!(away.body.contains("Ši paslauga dabar neatsako"));
    assert!(
        asked.elapsed() < Duration::from_secs(19),
        "it is not waited for long"
    );
    city.viisp.mode("tiesus");
    let mut visitor = city.visitor();
    let back = visitor.through_viisp("0");
    assert_eq!(visitor.back(&back).status, 303, "and then all is well");
}

#[test]
fn a_gateway_that_knows_only_sha1_is_asked_with_it_where_the_operator_says_so() {
    let city = Identified::start_set("oidc-hostile", &[("AIKSTE_VIISP_SIGN_SHA1", "true")]);
    let mut visitor = city.visitor();
    // Every way of the gateway is offered, so a sign-in may be worth less than the most: the page says both.
    let page = visitor.get("/prisijungti").body;
    assert!(page.contains("Patikimumas pakankamas arba aukštas"));
    let back = visitor.through_viisp("0");
    visitor.back(&back);
    assert_eq!(
        visitor.account()["name"],
        "Rūta Kazlauskaitė",
        "xmlsec1 has verified both questions"
    );
    assert_eq!(
        visitor.get("/paskyra/duomenys.json").json()["assurance"],
        "substantial",
        "by a bank"
    );
}

#[test]
fn a_posted_answer_helps_only_the_browser_that_began() {
    let city = Identified::start("oidc-hostile");
    let (mut victim, mut thief) = (city.visitor(), city.visitor());
    let back = victim.through_viisp("0");
    assert_eq!(
        thief.back(&back).status,
        403,
        "without the browser's secret"
    );
    thief.begin("viisp");
    assert_eq!(
        thief.back(&back).status,
        403,
        "with the secret of another sign-in"
    );
    assert_eq!(thief.account(), Value::Null);
    assert_eq!(victim.back(&back).status, 303, "and nobody has used it up");
    assert_eq!(victim.back(&back).status, 403, "once only");
    for strange in [
        "",
        "ticket=x",
        "ticket=x&customData=y",
        "customData=%0D%0Aset-cookie:a",
        "%ff=%00",
    ] {
        let answer = victim.posted(strange);
        assert_eq!(answer.status, 303, "{strange}");
        assert!(
            answer
                .header("location")
                .unwrap()
                .starts_with("/prisijungti")
        );
        assert_eq!(answer.header("set-cookie"), None);
    }
}

#[test]
fn an_openid_provider_signs_in_and_every_wrong_answer_does_not() {
    let city = Identified::start("oidc-hostile");
    for mode in [
        "kitas-nonce",
        "kitas-leidejas",
        "kitam",
        "alg-none",
        "hs256",
        "kitu-raktu",
        "senas",
        "kodas-pasenes",
        "supainiota",
        "blogas-kodas",
        "atsisakyta",
        "didelis",
    ] {
        city.oidc.mode(mode);
        let mut visitor = city.visitor();
        let back = visitor.through_oidc();
        assert_eq!(visitor.back(&back).status, 403, "{mode}");
        assert_eq!(visitor.account(), Value::Null, "{mode}");
    }
    city.oidc.mode("tiesus");
    let mut visitor = city.visitor();
    let back = visitor.through_oidc();
    visitor
        .cookies
        .insert("aikste_session".into(), "fixed".into());
    assert_eq!(visitor.back(&back).header("location"), Some("/priemimai"));
    assert_ne!(
        visitor.cookies["aikste_session"], "fixed",
        "a session of its own"
    );
    assert_eq!(visitor.account()["name"], "Rūta Kazlauskaitė");
    assert_eq!(visitor.back(&back).status, 403, "a state is used once");
    city.oidc.mode("nauji-raktai");
    let mut visitor = city.visitor();
    let back = visitor.through_oidc();
    assert_eq!(visitor.back(&back).status, 303, "new keys are looked for");
    city.oidc.mode("tiesus");
    let back = visitor.through_oidc();
    city.oidc.mode("sugedes");
    assert_eq!(visitor.back(&back).status, 503);
    city.server.assert_no_panic();
}

#[test]
fn a_card_signs_in_and_every_wrong_answer_does_not() {
    let city = Identified::start("oidc-hostile");
    for mode in [
        "kitu-raktu",
        "kitas-klausimas",
        "nepasirasytas",
        "pakeistas",
        "kitam",
        "senas",
        "kitas-nonce",
        "alg-none",
    ] {
        city.eticket.mode(mode);
        let mut visitor = city.visitor();
        assert_eq!(visitor.card("902467000001", "1234").status, 403, "{mode}");
        assert_eq!(visitor.account(), Value::Null, "{mode}");
    }
    city.eticket.mode("sugedes");
    assert_eq!(city.visitor().card("902467000001", "1234").status, 503);
    city.eticket.mode("tiesus");
    for (card, pin) in [
        ("902467000001", "0000"),
        ("902467999999", "1234"),
        ("1", "1"),
        ("", ""),
        ("902467000001", "1234' or 1=1"),
    ] {
        let answer = city.visitor().card(card, pin);
        assert_eq!(answer.status, 401, "{card}");
        assert!(
            answer.body.contains("neteisingas"),
            "the same words for a card that does not exist"
        );
    }
    let mut visitor = city.visitor();
    assert_eq!(
        visitor.card("902467000001", "1234").header("location"),
        Some("/priemimai")
    );
    assert_eq!(visitor.account()["name"], "", "a card has no name");
    for _ in 0..5 {
        city.visitor().card("902467000002", "0000");
    }
    assert_eq!(
        city.visitor().card("902467000002", "4321").status,
        429,
        "locked, also for the right PIN"
    );
    city.server.assert_no_panic();
}

#[test]
fn one_person_has_one_account_sees_all_of_it_and_can_end_it() {
    let city = Identified::start("oidc-hostile");
    let (mut phone, mut desk) = (city.visitor(), city.visitor());
    let back = phone.through_viisp("0");
    phone.back(&back);
    let back = desk.through_oidc();
    desk.back(&back);
    let id = phone.account()["id"].clone();
    assert!(id.is_string());
    assert_eq!(desk.account()["id"], id, "one personal code, one account");
    // A card is added by who is signed in.
    let page = desk
        .post("/prisijungti/eticket", "back=%2Fpaskyra&susieti=taip")
        .body;
    let state = crate::providers::between(&page, "name=\"state\" value=\"", "\"").to_owned();
    let linked = desk.post(
        "/prisijungti/eticket/tikrinti",
        &format!("state={state}&card=902467000001&pin=1234"),
    );
    assert_eq!(linked.header("location"), Some("/paskyra"));
    let mut kiosk = city.visitor();
    kiosk.card("902467000001", "1234");
    assert_eq!(kiosk.account()["id"], id);
    // Another person cannot take it over, nor be taken over.
    let mut other = city.visitor();
    let back = other.through_viisp("1");
    other.back(&back);
    let page = other.post("/prisijungti/eticket", "susieti=taip").body;
    let state = crate::providers::between(&page, "name=\"state\" value=\"", "\"").to_owned();
    let taken = other.post(
        "/prisijungti/eticket/tikrinti",
        &format!("state={state}&card=902467000001&pin=1234"),
    );
    assert_eq!(taken.status, 409);
    // Everything is shown; the code is nowhere.
    let facts = phone.get("/paskyra/duomenys.json");
    let known = facts.json();
    assert_eq!(known["assurance"], "substantial");
    assert_eq!(known["sessions"].as_array().map(Vec::len), Some(3));
    assert!(
        known["identities"]
            .as_array()
            .is_some_and(|list| list.len() >= 3)
    );
    assert!(!facts.body.contains("33309240064"));
    assert!(phone.get("/paskyra").body.contains("Rūta Kazlauskaitė"));
    phone.post("/paskyra/sesijos", "");
    assert_eq!(desk.account(), Value::Null, "ended from the phone");
    assert_ne!(phone.account(), Value::Null);
    // Erased, and the log is whole.
    assert_eq!(phone.post("/paskyra/istrinti", "").status, 303);
    assert_eq!(phone.account(), Value::Null);
    let verified = run(city.server.data(), &["log", "verify"]);
    assert!(verified.status.success(), "{verified:?}");
    let log = phone.get("/api/v1/log?limit=500").body;
    assert!(log.contains("account.erased") && !log.contains(id.as_str().unwrap()));
    let back = phone.through_viisp("0");
    phone.back(&back);
    assert_ne!(phone.account()["id"], id, "a new account");
    city.server.assert_no_panic();
}

#[test]
fn of_many_at_the_same_moment_one_sign_in_succeeds() {
    let city = Identified::start("oidc-hostile");
    let mut visitor = city.visitor();
    let back = visitor.through_oidc();
    let tries = (0..20).map(|_| {
        let (mut one, back) = (visitor.clone(), back.clone());
        std::thread::spawn(move || one.back(&back).status)
    });
    let tries: Vec<_> = tries.collect();
    let statuses: Vec<u16> = tries.into_iter().map(|one| one.join().unwrap()).collect();
    assert_eq!(
        statuses.iter().filter(|status| **status == 303).count(),
        1,
        "{statuses:?}"
    );
    for back in ["//evil.test", "https://evil.test", "/\\evil.test"] {
        let mut visitor = city.visitor();
        let page = visitor
            .post("/prisijungti/oidc", &format!("back={back}"))
            .body;
        let url =
            crate::providers::between(&page, "id=\"toliau\" href=\"", "\"").replace("&#38;", "&");
        let answer = crate::providers::elsewhere(&url, "GET", "");
        let answer = visitor.back(answer.header("location").unwrap());
        assert_eq!(answer.header("location"), Some("/"), "{back}");
    }
    let form = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("origin", "https://evil.test"),
    ];
    let forged = crate::http::request(
        &city.server.url,
        "POST",
        "/prisijungti/oidc",
        &form,
        "back=/",
    );
    assert_eq!(forged.status, 403);
}

#[test]
fn people_sign_in_with_a_browser_by_every_way() {
    let city = Identified::start("oidc");
    let args = serde_json::json!({ "url": city.server.url });
    let facts = Scenario::run("signin", &args, Duration::from_secs(900));
    let one = ["Rūta Kazlauskaitė", "Rūta Kazlauskaitė", ""];
    assert_eq!(facts["names"], serde_json::json!([one, one].concat()));
    let report: Vec<_> = facts["report"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    assert!(report.is_empty(), "{}", report.join("\n"));
    city.server.assert_no_panic();
}

#[test]
fn nobody_locks_a_card_by_sending_its_number_with_nonsense() {
    let city = Identified::start("oidc-hostile");
    let nonsense = "state=x&card=902467000001&pin=0000";
    for _ in 0..12 {
        let answer = city
            .visitor()
            .post("/prisijungti/eticket/tikrinti", nonsense);
        assert_eq!(answer.status, 403);
    }
    let mut visitor = city.visitor();
    let answer = visitor.card("902467000001", "1234");
    assert_eq!(answer.header("location"), Some("/priemimai"));
    for _ in 0..12 {
        city.visitor().card("902467999999", "0000");
    }
    let answer = city.visitor().card("902467999999", "1234");
    assert_eq!(answer.status, 429, "also a card that does not exist");
    city.server.assert_no_panic();
}
