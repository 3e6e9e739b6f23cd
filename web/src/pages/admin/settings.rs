//! How the server is set up, to be read: what is configured, and nothing that is secret.

use askama::Template;
use axum::extract::State;
use civic_api::roles::{self, Act, On};

use crate::config::{Config, Tls};
use crate::pages::context::Page;
use crate::pages::{Drawn, draw};
use crate::state::AppState;

/// A part of the configuration.
struct Part {
    key: &'static str,
    facts: Vec<Fact>,
}

/// A fact: its words, and its value.
#[derive(Debug)]
struct Fact {
    key: &'static str,
    value: String,
}

#[derive(Template)]
#[template(path = "admin/settings.html")]
struct Settings {
    page: Page,
    parts: Vec<Part>,
}

/// `GET /valdymas/nustatymai`
pub async fn show(State(state): State<AppState>, page: Page) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::SeeSettings, On::Whole).await?;
    draw(&Settings {
        parts: parts(&page, &state.config),
        page,
    })
}

/// Each value is named here: what is not, is not shown. Of secrets it is said whether there are any.
fn parts(page: &Page, config: &Config) -> Vec<Part> {
    let yes = |is: bool| page.t(if is { "settings-yes" } else { "settings-no" });
    let set = |text: &str| yes(!text.is_empty());
    let fact = |key, value| Fact { key, value };
    let https = match config.server.tls {
        Tls::Files => page.t("settings-https-files"),
        Tls::SelfSigned => page.t("settings-https-self"),
        Tls::Off if config.server.behind_https_proxy => page.t("settings-https-proxy"),
        Tls::Off => page.t("settings-no"),
    };
    let database = if config.data.database == "sqlite" {
        "SQLite"
    } else {
        "PostgreSQL"
    };
    let shards = match config.media.shards {
        0 => page.t("settings-by-cores"),
        n => n.to_string(),
    };
    vec![
        Part {
            key: "settings-server",
            facts: vec![
                fact("settings-version", env!("CARGO_PKG_VERSION").to_owned()),
                fact("settings-address", config.public_url()),
                fact("settings-https", https),
                fact("settings-database", database.to_owned()),
                fact("settings-log", config.log.level.clone()),
                fact("settings-metrics", set(&config.metrics.listen)),
                fact("settings-demo", yes(config.demo.accounts)),
            ],
        },
        Part {
            key: "settings-ways",
            facts: vec![
                fact("way-viisp", set(&config.viisp.soap_url)),
                fact("way-oidc", set(&config.oidc.issuer)),
                fact("way-eticket", set(&config.eticket.url)),
            ],
        },
        Part {
            key: "settings-media",
            facts: vec![
                fact("settings-ports", config.media.ports.clone()),
                fact("settings-tcp", yes(config.media.tcp)),
                fact("settings-shards", shards),
                fact("settings-relay", yes(!config.turn.urls.is_empty())),
                fact("settings-seats", config.media.max_seats.to_string()),
                fact("settings-recording", yes(config.recording.enabled)),
            ],
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Language;
    use crate::pages::context::Assets;

    fn page() -> Page {
        Page {
            lang: Language::Lt,
            theme: None,
            size: "1",
            viewer: civic_api::Viewer::Anonymous,
            held: roles::Held::default(),
            assisting: None,
            csrf: String::new(),
            path: String::new(),
            demo: false,
            now: jiff::Timestamp::UNIX_EPOCH,
            assets: Assets::default(),
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let mut config = Config::default();
        config.data.database = "postgres://aikste:slaptas1@db/aikste".into();
        config.metrics.token = "slaptas2".into();
        config.turn.secret = "slaptas3".into();
        config.turn.urls = vec!["turn:relay.example".into()];
        config.oidc.client_secret_file = "/slaptas4".into();
        config.viisp.private_key = "/slaptas5".into();
        let parts = parts(&page(), &config);
        assert!(parts.iter().all(|part| !part.facts.is_empty()));
        for fact in parts.iter().flat_map(|part| &part.facts) {
            assert!(!fact.value.contains("slapt"), "{fact:?}");
        }
    }
}
