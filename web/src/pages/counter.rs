//! `/langelis`: an eldership's counter, where a worker acts with a resident who is present. Everything works by plain forms; the
//! personal code is posted, used and forgotten, and no page gives it back.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::extract::rejection::FormRejection;
use axum::response::{IntoResponse, Redirect, Response};
use axum_extra::extract::CookieJar;
use civic_api::Error;
use civic_api::assistance::{self, Assistance, Beginning, Deed, Document, Purpose, rules};
use civic_api::audit::Code;
use civic_api::identity::person::PersonalCode;
use civic_api::identity::session_cookie;
use civic_api::residence::Eldership;
use civic_api::roles::{self, Act, On};
use serde::Deserialize;

use super::account::Told;
use super::assisted::{self, Shown};
use super::context::Page;
use super::errors::PageError;
use super::{Drawn, draw, residence};
use crate::i18n::time;
use crate::state::AppState;

/// The form to begin, as it was filled in. Not printed: a personal code is in it.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub struct Begins {
    tikslas: String,
    seniunija: String,
    dokumentas: String,
    vardas: String,
    pavarde: String,
    kodas: String,
    patvirtinta: String,
}

/// A field that must be mended.
struct Mend {
    field: &'static str,
    key: &'static str,
}

impl Begins {
    /// What it says, or what of it must be mended.
    fn read(&self) -> Result<Beginning, Vec<Mend>> {
        let purpose = Purpose::parse(&self.tikslas);
        let eldership = Eldership::parse(&self.seniunija);
        let document = Document::parse(&self.dokumentas);
        let code = rules::plain_code(&self.kodas);
        let wrong_code = if code.len() != 11 || !code.bytes().all(|b| b.is_ascii_digit()) {
            Some("counter-error-code-digits")
        } else if PersonalCode::parse(&code).is_none() {
            Some("counter-error-code")
        } else {
            None
        };
        let is_name = |text: &str| (1..=60).contains(&text.trim().chars().count());
        let missing = |fault: bool, field, key| fault.then_some(Mend { field, key });
        // In the order of the page, so that the list of them is read as the form is.
        let mends: Vec<Mend> = [
            missing(purpose.is_none(), "tikslas", "counter-error-purpose"),
            missing(document.is_none(), "dokumentas", "counter-error-document"),
            missing(!is_name(&self.vardas), "vardas", "counter-error-given"),
            missing(!is_name(&self.pavarde), "pavarde", "counter-error-family"),
            wrong_code.map(|key| Mend {
                field: "kodas",
                key,
            }),
            missing(eldership.is_none(), "seniunija", "new-error-eldership"),
            missing(
                self.patvirtinta != "taip",
                "patvirtinta",
                "counter-error-present",
            ),
        ]
        .into_iter()
        .flatten()
        .collect();
        match (purpose, eldership, document) {
            (Some(purpose), Some(eldership), Some(document)) if mends.is_empty() => Ok(Beginning {
                purpose,
                document,
                eldership,
                given_name: self.vardas.clone(),
                family_name: self.pavarde.clone(),
                personal_code: code,
            }),
            _ => Err(mends),
        }
    }
}

struct Choice {
    code: &'static str,
    key: &'static str,
    about: &'static str,
    on: bool,
}

/// The one that is open.
struct Open {
    name: String,
    purpose: &'static str,
    code: &'static str,
    document: &'static str,
    until: String,
    done: Vec<assisted::Done>,
}

#[derive(Template)]
#[template(path = "counter/show.html")]
struct Show {
    page: Page,
    open: Option<Open>,
    form: Begins,
    mends: Vec<Mend>,
    trouble: Option<&'static str>,
    made_up: bool,
    purposes: Vec<Choice>,
    documents: Vec<Choice>,
    elderships: Vec<residence::Choice>,
    today: Vec<Shown>,
}

impl Show {
    /// What is wrong with a field.
    fn wrong(&self, field: &str) -> Option<&'static str> {
        let mut mends = self.mends.iter();
        mends.find(|mend| mend.field == field).map(|mend| mend.key)
    }
}

