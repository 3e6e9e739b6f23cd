//! Receptions and recordings as templates show them: everything already in the reader's words.

use civic_api::Role;
use civic_api::conferences::{Conference, Status, Watchable, recordings};
use jiff::Timestamp;

use super::context::Page;
use super::icons::Markup;
use super::portraits;
use crate::i18n::{Language, time};

/// A reception.
pub struct Reception {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// What will be talked about.
    pub topic: String,
    /// Who receives.
    pub host_name: String,
    /// What is said under the name.
    pub host_office: Option<String>,
    /// Their portrait.
    pub avatar: Markup,
    /// `announced`, `open`, `ended`.
    pub status: &'static str,
    /// It is under way.
    pub is_open: bool,
    /// It is over.
    pub is_ended: bool,
    /// It may be recorded.
    pub recorded: bool,
    /// There is something to watch again.
    pub has_recording: bool,
    /// Days a recording is kept.
    pub retention_days: i64,
    /// Minutes for each resident.
    pub minutes: i64,
    /// One must have signed in.
    pub identified_only: bool,
    /// RFC 3339.
    pub starts_iso: String,
    /// `Šiandien 17.00`
    pub when_big: String,
    /// `2026 m. lapkričio 23 d., 17.00 val.`
    pub when_long: String,
    /// `17.00`
    pub clock: String,
    /// `17.00–19.00`
    pub span: String,
    /// `17.00–19.00 val.`
    pub day_clock: String,
    /// `Šiandien, lapkričio 23 d.`
    pub day_full: String,
    /// `23`
    pub day_number: String,
    /// `šiandien`, `antr.`, or the month when that is not this one.
    pub day_word: String,
    /// `Prasidės po 18 min.`
    pub soon: String,
}

impl Reception {
    /// As this page's reader sees it.
    pub fn of(page: &Page, c: &Conference) -> Self {
        let (lang, now) = (page.lang, page.now);
        let day = time::in_city(c.starts_at).date();
        let today = time::in_city(now).date();
        let span = format!(
            "{}–{}",
            time::clock(lang, c.starts_at),
            time::clock(lang, c.ends_at)
        );
        Self {
            id: c.id.to_string(),
            title: c.title.clone(),
            topic: c.topic.clone(),
            host_name: c.host_name.clone(),
            host_office: Some(office(page, c.host_office.as_deref(), c.host_role)),
            avatar: portraits::avatar(&c.host_name, c.demo),
            status: c.status.as_str(),
            is_open: c.status == Status::Open,
            is_ended: c.status == Status::Ended,
            recorded: c.recorded,
            has_recording: !c.recordings.is_empty(),
            retention_days: c.retention_days,
            minutes: c.minutes_per_resident,
            identified_only: c.audience == civic_api::conferences::Audience::Identified,
            starts_iso: c.starts_at.to_string(),
            when_big: time::big(lang, c.starts_at, now),
            when_long: time::moment(lang, c.starts_at),
            clock: time::clock(lang, c.starts_at),
            day_clock: page.t1("time-clock", "clock", &span),
            span,
            day_full: day_full(lang, c.starts_at, now),
            day_number: day.day().to_string(),
            day_word: if day == today {
                page.t("time-today")
            } else {
                time::weekday_or_month(lang, day, today)
            },
            soon: soon(page, c.starts_at),
        }
    }
}

/// What is said under a name.
pub fn office(page: &Page, office: Option<&str>, role: Role) -> String {
    office.map_or_else(|| page.t(role_key(role)), str::to_owned)
}

/// The key of a role's name.
pub fn role_key(role: Role) -> &'static str {
    match role {
        Role::Resident => "role-resident",
        Role::Councillor => "role-councillor",
        Role::CityLeader => "role-city-leader",
        Role::Secretary => "role-secretary",
        Role::Clerk => "role-clerk",
        Role::Architect => "role-architect",
        Role::Service => "role-service",
        Role::Editor => "role-editor",
        Role::Administrator => "role-administrator",
    }
}

