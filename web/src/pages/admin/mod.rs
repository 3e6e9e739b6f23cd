//! `/valdymas`: the administrators' area. People and their roles, the audit, how the server is set up; the live rooms are
//! beside it (`operators.rs`) in the same frame.

pub mod audit;
mod fresh;
pub mod giving;
pub mod keys;
pub mod people;
pub mod settings;

use askama::Template;
use axum::extract::State;
use civic_api::Role;
use civic_api::roles::{self, Act, Grant, On, Scope};

use super::context::Page;
use super::{Drawn, draw, view};
use crate::i18n::time;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "admin/home.html")]
struct Home {
    page: Page,
}

/// `GET /valdymas`
pub async fn home(State(state): State<AppState>, page: Page) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::SeePeople, On::Whole).await?;
    draw(&Home { page })
}

/// The key of a place's name; a single reception has its title beside it.
pub fn scope_key(scope: Scope) -> &'static str {
    match scope {
        Scope::City => "scope-city",
        Scope::Subsystem(roles::Subsystem::Receptions) => "scope-receptions",
        Scope::Subsystem(roles::Subsystem::Counter) => "scope-counter",
        Scope::Subsystem(roles::Subsystem::System) => "scope-system",
        Scope::Conference(_) => "scope-conference",
    }
}

/// A role that somebody was given, as pages show it.
pub struct Shown {
    /// By which it is taken.
    pub id: String,
    /// Which.
    pub role: String,
    /// The code of it.
    pub code: &'static str,
    /// Where.
    pub place: String,
    /// Where, in code.
    pub scope: String,
    /// It counts now.
    pub current: bool,
    /// When, by whom, why.
    pub given: Done,
    /// The same of taking it.
    pub taken: Option<Done>,
}

/// A change.
pub struct Done {
    /// When.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Why.
    pub reason: String,
    /// What the civic log calls it.
    pub subject: Option<String>,
}

impl Shown {
    /// As this page's reader sees it.
    pub fn of(page: &Page, grant: &Grant) -> Self {
        let done = |change: &roles::Change| Done {
            at: time::moment(page.lang, change.at),
            by: change
                .by
                .clone()
                .unwrap_or_else(|| page.t("admin-by-nobody")),
            reason: change.reason.clone(),
            subject: change.log_subject.map(|id| id.to_string()),
        };
        Self {
            id: grant.id.to_string(),
            role: role_name(page, grant.role),
            code: grant.role.as_str(),
            place: place(page, grant.scope, grant.title.as_deref()),
            scope: grant.scope.to_string(),
            current: grant.taken.is_none(),
            given: done(&grant.given),
            taken: grant.taken.as_ref().map(done),
        }
    }
}

/// A role's name at the beginning of a line.
pub fn role_name(page: &Page, role: Role) -> String {
    time::capital(&page.t(view::role_key(role)))
}

fn place(page: &Page, scope: Scope, title: Option<&str>) -> String {
    match title {
        Some(title) => page.t1("scope-conference-titled", "title", title),
        None => page.t(scope_key(scope)),
    }
}
