//! What was found out about the authenticity of a message, and the answers it rests on, as plain
//! data.

use serde::{Deserialize, Serialize};

use super::facts::NameProblem;

/// What SPF, DKIM, DMARC and ARC say about one message, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Verification {
    /// Which message of the session, from 0.
    pub message: usize,
    /// As of when, in RFC 3339: signatures expire.
    pub at: String,
    /// Whether a part of the message was not there to be judged.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub incomplete: bool,
    /// Whether the message led to more questions than one message may lead to.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exhausted: bool,
    /// The client's address that SPF was asked about.
    pub address: Option<Assumed>,
    /// The name in its HELO, EHLO or LHLO.
    pub helo: Option<Assumed>,
    /// The reverse-path; empty for the null sender.
    pub sender: Option<Assumed>,
    /// One for each DKIM-Signature field, in their order.
    pub dkim: Vec<Signature>,
    /// For HELO and for MAIL FROM, as far as they were checked.
    pub spf: Vec<Spf>,
    /// By the domain of the From field.
    pub dmarc: Dmarc,
    /// Over all instances.
    pub arc: Arc,
    /// What was asked, in that order, and what came.
    pub answers: Vec<Answer>,
}

impl Verification {
    /// Whether SPF was checked for the identity that DMARC goes by: the one in MAIL FROM, or with
    /// the null sender the one in HELO (RFC 7208 §2.4).
    pub fn is_spf_checked(&self) -> bool {
        let null = self.sender.as_ref().is_some_and(|sender| sender.value.is_empty());
        self.spf.iter().any(|found| found.of_sender || null)
    }
}

/// What SPF needs to know, and where it is from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assumed {
    /// The value.
    pub value: String,
    /// Where it is from.
    pub from: Origin,
}

/// Where something is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// A person said so.
    Said,
    /// The session.
    Session,
    /// The topmost Received field, which is assumed to be that of the receiving server.
    Received,
    /// The Return-Path field.
    ReturnPath,
}

impl Origin {
    /// The key of its words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Said => "authenticity.from.said",
            Self::Session => "authenticity.from.session",
            Self::Received => "authenticity.from.received",
            Self::ReturnPath => "authenticity.from.return-path",
        }
    }
}

/// How a check ended (RFC 8601 §2.7).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// There was nothing to check, or nobody says anything about it.
    #[default]
    None,
    /// It is right.
    Pass,
    /// It is not.
    Fail,
    /// It is probably not.
    Softfail,
    /// It may be or not.
    Neutral,
    /// It is right, and not accepted all the same.
    Policy,
    /// It could not be checked now.
    Temperror,
    /// It cannot be checked.
    Permerror,
}

impl Verdict {
    /// Its name, as fields write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Softfail => "softfail",
            Self::Neutral => "neutral",
            Self::Policy => "policy",
            Self::Temperror => "temperror",
            Self::Permerror => "permerror",
        }
    }
}

/// What became of one signature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Signature {
    /// The verdict.
    pub verdict: Verdict,
    /// Why, unless it is right.
    pub why: Option<Flaw>,
    /// What the reason is about: a tag, a field.
    pub about: String,
    /// The hash of the body as it is here, in base64.
    pub body_hash: Option<String>,
    /// Octets of the body in its canonical form, where `l=` covers only some of them.
    pub body_length: Option<u64>,
    /// The text that was taken for the public key, of those at its name.
    pub key: Option<String>,
    /// Size of the public key in bits.
    pub key_bits: Option<usize>,
}

