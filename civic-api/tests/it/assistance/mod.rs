//! Acting with a resident, on both databases: what a worker may do, and what is left of it.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use civic_api::assistance::{self, Assistance, Beginning, Document, How, Purpose, Refusal, rules};
use civic_api::identity::person::Digester;
use civic_api::identity::{Provider, sign_out, viewer_of};
use civic_api::residence::{self, Eldership};
use civic_api::roles::{self, By, Scope, Subsystem};
use civic_api::{Account, AccountId, AssistanceId, Civic, Error, Role, Viewer};
use civic_api::{accounts, audit, log, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::accounts::{CODE, city, comes};
use crate::ground::{Ground, on_both};
use crate::passkeys::with_key;

mod refused;

on_both!(
    a_worker_writes_down_where_a_resident_lives_and_all_can_see_it,
    a_resident_unknown_until_now_gets_an_account_that_is_theirs_later,
    each_purpose_opens_its_own_act_and_no_other,
    a_lost_telephone_is_signed_out_and_passkeys_are_not_shown,
    what_is_left_of_it_names_nobody_and_holds_no_code,
);

const OTHER: &str = "47604084093";
const NAME: &str = "Ona Kazlauskienė";

fn counter(ground: &Ground) -> Civic {
    city(ground).with_digester(Digester::new(&[7; 32]))
}

/// A worker who has shown a passkey.
pub(crate) struct Worker {
    viewer: Viewer,
    account: Account,
    cookie: String,
}

pub(crate) async fn worker(civic: &Civic, sub: &str) -> Worker {
    let told = [("sub", sub), ("name", "Vida Langelienė")];
    let (account, _) = comes(civic, Provider::Oidc, &told, None).await.unwrap();
    let scope = Scope::Subsystem(Subsystem::Counter);
    roles::give(
        civic,
        By::Operator,
        account.id,
        Role::Clerk,
        scope,
        "Įsakymas",
    )
    .await
    .unwrap();
    let (_, cookie) = comes(civic, Provider::Oidc, &told, None).await.unwrap();
    let cookie = with_key(civic, &cookie).await;
    let viewer = viewer_of(civic, &cookie).await.unwrap();
    let account = viewer.account().unwrap().clone();
    Worker {
        viewer,
        account,
        cookie,
    }
}

pub(crate) fn with(purpose: Purpose, name: &str, code: &str) -> Beginning {
    let (given, family) = name.split_once(' ').unwrap_or((name, ""));
    Beginning {
        purpose,
        document: Document::Passport,
        eldership: Eldership::Silainiai,
        given_name: given.into(),
        family_name: family.into(),
        personal_code: code.into(),
    }
}

async fn resident(civic: &Civic, code: &str) -> (Account, String) {
    let told = [("code", code), ("name", NAME)];
    comes(civic, Provider::Viisp, &told, None).await.unwrap()
}

impl Worker {
    pub(crate) async fn begin(&self, civic: &Civic, new: &Beginning) -> Result<Assistance, Error> {
        assistance::begin(civic, &self.viewer, &self.cookie, new).await
    }

    async fn declare(&self, civic: &Civic, id: AssistanceId) -> Result<(), Error> {
        let lives = Some(Eldership::Centras);
        assistance::declare_residence(civic, &self.viewer, &self.cookie, id, lives).await
    }

    pub(crate) async fn end(&self, civic: &Civic, id: AssistanceId) -> Result<(), Error> {
        assistance::end(civic, &self.viewer, &self.cookie, id).await
    }

    async fn today(&self, civic: &Civic) -> Vec<Assistance> {
        assistance::today(civic, &self.viewer).await.unwrap()
    }
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> &'static str {
    result.unwrap_err().code()
}

async fn a_worker_writes_down_where_a_resident_lives_and_all_can_see_it(ground: Ground) {
    let civic = counter(&ground);
    let (ona, cookie) = resident(&civic, CODE).await;
    let vida = worker(&civic, "vida").await;
    let begun = vida
        .begin(&civic, &with(Purpose::Residence, NAME, CODE))
        .await
        .unwrap();
    assert_eq!(begun.resident_name, NAME);
    let open = assistance::current(&civic, &vida.viewer, &vida.cookie).await;
    assert_eq!(open.unwrap().unwrap().id, begun.id);
    vida.declare(&civic, begun.id).await.unwrap();
    ground.clock.advance_s(60);
    vida.end(&civic, begun.id).await.unwrap();
    let lives = residence::of(&civic, ona.id).await.unwrap();
    assert_eq!(lives.declared.unwrap().eldership, Eldership::Centras);

    let facts = accounts::facts(&civic, &ona, &cookie).await.unwrap();
    let seen = &facts.assistances[0];
    assert_eq!(seen.worker_name.as_deref(), Some("Vida Langelienė"));
    assert_eq!(seen.eldership, Eldership::Silainiai);
    assert_eq!((seen.ended_how, seen.acts.len()), (Some(How::Finished), 1));
    let own = accounts::facts(&civic, &vida.account, &vida.cookie)
        .await
        .unwrap();
    assert_eq!((own.assisted, own.assistances.len()), (1, 0));
    assert_eq!(vida.today(&civic).await.len(), 1);
    // The log has each step under a name that only the resident's page ties to somebody.
    let records = log::after(&civic.db, 0, log::PAGE).await.unwrap();
    let records: Vec<_> = records
        .into_iter()
        .filter(|r| r.stream == "assistance")
        .collect();
    let said: Vec<_> = records
        .iter()
        .map(|r| (r.kind.as_str(), &r.payload))
        .collect();
    assert_eq!(
        said,
        [
            (
                "assistance.begun",
                &json!({ "first": false, "purpose": "residence" })
            ),
            ("assistance.acted", &json!({ "act": "residence_declared" })),
            ("assistance.ended", &json!({ "how": "finished" })),
        ]
    );
    assert!(records.iter().all(|r| r.actor_role == "clerk"));
    assert_eq!(records[0].subject, seen.log_subject.to_string());
    assert_eq!(records[1].subject, seen.acts[0].log_subject.to_string());
    // And the audit who, with whom, what.
    let filter = audit::Filter {
        person: Some(ona.id),
        ..audit::Filter::default()
    };
    let lines = audit::browse(&civic, &filter, 10).await.unwrap();
    let kinds: BTreeSet<_> = lines.iter().map(|line| line.kind.as_str()).collect();
    assert_eq!(
        kinds,
        BTreeSet::from(["assistance.acted", "assistance.begun", "assistance.ended"])
    );
    assert!(lines.iter().all(|l| l.actor == Some(vida.account.id)));
}

async fn a_resident_unknown_until_now_gets_an_account_that_is_theirs_later(ground: Ground) {
    let civic = counter(&ground);
    let vida = worker(&civic, "vida").await;
    let typed = with(Purpose::Residence, "ONA KAZLAUSKIENĖ", "333 0924 0064");
    let begun = vida.begin(&civic, &typed).await.unwrap();
    assert_eq!(begun.resident_name, NAME);
    vida.declare(&civic, begun.id).await.unwrap();
    vida.end(&civic, begun.id).await.unwrap();
    let records = log::after(&civic.db, 0, log::PAGE).await.unwrap();
    let begun = records.iter().find(|r| r.kind == "assistance.begun");
    assert_eq!(begun.unwrap().payload["first"], true);
    // Years later she signs in by herself: it is the same account, by a way of her own.
    let (ona, cookie) = resident(&civic, CODE).await;
    let facts = accounts::facts(&civic, &ona, &cookie).await.unwrap();
    assert_eq!(facts.assistances.len(), 1);
    assert_eq!(facts.identities.len(), 1);
    assert_eq!(facts.identities[0].provider, Provider::Viisp);
    assert_eq!(
        facts.residence.declared.unwrap().eldership,
        Eldership::Centras
    );
}

async fn each_purpose_opens_its_own_act_and_no_other(ground: Ground) {
    let civic = counter(&ground);
    resident(&civic, CODE).await;
    let vida = worker(&civic, "vida").await;
    let (viewer, cookie) = (&vida.viewer, vida.cookie.as_str());
    for purpose in Purpose::ALL {
        let begun = vida
            .begin(&civic, &with(*purpose, NAME, CODE))
            .await
            .unwrap();
        let done = [
            vida.declare(&civic, begun.id).await,
            assistance::facts(&civic, viewer, cookie, begun.id)
                .await
                .map(|_| ()),
            assistance::end_sessions(&civic, viewer, cookie, begun.id).await,
        ];
        let worked: Vec<bool> = done.iter().map(Result::is_ok).collect();
        let expected = Purpose::ALL
            .iter()
            .map(|one| one == purpose)
            .collect::<Vec<_>>();
        assert_eq!(worked, expected, "{purpose:?}");
        for refusal in done.into_iter().filter_map(Result::err) {
            assert_eq!(refusal.code(), "assistance_other_purpose");
        }
        for _ in 1..rules::MOST_ACTS {
            if *purpose == Purpose::Residence {
                vida.declare(&civic, begun.id).await.unwrap();
            }
        }
        if *purpose == Purpose::Residence {
            assert_eq!(
                refused(vida.declare(&civic, begun.id).await),
                "assistance_full"
            );
        }
        vida.end(&civic, begun.id).await.unwrap();
    }
}

async fn a_lost_telephone_is_signed_out_and_passkeys_are_not_shown(ground: Ground) {
    let civic = counter(&ground);
    let (_, phone) = resident(&civic, CODE).await;
    let vida = worker(&civic, "vida").await;
    let (viewer, cookie) = (&vida.viewer, vida.cookie.as_str());
    let begun = vida
        .begin(&civic, &with(Purpose::Facts, NAME, CODE))
        .await
        .unwrap();
    let facts = assistance::facts(&civic, viewer, cookie, begun.id)
        .await
        .unwrap();
    assert_eq!(
        (facts.account.name.as_str(), facts.sessions.len()),
        (NAME, 1)
    );
    assert!(facts.passkeys.is_empty() && facts.sessions.iter().all(|s| !s.current));
    vida.end(&civic, begun.id).await.unwrap();
    let begun = vida
        .begin(&civic, &with(Purpose::LostDevice, NAME, CODE))
        .await
        .unwrap();
    assert!(viewer_of(&civic, &phone).await.unwrap().account().is_some());
    assistance::end_sessions(&civic, viewer, cookie, begun.id)
        .await
        .unwrap();
    assert!(viewer_of(&civic, &phone).await.unwrap().account().is_none());
    assert!(
        viewer_of(&civic, cookie).await.unwrap().account().is_some(),
        "the worker's goes on"
    );
}

async fn what_is_left_of_it_names_nobody_and_holds_no_code(ground: Ground) {
    let civic = counter(&ground);
    let vida = worker(&civic, "vida").await;
    let begun = vida
        .begin(
            &civic,
            &with(Purpose::Residence, "Zenonas Ypatingasis", CODE),
        )
        .await
        .unwrap();
    vida.declare(&civic, begun.id).await.unwrap();
    vida.end(&civic, begun.id).await.unwrap();
    assert!(!holds(&ground.bytes().await, CODE), "the code");
    let (zenonas, cookie) = comes(&civic, Provider::Viisp, &[("code", CODE)], None)
        .await
        .unwrap();
    accounts::erase(&civic, &zenonas, &cookie).await.unwrap();
    assert!(!holds(&ground.bytes().await, "Ypatingasis"), "the name");
    let verdict = log::verify(&civic.db, &[], |_, _| {}).await.unwrap();
    assert!(matches!(verdict, log::Verdict::Whole(_)));
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|at| at == text.as_bytes())
}

