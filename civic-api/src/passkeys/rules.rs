//! Who needs a second factor, how long it counts, and what a recovery code looks like. Pure.

use jiff::Timestamp;

use super::Factor;
use crate::identity::Provider;
use crate::{Account, Error, Role};

/// For how many seconds a passkey that was shown lets dangerous acts be done.
pub const FRESH_S: i64 = 10 * 60;
/// Seconds for which a challenge may be answered.
pub const CHALLENGE_S: i64 = 5 * 60;
/// Recovery codes in a set.
pub const CODES: usize = 10;
/// Passkeys that one account may have.
pub const MOST_KEYS: usize = 10;
/// Wrong recovery codes before the account waits.
pub const MOST_WRONG: i64 = 5;
/// Seconds for which it then waits.
pub const WAIT_S: i64 = 15 * 60;
/// Characters of a passkey's name.
pub const MOST_NAME: usize = 60;

/// No `0`, `O`, `1`, `I`, `L`, `U`: what is read from paper is not mistaken. 30 signs, so 16 of them hold 78 bits.
const SIGNS: &[u8; 30] = b"23456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_SIGNS: usize = 16;

/// Whoever holds an office, or a role for one thing, must show a second factor before its rights count. Fictional people are
/// shared by all who look at the demonstration, so nobody can hold a key for them.
pub fn needs_second_factor(account: &Account) -> bool {
    !account.demo && (account.role != Role::Resident || account.holds_single)
}

/// Whether someone can have passkeys: who needs them, also while theirs was not shown yet.
pub fn may_have_passkeys(account: &Account) -> bool {
    account.second_factor_due || needs_second_factor(account)
}

/// What a session may do that has shown `factor`: an account that has not shown enough is a resident's.
pub fn withhold(mut account: Account, factor: Option<Factor>) -> Account {
    if needs_second_factor(&account) && factor.is_none() {
        account.role = Role::Resident;
        account.second_factor_due = true;
    }
    account
}

/// A dangerous act needs a passkey shown in this session in the last [`FRESH_S`] seconds: a recovery code is not enough.
pub fn is_fresh(factor: Option<(Factor, Timestamp)>, now: Timestamp) -> bool {
    matches!(factor, Some((Factor::Passkey, at)) if is_recent(at, now))
}

fn is_recent(at: Timestamp, now: Timestamp) -> bool {
    let age_s = now.duration_since(at).as_secs();
    (0..FRESH_S).contains(&age_s)
}

/// Who may add a passkey. The first one: who was identified by more than a card and PIN. Another one: who has just shown one,
/// or has just spent a recovery code because none is left to show.
pub fn may_add(
    keys: usize,
    provider: Option<Provider>,
    factor: Option<(Factor, Timestamp)>,
    now: Timestamp,
) -> Result<(), Error> {
    if keys >= MOST_KEYS {
        return Err(Error::WrongState("passkeys_full"));
    }
    let allowed = match keys {
        0 => matches!(provider, Some(Provider::Viisp | Provider::Oidc)),
        _ => factor.is_some_and(|(_, at)| is_recent(at, now)),
    };
    if allowed {
        Ok(())
    } else if keys == 0 {
        Err(Error::VerificationRequired)
    } else {
        Err(Error::ConfirmationRequired)
    }
}

/// A name someone gives to a key: one line, not empty.
pub fn name(text: &str) -> Result<String, Error> {
    let name = text.trim();
    let fits = !name.is_empty() && name.chars().count() <= MOST_NAME;
    if fits && !name.chars().any(char::is_control) {
        Ok(name.to_owned())
    } else {
        Err(Error::Invalid { field: "name" })
    }
}

/// A code from random bytes: `7K2M-…`, four groups of four. Each byte above the last multiple of 30 is passed over, so that
/// every sign is equally likely; `None`: too few bytes were left.
pub fn code(random: &[u8]) -> Option<String> {
    let mut signs = random
        .iter()
        .filter(|byte| **byte < 240)
        .map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()]));
    let mut text = String::with_capacity(CODE_SIGNS + 3);
    for at in 0..CODE_SIGNS {
        if at > 0 && at % 4 == 0 {
            text.push('-');
        }
        text.push(signs.next()?);
    }
    Some(text)
}

