//! Accounts, on both databases: one person one account, ways added, sessions ended, erasure; by a made-up way of signing in.

use std::collections::BTreeMap;
use std::sync::Arc;

use civic_api::conferences::{self, presences, recordings};
use civic_api::identity::flow::{self, Purpose, VALID_S};
use civic_api::identity::person::{Digester, PersonalCode};
use civic_api::identity::ways::{
    Adapter, Answer, Ask, Assurance, Begun, Doing, Failure, Next, Provider, Verified, Ways,
};
use civic_api::{Account, Civic, Error, Language, accounts, identity, log, tokens};

use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    one_person_has_one_account_by_every_way,
    a_way_is_added_by_who_is_signed_in_and_taken_from_nobody,
    a_sign_in_is_used_once_by_the_browser_that_began_it_and_in_time,
    of_many_first_sign_ins_at_once_one_account_comes,
    sessions_are_listed_and_ended_by_their_owner,
    an_erased_person_is_nowhere_and_the_log_is_whole,
    who_erases_their_account_and_comes_back_gets_no_right_twice,
    erasure_takes_the_name_out_of_recordings_and_keeps_it_out,
    a_session_says_how_it_was_begun_and_no_more,
);

pub(crate) const CODE: &str = "33309240064";

/// Believes what it is told: the person's code, what the provider calls them, or both.
#[derive(Debug)]
struct Credulous(Provider, Assurance, Digester);

impl Adapter for Credulous {
    fn provider(&self) -> Provider {
        self.0
    }

    fn levels(&self) -> (Assurance, Assurance) {
        (self.1, self.1)
    }

    fn begin<'a>(&'a self, _: &'a Ask) -> Doing<'a, Begun> {
        Box::pin(async {
            Ok(Begun {
                next: Next::Form,
                kept: "kept".into(),
            })
        })
    }

    fn finish<'a>(&'a self, kept: &'a str, answer: &'a Answer) -> Doing<'a, Verified> {
        Box::pin(async move {
            assert_eq!(kept, "kept");
            let digester = &self.2;
            let mut keys = Vec::new();
            if let Some(code) = PersonalCode::parse(answer.field("code")) {
                keys.push(digester.code(&code));
            }
            if !answer.field("sub").is_empty() {
                keys.push(digester.subject(self.0.as_str(), answer.field("sub")));
            }
            if keys.is_empty() {
                return Err(Failure::Refused("nobody"));
            }
            let name = answer.field("name");
            Ok(Verified {
                provider: self.0,
                assurance: self.1,
                keys,
                name: (!name.is_empty()).then(|| name.to_owned()),
            })
        })
    }
}

pub(crate) fn city(ground: &Ground) -> Civic {
    city_with(ground, &Digester::new(&[7; 32]))
}

/// With this key of digests.
pub(crate) fn city_with(ground: &Ground, digester: &Digester) -> Civic {
    let way = |provider, assurance| -> Arc<dyn Adapter> {
        Arc::new(Credulous(provider, assurance, digester.clone()))
    };
    ground.civic.clone().with_ways(Ways::new(vec![
        way(Provider::Eticket, Assurance::Low),
        way(Provider::Oidc, Assurance::Substantial),
        way(Provider::Viisp, Assurance::High),
    ]))
}

fn fields(told: &[(&str, &str)]) -> BTreeMap<String, String> {
    told.iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect()
}

/// Signs in, or adds a way to the account of `who`; the account and the cookie's value.
pub(crate) async fn comes(
    civic: &Civic,
    way: Provider,
    told: &[(&str, &str)],
    who: Option<&Account>,
) -> Result<(Account, String), Error> {
    let purpose = who.map_or(Purpose::SignIn, |who| Purpose::Link(who.id));
    let started = flow::begin(civic, way, purpose, "/", None, Language::Lt).await?;
    let finished = flow::finish(
        civic,
        way,
        &started.state,
        Some(&started.browser),
        fields(told),
        who,
    )
    .await
    .map_err(|broken| broken.error)?;
    let account = finished.identified.account().clone();
    let token = identity::sign_in(civic, finished.identified).await?;
    Ok((account, token.cookie(&civic.settings).value().to_owned()))
}

