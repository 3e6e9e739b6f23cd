//! The project's own files, read once for the rules in `tidy/`. It is no parser: it knows just enough of Rust to tell
//! code from comments, strings and tests.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A text file of the project.
pub struct Source {
    /// Relative to the root, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
}

/// A Rust file.
pub struct RustFile {
    /// Relative to the root, with `/`.
    pub path: String,
    /// As it is.
    pub text: String,
    /// Without comments; string literals are kept. Lines keep their numbers.
    pub code: String,
    /// Like `code`, without `#[cfg(test)]` items; empty in a file that is all test.
    pub shipped: String,
    /// Like `shipped`, with the contents of string literals blanked.
    pub idents: String,
}

/// The folder of the workspace.
pub fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().expect("the tests are in the workspace")
}

/// Every text file of the project.
pub fn files() -> &'static [Source] {
    static FILES: OnceLock<Vec<Source>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut files = Vec::new();
        read_folder(&root(), "", &mut files);
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files
    })
}

/// Every text file with this ending.
pub fn files_ending(ending: &'static str) -> impl Iterator<Item = &'static Source> {
    files()
        .iter()
        .filter(move |file| file.path.ends_with(ending))
}

/// Every Rust file.
pub fn rust_files() -> &'static [RustFile] {
    static RUST: OnceLock<Vec<RustFile>> = OnceLock::new();
    RUST.get_or_init(|| files_ending(".rs").map(rust_file).collect())
}

/// The text of one file; empty when there is none.
pub fn text(path: &str) -> &'static str {
    let found = files().iter().find(|file| file.path == path);
    found.map_or("", |file| file.text.as_str())
}

/// The line, counted from 1, of a byte.
pub fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Where `word` stands as a whole word (its own first and last characters decide what a boundary is).
pub fn words<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).filter_map(move |(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        let first = found.chars().next().is_some_and(part);
        let last = found.chars().next_back().is_some_and(part);
        let joined = (first && before.is_some_and(part)) || (last && after.is_some_and(part));
        (!joined).then_some(at)
    })
}

/// From an opening bracket at `open` to behind its closing one.
pub fn bracketed(text: &str, open: usize) -> &str {
    let mut depth = 0usize;
    for (at, byte) in text.bytes().enumerate().skip(open) {
        match byte {
            b'(' | b'{' | b'[' => depth += 1,
            b')' | b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return &text[open..=at];
                }
            }
            _ => {}
        }
    }
    &text[open..]
}

fn read_folder(folder: &Path, prefix: &str, files: &mut Vec<Source>) {
    const SKIPPED: [&str; 8] = [
        ".git",
        "target",
        "node_modules",
        "dist",
        "data",
        "media",
        "shots",
        "coverage",
    ];
    const TEXT: [&str; 15] = [
        "rs", "toml", "md", "ts", "svelte", "mjs", "js", "css", "html", "ftl", "sh", "sql", "json",
        "yml", "service",
    ];
    for entry in std::fs::read_dir(folder)
        .expect("the checkout can be read")
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_dir() {
            if !SKIPPED.contains(&name.as_str()) {
                read_folder(&path, &format!("{prefix}{name}/"), files);
            }
            continue;
        }
        let ending = path.extension().map(|e| e.to_string_lossy().into_owned());
        let named = ["Makefile", "LICENSE", "run"].contains(&name.as_str());
        if (named || ending.is_some_and(|e| TEXT.contains(&e.as_str())))
            && let Ok(text) = std::fs::read_to_string(&path)
        {
            files.push(Source {
                path: format!("{prefix}{name}"),
                text,
            });
        }
    }
}

fn rust_file(source: &Source) -> RustFile {
    let (code, blanked) = without_comments(&source.text);
    let all_test = source.path.starts_with("tests/")
        || source.path.contains("/tests/")
        || source.path.ends_with("/tests.rs")
        || source.path.contains("/fuzz/");
    let (shipped, idents) = if all_test {
        (String::new(), String::new())
    } else {
        without_tests(&code, &blanked)
    };
    RustFile {
        path: source.path.clone(),
        text: source.text.clone(),
        code,
        shipped,
        idents,
    }
}

