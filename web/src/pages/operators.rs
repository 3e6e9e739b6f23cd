//! `/valdymas/kambariai`: the live rooms, for whoever looks after the server. The numbers are an island's.

use askama::Template;
use axum::extract::{Path, State};
use civic_api::roles::{self, Act, On};

use super::context::Page;
use super::{Drawn, draw};
use crate::state::AppState;

#[derive(Template)]
#[template(path = "operators/rooms.html")]
struct Rooms {
    page: Page,
    /// The room that is looked at; empty for the list.
    room: String,
}

/// `GET /valdymas/kambariai`
pub async fn rooms(State(state): State<AppState>, page: Page) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::WatchRooms, On::Whole).await?;
    show(page, String::new())
}

/// `GET /valdymas/kambariai/{room}`
pub async fn room(State(state): State<AppState>, page: Page, Path(room): Path<String>) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::WatchRooms, On::Whole).await?;
    show(page, room)
}

fn show(page: Page, room: String) -> Drawn {
    draw(&Rooms {
        page: page.with_island("operators"),
        room,
    })
}