async fn one_person_has_one_account_by_every_way(ground: Ground) {
    let civic = city(&ground);
    let (first, _) = comes(
        &civic,
        Provider::Oidc,
        &[("code", CODE), ("sub", "a"), ("name", "Ruta K")],
        None,
    )
    .await
    .unwrap();
    assert_eq!(first.method.assurance(), Some(Assurance::Substantial));
    let (again, _) = comes(
        &civic,
        Provider::Viisp,
        &[("code", CODE), ("name", "Rūta K")],
        None,
    )
    .await
    .unwrap();
    assert_eq!(again.id, first.id);
    assert_eq!(
        (again.name.as_str(), again.method.assurance()),
        ("Rūta K", Some(Assurance::High))
    );
    let (weaker, cookie) = comes(&civic, Provider::Oidc, &[("sub", "a"), ("name", "R")], None)
        .await
        .unwrap();
    assert_eq!(weaker.id, first.id);
    assert_eq!(
        (weaker.name.as_str(), weaker.method.assurance()),
        ("Rūta K", Some(Assurance::High)),
        "the surer way keeps the name"
    );
    let (other, _) = comes(&civic, Provider::Viisp, &[("code", "47604084093")], None)
        .await
        .unwrap();
    assert_ne!(other.id, first.id);
    let facts = accounts::facts(&civic, &weaker, &cookie).await.unwrap();
    assert_eq!(
        facts.identities.len(),
        2,
        "one by code, one by the provider's word"
    );
    assert_eq!(facts.acts.len(), 3);
    assert!(
        !db::texts(&ground.url, "identities", "digest")
            .await
            .contains(CODE)
    );
}

async fn a_way_is_added_by_who_is_signed_in_and_taken_from_nobody(ground: Ground) {
    let civic = city(&ground);
    let (ruta, _) = comes(&civic, Provider::Viisp, &[("code", CODE)], None)
        .await
        .unwrap();
    let (jonas, _) = comes(&civic, Provider::Viisp, &[("code", "47604084093")], None)
        .await
        .unwrap();
    comes(&civic, Provider::Eticket, &[("sub", "card")], Some(&ruta))
        .await
        .unwrap();
    let (same, _) = comes(&civic, Provider::Eticket, &[("sub", "card")], None)
        .await
        .unwrap();
    assert_eq!(same.id, ruta.id);
    assert_eq!(
        same.method.assurance(),
        Some(Assurance::High),
        "the highest counts"
    );
    let refused = comes(&civic, Provider::Eticket, &[("sub", "card")], Some(&jonas)).await;
    assert!(matches!(
        refused,
        Err(Error::SignIn(Failure::LinkedElsewhere))
    ));
    let refused = comes(
        &civic,
        Provider::Oidc,
        &[("code", "49007043970"), ("sub", "x")],
        Some(&ruta),
    )
    .await;
    assert!(matches!(refused, Err(Error::SignIn(Failure::OtherPerson))));
    // Whoever signed out, or sits there now, adds nothing to what another began.
    let started = flow::begin(
        &civic,
        Provider::Oidc,
        Purpose::Link(ruta.id),
        "/",
        None,
        Language::Lt,
    )
    .await
    .unwrap();
    let told = fields(&[("sub", "y")]);
    let finished = flow::finish(
        &civic,
        Provider::Oidc,
        &started.state,
        Some(&started.browser),
        told,
        Some(&jonas),
    )
    .await;
    assert!(finished.is_err());
}

async fn a_sign_in_is_used_once_by_the_browser_that_began_it_and_in_time(ground: Ground) {
    let civic = city(&ground);
    let told = fields(&[("code", CODE)]);
    let begun = || {
        flow::begin(
            &civic,
            Provider::Viisp,
            Purpose::SignIn,
            "/x",
            None,
            Language::Lt,
        )
    };
    let started = begun().await.unwrap();
    let end = |state: String, browser: Option<String>, way| {
        let (civic, told) = (civic.clone(), told.clone());
        async move {
            flow::finish(&civic, way, &state, browser.as_deref(), told, None)
                .await
                .map(|f| f.back)
        }
    };
    let (state, browser) = (started.state.clone(), Some(started.browser.clone()));
    assert!(end(state.clone(), None, Provider::Viisp).await.is_err());
    assert!(
        end(state.clone(), Some("x".into()), Provider::Viisp)
            .await
            .is_err()
    );
    assert!(
        end("x".into(), browser.clone(), Provider::Viisp)
            .await
            .is_err()
    );
    assert!(
        end(state.clone(), browser.clone(), Provider::Oidc)
            .await
            .is_err()
    );
    assert_eq!(
        end(state.clone(), browser.clone(), Provider::Viisp)
            .await
            .unwrap(),
        "/x"
    );
    assert!(end(state, browser, Provider::Viisp).await.is_err(), "once");
    let late = begun().await.unwrap();
    ground.clock.advance_s(VALID_S);
    assert!(
        end(late.state, Some(late.browser), Provider::Viisp)
            .await
            .is_err(),
        "too late"
    );
    begun().await.unwrap();
    assert_eq!(
        db::count(&ground.url, "sign_ins").await,
        1,
        "what is over is forgotten"
    );
}

