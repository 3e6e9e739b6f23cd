//! The front door: security headers, a fresh CSP nonce for each page, and the check that a request which changes
//! something came from our own page. Two independent signs are asked for: what the browser says of the request's
//! origin, and a token that only our pages know.

use aws_lc_rs::{constant_time, hmac, rand};
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::state::AppState;

/// Cookie that the CSRF token is bound to.
const COOKIE: &str = "aikste_forma";
/// Largest form that is read to look for its token.
const MAX_FORM_BYTES: usize = 256 * 1024;

/// The nonce of this response's inline-free scripts.
#[derive(Clone, Debug)]
pub struct Nonce(pub String);

/// The token that this visitor's forms and islands must send back.
#[derive(Clone, Debug)]
pub struct CsrfToken(pub String);

/// The layer: checks, runs the handler, adds the headers.
pub async fn guard(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let key = hmac::Key::new(hmac::HMAC_SHA256, &state.secrets.derive("csrf/1"));
    let (visitor, is_new) = match cookie(request.headers(), COOKIE) {
        Some(value) if is_visitor_id(&value) => (value, false),
        _ => (random_hex(), true),
    };
    let token = hex::encode(hmac::sign(&key, visitor.as_bytes()).as_ref());
    if changes_something(request.method()) {
        request = match check(request, &token, is_new).await {
            Ok(request) => request,
            Err(refused) => return *refused,
        };
    }
    let nonce = random_hex();
    let host = host_of(&request);
    request.extensions_mut().insert(Nonce(nonce.clone()));
    request.extensions_mut().insert(CsrfToken(token));
    let mut response = next.run(request).await;
    add_headers(
        response.headers_mut(),
        &nonce,
        &host,
        state.config.server.is_https(),
    );
    if is_new && is_page(response.headers()) {
        let secure = if state.config.server.is_https() {
            "; Secure"
        } else {
            ""
        };
        let value = format!("{COOKIE}={visitor}; Path=/; HttpOnly; SameSite=Lax{secure}");
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().append(header::SET_COOKIE, value);
        }
    }
    response
}

fn changes_something(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// Refuses a changing request that did not come from our own page.
async fn check(request: Request, token: &str, is_new: bool) -> Result<Request, Box<Response>> {
    let refuse = |code: &'static str| Box::new(refusal(code));
    if !same_origin(request.headers(), &host_of(&request)) {
        return Err(refuse("origin_foreign"));
    }
    if is_by_token(&request) {
        return Ok(request);
    }
    if is_new {
        return Err(refuse("csrf_missing"));
    }
    if let Some(sent) = request.headers().get("x-csrf-token") {
        return if equal(sent.as_bytes(), token.as_bytes()) {
            Ok(request)
        } else {
            Err(refuse("csrf_wrong"))
        };
    }
    let is_form = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(refuse("csrf_missing"));
    }
    let (parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, MAX_FORM_BYTES).await else {
        return Err(refuse("form_too_large"));
    };
    let sent = form_field(&bytes, b"csrf=");
    match sent {
        Some(sent) if equal(sent, token.as_bytes()) => {
            Ok(Request::from_parts(parts, Body::from(bytes)))
        }
        Some(_) => Err(refuse("csrf_wrong")),
        None => Err(refuse("csrf_missing")),
    }
}

/// A seat is asked for with a token in the body and no cookie at all: there is nothing of the visitor's that another page
/// could use, and a cookie is what such a request must not have.
fn is_by_token(request: &Request) -> bool {
    let path = request.uri().path();
    path.starts_with("/api/v1/conferences/")
        && path.ends_with("/seat-by-token")
        && !request.headers().contains_key(header::COOKIE)
}

/// The raw value of a form field; our token is hex, so nothing in it is ever escaped.
fn form_field<'a>(body: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    body.split(|b| *b == b'&')
        .find_map(|pair| pair.strip_prefix(prefix))
}

/// Fetch Metadata where the browser sends it, else the Origin header; a client that sends neither is no browser.
fn same_origin(headers: &HeaderMap, host: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin" || site == "none";
    }
    match headers.get(header::ORIGIN).and_then(|v| v.to_str().ok()) {
        Some(origin) => {
            let origin = origin
                .strip_prefix("https://")
                .or_else(|| origin.strip_prefix("http://"));
            !host.is_empty() && origin == Some(host)
        }
        None => true,
    }
}

fn refusal(code: &'static str) -> Response {
    tracing::info!(code, "a changing request was refused at the door");
    let body = serde_json::json!({
        "type": format!("about:blank#{code}"),
        "title": "Užklausa atmesta: atnaujinkite puslapį ir bandykite dar kartą. / Request refused: reload the page and try again.",
        "status": 403,
        "code": code,
    });
    (
        StatusCode::FORBIDDEN,
        [(header::CONTENT_TYPE, "application/problem+json")],
        // For the audit.
        axum::Extension(civic_api::audit::Code(code)),
        body.to_string(),
    )
        .into_response()
}