/// A code as someone has typed it: small letters, spaces and dashes make no difference.
pub fn plain_code(typed: &str) -> Option<String> {
    if typed.len() > 64 {
        return None;
    }
    let plain: String = typed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-' && *c != '–')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    let is_code = plain.len() == CODE_SIGNS && plain.bytes().all(|b| SIGNS.contains(&b));
    is_code.then_some(plain)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::AccountId;
    use crate::identity::{Assurance, Method};

    fn someone(role: Role) -> Account {
        Account {
            id: AccountId(uuid::Uuid::from_u128(1)),
            name: "Rasa".into(),
            role,
            office: None,
            demo: false,
            method: Method::Identified(Assurance::High),
            second_factor_due: false,
            holds_single: false,
            at_terminal: false,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn every_office_needs_a_second_factor_and_no_resident() {
        for role in Role::ALL {
            assert_eq!(
                needs_second_factor(&someone(role)),
                role != Role::Resident,
                "{role:?}"
            );
        }
        let mut fictional = someone(Role::Administrator);
        fictional.demo = true;
        assert!(!needs_second_factor(&fictional));
    }

    #[test]
    fn without_it_an_administrator_is_a_resident() {
        let half = withhold(someone(Role::Administrator), None);
        assert_eq!(half.role, Role::Resident);
        assert!(half.second_factor_due && may_have_passkeys(&half));
        for factor in [Factor::Passkey, Factor::Recovery] {
            let whole = withhold(someone(Role::Administrator), Some(factor));
            assert_eq!(whole.role, Role::Administrator);
        }
        assert!(!withhold(someone(Role::Resident), None).second_factor_due);
    }

    #[test]
    fn a_role_for_one_thing_asks_for_it_too() {
        let mut secretary = someone(Role::Resident);
        secretary.holds_single = true;
        assert!(withhold(secretary.clone(), None).second_factor_due);
        let shown = withhold(secretary.clone(), Some(Factor::Passkey));
        assert!(!shown.second_factor_due && may_have_passkeys(&shown));
        secretary.demo = true;
        assert!(!withhold(secretary, None).second_factor_due);
    }

    #[test]
    fn dangerous_acts_need_a_key_shown_lately() {
        let shown = Some((Factor::Passkey, at(100)));
        assert!(is_fresh(shown, at(100)));
        assert!(is_fresh(shown, at(100 + FRESH_S - 1)));
        assert!(!is_fresh(shown, at(100 + FRESH_S)));
        assert!(!is_fresh(shown, at(99)), "nor one of the future");
        assert!(!is_fresh(Some((Factor::Recovery, at(100))), at(100)));
        assert!(!is_fresh(None, at(100)));
    }

    #[test]
    fn a_first_key_needs_an_identity_and_another_one_a_factor() {
        let viisp = Some(Provider::Viisp);
        assert!(may_add(0, viisp, None, at(5)).is_ok());
        assert!(may_add(0, Some(Provider::Eticket), None, at(5)).is_err());
        assert!(may_add(0, None, None, at(5)).is_err());
        assert!(may_add(1, viisp, None, at(5)).is_err());
        for factor in [Factor::Passkey, Factor::Recovery] {
            assert!(may_add(1, viisp, Some((factor, at(5))), at(6)).is_ok());
            assert!(may_add(1, viisp, Some((factor, at(5))), at(5 + FRESH_S)).is_err());
        }
        assert!(may_add(MOST_KEYS, viisp, Some((Factor::Passkey, at(5))), at(6)).is_err());
    }

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        let bytes: Vec<u8> = (0..64).collect();
        let made = code(&bytes).unwrap();
        assert_eq!(made.len(), 19);
        let plain = plain_code(&made).unwrap();
        assert_eq!(
            plain_code(&made.to_lowercase().replace('-', " ")).unwrap(),
            plain
        );
        for wrong in [
            "",
            "0000-0000-0000-0000",
            "2345",
            &"2".repeat(65),
            "žžžžžžžž",
        ] {
            assert_eq!(plain_code(wrong), None, "{wrong}");
        }
        assert_eq!(code(&[255; 64]), None);
    }

    #[test]
    fn a_name_is_one_line() {
        assert_eq!(name("  Darbo telefonas ").unwrap(), "Darbo telefonas");
        for wrong in ["", "   ", "a\nb", &"a".repeat(MOST_NAME + 1)] {
            assert!(name(wrong).is_err(), "{wrong:?}");
        }
    }
}
