//! What browsers load beside the pages: style, scripts, fonts, pictures. Built by Vite into `ui/dist`, embedded here,
//! named by their content, and therefore cached for ever.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::Router;
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;
use serde::Deserialize;

use crate::state::AppState;

const STYLE: &str = "../styles/main.css";
const PAGE: &str = "src/page.ts";
const FOREVER: &str = "public, max-age=31536000, immutable";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/ui/dist"]
struct Dist;

/// Addresses of one entry of the browser build. Empty when the build has not run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// The module to load.
    pub script: Option<String>,
    /// Modules it imports, to be fetched at once.
    pub preload: Vec<String>,
    /// Its own style sheets, after the common one.
    pub styles: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chunk {
    file: String,
    #[serde(default)]
    css: Vec<String>,
    #[serde(default)]
    imports: Vec<String>,
}

type Manifest = BTreeMap<String, Chunk>;

/// `GET /static/{file}`, and the mark in the browser's tab.
pub fn router() -> Router<AppState> {
    Router::new()
        .route("/static/{*file}", get(serve))
        .route("/favicon.svg", get(favicon))
}

/// The style sheet of every page, if built.
pub fn style() -> Option<String> {
    manifest().get(STYLE).map(|chunk| url(&chunk.file))
}

/// The script of every page: menus, themes without a reload.
pub fn page() -> Entry {
    entry(PAGE)
}

/// The island drawn in `src/<name>/main.ts`.
pub fn island(name: &str) -> Entry {
    entry(&format!("src/{name}/main.ts"))
}

fn entry(source: &str) -> Entry {
    resolve(manifest(), source)
}

fn resolve(manifest: &Manifest, source: &str) -> Entry {
    let Some(chunk) = manifest.get(source) else {
        return Entry::default();
    };
    let mut found = Entry {
        script: Some(url(&chunk.file)),
        ..Entry::default()
    };
    let mut seen = vec![source.to_owned()];
    let mut open: Vec<&str> = chunk.imports.iter().map(String::as_str).collect();
    found.styles.extend(chunk.css.iter().map(|f| url(f)));
    while let Some(name) = open.pop() {
        if seen.iter().any(|s| s == name) {
            continue;
        }
        seen.push(name.to_owned());
        let Some(import) = manifest.get(name) else {
            continue;
        };
        found.preload.push(url(&import.file));
        found.styles.extend(import.css.iter().map(|f| url(f)));
        open.extend(import.imports.iter().map(String::as_str));
    }
    found
}

fn url(file: &str) -> String {
    format!("/static/{file}")
}

fn manifest() -> &'static Manifest {
    static MANIFEST: OnceLock<Manifest> = OnceLock::new();
    MANIFEST.get_or_init(|| {
        let file = Dist::get(".vite/manifest.json")
            .map(|f| f.data)
            .unwrap_or_default();
        serde_json::from_slice(&file).unwrap_or_else(|e| {
            tracing::error!("the browser build's manifest cannot be read: {e}");
            Manifest::new()
        })
    })
}

async fn serve(Path(file): Path<String>) -> Response {
    if file.starts_with('.') {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Dist::get(&file) {
        Some(found) => {
            let kind = mime_guess::from_path(&file).first_or_octet_stream();
            let headers = [
                (header::CONTENT_TYPE, kind.to_string()),
                (header::CACHE_CONTROL, FOREVER.to_owned()),
            ];
            (headers, found.data).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn favicon() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CACHE_CONTROL, "public, max-age=86400"),
    ];
    (headers, include_str!("../templates/parts/favicon.svg"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::*;

    #[test]
    fn an_entry_brings_its_imports_and_their_styles_once() {
        let manifest: Manifest = serde_json::from_str(
            r#"{"src/call/main.ts":{"file":"call-1.js","imports":["_a"],"css":["call-1.css"]},
                "_a":{"file":"a-2.js","imports":["_b"]},"_b":{"file":"b-3.js","imports":["_a"],"css":["b-3.css"]}}"#,
        )
        .unwrap();
        let entry = resolve(&manifest, "src/call/main.ts");
        assert_eq!(entry.script.as_deref(), Some("/static/call-1.js"));
        assert_eq!(entry.preload, ["/static/a-2.js", "/static/b-3.js"]);
        assert_eq!(entry.styles, ["/static/call-1.css", "/static/b-3.css"]);
    }

    #[test]
    fn a_build_that_has_not_run_gives_pages_without_script_not_a_failure() {
        assert_eq!(
            resolve(&Manifest::new(), "src/call/main.ts"),
            Entry::default()
        );
    }
}
