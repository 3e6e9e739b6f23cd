//! XML signatures of the gateway's messages (XML-DSig, enveloped, exclusive canonicalisation). Canonicalisation is
//! `bergshamra-c14n`'s, RSA is AWS-LC's, the order is ours: first the signature over the canonical `SignedInfo` with the
//! pinned key, then what those very bytes say, then the digest of the canonical payload, and only those canonical bytes
//! are handed on to be read. Whatever else stands in the message is never looked at, so nothing can be wrapped around, or
//! moved beside, what is signed; keys inside messages are not looked at either.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bergshamra_xml::uppsala::{self, Document as Tree, NodeId};
use bergshamra_xml::{NodeKind, NodeSet};
use roxmltree::Node;

use super::messages::{NODE_ID, SOAP, parsed};
use crate::bare_rsa::{Padding, PrivateKey};
use crate::identity::ways::Failure;

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
const EXC_C14N: &str = "http://www.w3.org/2001/10/xml-exc-c14n#";
const ENVELOPED: &str = "http://www.w3.org/2000/09/xmldsig#enveloped-signature";
const RSA_SHA1: &str = "http://www.w3.org/2000/09/xmldsig#rsa-sha1";
const RSA_SHA256: &str = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA1_URI: &str = "http://www.w3.org/2000/09/xmldsig#sha1";
const SHA256_URI: &str = "http://www.w3.org/2001/04/xmlenc#sha256";
/// What stands before a SHA-1 digest in a signature: `DigestInfo` (RFC 8017 section 9.2, note 1).
const SHA1_PREFIX: [u8; 15] = [
    0x30, 0x21, 0x30, 0x09, 0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a, 0x05, 0x00, 0x04, 0x14,
];

/// Our private key, and the gateway's pinned public one.
pub struct Keys {
    ours: RsaKeyPair,
    /// The same key again, for signatures with SHA-1, where the operator has chosen them.
    legacy: Option<PrivateKey>,
    theirs: Vec<u8>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(…)")
    }
}

impl Keys {
    /// From PEM: an RSA `PRIVATE KEY` (PKCS #8) and an RSA `PUBLIC KEY`. `Err`: what is wrong.
    pub fn from_pem(ours: &str, theirs: &str) -> Result<Self, String> {
        let ours = crate::identity::pem(ours, "PRIVATE KEY").ok_or(
            "our key is not a PRIVATE KEY in PEM (openssl pkcs8 -topk8 -nocrypt makes it one)",
        )?;
        let theirs = crate::identity::pem(theirs, "PUBLIC KEY").ok_or(
            "the gateway's key is not a PUBLIC KEY in PEM (openssl x509 -pubkey -noout takes it out of a certificate)",
        )?;
        Ok(Self {
            ours: RsaKeyPair::from_pkcs8(&ours).map_err(|_| "our key is not an RSA key")?,
            legacy: None,
            theirs,
        })
    }

    /// Signs with SHA-1 from now on: see docs/SECURITY.md. `ours` as in [`Self::from_pem`].
    pub fn with_sha1(mut self, ours: &str) -> Result<Self, String> {
        let ours = crate::identity::pem(ours, "PRIVATE KEY").unwrap_or_default();
        let key = PrivateKey::from_pkcs8(&ours).ok_or("our key is not an RSA key")?;
        self.legacy = Some(key);
        Ok(self)
    }

    /// The signature of these bytes, by the method that [`Self::methods`] names.
    fn signature(&self, bytes: &[u8]) -> Option<Vec<u8>> {
        if let Some(key) = &self.legacy {
            let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes);
            return key.sign(Padding::Pkcs1, &[&SHA1_PREFIX[..], hash.as_ref()].concat());
        }
        let mut value = vec![0; self.ours.public_modulus_len()];
        let random = SystemRandom::new();
        self.ours
            .sign(&RSA_PKCS1_SHA256, &random, bytes, &mut value)
            .ok()?;
        Some(value)
    }

    /// How questions are signed: the method, and that of the digest with its name.
    fn methods(&self) -> (&'static str, &'static Algorithm, &'static str) {
        match self.legacy {
            Some(_) => (RSA_SHA1, &SHA1_FOR_LEGACY_USE_ONLY, SHA1_URI),
            None => (RSA_SHA256, &SHA256, SHA256_URI),
        }
    }
}

