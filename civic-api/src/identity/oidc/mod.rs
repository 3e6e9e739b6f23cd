//! Signing in with an OpenID provider: the code flow with PKCE (S256), state and nonce; discovery; keys that rotate; logout
//! begun here (OpenID Connect RP-Initiated Logout 1.0). The ID token is believed when its signature, issuer, audience, nonce
//! and times are right; an unsigned one, or one signed with a shared secret, never is. Tokens are `jsonwebtoken`'s business,
//! so that there is one stack of cryptography.

mod claims;
mod token;

use std::sync::{Arc, PoisonError, RwLock};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use reqwest::Request;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use url::Url;

use super::flow::is_same;
use super::outside::{Outside, Reply, is_fit};
use super::person::Digester;
use super::ways::{
    Adapter, Answer, Ask, Assurance, Begun, Doing, Failure, Next, Provider, Verified,
};
use crate::{Language, random};

/// Seconds for which what a provider says about itself is believed.
const METADATA_S: i64 = 3600;

/// How the operator has set it up.
#[derive(Clone, Debug)]
pub struct OidcSettings {
    /// The issuer's address.
    pub issuer: String,
    /// What we are called there.
    pub client_id: String,
    /// Our secret there; empty: a public client.
    pub client_secret: String,
    /// What the button says in Lithuanian; empty: our own words.
    pub label_lt: String,
    /// The same in English.
    pub label_en: String,
    /// How sure the city may be of whom this provider has identified.
    pub assurance: Assurance,
    /// The claim that holds the personal code; empty: none does.
    pub personal_code_claim: String,
}

/// The adapter.
pub struct Oidc {
    settings: OidcSettings,
    digester: Digester,
    outside: Outside,
    known: RwLock<Option<(Timestamp, Arc<Known>)>>,
}

impl std::fmt::Debug for Oidc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Oidc")
            .field("issuer", &self.settings.issuer)
            .finish_non_exhaustive()
    }
}

/// What a provider says about itself (OpenID Connect Discovery 1.0, section 3), as far as it is needed.
#[derive(Clone, Debug, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
}

/// The same with its keys.
#[derive(Debug)]
struct Known {
    metadata: Metadata,
    keys: JwkSet,
}

/// What is remembered between the two halves.
#[derive(Serialize, Deserialize)]
struct Kept {
    nonce: String,
    verifier: String,
}

/// The token endpoint's answer (RFC 6749, section 5.1).
#[derive(Deserialize)]
struct Tokens {
    access_token: String,
    id_token: String,
}

impl Oidc {
    /// `Err`: what is wrong with the settings.
    pub fn new(settings: OidcSettings, digester: Digester) -> Result<Self, String> {
        if !is_fit(&settings.issuer) {
            return Err("the issuer must be an https address".into());
        }
        if settings.client_id.is_empty() {
            return Err("client_id is needed".into());
        }
        Ok(Self {
            outside: Outside::new()?,
            known: RwLock::default(),
            settings,
            digester,
        })
    }

    /// What the provider says about itself, at most [`METADATA_S`] old.
    async fn known(&self, now: Timestamp) -> Result<Arc<Known>, Failure> {
        match self.remembered() {
            Some((at, known)) if now.duration_since(at).as_secs() < METADATA_S => Ok(known),
            _ => self.discover(now).await,
        }
    }

