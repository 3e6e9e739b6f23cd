//! What a host does by form: announce a reception, begin it, end it.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use civic_api::conferences::{self, Audience, Conference, NewConference};
use civic_api::extract::Id;
use civic_api::{ConferenceId, Error};
use jiff::civil::{Date, Time};
use jiff::{Timestamp, ToSpan};
use serde::Deserialize;

use super::context::Page;
use super::errors::PageError;
use super::view::Reception;
use super::{Drawn, draw, receptions};
use crate::i18n::time;
use crate::state::AppState;

const MAX_TITLE: usize = 200;
const MAX_TOPIC: usize = 2000;
const RETENTION_DAYS: [i64; 3] = [30, 365, 1825];
const MINUTES: [i64; 4] = [5, 8, 10, 15];

/// The form, as it was filled in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Announcement {
    title: String,
    topic: String,
    date: String,
    time: String,
    end: String,
    recorded: String,
    retention: i64,
    minutes: i64,
    audience: String,
}

/// A field that must be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fault {
    field: &'static str,
    key: &'static str,
}

#[derive(Template)]
#[template(path = "receptions/new.html")]
struct New {
    page: Page,
    form: Announcement,
    errors: Vec<Fault>,
    max_title: usize,
    max_topic: usize,
    retention_choices: [i64; 3],
    minutes_choices: [i64; 4],
}

impl New {
    fn of(page: Page, form: Announcement, errors: Vec<Fault>) -> Self {
        Self {
            page,
            form,
            errors,
            max_title: MAX_TITLE,
            max_topic: MAX_TOPIC,
            retention_choices: RETENTION_DAYS,
            minutes_choices: MINUTES,
        }
    }

    fn has_error(&self, field: &str) -> bool {
        self.errors.iter().any(|e| e.field == field)
    }
}

/// `GET /priemimai/naujas`
pub async fn ask(page: Page) -> Drawn {
    may_announce(&page)?;
    let tomorrow = time::in_city(page.now)
        .date()
        .checked_add(1.day())
        .unwrap_or(Date::MAX);
    let form = Announcement {
        date: tomorrow.to_string(),
        time: "17:00".into(),
        end: "19:00".into(),
        recorded: "yes".into(),
        retention: RETENTION_DAYS[1],
        minutes: MINUTES[1],
        ..Announcement::default()
    };
    draw(&New::of(page, form, Vec::new()))
}

