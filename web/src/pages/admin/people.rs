//! Looking for people, and one of them with their roles.

use askama::Template;
use axum::extract::{Query, State};
use civic_api::conferences::{self, When};
use civic_api::extract::Id;
use civic_api::roles::{self, Act, On, Person, Scope, Search, rules};
use civic_api::{AccountId, Error, Role, passkeys};
use serde::Deserialize;

use super::{Shown, role_name, scope_key};
use crate::i18n::time;
use crate::pages::context::Page;
use crate::pages::icons::Markup;
use crate::pages::{Drawn, draw, portraits, sign_in, view};
use crate::state::AppState;

/// People on a page.
const SHOWN: i64 = 25;
/// Receptions for which a role can be given.
const RECEPTIONS: i64 = 50;

/// What is looked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    vardas: String,
    #[serde(default)]
    vaidmuo: String,
    #[serde(default)]
    po: String,
}

impl Asked {
    /// What cannot be read filters nothing.
    fn search(&self) -> Search {
        Search {
            name: self.vardas.chars().take(100).collect(),
            role: Role::parse(&self.vaidmuo),
            after: self.po.parse().ok(),
        }
    }

    fn next(&self, after: AccountId) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("vardas", &self.vardas), ("vaidmuo", &self.vaidmuo)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.append_pair("po", &after.to_string());
        format!("/valdymas/zmones?{}", query.finish())
    }
}

/// A choice of a list.
pub struct Choice {
    code: String,
    words: String,
    on: bool,
}

/// Someone in the list.
struct Line {
    id: String,
    name: String,
    about: String,
    avatar: Markup,
    roles: Vec<String>,
}

impl Line {
    fn of(page: &Page, person: &Person) -> Self {
        let account = &person.account;
        let role = |grant: &roles::Grant| {
            let shown = Shown::of(page, grant);
            match grant.scope {
                Scope::City => shown.role,
                _ => format!("{} ({})", shown.role, shown.place),
            }
        };
        Self {
            id: account.id.to_string(),
            name: name(page, person),
            about: level(page, person),
            avatar: portraits::avatar(&account.name, account.demo),
            roles: person.roles.iter().map(role).collect(),
        }
    }
}

/// The name, or that there is none.
pub(super) fn name(page: &Page, person: &Person) -> String {
    if person.account.name.is_empty() {
        page.t("admin-no-name")
    } else {
        person.account.name.clone()
    }
}

fn level(page: &Page, person: &Person) -> String {
    person.assurance.map_or_else(
        || page.t("fictional"),
        |assurance| page.t(sign_in::level(assurance)),
    )
}

#[derive(Template)]
#[template(path = "admin/people.html")]
struct People {
    page: Page,
    asked: Asked,
    narrow: bool,
    roles: Vec<Choice>,
    people: Vec<Line>,
    next: Option<String>,
    first: bool,
}

/// `GET /valdymas/zmones`
pub async fn list(State(state): State<AppState>, page: Page, Query(asked): Query<Asked>) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::SeePeople, On::Whole).await?;
    let search = asked.search();
    let mut people = roles::people(&state.civic, &search, SHOWN + 1).await?;
    let more = people.len() > SHOWN as usize;
    people.truncate(SHOWN as usize);
    draw(&People {
        roles: Role::ALL
            .into_iter()
            .map(|role| Choice {
                code: role.as_str().to_owned(),
                words: role_name(&page, role),
                on: search.role == Some(role),
            })
            .collect(),
        narrow: !search.name.is_empty() || search.role.is_some(),
        next: people
            .last()
            .filter(|_| more)
            .map(|last| asked.next(last.account.id)),
        first: search.after.is_none(),
        people: people.iter().map(|p| Line::of(&page, p)).collect(),
        asked,
        page,
    })
}

/// What was just done.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct After {
    /// `suteikta`, `atimta` or `raktai`.
    #[serde(default)]
    pub(super) kas: String,
    /// Which giving of a role.
    #[serde(default)]
    pub(super) vaidmuo: String,
}

/// The form to give a role, as it was filled in.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Giving {
    pub(super) vaidmuo: String,
    pub(super) vieta: String,
    pub(super) priezastis: String,
    pub(super) patvirtinta: String,
}

