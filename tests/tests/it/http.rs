//! The smallest HTTP client that the tests need: one request, one connection, no redirects followed.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// What came back.
pub struct Answer {
    /// The status; 0 when nobody answered.
    pub status: u16,
    /// The head, as it came.
    pub head: String,
    /// The body, as text.
    pub body: String,
}

impl Answer {
    /// A header's first value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let wanted = name.to_lowercase();
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            (key.to_lowercase() == wanted).then(|| value.trim())
        })
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// `GET`.
pub fn get(url: &str, path: &str) -> Answer {
    request(url, "GET", path, &[], "")
}

/// Any request. `url` is `http://host:port`.
pub fn request(
    url: &str,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let host = url.trim_start_matches("http://");
    // HTTP/1.0: the answer is not chunked, and its end is the end of the connection.
    let mut text = format!(
        "{method} {path} HTTP/1.0\r\nhost: {host}\r\ncontent-length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str("\r\n");
    let mut bytes = Vec::new();
    if let Ok(mut stream) = TcpStream::connect(host) {
        stream
            .set_read_timeout(Some(Duration::from_secs(120)))
            .unwrap();
        let _ = stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()));
        let _ = stream.read_to_end(&mut bytes);
    }
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|s| s.parse().ok())
        .unwrap_or(0);
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
