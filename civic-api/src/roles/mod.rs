//! Roles: what the people who work for the city may do. Administrators give and take them, for the whole city, a part of the
//! system or one reception; each change is a record of the civic log under a name made for it, and a line of the audit.
//! Whoever decides anything by a role asks [`require`] or [`Held`], both by the table in [`rules`].

pub(crate) mod http;
pub mod rules;
pub(crate) mod store;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

pub use self::rules::{Act, Held, On, Scope, Subsystem};
use crate::audit::{self, Line};
use crate::identity::Role;
use crate::identity::person::PersonKey;
use crate::log::{self, Actor, Entry, Kind};
use crate::{Account, AccountId, ActId, Civic, Error, GrantId, Tx, Viewer, conferences};

/// The most people that are listed at once.
pub const PAGE: i64 = 50;
/// The most grants of one person that are shown.
const SHOWN: i64 = 200;

/// A role that someone was given.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = RoleGrant)]
pub struct Grant {
    /// By which it is taken.
    pub id: GrantId,
    /// Which role.
    pub role: Role,
    /// Where it counts: `city`, `receptions`, `counter`, or `conference/<id>`.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "city")]
    pub scope: Scope,
    /// What the reception is called, when it is for one.
    pub title: Option<String>,
    /// Giving it.
    pub given: Change,
    /// Taking it; `null`: it counts now.
    pub taken: Option<Change>,
}

/// Who changed it when and why.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = RoleChange)]
pub struct Change {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The administrator's name; `null`: the operator at the machine, or somebody who is no longer here.
    pub by: Option<String>,
    /// Why.
    pub reason: String,
    /// Under which subject the civic log has it.
    pub log_subject: Option<ActId>,
}

fn as_text<S: serde::Serializer>(scope: &Scope, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(scope)
}

/// Someone, as administrators find them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Person {
    /// The account.
    pub account: Account,
    /// How sure the city is who it is; `null`: the account is made up.
    pub assurance: Option<crate::identity::Assurance>,
    /// Their roles now; of a list without the titles of receptions.
    pub roles: Vec<Grant>,
}

/// Who is looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Search {
    /// A part of the name; empty: any.
    pub name: String,
    /// Who has this role somewhere; residents: who has none.
    pub role: Option<Role>,
    /// Those after this account, in the order of names.
    pub after: Option<AccountId>,
}

/// Who gives or takes.
#[derive(Clone, Copy, Debug)]
pub enum By<'a> {
    /// Someone who is signed in.
    Account(&'a Account),
    /// The operator, at the machine.
    Operator,
}

impl By<'_> {
    fn id(&self) -> Option<AccountId> {
        match self {
            By::Account(account) => Some(account.id),
            By::Operator => None,
        }
    }

    fn actor(&self) -> Actor {
        match self {
            By::Account(_) => Actor::Role(Role::Administrator),
            By::Operator => Actor::Operator,
        }
    }
}

/// The roles of who is looking: none while a passkey that they need was not shown in this session.
pub async fn held(civic: &Civic, viewer: &Viewer) -> Result<Held, Error> {
    match viewer.account() {
        Some(account) if account.second_factor_due || account.at_terminal => Ok(Held::default()),
        Some(account) => store::held(civic.db.reader(), account.id).await,
        None => Ok(Held::default()),
    }
}

/// The account of who is looking, if a role of theirs lets them do this; else the refusal.
pub async fn require<'a>(
    civic: &Civic,
    viewer: &'a Viewer,
    act: Act,
    on: On,
) -> Result<&'a Account, Error> {
    let account = viewer.signed_in()?;
    if held(civic, viewer).await?.allows(act, on) {
        Ok(account)
    } else {
        Err(Error::NotAllowed)
    }
}

/// Gives someone a role.
pub async fn give(
    civic: &Civic,
    by: By<'_>,
    to: AccountId,
    role: Role,
    scope: Scope,
    reason: &str,
) -> Result<GrantId, Error> {
    check_reason(reason)?;
    if !rules::can_be_given(role, scope) {
        return Err(Error::Invalid { field: "scope" });
    }
    if let Scope::Conference(id) = scope {
        conferences::get(civic, id).await?;
    }
    let mut tx = civic.write().await?;
    store::lock(&mut tx).await?;
    still_may(&mut tx, by).await?;
    let person = store::account(&mut tx, to).await?.ok_or(Error::NotFound)?;
    if by.id() == Some(to) {
        return Err(Error::WrongState("role_own"));
    }
    if !rules::can_have_roles(person.method) {
        return Err(Error::WrongState("person_not_identified"));
    }
    let held = store::held(tx.connection(), to).await?;
    if held.0.contains(&(role, scope)) {
        return Err(Error::WrongState("role_held"));
    }
    let id = GrantId::new(tx.now());
    let act = ActId::new(tx.now());
    let new = store::NewGrant {
        id,
        to,
        role,
        scope,
        by: by.id(),
        reason: reason.trim(),
        act: Some(act),
    };
    store::insert(&mut tx, &new).await?;
    changed(&mut tx, by, to, Kind::RoleGranted, act, role, scope).await?;
    tx.commit().await?;
    Ok(id)
}

/// Takes a role from whoever has it. The last administrator stays one.
pub async fn take(civic: &Civic, by: By<'_>, id: GrantId, reason: &str) -> Result<(), Error> {
    check_reason(reason)?;
    let mut tx = civic.write().await?;
    store::lock(&mut tx).await?;
    still_may(&mut tx, by).await?;
    let (person, role, scope, is_current) =
        store::whose(&mut tx, id).await?.ok_or(Error::NotFound)?;
    if !is_current {
        return Err(Error::WrongState("role_taken"));
    }
    if role == Role::Administrator
        && store::administrators_beside(&mut tx, person, civic.settings.demo_accounts).await? == 0
    {
        return Err(Error::WrongState("last_administrator"));
    }
    let act = ActId::new(tx.now());
    store::set_taken(&mut tx, id, by.id(), reason.trim(), act).await?;
    changed(&mut tx, by, person, Kind::RoleTaken, act, role, scope).await?;
    tx.commit().await
}

