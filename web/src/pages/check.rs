//! `/patikra`: what will work before one joins. The list itself is an island.

use askama::Template;

use super::context::Page;
use super::{Drawn, draw};

#[derive(Template)]
#[template(path = "check.html")]
struct Check {
    page: Page,
}

/// `GET /patikra`
pub async fn show(page: Page) -> Drawn {
    draw(&Check {
        page: page.with_island("check"),
    })
}