    fn remembered(&self) -> Option<(Timestamp, Arc<Known>)> {
        // A panic while it is held is impossible; what it holds would still be right.
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    async fn discover(&self, now: Timestamp) -> Result<Arc<Known>, Failure> {
        let issuer = self.settings.issuer.trim_end_matches('/');
        let address = format!("{issuer}/.well-known/openid-configuration");
        let metadata: Metadata = self.get(&address).await?;
        // Section 4.3: or another's metadata could be given for this one's.
        if metadata.issuer != self.settings.issuer {
            return Err(Failure::Refused("metadata of another issuer"));
        }
        let keys = self.get(&metadata.jwks_uri).await?;
        let known = Arc::new(Known { metadata, keys });
        let mut remembered = self.known.write().unwrap_or_else(PoisonError::into_inner);
        *remembered = Some((now, known.clone()));
        Ok(known)
    }

    async fn get<T: DeserializeOwned>(&self, address: &str) -> Result<T, Failure> {
        let request = self.outside.client().get(fit(address)?).build();
        read(self.ask(request).await?)
    }

    async fn ask(&self, request: reqwest::Result<Request>) -> Result<Reply, Failure> {
        let reply = self
            .outside
            .ask(request.map_err(|_| Failure::Refused("a strange endpoint"))?)
            .await?;
        match reply.status {
            200 => Ok(reply),
            500.. => Err(Failure::Unreachable("the provider has failed")),
            _ => Err(Failure::Refused("the provider refuses")),
        }
    }

    async fn begun(&self, ask: &Ask) -> Result<Begun, Failure> {
        let known = self.known(ask.now).await?;
        let kept = Kept {
            nonce: secret(),
            verifier: secret(),
        };
        let mut url = fit(&known.metadata.authorization_endpoint)?;
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(kept.verifier.as_bytes()));
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", self.settings.client_id.as_str()),
            ("redirect_uri", ask.return_to.as_str()),
            ("scope", "openid profile"),
            ("state", ask.state.as_str()),
            ("nonce", kept.nonce.as_str()),
            ("code_challenge", challenge.as_str()),
            ("code_challenge_method", "S256"),
            ("ui_locales", ask.language.code()),
        ]);
        Ok(Begun {
            next: Next::Go(url.into()),
            kept: serde_json::to_string(&kept).map_err(|_| Failure::Refused("kept"))?,
        })
    }

    async fn finished(&self, kept: &str, answer: &Answer) -> Result<Verified, Failure> {
        let kept: Kept = serde_json::from_str(kept).map_err(|_| Failure::Refused("kept"))?;
        // RFC 9207: an answer of another provider, mixed up.
        let issuer = answer.field("iss");
        if !issuer.is_empty() && !is_same(issuer, &self.settings.issuer) {
            return Err(Failure::Refused("an answer of another issuer"));
        }
        match answer.field("error") {
            "" => {}
            "access_denied" => return Err(Failure::Cancelled),
            "temporarily_unavailable" | "server_error" => {
                return Err(Failure::Unreachable("the provider says so"));
            }
            _ => return Err(Failure::Refused("the provider answers with an error")),
        }
        let mut known = self.known(answer.now).await?;
        let tokens = self.exchange(&known.metadata, &kept, answer).await?;
        if !token::has_key(&known.keys, &tokens.id_token) {
            // The provider has new keys, perhaps: asked once, and the old ones are forgotten.
            known = self.discover(answer.now).await?;
        }
        let claims = token::believed(
            &known.keys,
            &tokens.id_token,
            &self.settings,
            &kept.nonce,
            answer.now,
        )?;
        let mut facts = claims::Facts::of(claims)?;
        if let Some(endpoint) = &known.metadata.userinfo_endpoint
            && facts.lacks(&self.settings.personal_code_claim)
        {
            let request = self.outside.client().get(fit(endpoint)?);
            let reply = self
                .ask(request.bearer_auth(&tokens.access_token).build())
                .await?;
            facts.add(read(reply)?)?;
        }
        facts.verified(&self.settings, &self.digester)
    }

    async fn exchange(
        &self,
        metadata: &Metadata,
        kept: &Kept,
        answer: &Answer,
    ) -> Result<Tokens, Failure> {
        let code = answer.field("code");
        if code.is_empty() {
            return Err(Failure::Refused("no code"));
        }
        let form = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("grant_type", "authorization_code"),
                ("code", code),
                ("redirect_uri", answer.return_to.as_str()),
                ("client_id", self.settings.client_id.as_str()),
                ("code_verifier", kept.verifier.as_str()),
            ])
            .finish();
        let mut request = self
            .outside
            .client()
            .post(fit(&metadata.token_endpoint)?)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form);
        if !self.settings.client_secret.is_empty() {
            // RFC 6749, section 2.3.1: both are form-encoded first.
            let encoded = |text: &str| {
                url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>()
            };
            request = request.basic_auth(
                encoded(&self.settings.client_id),
                Some(encoded(&self.settings.client_secret)),
            );
        }
        read(self.ask(request.build()).await?)
    }
}

fn read<T: DeserializeOwned>(reply: Reply) -> Result<T, Failure> {
    serde_json::from_slice(&reply.body).map_err(|_| Failure::Refused("a strange answer"))
}

/// An address that a provider may be asked at.
fn fit(address: &str) -> Result<Url, Failure> {
    let url = Url::parse(address).ok().filter(|_| is_fit(address));
    url.ok_or(Failure::Refused("an endpoint without TLS"))
}

/// 32 random bytes, base64url.
fn secret() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

impl Adapter for Oidc {
    fn provider(&self) -> Provider {
        Provider::Oidc
    }

    fn levels(&self) -> (Assurance, Assurance) {
        (self.settings.assurance, self.settings.assurance)
    }

    fn label(&self, language: Language) -> Option<&str> {
        let label = match language {
            Language::Lt => &self.settings.label_lt,
            Language::En => &self.settings.label_en,
        };
        (!label.is_empty()).then_some(label)
    }

    fn begin<'a>(&'a self, ask: &'a Ask) -> Doing<'a, Begun> {
        Box::pin(self.begun(ask))
    }

    fn finish<'a>(&'a self, kept: &'a str, answer: &'a Answer) -> Doing<'a, Verified> {
        Box::pin(self.finished(kept, answer))
    }

    fn leave(&self, return_to: &str) -> Option<String> {
        // Only from what is known already: signing out here never waits for the provider.
        let (_, known) = self.remembered()?;
        let mut url = fit(known.metadata.end_session_endpoint.as_deref()?).ok()?;
        url.query_pairs_mut().extend_pairs([
            ("client_id", self.settings.client_id.as_str()),
            ("post_logout_redirect_uri", return_to),
        ]);
        Some(url.into())
    }
}
