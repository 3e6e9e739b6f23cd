//! Pages of words: what this is, how accessible it is, what it remembers. They say only what the system does today.

use askama::Template;

use super::context::Page;
use super::{Drawn, draw};

#[derive(Template)]
#[template(path = "prose.html")]
struct Prose {
    page: Page,
    title: &'static str,
    lead: &'static str,
    parts: Vec<Part>,
}

/// A heading and what is under it; all are keys of messages.
#[derive(Default)]
struct Part {
    id: &'static str,
    heading: &'static str,
    paragraphs: &'static [&'static str],
    items: &'static [&'static str],
    link: Option<(&'static str, &'static str)>,
}

/// `GET /apie`
pub async fn about(page: Page) -> Drawn {
    let parts = vec![
        Part {
            id: "pokalbiai",
            heading: "about-talk",
            paragraphs: &["about-talk-1", "about-talk-2"],
            ..Part::default()
        },
        Part {
            id: "archyvas",
            heading: "about-open",
            paragraphs: &["about-open-1"],
            ..Part::default()
        },
        Part {
            id: "telefonas",
            heading: "about-quiet",
            paragraphs: &["about-quiet-1"],
            link: Some(("/priemimai", "about-link")),
            ..Part::default()
        },
    ];
    draw(&Prose {
        page,
        title: "about-title",
        lead: "about-lead",
        parts,
    })
}

/// `GET /prieinamumas`
pub async fn accessibility(page: Page) -> Drawn {
    let parts = vec![
        Part {
            id: "veikia",
            heading: "accessibility-can",
            items: &[
                "accessibility-can-1",
                "accessibility-can-2",
                "accessibility-can-3",
                "accessibility-can-4",
                "accessibility-can-5",
            ],
            ..Part::default()
        },
        Part {
            id: "dar-nera",
            heading: "accessibility-not",
            items: &[
                "accessibility-not-1",
                "accessibility-not-2",
                "accessibility-not-3",
            ],
            ..Part::default()
        },
        Part {
            id: "pranesti",
            heading: "accessibility-tell",
            paragraphs: &["accessibility-tell-1"],
            ..Part::default()
        },
    ];
    draw(&Prose {
        page,
        title: "accessibility-title",
        lead: "accessibility-lead",
        parts,
    })
}

/// `GET /privatumas`
pub async fn privacy(page: Page) -> Drawn {
    let parts = vec![
        Part {
            id: "anonimiskai",
            heading: "privacy-anonymous",
            paragraphs: &[
                "privacy-anonymous-1",
                "privacy-anonymous-2",
                "privacy-anonymous-3",
            ],
            ..Part::default()
        },
        Part {
            id: "vardu",
            heading: "privacy-name",
            paragraphs: &["privacy-name-1"],
            ..Part::default()
        },
        Part {
            id: "prisijungus",
            heading: "privacy-signed",
            paragraphs: &["privacy-signed-1", "privacy-signed-2"],
            link: Some(("/paskyra", "account-title")),
            ..Part::default()
        },
        Part {
            id: "langelis",
            heading: "privacy-counter",
            paragraphs: &["privacy-counter-1", "privacy-counter-2"],
            ..Part::default()
        },
        Part {
            id: "irasoma",
            heading: "privacy-record",
            paragraphs: &["privacy-record-1", "privacy-record-2"],
            ..Part::default()
        },
        Part {
            id: "saugoma",
            heading: "privacy-keep",
            paragraphs: &["privacy-keep-1"],
            ..Part::default()
        },
        Part {
            id: "atsaukti",
            heading: "privacy-withdraw",
            paragraphs: &["privacy-withdraw-1"],
            ..Part::default()
        },
        Part {
            id: "slapukai",
            heading: "privacy-cookies",
            paragraphs: &["privacy-cookies-1"],
            items: &[
                "privacy-cookies-theme",
                "privacy-cookies-form",
                "privacy-cookies-way",
                "privacy-cookies-session",
            ],
            ..Part::default()
        },
    ];
    draw(&Prose {
        page,
        title: "privacy-title",
        lead: "privacy-lead",
        parts,
    })
}
