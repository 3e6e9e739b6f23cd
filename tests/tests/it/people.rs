//! The fictional people of the demonstration city, as its API names them, and one of them signed in.

use serde_json::{Value, json};

use crate::http::{Answer, get, request};
use crate::server::Server;

/// Who and what a scenario plays with.
pub struct City {
    /// `{"id", "name", …}` of somebody who hosts a reception that has not begun.
    pub host: Value,
    /// Two who host nothing.
    pub residents: [Value; 2],
    /// That reception.
    pub announced_of_host: String,
}

impl City {
    /// Reads it from a server that was filled with the demonstration city.
    pub fn of(server: &Server) -> Self {
        let accounts = get(&server.url, "/api/v1/demonstration/accounts").json();
        let accounts = accounts["accounts"].as_array().cloned().unwrap_or_default();
        let conferences = get(&server.url, "/api/v1/conferences?when=coming").json();
        let conferences = conferences["conferences"]
            .as_array()
            .or(conferences.as_array())
            .cloned()
            .unwrap_or_default();
        let announced = conferences
            .iter()
            .find(|c| c["audience"] == "anyone" && c["recorded"] == true);
        let announced = announced
            .unwrap_or_else(|| panic!("no announced reception that is recorded: {conferences:?}"));
        let is_host = |account: &&Value| account["name"] == announced["host_name"];
        let host = accounts
            .iter()
            .find(is_host)
            .unwrap_or_else(|| panic!("no account of its host: {accounts:?}"))
            .clone();
        let mut residents = accounts
            .iter()
            .filter(|account| account["role"] == "resident")
            .cloned();
        let mut resident = || {
            residents
                .next()
                .expect("the demonstration city has two residents")
        };
        Self {
            host,
            residents: [resident(), resident()],
            announced_of_host: announced["id"].as_str().unwrap_or_default().to_owned(),
        }
    }
}

/// Somebody signed in, without a browser.
pub struct Account {
    /// What the browser would send back.
    pub cookies: String,
    csrf: String,
}

impl Account {
    /// As one of the fictional people, by id.
    pub fn sign_in(server: &Server, account: &str) -> Self {
        let page = get(&server.url, "/prisijungti");
        let csrf = page.body.split("name=\"csrf\" value=\"").nth(1).unwrap();
        let mut me = Self {
            cookies: cookies(&page),
            csrf: csrf.split('"').next().unwrap().to_owned(),
        };
        let signed_in = me.post(
            server,
            "/api/v1/session",
            &json!({ "account": account }).to_string(),
        );
        assert!(signed_in.status < 300, "{}", signed_in.body);
        me.cookies = format!("{}; {}", me.cookies, cookies(&signed_in));
        me
    }

    /// Sends JSON, or whatever a form of ours sends.
    pub fn post(&self, server: &Server, path: &str, body: &str) -> Answer {
        let headers = [
            ("cookie", self.cookies.as_str()),
            ("x-csrf-token", self.csrf.as_str()),
            ("content-type", "application/json"),
        ];
        request(&server.url, "POST", path, &headers, body)
    }
}

fn cookies(answer: &Answer) -> String {
    let lines = answer.head.lines().filter_map(|line| line.split_once(": "));
    let set = lines.filter(|(name, _)| name.eq_ignore_ascii_case("set-cookie"));
    let pairs: Vec<_> = set
        .filter_map(|(_, value)| value.split(';').next())
        .collect();
    pairs.join("; ")
}
