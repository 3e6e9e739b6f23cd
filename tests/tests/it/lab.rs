//! A network namespace for a test that breaks networks: the test runs again in it, as a process of its own. There
//! `tests/network/lab.py` makes the links and `tests/browser/lab.mjs` the browsers behind them. It needs root.

use std::io::{BufRead, BufReader};
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

/// The address of the server, as clients see it.
pub const SERVER: &str = "10.98.0.1";

const INSIDE: &str = "AIKSTE_TEST_INSIDE_LAB";

/// Whether this process is such a test's.
pub fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Plays this test (its full name) where networks can be broken. Fails where that is not allowed: a test that did not run
/// says nothing.
pub fn inside(test: &str, play: impl FnOnce()) {
    if is_inside() {
        ip(&["link", "set", "lo", "up"]);
        ip(&["address", "add", &format!("{SERVER}/32"), "dev", "lo"]);
        play();
        return;
    }
    let me = std::env::current_exe().unwrap();
    // What it writes is this test's output, shown when it fails; indented, or its result would be counted, too.
    let (reads, writes) = std::io::pipe().unwrap();
    let mut child = Command::new("unshare")
        .arg("--net")
        .arg(me)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .stdout(writes.try_clone().unwrap())
        .stderr(writes)
        .spawn()
        .unwrap_or_else(|error| panic!("unshare (Debian: util-linux): {error}"));
    // Bounded: the process waits when nobody reads; nothing is dropped.
    let (sender, says) = sync_channel(256);
    std::thread::spawn(move || {
        for line in BufReader::new(reads).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    loop {
        match says.recv_timeout(Duration::from_millis(200)) {
            Ok(line) => println!("  {line}"),
            // Something that it left behind may hold its output open.
            Err(RecvTimeoutError::Timeout) if child.try_wait().unwrap().is_none() => {}
            Err(_) => break,
        }
    }
    let status = child.wait().unwrap();
    assert!(
        status.success(),
        "{test} failed inside of its network namespace ({status}). If nothing else is said above: this machine allows no \
         namespaces; the test needs root and CAP_NET_ADMIN, and is never left out"
    );
}

fn ip(args: &[&str]) {
    let status = Command::new("ip").args(args).status();
    let status = status.unwrap_or_else(|error| panic!("ip (Debian: iproute2): {error}"));
    assert!(status.success(), "ip {}", args.join(" "));
}
