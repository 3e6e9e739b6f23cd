//! Signatures: the real gateway's, our own, and those that must not be believed.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::PathBuf;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::*;
use crate::identity::viisp::messages::{person, ticket};

fn pem(label: &str, der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    let lines: Vec<&str> = body
        .as_bytes()
        .chunks(64)
        .map(|l| std::str::from_utf8(l).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
}

/// A key pair that signs as the gateway and is pinned as its key.
fn gateway() -> Keys {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    Keys::from_pem(
        &pem("PRIVATE KEY", private.as_ref()),
        &pem("PUBLIC KEY", public.as_ref()),
    )
    .unwrap()
}

const DATA: &str = "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"><soapenv:Body>\
<authentication:authenticationDataResponse xmlns:authentication=\"http://www.epaslaugos.lt/services/authentication\" id=\"uniqueNodeId\">\
<authentication:authenticationProvider>auth.lt.bank</authentication:authenticationProvider>\
<authentication:authenticationAttribute><authentication:attribute>lt-personal-code</authentication:attribute>\
<authentication:value>33309240064</authentication:value></authentication:authenticationAttribute>\
<authentication:userInformation><authentication:information>firstName</authentication:information>\
<authentication:value><authentication:stringValue>RŪTA</authentication:stringValue></authentication:value></authentication:userInformation>\
<authentication:userInformation><authentication:information>companyName</authentication:information><authentication:value></authentication:value></authentication:userInformation>\
<authentication:customData>state</authentication:customData>{signature}</authentication:authenticationDataResponse></soapenv:Body></soapenv:Envelope>";

fn is_refused(keys: &Keys, answer: String) -> bool {
    matches!(verified(keys, true, &answer), Err(Failure::Refused(_)))
}

#[test]
fn the_real_gateways_answer_verifies_and_fails_after_one_altered_letter() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let data =
        std::env::var_os("AIKSTE_TEST_DATA").map_or(root.join("../shared/data"), PathBuf::from);
    let Ok(answer) = std::fs::read_to_string(data.join("viisp/signed-ticket-response.xml")) else {
        println!("skipped: no test data");
        return;
    };
    let theirs = std::fs::read_to_string(data.join("viisp/signer-public-key.pem")).unwrap();
    let own = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let own: Pkcs8V1Der<'_> = own.as_der().unwrap();
    let keys = Keys::from_pem(&pem("PRIVATE KEY", own.as_ref()), &theirs).unwrap();
    let read = verified(&keys, true, &answer).unwrap();
    assert_eq!(
        ticket(&read).unwrap(),
        "dfa1339f-46b6-457d-a21d-2d7680389bfd"
    );
    assert!(is_refused(&keys, answer.replace("dfa1339f", "dfa1339e")));
    assert!(
        verified(&keys, false, &answer).is_err(),
        "SHA-1 only where it is allowed"
    );
}

#[test]
fn what_is_signed_is_read_and_nothing_else_is() {
    let keys = gateway();
    {
        let signed = sign(&keys, DATA).unwrap();
        let read = person(&verified(&keys, true, &signed).unwrap()).unwrap();
        assert_eq!(
            (read.code.as_str(), read.first_name.as_str()),
            ("33309240064", "RŪTA")
        );
        assert!(is_refused(&keys, signed.replace("RŪTA", "RŪTĄ")));
        assert!(is_refused(
            &keys,
            signed.replace("33309240064", "47604084093")
        ));
    }
    assert!(
        is_refused(&keys, DATA.replace("{signature}", "")),
        "unsigned"
    );
}

#[test]
fn another_key_is_not_believed_even_when_it_comes_along() {
    let (keys, attacker) = (gateway(), gateway());
    let forged = sign(&attacker, DATA).unwrap();
    assert!(is_refused(&keys, forged.clone()));
    let inside = "</SignatureValue><KeyInfo><KeyValue><RSAKeyValue><Modulus>AQAB</Modulus><Exponent>AQAB</Exponent></RSAKeyValue></KeyValue></KeyInfo>";
    assert!(is_refused(
        &keys,
        forged.replace("</SignatureValue>", inside)
    ));
}

