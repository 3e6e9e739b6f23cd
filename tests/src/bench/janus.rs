//! Janus as Debian packages it (`janus`, plugin videoroom), configured here and asked over its unix socket.

use std::fs;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockType, UnixAddr, connect, recv, send, socket,
};
use serde_json::{Value, json};

use crate::client::Client;
use crate::identity::Identity;
use crate::ours::lines;
use crate::process::Process;
use crate::sdp;
use crate::server::{Seat, Server};

const PROGRAM: &str = "/usr/bin/janus";
/// The only room.
const ROOM: u64 = 1;
/// How often it is started until it stays.
const STARTS: usize = 50;
/// For any answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Longest message that is read.
const MESSAGE_BYTES: usize = 1 << 20;

/// A running Janus.
pub struct Janus {
    process: Process,
    folder: PathBuf,
    socket: OwnedFd,
    buffer: Vec<u8>,
    transactions: u64,
    session: u64,
    publishers: Vec<u32>,
}

impl Drop for Janus {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Janus {
    /// Whether it is installed.
    pub fn is_here() -> bool {
        Path::new(PROGRAM).exists()
    }

    /// Starts it on one core: with so many event loops, or (0) with a pair of threads for every peer, its default.
    ///
    /// Its transport over unix sockets (1.1.2) reads an error that it never set, and so ends at most of its starts.
    pub fn start(event_loops: usize, congestion: bool) -> anyhow::Result<Self> {
        let mut starts = 0;
        loop {
            starts += 1;
            match Self::start_once(event_loops, congestion) {
                Err(error) if starts == STARTS => return Err(error),
                Err(_) => {}
                started => return started,
            }
        }
    }