/// Why a signature is not right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flaw {
    /// A tag that has to be there is missing (RFC 6376 §6.1.1).
    MissingTag,
    /// A tag stands twice (RFC 6376 §3.2).
    RepeatedTag,
    /// Its base64 is none.
    Base64,
    /// It cannot be read for another reason.
    Syntax,
    /// Another version (RFC 6376 §3.5).
    Version,
    /// An algorithm that nobody knows (RFC 6376 §3.3).
    Algorithm,
    /// A canonicalisation that nobody knows (RFC 6376 §3.4).
    Canonicalization,
    /// The From field is not signed (RFC 6376 §5.4).
    FromUnsigned,
    /// Its time is over (RFC 6376 §3.5).
    Expired,
    /// The body is another (RFC 6376 §6.1.3).
    BodyHash,
    /// A signed field, the signature or the key is another (RFC 6376 §6.1.3).
    Signature,
    /// The identity is not of the domain (RFC 6376 §6.1.1), or the key wants the domain itself.
    Identity,
    /// There is no key (RFC 6376 §6.1.2).
    NoKey,
    /// The key was revoked: `p=` is empty (RFC 6376 §3.6.1).
    Revoked,
    /// The record of the key cannot be read.
    KeySyntax,
    /// The key is of a kind that nobody knows.
    KeyKind,
    /// The key is for another algorithm.
    KeyUnsuitable,
    /// The key is not for mail, or not for this hash (RFC 6376 §3.6.1).
    KeyRestricted,
    /// The key is too short (RFC 8301 §3.2), or too long for the library.
    KeySize,
    /// Nobody said what the key is.
    Unanswered,
    /// A part of the message is not here, so nothing can be said about its body.
    Incomplete,
    /// A line without a colon stands before it, which ends the header for who verifies.
    Behind,
    /// Fields of the chain are missing, or have other numbers (RFC 8617 §5.2).
    Chain,
    /// The chain says itself that it was broken (RFC 8617 §5.2).
    Sealed,
}

impl Flaw {
    /// The key of its words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::MissingTag => "dkim.flaw.missing-tag",
            Self::RepeatedTag => "dkim.flaw.repeated-tag",
            Self::Base64 => "dkim.flaw.base64",
            Self::Syntax => "dkim.flaw.syntax",
            Self::Version => "dkim.flaw.version",
            Self::Algorithm => "dkim.flaw.algorithm",
            Self::Canonicalization => "dkim.flaw.canonicalization",
            Self::FromUnsigned => "dkim.flaw.from-unsigned",
            Self::Expired => "dkim.flaw.expired",
            Self::BodyHash => "dkim.flaw.body-hash",
            Self::Signature => "dkim.flaw.signature",
            Self::Identity => "dkim.flaw.identity",
            Self::NoKey => "dkim.flaw.no-key",
            Self::Revoked => "dkim.flaw.revoked",
            Self::KeySyntax => "dkim.flaw.key-syntax",
            Self::KeyKind => "dkim.flaw.key-kind",
            Self::KeyUnsuitable => "dkim.flaw.key-unsuitable",
            Self::KeyRestricted => "dkim.flaw.key-restricted",
            Self::KeySize => "dkim.flaw.key-size",
            Self::Unanswered => "dkim.flaw.unanswered",
            Self::Incomplete => "dkim.flaw.incomplete",
            Self::Behind => "dkim.flaw.behind",
            Self::Chain => "arc.flaw.chain",
            Self::Sealed => "arc.flaw.sealed",
        }
    }

    /// Whether it is about the key.
    pub const fn is_of_key(self) -> bool {
        matches!(
            self,
            Self::NoKey
                | Self::Revoked
                | Self::KeySyntax
                | Self::KeyKind
                | Self::KeyUnsuitable
                | Self::Unanswered
        )
    }

    /// How a check ends for this reason (RFC 8601 §2.7.1).
    pub const fn verdict(self) -> Verdict {
        match self {
            Self::MissingTag
            | Self::RepeatedTag
            | Self::Base64
            | Self::Syntax
            | Self::Version
            | Self::Algorithm
            | Self::Canonicalization
            | Self::Behind => Verdict::Neutral,
            Self::FromUnsigned
            | Self::NoKey
            | Self::Revoked
            | Self::KeySyntax
            | Self::KeyKind
            | Self::KeyUnsuitable
            | Self::KeyRestricted
            | Self::KeySize => Verdict::Permerror,
            Self::Expired
            | Self::BodyHash
            | Self::Signature
            | Self::Identity
            | Self::Chain
            | Self::Sealed => Verdict::Fail,
            Self::Unanswered | Self::Incomplete => Verdict::Temperror,
        }
    }
}