/// Puts our signature where `{signature}` stands. Questions are written in canonical form already: the
/// digest of the element is that of its own text.
pub(super) fn sign(keys: &Keys, question: &str) -> Result<String, Failure> {
    let failed = Failure::Refused("our own signature");
    let start = question
        .find(super::messages::PAYLOAD)
        .ok_or(failed.clone())?;
    let end = question.find("</soapenv:Body>").ok_or(failed.clone())?;
    let payload = question[start..end].replacen("{signature}", "", 1);
    let prefixes = format!(
        "<InclusiveNamespaces xmlns=\"{EXC_C14N}\" PrefixList=\"authentication\"></InclusiveNamespaces>"
    );
    let (method, hash, hash_uri) = keys.methods();
    let info = |declared: &str| {
        format!(
            "<SignedInfo{declared}><CanonicalizationMethod Algorithm=\"{EXC_C14N}\">{prefixes}</CanonicalizationMethod>\
             <SignatureMethod Algorithm=\"{method}\"></SignatureMethod><Reference URI=\"#{NODE_ID}\"><Transforms>\
             <Transform Algorithm=\"{ENVELOPED}\"></Transform><Transform Algorithm=\"{EXC_C14N}\">{prefixes}</Transform>\
             </Transforms><DigestMethod Algorithm=\"{hash_uri}\"></DigestMethod>\
             <DigestValue>{}</DigestValue></Reference></SignedInfo>",
            STANDARD.encode(digest(hash, payload.as_bytes()))
        )
    };
    // In canonical form it declares its own namespace and, by the list of prefixes, that of the payload.
    let canonical = info(&format!(
        " xmlns=\"{DSIG}\" xmlns:authentication=\"{}\"",
        super::NAMESPACE
    ));
    let value = keys.signature(canonical.as_bytes()).ok_or(failed)?;
    let signature = format!(
        "<Signature xmlns=\"{DSIG}\">{}<SignatureValue>{}</SignatureValue></Signature>",
        info(""),
        STANDARD.encode(value)
    );
    Ok(question.replacen("{signature}", &signature, 1))
}

/// The one element of the SOAP body, in canonical form and without its signature: the very bytes that were signed.
pub(super) fn verified(keys: &Keys, sha1: bool, answer: &str) -> Result<String, Failure> {
    plain(answer)?;
    match signed(keys, sha1, answer) {
        // The gateway's signer has seen carriage returns that a parser, as XML asks, takes for line feeds: kept as
        // characters they are what was signed.
        Err(_) if answer.contains('\r') => signed(keys, sha1, &answer.replace('\r', "&#13;")),
        other => other,
    }
}

/// No document type, entity, comment, CDATA or instruction: nothing that two parsers could read in two ways.
fn plain(answer: &str) -> Result<(), Failure> {
    let head = answer.trim_start_matches('\u{feff}').trim_start();
    let rest = match head.strip_prefix("<?xml ") {
        Some(declared) => declared.split_once("?>").map_or("<?", |(_, rest)| rest),
        None => head,
    };
    if rest.contains("<!") || rest.contains("<?") {
        return Err(Failure::Refused("more than plain XML"));
    }
    Ok(())
}

fn signed(keys: &Keys, sha1: bool, answer: &str) -> Result<String, Failure> {
    let tree = uppsala::parse(answer).map_err(|_| Failure::Refused("not XML"))?;
    let payload = payload(&tree).ok_or(Failure::Refused("not an answer in an envelope"))?;
    let signature = last_element(&tree, payload)
        .filter(|id| is_named(&tree, *id, DSIG, "Signature"))
        .ok_or(Failure::Refused("not signed"))?;
    let info = only(&tree, signature, DSIG, "SignedInfo").ok_or(Failure::Refused("not signed"))?;
    let value =
        only(&tree, signature, DSIG, "SignatureValue").ok_or(Failure::Refused("not signed"))?;
    let value: String = tree.text_content_deep(value).split_whitespace().collect();
    let value = STANDARD
        .decode(value)
        .map_err(|_| Failure::Refused("not signed"))?;
    // How `SignedInfo` is made canonical stands in itself: wrong prefixes give other bytes, which nobody has signed.
    let method = only(&tree, info, DSIG, "CanonicalizationMethod");
    let info = canonical(&tree, info, None, &prefixes(&tree, method))?;
    let said = Said::of(&info)?;
    let algorithm = match said.signature_method.as_str() {
        RSA_SHA256 => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        RSA_SHA1 if sha1 => &RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        _ => return Err(Failure::Refused("another form of signature")),
    };
    UnparsedPublicKey::new(algorithm, &keys.theirs)
        .verify(info.as_bytes(), &value)
        .map_err(|_| Failure::Refused("its signature is wrong"))?;
    // From here on `said` is the gateway's word.
    let read = canonical(&tree, payload, Some(signature), &said.prefixes)?;
    let computed = match said.digest_method.as_str() {
        SHA256_URI => digest(&SHA256, read.as_bytes()),
        SHA1_URI if sha1 => digest(&SHA1_FOR_LEGACY_USE_ONLY, read.as_bytes()),
        _ => return Err(Failure::Refused("another form of signature")),
    };
    let id = tree.get_attribute(payload, "id").unwrap_or_default();
    if said.digest != computed.as_ref() || id.is_empty() || said.uri != format!("#{id}") {
        return Err(Failure::Refused("its signature is of something else"));
    }
    Ok(read)
}

