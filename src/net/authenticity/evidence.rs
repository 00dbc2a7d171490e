//! What mail-auth asks of the DNS, answered from what is known already.
//!
//! It looks into caches before it asks, and the caches here have an answer for everything: that
//! which is known, or «not now», and then the question is noted. So whoever judges runs again and
//! again, one question further each time, and nothing is asked but by us.

use std::borrow::Borrow;
use std::hash::{Hash, Hasher};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use hickory_resolver::proto::op::ResponseCode;
use mail_auth::common::parse::TxtRecordParser;
use mail_auth::common::verify::DomainKey;
use mail_auth::dkim::{Atps, DomainKeyReport};
use mail_auth::dmarc::Dmarc;
use mail_auth::spf::{Directive, Macro, Mechanism, Qualifier, Spf};
use mail_auth::{DnsError, DnssecStatus, Error, MX, Parameters, RecordSet, ResolverCache, Txt};

use crate::journal::authenticity::{Answer, Record, bytes};
use crate::journal::facts::NameProblem;

/// Behind a name whose A records are asked for and not compared (RFC 7208 §5.7).
const EXISTS: &str = "/exists";

/// Behind a name at which the words about a failure stand (RFC 7208 §6.2).
const EXPLAINS: &str = "/exp";

/// A question.
pub(super) type Question = (Record, String);

/// What is known, and what was asked.
pub(super) struct Evidence {
    /// The client's address.
    pub address: Option<IpAddr>,
    /// How many questions are asked.
    most: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    answers: Vec<Answer>,
    /// Whether more was to be asked than is asked.
    exhausted: bool,
    /// Of the judgement that is under way.
    asked: Vec<Question>,
    missing: Option<Question>,
    /// The domain in whose SPF record one term alone lets pass, and which.
    single: Option<(String, usize)>,
}

/// What the texts at a name are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    /// Keys of signatures.
    Keys,
    /// SPF.
    Spf,
    /// DMARC.
    Dmarc,
}