#[derive(Template)]
#[template(path = "admin/person.html")]
pub(super) struct Show {
    page: Page,
    id: String,
    name: String,
    level: String,
    office: Option<String>,
    avatar: Markup,
    own: bool,
    can_have: bool,
    /// Who looks may take their passkeys away: how many there are.
    keys: Option<usize>,
    keys_gone: bool,
    current: Vec<Shown>,
    past: Vec<Shown>,
    /// What was just done, with the way back.
    done: Option<Shown>,
    form: Giving,
    error: Option<&'static str>,
    roles: Vec<Choice>,
    places: Vec<Choice>,
}

/// `GET /valdymas/zmones/{id}`
pub async fn show(
    State(state): State<AppState>,
    page: Page,
    id: Result<Id<AccountId>, Error>,
    Query(after): Query<After>,
) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::SeePeople, On::Whole).await?;
    draw(&view_of(&state, page, id?.0, &after, Giving::default(), None).await?)
}

/// Someone's page; `error`: what of the form must be mended.
pub(super) async fn view_of(
    state: &AppState,
    page: Page,
    id: AccountId,
    after: &After,
    form: Giving,
    error: Option<&'static str>,
) -> Result<Show, Error> {
    let person = roles::person(&state.civic, id).await?;
    let shown = |current: bool| {
        let grants = person.roles.iter();
        let grants = grants.filter(move |grant| grant.taken.is_none() == current);
        grants.map(|grant| Shown::of(&page, grant)).collect()
    };
    let done = person.roles.iter().find(|grant| {
        grant.id.to_string() == after.vaidmuo
            && after.kas
                == if grant.taken.is_none() {
                    "suteikta"
                } else {
                    "atimta"
                }
    });
    let may_reset = passkeys::may_reset(&state.civic, &page.viewer, id).await;
    let keys = match may_reset {
        Ok(_) => Some(passkeys::count(&state.civic, id).await?),
        Err(_) => None,
    };
    Ok(Show {
        keys: keys.filter(|n| *n > 0),
        keys_gone: after.kas == "raktai" && keys == Some(0),
        id: id.to_string(),
        name: name(&page, &person),
        level: level(&page, &person),
        office: person.account.office.clone(),
        avatar: portraits::avatar(&person.account.name, person.account.demo),
        own: page.account().is_some_and(|account| account.id == id),
        can_have: rules::can_have_roles(person.account.method),
        current: shown(true),
        past: shown(false),
        done: done.map(|grant| Shown::of(&page, grant)),
        roles: Role::ALL
            .into_iter()
            .skip(1)
            .map(|role| Choice {
                code: role.as_str().to_owned(),
                words: role_name(&page, role),
                on: form.vaidmuo == role.as_str(),
            })
            .collect(),
        places: places(state, &page, &form).await?,
        form,
        error,
        page,
    })
}

/// Where a role can be given: the city, its parts, receptions that are not over.
async fn places(state: &AppState, page: &Page, form: &Giving) -> Result<Vec<Choice>, Error> {
    let possible = |scope: &Scope| Role::ALL.iter().any(|r| rules::can_be_given(*r, *scope));
    let choice = |scope: Scope, words: String| {
        let code = scope.to_string();
        Choice {
            on: code == form.vieta,
            code,
            words,
        }
    };
    let mut places: Vec<_> = Scope::WHOLE
        .into_iter()
        .filter(possible)
        .map(|scope| choice(scope, page.t(scope_key(scope))))
        .collect();
    for when in [When::Now, When::Coming] {
        for c in conferences::list(&state.civic, when, RECEPTIONS).await? {
            let day = time::day(page.lang, c.starts_at, page.now);
            let words = page.t2("admin-place-reception", "title", &c.title, "day", &day);
            places.push(choice(Scope::Conference(c.id), words));
        }
    }
    Ok(places)
}

/// What a role's name and the words of its place are, for the pages that ask before they do.
pub(super) async fn words_of(
    state: &AppState,
    page: &Page,
    role: Role,
    scope: Scope,
) -> Result<(String, String), Error> {
    let title = match scope {
        Scope::Conference(id) => Some(conferences::get(&state.civic, id).await?.title),
        _ => None,
    };
    let place = super::place(page, scope, title.as_deref());
    Ok((page.t(view::role_key(role)), place))
}
