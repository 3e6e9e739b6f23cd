//! docs/SECURITY.md, "OWASP ASVS": every section is there once, says whether it is met, and names files and tests that exist.

use super::*;

/// The sections of OWASP ASVS 5.0, chapter by chapter, V1 to V17, as its text names them.
const SECTIONS: [&[&str]; 17] = [
    &[
        "Encoding and Sanitization Architecture",
        "Injection Prevention",
        "Sanitization",
        "Memory, String, and Unmanaged Code",
        "Safe Deserialization",
    ],
    &[
        "Validation and Business Logic Documentation",
        "Input Validation",
        "Business Logic Security",
        "Anti-automation",
    ],
    &[
        "Web Frontend Security Documentation",
        "Unintended Content Interpretation",
        "Cookie Setup",
        "Browser Security Mechanism Headers",
        "Browser Origin Separation",
        "External Resource Integrity",
        "Other Browser Security Considerations",
    ],
    &[
        "Generic Web Service Security",
        "HTTP Message Structure Validation",
        "GraphQL",
        "WebSocket",
    ],
    &[
        "File Handling Documentation",
        "File Upload and Content",
        "File Storage",
        "File Download",
    ],
    &[
        "Authentication Documentation",
        "Password Security",
        "General Authentication Security",
        "Authentication Factor Lifecycle and Recovery",
        "General Multi-factor authentication requirements",
        "Out-of-Band authentication mechanisms",
        "Cryptographic authentication mechanism",
        "Authentication with an Identity Provider",
    ],
    &[
        "Session Management Documentation",
        "Fundamental Session Management Security",
        "Session Timeout",
        "Session Termination",
        "Defenses Against Session Abuse",
        "Federated Re-authentication",
    ],
    &[
        "Authorization Documentation",
        "General Authorization Design",
        "Operation Level Authorization",
        "Other Authorization Considerations",
    ],
    &["Token source and integrity", "Token content"],
    &[
        "Generic OAuth and OIDC Security",
        "OAuth Client",
        "OAuth Resource Server",
        "OAuth Authorization Server",
        "OIDC Client",
        "OpenID Provider",
        "Consent Management",
    ],
    &[
        "Cryptographic Inventory and Documentation",
        "Secure Cryptography Implementation",
        "Encryption Algorithms",
        "Hashing and Hash-based Functions",
        "Random Values",
        "Public Key Cryptography",
        "In-Use Data Cryptography",
    ],
    &[
        "General TLS Security Guidance",
        "HTTPS Communication with External Facing Services",
        "General Service to Service Communication Security",
    ],
    &[
        "Configuration Documentation",
        "Backend Communication Configuration",
        "Secret Management",
        "Unintended Information Leakage",
    ],
    &[
        "Data Protection Documentation",
        "General Data Protection",
        "Client-side Data Protection",
    ],
    &[
        "Secure Coding and Architecture Documentation",
        "Security Architecture and Dependencies",
        "Defensive Coding",
        "Safe Concurrency",
    ],
    &[
        "Security Logging Documentation",
        "General Logging",
        "Security Events",
        "Log Protection",
        "Error Handling",
    ],
    &["TURN Server", "Media", "Signaling"],
];

/// Those with requirements of level 3 only.
const LEVEL_3: [&str; 5] = ["3.1", "3.6", "6.7", "11.7", "15.4"];

#[test]
fn every_section_of_asvs_is_answered_with_what_exists() {
    let document = text("docs/SECURITY.md");
    let rows: Vec<(&str, &str)> = document
        .lines()
        .filter_map(|line| line.strip_prefix("| V"))
        .filter_map(|row| row.strip_suffix(" |")?.split_once(" | "))
        .collect();
    let listed: Vec<&str> = rows.iter().map(|(section, _)| *section).collect();
    let chapters = SECTIONS.iter().zip(1..);
    let expected: Vec<String> = chapters
        .flat_map(|(sections, chapter)| {
            let numbered = sections.iter().zip(1..);
            numbered.map(move |(name, n)| format!("{chapter}.{n} {name}"))
        })
        .collect();
    assert_eq!(listed, expected);
    let mut faults = Vec::new();
    for (section, answer) in rows {
        let number = section.split(' ').next().unwrap();
        let of_level_3 = answer.strip_prefix("level 3 only; ");
        if of_level_3.is_some() != LEVEL_3.contains(&number) {
            faults.push(format!("V{section}: which level?"));
        }
        let said = of_level_3.unwrap_or(answer);
        let words = ["met", "in part", "not met", "does not arise", "see V"];
        if !words.iter().any(|word| said.starts_with(word)) {
            faults.push(format!("V{section}: does not say whether it is met"));
        }
        for named in answer.split('`').skip(1).step_by(2) {
            faults.extend(missing(named).map(|what| format!("V{section}: {what}")));
        }
    }
    none("what docs/SECURITY.md names exists", faults);
}

/// What is wrong with a name in the list: a path, or `path::test`. Other words in code style are only words.
fn missing(named: &str) -> Option<String> {
    let (path, test) = named
        .split_once("::")
        .map_or((named, None), |(p, t)| (p, Some(t)));
    let is_path = path.contains('/') && !path.contains(' ');
    if !is_path {
        return None;
    }
    if !root().join(path).is_file() {
        return Some(format!("there is no {path}"));
    }
    let test = test?;
    let holds = text(path).contains(&format!("fn {test}("));
    (!holds).then(|| format!("{path} has no {test}"))
}
