//! Where residents live, on both databases: declared, confirmed by an extract, lost with a newer one; and what it opens.

use civic_api::conferences::rules::{EnterAs, Refusal, may_enter};
use civic_api::conferences::{self, Audience, NewConference};
use civic_api::identity::person::Digester;
use civic_api::identity::ways::{Failure, Provider};
use civic_api::residence::extract::{self, Extract};
use civic_api::residence::{self, Eldership, Imported};
use civic_api::roles::Held;
use civic_api::{Account, Civic, ConferenceId, Error, Viewer, accounts, log, tokens};
use jiff::civil::date;

use crate::accounts::{CODE, city, comes};
use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    what_one_says_is_kept_changed_and_taken_back,
    an_extract_confirms_accounts_that_are_there_and_those_that_come,
    whoever_is_not_in_a_newer_extract_is_not_confirmed_any_more,
    an_older_extract_and_a_dry_run_change_nothing,
    a_reception_of_an_eldership_takes_its_confirmed_residents_only,
    the_erased_are_in_no_table_of_residence,
    whoever_asks_for_rights_in_vain_waits_and_nobody_else,
    whoever_brings_bad_tokens_waits_and_nobody_else,
    a_card_that_could_be_lent_confirms_no_residence,
    a_city_is_imported_in_one_go,
);

const OTHER: &str = "47604084093";

fn extract(day: &str, rows: &[(&str, &str)]) -> Extract {
    let mut file = "asmens_kodas;seniunijos_kodas;data\n".to_owned();
    for (code, eldership) in rows {
        file += &format!("{code};{eldership};{day}\n");
    }
    let digester = Digester::new(&[7; 32]);
    let today = date(2026, 11, 23);
    extract::read(file.as_bytes(), &digester, today, |fault| {
        panic!("{fault:?}")
    })
    .unwrap()
    .unwrap()
}

async fn import(civic: &Civic, day: &str, rows: &[(&str, &str)]) -> Imported {
    residence::import(civic, &extract(day, rows), false)
        .await
        .unwrap()
}

async fn confirmed(civic: &Civic, account: &Account) -> Option<(Eldership, String)> {
    let lives = residence::of(civic, account.id).await.unwrap();
    lives.confirmed.map(|c| (c.eldership, c.on.to_string()))
}

async fn person(civic: &Civic, code: &str) -> (Account, String) {
    comes(
        civic,
        Provider::Viisp,
        &[("code", code), ("name", "Rūta")],
        None,
    )
    .await
    .unwrap()
}

async fn what_one_says_is_kept_changed_and_taken_back(ground: Ground) {
    let civic = city(&ground);
    let (ruta, cookie) = person(&civic, CODE).await;
    for said in [Some(Eldership::Silainiai), Some(Eldership::Centras), None] {
        residence::declare(&civic, &ruta, said).await.unwrap();
        let facts = accounts::facts(&civic, &ruta, &cookie).await.unwrap();
        assert_eq!(facts.residence.declared.map(|d| d.eldership), said);
        assert_eq!(facts.residence.confirmed, None, "nobody has confirmed it");
    }
}

async fn an_extract_confirms_accounts_that_are_there_and_those_that_come(ground: Ground) {
    let civic = city(&ground);
    let (ruta, _) = person(&civic, CODE).await;
    let done = import(&civic, "2026-11-01", &[(CODE, "1911"), (OTHER, "1901")]).await;
    let expected = Imported {
        residents: 2,
        added: 2,
        changed: 0,
        removed: 0,
        confirmed: 1,
    };
    assert_eq!(done, expected);
    assert_eq!(
        confirmed(&civic, &ruta).await,
        Some((Eldership::Silainiai, "2026-11-01".into()))
    );
    let (jonas, _) = person(&civic, OTHER).await;
    assert_eq!(
        confirmed(&civic, &jonas).await,
        Some((Eldership::Centras, "2026-11-01".into()))
    );
    let digests = db::texts(&ground.url, "residence_register", "digest").await;
    assert!(!digests.contains(CODE) && digests.len() == 2 * 65);
    // The log says how many, and nothing else.
    let records = log::after(&civic.db, 0, log::PAGE).await.unwrap();
    let record = records
        .iter()
        .find(|r| r.kind == "residents.imported")
        .unwrap();
    assert_eq!(
        record.payload,
        serde_json::json!({ "added": 2, "changed": 0, "removed": 0, "residents": 2 })
    );
    assert_eq!(record.actor_role, "operator");
}

