//! Acting with a resident who is present: somebody at an eldership's counter has no telephone, or has lost it, and a worker does
//! one thing with them. The worker looks at the resident's document and types the name and the personal code, which finds the
//! account by its digest (or makes it) and is forgotten. Then they may do, for at most a quarter of an hour, the one thing that
//! the resident has come for: never anything with rights, ballots, passkeys or roles.
//!
//! Beginning, each act and the end are records of the civic log without a name, lines of the audit, and on the resident's own
//! page: who, when, where, what. An assistance belongs to the worker's session and ends with it.

pub(crate) mod http;
mod refusal;
pub mod rules;
mod store;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

pub use self::refusal::Refusal;
pub use self::rules::{Deed, Document, How, Purpose};
use crate::accounts::Facts;
use crate::audit::{self, Line};
use crate::identity::limits::Scope;
use crate::identity::person::{PersonalCode, shown_name};
use crate::identity::ways::Failure;
use crate::log::{self, Actor, Entry, Kind};
use crate::residence::Eldership;
use crate::roles::{self, Act, On};
use crate::{
    Account, AccountId, ActId, AssistanceId, Civic, Db, Error, Role, Tx, Viewer, accounts,
    identity, passkeys, residence,
};

/// What a worker says of the resident who has come.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// For what.
    pub purpose: Purpose,
    /// By which document they have seen who it is.
    pub document: Document,
    /// At whose counter.
    pub eldership: Eldership,
    /// Given names, as in the document.
    pub given_name: String,
    /// Family name, as in the document.
    pub family_name: String,
    /// The personal code, as in the document. Used once and forgotten.
    pub personal_code: String,
}

impl std::fmt::Debug for Beginning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Beginning(…)")
    }
}

