//! A server as a process of its own, on its own cores: what it spends, what it holds, what the kernel dropped before it.

use std::collections::HashSet;
use std::fs;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};

/// A process; ended with its owner if that has started it.
pub struct Process {
    child: Option<Child>,
    pid: u32,
    /// Where it may run.
    pub cores: usize,
}

impl Process {
    /// Starts a program on the first cores, speaking through its standard streams if it should.
    pub fn start(
        program: &Path,
        arguments: &[String],
        cores: usize,
        speaks: bool,
    ) -> anyhow::Result<Self> {
        let list: Vec<_> = (0..cores.max(1)).map(|core| core.to_string()).collect();
        let pipe = || {
            if speaks {
                Stdio::piped()
            } else {
                Stdio::null()
            }
        };
        let child = Command::new("taskset")
            .arg("-c")
            .arg(list.join(","))
            .arg(program)
            .args(arguments)
            .stdin(pipe())
            .stdout(pipe())
            .spawn()
            .with_context(|| format!("starting {}", program.display()))?;
        Ok(Self {
            pid: child.id(),
            child: Some(child),
            cores: cores.max(1),
        })
    }

    /// One that runs already, wherever it may.
    pub fn running(pid: u32) -> Self {
        Self {
            child: None,
            pid,
            cores: 1,
        }
    }

    /// What it is told by, and what it says.
    pub fn streams(&mut self) -> anyhow::Result<(&mut ChildStdin, Option<ChildStdout>)> {
        let child = self.child.as_mut().context("it was not started here")?;
        let said = child.stdout.take();
        Ok((child.stdin.as_mut().context("its input is a pipe")?, said))
    }

    /// CPU time of all its threads.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let mut total = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.pid))? {
            // A thread that ended between the two calls is none.
            let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
                continue;
            };
            let spent = text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok());
            total += spent.context("schedstat begins with a number")?;
        }
        Ok(Duration::from_nanos(total))
    }

    /// Memory that it has filled itself (what it has read of its program is not counted), in kB.
    pub fn resident_kb(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid))?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("RssAnon:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.context("RssAnon is a number")
    }

    /// Fails if it has ended.
    pub fn check(&mut self) -> anyhow::Result<()> {
        match self
            .child
            .as_mut()
            .map(Child::try_wait)
            .transpose()?
            .flatten()
        {
            Some(status) => bail!("the server has ended: {status}"),
            None => Ok(()),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Keeps this process off the server's core, if there is another: the generator runs on the last one.
pub fn pin_generator() -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism()?.get();
    if cores < 2 {
        eprintln!("one core only: the generator runs beside the server");
        return Ok(());
    }
    let pinned = Command::new("taskset")
        .arg("-cp")
        .arg((cores - 1).to_string())
        .arg(std::process::id().to_string())
        .stdout(Stdio::null())
        .status()?;
    anyhow::ensure!(pinned.success(), "taskset refused");
    Ok(())
}

/// Lets the calling thread run before all others of this core as soon as it has something to do, if that is allowed: whoever
/// writes the time into a packet must not wait before it sends it.
pub fn hurry() {
    let thread = fs::read_link("/proc/thread-self");
    let thread = thread
        .ok()
        .and_then(|path| Some(path.file_name()?.to_owned()));
    let hurried = thread.map(|thread| {
        Command::new("chrt")
            .args(["-r", "-p", "1"])
            .arg(thread)
            .stderr(Stdio::null())
            .status()
    });
    if !matches!(hurried, Some(Ok(status)) if status.success()) {
        eprintln!("chrt was refused: latencies hold the generator's own");
    }
}

/// Datagrams that the kernel dropped because a socket's buffer was full.
#[derive(Clone, Copy, Default)]
pub struct Dropped {
    /// At the generator's sockets.
    pub ours: u64,
    /// At all others: the server's.
    pub theirs: u64,
}

impl Dropped {
    /// Since the sockets were opened.
    pub fn read(ours: &HashSet<u16>) -> anyhow::Result<Self> {
        let mut dropped = Self::default();
        for table in ["/proc/net/udp", "/proc/net/udp6"] {
            let Ok(text) = fs::read_to_string(table) else {
                continue;
            };
            for line in text.lines().skip(1) {
                let fields: Vec<_> = line.split_whitespace().collect();
                let port = fields
                    .get(1)
                    .and_then(|local| local.rsplit(':').next())
                    .and_then(|port| u16::from_str_radix(port, 16).ok());
                let count = fields.last().and_then(|drops| drops.parse::<u64>().ok());
                if let (Some(port), Some(count)) = (port, count) {
                    let side = if ours.contains(&port) {
                        &mut dropped.ours
                    } else {
                        &mut dropped.theirs
                    };
                    *side += count;
                }
            }
        }
        Ok(dropped)
    }
}
