//! What a role may do, and where: the permission table. Pure. Handlers ask it through [`super::require`]; docs/SECURITY.md
//! shows what [`table`] draws.

use std::fmt::Write as _;

use crate::identity::{Assurance, Method};
use crate::{ConferenceId, Role};

/// Something that not everyone may do.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Act {
    /// Announce a reception, and host it.
    AnnounceReception,
    /// Open, lead and end a reception that somebody else hosts.
    RunReception,
    /// Do something together with a resident who is present.
    AssistResident,
    /// See the live rooms and the load of the server.
    WatchRooms,
    /// See how the server is set up.
    SeeSettings,
    /// Look for people, and see which roles they have.
    SeePeople,
    /// Give and take roles.
    GiveRoles,
    /// Read the audit.
    ReadAudit,
    /// Take the audit along as a file.
    ExportAudit,
}

/// A part of the system.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Subsystem {
    /// Receptions.
    Receptions,
    /// An eldership's counter.
    Counter,
    /// The system itself.
    System,
}

impl Subsystem {
    /// As it is stored and recorded.
    pub fn as_str(self) -> &'static str {
        match self {
            Subsystem::Receptions => "receptions",
            Subsystem::Counter => "counter",
            Subsystem::System => "system",
        }
    }
}

/// Where a role counts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Scope {
    /// Everywhere.
    City,
    /// In one part of the system.
    Subsystem(Subsystem),
    /// For one reception.
    Conference(ConferenceId),
}

impl Scope {
    /// Those that are not single things.
    pub const WHOLE: [Scope; 4] = [
        Scope::City,
        Scope::Subsystem(Subsystem::Receptions),
        Scope::Subsystem(Subsystem::Counter),
        Scope::Subsystem(Subsystem::System),
    ];

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(id) = text.strip_prefix("conference/") {
            return id.parse().ok().map(Scope::Conference);
        }
        Self::WHOLE.into_iter().find(|s| s.to_string() == text)
    }
}

impl std::fmt::Display for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Scope::City => f.write_str("city"),
            Scope::Subsystem(subsystem) => f.write_str(subsystem.as_str()),
            Scope::Conference(id) => write!(f, "conference/{id}"),
        }
    }
}

/// On what something is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum On {
    /// On the act's part of the system as a whole.
    Whole,
    /// On one reception.
    Conference(ConferenceId),
}

/// The permission table: the act, the part of the system it belongs to, the roles that may. What is not here is refused.
pub const MATRIX: [(Act, Subsystem, &[Role]); 9] = [
    (
        Act::AnnounceReception,
        Subsystem::Receptions,
        &[Role::Councillor, Role::CityLeader, Role::Administrator],
    ),
    (Act::RunReception, Subsystem::Receptions, &[Role::Secretary]),
    (
        Act::AssistResident,
        Subsystem::Counter,
        &[Role::Clerk, Role::Service],
    ),
    (Act::WatchRooms, Subsystem::System, &[Role::Administrator]),
    (Act::SeeSettings, Subsystem::System, &[Role::Administrator]),
    (Act::SeePeople, Subsystem::System, &[Role::Administrator]),
    (Act::GiveRoles, Subsystem::System, &[Role::Administrator]),
    (Act::ReadAudit, Subsystem::System, &[Role::Administrator]),
    (Act::ExportAudit, Subsystem::System, &[Role::Administrator]),
];

/// Whether a role that counts in `scope` lets someone do `act` on `on`.
pub fn allowed(role: Role, scope: Scope, act: Act, on: On) -> bool {
    MATRIX.iter().any(|(listed, subsystem, roles)| {
        *listed == act && roles.contains(&role) && covers(scope, *subsystem, on)
    })
}

fn covers(scope: Scope, subsystem: Subsystem, on: On) -> bool {
    match scope {
        Scope::City => true,
        Scope::Subsystem(given) => given == subsystem,
        Scope::Conference(given) => {
            subsystem == Subsystem::Receptions && on == On::Conference(given)
        }
    }
}

/// For what a role can be given. An office of the city is one everywhere; nobody is given what everybody is.
pub fn can_be_given(role: Role, scope: Scope) -> bool {
    match role {
        Role::Resident => false,
        Role::Councillor
        | Role::CityLeader
        | Role::Administrator
        | Role::Architect
        | Role::Editor => scope == Scope::City,
        Role::Secretary => {
            matches!(
                scope,
                Scope::City | Scope::Subsystem(Subsystem::Receptions) | Scope::Conference(_)
            )
        }
        Role::Clerk | Role::Service => {
            matches!(scope, Scope::City | Scope::Subsystem(Subsystem::Counter))
        }
    }
}

/// Whether someone known in this way can be given a role: a card that anyone may have found is not enough.
pub fn can_have_roles(method: Method) -> bool {
    method.assurance() != Some(Assurance::Low)
}

