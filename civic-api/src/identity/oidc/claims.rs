//! What an OpenID provider says of a person, read after the ID token has been believed.

use serde_json::{Map, Value};

use super::OidcSettings;
use crate::identity::flow::is_same;
use crate::identity::person::{Digester, PersonalCode, shown_name};
use crate::identity::ways::{Failure, Provider, Verified};

/// The claims.
pub(super) struct Facts(Map<String, Value>);

impl Facts {
    /// Those of an ID token; refused when they are about nobody.
    pub(super) fn of(claims: Map<String, Value>) -> Result<Self, Failure> {
        let facts = Self(claims);
        if facts.text("sub").is_empty() {
            return Err(Failure::Refused("a token about nobody"));
        }
        Ok(facts)
    }

    fn text(&self, claim: &str) -> &str {
        self.0
            .get(claim)
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    fn name(&self) -> Option<String> {
        shown_name(self.text("given_name"), self.text("family_name"))
            .or_else(|| shown_name(self.text("name"), ""))
    }

    /// Something that is wanted is not there.
    pub(super) fn lacks(&self, code_claim: &str) -> bool {
        self.name().is_none() || !code_claim.is_empty() && self.text(code_claim).is_empty()
    }

    /// Adds what the user information endpoint has answered; refused when it is about somebody else (OpenID Connect Core
    /// 1.0, section 5.3.2).
    pub(super) fn add(&mut self, more: Map<String, Value>) -> Result<(), Failure> {
        let about = more.get("sub").and_then(Value::as_str).unwrap_or_default();
        if !is_same(about, self.text("sub")) {
            return Err(Failure::Refused("user information about somebody else"));
        }
        for (claim, value) in more {
            self.0.entry(claim).or_insert(value);
        }
        Ok(())
    }

    /// The person.
    pub(super) fn verified(
        &self,
        settings: &OidcSettings,
        digester: &Digester,
    ) -> Result<Verified, Failure> {
        let mut keys = vec![digester.subject(&settings.issuer, self.text("sub"))];
        if !settings.personal_code_claim.is_empty() {
            // Some write it as `PNOLT-33309240064` (ETSI EN 319 412-1).
            let claim = self.text(&settings.personal_code_claim);
            let code = PersonalCode::parse(claim.strip_prefix("PNOLT-").unwrap_or(claim))
                .ok_or(Failure::Refused("no personal code"))?;
            keys.insert(0, digester.code(&code));
        }
        Ok(Verified {
            provider: Provider::Oidc,
            assurance: settings.assurance,
            keys,
            name: self.name(),
        })
    }
}
