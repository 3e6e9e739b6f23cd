//! `/mano-teises`: the rights that this browser holds. The list is an island: the server does not know it.

use askama::Template;

use super::context::Page;
use super::{Drawn, draw};

#[derive(Template)]
#[template(path = "rights/show.html")]
struct Rights {
    page: Page,
}

/// `GET /mano-teises`
pub async fn show(page: Page) -> Drawn {
    draw(&Rights {
        page: page.with_island("rights"),
    })
}
