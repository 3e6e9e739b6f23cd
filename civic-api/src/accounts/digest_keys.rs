//! Two keys of digests at a time. After `aikste keys rotate persons` people are looked for under the new key and, when they are not found,
//! under the one before; whoever is found so is digested anew, there and in the register of residents. A register that is
//! imported again digests anew everybody in it, and their accounts. Then nobody needs the key before, and it can be dropped.

use std::collections::BTreeMap;

use super::store;
use crate::identity::person::{KeyKind, PersonKey};
use crate::{AccountId, Civic, Error, Tx, residence, tokens};

/// How many are known under another key than the current one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Behind {
    /// Ways by which people signed in, and have not since.
    pub ways: i64,
    /// Residents in the register.
    pub residents: i64,
    /// Open rights that were given to people who had their account erased. Under which key is not known; they end with their receptions.
    pub given: i64,
}

impl Behind {
    /// Nobody needs the key before.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Counts them. `current` is the current key's name ([`crate::identity::person::Digester::key`]).
pub async fn behind(civic: &Civic, current: &str) -> Result<Behind, Error> {
    Ok(Behind {
        ways: store::ways_behind(&civic.db, current).await?,
        residents: residence::behind(civic, current).await?,
        given: tokens::given_to_erased(civic).await?,
    })
}

/// The key before is dropped: so is what was kept under it beside the digests of now.
pub async fn forget_before(civic: &Civic) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    store::forget_before(&mut tx).await?;
    tx.commit().await?;
    civic.db.fold().await
}

/// Whose key it is. Who is known under the key before only is digested anew.
pub(super) async fn owner(tx: &mut Tx, key: &PersonKey) -> Result<Option<AccountId>, Error> {
    if let (KeyKind::Code, Some(before)) = (key.kind, &key.before) {
        residence::redigest(tx, before, &key.digest, &key.key).await?;
    }
    if let Some(owner) = store::owner(tx, &key.digest).await? {
        return Ok(Some(owner));
    }
    let Some(before) = &key.before else {
        return Ok(None);
    };
    let owner = store::owner(tx, before).await?;
    if owner.is_some() {
        store::redigest(tx, before, &key.digest, &key.key).await?;
    }
    Ok(owner)
}

/// Digests anew whoever is known under the key before and is in this list: digest before, digest now. `key` is the current one's name.
pub(crate) async fn redigest(
    tx: &mut Tx,
    list: &BTreeMap<String, String>,
    key: &str,
) -> Result<(), Error> {
    if list.is_empty() {
        return Ok(());
    }
    for before in store::codes_behind(tx, key).await? {
        if let Some(now) = list.get(&before)
            && store::owner(tx, now).await?.is_none()
        {
            store::redigest(tx, &before, now, key).await?;
        }
    }
    Ok(())
}
