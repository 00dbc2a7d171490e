//! What TLS is, and what certificates say, in words.

use jiff::Timestamp;

use crate::journal::facts::{AskedCertificate, Certificate, CertificateFault, TlsReason};
use crate::journal::{TlsFacts, TlsFailure};
use crate::knowledge::{self, Lang};
use crate::smtp::sasl;

use super::article::Paragraph;
use super::theme::Role;
use super::token::visible;

/// How many names of a certificate stand in a sentence.
const NAMES: usize = 5;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// That TLS began, in one line.
pub fn secured(facts: &TlsFacts, lang: Lang) -> (Role, String) {
    let layer = layer(facts);
    if layer.is_empty() {
        return (Role::Good, knowledge::word(lang, "notice.secured").to_owned());
    }
    let fill = |key, values: &[(&str, &str)]| knowledge::fill(lang, key, values);
    match &facts.verdict {
        None => (Role::Good, fill("tls.begun", &[("layer", &layer)])),
        Some(verdict) if verdict.faults.is_empty() && verdict.name.is_empty() => {
            (Role::Good, fill("tls.begun.client", &[("layer", &layer)]))
        }
        Some(verdict) if verdict.faults.is_empty() => {
            let name = visible(verdict.name.as_bytes());
            (Role::Good, fill("tls.begun.trusted", &[("layer", &layer), ("name", &name)]))
        }
        Some(verdict) => {
            let faults = faults(&verdict.faults, lang);
            (Role::Bad, fill("tls.begun.untrusted", &[("layer", &layer), ("faults", &faults)]))
        }
    }
}

/// Version, cipher suite and group.
fn layer(facts: &TlsFacts) -> String {
    let parts = [&facts.version, &facts.cipher, &facts.group];
    parts.into_iter().flatten().map(|part| visible(part.as_bytes())).collect::<Vec<_>>().join(", ")
}

/// Why TLS did not begin, in one line.
pub fn not_secured(failure: &TlsFailure, lang: Lang) -> (Role, String) {
    let detail = match failure.reason {
        TlsReason::Certificate if !failure.facts.faults().is_empty() => {
            refused(&failure.facts, lang)
        }
        TlsReason::Alert => alert(&failure.detail, lang),
        _ => visible(failure.detail.as_bytes()),
    };
    let verdict = failure.facts.verdict.as_ref();
    let name =
        verdict.map(|verdict| visible(verdict.name.as_bytes())).filter(|name| !name.is_empty());
    let key = match failure.reason {
        TlsReason::Certificate if name.is_some() => "tls.failed.certificate.for",
        TlsReason::Certificate => "tls.failed.certificate",
        TlsReason::Alert => "tls.failed.alert",
        TlsReason::ClearText => "tls.failed.clear-text",
        TlsReason::OldVersion if failure.detail.is_empty() => "tls.failed.other-version",
        TlsReason::OldVersion => "tls.failed.old-version",
        TlsReason::PlainPort => "tls.failed.plain-port",
        TlsReason::Silent => "tls.failed.silent",
        TlsReason::Unanswered => "tls.failed.unanswered",
        TlsReason::TimedOut => "tls.failed.timed-out",
        TlsReason::Closed => "tls.failed.closed",
        TlsReason::Stopped => "tls.failed.stopped",
        TlsReason::Other => "tls.failed.other",
    };
    let name = name.unwrap_or_default();
    let mut told = knowledge::fill(lang, key, &[("detail", &detail), ("name", &name)]);
    let asked = failure.facts.asked.as_ref().is_some_and(|asked| asked.shown.is_none());
    if asked && failure.reason == TlsReason::Alert && may_miss_certificate(&failure.detail) {
        told += knowledge::word(lang, "tls.failed.unshown");
    }
    (Role::Bad, told)
}

/// What is wrong with a certificate, and for which names it is where that is the matter.
fn refused(facts: &TlsFacts, lang: Lang) -> String {
    let faults = faults(facts.faults(), lang);
    let wrong = facts.faults().contains(&CertificateFault::WrongName);
    let names = facts.chain.first().filter(|_| wrong).map(|own| names(own, NAMES));
    match names.filter(|names| !names.is_empty()) {
        Some(names) => {
            let values = [("faults", faults.as_str()), ("names", names.as_str())];
            knowledge::fill(lang, "tls.failed.certificate.names", &values)
        }
        None => faults,
    }
}

/// The first names that a certificate is for.
fn names(certificate: &Certificate, most: usize) -> String {
    let seen = certificate.names.iter().take(most).map(|name| visible(name.as_bytes()));
    let more = (certificate.names.len() > most).then(|| "\u{2026}".to_owned());
    seen.chain(more).collect::<Vec<_>>().join(", ")
}

/// Whether an alert may be about a client's certificate that was not shown; only the newest version
/// of TLS has one for that alone (RFC 8446 §6.2).
fn may_miss_certificate(alert: &str) -> bool {
    let names = ["certificate_required", "handshake_failure", "bad_certificate", "access_denied"];
    names.contains(&alert)
}

