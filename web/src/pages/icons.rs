//! The icons: a 24 px grid, strokes of 2 px, square caps. Always beside a word, or with one for screen readers.

use std::fmt;

use askama::filters::HtmlSafe;

/// HTML that was made here and is not escaped again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(pub String);

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Markup {}

/// An icon by its name; a name that is not known draws nothing (a test looks through the templates).
pub fn icon(name: &str, large: bool) -> Markup {
    let drawing = ICONS
        .iter()
        .find(|(n, _)| *n == name)
        .map_or("", |(_, drawing)| drawing);
    let class = if large { "i i-l" } else { "i" };
    Markup(format!(
        r#"<svg class="{class}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{drawing}</svg>"#
    ))
}

/// Every icon: name and drawing.
pub const ICONS: &[(&str, &str)] = &[
    ("abstain", r#"<path d="M5 12h14"/>"#),
    ("back", r#"<path d="M15 5l-7 7 7 7"/>"#),
    (
        "calendar",
        r#"<path d="M4 5h16v16H4zM4 10h16M8 2.5V7M16 2.5V7"/>"#,
    ),
    (
        "camera",
        r#"<path d="M3 6h12v12H3zM15 10.5l6-3.5v10l-6-3.5"/>"#,
    ),
    (
        "camera-off",
        r#"<path d="M7 6h8v8M15 10.5l6-3.5v10l-6-3.5M13 18H3V6M2 2l20 20"/>"#,
    ),
    (
        "captions",
        r#"<path d="M3 5h18v14H3zM11 10H7v4h4M17 10h-3.5v4H17"/>"#,
    ),
    ("chat", r#"<path d="M3 4h18v13H11l-5 4v-4H3z"/>"#),
    ("check", r#"<path d="M4 12.5l5.5 5.5L20 6.5"/>"#),
    (
        "clip",
        r#"<path d="M6 4l9 11M18 4L9 15M6.5 15a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM17.5 15a3 3 0 1 1 0 6 3 3 0 0 1 0-6z"/>"#,
    ),
    (
        "clock",
        r#"<path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 7v5.5l3.5 2"/>"#,
    ),
    (
        "contrast",
        r#"<path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z"/><path class="f" d="M12 3a9 9 0 0 1 0 18z"/>"#,
    ),
    (
        "council",
        r#"<path d="M9 4a3.5 3.5 0 1 1 0 7 3.5 3.5 0 0 1 0-7zM2 20c0-8 14-8 14 0zM16 4.5a3.5 3.5 0 0 1 0 6.5M18 14c3 .8 4 3 4 6"/>"#,
    ),
    ("cross", r#"<path d="M6 6l12 12M18 6L6 18"/>"#),
    (
        "document",
        r#"<path d="M5 2.5h9l5 5v14H5zM14 2.5V8h5M8.5 13h7M8.5 17h7"/>"#,
    ),
    ("down", r#"<path d="M4 21v-5h5v-5h5V6h6"/>"#),
    ("download", r#"<path d="M12 3v12M7 10.5l5 5 5-5M4 21h16"/>"#),
    ("flag", r#"<path d="M5 22V3h14l-3 5 3 5H5"/>"#),
    ("forward", r#"<path d="M9 5l7 7-7 7"/>"#),
    (
        "greenery",
        r#"<path d="M12 22v-9M12 3c4 0 7 3 7 6.5S16 16 12 16s-7-3-7-6.5S8 3 12 3z"/>"#,
    ),
    (
        "hand",
        r#"<path d="M7 13V6h2.5v5V3.5H12V11V4.5h2.5V12V7H17v8c0 4-2.5 6-5.5 6S7 19 4 13.5L6 12z"/>"#,
    ),
    ("home", r#"<path d="M3 11l9-8 9 8v10h-6v-7H9v7H3z"/>"#),
    (
        "info",
        r#"<path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18zM12 11v6M12 7v.5"/>"#,
    ),
    (
        "keyboard",
        r#"<path d="M2 6h20v12H2zM6 10h.5M10 10h.5M14 10h.5M18 10h.5M6 14h.5M18 14h.5M9.5 14h5"/>"#,
    ),
    (
        "leave",
        r#"<path d="M3 14c0-6 18-6 18 0v2h-5v-3.5c-2.5-.8-5.5-.8-8 0V16H3z"/>"#,
    ),
    (
        "lighting",
        r#"<path d="M8 22V6c0-4 8-4 8 0v1M13 7h6l1 4h-8zM5 22h6"/>"#,
    ),
    (
        "listen",
        r#"<path d="M4 9v6h4l6 5V4L8 9zM17.5 8.5c2 2 2 5 0 7"/>"#,
    ),
    (
        "lock",
        r#"<path d="M5 11h14v10H5zM8 11V7a4 4 0 0 1 8 0v4"/>"#,
    ),
    ("menu", r#"<path d="M3 6h18M3 12h18M3 18h18"/>"#),
    (
        "mic",
        r#"<path d="M9 4h6v9H9zM5 11v2a7 7 0 0 0 14 0v-2M12 20v2"/>"#,
    ),
    (
        "mic-off",
        r#"<path d="M9 9v4h4M15 11V4H9M5 11v2a7 7 0 0 0 11 5.5M19 11v3M12 20v2M2 2l20 20"/>"#,
    ),
    (
        "moon",
        r#"<path d="M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z"/>"#,
    ),
    (
        "pause",
        r#"<path class="f" d="M5 4h5v16H5zM14 4h5v16h-5z"/>"#,
    ),
    (
        "person",
        r#"<path d="M12 3.5a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c0-9 16-9 16 0z"/>"#,
    ),
    (
        "person-hidden",
        r#"<path d="M12 3.5a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c0-9 16-9 16 0z" stroke-dasharray="3 3.2"/>"#,
    ),
    (
        "phone",
        r#"<path d="M5 4h4l2 5-2.5 2a12 12 0 0 0 4.5 4.5L15 13l5 2v4c0 1-1 1.5-2 1.5C10.5 20 4 13.5 3.5 6 3.5 5 4 4 5 4z"/>"#,
    ),
    (
        "place",
        r#"<path d="M12 22c-5-6-7-9-7-12a7 7 0 0 1 14 0c0 3-2 6-7 12zM12 7.5v5M9.5 10h5"/>"#,
    ),
    ("play", r#"<path class="f" d="M6 3.5v17L21 12z"/>"#),
    (
        "playground",
        r#"<path d="M3 21L8 3h8l5 18M10 3v12M14 3v12M9 15h6"/>"#,
    ),
    ("plus", r#"<path d="M12 4v16M4 12h16"/>"#),
    (
        "poll",
        r#"<path d="M4 21V11h4v10M10 21V4h4v17M16 21v-7h4v7z"/>"#,
    ),
    (
        "record",
        r#"<path d="M12 3a9 9 0 1 1 0 18 9 9 0 0 1 0-18z"/><path class="f" d="M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z"/>"#,
    ),
    (
        "search",
        r#"<path d="M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L21 21"/>"#,
    ),
    (
        "settings",
        r#"<path d="M4 7h9M17 7h3M4 17h3M11 17h9M13 4.5v5h4v-5zM7 14.5v5h4v-5z"/>"#,
    ),
    (
        "share",
        r#"<path d="M12 15V3M7.5 7L12 2.8 16.5 7M5 12v9h14v-9"/>"#,
    ),
    (
        "shield",
        r#"<path d="M12 2.5l8 3v6c0 5-3.5 8.5-8 10-4.5-1.5-8-5-8-10v-6zM8 12l3 3 5-6"/>"#,
    ),
    (
        "sign",
        r#"<path d="M3 12l4-5 5 1M7 13l4-3h4M3 12v5l4 3h6M21 12l-4 5-5-1M21 12V7l-4-3h-6"/>"#,
    ),
    (
        "stop",
        r#"<path d="M4 4h16v14H4zM4 12h16M7 18v3M17 18v3M7.5 15h.5M16 15h.5"/>"#,
    ),
    (
        "street",
        r#"<path d="M7 3L3 21M17 3l4 18M12 3v3M12 10v4M12 18v3"/>"#,
    ),
    (
        "sun",
        r#"<path d="M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 1.5v2.5M12 20v2.5M1.5 12H4M20 12h2.5M4.5 4.5l1.8 1.8M17.7 17.7l1.8 1.8M4.5 19.5l1.8-1.8M17.7 6.3l1.8-1.8"/>"#,
    ),
    (
        "text-size",
        r#"<path d="M2 19L7.5 5 13 19M4 14h7M15 19l3.5-9L22 19M16 16h5"/>"#,
    ),
    (
        "warning",
        r#"<path d="M12 3l10 18H2zM12 10v5M12 17.5v.6"/>"#,
    ),
    (
        "waste",
        r#"<path d="M4 7h16M9 7V3h6v4M6 7l1 14h10l1-14M10 11v6M14 11v6"/>"#,
    ),
    (
        "weak",
        r#"<path d="M3 20v-3M8.5 20v-6M14 20V10"/><path d="M19.5 20V5" stroke-dasharray="2 3.5"/>"#,
    ),
];
