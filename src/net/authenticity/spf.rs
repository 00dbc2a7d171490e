//! SPF of the name in HELO and of the one in MAIL FROM, each by itself (RFC 7208 §2), with the terms
//! that decided.

use std::net::IpAddr;

use mail_auth::spf::verify::SpfParameters;
use mail_auth::spf::{Macro, Mechanism, Variables};
use mail_auth::{DnsError, Error, SpfOutput, SpfResult};

use crate::journal::authenticity::{Assumed, Record, Spf, SpfFlaw, Term, Verdict, bytes};
use crate::session::authenticity::Way;

use super::evidence::{Texts, TextsOf};
use super::{Judge, settled};

/// How far includes are followed to what decided.
const DEPTH: usize = 10;

/// The terms that are mechanisms (RFC 7208 §5); every other one is a modifier.
const MECHANISMS: [&str; 8] = ["all", "include", "a", "mx", "ptr", "ip4", "ip6", "exists"];

/// What was found.
#[derive(Default)]
pub(super) struct Found {
    /// In words.
    pub told: Vec<Spf>,
    sender: SpfOutput,
}

impl Found {
    /// The one by which DMARC goes.
    pub(super) const fn deciding(&self) -> &SpfOutput {
        &self.sender
    }
}

/// One identity that is asked about.
#[derive(Clone, Copy)]
struct Asked<'a> {
    address: IpAddr,
    domain: &'a str,
    helo: &'a str,
    sender: &'a str,
}

impl<'a> Asked<'a> {
    fn params(&self) -> SpfParameters<'a> {
        SpfParameters::new(self.address, self.domain, self.helo, "", self.sender)
    }
}