/// The page with the form, or with the one that is open.
async fn view_of(
    state: &AppState,
    page: Page,
    jar: &CookieJar,
    mut form: Begins,
    mends: Vec<Mend>,
    trouble: Option<&'static str>,
) -> Result<Show, Error> {
    let civic = &state.civic;
    // It is not given back.
    form.kodas = String::new();
    let today = assistance::today(civic, &page.viewer).await?;
    if form.seniunija.is_empty()
        && let Some(last) = today.first()
    {
        form.seniunija = last.eldership.as_str().to_owned();
    }
    let open = assistance::current(civic, &page.viewer, session_cookie(jar)).await?;
    let choice = |code: &'static str, chosen: &str, key, about| Choice {
        code,
        key,
        about,
        on: code == chosen,
    };
    Ok(Show {
        open: open.map(|open| open_of(&page, &open)),
        made_up: page.account().is_some_and(|account| account.demo),
        purposes: Purpose::ALL
            .iter()
            .map(|p| {
                let (key, about) = assisted::purpose_keys(*p);
                choice(p.as_str(), &form.tikslas, key, about)
            })
            .collect(),
        documents: Document::ALL
            .iter()
            .map(|d| choice(d.as_str(), &form.dokumentas, assisted::document_key(*d), ""))
            .collect(),
        elderships: residence::choices(&page, &form.seniunija),
        today: today.iter().map(|one| Shown::of(&page, one)).collect(),
        form,
        mends,
        trouble,
        page,
    })
}

fn open_of(page: &Page, open: &Assistance) -> Open {
    Open {
        name: match open.resident_name.as_str() {
            "" => page.t("admin-no-name"),
            name => name.to_owned(),
        },
        purpose: assisted::purpose_keys(open.purpose).0,
        code: open.purpose.as_str(),
        document: assisted::document_key(open.document),
        until: time::clock(page.lang, open.until),
        done: assisted::done(page, open),
    }
}

/// `GET /langelis`
pub async fn show(State(state): State<AppState>, page: Page, jar: CookieJar) -> Drawn {
    roles::require(&state.civic, &page.viewer, Act::AssistResident, On::Whole).await?;
    draw(&view_of(&state, page, &jar, Begins::default(), Vec::new(), None).await?)
}

/// `POST /langelis`: begins.
pub async fn begin(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
    form: Result<Form<Begins>, FormRejection>,
) -> Result<Response, PageError> {
    let civic = &state.civic;
    roles::require(civic, &page.viewer, Act::AssistResident, On::Whole).await?;
    let Form(form) = form?;
    let new = match form.read() {
        Ok(new) => new,
        Err(mends) => {
            let drawn = draw(&view_of(&state, page, &jar, form, mends, None).await?)?;
            return Ok(drawn.into_response());
        }
    };
    match assistance::begin(civic, &page.viewer, session_cookie(&jar), &new).await {
        Ok(_) => Ok(Redirect::to("/langelis").into_response()),
        Err(error) => refused(&state, page, &jar, form, error).await,
    }
}

/// The page again, with what stands against it.
async fn refused(
    state: &AppState,
    page: Page,
    jar: &CookieJar,
    form: Begins,
    error: Error,
) -> Result<Response, PageError> {
    if !matches!(error, Error::Assistance(_) | Error::SignIn(_)) {
        return Err(error.into());
    }
    let words = Some(error.title(page.lang));
    let view = view_of(state, page, jar, form, Vec::new(), words).await?;
    let mut response = (error.status(), draw(&view)?).into_response();
    // For the audit.
    response.extensions_mut().insert(Code(error.code()));
    Ok(response)
}

/// The one that is open, for a form that does something in it.
async fn open(state: &AppState, page: &Page, jar: &CookieJar) -> Result<Assistance, Error> {
    roles::require(&state.civic, &page.viewer, Act::AssistResident, On::Whole).await?;
    assistance::current(&state.civic, &page.viewer, session_cookie(jar))
        .await?
        .ok_or_else(|| assistance::Refusal::None.into())
}

/// Where the resident says that they live.
#[derive(Deserialize)]
pub struct Lives {
    #[serde(default)]
    seniunija: String,
}

/// `POST /langelis/seniunija`
pub async fn declare(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
    form: Result<Form<Lives>, FormRejection>,
) -> Result<Response, PageError> {
    let (civic, Form(form)) = (&state.civic, form?);
    let begins = Begins::default;
    let done = async {
        let one = open(&state, &page, &jar).await?;
        let eldership = match form.seniunija.as_str() {
            "nenurodo" => None,
            text => Some(Eldership::parse(text).ok_or(Error::Invalid { field: "eldership" })?),
        };
        assistance::declare_residence(civic, &page.viewer, session_cookie(&jar), one.id, eldership)
            .await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/langelis").into_response()),
        Err(Error::Invalid { .. }) => {
            let mends = vec![Mend {
                field: "gyvena",
                key: "new-error-eldership",
            }];
            let view = view_of(&state, page, &jar, begins(), mends, None).await?;
            Ok(draw(&view)?.into_response())
        }
        Err(error) => refused(&state, page, &jar, begins(), error).await,
    }
}

