//! Real browsers. Each scenario is a file `tests/browser/<scenario>.mjs`, run by Node.js: it gets its arguments as JSON,
//! says what it sees as JSON lines, and is answered by lines when a test does something in the middle of it.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::server::terminate;
use crate::source::root;
use crate::wait::until;

/// A scenario that runs.
pub struct Scenario {
    name: String,
    node: Child,
    says: Option<ChildStdin>,
    hears: Receiver<String>,
    deadline: Instant,
}

impl Scenario {
    /// Starts `tests/browser/<name>.mjs`. All of it must be over within `limit`.
    pub fn start(name: &str, args: &Value, limit: Duration) -> Self {
        let folder = root().join("tests/browser");
        assert!(
            folder.join("node_modules/playwright-core").is_dir(),
            "tests/browser has no node_modules: `make install`, or `npm ci` there"
        );
        let mut node = Command::new("node")
            .arg(folder.join(format!("{name}.mjs")))
            .arg(args.to_string())
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Bounded: the scenario waits when nobody reads; nothing is dropped.
        let (sender, hears) = sync_channel(256);
        let stdout = node.stdout.take().unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let says = node.stdin.take();
        Self {
            name: name.to_owned(),
            node,
            says,
            hears,
            deadline: Instant::now() + limit,
        }
    }

    /// Runs a scenario that needs no answers; what its `done` line says.
    pub fn run(name: &str, args: &Value, limit: Duration) -> Value {
        Self::start(name, args, limit).wait_for("done")
    }

    /// Waits for the line `{"event": event, …}`. Lines before it are printed; a `failed` line ends the test.
    #[track_caller]
    pub fn wait_for(&mut self, event: &str) -> Value {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.hears.recv_timeout(left) else {
                panic!(
                    "{}.mjs ended, or its time was over, before it said \"{event}\"",
                    self.name
                );
            };
            println!("{}: {line}", self.name);
            let value: Value = serde_json::from_str(&line).unwrap_or_default();
            match value["event"].as_str() {
                Some("failed") => panic!(
                    "{}.mjs: {}",
                    self.name,
                    value["message"].as_str().unwrap_or("?")
                ),
                Some(found) if found == event => return value,
                _ => {}
            }
        }
    }

    /// Lets a scenario that waits go on.
    pub fn go_on(&mut self) {
        let says = self.says.as_mut().expect("taken only on drop");
        says.write_all(b"go on\n").unwrap();
        says.flush().unwrap();
    }
}

impl Drop for Scenario {
    fn drop(&mut self) {
        drop(self.says.take());
        // Asked first, because it then closes its browsers; killed when it does not listen.
        terminate(self.node.id());
        let ended = until(Duration::from_secs(10), || {
            self.node.try_wait().ok().flatten()
        });
        if ended.is_none() {
            let _ = self.node.kill();
            let _ = self.node.wait();
        }
    }
}