impl Evidence {
    /// Nothing is known, and at `most` so many questions are asked.
    pub(super) fn new(address: Option<IpAddr>, most: usize) -> Self {
        Self { address, most, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was asked for the judgement before.
    pub(super) fn begin(&self) {
        let mut state = self.state();
        (state.asked, state.missing) = (Vec::new(), None);
    }

    /// The question that the judgement could not do without.
    pub(super) fn missing(&self) -> Option<Question> {
        self.state().missing.take()
    }

    /// What the judgement has asked, in that order.
    pub(super) fn asked(&self) -> Vec<Question> {
        self.state().asked.clone()
    }

    /// Whether more was to be asked than is asked.
    pub(super) fn is_exhausted(&self) -> bool {
        self.state().exhausted
    }

    /// Adds an answer.
    pub(super) fn add(&self, answer: Answer) {
        self.state().answers.push(answer);
    }

    pub(super) fn into_answers(self) -> Vec<Answer> {
        self.state.into_inner().unwrap_or_else(PoisonError::into_inner).answers
    }

    /// Lets one term of the SPF record of `domain` alone let pass; all others fail.
    pub(super) fn single(&self, single: Option<(String, usize)>) {
        self.state().single = single;
    }

    /// The answer to a question, if it is known already.
    pub(super) fn known(&self, record: Record, name: &str) -> Option<Answer> {
        let state = self.state();
        let is_it = |a: &&Answer| a.record == record && a.name.eq_ignore_ascii_case(name);
        state.answers.iter().find(is_it).cloned()
    }

    /// The same for a judgement, whose first question without an answer is noted; one that is too
    /// many has none.
    fn ask(&self, record: Record, name: &str) -> Option<Answer> {
        let name = name.trim_end_matches('.');
        let known = self.known(record, name);
        let mut state = self.state();
        state.asked.push((record, name.to_owned()));
        if known.is_none() && state.answers.len() >= self.most {
            state.exhausted = true;
            return Some(nobody_asked(record, name));
        }
        if known.is_none() && state.missing.is_none() {
            state.missing = Some((record, name.to_owned()));
        }
        known
    }

    /// The values at a name as something is made of each; nothing where the name server failed.
    fn values<T>(
        &self,
        record: Record,
        name: &str,
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<RecordSet<T>> {
        let set = |values: &[String]| RecordSet {
            rrset: values.iter().filter_map(|value| read(value)).collect(),
            dnssec_status: DnssecStatus::Indeterminate,
        };
        match self.ask(record, name) {
            None => Some(set(&[])),
            Some(answer) if answer.problem.is_some_and(|p| !p.is_absence()) => None,
            Some(answer) => Some(set(&answer.values)),
        }
    }

    /// The texts at a name.
    ///
    /// # Errors
    /// With what the library calls it where there are none.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<Vec<u8>>, Error> {
        let Some(answer) = self.ask(Record::Txt, name) else {
            return Err(Error::Dns(DnsError::Resolver(String::new())));
        };
        match answer.problem {
            None => Ok(answer.values.iter().map(|value| bytes(value)).collect()),
            Some(NameProblem::NoSuchName) => {
                Err(Error::Dns(DnsError::RecordNotFound(ResponseCode::NXDomain)))
            }
            Some(NameProblem::NoRecord) => {
                Err(Error::Dns(DnsError::RecordNotFound(ResponseCode::NoError)))
            }
            Some(_) => Err(Error::Dns(DnsError::Resolver(answer.detail))),
        }
    }

    /// The only SPF record of a domain (RFC 7208 §4.5).
    ///
    /// # Errors
    /// Where there is none that can be read, or there are several.
    pub(super) fn spf(&self, domain: &str) -> Result<Spf, Error> {
        only(self.texts(domain)?.iter().map(|text| Spf::parse(text)), &Error::ParseError)
    }

    /// The only DMARC record at a name (RFC 9989 §4.10).
    pub(super) fn dmarc(&self, name: &str) -> Result<Dmarc, Error> {
        let several = Error::Dns(DnsError::InvalidRecordType);
        only(self.texts(name)?.iter().map(|text| Dmarc::parse(text)), &several)
    }

    fn txt(&self, texts: Texts, name: &str) -> Txt {
        let name = name.trim_end_matches('.');
        match texts {
            Texts::Keys if name.starts_with("_report.") => {
                first::<DomainKeyReport>(self.texts(name)).into()
            }
            Texts::Keys if name.contains("._atps.") => first::<Atps>(self.texts(name)).into(),
            Texts::Keys => first::<DomainKey>(self.texts(name)).into(),
            Texts::Dmarc => self.dmarc(name).into(),
            Texts::Spf => {
                if let Some(name) = name.strip_suffix(EXPLAINS) {
                    return first::<Macro>(self.texts(name)).into();
                }
                let single = self.state().single.clone();
                let single = single.filter(|(domain, _)| domain.eq_ignore_ascii_case(name));
                self.spf(name).map(|spf| told_apart(spf, single.map(|(_, at)| at))).into()
            }
        }
    }
}

/// In place of an answer, where nobody is asked any more.
fn nobody_asked(record: Record, name: &str) -> Answer {
    Answer {
        name: name.to_owned(),
        record,
        by: String::new(),
        values: Vec::new(),
        problem: Some(NameProblem::Other),
        detail: String::new(),
        authentic: false,
        took: 0,
    }
}

/// The only one of some records that is of this kind.
fn only<T>(read: impl Iterator<Item = Result<T, Error>>, several: &Error) -> Result<T, Error> {
    let of_kind =
        |one: &Result<T, Error>| !matches!(one, Err(Error::Dns(DnsError::InvalidRecordType)));
    let mut read = read.filter(of_kind);
    let found = read.next().unwrap_or(Err(Error::Dns(DnsError::InvalidRecordType)));
    if read.next().is_some() { Err(several.clone()) } else { found }
}

/// The first record that can be read (RFC 6376 §3.6.2.2 leaves open which of several it is).
fn first<T: TxtRecordParser>(texts: Result<Vec<Vec<u8>>, Error>) -> Result<T, Error> {
    let mut out = Err(Error::Dns(DnsError::InvalidRecordType));
    for text in texts? {
        out = T::parse(&text);
        if out.is_ok() {
            break;
        }
    }
    out
}

/// A record in which it can be told apart why a name is asked for: for `exists` any address will do
/// (RFC 7208 §5.7), and the words of `exp` are no record. One term alone may be let pass.
fn told_apart(spf: Spf, single: Option<usize>) -> Spf {
    let directive = |(at, directive): (usize, Directive)| {
        let mechanism = match directive.mechanism {
            Mechanism::Exists { macro_string } => Mechanism::A {
                macro_string: marked(macro_string, EXISTS),
                ip4_mask: 0,
                ip6_mask: 0,
            },
            other => other,
        };
        let qualifier = match single {
            None => directive.qualifier,
            Some(single) if single == at => Qualifier::Pass,
            Some(_) => Qualifier::Fail,
        };
        Directive { qualifier, mechanism }
    };
    Spf {
        directives: spf.directives.into_iter().enumerate().map(directive).collect(),
        exp: spf.exp.filter(|_| single.is_none()).map(|exp| marked(exp, EXPLAINS)),
        redirect: spf.redirect.filter(|_| single.is_none()),
        ..spf
    }
}

fn marked(name: Macro, mark: &str) -> Macro {
    let mark = Macro::Literal(mark.as_bytes().into());
    match name {
        Macro::List(list) => Macro::List(list.into_iter().chain([mark]).collect()),
        other => Macro::List([other, mark].into()),
    }
}

/// What somebody asks a cache for is known by its hash alone; this one keeps what is hashed.
#[derive(Default)]
struct Spelled(Vec<u8>);

impl Hasher for Spelled {
    fn write(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

/// The name in lower case, without its last dot.
fn spelled(name: &(impl Hash + ?Sized)) -> String {
    let mut spelled = Spelled::default();
    name.hash(&mut spelled);
    // Behind a text stands a byte that no text has.
    let text = spelled.0.strip_suffix(b"\xff").unwrap_or(&spelled.0);
    String::from_utf8_lossy(text).trim_end_matches('.').to_ascii_lowercase()
}

/// A cache of texts of one kind.
pub(super) struct TextsOf<'a>(pub &'a Evidence, pub Texts);

macro_rules! cache {
    ($key:ty, $value:ty, $who:ty, $of:expr) => {
        impl ResolverCache<$key, $value> for $who {
            fn get<Q>(&self, name: &Q) -> Option<$value>
            where
                $key: Borrow<Q>,
                Q: Hash + Eq + ?Sized,
            {
                let of: fn(&$who, &str) -> Option<$value> = $of;
                of(self, &spelled(name))
            }

            fn remove<Q>(&self, _: &Q) -> Option<$value>
            where
                $key: Borrow<Q>,
                Q: Hash + Eq + ?Sized,
            {
                None
            }

            fn insert(&self, _: $key, _: $value, _: Instant) {}
        }
    };
}

cache!(Box<str>, Txt, TextsOf<'_>, |of, name| Some(of.0.txt(of.1, name)));
cache!(Box<str>, RecordSet<MX>, Evidence, |of, name| {
    of.values(Record::Mx, name, |value| {
        let (preference, host) = value.split_once(' ')?;
        let exchanges = [Box::from(host.to_ascii_lowercase())].into();
        Some(MX { preference: preference.parse().ok()?, exchanges })
    })
    .map(|set| sorted(&set))
});
cache!(Box<str>, RecordSet<Ipv4Addr>, Evidence, |of, name| {
    let name = name.strip_suffix(EXISTS).unwrap_or(name);
    of.values(Record::A, name, |value| value.parse().ok())
});
cache!(Box<str>, RecordSet<Ipv6Addr>, Evidence, |of, name| match name.strip_suffix(EXISTS) {
    // Also for a client with an address of IPv6 it is A that is asked for.
    Some(name) => of.values(Record::A, name, |_| Some(Ipv6Addr::UNSPECIFIED)),
    None => of.values(Record::Aaaa, name, |value| value.parse().ok()),
});
cache!(IpAddr, RecordSet<Box<str>>, Evidence, |of, _| {
    let address = of.address?.to_string();
    of.values(Record::Ptr, &address, |value| Some(value.to_ascii_lowercase().into()))
});

/// The one to be tried first first.
fn sorted(set: &RecordSet<MX>) -> RecordSet<MX> {
    let mut all = set.rrset.to_vec();
    all.sort_by_key(|mx| mx.preference);
    RecordSet { rrset: Arc::from(all), dnssec_status: set.dnssec_status }
}

/// Something to be judged, with nothing but what is known here.
pub(super) type Known<'a, P> =
    Parameters<'a, P, TextsOf<'a>, Evidence, Evidence, Evidence, Evidence>;

impl<'a> TextsOf<'a> {
    /// Puts them behind what is to be judged.
    pub(super) const fn around<P>(&'a self, params: P) -> Known<'a, P> {
        let evidence = self.0;
        Parameters {
            params,
            cache_txt: Some(self),
            cache_mx: Some(evidence),
            cache_ptr: Some(evidence),
            cache_ipv4: Some(evidence),
            cache_ipv6: Some(evidence),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It rests on how the standard library hashes a text.
    #[test]
    fn a_name_is_known_by_what_is_hashed() {
        assert_eq!(spelled("Mx.Example.ORG."), "mx.example.org");
        assert_eq!(spelled(""), "");
    }
}