async fn whoever_is_not_in_a_newer_extract_is_not_confirmed_any_more(ground: Ground) {
    let civic = city(&ground);
    let ((ruta, _), (jonas, _)) = (person(&civic, CODE).await, person(&civic, OTHER).await);
    import(&civic, "2026-10-01", &[(CODE, "1911"), (OTHER, "1901")]).await;
    let done = import(&civic, "2026-11-01", &[(OTHER, "1902")]).await;
    assert_eq!((done.added, done.changed, done.removed), (0, 1, 1));
    assert_eq!(confirmed(&civic, &ruta).await, None);
    assert_eq!(
        confirmed(&civic, &jonas).await,
        Some((Eldership::Zaliakalnis, "2026-11-01".into()))
    );
}

async fn an_older_extract_and_a_dry_run_change_nothing(ground: Ground) {
    let civic = city(&ground);
    let (ruta, _) = person(&civic, CODE).await;
    import(&civic, "2026-11-01", &[(CODE, "1911")]).await;
    let records = log::head(&civic.db).await.unwrap().seq;
    let older = extract("2026-10-31", &[(CODE, "1901")]);
    assert!(matches!(
        residence::import(&civic, &older, false).await,
        Err(Error::WrongState("extract_older"))
    ));
    let newer = extract("2026-11-02", &[(CODE, "1901"), (OTHER, "1901")]);
    let would = residence::import(&civic, &newer, true).await.unwrap();
    assert_eq!((would.added, would.changed, would.removed), (1, 1, 0));
    assert_eq!(
        confirmed(&civic, &ruta).await,
        Some((Eldership::Silainiai, "2026-11-01".into()))
    );
    assert_eq!(log::head(&civic.db).await.unwrap().seq, records);
}

/// A reception of Šilainiai, open.
async fn of_silainiai(ground: &Ground, civic: &Civic) -> ConferenceId {
    ground.fill().await;
    let rasa = ground.viewer("Rasa").await;
    let now = civic.now();
    let new = NewConference {
        title: "Šilainių kiemai".into(),
        topic: String::new(),
        starts_at: now + jiff::SignedDuration::from_hours(1),
        ends_at: now + jiff::SignedDuration::from_hours(2),
        minutes_per_resident: 8,
        recorded: false,
        retention_days: 30,
        audience: Audience::Identified,
        eldership: Some(Eldership::Silainiai),
    };
    let made = conferences::create(civic, &rasa, new).await.unwrap();
    assert_eq!(made.eldership, Some(Eldership::Silainiai));
    conferences::open(civic, &rasa, made.id).await.unwrap();
    made.id
}

async fn a_reception_of_an_eldership_takes_its_confirmed_residents_only(ground: Ground) {
    let civic = city(&ground);
    let id = of_silainiai(&ground, &civic).await;
    tokens::keep(&civic).await.unwrap();
    let right = tokens::seat_in(id);
    let (ruta, _) = person(&civic, CODE).await;
    let conference = conferences::get(&civic, id).await.unwrap();
    let enters = async |account: &Account| {
        let lives = residence::of(&civic, account.id).await.unwrap();
        let viewer = Viewer::Account(account.clone());
        may_enter(
            &viewer,
            &Held::default(),
            &lives,
            &conference,
            EnterAs::Anonymous,
        )
        .map(|_| ())
    };
    let refused = Err(Refusal::NotOfEldership);
    residence::declare(&civic, &ruta, Some(Eldership::Silainiai))
        .await
        .unwrap();
    assert_eq!(enters(&ruta).await, refused, "saying so is not enough");
    let used = tokens::use_by_session(&civic, &ruta, &right).await;
    assert!(matches!(used, Err(Error::Seat(Refusal::NotOfEldership))));
    let request = || tokens::Request {
        right: right.clone(),
        blinded: "A".repeat(342) + "==",
    };
    let issued = tokens::issue(&civic, &ruta, vec![request()]).await.unwrap();
    assert_eq!(issued[0].refused.as_deref(), Some("not_of_eldership"));
    import(&civic, "2026-11-01", &[(CODE, "1901"), (OTHER, "1911")]).await;
    assert_eq!(enters(&ruta).await, refused, "confirmed elsewhere");
    let used = tokens::use_by_session(&civic, &ruta, &right).await;
    assert!(used.is_err());
    let (jonas, _) = person(&civic, OTHER).await;
    assert_eq!(enters(&jonas).await, Ok(()));
    tokens::use_by_session(&civic, &jonas, &right)
        .await
        .unwrap();
    import(&civic, "2026-11-02", &[(CODE, "1911")]).await;
    tokens::use_by_session(&civic, &ruta, &right).await.unwrap();
    assert_eq!(enters(&jonas).await, refused, "moved away");
}

