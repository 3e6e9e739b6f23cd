//! The road to a provider and back: begin, the provider's page, return; for the e-ticket our own form. Whatever goes wrong
//! ends on the sign-in page, which says what happened and offers every way again; the page where one began is kept.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{ConnectInfo, DefaultBodyLimit, FromRequestParts, Path, Query, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::post;
use axum::{Form, Router};
use axum_extra::extract::CookieJar;
use civic_api::identity::flow::{self, Purpose};
use civic_api::identity::limits::Scope;
use civic_api::identity::ways::{Failure, Next, Provider};
use civic_api::identity::{self, rules};
use civic_api::{Civic, Error, passkeys};
use serde::Deserialize;

use super::context::Page;
use super::display::own_page;
use super::draw;
use super::errors::PageError;
use super::sign_in::{self, Trouble};
use crate::state::AppState;

/// The most that a posted answer may hold, in bytes.
const MAX_POSTED: usize = 16 * 1024;

/// The network address that asks: the connection's, or what the operator's own proxy says it is.
#[derive(Clone, Copy, Debug)]
pub struct Asker(IpAddr);

impl Asker {
    /// The address.
    pub fn address(self) -> IpAddr {
        self.0
    }
}

impl FromRequestParts<AppState> for Asker {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let connected = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let connected = connected.map_or(IpAddr::from([0, 0, 0, 0]), |c| c.0.ip());
        // The last entry is what our proxy has seen; those before it may be anyone's words.
        let told = parts.headers.get_all("x-forwarded-for").iter().next_back();
        let told = told
            .filter(|_| state.config.server.behind_https_proxy)
            .and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse().ok());
        Ok(Self(told.unwrap_or(connected)))
    }
}

fn within_limits(civic: &Civic, scopes: &[Scope<'_>]) -> Result<(), Error> {
    if civic.ways.limits.take(scopes, civic.now()) {
        Ok(())
    } else {
        Err(Failure::TooMany.into())
    }
}

fn provider(path: &str) -> Result<Provider, PageError> {
    Provider::parse(path).ok_or(PageError::NOT_FOUND)
}

/// Leads to a page of another site: a form's own redirect would be stopped by our content security policy.
#[derive(Template)]
#[template(path = "sign_in/go.html")]
struct Go {
    page: Page,
    url: String,
}

#[derive(Template)]
#[template(path = "sign_in/card.html")]
struct Card {
    page: Page,
    state: String,
    card: String,
    is_wrong: bool,
}

/// `GET /prisijungti/{kelias}`: nothing begins by following a link.
pub async fn again() -> Redirect {
    Redirect::to("/prisijungti")
}

/// The pressed button.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    back: String,
    /// `taip`: add this way to the account that is signed in.
    #[serde(default)]
    susieti: String,
}

/// `POST /prisijungti/{kelias}`
pub async fn begin(
    State(state): State<AppState>,
    Path(path): Path<String>,
    page: Page,
    asker: Asker,
    jar: CookieJar,
    form: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(chosen) = form?;
    let provider = provider(&path)?;
    let civic = &state.civic;
    let purpose = match page.account() {
        // Only for oneself: the account is the session's.
        Some(account) if chosen.susieti == "taip" => Purpose::Link(account.at_home()?.id),
        _ => Purpose::SignIn,
    };
    let back = own_page(&chosen.back).to_owned();
    let browser = jar.get(flow::COOKIE).map(|c| c.value().to_owned());
    let begun = match within_limits(civic, &[Scope::Asking(asker.0)]) {
        Ok(()) => {
            flow::begin(
                civic,
                provider,
                purpose,
                &back,
                browser.as_deref(),
                page.lang,
            )
            .await
        }
        Err(error) => Err(error),
    };
    let started = match begun {
        Ok(started) => started,
        Err(error) => {
            return sign_in::trouble(
                &state,
                page,
                Trouble {
                    provider,
                    error,
                    back,
                },
            )
            .await;
        }
    };
    let jar = jar.add(flow::cookie(&civic.settings, started.browser));
    let drawn = match started.next {
        Next::Go(url) => draw(&Go { page, url })?,
        Next::Form => draw(&Card {
            page,
            state: started.state,
            card: String::new(),
            is_wrong: false,
        })?,
    };
    Ok((jar, drawn).into_response())
}

/// `GET /prisijungti/{kelias}/grizti`: the browser comes back from the provider.
pub async fn back(
    State(state): State<AppState>,
    Path(path): Path<String>,
    page: Page,
    asker: Asker,
    jar: CookieJar,
    headers: HeaderMap,
    Query(fields): Query<BTreeMap<String, String>>,
) -> Result<Response, PageError> {
    let provider = provider(&path)?;
    if provider == Provider::Eticket {
        return Err(PageError::NOT_FOUND);
    }
    let key = fields.get("state").cloned().unwrap_or_default();
    let coming = Coming {
        provider,
        key,
        fields,
    };
    match arrive(&state, &page, asker, jar, &headers, coming).await {
        Ok(response) => Ok(response),
        Err(trouble) => sign_in::trouble(&state, page, trouble).await,
    }
}

/// What the form of the e-ticket sends.
#[derive(Deserialize)]
pub struct CardForm {
    state: String,
    card: String,
    pin: String,
}

