//! The authenticity of messages: what was found out, with what the messages say themselves.

use serde::Serialize;

use crate::journal::authenticity::{Answer, Assumed, Spf};
use crate::journal::authenticity::{Arc, Dmarc, Signature as Found, Verification};
use crate::session::Dialogue;
use crate::session::authenticity::{Instance, Results, Signature, Stated};

/// What was found out about a message.
#[derive(Serialize)]
pub(super) struct Verified {
    at: String,
    incomplete: bool,
    exhausted: bool,
    address: Option<Assumed>,
    helo: Option<Assumed>,
    mail_from: Option<Assumed>,
    dkim: Vec<Signed>,
    spf: Vec<Spf>,
    dmarc: Dmarc,
    arc: Chain,
    authentication_results: Vec<Written>,
    answers: Vec<Answer>,
}

#[derive(Serialize)]
struct Signed {
    tags: Vec<Tag>,
    #[serde(rename = "signed")]
    covered: Vec<String>,
    sealed: Vec<String>,
    unsigned: Vec<String>,
    #[serde(flatten)]
    found: Found,
}

#[derive(Serialize)]
struct Tag {
    name: String,
    value: String,
}

#[derive(Serialize)]
struct Chain {
    #[serde(flatten)]
    found: Arc,
    sets: Vec<Set>,
}

#[derive(Serialize)]
struct Set {
    instance: u32,
    seal: Option<Vec<Tag>>,
    message_signature: Option<Vec<Tag>>,
    authentication_results: Option<Written>,
}

#[derive(Serialize)]
struct Written {
    server: String,
    on_top: Option<bool>,
    methods: Vec<Method>,
}

#[derive(Serialize)]
struct Method {
    #[serde(rename = "method")]
    name: String,
    result: String,
    properties: Vec<Tag>,
}

/// One for each message; nothing where nobody has asked.
pub(super) fn of(dialogue: &Dialogue) -> Vec<Option<Verified>> {
    let messages = dialogue.messages().iter().enumerate();
    let verified = messages.map(|(index, message)| {
        let found = dialogue.verification(index)?.clone();
        Some(verified(found, Stated::read(&message.content())))
    });
    verified.collect()
}

fn verified(found: Verification, stated: Stated) -> Verified {
    let signatures = stated.signatures.into_iter().zip(found.dkim);
    Verified {
        at: found.at,
        incomplete: found.incomplete,
        exhausted: found.exhausted,
        address: found.address,
        helo: found.helo,
        mail_from: found.sender,
        dkim: signatures.map(|(written, found)| signed(written, found)).collect(),
        spf: found.spf,
        dmarc: found.dmarc,
        arc: Chain { found: found.arc, sets: stated.instances.into_iter().map(set).collect() },
        authentication_results: stated.results.into_iter().map(written).collect(),
        answers: found.answers,
    }
}

fn signed(written: Signature, found: Found) -> Signed {
    let those = |present| {
        let those = written.signed.iter().filter(|signed| signed.present == present);
        those.map(|signed| signed.name.clone()).collect()
    };
    let (present, sealed) = (those(true), those(false));
    let (unsigned, tags) = (written.unsigned, written.tags);
    Signed { tags: pairs(tags), covered: present, sealed, unsigned, found }
}

fn pairs(tags: Vec<crate::session::authenticity::Tag>) -> Vec<Tag> {
    tags.into_iter().map(|tag| Tag { name: tag.name, value: tag.value }).collect()
}

fn set(instance: Instance) -> Set {
    Set {
        instance: instance.number,
        seal: instance.seal.map(|seal| pairs(seal.tags)),
        message_signature: instance.message.map(|signature| pairs(signature.tags)),
        authentication_results: instance.results.map(written),
    }
}

fn written(results: Results) -> Written {
    let methods = results.methods.into_iter().map(|method| Method {
        name: method.name,
        result: method.result,
        properties: method
            .properties
            .into_iter()
            .map(|(name, value)| Tag { name, value })
            .collect(),
    });
    Written { server: results.server, on_top: results.on_top, methods: methods.collect() }
}