async fn of_many_first_sign_ins_at_once_one_account_comes(ground: Ground) {
    let civic = city(&ground);
    let all = (0..8).map(|_| {
        let civic = civic.clone();
        tokio::spawn(async move {
            comes(&civic, Provider::Viisp, &[("code", CODE)], None)
                .await
                .unwrap()
                .0
                .id
        })
    });
    let mut ids = Vec::new();
    for one in all.collect::<Vec<_>>() {
        ids.push(one.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1);
    assert_eq!(db::count(&ground.url, "accounts").await, 1);
}

async fn sessions_are_listed_and_ended_by_their_owner(ground: Ground) {
    let civic = city(&ground);
    let (ruta, here) = comes(&civic, Provider::Viisp, &[("code", CODE)], None)
        .await
        .unwrap();
    let (_, there) = comes(&civic, Provider::Viisp, &[("code", CODE)], None)
        .await
        .unwrap();
    let (jonas, _) = comes(&civic, Provider::Viisp, &[("code", "47604084093")], None)
        .await
        .unwrap();
    let sessions = accounts::facts(&civic, &ruta, &here)
        .await
        .unwrap()
        .sessions;
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions.iter().filter(|s| s.current).count(), 1);
    let other = sessions.iter().find(|s| !s.current).unwrap();
    accounts::end_sessions(&civic, &jonas, Some(other.id), "")
        .await
        .unwrap();
    assert!(
        identity::viewer_of(&civic, &there)
            .await
            .unwrap()
            .account()
            .is_some(),
        "not by others"
    );
    accounts::end_sessions(&civic, &ruta, Some(other.id), &here)
        .await
        .unwrap();
    assert!(
        identity::viewer_of(&civic, &there)
            .await
            .unwrap()
            .account()
            .is_none()
    );
    comes(&civic, Provider::Viisp, &[("code", CODE)], None)
        .await
        .unwrap();
    accounts::end_sessions(&civic, &ruta, None, &here)
        .await
        .unwrap();
    let left = accounts::facts(&civic, &ruta, &here)
        .await
        .unwrap()
        .sessions;
    assert!(left.len() == 1 && left[0].current);
}

async fn an_erased_person_is_nowhere_and_the_log_is_whole(ground: Ground) {
    let civic = city(&ground);
    ground.fill().await;
    let told = [("code", CODE), ("sub", "a"), ("name", "Rūta Kazlauskaitė")];
    let (ruta, cookie) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    accounts::erase(&civic, &ruta, &cookie).await.unwrap();
    assert!(
        identity::viewer_of(&civic, &cookie)
            .await
            .unwrap()
            .account()
            .is_none()
    );
    for (table, column) in [
        ("accounts", "id"),
        ("accounts", "name"),
        ("identities", "account_id"),
        ("sessions", "account_id"),
        ("account_acts", "account_id"),
        ("log_records", "subject"),
        ("log_records", "payload"),
        ("log_records", "stream"),
    ] {
        let texts = db::texts(&ground.url, table, column).await;
        assert!(
            !texts.contains(&ruta.id.to_string()) && !texts.contains("Kazlauskaitė"),
            "{table}"
        );
    }
    let kept = ground.bytes().await;
    assert!(kept.len() > 1_000, "the whole database");
    for trace in ["Kazlauskait", CODE, &ruta.id.to_string()] {
        let found = kept
            .windows(trace.len())
            .any(|part| part == trace.as_bytes());
        assert!(!found, "{trace} is in the database still");
    }
    let verdict = log::verify(&civic.db, &[], |_, _| {}).await.unwrap();
    assert!(matches!(verdict, log::Verdict::Whole(_)));
    let rasa = ground.person("Rasa").await;
    assert!(
        accounts::erase(&civic, &rasa, "").await.is_err(),
        "not who is made up"
    );
}

