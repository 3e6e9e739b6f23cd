//! A real `aikste serve`, in its own folder, on free ports, with the demonstration city in it. It is the program that was
//! built beside this test binary: nothing is built here. Ended with everything it started when the value is dropped.
//!
//! There is one at a time: two servers with their browsers on two cores would measure each other.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use crate::http::get;
use crate::wait::until;

/// How long a start may take: the recorder process is started in it.
const START: Duration = Duration::from_secs(120);

/// The program, or a clear word about how to get it.
pub fn aikste() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let folder = me.parent().and_then(Path::parent).unwrap();
    let program = folder.join("aikste");
    assert!(
        program.is_file(),
        "{} is not built: `make test` builds it, or `cargo build --package web --bin aikste`",
        program.display()
    );
    program
}

/// A command of the program, with nothing of this process's environment that configures it.
pub fn command(data: &Path) -> Command {
    let mut command = Command::new(aikste());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AIKSTE_") {
            command.env_remove(name);
        }
    }
    command.env("AIKSTE_DATA_DIR", data);
    command.env("AIKSTE_DEMO_ACCOUNTS", "true");
    command.stdin(Stdio::null());
    command
}

/// Runs a command to its end.
pub fn run(data: &Path, args: &[&str]) -> Output {
    command(data).args(args).output().unwrap()
}

/// Waits until no other test has a server running, in this process or another. Held until the file is dropped. For tests
/// without a server, too, that keep the machine busy while another one measures.
pub fn one_at_a_time() -> Arc<File> {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("one-server.lock");
    let file = File::create(path).unwrap();
    file.lock().unwrap();
    Arc::new(file)
}

/// A running server.
pub struct Server {
    child: Child,
    data: Arc<TempDir>,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    log: Arc<Mutex<String>>,
    alone: Arc<File>,
}

impl Server {
    /// Starts one with the demonstration city; panics with its log when it does not become ready.
    pub fn start() -> Self {
        Self::start_filled_with(&[])
    }

    /// As [`Self::start`], with these environment variables.
    pub fn start_filled_with(environment: &[(&str, &str)]) -> Self {
        let alone = one_at_a_time();
        let data = Arc::new(tempfile::tempdir().unwrap());
        let filled = run(data.path(), &["demo", "fill"]);
        assert!(
            filled.status.success(),
            "demo fill: {}",
            String::from_utf8_lossy(&filled.stderr)
        );
        Self::start_in(data, alone, environment)
    }

    /// Starts one with these environment variables, without the demonstration city.
    pub fn start_with(environment: &[(&str, &str)]) -> Self {
        Self::start_in(
            Arc::new(tempfile::tempdir().unwrap()),
            one_at_a_time(),
            environment,
        )
    }

    /// Starts the program again on the same folder, after this one has ended or was killed.
    pub fn start_again(mut self) -> Self {
        self.kill_everything();
        Self::start_in(self.data.clone(), self.alone.clone(), &[])
    }

    fn start_in(data: Arc<TempDir>, alone: Arc<File>, environment: &[(&str, &str)]) -> Self {
        // On a free port, unless a test must know it before: providers of identity are told where to return to.
        let listens = environment
            .iter()
            .any(|(name, _)| *name == "AIKSTE_SERVER_LISTEN");
        let listen: &[&str] = if listens {
            &[]
        } else {
            &["--listen", "127.0.0.1:0"]
        };
        let mut child = command(data.path())
            .args(["serve", "--media-ports", "0"])
            .args(listen)
            .env("AIKSTE_SERVER_SHUTDOWN_GRACE_S", "1")
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let (ready, is_ready) = sync_channel(1);
        collect(child.stdout.take().unwrap(), log.clone(), Some(ready));
        collect(child.stderr.take().unwrap(), log.clone(), None);
        let mut server = Self {
            child,
            data,
            url: String::new(),
            log,
            alone,
        };
        match is_ready.recv_timeout(START) {
            Ok(url) => server.url = url,
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                panic!("the server did not start:\n{}", server.log())
            }
        }
        server.wait_ready();
        server
    }

    /// Waits until `/health/ready` says so.
    pub fn wait_ready(&self) {
        let ready = until(START, || {
            (get(&self.url, "/health/ready").status == 200).then_some(())
        });
        assert!(
            ready.is_some(),
            "not ready: {}\n{}",
            get(&self.url, "/health/ready").body,
            self.log()
        );
    }

    /// Everything it has written so far.
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// How long that is by now, in bytes.
    pub fn log_length(&self) -> usize {
        self.log.lock().unwrap().len()
    }

    /// Where sound and pictures are taken, by UDP and by TCP.
    pub fn media_port(&self) -> u16 {
        let log = self.log();
        let port = log.split("media_port=").nth(1).and_then(|rest| {
            let digits = rest.split(|c: char| !c.is_ascii_digit()).next();
            digits?.parse().ok()
        });
        port.unwrap_or_else(|| panic!("the log does not say the media port:\n{log}"))
    }

    /// The data folder.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The folder of the recordings.
    pub fn media(&self) -> PathBuf {
        self.data().join("media")
    }

    /// The server's own process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The recorder process, when there is one.
    pub fn recorder_pid(&self) -> Option<u32> {
        let children = format!("/proc/{0}/task/{0}/children", self.pid());
        // A process's children are listed by the thread that started them.
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.pid())).ok()?;
        let lists = tasks.flatten().map(|task| task.path().join("children"));
        let text: String = lists
            .chain([PathBuf::from(children)])
            .filter_map(|list| std::fs::read_to_string(list).ok())
            .collect();
        let is_recorder = |pid: &u32| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|b| *b == 0).any(|word| word == b"recorder")
        };
        text.split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .find(is_recorder)
    }

    /// `kill -9` of the server and of everything it started, at the same moment.
    pub fn kill_everything(&mut self) {
        let recorder = self.recorder_pid();
        kill(Signal::KILL, self.pid());
        // The recorder may lead a group of its own.
        if let Some(recorder) = recorder {
            kill(Signal::KILL, recorder);
        }
        let _ = self.child.wait();
    }

    /// Asks it to end (SIGTERM) and waits for it; its exit code.
    pub fn stop(mut self) -> Option<i32> {
        terminate(self.pid());
        let ended = self.child.wait().ok().and_then(|status| status.code());
        self.kill_everything();
        ended
    }

    /// Panics when the server's log tells of a panic.
    pub fn assert_no_panic(&self) {
        let log = self.log();
        let panic = log.lines().find(|line| line.contains("panicked at"));
        assert!(panic.is_none(), "the server panicked:\n{log}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill_everything();
        if std::thread::panicking() {
            eprintln!("--- the server's log ---\n{}", self.log());
        }
    }
}

/// Sends a signal to a process, and to its whole group when it leads one. A process that is gone already is no fault.
pub fn kill(signal: Signal, pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, signal);
        let _ = kill_process(pid, signal);
    }
}

/// Asks one process, and no other of its group, to end.
pub fn terminate(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, Signal::TERM);
    }
}

/// Keeps what a process writes; tells the address it says it listens on. The channel holds one item and is sent one.
fn collect(
    from: impl Read + Send + 'static,
    log: Arc<Mutex<String>>,
    ready: Option<SyncSender<String>>,
) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if let (Some(ready), Some(at)) = (&ready, line.find("http"))
                && line.starts_with("Aikštė:")
            {
                let _ = ready.try_send(line[at..].trim_end_matches('/').to_owned());
            }
            let mut log = log.lock().unwrap();
            log.push_str(&line);
            log.push('\n');
        }
    });
}
