//! The ways of signing in, made of the configuration: keys are read from their files once, at start.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use civic_api::identity::eticket::{self, Eticket, EticketSettings};
use civic_api::identity::oidc::{Oidc, OidcSettings};
use civic_api::identity::person::Digester;
use civic_api::identity::viisp::{self, Viisp, ViispSettings};
use civic_api::identity::ways::{Adapter, Assurance, Ways};

use crate::config::sign_in::Level;
use crate::config::{Config, Mistake};
use crate::secrets::Secrets;

/// All that are set up.
///
/// # Errors
/// The first thing that keeps one from working.
pub fn ways(config: &Config, secrets: &Secrets) -> Result<Ways, Mistake> {
    let digester = secrets.digester();
    let mut adapters: Vec<Arc<dyn Adapter>> = Vec::new();
    if !config.viisp.soap_url.is_empty() {
        adapters.push(Arc::new(viisp(config, &digester)?));
    }
    if !config.oidc.issuer.is_empty() {
        adapters.push(Arc::new(oidc(config, &digester)?));
    }
    if !config.eticket.url.is_empty() {
        adapters.push(Arc::new(eticket(config, &digester)?));
    }
    Ok(Ways::new(adapters))
}

fn viisp(config: &Config, digester: &Digester) -> Result<Viisp, Mistake> {
    let set = &config.viisp;
    let ours = text("viisp.private_key", &set.private_key)?;
    let theirs = text("viisp.gateway_key", &set.gateway_key)?;
    let keys = viisp::Keys::from_pem(&ours, &theirs);
    let keys = match set.sign_sha1 {
        true => keys.and_then(|keys| keys.with_sha1(&ours)),
        false => keys,
    };
    let settings = ViispSettings {
        soap_url: set.soap_url.clone(),
        portal_url: set.portal_url.clone(),
        pid: set.pid.clone(),
        providers: set.providers.clone(),
        accept_sha1: set.accept_sha1,
    };
    keys.and_then(|keys| Viisp::new(settings, keys, digester.clone()))
        .map_err(|what| mistake("viisp", what))
}

fn oidc(config: &Config, digester: &Digester) -> Result<Oidc, Mistake> {
    let set = &config.oidc;
    let secret = if set.client_secret_file.as_os_str().is_empty() {
        String::new()
    } else {
        text("oidc.client_secret_file", &set.client_secret_file)?
            .trim()
            .to_owned()
    };
    let settings = OidcSettings {
        issuer: set.issuer.clone(),
        client_id: set.client_id.clone(),
        client_secret: secret,
        label_lt: set.label_lt.clone(),
        label_en: set.label_en.clone(),
        assurance: match set.assurance {
            Level::Low => Assurance::Low,
            Level::Substantial => Assurance::Substantial,
            Level::High => Assurance::High,
        },
        personal_code_claim: set.personal_code_claim.clone(),
    };
    Oidc::new(settings, digester.clone()).map_err(|what| mistake("oidc", what))
}

fn eticket(config: &Config, digester: &Digester) -> Result<Eticket, Mistake> {
    let set = &config.eticket;
    let keys = eticket::Keys::from_pem(
        &text("eticket.private_key", &set.private_key)?,
        &text("eticket.operator_key", &set.operator_key)?,
    );
    let settings = EticketSettings {
        url: set.url.clone(),
        key_id: set.key_id.clone(),
        issuer: set.issuer.clone(),
    };
    keys.and_then(|keys| Eticket::new(settings, keys, digester.clone()))
        .map_err(|what| mistake("eticket", what))
}

fn text(key: &str, path: &Path) -> Result<String, Mistake> {
    fs::read_to_string(path).map_err(|e| mistake(key, format!("{}: {e}", path.display())))
}

fn mistake(key: &str, what: String) -> Mistake {
    Mistake {
        key: key.into(),
        what,
    }
}
