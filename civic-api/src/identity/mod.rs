//! Who someone is: accounts, their roles, and the session that remembers a sign-in.
//!
//! How the city comes to know a person is a *way* ([`ways`]: the state gateway, an OpenID provider, the e-ticket): each
//! lives in a folder of its own here, does what it must to be sure, and ends with [`ways::Verified`], from which
//! [`crate::accounts`] finds the account. [`flow`] leads a browser through it. The demonstration accounts, behind the
//! operator's switch, need none of this. All end by an [`Identified`], which [`sign_in`] turns into a session.

pub mod demonstration;
pub mod eticket;
pub mod flow;
pub(crate) mod http;
pub mod limits;
pub mod oidc;
mod outside;
pub mod person;
pub mod phone;
pub mod rules;
pub(crate) mod store;
pub mod viisp;
pub mod ways;

use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

pub use self::ways::{Assurance, Provider};
use crate::{AccountId, Civic, Error, SessionId, Settings, Tx, assistance, passkeys, random};

/// The session cookie's name.
pub const COOKIE: &str = "aikste_session";

/// Seconds for which a sign-in is good.
pub const SESSION_S: i64 = 12 * 60 * 60;

/// What someone is to the city.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// A resident (gyventojas).
    Resident,
    /// A member of the council (tarybos narys).
    Councillor,
    /// The mayor, a vice-mayor, the director of administration.
    CityLeader,
    /// Runs the council's meetings.
    Secretary,
    /// Publishes drafts and acts.
    Clerk,
    /// Prepares territorial plans.
    Architect,
    /// Mends what is reported.
    Service,
    /// Writes news, events and surveys.
    Editor,
    /// Looks after the system.
    Administrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 9] = [
        Role::Resident,
        Role::Councillor,
        Role::CityLeader,
        Role::Secretary,
        Role::Clerk,
        Role::Architect,
        Role::Service,
        Role::Editor,
        Role::Administrator,
    ];

    /// As it is stored and recorded.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Resident => "resident",
            Role::Councillor => "councillor",
            Role::CityLeader => "city_leader",
            Role::Secretary => "secretary",
            Role::Clerk => "clerk",
            Role::Architect => "architect",
            Role::Service => "service",
            Role::Editor => "editor",
            Role::Administrator => "administrator",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// How the city came to know someone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Method {
    /// Not at all: a fictional person of the demonstration city.
    Demonstration,
    /// By one of the ways of signing in; the highest level of assurance that any of them gave.
    Identified(Assurance),
}

impl Method {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Demonstration => "demonstration",
            Method::Identified(Assurance::Low) => "identified/low",
            Method::Identified(Assurance::Substantial) => "identified/substantial",
            Method::Identified(Assurance::High) => "identified/high",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("identified/") {
            Some(level) => Assurance::parse(level).map(Method::Identified),
            None => (text == "demonstration").then_some(Method::Demonstration),
        }
    }

    /// How sure the city is; `None` of who is made up.
    pub fn assurance(self) -> Option<Assurance> {
        match self {
            Method::Demonstration => None,
            Method::Identified(level) => Some(level),
        }
    }
}

/// Someone the city knows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Account {
    /// Their id.
    pub id: AccountId,
    /// Their name, as others see it.
    #[schema(example = "Rasa Vaitkienė")]
    pub name: String,
    /// What they are to the city.
    pub role: Role,
    /// What is said under the name: a faction, a department.
    pub office: Option<String>,
    /// They are fictional.
    pub demo: bool,
    /// How the city came to know them.
    #[serde(skip)]
    pub method: Method,
    /// They hold an office whose rights do not count yet: no passkey was shown in this session. Until then `role` says
    /// `resident`, and nothing that is granted to the account counts either.
    pub second_factor_due: bool,
    /// They have a role for something single, such as one reception: no office that is shown, but one that asks for a
    /// passkey. Known of who looks only.
    #[serde(skip)]
    pub holds_single: bool,
    /// They look from a public terminal, by a sign-in confirmed on a phone: no office counts there. Known of who looks only.
    #[serde(skip)]
    pub at_terminal: bool,
}

impl Account {
    /// This is the person with that id, with the rights of their office.
    pub fn acts_as(&self, id: AccountId) -> bool {
        self.id == id && !self.second_factor_due && !self.at_terminal
    }
}

/// Who is looking: what every handler begins with (an axum extractor).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Viewer {
    /// Someone who has not signed in.
    Anonymous,
    /// Someone who has.
    Account(Account),
}

impl Viewer {
    /// The account, of who has signed in.
    pub fn account(&self) -> Option<&Account> {
        match self {
            Viewer::Anonymous => None,
            Viewer::Account(account) => Some(account),
        }
    }

    /// The account, or the answer that one must sign in.
    pub fn signed_in(&self) -> Result<&Account, Error> {
        self.account().ok_or(Error::SignInRequired)
    }
}

