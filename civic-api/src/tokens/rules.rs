//! Who may be given tokens. Pure.

use crate::Account;
use crate::identity::Method;

/// Whoever the city has identified as a person. The fictional people of the demonstration city count as identified there,
/// and have no session elsewhere.
pub fn may_receive(account: &Account) -> bool {
    match account.method {
        Method::Demonstration => true,
    }
}
