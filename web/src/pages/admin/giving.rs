//! Giving and taking roles by form: each asks once more before it does it, and what was done can be undone at once.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use civic_api::extract::Id;
use civic_api::roles::{self, Act, By, On, Person, Scope, rules};
use civic_api::{AccountId, Error, GrantId, Role};
use serde::Deserialize;

use super::Shown;
use super::fresh::{self, Waiting};
use super::people::{self, After, Giving};
use crate::pages::context::Page;
use crate::pages::errors::PageError;
use crate::pages::{Drawn, draw};
use crate::state::AppState;

#[derive(Template)]
#[template(path = "admin/give.html")]
struct Give {
    page: Page,
    id: String,
    name: String,
    role: String,
    place: String,
    form: Giving,
    powerful: bool,
}

type Asked<T> = Result<Id<T>, Error>;

/// `POST /valdymas/zmones/{id}/suteikti`: asks once more, then gives.
pub async fn give(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
    id: Asked<AccountId>,
    form: Result<Form<Giving>, FormRejection>,
) -> Result<Response, PageError> {
    let civic = &state.civic;
    let by = roles::require(civic, &page.viewer, Act::GiveRoles, On::Whole).await?;
    let (id, Form(form)) = (id?.0, form?);
    let (role, scope) = (Role::parse(&form.vaidmuo), Scope::parse(&form.vieta));
    let wrong = match (role, scope) {
        (None, _) => Some("admin-error-role"),
        (Some(role), Some(scope)) if !rules::can_be_given(role, scope) => Some("admin-error-place"),
        (_, None) => Some("admin-error-place"),
        _ if !rules::is_reason(&form.priezastis) => Some("admin-error-reason"),
        _ => None,
    };
    let (Some(role), Some(scope), None) = (role, scope, wrong) else {
        let after = After::default();
        let view = people::view_of(&state, page, id, &after, form, wrong).await?;
        return Ok(draw(&view)?.into_response());
    };
    if form.patvirtinta != "taip" {
        let person = roles::person(civic, id).await?;
        let (role_words, place) = people::words_of(&state, &page, role, scope).await?;
        let asks = Give {
            id: id.to_string(),
            name: people::name(&page, &person),
            role: role_words,
            place,
            powerful: role == Role::Administrator,
            form,
            page,
        };
        return Ok(draw(&asks)?.into_response());
    }
    if let Some(asks) = fresh::asks(&state, &page, &jar, by, giving(id, &form)).await? {
        return Ok(asks);
    }
    match roles::give(civic, By::Account(by), id, role, scope, &form.priezastis).await {
        Ok(grant) => Ok(done(id, "suteikta", grant)),
        Err(error) => refused(&state, page, id, form, error).await,
    }
}

/// The form, while it waits for a passkey.
fn giving(id: AccountId, form: &Giving) -> Waiting {
    Waiting {
        action: format!("/valdymas/zmones/{id}/suteikti"),
        fields: vec![
            ("vaidmuo", form.vaidmuo.clone()),
            ("vieta", form.vieta.clone()),
            ("priezastis", form.priezastis.clone()),
            ("patvirtinta", form.patvirtinta.clone()),
        ],
        back: format!("/valdymas/zmones/{id}"),
    }
}

fn done(id: AccountId, what: &str, grant: GrantId) -> Response {
    let to = format!("/valdymas/zmones/{id}?kas={what}&vaidmuo={grant}");
    Redirect::to(&to).into_response()
}

/// The person's page again, with what stands against it.
async fn refused(
    state: &AppState,
    page: Page,
    id: AccountId,
    form: Giving,
    error: Error,
) -> Result<Response, PageError> {
    let words = match &error {
        Error::WrongState("role_held") => "admin-error-held",
        Error::WrongState("role_own") => "admin-error-own",
        Error::WrongState("role_taken") => "admin-error-taken",
        Error::WrongState("last_administrator") => "admin-error-last",
        Error::WrongState("person_not_identified") => "admin-error-unsure",
        _ => return Err(error.into()),
    };
    let after = After::default();
    let view = people::view_of(state, page, id, &after, form, Some(words)).await?;
    Ok((error.status(), draw(&view)?).into_response())
}

#[derive(Template)]
#[template(path = "admin/take.html")]
struct Take {
    page: Page,
    person: String,
    name: String,
    grant: Shown,
    reason: String,
    error: bool,
}

/// Whose role it is; the link names the person, because a giving is looked for there only.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Taking {
    asmuo: String,
    priezastis: String,
}

fn take_view(
    page: Page,
    person: &Person,
    id: GrantId,
    reason: String,
    error: bool,
) -> Result<Take, Error> {
    let mut grants = person.roles.iter();
    let grant = grants.find(|grant| grant.id == id).ok_or(Error::NotFound)?;
    Ok(Take {
        person: person.account.id.to_string(),
        name: people::name(&page, person),
        grant: Shown::of(&page, grant),
        reason,
        error,
        page,
    })
}

/// `GET /valdymas/vaidmenys/{id}/atimti?asmuo=`
pub async fn ask_take(
    State(state): State<AppState>,
    page: Page,
    id: Asked<GrantId>,
    axum::extract::Query(taking): axum::extract::Query<Taking>,
) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::GiveRoles, On::Whole).await?;
    let whose: AccountId = taking.asmuo.parse().map_err(|_| Error::NotFound)?;
    let person = roles::person(&state.civic, whose).await?;
    draw(&take_view(page, &person, id?.0, String::new(), false)?)
}

/// `POST /valdymas/vaidmenys/{id}/atimti`
pub async fn take(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
    id: Asked<GrantId>,
    form: Result<Form<Taking>, FormRejection>,
) -> Result<Response, PageError> {
    let civic = &state.civic;
    let by = roles::require(civic, &page.viewer, Act::GiveRoles, On::Whole).await?;
    let (id, Form(taking)) = (id?.0, form?);
    let whose: AccountId = taking.asmuo.parse().map_err(|_| Error::NotFound)?;
    let person = roles::person(civic, whose).await?;
    if !rules::is_reason(&taking.priezastis) {
        let view = take_view(page, &person, id, taking.priezastis, true)?;
        return Ok(draw(&view)?.into_response());
    }
    let waiting = Waiting {
        action: format!("/valdymas/vaidmenys/{id}/atimti"),
        fields: vec![
            ("asmuo", whose.to_string()),
            ("priezastis", taking.priezastis.clone()),
        ],
        back: format!("/valdymas/zmones/{whose}"),
    };
    if let Some(asks) = fresh::asks(&state, &page, &jar, by, waiting).await? {
        return Ok(asks);
    }
    let own = by.id == whose;
    match roles::take(civic, By::Account(by), id, &taking.priezastis).await {
        // Whoever has taken their own role may not look here any more.
        Ok(())
            if own
                && roles::require(civic, &page.viewer, Act::SeePeople, On::Whole)
                    .await
                    .is_err() =>
        {
            Ok(Redirect::to("/paskyra").into_response())
        }
        Ok(()) => Ok(done(whose, "atimta", id)),
        Err(error) => refused(&state, page, whose, Giving::default(), error).await,
    }
}
