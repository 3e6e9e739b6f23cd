//! Passkeys, on both databases: half a session, the first key, showing it, recovery codes, another administrator's help.

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;
use civic_api::identity::{Provider, viewer_of};
use civic_api::passkeys::{self, Answer, Asked, Created, Purpose, Reason};
use civic_api::roles::{self, By, Scope};
use civic_api::{Account, Civic, Error, Role, Viewer, accounts, audit, conferences};

use crate::accounts::{city, comes};
use crate::ground::{Ground, on_both};

on_both!(
    an_office_counts_only_once_a_key_was_shown,
    a_challenge_is_answered_once_in_its_session_and_in_time,
    a_recovery_code_works_once_and_wrong_ones_lock,
    another_administrator_gives_a_new_beginning,
    a_role_for_one_reception_asks_for_a_key_like_any_other,
);

/// An authenticator with one key.
struct Phone {
    key: EcdsaKeyPair,
    count: u32,
}

impl Phone {
    fn new() -> Self {
        let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Self { key, count: 0 }
    }

    fn id(&self) -> Vec<u8> {
        digest(&SHA256, self.key.public_key().as_ref())
            .as_ref()
            .to_vec()
    }

    fn data(&self, flags: u8) -> Vec<u8> {
        let mut data = digest(&SHA256, b"aikste.example").as_ref().to_vec();
        data.push(flags);
        data.extend(self.count.to_be_bytes());
        data
    }

    fn make(&self, asked: &Asked) -> Created {
        let point = self.key.public_key().as_ref();
        let bytes = |b: &[u8]| Value::Bytes(b.to_vec());
        let members = [
            (1, 2.into()),
            (3, (-7).into()),
            (-1, 1.into()),
            (-2, bytes(&point[1..33])),
            (-3, bytes(&point[33..])),
        ];
        let members = members.map(|(label, value): (i64, Value)| (label.into(), value));
        let mut data = self.data(0x45);
        data.extend([0; 16]);
        data.extend([0, 32]);
        data.extend(self.id());
        ciborium::into_writer(&Value::Map(members.to_vec()), &mut data).unwrap();
        let mut object = Vec::new();
        let whole = Value::Map(vec![
            ("fmt".into(), "none".into()),
            ("attStmt".into(), Value::Map(vec![])),
            ("authData".into(), Value::Bytes(data)),
        ]);
        ciborium::into_writer(&whole, &mut object).unwrap();
        Created {
            name: "Telefonas".into(),
            client_data: URL_SAFE_NO_PAD.encode(client_data("webauthn.create", asked)),
            attestation: URL_SAFE_NO_PAD.encode(object),
        }
    }

    fn show(&mut self, asked: &Asked) -> Answer {
        self.count += 1;
        let (data, client) = (self.data(5), client_data("webauthn.get", asked));
        let signed = [data.as_slice(), digest(&SHA256, client.as_bytes()).as_ref()].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        Answer {
            credential_id: URL_SAFE_NO_PAD.encode(self.id()),
            client_data: URL_SAFE_NO_PAD.encode(client),
            authenticator_data: URL_SAFE_NO_PAD.encode(data),
            signature: URL_SAFE_NO_PAD.encode(signature),
            user_id: Some(asked.user_id.clone()),
        }
    }
}

