//! Which room may import, touch or hold what: the import table and the invariants of docs/ARCHITECTURE.md.

use super::*;

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

/// System calls that std lacks, and an operation that aws-lc-rs lacks.
const UNSAFE: [&str; 2] = ["sfu/src/transport/udp.rs", "civic-api/src/bare_rsa.rs"];

#[test]
fn unsafe_code_is_in_two_files() {
    let mut faults = Vec::new();
    for file in rust_files()
        .iter()
        .filter(|f| !UNSAFE.contains(&f.path.as_str()))
    {
        faults.extend(places(file, &file.idents, "unsafe"));
        faults.extend(places(file, &file.idents, "unsafe_code"));
    }
    none(&format!("unsafe only in {UNSAFE:?}"), faults);
}

/// It is named beside `aws-lc-rs`, which brings it: raised alone, there would be two.
#[test]
fn there_is_one_aws_lc() {
    let lock = std::fs::read_to_string(crate::source::root().join("Cargo.lock")).unwrap();
    assert_eq!(lock.matches("name = \"aws-lc-sys\"\n").count(), 1);
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
