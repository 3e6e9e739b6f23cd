//! The method of the demonstration city: anyone may be any of its fictional people, while the operator's switch is on.

use super::{Account, Identified, Method, store};
use crate::{AccountId, Civic, Error};

/// The fictional people, hosts first; none while the switch is off.
pub async fn accounts(civic: &Civic) -> Result<Vec<Account>, Error> {
    if !civic.settings.demo_accounts {
        return Ok(Vec::new());
    }
    store::demo_accounts(&civic.db).await
}

/// Becomes one of them.
pub async fn identify(civic: &Civic, id: AccountId) -> Result<Identified, Error> {
    if !civic.settings.demo_accounts {
        return Err(Error::DemonstrationOff);
    }
    let account = store::account(&civic.db, id)
        .await?
        .ok_or(Error::NotFound)?;
    if account.method != Method::Demonstration {
        return Err(Error::NotFound);
    }
    Ok(Identified {
        account,
        provider: None,
        assurance: None,
        device: None,
    })
}
