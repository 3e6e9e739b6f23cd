//! Both languages say the same things, nothing is missing, and nothing is left over.

#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file under a folder whose name ends in one of `endings`.
fn files(folder: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for path in entries.map(|e| e.unwrap().path()) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "node_modules" && name != "dist" {
            found.extend(files(&path, endings));
        } else if endings.iter().any(|e| name.ends_with(e)) {
            found.push(path);
        }
    }
    found
}

/// Key and value of every message of a language, the islands' files too.
fn messages(lang: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for path in files(&root().join("locales").join(lang), &[".ftl"]) {
        let text = fs::read_to_string(&path).unwrap();
        let resource = fluent_syntax::parser::parse(text.as_str())
            .unwrap_or_else(|(_, e)| panic!("{path:?}: {e:?}"));
        for entry in resource.body {
            if let fluent_syntax::ast::Entry::Message(message) = entry {
                let key = message.id.name.to_owned();
                let start = text.find(&format!("\n{key} =")).map_or(0, |at| at + 1);
                let mut lines = text[start..].split("\n");
                let first = lines.next().unwrap_or_default();
                let more = lines.take_while(|l| l.starts_with([' ', '}']));
                let value = std::iter::once(first)
                    .chain(more)
                    .collect::<Vec<_>>()
                    .join("\n");
                assert!(
                    found.insert(key, value).is_none(),
                    "{path:?}: a message is defined twice"
                );
            }
        }
    }
    found
}

/// Everything that may name a message.
fn sources() -> Vec<(PathBuf, String)> {
    let mut all = files(&root().join("templates"), &[".html"]);
    all.extend(files(&root().join("src"), &[".rs"]));
    all.extend(files(&root().join("ui/src"), &[".ts", ".svelte"]));
    all.into_iter()
        .map(|p| (p.clone(), fs::read_to_string(p).unwrap()))
        .collect()
}

/// The keys that a source asks for by name: `t("…"`, `t1("…"`, `t2("…"`.
fn asked(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for call in ["t(\"", "t1(\"", "t2(\""] {
        for (at, _) in text.match_indices(call) {
            let before = text[..at].chars().next_back();
            let key: String = text[at + call.len()..]
                .chars()
                .take_while(|c| *c != '"')
                .collect();
            let is_key = key
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
            if is_key && !key.is_empty() && !before.is_some_and(|c| c.is_alphanumeric() || c == '_')
            {
                found.push(key);
            }
        }
    }
    found
}

#[test]
fn both_languages_have_the_same_messages() {
    let (lt, en) = (messages("lt"), messages("en"));
    let missing: Vec<_> = lt.keys().filter(|k| !en.contains_key(*k)).collect();
    let extra: Vec<_> = en.keys().filter(|k| !lt.contains_key(*k)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "not in English: {missing:?}; not in Lithuanian: {extra:?}"
    );
}

#[test]
fn every_message_asked_for_exists_and_every_message_is_asked_for() {
    let known = messages("lt");
    let sources = sources();
    for (path, text) in &sources {
        if path.ends_with("tests.rs") || path.to_string_lossy().ends_with(".test.ts") {
            continue;
        }
        for key in asked(text) {
            assert!(
                known.contains_key(&key),
                "{path:?} asks for `{key}`, which does not exist"
            );
        }
    }
    let used = |key: &str| {
        sources.iter().any(|(_, text)| {
            ['"', '\'', '`']
                .iter()
                .any(|q| text.contains(&format!("{q}{key}{q}")))
                || built(text, key)
        })
    };
    let unused: Vec<_> = known.keys().filter(|key| !used(key)).collect();
    assert!(unused.is_empty(), "nobody uses {unused:?}");
}

/// A key that a script puts together: `` `error-${code}` ``.
fn built(text: &str, key: &str) -> bool {
    key.match_indices('-')
        .any(|(at, _)| text.contains(&format!("`{}${{", &key[..=at])))
}

#[test]
fn pages_find_every_message_of_theirs_in_both_bundles() {
    for lang in [Language::Lt, Language::En] {
        for (path, text) in sources()
            .iter()
            .filter(|(p, _)| p.extension().is_some_and(|e| e == "html"))
        {
            for key in asked(text) {
                assert!(
                    has(lang, &key),
                    "{path:?}: `{key}` is not in a file that pages read"
                );
            }
        }
    }
}

#[test]
fn terms_are_translated_as_the_glossary_says() {
    let (lt, en) = (messages("lt"), messages("en"));
    for (english, lithuanian) in [
        ("lobby", "laukiam"),
        ("archive", "archyv"),
        ("high contrast", "kontrasting"),
    ] {
        for (key, text) in &en {
            let text = text.split_once('=').map_or("", |(_, value)| value);
            if text.to_lowercase().contains(english) && lt.contains_key(key) {
                assert!(
                    lt[key].to_lowercase().contains(lithuanian),
                    "{key}: „{english}“ is „{lithuanian}…“"
                );
            }
        }
    }
}

#[test]
fn nothing_is_shouted() {
    for lang in ["lt", "en"] {
        for (key, text) in messages(lang) {
            assert!(!text.contains('!'), "{lang} {key}");
        }
    }
}

#[test]
fn lithuanian_plurals_follow_its_grammar() {
    let days =
        |n: i64| t_args(Language::Lt, "days", &[("n", Arg::Count(n))]).replace('\u{a0}', " ");
    assert_eq!(days(1), "1 diena");
    assert_eq!(days(2), "2 dienos");
    assert_eq!(days(10), "10 dienų");
    assert_eq!(days(11), "11 dienų");
    assert_eq!(days(21), "21 diena");
    assert_eq!(days(365), "365 dienos");
    assert_eq!(days(111), "111 dienų");
    assert_eq!(days(1221), "1221 diena");
}

#[test]
fn figures_stay_with_what_they_count() {
    assert_eq!(
        unbroken("8 800 20 000 – 17.00 val."),
        "8\u{a0}800\u{a0}20\u{a0}000\u{a0}– 17.00\u{a0}val."
    );
    assert_eq!(unbroken("57,7 %"), "57,7\u{a0}%");
    assert_eq!(unbroken("be skaičių"), "be skaičių");
}