/// The code without comments, and the same with blank string literals. Both are as long as the text.
fn without_comments(text: &str) -> (String, String) {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut blanked = bytes.to_vec();
    let blank = |out: &mut Vec<u8>, from: usize, to: usize| {
        for byte in &mut out[from..to] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
    };
    let mut at = 0;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(b"//") {
            let end = at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
            blank(&mut code, at, end);
            blank(&mut blanked, at, end);
            at = end;
        } else if rest.starts_with(b"/*") {
            let end = text[at..]
                .find("*/")
                .map_or(bytes.len(), |found| at + found + 2);
            blank(&mut code, at, end);
            blank(&mut blanked, at, end);
            at = end;
        } else if let Some(end) = string_end(bytes, at) {
            blank(&mut blanked, at + 1, end.saturating_sub(1).max(at + 1));
            at = end;
        } else {
            at += 1;
        }
    }
    let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
    // Blanking single bytes of a letter outside ASCII is avoided: whole literals and comments are blanked.
    (text(code), text(blanked))
}

/// Where a literal that begins at `at` ends: a string, a raw string, or a character.
fn string_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let before = at.checked_sub(1).map(|i| bytes[i]);
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    if rest[0] == b'"' {
        let mut i = 1;
        while i < rest.len() && rest[i] != b'"' {
            i += if rest[i] == b'\\' { 2 } else { 1 };
        }
        return Some((at + i + 1).min(bytes.len()));
    }
    if rest[0] == b'r' && !before.is_some_and(|b| word(b) && b != b'b') {
        let hashes = rest[1..].iter().take_while(|b| **b == b'#').count();
        if rest.get(1 + hashes) == Some(&b'"') {
            let close: Vec<u8> = std::iter::once(b'"')
                .chain(std::iter::repeat_n(b'#', hashes))
                .collect();
            let from = 2 + hashes;
            let end = rest[from..].windows(close.len()).position(|w| w == close);
            return Some(end.map_or(bytes.len(), |e| at + from + e + close.len()));
        }
    }
    if rest[0] == b'\'' {
        // A character, not a lifetime: it closes after one (escaped) character.
        if rest.get(1) == Some(&b'\\') {
            let end = rest[3..].iter().position(|b| *b == b'\'')?;
            return Some(at + 3 + end + 1);
        }
        let width = std::str::from_utf8(&rest[1..rest.len().min(5)]).map_or_else(
            |e| e.valid_up_to().max(1),
            |s| s.chars().next().map_or(1, char::len_utf8),
        );
        let width = rest
            .get(1)
            .map_or(width, |b| if b.is_ascii() { 1 } else { width.min(4) });
        if rest.get(1 + width) == Some(&b'\'') {
            return Some(at + width + 2);
        }
    }
    None
}

/// Blanks every item under `#[cfg(test)]`.
fn without_tests(code: &str, blanked: &str) -> (String, String) {
    let mut code = code.as_bytes().to_vec();
    let mut idents = blanked.as_bytes().to_vec();
    let mut from = 0;
    while let Some(found) = blanked[from..].find("#[cfg(test)]") {
        let start = from + found;
        let body = blanked[start..]
            .find(['{', ';'])
            .map_or(blanked.len(), |at| start + at);
        let end = if blanked.as_bytes().get(body) == Some(&b'{') {
            body + bracketed(blanked, body).len()
        } else {
            (body + 1).min(blanked.len())
        };
        for out in [&mut code, &mut idents] {
            for byte in &mut out[start..end] {
                if *byte != b'\n' {
                    *byte = b' ';
                }
            }
        }
        from = end;
    }
    let text = |bytes| String::from_utf8(bytes).unwrap_or_default();
    (text(code), text(idents))
}
