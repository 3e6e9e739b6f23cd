//! Providers of identity that are not real ones: `tests/providers/*.mjs`, run by Node.js on loopback, and a server that is
//! set up with all of them. Also a visitor with a jar of cookies, for the roads that need no browser.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use crate::http::{Answer, request};
use crate::server::Server;
use crate::source::root;

/// A running provider.
pub struct Provider {
    node: Child,
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// What it said when it was ready.
    pub ready: Value,
    /// Kept open: a provider that has something more to say would end by a broken pipe.
    _says: BufReader<ChildStdout>,
    _keys: TempDir,
}

impl Provider {
    /// Starts `tests/providers/<name>.mjs`.
    pub fn start(name: &str, args: &[&str]) -> Self {
        let keys = tempfile::tempdir().unwrap();
        let folder = root().join("tests/providers");
        let mut command = Command::new("node");
        command.arg(folder.join(format!("{name}.mjs"))).args(args);
        if !name.starts_with("oidc") {
            command.arg("--keys").arg(keys.path());
        }
        let mut node = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut says = BufReader::new(node.stdout.take().unwrap());
        says.read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| {
            panic!("{name}.mjs did not start: `make install`, or `npm ci` in tests/providers")
        });
        Self {
            node,
            url: ready["url"].as_str().unwrap().to_owned(),
            ready,
            _says: says,
            _keys: keys,
        }
    }

    /// Chooses how its next answers are wrong.
    pub fn mode(&self, mode: &str) {
        let path = format!("/simuliatorius?rezimas={mode}");
        assert_eq!(request(&self.url, "POST", &path, &[], "").status, 200);
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.node.kill();
        let _ = self.node.wait();
    }
}

/// A port that nobody listens on now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A server with all three ways of signing in.
pub struct Identified {
    pub server: Server,
    pub viisp: Provider,
    pub oidc: Provider,
    pub eticket: Provider,
}

impl Identified {
    /// With this OpenID provider: `oidc` or `oidc-hostile`.
    pub fn start(oidc: &str) -> Self {
        Self::start_by(oidc, Server::start_with, &[])
    }

    /// As [`Self::start`], with the demonstration city.
    pub fn start_filled(oidc: &str) -> Self {
        Self::start_by(oidc, Server::start_filled_with, &[])
    }

    /// As [`Self::start`], with these settings, too.
    pub fn start_set(oidc: &str, more: &[(&str, &str)]) -> Self {
        Self::start_by(oidc, Server::start_with, more)
    }

    /// The same with a name in its public address: `localhost`.
    pub fn start_named(oidc: &str) -> Self {
        let listen = format!("127.0.0.1:{}", free_port());
        let name = format!("http://{}", listen.replace("127.0.0.1", "localhost"));
        let named = [
            ("AIKSTE_SERVER_LISTEN", listen.as_str()),
            ("AIKSTE_SERVER_PUBLIC_URL", name.as_str()),
        ];
        Self::start_set(oidc, &named)
    }

    fn start_by(oidc: &str, start: fn(&[(&str, &str)]) -> Server, more: &[(&str, &str)]) -> Self {
        let listen = format!("127.0.0.1:{}", free_port());
        let (here, port) = (format!("http://{listen}"), free_port().to_string());
        let viisp = Provider::start("viisp", &[]);
        let eticket = Provider::start("eticket", &[]);
        let mut args = vec!["--port", &port];
        if oidc == "oidc" {
            args.extend(["--back", &here]);
        }
        let oidc = Provider::start(oidc, &args);
        let text =
            |provider: &Provider, field: &str| provider.ready[field].as_str().unwrap().to_owned();
        let set = [
            ("AIKSTE_SERVER_LISTEN", listen),
            (
                "AIKSTE_VIISP_SOAP_URL",
                format!("{}/services/services/auth", viisp.url),
            ),
            (
                "AIKSTE_VIISP_PORTAL_URL",
                format!("{}/portal/external/services/authentication/v2/", viisp.url),
            ),
            ("AIKSTE_VIISP_PID", "VSID000000000113".into()),
            ("AIKSTE_VIISP_PRIVATE_KEY", text(&viisp, "client")),
            ("AIKSTE_VIISP_GATEWAY_KEY", text(&viisp, "key")),
            ("AIKSTE_OIDC_ISSUER", oidc.url.clone()),
            ("AIKSTE_OIDC_CLIENT_ID", "aikste".into()),
            ("AIKSTE_OIDC_PERSONAL_CODE_CLAIM", "personal_code".into()),
            ("AIKSTE_ETICKET_URL", eticket.url.clone()),
            ("AIKSTE_ETICKET_KEY_ID", "kaunas".into()),
            ("AIKSTE_ETICKET_ISSUER", "kortele".into()),
            ("AIKSTE_ETICKET_PRIVATE_KEY", text(&eticket, "client")),
            ("AIKSTE_ETICKET_OPERATOR_KEY", text(&eticket, "key")),
        ];
        let set: Vec<(&str, &str)> = set
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .chain(more.iter().copied())
            .collect();
        Self {
            server: start(&set),
            viisp,
            oidc,
            eticket,
        }
    }

