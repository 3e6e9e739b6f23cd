//! Rights for which no name is needed. Whoever the city has identified obtains blind-signed one-use tokens (RFC 9474,
//! RSABSSA-SHA384-PSS-Randomized), each for one right: "one seat in this reception". Spending one proves that *a* resident
//! spends it, and cannot be linked to *which*: the server has never seen the token before, only a blinded one.
//!
//! One key for each right: what a token is for is said by who signed it. The keys are published in the log before the first
//! token is issued, so that nobody can be given a key of their own. docs/PRIVACY.md says what this protects from.

mod blind;
pub(crate) mod http;
mod issuing;
pub mod rules;
mod store;
mod vault;

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use blind::message;
pub use issuing::issue;
pub use vault::Vault;

use self::issuing::Asker;
use crate::conferences::{self, When};
use crate::identity::limits::Scope;
use crate::identity::ways::Failure;
use crate::log::{self, Actor, Entry, Kind};
use crate::{Account, AccountId, Civic, ConferenceId, Error, Tx};

/// The most rights that are opened in one go, and tokens that are asked for in one request.
pub const BATCH: usize = 32;

/// Stands for the digest where a right is used by session.
pub(crate) const BY_SESSION: &str = "session";

/// A right whose tokens are issued.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Right {
    /// Its name: `seat/<id of the reception>`.
    #[schema(example = "seat/01890a5d-ac96-774b-bcce-b302099a8057")]
    pub id: String,
    /// What it is about: the reception's id.
    pub subject: String,
    /// The public key, as Base64 of its SubjectPublicKeyInfo.
    pub public_key: String,
    /// SHA-256 of those bytes, in hex: also in the log's record `right.opened`.
    pub key_sha256: String,
    /// That record's number.
    pub record: i64,
}

/// A blinded message to be signed.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// For which right.
    pub right: String,
    /// 256 bytes, Base64.
    pub blinded: String,
}

/// A blind signature, or why there is none.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Issued {
    /// For which right.
    pub right: String,
    /// 256 bytes, Base64.
    pub signature: Option<String>,
    /// The code of the refusal.
    pub refused: Option<String>,
}

/// A token that is being spent. It is never printed.
#[derive(Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// For which right.
    pub right: String,
    /// The 32 random bytes that the message begins with, Base64.
    pub prefix: String,
    /// The signature, 256 bytes, Base64.
    pub signature: String,
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Token({}, …)", self.right)
    }
}

/// The right to one seat in a reception.
pub fn seat_in(conference: ConferenceId) -> String {
    format!("seat/{conference}")
}

/// Opens the rights of every reception that is announced or under way, and closes those of receptions that are over.
/// Answers how many were opened and closed. Made for a task that is woken by the log.
pub async fn keep(civic: &Civic) -> Result<(usize, usize), Error> {
    let mut needed = conferences::list(civic, When::Now, BATCH as i64).await?;
    needed.extend(conferences::list(civic, When::Coming, BATCH as i64).await?);
    let open = store::open_rights(&civic.db).await?;
    let mut opened = 0;
    for conference in &needed {
        let id = seat_in(conference.id);
        if !open.iter().any(|right| right.id == id) && open_one(civic, id, conference.id).await? {
            opened += 1;
        }
    }
    let mut closed = 0;
    for right in open {
        let ended = match right.subject.parse() {
            Ok(id) => match conferences::get(civic, id).await {
                Ok(conference) => conference.status == conferences::Status::Ended,
                Err(Error::NotFound) => true,
                Err(error) => return Err(error),
            },
            Err(_) => true,
        };
        if ended && close(civic, &right.id).await? {
            closed += 1;
        }
    }
    Ok((opened, closed))
}

async fn open_one(civic: &Civic, id: String, subject: ConferenceId) -> Result<bool, Error> {
    let pair = tokio::task::spawn_blocking(blind::Pair::generate)
        .await
        .map_err(|_| Error::Crypto)??;
    let right = Right {
        subject: subject.to_string(),
        public_key: pair.public_key(),
        key_sha256: pair.key_sha256(),
        record: 0,
        id,
    };
    let sealed = civic.vault.seal(&right.id, pair.private())?;
    let mut tx = civic.write().await?;
    if !store::insert_right(&mut tx, &right, &sealed).await? {
        return Ok(false);
    }
    let payload = serde_json::json!({ "key_sha256": right.key_sha256 });
    log::append(&mut tx, entry(&right.id, Kind::RightOpened, payload))?;
    tx.commit().await?;
    Ok(true)
}

