//! Signing in. So far only as a fictional person of the demonstration city, and only while the operator's switch is
//! on; identification proper gets its own door later.

use askama::Template;
use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{Query, State};
use axum::response::Redirect;
use axum_extra::extract::CookieJar;
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
    accounts: Vec<Person>,
    back: String,
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
    let back = if back.toliau.is_empty() {
        String::new()
    } else {
        own_page(&back.toliau).to_owned()
    };
    draw(&SignIn {
        accounts,
        back,
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
    let token = identity::sign_in(&state.civic, identified).await?;
    let jar = jar.add(token.cookie(&state.civic.settings));
    Ok((jar, Redirect::to(own_page(&chosen.back))))
}

/// `POST /atsijungti`
pub async fn sign_out(
    State(state): State<AppState>,
    jar: CookieJar,
) -> Result<(CookieJar, Redirect), PageError> {
    if let Some(cookie) = jar.get(identity::COOKIE) {
        identity::sign_out(&state.civic, cookie.value()).await?;
    }
    let jar = jar.add(identity::removal_cookie(&state.civic.settings));
    Ok((jar, Redirect::to("/prisijungti")))
}