/// One request with this cookie.
async fn send(civic: &Civic, method: &str, path: &str, cookie: &str, body: &Value) -> (u16, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::COOKIE, format!("aikste_session={cookie}"))
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = router(civic.clone()).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_a_counter_does_what_it_may_and_nothing_else() {
    let ground = Ground::sqlite().await;
    let civic = counter(&ground);
    let (_, resident) = resident(&civic, CODE).await;
    let vida = worker(&civic, "vida").await;
    let new = json!({
        "purpose": "residence", "document": "identity_card", "eldership": "silainiai",
        "given_name": "Ona", "family_name": "Kazlauskienė", "personal_code": CODE,
    });
    let base = "/api/v1/assistance";
    for (cookie, status) in [("", 401), (resident.as_str(), 403)] {
        assert_eq!(
            send(&civic, "GET", base, cookie, &Value::Null).await.0,
            status
        );
        assert_eq!(send(&civic, "POST", base, cookie, &new).await.0, status);
    }
    for (field, value, status) in [
        ("personal_code", json!("33309240164"), 422),
        ("personal_code", json!(33_309_240_064_i64), 400),
        ("purpose", json!("ballot"), 400),
        ("document", json!("library_card"), 400),
        ("account", json!(AccountId::new(civic.now())), 400),
    ] {
        let mut wrong = new.clone();
        wrong[field] = value;
        let (answered, body) = send(&civic, "POST", base, &vida.cookie, &wrong).await;
        assert_eq!(answered, status, "{field}");
        assert!(!body.to_string().contains("3330924"), "{body}");
    }
    let (status, begun) = send(&civic, "POST", base, &vida.cookie, &new).await;
    assert_eq!((status, &begun["resident_name"]), (201, &json!(NAME)));
    let at = |what: &str| format!("{base}/{}/{what}", begun["id"].as_str().unwrap());
    let lives = json!({ "eldership": "centras" });
    let declared = send(&civic, "PUT", &at("residence"), &vida.cookie, &lives).await;
    assert_eq!(declared.0, 204);
    let (status, body) = send(&civic, "POST", &at("facts"), &vida.cookie, &Value::Null).await;
    assert_eq!(
        (status, &body["code"]),
        (403, &json!("assistance_other_purpose"))
    );
    let (_, shown) = send(&civic, "GET", base, &vida.cookie, &Value::Null).await;
    assert_eq!(shown["current"]["acts"][0]["act"], "residence_declared");
    let ended = send(&civic, "POST", &at("end"), &vida.cookie, &Value::Null).await;
    assert_eq!(ended.0, 204);
    let (_, shown) = send(&civic, "GET", base, &vida.cookie, &Value::Null).await;
    assert_eq!(shown["current"], Value::Null);
    assert_eq!(shown["today"][0]["ended_how"], "finished");
    let (_, own) = send(&civic, "GET", "/api/v1/account", &resident, &Value::Null).await;
    assert_eq!(own["assistances"][0]["worker_name"], "Vida Langelienė");
}
