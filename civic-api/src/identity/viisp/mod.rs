//! Signing in through the state's gateway, epaslaugos.lt (VIISP): two signed SOAP questions with the gateway's own pages in
//! between. What it answers is believed when it carries the signature of the key that the operator has pinned, over the one
//! element that is then read (see [`signature`]).

mod messages;
mod signature;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use signature::Keys;

use super::flow::is_same;
use super::outside::{Outside, is_fit};
use super::person::{Digester, PersonalCode, shown_name};
use super::rules::gateway_assurance;
use super::ways::{
    Adapter, Answer, Ask, Assurance, Begun, Doing, Failure, Next, Provider, Verified,
};

/// Where messages' elements live.
const NAMESPACE: &str = "http://www.epaslaugos.lt/services/authentication";
/// What `SOAPAction` begins with.
const ACTIONS: &str = "http://www.epaslaugos.lt/services/authenticationServiceProvider/";

/// How the operator has set it up.
#[derive(Clone, Debug)]
pub struct ViispSettings {
    /// Where questions go.
    pub soap_url: String,
    /// Where the browser goes.
    pub portal_url: String,
    /// What we are called there: `VSID…`.
    pub pid: String,
    /// Which ways of identification are offered to the person: `auth.lt.bank` …
    pub providers: Vec<String>,
    /// Whether the gateway may sign with SHA-1, as it does.
    pub accept_sha1: bool,
}

/// The adapter.
#[derive(Debug)]
pub struct Viisp {
    settings: Arc<ViispSettings>,
    keys: Arc<Keys>,
    digester: Digester,
    outside: Outside,
}

/// What is remembered between the two halves.
#[derive(Serialize, Deserialize)]
struct Kept {
    ticket: String,
}

impl Viisp {
    /// `Err`: what is wrong with the settings.
    pub fn new(settings: ViispSettings, keys: Keys, digester: Digester) -> Result<Self, String> {
        if !is_fit(&settings.soap_url) || !is_fit(&settings.portal_url) {
            return Err("its two addresses must begin with https:".into());
        }
        if settings.pid.is_empty() {
            return Err("the pid that the gateway's operator has given is missing".into());
        }
        if settings.providers.is_empty()
            || settings
                .providers
                .iter()
                .any(|p| gateway_assurance(p).is_none())
        {
            return Err(
                "providers: a list such as [\"auth.lt.bank\", \"auth.signatureProvider\"]".into(),
            );
        }
        Ok(Self {
            settings: Arc::new(settings),
            keys: Arc::new(keys),
            digester,
            outside: Outside::new()?,
        })
    }

    /// Signs a question, asks it, and answers what is signed of the answer.
    async fn ask(&self, operation: &'static str, question: String) -> Result<String, Failure> {
        let keys = self.keys.clone();
        // RSA takes milliseconds: not on the threads that everyone shares.
        let signed = tokio::task::spawn_blocking(move || signature::sign(&keys, &question))
            .await
            .map_err(|_| Failure::Refused("our own signature"))??;
        let request = self
            .outside
            .client()
            .post(&self.settings.soap_url)
            .header("content-type", "text/xml; charset=utf-8")
            .header("soapaction", format!("\"{ACTIONS}{operation}\""))
            .body(signed)
            .build()
            .map_err(|_| Failure::Refused("a strange address"))?;
        let reply = self.outside.ask(request).await?;
        let body = String::from_utf8(reply.body).map_err(|_| Failure::Refused("not UTF-8"))?;
        if reply.status != 200 {
            return Err(messages::fault(&body));
        }
        let (keys, sha1) = (self.keys.clone(), self.settings.accept_sha1);
        tokio::task::spawn_blocking(move || signature::verified(&keys, sha1, &body))
            .await
            .map_err(|_| Failure::Refused("its signature"))?
    }

    async fn begun(&self, ask: &Ask) -> Result<Begun, Failure> {
        let question = messages::authentication(&self.settings, &ask.return_to, &ask.state);
        let answer = self.ask("initAuthentication", question).await?;
        let ticket = messages::ticket(&answer)?;
        let mut url = url::Url::parse(&self.settings.portal_url)
            .map_err(|_| Failure::Refused("a strange address"))?;
        url.query_pairs_mut().append_pair("ticket", &ticket);
        Ok(Begun {
            next: Next::Go(url.into()),
            kept: serde_json::to_string(&Kept { ticket }).map_err(|_| Failure::Refused("kept"))?,
        })
    }

    async fn finished(&self, kept: &str, answer: &Answer) -> Result<Verified, Failure> {
        let kept: Kept = serde_json::from_str(kept).map_err(|_| Failure::Refused("kept"))?;
        if !is_same(answer.field("ticket"), &kept.ticket) {
            return Err(Failure::Refused("another ticket"));
        }
        let question = messages::data(&self.settings, &kept.ticket);
        let body = self.ask("getAuthenticationData", question).await?;
        let person = messages::person(&body)?;
        // What is signed names the sign-in it belongs to: an answer to somebody else's is of no use.
        if !is_same(&person.custom_data, &answer.state) {
            return Err(Failure::Refused("the answer to another sign-in"));
        }
        if !self.settings.providers.contains(&person.provider) {
            return Err(Failure::Refused("a way that was not asked for"));
        }
        let assurance =
            gateway_assurance(&person.provider).ok_or(Failure::Refused("an unknown way"))?;
        let code = PersonalCode::parse(&person.code).ok_or(Failure::Refused("no personal code"))?;
        Ok(Verified {
            provider: Provider::Viisp,
            assurance,
            keys: vec![self.digester.code(&code)],
            name: shown_name(&person.first_name, &person.last_name),
        })
    }
}

impl Adapter for Viisp {
    fn provider(&self) -> Provider {
        Provider::Viisp
    }

    /// A bank is less sure than a signature: of those that the operator offers.
    fn levels(&self) -> (Assurance, Assurance) {
        let levels = self.settings.providers.iter();
        let levels = levels.filter_map(|p| gateway_assurance(p));
        let least = levels.clone().min().unwrap_or(Assurance::Low);
        (least, levels.max().unwrap_or(Assurance::Low))
    }

    fn begin<'a>(&'a self, ask: &'a Ask) -> Doing<'a, Begun> {
        Box::pin(self.begun(ask))
    }

    fn takes_post(&self, kept: &str, fields: &BTreeMap<String, String>) -> bool {
        let ticket = fields.get("ticket").map_or("", String::as_str);
        serde_json::from_str::<Kept>(kept).is_ok_and(|kept| is_same(ticket, &kept.ticket))
    }

    fn finish<'a>(&'a self, kept: &'a str, answer: &'a Answer) -> Doing<'a, Verified> {
        Box::pin(self.finished(kept, answer))
    }
}
