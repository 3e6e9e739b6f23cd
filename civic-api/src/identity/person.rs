//! By what a person is known again: a digest, under a key of the server, of the personal code or of a provider's own name
//! for them. The code itself is read, checked and forgotten; it is never stored, shown, logged or sent.

use std::fmt;

use aws_lc_rs::hmac;

/// Which kind of digest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// Of the personal code: the same person, whichever provider says so.
    Code,
    /// Of a provider's own name for the person.
    Subject,
}

impl KeyKind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyKind::Code => "code",
            KeyKind::Subject => "subject",
        }
    }
}

/// A digest by which a person is known again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonKey {
    /// Which kind.
    pub kind: KeyKind,
    /// HMAC-SHA-256, hex.
    pub digest: String,
    /// The name of the key that made it ([`Digester::key`]).
    pub key: String,
    /// The same under the key before, while that one is kept.
    pub before: Option<String>,
}

/// A Lithuanian personal code (asmens kodas), its check digit right. Not printed.
pub struct PersonalCode([u8; 11]);

impl fmt::Debug for PersonalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonalCode(…)")
    }
}

impl PersonalCode {
    /// Eleven digits with the right check digit and, unless they begin with 9, a month and a day that exist; `None`: no code.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 11] = text.as_bytes().try_into().ok()?;
        if !bytes.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let digits = bytes.map(|b| u32::from(b - b'0'));
        let dated = (1..=6).contains(&digits[0]);
        let (month, day) = (digits[3] * 10 + digits[4], digits[5] * 10 + digits[6]);
        let date_fits = (1..=12).contains(&month) && (1..=31).contains(&day);
        let right = digits[10] == check_digit(&digits) && (digits[0] == 9 || dated && date_fits);
        right.then_some(Self(bytes))
    }
}

/// Digits 1 to 10 weighted, modulo 11, with a second round of weights when that gives 10, and 0 when that does, too.
fn check_digit(digits: &[u32; 11]) -> u32 {
    let sum = |weights: [u32; 10]| {
        let products = digits
            .iter()
            .zip(weights)
            .map(|(digit, weight)| digit * weight);
        products.sum::<u32>() % 11
    };
    match sum([1, 2, 3, 4, 5, 6, 7, 8, 9, 1]) {
        10 => sum([3, 4, 5, 6, 7, 8, 9, 1, 2, 3]) % 10,
        rest => rest,
    }
}

/// Makes the digests. Without its key, nobody can find out a code by trying them all.
#[derive(Clone)]
pub struct Digester {
    current: Named,
    before: Option<Named>,
}

/// A key and its name, which says nothing of it.
#[derive(Clone)]
struct Named {
    key: hmac::Key,
    name: String,
}

impl fmt::Debug for Digester {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digester(…)")
    }
}

impl Digester {
    /// With the server's first key, whose name is empty.
    pub fn new(key: &[u8; 32]) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, key);
        let current = Named {
            key,
            name: String::new(),
        };
        Self {
            current,
            before: None,
        }
    }

    /// With a later key, named after itself.
    pub fn named(key: &[u8; 32]) -> Self {
        let mut digester = Self::new(key);
        let tag = hmac::sign(&digester.current.key, b"the name of a digest key");
        digester.current.name = hex::encode(&tag.as_ref()[..8]);
        digester
    }

    /// As this one, knowing also who was known under the key of the one before.
    #[must_use]
    pub fn after(mut self, before: Self) -> Self {
        self.before = Some(before.current);
        self
    }

    /// The current key's name.
    pub fn key(&self) -> &str {
        &self.current.name
    }

    /// Of a personal code.
    pub fn code(&self, code: &PersonalCode) -> PersonKey {
        self.digest(KeyKind::Code, &[b"lt-personal-code", &code.0])
    }

    /// Of what a provider calls the person.
    pub fn subject(&self, issuer: &str, subject: &str) -> PersonKey {
        self.digest(
            KeyKind::Subject,
            &[b"subject", issuer.as_bytes(), subject.as_bytes()],
        )
    }

    fn digest(&self, kind: KeyKind, parts: &[&[u8]]) -> PersonKey {
        PersonKey {
            kind,
            digest: self.current.digest(parts),
            key: self.current.name.clone(),
            before: self.before.as_ref().map(|before| before.digest(parts)),
        }
    }
}

