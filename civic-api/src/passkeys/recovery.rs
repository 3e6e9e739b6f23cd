//! For who has lost their passkeys: one-time codes, and a new beginning given by another administrator. Never by mail.

use serde::Deserialize;
use serde_json::json;
use utoipa::ToSchema;

use super::{Factor, rules, standing, store};
use crate::audit::{self, Line};
use crate::identity::ways::Failure;
use crate::identity::{self, SessionToken};
use crate::log::Kind;
use crate::roles::{self, Act, On};
use crate::{Account, AccountId, Civic, Error, Role, Tx, Viewer, accounts, random};

/// Why an administrator gives someone a new beginning.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Keys and codes are lost.
    Lost,
    /// Somebody else may have them.
    Stolen,
    /// The device does not work any more.
    Broken,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 3] = [Reason::Lost, Reason::Stolen, Reason::Broken];

    /// From how it is recorded.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// As it is recorded.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Lost => "lost",
            Reason::Stolen => "stolen",
            Reason::Broken => "broken",
        }
    }
}

/// Makes a set of codes; those before are void.
pub(super) async fn make(tx: &mut Tx, account: AccountId) -> Result<Vec<String>, Error> {
    let mut codes = Vec::with_capacity(rules::CODES);
    while codes.len() < rules::CODES {
        // Of 64 bytes 16 are always usable, but for once in a universe: then others are taken.
        codes.extend(rules::code(&random::bytes::<64>()));
    }
    let digests: Vec<String> = codes.iter().map(|code| digest(account, code)).collect();
    store::set_codes(tx, account, &digests).await?;
    Ok(codes)
}

/// 78 random bits need no slow digest; the account in it keeps equal codes apart.
fn digest(account: AccountId, code: &str) -> String {
    let plain = rules::plain_code(code).unwrap_or_default();
    super::sha256(format!("recovery/{account}/{plain}").as_bytes())
}

/// Makes a new set of codes for who has just shown a passkey.
pub async fn new_codes(
    civic: &Civic,
    account: &Account,
    cookie: &str,
) -> Result<Vec<String>, Error> {
    standing(civic, account, &identity::token_sha256(cookie)).await?;
    super::require_fresh(civic, account, cookie).await?;
    let mut tx = civic.write().await?;
    if store::lock(&mut tx, account.id).await? == 0 {
        return Err(Error::WrongState("passkey_none"));
    }
    let codes = make(&mut tx, account.id).await?;
    let kind = Kind::RecoveryCodesMade;
    accounts::note(&mut tx, account.id, account.role, kind, json!({})).await?;
    tx.commit().await?;
    Ok(codes)
}

/// Spends a code instead of showing a passkey. What then can be done is what a passkey allows, but dangerous acts, and, for
/// some minutes, adding a new passkey.
pub async fn recover(
    civic: &Civic,
    account: &Account,
    cookie: &str,
    typed: &str,
) -> Result<SessionToken, Error> {
    let session = identity::token_sha256(cookie);
    standing(civic, account, &session).await?;
    let mut tx = civic.write().await?;
    // Counted before it is looked at, and kept even when it is wrong.
    let tries = store::count_try(&mut tx, account.id, rules::WAIT_S).await?;
    if tries > rules::MOST_WRONG {
        tx.commit().await?;
        return Err(Failure::Locked.into());
    }
    let right = match rules::plain_code(typed) {
        Some(code) => store::spend_code(&mut tx, account.id, &digest(account.id, &code)).await?,
        None => false,
    };
    if !right {
        tx.commit().await?;
        tracing::info!("a recovery code was refused");
        return Err(Error::RecoveryRefused);
    }
    store::forget_tries(&mut tx, account.id).await?;
    let token = SessionToken::fresh();
    if !store::promote(&mut tx, &session, &token.sha256(), Factor::Recovery).await? {
        return Err(Error::SignInRequired);
    }
    accounts::note(
        &mut tx,
        account.id,
        account.role,
        Kind::RecoveryUsed,
        json!({}),
    )
    .await?;
    tx.commit().await?;
    Ok(token)
}

/// The administrator who looks, if they may take somebody's passkeys away once they have shown their own.
pub async fn may_reset<'a>(
    civic: &Civic,
    by: &'a Viewer,
    of: AccountId,
) -> Result<&'a Account, Error> {
    let by = roles::require(civic, by, Act::GiveRoles, On::Whole).await?;
    // Fictional administrators show no passkey, so they can take none away.
    if rules::needs_second_factor(by) && by.id != of {
        Ok(by)
    } else {
        Err(Error::NotAllowed)
    }
}

/// Takes every passkey and code of somebody else away and ends their sessions, so that they begin anew by being identified.
/// By an administrator who has just shown a passkey, and who has looked at the person or their document.
pub async fn reset(
    civic: &Civic,
    by: &Viewer,
    cookie: &str,
    of: AccountId,
    reason: Reason,
) -> Result<(), Error> {
    let by = may_reset(civic, by, of).await?;
    super::require_fresh(civic, by, cookie).await?;
    identity::store::account(&civic.db, of)
        .await?
        .ok_or(Error::NotFound)?;
    let mut tx = civic.write().await?;
    store::lock(&mut tx, of).await?;
    store::reset(&mut tx, of).await?;
    let payload = json!({ "reason": reason.as_str() });
    accounts::note(
        &mut tx,
        of,
        Role::Administrator,
        Kind::PasskeysReset,
        payload,
    )
    .await?;
    let line = Line {
        kind: audit::Kind::PasskeysReset,
        actor: Some(by.id),
        subject: Some(of),
        what: Some(reason.as_str().to_owned()),
        place: None,
        code: None,
        times: 1,
    };
    audit::write(&mut tx, &line).await?;
    tx.commit().await
}
