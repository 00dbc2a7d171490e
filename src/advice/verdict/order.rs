//! Whether a command can be said now: what must come before it, and what the server offers
//! (RFC 5321 §4.1.4).

use std::collections::HashSet;

use crate::session::{Dialogue, Fate, Phase, Transaction};
use crate::smtp::path::Path;
use crate::smtp::verb::Verb;

use super::super::fault::Fault;
use super::super::rule::Rule;
use crate::smtp::Span;

/// Why `verb` cannot be said now. Where the dialogue names an oddity itself, nothing is added.
pub(super) fn fault(seen: &Dialogue, verb: &Verb) -> Option<Fault> {
    let rule = |rule: Rule| Some(rule.at(Span::default()));
    let by_phase = match seen.phase() {
        Phase::Offline | Phase::Closed => rule(Rule::Closed),
        Phase::Refused if *verb != Verb::Quit => rule(Rule::OnlyQuit),
        Phase::Closing => rule(Rule::Goodbye),
        _ => None,
    };
    by_phase
        .or_else(|| not_offered(seen, verb))
        .or_else(|| rule(broken(seen, verb)?))
        .or_else(|| beyond_limit(seen, verb))
}

/// A number of commands beyond what the server says it takes (RFC 9422 §4). Failed ones count.
fn beyond_limit(seen: &Dialogue, verb: &Verb) -> Option<Fault> {
    let said = seen.envelope();
    let (name, number) = match verb {
        Verb::Mail => {
            let here = |t: &&Transaction| {
                let exchange = seen.exchanges().get(t.exchange);
                exchange.is_some_and(|e| e.connection == seen.connection())
            };
            ("MAILMAX", said.transactions.iter().rev().take_while(here).count())
        }
        Verb::Rcpt => ("RCPTMAX", said.open()?.recipients.len()),
        _ => return None,
    };
    let limit = seen.capabilities()?.limit(name).filter(|limit| number >= *limit)?;
    let fault = Rule::Limit.at(Span::default()).with("name", name);
    Some(fault.with("limit", limit.to_string()))
}

/// A recipient of one domain more than the server says it takes in a session (RFC 9422 §4.3). Who was
/// not accepted counts.
pub(super) fn beyond_domains(seen: &Dialogue, path: &Path) -> Option<Fault> {
    let limit = seen.capabilities()?.limit("RCPTDOMAINMAX")?;
    let domain = |path: &Path| path.domain.as_deref().map(str::to_lowercase);
    let new = domain(path)?;
    let here = |t: &&Transaction| {
        let exchange = seen.exchanges().get(t.exchange);
        exchange.is_some_and(|e| e.connection == seen.connection())
    };
    let known = seen.envelope().transactions.iter().rev().take_while(here);
    let known: HashSet<_> =
        known.flat_map(|t| &t.recipients).filter_map(|recipient| domain(&recipient.path)).collect();
    let fault = Rule::Limit.at(Span::default()).by("RFC 9422 §4.3").with("name", "RCPTDOMAINMAX");
    (known.len() >= limit && !known.contains(&new)).then(|| fault.with("limit", limit.to_string()))
}

/// The extension that a verb belongs to, if the server did not offer it.
fn not_offered(seen: &Dialogue, verb: &Verb) -> Option<Fault> {
    let keyword = match verb {
        Verb::Bdat => "CHUNKING",
        // Nobody knows whether a server that says nothing of extensions has it.
        Verb::Expn if seen.capabilities().is_none() => return None,
        // Offered in clear text, forbidden under TLS (RFC 3207 §4.2).
        Verb::Starttls if seen.is_secured() => return None,
        Verb::Starttls | Verb::Auth | Verb::Expn | Verb::Etrn | Verb::Atrn | Verb::Burl => {
            verb.as_str()
        }
        Verb::Xclient | Verb::Xforward => verb.as_str(),
        _ => return None,
    };
    (!seen.offers(keyword)).then(|| Rule::NotOffered.at(Span::default()).with("name", keyword))
}

/// The rule of order that `verb` breaks.
fn broken(seen: &Dialogue, verb: &Verb) -> Option<Rule> {
    let open = seen.envelope().open().filter(|t| !t.is_ending());
    match verb {
        Verb::Mail | Verb::Rcpt | Verb::Data if seen.phase() == Phase::Chunks => {
            Some(Rule::Chunked)
        }
        Verb::Mail => open.map(|_| Rule::InsideMail),
        Verb::Etrn | Verb::Xclient | Verb::Xforward => open.map(|_| Rule::InsideMail),
        Verb::Rcpt | Verb::Data | Verb::Bdat | Verb::Burl if open.is_none() => Some(Rule::NoMail),
        Verb::Data | Verb::Bdat | Verb::Burl if !open.is_some_and(has_recipient) => {
            Some(Rule::NoRecipient)
        }
        Verb::Data if open.is_some_and(|t| t.message.is_some()) => Some(Rule::Chunked),
        Verb::Data if open.is_some_and(is_binary) => Some(Rule::Binary),
        Verb::Starttls if seen.is_secured() => Some(Rule::TlsAlready),
        Verb::Auth if seen.is_authenticated() => Some(Rule::LoginOnce),
        Verb::Auth if open.is_some() => Some(Rule::LoginInside),
        Verb::Lhlo if !seen.expects_lmtp() => Some(Rule::Lmtp),
        Verb::Turn | Verb::Send | Verb::Soml | Verb::Saml if !seen.offers(verb.as_str()) => {
            Some(Rule::Historic)
        }
        _ => None,
    }
}

/// Whether the message may hold any octet, which only chunks carry (RFC 3030 §3).
pub(in super::super) fn is_binary(transaction: &Transaction) -> bool {
    transaction.param("BODY").is_some_and(|body| body.eq_ignore_ascii_case("BINARYMIME"))
}

/// Whether a recipient was accepted, or may still be.
fn has_recipient(transaction: &Transaction) -> bool {
    let hopeful = |fate| matches!(fate, Fate::Accepted | Fate::Waiting);
    transaction.recipients.iter().any(|recipient| hopeful(recipient.fate))
}
