//! `/valdymas/kambariai`: the live rooms, for whoever looks after the server. The numbers are an island's.

use askama::Template;
use axum::extract::Path;

use super::context::Page;
use super::{Drawn, draw};
use crate::watch::http::only_operators;

#[derive(Template)]
#[template(path = "operators/rooms.html")]
struct Rooms {
    page: Page,
    /// The room that is looked at; empty for the list.
    room: String,
}

/// `GET /valdymas/kambariai`
pub async fn rooms(page: Page) -> Drawn {
    only_operators(&page.viewer)?;
    show(page, String::new())
}

/// `GET /valdymas/kambariai/{room}`
pub async fn room(page: Page, Path(room): Path<String>) -> Drawn {
    only_operators(&page.viewer)?;
    show(page, room)
}

fn show(page: Page, room: String) -> Drawn {
    draw(&Rooms {
        page: page.with_island("operators"),
        room,
    })
}
