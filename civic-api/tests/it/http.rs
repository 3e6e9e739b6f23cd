//! The JSON API as a browser meets it: statuses, bodies, cookies, words.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, Response, StatusCode, header};
use civic_api::conferences::{self, When, recordings};
use civic_api::log::Actor;
use civic_api::router;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::ground::Ground;

struct Site {
    ground: Ground,
    router: Router,
}

impl Site {
    async fn new() -> Self {
        let ground = Ground::sqlite().await;
        ground.fill().await;
        let router = router(ground.civic.clone());
        Self { ground, router }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        read(
            self.send(Request::get(path).body(Body::empty()).unwrap())
                .await,
        )
        .await
    }

    async fn post(&self, path: &str, cookie: &str, body: Value) -> (StatusCode, Value) {
        let request = Request::post(path)
            .header(header::COOKIE, cookie)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        read(self.send(request).await).await
    }

    /// Signs in; answers the `Set-Cookie` value.
    async fn sign_in(&self, first_name: &str) -> String {
        let account = self.ground.person(first_name).await.id;
        let request = Request::post("/api/v1/session")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(json!({ "account": account }).to_string()))
            .unwrap();
        let response = self.send(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        response.headers()[header::SET_COOKIE]
            .to_str()
            .unwrap()
            .to_owned()
    }

    async fn todays(&self) -> String {
        let coming = conferences::list(&self.ground.civic, When::Coming, 1)
            .await
            .unwrap();
        coming[0].id.to_string()
    }
}

async fn read(response: Response<Body>) -> (StatusCode, Value) {
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let value = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap()
    };
    (status, value)
}

