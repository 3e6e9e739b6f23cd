//! "What the city knows about me": every stored fact, every session, taken along or erased.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use civic_api::accounts::{self, Facts};
use civic_api::identity::ways::{Adapter, Provider};
use civic_api::{Error, SessionId, identity};
use serde::Deserialize;

use super::context::Page;
use super::errors::PageError;
use super::{Drawn, admin, draw, sign_in, view};
use crate::i18n::time;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "account/show.html")]
struct Show {
    page: Page,
    name: String,
    role: String,
    level: Option<&'static str>,
    created: String,
    facts: Facts,
    identities: Vec<Known>,
    sessions: Vec<Signed>,
    acts: Vec<Done>,
    roles: Vec<admin::Shown>,
    more: Vec<More>,
    may_erase: bool,
}

/// A way in which one was identified.
struct Known {
    way: String,
    level: &'static str,
    by: &'static str,
    first: String,
    last: String,
}

/// A session.
struct Signed {
    id: String,
    way: String,
    device: String,
    since: String,
    until: String,
    current: bool,
}

/// Something that was done.
struct Done {
    what: &'static str,
    way: String,
    at: String,
    subject: String,
}

/// A way that can be added.
struct More {
    path: &'static str,
    label: String,
}

#[derive(Template)]
#[template(path = "account/erase.html")]
struct Erase {
    page: Page,
}

fn cookie(jar: &CookieJar) -> &str {
    jar.get(identity::COOKIE)
        .map_or("", |cookie| cookie.value())
}

async fn facts(state: &AppState, page: &Page, jar: &CookieJar) -> Result<Facts, Error> {
    // Only of who asks.
    let account = page.viewer.signed_in()?;
    accounts::facts(&state.civic, account, cookie(jar)).await
}

fn label(page: &Page, state: &AppState, provider: Option<Provider>) -> String {
    let Some(provider) = provider else {
        return page.t("way-demo");
    };
    let own = match provider {
        Provider::Viisp => "way-viisp",
        Provider::Oidc => "way-oidc",
        Provider::Eticket => "way-eticket",
    };
    let adapter = state.civic.ways.of(provider).ok();
    let named = adapter.and_then(|adapter| adapter.label(page.lang).map(str::to_owned));
    named.unwrap_or_else(|| page.t(own))
}

/// `GET /paskyra`
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
) -> Result<Response, PageError> {
    if page.account().is_none() {
        return Ok(Redirect::to("/prisijungti?toliau=/paskyra").into_response());
    }
    let facts = facts(&state, &page, &jar).await?;
    let moment = |at| time::moment(page.lang, at);
    let way = |provider| label(&page, &state, provider);
    let identities = facts.identities.iter().map(|i| Known {
        way: way(Some(i.provider)),
        level: sign_in::level(i.assurance),
        by: if i.by_personal_code {
            "account-by-code"
        } else {
            "account-by-subject"
        },
        first: moment(i.first_at),
        last: moment(i.last_at),
    });
    let sessions = facts.sessions.iter().map(|s| Signed {
        id: s.id.to_string(),
        way: way(s.provider),
        device: s
            .device
            .as_deref()
            .map_or_else(|| page.t("account-device-unknown"), device),
        since: moment(s.since),
        until: moment(s.until),
        current: s.current,
    });
    let acts = facts.acts.iter().map(|a| Done {
        what: if a.kind == "account.linked" {
            "account-act-linked"
        } else {
            "account-act-signed-in"
        },
        way: way(a.provider),
        at: moment(a.at),
        subject: a.id.to_string(),
    });
    let adapters = state.civic.ways.all();
    let more = adapters
        .filter(|a| !facts.account.demo && !has(&facts, *a))
        .map(|a| More {
            path: a.provider().as_str(),
            label: way(Some(a.provider())),
        });
    let drawn = draw(&Show {
        name: shown(&page, &facts),
        role: view::office(&page, facts.account.office.as_deref(), facts.account.role),
        level: facts.assurance.map(sign_in::level),
        created: moment(facts.created_at),
        identities: identities.collect(),
        sessions: sessions.collect(),
        acts: acts.collect(),
        roles: facts
            .roles
            .iter()
            .map(|grant| admin::Shown::of(&page, grant))
            .collect(),
        more: more.collect(),
        may_erase: accounts::may_erase(&facts).is_ok(),
        facts: facts.clone(),
        page: page.clone(),
    })?;
    Ok(drawn.into_response())
}

fn has(facts: &Facts, adapter: &dyn Adapter) -> bool {
    facts
        .identities
        .iter()
        .any(|i| i.provider == adapter.provider())
}

fn shown(page: &Page, facts: &Facts) -> String {
    if facts.account.name.is_empty() {
        page.t("account-no-name")
    } else {
        facts.account.name.clone()
    }
}

/// `firefox/linux` as people write it.
fn device(stored: &str) -> String {
    let word = |w: &str| match w {
        "macos" => "macOS".to_owned(),
        "ios" => "iOS".to_owned(),
        other => time::capital(other),
    };
    stored.split('/').map(word).collect::<Vec<_>>().join(", ")
}

/// `GET /paskyra/duomenys.json`
pub async fn download(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
) -> Result<Response, PageError> {
    let facts = facts(&state, &page, &jar).await?;
    let name = "attachment; filename=\"aikste-duomenys.json\"";
    Ok(([(header::CONTENT_DISPOSITION, name)], axum::Json(facts)).into_response())
}

/// The pressed button: a session, or nothing for all but this one.
#[derive(Deserialize)]
pub struct Ended {
    #[serde(default)]
    id: String,
}

/// `POST /paskyra/sesijos`
pub async fn end_session(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
    form: Result<Form<Ended>, FormRejection>,
) -> Result<Redirect, PageError> {
    let Form(ended) = form?;
    // Only one's own: the account is part of what is looked for.
    let account = page.viewer.signed_in()?;
    let which: Option<SessionId> = match ended.id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::NotFound)?),
    };
    accounts::end_sessions(&state.civic, account, which, cookie(&jar)).await?;
    Ok(Redirect::to("/paskyra#sesijos"))
}

/// `GET /paskyra/istrinti`
pub async fn ask_erase(State(state): State<AppState>, page: Page, jar: CookieJar) -> Drawn {
    accounts::may_erase(&facts(&state, &page, &jar).await?)?;
    draw(&Erase { page })
}

/// `POST /paskyra/istrinti`
pub async fn erase(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
) -> Result<(CookieJar, Redirect), PageError> {
    // Only one's own.
    let account = page.viewer.signed_in()?;
    accounts::erase(&state.civic, account, cookie(&jar)).await?;
    let jar = jar.add(identity::removal_cookie(&state.civic.settings));
    Ok((jar, Redirect::to("/prisijungti?istrinta=taip")))
}
