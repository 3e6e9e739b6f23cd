//! What a sign-in is worth. Pure.

use super::{Method, Role};

/// Whether this server accepts people known by a method: the demonstration's only while its switch is on, so that
/// turning it off also ends the sessions it has begun.
pub fn is_accepted(method: Method, demo_accounts: bool) -> bool {
    match method {
        Method::Demonstration => demo_accounts,
    }
}

/// Who may announce a reception: members of the council, leaders of the city, administrators.
pub fn may_host(role: Role) -> bool {
    matches!(
        role,
        Role::Councillor | Role::CityLeader | Role::Administrator
    )
}

/// Who may see how the system itself is doing: its administrators.
pub fn may_operate(role: Role) -> bool {
    role == Role::Administrator
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
    fn only_administrators_see_how_the_system_is_doing() {
        let operators: Vec<Role> = Role::ALL.into_iter().filter(|r| may_operate(*r)).collect();
        assert_eq!(operators, [Role::Administrator]);
    }

    #[test]
    fn only_who_answers_to_residents_may_host() {
        let hosts: Vec<Role> = Role::ALL.into_iter().filter(|r| may_host(*r)).collect();
        assert_eq!(
            hosts,
            [Role::Councillor, Role::CityLeader, Role::Administrator]
        );
    }
}
