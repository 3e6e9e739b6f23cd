//! Signing blinded messages: what a person may have is looked up once for all that they ask for, and all that was signed is
//! counted in one transaction.

use std::collections::HashMap;

use super::{BATCH, Issued, Request, blind, person_in, rules, store};
use crate::conferences::rules::Refusal;
use crate::identity::limits::Scope;
use crate::identity::ways::Failure;
use crate::residence::Residence;
use crate::{Account, AccountId, Civic, ConferenceId, Error, accounts, conferences, residence};

/// What decides which rights somebody may have.
pub(super) struct Asker {
    lives: Residence,
    digests: Vec<String>,
}

impl Asker {
    pub(super) async fn of(civic: &Civic, account: AccountId) -> Result<Self, Error> {
        Ok(Self {
            lives: residence::of(civic, account).await?,
            digests: accounts::digests(civic, account).await?,
        })
    }

    /// A right to what is for the residents of one eldership is given to whom the register has confirmed as one of them.
    pub(super) async fn may_have(&self, civic: &Civic, right: &str) -> Result<(), Error> {
        let subject = right.strip_prefix("seat/").unwrap_or(right);
        let conference: ConferenceId = subject.parse().map_err(|_| Error::RightClosed)?;
        let eldership = conferences::get(civic, conference).await?.eldership;
        if residence::rules::eligible(eldership, &self.lives) {
            Ok(())
        } else {
            Err(Refusal::NotOfEldership.into())
        }
    }

    /// Nothing is given to a person who was given it by an account that they have had erased since.
    pub(super) async fn was_not_given(&self, civic: &Civic, right: &str) -> Result<(), Error> {
        for digest in &self.digests {
            if store::was_given(&civic.db, right, &person_in(right, digest)).await? {
                return Err(Error::TokenAlreadyIssued);
            }
        }
        Ok(())
    }
}

/// What becomes of one request.
enum Answer {
    /// It was answered before.
    Kept(String),
    /// It is signed, and to be counted.
    Signed(store::Issue),
    /// It is not signed: the code says why.
    Refused(&'static str),
}

/// Signs blinded messages for someone whom the city has identified: one for each right, ever. The same message gets the
/// same answer, so that one that was lost on the way can be asked for once more.
pub async fn issue(
    civic: &Civic,
    account: &Account,
    requests: Vec<Request>,
) -> Result<Vec<Issued>, Error> {
    // A terminal's browser is emptied: a right that is given once would be lost there.
    account.at_home()?;
    if !rules::may_receive(account) {
        return Err(Error::VerificationRequired);
    }
    if requests.is_empty() || requests.len() > BATCH {
        return Err(Error::Invalid { field: "requests" });
    }
    let scope = [Scope::Issuing(account.id)];
    if !civic.ways.limits.take(&scope, civic.now()) {
        return Err(Failure::TooMany.into());
    }
    let asker = Asker::of(civic, account.id).await?;
    let before = store::issued(&civic.db, account.id).await?;
    let mut answers = Vec::with_capacity(requests.len());
    for request in requests {
        let answer = match sign_one(civic, &asker, &before, &request).await {
            Ok(answer) => answer,
            Err(error) if error.status().is_server_error() => return Err(error),
            Err(error) => Answer::Refused(error.code()),
        };
        answers.push((request.right, answer));
    }
    let issued = count(civic, account.id, answers).await?;
    if issued.iter().all(|answer| answer.refused.is_none()) {
        civic.ways.limits.give_back(&scope);
    }
    Ok(issued)
}

async fn sign_one(
    civic: &Civic,
    asker: &Asker,
    before: &HashMap<String, store::Issue>,
    request: &Request,
) -> Result<Answer, Error> {
    let blinded = blind::decode(&request.blinded).ok_or(Error::Invalid { field: "blinded" })?;
    let sealed = store::sealed(&civic.db, &request.right)
        .await?
        .ok_or(Error::RightClosed)?;
    let digest = blind::digest(&blinded);
    asker.may_have(civic, &request.right).await?;
    // Asked before the costly part, and decided after it.
    if let Some(there) = before.get(&request.right) {
        return the_same(there.clone(), &digest).map(Answer::Kept);
    }
    asker.was_not_given(civic, &request.right).await?;
    let key = civic.vault.key(&request.right, &sealed)?;
    // Signed first: what cannot be signed must not use up the right.
    let signature = tokio::task::spawn_blocking(move || blind::sign(&key, &blinded))
        .await
        .map_err(|_| Error::Crypto)??;
    Ok(Answer::Signed(store::Issue {
        blinded_sha256: digest,
        signature,
    }))
}

/// Counts what was signed, all of it or nothing, and says what each was answered: of two requests for one right, however
/// they came, one is.
async fn count(
    civic: &Civic,
    account: AccountId,
    answers: Vec<(String, Answer)>,
) -> Result<Vec<Issued>, Error> {
    let mut begun = None;
    let mut issued = Vec::with_capacity(answers.len());
    for (right, answer) in answers {
        let signature = match answer {
            Answer::Kept(signature) => Ok(signature),
            Answer::Refused(code) => Err(code),
            Answer::Signed(new) => {
                let tx = match &mut begun {
                    Some(tx) => tx,
                    none => none.insert(civic.write().await?),
                };
                let there = store::insert_issue(tx, &right, account, &new).await?;
                the_same(there, &new.blinded_sha256).map_err(|error| error.code())
            }
        };
        let (signature, refused) = match signature {
            Ok(signature) => (Some(signature), None),
            Err(code) => (None, Some(code.to_owned())),
        };
        issued.push(Issued {
            right,
            signature,
            refused,
        });
    }
    if let Some(tx) = begun {
        tx.commit().await?;
    }
    Ok(issued)
}

/// The kept answer, to who asks the same again.
pub(super) fn the_same(there: store::Issue, digest: &str) -> Result<String, Error> {
    if there.blinded_sha256 == digest {
        Ok(there.signature)
    } else {
        Err(Error::TokenAlreadyIssued)
    }
}
