//! The server's end of the socket, and the process at the other: starts it, starts it again when it dies, and carries frames.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep_until, timeout};

use crate::wire::{self, ToProcess, ToServer};
use crate::{RecorderConfig, RecorderError};

/// Bytes that wait for the socket before the recordings keep their items to themselves.
const OUT: usize = 256 << 10;
/// The process has so long to connect and say hello.
const PATIENCE: Duration = Duration::from_secs(20);
/// Waiting times when it keeps dying.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(5);
/// A process that lived so long is started again at once.
const STABLE: Duration = Duration::from_secs(5);
/// At the end the process has so long to close its pieces.
const FAREWELL: Duration = Duration::from_secs(5);

/// What happens on the link.
#[derive(Debug)]
pub(crate) enum LinkEvent {
    /// The process is there.
    Up,
    /// It says something.
    Message(ToServer),
    /// It is gone, or could not be started; it will be tried again.
    Down,
}

/// The process and its socket.
#[derive(Debug)]
pub(crate) struct Link {
    config: RecorderConfig,
    listener: UnixListener,
    state: State,
    pause: Duration,
}

#[derive(Debug)]
enum State {
    /// To be started at this time.
    Pause(Instant),
    /// Started; expected to connect until this time.
    Starting(Child, Instant),
    /// Connected.
    Up(Box<Connection>),
}

#[derive(Debug)]
struct Connection {
    child: Child,
    read: OwnedReadHalf,
    write: OwnedWriteHalf,
    incoming: BytesMut,
    /// Bounded: `say` is called while `room` says so, and for a few control words.
    outgoing: BytesMut,
    greeted: bool,
    since: Instant,
}

impl Link {
    /// Binds the socket, for this user only.
    pub(crate) fn bind(config: RecorderConfig) -> Result<Self, RecorderError> {
        let storage = |error: io::Error| RecorderError::storage(&config.socket, &error);
        match fs::remove_file(&config.socket) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(storage(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&config.socket).map_err(storage)?;
        let private = fs::Permissions::from_mode(0o600);
        fs::set_permissions(&config.socket, private).map_err(storage)?;
        Ok(Self {
            config,
            listener,
            state: State::Pause(Instant::now()),
            pause: Duration::ZERO,
        })
    }

    /// Whether more items may be said now.
    pub(crate) fn room(&self) -> bool {
        matches!(&self.state, State::Up(up) if up.greeted && up.outgoing.len() < OUT)
    }

    /// Says something; without a process it is lost.
    pub(crate) fn say(&mut self, message: &ToProcess) {
        if let State::Up(up) = &mut self.state {
            wire::encode(message, &mut up.outgoing);
        }
    }

    /// What happens next. Cancel-safe: nothing is lost when the future is dropped.
    pub(crate) async fn next(&mut self) -> LinkEvent {
        loop {
            match &mut self.state {
                State::Pause(until) => {
                    sleep_until(*until).await;
                    match self.spawn() {
                        Ok(child) => {
                            self.state = State::Starting(child, Instant::now() + PATIENCE);
                        }
                        Err(error) => {
                            tracing::error!(%error, "the recorder cannot be started");
                            return self.down(false);
                        }
                    }
                }
                State::Starting(child, until) => {
                    let stream = tokio::select! {
                        accepted = self.listener.accept() => accepted.ok().map(|(stream, _)| stream),
                        status = child.wait() => {
                            report(&status);
                            return self.down(false);
                        }
                        () = sleep_until(*until) => {
                            tracing::error!("the recorder does not connect");
                            return self.down(false);
                        }
                    };
                    if let Some(stream) = stream {
                        self.connect(stream);
                    }
                }
                State::Up(up) => match up.step().await {
                    Some(ToServer::Hello { version }) if version == wire::VERSION => {
                        up.greeted = true;
                        tracing::info!("the recorder is ready");
                        return LinkEvent::Up;
                    }
                    Some(message) if up.greeted => return LinkEvent::Message(message),
                    _ => {
                        let stable = up.since.elapsed() >= STABLE;
                        return self.down(stable);
                    }
                },
            }
        }
    }

    /// Lets the process close its pieces, and waits for its end.
    pub(crate) async fn close(self) {
        let mut child = match self.state {
            State::Pause(_) => return,
            State::Starting(child, _) => child,
            State::Up(up) => up.child,
        };
        // The socket is closed now: that is how it knows.
        if timeout(FAREWELL, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
        let _ = fs::remove_file(&self.config.socket);
    }

    /// The process is not there: when it is tried again depends on how long it lived. Dropping the state kills what is left of it.
    fn down(&mut self, stable: bool) -> LinkEvent {
        let wait = if stable { Duration::ZERO } else { self.pause };
        self.pause = (wait * 2).clamp(FIRST_PAUSE, LAST_PAUSE);
        self.state = State::Pause(Instant::now() + wait);
        LinkEvent::Down
    }

    fn spawn(&self) -> io::Result<Child> {
        let (program, arguments) = self
            .config
            .command
            .split_first()
            .ok_or_else(|| io::Error::other("no command"))?;
        Command::new(program)
            .args(arguments)
            .arg("--socket")
            .arg(&self.config.socket)
            .arg("--media-dir")
            .arg(&self.config.media_dir)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .spawn()
    }

    /// Takes a connection if it is the process's own.
    fn connect(&mut self, stream: UnixStream) {
        let peer = stream.peer_cred().ok().and_then(|peer| peer.pid());
        let pause = State::Pause(Instant::now());
        match std::mem::replace(&mut self.state, pause) {
            State::Starting(child, _) if peer.map(i32::cast_unsigned) == child.id() => {
                let (read, write) = stream.into_split();
                self.state = State::Up(Box::new(Connection {
                    child,
                    read,
                    write,
                    incoming: BytesMut::new(),
                    outgoing: BytesMut::new(),
                    greeted: false,
                    since: Instant::now(),
                }));
                self.say(&ToProcess::Hello {
                    version: wire::VERSION,
                });
            }
            other => {
                tracing::warn!("a stranger at the recorder's socket was refused");
                self.state = other;
            }
        }
    }
}

impl Connection {
    /// The next message; `None` when the connection is over.
    async fn step(&mut self) -> Option<ToServer> {
        loop {
            match wire::decode(&mut self.incoming) {
                Ok(Some(message)) => return Some(message),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(%error, "the recorder is let go");
                    return None;
                }
            }
            let writes = !self.outgoing.is_empty();
            tokio::select! {
                read = self.read.read_buf(&mut self.incoming) => {
                    if !matches!(read, Ok(1..)) {
                        report(&timeout(FIRST_PAUSE, self.child.wait()).await.unwrap_or_else(|_| {
                            Err(io::Error::other("it closed its socket"))
                        }));
                        return None;
                    }
                }
                written = self.write.write_buf(&mut self.outgoing), if writes => {
                    if written.is_err() {
                        return None;
                    }
                }
            }
        }
    }
}

fn report(status: &io::Result<ExitStatus>) {
    match status {
        Ok(status) => tracing::warn!(%status, "the recorder ended"),
        Err(error) => tracing::warn!(%error, "the recorder is lost"),
    }
}