/// `Šiandien, lapkričio 23 d.`; another day: `Lapkričio 24 d., antr.`
fn day_full(lang: Language, at: Timestamp, now: Timestamp) -> String {
    let (date, today) = (time::in_city(at).date(), time::in_city(now).date());
    let (word, short) = (
        time::day(lang, at, now),
        time::date_short(lang, date, today),
    );
    let second = if word == short {
        time::weekday(lang, date)
    } else {
        short
    };
    format!("{}, {second}", time::capital(&word))
}

/// When it begins, as a tag says it.
fn soon(page: &Page, at: Timestamp) -> String {
    let minutes = at.duration_since(page.now).as_mins();
    match minutes {
        ..=0 => page.t("time-late"),
        1..=90 => page.t1("time-soon-minutes", "n", minutes),
        91..=1440 => page.t1("time-soon-hours", "n", minutes / 60),
        _ => page.t1("time-soon-days", "n", minutes / 1440),
    }
}

/// A recording.
pub struct Recording {
    /// Its id.
    pub id: String,
    /// Of which reception.
    pub conference: String,
    /// What that is called.
    pub title: String,
    /// Who received.
    pub host_name: String,
    /// What is said under the name.
    pub host_office: Option<String>,
    /// Their portrait.
    pub avatar: Markup,
    /// A still.
    pub picture: Markup,
    /// `vakar`, `lapkričio 16 d.`
    pub day: String,
    /// `2026 m. lapkričio 16 d.`
    pub date: String,
    /// `2026 m. lapkričio 16 d., 17.00 val.`
    pub moment: String,
    /// `38 min. 40 s`
    pub duration: Option<String>,
    /// `2027 m. lapkričio 16 d.`
    pub kept_until: Option<String>,
    /// It can be replayed.
    pub ready: bool,
}

impl Recording {
    /// As this page's reader sees it.
    pub fn of(page: &Page, r: &recordings::Recording) -> Self {
        Self {
            id: r.id.to_string(),
            conference: r.conference.to_string(),
            title: r.conference_title.clone(),
            host_name: r.host_name.clone(),
            host_office: None,
            avatar: portraits::avatar(&r.host_name, r.demo),
            picture: portraits::stage(&r.host_name, r.demo),
            day: time::day(page.lang, r.started_at, page.now),
            date: time::date(page.lang, time::in_city(r.started_at).date()),
            moment: time::moment(page.lang, r.started_at),
            duration: r.duration_ms.map(|ms| duration(page, ms)),
            kept_until: Some(time::date(page.lang, time::in_city(r.kept_until).date())),
            ready: r.state == recordings::State::Finished,
        }
    }

    /// One of a reception's.
    pub fn watchable(page: &Page, c: &Conference, w: &Watchable) -> Self {
        Self {
            id: w.id.to_string(),
            conference: c.id.to_string(),
            title: c.title.clone(),
            host_name: c.host_name.clone(),
            host_office: None,
            avatar: portraits::avatar(&c.host_name, c.demo),
            picture: portraits::stage(&c.host_name, c.demo),
            day: time::day(page.lang, w.started_at, page.now),
            date: time::date(page.lang, time::in_city(w.started_at).date()),
            moment: time::moment(page.lang, w.started_at),
            duration: Some(duration(page, w.duration_ms)),
            kept_until: None,
            ready: true,
        }
    }
}

fn duration(page: &Page, ms: i64) -> String {
    time::duration(page.lang, u64::try_from(ms).unwrap_or(0))
}

/// `1,4 MB`, `420 kB`
pub fn size(page: &Page, bytes: u64) -> String {
    if bytes < 1_000_000 {
        return page.t1("size-kb", "n", bytes.div_ceil(1000));
    }
    let tenths = bytes / 100_000;
    let comma = if page.lang == Language::Lt { ',' } else { '.' };
    page.t1(
        "size-mb",
        "n",
        format!("{}{comma}{}", tenths / 10, tenths % 10),
    )
}
