//! The commands of the program: what they print, and the codes they end with.

use std::path::Path;
use std::process::Output;

use sqlx::Connection;

use crate::server::{Server, command, one_at_a_time, run};

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[track_caller]
fn assert_code(output: &Output, code: i32) {
    assert_eq!(
        output.status.code(),
        Some(code),
        "stdout: {}\nstderr: {}",
        out(output),
        err(output)
    );
}

/// What filling the city says.
fn filled(data: &Path) -> String {
    let output = run(data, &["demo", "fill"]);
    assert_code(&output, 0);
    out(&output)
}

#[test]
fn every_command_explains_itself() {
    let _alone = one_at_a_time();
    let data = tempfile::tempdir().unwrap();
    let help = run(data.path(), &["--help"]);
    assert_code(&help, 0);
    for name in ["serve", "check-config", "ticket", "demo", "log", "media"] {
        assert!(out(&help).contains(name), "--help does not name {name}");
    }
    let commands: [&[&str]; 14] = [
        &["serve"],
        &["check-config"],
        &["ticket"],
        &["demo"],
        &["demo", "fill"],
        &["demo", "remove"],
        &["log", "verify"],
        &["log", "export"],
        &["log", "checkpoint"],
        &["log", "rotate-key"],
        &["media", "verify"],
        &["keys", "list"],
        &["keys", "rotate"],
        &["residents", "import"],
    ];
    for command in commands {
        let help = run(data.path(), &[command, &["--help"]].concat());
        assert_code(&help, 0);
        assert!(out(&help).contains("Usage:"), "{command:?}");
    }
    assert_code(&run(data.path(), &["no-such-command"]), 2);
}

#[test]
fn check_config_explains_every_mistake() {
    let _alone = one_at_a_time();
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("aikste.toml");
    std::fs::write(
        &file,
        "[server]\nlisten = \"0.0.0.0:80\"\n[media]\nports = \"9-3\"\n",
    )
    .unwrap();
    let path = file.to_str().unwrap();
    let wrong = run(data.path(), &["check-config", "--config", path]);
    assert_code(&wrong, 2);
    let said = out(&wrong) + &err(&wrong);
    assert!(
        said.contains("server.tls") && said.contains("media.ports"),
        "{said}"
    );

    std::fs::write(&file, "[server]\nlisen = \"127.0.0.1:80\"\n").unwrap();
    let unknown = run(data.path(), &["check-config", "--config", path]);
    assert_code(&unknown, 2);
    assert!(err(&unknown).contains("lisen"), "{}", err(&unknown));

    std::fs::write(&file, "[server]\nlisten = \"127.0.0.1:8081\"\n").unwrap();
    assert_code(&run(data.path(), &["check-config", "--config", path]), 0);
    assert_code(
        &run(
            data.path(),
            &["check-config", "--config", "/no/such/file.toml"],
        ),
        2,
    );
}

#[test]
fn a_ticket_is_printed_and_wrong_grants_are_refused() {
    let _alone = one_at_a_time();
    let data = tempfile::tempdir().unwrap();
    let ticket = run(
        data.path(),
        &[
            "ticket",
            "--room",
            "bench-*",
            "--grant",
            "publish,subscribe",
        ],
    );
    assert_code(&ticket, 0);
    assert_eq!(out(&ticket).lines().count(), 1);
    assert!(out(&ticket).trim().len() > 40);
    assert_code(
        &run(data.path(), &["ticket", "--room", "x", "--grant", "fly"]),
        2,
    );
}

#[test]
fn the_demonstration_city_is_filled_once_and_removed_whole() {
    let _alone = one_at_a_time();
    let data = tempfile::tempdir().unwrap();
    let first = filled(data.path());
    let second = filled(data.path());
    assert_ne!(
        first, second,
        "the second filling adds nothing, and says so"
    );
    let removed = run(data.path(), &["demo", "remove"]);
    assert_code(&removed, 0);
    let again = run(data.path(), &["demo", "remove"]);
    assert_code(&again, 0);
    assert_ne!(
        out(&removed),
        out(&again),
        "the second removal removes nothing, and says so"
    );
    assert_eq!(
        filled(data.path()),
        first,
        "after a removal it is filled as at first"
    );
}

