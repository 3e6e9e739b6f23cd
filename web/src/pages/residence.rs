//! Where a resident lives, on pages: the names of the elderships, what the account's page shows, the form to say it.

use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::Redirect;
use civic_api::conferences::Conference;
use civic_api::residence::{self, Eldership, Residence};
use civic_api::{Account, Error};
use serde::Deserialize;

use super::context::Page;
use super::errors::PageError;
use crate::i18n::time;
use crate::state::AppState;

/// The key of an eldership's name: in Lithuanian of whom it is (`Šilainių`).
fn key(eldership: Eldership) -> &'static str {
    match eldership {
        Eldership::Aleksotas => "eldership-aleksotas",
        Eldership::Centras => "eldership-centras",
        Eldership::Dainava => "eldership-dainava",
        Eldership::Eiguliai => "eldership-eiguliai",
        Eldership::Griciupis => "eldership-griciupis",
        Eldership::Panemune => "eldership-panemune",
        Eldership::Petrasiunai => "eldership-petrasiunai",
        Eldership::Sanciai => "eldership-sanciai",
        Eldership::Silainiai => "eldership-silainiai",
        Eldership::Vilijampole => "eldership-vilijampole",
        Eldership::Zaliakalnis => "eldership-zaliakalnis",
    }
}

/// `Šilainių seniūnija`.
pub(super) fn named(page: &Page, eldership: Eldership) -> String {
    page.t1("eldership-named", "name", page.t(key(eldership)))
}

/// `Tik Šilainių seniūnijos gyventojams`, of a reception that is for one eldership.
pub fn only(page: &Page, eldership: Option<Eldership>) -> Option<String> {
    eldership.map(|eldership| page.t1("eldership-only", "name", page.t(key(eldership))))
}

/// Why the one who looks may not take a seat in a reception of an eldership; `None`: nothing is in the way.
pub async fn barred(
    state: &AppState,
    page: &Page,
    conference: &Conference,
) -> Result<Option<String>, Error> {
    let Some(eldership) = conference.eldership else {
        return Ok(None);
    };
    let name = page.t(key(eldership));
    let Some(account) = page.account() else {
        return Ok(Some(page.t1("eldership-only-sign-in", "name", &name)));
    };
    let lives = residence::of(&state.civic, account.id).await?;
    let may =
        account.id == conference.host_id || residence::rules::eligible(Some(eldership), &lives);
    Ok((!may).then(|| page.t1("eldership-only-not-you", "name", &name)))
}

/// An eldership to choose.
pub struct Choice {
    /// Its value.
    pub code: &'static str,
    /// Its name.
    pub name: String,
    /// It is chosen.
    pub on: bool,
}

/// All of them, in the order of the reader's alphabet.
pub fn choices(page: &Page, chosen: &str) -> Vec<Choice> {
    Eldership::ALL
        .into_iter()
        .map(|eldership| Choice {
            code: eldership.as_str(),
            name: named(page, eldership),
            on: eldership.as_str() == chosen,
        })
        .collect()
}

/// Where someone lives, in words.
pub struct Lives {
    /// What the register has confirmed: the eldership, and how it is marked.
    pub confirmed: Option<(String, String)>,
    /// What they have said.
    pub declared: Option<String>,
    /// What they may say.
    pub choices: Vec<Choice>,
}

impl Lives {
    /// As their own page shows it.
    pub fn of(page: &Page, lives: &Residence) -> Self {
        let said = lives.declared.as_ref().map(|declared| declared.eldership);
        Self {
            confirmed: lives.confirmed.as_ref().map(|confirmed| {
                let date = time::date(page.lang, confirmed.on);
                (
                    named(page, confirmed.eldership),
                    page.t1("residence-confirmed", "date", date),
                )
            }),
            declared: said.map(|eldership| named(page, eldership)),
            choices: choices(page, said.map_or("", Eldership::as_str)),
        }
    }
}

/// The form on the account's page.
#[derive(Deserialize)]
pub struct Said {
    #[serde(default)]
    eldership: String,
}

/// `POST /paskyra/seniunija`
pub async fn declare(
    State(state): State<AppState>,
    page: Page,
    form: Result<Form<Said>, FormRejection>,
) -> Result<Redirect, PageError> {
    let Form(said) = form?;
    // Only of oneself.
    let account: &Account = page.viewer.signed_in()?;
    let eldership = match said.eldership.as_str() {
        "" => None,
        text => Some(Eldership::parse(text).ok_or(Error::Invalid { field: "eldership" })?),
    };
    residence::declare(&state.civic, account, eldership).await?;
    Ok(Redirect::to("/paskyra#gyvenu"))
}
