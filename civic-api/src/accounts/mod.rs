//! Accounts: one person has one, however they came. Someone is known again by a digest of their personal code, or by what
//! a provider calls them; another way of signing in is added by who is signed in. What the city knows about someone is
//! shown to them whole, can be taken along, and is erased when they wish so. The civic log says that someone signed in,
//! added a way, or went, each under a name of its own that only the account's rows tie to the account.

pub mod digest_keys;
pub(crate) mod http;
mod store;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::assistance::{self, Assistance};
use crate::conferences::presences;
use crate::identity::flow::Purpose;
use crate::identity::person::{KeyKind, PersonKey};
use crate::identity::ways::{Assurance, Failure, Provider, Verified};
use crate::identity::{self, Account, Method, Role, phone};
use crate::log::{self, Actor, Entry, Kind};
use crate::passkeys::{self, Passkey, Recovery};
use crate::residence::Residence;
use crate::{AccountId, ActId, Civic, Error, IdentityId, SessionId, Tx, residence, roles, tokens};

/// The most rows of one kind that are shown.
const SHOWN: i64 = 200;

/// A way in which someone was identified.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Identity {
    /// Its id.
    pub id: IdentityId,
    /// By whom.
    pub provider: Provider,
    /// How sure the city is by it.
    pub assurance: Assurance,
    /// `true`: known by a digest of the personal code; `false`: by a digest of what the provider calls the person.
    pub by_personal_code: bool,
    /// First time.
    #[schema(value_type = String, format = DateTime)]
    pub first_at: Timestamp,
    /// Last time.
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Timestamp,
}

/// A sign-in that lasts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = AccountSession)]
pub struct Session {
    /// Its name, by which it can be ended.
    pub id: SessionId,
    /// How it was begun.
    pub provider: Option<Provider>,
    /// The kind of device: `firefox/linux`.
    pub device: Option<String>,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// Until when, at most.
    #[schema(value_type = String, format = DateTime)]
    pub until: Timestamp,
    /// When a passkey or a recovery code was last shown in it.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub confirmed_at: Option<Timestamp>,
    /// It is the one that asks.
    pub current: bool,
    /// It is a public terminal's: it ends after a minute in which nobody uses it.
    pub terminal: bool,
}

/// Something that was done with the account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Act {
    /// Under which subject the civic log has it.
    pub id: ActId,
    /// What: `account.signed_in`, `account.linked`, `passkey.added`, …
    pub kind: String,
    /// By which way.
    pub provider: Option<Provider>,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// A right that was given: whether and by whom its token was spent is not known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Given {
    /// Which, as in `/api/v1/rights`.
    pub right: String,
    /// The reception's title.
    pub title: String,
    /// It was used by session: at that moment it was known whose it is.
    pub by_session: bool,
}

/// A seat that was taken under one's name, for as long as a recording needs the name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Stay {
    /// The reception's title.
    pub title: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub from: Timestamp,
    /// Until when; `null`: still.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub until: Option<Timestamp>,
}

/// Everything the city knows about someone.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Facts {
    /// The account.
    pub account: Account,
    /// How sure the city is; `null`: the account is made up.
    pub assurance: Option<Assurance>,
    /// Since when there is the account.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The ways in which they were identified.
    pub identities: Vec<Identity>,
    /// Where they are signed in.
    pub sessions: Vec<Session>,
    /// What was done with the account, latest first.
    pub acts: Vec<Act>,
    /// Which rights they were given.
    pub rights: Vec<Given>,
    /// Where they live, as they say and as the register says.
    pub residence: Residence,
    /// Which roles they were given, by whom and why; those that count now first.
    pub roles: Vec<roles::Grant>,
    /// Where they sat under their name, latest first.
    pub stays: Vec<Stay>,
    /// How many receptions name them as their host.
    pub receptions_hosted: i64,
    /// Their passkeys.
    pub passkeys: Vec<Passkey>,
    /// Their recovery codes: how many, not which.
    pub recovery_codes: Recovery,
    /// Which workers acted with them, when, where, and what they did; latest first.
    pub assistances: Vec<Assistance>,
    /// How often they acted with residents, as workers at a counter.
    pub assisted: i64,
}