fn client_data(kind: &str, asked: &Asked) -> String {
    let challenge = &asked.challenge;
    format!(r#"{{"type":"{kind}","challenge":"{challenge}","origin":"https://aikste.example"}}"#)
}

/// Somebody with an office, just signed in.
async fn staff(civic: &Civic, sub: &str) -> (Account, String) {
    let told = [("sub", sub), ("name", "Ona")];
    let (account, _) = comes(civic, Provider::Oidc, &told, None).await.unwrap();
    // A councillor, too: that is the office which is shown of them.
    for role in [Role::Administrator, Role::Councillor] {
        let given = roles::give(
            civic,
            By::Operator,
            account.id,
            role,
            Scope::City,
            "Įsakymas",
        );
        // Who comes again has them already.
        assert!(matches!(
            given.await,
            Ok(_) | Err(Error::WrongState("role_held"))
        ));
    }
    let (_, cookie) = comes(civic, Provider::Oidc, &told, None).await.unwrap();
    (who(civic, &cookie).await, cookie)
}

async fn who(civic: &Civic, cookie: &str) -> Account {
    viewer_of(civic, cookie)
        .await
        .unwrap()
        .account()
        .unwrap()
        .clone()
}

fn value(civic: &Civic, token: &civic_api::identity::SessionToken) -> String {
    token.cookie(&civic.settings).value().to_owned()
}

/// Adds the first key: the session's new cookie, and the codes.
async fn first_key(
    civic: &Civic,
    phone: &Phone,
    me: &Account,
    cookie: &str,
) -> (String, Vec<String>) {
    let asked = passkeys::ask(civic, me, cookie, Purpose::Register)
        .await
        .unwrap();
    let added = passkeys::add(civic, me, cookie, &phone.make(&asked))
        .await
        .unwrap();
    (value(civic, &added.token), added.codes)
}

/// Adds a first key for whoever has this cookie: the session's new one.
pub(crate) async fn with_key(civic: &Civic, cookie: &str) -> String {
    let me = who(civic, cookie).await;
    first_key(civic, &Phone::new(), &me, cookie).await.0
}

async fn a_role_for_one_reception_asks_for_a_key_like_any_other(ground: Ground) {
    let civic = city(&ground);
    ground.fill().await;
    let coming = conferences::list(&civic, conferences::When::Coming, 1)
        .await
        .unwrap();
    let id = coming[0].id;
    let told = [("sub", "s"), ("name", "Ona")];
    let (ona, cookie) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    assert!(!who(&civic, &cookie).await.second_factor_due);
    let scope = Scope::Conference(id);
    roles::give(
        &civic,
        By::Operator,
        ona.id,
        Role::Secretary,
        scope,
        "Įsakymas",
    )
    .await
    .unwrap();
    let half = viewer_of(&civic, &cookie).await.unwrap();
    assert!(half.account().unwrap().second_factor_due, "at once");
    let opened = conferences::open(&civic, &half, id).await;
    assert!(matches!(opened, Err(Error::NotAllowed)));
    let cookie = with_key(&civic, &cookie).await;
    let whole = viewer_of(&civic, &cookie).await.unwrap();
    assert_eq!(whole.account().unwrap().role, Role::Resident);
    conferences::open(&civic, &whole, id).await.unwrap();
    ground.clock.advance_s(passkeys::rules::FRESH_S);
    let me = whole.account().unwrap();
    assert!(
        passkeys::require_fresh(&civic, me, &cookie).await.is_err(),
        "and its keys are looked after like others"
    );
}

async fn an_office_counts_only_once_a_key_was_shown(ground: Ground) {
    let civic = city(&ground);
    let (half, cookie) = staff(&civic, "a").await;
    assert_eq!(half.role, Role::Resident);
    assert!(half.second_factor_due);
    let none = passkeys::ask(&civic, &half, &cookie, Purpose::Confirm).await;
    assert!(matches!(none, Err(Error::WrongState("passkey_none"))));
    let mut phone = Phone::new();
    let (renewed, codes) = first_key(&civic, &phone, &half, &cookie).await;
    assert_eq!(codes.len(), 10);
    assert!(
        viewer_of(&civic, &cookie)
            .await
            .unwrap()
            .account()
            .is_none(),
        "the old cookie"
    );
    let whole = who(&civic, &renewed).await;
    assert_eq!(whole.role, Role::Councillor);
    assert!(
        passkeys::require_fresh(&civic, &whole, &renewed)
            .await
            .is_ok()
    );
    // Another sign-in begins as half a one.
    let (half, cookie) = staff(&civic, "a").await;
    assert!(half.second_factor_due);
    assert!(
        passkeys::require_fresh(&civic, &half, &cookie)
            .await
            .is_err()
    );
    let more = passkeys::ask(&civic, &half, &cookie, Purpose::Register).await;
    assert!(matches!(more, Err(Error::ConfirmationRequired)));
    let asked = passkeys::ask(&civic, &half, &cookie, Purpose::Confirm)
        .await
        .unwrap();
    let token = passkeys::confirm(&civic, &half, &cookie, &phone.show(&asked))
        .await
        .unwrap();
    let cookie = value(&civic, &token);
    let whole = who(&civic, &cookie).await;
    assert_eq!(whole.role, Role::Councillor);
    ground.clock.advance_s(passkeys::rules::FRESH_S);
    assert!(
        passkeys::require_fresh(&civic, &whole, &cookie)
            .await
            .is_err()
    );
    assert_eq!(who(&civic, &cookie).await.role, Role::Councillor);
    let facts = accounts::facts(&civic, &whole, &cookie).await.unwrap();
    assert_eq!((facts.passkeys.len(), facts.recovery_codes.left), (1, 10));
    // A resident, and somebody with a card only, have no first key.
    let told = [("sub", "r")];
    let (resident, cookie) = comes(&civic, Provider::Oidc, &told, None).await.unwrap();
    let refused = passkeys::ask(&civic, &resident, &cookie, Purpose::Register).await;
    assert!(matches!(refused, Err(Error::NotAllowed)));
}

async fn a_challenge_is_answered_once_in_its_session_and_in_time(ground: Ground) {
    let civic = city(&ground);
    let (me, cookie) = staff(&civic, "a").await;
    let mut phone = Phone::new();
    first_key(&civic, &phone, &me, &cookie).await;
    let (me, one) = staff(&civic, "a").await;
    let (_, other) = staff(&civic, "a").await;
    let asked = passkeys::ask(&civic, &me, &one, Purpose::Confirm)
        .await
        .unwrap();
    let answer = phone.show(&asked);
    let refused = |result: Result<_, Error>| matches!(result, Err(Error::PasskeyRefused));
    assert!(
        refused(passkeys::confirm(&civic, &me, &other, &answer).await),
        "another session"
    );
    let token = passkeys::confirm(&civic, &me, &one, &answer).await.unwrap();
    let one = value(&civic, &token);
    assert!(
        refused(passkeys::confirm(&civic, &me, &one, &answer).await),
        "twice"
    );
    let asked = passkeys::ask(&civic, &me, &one, Purpose::Confirm)
        .await
        .unwrap();
    let late = phone.show(&asked);
    ground.clock.advance_s(passkeys::rules::CHALLENGE_S);
    assert!(
        refused(passkeys::confirm(&civic, &me, &one, &late).await),
        "late"
    );
    // Somebody else's key is none of mine, and one credential is not registered twice.
    let (you, yours) = staff(&civic, "b").await;
    let asked = passkeys::ask(&civic, &you, &yours, Purpose::Register)
        .await
        .unwrap();
    let stolen = passkeys::add(&civic, &you, &yours, &phone.make(&asked)).await;
    assert!(matches!(stolen, Err(Error::PasskeyRefused)));
    let tablet = Phone::new();
    first_key(&civic, &tablet, &you, &yours).await;
    let (you, yours) = staff(&civic, "b").await;
    let asked = passkeys::ask(&civic, &you, &yours, Purpose::Confirm)
        .await
        .unwrap();
    let foreign = phone.show(&asked);
    assert!(
        refused(passkeys::confirm(&civic, &you, &yours, &foreign).await),
        "foreign"
    );
}

async fn a_recovery_code_works_once_and_wrong_ones_lock(ground: Ground) {
    let civic = city(&ground);
    let (me, cookie) = staff(&civic, "a").await;
    let (_, codes) = first_key(&civic, &Phone::new(), &me, &cookie).await;
    let (me, cookie) = staff(&civic, "a").await;
    let token = passkeys::recover(&civic, &me, &cookie, &codes[0].to_lowercase())
        .await
        .unwrap();
    let renewed = value(&civic, &token);
    let whole = who(&civic, &renewed).await;
    assert_eq!(whole.role, Role::Councillor);
    assert!(
        passkeys::require_fresh(&civic, &whole, &renewed)
            .await
            .is_err(),
        "nothing dangerous"
    );
    let facts = accounts::facts(&civic, &whole, &renewed).await.unwrap();
    assert_eq!(
        (facts.recovery_codes.left, facts.recovery_codes.spent.len()),
        (9, 1)
    );
    assert!(facts.acts.iter().any(|act| act.kind == "passkey.recovered"));
    assert!(
        passkeys::ask(&civic, &whole, &renewed, Purpose::Register)
            .await
            .is_ok()
    );
    let (me, cookie) = staff(&civic, "a").await;
    for _ in 0..5 {
        let again = passkeys::recover(&civic, &me, &cookie, &codes[0]).await;
        assert!(matches!(again, Err(Error::RecoveryRefused)));
    }
    let locked = passkeys::recover(&civic, &me, &cookie, &codes[1]).await;
    assert_eq!(
        locked.err().map(|e| e.code()),
        Some("sign_in_locked"),
        "the right one, too"
    );
    ground.clock.advance_s(passkeys::rules::WAIT_S);
    assert!(
        passkeys::recover(&civic, &me, &cookie, &codes[1])
            .await
            .is_ok()
    );
}

async fn another_administrator_gives_a_new_beginning(ground: Ground) {
    let civic = city(&ground);
    let (me, cookie) = staff(&civic, "a").await;
    let (mine, _) = first_key(&civic, &Phone::new(), &me, &cookie).await;
    let me = who(&civic, &mine).await;
    let (you, cookie) = staff(&civic, "b").await;
    let half = passkeys::reset(
        &civic,
        &Viewer::Account(you.clone()),
        &cookie,
        me.id,
        Reason::Lost,
    )
    .await;
    assert!(
        matches!(half, Err(Error::NotAllowed)),
        "half a session gives nothing"
    );
    let (yours, _) = first_key(&civic, &Phone::new(), &you, &cookie).await;
    let you = who(&civic, &yours).await;
    let you = Viewer::Account(you);
    let own = passkeys::reset(
        &civic,
        &you,
        &yours,
        you.account().unwrap().id,
        Reason::Lost,
    )
    .await;
    assert!(matches!(own, Err(Error::NotAllowed)), "not oneself");
    passkeys::reset(&civic, &you, &yours, me.id, Reason::Stolen)
        .await
        .unwrap();
    assert!(viewer_of(&civic, &mine).await.unwrap().account().is_none());
    let (me, cookie) = staff(&civic, "a").await;
    let facts = accounts::facts(&civic, &me, &cookie).await.unwrap();
    assert!(facts.passkeys.is_empty() && facts.recovery_codes.left == 0);
    assert!(facts.acts.iter().any(|act| act.kind == "passkey.reset"));
    let filter = audit::Filter {
        kind: Some(audit::Kind::PasskeysReset),
        ..audit::Filter::default()
    };
    let lines = audit::browse(&civic, &filter, 9).await.unwrap();
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0].what.as_deref(), Some("stolen"));
    assert_eq!(
        (lines[0].actor, lines[0].subject),
        (you.account().map(|a| a.id), Some(me.id))
    );
}
