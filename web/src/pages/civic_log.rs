//! The civic log, in plain words: what happened, when, in what role; and on each record's page a check that the browser
//! makes itself.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use civic_api::Error;
use civic_api::extract::Id;
use civic_api::log::{self, Filter, Record};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::context::Page;
use super::errors::PageError;
use super::{Drawn, draw, view};
use crate::i18n::time;
use crate::state::AppState;

/// Records on a page.
const SHOWN: i64 = 25;
/// Records in the feed.
const IN_FEED: i64 = 50;

/// Kinds, in the order in which they are offered, and their words.
const KINDS: [(&str, &str); 33] = [
    ("conference.created", "log-conference-created"),
    ("conference.moved", "log-conference-moved"),
    ("conference.opened", "log-conference-opened"),
    ("conference.ended", "log-conference-ended"),
    ("participation.joined", "log-participation-joined"),
    ("participation.left", "log-participation-left"),
    ("recording.started", "log-recording-started"),
    ("recording.stopped", "log-recording-stopped"),
    ("recording.finished", "log-recording-finished"),
    ("recording.failed", "log-recording-failed"),
    ("recording.deleted", "log-recording-deleted"),
    ("log.key_set", "log-key-set"),
    ("key.rotated", "log-key-rotated"),
    ("key.dropped", "log-key-dropped"),
    ("right.opened", "log-right-opened"),
    ("right.closed", "log-right-closed"),
    ("account.signed_in", "log-account-signed-in"),
    ("account.terminal_signed_in", "log-account-terminal"),
    ("account.linked", "log-account-linked"),
    ("account.erased", "log-account-erased"),
    ("residents.imported", "log-residents-imported"),
    ("role.granted", "log-role-granted"),
    ("role.taken", "log-role-taken"),
    ("passkey.added", "log-passkey-added"),
    ("passkey.removed", "log-passkey-removed"),
    ("passkey.recovered", "log-passkey-recovered"),
    ("passkey.codes_made", "log-passkey-codes-made"),
    ("passkey.reset", "log-passkey-reset"),
    ("assistance.begun", "log-assistance-begun"),
    ("assistance.acted", "log-assistance-acted"),
    ("assistance.ended", "log-assistance-ended"),
    ("demo.filled", "log-demo-filled"),
    ("demo.removed", "log-demo-removed"),
];

/// The words of a kind; a kind of a newer version has general ones.
fn words_of(kind: &str) -> &'static str {
    KINDS
        .iter()
        .find(|(code, _)| *code == kind)
        .map_or("log-other", |(_, key)| key)
}

/// The words of a role.
fn role_of(role: &str) -> &'static str {
    match role {
        "system" => "log-by-system",
        "operator" => "log-by-operator",
        "anonymous" => "log-by-anonymous",
        "host" => "log-by-host",
        other => civic_api::Role::parse(other).map_or("role-other", view::role_key),
    }
}

/// A record, as a reader sees it.
struct Line {
    seq: i64,
    what: String,
    who: String,
    when: String,
    iso: String,
    hash: String,
    /// The beginning of the hash: enough to compare with the eye.
    short: String,
    conference: Option<String>,
}

impl Line {
    fn of(page: &Page, record: &Record) -> Self {
        let of_stream = record.stream.strip_prefix("conference/");
        let of_payload = record.payload["conference"].as_str();
        Self {
            seq: record.seq,
            what: page.t(words_of(&record.kind)),
            who: page.t(role_of(&record.actor_role)),
            when: time::moment(page.lang, record.at),
            iso: record.at.to_string(),
            hash: record.hash.clone(),
            short: record.hash.chars().take(12).collect(),
            conference: of_stream.or(of_payload).map(str::to_owned),
        }
    }
}

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    rusis: String,
    #[serde(default)]
    nuo: String,
    #[serde(default)]
    iki: String,
    #[serde(default)]
    pries: String,
}

impl Search {
    /// What cannot be read filters nothing: an address typed by hand still answers.
    fn filter(&self) -> Filter {
        let kind = KINDS.iter().find(|(code, _)| *code == self.rusis);
        Filter {
            kind: kind.map(|(code, _)| (*code).to_owned()),
            from: day(&self.nuo).and_then(midnight),
            until: day(&self.iki)
                .and_then(|day| day.tomorrow().ok())
                .and_then(midnight),
            before: self.pries.parse().ok(),
        }
    }

    fn is_narrow(&self) -> bool {
        let filter = self.filter();
        filter.kind.is_some() || filter.from.is_some() || filter.until.is_some()
    }

    /// The address of what comes before a record, in this search.
    fn older(&self, seq: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("rusis", &self.rusis),
            ("nuo", &self.nuo),
            ("iki", &self.iki),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("pries", &seq.to_string());
        format!("/zurnalas?{}", query.finish())
    }
}

