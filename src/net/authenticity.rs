//! DKIM, SPF, DMARC and ARC by mail-auth, over answers that are kept as evidence: those of a name
//! server that a person wants to be asked, or those of a file, beside which nobody is asked.
//!
//! The library is given a resolver that knows no name server. What it needs to know it finds in
//! its evidence, and what is missing there is asked here, one question at a time.

mod evidence;
mod spf;

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use mail_auth::arc::ArcError;
use mail_auth::common::crypto::{CryptoError, HashAlgorithm};
use mail_auth::common::headers::Writable as _;
use mail_auth::common::parse::TxtRecordParser as _;
use mail_auth::common::verify::{DomainKey, VerifySignature};
use mail_auth::dkim::{self, Canonicalization, DkimError};
use mail_auth::dmarc::verify::DmarcParameters;
use mail_auth::dmarc::{Alignment as Mode, Policy};
use mail_auth::{
    AuthenticatedMessage, DkimOutput, DkimResult, DmarcOutput, DmarcResult, DnsError, Error,
    MessageAuthenticator, SpfOutput,
};

use tokio::sync::mpsc;

use crate::journal::authenticity::{
    Alignment, Answer, Arc as Chain, Dmarc, DmarcFlaw, Flaw, Record, Signature, Verdict,
    Verification, bytes,
};
use crate::journal::facts::NameProblem;
use crate::journal::{Happening, Side};
use crate::session::Dialogue;
use crate::session::answers::Answers;
use crate::session::authenticity::{Signature as Written, Stated, Way, tags};
use crate::smtp::line::LineEnd;
use crate::smtp::{Span, payload};
use crate::speaker::Check;

use super::inquiry::Answers as Told;
use super::names;
use evidence::{Evidence, Question, Texts, TextsOf};

/// How many questions one message may lead to.
const QUESTIONS: usize = 64;

/// How many signatures of one message are judged.
const SIGNATURES: usize = 32;

/// Tags that a signature has to have (RFC 6376 §6.1.1).
const REQUIRED: [&str; 7] = ["v", "a", "b", "bh", "d", "h", "s"];

/// Where answers come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// A name server, or those of the system.
    Asked(Option<SocketAddr>),
    /// A file alone.
    File(Arc<Answers>),
}

impl Source {
    /// What a person wants; without a word about it, the name server that is the usual one.
    pub fn of(check: &Check, usual: Option<SocketAddr>) -> Self {
        if let Some(answers) = &check.answers {
            return Self::File(Arc::clone(answers));
        }
        let chosen = check.server(names::DNS_PORT).map(SocketAddr::from);
        Self::Asked(chosen.or(usual))
    }

    async fn answer(&self, (record, name): &Question) -> Answer {
        match self {
            Self::Asked(dns) => names::look_up(*dns, *record, name).await,
            Self::File(answers) => answers.about(*record, name),
        }
    }
}

/// Verifies a message as of now.
async fn verify(task: &Task, source: &Source) -> Verification {
    let Task { index, content: message, whole, way } = task;
    let address = way.address.as_ref().and_then(|address| address.value.parse().ok());
    let mut out = Verification {
        message: *index,
        incomplete: !whole,
        at: now(),
        address: way.address.clone(),
        helo: way.helo.clone(),
        sender: way.sender.clone(),
        ..Verification::default()
    };
    let Some(nobody) = names::nobody() else { return out };
    let evidence = Evidence::new(address, QUESTIONS);
    let library = Library { auth: MessageAuthenticator(nobody), evidence };
    // Where no field begins the message, the library sees no header.
    let parsed = AuthenticatedMessage::parse_with_opts(message, None, false);
    let mut parsed = parsed.unwrap_or_default();
    let mut stated = Stated::read(message);
    let too_many = stated.signatures.len() > SIGNATURES;
    stated.signatures.truncate(SIGNATURES);
    parsed.dkim_headers.truncate(SIGNATURES);
    let bodies = cover_lengths(&mut parsed, &stated, message);
    let keys = TextsOf(&library.evidence, Texts::Keys);
    let (parsed, stated) = (&parsed, &stated);
    let judge = Judge { library: &library, source, parsed, stated, message, whole: *whole };
    let dkim = judge.dkim(&keys, bodies).await;
    let mut spf = judge.spf(way).await;
    out.spf = std::mem::take(&mut spf.told);
    out.arc = judge.arc(&keys).await;
    out.dmarc = judge.dmarc(&dkim, spf.deciding(), way, out.is_spf_checked()).await;
    out.dkim = dkim.into_iter().map(|(signature, _)| signature).collect();
    out.exhausted = too_many || library.evidence.is_exhausted();
    out.answers = library.evidence.into_answers();
    out
}

