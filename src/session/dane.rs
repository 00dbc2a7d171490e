//! What the TLSA records of a host say about the certificates that it showed (RFC 7672). Without a
//! validated answer nothing that follows from them is more than a hint, and that is told.

use sha2::{Digest as _, Sha256, Sha512};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::journal::Happening;
use crate::journal::facts::{Certificate, NameKind, NameProblem};
use crate::smtp::tlsa::Tlsa;

use super::Dialogue;
use super::identity::answers;

/// What is known of the records, and what follows from them for this session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dane {
    /// The name at which they stand.
    pub name: String,
    /// The records, and how each compares with the certificates.
    pub records: Vec<(Record, Match)>,
    /// Whether the name server says that it has validated the answer.
    pub authentic: bool,
    /// What follows.
    pub standing: Standing,
}

/// A record, as far as it can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Record {
    /// A record.
    Read(Tlsa),
    /// Something that is none.
    Other(String),
}

/// How a record compares with the certificates of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    /// It is about the certificate of this number, from 1.
    Matches(usize),
    /// It is about another one.
    Differs,
    /// SMTP does not use such records (RFC 7672 §3.1.3).
    Unusable,
    /// No certificate was shown.
    Unseen,
}

/// What follows, if the records are those of the owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There are none: no DANE.
    NoRecord,
    /// Nobody told whether there are any.
    Unanswered(NameProblem),
    /// None of them can be used.
    Unusable,
    /// There are, and this session has no TLS.
    NoTls,
    /// One is about a certificate that was shown.
    Matches,
    /// None is.
    Differs,
}

impl Match {
    /// The name under which exports know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Matches(_) => "matches",
            Self::Differs => "differs",
            Self::Unusable => "unusable",
            Self::Unseen => "unseen",
        }
    }
}

impl Standing {
    /// The name under which exports know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoRecord => "no-record",
            Self::Unanswered(_) => "unanswered",
            Self::Unusable => "unusable",
            Self::NoTls => "no-tls",
            Self::Matches => "matches",
            Self::Differs => "differs",
        }
    }
}

impl Dane {
    /// Of the last connection; `None` if nobody was asked.
    pub fn of(dialogue: &Dialogue) -> Option<Self> {
        let facts = answers(dialogue, NameKind::Tlsa).next()?;
        let mut layers = dialogue.since_opened().filter_map(Happening::tls);
        let chain = layers.find(|facts| !facts.chain.is_empty()).map(|facts| &*facts.chain);
        let compared = |text: &String| match Tlsa::read(text) {
            Some(record) => {
                let compared = compare(&record, chain);
                (Record::Read(record), compared)
            }
            None => (Record::Other(text.clone()), Match::Unusable),
        };
        let records: Vec<_> = facts.answers.iter().map(compared).collect();
        let any = |wanted: fn(&Match) -> bool| records.iter().any(|(_, found)| wanted(found));
        let standing = match facts.problem {
            Some(problem) if problem.is_absence() => Standing::NoRecord,
            Some(problem) => Standing::Unanswered(problem),
            None if any(|found| matches!(found, Match::Matches(_))) => Standing::Matches,
            None if any(|found| *found == Match::Differs) => Standing::Differs,
            None if any(|found| *found == Match::Unseen) => Standing::NoTls,
            None => Standing::Unusable,
        };
        let (name, authentic) = (facts.name.clone(), facts.authentic);
        Some(Self { name, records, authentic, standing })
    }
}

fn compare(record: &Tlsa, chain: Option<&[Certificate]>) -> Match {
    if !record.is_usable() {
        return Match::Unusable;
    }
    let Some(chain) = chain else { return Match::Unseen };
    // DANE-EE is about the server's own, DANE-TA about one above it.
    let mut of_usage = chain.iter().enumerate().filter(|(at, _)| (record.usage == 3) == (*at == 0));
    let found = of_usage.find(|(_, certificate)| is_about(record, &certificate.der));
    found.map_or(Match::Differs, |(at, _)| Match::Matches(at + 1))
}

/// Whether a record is about a certificate (RFC 6698 §2.1).
fn is_about(record: &Tlsa, der: &[u8]) -> bool {
    let read = X509Certificate::from_der(der).ok().map(|(_, read)| read);
    let selected = match record.selector {
        0 => Some(der),
        _ => read.as_ref().map(|read| read.public_key().raw),
    };
    let Some(selected) = selected else { return false };
    match record.matching {
        0 => record.data == selected,
        1 => record.data == Sha256::digest(selected).as_slice(),
        _ => record.data == Sha512::digest(selected).as_slice(),
    }
}
