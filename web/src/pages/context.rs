//! What every page is drawn with: the reader's language, theme and text size, who is looking, and the keys of the door.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use civic_api::identity::{phone, session_cookie};
use civic_api::roles::{self, Act, Held, On};
use civic_api::{Account, Viewer};
use jiff::Timestamp;

use super::assisted::{self, Bar};
use super::icons::{self, Markup};
use crate::assets;
use crate::i18n::{self, Language, ToArg};
use crate::security::{CsrfToken, cookie};
use crate::state::AppState;

/// Cookie of the theme; without it the first visit follows the system by CSS alone.
pub const THEME_COOKIE: &str = "tema";
/// Cookie of the text size.
pub const SIZE_COOKIE: &str = "dydis";
/// The themes: value, name, icon.
pub const THEMES: [(&str, &str, &str); 3] = [
    ("numatytoji", "theme-default", "sun"),
    ("kontrastinga", "theme-contrast", "contrast"),
    ("tamsi", "theme-dark", "moon"),
];
/// The text sizes: value, name.
pub const SIZES: [(&str, &str); 4] = [
    ("1", "100 %"),
    ("1.25", "125 %"),
    ("1.5", "150 %"),
    ("2", "200 %"),
];

/// The frame of a page, as its template sees it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The reader's language.
    pub lang: Language,
    /// The chosen theme, if one was chosen.
    pub theme: Option<&'static str>,
    /// The chosen text size.
    pub size: &'static str,
    /// Who is looking.
    pub viewer: Viewer,
    /// The roles they have.
    pub held: Held,
    /// With whom who looks acts now, as a worker at a counter.
    pub assisting: Option<Bar>,
    /// What every form sends back.
    pub csrf: String,
    /// Path and query: where the display form returns to.
    pub path: String,
    /// The server stands for a fictional city: every page says so.
    pub demo: bool,
    /// The time at which the page is drawn.
    pub now: Timestamp,
    /// Style and script.
    pub assets: Assets,
}

/// Addresses of what the page loads.
#[derive(Clone, Debug, Default)]
pub struct Assets {
    /// Style sheets.
    pub styles: Vec<String>,
    /// Modules that run.
    pub scripts: Vec<String>,
    /// Modules these import.
    pub preload: Vec<String>,
}

/// A link that knows whether it leads here.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// Where to.
    pub href: &'static str,
    /// Its words.
    pub key: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// It leads to this page, or to the list this page belongs to.
    pub current: bool,
    /// The value of `aria-current`.
    pub kind: &'static str,
}

/// One of several settings.
#[derive(Clone, Copy, Debug)]
pub struct Choice {
    /// Its value.
    pub code: &'static str,
    /// The key of its words.
    pub key: &'static str,
    /// Its icon.
    pub icon: &'static str,
    /// Its words, when no language changes them.
    pub label: &'static str,
    /// It is set.
    pub on: bool,
}

/// One of the languages.
#[derive(Clone, Copy, Debug)]
pub struct Tongue {
    /// `lt`.
    pub code: &'static str,
    /// `LT`.
    pub short: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// It is set.
    pub on: bool,
}

impl Page {
    /// A message.
    pub fn t(&self, key: &str) -> String {
        i18n::t(self.lang, key)
    }

    /// A message with one argument.
    pub fn t1(&self, key: &str, name: &str, value: impl ToArg) -> String {
        i18n::t_args(self.lang, key, &[(name, value.arg())])
    }

    /// A message with two arguments.
    pub fn t2(
        &self,
        key: &str,
        name: &str,
        value: impl ToArg,
        name2: &str,
        value2: impl ToArg,
    ) -> String {
        i18n::t_args(
            self.lang,
            key,
            &[(name, value.arg()), (name2, value2.arg())],
        )
    }

    /// An icon.
    pub fn icon(&self, name: &str) -> Markup {
        icons::icon(name, false)
    }

    /// A large icon.
    pub fn icon_large(&self, name: &str) -> Markup {
        icons::icon(name, true)
    }

    /// The account of who has signed in.
    pub fn account(&self) -> Option<&Account> {
        self.viewer.account()
    }

    /// Who looks does so from a public terminal.
    pub fn at_terminal(&self) -> bool {
        self.account().is_some_and(|account| account.at_terminal)
    }

    /// Seconds after which such a page asks whether somebody is there.
    pub fn terminal_ask_s(&self) -> i64 {
        phone::rules::ASK_S
    }

    /// Seconds after which it ends.
    pub fn terminal_idle_s(&self) -> i64 {
        phone::rules::IDLE_S
    }

    /// Who looks may announce and host receptions.
    pub fn may_host(&self) -> bool {
        self.held.allows(Act::AnnounceReception, On::Whole)
    }

    /// Who looks has the administrators' area.
    pub fn may_administer(&self) -> bool {
        self.held.allows(Act::SeePeople, On::Whole)
    }

    /// Who looks may act with residents at a counter.
    pub fn may_assist(&self) -> bool {
        self.held.allows(Act::AssistResident, On::Whole)
    }

    /// The way between the pages of that area.
    pub fn admin_nav(&self) -> Vec<Link> {
        vec![
            self.link("/valdymas/zmones", "admin-people", "person"),
            self.link("/valdymas/auditas", "admin-audit", "shield"),
            self.link("/valdymas/nustatymai", "admin-settings", "settings"),
            self.link("/valdymas/kambariai", "operators-title", "camera"),
        ]
    }

