//! The page to sign in: the ways that the operator has set up, each with its level of assurance, and the fictional people
//! of the demonstration city while the operator's switch is on. [`super::ways`] is the road to a provider and back.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use civic_api::identity::ways::{Adapter, Assurance, Failure, Provider};
use civic_api::identity::{self, demonstration};
use civic_api::{AccountId, Error};
use serde::Deserialize;

use super::context::Page;
use super::display::own_page;
use super::errors::PageError;
use super::icons::Markup;
use super::{Drawn, draw, portraits, view};
use crate::state::AppState;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn {
    page: Page,
    ways: Vec<Way>,
    accounts: Vec<Person>,
    back: String,
    trouble: Option<Said>,
    /// The road by phone: not to who is led here by a phone that confirms one.
    by_phone: bool,
}

/// A way of signing in.
struct Way {
    path: &'static str,
    label: String,
    text: String,
    level: String,
    icon: &'static str,
}

/// What went wrong, in words.
struct Said {
    heading: &'static str,
    text: &'static str,
}

/// A sign-in that came to nothing.
#[derive(Debug)]
pub(super) struct Trouble {
    /// Which way.
    pub(super) provider: Provider,
    /// Why.
    pub(super) error: Error,
    /// The page where it began.
    pub(super) back: String,
}

/// A fictional person one may be.
struct Person {
    id: String,
    name: String,
    about: String,
    avatar: Markup,
    current: bool,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub struct Back {
    #[serde(default)]
    toliau: String,
}

/// `GET /prisijungti`
pub async fn ask(State(state): State<AppState>, page: Page, Query(back): Query<Back>) -> Drawn {
    let back = if back.toliau.is_empty() {
        String::new()
    } else {
        own_page(&back.toliau).to_owned()
    };
    draw(&view(&state, page, back, None).await?)
}

/// The same page, saying what went wrong; nothing of where one wanted to go is lost.
pub(super) async fn trouble(
    state: &AppState,
    page: Page,
    trouble: Trouble,
) -> Result<Response, PageError> {
    let Error::SignIn(failure) = &trouble.error else {
        return Err(trouble.error.into());
    };
    if let Failure::Unreachable(_) = failure {
        tracing::warn!(provider = trouble.provider.as_str(), %failure, "a provider is away");
    }
    let said = Said {
        heading: heading(failure),
        text: match failure {
            Failure::Unreachable(_) => "sign-in-away-text",
            Failure::Cancelled => "sign-in-cancelled-text",
            Failure::LinkedElsewhere | Failure::OtherPerson => "sign-in-conflict-text",
            _ => "sign-in-failed-text",
        },
    };
    let status = failure.status();
    let drawn = draw(&view(state, page, trouble.back, Some(said)).await?)?;
    Ok((status, drawn).into_response())
}

fn heading(failure: &Failure) -> &'static str {
    match failure {
        Failure::NotOffered => "sign-in-not-offered",
        Failure::Unreachable(_) => "sign-in-away",
        Failure::Refused(_) | Failure::WrongSecret => "sign-in-refused",
        Failure::Expired => "sign-in-expired",
        Failure::Cancelled => "sign-in-cancelled",
        Failure::Locked | Failure::TooMany => "sign-in-too-many",
        Failure::LinkedElsewhere => "sign-in-linked-elsewhere",
        Failure::OtherPerson => "sign-in-other-person",
    }
}

/// The ways that are set up, as buttons.
fn ways(page: &Page, state: &AppState) -> Vec<Way> {
    let way = |adapter: &dyn Adapter| {
        let provider = adapter.provider();
        let (label, text, icon) = match provider {
            Provider::Viisp => ("way-viisp", "way-viisp-text", "shield"),
            Provider::Oidc => ("way-oidc", "way-oidc-text", "person"),
            Provider::Eticket => ("way-eticket", "way-eticket-text", "lock"),
            // Nobody signs in there.
            Provider::Counter => ("way-counter", "way-counter", "person"),
        };
        Way {
            path: provider.as_str(),
            label: adapter
                .label(page.lang)
                .map_or_else(|| page.t(label), str::to_owned),
            text: page.t(text),
            level: levels(page, adapter.levels()),
            icon,
        }
    };
    state.civic.ways.all().map(way).collect()
}