/// The time in whole seconds: no signature says more.
fn now() -> String {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_second(now.as_second()).unwrap_or(now).to_string()
}

/// A message of a session that is to be verified.
#[derive(Clone, Debug)]
pub struct Task {
    /// Its place there, from 0.
    pub index: usize,
    /// The message.
    pub content: Bytes,
    /// Whether that is all of it.
    pub whole: bool,
    /// How it came, as far as that is known.
    pub way: Way,
}

impl Task {
    /// The message at `index` of a session in which this program was `played`; what is not said of
    /// its `way` is as the session has it, or else its own fields.
    pub fn of(dialogue: &Dialogue, played: Option<Side>, index: usize, way: &Way) -> Option<Self> {
        let message = dialogue.messages().get(index)?;
        let way = way.clone().or(Way::of_session(dialogue, played, index));
        // A file has other line ends than the wire, on which it was signed (RFC 6376 §5.3).
        let content = match message.usual_end() {
            LineEnd::Lf => payload::with_line_ends(message.content().into()).0.into(),
            _ => message.content(),
        };
        Some(Self { index, content, whole: message.is_whole(), way })
    }

    /// Verifies it, as of now.
    pub async fn verified(self, source: &Source) -> Verification {
        let way = self.way.or(Way::of_message(&self.content));
        verify(&Self { way, ..self }, source).await
    }
}

/// Begins to verify the last message of a session in which we are `side`; `None` without one.
pub(super) fn begin(
    dialogue: &Dialogue,
    side: Side,
    check: &Check,
    usual: Option<SocketAddr>,
) -> Option<Told> {
    let index = dialogue.messages().len().checked_sub(1)?;
    let task = Task::of(dialogue, Some(side), index, &check.way)?;
    let source = Source::of(check, usual);
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let _ = tell.send(Happening::Verified(Box::new(task.verified(&source).await)));
    });
    Some(Told { told, awaited: true })
}

/// The library, and what it may know.
struct Library {
    auth: MessageAuthenticator,
    evidence: Evidence,
}

/// Judges until nothing is missing.
macro_rules! settled {
    ($judge:expr, $judgement:expr) => {
        loop {
            $judge.library.evidence.begin();
            let judgement = $judgement;
            match $judge.library.evidence.missing() {
                None => break judgement,
                Some(question) => $judge.ask(&question).await,
            }
        }
    };
}
use settled;

/// One message, before it is judged.
struct Judge<'a> {
    library: &'a Library,
    source: &'a Source,
    parsed: &'a AuthenticatedMessage<'a>,
    stated: &'a Stated,
    message: &'a [u8],
    whole: bool,
}

/// What a signature says about the body, and what is so.
#[derive(Clone, Debug, Default)]
struct Body {
    hash: Option<String>,
    length: Option<u64>,
}

impl<'a> Judge<'a> {
    /// Asks, and keeps what came.
    async fn ask(&self, question: &Question) {
        self.library.evidence.add(self.source.answer(question).await);
    }

    /// What the library found about each signature, and what follows.
    async fn dkim(
        &self,
        keys: &'a TextsOf<'a>,
        bodies: Vec<Body>,
    ) -> Vec<(Signature, Option<DkimOutput<'a>>)> {
        let outputs = settled!(self, self.library.auth.verify_dkim(keys.around(self.parsed)).await);
        let written = self.stated.signatures.iter().zip(bodies);
        written.map(|(written, body)| self.signature(written, body, &outputs)).collect()
    }

