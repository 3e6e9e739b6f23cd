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
use civic_api::identity::{removal_cookie, session_cookie};
use civic_api::{Error, SessionId};
use serde::Deserialize;

use super::context::Page;
use super::errors::PageError;
use super::passkeys::Keys;
use super::residence::Lives;
use super::{Drawn, admin, assisted, draw, sign_in, view};
use crate::i18n::time;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "account/show.html")]
struct Show {
    page: Page,
    name: String,
    role: String,
    level: Option<&'static str>,
    facts: Facts,
    told: Told,
    more: Vec<More>,
    may_erase: bool,
    keys: Keys,
}

/// What the city knows about somebody, in words.
pub(super) struct Told {
    pub(super) created: String,
    pub(super) identities: Vec<Known>,
    pub(super) sessions: Vec<Signed>,
    pub(super) stays: Vec<Sat>,
    pub(super) acts: Vec<Done>,
    pub(super) lives: Lives,
    pub(super) roles: Vec<admin::Shown>,
    pub(super) assisted: Vec<assisted::Shown>,
}

impl Told {
    /// As this page's reader sees it.
    pub(super) fn of(page: &Page, state: &AppState, facts: &Facts) -> Self {
        let moment = |at| time::moment(page.lang, at);
        let way = |provider| label(page, state, provider);
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
            terminal: s.terminal,
        });
        let stays = facts.stays.iter().map(|s| Sat {
            title: s.title.clone(),
            from: moment(s.from),
        });
        let acts = facts.acts.iter().map(|a| Done {
            what: act(&a.kind),
            way: a.provider.map_or_else(String::new, |by| way(Some(by))),
            at: moment(a.at),
            subject: a.id.to_string(),
        });
        let assisted = facts.assistances.iter();
        Self {
            created: moment(facts.created_at),
            identities: identities.collect(),
            sessions: sessions.collect(),
            stays: stays.collect(),
            acts: acts.collect(),
            lives: Lives::of(page, &facts.residence),
            roles: facts
                .roles
                .iter()
                .map(|grant| admin::Shown::of(page, grant))
                .collect(),
            assisted: assisted.map(|a| assisted::Shown::of(page, a)).collect(),
        }
    }
}

/// A way in which one was identified.
pub(super) struct Known {
    pub(super) way: String,
    pub(super) level: &'static str,
    pub(super) by: &'static str,
    pub(super) first: String,
    pub(super) last: String,
}

/// A session.
pub(super) struct Signed {
    pub(super) id: String,
    pub(super) way: String,
    pub(super) device: String,
    pub(super) since: String,
    pub(super) until: String,
    pub(super) current: bool,
    pub(super) terminal: bool,
}

/// A seat taken under one's name.
pub(super) struct Sat {
    pub(super) title: String,
    pub(super) from: String,
}

/// Something that was done.
pub(super) struct Done {
    pub(super) what: &'static str,
    pub(super) way: String,
    pub(super) at: String,
    pub(super) subject: String,
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

async fn facts(state: &AppState, page: &Page, jar: &CookieJar) -> Result<Facts, Error> {
    // Only of who asks.
    let account = page.viewer.signed_in()?;
    accounts::facts(&state.civic, account, session_cookie(jar)).await
}

fn label(page: &Page, state: &AppState, provider: Option<Provider>) -> String {
    let Some(provider) = provider else {
        return page.t("way-demo");
    };
    let own = match provider {
        Provider::Viisp => "way-viisp",
        Provider::Oidc => "way-oidc",
        Provider::Eticket => "way-eticket",
        Provider::Counter => "way-counter",
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
    let told = Told::of(&page, &state, &facts);
    let way = |provider| label(&page, &state, provider);
    let adapters = state.civic.ways.all();
    let more = adapters
        .filter(|a| !facts.account.demo && !page.at_terminal() && !has(&facts, *a))
        .map(|a| More {
            path: a.provider().as_str(),
            label: way(Some(a.provider())),
        });
    let passkeys_shown = Keys::of(&page, &facts).shown && !page.at_terminal();
    let drawn = draw(&Show {
        name: shown(&page, &facts),
        role: view::office(&page, facts.account.office.as_deref(), facts.account.role),
        level: facts.assurance.map(sign_in::level),
        told,
        more: more.collect(),
        may_erase: accounts::may_erase(&facts).is_ok(),
        keys: Keys::of(&page, &facts),
        facts: facts.clone(),
        page: if passkeys_shown {
            page.clone().with_island("passkeys")
        } else {
            page.clone()
        },
    })?;
    Ok(drawn.into_response())
}

/// The words of what was done.
fn act(kind: &str) -> &'static str {
    match kind {
        "account.terminal_signed_in" => "account-act-terminal",
        "account.linked" => "account-act-linked",
        "passkey.added" => "account-act-passkey-added",
        "passkey.removed" => "account-act-passkey-removed",
        "passkey.recovered" => "account-act-passkey-recovered",
        "passkey.codes_made" => "account-act-passkey-codes-made",
        "passkey.reset" => "account-act-passkey-reset",
        _ => "account-act-signed-in",
    }
}

fn has(facts: &Facts, adapter: &dyn Adapter) -> bool {
    facts
        .identities
        .iter()
        .any(|i| i.provider == adapter.provider())
}

pub(super) fn shown(page: &Page, facts: &Facts) -> String {
    if facts.account.name.is_empty() {
        page.t("account-no-name")
    } else {
        facts.account.name.clone()
    }
}

/// `firefox/linux` as people write it.
pub(super) fn device(stored: &str) -> String {
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
    page.viewer.at_home()?;
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
    let account = page.viewer.at_home()?;
    let which: Option<SessionId> = match ended.id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_| Error::NotFound)?),
    };
    accounts::end_sessions(&state.civic, account, which, session_cookie(&jar)).await?;
    Ok(Redirect::to("/paskyra#sesijos"))
}

/// `GET /paskyra/istrinti`
pub async fn ask_erase(State(state): State<AppState>, page: Page, jar: CookieJar) -> Drawn {
    page.viewer.at_home()?;
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
    let account = page.viewer.at_home()?;
    accounts::erase(&state.civic, account, session_cookie(&jar)).await?;
    let jar = jar.add(removal_cookie(&state.civic.settings));
    Ok((jar, Redirect::to("/prisijungti?istrinta=taip")))
}
