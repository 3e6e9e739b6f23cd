//! `docs/PROTOCOL.md` and `message.rs` say the same: every message, field, value and error code of one is in the other.

use std::collections::{BTreeMap, BTreeSet};

use crate::message::{ErrorCode, MAX_MESSAGE_BYTES, SUBPROTOCOL, VERSION};

const CODE: &str = include_str!("../message.rs");
const DOCUMENT: &str = include_str!("../../../docs/PROTOCOL.md");

/// What is named where: a message or a type, and its fields or values.
type Names = BTreeMap<String, BTreeSet<String>>;

fn snake(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_uppercase() && at > 0 {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}

/// The identifier a line begins with, and what follows it.
fn identifier(line: &str) -> Option<(&str, &str)> {
    let end = line.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    (end > 0).then(|| line.split_at(end))
}

/// The types of `message.rs`. It is formatted by rustfmt, so a line's indent says what it is.
fn in_code() -> Names {
    let mut names = Names::new();
    let mut item = String::new();
    let mut messages = false;
    let mut message = String::new();
    for line in CODE.lines() {
        let declared = line
            .strip_prefix("pub struct ")
            .or(line.strip_prefix("pub enum "));
        if let Some((name, _)) = declared.and_then(identifier) {
            item = name.to_owned();
            messages = matches!(name, "ClientMessage" | "ServerMessage");
            if !messages {
                names.insert(item.clone(), BTreeSet::new());
            }
            continue;
        }
        let depth = line.len() - line.trim_start().len();
        let line = line.trim_start();
        let Some((word, rest)) = identifier(line.strip_prefix("pub ").unwrap_or(line)) else {
            continue;
        };
        let variant = depth == 4 && word.starts_with(char::is_uppercase);
        let field = rest.starts_with(':') && depth > 0;
        if messages && variant {
            message = snake(word);
            names.insert(message.clone(), BTreeSet::new());
        } else if messages && field {
            names
                .entry(message.clone())
                .or_default()
                .insert(word.to_owned());
        } else if variant || field {
            names.entry(item.clone()).or_default().insert(snake(word));
        }
    }
    names
}

/// The headings ``### `name` `` of the document, each with the first column of its table.
fn in_document() -> Names {
    let mut names = Names::new();
    let mut heading = None;
    for line in DOCUMENT.lines() {
        if line.starts_with('#') {
            heading = line
                .strip_prefix("### `")
                .and_then(|name| name.strip_suffix('`'));
            if let Some(name) = heading {
                names.insert(name.to_owned(), BTreeSet::new());
            }
        } else if let (Some(name), Some(row)) = (heading, line.strip_prefix("| `")) {
            let cell = row.split('|').next().unwrap();
            let words = cell.split('`').step_by(2).map(str::to_owned);
            let row: BTreeSet<_> = words.filter(|word| !word.trim().is_empty()).collect();
            names.get_mut(name).unwrap().extend(row);
        }
    }
    names
}

#[test]
fn every_message_field_and_code_is_in_the_document_and_no_other() {
    let (code, document) = (in_code(), in_document());
    for (name, words) in &code {
        assert_eq!(
            document.get(name),
            Some(words),
            "{name} in docs/PROTOCOL.md"
        );
    }
    for name in document.keys() {
        assert!(
            code.contains_key(name),
            "{name} is only in docs/PROTOCOL.md"
        );
    }
    assert_eq!(code["ErrorCode"].len(), ErrorCode::ALL.len());
    // The reading itself works.
    assert!(code["join"].contains("ticket"));
    assert!(code["ErrorCode"].contains("too_slow"));
    assert!(code["Label"].contains("number"));
    assert!(code["leave"].is_empty());
}

#[test]
fn the_numbers_of_the_document_are_those_of_the_code() {
    assert!(DOCUMENT.contains(&format!("version {VERSION}")));
    assert!(DOCUMENT.contains(&format!("{MAX_MESSAGE_BYTES} bytes")));
    assert!(DOCUMENT.contains(&format!("`{SUBPROTOCOL}`")));
}
