//! Everything the city and its residents do around a call: who they are, when a councillor receives, what was
//! recorded, and the civic log in which each of these acts is one record. One folder per subsystem; a subsystem uses
//! another one only through its `mod.rs`. Knows nothing of media: `web` brings the two together.

pub mod accounts;
pub mod assistance;
pub mod audit;
mod bare_rsa;
pub mod clock;
pub mod conferences;
pub mod db;
pub mod demo;
pub mod error;
pub mod extract;
#[doc(hidden)]
pub mod fuzz;
pub mod identity;
pub mod ids;
pub mod language;
pub mod log;
pub mod passkeys;
mod random;
pub mod residence;
pub mod roles;
mod router;
pub mod tokens;

use std::sync::Arc;

use jiff::Timestamp;

pub use clock::{Clock, SystemClock};
pub use db::{Db, Tx};
pub use error::Error;
pub use identity::{Account, Role, Viewer};
pub use ids::{
    AccountId, ActId, AssistanceId, AuditId, ConferenceId, GrantId, IdentityId, PasskeyId,
    PresenceId, RecordingId, SessionId,
};
pub use language::Language;
pub use router::{openapi, router, router_with};

/// What every handler and every verb of this crate needs. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Civic {
    /// The database.
    pub db: Db,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// How the operator set things up.
    pub settings: Arc<Settings>,
    /// Where the private keys of rights can be opened.
    pub vault: Arc<tokens::Vault>,
    /// The ways of signing in that the operator has set up.
    pub ways: Arc<identity::ways::Ways>,
    /// Makes the digests of personal codes that are typed at a counter; `None`: none can be.
    pub digester: Option<Arc<identity::person::Digester>>,
    /// What was refused, until it is written into the audit.
    pub refusals: Arc<audit::Refusals>,
}

/// How the operator set things up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings {
    /// Anyone may sign in as one of the fictional people of the demonstration city. Never on a real city's server.
    pub demo_accounts: bool,
    /// Where residents find the server, without a slash at the end: `https://aikste.example`. Cookies are marked
    /// `Secure` when it begins with `https:`.
    pub base_url: String,
}

impl Settings {
    /// Whether residents reach the server over TLS.
    pub fn secure(&self) -> bool {
        self.base_url.starts_with("https:")
    }
}

impl Civic {
    /// The civic side of a server.
    pub fn new(db: Db, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self {
            db,
            clock,
            settings: Arc::new(settings),
            vault: Arc::new(tokens::Vault::fleeting()),
            ways: Arc::default(),
            digester: None,
            refusals: Arc::default(),
        }
    }

    /// The same with a vault that the next process opens too; without it rights end with this process.
    pub fn with_vault(mut self, vault: tokens::Vault) -> Self {
        self.vault = Arc::new(vault);
        self
    }

    /// The same with ways of signing in.
    pub fn with_ways(mut self, ways: identity::ways::Ways) -> Self {
        self.ways = Arc::new(ways);
        self
    }

    /// The same, knowing people by personal codes that are typed at a counter.
    pub fn with_digester(mut self, digester: identity::person::Digester) -> Self {
        self.digester = Some(Arc::new(digester));
        self
    }

    /// The time, to the microsecond.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Begins a change; [`Tx::commit`] makes it and its log records true together.
    pub async fn write(&self) -> Result<Tx, Error> {
        self.db.write(self.now()).await
    }
}
