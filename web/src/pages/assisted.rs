//! Acting with a resident, in words: on the resident's own page, at the worker's counter, and on the bar of every page while it lasts.

use axum::http::HeaderMap;
use civic_api::assistance::{self, Assistance, Document, How, Purpose};
use civic_api::roles::{Act, Held, On};
use civic_api::{Error, Viewer, identity};

use super::context::Page;
use super::counter;
use super::residence;
use crate::i18n::{Language, time};
use crate::security;
use crate::state::AppState;

/// With whom the worker who looks acts now.
#[derive(Clone, Debug)]
pub struct Bar {
    /// `V. P.`: somebody may look over the worker's shoulder.
    pub initials: String,
    /// `10.15`
    pub until: String,
}

/// The bar of who looks, if they act with somebody now. Asks the database only of whoever may.
pub async fn bar(
    state: &AppState,
    headers: &HeaderMap,
    lang: Language,
    viewer: &Viewer,
    held: &Held,
) -> Result<Option<Bar>, Error> {
    if !held.allows(Act::AssistResident, On::Whole) {
        return Ok(None);
    }
    let Some(cookie) = security::cookie(headers, identity::COOKIE) else {
        return Ok(None);
    };
    let current = assistance::current(&state.civic, viewer, &cookie).await?;
    Ok(current.map(|one| Bar {
        initials: counter::initials(&one.resident_name),
        until: time::clock(lang, one.until),
    }))
}

/// One act.
pub struct Done {
    /// Its words.
    pub key: &'static str,
    /// When.
    pub at: String,
    /// What the civic log calls it.
    pub subject: String,
}

/// What was done in one, in order.
pub fn done(page: &Page, one: &Assistance) -> Vec<Done> {
    let acts = one.acts.iter().map(|act| Done {
        key: counter::deed_key(act.act),
        at: time::clock(page.lang, act.at),
        subject: act.log_subject.to_string(),
    });
    acts.collect()
}

/// One, as the resident sees it, and as the worker sees it.
pub struct Shown {
    /// Who acted.
    pub worker: String,
    /// `V. P.`
    pub initials: String,
    /// For what.
    pub purpose: &'static str,
    /// Which document was seen.
    pub document: &'static str,
    /// Where.
    pub place: String,
    /// When it began.
    pub begun: String,
    /// The same, the hour only.
    pub clock: String,
    /// When and how it ended; `None`: it goes on.
    pub ended: Option<(String, &'static str)>,
    /// What the civic log calls its beginning.
    pub subject: String,
    /// What was done.
    pub done: Vec<Done>,
}

impl Shown {
    /// As this page's reader sees it.
    pub fn of(page: &Page, one: &Assistance) -> Self {
        let end = |at| time::clock(page.lang, at);
        Self {
            worker: match one.worker_name.as_deref() {
                None | Some("") => page.t("assisted-by-nobody"),
                Some(name) => name.to_owned(),
            },
            initials: counter::initials(&one.resident_name),
            purpose: purpose_keys(one.purpose).0,
            document: document_key(one.document),
            place: residence::named(page, one.eldership),
            begun: time::moment(page.lang, one.begun_at),
            clock: time::clock(page.lang, one.begun_at),
            ended: one.ended_at.map(|at| (end(at), how_key(one.ended_how))),
            subject: one.log_subject.to_string(),
            done: done(page, one),
        }
    }
}

/// The words of a purpose, and what is done for it.
pub fn purpose_keys(purpose: Purpose) -> (&'static str, &'static str) {
    match purpose {
        Purpose::Residence => (
            "counter-purpose-residence",
            "counter-purpose-residence-text",
        ),
        Purpose::Facts => ("counter-purpose-facts", "counter-purpose-facts-text"),
        Purpose::LostDevice => ("counter-purpose-lost", "counter-purpose-lost-text"),
    }
}

/// The words of a document.
pub fn document_key(document: Document) -> &'static str {
    match document {
        Document::IdentityCard => "counter-document-card",
        Document::Passport => "counter-document-passport",
        Document::ResidencePermit => "counter-document-permit",
    }
}

/// How one ended.
pub fn how_key(how: Option<How>) -> &'static str {
    match how {
        Some(How::Finished) | None => "counter-how-finished",
        Some(How::TimeOver) => "counter-how-time",
        Some(How::SignedOut) => "counter-how-signed-out",
        Some(How::Erased) => "counter-how-erased",
    }
}
