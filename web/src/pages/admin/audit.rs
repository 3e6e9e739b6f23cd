//! The audit: who did what when; filtered, paged, taken along.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::IntoResponse;
use civic_api::assistance::{Deed, How, Purpose};
use civic_api::audit::{self, Filter, Kind, Written};
use civic_api::residence::Eldership;
use civic_api::roles::{self, Act, On};
use civic_api::{AccountId, Role};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use super::{keys, role_name, scope_key};
use crate::i18n::time;
use crate::pages::context::Page;
use crate::pages::errors::PageError;
use crate::pages::{Drawn, assisted, counter, draw, residence};
use crate::state::AppState;

/// Lines on a page.
const SHOWN: i64 = 30;

fn kind_key(kind: Kind) -> &'static str {
    match kind {
        Kind::RoleGiven => "audit-role-given",
        Kind::RoleTaken => "audit-role-taken",
        Kind::PasskeysReset => "audit-passkeys-reset",
        Kind::AssistanceBegun => "audit-assistance-begun",
        Kind::AssistanceActed => "audit-assistance-acted",
        Kind::AssistanceEnded => "audit-assistance-ended",
        Kind::Refused => "audit-refused",
        Kind::Exported => "audit-exported",
    }
}

/// The words of a refusal; a code without words of its own is shown as it is.
fn reason_key(code: &str) -> Option<&'static str> {
    Some(match code {
        "sign_in_required" | "identification_required" | "name_requires_sign_in" => {
            "audit-code-sign-in"
        }
        "not_allowed" => "audit-code-not-allowed",
        "verification_required" => "audit-code-verification",
        "too_many_requests" | "sign_in_locked" => "audit-code-too-many",
        "csrf_missing" | "csrf_wrong" | "origin_foreign" => "audit-code-forged",
        _ => return None,
    })
}

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Search {
    rusis: String,
    nuo: String,
    iki: String,
    asmuo: String,
    pries: String,
}

impl Search {
    /// What cannot be read filters nothing.
    fn filter(&self) -> Filter {
        let day = |text: &str| text.parse::<Date>().ok();
        Filter {
            kind: Kind::parse(&self.rusis),
            from: day(&self.nuo).and_then(midnight),
            until: day(&self.iki)
                .and_then(|day| day.tomorrow().ok())
                .and_then(midnight),
            person: self.person(),
            before: self.pries.parse().ok(),
        }
    }

    fn person(&self) -> Option<AccountId> {
        self.asmuo.parse().ok()
    }

    /// This search at another address, with something more.
    fn link(&self, path: &str, more: &[(&str, &str)]) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("rusis", &self.rusis),
            ("nuo", &self.nuo),
            ("iki", &self.iki),
            ("asmuo", &self.asmuo),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.extend_pairs(more);
        format!("{path}?{}", query.finish())
    }
}

fn midnight(day: Date) -> Option<Timestamp> {
    Some(day.to_zoned(time::zone()).ok()?.timestamp())
}

struct KindChoice {
    code: &'static str,
    key: &'static str,
    on: bool,
}

/// Someone a line speaks of.
struct Who {
    id: String,
    name: String,
    /// They have a page.
    here: bool,
}

struct Line {
    kind: &'static str,
    refused: bool,
    at: String,
    iso: String,
    actor: Option<Who>,
    subject: Option<Who>,
    what: String,
    why: Option<String>,
    times: i64,
}

fn who(page: &Page, id: Option<AccountId>, name: Option<&String>) -> Option<Who> {
    let id = id?;
    Some(Who {
        id: id.to_string(),
        name: match name {
            Some(name) if !name.is_empty() => name.clone(),
            Some(_) => page.t("admin-no-name"),
            None => page.t("audit-erased"),
        },
        here: name.is_some(),
    })
}

