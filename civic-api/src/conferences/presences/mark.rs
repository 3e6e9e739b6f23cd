//! The mark beside what someone is called: how they were identified, and no more.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Label;
use crate::identity::Assurance;

/// What others may know of how someone in a room was identified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize, ToSchema)]
pub struct Mark {
    /// Beside a name: by which way, and how surely. Never beside an anonymous voice.
    pub identified: Option<Identified>,
    /// Beside an anonymous voice: the seat was taken by right, so this is a verified resident. Nobody knows who.
    pub verified: bool,
}

/// By which way someone was identified, and how surely.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
pub struct Identified {
    /// By which way.
    pub way: Way,
    /// How surely; `null`: not at all, for they are made up.
    pub level: Option<Assurance>,
}

/// The ways by which someone in a call may have been identified.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// The state's gateway.
    Viisp,
    /// An OpenID provider.
    Oidc,
    /// The city's e-ticket.
    Eticket,
    /// None: someone of the demonstration city.
    Demonstration,
}

impl Way {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Way::Viisp => "viisp",
            Way::Oidc => "oidc",
            Way::Eticket => "eticket",
            Way::Demonstration => "demonstration",
        }
    }

    /// From how it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Way::Viisp, Way::Oidc, Way::Eticket, Way::Demonstration]
            .into_iter()
            .find(|way| way.as_str() == text)
    }
}

impl Mark {
    /// What of it belongs beside `label`: a way of identifying beside a name, a right beside a voice, nothing beside nothing.
    pub fn beside(self, label: Option<&Label>) -> Self {
        Self {
            identified: self
                .identified
                .filter(|_| matches!(label, Some(Label::Name(_)))),
            verified: self.verified && matches!(label, Some(Label::Anonymous(_))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_stands_beside_a_name_and_a_right_beside_a_voice() {
        let all = Mark {
            identified: Some(Identified {
                way: Way::Viisp,
                level: Some(Assurance::High),
            }),
            verified: true,
        };
        let named = all.beside(Some(&Label::Name("Rasa".into())));
        assert_eq!((named.identified, named.verified), (all.identified, false));
        let voice = all.beside(Some(&Label::Anonymous(3)));
        assert_eq!((voice.identified, voice.verified), (None, true));
        assert_eq!(all.beside(None), Mark::default());
    }
}
