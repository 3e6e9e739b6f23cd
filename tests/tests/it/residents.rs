//! Where residents live, from outside: extracts of every kind by the command, and a resident who declares, is confirmed, and sits
//! in a reception of their eldership.

use std::fs;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::http::get;
use crate::providers::Identified;
use crate::server::run;

const CODE: &str = "33309240064";
const HEADER: &str = "asmens_kodas;seniunijos_kodas;data\n";

fn import(data: &Path, file: &[u8], more: &[&str]) -> Output {
    let path = data.join("extract.csv");
    fs::write(&path, file).unwrap();
    let path = path.to_str().unwrap();
    let output = run(data, &[&["residents", "import", path], more].concat());
    fs::remove_file(path).unwrap();
    output
}

fn words(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[test]
fn an_extract_is_imported_whole_or_not_at_all() {
    let data = tempfile::tempdir().unwrap();
    let good = format!("{HEADER}{CODE};1911;2026-10-01\n47604084093;1901;2026-10-01\n");
    let (code, out, err) = words(&import(data.path(), good.as_bytes(), &["--dry-run"]));
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("Nothing was imported."), "{out}");
    assert!(out.contains("2 residents: 2 added, 0 moved, 0 no longer in it"));
    let bad = format!("{good}38001010000;1911;2026-10-01\n{CODE};1901;2026-10-01\n");
    let (code, out, err) = words(&import(data.path(), bad.as_bytes(), &[]));
    assert_eq!((code, out.as_str()), (Some(3), ""));
    assert!(
        err.contains("extract.csv:4: the personal code is wrong"),
        "{err}"
    );
    assert!(
        err.contains("extract.csv:5: the same personal code with another eldership"),
        "{err}"
    );
    assert!(
        err.contains("2 lines are wrong; nothing was imported"),
        "{err}"
    );
    assert!(!err.contains(CODE) && !err.contains("38001010000"), "{err}");
    for nothing in [
        &b""[..],
        b"\xff\xfea\0s\0",
        b"PK\x03\x04",
        b"a;b;c\n1;2;3\n",
    ] {
        assert_eq!(import(data.path(), nothing, &[]).status.code(), Some(3));
    }
    let (code, out, err) = words(&import(data.path(), good.as_bytes(), &[]));
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("2 residents: 2 added"),
        "nothing was there: {out}"
    );
    let older = good.replace("2026-10-01", "2026-09-30");
    let (code, _, err) = words(&import(data.path(), older.as_bytes(), &[]));
    assert_eq!(code, Some(1), "{err}");
    let missing = run(data.path(), &["residents", "import", "/no/such/file.csv"]);
    assert_eq!(missing.status.code(), Some(1));
    for file in fs::read_dir(data.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let found = bytes.windows(CODE.len()).any(|w| w == CODE.as_bytes());
            assert!(!found, "{} holds a personal code", path.display());
        }
    }
}

#[test]
fn a_new_key_of_digests_is_taken_over_by_the_next_import_and_the_old_one_dropped() {
    let data = tempfile::tempdir().unwrap();
    let keys = |args: &[&str]| words(&run(data.path(), &[&["keys"], args].concat()));
    let file = format!("{HEADER}{CODE};1911;2026-10-01\n47604084093;1901;2026-10-01\n");
    let (code, _, err) = words(&import(data.path(), file.as_bytes(), &[]));
    assert_eq!(code, Some(0), "{err}");
    let (code, out, _) = keys(&["drop-old"]);
    assert_eq!((code, out.trim()), (Some(0), "There is no key to drop."));
    assert_eq!(keys(&["rotate", "persons"]).0, Some(0));
    let (code, _, err) = keys(&["rotate", "persons"]);
    assert_eq!(code, Some(1), "not before the old one is dropped");
    assert!(err.contains("aikste keys drop-old"), "{err}");
    let behind = |words: &str| {
        let (code, out, err) = keys(&["list"]);
        assert_eq!(code, Some(0), "{err}");
        assert!(out.contains(words), "{words}: {out}");
    };
    behind("0 ways of signing in, 2 residents of the register");
    let (code, _, err) = keys(&["drop-old"]);
    assert_eq!(code, Some(1));
    assert!(
        err.contains("still needed") && err.contains("2 residents"),
        "{err}"
    );
    let moved = file.replace("1911", "1901");
    let (code, out, err) = words(&import(data.path(), moved.as_bytes(), &[]));
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("2 residents: 0 added, 1 moved, 0 no longer in it"),
        "{out}"
    );
    behind("0 ways of signing in, 0 residents of the register");
    assert_eq!(keys(&["drop-old"]).0, Some(0));
    assert!(!keys(&["list"]).1.contains("known by persons-old"));
    let (_, out, _) = words(&import(data.path(), moved.as_bytes(), &[]));
    assert!(
        out.contains("2 residents: 0 added, 0 moved, 0 no longer in it"),
        "{out}"
    );
    // Whoever must, drops it while it is needed.
    assert_eq!(keys(&["rotate", "persons"]).0, Some(0));
    assert_eq!(keys(&["drop-old"]).0, Some(1));
    assert_eq!(keys(&["drop-old", "--force"]).0, Some(0));
    let (_, out, _) = words(&import(data.path(), moved.as_bytes(), &[]));
    assert!(
        out.contains("2 residents: 2 added, 0 moved, 2 no longer in it"),
        "{out}"
    );
}

#[test]
fn a_resident_declares_is_confirmed_and_sits_in_a_reception_of_their_eldership() {
    let city = Identified::start("oidc-hostile");
    let data = city.server.data();
    assert!(run(data, &["demo", "fill"]).status.success());
    let people = get(&city.server.url, "/api/v1/demonstration/accounts").json();
    let host = people["accounts"]
        .as_array()
        .into_iter()
        .flatten()
        .find(|one| one["role"] == "councillor")
        .cloned()
        .unwrap();
    let args = json!({ "url": city.server.url, "host": host });
    let mut scenario = Scenario::start("residence", &args, Duration::from_secs(900));
    scenario.wait_for("declared");
    let file = format!("\u{feff}{HEADER}{CODE};1911;2026-10-01\r\n");
    let (code, out, err) = words(&import(data, file.as_bytes(), &[]));
    assert_eq!(code, Some(0), "{err}");
    assert!(
        out.contains("accounts with a confirmed residence: 1"),
        "{out}"
    );
    scenario.go_on();
    let facts = scenario.wait_for("done");
    assert_eq!(facts["declared"], json!(["Šilainių seniūnija deklaruota"]));
    assert_eq!(facts["enter"], json!(false));
    assert_eq!(facts["refused"], json!(vec!["403 not_of_eldership"; 3]));
    assert_eq!(
        facts["confirmed"],
        json!([
            "Šilainių seniūnija patvirtinta pagal registrą 2026 m. spalio 1 d.",
            "Šilainių seniūnija deklaruota"
        ])
    );
    assert_eq!(facts["barred"], json!(false));
    let report: Vec<_> = facts["report"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    assert!(report.is_empty(), "{}", report.join("\n"));
    city.server.assert_no_panic();
}
