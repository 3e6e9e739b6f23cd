//! Receptions over HTTP. The seats are elsewhere: the server makes tickets of them, by [`super::rules::may_enter`].

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Conference, NewConference, When};
use crate::error::Problem;
use crate::extract::{Body, Id, Parameters};
use crate::roles::{Act, On};
use crate::{Civic, ConferenceId, Error, Viewer, roles};

/// Which receptions.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `now`, `coming` or `past`.
    #[param(inline)]
    when: When,
    /// At most so many: 1 to 100.
    #[serde(default = "page")]
    #[param(required = false, default = 50, minimum = 1, maximum = 100)]
    limit: i64,
}

fn page() -> i64 {
    50
}

/// A list of receptions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Conferences {
    /// In the order `when` gives them.
    conferences: Vec<Conference>,
}

/// Lists receptions.
#[utoipa::path(
    get,
    path = "/api/v1/conferences",
    params(Which),
    responses(
        (status = 200, description = "Open ones; coming ones, soonest first; or past ones, latest first",
         body = Conferences),
        (status = 400, description = "`malformed_parameter`", body = Problem),
    )
)]
pub(crate) async fn list(
    State(civic): State<Civic>,
    Parameters(which): Parameters<Which>,
) -> Result<Json<Conferences>, Error> {
    // Anyone may see when whom one can talk to.
    let conferences = super::list(&civic, which.when, which.limit).await?;
    Ok(Json(Conferences { conferences }))
}

/// Announces a reception, hosted by who announces it.
#[utoipa::path(
    post,
    path = "/api/v1/conferences",
    request_body = NewConference,
    responses(
        (status = 201, description = "Announced; `Location` says where it is", body = Conference),
        (status = 400, description = "`malformed_body`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`", body = Problem),
        (status = 422, description = "`invalid_field`, with `field`", body = Problem),
    )
)]
pub(crate) async fn create(
    State(civic): State<Civic>,
    viewer: Viewer,
    Body(new): Body<NewConference>,
) -> Result<(StatusCode, [(HeaderName, String); 1], Json<Conference>), Error> {
    roles::require(&civic, &viewer, Act::AnnounceReception, On::Whole).await?;
    let conference = super::create(&civic, &viewer, new).await?;
    let location = format!("/api/v1/conferences/{}", conference.id);
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location)],
        Json(conference),
    ))
}

/// Shows a reception.
#[utoipa::path(
    get,
    path = "/api/v1/conferences/{id}",
    params(("id" = ConferenceId, Path, description = "The reception")),
    responses(
        (status = 200, description = "The reception", body = Conference),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn one(
    State(civic): State<Civic>,
    Id(id): Id<ConferenceId>,
) -> Result<Json<Conference>, Error> {
    // Anyone may see when whom one can talk to.
    Ok(Json(super::get(&civic, id).await?))
}

/// Opens a reception: from now on residents get seats.
#[utoipa::path(
    post,
    path = "/api/v1/conferences/{id}/open",
    params(("id" = ConferenceId, Path, description = "The reception")),
    responses(
        (status = 204, description = "It is open"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`: only its host may, or who was given a role for that", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
        (status = 409, description = "`conference_ended`", body = Problem),
    )
)]
pub(crate) async fn open(
    State(civic): State<Civic>,
    viewer: Viewer,
    Id(id): Id<ConferenceId>,
) -> Result<StatusCode, Error> {
    let held = roles::held(&civic, &viewer).await?;
    super::rules::runs(&viewer, &held, &super::get(&civic, id).await?)?;
    super::open(&civic, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Ends a reception: its room is closed, its recording stopped.
#[utoipa::path(
    post,
    path = "/api/v1/conferences/{id}/end",
    params(("id" = ConferenceId, Path, description = "The reception")),
    responses(
        (status = 204, description = "It is over"),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`: only its host may, or who was given a role for that", body = Problem),
        (status = 404, description = "`not_found`", body = Problem),
    )
)]
pub(crate) async fn end(
    State(civic): State<Civic>,
    viewer: Viewer,
    Id(id): Id<ConferenceId>,
) -> Result<StatusCode, Error> {
    let held = roles::held(&civic, &viewer).await?;
    super::rules::runs(&viewer, &held, &super::get(&civic, id).await?)?;
    super::end(&civic, &viewer, id).await?;
    Ok(StatusCode::NO_CONTENT)
}
