//! Rights as tokens: one for each person, spent once, and never linked.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use blind_rsa_signatures::{
    BlindSignature, BlindingResult, DefaultRng, MessageRandomizer, PublicKeySha384PSSRandomized,
};
use civic_api::accounts;
use civic_api::conferences::{self, When};
use civic_api::log::{self, Verdict};
use civic_api::tokens::{self, Request, Right, Token};
use civic_api::{Account, AccountId, Civic, Error};

use crate::db;
use crate::ground::{Ground, on_both};

on_both!(
    a_token_is_issued_once_and_spent_once,
    a_batch_answers_each_request_by_itself,
    batches_at_once_give_one_token,
    a_hundred_spendings_at_once_are_one,
    what_is_no_token_is_refused,
    a_closed_right_issues_nothing_and_its_key_is_gone,
    a_right_used_by_session_is_used,
    keys_are_published_before_anything_is_issued,
);

/// A browser's side of a token.
struct Blinded {
    right: Right,
    key: PublicKeySha384PSSRandomized,
    result: BlindingResult,
}

impl Blinded {
    fn new(right: &Right) -> Self {
        let spki = STANDARD.decode(&right.public_key).unwrap();
        let key = PublicKeySha384PSSRandomized::from_der(&spki).unwrap();
        let message = tokens::message(&right.id);
        let result = key.blind(&mut DefaultRng, message).unwrap();
        Self {
            right: right.clone(),
            key,
            result,
        }
    }

    fn request(&self) -> Request {
        Request {
            right: self.right.id.clone(),
            blinded: STANDARD.encode(&self.result.blind_message.0),
        }
    }

    fn token(&self, signature: &str) -> Token {
        let signature = BlindSignature(STANDARD.decode(signature).unwrap());
        let message = tokens::message(&self.right.id);
        let signature = self
            .key
            .finalize(&signature, &self.result, message)
            .unwrap();
        let MessageRandomizer(prefix) = self.result.msg_randomizer.unwrap();
        Token {
            right: self.right.id.clone(),
            prefix: STANDARD.encode(prefix),
            signature: STANDARD.encode(&signature.0),
        }
    }
}

/// The right to a seat in the reception of today.
async fn right(ground: &Ground) -> Right {
    ground.fill().await;
    tokens::keep(&ground.civic).await.unwrap();
    let id = conferences::list(&ground.civic, When::Coming, 1)
        .await
        .unwrap()[0]
        .id;
    let rights = tokens::open_rights(&ground.civic).await.unwrap();
    let name = tokens::seat_in(id);
    rights.into_iter().find(|r| r.id == name).unwrap()
}

async fn issue_one(civic: &Civic, account: &Account, request: Request) -> Result<String, String> {
    let issued = tokens::issue(civic, account, vec![request])
        .await
        .unwrap()
        .remove(0);
    issued.signature.ok_or_else(|| issued.refused.unwrap())
}

async fn a_token_is_issued_once_and_spent_once(ground: Ground) {
    let right = right(&ground).await;
    let civic = &ground.civic;
    let (ona, rasa) = (ground.person("Ona").await, ground.person("Rasa").await);
    let blinded = Blinded::new(&right);
    let signature = issue_one(civic, &ona, blinded.request()).await.unwrap();
    // The answer was lost on the way: the same request is answered alike, another one is not.
    let again = issue_one(civic, &ona, blinded.request()).await;
    assert_eq!(again.as_ref(), Ok(&signature));
    let second = issue_one(civic, &ona, Blinded::new(&right).request()).await;
    assert_eq!(second, Err("token_already_issued".into()));
    let other = Blinded::new(&right);
    let others = issue_one(civic, &rasa, other.request()).await.unwrap();

    let token = blinded.token(&signature);
    assert_eq!(tokens::spend(civic, &token).await.unwrap().id, right.id);
    let spent = tokens::spend(civic, &token).await;
    assert!(matches!(spent, Err(Error::TokenSpent)));
    // Another signature of the same message is the same token.
    tokens::spend(civic, &other.token(&others)).await.unwrap();
}

