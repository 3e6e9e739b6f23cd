//! Asks for a passkey once more before something dangerous is done, and sends the filled form again once it was shown.

use askama::Template;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::CookieJar;
use civic_api::identity::session_cookie;
use civic_api::{Account, Error, accounts, passkeys};

use crate::pages::context::Page;
use crate::pages::errors::PageError;
use crate::pages::passkeys::Keys;
use crate::pages::{Drawn, draw};
use crate::state::AppState;

/// A form that waits. What stands in it goes back to the reader in the page, never into an address.
pub(super) struct Waiting {
    /// Where it is sent.
    pub(super) action: String,
    /// Its fields, but for the token.
    pub(super) fields: Vec<(&'static str, String)>,
    /// Where one goes who would rather not.
    pub(super) back: String,
}

#[derive(Template)]
#[template(path = "admin/fresh.html")]
struct Fresh {
    page: Page,
    form: Waiting,
    keys: Keys,
}

/// `None`: a passkey was shown in the last minutes, or none is needed. Else the page that asks for one; the form waits in it.
pub(super) async fn asks(
    state: &AppState,
    page: &Page,
    jar: &CookieJar,
    by: &Account,
    form: Waiting,
) -> Result<Option<Response>, PageError> {
    match passkeys::require_fresh(&state.civic, by, session_cookie(jar)).await {
        Ok(()) => Ok(None),
        Err(Error::ConfirmationRequired) => {
            let drawn = view(state, page, jar, by, form).await?;
            Ok(Some(drawn.into_response()))
        }
        Err(error) => Err(error.into()),
    }
}

async fn view(
    state: &AppState,
    page: &Page,
    jar: &CookieJar,
    by: &Account,
    form: Waiting,
) -> Drawn {
    let facts = accounts::facts(&state.civic, by, session_cookie(jar)).await?;
    draw(&Fresh {
        keys: Keys::of(page, &facts),
        page: page.clone().with_island("passkeys"),
        form,
    })
}
