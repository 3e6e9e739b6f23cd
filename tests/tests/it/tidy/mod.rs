//! The rules of docs/ARCHITECTURE.md, each a test that names the rule it guards. Everything is read from the files:
//! nothing is built or started here, and it takes less than a second.

mod asvs;
mod files;
mod outside;
mod rooms;

use crate::source::{
    RustFile, bracketed, files, files_ending, line_of, root, rust_files, text, words,
};

const CRATES: [&str; 6] = ["sfu", "signaling", "recorder", "civic-api", "web", "tests"];

/// Fails with every fault, one a line.
#[track_caller]
fn none(rule: &str, mut faults: Vec<String>) {
    faults.sort();
    faults.dedup();
    assert!(faults.is_empty(), "{rule}\n  {}\n", faults.join("\n  "));
}

/// `path:line: …` for each place of `word` in `code`.
fn places(file: &RustFile, code: &str, word: &str) -> Vec<String> {
    let line = |at| format!("{}:{}: {}", file.path, line_of(code, at), word);
    words(code, word).map(line).collect()
}

fn manifest(name: &str) -> toml::Table {
    let text = std::fs::read_to_string(root().join(name).join("Cargo.toml")).unwrap();
    text.parse().unwrap()
}

fn dependencies(manifest: &toml::Table, table: &str) -> Vec<String> {
    let found = manifest.get(table).and_then(toml::Value::as_table);
    found
        .map(|t| t.keys().cloned().collect())
        .unwrap_or_default()
}

/// The folder a crate's code lies in.
fn in_crate(file: &RustFile, name: &str) -> bool {
    file.path.starts_with(&format!("{name}/src/"))
}