/// Finds or makes the account of someone who was identified, or adds what they were identified by to the account of who is
/// signed in.
pub(crate) async fn admit(
    civic: &Civic,
    verified: &Verified,
    purpose: Purpose,
) -> Result<Account, Error> {
    let mut tx = civic.write().await?;
    // One after another: two first sign-ins of one person at once make one account.
    store::lock(&mut tx).await?;
    let mut owners = Vec::with_capacity(verified.keys.len());
    for key in &verified.keys {
        owners.push(digest_keys::owner(&mut tx, key).await?);
    }
    let known = owners.iter().flatten().next().copied();
    let (id, first) = match purpose {
        Purpose::SignIn => match known {
            Some(id) => (id, false),
            None => (create(&mut tx, verified).await?, true),
        },
        Purpose::Link(id) => {
            may_link(&mut tx, id, verified, &owners).await?;
            (id, known.is_none())
        }
    };
    for (key, owner) in verified.keys.iter().zip(owners) {
        match owner {
            // Also of another account than this one: the personal code, which comes first, decides.
            Some(_) => store::touch_identity(&mut tx, &key.digest, id, verified).await?,
            None => store::insert_identity(&mut tx, id, verified, key).await?,
        }
    }
    let assurance = store::highest_assurance(&mut tx, id).await?;
    store::set_known(&mut tx, id, verified, assurance).await?;
    let kind = match purpose {
        Purpose::SignIn => Kind::AccountSignedIn,
        Purpose::Link(_) => Kind::AccountLinked,
    };
    let account = store::account(&mut tx, id).await?.ok_or(Error::NotFound)?;
    record(&mut tx, &account, kind, Some((verified, first))).await?;
    tx.commit().await?;
    Ok(account)
}

/// The account of somebody whose document a worker has seen, by the digest of the personal code in it; made when there is none
/// (`true`), with the name in the document. An account that is there stays as it is.
pub(crate) async fn at_counter(
    tx: &mut Tx,
    key: &PersonKey,
    name: &str,
) -> Result<(Account, bool), Error> {
    store::lock(tx).await?;
    let (id, first) = match digest_keys::owner(tx, key).await? {
        Some(id) => (id, false),
        None => {
            let verified = Verified {
                provider: Provider::Counter,
                assurance: Assurance::Substantial,
                keys: vec![key.clone()],
                name: Some(name.to_owned()),
            };
            let id = create(tx, &verified).await?;
            store::insert_identity(tx, id, &verified, key).await?;
            (id, true)
        }
    };
    let account = store::account(tx, id).await?.ok_or(Error::NotFound)?;
    Ok((account, first))
}

async fn create(tx: &mut Tx, verified: &Verified) -> Result<AccountId, Error> {
    let account = Account {
        id: AccountId::new(tx.now()),
        name: verified.name.clone().unwrap_or_default(),
        role: Role::Resident,
        office: None,
        demo: false,
        method: Method::Identified(verified.assurance),
        second_factor_due: false,
        holds_single: false,
        at_terminal: false,
    };
    identity::add_account(tx, &account, None).await?;
    Ok(account.id)
}

/// What may be added to an account: what belongs to no other one, and no second personal code.
async fn may_link(
    tx: &mut Tx,
    id: AccountId,
    verified: &Verified,
    owners: &[Option<AccountId>],
) -> Result<(), Error> {
    let account = store::account(tx, id).await?.ok_or(Error::NotFound)?;
    if account.demo {
        return Err(Error::NotAllowed);
    }
    if owners.iter().flatten().any(|owner| *owner != id) {
        return Err(Failure::LinkedElsewhere.into());
    }
    let brings_code = verified
        .keys
        .iter()
        .zip(owners)
        .any(|(key, owner)| key.kind == KeyKind::Code && owner.is_none());
    if brings_code && store::has_code(tx, id).await? {
        return Err(Failure::OtherPerson.into());
    }
    Ok(())
}

/// Writes an act down twice: in the log under a name of its own, and beside the account, so that its owner can find it.
async fn record(
    tx: &mut Tx,
    account: &Account,
    kind: Kind,
    by: Option<(&Verified, bool)>,
) -> Result<(), Error> {
    let id = ActId::new(tx.now());
    let payload = match by {
        Some((verified, first)) => json!({
            "assurance": verified.assurance.as_str(),
            "first": first,
            "provider": verified.provider.as_str(),
        }),
        None => json!({}),
    };
    log::append(
        tx,
        Entry {
            stream: "accounts".into(),
            kind,
            actor_role: Actor::Role(account.role),
            subject: id.to_string(),
            payload,
        },
    )?;
    let Some((verified, _)) = by else {
        return Ok(());
    };
    store::insert_act(tx, id, account.id, kind.as_str(), Some(verified.provider)).await
}