fn add_headers(headers: &mut HeaderMap, nonce: &str, host: &str, https: bool) {
    // `'self'` covers wss on the same origin only in newer browsers, so the socket's address is named.
    let socket = if https {
        format!("wss://{host}")
    } else {
        format!("ws://{host}")
    };
    let csp = format!(
        "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; img-src 'self' data: blob:; \
         media-src 'self' blob:; font-src 'self'; connect-src 'self' {socket}; object-src 'none'; base-uri 'none'; \
         frame-ancestors 'none'; form-action 'self'"
    );
    let fixed: [(&'static str, &'static str); 5] = [
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(self), microphone=(self), display-capture=(self), geolocation=(self)",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(value) = HeaderValue::from_str(&csp) {
        headers.insert(header::CONTENT_SECURITY_POLICY, value);
    }
    if https {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
    // Pages show who is signed in: no cache may keep them. Assets set their own header first.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
}

/// The host the browser asked for: the Host header, or what stands for it in HTTP/2 (`:authority`, RFC 9113 section 8.3.1).
fn host_of(request: &Request) -> String {
    let header = request
        .headers()
        .get(header::HOST)
        .and_then(|v| v.to_str().ok());
    let host = header
        .or_else(|| request.uri().authority().map(Authority::as_str))
        .unwrap_or_default();
    // The value goes into a header of ours: only what a host may consist of is let through.
    if host
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b".-:[]".contains(&b))
    {
        host.to_owned()
    } else {
        String::new()
    }
}

fn is_page(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .is_some_and(|v| v.starts_with("text/html"))
}

fn is_visitor_id(value: &str) -> bool {
    value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit())
}

fn equal(a: &[u8], b: &[u8]) -> bool {
    constant_time::verify_slices_are_equal(a, b).is_ok()
}

fn random_hex() -> String {
    let mut bytes = [0u8; 16];
    // AWS-LC aborts the process itself when its generator fails; an all-zero value would only make our own check fail.
    let _ = rand::fill(&mut bytes);
    hex::encode(bytes)
}

/// A cookie's value.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .find_map(|pair| {
            pair.trim()
                .split_once('=')
                .filter(|(k, _)| *k == name)
                .map(|(_, v)| v.to_owned())
        })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(k, v)| (k.parse().unwrap(), HeaderValue::from_static(v)))
            .collect()
    }

    #[test]
    fn another_site_is_refused_by_fetch_metadata_and_by_origin() {
        let asks = |pairs: &[_]| same_origin(&headers(pairs), "aikste.test");
        assert!(!asks(&[("sec-fetch-site", "cross-site")]));
        assert!(!asks(&[("sec-fetch-site", "same-site")]));
        assert!(!asks(&[("origin", "https://evil.test")]));
        assert!(!asks(&[("origin", "null")]));
        assert!(asks(&[("origin", "https://aikste.test")]));
        assert!(asks(&[("sec-fetch-site", "same-origin")]));
        assert!(!same_origin(&headers(&[("origin", "https://")]), ""));
    }

    fn asked(uri: &str, host: Option<&'static str>) -> Request {
        let request = Request::builder().uri(uri);
        let request = host
            .into_iter()
            .fold(request, |r, host| r.header("host", host));
        request.body(Body::empty()).unwrap()
    }

    #[test]
    fn only_a_seat_by_token_needs_no_cookie_and_only_without_one() {
        let path = "/api/v1/conferences/x/seat-by-token";
        assert!(is_by_token(&asked(path, Some("aikste.test"))));
        assert!(!is_by_token(&asked("/api/v1/conferences/x/seat", None)));
        assert!(!is_by_token(&asked("/x/seat-by-token", None)));
        let mut with_cookie = asked(path, None);
        let cookie = HeaderValue::from_static("aikste_session=x");
        with_cookie.headers_mut().insert(header::COOKIE, cookie);
        assert!(!is_by_token(&with_cookie));
    }

    #[test]
    fn a_host_with_strange_characters_never_reaches_our_headers() {
        assert_eq!(host_of(&asked("/", Some("a.test:80; script-src *"))), "");
        assert_eq!(host_of(&asked("/", Some("[::1]:8080"))), "[::1]:8080");
    }

    #[test]
    fn http_2_names_the_host_in_the_address() {
        assert_eq!(
            host_of(&asked("https://aikste.test/archyvas", None)),
            "aikste.test"
        );
    }

    #[test]
    fn a_form_field_is_found_whole() {
        assert_eq!(form_field(b"a=1&csrf=abc&b=2", b"csrf="), Some(&b"abc"[..]));
        assert_eq!(form_field(b"xcsrf=abc", b"csrf="), None);
    }

    #[test]
    fn one_cookie_is_found_among_many() {
        let h = headers(&[("cookie", "a=1; aikste_forma=xyz; b=2")]);
        assert_eq!(cookie(&h, COOKIE).as_deref(), Some("xyz"));
        assert_eq!(cookie(&h, "c"), None);
    }
}