    fn start_once(event_loops: usize, congestion: bool) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("bench-janus-{}", std::process::id()));
        let api = folder.join("api");
        configure(&folder, &api, event_loops)?;
        let arguments = [
            "-C".to_owned(),
            folder.join("janus.jcfg").display().to_string(),
            "-F".to_owned(),
            folder.display().to_string(),
        ];
        let mut process = Process::start(Path::new(PROGRAM), &arguments, 1, false)?;
        let socket = dial(&api, &mut process)?;
        let mut janus = Self {
            process,
            folder,
            socket,
            buffer: vec![0; MESSAGE_BYTES],
            transactions: 0,
            session: 0,
            publishers: Vec::new(),
        };
        let created = janus.ask(json!({"janus": "create"}))?;
        janus.session = id_of(&created)?;
        let handle = janus.attach()?;
        janus.message(
            handle,
            json!({
                "request": "create", "room": ROOM, "publishers": 100, "bitrate": 10_000_000, "fir_freq": 0,
                "audiocodec": "opus", "videocodec": "vp8", "transport_wide_cc_ext": congestion,
            }),
            None,
        )?;
        Ok(janus)
    }

    fn attach(&mut self) -> anyhow::Result<u64> {
        let session = self.session;
        let attached = self.ask(json!({
            "janus": "attach", "session_id": session, "plugin": "janus.plugin.videoroom",
        }))?;
        id_of(&attached)
    }

    /// Asks the plugin; its answer, with a description if it has one.
    fn message(
        &mut self,
        handle: u64,
        body: Value,
        description: Option<(&str, String)>,
    ) -> anyhow::Result<Value> {
        let mut message = json!({
            "janus": "message", "session_id": self.session, "handle_id": handle, "body": body,
        });
        if let Some((kind, sdp)) = description {
            message["jsep"] = json!({"type": kind, "sdp": sdp});
        }
        let answer = self.ask(message)?;
        let error = &answer["plugindata"]["data"]["error"];
        anyhow::ensure!(error.is_null(), "Janus refused: {error}");
        Ok(answer)
    }

    fn ask(&mut self, mut message: Value) -> anyhow::Result<Value> {
        self.transactions += 1;
        let transaction = self.transactions.to_string();
        message["transaction"] = json!(transaction);
        let text = message.to_string();
        send(self.socket.as_raw_fd(), text.as_bytes(), MsgFlags::empty())?;
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let Some(heard) = self.hear()? else {
                std::thread::park_timeout(Duration::from_micros(200));
                continue;
            };
            if heard["transaction"] != json!(transaction) || heard["janus"] == "ack" {
                continue;
            }
            anyhow::ensure!(
                heard["janus"] != "error",
                "Janus refused: {}",
                heard["error"]
            );
            return Ok(heard);
        }
        self.process.check()?;
        bail!(
            "Janus did not answer within {PATIENCE:?}: {}",
            message["body"]["request"]
        )
    }

    fn hear(&mut self) -> anyhow::Result<Option<Value>> {
        match recv(
            self.socket.as_raw_fd(),
            &mut self.buffer,
            MsgFlags::MSG_DONTWAIT,
        ) {
            Ok(0) => bail!("Janus has closed its socket"),
            Ok(length) => Ok(Some(serde_json::from_slice(&self.buffer[..length])?)),
            Err(Errno::EAGAIN) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

impl Server for Janus {
    fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn publish(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Client> {
        let handle = self.attach()?;
        let mut client = Client::new(identity, u64::from(seat.number))?;
        let sends = Seat {
            voices: 0,
            faces: 0,
            ..seat.clone()
        };
        let offer = sdp::offer(&client.local(seat.congestion)?, &lines(&sends));
        let body = json!({
            "request": "joinandconfigure", "ptype": "publisher", "room": ROOM, "id": seat.number + 1,
        });
        let answer = self.message(handle, body, Some(("offer", offer)))?;
        client.begin(description(&answer)?, seat.congestion)?;
        if !self.publishers.contains(&seat.number) {
            self.publishers.push(seat.number);
        }
        Ok(client)
    }

    fn receive(&mut self, identity: &Arc<Identity>, seat: &Seat) -> anyhow::Result<Option<Client>> {
        if seat.voices + seat.faces == 0 {
            return Ok(None);
        }
        let handle = self.attach()?;
        let others = self.publishers.iter().filter(|&&one| one != seat.number);
        let streams: Vec<_> = others.map(|one| json!({"feed": one + 1})).collect();
        let body = json!({
            "request": "join", "ptype": "subscriber", "room": ROOM, "streams": streams,
        });
        let offered = self.message(handle, body, None)?;
        let offer = description(&offered)?;
        // Another than that of its publishing connection.
        let mut client = Client::new(identity, 1_000_000 + u64::from(seat.number))?;
        let answer = sdp::answer(&client.local(seat.congestion)?, offer);
        client.begin(offer, seat.congestion)?;
        self.message(
            handle,
            json!({"request": "start"}),
            Some(("answer", answer)),
        )?;
        Ok(Some(client))
    }

    fn listen(&mut self) -> anyhow::Result<()> {
        self.process.check()?;
        while self.hear()?.is_some() {}
        Ok(())
    }
}

fn id_of(answer: &Value) -> anyhow::Result<u64> {
    answer["data"]["id"].as_u64().context("Janus gives an id")
}

fn description(answer: &Value) -> anyhow::Result<&str> {
    let sdp = answer["jsep"]["sdp"].as_str();
    sdp.with_context(|| format!("Janus gives a description: {answer}"))
}

/// ICE-lite, as we; no log; nothing but what is measured.
fn configure(folder: &Path, api: &Path, event_loops: usize) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let loops = match event_loops {
        0 => String::new(),
        loops => format!("event_loops = {loops}\n"),
    };
    let main = format!(
        "general: {{\nconfigs_folder = \"{}\"\ndebug_level = 1\nsession_timeout = 0\n{loops}}}\n\
         media: {{\nrtp_port_range = \"20000-60000\"\n}}\n\
         nat: {{\nice_lite = true\nice_tcp = false\nfull_trickle = false\n}}\n\
         plugins: {{\ndisable = \"libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,\
         libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,\
         libjanus_videocall.so,libjanus_voicemail.so\"\n}}\n\
         transports: {{\ndisable = \"libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_rabbitmq.so,\
         libjanus_websockets.so\"\n}}\nloggers: {{\n}}\nevents: {{\n}}\n",
        folder.display()
    );
    fs::write(folder.join("janus.jcfg"), main)?;
    let transport = format!(
        "general: {{\nenabled = true\njson = \"compact\"\npath = \"{}\"\n}}\nadmin: {{\nadmin_enabled = false\n}}\n",
        api.display()
    );
    fs::write(folder.join("janus.transport.pfunix.jcfg"), transport)?;
    fs::write(
        folder.join("janus.plugin.videoroom.jcfg"),
        "general: {\n}\n",
    )?;
    Ok(())
}

/// Connects as soon as it listens.
fn dial(api: &Path, process: &mut Process) -> anyhow::Result<OwnedFd> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let ours = socket(
            AddressFamily::Unix,
            SockType::SeqPacket,
            SockFlag::SOCK_CLOEXEC,
            None,
        )?;
        match connect(ours.as_raw_fd(), &UnixAddr::new(api)?) {
            Ok(()) => return Ok(ours),
            Err(error) if Instant::now() > deadline => {
                return Err(error).context("Janus opened no socket");
            }
            Err(_) => {
                process.check()?;
                std::thread::park_timeout(Duration::from_millis(20));
            }
        }
    }
}
