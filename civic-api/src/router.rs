//! Every route of `/api/v1`, in one table; the OpenAPI document describes the same ones (a test compares them).

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, delete, get, post, put};
use axum::{Extension, Json, Router, middleware};
use utoipa::OpenApi;

use crate::error::{self, Problem};
use crate::{
    Civic, Error, accounts, assistance, audit, conferences, identity, log, passkeys, residence,
    roles, tokens,
};

/// The largest body that is read, in bytes.
const MAX_BODY_BYTES: usize = 64 * 1024;

/// One route.
struct Route {
    /// For the tests, which hold the table against its descriptions.
    #[cfg_attr(not(test), expect(dead_code, reason = "read by the tests"))]
    method: &'static str,
    path: &'static str,
    handler: MethodRouter<Civic>,
}

fn route(method: &'static str, path: &'static str, handler: MethodRouter<Civic>) -> Route {
    Route {
        method,
        path,
        handler,
    }
}

fn routes() -> Vec<Route> {
    vec![
        route("get", "/api/v1/openapi.json", get(openapi_json)),
        route("get", "/api/v1/session", get(identity::http::who)),
        route("post", "/api/v1/session", post(identity::http::sign_in)),
        route(
            "delete",
            "/api/v1/session",
            delete(identity::http::sign_out),
        ),
        route(
            "get",
            "/api/v1/demonstration/accounts",
            get(identity::http::demonstration),
        ),
        route(
            "get",
            "/api/v1/phone-sign-in",
            get(identity::phone::http::state),
        ),
        route(
            "post",
            "/api/v1/phone-sign-in/activity",
            post(identity::phone::http::used),
        ),
        route("get", "/api/v1/account", get(accounts::http::facts)),
        route(
            "delete",
            "/api/v1/account/sessions/{id}",
            delete(accounts::http::end_session),
        ),
        route(
            "put",
            "/api/v1/account/residence",
            put(residence::http::declare),
        ),
        route(
            "post",
            "/api/v1/passkeys/challenge",
            post(passkeys::http::ask),
        ),
        route("post", "/api/v1/passkeys", post(passkeys::http::add)),
        route(
            "post",
            "/api/v1/passkeys/confirmation",
            post(passkeys::http::confirm),
        ),
        route(
            "post",
            "/api/v1/passkeys/recovery",
            post(passkeys::http::recover),
        ),
        route(
            "post",
            "/api/v1/passkeys/recovery-codes",
            post(passkeys::http::new_codes),
        ),
        route(
            "delete",
            "/api/v1/passkeys/{id}",
            delete(passkeys::http::remove),
        ),
        route(
            "post",
            "/api/v1/accounts/{id}/passkeys/reset",
            post(passkeys::http::reset),
        ),
        route("get", "/api/v1/conferences", get(conferences::http::list)),
        route(
            "post",
            "/api/v1/conferences",
            post(conferences::http::create),
        ),
        route(
            "get",
            "/api/v1/conferences/{id}",
            get(conferences::http::one),
        ),
        route(
            "post",
            "/api/v1/conferences/{id}/open",
            post(conferences::http::open),
        ),
        route(
            "post",
            "/api/v1/conferences/{id}/end",
            post(conferences::http::end),
        ),
        route(
            "get",
            "/api/v1/recordings",
            get(conferences::recordings::http::list),
        ),
        route(
            "get",
            "/api/v1/recordings/{id}",
            get(conferences::recordings::http::one),
        ),
        route("get", "/api/v1/rights", get(tokens::http::list)),
        route("post", "/api/v1/rights/tokens", post(tokens::http::issue)),
        route("get", "/api/v1/assistance", get(assistance::http::counter)),
        route("post", "/api/v1/assistance", post(assistance::http::begin)),
        route(
            "put",
            "/api/v1/assistance/{id}/residence",
            put(assistance::http::declare),
        ),
        route(
            "post",
            "/api/v1/assistance/{id}/facts",
            post(assistance::http::facts),
        ),
        route(
            "post",
            "/api/v1/assistance/{id}/sessions/end",
            post(assistance::http::end_sessions),
        ),
        route(
            "post",
            "/api/v1/assistance/{id}/end",
            post(assistance::http::end),
        ),
        route("get", "/api/v1/roles", get(roles::http::table)),
        route("get", "/api/v1/admin/people", get(roles::http::people)),
        route("get", "/api/v1/admin/people/{id}", get(roles::http::person)),
        route(
            "post",
            "/api/v1/admin/people/{id}/roles",
            post(roles::http::give),
        ),
        route(
            "post",
            "/api/v1/admin/roles/{id}/take",
            post(roles::http::take),
        ),
        route("get", "/api/v1/admin/audit", get(audit::http::list)),
        route("get", "/api/v1/admin/audit.csv", get(audit::http::export)),
        route("get", "/api/v1/log", get(log::http::list)),
        route("get", "/api/v1/log/head", get(log::http::head)),
        route("get", "/api/v1/log/events", get(log::http::listen)),
        route("get", "/api/v1/log/records/{seq}", get(log::http::one)),
        route("get", "/api/v1/log/checkpoint", get(log::http::checkpoint)),
        route(
            "get",
            "/api/v1/log/checkpoints",
            get(log::http::checkpoints),
        ),
        route("get", "/api/v1/log/keys", get(log::http::keys)),
        route(
            "get",
            "/api/v1/log/proofs/inclusion",
            get(log::http::inclusion),
        ),
        route(
            "get",
            "/api/v1/log/proofs/consistency",
            get(log::http::consistency),
        ),
    ]
}

