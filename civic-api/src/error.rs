//! What can go wrong in this crate, and how it is said over HTTP: `application/problem+json` (RFC 9457) with a stable
//! `code` and a title in the reader's language. The status of every refusal is decided here and nowhere else.

use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Language;
use crate::assistance;
use crate::audit::Code;
use crate::conferences::rules::Refusal;
use crate::identity::ways::Failure;

/// What can go wrong.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such thing, or it is not for these eyes.
    #[error("not found")]
    NotFound,
    /// There is no such route.
    #[error("no such route")]
    NoRoute,
    /// The route exists, but not for this method.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The body is not JSON of the right shape.
    #[error("malformed body: {0}")]
    MalformedBody(String),
    /// A parameter of the address is not of the right shape.
    #[error("malformed parameter: {0}")]
    MalformedParameter(String),
    /// The body is too large.
    #[error("the body is too large")]
    TooLarge,
    /// One must sign in first.
    #[error("sign-in is required")]
    SignInRequired,
    /// This is not for the one who asks.
    #[error("not allowed")]
    NotAllowed,
    /// This is not done in a public terminal's session.
    #[error("not at a terminal")]
    AtTerminal,
    /// Signing in this way is turned off.
    #[error("demonstration accounts are off")]
    DemonstrationOff,
    /// A field has a value that cannot be.
    #[error("{field}: not acceptable")]
    Invalid {
        /// Which one.
        field: &'static str,
    },
    /// Something is no longer, or not yet, in the state this needs.
    #[error("wrong state: {0}")]
    WrongState(&'static str),
    /// A seat is refused.
    #[error("seat refused: {0}")]
    Seat(#[from] Refusal),
    /// This is only for whom the city has identified.
    #[error("verification is required")]
    VerificationRequired,
    /// No tokens are issued for this right (any more).
    #[error("the right is closed")]
    RightClosed,
    /// This account was given its token for this right.
    #[error("the token is issued already")]
    TokenAlreadyIssued,
    /// The token is not signed by the right's key.
    #[error("the token is invalid")]
    TokenInvalid,
    /// The token was spent before.
    #[error("the token is spent")]
    TokenSpent,
    /// Another passkey, or something dangerous, needs a passkey shown in the last minutes.
    #[error("a passkey must be shown")]
    ConfirmationRequired,
    /// A worker may not act with this resident, or not do this.
    #[error("assistance: {0}")]
    Assistance(#[from] assistance::Refusal),
    /// A passkey's answer is not believed; why is in our log alone.
    #[error("the passkey is refused")]
    PasskeyRefused,
    /// The recovery code is none of the account's, or spent.
    #[error("the recovery code is refused")]
    RecoveryRefused,
    /// A cryptographic operation failed that does not fail.
    #[error("cryptography failed")]
    Crypto,
    /// Too many follow the log at once.
    #[error("too many listeners")]
    Busy,
    /// A sign-in came to nothing.
    #[error("sign-in: {0}")]
    SignIn(#[from] Failure),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sqlx::Error),
    /// The database cannot be brought to this version's form.
    #[error("migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A row says something that cannot be.
    #[error("{table}.{column} of {id} makes no sense")]
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row's id.
        id: String,
    },
    /// A log record would have held what it must not hold. A fault of ours: nothing was changed.
    #[error("log record {kind}: {reason}")]
    LogRecord {
        /// The record's kind.
        kind: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

/// How an error reads over HTTP.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
pub struct Problem {
    /// `about:blank#<code>`: there is no page to read about it.
    #[serde(rename = "type")]
    #[schema(example = "about:blank#conference_ended")]
    pub kind: String,
    /// The same in words, in the reader's language.
    pub title: String,
    /// The HTTP status.
    #[schema(example = 409)]
    pub status: u16,
    /// Stable: what a program decides by.
    #[schema(example = "conference_ended")]
    pub code: String,
    /// Which field is meant, when one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

impl Error {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Error::NotFound => "not_found",
            Error::NoRoute => "no_route",
            Error::MethodNotAllowed => "method_not_allowed",
            Error::MalformedBody(_) => "malformed_body",
            Error::MalformedParameter(_) => "malformed_parameter",
            Error::TooLarge => "too_large",
            Error::SignInRequired => "sign_in_required",
            Error::NotAllowed => "not_allowed",
            Error::AtTerminal => "at_terminal",
            Error::DemonstrationOff => "demonstration_off",
            Error::Invalid { .. } => "invalid_field",
            Error::WrongState(code) => code,
            Error::Seat(refusal) => refusal.code(),
            Error::Busy => "too_many_listeners",
            Error::VerificationRequired => "verification_required",
            Error::RightClosed => "right_closed",
            Error::TokenAlreadyIssued => "token_already_issued",
            Error::TokenInvalid => "token_invalid",
            Error::TokenSpent => "token_spent",
            Error::Assistance(refusal) => refusal.code(),
            Error::ConfirmationRequired => "confirmation_required",
            Error::PasskeyRefused => "passkey_refused",
            Error::RecoveryRefused => "recovery_refused",
            Error::SignIn(failure) => failure.code(),
            Error::Database(_)
            | Error::Migration(_)
            | Error::Inconsistent { .. }
            | Error::Crypto
            | Error::LogRecord { .. } => "internal_error",
        }
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Error::NotFound | Error::NoRoute => StatusCode::NOT_FOUND,
            Error::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Error::MalformedBody(_) | Error::MalformedParameter(_) => StatusCode::BAD_REQUEST,
            Error::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Error::SignInRequired
            | Error::Seat(Refusal::IdentificationRequired | Refusal::NameRequiresSignIn) => {
                StatusCode::UNAUTHORIZED
            }
            Error::NotAllowed
            | Error::AtTerminal
            | Error::DemonstrationOff
            | Error::VerificationRequired
            | Error::ConfirmationRequired
            | Error::PasskeyRefused
            | Error::RecoveryRefused
            | Error::TokenInvalid
            | Error::Seat(Refusal::NotOfEldership) => StatusCode::FORBIDDEN,
            Error::RightClosed | Error::TokenAlreadyIssued | Error::TokenSpent => {
                StatusCode::CONFLICT
            }
            Error::Assistance(refusal) => refusal.status(),
            Error::Invalid { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Error::SignIn(failure) => failure.status(),
            Error::WrongState(_) | Error::Seat(Refusal::Ended | Refusal::NotOpen) => {
                StatusCode::CONFLICT
            }
            Error::Database(_)
            | Error::Migration(_)
            | Error::Inconsistent { .. }
            | Error::Crypto
            | Error::LogRecord { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The same in words a resident understands.
    pub fn title(&self, language: Language) -> &'static str {
        let (lt, en) = titles(self.code());
        match language {
            Language::Lt => lt,
            Language::En => en,
        }
    }

    /// How it reads over HTTP.
    pub fn problem(&self, language: Language) -> Problem {
        Problem {
            kind: format!("about:blank#{}", self.code()),
            title: self.title(language).to_owned(),
            status: self.status().as_u16(),
            code: self.code().to_owned(),
            field: match self {
                Error::Invalid { field } => Some((*field).to_owned()),
                _ => None,
            },
        }
    }
}

/// Lithuanian and English words for a code.
fn titles(code: &str) -> (&'static str, &'static str) {
    if let Some(titles) = assistance::Refusal::titles(code) {
        return titles;
    }
    match code {
        "not_found" => ("Tokio įrašo nėra", "There is nothing here by that name"),
        "no_route" => ("Tokio adreso nėra", "There is no such address"),
        "method_not_allowed" => (
            "Šiuo adresu to padaryti negalima",
            "This address does not do that",
        ),
        "malformed_body" => (
            "Užklausos turinys netaisyklingas",
            "The request's body is malformed",
        ),
        "malformed_parameter" => (
            "Adreso parametras netaisyklingas",
            "A parameter of the address is malformed",
        ),
        "too_large" => ("Užklausa per didelė", "The request is too large"),
        "sign_in_required" => ("Pirmiausia prisijunkite", "Please sign in first"),
        "not_allowed" => ("Jūs negalite to daryti", "You may not do this"),
        "at_terminal" => (
            "Viešajame terminale to padaryti negalima: prisijunkite savo telefone ar kompiuteryje",
            "This cannot be done at a public terminal: sign in on your own phone or computer",
        ),
        "demonstration_off" => (
            "Parodomosios paskyros išjungtos",
            "Demonstration accounts are turned off",
        ),
        "invalid_field" => (
            "Laukelio reikšmė netinka",
            "The value of a field is not acceptable",
        ),
        "conference_ended" => ("Priėmimas jau baigėsi", "The reception has ended"),
        "conference_not_open" => ("Priėmimas dar neprasidėjo", "The reception has not begun"),
        "conference_already_open" => ("Priėmimas jau vyksta", "The reception is already open"),
        "identification_required" => (
            "Šis priėmimas – tik tapatybę patvirtinusiems gyventojams",
            "This reception is for identified residents",
        ),
        "name_requires_sign_in" => (
            "Norėdami kalbėti savo vardu, prisijunkite",
            "To speak by name, sign in",
        ),
        "not_of_eldership" => (
            "Tik seniūnijos gyventojams, kurių gyvenamąją vietą patvirtino registras",
            "Only for residents of the eldership whom the register has confirmed",
        ),
        "extract_older" => (
            "Jau įkeltas naujesnis registro išrašas",
            "A newer extract of the register was imported already",
        ),
        "verification_required" => (
            "Tam reikia patvirtintos tapatybės",
            "For this your identity must be verified",
        ),
        "right_closed" => (
            "Ši teisė nebeišduodama",
            "This right is no longer given out",
        ),
        "token_already_issued" => (
            "Šią teisę jau gavote – ji kitoje jūsų naršyklėje arba atkūrimo faile",
            "You were given this right already: it is in another browser of yours or in your recovery file",
        ),
        "token_invalid" => (
            "Teisės ženklas netinka",
            "The token of the right is not valid",
        ),
        "token_spent" => ("Ši teisė jau panaudota", "This right has been used already"),
        "confirmation_required" => (
            "Patvirtinkite, kad tai jūs: parodykite prieigos raktą",
            "Confirm that it is you: show a passkey",
        ),
        "passkey_refused" => (
            "Prieigos raktas netiko. Pabandykite dar kartą",
            "The passkey was not accepted. Please try again",
        ),
        "recovery_refused" => (
            "Atkūrimo kodas netinka arba jau panaudotas",
            "The recovery code is wrong or was used before",
        ),
        "passkey_none" => (
            "Paskyra dar neturi prieigos rakto",
            "The account has no passkey yet",
        ),
        "passkey_last" => (
            "Tai vienintelis jūsų prieigos raktas: pirmiausia pridėkite kitą",
            "This is your only passkey: add another one first",
        ),
        "passkeys_full" => (
            "Daugiau prieigos raktų pridėti negalima",
            "No more passkeys can be added",
        ),
        "too_many_listeners" => (
            "Žurnalą dabar seka per daug programų. Pabandykite vėliau",
            "Too many programs follow the log now. Please try later",
        ),
        "recording_not_agreed" => ("Šis priėmimas neįrašomas", "This reception is not recorded"),
        "recording_running" => ("Įrašymas jau vyksta", "A recording is already running"),
        "account_hosts" => (
            "Paskyra rengia priėmimų, todėl ją ištrinti gali tik administratorius",
            "The account hosts receptions: only an administrator can erase it",
        ),
        "sign_in_not_offered" => (
            "Taip prisijungti čia negalima",
            "This way of signing in is not offered here",
        ),
        "provider_unreachable" => (
            "Tapatybės patvirtinimo paslauga neatsako",
            "The identification service does not answer",
        ),
        "sign_in_refused" => (
            "Prisijungti nepavyko: atsakymo patikrinti negalėjome",
            "Sign-in failed: the answer could not be verified",
        ),
        "sign_in_expired" => (
            "Prisijungimo laikas baigėsi. Pradėkite iš naujo",
            "This sign-in is over. Please start again",
        ),
        "sign_in_cancelled" => (
            "Prisijungimo atsisakėte",
            "You went back without signing in",
        ),
        "sign_in_wrong_secret" => (
            "Kortelės numeris arba PIN kodas neteisingas",
            "The card number or the PIN is wrong",
        ),
        "sign_in_locked" => (
            "Per daug klaidingų bandymų. Bandykite vėliau",
            "Too many wrong tries. Please try later",
        ),
        "identity_linked_elsewhere" => (
            "Ši tapatybė jau priklauso kitai paskyrai",
            "This identity belongs to another account already",
        ),
        "identity_other_person" => (
            "Paskyra priklauso žmogui su kitu asmens kodu",
            "The account is of a person with another personal code",
        ),
        "too_many_requests" => (
            "Per daug bandymų. Palaukite minutę",
            "Too many tries. Please wait a minute",
        ),
        "role_held" => (
            "Šį vaidmenį žmogus jau turi",
            "The person has this role already",
        ),
        "role_taken" => ("Šis vaidmuo jau atimtas", "This role was taken already"),
        "role_own" => (
            "Vaidmens sau suteikti negalima: paprašykite kito administratoriaus",
            "Nobody gives a role to themselves: ask another administrator",
        ),
        "person_not_identified" => (
            "Šio žmogaus tapatybė patvirtinta nepakankamai",
            "The city is not sure enough who this person is",
        ),
        "last_administrator" => (
            "Tai paskutinis administratorius: pirma paskirkite kitą",
            "This is the last administrator: appoint another one first",
        ),
        "recording_state" => (
            "Įrašas jau kitos būsenos",
            "The recording is already past this state",
        ),
        _ => (
            "Sistemos klaida. Pabandykite dar kartą",
            "Something failed here. Please try again",
        ),
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        if self.status().is_server_error() {
            // Messages of databases may quote values of rows: they stay out of the log above `debug`.
            tracing::error!(code = self.code(), "a request failed");
            tracing::debug!(error = %self, "why it failed");
        }
        let mut response = draw(&self.problem(Language::Lt));
        response.extensions_mut().insert(Code(self.code()));
        response.extensions_mut().insert(Translations {
            en: self.problem(Language::En),
        });
        response
    }
}

/// Travels with an error's response to [`translate`], which knows the reader's language.
#[derive(Clone)]
struct Translations {
    en: Problem,
}

/// Middleware: problems come out in the reader's language.
pub(crate) async fn translate(request: Request, next: Next) -> Response {
    let language = Language::of(request.headers());
    let mut response = next.run(request).await;
    let translations = response.extensions_mut().remove::<Translations>();
    match (language, translations) {
        (Language::En, Some(translations)) => {
            let mut english = draw(&translations.en);
            english
                .extensions_mut()
                .extend(response.extensions().clone());
            for (name, value) in response.headers() {
                if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
                    english.headers_mut().append(name, value.clone());
                }
            }
            english
        }
        _ => response,
    }
}

fn draw(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, axum::Json(problem)).into_response();
    response.headers_mut().insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/problem+json"),
    );
    response
}
