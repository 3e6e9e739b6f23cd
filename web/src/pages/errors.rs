//! Pages for what went wrong, in the reader's language and frame.

use askama::Template;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use civic_api::Viewer;

use super::context::Page;
use super::display::own_page;
use crate::state::AppState;

/// Why a page cannot be shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageError(pub StatusCode);

impl PageError {
    /// There is no such thing.
    pub const NOT_FOUND: Self = Self(StatusCode::NOT_FOUND);
}

impl From<civic_api::Error> for PageError {
    fn from(error: civic_api::Error) -> Self {
        let status = error.status();
        if status.is_server_error() {
            tracing::error!(code = error.code(), "a page failed");
            tracing::debug!(%error, "why it failed");
        }
        Self(status)
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        tracing::error!(%error, "a template failed");
        Self(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for PageError {
    /// An empty answer that [`draw`] fills: only there is the reader's language known.
    fn into_response(self) -> Response {
        let mut response = self.0.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// What no route answers.
pub async fn not_found() -> PageError {
    PageError::NOT_FOUND
}

/// Middleware: gives a refused or failed page its words.
pub async fn draw(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let kept = parts.clone();
    let response = next.run(Request::from_parts(parts, body)).await;
    let Some(PageError(status)) = response.extensions().get::<PageError>().copied() else {
        return response;
    };
    let shown = kept.method == Method::GET;
    match view(frame(kept, &state, status).await, status, shown).render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "the error page failed");
            status.into_response()
        }
    }
}

/// The page around the words: that of who looks, unless the server failed. Then the database may be why, and nobody is looked up.
async fn frame(mut parts: Parts, state: &AppState, status: StatusCode) -> Page {
    if !status.is_server_error()
        && let Ok(page) = Page::from_request_parts(&mut parts, state).await
    {
        return page;
    }
    Page::of(&parts, state, Viewer::Anonymous)
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorView {
    page: Page,
    status: u16,
    heading: &'static str,
    text: &'static str,
    /// For who has to sign in first: the sign-in, which leads back here where here is a page.
    sign_in: Option<String>,
}

fn view(page: Page, status: StatusCode, shown: bool) -> ErrorView {
    let (heading, text) = match status.as_u16() {
        401 => ("error-401", "error-401-text"),
        403 => ("error-403", "error-403-text"),
        404 | 405 => ("error-404", "error-404-text"),
        409 => ("error-409", "error-409-text"),
        400..=499 => ("error-422", "error-422-text"),
        _ => ("error-500", "error-500-text"),
    };
    let sign_in = (status == StatusCode::UNAUTHORIZED).then(|| {
        let back = if shown { own_page(&page.path) } else { "/" };
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("toliau", back)
            .finish();
        format!("/prisijungti?{query}")
    });
    ErrorView {
        sign_in,
        page,
        status: status.as_u16(),
        heading,
        text,
    }
}
