//! The gateway's messages: what we ask, and what is read of what was signed. Elements and their order are
//! the WSDL's (`authenticationServiceProvider`, SOAP 1.1, document/literal).

use roxmltree::{Document, Node};

use super::{NAMESPACE, ViispSettings};
use crate::identity::ways::Failure;

/// What the signed element of a question begins with.
pub(super) const PAYLOAD: &str = "<authentication:authentication";
/// The id of the signed element of a question.
pub(super) const NODE_ID: &str = "uniqueNodeId";

pub(super) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// The first question: a ticket for a browser. `state` comes back in the signed answer to the second.
pub(super) fn authentication(settings: &ViispSettings, return_to: &str, state: &str) -> String {
    let mut fields = element("pid", &settings.pid) + &element("serviceTarget", "citizen");
    for provider in &settings.providers {
        fields += &element("authenticationProvider", provider);
    }
    fields += &element("authenticationAttribute", "lt-personal-code");
    fields += &element("userInformation", "firstName");
    fields += &element("userInformation", "lastName");
    fields += &element("postbackUrl", return_to);
    fields += &element("customData", state);
    envelope("authenticationRequest", &fields)
}

/// The second: who the person is.
pub(super) fn data(settings: &ViispSettings, ticket: &str) -> String {
    let fields = element("pid", &settings.pid) + &element("ticket", ticket);
    envelope("authenticationDataRequest", &fields)
}

fn element(name: &str, text: &str) -> String {
    format!(
        "<authentication:{name}>{}</authentication:{name}>",
        escaped(text)
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// `{signature}` stands where the signature goes: last in the signed element.
fn envelope(name: &str, fields: &str) -> String {
    format!(
        "<soapenv:Envelope xmlns:soapenv=\"{SOAP}\"><soapenv:Header></soapenv:Header><soapenv:Body>\
         <authentication:{name} xmlns:authentication=\"{NAMESPACE}\" id=\"{NODE_ID}\">{fields}{{signature}}\
         </authentication:{name}></soapenv:Body></soapenv:Envelope>"
    )
}

/// The person of a data answer.
pub(super) struct Person {
    /// Who identified them: `auth.lt.bank` …
    pub(super) provider: String,
    pub(super) code: String,
    pub(super) first_name: String,
    pub(super) last_name: String,
    /// The state of the sign-in that was asked about.
    pub(super) custom_data: String,
}

/// The ticket of a verified answer to the first question.
pub(super) fn ticket(verified: &str) -> Result<String, Failure> {
    let document = parsed(verified)?;
    let answer = payload(&document, "authenticationResponse")?;
    let ticket = text_of(answer, "ticket")?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
    if (1..=512).contains(&ticket.len()) && ticket.bytes().all(plain) {
        Ok(ticket)
    } else {
        Err(Failure::Refused("a strange ticket"))
    }
}

/// The person of a verified answer to the second question.
pub(super) fn person(verified: &str) -> Result<Person, Failure> {
    let document = parsed(verified)?;
    let answer = payload(&document, "authenticationDataResponse")?;
    let mut code = None;
    for attribute in children(answer, "authenticationAttribute") {
        if text_of(attribute, "attribute")? == "lt-personal-code" {
            code = once(code, text_of(attribute, "value")?)?;
        }
    }
    let (mut first_name, mut last_name) = (None, None);
    for information in children(answer, "userInformation") {
        let value = children(information, "value").next();
        // `<value/>` stands for what is not known, such as a company's name.
        let value = value.and_then(|value| children(value, "stringValue").next());
        let value = value.map(text).unwrap_or_default();
        match text_of(information, "information")?.as_str() {
            "firstName" => first_name = once(first_name, value)?,
            "lastName" => last_name = once(last_name, value)?,
            _ => {}
        }
    }
    Ok(Person {
        provider: text_of(answer, "authenticationProvider")?,
        code: code.ok_or(Failure::Refused("no personal code"))?,
        first_name: first_name.unwrap_or_default(),
        last_name: last_name.unwrap_or_default(),
        custom_data: text_of(answer, "customData")?,
    })
}

/// What stands twice is believed not even once.
fn once(before: Option<String>, value: String) -> Result<Option<String>, Failure> {
    if before.is_some() {
        return Err(Failure::Refused("something stands twice"));
    }
    Ok(Some(value))
}

/// What a fault means. Faults are not signed: nothing of them is believed but that there is none of what we asked for.
pub(super) fn fault(body: &str) -> Failure {
    if body.contains("invalidSignatureException") || body.contains("invalidXmlException") {
        // It does not take our questions: for the operator, and for a resident the same as being away.
        tracing::error!(
            "the state gateway refuses our signature or message: are pid and key right?"
        );
    }
    Failure::Unreachable("the gateway answers with a fault")
}

pub(super) fn parsed(body: &str) -> Result<Document<'_>, Failure> {
    // No DTD, no entities: this is the parser's default, and both were refused before.
    Document::parse(body).map_err(|_| Failure::Refused("not XML"))
}

/// What is signed, if it is an element of this name.
fn payload<'a>(document: &'a Document<'a>, name: &str) -> Result<Node<'a, 'a>, Failure> {
    let found = document.root_element();
    if found.has_tag_name((NAMESPACE, name)) {
        Ok(found)
    } else {
        Err(Failure::Refused("another kind of answer"))
    }
}

fn children<'a>(of: Node<'a, 'a>, name: &'static str) -> impl Iterator<Item = Node<'a, 'a>> {
    of.children()
        .filter(move |n| n.has_tag_name((NAMESPACE, name)))
}

/// The text of the only child of this name.
fn text_of(of: Node<'_, '_>, name: &'static str) -> Result<String, Failure> {
    let mut found = of.children().filter(|n| n.has_tag_name((NAMESPACE, name)));
    match (found.next(), found.next()) {
        (Some(only), None) => Ok(text(only)),
        _ => Err(Failure::Refused("something is missing or stands twice")),
    }
}

fn text(of: Node<'_, '_>) -> String {
    let pieces = of.children().filter_map(|n| n.text());
    pieces.collect::<String>().trim().to_owned()
}
