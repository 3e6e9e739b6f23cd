//! The sections about signing in: which ways the operator has set up, each with its keys.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How sure the city may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Žemas.
    Low,
    /// Pakankamas.
    Substantial,
    /// Aukštas.
    High,
}

/// The state gateway, epaslaugos.lt (VIISP).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Viisp {
    /// Where questions go; empty: this way is not offered.
    pub soap_url: String,
    /// Where the browser goes.
    pub portal_url: String,
    /// What the gateway's operator calls us: `VSID…`.
    pub pid: String,
    /// Our RSA private key, PEM.
    pub private_key: PathBuf,
    /// The gateway's RSA public key, PEM: pinned.
    pub gateway_key: PathBuf,
    /// Ways of identification that are offered there.
    pub providers: Vec<String>,
    /// Whether the gateway may sign with SHA-1.
    pub accept_sha1: bool,
    /// Whether we sign with SHA-1, for a gateway that knows nothing newer.
    pub sign_sha1: bool,
}

/// An OpenID provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Oidc {
    /// The issuer's address; empty: this way is not offered.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// The file of our secret there; empty: a public client.
    pub client_secret_file: PathBuf,
    /// What the button says in Lithuanian; empty: our own words.
    pub label_lt: String,
    /// The same in English.
    pub label_en: String,
    /// How sure the city may be of whom it has identified.
    pub assurance: Level,
    /// The claim that holds the personal code; empty: none does.
    pub personal_code_claim: String,
}

/// The city's e-ticket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Eticket {
    /// The card operator's address; empty: this way is not offered.
    pub url: String,
    /// The name of our key there.
    pub key_id: String,
    /// Our Ed25519 private key, PEM.
    pub private_key: PathBuf,
    /// The operator's Ed25519 public key, PEM: pinned.
    pub operator_key: PathBuf,
    /// Who makes assertions.
    pub issuer: String,
}

impl Default for Viisp {
    fn default() -> Self {
        Self {
            soap_url: String::new(),
            portal_url: String::new(),
            pid: String::new(),
            private_key: PathBuf::new(),
            gateway_key: PathBuf::new(),
            providers: [
                "auth.lt.bank",
                "auth.signatureProvider",
                "auth.lt.identity.card",
            ]
            .map(str::to_owned)
            .to_vec(),
            accept_sha1: true,
            sign_sha1: false,
        }
    }
}

impl Default for Oidc {
    fn default() -> Self {
        Self {
            issuer: String::new(),
            client_id: String::new(),
            client_secret_file: PathBuf::new(),
            label_lt: String::new(),
            label_en: String::new(),
            assurance: Level::Substantial,
            personal_code_claim: String::new(),
        }
    }
}
