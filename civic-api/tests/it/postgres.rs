//! A PostgreSQL for this test run: a private cluster in a temporary folder, reached by a socket in it. It lives as long
//! as the test process: a shell keeps it and takes it down when its input ends, however the process ended.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::db;

const KEEPER: &str = r#"
set -e
dir=$(mktemp -d "${TMPDIR:-/tmp}/aikste-pg.XXXXXX")
finish() {
    "$BIN/pg_ctl" -D "$dir/data" -m immediate stop >/dev/null 2>&1 || true
    rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM HUP
"$BIN/initdb" -D "$dir/data" -U postgres -A trust -E UTF8 --locale=C --no-sync >"$dir/initdb" 2>&1 || { cat "$dir/initdb" >&2; exit 1; }
"$BIN/pg_ctl" -D "$dir/data" -w -l "$dir/log" \
    -o "-c listen_addresses= -c unix_socket_directories=$dir -c fsync=off -c max_connections=200" \
    start >/dev/null 2>&1 </dev/null || { cat "$dir/log" >&2; exit 1; }
echo "$dir"
read -r _ || true
"#;

struct Cluster {
    folder: String,
    /// Its input ends with this process.
    _keeper: Child,
}

static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// The URL of an empty database that nobody else uses.
pub(crate) async fn new_database() -> String {
    let cluster = tokio::task::spawn_blocking(|| CLUSTER.get_or_init(start))
        .await
        .unwrap();
    let name = format!("aikste_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
    let url = |database: &str| {
        format!(
            "postgres://postgres@localhost/{database}?host={}",
            cluster.folder
        )
    };
    db::create_database(&url("postgres"), &name).await;
    url(&name)
}

fn start() -> Cluster {
    let bin = programs();
    let mut command = if std::fs::metadata("/proc/self").unwrap().uid() == 0 {
        // PostgreSQL refuses to run as root.
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--", "sh", "-c", KEEPER]);
        command
    } else {
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER]);
        command
    };
    let mut keeper = command
        .env("BIN", bin)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut folder = String::new();
    BufReader::new(keeper.stdout.take().unwrap())
        .read_line(&mut folder)
        .unwrap();
    let folder = folder.trim().to_owned();
    assert!(!folder.is_empty(), "PostgreSQL did not start (see above)");
    Cluster {
        folder,
        _keeper: keeper,
    }
}

/// Where Debian puts the server's programs; the latest version.
fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .expect("PostgreSQL is installed (apt-get install postgresql)")
        .map(|entry| entry.unwrap().path().join("bin"))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    versions.sort();
    versions
        .pop()
        .expect("PostgreSQL is installed (apt-get install postgresql)")
}

/// Everything in a database, as its own `pg_dump` writes it.
pub(crate) fn dump(url: &str) -> Vec<u8> {
    let dumped = Command::new(programs().join("pg_dump"))
        .args(["--dbname", url])
        .output()
        .unwrap();
    assert!(dumped.status.success(), "{dumped:?}");
    dumped.stdout
}