async fn a_batch_answers_each_request_by_itself(ground: Ground) {
    let right = right(&ground).await;
    let civic = &ground.civic;
    let ona = ground.person("Ona").await;
    let others = tokens::open_rights(civic).await.unwrap();
    let other = others.iter().find(|other| other.id != right.id).unwrap();
    let (first, second) = (Blinded::new(&right), Blinded::new(other));
    let requests = || {
        vec![
            first.request(),
            Request {
                right: "seat/none".into(),
                ..second.request()
            },
            Blinded::new(&right).request(),
            second.request(),
            Request {
                blinded: STANDARD.encode([0xff; 256]),
                ..Blinded::new(&others[0]).request()
            },
        ]
    };
    let issued = tokens::issue(civic, &ona, requests()).await.unwrap();
    let refused: Vec<_> = issued.iter().map(|one| one.refused.as_deref()).collect();
    let once = Some("token_already_issued");
    assert_eq!(refused[..4], [None, Some("right_closed"), once, None]);
    assert!(refused[4].is_some());
    for (blinded, answer) in [(&first, &issued[0]), (&second, &issued[3])] {
        let token = blinded.token(answer.signature.as_ref().unwrap());
        tokens::spend(civic, &token).await.unwrap();
    }
    // The whole answer was lost on the way.
    let again = tokens::issue(civic, &ona, requests()).await.unwrap();
    assert_eq!(again[..4], issued[..4]);
}

async fn batches_at_once_give_one_token(ground: Ground) {
    let right = right(&ground).await;
    let ona = ground.person("Ona").await;
    let mut batches = tokio::task::JoinSet::new();
    for _ in 0..20 {
        let (civic, ona) = (ground.civic.clone(), ona.clone());
        let request = Blinded::new(&right).request();
        batches.spawn(async move { issue_one(&civic, &ona, request).await });
    }
    let answers = batches.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let once = Err("token_already_issued".to_owned());
    assert_eq!(answers.iter().filter(|answer| **answer == once).count(), 19);
}

async fn a_hundred_spendings_at_once_are_one(ground: Ground) {
    let right = right(&ground).await;
    let ona = ground.person("Ona").await;
    let blinded = Blinded::new(&right);
    let signature = issue_one(&ground.civic, &ona, blinded.request())
        .await
        .unwrap();
    let token = blinded.token(&signature);
    let mut spendings = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let (civic, token) = (ground.civic.clone(), token.clone());
        spendings.spawn(async move { tokens::spend(&civic, &token).await });
    }
    let mut taken = 0;
    while let Some(done) = spendings.join_next().await {
        match done.unwrap() {
            Ok(_) => taken += 1,
            Err(error) => assert!(matches!(error, Error::TokenSpent), "{error}"),
        }
    }
    assert_eq!(taken, 1);
}

async fn what_is_no_token_is_refused(ground: Ground) {
    let right = right(&ground).await;
    let civic = &ground.civic;
    let ona = ground.person("Ona").await;
    let blinded = Blinded::new(&right);
    let signature = issue_one(civic, &ona, blinded.request()).await.unwrap();
    let good = blinded.token(&signature);
    let other = tokens::open_rights(civic).await.unwrap();
    let other = other.iter().find(|r| r.id != right.id).unwrap();
    let wrong = [
        Token {
            right: other.id.clone(),
            ..good.clone()
        },
        Token {
            right: "seat/x".into(),
            ..good.clone()
        },
        Token {
            prefix: STANDARD.encode([0; 32]),
            ..good.clone()
        },
        Token {
            prefix: STANDARD.encode([0; 31]),
            ..good.clone()
        },
        Token {
            prefix: "?".into(),
            ..good.clone()
        },
        Token {
            signature: STANDARD.encode([0; 256]),
            ..good.clone()
        },
        Token {
            signature: signature.clone(),
            ..good.clone()
        },
        Token {
            signature: String::new(),
            ..good.clone()
        },
    ];
    for token in wrong {
        let refused = tokens::spend(civic, &token).await;
        assert!(matches!(refused, Err(Error::TokenInvalid)), "{token:?}");
    }
    for bytes in [vec![], vec![1; 255], vec![0xff; 256]] {
        let request = Request {
            right: other.id.clone(),
            blinded: STANDARD.encode(bytes),
        };
        assert_eq!(
            issue_one(civic, &ona, request).await,
            Err("invalid_field".into())
        );
    }
    // What was refused has not used up the right.
    issue_one(civic, &ona, Blinded::new(other).request())
        .await
        .unwrap();
    let many = vec![blinded.request(); tokens::BATCH + 1];
    assert!(tokens::issue(civic, &ona, many).await.is_err());
    assert!(
        !format!("{good:?}").contains(&good.prefix),
        "a token is never printed"
    );
    tokens::spend(civic, &good).await.unwrap();
}

