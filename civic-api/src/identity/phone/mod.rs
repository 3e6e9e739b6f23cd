//! Signing in at a public terminal by confirming on one's own phone: nothing is typed at the terminal. It shows a code, and a
//! number; on the phone one opens the code's address, signs in there by any way, sees which terminal asks and since when,
//! chooses the number that the terminal shows, and confirms or refuses. After the device authorization grant (RFC 8628), with
//! the number against who sends others a code of their own.
//!
//! The terminal's session is short and ends by itself when nobody uses it; it holds no office and changes nothing that guards
//! the account ([`Account::at_home`]).

pub(crate) mod http;
pub mod rules;
mod store;

use aws_lc_rs::constant_time;
use axum_extra::extract::cookie::{Cookie, SameSite};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use time::Duration;
use utoipa::ToSchema;

use super::ways::Failure;
use super::{Account, Begun, Identified, SessionToken, session_begun, token_sha256};
use crate::log::Kind;
use crate::{Civic, Error, SessionId, Settings, Tx, Viewer, accounts, assistance, random};

/// The cookie that ties a code to the browser that shows it.
pub const COOKIE: &str = "aikste_terminalas";

/// How a sign-in at a terminal stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = PhoneSignInState)]
pub enum State {
    /// Nobody has decided.
    Waiting,
    /// Somebody has confirmed: the terminal may take it.
    Confirmed,
    /// Somebody has refused, or chosen another number.
    Refused,
}

impl State {
    fn as_str(self) -> &'static str {
        match self {
            State::Waiting => "waiting",
            State::Confirmed => "confirmed",
            State::Refused => "refused",
        }
    }

    fn parse(text: &str) -> Option<Self> {
        [State::Waiting, State::Confirmed, State::Refused]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// What the terminal shows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shown {
    /// The code, without its dash.
    pub code: String,
    /// The number to compare.
    pub number: i64,
    /// How it stands.
    pub state: State,
    /// Until when it can be confirmed, or taken.
    pub until: Timestamp,
}

/// What the phone shows of who asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// The code, without its dash.
    pub code: String,
    /// The kind of device: `chrome/linux`.
    pub device: Option<String>,
    /// The numbers among which one chooses.
    pub numbers: [i64; 3],
    /// Since when it asks.
    pub since: Timestamp,
    /// Until when one may decide.
    pub until: Timestamp,
}

/// What was decided on the phone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// Yes, the terminal shows this number.
    Confirm(i64),
    /// No.
    Refuse,
}

/// A terminal's session that has begun.
#[derive(Debug)]
pub struct Taken {
    /// For the session's cookie.
    pub token: SessionToken,
    /// The page where it began.
    pub back: String,
}

/// The cookie to set when a terminal begins.
pub fn cookie(settings: &Settings, browser: String) -> Cookie<'static> {
    let mut cookie = removal_cookie(settings);
    cookie.set_value(browser);
    cookie.set_max_age(Duration::seconds(rules::VALID_S + rules::TAKE_S));
    cookie
}

/// What takes it away.
pub fn removal_cookie(settings: &Settings) -> Cookie<'static> {
    Cookie::build((COOKIE, ""))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(settings.secure())
        .max_age(Duration::ZERO)
        .build()
}

/// The code that a browser's secret stands for: it is kept nowhere, and says nothing of the secret.
fn code_of(browser: &str) -> Option<String> {
    let digest = Sha256::new()
        .chain_update(b"aikste phone code/1 ")
        .chain_update(browser.as_bytes())
        .finalize();
    rules::code(&digest)
}

fn code_sha256(code: &str) -> String {
    token_sha256(&format!("phone code {code}"))
}

