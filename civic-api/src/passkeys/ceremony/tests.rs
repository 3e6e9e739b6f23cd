//! The ceremonies against an authenticator of our own, honest and not: every step that can be failed is failed.
#![allow(clippy::unwrap_used, reason = "tests")]

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use proptest::prelude::{any, prop_assert, proptest};
use serde_json::json;

use super::*;

const ORIGIN: &str = "https://aikste.test";
const CHALLENGE: &[u8] = &[7; 32];

/// What an authenticator holds.
enum Signer {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(rsa::KeyPair),
}

impl Signer {
    fn es256() -> Self {
        Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap())
    }

    fn all() -> [Self; 3] {
        [
            Self::es256(),
            Self::EdDsa(Ed25519KeyPair::generate().unwrap()),
            Self::Rs256(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).unwrap()),
        ]
    }

    fn members(&self) -> Vec<(Value, Value)> {
        let bytes = |b: &[u8]| Value::Bytes(b.to_vec());
        let pair = |label: i64, value: Value| (Value::from(label), value);
        match self {
            Self::Es256(key) => {
                let point = key.public_key().as_ref();
                vec![
                    pair(1, 2.into()),
                    pair(3, (-7).into()),
                    pair(-1, 1.into()),
                    pair(-2, bytes(&point[1..33])),
                    pair(-3, bytes(&point[33..])),
                ]
            }
            Self::EdDsa(key) => vec![
                pair(1, 1.into()),
                pair(3, (-8).into()),
                pair(-1, 6.into()),
                pair(-2, bytes(key.public_key().as_ref())),
            ],
            Self::Rs256(key) => vec![
                pair(1, 3.into()),
                pair(3, (-257).into()),
                pair(
                    -1,
                    bytes(key.public_key().modulus().big_endian_without_leading_zero()),
                ),
                pair(
                    -2,
                    bytes(
                        key.public_key()
                            .exponent()
                            .big_endian_without_leading_zero(),
                    ),
                ),
            ],
        }
    }

    fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Es256(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }
}

fn written(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::ser::into_writer(value, &mut bytes).unwrap();
    bytes
}

fn expected() -> Expected {
    Expected {
        challenge_sha256: hex::encode(Sha256::digest(CHALLENGE)),
        origin: ORIGIN.into(),
        rp_id: "aikste.test".into(),
    }
}

fn client_data(kind: &str) -> serde_json::Value {
    json!({ "type": kind, "challenge": URL_SAFE_NO_PAD.encode(CHALLENGE), "origin": ORIGIN, "crossOrigin": false })
}

/// `UP | UV`.
const HONEST: u8 = 0b101;

fn authenticator_data(rp_id: &str, flags: u8, count: u32) -> Vec<u8> {
    let mut data = Sha256::digest(rp_id.as_bytes()).to_vec();
    data.push(flags);
    data.extend(count.to_be_bytes());
    data
}

fn attested_data(signer: &Signer, flags: u8) -> Vec<u8> {
    let mut data = authenticator_data("aikste.test", flags | 0x40, 0);
    data.extend([0; 16]);
    data.extend([0, 4]);
    data.extend(b"cred");
    data.extend(written(&Value::Map(signer.members())));
    data
}

fn attestation(format: &str, statement: Value, data: Vec<u8>) -> Vec<u8> {
    written(&Value::Map(vec![
        ("fmt".into(), format.into()),
        ("attStmt".into(), statement),
        ("authData".into(), Value::Bytes(data)),
    ]))
}

fn none(data: Vec<u8>) -> Vec<u8> {
    attestation("none", Value::Map(vec![]), data)
}

fn registered(signer: &Signer) -> Credential {
    let client = client_data("webauthn.create").to_string();
    register(
        &expected(),
        client.as_bytes(),
        &none(attested_data(signer, HONEST)),
    )
    .unwrap()
}

fn shown(
    signer: &Signer,
    credential: &Credential,
    client: &[u8],
    data: &[u8],
) -> Result<u32, Refused> {
    let signature = signer.sign(&[data, Sha256::digest(client).as_slice()].concat());
    let shown = Shown {
        client_data: client,
        authenticator_data: data,
        signature: &signature,
    };
    show(&expected(), credential, &shown)
}