/// What SPF says about one identity (RFC 7208 §2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spf {
    /// Whether it is the one in MAIL FROM, and not that in HELO.
    pub of_sender: bool,
    /// The domain that was asked.
    pub domain: String,
    /// The result.
    pub verdict: Verdict,
    /// Why, where the result does not say.
    pub why: Option<SpfFlaw>,
    /// What the reason is about: a domain.
    #[serde(default)]
    pub about: String,
    /// The term that decided, and behind an `include` or `redirect` the one in there.
    pub terms: Vec<Term>,
    /// What the domain's owner has to say about a failure (RFC 7208 §6.2).
    pub explanation: Option<String>,
}

/// A term of an SPF record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Term {
    /// Whose record.
    pub domain: String,
    /// The term as it stands there.
    pub text: String,
}

/// Why SPF has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpfFlaw {
    /// There is no record (RFC 7208 §4.5).
    NoRecord,
    /// There are several (RFC 7208 §4.5).
    Several,
    /// It cannot be read (RFC 7208 §4.6).
    Syntax,
    /// A record that it includes is not there (RFC 7208 §5.2).
    NoInclude,
    /// It asks for more than ten look-ups (RFC 7208 §4.6.4).
    TooMany,
    /// A name server gave no answer.
    Unanswered,
}

impl SpfFlaw {
    /// The key of its words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoRecord => "spf.flaw.no-record",
            Self::Several => "spf.flaw.several",
            Self::Syntax => "spf.flaw.syntax",
            Self::NoInclude => "spf.flaw.no-include",
            Self::TooMany => "spf.flaw.too-many",
            Self::Unanswered => "spf.flaw.unanswered",
        }
    }
}

/// What DMARC says (RFC 9989 §5.3).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Dmarc {
    /// The domain of the author.
    pub domain: String,
    /// The result.
    pub verdict: Verdict,
    /// Why, where the result does not say.
    pub why: Option<DmarcFlaw>,
    /// The name at which the record stands.
    pub at: Option<String>,
    /// The record.
    pub record: Option<String>,
    /// What the domain's owner wishes for what fails: `none`, `quarantine`, `reject`.
    pub policy: Option<String>,
    /// The tag of the record that says so: `p`, `sp`, `np`.
    pub policy_by: Option<String>,
    /// Whether the wish is only tried (`t=y`).
    pub testing: bool,
    /// How a signature counts.
    pub dkim: Alignment,
    /// How SPF counts.
    pub spf: Alignment,
}

/// Whether something that passed is of the author's domain.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Alignment {
    /// Whether the domains have to be the same.
    pub strict: bool,
    /// The domains that passed and are.
    pub aligned: Vec<String>,
    /// Those that passed and are not.
    pub others: Vec<String>,
}

impl Alignment {
    /// A domain that passed.
    pub fn add(&mut self, domain: &str, is_aligned: bool) {
        let among = if is_aligned { &mut self.aligned } else { &mut self.others };
        if !among.iter().any(|other| other == domain) {
            among.push(domain.to_owned());
        }
    }
}

/// Why DMARC has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DmarcFlaw {
    /// The From field has no domain, or several (RFC 9989 §5.3.1).
    NoAuthor,
    /// A line without a colon stands before the From field, which ends the header for who verifies.
    Behind,
    /// No record was found on the way up (RFC 9989 §4.10).
    NoRecord,
    /// There are several at one name (RFC 9989 §4.10).
    Several,
    /// It has no policy (RFC 9989 §4.7).
    NoPolicy,
    /// It cannot be read (RFC 9989 §4.7).
    Syntax,
    /// A name server gave no answer.
    Unanswered,
    /// Nothing that passed is of the author's domain, but SPF was not checked, or a signature not
    /// wholly: either may still do.
    Unchecked,
    /// Nothing that passed is of the author's domain.
    NotAligned,
}

