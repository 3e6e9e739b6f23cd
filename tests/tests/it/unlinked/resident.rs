//! A resident's own side of a token, over HTTP: what their browser does, in Rust. Each has a session, and a network address of their
//! own, which is the same when the token is obtained and when it is spent: the worst case.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blind_rsa_signatures::{
    BlindSignature, BlindingResult, DefaultRng, MessageRandomizer, PublicKeySha384PSSRandomized,
};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::http::{Answer, get, request};
use crate::server::Server;

/// A right as `GET /api/v1/rights` shows it, read.
pub struct Right {
    /// `seat/<reception>`.
    pub id: String,
    key: PublicKeySha384PSSRandomized,
}

impl Right {
    /// The right to a seat in this reception.
    pub fn of(server: &Server, conference: &str) -> Self {
        let id = format!("seat/{conference}");
        let found = crate::wait::until(std::time::Duration::from_secs(60), || {
            let rights = get(&server.url, "/api/v1/rights").json();
            let mut rights = rights["rights"].as_array().cloned()?.into_iter();
            rights.find(|right| right["id"] == id)
        });
        let right = found.expect("the right is open");
        let spki = STANDARD
            .decode(right["public_key"].as_str().unwrap())
            .unwrap();
        let key = PublicKeySha384PSSRandomized::from_der(&spki).unwrap();
        Self { id, key }
    }

    fn message(&self) -> String {
        format!("aikste-right/1 {}", self.id)
    }
}

/// A message that was blinded, and what only the browser knows of it.
pub struct Blinded(BlindingResult);

impl Blinded {
    /// A fresh one.
    pub fn new(right: &Right) -> Self {
        Self(right.key.blind(&mut DefaultRng, right.message()).unwrap())
    }

    /// What is spent, made of the blind signature.
    pub fn token(&self, right: &Right, signature: &str) -> Token {
        let signature = BlindSignature(STANDARD.decode(signature).unwrap());
        let bare = right.key.finalize(&signature, &self.0, right.message());
        let MessageRandomizer(prefix) = self.0.msg_randomizer.unwrap();
        Token {
            right: right.id.clone(),
            prefix,
            signature: STANDARD.encode(&bare.unwrap().0),
        }
    }
}

/// A token.
#[derive(Clone)]
pub struct Token {
    right: String,
    prefix: [u8; 32],
    signature: String,
}

impl Token {
    /// By which the server knows it as spent.
    pub fn digest(&self) -> String {
        let text = [
            &self.prefix,
            format!("aikste-right/1 {}", self.right).as_bytes(),
        ]
        .concat();
        hex::encode(Sha256::digest(text))
    }

    /// Another one with the same signature: what somebody without a right might try.
    pub fn forged(&self) -> Self {
        Self {
            prefix: [7; 32],
            ..self.clone()
        }
    }

    /// Spends it for a seat, without a cookie, from this address.
    pub fn spend(&self, url: &str, address: &str) -> Answer {
        let conference = self.right.trim_start_matches("seat/");
        let token = json!({
            "right": self.right, "prefix": STANDARD.encode(self.prefix), "signature": self.signature,
        });
        let headers = [
            ("content-type", "application/json"),
            ("x-forwarded-for", address),
        ];
        let path = format!("/api/v1/conferences/{conference}/seat-by-token");
        request(
            url,
            "POST",
            &path,
            &headers,
            &json!({ "token": token }).to_string(),
        )
    }
}

/// Someone who has signed in.
pub struct Resident {
    /// Their account.
    pub account: String,
    /// The session cookie's value.
    pub session: String,
    /// Their network address.
    pub address: String,
}

impl Resident {
    /// Asks for a blind signature; the answer's one item. `form`: the cookie and the token against forgery.
    pub fn obtain(
        &self,
        server: &Server,
        form: &(String, String),
        right: &Right,
        blinded: &Blinded,
    ) -> Value {
        let cookie = format!("{}; aikste_session={}", form.0, self.session);
        let headers = [
            ("content-type", "application/json"),
            ("cookie", cookie.as_str()),
            ("x-csrf-token", form.1.as_str()),
            ("x-forwarded-for", self.address.as_str()),
        ];
        let blinded = STANDARD.encode(&blinded.0.blind_message.0);
        let body = json!({ "requests": [{ "right": right.id, "blinded": blinded }] }).to_string();
        let answer = request(
            &server.url,
            "POST",
            "/api/v1/rights/tokens",
            &headers,
            &body,
        );
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["tokens"][0].clone()
    }
}

/// The cookie and the token that forms carry.
pub fn form(server: &Server) -> (String, String) {
    let page = get(&server.url, "/prisijungti");
    let cookie = page.header("set-cookie").unwrap();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let token = crate::providers::between(&page.body, "name=\"csrf\" value=\"", "\"");
    (cookie, token.to_owned())
}
