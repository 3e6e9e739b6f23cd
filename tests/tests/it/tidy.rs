//! The rules of docs/ARCHITECTURE.md, each a test that names the rule it guards. Everything is read from the files:
//! nothing is built or started here, and it takes less than a second.

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

#[test]
fn crates_import_only_what_the_table_allows() {
    let table: [(&str, &[&str], &[&str]); 5] = [
        ("sfu", &[], &["axum", "sqlx", "gstreamer"]),
        ("signaling", &["sfu"], &["sqlx", "gstreamer"]),
        ("recorder", &["sfu"], &["axum", "sqlx"]),
        ("civic-api", &[], &["gstreamer", "webrtc", "rtc-"]),
        (
            "web",
            &["sfu", "signaling", "recorder", "civic-api"],
            &["sqlx", "gstreamer", "webrtc", "rtc-"],
        ),
    ];
    let mut faults = Vec::new();
    for (name, allowed, never) in table {
        let manifest = manifest(name);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for dependency in dependencies(&manifest, section) {
                let ours = CRATES.contains(&dependency.as_str()) && dependency != name;
                let foreign =
                    never.iter().any(|n| dependency.starts_with(n)) && section == "dependencies";
                if (ours && !allowed.contains(&dependency.as_str())) || foreign {
                    faults.push(format!("{name}/Cargo.toml [{section}]: {dependency}"));
                }
            }
        }
    }
    none("the import table of docs/ARCHITECTURE.md", faults);
}

#[test]
fn the_media_crates_know_no_civic_noun() {
    let nouns = [
        "conference",
        "council",
        "citizen",
        "resident",
        "civic",
        "municipality",
        "councillor",
    ];
    let mut faults = Vec::new();
    for file in rust_files() {
        if ["sfu", "signaling", "recorder"]
            .iter()
            .any(|c| in_crate(file, c))
        {
            let code = file.shipped.to_lowercase();
            for noun in nouns {
                let found = code.match_indices(noun).map(|(at, _)| at);
                faults.extend(
                    found.map(|at| format!("{}:{}: {noun}", file.path, line_of(&code, at))),
                );
            }
        }
    }
    none(
        "sfu, signaling and recorder know rooms and seats, nothing of the city",
        faults,
    );
}

#[test]
fn sql_stands_only_in_store_and_db() {
    let mut faults = Vec::new();
    for file in rust_files() {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        // civic-api's error.rs says in one place what a broken constraint means; it holds no SQL.
        if matches!(name, "store.rs" | "db.rs") || file.path == "civic-api/src/error.rs" {
            continue;
        }
        faults.extend(places(file, &file.idents, "sqlx"));
        let lower = file.shipped.to_lowercase();
        for sql in [
            "\"select ",
            "\"insert into ",
            "\"delete from ",
            "\"update ",
            "\"create table ",
        ] {
            let found = lower.match_indices(sql).map(|(at, _)| at);
            faults.extend(found.map(|at| format!("{}:{}: {sql}", file.path, line_of(&lower, at))));
        }
    }
    none("SQL only in store.rs and db.rs", faults);
}

#[test]
fn foreign_libraries_have_one_door() {
    let mut faults = Vec::new();
    for file in rust_files() {
        if !file.path.starts_with("sfu/src/transport/") {
            for name in [
                "rtc_dtls",
                "rtc_srtp",
                "rtc_stun",
                "rtc_crypto",
                "rtc_shared",
                "rtc_rtp",
                "rtc_rtcp",
                "rtc_sdp",
                "rtc_ice",
                "webrtc",
            ] {
                faults.extend(places(file, &file.idents, name));
            }
        }
        if !file.path.starts_with("recorder/src/") {
            for name in ["gstreamer", "gstreamer_app", "gst", "gst_app"] {
                faults.extend(places(file, &file.idents, name));
            }
        }
    }
    none(
        "rtc-* and webrtc only under sfu/src/transport, GStreamer only in recorder",
        faults,
    );
}