async fn a_closed_right_issues_nothing_and_its_key_is_gone(ground: Ground) {
    let right = right(&ground).await;
    let civic = &ground.civic;
    let ona = ground.person("Ona").await;
    let blinded = Blinded::new(&right);
    let signature = issue_one(civic, &ona, blinded.request()).await.unwrap();
    tokens::spend(civic, &blinded.token(&signature))
        .await
        .unwrap();
    let host = ground.viewer("Rasa").await;
    let id = right.subject.parse().unwrap();
    conferences::open(civic, &host, id).await.unwrap();
    conferences::end(civic, &host, id).await.unwrap();
    assert_eq!(tokens::keep(civic).await.unwrap(), (0, 1));
    assert_eq!(tokens::keep(civic).await.unwrap(), (0, 0));
    let rasa = ground.person("Rasa").await;
    let late = issue_one(civic, &rasa, Blinded::new(&right).request()).await;
    assert_eq!(late, Err("right_closed".into()));
    let sealed = db::rows(&ground.url, "select sealed from rights where sealed = ''").await;
    assert_eq!(sealed.len(), 1);
    let stream = log::stream_after(&civic.db, &format!("right/{}", right.id), 0)
        .await
        .unwrap();
    let kinds: Vec<_> = stream.iter().map(|r| r.kind.as_str()).collect();
    assert_eq!(kinds, ["right.opened", "right.closed"]);
    assert_eq!(
        stream[1].payload,
        serde_json::json!({ "issued": 1, "spent": 1 })
    );
}

async fn a_right_used_by_session_is_used(ground: Ground) {
    let right = right(&ground).await;
    let civic = &ground.civic;
    let (ona, rasa) = (ground.person("Ona").await, ground.person("Rasa").await);
    tokens::use_by_session(civic, &ona, &right.id)
        .await
        .unwrap();
    tokens::use_by_session(civic, &ona, &right.id)
        .await
        .unwrap();
    let request = Blinded::new(&right).request();
    let refused = issue_one(civic, &ona, request).await;
    assert_eq!(refused, Err("token_already_issued".into()));
    issue_one(civic, &rasa, Blinded::new(&right).request())
        .await
        .unwrap();
    let refused = tokens::use_by_session(civic, &rasa, &right.id).await;
    assert!(matches!(refused, Err(Error::TokenAlreadyIssued)));
    for (person, by_session) in [(&ona, true), (&rasa, false)] {
        let facts = accounts::facts(civic, person, "").await.unwrap();
        let given: Vec<_> = facts
            .rights
            .iter()
            .map(|g| (&g.right, g.by_session))
            .collect();
        assert_eq!(
            given,
            [(&right.id, by_session)],
            "they can read what is kept"
        );
        assert!(!facts.rights[0].title.is_empty());
    }
    let unknown = tokens::use_by_session(civic, &rasa, "seat/x").await;
    assert!(matches!(unknown, Err(Error::RightClosed)));
}

async fn keys_are_published_before_anything_is_issued(ground: Ground) {
    right(&ground).await;
    for right in tokens::open_rights(&ground.civic).await.unwrap() {
        let stream = format!("right/{}", right.id);
        let records = log::stream_after(&ground.civic.db, &stream, 0)
            .await
            .unwrap();
        assert_eq!(records.len(), 1, "one key, ever");
        assert_eq!(records[0].payload["key_sha256"], right.key_sha256);
    }
    assert_eq!(tokens::keep(&ground.civic).await.unwrap(), (0, 0));
}

const PEOPLE: usize = 1_000;

/// The proof of the pudding: 1,000 tokens for 1,000 people, spent in another order. Whoever has both tables, the whole
/// log and all checkpoints finds nothing that both sides share, and guesses no better than chance.
#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_tokens_cannot_be_matched_with_a_thousand_people() {
    let ground = Ground::sqlite().await;
    let right = right(&ground).await;
    let civic = &ground.civic;
    let people = people(&ground).await;
    let mut drawn = Vec::new();
    for person in &people {
        let blinded = Blinded::new(&right);
        let signature = issue_one(civic, person, blinded.request()).await.unwrap();
        drawn.push((person.id, blinded.token(&signature)));
        ground.clock.advance_s(7);
    }
    // The 1,001st of any of them.
    let refused = issue_one(civic, &people[500], Blinded::new(&right).request()).await;
    assert_eq!(refused, Err("token_already_issued".into()));
    // In the order of their random beginnings: as good as any shuffling.
    drawn.sort_by(|a, b| a.1.prefix.cmp(&b.1.prefix));
    for (_, token) in &drawn {
        tokens::spend(civic, token).await.unwrap();
        ground.clock.advance_s(7);
    }
    let again = tokens::spend(civic, &drawn[0].1).await;
    assert!(matches!(again, Err(Error::TokenSpent)));
    tokens::close(civic, &right.id).await.unwrap();

    let issues = db::rows(
        &ground.url,
        "select account_id || ' ' || blinded_sha256 || ' ' || signature from token_issues order by rowid",
    )
    .await;
    let spends = db::rows(
        &ground.url,
        "select key_sha256 || ' ' || token_sha256 from token_spends order by rowid",
    )
    .await;
    assert_eq!((issues.len(), spends.len()), (PEOPLE, PEOPLE));
    nothing_is_shared(&issues, &spends);
    nothing_is_timed(&ground).await;
    assert!(hits(&issues, &spends, &drawn) <= 12, "better than chance");
    the_log_says_only_how_many(&ground).await;
}