/// Writes down something else that was done with an account, in the log and beside the account alike. `role` is that of
/// who did it.
pub(crate) async fn note(
    tx: &mut Tx,
    account: AccountId,
    role: Role,
    kind: Kind,
    payload: serde_json::Value,
) -> Result<(), Error> {
    let id = ActId::new(tx.now());
    log::append(
        tx,
        Entry {
            stream: "accounts".into(),
            kind,
            actor_role: Actor::Role(role),
            subject: id.to_string(),
            payload,
        },
    )?;
    store::insert_act(tx, id, account, kind.as_str(), None).await
}

/// Everything the city knows about someone. `cookie` is the session's that asks.
pub async fn facts(civic: &Civic, account: &Account, cookie: &str) -> Result<Facts, Error> {
    let current = identity::token_sha256(cookie);
    let db = &civic.db;
    let (passkeys, recovery_codes) = passkeys::known(db, account.id).await?;
    Ok(Facts {
        account: account.clone(),
        assurance: account.method.assurance(),
        created_at: store::created_at(db, account.id).await?,
        identities: store::identities(db, account.id).await?,
        sessions: store::sessions(db, account.id, &current, civic.now()).await?,
        acts: store::acts(db, account.id).await?,
        rights: store::given(db, account.id).await?,
        residence: residence::of(civic, account.id).await?,
        roles: roles::of(civic, account.id).await?,
        stays: store::stays(db, account.id).await?,
        receptions_hosted: store::hosted(db, account.id).await?,
        passkeys,
        recovery_codes,
        assistances: assistance::with(db, account.id).await?,
        assisted: assistance::count_of(db, account.id).await?,
    })
}

/// The keyed digests by which the person is known again.
pub(crate) async fn digests(civic: &Civic, account: AccountId) -> Result<Vec<String>, Error> {
    store::digests(&civic.db, account).await
}

/// Ends one session of this account, or with `None` all but the one that asks.
pub async fn end_sessions(
    civic: &Civic,
    account: &Account,
    which: Option<SessionId>,
    cookie: &str,
) -> Result<(), Error> {
    account.at_home()?;
    let mut tx = civic.write().await?;
    match which {
        Some(id) => store::end_session(&mut tx, account.id, id).await?,
        None => {
            let current = identity::token_sha256(cookie);
            store::end_other_sessions(&mut tx, account.id, &current).await?;
            phone::sessions_end(&mut tx, account.id).await?;
        }
    }
    tx.commit().await
}

/// Ends every session of an account.
pub(crate) async fn end_all_sessions(tx: &mut Tx, account: AccountId) -> Result<(), Error> {
    store::end_all_sessions(tx, account).await?;
    phone::sessions_end(tx, account).await
}

/// Whether someone can have their account erased: not who is made up, and not who has announced receptions, which must keep
/// their host.
pub fn may_erase(facts: &Facts) -> Result<(), Error> {
    if facts.account.demo {
        return Err(Error::NotAllowed);
    }
    if facts.receptions_hosted > 0 {
        return Err(Error::WrongState("account_hosts"));
    }
    Ok(())
}

/// Erases the account and all that is tied to it. The civic log keeps its records and says that somebody went; nothing is
/// left that ties them to a person.
pub async fn erase(civic: &Civic, account: &Account, cookie: &str) -> Result<(), Error> {
    account.at_home()?;
    may_erase(&facts(civic, account, cookie).await?)?;
    let digests = digests(civic, account.id).await?;
    let mut tx = civic.write().await?;
    roles::may_go(&mut tx, civic, account.id).await?;
    assistance::account_goes(&mut tx, account.id).await?;
    tokens::remember_given(&mut tx, account.id, &digests).await?;
    residence::forget(&mut tx, &digests).await?;
    presences::forget_name(&mut tx, account.id).await?;
    store::delete(&mut tx, account.id).await?;
    record(&mut tx, account, Kind::AccountErased, None).await?;
    tx.commit().await?;
    civic.db.fold().await
}
