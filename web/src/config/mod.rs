//! The configuration: one TOML file, then environment variables `AIKSTE_<SECTION>_<KEY>`, then command-line options.
//! Every key stands in `deploy/config.sample.toml` with its default (a test keeps the two together).

mod mistakes;
pub mod sign_in;

use std::fmt;
use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The web server.
    pub server: Server,
    /// Where things are kept.
    pub data: Data,
    /// The media plane.
    pub media: Media,
    /// Recording.
    pub recording: Recording,
    /// The demonstration city.
    pub demo: Demo,
    /// Logging.
    pub log: Log,
    /// Numbers for whoever watches the server.
    pub metrics: Metrics,
    /// Relays for networks that let only little through.
    pub turn: Turn,
    /// Signing in through the state gateway.
    pub viisp: sign_in::Viisp,
    /// Signing in with an OpenID provider.
    pub oidc: sign_in::Oidc,
    /// Signing in with the city's e-ticket.
    pub eticket: sign_in::Eticket,
}

/// The web server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port.
    pub listen: SocketAddr,
    /// Where residents find the server; empty: made from `listen` and `tls`.
    pub public_url: String,
    /// `off`, `files` or `self-signed`.
    pub tls: Tls,
    /// Certificate chain in PEM, for `files`.
    pub certificate: PathBuf,
    /// Private key in PEM, for `files`.
    pub key: PathBuf,
    /// `true` when a proxy in front of us speaks HTTPS: cookies are then marked secure.
    pub behind_https_proxy: bool,
    /// Seconds for which rooms are told of a shutdown before it happens.
    pub shutdown_grace_s: u64,
}

impl Server {
    /// Browsers reach us by HTTPS.
    pub fn is_https(&self) -> bool {
        self.tls != Tls::Off || self.behind_https_proxy
    }
}

/// How HTTPS is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tls {
    /// Plain HTTP: for localhost, or behind a proxy.
    Off,
    /// With the given certificate.
    Files,
    /// With a certificate made at start: browsers warn, but cameras work.
    SelfSigned,
}

/// Where things are kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Data {
    /// The folder of the database, the secret and the recordings.
    pub dir: PathBuf,
    /// `sqlite` (in `dir`), or `postgres://…`.
    pub database: String,
}

/// The media plane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Media {
    /// Local address of the sockets.
    pub address: IpAddr,
    /// Ports, `A-B`: each shard takes the next free one, by UDP and by TCP.
    pub ports: String,
    /// Threads that carry media, each on a port of its own; 0: one for each core, at most 8.
    pub shards: usize,
    /// Listen on TCP, too, for networks that let no UDP through.
    pub tcp: bool,
    /// Addresses told to browsers; empty: those of this machine.
    pub public_addresses: Vec<IpAddr>,
    /// `host:port` of a STUN server that is asked for the external address at start; empty: none is asked.
    pub stun_server: String,
    /// Codecs of pictures, the preferred first: browsers send the first that they can.
    pub codecs: Vec<sfu::Codec>,
    /// Participants connected at once.
    pub max_participants: usize,
    /// Seats in one room at once.
    pub max_seats: usize,
    /// Seconds for which a seat is kept for someone whose connection broke.
    pub seat_kept_s: u64,
}

/// Relays (RFC 8656) for networks that let only little through.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// `turn:` and `turns:` URLs (RFC 7065) given to browsers; empty: there is no relay.
    pub urls: Vec<String>,
    /// The secret shared with the relays (coturn's `static-auth-secret`), with which credentials are made.
    pub secret: String,
}

/// Recording.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recording {
    /// `false`: no recorder process is started.
    pub enabled: bool,
    /// The folder of the recordings; empty: `media` in the data folder.
    pub dir: PathBuf,
}

/// The demonstration city.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Demo {
    /// `true`: anyone may sign in as one of the built-in fictional people. Never on a real server.
    pub accounts: bool,
}

/// Logging.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// `tracing` filter, such as `info` or `info,sfu=debug`.
    pub level: String,
    /// `text` or `json`.
    pub format: LogFormat,
}

/// Numbers for whoever watches the server; nobody gets them unless one of the two is given.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// Address and port of a listener of its own for `/metrics`; empty: none.
    pub listen: String,
    /// The bearer token that `/metrics` asks for, there and on the public address; empty: not served on the public one.
    pub token: String,
}