fn check_reason(reason: &str) -> Result<(), Error> {
    if rules::is_reason(reason) {
        Ok(())
    } else {
        Err(Error::Invalid { field: "reason" })
    }
}

/// Asked again where nobody else changes roles: whoever lost theirs a moment ago gives nothing any more.
async fn still_may(tx: &mut Tx, by: By<'_>) -> Result<(), Error> {
    let By::Account(account) = by else {
        return Ok(());
    };
    let held = store::held(tx.connection(), account.id).await?;
    if held.allows(Act::GiveRoles, On::Whole) {
        Ok(())
    } else {
        Err(Error::NotAllowed)
    }
}

/// The roles someone has, asked within a change.
pub(crate) async fn held_now(tx: &mut Tx, account: AccountId) -> Result<Held, Error> {
    store::held(tx.connection(), account).await
}

/// What follows of a change: what is said of the person, the civic log, the audit.
async fn changed(
    tx: &mut Tx,
    by: By<'_>,
    person: AccountId,
    kind: Kind,
    act: ActId,
    role: Role,
    scope: Scope,
) -> Result<(), Error> {
    let principal = store::held(tx.connection(), person).await?.principal();
    store::set_principal(tx, person, principal).await?;
    log::append(
        tx,
        Entry {
            stream: "roles".into(),
            kind,
            actor_role: by.actor(),
            subject: act.to_string(),
            payload: json!({ "role": role.as_str(), "scope": scope.to_string() }),
        },
    )?;
    let line = Line {
        kind: match kind {
            Kind::RoleTaken => audit::Kind::RoleTaken,
            _ => audit::Kind::RoleGiven,
        },
        actor: by.id(),
        subject: Some(person),
        what: Some(role.as_str().to_owned()),
        place: Some(scope.to_string()),
        code: None,
        times: 1,
    };
    audit::write(tx, &line).await
}

/// Writes down the role that somebody made up has from the beginning; the city's filling is what the log says of it.
pub(crate) async fn begin_with(tx: &mut Tx, account: &Account) -> Result<(), Error> {
    if account.role == Role::Resident {
        return Ok(());
    }
    let new = store::NewGrant {
        id: GrantId::new(tx.now()),
        to: account.id,
        role: account.role,
        scope: Scope::City,
        by: None,
        reason: "Demonstracinis miestas",
        act: None,
    };
    store::insert(tx, &new).await
}

/// Refuses to let the last administrator's account go.
pub(crate) async fn may_go(tx: &mut Tx, civic: &Civic, account: AccountId) -> Result<(), Error> {
    store::lock(tx).await?;
    let held = store::held(tx.connection(), account).await?;
    if held.allows(Act::GiveRoles, On::Whole)
        && store::administrators_beside(tx, account, civic.settings.demo_accounts).await? == 0
    {
        return Err(Error::WrongState("last_administrator"));
    }
    Ok(())
}

/// Every role someone was given, those that count first, then the latest.
pub async fn of(civic: &Civic, account: AccountId) -> Result<Vec<Grant>, Error> {
    store::grants(&civic.db, account, SHOWN).await
}

/// Someone, with every role they were ever given.
pub async fn person(civic: &Civic, id: AccountId) -> Result<Person, Error> {
    let account = crate::identity::store::account(&civic.db, id)
        .await?
        .ok_or(Error::NotFound)?;
    Ok(Person {
        assurance: account.method.assurance(),
        roles: of(civic, id).await?,
        account,
    })
}

/// At most `limit` (and at most [`PAGE`]) people, in the order of names, with the roles they have now.
pub async fn people(civic: &Civic, search: &Search, limit: i64) -> Result<Vec<Person>, Error> {
    make_keys(civic).await?;
    let accounts = store::people(&civic.db, search, limit.clamp(1, PAGE)).await?;
    let mut people = Vec::with_capacity(accounts.len());
    for account in accounts {
        let mut roles = store::grants(&civic.db, account.id, SHOWN).await?;
        roles.retain(|grant| grant.taken.is_none());
        people.push(Person {
            assurance: account.method.assurance(),
            roles,
            account,
        });
    }
    Ok(people)
}

/// Makes the keys by which new and changed names are found.
async fn make_keys(civic: &Civic) -> Result<(), Error> {
    loop {
        let names = store::without_key(&civic.db).await?;
        if names.is_empty() {
            return Ok(());
        }
        let mut tx = civic.write().await?;
        for (id, name) in names {
            store::set_key(&mut tx, &id, &name, &rules::name_key(&name)).await?;
        }
        tx.commit().await?;
    }
}

/// Everyone who has a role now, at most 1,000 grants: for the operator at the machine.
pub async fn everyone(civic: &Civic) -> Result<Vec<(AccountId, String, Role, Scope)>, Error> {
    store::everyone(&civic.db).await
}

/// The account of a person by the digest of their personal code.
pub async fn by_code(civic: &Civic, key: &PersonKey) -> Result<AccountId, Error> {
    if let Some(found) = store::by_digest(&civic.db, &key.digest).await? {
        return Ok(found);
    }
    // Who has not signed in since the key of digests was changed.
    let before = key.before.as_ref().ok_or(Error::NotFound)?;
    store::by_digest(&civic.db, before)
        .await?
        .ok_or(Error::NotFound)
}
