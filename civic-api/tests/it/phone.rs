//! Signing in at a terminal by one's phone, on both databases: a code is one browser's, works once and in time; the number decides;
//! the session is short, holds no office, and guards the account.

use civic_api::identity::phone::rules::{IDLE_S, MOST_WAITING, SESSION_S, TAKE_S, VALID_S};
use civic_api::identity::phone::{self, Decision, State};
use civic_api::identity::ways::{Assurance, Failure, Provider};
use civic_api::identity::{self, demonstration};
use civic_api::roles::{self, Act, On};
use civic_api::{AccountId, Civic, Error, Role, Viewer, accounts, passkeys, tokens};

use crate::accounts::{CODE, city, comes};
use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    a_phone_signs_a_terminal_in_as_surely_as_itself,
    of_fifty_confirmations_at_once_one_counts,
    a_code_is_over_after_five_minutes_and_a_confirmation_after_one,
    a_code_works_once_and_a_guess_finds_nothing,
    another_browser_takes_nothing,
    who_refuses_ends_it,
    another_number_ends_it,
    only_digests_are_kept,
    codes_that_wait_have_an_end,
    a_terminals_session_ends_when_nobody_uses_it_and_at_its_end,
    no_office_counts_at_a_terminal_and_nothing_that_guards_the_account,
    a_terminals_session_is_listed_and_ended_from_the_phone,
    who_is_signed_out_everywhere_has_confirmed_nothing,
);

/// A terminal that shows a code.
async fn terminal(civic: &Civic) -> (String, phone::Shown) {
    let device = Some("chrome/linux".to_owned());
    let browser = phone::begin(civic, "/priemimai", device, None)
        .await
        .unwrap();
    let shown = phone::shown(civic, &browser).await.unwrap().unwrap();
    (browser, shown)
}

/// One of the fictional people at their phone.
async fn at_phone(civic: &Civic, account: AccountId) -> (Viewer, String) {
    let identified = demonstration::identify(civic, account).await.unwrap();
    let token = identity::sign_in(civic, identified).await.unwrap();
    let cookie = token.cookie(&civic.settings).value().to_owned();
    (identity::viewer_of(civic, &cookie).await.unwrap(), cookie)
}

/// The session's cookie of a terminal that somebody has confirmed.
async fn confirmed(civic: &Civic, who: &(Viewer, String)) -> String {
    let (browser, shown) = terminal(civic).await;
    let yes = Decision::Confirm(shown.number);
    let state = phone::decide(civic, &who.0, &who.1, &shown.code, yes).await;
    assert_eq!(state.unwrap(), State::Confirmed);
    let taken = phone::take(civic, &browser, None).await.unwrap();
    taken.token.cookie(&civic.settings).value().to_owned()
}

fn is_over<T: std::fmt::Debug>(answer: Result<T, Error>) -> bool {
    matches!(answer, Err(Error::SignIn(Failure::Expired)))
}

async fn a_phone_signs_a_terminal_in_as_surely_as_itself(ground: Ground) {
    let civic = city(&ground);
    let told = [("code", CODE), ("name", "Rūta K")];
    let (account, cookie) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    let viewer = Viewer::Account(account.clone());
    let (browser, shown) = terminal(&civic).await;
    let asked = phone::asked(&civic, &phone::rules::shown(&shown.code).to_lowercase()).await;
    let asked = asked.unwrap();
    assert_eq!(asked.device.as_deref(), Some("chrome/linux"));
    assert!(asked.numbers.contains(&shown.number));
    let yes = Decision::Confirm(shown.number);
    phone::decide(&civic, &viewer, &cookie, &shown.code, yes)
        .await
        .unwrap();
    let taken = phone::take(&civic, &browser, None).await.unwrap();
    assert_eq!(taken.back, "/priemimai");
    let there = taken.token.cookie(&civic.settings).value().to_owned();
    let seen = identity::viewer_of(&civic, &there).await.unwrap();
    assert_eq!(seen.account().unwrap().id, account.id);
    let begun = identity::session_begun(&civic, &there).await.unwrap();
    assert_eq!(begun.assurance, Some(Assurance::Substantial));
    assert_eq!(begun.provider, Some(Provider::Oidc));
    let facts = accounts::facts(&civic, &account, &cookie).await.unwrap();
    // The clock stands still here: both sign-ins are of one moment, in either order.
    let mut acts: Vec<_> = facts.acts.iter().map(|act| act.kind.as_str()).collect();
    acts.sort_unstable();
    assert_eq!(acts, ["account.signed_in", "account.terminal_signed_in"]);
}

async fn of_fifty_confirmations_at_once_one_counts(ground: Ground) {
    ground.fill().await;
    let civic = ground.civic.clone();
    let (viewer, cookie) = at_phone(&civic, ground.person("Jonas").await.id).await;
    let (browser, shown) = terminal(&civic).await;
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (civic, viewer, cookie) = (civic.clone(), viewer.clone(), cookie.clone());
        let shown = shown.clone();
        tries.spawn(async move {
            let yes = Decision::Confirm(shown.number);
            phone::decide(&civic, &viewer, &cookie, &shown.code, yes).await
        });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(
        answers
            .into_iter()
            .filter(|a| a.is_err())
            .filter(|a| matches!(a, Err(Error::SignIn(Failure::Expired))))
            .count(),
        49
    );
    let mut takes = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let (civic, browser) = (civic.clone(), browser.clone());
        takes.spawn(async move { phone::take(&civic, &browser, None).await.is_ok() });
    }
    let taken = takes.join_all().await;
    assert_eq!(taken.into_iter().filter(|taken| *taken).count(), 1);
}

