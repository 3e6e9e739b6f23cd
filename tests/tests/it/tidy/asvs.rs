//! docs/SECURITY.md, "OWASP ASVS": every section is there once, says whether it is met, and names files and tests that exist.

use super::*;

/// How many sections each chapter of OWASP ASVS 5.0 has, V1 to V17.
const SECTIONS: [usize; 17] = [5, 4, 7, 4, 4, 8, 6, 4, 2, 7, 7, 3, 4, 3, 4, 5, 3];

#[test]
fn every_section_of_asvs_is_answered_with_what_exists() {
    let document = text("docs/SECURITY.md");
    let rows: Vec<(&str, &str)> = document
        .lines()
        .filter_map(|line| line.strip_prefix("| V"))
        .filter_map(|row| row.strip_suffix(" |")?.split_once(" | "))
        .collect();
    let listed: Vec<&str> = rows
        .iter()
        .map(|(section, _)| section.split(' ').next().unwrap())
        .collect();
    let chapters = SECTIONS.iter().zip(1..);
    let expected: Vec<String> = chapters
        .flat_map(|(sections, chapter)| (1..=*sections).map(move |n| format!("{chapter}.{n}")))
        .collect();
    assert_eq!(listed, expected);
    let mut faults = Vec::new();
    for (section, answer) in rows {
        let words = ["met", "in part", "not met", "does not arise", "see V"];
        if !words.iter().any(|word| answer.starts_with(word)) {
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