/// `POST /priemimai/naujas`
pub async fn announce(
    State(state): State<AppState>,
    page: Page,
    form: Result<Form<Announcement>, FormRejection>,
) -> Result<Response, PageError> {
    may_announce(&page)?;
    let Form(form) = form?;
    let new = match read(&form) {
        Ok(new) => new,
        Err(faults) => return Ok(draw(&New::of(page, form, faults))?.into_response()),
    };
    match conferences::create(&state.civic, &page.viewer, new).await {
        Ok(made) => Ok(Redirect::to(&format!("/priemimai/{}", made.id)).into_response()),
        Err(Error::Invalid { field }) => {
            Ok(draw(&New::of(page, form, vec![fault(field)]))?.into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn may_announce(page: &Page) -> Result<(), PageError> {
    page.viewer.signed_in()?;
    if page.may_host() {
        Ok(())
    } else {
        Err(Error::NotAllowed.into())
    }
}

/// The announcement, or what must be mended. What only the rules of receptions know is left to them.
fn read(form: &Announcement) -> Result<NewConference, Vec<Fault>> {
    let title = form.title.trim().to_owned();
    let topic = form.topic.replace('\r', "").trim().to_owned();
    let starts = moment(&form.date, &form.time);
    let ends = moment(&form.date, &form.end);
    let mut faults = Vec::new();
    if title.is_empty() || title.chars().count() > MAX_TITLE {
        faults.push(fault("title"));
    }
    if topic.chars().count() > MAX_TOPIC {
        faults.push(fault("topic"));
    }
    if starts.is_none() {
        faults.push(fault("starts_at"));
    }
    if ends.is_none() || starts.is_some() && ends <= starts {
        faults.push(fault("ends_at"));
    }
    let (Some(starts_at), Some(ends_at), true) = (starts, ends, faults.is_empty()) else {
        return Err(faults);
    };
    Ok(NewConference {
        title,
        topic,
        starts_at,
        ends_at,
        minutes_per_resident: form.minutes,
        recorded: form.recorded != "no",
        retention_days: form.retention,
        audience: if form.audience == "identified" {
            Audience::Identified
        } else {
            Audience::Anyone
        },
    })
}

/// A date and an hour of the city.
fn moment(date: &str, clock: &str) -> Option<Timestamp> {
    let date: Date = date.parse().ok()?;
    let clock: Time = clock.parse().ok()?;
    date.to_datetime(clock)
        .to_zoned(time::zone())
        .ok()
        .map(|z| z.timestamp())
}

/// The words for a field of [`NewConference`] that was refused.
fn fault(field: &str) -> Fault {
    let (field, key) = match field {
        "title" => ("title", "new-error-title"),
        "topic" => ("topic", "new-error-topic"),
        "ends_at" => ("end", "new-error-end"),
        _ => ("date", "new-error-date"),
    };
    Fault { field, key }
}

type Asked = Result<Id<ConferenceId>, Error>;

/// `POST /priemimai/{id}/pradeti`
pub async fn open(
    State(state): State<AppState>,
    page: Page,
    id: Asked,
) -> Result<Redirect, PageError> {
    let id = id?.0;
    conferences::open(&state.civic, &page.viewer, id).await?;
    Ok(Redirect::to(&format!("/priemimai/{id}/pokalbis")))
}

#[derive(Template)]
#[template(path = "receptions/end.html")]
struct End {
    page: Page,
    r: Reception,
}

/// `GET /priemimai/{id}/baigti`: asks, because it cannot be undone.
pub async fn ask_end(State(state): State<AppState>, page: Page, id: Asked) -> Drawn {
    let conference = conferences::get(&state.civic, id?.0).await?;
    only_host(&page, &conference)?;
    draw(&End {
        r: Reception::of(&page, &conference),
        page,
    })
}

/// `POST /priemimai/{id}/baigti`
pub async fn end(
    State(state): State<AppState>,
    page: Page,
    id: Asked,
) -> Result<Redirect, PageError> {
    let id = id?.0;
    conferences::end(&state.civic, &page.viewer, id).await?;
    Ok(Redirect::to(&format!("/priemimai/{id}")))
}

fn only_host(page: &Page, conference: &Conference) -> Result<(), PageError> {
    page.viewer.signed_in()?;
    if receptions::is_host(page, conference) {
        Ok(())
    } else {
        Err(Error::NotAllowed.into())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::*;

    fn filled() -> Announcement {
        Announcement {
            title: " Gatvės ".into(),
            date: "2026-11-24".into(),
            time: "17:00".into(),
            end: "19:00".into(),
            retention: 365,
            minutes: 8,
            ..Announcement::default()
        }
    }

    #[test]
    fn hours_are_hours_of_the_city_and_spaces_around_a_title_go() {
        let new = read(&filled()).unwrap();
        assert_eq!(new.title, "Gatvės");
        assert_eq!(new.starts_at.to_string(), "2026-11-24T15:00:00Z");
        assert!(new.recorded);
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let form = Announcement {
            title: " ".into(),
            date: "2026-13-01".into(),
            ..filled()
        };
        let fields: Vec<_> = read(&form).unwrap_err().iter().map(|f| f.field).collect();
        assert_eq!(fields, ["title", "date", "end"]);
        let early = Announcement {
            end: "16:00".into(),
            ..filled()
        };
        assert_eq!(read(&early).unwrap_err(), [fault("ends_at")]);
    }
}