async fn a_code_is_over_after_five_minutes_and_a_confirmation_after_one(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let (viewer, cookie) = at_phone(civic, ground.person("Jonas").await.id).await;
    let (browser, shown) = terminal(civic).await;
    let yes = Decision::Confirm(shown.number);
    ground.clock.advance_s(VALID_S - 1);
    assert!(phone::asked(civic, &shown.code).await.is_ok());
    ground.clock.advance_s(1);
    assert!(is_over(phone::asked(civic, &shown.code).await));
    assert!(is_over(
        phone::decide(civic, &viewer, &cookie, &shown.code, yes).await
    ));
    assert_eq!(phone::shown(civic, &browser).await.unwrap(), None);

    let (browser, shown) = terminal(civic).await;
    let yes = Decision::Confirm(shown.number);
    phone::decide(civic, &viewer, &cookie, &shown.code, yes)
        .await
        .unwrap();
    ground.clock.advance_s(TAKE_S);
    assert!(is_over(phone::take(civic, &browser, None).await));
}

async fn a_code_works_once_and_a_guess_finds_nothing(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let (viewer, cookie) = at_phone(civic, ground.person("Jonas").await.id).await;
    let (browser, shown) = terminal(civic).await;
    assert!(
        is_over(phone::take(civic, &browser, None).await),
        "not confirmed"
    );
    let yes = Decision::Confirm(shown.number);
    phone::decide(civic, &viewer, &cookie, &shown.code, yes)
        .await
        .unwrap();
    assert!(is_over(phone::asked(civic, &shown.code).await));
    assert!(is_over(
        phone::decide(civic, &viewer, &cookie, &shown.code, Decision::Refuse).await
    ));
    phone::take(civic, &browser, None).await.unwrap();
    assert!(is_over(phone::take(civic, &browser, None).await));
    for guess in ["", "BCDF-GHJK", "' or 1=1 --", &"B".repeat(10_000)] {
        assert!(is_over(phone::asked(civic, guess).await), "{guess:.20}");
        assert!(is_over(
            phone::decide(civic, &viewer, &cookie, guess, yes).await
        ));
    }
    let nobody = phone::decide(civic, &Viewer::Anonymous, "", &shown.code, yes).await;
    assert!(matches!(nobody, Err(Error::SignInRequired)));
}

async fn another_browser_takes_nothing(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let (viewer, cookie) = at_phone(civic, ground.person("Jonas").await.id).await;
    let (browser, shown) = terminal(civic).await;
    let (other, _) = terminal(civic).await;
    let yes = Decision::Confirm(shown.number);
    phone::decide(civic, &viewer, &cookie, &shown.code, yes)
        .await
        .unwrap();
    for wrong in [other.as_str(), "", &shown.code, &cookie] {
        assert!(is_over(phone::take(civic, wrong, None).await), "{wrong}");
    }
    assert!(phone::take(civic, &browser, None).await.is_ok());
    // A new code in the same browser ends the one before.
    let again = phone::begin(civic, "/", None, Some(&other)).await.unwrap();
    assert_eq!(phone::shown(civic, &other).await.unwrap(), None);
    phone::cancel(civic, &again).await.unwrap();
    assert_eq!(phone::shown(civic, &again).await.unwrap(), None);
}

async fn who_refuses_ends_it(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let (viewer, cookie) = at_phone(civic, ground.person("Jonas").await.id).await;
    let (browser, shown) = terminal(civic).await;
    let state = phone::decide(civic, &viewer, &cookie, &shown.code, Decision::Refuse).await;
    assert_eq!(state.unwrap(), State::Refused);
    let seen = phone::shown(civic, &browser).await.unwrap().unwrap();
    assert_eq!(seen.state, State::Refused);
    let yes = Decision::Confirm(shown.number);
    assert!(is_over(
        phone::decide(civic, &viewer, &cookie, &shown.code, yes).await
    ));
    assert!(is_over(phone::take(civic, &browser, None).await));
}

async fn another_number_ends_it(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let (viewer, cookie) = at_phone(civic, ground.person("Jonas").await.id).await;
    let (browser, shown) = terminal(civic).await;
    let asked = phone::asked(civic, &shown.code).await.unwrap();
    let other = asked.numbers.into_iter().find(|n| *n != shown.number);
    let no = Decision::Confirm(other.unwrap());
    let state = phone::decide(civic, &viewer, &cookie, &shown.code, no).await;
    assert_eq!(state.unwrap(), State::Refused);
    let yes = Decision::Confirm(shown.number);
    assert!(is_over(
        phone::decide(civic, &viewer, &cookie, &shown.code, yes).await
    ));
    assert!(is_over(phone::take(civic, &browser, None).await));
}