/// Begins at a terminal: answers what [`COOKIE`] is to hold. `before` is what it holds already: that code ends.
pub async fn begin(
    civic: &Civic,
    back: &str,
    device: Option<String>,
    before: Option<&str>,
) -> Result<String, Error> {
    let browser = SessionToken::fresh().0;
    let code = code_of(&browser).ok_or(Error::Crypto)?;
    let numbers = rules::numbers(&random::bytes::<32>()).ok_or(Error::Crypto)?;
    let mut tx = civic.write().await?;
    // One after another: how many wait is counted and added to at once.
    store::lock(&mut tx).await?;
    store::forget_expired(&mut tx).await?;
    if let Some(before) = before {
        store::forget(&mut tx, &token_sha256(before)).await?;
    }
    if store::count(&mut tx).await? >= rules::MOST_WAITING {
        return Err(Failure::TooMany.into());
    }
    let row = store::New {
        browser_sha256: token_sha256(&browser),
        code_sha256: code_sha256(&code),
        numbers,
        device,
        back: back.to_owned(),
    };
    store::insert(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(browser)
}

/// What this browser's terminal shows now; `None`: it has begun nothing, or its time is over.
pub async fn shown(civic: &Civic, browser: &str) -> Result<Option<Shown>, Error> {
    let row = store::of_browser(&civic.db, &token_sha256(browser), civic.now()).await?;
    Ok(row.and_then(|row| {
        Some(Shown {
            code: code_of(browser)?,
            number: row.numbers.right,
            state: row.state,
            until: row.until,
        })
    }))
}

/// Who asks by a code, as it was typed or scanned. Nothing tells an unknown code from one that is used or over.
pub async fn asked(civic: &Civic, typed: &str) -> Result<Asked, Error> {
    let code = rules::plain_code(typed).ok_or(Failure::Expired)?;
    let found = store::waiting(&civic.db, &code_sha256(&code), civic.now()).await?;
    let row = found.ok_or(Failure::Expired)?;
    Ok(Asked {
        code,
        device: row.device,
        numbers: row.numbers.all,
        since: row.since,
        until: row.until,
    })
}

/// Decides on the phone, once: of fifty at the same moment one. A wrong number refuses. `session` is the phone's cookie.
pub async fn decide(
    civic: &Civic,
    viewer: &Viewer,
    session: &str,
    typed: &str,
    decision: Decision,
) -> Result<State, Error> {
    // Whoever is signed in, but at a terminal: that one confirms no other.
    let account = viewer.at_home()?;
    let code = rules::plain_code(typed).ok_or(Failure::Expired)?;
    let key = code_sha256(&code);
    let begun = session_begun(civic, session).await?;
    let mut tx = civic.write().await?;
    let right = store::number(&mut tx, &key)
        .await?
        .ok_or(Failure::Expired)?;
    let state = match decision {
        Decision::Confirm(number) if is_same(number, right) => State::Confirmed,
        Decision::Confirm(_) | Decision::Refuse => State::Refused,
    };
    let who = (state == State::Confirmed).then_some((account.id, begun));
    if !store::decide(&mut tx, &key, state, who).await? {
        return Err(Failure::Expired.into());
    }
    tx.commit().await?;
    Ok(state)
}

fn is_same(chosen: i64, right: i64) -> bool {
    constant_time::verify_slices_are_equal(&chosen.to_be_bytes(), &right.to_be_bytes()).is_ok()
}

/// The terminal takes what was confirmed, once, and gets a session of its own; whoever was signed in there before, by
/// `session`, is no more.
pub async fn take(civic: &Civic, browser: &str, session: Option<&str>) -> Result<Taken, Error> {
    let mut tx = civic.write().await?;
    let taken = store::take(&mut tx, &token_sha256(browser)).await?;
    let row = taken.ok_or(Failure::Expired)?;
    let account = super::store::account_from(tx.connection(), row.account)
        .await?
        .filter(|a| super::rules::is_accepted(a.method, civic.settings.demo_accounts))
        .ok_or(Failure::Expired)?;
    if let Some(session) = session {
        let session = token_sha256(session);
        assistance::session_ends(&mut tx, &session).await?;
        super::store::delete_session(&mut tx, &session).await?;
    }
    let identified = Identified {
        account,
        provider: row.begun.provider,
        assurance: row.begun.assurance,
        device: row.device,
    };
    let token = begin_session(&mut tx, identified).await?;
    tx.commit().await?;
    Ok(Taken {
        token,
        back: row.back,
    })
}

async fn begin_session(tx: &mut Tx, identified: Identified) -> Result<SessionToken, Error> {
    super::store::forget_expired(tx).await?;
    let token = SessionToken::fresh();
    let begun = Begun {
        provider: identified.provider,
        assurance: identified.assurance,
    };
    let session = super::store::NewSession {
        id: SessionId::new(tx.now()),
        account: identified.account.id,
        begun,
        device: identified.device,
        valid_s: rules::IDLE_S,
        terminal_s: Some(rules::SESSION_S),
    };
    super::store::insert_session(tx, &token.sha256(), &session).await?;
    // As of other sign-ins, the log knows nothing of fictional people's.
    if !identified.account.demo {
        let mut payload = json!({});
        if let (Some(assurance), Some(provider)) = (begun.assurance, begun.provider) {
            payload = json!({ "assurance": assurance.as_str(), "provider": provider.as_str() });
        }
        let role = super::Role::Resident;
        let kind = Kind::TerminalSignedIn;
        accounts::note(tx, identified.account.id, role, kind, payload).await?;
    }
    Ok(token)
}

/// Ends what this browser's terminal has begun.
pub async fn cancel(civic: &Civic, browser: &str) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    store::forget(&mut tx, &token_sha256(browser)).await?;
    tx.commit().await
}

/// Somebody uses a terminal's session: it goes on for [`rules::IDLE_S`], up to its end. Answers until when; `None`: there is
/// no such session.
pub async fn used(civic: &Civic, session: &str) -> Result<Option<Timestamp>, Error> {
    let session = token_sha256(session);
    let mut tx = civic.write().await?;
    let now = tx.now();
    let Some(until) = super::store::terminal_until(&mut tx, &session).await? else {
        return Ok(None);
    };
    super::store::prolong(&mut tx, &session, rules::ends(now, until)).await?;
    tx.commit().await?;
    Ok(Some(until))
}

/// When a session that was confirmed at `at` can be taken at the latest.
fn take_until(at: Timestamp) -> Timestamp {
    at + SignedDuration::from_secs(rules::TAKE_S)
}

/// Somebody's sessions all end: what they have confirmed and no terminal has taken ends, too.
pub(crate) async fn sessions_end(tx: &mut Tx, account: crate::AccountId) -> Result<(), Error> {
    store::forget_of(tx, account).await
}

impl Account {
    /// It may change what guards the account, and take its data along: not in a terminal's session.
    pub fn at_home(&self) -> Result<&Self, Error> {
        if self.at_terminal {
            return Err(Error::AtTerminal);
        }
        Ok(self)
    }
}

impl Viewer {
    /// The account, of who has signed in elsewhere than at a terminal.
    pub fn at_home(&self) -> Result<&Account, Error> {
        self.signed_in()?.at_home()
    }
}
