//! Bodies of fuzz targets, run by `cargo-fuzz` where there is one and by `proptest` everywhere: whatever comes, nothing panics
//! and what is promised holds.

use axum::http::{HeaderMap, HeaderValue, header};
use serde_json::Value;

use crate::{ConferenceId, Language, log};

/// What a browser sends in `Cookie` and `Accept-Language`, and as an id in an address.
pub fn request(data: &[u8]) {
    let at = data
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(data.len());
    let (cookie, accepted) = data.split_at(at);
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (header::COOKIE, cookie),
        (
            header::ACCEPT_LANGUAGE,
            accepted.get(1..).unwrap_or_default(),
        ),
    ] {
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    }
    assert!(Language::from_code(Language::of(&headers).code()).is_some());
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(id) = text.parse::<ConferenceId>()
    {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

/// Any JSON as a record's payload: its canonical form means the same, and is its own canonical form.
pub fn record(data: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<Value>(data) {
        let text = log::canonical(&value);
        let again: Value = serde_json::from_str(&text).expect("canonical JSON is JSON");
        assert_eq!(log::canonical(&again), text);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    #[test]
    fn a_number_is_read_as_it_was_written() {
        for number in ["6.0000000000000014e+63", "5e-324", "1.7976931348623157e308"] {
            super::record(number.as_bytes());
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_no_reason_to_panic(data in prop::collection::vec(any::<u8>(), 0..300)) {
            super::request(&data);
            super::record(&data);
        }

        #[test]
        fn almost_headers_are_no_reason_to_panic(name in "kalba|[a-z]{0,9}", value in "lt|en|\\PC{0,20}", weight in "[0-9.e-]{0,9}") {
            super::request(format!("{name}={value}; {value}\n{value}-LT;q={weight}, en;q={value}").as_bytes());
            super::record(format!(r#"{{"{name}":{weight},"b":[{weight},"{value}"]}}"#).as_bytes());
        }
    }
}
