//! Roles over HTTP: the table for everyone, the rest for administrators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Act, By, On, Person, Scope, Search, rules};
use crate::error::Problem;
use crate::extract::{Body, Id, Parameters};
use crate::identity::session_cookie;
use crate::{Account, AccountId, Civic, Error, GrantId, Role, Viewer, passkeys};

/// What roles may do.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Permissions {
    /// One for each act; what is not there is refused to everyone.
    permissions: Vec<Permission>,
}

/// Who may do something.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Permission {
    /// The act.
    #[schema(example = "GiveRoles")]
    act: String,
    /// The part of the system it belongs to.
    #[schema(example = "system")]
    subsystem: &'static str,
    /// The roles that may.
    roles: Vec<Role>,
}

/// Says what each role may do.
#[utoipa::path(
    get,
    path = "/api/v1/roles",
    responses((status = 200, description = "The permission table", body = Permissions))
)]
pub(crate) async fn table() -> Json<Permissions> {
    // Anyone may know what whom the city employs may do.
    let rows = rules::MATRIX.iter();
    let permissions = rows.map(|(act, subsystem, roles)| Permission {
        act: format!("{act:?}"),
        subsystem: subsystem.as_str(),
        roles: roles.to_vec(),
    });
    Json(Permissions {
        permissions: permissions.collect(),
    })
}

/// Who is looked for.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Who {
    /// A part of the name; marks and capitals do not matter.
    #[serde(default)]
    #[param(required = false, max_length = 100)]
    name: String,
    /// Who has this role; `resident`: who has none.
    #[param(inline)]
    role: Option<Role>,
    /// Those after this account in the order of names.
    after: Option<AccountId>,
    /// At most so many: 1 to 50.
    #[serde(default = "page")]
    #[param(required = false, default = 50, minimum = 1, maximum = 50)]
    limit: i64,
}

fn page() -> i64 {
    super::PAGE
}

/// A list of people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct People {
    /// In the order of names.
    people: Vec<Person>,
}

/// Looks for people by name and role.
#[utoipa::path(
    get,
    path = "/api/v1/admin/people",
    params(Who),
    responses(
        (status = 200, description = "In the order of names, with the roles they have now", body = People),
        (status = 400, description = "`malformed_parameter`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`", body = Problem),
        (status = 422, description = "`invalid_field`", body = Problem),
    )
)]
pub(crate) async fn people(
    State(civic): State<Civic>,
    viewer: Viewer,
    Parameters(who): Parameters<Who>,
) -> Result<Json<People>, Error> {
    super::require(&civic, &viewer, Act::SeePeople, On::Whole).await?;
    if who.name.chars().count() > 100 {
        return Err(Error::Invalid { field: "name" });
    }
    let search = Search {
        name: who.name,
        role: who.role,
        after: who.after,
    };
    let people = super::people(&civic, &search, who.limit).await?;
    Ok(Json(People { people }))
}

/// Shows someone with every role they were ever given.
#[utoipa::path(
    get,
    path = "/api/v1/admin/people/{id}",
    params(("id" = AccountId, Path, description = "Whose account")),
    responses(
        (status = 200, description = "The person", body = Person),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn person(
    State(civic): State<Civic>,
    viewer: Viewer,
    Id(id): Id<AccountId>,
) -> Result<Json<Person>, Error> {
    super::require(&civic, &viewer, Act::SeePeople, On::Whole).await?;
    super::person(&civic, id).await.map(Json)
}

/// The administrator who looks, if they have shown a passkey in the last minutes.
async fn fresh<'a>(
    civic: &Civic,
    viewer: &'a Viewer,
    jar: &CookieJar,
) -> Result<&'a Account, Error> {
    let by = super::require(civic, viewer, Act::GiveRoles, On::Whole).await?;
    passkeys::require_fresh(civic, by, session_cookie(jar)).await?;
    Ok(by)
}

/// A role to give.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Giving {
    /// Which.
    role: Role,
    /// Where it counts: `city`, `receptions`, `counter`, or `conference/<id>`.
    #[schema(example = "city")]
    scope: String,
    /// Why: 3 to 500 characters.
    reason: String,
}

/// A role that was given.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Given {
    /// By which it is taken.
    id: GrantId,
}

/// Gives someone a role.
#[utoipa::path(
    post,
    path = "/api/v1/admin/people/{id}/roles",
    params(("id" = AccountId, Path, description = "Whose account")),
    request_body = Giving,
    responses(
        (status = 201, description = "They have it", body = Given),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`; `confirmation_required`: show a passkey first", body = Problem),
        (status = 404, description = "`not_found`: no such person or reception", body = Problem),
        (status = 409, description = "`role_held`, `role_own`, `person_not_identified`", body = Problem),
        (status = 422, description = "`invalid_field`: `scope`, `reason`", body = Problem),
    )
)]
pub(crate) async fn give(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<AccountId>,
    Body(new): Body<Giving>,
) -> Result<(StatusCode, Json<Given>), Error> {
    let by = fresh(&civic, &viewer, &jar).await?;
    let scope = Scope::parse(&new.scope).ok_or(Error::Invalid { field: "scope" })?;
    let by = By::Account(by);
    let id = super::give(&civic, by, id, new.role, scope, &new.reason).await?;
    Ok((StatusCode::CREATED, Json(Given { id })))
}

/// Why a role is taken.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taking {
    /// Why: 3 to 500 characters.
    reason: String,
}

/// Takes a role from whoever has it.
#[utoipa::path(
    post,
    path = "/api/v1/admin/roles/{id}/take",
    params(("id" = GrantId, Path, description = "Which giving of a role")),
    request_body = Taking,
    responses(
        (status = 204, description = "They no longer have it"),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`; `confirmation_required`: show a passkey first", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`role_taken`, `last_administrator`", body = Problem),
        (status = 422, description = "`invalid_field`: `reason`", body = Problem),
    )
)]
pub(crate) async fn take(
    State(civic): State<Civic>,
    viewer: Viewer,
    jar: CookieJar,
    Id(id): Id<GrantId>,
    Body(taking): Body<Taking>,
) -> Result<StatusCode, Error> {
    let by = fresh(&civic, &viewer, &jar).await?;
    super::take(&civic, By::Account(by), id, &taking.reason).await?;
    Ok(StatusCode::NO_CONTENT)
}
