//! Sessions: who is signed in, until when, and what is kept of it.

use civic_api::identity::{self, SESSION_S, demonstration};
use civic_api::{AccountId, Civic, Error, Role, Viewer};

use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    signing_in_makes_a_viewer_until_one_signs_out,
    a_session_ends_when_its_time_is_over,
    the_cookie_is_not_in_the_database,
    the_switch_ends_every_demonstration_session,
    nobody_is_signed_in_by_a_guess,
    the_fictional_people_are_hosts_then_who_looks_after_the_system_then_residents,
);

/// Signs in; answers the cookie's value.
async fn sign_in(civic: &Civic, account: AccountId) -> String {
    let identified = demonstration::identify(civic, account).await.unwrap();
    let token = identity::sign_in(civic, identified).await.unwrap();
    token.cookie(&civic.settings).value().to_owned()
}

async fn signing_in_makes_a_viewer_until_one_signs_out(ground: Ground) {
    ground.fill().await;
    let jonas = ground.person("Jonas").await;
    let cookie = sign_in(&ground.civic, jonas.id).await;
    assert_eq!(
        identity::viewer_of(&ground.civic, &cookie).await.unwrap(),
        Viewer::Account(jonas)
    );
    identity::sign_out(&ground.civic, &cookie).await.unwrap();
    identity::sign_out(&ground.civic, &cookie).await.unwrap();
    assert_eq!(
        identity::viewer_of(&ground.civic, &cookie).await.unwrap(),
        Viewer::Anonymous
    );
}

async fn a_session_ends_when_its_time_is_over(ground: Ground) {
    ground.fill().await;
    let jonas = ground.person("Jonas").await.id;
    let cookie = sign_in(&ground.civic, jonas).await;
    ground.clock.advance_s(SESSION_S - 1);
    assert_ne!(
        identity::viewer_of(&ground.civic, &cookie).await.unwrap(),
        Viewer::Anonymous
    );
    ground.clock.advance_s(1);
    assert_eq!(
        identity::viewer_of(&ground.civic, &cookie).await.unwrap(),
        Viewer::Anonymous
    );
    sign_in(&ground.civic, jonas).await;
    assert_eq!(
        db::count(&ground.url, "sessions").await,
        1,
        "the old one is forgotten"
    );
}

async fn the_cookie_is_not_in_the_database(ground: Ground) {
    ground.fill().await;
    let cookie = sign_in(&ground.civic, ground.person("Jonas").await.id).await;
    assert_eq!(cookie.len(), 43, "32 bytes in base64url");
    let kept = db::texts(&ground.url, "sessions", "token_sha256").await;
    assert_eq!(kept.trim().len(), 64);
    assert!(!kept.contains(&cookie));
}

async fn the_switch_ends_every_demonstration_session(ground: Ground) {
    ground.fill().await;
    let jonas = ground.person("Jonas").await.id;
    let cookie = sign_in(&ground.civic, jonas).await;
    let off = ground.without_demonstration();
    assert_eq!(
        identity::viewer_of(&off, &cookie).await.unwrap(),
        Viewer::Anonymous
    );
    assert!(demonstration::accounts(&off).await.unwrap().is_empty());
    assert!(matches!(
        demonstration::identify(&off, jonas).await,
        Err(Error::DemonstrationOff)
    ));
}

async fn nobody_is_signed_in_by_a_guess(ground: Ground) {
    ground.fill().await;
    for guess in ["", "x", "' or 1=1 --", &"A".repeat(10_000)] {
        assert_eq!(
            identity::viewer_of(&ground.civic, guess).await.unwrap(),
            Viewer::Anonymous
        );
    }
    let unknown = AccountId::new(ground.civic.now());
    assert!(matches!(
        demonstration::identify(&ground.civic, unknown).await,
        Err(Error::NotFound)
    ));
}

async fn the_fictional_people_are_hosts_then_who_looks_after_the_system_then_residents(
    ground: Ground,
) {
    ground.fill().await;
    let people = demonstration::accounts(&ground.civic).await.unwrap();
    let roles: Vec<Role> = people.iter().map(|account| account.role).collect();
    assert_eq!(people[0].name, "Rasa Vaitkienė");
    assert_eq!(
        roles[3..],
        [Role::Administrator, Role::Resident, Role::Resident]
    );
    assert!(people.iter().all(|account| account.demo));
}
