//! Taking somebody's passkeys away, so that they begin anew: asks with the consequences in plain words, then does it.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use civic_api::extract::Id;
use civic_api::identity::session_cookie;
use civic_api::passkeys::{self, Reason};
use civic_api::roles;
use civic_api::{AccountId, Error};
use serde::Deserialize;

use super::fresh::{self, Waiting};
use super::people;
use crate::pages::context::Page;
use crate::pages::errors::PageError;
use crate::pages::{Drawn, draw};
use crate::state::AppState;

fn reason_key(reason: Reason) -> &'static str {
    match reason {
        Reason::Lost => "admin-keys-lost",
        Reason::Stolen => "admin-keys-stolen",
        Reason::Broken => "admin-keys-broken",
    }
}

/// The words of a reason as it is recorded.
pub(super) fn reason_of(page: &Page, recorded: Option<&str>) -> String {
    let reason = recorded.and_then(Reason::parse);
    reason.map_or_else(String::new, |reason| page.t(reason_key(reason)))
}

struct Choice {
    code: &'static str,
    key: &'static str,
}

#[derive(Template)]
#[template(path = "admin/keys.html")]
struct Ask {
    page: Page,
    id: String,
    name: String,
    keys: usize,
    reasons: Vec<Choice>,
    error: bool,
}

/// The form.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Resetting {
    priezastis: String,
}

async fn view(state: &AppState, page: Page, id: AccountId, error: bool) -> Drawn {
    let person = roles::person(&state.civic, id).await?;
    draw(&Ask {
        id: id.to_string(),
        name: people::name(&page, &person),
        keys: passkeys::count(&state.civic, id).await?,
        reasons: Reason::ALL
            .into_iter()
            .map(|reason| Choice {
                code: reason.as_str(),
                key: reason_key(reason),
            })
            .collect(),
        error,
        page,
    })
}

/// `GET /valdymas/zmones/{id}/raktai`
pub async fn ask(
    State(state): State<AppState>,
    page: Page,
    id: Result<Id<AccountId>, Error>,
) -> Drawn {
    let id = id?.0;
    // Another administrator, who is no fictional one.
    passkeys::may_reset(&state.civic, &page.viewer, id).await?;
    view(&state, page, id, false).await
}

/// `POST /valdymas/zmones/{id}/raktai`
pub async fn reset(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
    id: Result<Id<AccountId>, Error>,
    form: Result<Form<Resetting>, FormRejection>,
) -> Result<Response, PageError> {
    let (civic, id) = (&state.civic, id?.0);
    // Another administrator, who is no fictional one.
    let by = passkeys::may_reset(civic, &page.viewer, id).await?;
    let Form(form) = form?;
    let Some(reason) = Reason::parse(&form.priezastis) else {
        return Ok(view(&state, page, id, true).await?.into_response());
    };
    let waiting = Waiting {
        action: format!("/valdymas/zmones/{id}/raktai"),
        fields: vec![("priezastis", form.priezastis)],
        back: format!("/valdymas/zmones/{id}"),
    };
    if let Some(asks) = fresh::asks(&state, &page, &jar, by, waiting).await? {
        return Ok(asks);
    }
    passkeys::reset(civic, &page.viewer, session_cookie(&jar), id, reason).await?;
    let to = format!("/valdymas/zmones/{id}?kas=raktai");
    Ok(Redirect::to(&to).into_response())
}