async fn whoever_asks_for_rights_in_vain_waits_and_nobody_else(ground: Ground) {
    let civic = city(&ground);
    let id = of_silainiai(&ground, &civic).await;
    tokens::keep(&civic).await.unwrap();
    let ((ruta, _), (jonas, _)) = (person(&civic, CODE).await, person(&civic, OTHER).await);
    let asks = async |account: &Account| {
        let request = tokens::Request {
            right: tokens::seat_in(id),
            blinded: "A".repeat(342) + "==",
        };
        tokens::issue(&civic, account, vec![request]).await
    };
    for _ in 0..60 {
        assert_eq!(
            asks(&ruta).await.unwrap()[0].refused.as_deref(),
            Some("not_of_eldership")
        );
    }
    let waits = |asked| matches!(asked, Err(Error::SignIn(Failure::TooMany)));
    assert!(waits(asks(&ruta).await));
    assert!(asks(&jonas).await.is_ok());
    ground.clock.advance_s(2);
    assert!(asks(&ruta).await.is_ok());
    assert!(waits(asks(&ruta).await));
}

async fn whoever_brings_bad_tokens_waits_and_nobody_else(ground: Ground) {
    let civic = city(&ground);
    let id = of_silainiai(&ground, &civic).await;
    tokens::keep(&civic).await.unwrap();
    let brings = async |last: u8| {
        let token = tokens::Token {
            right: tokens::seat_in(id),
            prefix: "A".repeat(43) + "=",
            signature: "A".repeat(342) + "==",
        };
        let address = std::net::IpAddr::from([192, 0, 2, last]);
        tokens::spend_from(&civic, address, &token)
            .await
            .unwrap_err()
            .code()
    };
    for _ in 0..30 {
        assert_eq!(brings(1).await, "token_invalid");
    }
    assert_eq!(brings(1).await, "too_many_requests");
    assert_eq!(brings(2).await, "token_invalid");
    ground.clock.advance_s(1);
    assert_eq!(brings(1).await, "token_invalid");
}

async fn the_erased_are_in_no_table_of_residence(ground: Ground) {
    let civic = city(&ground);
    let (ruta, cookie) = person(&civic, CODE).await;
    residence::declare(&civic, &ruta, Some(Eldership::Silainiai))
        .await
        .unwrap();
    import(&civic, "2026-11-01", &[(CODE, "1911"), (OTHER, "1901")]).await;
    accounts::erase(&civic, &ruta, &cookie).await.unwrap();
    assert_eq!(db::count(&ground.url, "residence_declarations").await, 0);
    assert_eq!(db::count(&ground.url, "residence_register").await, 1);
    let (again, _) = person(&civic, CODE).await;
    assert_eq!(confirmed(&civic, &again).await, None, "until the next one");
}

async fn a_card_that_could_be_lent_confirms_no_residence(ground: Ground) {
    let civic = city(&ground);
    import(&civic, "2026-11-01", &[(CODE, "1911")]).await;
    let (holder, _) = comes(&civic, Provider::Eticket, &[("code", CODE)], None)
        .await
        .unwrap();
    assert_eq!(confirmed(&civic, &holder).await, None);
}

/// More rows than one statement can hold, in one transaction: all of them are there, and gone with the next extract.
async fn a_city_is_imported_in_one_go(ground: Ground) {
    let civic = city(&ground);
    let mut many = extract("2026-11-01", &[(CODE, "1911")]);
    for n in 0..1_234 {
        let digest = format!("{n:064x}");
        many.residents.insert(digest, Eldership::Dainava);
    }
    let done = residence::import(&civic, &many, false).await.unwrap();
    assert_eq!((done.residents, done.added), (1_235, 1_235));
    assert_eq!(db::count(&ground.url, "residence_register").await, 1_235);
    let done = import(&civic, "2026-11-02", &[(CODE, "1911")]).await;
    assert_eq!((done.changed, done.removed), (0, 1_234));
    assert_eq!(db::count(&ground.url, "residence_register").await, 1);
}