    fn signature<'o>(
        &self,
        written: &Written,
        body: Body,
        outputs: &[DkimOutput<'o>],
    ) -> (Signature, Option<DkimOutput<'o>>) {
        let header = self.parsed.dkim_headers.iter().find(|h| self.stands_in(h.value, written));
        let signature = header.map(|header| &header.header);
        let output = signature.and_then(|signature| {
            let is_it =
                |o: &&DkimOutput<'_>| o.signature().is_some_and(|s| std::ptr::eq(s, signature));
            outputs.iter().find(is_it)
        });
        let broken = self.parsed.errors.iter().find(|h| self.stands_in(h.value, written));
        let key = signature.and_then(|s| self.key(&s.domain_key()));
        let behind = self.is_behind(written.span).then(|| (Flaw::Behind, String::new()));
        let own = behind.or_else(|| unfit(written));
        let own = own.or_else(|| broken.map(|h| (flaw(&h.header), String::new())));
        let found = match (own, output.map(DkimOutput::result)) {
            (Some(own), _) => Some(own),
            (None, Some(DkimResult::Pass)) => key.as_ref().and_then(|key| key.unfit(signature)),
            (None, Some(result)) => error(result).map(|error| {
                let flaw = self.flaw(error);
                let about = signature.filter(|_| flaw.is_of_key()).map(VerifySignature::domain_key);
                (flaw, about.map_or_else(String::new, |at| at.trim_end_matches('.').to_owned()))
            }),
            (None, None) => Some((Flaw::Syntax, String::new())),
        };
        let bits = key.as_ref().and_then(Key::bits);
        let unusable = key.as_ref().and_then(Key::unusable_bits);
        let found = match (found, unusable) {
            (Some((Flaw::Signature, _)), Some(bits)) => Some((Flaw::KeySize, bits.to_string())),
            (other, _) => other,
        };
        let verdict = found.as_ref().map_or(Verdict::Pass, |(flaw, _)| flaw.verdict());
        let (why, about) = found.map_or((None, String::new()), |(why, about)| (Some(why), about));
        let told = Signature {
            verdict,
            why,
            about,
            body_hash: body.hash.filter(|_| self.whole),
            body_length: body.length.filter(|_| self.whole),
            key: key.map(|key| key.value),
            key_bits: bits,
        };
        let counts = matches!(verdict, Verdict::Pass | Verdict::Temperror);
        (told, output.filter(|_| counts).cloned())
    }

    /// What is wrong; about a body of which not all is here nobody knows.
    fn flaw(&self, error: &Error) -> Flaw {
        match flaw(error) {
            Flaw::BodyHash if !self.whole => Flaw::Incomplete,
            flaw => flaw,
        }
    }

    /// Whether a field stands behind what the library takes for the end of the header: an empty
    /// line, or one without a colon.
    const fn is_behind(&self, field: Span) -> bool {
        self.parsed.body_offset as usize <= field.start
    }

    /// Whether a piece of the message stands in a field.
    fn stands_in(&self, piece: &[u8], written: &Written) -> bool {
        let at = (piece.as_ptr() as usize).checked_sub(self.message.as_ptr() as usize);
        at.is_some_and(|at| (written.span.start..written.span.end).contains(&at))
    }

    /// The key at a name, as far as it is known: the first text that can be read, or where none
    /// can, the last, which is the one that the library tells of.
    fn key(&self, name: &str) -> Option<Key> {
        let answer = self.library.evidence.known(Record::Txt, name.trim_end_matches('.'))?;
        let keys = answer.values.into_iter().map(|value| Key { text: bytes(&value), value });
        keys.reduce(|key, next| if key.is_readable() { key } else { next })
    }

    async fn arc(&self, keys: &'a TextsOf<'a>) -> Chain {
        let output = settled!(self, self.library.auth.verify_arc(keys.around(self.parsed)).await);
        let instances = self.stated.instances.len();
        let why = match output.result() {
            DkimResult::Pass => None,
            // Without the field that the library counts by.
            DkimResult::None => (instances > 0).then_some(Flaw::Chain),
            other => error(other).map(|error| self.flaw(error)),
        };
        let verdict = match why {
            Some(why) => why.verdict(),
            None if instances == 0 => Verdict::None,
            None => Verdict::Pass,
        };
        Chain { verdict, why, instances }
    }

