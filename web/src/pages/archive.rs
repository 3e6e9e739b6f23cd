//! The archive: past conversations, found by topic or surname, and the page on which one is replayed.

use askama::Template;
use axum::extract::{Query, State};
use civic_api::conferences::presences::Label;
use civic_api::conferences::{self, recordings};
use civic_api::extract::Id;
use civic_api::{Error, RecordingId};
use recorder::manifest::Manifest;
use serde::Deserialize;

use super::context::Page;
use super::errors::PageError;
use super::view::{self, Recording};
use super::{Drawn, draw};
use crate::state::AppState;

const SHOWN: i64 = 100;
/// Longest query that is looked at, in characters.
const QUERY: usize = 100;
/// Largest manifest that is read for the list of tracks, in bytes.
const MANIFEST_BYTES: u64 = 16 * 1024 * 1024;

/// What is looked for.
#[derive(Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "archive/list.html")]
struct List {
    page: Page,
    query: String,
    recordings: Vec<Recording>,
}

/// `GET /archyvas`
pub async fn list(
    State(state): State<AppState>,
    page: Page,
    Query(search): Query<Search>,
) -> Drawn {
    let query: String = search.q.trim().chars().take(QUERY).collect();
    let found = recordings::archive(&state.civic, SHOWN).await?;
    draw(&List {
        recordings: found
            .iter()
            .filter(|r| matches(&query, &[&r.conference_title, &r.host_name]))
            .map(|r| Recording::of(&page, r))
            .collect(),
        query,
        page,
    })
}

/// Every word of the query begins a word of the texts. Letters with and without marks are the same, so that a query
/// typed on any keyboard finds.
fn matches(query: &str, texts: &[&str]) -> bool {
    let words: Vec<String> = texts.iter().flat_map(|t| words(t)).collect();
    self::words(query)
        .iter()
        .all(|q| words.iter().any(|w| w.starts_with(q.as_str())))
}

fn words(text: &str) -> Vec<String> {
    let plain: String = text.to_lowercase().chars().map(unmarked).collect();
    plain
        .split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect()
}

fn unmarked(c: char) -> char {
    match c {
        'ą' => 'a',
        'č' => 'c',
        'ę' | 'ė' => 'e',
        'į' => 'i',
        'š' => 's',
        'ų' | 'ū' => 'u',
        'ž' => 'z',
        other => other,
    }
}

#[derive(Template)]
#[template(path = "archive/show.html")]
struct Show {
    page: Page,
    rec: Recording,
    tracks: Vec<Track>,
}

/// One file to download.
struct Track {
    href: String,
    name: String,
    kind: &'static str,
    size: String,
}

/// `GET /archyvas/{recording}`
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    id: Result<Id<RecordingId>, Error>,
) -> Drawn {
    let replay = recordings::replay(&state.civic, id?.0).await?;
    let recording = &replay.recording;
    if !recordings::rules::may_watch(&page.viewer, recording, page.now) {
        return Err(PageError::NOT_FOUND);
    }
    let host = conferences::get(&state.civic, recording.conference)
        .await?
        .host_office;
    let mut rec = Recording::of(&page, recording);
    rec.host_office = host;
    let tracks = match manifest(&state, recording.id).await {
        Some(manifest) if rec.ready => tracks(&page, &replay, &manifest),
        _ => Vec::new(),
    };
    draw(&Show {
        rec,
        tracks,
        page: page.with_island("player"),
    })
}

async fn manifest(state: &AppState, id: RecordingId) -> Option<Manifest> {
    let path = state
        .config
        .media_dir()
        .join(id.to_string())
        .join("manifest.json");
    if tokio::fs::metadata(&path).await.ok()?.len() > MANIFEST_BYTES {
        return None;
    }
    serde_json::from_slice(&tokio::fs::read(path).await.ok()?).ok()
}

fn tracks(page: &Page, replay: &recordings::Replay, manifest: &Manifest) -> Vec<Track> {
    let mut files = Vec::new();
    for track in &manifest.tracks {
        let name = match replay.labels.get(&track.participant) {
            Some(Label::Name(name)) => name.clone(),
            Some(Label::Anonymous(n)) => page.t1("voice", "n", *n),
            None => page.t("track-erased"),
        };
        let kind = if track.source == sfu::Source::Microphone {
            "track-audio"
        } else {
            "track-video"
        };
        for (at, piece) in track.pieces.iter().enumerate() {
            let several = track.pieces.len() > 1;
            files.push(Track {
                href: format!("/media/{}/{}", replay.recording.id, piece.file),
                name: if several {
                    page.t2("track-of", "name", &name, "n", at + 1)
                } else {
                    name.clone()
                },
                kind,
                size: view::size(page, piece.size_bytes),
            });
        }
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_finds_by_the_beginning_of_words_with_or_without_marks() {
        let texts = ["Gatvių apšvietimas ir šaligatviai", "Rasa Vaitkienė"];
        for query in ["", "šaligat", "saligat", "GATVIU rasa", "vaitkiene"] {
            assert!(matches(query, &texts), "{query}");
        }
        for query in ["ligatviai", "gatvių tomas", "%"] {
            assert_eq!(matches(query, &texts), query == "%", "{query}");
        }
    }
}