/// The roles someone has now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Held(pub Vec<(Role, Scope)>);

impl Held {
    /// Whether one of them lets them do this.
    pub fn allows(&self, act: Act, on: On) -> bool {
        self.by(act, on).is_some()
    }

    /// In which role they may do this.
    pub fn by(&self, act: Act, on: On) -> Option<Role> {
        let mut held = self.0.iter();
        held.find(|(role, scope)| allowed(*role, *scope, act, on))
            .map(|(role, _)| *role)
    }

    /// What is said of them: the first of their roles that is not for a single thing, in the order of the city's offices.
    pub fn principal(&self) -> Role {
        const ORDER: [Role; 8] = [
            Role::CityLeader,
            Role::Councillor,
            Role::Administrator,
            Role::Secretary,
            Role::Clerk,
            Role::Architect,
            Role::Service,
            Role::Editor,
        ];
        let has = |role: &Role| {
            let mut held = self.0.iter();
            held.any(|(held, scope)| held == role && !matches!(scope, Scope::Conference(_)))
        };
        ORDER.into_iter().find(has).unwrap_or(Role::Resident)
    }
}

/// A reason as it is kept: 3 to 500 characters, something to read among them.
pub fn is_reason(text: &str) -> bool {
    let seen = text.trim().chars().count();
    seen >= 3
        && text.chars().count() <= 500
        && text
            .chars()
            .all(|c| !c.is_control() || c == '\n' || c == '\r')
}

/// A name, or a part of one, as it is searched: small letters without marks, single spaces.
pub fn name_key(name: &str) -> String {
    let words: Vec<String> = name
        .split_whitespace()
        .map(|word| {
            word.chars()
                .flat_map(char::to_lowercase)
                .map(bare)
                .collect()
        })
        .collect();
    words.join(" ")
}

/// Lithuanian letters, and their neighbours', without their marks.
fn bare(letter: char) -> char {
    match letter {
        'ą' | 'á' | 'à' | 'ä' | 'ã' => 'a',
        'č' | 'ć' => 'c',
        'ę' | 'ė' | 'é' | 'è' | 'ē' => 'e',
        'į' | 'í' | 'ī' => 'i',
        'ł' | 'ļ' => 'l',
        'ń' | 'ņ' => 'n',
        'ó' | 'ö' | 'õ' => 'o',
        'š' | 'ś' => 's',
        'ų' | 'ū' | 'ü' | 'ú' => 'u',
        'ž' | 'ź' | 'ż' => 'z',
        other => other,
    }
}

/// The words of an act in the permission table.
fn words(act: Act) -> &'static str {
    match act {
        Act::AnnounceReception => "Announce a reception, and host it",
        Act::RunReception => "Open, lead and end a reception of another host",
        Act::AssistResident => "Act with a resident who is present",
        Act::WatchRooms => "See the live rooms",
        Act::SeeSettings => "See how the server is set up",
        Act::SeePeople => "Look for people and see their roles",
        Act::GiveRoles => "Give and take roles",
        Act::ReadAudit => "Read the audit",
        Act::ExportAudit => "Export the audit",
    }
}

/// The permission table and the places for which each role can be given, as docs/SECURITY.md shows them.
pub fn table() -> String {
    let mut out = String::from("| Act | Part |");
    for role in Role::ALL {
        let _ = write!(out, " {} |", role.as_str());
    }
    out.push_str("\n|---|---|");
    out.push_str(&"---|".repeat(Role::ALL.len()));
    for (act, subsystem, roles) in MATRIX {
        let _ = write!(out, "\n| {} | {} |", words(act), subsystem.as_str());
        for role in Role::ALL {
            out.push_str(if roles.contains(&role) {
                " yes |"
            } else {
                " – |"
            });
        }
    }
    out.push_str("\n\n| Role | Can be given for |\n|---|---|");
    for role in Role::ALL {
        let _ = write!(out, "\n| {} | {} |", role.as_str(), places(role));
    }
    out.push('\n');
    out
}