    async fn dmarc(
        &self,
        dkim: &[(Signature, Option<DkimOutput<'_>>)],
        spf: &SpfOutput,
        way: &Way,
        spf_checked: bool,
    ) -> Dmarc {
        let passed: Vec<_> = dkim.iter().filter_map(|(_, output)| output.clone()).collect();
        let sender = way.sender.as_ref().and_then(|sender| sender.value.rsplit_once('@'));
        let helo = way.helo.as_ref().map_or("", |helo| helo.value.as_str());
        // The null sender stands for the name in HELO (RFC 7208 §2.4).
        let domain = sender.map_or(helo, |(_, domain)| domain);
        let output = self.compared(&passed, domain, spf).await;
        let mut told = self.told(&output);
        for one in passed.iter().filter(|output| *output.result() == DkimResult::Pass) {
            let Some(signature) = one.signature() else { continue };
            let alone = self.compared(std::slice::from_ref(one), domain, spf).await;
            let is_aligned = *alone.dkim_result() == DmarcResult::Pass;
            told.dkim.add(&signature.d, is_aligned);
        }
        if spf.result() == mail_auth::SpfResult::Pass {
            told.spf.add(domain, *output.spf_result() == DmarcResult::Pass);
        }
        if told.verdict != Verdict::Fail {
            return told;
        }
        // What was not checked to the end counts only if it could still make this pass.
        let mut unchecked = !spf_checked;
        for (_, output) in dkim.iter().filter(|(told, _)| told.why == Some(Flaw::Incomplete)) {
            let Some(signature) = output.as_ref().and_then(DkimOutput::signature) else { continue };
            let right = DkimOutput::pass().with_signature(signature);
            let output = self.compared(&[right], domain, spf).await;
            unchecked |= *output.dkim_result() == DmarcResult::Pass;
        }
        if unchecked {
            (told.verdict, told.why) = (Verdict::Temperror, Some(DmarcFlaw::Unchecked));
        }
        told
    }

    /// What the author's domain says about these.
    async fn compared(
        &self,
        passed: &[DkimOutput<'_>],
        domain: &str,
        spf: &SpfOutput,
    ) -> DmarcOutput {
        let texts = TextsOf(&self.library.evidence, Texts::Dmarc);
        settled!(self, {
            let asked = DmarcParameters::new(self.parsed, passed, domain, spf);
            self.library.auth.verify_dmarc(texts.around(asked)).await
        })
    }

    /// What follows, but for the domains that passed.
    fn told(&self, output: &DmarcOutput) -> Dmarc {
        let evidence = &self.library.evidence;
        let asked = evidence.asked();
        let names = || asked.iter().filter(|(record, _)| *record == Record::Txt);
        let record = output.dmarc_record();
        let is_it = |name: &&Question| evidence.dmarc(&name.1).ok().as_ref() == record;
        let at = record.and_then(|_| names().find(is_it)).map(|(_, name)| name.clone());
        let texts = at.as_ref().and_then(|at| evidence.known(Record::Txt, at));
        let of_record = |text: &String| mail_auth::dmarc::Dmarc::parse(&bytes(text)).is_ok();
        let text = texts.and_then(|answer| answer.values.into_iter().find(|t| of_record(t)));
        let result = output.result();
        let (verdict, why) = match &result {
            DmarcResult::Pass => (Verdict::Pass, None),
            DmarcResult::Fail(_) => (Verdict::Fail, Some(DmarcFlaw::NotAligned)),
            DmarcResult::TempError(_) => (Verdict::Temperror, Some(DmarcFlaw::Unanswered)),
            DmarcResult::PermError(_) => (Verdict::Permerror, Some(DmarcFlaw::Syntax)),
            DmarcResult::None => (Verdict::None, Some(self.no_record(output, names()))),
        };
        let gone = evidence.known(Record::A, output.domain());
        let gone = gone.is_some_and(|answer| answer.problem == Some(NameProblem::NoSuchName));
        let own = at.as_deref() == Some(&own_name(output.domain()));
        let policy = record.map(|record| match output.policy() {
            // A name that does not exist has a policy of its own (RFC 9989 §4.7).
            _ if gone && !own => record.np,
            policy => policy,
        });
        // The first of these that is there counts (RFC 9989 §4.7).
        let counting: &[&str] = match (own, gone) {
            (true, _) => &["p"],
            (false, true) => &["np", "sp", "p"],
            (false, false) => &["sp", "p"],
        };
        let tags = text.as_deref().map(tags).unwrap_or_default();
        let policy_by = counting.iter().find(|name| tags.iter().any(|tag| tag.name == **name));
        let policy = policy.filter(|policy| *policy != Policy::Unspecified);
        let strict = |mode: fn(&mail_auth::dmarc::Dmarc) -> Mode| {
            record.is_some_and(|record| mode(record) == Mode::Strict)
        };
        Dmarc {
            domain: output.domain().to_owned(),
            verdict,
            why,
            at,
            record: text,
            policy_by: policy_by.filter(|_| policy.is_some()).map(|name| (*name).to_owned()),
            policy: policy.map(|policy| policy.to_string()),
            testing: record.is_some_and(|record| record.t),
            dkim: Alignment { strict: strict(|record| record.adkim), ..Alignment::default() },
            spf: Alignment { strict: strict(|record| record.aspf), ..Alignment::default() },
        }
    }

    /// Why there is no record that counts.
    fn no_record<'q>(
        &self,
        output: &DmarcOutput,
        names: impl Iterator<Item = &'q Question>,
    ) -> DmarcFlaw {
        let evidence = &self.library.evidence;
        let known = names.filter_map(|(record, name)| evidence.known(*record, name));
        let texts = known.map(|answer| {
            let texts = answer.values.iter().map(|value| bytes(value));
            let read = texts.map(|text| mail_auth::dmarc::Dmarc::parse(&text));
            let of_kind = |one: &Result<_, _>| !matches!(one, Err(Error::Dns(_)));
            read.filter(of_kind).count()
        });
        match texts.max().unwrap_or_default() {
            _ if output.domain().is_empty() => {
                let behind = self.stated.author.is_some_and(|author| self.is_behind(author));
                if behind { DmarcFlaw::Behind } else { DmarcFlaw::NoAuthor }
            }
            0 => DmarcFlaw::NoRecord,
            1 => DmarcFlaw::NoPolicy,
            _ => DmarcFlaw::Several,
        }
    }
}

/// The name at which a domain has a record of its own.
fn own_name(domain: &str) -> String {
    format!("_dmarc.{domain}")
}

/// What is taken for a key.
struct Key {
    /// As the answer has it.
    value: String,
    text: Vec<u8>,
}

impl Key {
    fn is_readable(&self) -> bool {
        DomainKey::parse(&self.text).is_ok()
    }

    fn is_ed25519(&self) -> bool {
        self.tag("k").as_deref() == Some("ed25519")
    }

    fn tag(&self, name: &str) -> Option<String> {
        let tags = tags(&String::from_utf8_lossy(&self.text)).into_iter();
        tags.into_iter().find(|tag| tag.name == name).map(|tag| tag.value)
    }

    /// Its size in bits.
    fn bits(&self) -> Option<usize> {
        let bits = DomainKey::parse(&self.text).ok()?.p.public_key_bits();
        if self.is_ed25519() {
            return Some(256);
        }
        (1..usize::MAX).contains(&bits).then_some(bits)
    }

    /// Its size, if RSA with it is not verified: with less nobody may (RFC 8301 §3.2), with more the
    /// library does not.
    fn unusable_bits(&self) -> Option<usize> {
        self.bits().filter(|bits| !self.is_ed25519() && !(1024..=8192).contains(bits))
    }

    /// What its owner does not let it be used for (RFC 6376 §3.6.1).
    fn unfit(&self, signature: Option<&dkim::Signature>) -> Option<(Flaw, String)> {
        let has = |list: &str, wanted: &[&str]| {
            list.split(':').any(|one| wanted.iter().any(|w| one.trim().eq_ignore_ascii_case(w)))
        };
        let restricted = |tag: &str, wanted: &[&str]| {
            let list = self.tag(tag).filter(|list| !has(list, wanted))?;
            Some((Flaw::KeyRestricted, format!("{tag}={list}")))
        };
        let hash = signature.map_or("", |s| HashAlgorithm::from(s.a).name());
        restricted("s", &["*", "email"]).or_else(|| restricted("h", &[hash]))
    }
}

/// What is wrong with a signature before anybody is asked.
fn unfit(written: &Written) -> Option<(Flaw, String)> {
    if let Some(tag) = written.tags.iter().find(|tag| tag.repeated) {
        return Some((Flaw::RepeatedTag, tag.name.clone()));
    }
    let missing = REQUIRED.into_iter().find(|name| written.tag(name).is_none_or(str::is_empty));
    if let Some(name) = missing {
        return Some((Flaw::MissingTag, name.to_owned()));
    }
    let from = written.signed.iter().any(|signed| signed.name.eq_ignore_ascii_case("from"));
    (!from).then(|| (Flaw::FromUnsigned, String::new()))
}

/// The hash and the length of the body for each signature. The library takes `l=` for a number of
/// octets before the body is made canonical, and zero for the whole; where a signature is right
/// about what it covers (RFC 6376 §3.4.5), the library is told so. Of a chain it looks at the hash of
/// the last one alone (RFC 8617 §5.2).
fn cover_lengths(
    parsed: &mut AuthenticatedMessage<'_>,
    stated: &Stated,
    message: &[u8],
) -> Vec<Body> {
    let body = message.get(parsed.body_offset as usize..).unwrap_or_default();
    let begin = message.as_ptr() as usize;
    let mut all = Vec::new();
    for written in &stated.signatures {
        let here = |value: &[u8]| {
            let at = (value.as_ptr() as usize).wrapping_sub(begin);
            (written.span.start..written.span.end).contains(&at)
        };
        let Some(header) = parsed.dkim_headers.iter_mut().find(|h| here(h.value)) else {
            all.push(Body::default());
            continue;
        };
        let signature = &mut header.header;
        let how = (signature.cb, HashAlgorithm::from(signature.a), signature.l);
        let by_library = by_library(&parsed.body_hashes, how);
        all.push(cover(body, how, written.tag("l"), (&mut signature.bh, by_library)));
    }
    if let Some(header) = parsed.ams_headers.last_mut() {
        let signature = &mut header.header;
        let how = (signature.cb, HashAlgorithm::from(signature.a), signature.l);
        let tags = tags(&String::from_utf8_lossy(header.value));
        let covered = tags.iter().find(|tag| tag.name == "l").map(|tag| tag.value.as_str());
        let by_library = by_library(&parsed.body_hashes, how);
        cover(body, how, covered, (&mut signature.bh, by_library));
    }
    all
}

/// How a body is hashed, with what the library takes for the number of octets.
type How = (Canonicalization, HashAlgorithm, u64);

/// The hash that the library has made so.
fn by_library(hashes: &[(Canonicalization, HashAlgorithm, u64, Vec<u8>)], how: How) -> Vec<u8> {
    let mut hashes = hashes.iter().filter(|(c, h, l, _)| (*c, *h, *l) == how);
    hashes.next().map(|(.., hash)| hash.clone()).unwrap_or_default()
}

/// The hash of what `l=` covers; where it is the `declared` one, that becomes the library's.
fn cover(
    body: &[u8],
    (canonicalization, algorithm, _): How,
    covered: Option<&str>,
    (declared, by_library): (&mut Vec<u8>, Vec<u8>),
) -> Body {
    let (hash, length) = match covered.and_then(|l| l.parse::<usize>().ok()) {
        None => (by_library, None),
        Some(covered) => {
            let mut canonical = Vec::new();
            canonicalization.canonical_body(body, 0).write(&mut canonical);
            let first = canonical.get(..covered).unwrap_or(&canonical);
            let hash = algorithm.hash(first).as_ref().to_vec();
            if hash == *declared && covered <= canonical.len() {
                *declared = by_library;
            }
            (hash, Some(canonical.len() as u64))
        }
    };
    Body { hash: Some(STANDARD.encode(hash)), length }
}

/// What a result is about.
const fn error(result: &DkimResult) -> Option<&Error> {
    match result {
        DkimResult::Pass | DkimResult::None => None,
        DkimResult::Neutral(error)
        | DkimResult::Fail(error)
        | DkimResult::PermError(error)
        | DkimResult::TempError(error) => Some(error),
    }
}

const fn flaw(error: &Error) -> Flaw {
    match error {
        Error::Base64 => Flaw::Base64,
        Error::MissingParameters => Flaw::MissingTag,
        Error::Crypto(CryptoError::IncompatibleAlgorithms) => Flaw::KeyUnsuitable,
        Error::Crypto(_) => Flaw::Signature,
        Error::Dns(DnsError::Resolver(_)) => Flaw::Unanswered,
        Error::Dns(DnsError::RecordNotFound(_)) => Flaw::NoKey,
        Error::Dns(DnsError::InvalidRecordType) => Flaw::KeySyntax,
        Error::Dkim(DkimError::UnsupportedVersion) => Flaw::Version,
        Error::Dkim(DkimError::UnsupportedAlgorithm) => Flaw::Algorithm,
        Error::Dkim(DkimError::UnsupportedCanonicalization) => Flaw::Canonicalization,
        Error::Dkim(DkimError::UnsupportedKeyType) => Flaw::KeyKind,
        Error::Dkim(DkimError::FailedAuidMatch) => Flaw::Identity,
        Error::Dkim(DkimError::RevokedPublicKey) => Flaw::Revoked,
        Error::Dkim(DkimError::FailedBodyHashMatch) | Error::Arc(ArcError::FailedBodyHashMatch) => {
            Flaw::BodyHash
        }
        Error::Dkim(DkimError::SignatureExpired) | Error::Arc(ArcError::SignatureExpired) => {
            Flaw::Expired
        }
        Error::Arc(ArcError::InvalidCV) => Flaw::Sealed,
        Error::Arc(_) => Flaw::Chain,
        _ => Flaw::Syntax,
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    const ZONE: &str = "example.org TXT \"v=spf1 a:a.example.org exists:%{i}.e.example.org mx include:i.example.org -all\"\n\
        a.example.org A 192.0.2.1\n192.0.2.2.e.example.org A 127.0.0.2\n\
        example.org MX 10 mx.example.org\nmx.example.org A 192.0.2.3\n\
        i.example.org TXT \"v=spf1 ip4:192.0.2.4 ~all\"\nmx.example.org AAAA 2001:db8::3\n";

    fn judged(address: &str, sender: &str, zone: &str) -> Verification {
        let way = Way::said(Some(address.to_owned()), None, Some(sender.to_owned()));
        found("From: a@example.org\r\n\r\nx\r\n", true, way, zone)
    }

    fn found(message: &str, whole: bool, way: Way, zone: &str) -> Verification {
        let source = Source::File(Arc::new(Answers::parse("zone", zone).unwrap()));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let content = Bytes::copy_from_slice(message.as_bytes());
        runtime.block_on(Task { index: 0, content, whole, way }.verified(&source))
    }

    #[test]
    fn dmarc_is_open_only_where_what_was_not_checked_could_make_it_pass() {
        let zone = "_dmarc.example.org TXT \"v=DMARC1; p=none\"\nexample.org TXT \"v=spf1 -all\"";
        let strict = zone.replace("p=none", "p=none; adkim=s");
        let said = |address: Option<&str>, sender: Option<&str>| {
            Way::said(address.map(str::to_owned), None, sender.map(str::to_owned))
        };
        let all = said(Some("192.0.2.7"), Some("a@example.org"));
        for (domain, whole, way, zone, open) in [
            ("other.example", false, &all, zone, false),
            ("example.org", false, &all, zone, true),
            ("news.example.org", false, &all, zone, true),
            ("news.example.org", false, &all, &strict, false),
            ("example.org", true, &all, zone, false),
            ("other.example", true, &said(Some("192.0.2.7"), None), zone, true),
            ("other.example", true, &said(None, Some("a@example.org")), zone, true),
            ("other.example", true, &said(Some("192.0.2.7"), Some("")), zone, true),
        ] {
            let message = format!(
                "DKIM-Signature: v=1; a=rsa-sha256; d={domain}; s=x; h=From; bh=AA==; b=AA==\r\n\
                 From: a@example.org\r\n\r\nx\r\n"
            );
            let told = found(&message, whole, way.clone(), zone).dmarc;
            let want = if open {
                (Verdict::Temperror, Some(DmarcFlaw::Unchecked))
            } else {
                (Verdict::Fail, Some(DmarcFlaw::NotAligned))
            };
            assert_eq!((told.verdict, told.why), want, "{domain} {whole} {way:?}");
        }
    }

    #[test]
    fn what_stands_behind_a_line_without_a_colon_is_told_so() {
        let fields = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=From; bh=AA==; b=AA==\r\n\
                      From: a@example.org\r\n";
        for (before, flaw, why) in [
            ("NOOP\r\n", Flaw::Behind, DmarcFlaw::Behind),
            ("X: y\r\nNOOP\r\n", Flaw::Behind, DmarcFlaw::Behind),
            ("X: y\r\n", Flaw::BodyHash, DmarcFlaw::NoRecord),
        ] {
            let way = Way::said(Some("192.0.2.7".to_owned()), None, Some("a@b.example".to_owned()));
            let told = found(&format!("{before}{fields}\r\nx\r\n"), true, way, "");
            let flaws: Vec<_> = told.dkim.iter().map(|signature| signature.why).collect();
            assert_eq!((&flaws[..], told.dmarc.why), (&[Some(flaw)][..], Some(why)), "{before}");
            assert_eq!(told.spf.len(), 1, "{before}");
        }
    }

    /// What was found about a signature of `algorithm` that is right about the body alone, where
    /// those texts stand at its selector.
    fn signed(algorithm: &str, keys: &[&str]) -> Signature {
        let hash = STANDARD.encode(HashAlgorithm::Sha256.hash(&b"x\r\n"[..]).as_ref());
        let message = format!(
            "DKIM-Signature: v=1; a={algorithm}; d=example.org; s=x; h=From; bh={hash}; b=AA==\r\n\
             From: a@example.org\r\n\r\nx\r\n"
        );
        let lines = keys.iter().map(|key| format!("x._domainkey.example.org TXT \"{key}\"\n"));
        let zone = lines.collect::<String>();
        found(&message, true, Way::default(), &zone).dkim.remove(0)
    }

    #[test]
    fn the_key_that_is_told_is_the_one_that_was_used() {
        let key = format!("v=DKIM1; k=ed25519; t=y; p={}=", "A".repeat(43));
        let revoked = "v=DKIM1; p=";
        let other = "google-site-verification=abc";
        for (keys, told, why) in [
            (&[other, &key][..], Some(&*key), Flaw::Signature),
            (&[&key, other], Some(&*key), Flaw::Signature),
            (&[other, revoked], Some(revoked), Flaw::Revoked),
            (&[], None, Flaw::NoKey),
        ] {
            let found = signed("ed25519-sha256", keys);
            assert_eq!((found.key.as_deref(), found.why), (told, Some(why)), "{keys:?}");
        }
    }

    #[test]
    fn an_rsa_key_as_long_as_one_of_ed25519_is_too_short() {
        let rsa = "v=DKIM1; k=rsa; p=MDwwDQYJKoZIhvcNAQEBBQADKwAwKAIhAMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVULAgMBAAE=";
        let ed25519 = format!("v=DKIM1; k=ed25519; p={}=", "A".repeat(43));
        for (algorithm, key, why) in
            [("rsa-sha256", rsa, Flaw::KeySize), ("ed25519-sha256", &*ed25519, Flaw::Signature)]
        {
            let found = signed(algorithm, &[key]);
            assert_eq!((found.key_bits, found.why), (Some(256), Some(why)), "{algorithm}");
        }
    }

    #[test]
    fn the_term_that_decided_is_read_from_the_record() {
        let zone = "example.org TXT \"v=spf10 hello\"\n\
                    example.org TXT \"v=spf1 x-a=b ip4:192.0.2.1 -all\"\n";
        let told = judged("192.0.2.1", "a@example.org", zone);
        let [spf] = &told.spf[..] else { panic!("{told:?}") };
        let decided: Vec<_> = spf.terms.iter().map(|term| term.text.as_str()).collect();
        assert_eq!((spf.verdict, &decided[..]), (Verdict::Pass, &["ip4:192.0.2.1"][..]));
    }

    /// No socket can be made in this runtime, and no time passes: all that is known is in the file.
    #[test]
    fn with_a_file_nobody_is_asked() {
        for (address, verdict, terms) in [
            ("192.0.2.1", Verdict::Pass, &["a:a.example.org"][..]),
            ("192.0.2.2", Verdict::Pass, &["exists:%{i}.e.example.org"]),
            ("192.0.2.3", Verdict::Pass, &["mx"]),
            ("192.0.2.4", Verdict::Pass, &["include:i.example.org", "ip4:192.0.2.4"]),
            ("192.0.2.5", Verdict::Fail, &["-all"]),
            ("2001:db8::3", Verdict::Pass, &["mx"]),
        ] {
            let told = judged(address, "a@example.org", ZONE);
            let [spf] = &told.spf[..] else { panic!("{told:?}") };
            let decided: Vec<_> = spf.terms.iter().map(|term| term.text.as_str()).collect();
            assert_eq!((spf.verdict, decided.as_slice()), (verdict, terms), "{address}");
            assert!(told.answers.iter().all(|answer| answer.by.starts_with("zone")));
            assert!(!told.exhausted);
        }
    }

    #[test]
    fn who_leads_to_too_many_questions_is_not_followed() {
        let mut zone = String::from("example.org TXT \"v=spf1");
        let mut rest = String::new();
        for n in 0..9 {
            let _ = write!(zone, " mx:m{n}.example.org");
            for host in 0..9 {
                let _ = writeln!(rest, "m{n}.example.org MX {host} h{host}.m{n}.example.org");
                let _ = writeln!(rest, "h{host}.m{n}.example.org A 192.0.2.1");
            }
        }
        let told = judged("192.0.2.7", "a@example.org", &format!("{zone} -all\"\n{rest}"));
        let [spf] = &told.spf[..] else { panic!("{told:?}") };
        assert_eq!(spf.verdict, Verdict::Temperror);
        assert_eq!((told.exhausted, told.answers.len()), (true, QUESTIONS));
        assert!(told.answers.iter().all(|answer| answer.by.starts_with("zone")));
    }

    #[test]
    fn so_many_signatures_are_judged_and_no_more() {
        let signature =
            "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=x; h=From; bh=AA==; b=AA==\r\n";
        for (n, too_many) in [(SIGNATURES, false), (SIGNATURES + 1, true)] {
            let message = format!("{}From: a@example.org\r\n\r\nx\r\n", signature.repeat(n));
            let source = Source::File(Arc::default());
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            let task = Task { index: 0, content: message.into(), whole: true, way: Way::default() };
            let told = runtime.block_on(task.verified(&source));
            assert_eq!((told.dkim.len(), told.exhausted), (SIGNATURES, too_many));
        }
    }

    /// The library has one hash for the whole body and one for octets before it is canonical.
    #[test]
    fn of_a_chain_too_only_what_is_covered_counts() {
        let canonical = b"Hello,\r\n this is signed.\r\n";
        for (covered, own) in [(0, true), (8, true), (26, true), (8, false), (27, false)] {
            let signed = canonical.get(..if own { covered } else { 7 }).unwrap();
            let hash = STANDARD.encode(HashAlgorithm::Sha256.hash(signed).as_ref());
            let message = format!(
                "ARC-Message-Signature: i=1; a=rsa-sha256; c=relaxed/relaxed; d=example.org; s=x;\r\n\
                 \tl={covered}; h=From; bh={hash}; b=AA==\r\nFrom: a@example.org\r\n\r\n\
                 Hello,\r\n  this is  signed. \r\n\r\n"
            );
            let mut parsed =
                AuthenticatedMessage::parse_with_opts(message.as_bytes(), None, false).unwrap();
            cover_lengths(&mut parsed, &Stated::read(message.as_bytes()), message.as_bytes());
            let [signature] = &parsed.ams_headers[..] else { panic!("{:?}", parsed.errors) };
            let right = signature.header.bh == parsed.body_hashes[0].3;
            assert_eq!(right, own, "l={covered}");
        }
    }
}