/// What a way is worth: one level, or from one to another.
fn levels(page: &Page, (least, most): (Assurance, Assurance)) -> String {
    match (least, most) {
        (Assurance::Substantial, Assurance::High) => page.t("levels-substantial-or-high"),
        (Assurance::Low, Assurance::High) => page.t("levels-any"),
        (Assurance::Low, Assurance::Substantial) => page.t("levels-low-or-substantial"),
        (_, most) => page.t(level(most)),
    }
}

/// The key of a level's name.
pub(super) fn level(assurance: Assurance) -> &'static str {
    match assurance {
        Assurance::Low => "level-low",
        Assurance::Substantial => "level-substantial",
        Assurance::High => "level-high",
    }
}

async fn view(
    state: &AppState,
    page: Page,
    back: String,
    trouble: Option<Said>,
) -> Result<SignIn, Error> {
    let known = demonstration::accounts(&state.civic).await?;
    let me = page.account().map(|a| a.id);
    let accounts = known
        .iter()
        .map(|a| Person {
            id: a.id.to_string(),
            name: a.name.clone(),
            about: view::office(&page, a.office.as_deref(), a.role),
            avatar: portraits::avatar(&a.name, a.demo),
            current: me == Some(a.id),
        })
        .collect();
    Ok(SignIn {
        ways: ways(&page, state),
        by_phone: !back.starts_with("/t/") && !page.at_terminal(),
        accounts,
        back,
        trouble,
        page,
    })
}

/// The pressed button.
#[derive(Deserialize)]
pub struct Chosen {
    account: String,
    #[serde(default)]
    back: String,
}

/// `POST /prisijungti`
pub async fn sign_in(
    State(state): State<AppState>,
    jar: CookieJar,
    form: Result<Form<Chosen>, FormRejection>,
) -> Result<(CookieJar, Redirect), PageError> {
    let Form(chosen) = form?;
    let id: AccountId = chosen.account.parse().map_err(|_| Error::NotFound)?;
    let identified = demonstration::identify(&state.civic, id).await?;
    // Whoever was signed in here before is no more.
    if let Some(old) = jar.get(identity::COOKIE) {
        identity::sign_out(&state.civic, old.value()).await?;
    }
    let token = identity::sign_in(&state.civic, identified).await?;
    let jar = jar.add(token.cookie(&state.civic.settings));
    Ok((jar, Redirect::to(own_page(&chosen.back))))
}

/// `POST /atsijungti`
pub async fn sign_out(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
) -> Result<Response, PageError> {
    let civic = &state.civic;
    let mut leave = None;
    // A terminal that nobody has used is told so by its page: its session may be over by now.
    let at_terminal = page.at_terminal() || page.path == "/atsijungti?terminalas=taip";
    if let Some(cookie) = jar.get(identity::COOKIE) {
        let provider = identity::session_begun(civic, cookie.value())
            .await?
            .provider;
        identity::sign_out(civic, cookie.value()).await?;
        if let Some(adapter) = provider.and_then(|provider| civic.ways.of(provider).ok()) {
            let back = format!("{}/prisijungti", civic.settings.base_url);
            leave = adapter.leave(&back);
        }
    }
    let jar = jar.add(identity::removal_cookie(&civic.settings));
    if at_terminal {
        // Nobody was at a provider from here.
        return Ok(super::phone::ended(jar));
    }
    // At the provider, too, where it can be done: or the next one at this terminal would be signed in without being asked.
    match leave {
        Some(url) => Ok((jar, super::ways::away(page, url)?).into_response()),
        None => Ok((jar, Redirect::to("/prisijungti")).into_response()),
    }
}