/// An alert of the peer by its name, and what it means where that is known (RFC 8446 §6.2).
fn alert(name: &str, lang: Lang) -> String {
    let key = match name {
        "handshake_failure" | "insufficient_security" => "tls.alert.nothing-in-common",
        "unknown_ca" => "tls.alert.unknown-ca",
        "bad_certificate" | "certificate_unknown" | "unsupported_certificate" => {
            "tls.alert.bad-certificate"
        }
        "certificate_expired" => "tls.alert.expired",
        "certificate_required" => "tls.alert.certificate-required",
        "access_denied" => "tls.alert.access-denied",
        "unrecognized_name" | "unrecognised_name" => "tls.alert.unrecognized-name",
        "decrypt_error" | "bad_record_mac" | "decode_error" | "illegal_parameter" => {
            "tls.alert.damaged"
        }
        "internal_error" => "tls.alert.internal-error",
        "no_application_protocol" => "tls.alert.no-protocol",
        _ => return visible(name.as_bytes()),
    };
    let means = knowledge::word(lang, key);
    knowledge::fill(lang, "tls.alert", &[("name", &visible(name.as_bytes())), ("means", means)])
}

/// What is wrong with a chain, one behind the other.
pub fn faults(faults: &[CertificateFault], lang: Lang) -> String {
    let all: Vec<_> = faults.iter().map(|fault| self::fault(fault, lang)).collect();
    all.join(knowledge::word(lang, "comma"))
}

fn fault(fault: &CertificateFault, lang: Lang) -> String {
    let key = match fault {
        CertificateFault::Expired => "tls.fault.expired",
        CertificateFault::NotYetValid => "tls.fault.not-yet-valid",
        CertificateFault::WrongName => "tls.fault.wrong-name",
        CertificateFault::SelfSigned => "tls.fault.self-signed",
        CertificateFault::IncompleteChain => "tls.fault.incomplete-chain",
        CertificateFault::UnknownIssuer => "tls.fault.unknown-issuer",
        CertificateFault::NoRoots => "tls.fault.no-roots",
        CertificateFault::WeakKey(bits) => {
            let bits = bits.to_string();
            return knowledge::fill(lang, "tls.fault.weak-key", &[("bits", &bits)]);
        }
        CertificateFault::Other(why) => return visible(why.as_bytes()),
    };
    knowledge::word(lang, key).to_owned()
}

/// All that is known about a layer: how it began, each certificate, and what they are worth.
pub fn paragraphs(facts: &TlsFacts, lang: Lang) -> Vec<Paragraph> {
    let titled = |key, text: String| Paragraph::new(Role::Title, knowledge::word(lang, key), text);
    let optional = |key, text: &Option<String>| {
        text.as_ref().map(|text| titled(key, visible(text.as_bytes())))
    };
    let mut all: Vec<Paragraph> = verdict(facts, lang).into_iter().collect();
    all.extend(optional("tls.version", &facts.version));
    all.extend(optional("tls.cipher", &facts.cipher));
    all.extend(optional("tls.group", &facts.group));
    if !facts.is_empty() {
        let none = |key| knowledge::word(lang, key).to_owned();
        let sni = facts.sni.as_ref().map(|sni| visible(sni.as_bytes()));
        all.push(titled("tls.sni", sni.unwrap_or_else(|| none("tls.none"))));
        let alpn = facts.alpn.as_ref().map(|alpn| visible(alpn.as_bytes()));
        all.push(titled("tls.alpn", alpn.unwrap_or_else(|| none("tls.none"))));
    }
    all.extend(handshake(facts, lang).map(|text| titled("tls.handshake", text)));
    all.extend(facts.asked.as_ref().map(|asked| titled("tls.asked", asked_for(asked, lang))));
    all.extend(facts.binding.as_ref().map(|binding| {
        titled("tls.binding", format!("{} {}", binding.kind, sasl::encode(&binding.data)))
    }));
    let at = facts.verdict.as_ref().map(|verdict| verdict.at);
    for (number, certificate) in facts.chain.iter().enumerate() {
        all.extend(described(number + 1, certificate, at, lang));
    }
    all
}

fn verdict(facts: &TlsFacts, lang: Lang) -> Option<Paragraph> {
    let verdict = facts.verdict.as_ref()?;
    let name = visible(verdict.name.as_bytes());
    // A client's certificate is for no name.
    let (role, key, faults) = match (verdict.faults.as_slice(), verdict.name.is_empty()) {
        ([], true) => (Role::Good, "tls.client.trusted", String::new()),
        ([], false) => (Role::Good, "tls.trusted", String::new()),
        (some, true) => (Role::Bad, "tls.client.untrusted", faults(some, lang)),
        (some, false) => (Role::Bad, "tls.untrusted", faults(some, lang)),
    };
    let text = knowledge::fill(lang, key, &[("name", &name), ("faults", &faults)]);
    Some(Paragraph::line(role, text))
}

