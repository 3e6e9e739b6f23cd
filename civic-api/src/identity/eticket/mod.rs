//! Signing in with the city's e-ticket (Kauno kortelė): the card's number and its PIN, checked by the card's operator under
//! the contract "card-holder verification v1" (docs/API.md). It proves that someone holds a card, not who they are: the
//! level is low, and only a digest of what the operator calls the card here is kept. The number and the PIN pass through and
//! are forgotten.

mod signed;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub use signed::Keys;

use super::flow::is_same;
use super::outside::{Outside, is_fit};
use super::person::Digester;
use super::ways::{
    Adapter, Answer, Ask, Assurance, Begun, Doing, Failure, Next, Provider, Verified,
};

/// Seconds for which an assertion is good at most, and by which clocks may differ.
const ASSERTION_S: i64 = 120;
const SKEW_S: i64 = 60;

/// How the operator has set it up.
#[derive(Clone, Debug)]
pub struct EticketSettings {
    /// The card operator's address, without a slash at the end.
    pub url: String,
    /// The name of our key there, which is also what assertions are for.
    pub key_id: String,
    /// Who makes assertions.
    pub issuer: String,
}

/// The adapter.
#[derive(Debug)]
pub struct Eticket {
    settings: EticketSettings,
    keys: Keys,
    digester: Digester,
    outside: Outside,
}

/// What is remembered between the two halves.
#[derive(Serialize, Deserialize)]
struct Kept {
    nonce: String,
}

impl Eticket {
    /// `Err`: what is wrong with the settings.
    pub fn new(settings: EticketSettings, keys: Keys, digester: Digester) -> Result<Self, String> {
        if !is_fit(&settings.url) {
            return Err("its address must begin with https:".into());
        }
        if settings.key_id.is_empty() || settings.issuer.is_empty() {
            return Err("key_id and issuer are both needed".into());
        }
        Ok(Self {
            settings,
            keys,
            digester,
            outside: Outside::new()?,
        })
    }

    async fn post(
        &self,
        path: &str,
        body: &Value,
        now: Timestamp,
    ) -> Result<(u16, Value), Failure> {
        let url = format!("{}{path}", self.settings.url.trim_end_matches('/'));
        let text = body.to_string();
        let signing = signed::Signing::new(&self.settings.key_id, &url, now);
        let mut request = self
            .outside
            .client()
            .post(&url)
            .header("content-type", "application/json");
        for (name, value) in signing.headers(&self.keys, &text) {
            request = request.header(name, value);
        }
        let request = request
            .body(text)
            .build()
            .map_err(|_| Failure::Refused("a strange address"))?;
        let reply = self.outside.ask(request).await?;
        if reply.status >= 500 {
            return Err(Failure::Unreachable("the card's operator has failed"));
        }
        signing.check(&self.keys, &reply, now)?;
        let body = serde_json::from_slice(&reply.body).map_err(|_| Failure::Refused("not JSON"))?;
        Ok((reply.status, body))
    }

    async fn finished(&self, kept: &str, answer: &Answer) -> Result<Verified, Failure> {
        let kept: Kept = serde_json::from_str(kept).map_err(|_| Failure::Refused("kept"))?;
        let digits = |field: &str| -> String {
            answer
                .field(field)
                .chars()
                .filter(|c| !c.is_whitespace())
                .collect()
        };
        let (card, pin) = (digits("card"), digits("pin"));
        let all = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if card.len() != 12 || !all(&card) || !(4..=8).contains(&pin.len()) || !all(&pin) {
            return Err(Failure::WrongSecret);
        }
        let asked = json!({
            "card_number": card, "method": "pin", "purpose": "sign-in", "locale": "lt",
            "rp_nonce": kept.nonce,
        });
        let (status, challenge) = self.post("/v1/challenges", &asked, answer.now).await?;
        if status != 201 {
            return Err(refusal(status));
        }
        let id = challenge["challenge_id"].as_str().unwrap_or_default();
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return Err(Failure::Refused("a strange challenge"));
        }
        let path = format!("/v1/challenges/{id}/verify");
        let (status, verdict) = self
            .post(&path, &json!({ "code": pin }), answer.now)
            .await?;
        if status != 200 {
            return Err(refusal(status));
        }
        let assertion = verdict["assertion"].as_str().unwrap_or_default();
        let claims = self.keys.assertion(assertion)?;
        self.believed(&claims, &kept.nonce, answer.now)
    }

    fn believed(&self, claims: &Value, nonce: &str, now: Timestamp) -> Result<Verified, Failure> {
        let text = |claim: &str| claims[claim].as_str().unwrap_or_default();
        let time = |claim: &str| claims[claim].as_i64().unwrap_or(i64::MIN / 4);
        let now = now.as_second();
        let (issued, expires) = (time("iat"), time("exp"));
        if text("iss") != self.settings.issuer || text("aud") != self.settings.key_id {
            return Err(Failure::Refused("an assertion for another or by another"));
        }
        if !is_same(text("nonce"), nonce) {
            return Err(Failure::Refused("an assertion of another sign-in"));
        }
        if expires <= now - SKEW_S || issued > now + SKEW_S || expires - issued > ASSERTION_S {
            return Err(Failure::Refused("an assertion of another time"));
        }
        if text("card_state") != "active" {
            return Err(Failure::WrongSecret);
        }
        if text("sub").len() < 16 {
            return Err(Failure::Refused("an assertion about nobody"));
        }
        Ok(Verified {
            provider: Provider::Eticket,
            assurance: Assurance::Low,
            keys: vec![self.digester.subject(&self.settings.issuer, text("sub"))],
            name: None,
        })
    }
}

/// What a refusal of the card's operator means.
fn refusal(status: u16) -> Failure {
    match status {
        401 | 404 | 410 => Failure::WrongSecret,
        423 | 429 => Failure::Locked,
        _ => Failure::Refused("the card's operator does not take it"),
    }
}

impl Adapter for Eticket {
    fn provider(&self) -> Provider {
        Provider::Eticket
    }

    fn levels(&self) -> (Assurance, Assurance) {
        (Assurance::Low, Assurance::Low)
    }

    fn begin<'a>(&'a self, ask: &'a Ask) -> Doing<'a, Begun> {
        // The state is random and of this sign-in alone: as good a nonce as another, and the operator learns it only later.
        let nonce = crate::identity::token_sha256(&ask.state);
        Box::pin(async move {
            Ok(Begun {
                next: Next::Form,
                kept: json!({ "nonce": nonce }).to_string(),
            })
        })
    }

    fn finish<'a>(&'a self, kept: &'a str, answer: &'a Answer) -> Doing<'a, Verified> {
        Box::pin(self.finished(kept, answer))
    }
}
