//! The display form: theme, text size, language. Works without script: sets a cookie and returns to where one was.

use axum::Form;
use axum::extract::State;
use axum::response::Redirect;
use axum_extra::extract::CookieJar;
use axum_extra::extract::cookie::{Cookie, SameSite};
use civic_api::Language;
use serde::Deserialize;
use time::Duration;

use super::context::{SIZE_COOKIE, SIZES, THEME_COOKIE, THEMES};
use crate::state::AppState;

/// How long a choice is remembered.
const KEPT: Duration = Duration::days(365);

/// What the form sends: the pressed button, and the page it stood on.
#[derive(Deserialize)]
pub struct Chosen {
    tema: Option<String>,
    dydis: Option<String>,
    kalba: Option<String>,
    #[serde(default)]
    back: String,
}

/// `POST /aikste/rodinys`
pub async fn set(
    State(state): State<AppState>,
    jar: CookieJar,
    Form(chosen): Form<Chosen>,
) -> (CookieJar, Redirect) {
    let theme = chosen
        .tema
        .filter(|v| THEMES.iter().any(|t| t.0 == v))
        .map(|v| (THEME_COOKIE, v));
    let size = chosen
        .dydis
        .filter(|v| SIZES.iter().any(|s| s.0 == v))
        .map(|v| (SIZE_COOKIE, v));
    let language = chosen
        .kalba
        .filter(|v| Language::from_code(v).is_some())
        .map(|v| (civic_api::language::COOKIE, v));
    let secure = state.config.server.is_https();
    let jar = [theme, size, language]
        .into_iter()
        .flatten()
        .fold(jar, |jar, (name, value)| {
            let cookie = Cookie::build((name, value))
                .path("/")
                .max_age(KEPT)
                .same_site(SameSite::Lax)
                .secure(secure);
            jar.add(cookie)
        });
    (jar, Redirect::to(own_page(&chosen.back)))
}

/// A path of ours; anything else is the front page, so that the form cannot be used to send someone elsewhere.
pub fn own_page(path: &str) -> &str {
    let ours = path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= 500
        && path.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    if ours { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_never_leads_to_another_site() {
        assert_eq!(own_page("/priemimai?q=1"), "/priemimai?q=1");
        for bad in [
            "//evil.test",
            "https://evil.test",
            "/\\evil.test",
            "",
            "/a\r\nSet-Cookie: x",
            "/a b",
        ] {
            assert_eq!(own_page(bad), "/", "{bad}");
        }
    }
}