/// What the server said when it wanted to see a certificate, and what it saw.
fn asked_for(asked: &AskedCertificate, lang: Lang) -> String {
    let shown = match &asked.shown {
        Some(subject) => {
            let subject = visible(subject.as_bytes());
            knowledge::fill(lang, "tls.asked.shown", &[("subject", &subject)])
        }
        None => knowledge::word(lang, "tls.asked.nothing").to_owned(),
    };
    let authorities: Vec<_> = asked.authorities.iter().map(|a| visible(a.as_bytes())).collect();
    if authorities.is_empty() {
        return shown;
    }
    let values = [("shown", shown.as_str()), ("authorities", &authorities.join("; "))];
    knowledge::fill(lang, "tls.asked.by", &values)
}

fn handshake(facts: &TlsFacts, lang: Lang) -> Option<String> {
    let key = match facts.handshake.as_deref()? {
        "full" => "tls.handshake.full",
        "full-with-retry" => "tls.handshake.retry",
        "resumed" => "tls.handshake.resumed",
        _ => "tls.none",
    };
    let millis = facts.took.unwrap_or_default() / 100;
    let took = format!("{}.{} ms", millis / 10, millis % 10);
    Some(knowledge::fill(
        lang,
        "tls.handshake.took",
        &[("kind", knowledge::word(lang, key)), ("took", &took)],
    ))
}

fn described(
    number: usize,
    certificate: &Certificate,
    at: Option<i64>,
    lang: Lang,
) -> Vec<Paragraph> {
    let n = number.to_string();
    let title = |key| knowledge::fill(lang, key, &[("n", &n)]);
    let seen = |text: &str| visible(text.as_bytes());
    let line = |key, values: &[(&str, &str)]| {
        Paragraph::line(Role::Text, format!("  {}", knowledge::fill(lang, key, values)))
    };
    let names = certificate.names.iter().map(|name| seen(name)).collect::<Vec<_>>().join(", ");
    let mut all = vec![
        Paragraph::new(Role::Title, title("tls.certificate"), named(&certificate.subject, lang)),
        line("tls.certificate.names", &[("names", &names)]),
        line("tls.certificate.issuer", &[("issuer", &seen(&certificate.issuer))]),
        validity(certificate, at, lang),
        line(
            "tls.certificate.key",
            &[("key", &seen(&certificate.key)), ("signature", &seen(&certificate.signature))],
        ),
        line("tls.certificate.serial", &[("serial", &seen(&certificate.serial))]),
        line("tls.certificate.sha256", &[("print", &certificate.sha256)]),
        line("tls.certificate.sha1", &[("print", &certificate.sha1)]),
    ];
    if names.is_empty() {
        all.remove(1);
    }
    all
}

/// What the server's own certificate says of itself, in one sentence.
pub fn own_certificate(facts: &TlsFacts, lang: Lang) -> Option<String> {
    let own = facts.chain.first()?;
    let seen = |text: &str| visible(text.as_bytes());
    let names = own.names.iter().map(|name| seen(name)).collect::<Vec<_>>().join(", ");
    let names = if names.is_empty() { named(&own.subject, lang) } else { names };
    let (issuer, from, until) = (named(&own.issuer, lang), day(own.from), day(own.until));
    let values = [("names", &names), ("issuer", &issuer), ("from", &from), ("until", &until)];
    let values = values.map(|(name, value)| (name, value.as_str()));
    Some(knowledge::fill(lang, "question.certificate.own", &values))
}

/// Somebody in a certificate, who may have no name.
fn named(name: &str, lang: Lang) -> String {
    if name.is_empty() {
        knowledge::word(lang, "tls.none").to_owned()
    } else {
        visible(name.as_bytes())
    }
}

fn day(seconds: i64) -> String {
    let (first, last) = (Timestamp::MIN.as_second(), Timestamp::MAX.as_second());
    let moment = Timestamp::from_second(seconds.clamp(first, last)).ok();
    moment.map_or_else(|| seconds.to_string(), |moment| moment.strftime("%Y-%m-%d").to_string())
}

/// From when until when it counts, and how many days are left.
fn validity(certificate: &Certificate, at: Option<i64>, lang: Lang) -> Paragraph {
    let (from, until) = (day(certificate.from), day(certificate.until));
    let days_to = |moment: i64| at.map(|at| moment.saturating_sub(at).div_euclid(DAY));
    let (role, key, days) = match (days_to(certificate.from), days_to(certificate.until)) {
        (_, Some(left @ ..0)) => (Role::Bad, "tls.certificate.over", left),
        (Some(early @ 0..), _) => (Role::Bad, "tls.certificate.early", early),
        (_, Some(left)) => (Role::Text, "tls.certificate.left", left),
        (_, None) => (Role::Text, "tls.certificate.valid", 0),
    };
    let days = days.unsigned_abs().to_string();
    let values = [("from", from.as_str()), ("until", until.as_str()), ("days", days.as_str())];
    Paragraph::line(role, format!("  {}", knowledge::fill(lang, key, &values)))
}