async fn only_digests_are_kept(ground: Ground) {
    let civic = &ground.civic;
    let (browser, shown) = terminal(civic).await;
    let bytes = ground.bytes().await;
    for secret in [&browser, &shown.code] {
        let found = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
        assert!(!found, "{secret} is in the database");
    }
}

async fn codes_that_wait_have_an_end(ground: Ground) {
    let civic = &ground.civic;
    for _ in 0..MOST_WAITING {
        phone::begin(civic, "/", None, None).await.unwrap();
    }
    let more = phone::begin(civic, "/", None, None).await;
    assert!(matches!(more, Err(Error::SignIn(Failure::TooMany))));
    ground.clock.advance_s(VALID_S);
    assert!(phone::begin(civic, "/", None, None).await.is_ok());
    assert_eq!(db::count(&ground.url, "phone_sign_ins").await, 1);
}

async fn a_terminals_session_ends_when_nobody_uses_it_and_at_its_end(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let who = at_phone(civic, ground.person("Jonas").await.id).await;
    let is_there = async |cookie: &str| identity::is_terminal(civic, cookie).await.unwrap();
    let idle = confirmed(civic, &who).await;
    ground.clock.advance_s(IDLE_S - 1);
    assert!(is_there(&idle).await);
    ground.clock.advance_s(1);
    assert!(!is_there(&idle).await, "looking at it is no use of it");
    assert_eq!(phone::used(civic, &idle).await.unwrap(), None);

    let busy = confirmed(civic, &who).await;
    for _ in 0..SESSION_S / 50 {
        assert!(is_there(&busy).await);
        assert!(phone::used(civic, &busy).await.unwrap().is_some());
        ground.clock.advance_s(50);
    }
    assert!(!is_there(&busy).await, "a quarter of an hour is the end");
    assert_eq!(
        phone::used(civic, &who.1).await.unwrap(),
        None,
        "a phone's is no terminal's"
    );
    assert_ne!(
        identity::viewer_of(civic, &who.1).await.unwrap(),
        Viewer::Anonymous
    );
}

async fn no_office_counts_at_a_terminal_and_nothing_that_guards_the_account(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let people = demonstration::accounts(civic).await.unwrap();
    for person in people.iter().filter(|p| p.role != Role::Resident) {
        let who = at_phone(civic, person.id).await;
        let cookie = confirmed(civic, &who).await;
        let there = identity::viewer_of(civic, &cookie).await.unwrap();
        let account = there.account().unwrap();
        assert_eq!((account.role, account.at_terminal), (Role::Resident, true));
        assert!(!account.acts_as(person.id), "not even as a host");
        let held = roles::held(civic, &there).await.unwrap();
        for act in [Act::AnnounceReception, Act::AssistResident, Act::SeePeople] {
            assert!(!held.allows(act, On::Whole));
        }
        assert!(!passkeys::rules::may_have_passkeys(account));
        let erased = accounts::erase(civic, account, &cookie).await;
        assert!(matches!(erased, Err(Error::AtTerminal)));
        let ended = accounts::end_sessions(civic, account, None, &cookie).await;
        assert!(matches!(ended, Err(Error::AtTerminal)));
        let right = tokens::issue(civic, account, Vec::new()).await;
        assert!(matches!(right, Err(Error::AtTerminal)), "it would be lost");
        // Nor does a terminal confirm another one.
        let (_, shown) = terminal(civic).await;
        let yes = Decision::Confirm(shown.number);
        let relayed = phone::decide(civic, &there, &cookie, &shown.code, yes).await;
        assert!(matches!(relayed, Err(Error::AtTerminal)));
    }
}

async fn a_terminals_session_is_listed_and_ended_from_the_phone(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let who = at_phone(civic, ground.person("Jonas").await.id).await;
    let cookie = confirmed(civic, &who).await;
    let account = who.0.account().unwrap();
    let facts = accounts::facts(civic, account, &who.1).await.unwrap();
    let there = facts
        .sessions
        .iter()
        .find(|session| session.terminal)
        .unwrap();
    assert_eq!(there.until.duration_since(there.since).as_secs(), SESSION_S);
    assert_eq!(facts.sessions.len(), 2);
    accounts::end_sessions(civic, account, Some(there.id), &who.1)
        .await
        .unwrap();
    assert_eq!(
        identity::viewer_of(civic, &cookie).await.unwrap(),
        Viewer::Anonymous
    );
}

async fn who_is_signed_out_everywhere_has_confirmed_nothing(ground: Ground) {
    ground.fill().await;
    let civic = &ground.civic;
    let who = at_phone(civic, ground.person("Jonas").await.id).await;
    let (browser, shown) = terminal(civic).await;
    let yes = Decision::Confirm(shown.number);
    phone::decide(civic, &who.0, &who.1, &shown.code, yes)
        .await
        .unwrap();
    accounts::end_sessions(civic, who.0.account().unwrap(), None, &who.1)
        .await
        .unwrap();
    assert!(is_over(phone::take(civic, &browser, None).await));
}
