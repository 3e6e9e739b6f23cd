//! What a sign-in is worth. Pure.

use super::{Assurance, Method};

/// Whether this server accepts people known by a method: the demonstration's only while its switch is on, so that
/// turning it off also ends the sessions it has begun.
pub fn is_accepted(method: Method, demo_accounts: bool) -> bool {
    match method {
        Method::Demonstration => demo_accounts,
        Method::Identified(_) => true,
    }
}

/// What the state gateway's word is worth, by who identified the person for it (its `authenticationProvider`); `None`: it
/// is not taken.
pub fn gateway_assurance(provider: &str) -> Option<Assurance> {
    match provider {
        "auth.lt.identity.card"
        | "auth.signatureProvider"
        | "auth.lt.government.employee.card"
        | "auth.iltu.identity.card" => Some(Assurance::High),
        "auth.lt.bank" | "auth.eidas" => Some(Assurance::Substantial),
        "auth.login.pass" => Some(Assurance::Low),
        _ => None,
    }
}

/// The kind of device, as coarse as it is useful in a list of sessions: `firefox/linux`. From a browser's own words
/// about itself, which say more than is kept.
pub fn device(user_agent: &str) -> Option<String> {
    let has = |word: &str| user_agent.contains(word);
    let browser = [
        ("Firefox/", "firefox"),
        ("Edg/", "edge"),
        ("OPR/", "opera"),
        ("Chrome/", "chrome"),
        ("Safari/", "safari"),
    ];
    let system = [
        ("Android", "android"),
        ("iPhone", "ios"),
        ("iPad", "ios"),
        ("Windows", "windows"),
        ("Mac OS", "macos"),
        ("Linux", "linux"),
    ];
    let browser = browser.iter().find(|(word, _)| has(word))?.1;
    let system = system.iter().find(|(word, _)| has(word))?.1;
    Some(format!("{browser}/{system}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demonstration_accounts_count_only_while_the_switch_is_on() {
        assert!(is_accepted(Method::Demonstration, true));
        assert!(!is_accepted(Method::Demonstration, false));
    }

    #[test]
    fn the_gateway_is_believed_as_far_as_whoever_identified_for_it() {
        assert_eq!(
            gateway_assurance("auth.lt.bank"),
            Some(Assurance::Substantial)
        );
        assert_eq!(
            gateway_assurance("auth.signatureProvider"),
            Some(Assurance::High)
        );
        assert_eq!(gateway_assurance("auth.stork"), None);
        assert_eq!(gateway_assurance(""), None);
    }

    #[test]
    fn a_device_is_two_words_and_no_version() {
        let agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";
        assert_eq!(device(agent).as_deref(), Some("chrome/windows"));
        assert_eq!(device("curl/8"), None);
    }
}
