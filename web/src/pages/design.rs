//! `/dizainas`: every component in every theme, side by side. What a page may be made of, and the first place to look
//! after a change of style.

use askama::Template;

use super::context::{Page, THEMES};
use super::icons::{ICONS, Markup};
use super::{Drawn, draw, portraits};

#[derive(Template)]
#[template(path = "design/show.html")]
struct Show {
    page: Page,
    themes: [(&'static str, &'static str, &'static str); 3],
    pictures: Pictures,
    icons: &'static [(&'static str, &'static str)],
    swatches: &'static [(&'static str, &'static str, &'static str)],
}

struct Pictures {
    host: Markup,
    host_small: Markup,
    real: Markup,
    anonymous: Markup,
    resident: Markup,
}

/// Colour role, its name, what it is for (keys of messages).
const SWATCHES: &[(&str, &str, &str)] = &[
    ("nemunas", "design-nemunas", "design-nemunas-use"),
    ("neris", "design-neris", "design-neris-use"),
    ("live", "design-live", "design-live-use"),
    ("ok", "design-ok", "design-ok-use"),
    ("mark-now", "design-mark", "design-mark-use"),
    ("bg-stone", "design-stone", "design-stone-use"),
    ("bg-stone-2", "design-paving", "design-paving-use"),
    ("ink", "design-ink", "design-ink-use"),
];

/// `GET /dizainas`
pub async fn show(page: Page) -> Drawn {
    let host = "Rasa Vaitkienė";
    draw(&Show {
        page,
        themes: THEMES,
        pictures: Pictures {
            host: portraits::stage(host, true),
            host_small: portraits::avatar(host, true),
            real: portraits::avatar(host, false),
            anonymous: portraits::silhouette(),
            resident: portraits::resident(),
        },
        icons: ICONS,
        swatches: SWATCHES,
    })
}
