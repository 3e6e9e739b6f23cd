//! TURN for networks that let only little through: which servers a browser may relay by, with credentials of its own that
//! expire (the "TURN REST API" form that coturn and others check with a shared secret: `use-auth-secret`).

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::message::IceServer;

/// How long credentials are good for: a long sitting. Whoever comes back gets new ones with `welcome`.
const VALID_S: u64 = 12 * 60 * 60;

/// The TURN servers; without URLs there are none.
#[derive(Clone, Default)]
pub struct TurnServers {
    /// RFC 7065 URLs, such as `turn:turn.example:3478?transport=udp`.
    pub urls: Vec<String>,
    /// The secret shared with them.
    pub secret: String,
}

impl std::fmt::Debug for TurnServers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TurnServers")
            .field("urls", &self.urls)
            .finish_non_exhaustive()
    }
}

impl TurnServers {
    /// What the holder of one seat is given. `holder` tells seats apart for the servers' quotas, and says nothing of who
    /// sits there. `now_s` is in seconds since the Unix epoch.
    pub fn credentials(&self, holder: u64, now_s: u64) -> Vec<IceServer> {
        if self.urls.is_empty() {
            return Vec::new();
        }
        let username = format!("{}:{holder}", now_s + VALID_S);
        // SHA-1 is what the servers know; as a MAC it is sound.
        let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, self.secret.as_bytes());
        let credential = STANDARD.encode(hmac::sign(&key, username.as_bytes()));
        vec![IceServer {
            urls: self.urls.clone(),
            username,
            credential,
        }]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test says by panicking")]
    use super::*;

    #[test]
    fn credentials_expire_and_are_signed_with_the_shared_secret() {
        let servers = TurnServers {
            urls: vec!["turn:turn.example:3478".into()],
            secret: "north".into(),
        };
        let given = servers.credentials(7, 1_700_000_000);
        assert_eq!(given.len(), 1);
        assert_eq!(given[0].username, "1700043200:7");
        // printf 1700043200:7 | openssl dgst -sha1 -hmac north -binary | base64
        assert_eq!(given[0].credential, "fKyKbCiPKmS3l7M1VLT3lRGWbLA=");
        assert_eq!(given[0].urls, servers.urls);
        assert!(!format!("{servers:?}").contains("north"));
    }

    #[test]
    fn without_servers_nothing_is_given() {
        assert!(TurnServers::default().credentials(7, 0).is_empty());
    }
}
