//! Receptions: the list, one of them, and the page on which the call is mounted.

use askama::Template;
use axum::extract::State;
use civic_api::ConferenceId;
use civic_api::conferences::{self, When};
use civic_api::extract::Id;

use super::context::Page;
use super::errors::PageError;
use super::view::{Reception, Recording};
use super::{Drawn, draw};
use crate::state::AppState;

const PAST: i64 = 12;

#[derive(Template)]
#[template(path = "receptions/list.html")]
struct List {
    page: Page,
    may_host: bool,
    open: Vec<Reception>,
    coming: Vec<Reception>,
    past: Vec<Reception>,
}

/// `GET /priemimai`
pub async fn list(State(state): State<AppState>, page: Page) -> Drawn {
    let open = conferences::list(&state.civic, When::Now, conferences::PAGE).await?;
    let coming = conferences::list(&state.civic, When::Coming, conferences::PAGE).await?;
    let past = conferences::list(&state.civic, When::Past, PAST).await?;
    let draw_all =
        |list: &[conferences::Conference]| list.iter().map(|c| Reception::of(&page, c)).collect();
    draw(&List {
        may_host: page.may_host(),
        open: draw_all(&open),
        coming: draw_all(&coming),
        past: draw_all(&past),
        page,
    })
}

#[derive(Template)]
#[template(path = "receptions/show.html")]
struct Show {
    page: Page,
    r: Reception,
    is_host: bool,
    recordings: Vec<Recording>,
}

/// `GET /priemimai/{id}`
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    id: Result<Id<ConferenceId>, civic_api::Error>,
) -> Drawn {
    let conference = conferences::get(&state.civic, id?.0).await?;
    draw(&Show {
        is_host: is_host(&page, &conference),
        recordings: conference
            .recordings
            .iter()
            .map(|w| Recording::watchable(&page, &conference, w))
            .collect(),
        r: Reception::of(&page, &conference),
        page,
    })
}

#[derive(Template)]
#[template(path = "receptions/call.html")]
struct Call {
    page: Page,
    r: Reception,
    is_host: bool,
    signed_in: bool,
    display_name: String,
}

/// `GET /priemimai/{id}/pokalbis`: lobby and room are one island.
pub async fn call(
    State(state): State<AppState>,
    page: Page,
    id: Result<Id<ConferenceId>, civic_api::Error>,
) -> Drawn {
    let conference = conferences::get(&state.civic, id?.0).await?;
    draw(&Call {
        is_host: is_host(&page, &conference),
        signed_in: page.account().is_some(),
        display_name: page.account().map(|a| a.name.clone()).unwrap_or_default(),
        r: Reception::of(&page, &conference),
        page: page.with_island("call"),
    })
}

/// Who looks hosts this reception, or was given a role for it.
pub fn is_host(page: &Page, conference: &conferences::Conference) -> bool {
    conferences::rules::runs(&page.viewer, &page.held, conference).is_ok()
}

impl From<axum::extract::rejection::FormRejection> for PageError {
    fn from(rejection: axum::extract::rejection::FormRejection) -> Self {
        Self(rejection.status())
    }
}
