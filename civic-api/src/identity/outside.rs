//! Asking providers over HTTP: no redirects, no proxy, a limit on time and on what is read.

use std::time::Duration;

use reqwest::{Client, Request, redirect};

use super::ways::Failure;

/// How long a provider may take.
const LIMIT: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(5);
/// The most that is read of an answer.
const MAX_BYTES: usize = 256 * 1024;

/// The client.
#[derive(Clone, Debug)]
pub(super) struct Outside(Client);

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) headers: reqwest::header::HeaderMap,
    pub(super) body: Vec<u8>,
}

impl Outside {
    /// `Err`: the machine has no usable root certificates.
    pub(super) fn new() -> Result<Self, String> {
        Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT)
            .timeout(LIMIT)
            .user_agent("aikste")
            .build()
            .map(Self)
            .map_err(|error| error.to_string())
    }

    /// For building requests.
    pub(super) fn client(&self) -> &Client {
        &self.0
    }

    /// Asks.
    pub(super) async fn ask(&self, request: Request) -> Result<Reply, Failure> {
        let mut response = self
            .0
            .execute(request)
            .await
            .map_err(|_| Failure::Unreachable("no answer"))?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(piece) = response
            .chunk()
            .await
            .map_err(|_| Failure::Unreachable("the answer broke off"))?
        {
            if body.len() + piece.len() > MAX_BYTES {
                return Err(Failure::Refused("the answer is too large"));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply {
            status,
            headers,
            body,
        })
    }
}

/// Whether a provider may be asked at this address: TLS, or this very machine.
pub(super) fn is_fit(address: &str) -> bool {
    let Ok(url) = url::Url::parse(address) else {
        return false;
    };
    let here = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    url.scheme() == "https" || url.scheme() == "http" && here
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn providers_are_asked_over_tls_or_on_this_machine() {
        for good in [
            "https://a.example/x",
            "http://127.0.0.1:8/x",
            "http://localhost/",
            "http://[::1]/",
        ] {
            assert!(is_fit(good), "{good}");
        }
        for bad in [
            "http://a.example/",
            "ftp://127.0.0.1/",
            "",
            "x",
            "http://127.0.0.1.evil.example/",
        ] {
            assert!(!is_fit(bad), "{bad}");
        }
    }
}