/// `POST /langelis/sesijos`
pub async fn end_sessions(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
) -> Result<Response, PageError> {
    let done = async {
        let one = open(&state, &page, &jar).await?;
        assistance::end_sessions(&state.civic, &page.viewer, session_cookie(&jar), one.id).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to("/langelis").into_response()),
        Err(error) => refused(&state, page, &jar, Begins::default(), error).await,
    }
}

#[derive(Template)]
#[template(path = "counter/facts.html")]
struct Facts {
    page: Page,
    name: String,
    level: Option<&'static str>,
    number: String,
    told: Told,
    rights: Vec<String>,
    printed: String,
}

/// `POST /langelis/duomenys`: each showing is an act of its own, so it is no address to come back to.
pub async fn facts(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
) -> Result<Response, PageError> {
    let told = async {
        let one = open(&state, &page, &jar).await?;
        assistance::facts(&state.civic, &page.viewer, session_cookie(&jar), one.id).await
    };
    let facts = match told.await {
        Ok(facts) => facts,
        Err(error) => return refused(&state, page, &jar, Begins::default(), error).await,
    };
    let right = |given: &civic_api::accounts::Given| match given.title.as_str() {
        "" => given.right.clone(),
        title => title.to_owned(),
    };
    let drawn = draw(&Facts {
        name: super::account::shown(&page, &facts),
        level: facts.assurance.map(super::sign_in::level),
        number: facts.account.id.to_string(),
        told: Told::of(&page, &state, &facts),
        rights: facts.rights.iter().map(right).collect(),
        printed: time::moment(page.lang, page.now),
        page,
    })?;
    Ok(drawn.into_response())
}

/// `POST /langelis/baigti`
pub async fn end(
    State(state): State<AppState>,
    page: Page,
    jar: CookieJar,
) -> Result<Redirect, PageError> {
    // Only one's own; what is over already needs no end.
    page.viewer.signed_in()?;
    if let Ok(one) = open(&state, &page, &jar).await {
        match assistance::end(&state.civic, &page.viewer, session_cookie(&jar), one.id).await {
            Ok(()) | Err(Error::Assistance(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Redirect::to("/langelis?baigta=taip"))
}

/// What was done, in words.
pub(super) fn deed_key(deed: Deed) -> &'static str {
    match deed {
        Deed::ResidenceDeclared => "counter-did-residence",
        Deed::FactsShown => "counter-did-facts",
        Deed::SessionsEnded => "counter-did-sessions",
    }
}

/// `V. P.`
pub(super) fn initials(name: &str) -> String {
    let letters = name.split_whitespace().filter_map(|w| w.chars().next());
    let marked: Vec<String> = letters.take(4).map(|letter| format!("{letter}.")).collect();
    marked.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(code: &str) -> Begins {
        Begins {
            tikslas: "facts".into(),
            seniunija: "silainiai".into(),
            dokumentas: "passport".into(),
            vardas: "Ona".into(),
            pavarde: "Kazlauskienė".into(),
            kodas: code.into(),
            patvirtinta: "taip".into(),
        }
    }

    #[test]
    fn codes_of_every_wrong_kind_have_words() {
        let wrong = |code: &str| match filled(code).read() {
            Ok(_) => None,
            Err(mends) => mends.first().map(|mend| mend.key),
        };
        for code in [
            "",
            "3330924006",
            "333092400640",
            "3330924006a",
            "３３３０９２４００６４",
        ] {
            assert_eq!(wrong(code), Some("counter-error-code-digits"), "{code}");
        }
        for code in ["33309240164", "00000000000", "33313240064"] {
            assert_eq!(wrong(code), Some("counter-error-code"), "{code}");
        }
        assert_eq!(wrong(" 333 0924 0064"), None);
    }

    #[test]
    fn an_empty_form_says_everything_that_is_missing() {
        let Err(mends) = Begins::default().read() else {
            unreachable!("it is empty")
        };
        let fields: Vec<_> = mends.iter().map(|mend| mend.field).collect();
        let page = include_str!("../../templates/counter/show.html");
        let places: Vec<_> = fields
            .iter()
            .map(|field| page.find(&format!("id=\"{field}\"")).unwrap_or(0))
            .collect();
        assert_eq!(fields.len(), 7);
        assert!(places.is_sorted() && places[0] > 0, "{fields:?} {places:?}");
        assert_eq!(initials("Ona Marija Kazlauskienė"), "O. M. K.");
    }
}
