//! A network namespace for a test that breaks networks: the test runs again in it, as a process of its own. There
//! `tests/network/lab.py` makes the links and `tests/browser/lab.mjs` the browsers behind them. It needs root.

use std::process::Command;

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
    let status = Command::new("unshare")
        .arg("--net")
        .arg(me)
        .args(["--exact", test, "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .unwrap_or_else(|error| panic!("unshare (Debian: util-linux): {error}"));
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
