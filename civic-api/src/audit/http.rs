//! The audit over HTTP.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{Filter, Kind, Written};
use crate::error::Problem;
use crate::extract::Parameters;
use crate::roles::{self, Act, On};
use crate::{AccountId, AuditId, Civic, Error, Viewer};

/// Which lines.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Which {
    /// `role.given`, `role.taken`, `passkey.reset`, `assistance.begun`, `assistance.acted`, `assistance.ended`, `refused`, `audit.exported`.
    kind: Option<String>,
    /// Not before.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Before.
    #[param(value_type = Option<String>, format = DateTime)]
    until: Option<Timestamp>,
    /// What this account did, or what was done to it.
    person: Option<AccountId>,
    /// Older than this line.
    before: Option<AuditId>,
    /// At most so many: 1 to 100.
    #[serde(default = "page")]
    #[param(required = false, default = 100, minimum = 1, maximum = 100)]
    limit: i64,
}

fn page() -> i64 {
    super::PAGE
}

impl Which {
    fn filter(&self) -> Result<Filter, Error> {
        let kind = self.kind.as_deref().map(Kind::parse);
        if kind == Some(None) {
            return Err(Error::Invalid { field: "kind" });
        }
        Ok(Filter {
            kind: kind.flatten(),
            from: self.from,
            until: self.until,
            person: self.person,
            before: self.before,
        })
    }
}

/// A part of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Lines {
    /// The newest first.
    lines: Vec<Written>,
}

/// Reads the audit.
#[utoipa::path(
    get,
    path = "/api/v1/admin/audit",
    params(Which),
    responses(
        (status = 200, description = "The newest first", body = Lines),
        (status = 400, description = "`malformed_parameter`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`", body = Problem),
        (status = 422, description = "`invalid_field`: `kind`", body = Problem),
    )
)]
pub(crate) async fn list(
    State(civic): State<Civic>,
    viewer: Viewer,
    Parameters(which): Parameters<Which>,
) -> Result<Json<Lines>, Error> {
    roles::require(&civic, &viewer, Act::ReadAudit, On::Whole).await?;
    let lines = super::browse(&civic, &which.filter()?, which.limit).await?;
    Ok(Json(Lines { lines }))
}

/// Gives the audit as CSV, without names. That it was taken along is a line of it.
#[utoipa::path(
    get,
    path = "/api/v1/admin/audit.csv",
    params(Which),
    responses(
        (status = 200, description = "The newest first, at most 10,000 lines", content_type = "text/csv", body = String),
        (status = 400, description = "`malformed_parameter`", body = Problem),
        (status = 401, description = "`sign_in_required`", body = Problem),
        (status = 403, description = "`not_allowed`", body = Problem),
        (status = 422, description = "`invalid_field`: `kind`", body = Problem),
    )
)]
pub(crate) async fn export(
    State(civic): State<Civic>,
    viewer: Viewer,
    Parameters(which): Parameters<Which>,
) -> Result<([(HeaderName, &'static str); 2], String), Error> {
    let by = roles::require(&civic, &viewer, Act::ExportAudit, On::Whole).await?;
    let csv = super::export(&civic, by.id, &which.filter()?).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"aikste-auditas.csv\"",
        ),
    ];
    Ok((headers, csv))
}