impl Metrics {
    /// The listener of its own, if there is to be one.
    pub fn address(&self) -> Result<Option<SocketAddr>, Mistake> {
        let wrong = |what: &str| Mistake {
            key: "metrics.listen".into(),
            what: what.into(),
        };
        if self.listen.is_empty() {
            return Ok(None);
        }
        let address = self.listen.parse::<SocketAddr>();
        let address = address.map_err(|_| wrong("not an address such as 127.0.0.1:9464"))?;
        if !address.ip().is_loopback() && self.token.is_empty() {
            return Err(wrong("beyond this machine only with metrics.token"));
        }
        Ok(Some(address))
    }
}

/// A log line's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: String::new(),
            tls: Tls::Off,
            certificate: PathBuf::new(),
            key: PathBuf::new(),
            behind_https_proxy: false,
            shutdown_grace_s: 5,
        }
    }
}

impl Default for Data {
    fn default() -> Self {
        Self {
            dir: PathBuf::from("./data"),
            database: "sqlite".into(),
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            address: IpAddr::from([0, 0, 0, 0]),
            ports: "40000-40100".into(),
            shards: 0,
            tcp: true,
            public_addresses: Vec::new(),
            stun_server: String::new(),
            codecs: sfu::SfuConfig::default().codecs,
            max_participants: 2_000,
            max_seats: 500,
            seat_kept_s: 30,
        }
    }
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            enabled: true,
            dir: PathBuf::new(),
        }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self {
            level: "info".into(),
            format: LogFormat::Text,
        }
    }
}

/// One thing that is wrong, in words that say what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The key, `section.key`; empty when the file itself is wrong.
    pub key: String,
    /// What is wrong and what would be right.
    pub what: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.key.is_empty() {
            f.write_str(&self.what)
        } else {
            write!(f, "{}: {}", self.key, self.what)
        }
    }
}

impl Config {
    /// Reads the file (absent: defaults only) and the environment's variables.
    ///
    /// # Errors
    /// The first thing that keeps the configuration from being read at all.
    pub fn load(
        file: Option<&Path>,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, Mistake> {
        let text = match file {
            Some(path) => fs::read_to_string(path).map_err(|e| Mistake {
                key: String::new(),
                what: format!("{}: {e}", path.display()),
            })?,
            None => String::new(),
        };
        let mut table: toml::Table = toml::from_str(&text).map_err(|e| Mistake {
            key: String::new(),
            what: format!("not TOML: {e}"),
        })?;
        overlay(&mut table, environment)?;
        Self::deserialize(table).map_err(|e| Mistake {
            key: String::new(),
            what: e.to_string().trim().to_owned(),
        })
    }

    /// The database's URL.
    pub fn database_url(&self) -> String {
        match self.data.database.as_str() {
            "sqlite" => format!("sqlite://{}", self.data.dir.join("aikste.db").display()),
            url => url.to_owned(),
        }
    }

    /// Where residents find the server, without a slash at the end.
    pub fn public_url(&self) -> String {
        if !self.server.public_url.is_empty() {
            return self.server.public_url.trim_end_matches('/').to_owned();
        }
        let scheme = if self.server.is_https() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.server.listen)
    }

    /// The folder of the recordings.
    pub fn media_dir(&self) -> PathBuf {
        if self.recording.dir.as_os_str().is_empty() {
            self.data.dir.join("media")
        } else {
            self.recording.dir.clone()
        }
    }

    /// The first and the last UDP port.
    pub fn media_ports(&self) -> Result<(u16, u16), Mistake> {
        parse_ports(&self.media.ports).ok_or_else(|| Mistake {
            key: "media.ports".into(),
            what: format!(
                "\"{}\" is not a range of ports such as 40000-40100",
                self.media.ports
            ),
        })
    }
}

/// Shortest token that is taken.
pub(super) const MIN_TOKEN: usize = 16;

/// `A-B` or a single port.
pub fn parse_ports(text: &str) -> Option<(u16, u16)> {
    let (a, b) = text.split_once('-').unwrap_or((text, text));
    let (a, b) = (a.trim().parse().ok()?, b.trim().parse().ok()?);
    (a <= b).then_some((a, b))
}