/// Something that was done.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = AssistanceAct)]
pub struct Done {
    /// Under which subject the civic log has it.
    pub log_subject: ActId,
    /// What.
    pub act: Deed,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A worker who acts, or has acted, with a resident.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Assistance {
    /// Its id.
    pub id: AssistanceId,
    /// The worker's name; `null`: they have erased their account.
    pub worker_name: Option<String>,
    /// The resident's name, as their account has it.
    pub resident_name: String,
    /// For what.
    pub purpose: Purpose,
    /// By which document the worker has seen who it is.
    pub document: Document,
    /// At whose counter.
    pub eldership: Eldership,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub begun_at: Timestamp,
    /// Until when, at most.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub ended_at: Option<Timestamp>,
    /// How.
    pub ended_how: Option<How>,
    /// Under which subject the civic log has its beginning.
    pub log_subject: ActId,
    /// What was done, in order.
    pub acts: Vec<Done>,
}

/// Begins to act with a resident who is present.
pub async fn begin(
    civic: &Civic,
    viewer: &Viewer,
    cookie: &str,
    new: &Beginning,
) -> Result<Assistance, Error> {
    let worker = roles::require(civic, viewer, Act::AssistResident, On::Whole).await?;
    let digester = civic.digester.as_ref().ok_or(Failure::NotOffered)?;
    if worker.demo {
        return Err(Refusal::MadeUp.into());
    }
    let name = shown_name(&new.given_name, &new.family_name)
        .filter(|_| !new.given_name.trim().is_empty() && !new.family_name.trim().is_empty())
        .ok_or(Error::Invalid { field: "name" })?;
    let code =
        PersonalCode::parse(&rules::plain_code(&new.personal_code)).ok_or(Error::Invalid {
            field: "personal_code",
        })?;
    // Whoever would type codes one after another to see whose they are is stopped; a counter's day is slower.
    let limits = &civic.ways.limits;
    if !limits.take(&[Scope::Assisting(worker.id)], civic.now()) {
        return Err(Failure::TooMany.into());
    }
    let key = digester.code(&code);
    let mut tx = civic.write().await?;
    store::lock(&mut tx).await?;
    end_overdue(&mut tx).await?;
    let role = still_may(&mut tx, worker).await?;
    let session = store::session(&mut tx, &identity::token_sha256(cookie), worker.id)
        .await?
        .ok_or(Error::SignInRequired)?;
    if store::is_open_of(&mut tx, worker.id).await? {
        return Err(Refusal::Open.into());
    }
    let (resident, first) = accounts::at_counter(&mut tx, &key, &name).await?;
    let held = roles::held_now(&mut tx, resident.id).await?;
    rules::may_begin(worker, &resident, &held, &name)?;
    if store::is_open_with(&mut tx, resident.id).await? {
        return Err(Refusal::Elsewhere.into());
    }
    let begun = Assistance {
        id: AssistanceId::new(tx.now()),
        worker_name: Some(worker.name.clone()),
        resident_name: resident.name.clone(),
        purpose: new.purpose,
        document: new.document,
        eldership: new.eldership,
        begun_at: tx.now(),
        until: tx.now() + jiff::SignedDuration::from_secs(rules::LASTS_S),
        ended_at: None,
        ended_how: None,
        log_subject: ActId::new(tx.now()),
        acts: Vec::new(),
    };
    store::insert(&mut tx, &begun, worker.id, resident.id, &session).await?;
    let payload = json!({ "first": first, "purpose": new.purpose.as_str() });
    let said = Said {
        kind: Kind::AssistanceBegun,
        subject: begun.log_subject,
        actor: Actor::Role(role),
        payload,
    };
    say(&mut tx, said)?;
    let line = Line {
        place: Some(new.eldership.as_str().to_owned()),
        ..line(
            audit::Kind::AssistanceBegun,
            Some(worker.id),
            resident.id,
            new.purpose.as_str(),
        )
    };
    audit::write(&mut tx, &line).await?;
    tx.commit().await?;
    Ok(begun)
}

/// The one that is open in the session of who looks, if they may act with residents.
pub async fn current(
    civic: &Civic,
    viewer: &Viewer,
    cookie: &str,
) -> Result<Option<Assistance>, Error> {
    let Some(worker) = viewer.account() else {
        return Ok(None);
    };
    if !roles::held(civic, viewer)
        .await?
        .allows(Act::AssistResident, On::Whole)
    {
        return Ok(None);
    }
    let session = identity::token_sha256(cookie);
    store::current(&civic.db, worker.id, &session, civic.now()).await
}

/// What who looks has done at the counter today, latest first.
pub async fn today(civic: &Civic, viewer: &Viewer) -> Result<Vec<Assistance>, Error> {
    let worker = roles::require(civic, viewer, Act::AssistResident, On::Whole).await?;
    sweep(civic).await?;
    store::of_worker(&civic.db, worker.id, rules::day_began(civic.now())).await
}

/// Who has acted with this resident, latest first.
pub(crate) async fn with(db: &Db, resident: AccountId) -> Result<Vec<Assistance>, Error> {
    store::of_resident(db, resident).await
}

/// How often this worker has acted with residents.
pub(crate) async fn count_of(db: &Db, worker: AccountId) -> Result<i64, Error> {
    store::count_of(db, worker).await
}

/// Writes down where the resident says that they live; `None`: they say nothing any more.
pub async fn declare_residence(
    civic: &Civic,
    viewer: &Viewer,
    cookie: &str,
    id: AssistanceId,
    eldership: Option<Eldership>,
) -> Result<(), Error> {
    let (mut tx, resident) = acts(civic, viewer, cookie, id, Deed::ResidenceDeclared).await?;
    residence::declare_in(&mut tx, resident, eldership).await?;
    tx.commit().await
}

/// Ends every session of the resident.
pub async fn end_sessions(
    civic: &Civic,
    viewer: &Viewer,
    cookie: &str,
    id: AssistanceId,
) -> Result<(), Error> {
    let (mut tx, resident) = acts(civic, viewer, cookie, id, Deed::SessionsEnded).await?;
    accounts::end_all_sessions(&mut tx, resident).await?;
    tx.commit().await
}

/// What the city knows about the resident, to be shown and printed for them: without what belongs to passkeys.
pub async fn facts(
    civic: &Civic,
    viewer: &Viewer,
    cookie: &str,
    id: AssistanceId,
) -> Result<Facts, Error> {
    let (tx, resident) = acts(civic, viewer, cookie, id, Deed::FactsShown).await?;
    tx.commit().await?;
    let account = identity::store::account(&civic.db, resident)
        .await?
        .ok_or(Refusal::None)?;
    let mut facts = accounts::facts(civic, &account, "").await?;
    facts.passkeys.clear();
    facts.recovery_codes = passkeys::Recovery {
        left: 0,
        spent: Vec::new(),
    };
    Ok(facts)
}

/// Ends it.
pub async fn end(
    civic: &Civic,
    viewer: &Viewer,
    cookie: &str,
    id: AssistanceId,
) -> Result<(), Error> {
    // Only one's own, of this session. Also who has lost the role meanwhile may end it.
    let worker = viewer.signed_in()?;
    let mut tx = civic.write().await?;
    store::lock(&mut tx).await?;
    let session = identity::token_sha256(cookie);
    let open = store::open(&mut tx, id, worker.id, &session)
        .await?
        .ok_or(Refusal::None)?;
    finish(&mut tx, &open.row, How::Finished, Actor::Role(worker.role)).await?;
    tx.commit().await
}

/// Begins an act: everything that must hold for it holds, and it is written down; its doing and the commit are the caller's.
async fn acts(
    civic: &Civic,
    viewer: &Viewer,
    cookie: &str,
    id: AssistanceId,
    deed: Deed,
) -> Result<(Tx, AccountId), Error> {
    let worker = roles::require(civic, viewer, Act::AssistResident, On::Whole).await?;
    let mut tx = civic.write().await?;
    store::lock(&mut tx).await?;
    let role = still_may(&mut tx, worker).await?;
    let session = identity::token_sha256(cookie);
    let open = store::open(&mut tx, id, worker.id, &session)
        .await?
        .ok_or(Refusal::None)?;
    if open.purpose.deed() != deed {
        return Err(Refusal::OtherPurpose.into());
    }
    if open.acts >= rules::MOST_ACTS {
        return Err(Refusal::Full.into());
    }
    let resident = open.row.resident;
    // Whoever was given an office a moment ago has nobody act for them any more.
    if !roles::held_now(&mut tx, resident).await?.0.is_empty() {
        return Err(Refusal::Office.into());
    }
    let act = ActId::new(tx.now());
    store::insert_act(&mut tx, act, id, deed).await?;
    let said = Said {
        kind: Kind::AssistanceActed,
        subject: act,
        actor: Actor::Role(role),
        payload: json!({ "act": deed.as_str() }),
    };
    say(&mut tx, said)?;
    let line = line(
        audit::Kind::AssistanceActed,
        Some(worker.id),
        resident,
        deed.as_str(),
    );
    audit::write(&mut tx, &line).await?;
    Ok((tx, resident))
}

/// Asked again where nothing else happens: in which role they may.
async fn still_may(tx: &mut Tx, worker: &Account) -> Result<Role, Error> {
    roles::held_now(tx, worker.id)
        .await?
        .by(Act::AssistResident, On::Whole)
        .ok_or(Error::NotAllowed)
}

/// A record of the civic log.
struct Said {
    kind: Kind,
    subject: ActId,
    actor: Actor,
    payload: serde_json::Value,
}

fn say(tx: &mut Tx, said: Said) -> Result<(), Error> {
    log::append(
        tx,
        Entry {
            stream: "assistance".into(),
            kind: said.kind,
            actor_role: said.actor,
            subject: said.subject.to_string(),
            payload: said.payload,
        },
    )
}

fn line(kind: audit::Kind, worker: Option<AccountId>, resident: AccountId, what: &str) -> Line {
    Line {
        kind,
        actor: worker,
        subject: Some(resident),
        what: Some(what.to_owned()),
        place: None,
        code: None,
        times: 1,
    }
}

async fn finish(tx: &mut Tx, row: &store::Row, how: How, actor: Actor) -> Result<(), Error> {
    let act = ActId::new(tx.now());
    let at_us = tx.now_us().min(row.until_us);
    store::set_ended(tx, row.id, at_us, how, act).await?;
    let said = Said {
        kind: Kind::AssistanceEnded,
        subject: act,
        actor,
        payload: json!({ "how": how.as_str() }),
    };
    say(tx, said)?;
    let kind = audit::Kind::AssistanceEnded;
    audit::write(tx, &line(kind, row.worker, row.resident, how.as_str())).await
}

/// Ends those whose time or whose session is over.
async fn end_overdue(tx: &mut Tx) -> Result<(), Error> {
    let now_us = tx.now_us();
    for row in store::overdue(tx).await? {
        let how = if row.until_us <= now_us {
            How::TimeOver
        } else {
            How::SignedOut
        };
        finish(tx, &row, how, Actor::System).await?;
    }
    Ok(())
}

/// Ends those whose time or whose session is over, and forgets those that are kept no longer. Called every minute.
pub async fn sweep(civic: &Civic) -> Result<(), Error> {
    if !store::has_overdue(&civic.db, civic.now()).await? {
        return Ok(());
    }
    let mut tx = civic.write().await?;
    store::lock(&mut tx).await?;
    end_overdue(&mut tx).await?;
    store::forget(&mut tx).await?;
    tx.commit().await
}

/// A session is about to end: what its worker does with a resident ends first.
pub(crate) async fn session_ends(tx: &mut Tx, session_sha256: &str) -> Result<(), Error> {
    if store::of_session(tx, session_sha256).await?.is_none() {
        return Ok(());
    }
    store::lock(tx).await?;
    if let Some(row) = store::of_session(tx, session_sha256).await? {
        finish(tx, &row, How::SignedOut, Actor::System).await?;
    }
    Ok(())
}

/// An account is about to be erased: what is open of or with it ends first.
pub(crate) async fn account_goes(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    store::lock(tx).await?;
    for row in store::open_of_either(tx, account).await? {
        finish(tx, &row, How::Erased, Actor::System).await?;
    }
    Ok(())
}
