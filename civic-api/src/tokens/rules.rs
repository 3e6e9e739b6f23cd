//! Who may be given tokens. Pure.

use crate::Account;
use crate::identity::{Assurance, Method};

/// Whoever the city has identified as a person, and not only by a card that could be lent. The fictional people of the demonstration city count as identified there,
/// and have no session elsewhere.
pub fn may_receive(account: &Account) -> bool {
    match account.method {
        Method::Demonstration => true,
        Method::Identified(assurance) => assurance != Assurance::Low,
    }
}