impl Named {
    fn digest(&self, parts: &[&[u8]]) -> String {
        let mut context = hmac::Context::with_key(&self.key);
        for part in parts {
            // Lengths first, so that no two lists of parts read the same.
            context.update(&(part.len() as u64).to_be_bytes());
            context.update(part);
        }
        hex::encode(context.sign().as_ref())
    }
}

/// A name as it may be shown: one line, its spaces single, at most 120 characters; what is in capitals only is written as
/// names are. `None`: there is none.
pub fn shown_name(given: &str, family: &str) -> Option<String> {
    let joined = format!("{given} {family}");
    let words = joined
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let name = words.map(written).collect::<Vec<_>>().join(" ");
    (!name.is_empty() && name.chars().count() <= 120).then_some(name)
}

fn written(word: &str) -> String {
    let shouted = word.chars().count() > 1 && !word.chars().any(char::is_lowercase);
    if !shouted {
        return word.to_owned();
    }
    let mut first = true;
    let mut written = String::with_capacity(word.len());
    for c in word.chars() {
        if first {
            written.push(c);
        } else {
            written.extend(c.to_lowercase());
        }
        first = !c.is_alphabetic();
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_every_branch_are_told_from_wrong_ones() {
        for good in ["33309240064", "47604084093", "49007043970"] {
            assert!(PersonalCode::parse(good).is_some(), "{good}");
        }
        for bad in [
            "33309240164",
            "38001010000",
            "",
            "3330924006",
            "333092400640",
            "3330924006a",
            "00000000000",
            "33313240064",
            "３３３０９２４００６４",
        ] {
            assert!(PersonalCode::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn digests_differ_by_key_kind_and_parts() {
        let (one, two) = (Digester::new(&[1; 32]), Digester::new(&[2; 32]));
        assert_eq!(one.subject("a", "b"), one.subject("a", "b"));
        assert_ne!(one.subject("a", "b"), two.subject("a", "b"));
        assert_ne!(one.subject("ab", "c"), one.subject("a", "bc"));
    }

    #[test]
    fn a_later_key_digests_otherwise_and_remembers_the_one_before() {
        let first = Digester::new(&[1; 32]);
        let later = Digester::named(&[2; 32]).after(Digester::new(&[1; 32]));
        let (one, two) = (first.subject("a", "b"), later.subject("a", "b"));
        assert_ne!(one.digest, two.digest);
        assert_eq!(two.before, Some(one.digest));
        assert_eq!((one.key.as_str(), one.before), ("", None));
        assert_eq!((two.key.len(), later.key()), (16, two.key.as_str()));
        let other = Digester::named(&[3; 32]);
        assert_ne!(other.key(), later.key());
    }

    #[test]
    fn neither_code_nor_key_can_be_printed() {
        let code = PersonalCode::parse("33309240064");
        assert_eq!(format!("{code:?}"), "Some(PersonalCode(…))");
        assert_eq!(format!("{:?}", Digester::new(&[1; 32])), "Digester(…)");
    }

    #[test]
    fn names_in_capitals_are_written_as_names_are() {
        let shown = |given, family| shown_name(given, family).unwrap_or_default();
        assert_eq!(shown("RŪTA", "KAZLAUSKAITĖ-ŽĖ"), "Rūta Kazlauskaitė-Žė");
        assert_eq!(shown("Jonas", "van der Berg"), "Jonas van der Berg");
        assert_eq!(shown_name(" \n", "\t"), None);
        assert_eq!(shown_name(&"a".repeat(200), "b"), None);
    }
}