async fn who_erases_their_account_and_comes_back_gets_no_right_twice(ground: Ground) {
    let civic = city(&ground);
    ground.fill().await;
    tokens::keep(&civic).await.unwrap();
    let right = tokens::open_rights(&civic).await.unwrap().remove(0).id;
    let told = [("code", CODE), ("sub", "a"), ("name", "Rūta Kazlauskaitė")];
    let (ruta, cookie) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    tokens::use_by_session(&civic, &ruta, &right).await.unwrap();
    accounts::erase(&civic, &ruta, &cookie).await.unwrap();

    let (again, _) = comes(&civic, Provider::Oidc, &told[..1], None)
        .await
        .unwrap();
    assert_ne!(again.id, ruta.id);
    let refused = tokens::use_by_session(&civic, &again, &right).await;
    assert!(matches!(refused, Err(Error::TokenAlreadyIssued)));
    let other = [("code", "47604084093"), ("name", "Jonas")];
    let (jonas, _) = comes(&civic, Provider::Oidc, &other, None).await.unwrap();
    tokens::use_by_session(&civic, &jonas, &right)
        .await
        .unwrap();

    assert!(
        !db::texts(&ground.url, "rights_given", "person_sha256")
            .await
            .is_empty()
    );
    tokens::close(&civic, &right).await.unwrap();
    assert!(
        db::texts(&ground.url, "rights_given", "person_sha256")
            .await
            .is_empty()
    );
}

async fn erasure_takes_the_name_out_of_recordings_and_keeps_it_out(ground: Ground) {
    let civic = city(&ground);
    ground.fill().await;
    let coming = conferences::list(&civic, conferences::When::Coming, 10).await;
    let reception = coming.unwrap().into_iter().find(|c| c.recorded).unwrap();
    let host = identity::Viewer::Account(ground.person("Rasa").await);
    conferences::open(&civic, &host, reception.id)
        .await
        .unwrap();
    let recording = recordings::begin(&civic, reception.id).await.unwrap().id;
    let told = [("code", CODE), ("name", "Rūta Kazlauskaitė")];
    let (ruta, cookie) = comes(&civic, Provider::Viisp, &told, None).await.unwrap();
    let seat = |number: u32, label| presences::Seat {
        seat: number,
        participant: 100 + u64::from(number),
        label,
        host: false,
        account: Some(ruta.id),
        mark: presences::Mark {
            identified: Some(presences::Identified {
                way: presences::Way::Viisp,
                level: Some(Assurance::High),
            }),
            verified: true,
        },
    };
    let named = presences::Label::Name(ruta.name.clone());
    let voice = presences::Label::Anonymous(1);
    for seat in [seat(1, named.clone()), seat(2, voice.clone())] {
        presences::joined(&civic, reception.id, &seat)
            .await
            .unwrap();
    }
    let labels = async || recordings::replay(&civic, recording).await.unwrap().labels;
    assert_eq!(labels().await[&101], named);
    let marks = async || recordings::replay(&civic, recording).await.unwrap().marks;
    let before = marks().await;
    assert!(before[&101].identified.is_some() && !before[&101].verified);
    assert!(before[&102].identified.is_none() && before[&102].verified);
    let facts = accounts::facts(&civic, &ruta, &cookie).await.unwrap();
    assert_eq!(facts.stays.len(), 1, "the anonymous seat is nobody's");
    assert_eq!(facts.stays[0].title, reception.title);

    accounts::erase(&civic, &ruta, &cookie).await.unwrap();
    let left: Vec<_> = labels().await.into_iter().collect();
    assert_eq!(left, [(102, voice)]);
    assert_eq!(marks().await.into_keys().collect::<Vec<_>>(), [102]);
    // Their ticket is good for some hours yet: the seat is taken, the name is not written down again.
    presences::joined(&civic, reception.id, &seat(3, named))
        .await
        .unwrap();
    assert!(!labels().await.contains_key(&103));
    for column in ["name", "account_id", "identified_by", "identified_level"] {
        let texts = db::texts(&ground.url, "presences", column).await;
        for word in ["Kazlauskait", "viisp", "high", &ruta.id.to_string()] {
            assert!(!texts.contains(word), "{column}: {word}");
        }
    }
}

async fn a_session_says_how_it_was_begun_and_no_more(ground: Ground) {
    let civic = city(&ground);
    let told = [("code", CODE), ("sub", "a"), ("name", "Rūta Kazlauskaitė")];
    let (ruta, gateway) = comes(&civic, Provider::Viisp, &told[..1], None)
        .await
        .unwrap();
    let (_, card) = comes(&civic, Provider::Eticket, &told[1..2], Some(&ruta))
        .await
        .unwrap();
    let begun = async |cookie| identity::session_begun(&civic, cookie).await.unwrap();
    let of = |provider, assurance| identity::Begun {
        provider: Some(provider),
        assurance: Some(assurance),
    };
    assert_eq!(begun(&gateway).await, of(Provider::Viisp, Assurance::High));
    assert_eq!(
        begun(&card).await,
        of(Provider::Eticket, Assurance::Low),
        "the account is worth more, this sign-in is not"
    );
    assert_eq!(begun("no such cookie").await, identity::Begun::default());
}