/// The JSON API, under `/api/v1`; whatever else is asked there is a problem, in the reader's language. CSRF is checked
/// by a layer around it.
pub fn router(civic: Civic) -> Router {
    router_with(civic, Router::new(), utoipa::openapi::OpenApi::default())
}

/// The same with routes of the caller's own under `/api/v1`: their refusals are translated too, and the description
/// holds what is `described` of them.
pub fn router_with(civic: Civic, more: Router, described: utoipa::openapi::OpenApi) -> Router {
    let mut router = Router::new();
    for Route { path, handler, .. } in routes() {
        router = router.route(path, handler);
    }
    let mut description = openapi();
    description.merge(described);
    router
        .route("/api/v1/{*rest}", axum::routing::any(no_route))
        .layer(Extension(Arc::new(description)))
        .with_state(civic)
        .merge(more)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(error::translate))
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
}

async fn no_route() -> Error {
    Error::NoRoute
}

async fn method_not_allowed() -> Error {
    Error::MethodNotAllowed
}

/// The API's description (OpenAPI 3.1).
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Aikštė",
        description = "Receptions, their recordings, and the civic log. docs/API.md says more.",
        license(name = "EUPL-1.2", identifier = "EUPL-1.2")
    ),
    paths(
        openapi_json,
        identity::http::who,
        identity::http::sign_in,
        identity::http::sign_out,
        identity::http::demonstration,
        identity::phone::http::state,
        identity::phone::http::used,
        accounts::http::facts,
        accounts::http::end_session,
        residence::http::declare,
        passkeys::http::ask,
        passkeys::http::add,
        passkeys::http::confirm,
        passkeys::http::recover,
        passkeys::http::new_codes,
        passkeys::http::remove,
        passkeys::http::reset,
        conferences::http::list,
        conferences::http::create,
        conferences::http::one,
        conferences::http::open,
        conferences::http::end,
        conferences::recordings::http::list,
        conferences::recordings::http::one,
        tokens::http::list,
        tokens::http::issue,
        assistance::http::counter,
        assistance::http::begin,
        assistance::http::declare,
        assistance::http::facts,
        assistance::http::end_sessions,
        assistance::http::end,
        roles::http::table,
        roles::http::people,
        roles::http::person,
        roles::http::give,
        roles::http::take,
        audit::http::list,
        audit::http::export,
        log::http::list,
        log::http::head,
        log::http::listen,
        log::http::one,
        log::http::checkpoint,
        log::http::checkpoints,
        log::http::keys,
        log::http::inclusion,
        log::http::consistency,
    ),
    components(schemas(Problem))
)]
struct Description;

/// The description of this crate's routes.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Description::openapi()
}

/// This API's description.
#[utoipa::path(
    get,
    path = "/api/v1/openapi.json",
    responses((status = 200, description = "OpenAPI 3.1", body = serde_json::Value))
)]
async fn openapi_json(
    Extension(description): Extension<Arc<utoipa::openapi::OpenApi>>,
) -> impl IntoResponse {
    // Anyone may know what can be asked.
    Json((*description).clone())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_document_describes_every_route_and_no_other() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut described = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for method in item.as_object().unwrap().keys() {
                described.push((method.clone(), path.clone()));
            }
        }
        let mut served: Vec<(String, String)> = routes()
            .into_iter()
            .map(|route| (route.method.to_owned(), route.path.to_owned()))
            .collect();
        described.sort();
        served.sort();
        assert_eq!(described, served);
    }

    #[test]
    fn every_operation_says_what_it_answers() {
        let document = serde_json::to_value(openapi()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let responses = operation["responses"].as_object().unwrap();
                assert!(!responses.is_empty(), "{method} {path}");
                assert!(
                    operation["summary"].is_string() || operation["description"].is_string(),
                    "{method} {path} has no words"
                );
            }
        }
    }

    #[test]
    fn the_docs_name_every_route() {
        let docs = include_str!("../../docs/API.md");
        for Route { method, path, .. } in routes() {
            let line = format!("{} {path}", method.to_uppercase());
            assert!(docs.contains(&line), "docs/API.md does not say {line}");
        }
    }
}