#[test]
fn every_algorithm_is_registered_and_shown() {
    for signer in Signer::all() {
        let mut credential = registered(&signer);
        assert_eq!(credential.id, b"cred");
        let client = client_data("webauthn.get").to_string();
        let data = authenticator_data("aikste.test", HONEST, 5);
        assert_eq!(shown(&signer, &credential, client.as_bytes(), &data), Ok(5));
        // Altered anywhere, it is nothing.
        let stranger = Signer::es256();
        assert_eq!(
            shown(&stranger, &credential, client.as_bytes(), &data),
            Err(Refused("the signature"))
        );
        credential.sign_count = 5;
        assert_eq!(
            shown(&signer, &credential, client.as_bytes(), &data),
            Err(Refused("the count goes back"))
        );
        let uncounted = authenticator_data("aikste.test", HONEST, 0);
        assert!(shown(&signer, &credential, client.as_bytes(), &uncounted).is_err());
        credential.sign_count = 0;
        assert_eq!(
            shown(&signer, &credential, client.as_bytes(), &uncounted),
            Ok(0)
        );
    }
}

#[test]
fn client_data_of_another_place_time_or_kind_is_refused() {
    let signer = Signer::es256();
    let credential = registered(&signer);
    let data = authenticator_data("aikste.test", HONEST, 1);
    let wrong = [
        ("type", json!("webauthn.create")),
        ("type", json!("payment.get")),
        ("challenge", json!(URL_SAFE_NO_PAD.encode([8; 32]))),
        ("challenge", json!("")),
        ("challenge", json!("%%%")),
        ("origin", json!("https://evil.test")),
        ("origin", json!("http://aikste.test")),
        ("origin", json!("https://aikste.test:444")),
        ("origin", json!("https://aikste.test.evil.test")),
        ("crossOrigin", json!(true)),
        ("topOrigin", json!(ORIGIN)),
        ("origin", json!("a".repeat(MAX_DATA))),
    ];
    for (member, value) in wrong {
        let mut client = client_data("webauthn.get");
        client[member] = value;
        let answer = shown(&signer, &credential, client.to_string().as_bytes(), &data);
        assert!(answer.is_err(), "{member}");
    }
    for text in ["", "{}", "[]", "\u{0}", "{\"type\":1}"] {
        assert!(shown(&signer, &credential, text.as_bytes(), &data).is_err());
    }
    let registering = client_data("webauthn.get").to_string();
    let object = none(attested_data(&signer, HONEST));
    assert_eq!(
        register(&expected(), registering.as_bytes(), &object),
        Err(Refused("the type"))
    );
}

#[test]
fn authenticator_data_that_says_too_little_or_too_much_is_refused() {
    let signer = Signer::es256();
    let credential = registered(&signer);
    let client = client_data("webauthn.get").to_string();
    let mut trailing = authenticator_data("aikste.test", HONEST, 1);
    trailing.push(0);
    let mut extended = authenticator_data("aikste.test", HONEST | 0x80, 1);
    extended.extend(written(&Value::Map(vec![])));
    let wrong = [
        (authenticator_data("evil.test", HONEST, 1), "rpIdHash"),
        (
            authenticator_data("aikste.test", 0b100, 1),
            "nobody was there",
        ),
        (
            authenticator_data("aikste.test", 0b001, 1),
            "the user was not verified",
        ),
        (
            authenticator_data("aikste.test", 0b1_0101, 1),
            "backed up, yet not eligible",
        ),
        (
            authenticator_data("aikste.test", 0b1101, 1),
            "the flag BE has changed",
        ),
        (
            authenticator_data("aikste.test", HONEST | 0x40, 1),
            "too short",
        ),
        (trailing, "bytes after the authenticator data"),
        (extended, "extensions that nobody asked for"),
        (vec![0; MAX_DATA + 1], "authenticator data too long"),
        (vec![], "too short"),
    ];
    for (data, why) in wrong {
        let answer = shown(&signer, &credential, client.as_bytes(), &data);
        assert_eq!(answer, Err(Refused(why)));
    }
}

