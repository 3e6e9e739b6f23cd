//! Passkeys: the second factor of whoever holds an office. Until one was shown in a session, that session is a resident's;
//! for dangerous acts it must have been shown in the last minutes. Who has lost their keys spends a one-time code, or is
//! given a new beginning by another administrator: both are in the civic log and on the account's page.

mod ceremony;
pub(crate) mod http;
mod recovery;
pub mod rules;
mod store;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use self::ceremony::{Expected, Refused, Shown};
pub use self::recovery::{Reason, may_reset, new_codes, recover, reset};
use crate::identity::{self, Provider, SessionToken};
use crate::log::Kind;
use crate::{Account, AccountId, Civic, Db, Error, PasskeyId, accounts, random};

/// What was shown in a session besides who one is.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// A passkey, its user verified.
    Passkey,
    /// A recovery code.
    Recovery,
}

impl Factor {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Factor::Passkey => "passkey",
            Factor::Recovery => "recovery",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Passkey, Self::Recovery]
            .into_iter()
            .find(|factor| factor.as_str() == text)
    }
}

/// What a challenge is for: an answer to one is none to the other.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// To add a passkey.
    Register,
    /// To show one.
    Confirm,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Purpose::Register => "register",
            Purpose::Confirm => "confirm",
        }
    }
}

/// A passkey, as its owner sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Passkey {
    /// Its id.
    pub id: PasskeyId,
    /// What its owner calls it.
    pub name: String,
    /// It may be kept by a cloud for several devices; `false`: it never leaves its device.
    pub synced: bool,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When it was last shown.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub used_at: Option<Timestamp>,
    /// As the authenticator calls it, base64url.
    pub credential_id: String,
}

/// The recovery codes of an account.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Recovery {
    /// How many are left.
    pub left: i64,
    /// When the others were spent.
    #[schema(value_type = Vec<String>)]
    pub spent: Vec<Timestamp>,
}

/// What a browser needs to ask an authenticator.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Asked {
    /// 32 random bytes, base64url.
    pub challenge: String,
    /// The host for which the key is good.
    pub rp_id: String,
    /// By what the authenticator knows the account: base64url; says nothing of the person.
    pub user_id: String,
    /// What the authenticator shows.
    pub user_name: String,
    /// COSE algorithms that are taken, the best first.
    pub algorithms: Vec<i64>,
    /// The account's credentials, base64url.
    pub credentials: Vec<String>,
    /// How long the answer is waited for, in ms.
    pub timeout_ms: i64,
}

/// A new credential, as the browser gives it; every field base64url.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Created {
    /// What its owner calls it: 1 to 60 characters.
    pub name: String,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `attestationObject`.
    pub attestation: String,
}

/// A credential shown; every field base64url.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Which.
    pub credential_id: String,
    /// `clientDataJSON`.
    pub client_data: String,
    /// `authenticatorData`.
    pub authenticator_data: String,
    /// `signature`.
    pub signature: String,
    /// `userHandle`, when the authenticator says it.
    #[serde(default)]
    pub user_id: Option<String>,
}

/// A passkey that was added.
#[derive(Debug)]
pub struct Added {
    /// Its id.
    pub id: PasskeyId,
    /// With the first one: the recovery codes, which are shown now and never again.
    pub codes: Vec<String>,
    /// The session's new token.
    pub token: SessionToken,
}

/// What a session has shown, and how it was begun.
#[derive(Clone, Copy, Debug)]
struct Standing {
    provider: Option<Provider>,
    factor: Option<(Factor, Timestamp)>,
}

async fn standing(civic: &Civic, account: &Account, session: &str) -> Result<Standing, Error> {
    if !rules::may_have_passkeys(account) {
        return Err(Error::NotAllowed);
    }
    store::standing(&civic.db, session)
        .await?
        .ok_or(Error::SignInRequired)
}

/// Says that a dangerous act may be done: a passkey was shown in this session in the last minutes. Whoever needs no second
/// factor is asked for none.
pub async fn require_fresh(civic: &Civic, account: &Account, cookie: &str) -> Result<(), Error> {
    if !rules::may_have_passkeys(account) {
        return Ok(());
    }
    let standing = standing(civic, account, &identity::token_sha256(cookie)).await?;
    if rules::is_fresh(standing.factor, civic.now()) {
        Ok(())
    } else {
        Err(Error::ConfirmationRequired)
    }
}

/// The passkeys and recovery codes of an account.
pub(crate) async fn known(db: &Db, account: AccountId) -> Result<(Vec<Passkey>, Recovery), Error> {
    let keys = store::keys(db, account).await?;
    Ok((keys, store::recovery(db, account).await?))
}

/// How many passkeys someone has.
pub async fn count(civic: &Civic, account: AccountId) -> Result<usize, Error> {
    Ok(store::keys(&civic.db, account).await?.len())
}

/// Asks: the challenge is good for one answer, of this session, within minutes.
pub async fn ask(
    civic: &Civic,
    account: &Account,
    cookie: &str,
    purpose: Purpose,
) -> Result<Asked, Error> {
    let session = identity::token_sha256(cookie);
    let standing = standing(civic, account, &session).await?;
    let keys = store::keys(&civic.db, account.id).await?;
    match purpose {
        Purpose::Register => {
            rules::may_add(keys.len(), standing.provider, standing.factor, civic.now())?;
        }
        Purpose::Confirm if keys.is_empty() => return Err(Error::WrongState("passkey_none")),
        Purpose::Confirm => {}
    }
    let challenge = random::bytes::<32>();
    let mut tx = civic.write().await?;
    let digest = sha256(&challenge);
    store::insert_challenge(
        &mut tx,
        &session,
        purpose,
        account.id,
        &digest,
        rules::CHALLENGE_S,
    )
    .await?;
    tx.commit().await?;
    let expected = expected(civic, digest)?;
    Ok(Asked {
        challenge: URL_SAFE_NO_PAD.encode(challenge),
        rp_id: expected.rp_id,
        user_id: user_id(account.id),
        user_name: account.name.clone(),
        algorithms: ceremony::ALGORITHMS.to_vec(),
        credentials: keys.into_iter().map(|key| key.credential_id).collect(),
        timeout_ms: rules::CHALLENGE_S * 1000,
    })
}

