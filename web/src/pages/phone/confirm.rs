//! What the phone shows: which terminal asks, since when, three numbers of which the terminal shows one; confirm or refuse.
//! Whoever is not signed in is led to the sign-in first and learns nothing about the code before.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use civic_api::Error;
use civic_api::identity::limits::Scope;
use civic_api::identity::phone::{self, Asked, Decision, State as Stands, rules};
use civic_api::identity::session_cookie;
use civic_api::identity::ways::Failure;
use serde::Deserialize;

use super::super::account::device;
use super::super::context::Page;
use super::super::draw;
use super::super::errors::PageError;
use super::super::ways::Asker;
use super::within;
use crate::i18n::time;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "phone/code.html")]
struct Code {
    page: Page,
    typed: String,
    trouble: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "phone/decide.html")]
struct Decide {
    page: Page,
    code: String,
    shown: String,
    device: String,
    since: String,
    numbers: [i64; 3],
    is_missing: bool,
}

#[derive(Template)]
#[template(path = "phone/decided.html")]
struct Decided {
    page: Page,
    heading: &'static str,
    text: &'static str,
    confirmed: bool,
}

/// What was typed.
#[derive(Deserialize)]
pub struct Typed {
    #[serde(default)]
    kodas: String,
}

/// `GET /telefonas`
pub async fn ask(page: Page, Query(typed): Query<Typed>) -> Result<Response, PageError> {
    // Anyone may type a code; what it is shows the next page, to who has signed in.
    if let Some(code) = rules::plain_code(&typed.kodas) {
        return Ok(Redirect::to(&format!("/t/{code}")).into_response());
    }
    let trouble = (!typed.kodas.is_empty()).then_some("phone-code-wrong");
    let typed = typed.kodas.chars().take(12).collect();
    let drawn = draw(&Code {
        page,
        typed,
        trouble,
    })?;
    Ok(drawn.into_response())
}

fn without(page: Page, failure: &Failure) -> Result<Response, PageError> {
    let trouble = match failure {
        Failure::TooMany => "phone-too-many",
        _ => "phone-code-over",
    };
    let typed = String::new();
    let drawn = draw(&Code {
        page,
        typed,
        trouble: Some(trouble),
    })?;
    let status = match failure {
        Failure::TooMany => failure.status(),
        _ => StatusCode::NOT_FOUND,
    };
    Ok((status, drawn).into_response())
}

/// Who asks by this code. What is not found counts against the address.
async fn asked(state: &AppState, asker: Asker, typed: &str) -> Result<Asked, Error> {
    let guessing = Scope::Guessing(asker.address());
    within(&state.civic, guessing)?;
    let asked = phone::asked(&state.civic, typed).await;
    if !matches!(asked, Err(Error::SignIn(Failure::Expired))) {
        state.civic.ways.limits.give_back(&[guessing]);
    }
    asked
}

/// `GET /t/{kodas}`
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    asker: Asker,
    Path(typed): Path<String>,
) -> Result<Response, PageError> {
    // Who has signed in, but at a terminal.
    if page.account().is_none() {
        let code = rules::plain_code(&typed).unwrap_or_default();
        let to = format!("/prisijungti?toliau=/t/{code}");
        return Ok(Redirect::to(&to).into_response());
    }
    page.viewer.at_home()?;
    match asked(&state, asker, &typed).await {
        Ok(asked) => decision(page, asked, false),
        Err(Error::SignIn(failure)) => without(page, &failure),
        Err(error) => Err(error.into()),
    }
}

fn decision(page: Page, asked: Asked, is_missing: bool) -> Result<Response, PageError> {
    let kind = asked.device.as_deref().map(device);
    let ago_s = page.now.duration_since(asked.since).as_secs().max(0);
    let clock = time::clock(page.lang, asked.since);
    let drawn = draw(&Decide {
        shown: rules::shown(&asked.code),
        code: asked.code,
        device: kind.unwrap_or_else(|| page.t("account-device-unknown")),
        since: page.t2("phone-since", "clock", clock, "n", ago_s / 60),
        numbers: asked.numbers,
        is_missing,
        page,
    })?;
    let status = if is_missing {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    Ok((status, drawn).into_response())
}

/// The pressed button, and the number.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    skaicius: String,
    sprendimas: String,
}

/// `POST /t/{kodas}`
pub async fn decide(
    State(state): State<AppState>,
    page: Page,
    asker: Asker,
    jar: CookieJar,
    Path(typed): Path<String>,
    form: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(chosen) = form?;
    // Who has signed in, but at a terminal; `decide` asks again.
    page.viewer.at_home()?;
    let found = match asked(&state, asker, &typed).await {
        Ok(found) => found,
        Err(Error::SignIn(failure)) => return without(page, &failure),
        Err(error) => return Err(error.into()),
    };
    let decision_made = match (chosen.sprendimas.as_str(), chosen.skaicius.parse()) {
        ("patvirtinti", Ok(number)) => Decision::Confirm(number),
        ("patvirtinti", Err(_)) => return decision(page, found, true),
        _ => Decision::Refuse,
    };
    let civic = &state.civic;
    let session = session_cookie(&jar);
    let state = match phone::decide(civic, &page.viewer, session, &typed, decision_made).await {
        Ok(state) => state,
        Err(Error::SignIn(failure)) => return without(page, &failure),
        Err(error) => return Err(error.into()),
    };
    let (heading, text) = match (state, decision_made) {
        (Stands::Confirmed, _) => ("phone-confirmed", "phone-confirmed-text"),
        (_, Decision::Confirm(_)) => ("phone-wrong-number", "phone-wrong-number-text"),
        _ => ("phone-you-refused", "phone-you-refused-text"),
    };
    let confirmed = state == Stands::Confirmed;
    let drawn = draw(&Decided {
        page,
        heading,
        text,
        confirmed,
    })?;
    Ok(drawn.into_response())
}