    /// Who looks holds an office whose rights wait for a passkey, and this is not the page that asks for it.
    pub fn second_factor_due(&self) -> bool {
        self.account().is_some_and(|a| a.second_factor_due)
            && !self.path.starts_with("/prisijungti/raktas")
    }

    /// Adds an island's script and style.
    pub fn with_island(mut self, name: &str) -> Self {
        let island = assets::island(name);
        self.assets.styles.extend(island.styles);
        self.assets.scripts.extend(island.script);
        self.assets.preload.extend(island.preload);
        self
    }

    /// Main navigation: only what there is.
    pub fn nav(&self) -> Vec<Link> {
        let mut links = vec![
            self.link("/priemimai", "nav-receptions", "camera"),
            self.link("/archyvas", "nav-archive", "play"),
            self.link("/apie", "nav-about", "info"),
        ];
        if self.may_assist() {
            links.push(self.link("/langelis", "nav-counter", "person"));
        }
        if self.may_administer() {
            links.push(self.link("/valdymas", "nav-admin", "settings"));
        }
        links
    }

    /// The list of the archive has a search of its own; the header does not repeat it there.
    pub fn is_archive(&self) -> bool {
        self.path.split('?').next() == Some("/archyvas")
    }

    /// The bar at the thumb.
    pub fn tabs(&self) -> Vec<Link> {
        vec![
            self.link("/", "site-name", "home"),
            self.link("/priemimai", "nav-receptions", "camera"),
            self.link("/archyvas", "nav-archive", "play"),
            self.link(
                "/prisijungti",
                if self.account().is_some() {
                    "tab-me"
                } else {
                    "sign-in"
                },
                "person",
            ),
        ]
    }

    fn link(&self, href: &'static str, key: &'static str, icon: &'static str) -> Link {
        let path = self.path.split('?').next().unwrap_or_default();
        let here = path == href;
        let within = href != "/"
            && path
                .strip_prefix(href)
                .is_some_and(|rest| rest.starts_with('/'));
        Link {
            href,
            key,
            icon,
            current: here || within,
            kind: if here { "page" } else { "true" },
        }
    }

    /// The themes.
    pub fn themes(&self) -> Vec<Choice> {
        THEMES
            .iter()
            .map(|(code, key, icon)| Choice {
                code,
                key,
                icon,
                label: "",
                on: self.theme == Some(code),
            })
            .collect()
    }

    /// The text sizes.
    pub fn sizes(&self) -> Vec<Choice> {
        SIZES
            .iter()
            .map(|(code, label)| Choice {
                code,
                key: "",
                icon: "",
                label,
                on: self.size == *code,
            })
            .collect()
    }

    /// The size that one more press gives.
    pub fn next_size(&self) -> &'static str {
        let at = SIZES
            .iter()
            .position(|(code, _)| *code == self.size)
            .unwrap_or(0);
        SIZES[(at + 1) % SIZES.len()].0
    }

    /// The languages.
    pub fn languages(&self) -> Vec<Tongue> {
        vec![
            Tongue {
                code: "lt",
                short: "LT",
                name: "lietuvių",
                on: self.lang == Language::Lt,
            },
            Tongue {
                code: "en",
                short: "EN",
                name: "English",
                on: self.lang == Language::En,
            },
        ]
    }

    /// A page for this request, seen by `viewer`.
    pub fn of(parts: &Parts, state: &AppState, viewer: Viewer) -> Self {
        let csrf = parts
            .extensions
            .get::<CsrfToken>()
            .map(|t| t.0.clone())
            .unwrap_or_default();
        let page = assets::page();
        let mut styles: Vec<String> = assets::style().into_iter().collect();
        styles.extend(page.styles);
        Self {
            lang: Language::of(&parts.headers),
            theme: chosen(&parts.headers, THEME_COOKIE, THEMES.iter().map(|t| t.0)),
            size: chosen(&parts.headers, SIZE_COOKIE, SIZES.iter().map(|s| s.0)).unwrap_or("1"),
            viewer,
            held: Held::default(),
            assisting: None,
            csrf,
            path: parts
                .uri
                .path_and_query()
                .map_or_else(|| "/".into(), |p| p.as_str().to_owned()),
            demo: state.config.demo.accounts,
            now: state.civic.now(),
            assets: Assets {
                styles,
                scripts: page.script.into_iter().collect(),
                preload: page.preload,
            },
        }
    }
}

/// A cookie's value, if it is one of ours.
fn chosen(
    headers: &HeaderMap,
    name: &str,
    mut known: impl Iterator<Item = &'static str>,
) -> Option<&'static str> {
    let value = cookie(headers, name)?;
    known.find(|k| *k == value)
}

impl FromRequestParts<AppState> for Page {
    type Rejection = super::errors::PageError;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, Self::Rejection> {
        let viewer = Viewer::from_request_parts(parts, state).await?;
        if viewer.account().is_some_and(|account| account.at_terminal) {
            // Whoever looks at a page uses the terminal.
            let jar = CookieJar::from_headers(&parts.headers);
            phone::used(&state.civic, session_cookie(&jar)).await?;
        }
        let held = roles::held(&state.civic, &viewer).await?;
        let lang = Language::of(&parts.headers);
        let assisting = assisted::bar(state, &parts.headers, lang, &viewer, &held).await?;
        Ok(Self {
            held,
            assisting,
            ..Self::of(parts, state, viewer)
        })
    }
}