fn refused((status, body): (StatusCode, Value)) -> (u16, String) {
    assert_eq!(body["status"], status.as_u16());
    (status.as_u16(), body["code"].as_str().unwrap().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_signs_in_opens_and_ends() {
    let site = Site::new().await;
    let set = site.sign_in("Rasa").await;
    for attribute in ["HttpOnly", "SameSite=Lax", "Secure", "Path=/"] {
        assert!(set.contains(attribute), "{set}");
    }
    let cookie = set.split(';').next().unwrap();
    let id = site.todays().await;
    for (verb, status) in [("open", "open"), ("end", "ended")] {
        let path = format!("/api/v1/conferences/{id}/{verb}");
        assert_eq!(
            site.post(&path, cookie, Value::Null).await.0,
            StatusCode::NO_CONTENT
        );
        let (_, conference) = site.get(&format!("/api/v1/conferences/{id}")).await;
        assert_eq!(conference["status"], status);
    }
    let (_, conference) = site.get(&format!("/api/v1/conferences/{id}")).await;
    assert_eq!(conference["host_name"], "Rasa Vaitkienė");
    assert_eq!(conference["starts_at"], "2026-11-23T15:00:00Z");
    assert_eq!(conference["recorded"], true);
    assert_eq!(conference["retention_days"], 365);
}

#[tokio::test(flavor = "multi_thread")]
async fn everyone_else_is_refused() {
    let site = Site::new().await;
    let id = site.todays().await;
    let path = format!("/api/v1/conferences/{id}/open");
    assert_eq!(
        refused(site.post(&path, "", Value::Null).await),
        (401, "sign_in_required".into())
    );
    let set = site.sign_in("Jonas").await;
    let jonas = set.split(';').next().unwrap();
    assert_eq!(
        refused(site.post(&path, jonas, Value::Null).await),
        (403, "not_allowed".into())
    );
    assert_eq!(
        refused(
            site.post("/api/v1/conferences", jonas, announcement("x"))
                .await
        ),
        (403, "not_allowed".into())
    );
    assert_eq!(
        refused(
            site.post("/api/v1/conferences", "", announcement("x"))
                .await
        ),
        (401, "sign_in_required".into())
    );
}

fn announcement(title: &str) -> Value {
    json!({
        "title": title,
        "starts_at": "2026-11-24T15:00:00Z",
        "ends_at": "2026-11-24T16:00:00Z",
        "minutes_per_resident": 8,
        "recorded": false,
        "retention_days": 30,
        "audience": "anyone",
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_announces() {
    let site = Site::new().await;
    let set = site.sign_in("Povilas").await;
    let cookie = set.split(';').next().unwrap();
    let (status, made) = site
        .post("/api/v1/conferences", cookie, announcement("Takai"))
        .await;
    assert_eq!(
        (status, &made["title"]),
        (StatusCode::CREATED, &json!("Takai"))
    );
    let (_, seen) = site
        .get(&format!(
            "/api/v1/conferences/{}",
            made["id"].as_str().unwrap()
        ))
        .await;
    assert_eq!(made, seen);
    let (status, problem) = site
        .post("/api/v1/conferences", cookie, announcement(""))
        .await;
    assert_eq!((status.as_u16(), &problem["field"]), (422, &json!("title")));
    for wrong in [json!({}), json!([]), json!({ "title": 1 }), {
        let mut more = announcement("x");
        more["host_id"] = json!("someone else");
        more
    }] {
        assert_eq!(
            refused(site.post("/api/v1/conferences", cookie, wrong).await),
            (400, "malformed_body".into())
        );
    }
    assert_eq!(
        refused(
            site.post(
                "/api/v1/conferences",
                cookie,
                announcement(&"x".repeat(70_000))
            )
            .await
        ),
        (413, "too_large".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_a_problem_too() {
    let site = Site::new().await;
    for path in [
        "/api/v1/conferences/x",
        "/api/v1/conferences/01890a5d-ac96-774b-bcce-b302099a8057",
        "/api/v1/recordings/01890a5d-ac96-774b-bcce-b302099a8057",
        "/api/v1/recordings/%ff",
    ] {
        assert_eq!(
            refused(site.get(path).await),
            (404, "not_found".into()),
            "{path}"
        );
    }
    assert_eq!(
        refused(site.get("/api/v1/nothing/here").await),
        (404, "no_route".into())
    );
    for path in [
        "/api/v1/conferences",
        "/api/v1/conferences?when=never",
        "/api/v1/conferences?when=now&limit=x",
        "/api/v1/log?after=x",
    ] {
        assert_eq!(
            refused(site.get(path).await),
            (400, "malformed_parameter".into()),
            "{path}"
        );
    }
    let request = Request::put("/api/v1/session").body(Body::empty()).unwrap();
    assert_eq!(
        refused(read(site.send(request).await).await),
        (405, "method_not_allowed".into())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_speak_the_readers_language() {
    let site = Site::new().await;
    for (name, value, title) in [
        ("accept-language", "lt", "Tokio įrašo nėra"),
        (
            "accept-language",
            "en-GB",
            "There is nothing here by that name",
        ),
        ("cookie", "kalba=en", "There is nothing here by that name"),
    ] {
        let request = Request::get("/api/v1/conferences/x")
            .header(name, value)
            .body(Body::empty())
            .unwrap();
        let response = site.send(request).await;
        assert_eq!(
            response.headers()[header::CONTENT_TYPE],
            "application/problem+json"
        );
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        let (_, problem) = read(response).await;
        assert_eq!(problem["title"], title);
        assert_eq!(problem["type"], "about:blank#not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_takes_the_cookie_away() {
    let site = Site::new().await;
    let set = site.sign_in("Ona").await;
    let cookie = set.split(';').next().unwrap();
    let who = async || {
        let request = Request::get("/api/v1/session").header(header::COOKIE, cookie);
        read(site.send(request.body(Body::empty()).unwrap()).await)
            .await
            .1
    };
    assert_eq!(who().await["account"]["name"], "Ona Kazlauskienė");
    let request = Request::delete("/api/v1/session").header(header::COOKIE, cookie);
    let response = site.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    let taken = response.headers()[header::SET_COOKIE].to_str().unwrap();
    assert!(
        taken.contains("Max-Age=0") && taken.contains("Path=/"),
        "{taken}"
    );
    assert_eq!(who().await, json!({ "account": null }));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_switch_nobody_is_played() {
    let site = Site::new().await;
    let account = site.ground.person("Rasa").await.id;
    let off = Site {
        router: router(site.ground.without_demonstration()),
        ground: site.ground,
    };
    assert_eq!(
        refused(
            off.post("/api/v1/session", "", json!({ "account": account }))
                .await
        ),
        (403, "demonstration_off".into())
    );
    let (_, accounts) = off.get("/api/v1/demonstration/accounts").await;
    assert_eq!(accounts, json!({ "accounts": [] }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_recording_is_found_once_it_is_finished() {
    let site = Site::new().await;
    let civic = &site.ground.civic;
    let conference = site.todays().await.parse().unwrap();
    conferences::open(civic, &site.ground.viewer("Rasa").await, conference)
        .await
        .unwrap();
    let id = recordings::begin(civic, conference).await.unwrap().id;
    let path = format!("/api/v1/recordings/{id}");
    recordings::stop(civic, id, Actor::Host).await.unwrap();
    assert_eq!(refused(site.get(&path).await), (404, "not_found".into()));
    let facts = recordings::Facts {
        duration_ms: 5000,
        size_bytes: 9,
        manifest_sha256: None,
    };
    recordings::finish(civic, id, facts).await.unwrap();
    let (status, shown) = site.get(&path).await;
    assert_eq!(
        (status, &shown["duration_ms"]),
        (StatusCode::OK, &json!(5000))
    );
    assert_eq!(
        shown["conference"]["title"],
        "Gatvių apšvietimas ir šaligatviai"
    );
    assert_eq!(shown["labels"], json!({}));
    let (_, archive) = site.get("/api/v1/recordings").await;
    assert_eq!(archive["recordings"][0]["id"], id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_public_and_ends_where_its_head_says() {
    let site = Site::new().await;
    let (_, head) = site.get("/api/v1/log/head").await;
    let (_, log) = site.get("/api/v1/log?after=0&limit=500").await;
    let records = log["records"].as_array().unwrap();
    assert_eq!(records.last().unwrap()["hash"], head["hash"]);
    let (_, page) = site.get("/api/v1/log?after=2&limit=1").await;
    assert_eq!(page["records"], json!([records[2]]));
}

#[tokio::test(flavor = "multi_thread")]
async fn routes_added_by_the_server_are_of_the_same_house() {
    let ground = Ground::sqlite().await;
    let more = Router::new().route(
        "/api/v1/conferences/{id}/more",
        axum::routing::post(async || civic_api::Error::NotAllowed),
    );
    let mut described = civic_api::openapi();
    described.paths = Default::default();
    described
        .paths
        .paths
        .insert("/api/v1/conferences/{id}/more".into(), Default::default());
    let router = civic_api::router_with(ground.civic.clone(), more, described);
    let site = Site { ground, router };
    let request = Request::post("/api/v1/conferences/x/more").header("accept-language", "en");
    let (_, problem) = read(site.send(request.body(Body::empty()).unwrap()).await).await;
    assert_eq!(problem["title"], "You may not do this");
    assert_eq!(
        refused(site.get("/api/v1/conferences/x/more").await),
        (405, "method_not_allowed".into())
    );
    let (_, document) = site.get("/api/v1/openapi.json").await;
    for path in ["/api/v1/conferences/{id}/more", "/api/v1/conferences/{id}"] {
        assert!(document["paths"][path].is_object(), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_description_is_served() {
    let site = Site::new().await;
    let (status, document) = site.get("/api/v1/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(document["components"]["schemas"]["Problem"].is_object());
}
