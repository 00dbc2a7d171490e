//! What is to be handed in: the envelope, the message, and what it asks of a server.

use bytes::Bytes;

use crate::session::Dialogue;
use crate::smtp::payload::Form;

use super::super::login::{Credentials, Seed, needs_password};
use super::posing::Posing;
use super::stage::Stop;

/// What is wanted of TLS behind STARTTLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Nothing.
    Never,
    /// It is taken where it is offered.
    #[default]
    Offered,
    /// Without it nothing is said.
    Required,
}

/// A login that is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Auth {
    /// The mechanisms in capitals, the first choice first.
    pub mechanisms: Vec<String>,
    /// Whether mechanisms are tried that are not offered.
    pub anyway: bool,
    /// Whether the message goes out without a login where none is offered.
    pub optional: bool,
    /// Who logs in.
    pub credentials: Credentials,
    /// What random values follow from.
    pub seed: Seed,
}

impl Auth {
    /// The first mechanism that needs a password, if one does.
    pub fn needs_password(&self) -> Option<&str> {
        self.mechanisms.iter().map(String::as_str).find(|name| needs_password(name))
    }

    /// Whether none was named, so that the strongest one that is offered is meant.
    pub fn takes_strongest(&self) -> bool {
        self.mechanisms.iter().eq(STRONGEST)
    }
}

/// Mechanisms that need nothing but a name and a password, the strongest first. What is bound to
/// TLS shows a stranger in between; SCRAM sends nothing by which a password could be found.
pub const STRONGEST: &[&str] = &[
    "SCRAM-SHA-256-PLUS",
    "SCRAM-SHA-1-PLUS",
    "SCRAM-SHA-256",
    "SCRAM-SHA-1",
    "CRAM-MD5",
    "PLAIN",
    "LOGIN",
];

/// A reverse-path or a forward-path, and the parameters that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// What stands between the brackets.
    pub path: String,
    /// `NAME` or `NAME=value`.
    pub params: Vec<String>,
}

/// How the message leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carriage {
    /// Behind 354: mail data with their end mark.
    Data(Bytes),
    /// Behind BDAT, in these pieces (RFC 3030 §2).
    Chunks(Vec<Bytes>),
}

/// What a message asks of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Its size in bytes, without doubled dots and end mark (RFC 1870 §5).
    pub size: u64,
    /// Bytes beyond ASCII (RFC 6152).
    pub eight_bit: bool,
    /// Bytes that are no lines of text: NUL, CR or LF alone, lines that are too long (RFC 3030 §3).
    pub binary: bool,
    /// Characters beyond ASCII in the header or in an address (RFC 6531 §3.2).
    pub international: bool,
}

impl Needs {
    /// Those of a message of this form as it crosses the wire, but for doubled dots.
    pub fn of(content: &[u8], form: Form) -> Self {
        let end = memchr::memmem::find(content, b"\r\n\r\n").unwrap_or(content.len());
        let header = if content.starts_with(b"\r\n") { 0 } else { end };
        Self {
            size: content.len() as u64,
            eight_bit: form.eight_bit,
            binary: !form.text,
            international: !content.get(..header).unwrap_or_default().is_ascii(),
        }
    }

    /// The parameters of MAIL for them that `seen` offers.
    pub fn params(self, seen: &Dialogue, chunked: bool) -> Vec<String> {
        let body = match self {
            Self { binary: true, .. } if chunked && seen.offers("BINARYMIME") => "BINARYMIME",
            Self { eight_bit: true, .. } if seen.offers("8BITMIME") => "8BITMIME",
            _ => "",
        };
        let utf8 = self.international && seen.offers("SMTPUTF8");
        let size = seen.offers("SIZE").then(|| format!("SIZE={}", self.size));
        let body = (!body.is_empty()).then(|| format!("BODY={body}"));
        size.into_iter().chain(body).chain(utf8.then(|| "SMTPUTF8".to_owned())).collect()
    }

    /// The keywords that the message needs and `seen` does not offer. Behind DATA nothing helps
    /// what is no text.
    pub fn lacking(self, seen: &Dialogue, chunked: bool) -> impl Iterator<Item = &'static str> {
        let wanted = [
            ("8BITMIME", self.eight_bit),
            ("BINARYMIME", self.binary && chunked),
            ("SMTPUTF8", self.international),
        ];
        let lacks = |(name, needed): (&'static str, bool)| {
            (needed && seen.capabilities().is_some() && !seen.offers(name)).then_some(name)
        };
        wanted.into_iter().filter_map(lacks)
    }
}

/// One message that is to be handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    /// The name of this host.
    pub name: String,
    /// Whether LHLO is said in place of EHLO (RFC 2033 §4.1).
    pub lmtp: bool,
    /// Whether TLS begins behind STARTTLS.
    pub tls: Encryption,
    /// What is said of another client.
    pub posing: Posing,
    /// The login, if one is wanted.
    pub auth: Option<Auth>,
    /// From whom.
    pub sender: Address,
    /// To whom.
    pub recipients: Vec<Address>,
    /// What the message asks of a server.
    pub needs: Needs,
    /// The message.
    pub carriage: Carriage,
    /// Whether commands go out together where PIPELINING is offered (RFC 2920).
    pub together: bool,
    /// Whether the server shall say what becomes of the message for each recipient (PRDR).
    pub prdr: bool,
    /// Where it ends, if that is before the end.
    pub stop: Option<Stop>,
}

impl Order {
    /// Whether the message leaves in chunks.
    pub const fn is_chunked(&self) -> bool {
        matches!(self.carriage, Carriage::Chunks(_))
    }

    /// The line of MAIL. What was asked for stands behind what the message needs, and in its place
    /// where it is the same parameter.
    pub(super) fn mail(&self, seen: &Dialogue) -> String {
        let name = |param: &str| param.split('=').next().unwrap_or_default().to_ascii_uppercase();
        let asked: Vec<_> = self.sender.params.iter().map(|param| name(param)).collect();
        let mut needed = self.needs.params(seen, self.is_chunked());
        needed.extend(self.prdr.then(|| "PRDR".to_owned()));
        needed.retain(|param| !asked.contains(&name(param)));
        needed.extend_from_slice(&self.sender.params);
        command("MAIL FROM:", &self.sender.path, &needed)
    }

    /// The line of the RCPT with this number.
    pub(super) fn rcpt(&self, at: usize) -> Option<String> {
        let to = self.recipients.get(at)?;
        Some(command("RCPT TO:", &to.path, &to.params))
    }
}

fn command(verb: &str, path: &str, params: &[String]) -> String {
    let params: String = params.iter().flat_map(|param| [" ", param]).collect();
    format!("{verb}<{path}>{params}\r\n")
}
