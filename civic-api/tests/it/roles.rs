//! Roles and the audit over HTTP, on SQLite; races on both databases.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use axum::middleware::from_fn_with_state;
use civic_api::identity::Provider;
use civic_api::roles::{self, By, Scope};
use civic_api::{Account, Error, Role, audit, conferences, demo, log, passkeys, router};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::accounts::{city, comes};
use crate::db;
use crate::ground::{Ground, on_both};
use crate::passkeys::with_key;

on_both!(
    of_many_givings_at_once_one_succeeds,
    of_two_administrators_who_take_from_each_other_one_is_left,
    the_log_and_the_audit_say_what_was_done_and_name_nobody,
    the_first_administrator_is_made_at_the_machine,
    a_flood_of_refusals_is_counted_and_not_written_one_by_one,
);

struct Site {
    ground: Ground,
    router: Router,
}

impl Site {
    async fn new() -> Self {
        let ground = Ground::sqlite().await;
        ground.fill().await;
        let civic = ground.civic.clone();
        let router = router(civic.clone()).layer(from_fn_with_state(civic, audit::watch));
        Self { ground, router }
    }

    async fn send(&self, method: &str, path: &str, cookie: &str, body: &str) -> (u16, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT_LANGUAGE, "en")
            .body(Body::from(body.to_owned()))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), 1 << 22).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    async fn get(&self, path: &str, cookie: &str) -> (u16, Value) {
        let (status, body) = self.send("GET", path, cookie, "").await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    async fn post(&self, path: &str, cookie: &str, body: Value) -> (u16, Value) {
        let (status, body) = self.send("POST", path, cookie, &body.to_string()).await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    async fn sign_in(&self, first_name: &str) -> String {
        let account = self.ground.person(first_name).await.id;
        let body = json!({ "account": account }).to_string();
        let request = Request::post("/api/v1/session")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let response = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let set = response.headers()[header::SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }

    async fn person(&self, first_name: &str) -> Account {
        self.ground.person(first_name).await
    }
}

fn giving(role: &str, scope: &str) -> Value {
    json!({ "role": role, "scope": scope, "reason": "Tarybos sprendimas" })
}

fn code((status, body): (u16, Value)) -> (u16, String) {
    (status, body["code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_administrator_is_refused_everywhere_and_that_is_written_down() {
    let site = Site::new().await;
    let jonas = site.person("Jonas").await;
    let (resident, host) = (site.sign_in("Jonas").await, site.sign_in("Rasa").await);
    let give = format!("/api/v1/admin/people/{}/roles", jonas.id);
    let take = format!("/api/v1/admin/roles/{}/take", jonas.id);
    let person = format!("/api/v1/admin/people/{}", jonas.id);
    for (cookie, status, reason) in [
        ("", 401, "sign_in_required"),
        ("aikste_session=forged", 401, "sign_in_required"),
        (resident.as_str(), 403, "not_allowed"),
        (host.as_str(), 403, "not_allowed"),
    ] {
        for path in [
            "/api/v1/admin/people",
            &person,
            "/api/v1/admin/audit",
            "/api/v1/admin/audit.csv",
        ] {
            let refused = code(site.get(path, cookie).await);
            assert_eq!(refused, (status, reason.into()), "{path} {cookie}");
        }
        for (path, body) in [
            (&give, giving("administrator", "city")),
            (&take, json!({ "reason": "Nes noriu" })),
        ] {
            let refused = code(site.post(path, cookie, body).await);
            assert_eq!(refused, (status, reason.into()), "{path} {cookie}");
        }
    }
    assert!(
        roles::of(&site.ground.civic, jonas.id)
            .await
            .unwrap()
            .is_empty()
    );
    let admin = site.sign_in("Darius").await;
    let path = format!("/api/v1/admin/audit?kind=refused&person={}", jonas.id);
    let (_, body) = site.get(&path, &admin).await;
    let lines = body["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 6, "{body}");
    for line in lines {
        assert_eq!(line["actor"], jonas.id.to_string());
        assert_eq!(line["code"], "not_allowed");
        assert_eq!(line["times"], 1);
        let route = line["what"].as_str().unwrap();
        assert!(route.starts_with("/api/v1/admin/"), "{line}");
        assert!(!route.contains(&jonas.id.to_string()), "a pattern: {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_given_used_and_taken() {
    let site = Site::new().await;
    let admin = site.sign_in("Darius").await;
    let (ona, cookie) = (site.person("Ona").await, site.sign_in("Ona").await);
    let announce = json!({
        "title": "x", "starts_at": "2026-11-24T15:00:00Z", "ends_at": "2026-11-24T16:00:00Z",
        "minutes_per_resident": 5, "recorded": false, "retention_days": 1, "audience": "anyone",
    });
    let announces = || site.post("/api/v1/conferences", &cookie, announce.clone());
    assert_eq!(announces().await.0, 403);
    let path = format!("/api/v1/admin/people/{}/roles", ona.id);
    let (status, given) = site.post(&path, &admin, giving("councillor", "city")).await;
    assert_eq!(status, 201, "{given}");
    assert_eq!(
        announces().await.0,
        201,
        "the session that was there gained it"
    );
    assert_eq!(site.person("Ona").await.role, Role::Councillor);
    let again = code(site.post(&path, &admin, giving("councillor", "city")).await);
    assert_eq!(again, (409, "role_held".into()));

    let take = format!("/api/v1/admin/roles/{}/take", given["id"].as_str().unwrap());
    let reason = json!({ "reason": "Baigėsi kadencija" });
    assert_eq!(site.post(&take, &admin, reason.clone()).await.0, 204);
    assert_eq!(announces().await.0, 403, "at once");
    assert_eq!(
        code(site.post(&take, &admin, reason).await),
        (409, "role_taken".into())
    );
    assert_eq!(site.person("Ona").await.role, Role::Resident);
    let (_, person) = site
        .get(&format!("/api/v1/admin/people/{}", ona.id), &admin)
        .await;
    let role = &person["roles"][0];
    assert_eq!(role["given"]["by"], "Darius Grinius");
    assert_eq!(role["taken"]["reason"], "Baigėsi kadencija");
    let (_, own) = site.get("/api/v1/account", &cookie).await;
    assert_eq!(
        own["roles"], person["roles"],
        "and it is shown to whom it concerns"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_given_and_taken_only_by_who_has_just_shown_a_passkey() {
    let ground = Ground::sqlite().await;
    ground.fill().await;
    let civic = city(&ground);
    let told = [("sub", "a"), ("name", "Rūta")];
    let (ruta, _) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    let role = Role::Administrator;
    roles::give(&civic, By::Operator, ruta.id, role, Scope::City, "Įsakymas")
        .await
        .unwrap();
    let (_, cookie) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    let cookie = format!("aikste_session={}", with_key(&civic, &cookie).await);
    let router = router(civic);
    let site = Site { ground, router };
    let ona = site.person("Ona").await;
    let give = format!("/api/v1/admin/people/{}/roles", ona.id);
    let (status, given) = site.post(&give, &cookie, giving("clerk", "city")).await;
    assert_eq!(status, 201, "{given}");
    site.ground.clock.advance_s(passkeys::rules::FRESH_S);
    let take = format!("/api/v1/admin/roles/{}/take", given["id"].as_str().unwrap());
    for (path, body) in [
        (&give, giving("editor", "city")),
        (&take, json!({ "reason": "Nebereikia" })),
    ] {
        let refused = code(site.post(path, &cookie, body).await);
        assert_eq!(refused, (403, "confirmation_required".into()), "{path}");
    }
    assert_eq!(
        site.get("/api/v1/admin/audit", &cookie).await.0,
        200,
        "looking asks for none"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_given_is_refused_with_its_reason() {
    let site = Site::new().await;
    let admin = site.sign_in("Darius").await;
    let (darius, ona) = (site.person("Darius").await, site.person("Ona").await);
    let nowhere = "conference/01890a5d-ac96-774b-bcce-b302099a8057";
    let give = |to: &Account, body| {
        let path = format!("/api/v1/admin/people/{}/roles", to.id);
        let (site, admin) = (&site, &admin);
        async move { code(site.post(&path, admin, body).await) }
    };
    for (body, status, reason) in [
        (giving("resident", "city"), 422, "invalid_field"),
        (giving("administrator", "receptions"), 422, "invalid_field"),
        (giving("clerk", "everything"), 422, "invalid_field"),
        (giving("secretary", nowhere), 404, "not_found"),
        (giving("mayor", "city"), 400, "malformed_body"),
        (
            json!({ "role": "clerk", "scope": "city", "reason": " " }),
            422,
            "invalid_field",
        ),
        (
            json!({ "role": "clerk", "scope": "city", "reason": "abc", "by": "x" }),
            400,
            "malformed_body",
        ),
    ] {
        assert_eq!(
            give(&ona, body.clone()).await,
            (status, reason.into()),
            "{body}"
        );
    }
    assert_eq!(
        give(&darius, giving("councillor", "city")).await,
        (409, "role_own".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secretary_of_one_reception_runs_it_and_no_other() {
    let site = Site::new().await;
    let admin = site.sign_in("Darius").await;
    let (ona, cookie) = (site.person("Ona").await, site.sign_in("Ona").await);
    let coming = conferences::list(&site.ground.civic, conferences::When::Coming, 9)
        .await
        .unwrap();
    let scope = format!("conference/{}", coming[0].id);
    let path = format!("/api/v1/admin/people/{}/roles", ona.id);
    let (status, _) = site.post(&path, &admin, giving("secretary", &scope)).await;
    assert_eq!(status, 201);
    for (conference, expected) in [(&coming[0], 204), (&coming[1], 403)] {
        let path = format!("/api/v1/conferences/{}/open", conference.id);
        assert_eq!(site.post(&path, &cookie, Value::Null).await.0, expected);
    }
    let records = log::after(&site.ground.civic.db, 0, 500).await.unwrap();
    let opened = records.iter().rfind(|r| r.kind == "conference.opened");
    assert_eq!(opened.unwrap().actor_role, "secretary");
    assert_eq!(
        site.person("Ona").await.role,
        Role::Resident,
        "one thing is no office"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn people_are_found_by_name_and_role_page_by_page() {
    let site = Site::new().await;
    let admin = site.sign_in("Darius").await;
    let find = |query: &'static str| {
        let (site, admin) = (&site, &admin);
        async move {
            let (status, body) = site
                .get(&format!("/api/v1/admin/people?{query}"), admin)
                .await;
            assert_eq!(status, 200, "{body}");
            let people = body["people"].as_array().unwrap().clone();
            let name = |p: &Value| p["account"]["name"].as_str().unwrap().to_owned();
            people.iter().map(name).collect::<Vec<_>>()
        }
    };
    assert_eq!(find("name=VAITKIENE").await, ["Rasa Vaitkienė"]);
    assert_eq!(find("name=%C5%A0ilka").await, ["Aldona Šilkaitytė"]);
    for nothing in ["name=%25", "name=_", "name=%27%20or%201=1"] {
        assert!(find(nothing).await.is_empty(), "{nothing}");
    }
    assert_eq!(find("role=administrator").await, ["Darius Grinius"]);
    assert_eq!(
        find("role=resident").await,
        ["Jonas Petraitis", "Ona Kazlauskienė"]
    );
    let all = find("limit=1000").await;
    assert_eq!(all.len(), 6);
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let path = format!("/api/v1/admin/people?limit=4{after}");
        let (_, body) = site.get(&path, &admin).await;
        let page = body["people"].as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        after = format!("&after={}", last["account"]["id"].as_str().unwrap());
        let names = page
            .iter()
            .map(|p| p["account"]["name"].as_str().unwrap().to_owned());
        seen.extend(names);
    }
    assert_eq!(seen, all);
    let long = format!("/api/v1/admin/people?name={}", "a".repeat(101));
    assert_eq!(site.get(&long, &admin).await.0, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_is_filtered_paged_and_taken_along_without_names() {
    let site = Site::new().await;
    let admin = site.sign_in("Darius").await;
    let ona = site.person("Ona").await;
    let path = format!("/api/v1/admin/people/{}/roles", ona.id);
    for role in ["clerk", "editor", "architect"] {
        site.ground.clock.advance_s(60);
        assert_eq!(site.post(&path, &admin, giving(role, "city")).await.0, 201);
    }
    let (_, first) = site.get("/api/v1/admin/audit?limit=2", &admin).await;
    let lines = first["lines"].as_array().unwrap();
    assert_eq!(lines[0]["what"], "architect");
    assert_eq!(lines[0]["subject_name"], "Ona Kazlauskienė");
    let before = lines[1]["id"].as_str().unwrap();
    let (_, next) = site
        .get(&format!("/api/v1/admin/audit?before={before}"), &admin)
        .await;
    assert_eq!(next["lines"][0]["what"], "clerk");
    assert_eq!(next["lines"].as_array().unwrap().len(), 1);
    let (_, from) = site
        .get("/api/v1/admin/audit?from=2026-11-23T08:03:00Z", &admin)
        .await;
    assert_eq!(from["lines"].as_array().unwrap().len(), 1);
    assert_eq!(site.get("/api/v1/admin/audit?kind=x", &admin).await.0, 422);

    let (status, csv) = site
        .send("GET", "/api/v1/admin/audit.csv", &admin, "")
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        csv.lines().count(),
        5,
        "a head, three givings, this export: {csv}"
    );
    assert!(csv.contains("audit.exported") && csv.contains(&ona.id.to_string()));
    assert!(!csv.contains("Ona") && !csv.contains("Darius"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_one() {
    let site = Site::new().await;
    let admin = site.sign_in("Darius").await;
    let (darius, ona) = (site.person("Darius").await, site.person("Ona").await);
    let held = roles::of(&site.ground.civic, darius.id).await.unwrap();
    let take = format!("/api/v1/admin/roles/{}/take", held[0].id);
    let reason = json!({ "reason": "Išeinu" });
    assert_eq!(
        code(site.post(&take, &admin, reason.clone()).await),
        (409, "last_administrator".into())
    );
    let give = format!("/api/v1/admin/people/{}/roles", ona.id);
    let given = site
        .post(&give, &admin, giving("administrator", "city"))
        .await;
    assert_eq!(given.0, 201);
    assert_eq!(site.post(&take, &admin, reason).await.0, 204);
    assert_eq!(
        code(site.get("/api/v1/admin/people", &admin).await),
        (403, "not_allowed".into())
    );
}

async fn of_many_givings_at_once_one_succeeds(ground: Ground) {
    ground.fill().await;
    let (darius, ona) = (ground.person("Darius").await, ground.person("Ona").await);
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (civic, darius) = (ground.civic.clone(), darius.clone());
            tokio::spawn(async move {
                let by = By::Account(&darius);
                roles::give(&civic, by, ona.id, Role::Clerk, Scope::City, "Kadrai").await
            })
        })
        .collect();
    let mut given = Vec::new();
    for one in all {
        match one.await.unwrap() {
            Ok(id) => given.push(id),
            Err(refused) => assert!(matches!(refused, Error::WrongState("role_held"))),
        }
    }
    assert_eq!(given.len(), 1);
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (civic, darius, id) = (ground.civic.clone(), darius.clone(), given[0]);
            tokio::spawn(
                async move { roles::take(&civic, By::Account(&darius), id, "Kadrai").await },
            )
        })
        .collect();
    let mut taken = 0;
    for one in all {
        match one.await.unwrap() {
            Ok(()) => taken += 1,
            Err(refused) => assert!(matches!(refused, Error::WrongState("role_taken"))),
        }
    }
    assert_eq!(taken, 1);
    let kinds = "select kind from log_records where stream = 'roles' order by seq";
    assert_eq!(
        db::rows(&ground.url, kinds).await,
        ["role.granted", "role.taken"]
    );
}

async fn of_two_administrators_who_take_from_each_other_one_is_left(ground: Ground) {
    ground.fill().await;
    let (darius, ona) = (ground.person("Darius").await, ground.person("Ona").await);
    let civic = &ground.civic;
    let by = By::Account(&darius);
    let second = roles::give(civic, by, ona.id, Role::Administrator, Scope::City, "Du").await;
    assert!(matches!(second, Err(Error::Invalid { field: "reason" })));
    let by_both = "Reikia dviejų";
    let second = roles::give(civic, by, ona.id, Role::Administrator, Scope::City, by_both)
        .await
        .unwrap();
    let first = roles::of(civic, darius.id).await.unwrap()[0].id;
    let takes = |who: Account, id| {
        let civic = civic.clone();
        tokio::spawn(async move { roles::take(&civic, By::Account(&who), id, "Ginčas").await })
    };
    let (one, other) = (takes(darius.clone(), second), takes(ona, first));
    let taken = [one.await.unwrap().is_ok(), other.await.unwrap().is_ok()];
    assert_eq!(taken.iter().filter(|taken| **taken).count(), 1);
    let left = roles::everyone(civic).await.unwrap();
    assert_eq!(
        left.iter()
            .filter(|(_, _, role, _)| *role == Role::Administrator)
            .count(),
        1
    );
}

async fn the_log_and_the_audit_say_what_was_done_and_name_nobody(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let (darius, ona) = (ground.person("Darius").await, ground.person("Ona").await);
    let reason = "Ona Kazlauskienė priimta į darbą";
    roles::give(
        civic,
        By::Account(&darius),
        ona.id,
        Role::Clerk,
        Scope::City,
        reason,
    )
    .await
    .unwrap();
    let records = log::after(&civic.db, 0, 500).await.unwrap();
    let record = records.last().unwrap();
    assert_eq!(record.kind, "role.granted");
    assert_eq!(record.actor_role, "administrator");
    assert_eq!(record.payload, json!({ "role": "clerk", "scope": "city" }));
    let shown = roles::of(civic, ona.id).await.unwrap();
    let subject = shown[0].given.log_subject.unwrap().to_string();
    assert_eq!(
        record.subject, subject,
        "only beside the account is it said whose it is"
    );
    for column in ["stream", "subject", "payload"] {
        let logged = db::texts(&ground.url, "log_records", column).await;
        for personal in ["Ona", "Darius", &ona.id.to_string(), &darius.id.to_string()] {
            assert!(!logged.contains(personal), "{column}");
        }
    }
    let lines = audit::browse(civic, &audit::Filter::default(), 9)
        .await
        .unwrap();
    assert_eq!(
        (lines[0].actor, lines[0].subject),
        (Some(darius.id), Some(ona.id))
    );
    for column in ["kind", "what", "place"] {
        let kept = db::texts(&ground.url, "audit", column).await;
        assert!(!kept.contains("Ona") && !kept.contains("darb"), "{column}");
    }
    demo::remove(&civic.db, &*ground.clock).await.unwrap();
    assert_eq!(db::count(&ground.url, "role_grants").await, 0);
    let lines = audit::browse(civic, &audit::Filter::default(), 9)
        .await
        .unwrap();
    assert_eq!(
        lines[0].subject_name, None,
        "the line stays and names nobody"
    );
    let verdict = log::verify(&civic.db, &[], |_, _| {}).await.unwrap();
    assert!(matches!(verdict, log::Verdict::Whole(_)));
}

async fn the_first_administrator_is_made_at_the_machine(ground: Ground) {
    ground.fill().await;
    // A city without the switch: made-up administrators are none.
    let civic = ground.without_demonstration();
    let (jonas, darius) = (ground.person("Jonas").await, ground.person("Darius").await);
    let (role, scope) = (Role::Administrator, Scope::City);
    let id = roles::give(&civic, By::Operator, jonas.id, role, scope, "Pirmasis")
        .await
        .unwrap();
    let records = log::after(&civic.db, 0, 500).await.unwrap();
    assert_eq!(records.last().unwrap().actor_role, "operator");
    let refused = roles::take(&civic, By::Operator, id, "Klaida").await;
    assert!(matches!(
        refused,
        Err(Error::WrongState("last_administrator"))
    ));
    let forged = Account {
        role: Role::Administrator,
        ..ground.person("Ona").await
    };
    let by = By::Account(&forged);
    let refused = roles::give(&civic, by, darius.id, Role::Clerk, scope, "Noriu").await;
    assert!(
        matches!(refused, Err(Error::NotAllowed)),
        "what counts is what was given"
    );
}

async fn a_flood_of_refusals_is_counted_and_not_written_one_by_one(ground: Ground) {
    ground.fill().await;
    let civic = ground.civic.clone();
    let router = router(civic.clone()).layer(from_fn_with_state(civic.clone(), audit::watch));
    for n in 0..500 {
        let path = ["/api/v1/account", "/api/v1/admin/people"][n % 2];
        let request = Request::get(path).body(Body::empty()).unwrap();
        router.clone().oneshot(request).await.unwrap();
        if n == 250 {
            audit::flush(&civic).await.unwrap();
        }
    }
    let lines = audit::browse(&civic, &audit::Filter::default(), 100)
        .await
        .unwrap();
    let mut times: Vec<_> = lines.iter().map(|line| line.times).collect();
    times.sort_unstable();
    assert_eq!(times, [250, 250]);
    audit::forget(&civic).await.unwrap();
    assert_eq!(db::count(&ground.url, "audit").await, 2);
}