#[test]
fn the_civic_log_verifies_and_a_change_is_found() {
    let _alone = one_at_a_time();
    let data = tempfile::tempdir().unwrap();
    filled(data.path());
    let whole = run(data.path(), &["log", "verify"]);
    assert_code(&whole, 0);

    // Someone changes a record behind our back.
    change(
        &data.path().join("aikste.db"),
        "update log_records set payload = '{}' where seq = 1",
    );
    let changed = run(data.path(), &["log", "verify"]);
    assert_code(&changed, 3);
}

#[test]
fn an_export_is_checked_offline_and_the_first_bad_record_is_named() {
    let _alone = one_at_a_time();
    let data = tempfile::tempdir().unwrap();
    filled(data.path());
    let file = data.path().join("log.jsonl");
    let path = file.to_str().unwrap();
    assert_code(&run(data.path(), &["log", "export", "--output", path]), 0);
    let whole = std::fs::read_to_string(&file).unwrap();
    let printed = run(data.path(), &["log", "export"]);
    assert_eq!(out(&printed), whole);
    // Anywhere: without the data it came from.
    let elsewhere = tempfile::tempdir().unwrap();
    let checked = run(elsewhere.path(), &["log", "verify", path]);
    assert_code(&checked, 0);
    let count = whole.lines().count();
    assert!(out(&checked).starts_with(&format!("{count} records")));
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    let altered = lines[2].replacen("conference", "conferenbe", 1);
    let changes: [(Vec<&str>, &str); 3] = [
        (
            [&lines[..2], &[altered.as_str()], &lines[3..]].concat(),
            "record 3:",
        ),
        ([&lines[..1], &lines[2..]].concat(), "record 2:"),
        (
            [&lines[..3], &[lines[4], lines[3]], &lines[5..]].concat(),
            "record 4:",
        ),
    ];
    for (changed, named) in changes {
        std::fs::write(&file, changed.concat()).unwrap();
        let found = run(elsewhere.path(), &["log", "verify", path]);
        assert_code(&found, 3);
        assert!(out(&found).starts_with(named), "{}", out(&found));
    }
    assert_code(&run(elsewhere.path(), &["log", "verify", "/no/such"]), 1);
}

#[test]
fn a_kept_checkpoint_tells_on_a_rewritten_log() {
    let _alone = one_at_a_time();
    let data = tempfile::tempdir().unwrap();
    filled(data.path());
    assert_code(&run(data.path(), &["log", "checkpoint"]), 1);
    let rotated = run(data.path(), &["log", "rotate-key"]);
    assert_code(&rotated, 0);
    let key = out(&rotated);
    let key = key.split_whitespace().last().unwrap().to_owned();
    assert!(data.path().join("log.key").exists());
    let checkpoint = run(data.path(), &["log", "checkpoint"]);
    assert_code(&checkpoint, 0);
    let kept = data.path().join("kept.txt");
    std::fs::write(&kept, &checkpoint.stdout).unwrap();
    let file = data.path().join("log.jsonl");
    let path = file.to_str().unwrap();
    assert_code(&run(data.path(), &["log", "export", "--output", path]), 0);
    let check = |key: &str| {
        let kept = kept.to_str().unwrap();
        let args = ["log", "verify", path, "--checkpoint", kept, "--key", key];
        run(data.path(), &args)
    };
    assert_code(&check(&key), 0);
    // The new key alone does not make it the old one's.
    let other = run(data.path(), &["log", "rotate-key"]);
    let other = out(&other);
    let other = other.split_whitespace().last().unwrap();
    assert_code(&check(other), 3);
    assert_code(&run(data.path(), &["log", "verify"]), 0);
    // A shorter log is whole, and yet not the one that was signed.
    let whole = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = whole.split_inclusive('\n').collect();
    std::fs::write(&file, lines[..lines.len() - 2].concat()).unwrap();
    assert_code(&run(data.path(), &["log", "verify", path]), 0);
    assert_code(&check(&key), 3);
}

