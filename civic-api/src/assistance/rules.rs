//! With whom a worker may act, for what, for how long. Pure.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Refusal;
use crate::Account;
use crate::roles::Held;
use crate::roles::rules::name_key;

/// Seconds for which an assistance lasts at most.
pub const LASTS_S: i64 = 15 * 60;
/// Acts of one assistance.
pub const MOST_ACTS: usize = 20;
/// Days for which it is kept that there was one.
pub const KEPT_DAYS: i64 = 3 * 365;

macro_rules! codes {
    ($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $code:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, ToSchema)]
        pub enum $name {
            $($(#[$about])* #[serde(rename = $code)] $variant,)+
        }

        impl $name {
            /// Every one.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// As it is stored and recorded.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)+
                }
            }

            /// From how it is stored.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.as_str() == text)
            }
        }
    };
}

codes!(
    /// For what a resident has come. Nothing else is done in the same assistance.
    Purpose {
        /// To say in which eldership they live.
        Residence = "residence",
        /// To see what the city knows about them.
        Facts = "facts",
        /// To be signed out everywhere: a telephone was lost.
        LostDevice = "lost_device",
    }
);

codes!(
    /// What is done.
    Deed {
        /// Their eldership was written down, or taken away.
        ResidenceDeclared = "residence_declared",
        /// What the city knows about them was shown.
        FactsShown = "facts_shown",
        /// All their sessions were ended.
        SessionsEnded = "sessions_ended",
    }
);

codes!(
    /// By which document the worker has seen who it is.
    Document {
        /// The identity card.
        IdentityCard = "identity_card",
        /// The passport.
        Passport = "passport",
        /// A permit to live in Lithuania.
        ResidencePermit = "residence_permit",
    }
);

codes!(
    /// How an assistance ended.
    How {
        /// The worker said so.
        Finished = "finished",
        /// Its time was over.
        TimeOver = "time_over",
        /// The worker's session ended.
        SignedOut = "signed_out",
        /// One of the two accounts was erased.
        Erased = "erased",
    }
);

impl Purpose {
    /// What is done for it, and nothing else.
    pub fn deed(self) -> Deed {
        match self {
            Purpose::Residence => Deed::ResidenceDeclared,
            Purpose::Facts => Deed::FactsShown,
            Purpose::LostDevice => Deed::SessionsEnded,
        }
    }
}

/// Whether this worker may act with this resident, whose document says `name`.
pub fn may_begin(
    worker: &Account,
    resident: &Account,
    held: &Held,
    name: &str,
) -> Result<(), Refusal> {
    if worker.demo || resident.demo {
        return Err(Refusal::MadeUp);
    }
    if worker.id == resident.id {
        return Err(Refusal::Own);
    }
    // Before offices: who types codes to find out whose they are learns nothing.
    if !is_same_name(name, &resident.name) {
        return Err(Refusal::OtherName);
    }
    if !held.0.is_empty() {
        return Err(Refusal::Office);
    }
    Ok(())
}

/// Whether two names can be of one person: they share a name. Family names change by marriage, and not everyone says all their
/// given names; who only types codes to find out whose they are knows neither. An account without a name has nothing to tell.
fn is_same_name(document: &str, account: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let key = name_key(name);
        let words = key.split([' ', '-']).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    };
    let (document, account) = (words(document), words(account));
    account.is_empty() || document.iter().any(|word| account.contains(word))
}

/// A personal code as it was typed: spaces make no difference.
pub fn plain_code(typed: &str) -> String {
    typed
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(32)
        .collect()
}

/// When this day began in the city.
pub fn day_began(now: Timestamp) -> Timestamp {
    let day_before = now.checked_sub(24.hours()).unwrap_or(now);
    let zone = TimeZone::get("Europe/Vilnius").unwrap_or(TimeZone::UTC);
    now.to_zoned(zone)
        .start_of_day()
        .map_or(day_before, |midnight| midnight.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::identity::{Assurance, Method};
    use crate::roles::Scope;
    use crate::{AccountId, Role};

    fn someone(id: u128, name: &str) -> Account {
        Account {
            id: AccountId(uuid::Uuid::from_u128(id)),
            name: name.into(),
            role: Role::Resident,
            office: None,
            demo: false,
            method: Method::Identified(Assurance::Substantial),
            second_factor_due: false,
            holds_single: false,
            at_terminal: false,
        }
    }

    #[test]
    fn nobody_acts_with_themself_an_office_holder_or_the_made_up() {
        let (worker, resident) = (someone(1, "Rasa"), someone(2, "Ona Kazlauskienė"));
        let (none, name) = (Held::default(), "Ona Kazlauskienė");
        assert_eq!(may_begin(&worker, &resident, &none, name), Ok(()));
        assert_eq!(
            may_begin(&worker, &worker, &none, "Rasa"),
            Err(Refusal::Own)
        );
        let office = Held(vec![(Role::Editor, Scope::City)]);
        assert_eq!(
            may_begin(&worker, &resident, &office, name),
            Err(Refusal::Office)
        );
        assert_eq!(
            may_begin(&worker, &resident, &office, "Petras Petraitis"),
            Err(Refusal::OtherName),
            "whoever guesses learns nothing of an office"
        );
        let mut fictional = worker.clone();
        fictional.demo = true;
        assert_eq!(
            may_begin(&fictional, &resident, &none, name),
            Err(Refusal::MadeUp)
        );
    }

    #[test]
    fn a_name_is_the_same_with_other_marks_and_after_a_marriage() {
        for (document, account) in [
            ("ONA KAZLAUSKIENE", "Ona Kazlauskienė"),
            ("Ona Petraitienė", "Ona Marija Kazlauskienė"),
            ("Rūta Kazlauskaitė-Žė", "Ruta Že"),
            ("Kas Nors", ""),
        ] {
            assert!(is_same_name(document, account), "{document} {account}");
        }
        for (document, account) in [("Jonas Petraitis", "Ona Kazlauskienė"), ("", "Ona")] {
            assert!(!is_same_name(document, account), "{document} {account}");
        }
    }

    #[test]
    fn each_purpose_opens_one_deed_of_its_own() {
        let mut deeds: Vec<_> = Purpose::ALL.iter().map(|p| p.deed().as_str()).collect();
        deeds.sort_unstable();
        deeds.dedup();
        assert_eq!(deeds.len(), Deed::ALL.len());
        for purpose in Purpose::ALL {
            assert_eq!(Purpose::parse(purpose.as_str()), Some(*purpose));
        }
        assert_eq!(Document::parse("library_card"), None);
    }

    #[test]
    fn a_day_begins_at_the_citys_midnight() {
        let now: Timestamp = "2026-11-23T08:00:00Z".parse().unwrap();
        let midnight: Timestamp = "2026-11-22T22:00:00Z".parse().unwrap();
        assert_eq!(day_began(now), midnight);
        assert_eq!(plain_code(" 333 0924\u{a0}0064 "), "33309240064");
    }
}