impl Line {
    fn of(page: &Page, line: &Written) -> Self {
        let kind = Kind::parse(&line.kind);
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let what = match kind {
            Some(Kind::RoleGiven | Kind::RoleTaken) => role_and_place(page, line),
            Some(Kind::AssistanceBegun | Kind::AssistanceActed | Kind::AssistanceEnded) => {
                assistance(page, line)
            }
            Some(Kind::PasskeysReset) => keys::reason_of(page, line.what.as_deref()),
            Some(Kind::Refused) if line.what.as_deref() == Some("…") => page.t("audit-many"),
            Some(Kind::Refused) if line.what.is_none() => page.t("audit-no-route"),
            _ => format!("{} {}", text(&line.place), text(&line.what)),
        };
        Self {
            kind: kind.map_or("audit-other", kind_key),
            refused: kind == Some(Kind::Refused),
            at: time::moment(page.lang, line.at),
            iso: line.at.to_string(),
            actor: who(page, line.actor, line.actor_name.as_ref()),
            subject: who(page, line.subject, line.subject_name.as_ref()),
            what: what.trim().to_owned(),
            why: line
                .code
                .as_deref()
                .map(|code| reason_key(code).map_or_else(|| code.to_owned(), |key| page.t(key))),
            times: line.times,
        }
    }
}

/// For what a worker began, what they did, how it ended.
fn assistance(page: &Page, line: &Written) -> String {
    let what = line.what.as_deref().unwrap_or_default();
    let key = match (Purpose::parse(what), Deed::parse(what), How::parse(what)) {
        (Some(purpose), _, _) => assisted::purpose_keys(purpose).0,
        (_, Some(deed), _) => counter::deed_key(deed),
        (_, _, how) => assisted::how_key(how),
    };
    let place = line.place.as_deref().and_then(Eldership::parse);
    match place {
        Some(place) => format!("{} · {}", page.t(key), residence::named(page, place)),
        None => page.t(key),
    }
}

fn role_and_place(page: &Page, line: &Written) -> String {
    let role = line.what.as_deref().and_then(Role::parse);
    let scope = line.place.as_deref().and_then(roles::Scope::parse);
    match (role, scope) {
        (Some(role), Some(scope)) => {
            format!("{} · {}", role_name(page, role), page.t(scope_key(scope)))
        }
        _ => String::new(),
    }
}

#[derive(Template)]
#[template(path = "admin/audit.html")]
struct Audit {
    page: Page,
    search: Search,
    narrow: bool,
    kinds: Vec<KindChoice>,
    person: Option<String>,
    without_person: String,
    lines: Vec<Line>,
    older: Option<String>,
    newest: Option<String>,
    export: String,
}

/// `GET /valdymas/auditas`
pub async fn list(
    State(state): State<AppState>,
    page: Page,
    Query(search): Query<Search>,
) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::ReadAudit, On::Whole).await?;
    let filter = search.filter();
    let mut lines = audit::browse(&state.civic, &filter, SHOWN + 1).await?;
    let more = lines.len() > SHOWN as usize;
    lines.truncate(SHOWN as usize);
    let path = "/valdymas/auditas";
    let person = match filter.person {
        Some(id) => Some(match roles::person(&state.civic, id).await {
            Ok(person) => super::people::name(&page, &person),
            Err(_) => page.t("audit-erased"),
        }),
        None => None,
    };
    let older = lines.last().filter(|_| more);
    draw(&Audit {
        narrow: filter.kind.is_some() || filter.from.is_some() || filter.until.is_some(),
        kinds: Kind::ALL
            .into_iter()
            .map(|kind| KindChoice {
                code: kind.as_str(),
                key: kind_key(kind),
                on: filter.kind == Some(kind),
            })
            .collect(),
        person,
        without_person: Search {
            asmuo: String::new(),
            ..search.clone()
        }
        .link(path, &[]),
        older: older.map(|last| search.link(path, &[("pries", &last.id.to_string())])),
        newest: filter.before.map(|_| search.link(path, &[])),
        export: search.link("/valdymas/auditas.csv", &[]),
        lines: lines.iter().map(|line| Line::of(&page, line)).collect(),
        search,
        page,
    })
}

/// `GET /valdymas/auditas.csv`
pub async fn export(
    State(state): State<AppState>,
    page: Page,
    Query(search): Query<Search>,
) -> Result<impl IntoResponse, PageError> {
    let by = roles::require(&state.civic, &page.viewer, Act::ExportAudit, On::Whole).await?;
    let csv = audit::export(&state.civic, by.id, &search.filter()).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"aikste-auditas.csv\"",
        ),
    ];
    Ok((headers, csv))
}