    /// The server's address with a name, for which alone authenticators make keys.
    pub fn name(&self) -> String {
        self.server.url.replace("127.0.0.1", "localhost")
    }

    /// Somebody at a browser.
    pub fn visitor(&self) -> Visitor {
        Visitor {
            url: self.server.url.clone(),
            cookies: BTreeMap::new(),
        }
    }
}

/// Somebody with cookies, who follows nothing by themselves.
#[derive(Clone)]
pub struct Visitor {
    url: String,
    pub cookies: BTreeMap<String, String>,
}

impl Visitor {
    fn keep(&mut self, answer: Answer) -> Answer {
        for line in answer.head.lines() {
            let Some((name, value)) = line.split_once(':') else {
                continue;
            };
            if name.eq_ignore_ascii_case("set-cookie") {
                let pair = value.trim().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.into(), value.into());
            }
        }
        answer
    }

    fn cookie(&self) -> String {
        let pairs = self.cookies.iter().filter(|(_, value)| !value.is_empty());
        pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("; ")
    }

    /// `GET`.
    pub fn get(&mut self, path: &str) -> Answer {
        let cookie = self.cookie();
        let answer = request(
            &self.url,
            "GET",
            path,
            &[("cookie", &cookie), ("accept-language", "lt")],
            "",
        );
        self.keep(answer)
    }

    /// A form of ours, with its token.
    pub fn post(&mut self, path: &str, fields: &str) -> Answer {
        let page = self.get("/prisijungti").body;
        let token = between(&page, "name=\"csrf\" value=\"", "\"").to_owned();
        let cookie = self.cookie();
        let form = ("content-type", "application/x-www-form-urlencoded");
        let body = format!("csrf={token}&{fields}");
        let answer = request(&self.url, "POST", path, &[("cookie", &cookie), form], &body);
        self.keep(answer)
    }

    /// Begins, and answers where the provider is.
    pub fn begin(&mut self, way: &str) -> String {
        let page = self
            .post(&format!("/prisijungti/{way}"), "back=%2Fpriemimai")
            .body;
        between(&page, "id=\"toliau\" href=\"", "\"").replace("&#38;", "&")
    }

    /// Through the OpenID provider that asks nothing; where it leads back to.
    pub fn through_oidc(&mut self) -> String {
        let url = self.begin("oidc");
        if url.is_empty() {
            return String::new();
        }
        elsewhere(&url, "GET", "")
            .header("location")
            .unwrap_or_default()
            .to_owned()
    }

    /// Through the gateway's pages as one of its people; where its post leads to.
    pub fn through_viisp(&mut self, person: &str) -> String {
        let url = self.begin("viisp");
        if url.is_empty() {
            return String::new();
        }
        let ticket = url
            .split_once("ticket=")
            .map_or("", |(_, ticket)| ticket)
            .to_owned();
        let fields = format!("ticket={ticket}&budas=auth.lt.bank&asmuo={person}");
        let page = elsewhere(&url, "POST", &fields).body;
        let state = between(&page, "name=\"customData\" value=\"", "\"").to_owned();
        let posted = self.posted(&format!("ticket={ticket}&customData={state}"));
        posted.header("location").unwrap_or_default().to_owned()
    }

    /// What the gateway's page posts: from another site, without cookies.
    pub fn posted(&self, body: &str) -> Answer {
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("origin", "https://epaslaugos.example"),
            ("sec-fetch-site", "cross-site"),
        ];
        request(&self.url, "POST", "/aikste/viisp/atsakymas", &headers, body)
    }

    /// Comes back to an address of ours; nowhere, when the provider has led nowhere.
    pub fn back(&mut self, address: &str) -> Answer {
        let named = self.url.replace("127.0.0.1", "localhost");
        let path = address
            .strip_prefix(&self.url)
            .or_else(|| address.strip_prefix(&named))
            .unwrap_or(address)
            .to_owned();
        if path.is_empty() {
            return self.get("/prisijungti");
        }
        self.get(&path)
    }

    /// By the e-ticket.
    pub fn card(&mut self, card: &str, pin: &str) -> Answer {
        let page = self.post("/prisijungti/eticket", "back=%2Fpriemimai").body;
        let state = between(&page, "name=\"state\" value=\"", "\"").to_owned();
        self.post(
            "/prisijungti/eticket/tikrinti",
            &format!("state={state}&card={card}&pin={pin}"),
        )
    }

    /// Who is signed in; null: nobody.
    pub fn account(&mut self) -> Value {
        self.get("/api/v1/session").json()["account"].clone()
    }
}

/// A page of a provider.
pub fn elsewhere(url: &str, method: &str, body: &str) -> Answer {
    let end = url[7..].find('/').map_or(url.len(), |at| at + 7);
    let form = [("content-type", "application/x-www-form-urlencoded")];
    request(&url[..end], method, &url[end..], &form, body)
}

/// The text between two marks; empty when they are not there.
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let rest = text.split_once(before).map_or("", |(_, rest)| rest);
    rest.split_once(after).map_or("", |(found, _)| found)
}
