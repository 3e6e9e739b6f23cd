//! Where a resident lives: in which of the eleven elderships (seniūnijos). They say so themselves, or an extract of the
//! population register that the operator imports confirms it. Rights that are for one eldership go by the confirmed one.
//!
//! Of the extract a keyed digest of each personal code is kept with the eldership, never the code. It is the same digest by
//! which an account's person is known again, so a residence is confirmed from the first sign-in on, and for accounts that are
//! there already from the import on; who is not in a newer extract is not confirmed any more.

pub mod extract;
pub(crate) mod http;
pub mod rules;
mod store;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use self::extract::Extract;
use crate::accounts::digest_keys;
use crate::log::{self, Actor, Entry, Kind};
use crate::{Account, AccountId, ActId, Civic, Error, Tx};

/// An eldership of Kaunas.
#[derive(
    Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Eldership {
    /// Aleksotas.
    Aleksotas,
    /// Centras.
    Centras,
    /// Dainava.
    Dainava,
    /// Eiguliai.
    Eiguliai,
    /// Gričiupis.
    Griciupis,
    /// Panemunė.
    Panemune,
    /// Petrašiūnai.
    Petrasiunai,
    /// Šančiai.
    Sanciai,
    /// Šilainiai.
    Silainiai,
    /// Vilijampolė.
    Vilijampole,
    /// Žaliakalnis.
    Zaliakalnis,
}

impl Eldership {
    /// Every eldership, in the order of the alphabet.
    pub const ALL: [Eldership; 11] = [
        Eldership::Aleksotas,
        Eldership::Centras,
        Eldership::Dainava,
        Eldership::Eiguliai,
        Eldership::Griciupis,
        Eldership::Panemune,
        Eldership::Petrasiunai,
        Eldership::Sanciai,
        Eldership::Silainiai,
        Eldership::Vilijampole,
        Eldership::Zaliakalnis,
    ];

    /// As it is stored, recorded, and written in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Eldership::Aleksotas => "aleksotas",
            Eldership::Centras => "centras",
            Eldership::Dainava => "dainava",
            Eldership::Eiguliai => "eiguliai",
            Eldership::Griciupis => "griciupis",
            Eldership::Panemune => "panemune",
            Eldership::Petrasiunai => "petrasiunai",
            Eldership::Sanciai => "sanciai",
            Eldership::Silainiai => "silainiai",
            Eldership::Vilijampole => "vilijampole",
            Eldership::Zaliakalnis => "zaliakalnis",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text)
    }

    /// Its number in the state's register of administrative units.
    pub fn code(self) -> &'static str {
        match self {
            Eldership::Centras => "1901",
            Eldership::Zaliakalnis => "1902",
            Eldership::Sanciai => "1903",
            Eldership::Dainava => "1904",
            Eldership::Griciupis => "1905",
            Eldership::Petrasiunai => "1906",
            Eldership::Panemune => "1907",
            Eldership::Aleksotas => "1908",
            Eldership::Eiguliai => "1909",
            Eldership::Vilijampole => "1910",
            Eldership::Silainiai => "1911",
        }
    }

    /// By that number.
    pub fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.code() == code)
    }
}

/// What someone has said.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Declared {
    /// Where.
    pub eldership: Eldership,
    /// When they said so.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// What the register says.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Confirmed {
    /// Where.
    pub eldership: Eldership,
    /// Of which day the extract is.
    #[schema(value_type = String, format = Date)]
    pub on: Date,
}

/// Where someone lives.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, ToSchema)]
pub struct Residence {
    /// As they say.
    pub declared: Option<Declared>,
    /// As the register says: rights go by this one.
    pub confirmed: Option<Confirmed>,
}

/// What an import did, or would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Imported {
    /// Residents in the extract.
    pub residents: usize,
    /// Who were not in the one before.
    pub added: usize,
    /// Who live in another eldership now.
    pub changed: usize,
    /// Who are in it no more.
    pub removed: usize,
    /// Accounts whose residence is confirmed now.
    pub confirmed: i64,
}

/// Where someone lives.
pub async fn of(civic: &Civic, account: AccountId) -> Result<Residence, Error> {
    Ok(Residence {
        declared: store::declared(&civic.db, account).await?,
        confirmed: store::confirmed(&civic.db, account).await?,
    })
}

/// Says where one lives; with `None`, that one says nothing any more.
pub async fn declare(
    civic: &Civic,
    account: &Account,
    eldership: Option<Eldership>,
) -> Result<(), Error> {
    let mut tx = civic.write().await?;
    declare_in(&mut tx, account.id, eldership).await?;
    tx.commit().await
}

/// The same as a part of a change.
pub(crate) async fn declare_in(
    tx: &mut Tx,
    account: AccountId,
    eldership: Option<Eldership>,
) -> Result<(), Error> {
    match eldership {
        Some(eldership) => store::declare(tx, account, eldership).await,
        None => store::undeclare(tx, account).await,
    }
}

/// Puts an extract in the place of the one before: all of it or, with `dry` and when anything fails, nothing. An extract
/// that is older than the one before is refused (`extract_older`). The civic log says how many residents there were.
pub async fn import(civic: &Civic, extract: &Extract, dry: bool) -> Result<Imported, Error> {
    let mut tx = civic.write().await?;
    // One after another: two imports at once would mix.
    store::lock(&mut tx).await?;
    if store::extract_on(&mut tx)
        .await?
        .is_some_and(|before| before > extract.on)
    {
        return Err(Error::WrongState("extract_older"));
    }
    let (added, changed, removed) = store::replace(&mut tx, extract).await?;
    digest_keys::redigest(&mut tx, &extract.before, &extract.key).await?;
    let imported = Imported {
        residents: extract.residents.len(),
        added,
        changed,
        removed,
        confirmed: store::confirmed_accounts(&mut tx).await?,
    };
    if dry {
        tx.rollback().await?;
        return Ok(imported);
    }
    log::append(
        &mut tx,
        Entry {
            stream: "residents".into(),
            kind: Kind::ResidentsImported,
            actor_role: Actor::Operator,
            subject: ActId::new(civic.now()).to_string(),
            payload: json!({
                "added": added,
                "changed": changed,
                "removed": removed,
                "residents": imported.residents,
            }),
        },
    )?;
    tx.commit().await?;
    Ok(imported)
}

/// How many residents of the register are known under another key of digests than this one.
pub(crate) async fn behind(civic: &Civic, key: &str) -> Result<i64, Error> {
    store::behind(&civic.db, key).await
}

/// Somebody has shown who they are: the register knows them under the current key from now on.
pub(crate) async fn redigest(tx: &mut Tx, before: &str, now: &str, key: &str) -> Result<(), Error> {
    store::redigest(tx, before, now, key).await
}

/// An account is about to be erased: what the register said of its person goes, too, until the next extract says it again.
pub(crate) async fn forget(tx: &mut Tx, digests: &[String]) -> Result<(), Error> {
    for digest in digests {
        store::forget(tx, digest).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_eldership_is_found_again_by_its_name_and_its_code() {
        let mut codes: Vec<_> = Eldership::ALL.iter().map(|one| one.code()).collect();
        for one in Eldership::ALL {
            assert_eq!(Eldership::parse(one.as_str()), Some(one));
            assert_eq!(Eldership::of_code(one.code()), Some(one));
            assert_eq!(json!(one), json!(one.as_str()));
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), 11);
        assert_eq!(Eldership::of_code("1912"), None);
    }
}
