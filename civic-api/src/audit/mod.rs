//! The audit: who did what when, for administrators. Roles given and taken, passkeys taken away, acting with residents, exports, and
//! whatever was refused (401, 403, 429).
//! A line holds ids of accounts, codes and route patterns: no name, no address, nothing that was sent. Refusals are
//! counted in memory and written every second ([`Refusals`]).

pub(crate) mod http;
mod refusals;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

pub use self::refusals::{Code, Refusals, Seen, flush, forget, watch};
use crate::{AccountId, AuditId, Civic, Error, Tx};

/// The most lines that are read at once.
pub const PAGE: i64 = 100;
/// The most lines of one export.
pub const EXPORT: i64 = 10_000;

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// A role was given.
    RoleGiven,
    /// A role was taken.
    RoleTaken,
    /// Somebody's passkeys were taken away.
    PasskeysReset,
    /// A worker began to act with a resident.
    AssistanceBegun,
    /// They did something.
    AssistanceActed,
    /// It ended.
    AssistanceEnded,
    /// Something was refused.
    Refused,
    /// The audit was taken along.
    Exported,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Kind; 8] = [
        Kind::RoleGiven,
        Kind::RoleTaken,
        Kind::PasskeysReset,
        Kind::AssistanceBegun,
        Kind::AssistanceActed,
        Kind::AssistanceEnded,
        Kind::Refused,
        Kind::Exported,
    ];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::RoleGiven => "role.given",
            Kind::RoleTaken => "role.taken",
            Kind::PasskeysReset => "passkey.reset",
            Kind::AssistanceBegun => "assistance.begun",
            Kind::AssistanceActed => "assistance.acted",
            Kind::AssistanceEnded => "assistance.ended",
            Kind::Refused => "refused",
            Kind::Exported => "audit.exported",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What is to be written down.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// What happened.
    pub kind: Kind,
    /// Who did it; `None`: nobody who is signed in, or the operator.
    pub actor: Option<AccountId>,
    /// To whom.
    pub subject: Option<AccountId>,
    /// The role, why passkeys were taken, for what or how a worker acts with a resident, or the route's pattern.
    pub what: Option<String>,
    /// Where the role counts, of which eldership the counter is, or the request's method.
    pub place: Option<String>,
    /// Why it was refused.
    pub code: Option<String>,
    /// How many times within the minute.
    pub times: i64,
}

/// What was written down.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = AuditLine)]
pub struct Written {
    /// Its id.
    pub id: AuditId,
    /// When; of refusals the minute.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// `role.given`, `role.taken`, `passkey.reset`, `assistance.begun`, `assistance.acted`, `assistance.ended`, `refused`, `audit.exported`.
    pub kind: String,
    /// Who did it; `null`: nobody who was signed in, or the operator at the machine.
    pub actor: Option<AccountId>,
    /// Their name, while they have an account.
    pub actor_name: Option<String>,
    /// To whom.
    pub subject: Option<AccountId>,
    /// Their name, while they have an account.
    pub subject_name: Option<String>,
    /// The role, why passkeys were taken, for what or how a worker acts with a resident, or the pattern of the route that
    /// refused.
    pub what: Option<String>,
    /// Where the role counts, of which eldership the counter is, or the request's method.
    pub place: Option<String>,
    /// Why it was refused.
    pub code: Option<String>,
    /// How many times within the minute.
    pub times: i64,
}

/// Which lines, the newest first.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Of this kind.
    pub kind: Option<Kind>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
    /// That this account did, or that was done to it.
    pub person: Option<AccountId>,
    /// Older than this line.
    pub before: Option<AuditId>,
}

/// Writes a line together with the rest of a change.
pub(crate) async fn write(tx: &mut Tx, line: &Line) -> Result<(), Error> {
    let (id, at) = (AuditId::new(tx.now()), tx.now());
    store::insert(tx, id, at, line).await
}

/// At most `limit` (and at most [`PAGE`]) lines, the newest first.
pub async fn browse(civic: &Civic, filter: &Filter, limit: i64) -> Result<Vec<Written>, Error> {
    flush(civic).await?;
    store::browse(&civic.db, filter, limit.clamp(1, PAGE)).await
}

/// The lines as CSV (RFC 4180), at most [`EXPORT`]; that they were taken along is a line itself. Without names: whoever is
/// erased here would live on in the file.
pub async fn export(civic: &Civic, by: AccountId, filter: &Filter) -> Result<String, Error> {
    let mut tx = civic.write().await?;
    let line = Line {
        kind: Kind::Exported,
        actor: Some(by),
        subject: None,
        what: filter.kind.map(|kind| kind.as_str().to_owned()),
        place: None,
        code: None,
        times: 1,
    };
    write(&mut tx, &line).await?;
    tx.commit().await?;
    flush(civic).await?;
    let mut csv = String::from("at,kind,actor,subject,what,place,code,times\r\n");
    for line in store::browse(&civic.db, filter, EXPORT).await? {
        let id = |id: Option<AccountId>| id.map(|id| id.to_string()).unwrap_or_default();
        let cells = [
            line.at.to_string(),
            line.kind,
            id(line.actor),
            id(line.subject),
            line.what.unwrap_or_default(),
            line.place.unwrap_or_default(),
            line.code.unwrap_or_default(),
            line.times.to_string(),
        ];
        csv.push_str(&cells.map(|cell| quoted(&cell)).join(","));
        csv.push_str("\r\n");
    }
    Ok(csv)
}

/// A cell; what a spreadsheet would take for a formula is text.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@']);
    let mark = if formula { "'" } else { "" };
    format!("\"{mark}{}\"", cell.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_text_whatever_it_holds() {
        assert_eq!(quoted("a,b\"c"), "\"a,b\"\"c\"");
        assert_eq!(quoted("=1+1"), "\"'=1+1\"");
    }

    #[test]
    fn kinds_survive_being_text() {
        for kind in Kind::ALL {
            assert_eq!(Kind::parse(kind.as_str()), Some(kind));
        }
    }
}
