//! A publisher that is not ours: GStreamer's `webrtcbin`, driven by `tests/gstreamer/publish.py`, which says what happens
//! as JSON lines.

use std::cell::RefCell;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::source::root;

/// A publisher that runs.
pub struct Publisher {
    process: Child,
    says: Option<ChildStdin>,
    hears: Receiver<Value>,
    /// What it has said: on a busy machine things happen in another order than on an idle one.
    heard: RefCell<Vec<Value>>,
}

impl Publisher {
    /// Starts it; it sends `what` (`audio`, `vp8`, `h264`) to a WHIP endpoint.
    pub fn start(endpoint: &str, ticket: &str, what: &str) -> Self {
        // Debian's own Python: GStreamer's bindings are packages of the system.
        let mut process = Command::new("/usr/bin/python3")
            .arg(root().join("tests/gstreamer/publish.py"))
            .args([endpoint, ticket, what])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Bounded: it waits when nobody reads; nothing is dropped.
        let (sender, hears) = sync_channel(256);
        let stdout = BufReader::new(process.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = sender.send(serde_json::from_str(&line).unwrap_or_default());
            }
        });
        let says = process.stdin.take();
        Self {
            process,
            says,
            hears,
            heard: RefCell::default(),
        }
    }

    /// Waits for a line in which `event` is as wanted, or finds it among those that came before.
    #[track_caller]
    pub fn wait_for(&self, event: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + Duration::from_secs(120);
        let mut heard = self.heard.borrow_mut();
        loop {
            let found = heard
                .iter()
                .find(|said| said["event"] == event && wanted(said));
            if let Some(found) = found {
                return found.clone();
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(said) = self.hears.recv_timeout(left) else {
                panic!(
                    "GStreamer never said {event}: are gstreamer1.0-nice and python3-gi installed? (`make install`)"
                );
            };
            println!("publish.py: {said}");
            assert_ne!(said["event"], "failed", "{said}");
            heard.push(said);
        }
    }

    /// Ends its session; the status of that.
    pub fn end(mut self) -> Value {
        drop(self.says.take());
        self.wait_for("ended", |_| true)["status"].clone()
    }
}

impl Drop for Publisher {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
