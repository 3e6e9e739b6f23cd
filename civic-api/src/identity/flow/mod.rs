//! A sign-in under way. The browser that begins one holds a secret in a cookie, the provider is given a state; only both
//! together end it, once, within minutes. Whoever ends it gets a new session, whatever cookie came along.

mod store;

use std::collections::BTreeMap;

use aws_lc_rs::constant_time;
use axum_extra::extract::cookie::{Cookie, SameSite};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use time::Duration;

use super::ways::{Answer, Ask, Failure, Next, Provider};
use super::{Account, Identified, token_sha256};
use crate::{AccountId, Civic, Error, Language, Settings, accounts, random};

/// The cookie that ties a sign-in to the browser that began it.
pub const COOKIE: &str = "aikste_kelias";
/// Seconds for which a sign-in may take.
pub const VALID_S: i64 = 10 * 60;
/// The longest address to return to, and the longest field that is read.
const MAX_TEXT: usize = 4096;

/// What a sign-in is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To sign in.
    SignIn,
    /// To add a way of signing in to this account, of who is signed in.
    Link(AccountId),
}

/// A sign-in that has begun.
#[derive(Clone, Debug)]
pub struct Started {
    /// Where the browser goes.
    pub next: Next,
    /// For our own form.
    pub state: String,
    /// For [`COOKIE`].
    pub browser: String,
}

/// Someone who has signed in, or added a way.
#[derive(Debug)]
pub struct Finished {
    /// Who.
    pub identified: Identified,
    /// The page where it began.
    pub back: String,
    /// What it was for.
    pub purpose: Purpose,
}

/// A sign-in that came to nothing.
#[derive(Debug)]
pub struct Broken {
    /// Why.
    pub error: Error,
    /// The page where it began, if that is known.
    pub back: String,
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self {
            error,
            back: String::new(),
        }
    }
}

impl From<Failure> for Broken {
    fn from(failure: Failure) -> Self {
        Error::from(failure).into()
    }
}

/// The cookie to set when a sign-in begins.
pub fn cookie(settings: &Settings, browser: String) -> Cookie<'static> {
    let mut cookie = removal_cookie(settings);
    cookie.set_value(browser);
    cookie.set_max_age(Duration::seconds(VALID_S));
    cookie
}

/// What takes it away.
pub fn removal_cookie(settings: &Settings) -> Cookie<'static> {
    Cookie::build((COOKIE, ""))
        .path("/prisijungti")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(settings.secure())
        .max_age(Duration::ZERO)
        .build()
}

/// The address to which a provider sends the browser.
fn return_to(settings: &Settings, provider: Provider) -> String {
    match provider {
        // Its page posts, from another site.
        Provider::Viisp => format!("{}/aikste/viisp/atsakymas", settings.base_url),
        _ => format!(
            "{}/prisijungti/{}/grizti",
            settings.base_url,
            provider.as_str()
        ),
    }
}

/// Begins. `browser` is what [`COOKIE`] holds already, so that two tabs do not undo each other.
pub async fn begin(
    civic: &Civic,
    provider: Provider,
    purpose: Purpose,
    back: &str,
    browser: Option<&str>,
    language: Language,
) -> Result<Started, Error> {
    let adapter = civic.ways.of(provider)?;
    let ask = Ask {
        state: secret(),
        return_to: return_to(&civic.settings, provider),
        language,
        now: civic.now(),
    };
    let begun = adapter.begin(&ask).await?;
    let browser = browser
        .filter(|b| b.len() == 43)
        .map_or_else(secret, str::to_owned);
    let row = store::SignIn {
        provider,
        account: match purpose {
            Purpose::SignIn => None,
            Purpose::Link(account) => Some(account),
        },
        back: back.to_owned(),
        kept: begun.kept,
        arrived: None,
    };
    let mut tx = civic.write().await?;
    store::forget_expired(&mut tx).await?;
    store::insert(
        &mut tx,
        &token_sha256(&ask.state),
        &token_sha256(&browser),
        &row,
        VALID_S,
    )
    .await?;
    tx.commit().await?;
    Ok(Started {
        next: begun.next,
        state: ask.state,
        browser,
    })
}