#[test]
fn pure_parts_read_no_clock_throw_no_dice_and_touch_nothing() {
    let never = [
        "Instant::now",
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "Uuid::now_v7",
        "Uuid::new_v4",
        "rand",
        "getrandom",
        "SystemRandom",
        "thread_rng",
        "RandomState",
        "tokio",
        "sqlx",
        "axum",
        "std::fs",
        "std::io",
        "std::env",
        "std::thread",
        "std::process",
        "UdpSocket",
        "TcpStream",
        "TcpListener",
        "println!",
        "eprintln!",
        "async fn",
        ".await",
    ];
    let mut faults = Vec::new();
    for file in rust_files() {
        let pure = file.path.starts_with("sfu/src/forward/")
            || file.path.starts_with("sfu/src/congestion/")
            || file.path.ends_with("/rules.rs");
        if pure {
            faults.extend(
                never
                    .iter()
                    .flat_map(|word| places(file, &file.idents, word)),
            );
        }
    }
    none(
        "no clock, randomness or I/O in forward, congestion, rules: time is an argument",
        faults,
    );
}

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
fn every_queue_is_bounded_and_says_what_happens_when_it_is_full() {
    let mut faults = Vec::new();
    for file in rust_files() {
        for word in [
            "unbounded_channel",
            "unbounded",
            "UnboundedSender",
            "UnboundedReceiver",
            "channel()",
        ] {
            let found = places(
                file,
                &file.idents.replace("oneshot::channel()", "oneshot"),
                word,
            );
            faults.extend(found);
        }
        let makes = ["mpsc::channel(", "broadcast::channel(", "sync_channel("];
        let queue = makes.iter().find_map(|m| file.idents.find(m));
        let says = ["bounded", "full", "drop", "waits"];
        let mut comments = file
            .text
            .lines()
            .filter(|l| l.trim_start().starts_with("//"));
        if let Some(at) = queue
            && !comments.any(|l| says.iter().any(|s| l.to_lowercase().contains(s)))
        {
            faults.push(format!(
                "{}:{}: no comment says what it drops",
                file.path,
                line_of(&file.idents, at)
            ));
        }
    }
    none(
        "every queue is bounded and its comment says what it drops when full",
        faults,
    );
}