/// `AIKSTE_SERVER_LISTEN=…` becomes `server.listen`. A value is read as TOML where that fits, else as a string.
fn overlay(
    table: &mut toml::Table,
    environment: impl Iterator<Item = (String, String)>,
) -> Result<(), Mistake> {
    for (name, value) in environment {
        let Some(path) = name.strip_prefix("AIKSTE_") else {
            continue;
        };
        let path = path.to_lowercase();
        let Some((section, key)) = path.split_once('_') else {
            continue;
        };
        if !SECTIONS.contains(&section) {
            continue;
        }
        let entry = table
            .entry(section)
            .or_insert_with(|| toml::Value::Table(toml::Table::new()));
        let Some(section_table) = entry.as_table_mut() else {
            return Err(Mistake {
                key: section.into(),
                what: "must be a section: [section]".into(),
            });
        };
        section_table.insert(key.to_owned(), environment_value(&value));
    }
    Ok(())
}

const SECTIONS: [&str; 11] = [
    "server",
    "data",
    "media",
    "recording",
    "demo",
    "log",
    "metrics",
    "turn",
    "viisp",
    "oidc",
    "eticket",
];

fn environment_value(text: &str) -> toml::Value {
    let is_plain =
        matches!(text, "true" | "false") || text.parse::<i64>().is_ok() || text.starts_with('[');
    toml::from_str::<toml::Table>(&format!("v = {text}"))
        .ok()
        .filter(|_| is_plain)
        .and_then(|mut t| t.remove("v"))
        .unwrap_or_else(|| toml::Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<Config, Mistake> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let environment: Vec<_> = environment
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect();
        Config::load(Some(file.path()), environment.into_iter())
    }

    #[test]
    fn the_sample_holds_every_key_with_its_default() {
        let sample = include_str!("../../../deploy/config.sample.toml");
        let table: toml::Table = toml::from_str(sample).unwrap();
        let defaults = toml::Table::try_from(Config::default()).unwrap();
        assert_eq!(table, defaults);
    }

    #[test]
    fn an_unknown_key_is_named() {
        let mistake = read("[server]\nlisen = \"127.0.0.1:1\"\n", &[]).unwrap_err();
        assert!(mistake.to_string().contains("lisen"), "{mistake}");
    }

    #[test]
    fn the_environment_wins_over_the_file() {
        let config = read(
            "[server]\nlisten = \"127.0.0.1:1\"\n",
            &[
                ("AIKSTE_SERVER_LISTEN", "127.0.0.1:2"),
                ("AIKSTE_DEMO_ACCOUNTS", "true"),
                ("AIKSTE_MEDIA_MAX_SEATS", "7"),
                ("AIKSTE_TARGET", "x"),
            ],
        )
        .unwrap();
        assert_eq!(config.server.listen.port(), 2);
        assert!(config.demo.accounts);
        assert_eq!(config.media.max_seats, 7);
    }

    #[test]
    fn all_mistakes_are_told_at_once() {
        let config = read(
            "[server]\nlisten = \"0.0.0.0:80\"\n[media]\nports = \"9-3\"\nshards = 65\nstun_server = \"stun.example\"\n\
             [turn]\nurls = [\"turn:a\", \"stun:b\"]\n[data]\ndir = \"/dev/null/x\"\ndatabase = \"mysql://x\"\n",
            &[],
        )
        .unwrap();
        let keys: Vec<_> = config.mistakes().into_iter().map(|m| m.key).collect();
        assert_eq!(
            keys,
            [
                "server.tls",
                "data.database",
                "media.ports",
                "media.shards",
                "media.stun_server",
                "turn.urls",
                "turn.secret",
                "data.dir"
            ]
        );
    }

    #[test]
    fn metrics_leave_this_machine_only_with_a_token_that_is_hard_to_guess() {
        let keys = |text: &str| {
            let text = format!("[data]\ndir = \"/tmp\"\n[metrics]\n{text}");
            let mistakes = read(&text, &[]).unwrap().mistakes().into_iter();
            mistakes.map(|m| m.key).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        assert_eq!(keys("listen = \"127.0.0.1:9464\"\n"), none);
        assert_eq!(keys("listen = \"0.0.0.0:9464\"\n"), ["metrics.listen"]);
        assert_eq!(keys("listen = \"9464\"\n"), ["metrics.listen"]);
        assert_eq!(
            keys("listen = \"0.0.0.0:9464\"\ntoken = \"0123456789abcdef\"\n"),
            none
        );
        assert_eq!(keys("token = \"0123\"\n"), ["metrics.token"]);
    }

    #[test]
    fn ports_are_a_range_or_one() {
        assert_eq!(parse_ports("5-7"), Some((5, 7)));
        assert_eq!(parse_ports("0"), Some((0, 0)));
        assert_eq!(parse_ports("7-5"), None);
        assert_eq!(parse_ports("x"), None);
    }
}