/// What a `SignedInfo` says.
struct Said {
    signature_method: String,
    digest_method: String,
    digest: Vec<u8>,
    uri: String,
    prefixes: Vec<String>,
}

impl Said {
    fn of(info: &str) -> Result<Self, Failure> {
        let wrong = Failure::Refused("another form of signature");
        let document = parsed(info)?;
        let info = document.root_element();
        let reference = child(info, "Reference")?;
        let transforms: Vec<Node<'_, '_>> = child(reference, "Transforms")?
            .children()
            .filter(Node::is_element)
            .collect();
        let [enveloped, exclusive] = transforms[..] else {
            return Err(wrong);
        };
        if algorithm(enveloped) != ENVELOPED
            || algorithm(exclusive) != EXC_C14N
            || algorithm(child(info, "CanonicalizationMethod")?) != EXC_C14N
        {
            return Err(wrong);
        }
        let list = exclusive
            .children()
            .find(|n| n.has_tag_name((EXC_C14N, "InclusiveNamespaces")));
        let list = list
            .and_then(|n| n.attribute("PrefixList"))
            .unwrap_or_default();
        let value: String = child(reference, "DigestValue")?
            .text()
            .unwrap_or_default()
            .split_whitespace()
            .collect();
        Ok(Self {
            signature_method: algorithm(child(info, "SignatureMethod")?).to_owned(),
            digest_method: algorithm(child(reference, "DigestMethod")?).to_owned(),
            digest: STANDARD.decode(value).map_err(|_| wrong)?,
            uri: reference.attribute("URI").unwrap_or_default().to_owned(),
            prefixes: list.split_whitespace().map(str::to_owned).collect(),
        })
    }
}

fn algorithm<'a>(of: Node<'a, '_>) -> &'a str {
    of.attribute("Algorithm").unwrap_or_default()
}

/// The only child of this name of the signature's namespace.
fn child<'a, 'i>(of: Node<'a, 'i>, name: &str) -> Result<Node<'a, 'i>, Failure> {
    let mut found = of.children().filter(|n| n.has_tag_name((DSIG, name)));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(Failure::Refused("another form of signature")),
    }
}

/// An element in exclusive canonical form, without one of its children.
fn canonical(
    tree: &Tree<'_>,
    element: NodeId,
    without: Option<NodeId>,
    prefixes: &[String],
) -> Result<String, Failure> {
    let mut nodes = NodeSet::tree_without_comments(element, tree);
    for id in without
        .into_iter()
        .flat_map(|top| std::iter::once(top).chain(tree.descendants(top)))
    {
        nodes.remove_id(id);
    }
    let bytes = bergshamra_c14n::exclusive::canonicalize(tree, false, Some(&nodes), prefixes);
    let text = bytes.ok().and_then(|bytes| String::from_utf8(bytes).ok());
    text.ok_or(Failure::Refused("it has no canonical form"))
}

fn prefixes(tree: &Tree<'_>, method: Option<NodeId>) -> Vec<String> {
    let list = method.and_then(|method| only(tree, method, EXC_C14N, "InclusiveNamespaces"));
    let list = list.and_then(|list| tree.get_attribute(list, "PrefixList"));
    list.unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

/// The only element of the only SOAP body.
fn payload(tree: &Tree<'_>) -> Option<NodeId> {
    let root = tree.document_element()?;
    let body = only(tree, root, SOAP, "Body").filter(|_| is_named(tree, root, SOAP, "Envelope"))?;
    let mut elements = elements(tree, body);
    elements.next().filter(|_| elements.next().is_none())
}

fn elements<'a>(tree: &'a Tree<'_>, of: NodeId) -> impl Iterator<Item = NodeId> + 'a {
    let is_element = move |id: &NodeId| matches!(tree.node_kind(*id), Some(NodeKind::Element(_)));
    tree.children(of).into_iter().filter(is_element)
}

fn last_element(tree: &Tree<'_>, of: NodeId) -> Option<NodeId> {
    elements(tree, of).last()
}

fn only(tree: &Tree<'_>, of: NodeId, namespace: &str, name: &str) -> Option<NodeId> {
    let mut found = elements(tree, of).filter(|id| is_named(tree, *id, namespace, name));
    found.next().filter(|_| found.next().is_none())
}

fn is_named(tree: &Tree<'_>, id: NodeId, namespace: &str, name: &str) -> bool {
    tree.element(id)
        .is_some_and(|element| element.name.matches(Some(namespace), name))
}

#[cfg(test)]
mod tests;
