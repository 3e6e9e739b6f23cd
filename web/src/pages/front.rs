//! `/`: the next reception, what is coming, what can be watched again.

use askama::Template;
use axum::extract::State;
use civic_api::conferences::{self, When, recordings};

use super::context::Page;
use super::icons::Markup;
use super::view::{Reception, Recording};
use super::{Drawn, draw, portraits};
use crate::state::AppState;

const COMING: i64 = 6;
const RECORDINGS: i64 = 4;

#[derive(Template)]
#[template(path = "front.html")]
struct Front {
    page: Page,
    /// What the page is about: the reception under way, else the next one.
    lead: Option<Reception>,
    live: bool,
    coming: Vec<Reception>,
    recordings: Vec<Recording>,
    picture: Picture,
}

/// The three people of the opening picture.
struct Picture {
    host: Markup,
    anonymous: Markup,
    resident: Markup,
}

/// `GET /`
pub async fn show(State(state): State<AppState>, page: Page) -> Drawn {
    let open = conferences::list(&state.civic, When::Now, 1).await?;
    let coming = conferences::list(&state.civic, When::Coming, COMING).await?;
    let recordings = recordings::archive(&state.civic, RECORDINGS).await?;
    let live = !open.is_empty();
    let lead = open
        .first()
        .or(coming.first())
        .map(|c| Reception::of(&page, c));
    let host = lead
        .as_ref()
        .map_or_else(|| "Rasa Vaitkienė".to_owned(), |r| r.host_name.clone());
    let picture = Picture {
        host: portraits::stage(&host, page.demo || lead.is_none()),
        anonymous: portraits::silhouette(),
        resident: portraits::resident(),
    };
    draw(&Front {
        live,
        coming: coming.iter().map(|c| Reception::of(&page, c)).collect(),
        recordings: recordings.iter().map(|r| Recording::of(&page, r)).collect(),
        lead,
        picture,
        page,
    })
}
