//! The key of digests is changed: whoever was known is known again, their residence and their rights with them, and then the key
//! before can go.

use civic_api::accounts::digest_keys::{self, Behind};
use civic_api::assistance::Purpose;
use civic_api::conferences::{self, When};
use civic_api::identity::person::{Digester, PersonalCode};
use civic_api::identity::ways::Provider;
use civic_api::residence::{self, extract};
use civic_api::{Account, Civic, Error, accounts, roles, tokens};
use jiff::civil::date;

use crate::accounts::{CODE, city_with, comes};
use crate::assistance::{with, worker};
use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    who_was_known_by_the_old_key_is_known_by_the_new_one_from_the_next_sign_in,
    a_register_that_is_imported_again_is_under_the_new_key_with_its_accounts,
    who_was_erased_before_the_key_changed_gets_no_right_twice,
    without_the_old_key_somebody_is_new,
    who_was_known_by_the_old_key_is_known_at_a_counter,
);

const OTHER: &str = "47604084093";

fn first() -> Digester {
    Digester::new(&[7; 32])
}

fn second() -> Digester {
    Digester::named(&[8; 32])
}

fn both() -> Digester {
    second().after(first())
}

async fn person(civic: &Civic, code: &str) -> Account {
    let told = [("code", code), ("sub", code), ("name", "Rūta")];
    comes(civic, Provider::Viisp, &told, None).await.unwrap().0
}

async fn import(civic: &Civic, digester: &Digester, codes: &[&str]) -> (usize, usize, usize) {
    let mut file = "asmens_kodas;seniunijos_kodas;data\n".to_owned();
    for code in codes {
        file += &format!("{code};1911;2026-10-01\n");
    }
    let read = extract::read(file.as_bytes(), digester, date(2026, 11, 23), |fault| {
        panic!("{fault:?}")
    });
    let imported = residence::import(civic, &read.unwrap().unwrap(), false)
        .await
        .unwrap();
    (imported.added, imported.changed, imported.removed)
}

async fn is_confirmed(civic: &Civic, account: &Account) -> bool {
    let lives = residence::of(civic, account.id).await.unwrap();
    lives.confirmed.is_some()
}

async fn behind(civic: &Civic) -> (i64, i64) {
    let Behind {
        ways, residents, ..
    } = digest_keys::behind(civic, both().key()).await.unwrap();
    (ways, residents)
}

async fn who_was_known_by_the_old_key_is_known_by_the_new_one_from_the_next_sign_in(
    ground: Ground,
) {
    let old = city_with(&ground, &first());
    let (ruta, jonas) = (person(&old, CODE).await, person(&old, OTHER).await);
    import(&old, &first(), &[CODE, OTHER]).await;
    let new = city_with(&ground, &both());
    assert_eq!(behind(&new).await, (4, 2));
    // An administrator finds them by code all the same.
    let key = both().code(&PersonalCode::parse(CODE).unwrap());
    assert_eq!(roles::by_code(&new, &key).await.unwrap(), ruta.id);
    assert_eq!(person(&new, CODE).await.id, ruta.id);
    assert_eq!(behind(&new).await, (2, 1));
    assert!(is_confirmed(&new, &ruta).await && is_confirmed(&new, &jonas).await);
    assert_eq!(person(&new, CODE).await.id, ruta.id, "once more");
    assert_eq!(roles::by_code(&new, &key).await.unwrap(), ruta.id);
    assert_eq!(person(&new, OTHER).await.id, jonas.id);
    assert_eq!(behind(&new).await, (0, 0));
    digest_keys::forget_before(&new).await.unwrap();
    let kept = db::texts(&ground.url, "identities", "coalesce(digest_before, '')").await;
    assert_eq!(kept.trim(), "", "nothing is left of the old key");
    let alone = city_with(&ground, &second());
    assert_eq!(person(&alone, CODE).await.id, ruta.id);
    assert!(is_confirmed(&alone, &ruta).await);
}

async fn a_register_that_is_imported_again_is_under_the_new_key_with_its_accounts(ground: Ground) {
    let old = city_with(&ground, &first());
    let ruta = person(&old, CODE).await;
    import(&old, &first(), &[CODE, OTHER]).await;
    let new = city_with(&ground, &both());
    let again = import(&new, &both(), &[CODE, OTHER]).await;
    assert_eq!(again, (0, 0, 0), "the same people");
    // What the provider calls her is not in the register.
    assert_eq!(behind(&new).await, (1, 0));
    assert!(is_confirmed(&new, &ruta).await);
    assert_eq!(import(&new, &both(), &[CODE]).await, (0, 0, 1));
    assert_eq!(person(&new, CODE).await.id, ruta.id);
    assert_eq!(behind(&new).await, (0, 0));
}

async fn who_was_erased_before_the_key_changed_gets_no_right_twice(ground: Ground) {
    ground.fill().await;
    tokens::keep(&ground.civic).await.unwrap();
    let coming = conferences::list(&ground.civic, When::Coming, 20).await;
    let open = coming.unwrap().into_iter().find(|c| c.eldership.is_none());
    let right = tokens::seat_in(open.unwrap().id);
    let old = city_with(&ground, &first());
    let ruta = person(&old, CODE).await;
    tokens::use_by_session(&old, &ruta, &right).await.unwrap();
    accounts::erase(&old, &ruta, "").await.unwrap();
    let new = city_with(&ground, &both());
    let again = person(&new, CODE).await;
    assert_ne!(again.id, ruta.id);
    let refused = tokens::use_by_session(&new, &again, &right).await;
    assert!(
        matches!(refused, Err(Error::TokenAlreadyIssued)),
        "{refused:?}"
    );
    let behind = digest_keys::behind(&new, both().key()).await.unwrap();
    assert!(behind.given > 0 && !behind.is_none());
}

async fn without_the_old_key_somebody_is_new(ground: Ground) {
    let old = city_with(&ground, &first());
    let ruta = person(&old, CODE).await;
    let new = city_with(&ground, &second());
    assert_ne!(person(&new, CODE).await.id, ruta.id);
}

async fn who_was_known_by_the_old_key_is_known_at_a_counter(ground: Ground) {
    let old = city_with(&ground, &first()).with_digester(first());
    let ruta = person(&old, CODE).await;
    let new = city_with(&ground, &both()).with_digester(both());
    let vida = worker(&new, "vida").await;
    let facts = with(Purpose::Facts, "Rūta Rūtienė", CODE);
    let begun = vida.begin(&new, &facts).await.unwrap();
    // The account that was there: a new one would have the name in the document.
    assert_eq!(begun.resident_name, "Rūta");
    vida.end(&new, begun.id).await.unwrap();
    assert_eq!(person(&new, CODE).await.id, ruta.id);
    assert_eq!(behind(&new).await, (0, 0));
}
