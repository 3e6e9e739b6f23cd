//! The fictional people of the demonstration city, as its API names them.

use serde_json::Value;

use crate::http::get;
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
