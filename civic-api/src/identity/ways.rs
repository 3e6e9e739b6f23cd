//! The ways of signing in: what each must be able to do ([`Adapter`]), what it ends with ([`Verified`]), and how it may
//! fail. The operator chooses and configures them; [`Ways`] holds those that are set up.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::limits::Limits;
use super::person::PersonKey;
use crate::Language;

/// A way of signing in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// The state's gateway, epaslaugos.lt (VIISP).
    Viisp,
    /// An OpenID provider.
    Oidc,
    /// The city's e-ticket, Kauno kortelė.
    Eticket,
    /// A worker at an eldership's counter who has looked at a document. Nobody signs in by it.
    Counter,
}

impl Provider {
    /// Every way, the surest first.
    pub const ALL: [Provider; 4] = [
        Provider::Viisp,
        Provider::Oidc,
        Provider::Eticket,
        Provider::Counter,
    ];

    /// As it is stored, recorded, and written in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Provider::Viisp => "viisp",
            Provider::Oidc => "oidc",
            Provider::Eticket => "eticket",
            Provider::Counter => "counter",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|way| way.as_str() == text)
    }
}

/// How sure one may be that someone is who they say: the levels of Regulation (EU) 910/2014, article 8.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Assurance {
    /// Žemas: holds a card, say; proves no person.
    Low,
    /// Pakankamas.
    Substantial,
    /// Aukštas.
    High,
}

impl Assurance {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Assurance::Low => "low",
            Assurance::Substantial => "substantial",
            Assurance::High => "high",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Low, Self::Substantial, Self::High]
            .into_iter()
            .find(|level| level.as_str() == text)
    }
}

/// Why a sign-in came to nothing. What an attacker could learn from is one case only: [`Failure::Refused`].
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Failure {
    /// This way of signing in is not set up here.
    #[error("not offered")]
    NotOffered,
    /// The provider does not answer, or answers that it cannot.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(&'static str),
    /// What came is not believed; why is for our log alone.
    #[error("the answer is not believed: {0}")]
    Refused(&'static str),
    /// The sign-in is unknown, of another browser, used, or too old.
    #[error("no such sign-in is under way")]
    Expired,
    /// The person went back.
    #[error("cancelled")]
    Cancelled,
    /// The card's number or PIN is wrong.
    #[error("wrong number or PIN")]
    WrongSecret,
    /// Too many wrong PINs.
    #[error("locked")]
    Locked,
    /// The identity belongs to another account.
    #[error("linked to another account")]
    LinkedElsewhere,
    /// The account is of somebody with another personal code.
    #[error("another person")]
    OtherPerson,
    /// Too many tries.
    #[error("too many tries")]
    TooMany,
}

impl Failure {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Failure::NotOffered => "sign_in_not_offered",
            Failure::Unreachable(_) => "provider_unreachable",
            Failure::Refused(_) => "sign_in_refused",
            Failure::Expired => "sign_in_expired",
            Failure::Cancelled => "sign_in_cancelled",
            Failure::WrongSecret => "sign_in_wrong_secret",
            Failure::Locked => "sign_in_locked",
            Failure::LinkedElsewhere => "identity_linked_elsewhere",
            Failure::OtherPerson => "identity_other_person",
            Failure::TooMany => "too_many_requests",
        }
    }

    /// Whether it speaks of somebody who guesses or forges, and counts against them; not what a provider or an honest person
    /// may come to.
    pub fn is_suspect(&self) -> bool {
        match self {
            Failure::Refused(_) | Failure::Expired | Failure::WrongSecret | Failure::Locked => true,
            Failure::NotOffered
            | Failure::Unreachable(_)
            | Failure::Cancelled
            | Failure::LinkedElsewhere
            | Failure::OtherPerson
            | Failure::TooMany => false,
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Failure::NotOffered => StatusCode::NOT_FOUND,
            Failure::Unreachable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Failure::Refused(_) | Failure::Expired | Failure::Cancelled => StatusCode::FORBIDDEN,
            Failure::WrongSecret => StatusCode::UNAUTHORIZED,
            Failure::LinkedElsewhere | Failure::OtherPerson => StatusCode::CONFLICT,
            Failure::Locked | Failure::TooMany => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// A sign-in to begin.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What the provider must give back: random, single use.
    pub state: String,
    /// The address to which the provider sends the browser.
    pub return_to: String,
    /// The reader's language.
    pub language: Language,
    /// The time.
    pub now: Timestamp,
}

/// Where the browser goes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Next {
    /// To this address of the provider.
    Go(String),
    /// Nowhere: our own form asks.
    Form,
}

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct Begun {
    /// Where to.
    pub next: Next,
    /// What the adapter wants back in [`Adapter::finish`]; never leaves the server.
    pub kept: String,
}

/// What came back, not believed yet.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The state of this sign-in.
    pub state: String,
    /// Fields of the address or the form.
    pub fields: BTreeMap<String, String>,
    /// As in [`Ask`].
    pub return_to: String,
    /// The time.
    pub now: Timestamp,
}

impl Answer {
    /// A field; empty when it is not there.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// Someone, of whom a provider has answered who they are. Holds no personal code, only digests under the server's key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verified {
    /// By whom.
    pub provider: Provider,
    /// How sure.
    pub assurance: Assurance,
    /// By what they are known again.
    pub keys: Vec<PersonKey>,
    /// Their name, as others will see it; `None`: the provider does not know it.
    pub name: Option<String>,
}

/// Something under way that may fail.
pub type Doing<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// A way of signing in.
pub trait Adapter: Send + Sync + fmt::Debug {
    /// Which one.
    fn provider(&self) -> Provider;

    /// The least and the most that it can be sure of: which it is comes with each sign-in.
    fn levels(&self) -> (Assurance, Assurance);

    /// What the operator calls it in a language; `None`: its own words.
    fn label(&self, _: Language) -> Option<&str> {
        None
    }

    /// Begins.
    fn begin<'a>(&'a self, ask: &'a Ask) -> Doing<'a, Begun>;

    /// Whether what the provider's page has posted belongs to this sign-in; asked before anything is kept of it.
    fn takes_post(&self, _kept: &str, _fields: &BTreeMap<String, String>) -> bool {
        false
    }

    /// Ends: checks the answer, asks the provider, says who it is.
    fn finish<'a>(&'a self, kept: &'a str, answer: &'a Answer) -> Doing<'a, Verified>;

    /// Where a browser goes to be signed out at the provider, too, returning to `return_to`.
    fn leave(&self, _return_to: &str) -> Option<String> {
        None
    }
}

/// The ways that are set up, and how often they may be asked.
#[derive(Debug, Default)]
pub struct Ways {
    adapters: Vec<Arc<dyn Adapter>>,
    /// By network address, card, account and right.
    pub limits: Limits,
}

impl Ways {
    /// These.
    pub fn new(mut adapters: Vec<Arc<dyn Adapter>>) -> Self {
        adapters.sort_by_key(|a| Provider::ALL.iter().position(|p| *p == a.provider()));
        Self {
            adapters,
            limits: Limits::default(),
        }
    }

    /// All of them, the surest first.
    pub fn all(&self) -> impl Iterator<Item = &dyn Adapter> {
        self.adapters.iter().map(AsRef::as_ref)
    }

    /// One of them.
    pub fn of(&self, provider: Provider) -> Result<Arc<dyn Adapter>, Failure> {
        self.adapters
            .iter()
            .find(|adapter| adapter.provider() == provider)
            .cloned()
            .ok_or(Failure::NotOffered)
    }
}