#[test]
fn attestations_of_other_forms_are_refused() {
    let signer = Signer::es256();
    let client = client_data("webauthn.create").to_string();
    let hash = Sha256::digest(client.as_bytes());
    let data = attested_data(&signer, HONEST);
    let signed = |signer: &Signer, algorithm: i64| {
        let signature = signer.sign(&[data.as_slice(), &hash].concat());
        let members = vec![
            ("alg".into(), algorithm.into()),
            ("sig".into(), Value::Bytes(signature)),
        ];
        attestation("packed", Value::Map(members), data.clone())
    };
    let registers = |object: &[u8]| register(&expected(), client.as_bytes(), object);
    assert!(
        registers(&signed(&signer, -7)).is_ok(),
        "a credential's own"
    );
    assert!(registers(&signed(&Signer::es256(), -7)).is_err());
    assert!(registers(&signed(&signer, -8)).is_err());
    let statement = Value::Map(vec![("x".into(), 1.into())]);
    assert!(registers(&attestation("none", statement, data.clone())).is_err());
    for format in ["fido-u2f", "tpm", "", "NONE"] {
        assert!(registers(&attestation(format, Value::Map(vec![]), data.clone())).is_err());
    }
    let mut trailing = none(data.clone());
    trailing.push(0xf6);
    assert_eq!(
        registers(&trailing),
        Err(Refused("bytes after the attestation"))
    );
    let mut twice = data.clone();
    twice.extend(written(&Value::Map(vec![])));
    assert!(registers(&none(twice)).is_err(), "bytes after the key");
    assert!(registers(&none(authenticator_data("aikste.test", HONEST, 0))).is_err());
    assert!(
        registers(&vec![0x9f; MAX_ATTESTATION]).is_err(),
        "nested without end"
    );
    assert!(registers(&vec![0; MAX_ATTESTATION + 1]).is_err());
    // A text that claims to be 2^63 bytes long.
    assert!(registers(&[0x7b, 0x7f, 255, 255, 255, 255, 255, 255, 255]).is_err());
    assert!(registers(&[]).is_err());
}

#[test]
fn keys_of_other_kinds_are_refused() {
    let honest = Signer::es256().members();
    let with = |label: i64, value: Value| {
        let mut members = honest.clone();
        members.retain(|(key, _)| *key != Value::from(label));
        members.push((Value::from(label), value));
        Key::parse(&written(&Value::Map(members)))
    };
    assert!(Key::parse(&written(&Value::Map(honest.clone()))).is_ok());
    assert!(with(3, (-35).into()).is_err(), "ES384");
    assert!(with(3, (-8).into()).is_err(), "a type of another algorithm");
    assert!(with(-1, 2.into()).is_err(), "another curve");
    assert!(with(-2, Value::Bytes(vec![1; 31])).is_err());
    assert!(with(-2, Value::from("x")).is_err());
    let mut twice = honest.clone();
    twice.push(twice[3].clone());
    assert!(Key::parse(&written(&Value::Map(twice))).is_err(), "x twice");
    assert!(Key::parse(&written(&Value::Map(vec![]))).is_err());
    let weak = vec![
        (Value::from(1), Value::from(3)),
        (Value::from(3), Value::from(-257)),
        (Value::from(-1), Value::Bytes(vec![255; 128])),
        (Value::from(-2), Value::Bytes(vec![1, 0, 1])),
    ];
    assert!(
        Key::parse(&written(&Value::Map(weak))).is_err(),
        "RSA of 1024 bits"
    );
}

proptest! {
    #[test]
    fn no_bytes_bring_it_down(bytes in any::<Vec<u8>>(), flags in any::<u8>()) {
        let client = client_data("webauthn.create").to_string();
        prop_assert!(register(&expected(), client.as_bytes(), &bytes).is_err());
        prop_assert!(register(&expected(), &bytes, &bytes).is_err());
        let mut data = authenticator_data("aikste.test", flags, 1);
        data.extend(&bytes);
        prop_assert!(register(&expected(), client.as_bytes(), &none(data)).is_err());
    }
}
