//! How files look: small, named, introduced; what tests and scripts may not do.

use super::*;

#[test]
fn every_file_says_first_what_it_is_for() {
    let rust = rust_files().iter().filter(|f| !f.text.starts_with("//!"));
    let mut faults: Vec<_> = rust
        .map(|f| format!("{}: begins without //!", f.path))
        .collect();
    for file in files_ending(".ts")
        .chain(files_ending(".svelte"))
        .chain(files_ending(".mjs"))
    {
        let generated = file.path.ends_with(".d.ts");
        let starts = ["//", "/*", "<!--", "#!"]
            .iter()
            .any(|s| file.text.trim_start().starts_with(s));
        // A component may say it at the top of its script instead.
        let in_script = file.path.ends_with(".svelte")
            && file
                .text
                .lines()
                .nth(1)
                .is_some_and(|l| l.trim_start().starts_with('/'));
        if !generated && !starts && !in_script {
            faults.push(format!("{}: begins without a comment", file.path));
        }
    }
    for file in files_ending(".sh") {
        if !file
            .text
            .lines()
            .nth(1)
            .is_some_and(|line| line.starts_with("# "))
        {
            faults.push(format!(
                "{}: its second line does not say what it is for",
                file.path
            ));
        }
    }
    none("every file opens with what it is for", faults);
}

#[test]
fn files_stay_small() {
    let mut faults = Vec::new();
    let mut sizes = Vec::new();
    for file in rust_files().iter().filter(|f| !f.shipped.is_empty()) {
        // The tests beside the code are blank lines at the end of `shipped`, so they do not count; comments do.
        let code_end = file.shipped.trim_end().matches('\n').count() + 1;
        sizes.push(code_end);
        if code_end > 500 {
            faults.push(format!("{}: {code_end} lines without its tests", file.path));
        }
    }
    let ui = files_ending(".ts")
        .chain(files_ending(".svelte"))
        .chain(files_ending(".mjs"));
    for file in ui.filter(|f| !f.path.contains(".test.") && !f.path.contains("generated")) {
        let lines = file.text.lines().count();
        if lines > 500 {
            faults.push(format!("{}: {lines} lines", file.path));
        }
    }
    sizes.sort_unstable();
    let median = sizes.get(sizes.len() / 2).copied().unwrap_or(0);
    if median > 200 {
        faults.push(format!("the median Rust file has {median} lines"));
    }
    none(
        "files have at most 500 lines, the median at most 200",
        faults,
    );
}

#[test]
fn no_file_is_a_drawer_for_everything() {
    let bad = [
        "utils", "util", "common", "helpers", "helper", "types", "misc",
    ];
    let stem = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or_default();
        name.split('.').next().unwrap_or_default().to_owned()
    };
    let code = files().iter().filter(|f| {
        [".rs", ".ts", ".svelte", ".mjs"]
            .iter()
            .any(|e| f.path.ends_with(e))
    });
    let faults = code
        .filter(|f| bad.contains(&stem(&f.path).as_str()))
        .map(|f| f.path.clone());
    none(
        "no utils, common, helpers, types: say what it is",
        faults.collect(),
    );
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let own = ["tests/tests/it/tidy/files.rs"];
    let marks = [
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/"),
        concat!("/Us", "ers/"),
        concat!("target-", "tooling"),
    ];
    let mut faults = Vec::new();
    for file in files()
        .iter()
        .filter(|f| !own.contains(&f.path.as_str()) && !f.path.ends_with("package-lock.json"))
    {
        for mark in marks {
            let found = file.text.match_indices(mark).map(|(at, _)| at);
            faults.extend(
                found.map(|at| format!("{}:{}: {mark}", file.path, line_of(&file.text, at))),
            );
        }
    }
    none("no path of a developer's machine", faults);
}

#[test]
fn tests_wait_for_facts_and_skip_nothing() {
    // Written in two pieces, so that this file does not accuse itself.
    let never = [
        concat!("#[ign", "ore"),
        concat!("#[should_", "panic"),
        concat!("to", "do!("),
        concat!("thread::sl", "eep("),
        concat!("time::sl", "eep("),
        concat!("tokio::time::sl", "eep("),
    ];
    let mut faults = Vec::new();
    for file in rust_files() {
        // What is not shipped is test: in a file that is all test, everything.
        let mut test = file.code.clone().into_bytes();
        for (byte, shipped) in test.iter_mut().zip(file.shipped.bytes()) {
            if !shipped.is_ascii_whitespace() && *byte == shipped {
                *byte = b' ';
            }
        }
        let test = String::from_utf8_lossy(&test).into_owned();
        for word in never {
            let found = test.match_indices(word).map(|(at, _)| at);
            faults.extend(found.map(|at| format!("{}:{}: {word}", file.path, line_of(&test, at))));
        }
    }
    for file in files_ending(".mjs").chain(files_ending(".test.ts")) {
        for word in ["waitForTimeout", ".only(", ".skip("] {
            let found = file.text.match_indices(word).map(|(at, _)| at);
            faults.extend(
                found.map(|at| format!("{}:{}: {word}", file.path, line_of(&file.text, at))),
            );
        }
    }
    none(
        "tests wait for facts, not for time, and none is skipped",
        faults,
    );
}

#[test]
fn licence_and_changes_are_there() {
    let root_manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let licence = root_manifest["workspace"]["package"]["license"].as_str();
    assert_eq!(licence, Some("EUPL-1.2"));
    assert!(text("LICENSE").contains("EUROPEAN UNION PUBLIC LICENCE v. 1.2"));
    assert!(text("CHANGELOG.md").contains("## Unreleased"));
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/ARCHITECTURE.md",
        "docs/PROTOCOL.md",
        "docs/OPERATIONS.md",
        "docs/PRIVACY.md",
        "docs/SECURITY.md",
    ] {
        assert!(!text(document).is_empty(), "{document} is missing");
    }
}

#[test]
fn the_makefile_is_thin() {
    let mut faults = Vec::new();
    let mut recipe_lines = 0;
    for (number, line) in text("Makefile").lines().enumerate() {
        if line.starts_with('\t') {
            recipe_lines += 1;
            if recipe_lines > 1 {
                faults.push(format!(
                    "Makefile:{}: a second line of a recipe",
                    number + 1
                ));
            }
        } else {
            recipe_lines = 0;
        }
    }
    assert!(
        text(".ci/run").contains("make test"),
        ".ci/run calls make test"
    );
    none("each target is one line", faults);
}