impl DmarcFlaw {
    /// The key of its words.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NoAuthor => "dmarc.flaw.no-author",
            Self::Behind => "dmarc.flaw.behind",
            Self::NoRecord => "dmarc.flaw.no-record",
            Self::Several => "dmarc.flaw.several",
            Self::NoPolicy => "dmarc.flaw.no-policy",
            Self::Syntax => "dmarc.flaw.syntax",
            Self::Unanswered => "dmarc.flaw.unanswered",
            Self::Unchecked => "dmarc.flaw.unchecked",
            Self::NotAligned => "dmarc.flaw.not-aligned",
        }
    }
}

/// What ARC says (RFC 8617 §5.2).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Arc {
    /// The result.
    pub verdict: Verdict,
    /// Why, unless it is right.
    pub why: Option<Flaw>,
    /// How many instances there are.
    pub instances: usize,
}

/// What can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Record {
    /// Addresses of IPv4.
    #[serde(rename = "A")]
    A,
    /// Addresses of IPv6.
    #[serde(rename = "AAAA")]
    Aaaa,
    /// Mail hosts.
    #[serde(rename = "MX")]
    Mx,
    /// Names of an address.
    #[serde(rename = "PTR")]
    Ptr,
    /// Texts.
    #[serde(rename = "TXT")]
    Txt,
}

impl Record {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::A, Self::Aaaa, Self::Mx, Self::Ptr, Self::Txt];

    /// The name that zone files have for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::Aaaa => "AAAA",
            Self::Mx => "MX",
            Self::Ptr => "PTR",
            Self::Txt => "TXT",
        }
    }
}

/// What was asked, and what came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The name, without the last dot.
    pub name: String,
    /// What was asked for.
    pub record: Record,
    /// Who answered: a name server, or a file with the number of the line.
    #[serde(default)]
    pub by: String,
    /// The values as a zone file writes them, a text without its quotes.
    pub values: Vec<String>,
    /// Why there is none.
    #[serde(default)]
    pub problem: Option<NameProblem>,
    /// The system's or the library's own words for that.
    #[serde(default)]
    pub detail: String,
    /// Whether the name server says that it has validated the answer (AD, RFC 4035 §3.2.3).
    #[serde(default)]
    pub authentic: bool,
    /// How long it took, in microseconds.
    #[serde(default)]
    pub took: u64,
}

/// A text as a zone file writes it: bytes that are no printable ASCII as `\DDD`.
pub fn written(text: &[u8]) -> String {
    let byte = |out: &mut String, byte: u8| match byte {
        b'\\' => out.push_str("\\\\"),
        b' '..=b'~' => out.push(char::from(byte)),
        _ => out.extend(["\\", &format!("{byte:03}")]),
    };
    text.iter().fold(String::new(), |mut out, each| {
        byte(&mut out, *each);
        out
    })
}

/// The bytes of a text that was so written. What follows a backslash and is no number stands for
/// itself.
pub fn bytes(written: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = written.as_bytes();
    while let Some((first, behind)) = rest.split_first() {
        rest = behind;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let digits = behind.get(..3).and_then(|digits| std::str::from_utf8(digits).ok());
        let number = digits.filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
        if let Some(byte) = number.and_then(|digits| digits.parse::<u8>().ok()) {
            out.push(byte);
            rest = behind.get(3..).unwrap_or_default();
        } else {
            out.extend(behind.first());
            rest = behind.get(1..).unwrap_or_default();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_and_read_again() {
        for (text, zone) in [
            (&b"v=spf1 -all"[..], "v=spf1 -all"),
            (b"a\\b\"c", "a\\\\b\"c"),
            (b"\x1b[31m\xff", "\\027[31m\\255"),
            (b"", ""),
        ] {
            assert_eq!(written(text), zone);
            assert_eq!(bytes(zone), text);
        }
        assert_eq!(bytes("\\300\\\"\\"), b"300\"");
    }
}
