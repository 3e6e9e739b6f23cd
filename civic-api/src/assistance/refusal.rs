//! Why a worker may not act with a resident, in codes and words.

use axum::http::StatusCode;

/// Why a worker may not act with someone, or not do this.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// Nobody assists themself.
    #[error("oneself")]
    Own,
    /// Who holds an office has no one act for them.
    #[error("holds an office")]
    Office,
    /// The name in the document is not that of the code's account.
    #[error("another name")]
    OtherName,
    /// A fictional worker meets no real people.
    #[error("a fictional worker")]
    MadeUp,
    /// The worker acts with somebody already.
    #[error("another one is open")]
    Open,
    /// Another worker acts with this resident now.
    #[error("open elsewhere")]
    Elsewhere,
    /// There is none of this worker, in this session, now.
    #[error("none is open")]
    None,
    /// It is not what the resident has come for.
    #[error("another purpose")]
    OtherPurpose,
    /// Too many acts in one assistance.
    #[error("too many acts")]
    Full,
}

impl Refusal {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Refusal::Own => "assistance_own",
            Refusal::Office => "assistance_office",
            Refusal::OtherName => "assistance_other_name",
            Refusal::MadeUp => "assistance_made_up",
            Refusal::Open => "assistance_open",
            Refusal::Elsewhere => "assistance_elsewhere",
            Refusal::None => "assistance_none",
            Refusal::OtherPurpose => "assistance_other_purpose",
            Refusal::Full => "assistance_full",
        }
    }

    /// The HTTP status. What a dishonest worker would try is 403, which the audit writes down.
    pub fn status(self) -> StatusCode {
        match self {
            Refusal::Own
            | Refusal::Office
            | Refusal::OtherName
            | Refusal::MadeUp
            | Refusal::OtherPurpose => StatusCode::FORBIDDEN,
            Refusal::Open | Refusal::Elsewhere | Refusal::None | Refusal::Full => {
                StatusCode::CONFLICT
            }
        }
    }

    /// Lithuanian and English words.
    pub fn titles(code: &str) -> Option<(&'static str, &'static str)> {
        Some(match code {
            "assistance_own" => (
                "Su savimi veikti negalima: kreipkitės į kitą darbuotoją",
                "Nobody assists themself: ask another worker",
            ),
            "assistance_office" => (
                "Šis žmogus eina pareigas: už jį prie langelio veikti negalima",
                "This person holds an office: nobody acts for them at the counter",
            ),
            "assistance_other_name" => (
                "Vardas dokumente nesutampa su paskyros vardu. Patikrinkite vardą ir asmens kodą",
                "The name in the document is not that of the account. Check the name and the personal code",
            ),
            "assistance_made_up" => (
                "Išgalvotas darbuotojas su tikrais žmonėmis neveikia",
                "A fictional worker does not act with real people",
            ),
            "assistance_open" => (
                "Jau veikiate su kitu žmogumi: pirma baikite",
                "You are acting with somebody already: end that first",
            ),
            "assistance_elsewhere" => (
                "Su šiuo žmogumi dabar veikia kitas darbuotojas",
                "Another worker is acting with this person now",
            ),
            "assistance_none" => (
                "Veikimas su žmogumi baigėsi. Pradėkite iš naujo",
                "This assistance is over. Please begin anew",
            ),
            "assistance_other_purpose" => (
                "Žmogus atėjo kitu tikslu: tam pradėkite iš naujo",
                "The person has come for something else: begin anew for this",
            ),
            "assistance_full" => (
                "Per daug veiksmų vienu kartu. Baikite ir pradėkite iš naujo",
                "Too many acts at once. End this and begin anew",
            ),
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_words() {
        for refusal in [
            Refusal::Own,
            Refusal::Office,
            Refusal::OtherName,
            Refusal::MadeUp,
            Refusal::Open,
            Refusal::Elsewhere,
            Refusal::None,
            Refusal::OtherPurpose,
            Refusal::Full,
        ] {
            assert!(Refusal::titles(refusal.code()).is_some(), "{refusal:?}");
        }
    }
}