/// Keeps what a provider's page has posted from another site, where no cookie of ours comes along, until the browser comes
/// for it. Nothing is believed yet; what belongs to no sign-in is forgotten, and no different answer is given for it.
pub async fn arrive(
    civic: &Civic,
    provider: Provider,
    state: &str,
    fields: &BTreeMap<String, String>,
) -> Result<(), Error> {
    let adapter = civic.ways.of(provider)?;
    let key = token_sha256(state);
    let Some(row) = store::find(&civic.db, &key, civic.now()).await? else {
        return Ok(());
    };
    if row.provider != provider || row.arrived.is_some() || !adapter.takes_post(&row.kept, fields) {
        tracing::info!(
            provider = provider.as_str(),
            "a posted answer belongs to no sign-in"
        );
        return Ok(());
    }
    let text = serde_json::to_string(fields).unwrap_or_default();
    if text.len() > MAX_TEXT {
        return Ok(());
    }
    let mut tx = civic.write().await?;
    store::set_arrived(&mut tx, &key, &text).await?;
    tx.commit().await
}

/// Ends: the browser has come back. `who` is who is signed in there now.
pub async fn finish(
    civic: &Civic,
    provider: Provider,
    state: &str,
    browser: Option<&str>,
    fields: BTreeMap<String, String>,
    who: Option<&Account>,
) -> Result<Finished, Broken> {
    let browser = token_sha256(browser.ok_or(Failure::Expired)?);
    let key = token_sha256(state);
    let mut tx = civic.write().await?;
    let taken = store::take(&mut tx, &key, &browser, provider).await?;
    tx.commit().await?;
    // From here on it is used up, whatever comes of it.
    let row = taken.ok_or(Failure::Expired)?;
    let answer = Answer {
        state: state.to_owned(),
        fields: told(&row, fields),
        return_to: return_to(&civic.settings, provider),
        now: civic.now(),
    };
    let ended = end(civic, &row, &answer, who).await;
    if let Err(Error::SignIn(Failure::WrongSecret)) = &ended {
        // One more try, of the same sign-in.
        let mut tx = civic.write().await?;
        store::insert(&mut tx, &key, &browser, &row, VALID_S).await?;
        tx.commit().await?;
    }
    match ended {
        Ok(identified) => Ok(Finished {
            identified,
            purpose: purpose(&row),
            back: row.back,
        }),
        Err(error) => Err(Broken {
            error,
            back: row.back,
        }),
    }
}

fn purpose(row: &store::SignIn) -> Purpose {
    row.account.map_or(Purpose::SignIn, Purpose::Link)
}

/// What the provider says: by the browser, or by the post that was kept for it.
fn told(row: &store::SignIn, fields: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut fields = match &row.arrived {
        Some(arrived) => serde_json::from_str(arrived).unwrap_or_default(),
        None => fields,
    };
    fields.retain(|_, value| value.len() <= MAX_TEXT);
    fields
}

async fn end(
    civic: &Civic,
    row: &store::SignIn,
    answer: &Answer,
    who: Option<&Account>,
) -> Result<Identified, Error> {
    if let Purpose::Link(account) = purpose(row)
        && who.is_none_or(|who| who.id != account)
    {
        // Another person sits there now.
        return Err(Failure::Expired.into());
    }
    let adapter = civic.ways.of(row.provider)?;
    let verified = adapter
        .finish(&row.kept, answer)
        .await
        .inspect_err(|failure| {
            tracing::info!(provider = row.provider.as_str(), %failure, "a sign-in failed");
        })?;
    let account = accounts::admit(civic, &verified, purpose(row)).await?;
    Ok(Identified {
        account,
        provider: Some(row.provider),
        assurance: Some(verified.assurance),
        device: None,
    })
}

/// 32 random bytes, base64url.
fn secret() -> String {
    URL_SAFE_NO_PAD.encode(random::bytes::<32>())
}

/// Compares two secrets in constant time.
pub(super) fn is_same(a: &str, b: &str) -> bool {
    constant_time::verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}