/// Adds a passkey.
pub async fn add(
    civic: &Civic,
    account: &Account,
    cookie: &str,
    created: &Created,
) -> Result<Added, Error> {
    let session = identity::token_sha256(cookie);
    let standing = standing(civic, account, &session).await?;
    let name = rules::name(&created.name)?;
    let expected = taken(civic, account, &session, Purpose::Register).await?;
    let credential = ceremony::register(
        &expected,
        &decode(&created.client_data)?,
        &decode(&created.attestation)?,
    )?;
    let mut tx = civic.write().await?;
    let keys = store::lock(&mut tx, account.id).await?;
    rules::may_add(keys, standing.provider, standing.factor, tx.now())?;
    let id = PasskeyId::new(tx.now());
    if !store::insert(&mut tx, id, account.id, &name, &credential).await? {
        return Err(Refused("the credential is somebody's already").into());
    }
    let codes = match keys {
        0 => recovery::make(&mut tx, account.id).await?,
        _ => Vec::new(),
    };
    // Whoever has just made a key has it.
    let token = SessionToken::fresh();
    if !store::promote(&mut tx, &session, &token.sha256(), Factor::Passkey).await? {
        return Err(Error::SignInRequired);
    }
    accounts::note(
        &mut tx,
        account.id,
        account.role,
        Kind::PasskeyAdded,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(Added { id, codes, token })
}

/// Shows a passkey: the session gets its office's rights, and a new token, since whoever had the old one had less.
pub async fn confirm(
    civic: &Civic,
    account: &Account,
    cookie: &str,
    answer: &Answer,
) -> Result<SessionToken, Error> {
    let session = identity::token_sha256(cookie);
    standing(civic, account, &session).await?;
    // From here on the challenge is used up, whatever comes of it.
    let expected = taken(civic, account, &session, Purpose::Confirm).await?;
    let mut tx = civic.write().await?;
    // Step 6 of section 7.2: the credential is this account's, and so is the user handle, if there is one.
    let (id, credential) = store::credential(&mut tx, account.id, &answer.credential_id)
        .await?
        .ok_or(Refused("no credential of this account"))?;
    if answer
        .user_id
        .as_ref()
        .is_some_and(|of| *of != user_id(account.id))
    {
        return Err(Refused("the user handle").into());
    }
    let shown = Shown {
        client_data: &decode(&answer.client_data)?,
        authenticator_data: &decode(&answer.authenticator_data)?,
        signature: &decode(&answer.signature)?,
    };
    let count = ceremony::show(&expected, &credential, &shown)?;
    if !store::used(&mut tx, id, credential.sign_count, count).await? {
        return Err(Refused("the count has moved").into());
    }
    let token = SessionToken::fresh();
    if !store::promote(&mut tx, &session, &token.sha256(), Factor::Passkey).await? {
        return Err(Error::SignInRequired);
    }
    tx.commit().await?;
    Ok(token)
}

/// Removes a passkey. The last one stays: without it whoever is identified as this person could make a first one.
pub async fn remove(
    civic: &Civic,
    account: &Account,
    cookie: &str,
    id: PasskeyId,
) -> Result<(), Error> {
    standing(civic, account, &identity::token_sha256(cookie)).await?;
    require_fresh(civic, account, cookie).await?;
    let mut tx = civic.write().await?;
    let keys = store::lock(&mut tx, account.id).await?;
    if !store::remove(&mut tx, account.id, id).await? {
        return Err(Error::NotFound);
    }
    if keys == 1 {
        return Err(Error::WrongState("passkey_last"));
    }
    accounts::note(
        &mut tx,
        account.id,
        account.role,
        Kind::PasskeyRemoved,
        json!({}),
    )
    .await?;
    tx.commit().await
}

async fn taken(
    civic: &Civic,
    account: &Account,
    session: &str,
    purpose: Purpose,
) -> Result<Expected, Error> {
    let mut tx = civic.write().await?;
    let challenge = store::take_challenge(&mut tx, session, purpose, account.id).await?;
    tx.commit().await?;
    expected(civic, challenge.ok_or(Refused("no challenge is open"))?)
}

fn expected(civic: &Civic, challenge_sha256: String) -> Result<Expected, Error> {
    let url = url::Url::parse(&civic.settings.base_url).map_err(|_| Error::Crypto)?;
    Ok(Expected {
        challenge_sha256,
        origin: url.origin().ascii_serialization(),
        rp_id: url.host_str().unwrap_or_default().to_owned(),
    })
}

/// A name of the account for authenticators alone.
fn user_id(account: AccountId) -> String {
    let digest = digest::digest(&digest::SHA256, format!("passkey/{account}").as_bytes());
    URL_SAFE_NO_PAD.encode(digest)
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}

fn decode(text: &str) -> Result<Vec<u8>, Refused> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| Refused("no base64url"))
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        tracing::info!(%refused, "a passkey was refused");
        Error::PasskeyRefused
    }
}