/// `POST /prisijungti/eticket/tikrinti` (the only way with a form of ours)
pub async fn card(
    State(state): State<AppState>,
    page: Page,
    asker: Asker,
    jar: CookieJar,
    headers: HeaderMap,
    form: Result<Form<CardForm>, FormRejection>,
) -> Result<Response, PageError> {
    let Form(filled) = form?;
    let fields = BTreeMap::from([
        ("card".into(), filled.card.clone()),
        ("pin".into(), filled.pin),
    ]);
    let coming = Coming {
        provider: Provider::Eticket,
        key: filled.state.clone(),
        fields,
    };
    match arrive(&state, &page, asker, jar, &headers, coming).await {
        Ok(response) => Ok(response),
        Err(Trouble { error, .. }) if matches!(error, Error::SignIn(Failure::WrongSecret)) => {
            let again = draw(&Card {
                page,
                state: filled.state,
                card: filled.card.chars().take(20).collect(),
                is_wrong: true,
            })?;
            Ok((error.status(), again).into_response())
        }
        Err(trouble) => sign_in::trouble(&state, page, trouble).await,
    }
}

/// What came back.
struct Coming {
    provider: Provider,
    key: String,
    fields: BTreeMap<String, String>,
}

async fn arrive(
    state: &AppState,
    page: &Page,
    asker: Asker,
    jar: CookieJar,
    headers: &HeaderMap,
    coming: Coming,
) -> Result<Response, Trouble> {
    let (civic, provider) = (&state.civic, coming.provider);
    let trouble = |error: Error, back: String| Trouble {
        provider,
        error,
        back,
    };
    // Taken before anything is looked at: who has no try left learns nothing, whatever they send.
    let mut scopes = vec![Scope::Failing(asker.0)];
    let card = coming.fields.get("card").cloned();
    if let Some(card) = card.as_deref().filter(|_| provider == Provider::Eticket) {
        scopes.push(Scope::Card(card));
    }
    within_limits(civic, &[Scope::Asking(asker.0)])
        .and_then(|()| within_limits(civic, &scopes))
        .map_err(|e| trouble(e, String::new()))?;
    let browser = jar.get(flow::COOKIE).map(|c| c.value().to_owned());
    let finished = flow::finish(
        civic,
        provider,
        &coming.key,
        browser.as_deref(),
        coming.fields,
        page.account(),
    )
    .await
    .map_err(|broken| trouble(broken.error, broken.back));
    let failure = match finished.as_ref().err().map(|trouble| &trouble.error) {
        Some(Error::SignIn(failure)) => Some(failure),
        _ => None,
    };
    // Against a card counts only what its operator has looked at: nobody locks a card by sending its number with nonsense.
    let (address, card) = scopes.split_at(1);
    if !failure.is_some_and(Failure::is_suspect) {
        civic.ways.limits.give_back(address);
    }
    if !matches!(failure, Some(Failure::WrongSecret | Failure::Locked)) {
        civic.ways.limits.give_back(card);
    }
    let finished = finished?;
    let agent = headers
        .get(header::USER_AGENT)
        .and_then(|v| v.to_str().ok());
    let identified = finished.identified.on(agent.and_then(rules::device));
    let needs_passkey = passkeys::rules::needs_second_factor(identified.account());
    // A session of its own, whatever cookie came along: whoever was signed in here before is no more.
    if let Some(old) = jar.get(identity::COOKIE) {
        let ended = identity::sign_out(civic, old.value()).await;
        ended.map_err(|e| trouble(e, String::new()))?;
    }
    let token = identity::sign_in(civic, identified).await;
    let token = token.map_err(|e| trouble(e, String::new()))?;
    let jar = jar
        .add(token.cookie(&civic.settings))
        .add(flow::removal_cookie(&civic.settings));
    let to = match finished.purpose {
        Purpose::SignIn => own_page(&finished.back),
        Purpose::Link(_) => "/paskyra",
    };
    let next = super::passkeys::after_sign_in(needs_passkey, to);
    Ok((jar, next).into_response())
}

/// The one route where another site may post: the state gateway's page does. Outside the door that asks for our own token.
pub fn posted(state: AppState) -> Router {
    Router::new()
        .route("/aikste/viisp/atsakymas", post(take_posted))
        .layer(DefaultBodyLimit::max(MAX_POSTED))
        .with_state(state)
}

/// `POST /aikste/viisp/atsakymas`: kept if it belongs to a sign-in, and in any case answered by the way to our own page,
/// where the browser's cookie comes along. Nobody learns here whether it was right.
async fn take_posted(
    State(state): State<AppState>,
    asker: Asker,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Redirect {
    let Ok(Form(mut fields)) = form else {
        return Redirect::to("/prisijungti");
    };
    let key = fields.remove("customData").unwrap_or_default();
    if within_limits(&state.civic, &[Scope::Asking(asker.0)]).is_ok() {
        let kept = flow::arrive(&state.civic, Provider::Viisp, &key, &fields).await;
        if let Err(error) = kept {
            tracing::error!(code = error.code(), "a posted answer could not be kept");
        }
    }
    let plain = key.len() <= 64
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    let key = if plain { key } else { String::new() };
    Redirect::to(&format!("/prisijungti/viisp/grizti?state={key}"))
}

/// A page of ours that leads away, for signing out at the provider.
pub(super) fn away(page: Page, url: String) -> Result<Html<String>, PageError> {
    draw(&Go { page, url })
}
