//! `/prisijungti/raktas`: asks whoever holds an office for a passkey after signing in; and what one's account shows of them.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use civic_api::accounts::{self, Facts};
use civic_api::{Error, identity, passkeys};
use jiff::ToSpan;
use serde::Deserialize;

use super::context::Page;
use super::display::own_page;
use super::draw;
use super::errors::PageError;
use crate::i18n::time;
use crate::state::AppState;

/// The passkeys of who looks, as a page shows them.
pub(super) struct Keys {
    /// There is something to show: who has keys, or should.
    pub(super) shown: bool,
    /// Each.
    pub(super) list: Vec<Key>,
    /// `Liko 9 kodai.`
    pub(super) codes: String,
    /// When a recovery code was spent in the last month.
    pub(super) spent: Option<String>,
    /// For the island.
    pub(super) json: String,
    /// None was shown in this session.
    pub(super) due: bool,
}

/// One of them.
pub(super) struct Key {
    pub(super) name: String,
    pub(super) kept: &'static str,
    pub(super) created: String,
    pub(super) used: String,
}

impl Keys {
    /// As this page's reader sees them.
    pub(super) fn of(page: &Page, facts: &Facts) -> Self {
        let moment = |at| time::moment(page.lang, at);
        let list = facts.passkeys.iter().map(|key| Key {
            name: key.name.clone(),
            kept: if key.synced {
                "passkey-synced"
            } else {
                "passkey-bound"
            },
            created: moment(key.created_at),
            used: key
                .used_at
                .map_or_else(|| page.t("passkey-used-never"), moment),
        });
        let month_ago = page.now.checked_sub((30 * 24).hours()).unwrap_or(page.now);
        let spent = facts.recovery_codes.spent.last();
        let json: Vec<_> = facts
            .passkeys
            .iter()
            .map(|key| serde_json::json!({ "id": key.id, "name": key.name }))
            .collect();
        Self {
            shown: passkeys::rules::may_have_passkeys(&facts.account) || !facts.passkeys.is_empty(),
            list: list.collect(),
            codes: page.t1("passkey-codes-left", "n", facts.recovery_codes.left),
            spent: spent.filter(|at| **at > month_ago).map(|at| moment(*at)),
            json: serde_json::Value::from(json).to_string(),
            due: facts.account.second_factor_due,
        }
    }
}

#[derive(Template)]
#[template(path = "account/passkey.html")]
struct Ask {
    page: Page,
    keys: Keys,
    next: String,
}

/// Where to go afterwards.
#[derive(Deserialize)]
pub struct Next {
    #[serde(default)]
    toliau: String,
}

/// `GET /prisijungti/raktas`
pub async fn ask(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
    Query(next): Query<Next>,
) -> Result<Response, PageError> {
    // Only of who asks.
    let Some(account) = page.account() else {
        return Ok(Redirect::to("/prisijungti").into_response());
    };
    if !passkeys::rules::may_have_passkeys(account) {
        return Err(Error::NotFound.into());
    }
    let cookie = jar.get(identity::COOKIE).map_or("", |c| c.value());
    let facts = accounts::facts(&state.civic, account, cookie).await?;
    let drawn = draw(&Ask {
        keys: Keys::of(&page, &facts),
        next: own_page(&next.toliau).to_owned(),
        page: page.with_island("passkeys"),
    })?;
    Ok(drawn.into_response())
}

/// Where someone goes who has just signed in: by way of the passkey, if their office needs one.
pub(super) fn after_sign_in(needed: bool, to: &str) -> Redirect {
    if !needed {
        return Redirect::to(to);
    }
    let query: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("toliau", to)
        .finish();
    Redirect::to(&format!("/prisijungti/raktas?{query}"))
}