async fn people(ground: &Ground) -> Vec<Account> {
    let model = ground.person("Ona").await;
    let mut people = Vec::new();
    for n in 0..PEOPLE {
        let id = AccountId::new(ground.civic.now());
        db::execute(
            &ground.url,
            &format!(
                "insert into accounts (id, name, role, method, created_us)
                 values ('{id}', 'Gyventojas {n}', 'resident', 'demonstration', 0)"
            ),
        )
        .await;
        people.push(Account {
            id,
            ..model.clone()
        });
    }
    people
}

/// No value stands on both sides.
fn nothing_is_shared(issues: &[String], spends: &[String]) {
    let words = |rows: &[String]| -> HashSet<String> {
        rows.iter()
            .flat_map(|row| row.split(' ').map(str::to_owned))
            .collect()
    };
    let (of_issues, of_spends) = (words(issues), words(spends));
    assert_eq!(of_issues.intersection(&of_spends).count(), 0);
    // Nor is one side's value a digest of the other's.
    let digests: HashSet<String> = of_issues
        .iter()
        .flat_map(|word| {
            [
                word.clone().into_bytes(),
                hex::decode(word).unwrap_or_default(),
            ]
        })
        .map(|bytes| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(bytes)))
        .collect();
    assert_eq!(digests.intersection(&of_spends).count(), 0);
}

/// Neither table has a column of time, or of anything but what is named here.
async fn nothing_is_timed(ground: &Ground) {
    for (table, expected) in [
        (
            "token_issues",
            "account_id blinded_sha256 right_id signature",
        ),
        ("token_spends", "key_sha256 token_sha256"),
    ] {
        let sql = format!("select name from pragma_table_info('{table}') order by name");
        assert_eq!(db::rows(&ground.url, &sql).await.join(" "), expected);
    }
}

/// Matches rows by every order that the tables have: as they lie, sorted by each column, and backwards. Answers the most
/// that one of these guesses got right; by chance each gets one right, and seldom more than a few.
fn hits(issues: &[String], spends: &[String], drawn: &[(AccountId, Token)]) -> usize {
    let owner: BTreeMap<String, String> = drawn
        .iter()
        .map(|(account, token)| {
            let prefix = STANDARD.decode(&token.prefix).unwrap();
            let text = [&prefix, tokens::message(&token.right).as_bytes()].concat();
            let digest = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(text));
            (digest, account.to_string())
        })
        .collect();
    let orders = |rows: &[String]| -> Vec<Vec<(String, String)>> {
        let split = |row: &String| {
            let (a, b) = row.split_once(' ').unwrap();
            (a.to_owned(), b.to_owned())
        };
        let lying: Vec<_> = rows.iter().map(split).collect();
        let mut first = lying.clone();
        first.sort();
        let mut second = lying.clone();
        second.sort_by(|a, b| a.1.cmp(&b.1));
        let mut all = vec![lying, first, second];
        let backwards: Vec<_> = all
            .iter()
            .map(|o| o.iter().rev().cloned().collect())
            .collect();
        all.extend(backwards);
        all
    };
    let mut best = 0;
    for people in orders(issues) {
        for tokens in orders(spends) {
            let right = people
                .iter()
                .zip(&tokens)
                .filter(|(p, t)| owner[&t.1] == p.0);
            best = best.max(right.count());
        }
    }
    best
}

/// The log and the checkpoints know the keys and the two sums.
async fn the_log_says_only_how_many(ground: &Ground) {
    let records = log::after(&ground.civic.db, 0, 500).await.unwrap();
    let kinds: BTreeSet<&str> = records
        .iter()
        .filter(|r| r.stream.starts_with("right/"))
        .map(|r| r.kind.as_str())
        .collect();
    assert_eq!(kinds, BTreeSet::from(["right.closed", "right.opened"]));
    let closed = records.iter().find(|r| r.kind == "right.closed").unwrap();
    assert_eq!(
        closed.payload,
        serde_json::json!({ "issued": PEOPLE, "spent": PEOPLE })
    );
    let whole = log::verify(&ground.civic.db, &[], |_, _| {}).await.unwrap();
    assert!(matches!(whole, Verdict::Whole(_)));
}
