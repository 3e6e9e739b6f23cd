//! Calls from networks that let little through: without UDP, and without anything but a relay. Real browsers, a real coturn.

use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::browser::Scenario;
use crate::fixtures::devices;
use crate::lab;
use crate::people::City;
use crate::server::{Server, terminate};
use crate::wait::until;

/// The secret that the relay and the server share.
pub const SECRET: &str = "north";

/// A relay of our own, on loopback. Ended when it is dropped.
pub struct Coturn {
    child: Child,
    address: String,
}

impl Coturn {
    /// Starts it; panics when it does not listen.
    pub fn start() -> Self {
        Self::start_at("127.0.0.1")
    }

    fn start_at(ip: &str) -> Self {
        let port = TcpListener::bind((ip, 0))
            .and_then(|free| free.local_addr())
            .unwrap()
            .port();
        let folder = env!("CARGO_TARGET_TMPDIR");
        let child = Command::new("turnserver")
            .args(["-n", "--no-cli", "--no-tls", "--no-dtls", "--fingerprint"])
            .args([format!("--listening-ip={ip}"), format!("--relay-ip={ip}")])
            .args([
                "--use-auth-secret",
                "--realm=test",
                "--allow-loopback-peers",
            ])
            .args(["--log-file=/dev/null", "--no-stdout-log"])
            .arg(format!("--listening-port={port}"))
            .arg(format!("--static-auth-secret={SECRET}"))
            .arg(format!("--pidfile={folder}/coturn-{port}.pid"))
            .arg(format!("--userdb={folder}/coturn-{port}.db"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("coturn (`make install`): {error}"));
        let address = format!("{ip}:{port}");
        let coturn = Self { child, address };
        let listens = until(Duration::from_secs(120), || {
            TcpStream::connect(&coturn.address).ok()
        });
        assert!(listens.is_some(), "coturn does not listen");
        coturn
    }

    /// What a server must know to relay by it, by UDP and by TCP, and to find its own address.
    pub fn environment(&self) -> [(&'static str, String); 3] {
        let at = &self.address;
        let urls = json!([
            format!("turn:{at}?transport=udp"),
            format!("turn:{at}?transport=tcp")
        ]);
        [
            ("AIKSTE_TURN_URLS", urls.to_string()),
            ("AIKSTE_TURN_SECRET", SECRET.to_owned()),
            ("AIKSTE_MEDIA_STUN_SERVER", at.clone()),
        ]
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        terminate(self.child.id());
        let _ = self.child.wait();
    }
}

/// Two people call; what each decodes of the other, and by which path.
fn call(server: &Server, a: &Value, b: &Value) -> Value {
    let city = City::of(server);
    let args = json!({
        "url": server.url,
        "conference": city.announced_of_host,
        "lab": lab::is_inside(),
        "people": {
            "a": { "person": city.host, "network": a, "devices": devices(0, 1000).json() },
            "b": { "person": city.residents[0], "network": b, "devices": devices(120, 440).json() },
        },
    });
    let facts = Scenario::run("reach", &args, Duration::from_secs(900));
    for who in ["a", "b"] {
        let (fps, rms) = (&facts[who]["fps"], &facts[who]["rms"]);
        // How smooth is another test's question.
        assert!(fps.as_f64().unwrap_or(0.0) >= 1.0, "{who}: {fps} pictures");
        assert!(rms.as_f64().unwrap_or(0.0) > 0.05, "{who}: {rms} loud");
    }
    assert_eq!(facts["complaints"], json!([]), "the pages complained");
    server.assert_no_panic();
    facts
}

#[test]
fn a_network_without_udp_calls_by_tcp_and_others_still_by_udp() {
    let server = Server::start();
    let facts = call(&server, &json!({ "udp": true }), &json!({ "udp": false }));
    assert_eq!(facts["a"]["path"]["remote"]["protocol"], "udp");
    assert_eq!(facts["b"]["path"]["remote"]["protocol"], "tcp");
    assert_eq!(facts["b"]["path"]["local"]["tcpType"], "active");
}

/// Firewall rules of the clients' own namespaces, instead of a browser that is told to leave UDP alone.
#[test]
fn behind_a_firewall_without_udp_it_is_tcp_and_without_that_too_a_relay() {
    lab::inside(
        "reach::behind_a_firewall_without_udp_it_is_tcp_and_without_that_too_a_relay",
        || {
            let coturn = Coturn::start_at(lab::SERVER);
            let urls = json!([
                format!("turn:{}?transport=udp", coturn.address),
                format!("turn:{}?transport=tcp", coturn.address)
            ]);
            let server = Server::start_filled_with(&[
                ("AIKSTE_MEDIA_ADDRESS", lab::SERVER),
                ("AIKSTE_TURN_URLS", &urls.to_string()),
                ("AIKSTE_TURN_SECRET", SECRET),
            ]);
            let port = server.media_port();
            let (_, relay) = coturn.address.rsplit_once(':').unwrap();
            // Each has one way left: a browser takes whichever of two answers first.
            let facts = call(
                &server,
                &json!({ "udp": true, "blocked": ["udp", format!("tcp {relay}")] }),
                &json!({ "udp": true, "blocked": ["udp", format!("tcp {port}")] }),
            );
            assert_eq!(facts["a"]["path"]["remote"]["protocol"], "tcp");
            assert_eq!(facts["a"]["path"]["local"]["tcpType"], "active");
            assert_eq!(facts["b"]["path"]["local"]["candidateType"], "relay");
            assert_eq!(facts["b"]["path"]["local"]["relayProtocol"], "tcp");
        },
    );
}

#[test]
fn a_network_with_nothing_but_a_relay_calls_through_it_by_udp_and_by_tcp() {
    let coturn = Coturn::start();
    let environment = coturn.environment();
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let server = Server::start_filled_with(&environment);
    let log = server.log();
    assert!(
        log.contains("the external address was found by STUN"),
        "{log}"
    );
    let facts = call(
        &server,
        &json!({ "udp": true, "relay": true }),
        &json!({ "udp": false, "relay": true }),
    );
    for (who, protocol) in [("a", "udp"), ("b", "tcp")] {
        let local = &facts[who]["path"]["local"];
        assert_eq!(local["candidateType"], "relay", "{who}");
        assert_eq!(local["relayProtocol"], protocol, "{who}");
    }
    assert!(!server.log().contains(SECRET));
}

#[test]
fn a_stun_server_that_does_not_answer_keeps_nobody_from_starting() {
    // Nobody listens on a port that was just free: the kernel says so at once.
    let free = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
    let nobody = free.unwrap().to_string();
    let server = Server::start_with(&[("AIKSTE_MEDIA_STUN_SERVER", &nobody)]);
    let log = server.log();
    assert!(
        log.contains("the external address was not found by STUN"),
        "{log}"
    );
}