impl Judge<'_> {
    pub(super) async fn spf(&self, way: &Way) -> Found {
        let mut found = Found::default();
        let Some(address) = self.library.evidence.address else { return found };
        let value = |one: &Option<Assumed>| one.as_ref().map(|one| one.value.clone());
        let helo = value(&way.helo).unwrap_or_default();
        let is_name = !helo.is_empty() && !helo.starts_with('[');
        if is_name {
            let postmaster = format!("postmaster@{helo}");
            let asked = Asked { address, domain: &helo, helo: &helo, sender: &postmaster };
            let (told, output) = self.identity(asked, false).await;
            found.told.push(told);
            found.sender = output;
        }
        if let Some(sender) = value(&way.sender).filter(|sender| !sender.is_empty()) {
            let domain = sender.rsplit_once('@').map_or(helo.as_str(), |(_, domain)| domain);
            let asked = Asked { address, domain, helo: &helo, sender: &sender };
            let (told, output) = self.identity(asked, true).await;
            found.told.push(told);
            found.sender = output;
        } else if way.sender.is_none() {
            found.sender = SpfOutput::default();
        }
        found
    }

    async fn identity(&self, asked: Asked<'_>, of_sender: bool) -> (Spf, SpfOutput) {
        let texts = TextsOf(&self.library.evidence, Texts::Spf);
        let output =
            settled!(self, self.library.auth.check_host(texts.around(asked.params())).await);
        let verdict = verdict(output.result());
        let (why, about) = self.spf_flaw(verdict, asked.domain);
        let terms = if why.is_some() { Vec::new() } else { self.terms(asked).await };
        let explanation = output.explanation().map(str::to_owned);
        let domain = asked.domain.to_owned();
        (Spf { of_sender, domain, verdict, why, about, terms, explanation }, output)
    }

    /// Why there is no result; it is found in the last thing that was asked.
    fn spf_flaw(&self, verdict: Verdict, domain: &str) -> (Option<SpfFlaw>, String) {
        let evidence = &self.library.evidence;
        let asked = evidence.asked();
        let (record, name) =
            asked.last().map_or((Record::Txt, domain), |(record, name)| (*record, name.as_str()));
        let several = || {
            let answer = evidence.known(Record::Txt, name);
            let texts = answer.map(|answer| answer.values).unwrap_or_default();
            texts.iter().filter(|text| is_record(text)).count() > 1
        };
        let why = match verdict {
            Verdict::None => SpfFlaw::NoRecord,
            Verdict::Temperror => SpfFlaw::Unanswered,
            Verdict::Permerror if record != Record::Txt => SpfFlaw::TooMany,
            Verdict::Permerror => match evidence.spf(name) {
                Ok(_) => SpfFlaw::TooMany,
                Err(Error::Dns(DnsError::RecordNotFound(_) | DnsError::InvalidRecordType)) => {
                    SpfFlaw::NoInclude
                }
                Err(_) if several() => SpfFlaw::Several,
                Err(_) => SpfFlaw::Syntax,
            },
            _ => return (None, String::new()),
        };
        let about = if why == SpfFlaw::TooMany { domain } else { name };
        (Some(why), about.trim_end_matches('.').to_owned())
    }

    /// The term that decided, and where it leads into another record, the one there.
    async fn terms(&self, asked: Asked<'_>) -> Vec<Term> {
        let mut out = Vec::new();
        let mut domain = asked.domain.to_owned();
        for _ in 0..DEPTH {
            let Ok(record) = self.library.evidence.spf(&domain) else { break };
            let here = Asked { domain: &domain, ..asked };
            let mut decided = None;
            for (at, directive) in record.directives.iter().enumerate() {
                if self.lets_pass(here, at).await {
                    decided = Some((at, &directive.mechanism));
                    break;
                }
            }
            let (text, next) = match decided {
                Some((at, mechanism)) => {
                    let next = match mechanism {
                        Mechanism::Include { macro_string } => Some(macro_string),
                        _ => None,
                    };
                    (self.term(&domain, at), next)
                }
                None => (self.redirect(&domain), record.redirect.as_ref()),
            };
            out.extend(text.map(|text| Term { domain: domain.clone(), text }));
            let Some(next) = next else { break };
            domain = expanded(next, here);
        }
        out
    }

    /// Whether the term at `at` lets pass, if it is the only one that can.
    async fn lets_pass(&self, asked: Asked<'_>, at: usize) -> bool {
        let evidence = &self.library.evidence;
        evidence.single(Some((asked.domain.trim_end_matches('.').to_owned(), at)));
        let texts = TextsOf(evidence, Texts::Spf);
        let output = self.library.auth.check_host(texts.around(asked.params())).await;
        evidence.single(None);
        evidence.begin();
        output.result() == SpfResult::Pass
    }

    /// One of the mechanisms in a record, as it is written there.
    fn term(&self, domain: &str, at: usize) -> Option<String> {
        let text = self.record(domain)?;
        let is_mechanism = |term: &&str| {
            let name = term.trim_start_matches(['+', '-', '~', '?']);
            let name = name.split([':', '/', '=']).next().unwrap_or_default();
            MECHANISMS.iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        text.split_whitespace().skip(1).filter(is_mechanism).nth(at).map(str::to_owned)
    }

    fn redirect(&self, domain: &str) -> Option<String> {
        let text = self.record(domain)?;
        let mut terms = text.split_whitespace();
        terms.find(|term| term.to_ascii_lowercase().starts_with("redirect=")).map(str::to_owned)
    }

    /// The text of a domain's SPF record.
    fn record(&self, domain: &str) -> Option<String> {
        let answer = self.library.evidence.known(Record::Txt, domain.trim_end_matches('.'))?;
        answer.values.into_iter().find(|text| is_record(text))
    }
}

/// Whether a text is an SPF record (RFC 7208 §4.5).
fn is_record(text: &str) -> bool {
    let text = bytes(text).to_ascii_lowercase();
    text == b"v=spf1" || text.starts_with(b"v=spf1 ")
}

/// A name with its macros filled (RFC 7208 §7).
fn expanded(name: &Macro, asked: Asked<'_>) -> String {
    let mut vars = Variables::new();
    vars.set_ip(&asked.address);
    vars.set_sender(asked.sender.as_bytes());
    vars.set_domain(asked.domain.as_bytes());
    vars.set_helo_domain(asked.helo.as_bytes());
    name.eval(&vars, asked.domain, true).trim_end_matches('.').to_owned()
}

const fn verdict(result: SpfResult) -> Verdict {
    match result {
        SpfResult::Pass => Verdict::Pass,
        SpfResult::Fail => Verdict::Fail,
        SpfResult::SoftFail => Verdict::Softfail,
        SpfResult::Neutral => Verdict::Neutral,
        SpfResult::TempError => Verdict::Temperror,
        SpfResult::PermError => Verdict::Permerror,
        SpfResult::None => Verdict::None,
    }
}