fn day(text: &str) -> Option<Date> {
    text.parse().ok()
}

/// When a day begins in the city.
fn midnight(day: Date) -> Option<Timestamp> {
    let zoned = day.to_zoned(time::zone()).ok()?;
    Some(zoned.timestamp())
}

struct KindChoice {
    code: &'static str,
    key: &'static str,
    on: bool,
}

#[derive(Template)]
#[template(path = "log/list.html")]
struct List {
    page: Page,
    kinds: Vec<KindChoice>,
    search: Search,
    narrow: bool,
    total: i64,
    lines: Vec<Line>,
    older: Option<String>,
    newest: Option<&'static str>,
}

/// `GET /zurnalas`
pub async fn list(
    State(state): State<AppState>,
    page: Page,
    Query(search): Query<Search>,
) -> Drawn {
    let db = &state.civic.db;
    let mut records = log::browse(db, &search.filter(), SHOWN + 1).await?;
    let more = records.len() > SHOWN as usize;
    records.truncate(SHOWN as usize);
    draw(&List {
        kinds: KINDS
            .iter()
            .map(|(code, key)| KindChoice {
                code,
                key,
                on: *code == search.rusis,
            })
            .collect(),
        narrow: search.is_narrow(),
        total: log::head(db).await?.seq,
        older: records
            .last()
            .filter(|_| more)
            .map(|last| search.older(last.seq)),
        newest: search.filter().before.map(|_| "/zurnalas"),
        lines: records.iter().map(|r| Line::of(&page, r)).collect(),
        search,
        page,
    })
}

#[derive(Template)]
#[template(path = "log/show.html")]
struct Show {
    page: Page,
    line: Line,
    stream: String,
    previous: Option<i64>,
    next: Option<i64>,
    /// Name and value of what is recorded beside.
    facts: Vec<(String, String)>,
    raw: String,
}

/// `GET /zurnalas/{n}`
pub async fn show(State(state): State<AppState>, page: Page, seq: Result<Id<i64>, Error>) -> Drawn {
    let record = log::record(&state.civic.db, seq?.0).await?;
    let head = log::head(&state.civic.db).await?;
    let facts = record.payload.as_object().into_iter().flatten();
    draw(&Show {
        line: Line::of(&page, &record),
        stream: record.stream.clone(),
        previous: (record.seq > 1).then_some(record.seq - 1),
        next: (record.seq < head.seq).then_some(record.seq + 1),
        facts: facts
            .map(|(name, value)| {
                let text = value.as_str().map(str::to_owned);
                (name.clone(), text.unwrap_or_else(|| value.to_string()))
            })
            .collect(),
        raw: log::line(&record),
        page: page.with_island("log"),
    })
}

#[derive(Template)]
#[template(path = "log/feed.xml")]
struct Feed {
    page: Page,
    base: String,
    updated: String,
    lines: Vec<Line>,
}

/// `GET /zurnalas.atom`
pub async fn feed(
    State(state): State<AppState>,
    page: Page,
) -> Result<impl IntoResponse, PageError> {
    let records = log::browse(&state.civic.db, &Filter::default(), IN_FEED).await?;
    let feed = Feed {
        base: state.civic.settings.base_url.clone(),
        updated: records.first().map_or(page.now, |r| r.at).to_string(),
        lines: records.iter().map(|r| Line::of(&page, r)).collect(),
        page,
    };
    Ok((
        [(header::CONTENT_TYPE, "application/atom+xml; charset=utf-8")],
        feed.render()?,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_words_of_its_own() {
        let without: Vec<_> = log::Kind::ALL
            .iter()
            .map(|kind| kind.as_str())
            .filter(|kind| words_of(kind) == "log-other")
            .collect();
        assert!(without.is_empty(), "KINDS has no words for {without:?}");
    }

    #[test]
    fn days_are_those_of_the_city_and_nonsense_filters_nothing() {
        let search = Search {
            nuo: "2026-11-23".into(),
            iki: "2026-11-23".into(),
            ..Search::default()
        };
        let filter = search.filter();
        let at = |text: &str| text.parse::<Timestamp>().ok();
        assert_eq!(filter.from, at("2026-11-22T22:00:00Z"));
        assert_eq!(filter.until, at("2026-11-23T22:00:00Z"));
        let nonsense = Search {
            rusis: "x' or 1=1".into(),
            nuo: "9999-99-99".into(),
            iki: "šiandien".into(),
            pries: "-".into(),
        };
        assert_eq!(nonsense.filter(), Filter::default());
        assert!(!nonsense.is_narrow());
        assert_eq!(
            search.older(7),
            "/zurnalas?nuo=2026-11-23&iki=2026-11-23&pries=7"
        );
    }
}
