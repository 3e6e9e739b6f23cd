//! Signing in at a public terminal by one's phone. Here what the terminal shows: a code, a number, what came of it; [`confirm`]
//! is what the phone shows. Without script the page asks again by itself, and the button goes on.

pub mod confirm;
mod qr;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use civic_api::identity::limits::Scope;
use civic_api::identity::phone::{self, State as Stands};
use civic_api::identity::ways::Failure;
use civic_api::identity::{self, rules};
use civic_api::{Civic, Error};
use serde::Deserialize;

use super::context::Page;
use super::display::own_page;
use super::errors::PageError;
use super::icons::Markup;
use super::ways::Asker;
use super::{Drawn, draw};
use crate::i18n::time;
use crate::state::AppState;

/// Takes away what a person's pages have kept in the browser of a terminal, but for cookies.
const CLEAR: (HeaderName, &str) = (HeaderName::from_static("clear-site-data"), "\"storage\"");

#[derive(Template)]
#[template(path = "phone/terminal.html")]
struct Terminal {
    page: Page,
    shown: Option<Shown>,
    trouble: Option<&'static str>,
}

/// A code on the terminal.
struct Shown {
    code: String,
    address: String,
    number: i64,
    until: String,
    qr: Option<Markup>,
    confirmed: bool,
}

/// `GET /prisijungti/telefonu`
pub async fn show(State(state): State<AppState>, page: Page, jar: CookieJar) -> Drawn {
    // Anyone, of their own browser: the cookie's secret is what is looked for.
    let browser = jar.get(phone::COOKIE).map(|cookie| cookie.value());
    let found = match browser {
        Some(browser) => phone::shown(&state.civic, browser).await?,
        None => None,
    };
    let trouble = match &found {
        Some(found) if found.state == Stands::Refused => Some("phone-refused"),
        None if browser.is_some() => Some("phone-expired"),
        _ => None,
    };
    let base = state.civic.settings.base_url.as_str();
    let shown = found
        .filter(|found| found.state != Stands::Refused)
        .map(|found| Shown {
            qr: qr::drawing(
                &format!("{base}/t/{}", found.code),
                &page.t("phone-qr-label"),
            ),
            code: phone::rules::shown(&found.code),
            address: bare(base),
            number: found.number,
            until: time::clock(page.lang, found.until),
            confirmed: found.state == Stands::Confirmed,
        });
    draw(&Terminal {
        page,
        shown,
        trouble,
    })
}

/// An address as one types it.
fn bare(base: &str) -> String {
    let (_, rest) = base.split_once("://").unwrap_or(("", base));
    format!("{rest}/telefonas")
}

/// The pressed button.
#[derive(Deserialize)]
pub struct Chosen {
    #[serde(default)]
    back: String,
}

/// `POST /prisijungti/telefonu`: a new code.
pub async fn begin(
    State(state): State<AppState>,
    page: Page,
    asker: Asker,
    jar: CookieJar,
    headers: HeaderMap,
    form: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, PageError> {
    // Anyone may ask; who confirms decides.
    let (civic, Form(chosen)) = (&state.civic, form?);
    let before = jar.get(phone::COOKIE).map(|cookie| cookie.value());
    let begun = match within(civic, Scope::Showing(asker.address())) {
        Ok(()) => {
            let device = device(&headers);
            phone::begin(civic, own_page(&chosen.back), device, before).await
        }
        Err(error) => Err(error),
    };
    match begun {
        Ok(browser) => {
            let jar = jar.add(phone::cookie(&civic.settings, browser));
            Ok((jar, Redirect::to("/prisijungti/telefonu")).into_response())
        }
        Err(Error::SignIn(Failure::TooMany)) => {
            let trouble = Some("phone-too-many");
            let shown = None;
            let drawn = draw(&Terminal {
                page,
                shown,
                trouble,
            })?;
            Ok((Failure::TooMany.status(), drawn).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

fn device(headers: &HeaderMap) -> Option<String> {
    let agent = headers.get(header::USER_AGENT)?.to_str().ok()?;
    rules::device(agent)
}

fn within(civic: &Civic, scope: Scope<'_>) -> Result<(), Error> {
    if civic.ways.limits.take(&[scope], civic.now()) {
        Ok(())
    } else {
        Err(Failure::TooMany.into())
    }
}

/// `POST /prisijungti/telefonu/testi`: the terminal takes what was confirmed.
pub async fn take(State(state): State<AppState>, jar: CookieJar) -> Result<Response, PageError> {
    // Only the browser that holds the secret, once.
    let civic = &state.civic;
    let browser = jar.get(phone::COOKIE).map_or("", |cookie| cookie.value());
    let session = jar.get(identity::COOKIE).map(|cookie| cookie.value());
    let taken = match phone::take(civic, browser, session).await {
        Ok(taken) => taken,
        // Not confirmed yet, or over: its own page says which.
        Err(Error::SignIn(_)) => return Ok(Redirect::to("/prisijungti/telefonu").into_response()),
        Err(error) => return Err(error.into()),
    };
    let jar = jar
        .add(taken.token.cookie(&civic.settings))
        .add(phone::removal_cookie(&civic.settings));
    let next = Redirect::to(own_page(&taken.back));
    Ok((jar, [CLEAR], next).into_response())
}

/// `POST /prisijungti/telefonu/atsisakyti`: at the terminal one has thought better of it.
pub async fn cancel(State(state): State<AppState>, jar: CookieJar) -> Result<Response, PageError> {
    // Anyone, of their own browser.
    if let Some(cookie) = jar.get(phone::COOKIE) {
        phone::cancel(&state.civic, cookie.value()).await?;
    }
    let jar = jar.add(phone::removal_cookie(&state.civic.settings));
    Ok((jar, Redirect::to("/prisijungti")).into_response())
}

/// What follows the end of a terminal's session: nothing of it is left for whoever comes next.
pub(super) fn ended(jar: CookieJar) -> Response {
    (jar, [CLEAR], Redirect::to("/prisijungti?baigta=taip")).into_response()
}