#[test]
fn unsafe_code_is_in_one_file() {
    let mut faults = Vec::new();
    for file in rust_files()
        .iter()
        .filter(|f| f.path != "sfu/src/transport/udp.rs")
    {
        faults.extend(places(file, &file.idents, "unsafe"));
        faults.extend(places(file, &file.idents, "unsafe_code"));
    }
    none("unsafe only in sfu/src/transport/udp.rs", faults);
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let own = ["tests/tests/it/tidy.rs"];
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

/// Every address in a table of routes: the string literals that begin with `/` in a `route(…)`.
fn routes() -> Vec<(String, String)> {
    let mut routes = Vec::new();
    for file in rust_files().iter().filter(|f| !f.shipped.is_empty()) {
        for at in words(&file.shipped, "route(") {
            let call = bracketed(&file.idents, at + "route".len());
            let call = &file.shipped[at + "route".len()..at + "route".len() + call.len()];
            for literal in call
                .split('"')
                .skip(1)
                .step_by(2)
                .filter(|l| l.starts_with('/'))
            {
                let place = format!("{}:{}", file.path, line_of(&file.shipped, at));
                routes.push((place, literal.to_owned()));
            }
        }
    }
    routes
}

#[test]
fn every_route_is_written_down() {
    // JSON: a `#[utoipa::path]` puts it into the OpenAPI document; docs/API.md has what `web` answers. What is not JSON:
    // docs/PROTOCOL.md, or for pages and files the table of addresses in docs/ARCHITECTURE.md.
    let declared = |route: &str| {
        rust_files().iter().any(|f| {
            let mut described = f.shipped.match_indices("utoipa::path(");
            described.any(|(at, found)| {
                let described = bracketed(&f.shipped, at + found.len() - 1);
                described.contains(&format!("\"{route}\""))
            })
        })
    };
    let written = |route: &str, documents: &[&str]| {
        let quoted = format!("{route}`");
        documents
            .iter()
            .any(|document| text(document).contains(&quoted))
    };
    let mut faults = Vec::new();
    for (place, route) in routes() {
        let json = route.starts_with("/api/");
        let documents: &[&str] = if json {
            &["docs/API.md"]
        } else {
            &["docs/PROTOCOL.md", "docs/ARCHITECTURE.md"]
        };
        // What answers for every address that is none has no address.
        let rest = json && route.contains("{*");
        if !declared(&route) && !written(&route, documents) && !rest {
            faults.push(format!("{place}: {route}"));
        }
    }
    none(
        "every route is in the OpenAPI document or docs/API.md; if it is not JSON, in docs/PROTOCOL.md or docs/ARCHITECTURE.md",
        faults,
    );
}

#[test]
fn served_pages_carry_no_inline_style_or_script() {
    let mut faults = Vec::new();
    for file in files_ending(".html").chain(files_ending(".svelte")) {
        if !file.path.starts_with("web/") {
            continue;
        }
        let svelte = file.path.ends_with(".svelte");
        for (number, line) in file.text.lines().enumerate() {
            let place = format!("{}:{}", file.path, number + 1);
            let lower = line.to_lowercase();
            if lower.contains(" style=") || lower.contains("javascript:") {
                faults.push(format!("{place}: an inline style or script"));
            }
            if svelte {
                continue;
            }
            if lower.contains("<style") || (lower.contains("<script") && !lower.contains(" src=")) {
                faults.push(format!("{place}: an inline style sheet or script"));
            }
            let handler = words(&lower, "on").next().is_none() && lower.contains(" on") && {
                lower.split(" on").skip(1).any(|rest| {
                    rest.split(['=', ' ', '>', '"']).next().is_some_and(|n| {
                        [
                            "click", "load", "change", "input", "submit", "error", "focus",
                            "keydown",
                        ]
                        .contains(&n)
                            && rest[n.len()..].starts_with('=')
                    })
                })
            };
            if handler {
                faults.push(format!("{place}: an inline handler"));
            }
        }
    }
    none(
        "no style attribute, inline script or handler: the content security policy forbids them",
        faults,
    );
}

#[test]
fn log_lines_at_info_or_above_carry_nothing_personal() {
    let personal = [
        "name",
        "display_name",
        "email",
        "phone",
        "ip",
        "peer_addr",
        "remote_addr",
        "client_addr",
        "from_addr",
        "ticket",
        "token",
        "sdp",
        "offer",
        "answer",
        "cookie",
        "secret",
        "resume",
        "title",
        "password",
        "label",
    ];
    let mut faults = Vec::new();
    for file in rust_files() {
        for level in ["info!(", "warn!(", "error!("] {
            for (at, _) in file.shipped.match_indices(level) {
                let call = bracketed(&file.idents, at + level.len() - 1);
                let with_text =
                    &file.shipped[at + level.len() - 1..at + level.len() - 1 + call.len()];
                for word in personal {
                    let field = words(call, word).any(|w| {
                        let rest = call[w + word.len()..].trim_start();
                        let before = call[..w].trim_end();
                        rest.starts_with('=')
                            || rest.starts_with([',', ')'])
                            || before.ends_with(['%', '?', '.'])
                    });
                    let inline = [":", "}"]
                        .iter()
                        .any(|e| with_text.contains(&format!("{{{word}{e}")));
                    if field || inline {
                        faults.push(format!(
                            "{}:{}: {word}",
                            file.path,
                            line_of(&file.shipped, at)
                        ));
                    }
                }
            }
        }
    }
    none(
        "no name, address, ticket, token or SDP in a log line at info or above",
        faults,
    );
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
fn dependencies_have_one_version_written_in_one_place() {
    let mut faults = Vec::new();
    for name in CRATES {
        let manifest = manifest(name);
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            let table = manifest.get(section).and_then(toml::Value::as_table);
            for (dependency, value) in table.into_iter().flatten() {
                let shared = value.get("workspace").and_then(toml::Value::as_bool) == Some(true);
                if !shared {
                    faults.push(format!("{name}/Cargo.toml: {dependency}"));
                }
            }
        }
        let inherits = |table: &str, key: &str| {
            let value = manifest.get(table).and_then(|t| t.get(key));
            value
                .and_then(|v| v.get("workspace"))
                .and_then(toml::Value::as_bool)
                == Some(true)
        };
        if !inherits("package", "license") {
            faults.push(format!(
                "{name}/Cargo.toml: the licence is not the workspace's"
            ));
        }
        let lints = manifest.get("lints").and_then(|l| l.get("workspace"));
        if lints.and_then(toml::Value::as_bool) != Some(true) {
            faults.push(format!(
                "{name}/Cargo.toml: the lints are not the workspace's"
            ));
        }
    }
    none("versions, licence and lints are the workspace's", faults);
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
