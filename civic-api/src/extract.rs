//! What handlers begin with: who is looking, in which language, and bodies and parameters whose refusal is a problem
//! like any other.

use std::convert::Infallible;
use std::str::FromStr;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRef, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum_extra::extract::CookieJar;
use serde::de::DeserializeOwned;

use crate::audit::Seen;
use crate::{Civic, Error, Language, Viewer, identity};

impl<S> FromRequestParts<S> for Viewer
where
    S: Send + Sync,
    Civic: FromRef<S>,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let jar = CookieJar::from_headers(&parts.headers);
        match jar.get(identity::COOKIE) {
            Some(cookie) => {
                let viewer = identity::viewer_of(&Civic::from_ref(state), cookie.value()).await?;
                // For the audit, if this is refused.
                if let (Some(seen), Some(account)) =
                    (parts.extensions.get::<Seen>(), viewer.account())
                {
                    seen.set(account.id);
                }
                Ok(viewer)
            }
            None => Ok(Viewer::Anonymous),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Language {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Language::of(&parts.headers))
    }
}

/// A JSON body.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<S, T> FromRequest<S> for Body<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match Json::<T>::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(JsonRejection::BytesRejection(rejection)) if rejection.status().as_u16() == 413 => {
                Err(Error::TooLarge)
            }
            Err(rejection) => Err(Error::MalformedBody(rejection.body_text())),
        }
    }
}

/// The id in an address. What is no id names nothing.
#[derive(Clone, Copy, Debug)]
pub struct Id<T>(pub T);

impl<S, T> FromRequestParts<S> for Id<T>
where
    S: Send + Sync,
    T: FromStr,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        let Path(text) = Path::<String>::from_request_parts(parts, state)
            .await
            .map_err(|_| Error::NotFound)?;
        text.parse().map(Self).map_err(|_| Error::NotFound)
    }
}

/// The parameters after the `?`.
#[derive(Clone, Copy, Debug)]
pub struct Parameters<T>(pub T);

impl<S, T> FromRequestParts<S> for Parameters<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Error> {
        Query::<T>::from_request_parts(parts, state)
            .await
            .map(|Query(parameters)| Self(parameters))
            .map_err(|rejection| Error::MalformedParameter(rejection.body_text()))
    }
}
