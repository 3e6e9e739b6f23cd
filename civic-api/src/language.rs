//! Which of the two languages someone reads: the cookie `kalba`, else `Accept-Language`, else Lithuanian.

use axum::http::{HeaderMap, header};

/// The cookie that remembers the choice.
pub const COOKIE: &str = "kalba";

/// A language of the pages.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Language {
    /// Lietuvių.
    #[default]
    Lt,
    /// English.
    En,
}

impl Language {
    /// `lt` or `en`, as in `<html lang>`.
    pub fn code(self) -> &'static str {
        match self {
            Language::Lt => "lt",
            Language::En => "en",
        }
    }

    /// From `lt` or `en`.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "lt" => Some(Language::Lt),
            "en" => Some(Language::En),
            _ => None,
        }
    }

    /// What a request asks for.
    pub fn of(headers: &HeaderMap) -> Self {
        let jar = axum_extra::extract::CookieJar::from_headers(headers);
        if let Some(chosen) = jar.get(COOKIE).and_then(|c| Self::from_code(c.value())) {
            return chosen;
        }
        headers
            .get(header::ACCEPT_LANGUAGE)
            .and_then(|value| value.to_str().ok())
            .and_then(Self::accepted)
            .unwrap_or_default()
    }

    /// The better liked of our languages in an `Accept-Language` value (RFC 9110 section 12.5.4).
    fn accepted(value: &str) -> Option<Self> {
        let mut best: Option<(Self, f32)> = None;
        for item in value.split(',').take(20) {
            let mut parts = item.trim().split(';');
            let tag = parts.next().unwrap_or_default().to_ascii_lowercase();
            let Some(language) = Self::from_code(tag.split('-').next().unwrap_or_default()) else {
                continue;
            };
            let weight = parts
                .find_map(|p| p.trim().strip_prefix("q=")?.parse::<f32>().ok())
                .unwrap_or(1.0);
            if weight > 0.0 && best.is_none_or(|(_, w)| weight > w) {
                best = Some((language, weight));
            }
        }
        best.map(|(language, _)| language)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    fn asked(accept: Option<&str>, cookie: Option<&str>) -> Language {
        let mut headers = HeaderMap::new();
        if let Some(value) = accept {
            headers.insert(header::ACCEPT_LANGUAGE, value.parse().unwrap());
        }
        if let Some(value) = cookie {
            headers.insert(header::COOKIE, value.parse().unwrap());
        }
        Language::of(&headers)
    }

    #[test]
    fn the_cookie_wins_then_the_browser_then_lithuanian() {
        assert_eq!(asked(None, None), Language::Lt);
        assert_eq!(asked(Some("de, en-GB;q=0.8, lt;q=0.5"), None), Language::En);
        assert_eq!(asked(Some("en;q=0.3,lt"), None), Language::Lt);
        assert_eq!(asked(Some("en;q=0"), None), Language::Lt);
        assert_eq!(asked(Some("fr"), None), Language::Lt);
        assert_eq!(
            asked(Some("lt"), Some("tema=tamsi; kalba=en")),
            Language::En
        );
        assert_eq!(asked(Some("en"), Some("kalba=xx")), Language::En);
    }

    proptest::proptest! {
        #[test]
        fn whatever_a_browser_sends_some_language_comes_out(value in "\\PC{0,200}") {
            Language::accepted(&value);
        }
    }
}