#[test]
fn nothing_can_be_wrapped_around_or_beside_what_is_signed() {
    let keys = gateway();
    let signed = sign(&keys, DATA).unwrap();
    let start = signed
        .find("<authentication:authenticationDataResponse")
        .unwrap();
    let end = signed.find("</soapenv:Body>").unwrap();
    let real = &signed[start..end];
    let evil = real.replace("33309240064", "47604084093");
    let signature =
        &real[real.find("<Signature ").unwrap()..real.find("</Signature>").unwrap() + 12];
    let bare = evil.replace(signature, "").replace("uniqueNodeId", "evil");
    let around = |inner: &str| format!("{}{inner}{}", &signed[..start], &signed[end..]);
    for wrapped in [
        // Beside, before and after.
        around(&format!("{bare}{real}")),
        around(&format!("{real}{bare}")),
        // The real one inside the forged one, with and without an id of its own.
        around(&bare.replace(
            "</authentication:authenticationDataResponse>",
            &format!("{real}</authentication:authenticationDataResponse>"),
        )),
        around(&bare.replace(" id=\"evil\"", "").replace(
            "</authentication:authenticationDataResponse>",
            &format!("{real}</authentication:authenticationDataResponse>"),
        )),
        // In the header, the forged one in the body, under the same id.
        signed.replace(real, &evil).replace(
            "<soapenv:Body>",
            &format!("<soapenv:Header>{real}</soapenv:Header><soapenv:Body>"),
        ),
        signed.replace(real, &bare).replace(
            "<soapenv:Body>",
            &format!("<soapenv:Header>{real}</soapenv:Header><soapenv:Body>"),
        ),
        // The real one as an object of the signature.
        around(&evil.replace(
            "</Signature>",
            &format!("<Object>{real}</Object></Signature>"),
        )),
        // Two bodies.
        signed.replace(
            "</soapenv:Body>",
            &format!("</soapenv:Body><soapenv:Body>{bare}</soapenv:Body>"),
        ),
    ] {
        assert!(is_refused(&keys, wrapped.clone()), "{wrapped}");
    }
}

#[test]
fn documents_with_anything_but_elements_are_refused() {
    let keys = gateway();
    let signed = sign(&keys, DATA).unwrap();
    let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]>";
    for strange in [
        format!("{bomb}{signed}"),
        format!("<?xml version=\"1.0\"?>{bomb}{signed}"),
        signed.replace("33309240064", "3330924<!-- -->0064"),
        signed.replace("33309240064", "<![CDATA[33309240064]]>"),
        signed.replace("<soapenv:Body>", "<?x y?><soapenv:Body>"),
        signed.replace("uniqueNodeId", "other"),
        String::new(),
        "<".repeat(100_000),
        "<a>".repeat(20_000),
    ] {
        let shown: String = strange.chars().take(200).collect();
        assert!(is_refused(&keys, strange), "{shown}");
    }
    let declared = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{signed}");
    assert!(verified(&keys, true, &declared).is_ok());
}

#[test]
fn carriage_returns_that_were_signed_are_kept() {
    let keys = gateway();
    let data = DATA.replace("auth.lt.bank", "auth.lt.bank&#xD;");
    let signed = sign(&keys, &data)
        .unwrap()
        .replace("&#13;", "\r")
        .replace("&#xD;", "\r");
    assert!(verified(&keys, true, &signed).is_ok());
}

#[test]
fn an_operator_may_choose_sha1_for_a_gateway_that_knows_nothing_newer() {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    let ours = pem("PRIVATE KEY", private.as_ref());
    let keys = Keys::from_pem(&ours, &pem("PUBLIC KEY", public.as_ref())).unwrap();
    let newer = sign(&keys, DATA).unwrap();
    assert!(newer.contains(RSA_SHA256) && !newer.contains(RSA_SHA1));
    let keys = keys.with_sha1(&ours).unwrap();
    let older = sign(&keys, DATA).unwrap();
    assert!(older.contains(RSA_SHA1) && older.contains(SHA1_URI) && !older.contains(RSA_SHA256));
    assert!(verified(&keys, true, &older).is_ok());
    assert!(verified(&keys, false, &older).is_err());
    assert!(is_refused(&keys, older.replace("RŪTA", "RŪTĄ")));
}