/// Ends a right: its private key is gone, so nobody can ever issue a token for it again. The log says how many were issued
/// and how many spent.
pub async fn close(civic: &Civic, id: &str) -> Result<bool, Error> {
    let mut tx = civic.write().await?;
    if !store::close_right(&mut tx, id).await? {
        return Ok(false);
    }
    let (issued, spent) = store::counts(&mut tx, id).await?;
    store::forget_given(&mut tx, id).await?;
    let payload = serde_json::json!({ "issued": issued, "spent": spent });
    log::append(&mut tx, entry(id, Kind::RightClosed, payload))?;
    tx.commit().await?;
    civic.vault.forget(id);
    Ok(true)
}

fn entry(id: &str, kind: Kind, payload: serde_json::Value) -> Entry {
    Entry {
        stream: format!("right/{id}"),
        kind,
        actor_role: Actor::System,
        subject: id.to_owned(),
        payload,
    }
}

/// The rights for which tokens are issued now.
pub async fn open_rights(civic: &Civic) -> Result<Vec<Right>, Error> {
    let mut rights = store::open_rights(&civic.db).await?;
    for right in &mut rights {
        let history = log::stream_after(&civic.db, &format!("right/{}", right.id), 0).await?;
        right.record = history.first().map_or(0, |record| record.seq);
    }
    Ok(rights)
}

/// Uses a right by one's session, for browsers that cannot keep tokens. It counts as the account's one token, and the server
/// knows at this moment whose right it is: the page says so.
pub async fn use_by_session(civic: &Civic, account: &Account, right: &str) -> Result<(), Error> {
    if !rules::may_receive(account) {
        return Err(Error::VerificationRequired);
    }
    if store::sealed(&civic.db, right).await?.is_none() {
        return Err(Error::RightClosed);
    }
    let asker = Asker::of(civic, account.id).await?;
    asker.may_have(civic, right).await?;
    asker.was_not_given(civic, right).await?;
    let new = store::Issue {
        blinded_sha256: BY_SESSION.to_owned(),
        signature: String::new(),
    };
    let mut tx = civic.write().await?;
    let there = store::insert_issue(&mut tx, right, account.id, &new).await?;
    tx.commit().await?;
    issuing::the_same(there, BY_SESSION).map(|_| ())
}

/// An account is about to be erased: its open rights stay given to the person, who may come back with a new one.
pub(crate) async fn remember_given(
    tx: &mut Tx,
    account: AccountId,
    digests: &[String],
) -> Result<(), Error> {
    for right in store::open_rights_of(tx, account).await? {
        for digest in digests {
            store::insert_given(tx, &right, &person_in(&right, digest)).await?;
        }
    }
    Ok(())
}

/// How many open rights are kept as given to people who are erased.
pub(crate) async fn given_to_erased(civic: &Civic) -> Result<i64, Error> {
    store::given_to_erased(&civic.db).await
}

fn person_in(right: &str, digest: &str) -> String {
    blind::digest(format!("{right}\n{digest}").as_bytes())
}

/// Spends a token that comes from a network address: whoever brings too many that are no good waits.
pub async fn spend_from(civic: &Civic, address: IpAddr, token: &Token) -> Result<Right, Error> {
    let scope = [Scope::Spending(address, &token.right)];
    if !civic.ways.limits.take(&scope, civic.now()) {
        return Err(Failure::TooMany.into());
    }
    let spent = spend(civic, token).await;
    if !matches!(spent, Err(Error::TokenInvalid | Error::TokenSpent)) {
        civic.ways.limits.give_back(&scope);
    }
    spent
}

/// Spends a token: once, whoever asks how often at the same time. Answers for what.
pub async fn spend(civic: &Civic, token: &Token) -> Result<Right, Error> {
    let right = store::right(&civic.db, &token.right)
        .await?
        .ok_or(Error::TokenInvalid)?;
    let digest = blind::verify(&right.public_key, token).ok_or(Error::TokenInvalid)?;
    let mut tx = civic.write().await?;
    if !store::insert_spend(&mut tx, &right.key_sha256, &digest).await? {
        tx.rollback().await?;
        return Err(Error::TokenSpent);
    }
    tx.commit().await?;
    Ok(right)
}
