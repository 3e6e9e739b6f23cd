//! What holds for every template and style sheet, read from the files themselves.
#![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::icons::ICONS;

fn files(folder: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
        for path in fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "html" || e == "css") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path, text));
            }
        }
    }
    let mut found = Vec::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
        &mut found,
    );
    found
}

#[test]
fn templates_carry_no_style_and_no_script_of_their_own() {
    for (path, text) in files("templates") {
        assert!(
            !text.contains(" style=") && !text.contains("<style"),
            "{path:?}"
        );
        assert!(
            !text.contains(" onclick=") && !text.contains("<script>"),
            "{path:?}"
        );
    }
}

#[test]
fn every_icon_that_a_template_names_is_drawn() {
    for (path, text) in files("templates") {
        for call in ["icon(\"", "icon_large(\""] {
            for (at, _) in text.match_indices(call) {
                let name: String = text[at + call.len()..]
                    .chars()
                    .take_while(|c| *c != '"')
                    .collect();
                assert!(ICONS.iter().any(|(n, _)| *n == name), "{path:?}: `{name}`");
            }
        }
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for (path, text) in files("templates") {
        for form in text
            .split("<form")
            .skip(1)
            .filter(|f| f.split('>').next().unwrap().contains("method=\"post\""))
        {
            let inside = form.split("</form>").next().unwrap();
            let token =
                inside.contains("name=\"csrf\"") || inside.contains("parts/display_hidden.html");
            assert!(token, "{path:?}");
        }
    }
}

fn tokens(block: &str) -> Vec<String> {
    block
        .lines()
        .map(str::trim)
        .filter(|l| l.contains(": ") && l.ends_with(';'))
        .map(str::to_owned)
        .collect()
}

fn names(tokens: &[String]) -> BTreeSet<&str> {
    tokens.iter().filter_map(|t| t.split(':').next()).collect()
}

#[test]
fn a_theme_that_the_system_asks_for_is_the_theme_that_one_can_choose() {
    let themes = files("styles/themes");
    let default = themes
        .iter()
        .find(|(p, _)| p.ends_with("default.css"))
        .map(|(_, t)| tokens(t))
        .unwrap();
    for (path, text) in themes.iter().filter(|(p, _)| !p.ends_with("default.css")) {
        let (chosen, followed) = text.split_once("@media").unwrap();
        let (chosen, followed) = (tokens(chosen), tokens(followed.split_once('{').unwrap().1));
        assert_eq!(chosen, followed, "{path:?}");
        assert_eq!(
            names(&chosen),
            names(&default),
            "{path:?} must set every role"
        );
    }
}

#[test]
fn components_name_roles_and_never_a_colour() {
    for (path, text) in files("styles")
        .iter()
        .filter(|(p, _)| !p.to_string_lossy().contains("themes"))
    {
        for line in text
            .lines()
            .filter(|l| l.contains(": ") && l.contains('#') && !l.trim_start().starts_with("/*"))
        {
            let value = line.split_once(": ").unwrap().1;
            let hex = value
                .split('#')
                .nth(1)
                .unwrap_or_default()
                .chars()
                .take_while(char::is_ascii_hexdigit)
                .count();
            assert!(hex < 3, "{path:?}: {line}");
        }
    }
}

#[test]
fn every_style_file_is_imported_once() {
    let all = files("styles");
    let main = &all
        .iter()
        .find(|(p, _)| p.ends_with("styles/main.css"))
        .unwrap()
        .1;
    for (path, _) in all.iter().filter(|(p, _)| !p.ends_with("styles/main.css")) {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        assert_eq!(main.matches(&format!("/{name}\"")).count(), 1, "{name}");
    }
}