/// Changes the embedded database directly.
fn change(database: &Path, sql: &'static str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let changed = runtime.block_on(async {
        let mut connection = sqlx::SqliteConnection::connect(&database.display().to_string())
            .await
            .unwrap();
        sqlx::query(sql)
            .execute(&mut connection)
            .await
            .unwrap()
            .rows_affected()
    });
    assert!(changed > 0, "nothing was changed");
}

#[test]
fn media_verify_says_what_is_wrong() {
    let _alone = one_at_a_time();
    let data = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(data.path().join("media")).unwrap();
    assert_code(&run(data.path(), &["media", "verify"]), 0);

    let folder = data.path().join("media/01-made-by-hand");
    std::fs::create_dir_all(&folder).unwrap();
    let manifest = serde_json::json!({
        "version": 1, "recording": "01-made-by-hand", "started_us": 1, "duration_us": 1_000_000, "state": "finished",
        "tracks": [{ "track": 1, "participant": 1, "source": "microphone", "codec": "opus", "pieces": [{
            "file": "1-1.webm", "start_us": 0, "duration_us": 1_000_000, "size_bytes": 5, "sha256": "0".repeat(64) }] }],
        "speakers": [],
    });
    std::fs::write(folder.join("manifest.json"), manifest.to_string()).unwrap();
    std::fs::write(folder.join("1-1.webm"), "wrong").unwrap();
    let faulty = run(data.path(), &["media", "verify"]);
    assert_code(&faulty, 3);
    assert!(out(&faulty).contains("1-1.webm"), "{}", out(&faulty));
}

#[test]
fn a_taken_port_is_explained_and_the_end_is_orderly() {
    let server = Server::start_with(&[]);
    let address = server.url.trim_start_matches("http://").to_owned();
    let data = tempfile::tempdir().unwrap();
    let second = command(data.path())
        .args(["serve", "--listen", &address, "--media-ports", "0"])
        .output()
        .unwrap();
    assert_code(&second, 1);
    assert!(err(&second).contains(&address), "{}", err(&second));
    assert_eq!(server.stop(), Some(0), "SIGTERM ends it in order");
}

#[test]
fn keys_are_listed_guarded_and_changed() {
    use std::os::unix::fs::PermissionsExt;
    let data = tempfile::tempdir().unwrap();
    assert_code(&run(data.path(), &["demo", "fill"]), 0);
    let listed = run(data.path(), &["keys", "list"]);
    assert_code(&listed, 0);
    let words = out(&listed);
    assert!(words.contains("secret: ") && words.contains("read by its owner only"));
    assert!(words.contains("session: ") && words.contains("none yet"));
    let ticket = ["ticket", "--room", "r", "--grant", "subscribe"];
    let secret = data.path().join("secret.key");
    let before = std::fs::read(&secret).unwrap();
    assert_code(&run(data.path(), &["keys", "rotate", "session"]), 0);
    assert_code(&run(data.path(), &ticket), 0);
    assert_eq!(std::fs::read(&secret).unwrap(), before);
    let session = data.path().join("session.key");
    assert_eq!(std::fs::metadata(&session).unwrap().len(), 32);
    assert_code(&run(data.path(), &["keys", "list"]), 0);
    std::fs::set_permissions(&session, std::fs::Permissions::from_mode(0o640)).unwrap();
    let listed = run(data.path(), &["keys", "list"]);
    assert_code(&listed, 3);
    assert!(out(&listed).contains("OTHERS CAN READ IT"));
    assert_code(&run(data.path(), &["keys", "rotate", "log"]), 0);
    assert_eq!(std::fs::read(&secret).unwrap(), before);
    let log = out(&run(data.path(), &["log", "export"]));
    let told = |line: &&str| line.contains("\"key.rotated\"") && line.contains("\"session\"");
    assert_eq!(log.lines().filter(told).count(), 1, "{log}");
}