fn places(role: Role) -> String {
    let one = Scope::Conference(ConferenceId(uuid::Uuid::nil()));
    let whole = Scope::WHOLE.into_iter();
    let mut places: Vec<String> = whole
        .filter(|scope| can_be_given(role, *scope))
        .map(|scope| scope.to_string())
        .collect();
    if can_be_given(role, one) {
        places.push("one reception".into());
    }
    if places.is_empty() {
        return "nobody: everyone is one".into();
    }
    places.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conference(number: u128) -> ConferenceId {
        ConferenceId(uuid::Uuid::from_u128(number))
    }

    const ACTS: [Act; 9] = [
        Act::AnnounceReception,
        Act::RunReception,
        Act::AssistResident,
        Act::WatchRooms,
        Act::SeeSettings,
        Act::SeePeople,
        Act::GiveRoles,
        Act::ReadAudit,
        Act::ExportAudit,
    ];

    #[test]
    fn every_act_stands_in_the_table_once() {
        for act in ACTS {
            assert_eq!(
                MATRIX.iter().filter(|row| row.0 == act).count(),
                1,
                "{act:?}"
            );
        }
    }

    #[test]
    fn the_docs_show_the_table_as_it_is() {
        let docs = include_str!("../../../docs/SECURITY.md");
        let shown = docs
            .split_once("<!-- roles -->\n")
            .and_then(|(_, rest)| rest.split_once("<!-- /roles -->"))
            .map(|(table, _)| table);
        assert_eq!(
            shown,
            Some(table().as_str()),
            "put what `aikste admin table` prints between the marks in docs/SECURITY.md"
        );
    }

    #[test]
    fn a_resident_and_nobody_may_nothing_of_it() {
        for act in ACTS {
            assert!(!Held::default().allows(act, On::Whole));
            assert!(!allowed(Role::Resident, Scope::City, act, On::Whole));
        }
    }

    #[test]
    fn a_role_counts_where_it_was_given() {
        let (one, other) = (conference(1), conference(2));
        let runs = |scope, on| allowed(Role::Secretary, scope, Act::RunReception, on);
        for scope in [Scope::City, Scope::Subsystem(Subsystem::Receptions)] {
            assert!(runs(scope, On::Conference(one)) && runs(scope, On::Conference(other)));
        }
        assert!(runs(Scope::Conference(one), On::Conference(one)));
        assert!(!runs(Scope::Conference(one), On::Conference(other)));
        assert!(!runs(Scope::Conference(one), On::Whole));
        assert!(!runs(
            Scope::Subsystem(Subsystem::Counter),
            On::Conference(one)
        ));
        // A role for one thing opens nothing else, whatever the role.
        for act in ACTS.into_iter().filter(|act| *act != Act::RunReception) {
            for role in Role::ALL {
                let scope = Scope::Conference(one);
                assert!(!allowed(role, scope, act, On::Whole), "{role:?} {act:?}");
            }
        }
    }

    #[test]
    fn only_administrators_look_after_the_system() {
        for act in ACTS {
            let row = MATRIX.iter().find(|row| row.0 == act);
            let (_, subsystem, roles) = row.copied().unwrap_or((act, Subsystem::System, &[]));
            if subsystem == Subsystem::System {
                assert_eq!(roles, [Role::Administrator], "{act:?}");
            }
        }
    }

    #[test]
    fn offices_are_given_for_the_city_and_residence_to_nobody() {
        for scope in Scope::WHOLE {
            assert!(!can_be_given(Role::Resident, scope));
            assert_eq!(
                can_be_given(Role::Administrator, scope),
                scope == Scope::City
            );
        }
        assert!(can_be_given(
            Role::Secretary,
            Scope::Conference(conference(1))
        ));
        assert!(!can_be_given(
            Role::Councillor,
            Scope::Conference(conference(1))
        ));
    }

    #[test]
    fn scopes_survive_being_text() {
        let mut scopes = Scope::WHOLE.to_vec();
        scopes.push(Scope::Conference(conference(7)));
        for scope in scopes {
            assert_eq!(Scope::parse(&scope.to_string()), Some(scope));
        }
        assert_eq!(Scope::parse("conference/x"), None);
        assert_eq!(Scope::parse(""), None);
    }

    #[test]
    fn what_is_said_of_someone_is_their_office() {
        let held = |roles: &[(Role, Scope)]| Held(roles.to_vec()).principal();
        let one = Scope::Conference(conference(1));
        assert_eq!(held(&[]), Role::Resident);
        assert_eq!(held(&[(Role::Secretary, one)]), Role::Resident);
        let both = [
            (Role::Administrator, Scope::City),
            (Role::Councillor, Scope::City),
        ];
        assert_eq!(held(&both), Role::Councillor);
    }

    #[test]
    fn names_are_found_without_marks_and_a_reason_says_something() {
        assert_eq!(name_key("  Rūta  KAZLAUSKAITĖ-Žė "), "ruta kazlauskaite-ze");
        assert!(is_reason("Tarybos 2026-11-23 sprendimas"));
        for bad in ["", "  a ", "a\u{0}bc"] {
            assert!(!is_reason(bad));
        }
        assert!(!is_reason(&"a".repeat(501)));
    }

    #[test]
    fn who_only_holds_a_card_gets_no_role() {
        assert!(!can_have_roles(Method::Identified(Assurance::Low)));
        assert!(can_have_roles(Method::Identified(Assurance::Substantial)));
        assert!(can_have_roles(Method::Demonstration));
    }
}