/// Proof that a method has identified someone; only methods can make it.
#[derive(Debug)]
pub struct Identified {
    account: Account,
    provider: Option<Provider>,
    assurance: Option<Assurance>,
    device: Option<String>,
}

/// How a session was begun; nothing of either for a fictional person.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Begun {
    /// By which way.
    pub provider: Option<Provider>,
    /// How sure that sign-in was: not more than this, whatever the account's other ways are worth.
    pub assurance: Option<Assurance>,
}

impl Identified {
    /// Who.
    pub fn account(&self) -> &Account {
        &self.account
    }

    /// Remembers the kind of device for the list of sessions, such as `firefox/linux`.
    pub fn on(mut self, device: Option<String>) -> Self {
        self.device = device;
        self
    }
}

/// What the session cookie holds: 32 random bytes, base64url. Whoever has it is signed in, so it is not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionToken(String);

impl std::fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

impl SessionToken {
    /// A new one.
    pub(crate) fn fresh() -> Self {
        Self(URL_SAFE_NO_PAD.encode(random::bytes::<32>()))
    }

    /// How it is looked for in the database.
    pub(crate) fn sha256(&self) -> String {
        token_sha256(&self.0)
    }

    /// The cookie to set. It goes when the browser is closed (think of a terminal in an eldership), and means nothing
    /// after [`SESSION_S`].
    pub fn cookie(&self, settings: &Settings) -> Cookie<'static> {
        bare_cookie(settings, self.0.clone())
    }
}

/// The session cookie's value; empty when there is none, which is nobody's.
pub fn session_cookie(jar: &CookieJar) -> &str {
    jar.get(COOKIE).map_or("", |cookie| cookie.value())
}

/// The cookie that takes the session cookie away.
pub fn removal_cookie(settings: &Settings) -> Cookie<'static> {
    let mut cookie = bare_cookie(settings, String::new());
    cookie.make_removal();
    cookie
}

fn bare_cookie(settings: &Settings, value: String) -> Cookie<'static> {
    Cookie::build((COOKIE, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(settings.secure())
        .build()
}

/// Whether a cookie's session is a public terminal's.
pub async fn is_terminal(civic: &Civic, cookie_value: &str) -> Result<bool, Error> {
    Ok(
        matches!(viewer_of(civic, cookie_value).await?, Viewer::Account(account) if account.at_terminal),
    )
}

/// Begins a session for someone a method has identified, and forgets sessions whose time is over.
pub async fn sign_in(civic: &Civic, identified: Identified) -> Result<SessionToken, Error> {
    let token = SessionToken::fresh();
    let mut tx = civic.write().await?;
    store::forget_expired(&mut tx).await?;
    let session = store::NewSession {
        id: SessionId::new(tx.now()),
        account: identified.account.id,
        begun: Begun {
            provider: identified.provider,
            assurance: identified.assurance,
        },
        device: identified.device,
        valid_s: SESSION_S,
        terminal_s: None,
    };
    store::insert_session(&mut tx, &token.sha256(), &session).await?;
    tx.commit().await?;
    Ok(token)
}

/// Ends a session, by the cookie's value. One that is not there has ended already.
pub async fn sign_out(civic: &Civic, cookie_value: &str) -> Result<(), Error> {
    let session = token_sha256(cookie_value);
    let mut tx = civic.write().await?;
    assistance::session_ends(&mut tx, &session).await?;
    store::delete_session(&mut tx, &session).await?;
    tx.commit().await
}

/// How the session of a cookie was begun; nothing, when there is no such session.
pub async fn session_begun(civic: &Civic, cookie_value: &str) -> Result<Begun, Error> {
    store::session_begun(&civic.db, &token_sha256(cookie_value)).await
}

/// Who a cookie's value speaks for.
pub async fn viewer_of(civic: &Civic, cookie_value: &str) -> Result<Viewer, Error> {
    let found = store::session_account(&civic.db, &token_sha256(cookie_value), civic.now()).await?;
    Ok(match found {
        Some((account, factor))
            if rules::is_accepted(account.method, civic.settings.demo_accounts) =>
        {
            Viewer::Account(passkeys::rules::withhold(account, factor))
        }
        _ => Viewer::Anonymous,
    })
}

/// Adds someone, unless there is someone with their `demo_key`; answers whether it did.
pub(crate) async fn add_account(
    tx: &mut Tx,
    account: &Account,
    demo_key: Option<&str>,
) -> Result<bool, Error> {
    store::insert_account(tx, account, demo_key).await
}

/// The bytes of a PEM text with this label (RFC 7468).
fn pem(text: &str, label: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once(&format!("-----BEGIN {label}-----"))?;
    let (body, _) = rest.split_once(&format!("-----END {label}-----"))?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
}

/// How a secret that a browser keeps is looked for in the database.
pub(crate) fn token_sha256(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
