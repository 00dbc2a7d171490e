//! The way to a server in words: look-ups, addresses that were tried, what a program said beside.

use std::time::Duration;

use crate::journal::facts::{DialReason, NameKind, NameProblem};
use crate::journal::{Attempt, DialFailure, Endpoints, NameFacts};
use crate::knowledge::{self, Lang};
use crate::session::timing;
use crate::smtp::domain;
use crate::smtp::proxy::{Ends, Header, Version};
use crate::smtp::target::{Target, TargetError};

use super::theme::Role;
use super::token::{own_visible, visible};

/// A target as it was written, and the name that was asked for in its place.
fn named(target: &str) -> String {
    let read = Target::read(target).ok();
    let ascii = read.as_ref().and_then(Target::host).and_then(domain::to_ascii);
    let written = own_visible(target);
    ascii.map_or_else(|| written.clone(), |ascii| format!("{written} = {ascii}"))
}

/// Why what somebody typed is no target.
pub fn no_target(error: &TargetError, lang: Lang) -> String {
    let TargetError::Malformed(text) = error;
    knowledge::fill(lang, "reach.no-target", &[("text", &own_visible(text))])
}

/// That there is a connection, in one line.
pub(super) fn opened(endpoints: &Endpoints, lang: Lang) -> (Role, String) {
    let seen = |text: &Option<String>| visible(text.as_deref().unwrap_or_default().as_bytes());
    let (remote, host) = (seen(&endpoints.remote), seen(&endpoints.host));
    let key = match Target::read(&endpoints.target) {
        Ok(Target::Pipe { .. }) => "notice.opened.pipe",
        _ if endpoints.via.is_some() => "notice.opened.via",
        _ if remote.is_empty() => "notice.opened.unknown",
        _ if !host.is_empty() => "notice.opened.mx",
        // Nobody was called: who is there has come.
        _ if endpoints.target.is_empty() => "notice.opened.with",
        _ => "notice.opened",
    };
    let target =
        if endpoints.target.is_empty() { remote.clone() } else { named(&endpoints.target) };
    let via = seen(&endpoints.via);
    let values = [("target", &*target), ("remote", &remote), ("host", &host), ("via", &via)];
    (Role::Notice, knowledge::fill(lang, key, &values))
}

/// Why there is none, in one line.
pub(super) fn not_opened(failure: &DialFailure, lang: Lang) -> (Role, String) {
    let key = match failure.reason {
        DialReason::Refused => "notice.refused",
        DialReason::UnknownName => "notice.unknown-name",
        DialReason::NoFamily => "notice.no-family",
        DialReason::NoNameServer => "notice.no-name-server",
        DialReason::NullMx => "notice.null-mx",
        DialReason::NoSuchHost => "notice.no-such-host",
        DialReason::Source => "notice.source",
        DialReason::Proxy => "notice.proxy",
        DialReason::TimedOut => "notice.no-answer",
        DialReason::Unreachable => "notice.unreachable",
        DialReason::Stopped => "notice.stopped",
        DialReason::Overtaken | DialReason::LeftOut | DialReason::Other => "notice.not-opened",
    };
    let (target, detail) = (named(&failure.target), visible(failure.detail.as_bytes()));
    let target = match failure.at.as_deref().map(|at| visible(at.as_bytes())) {
        None => target,
        Some(at) => {
            let key = if at.contains("://") { "reach.at.proxy" } else { "reach.at.host" };
            knowledge::fill(lang, key, &[("at", &at), ("target", &target)])
        }
    };
    let values = [("target", target.as_str()), ("detail", detail.as_str())];
    (Role::Bad, knowledge::fill(lang, key, &values))
}

/// What a look-up brought, in one line.
pub(super) fn looked_up(facts: &NameFacts, lang: Lang) -> (Role, String) {
    let beside = facts.kind.is_beside();
    let (role, key) = match (facts.problem, facts.kind) {
        (None, NameKind::Reverse) => (Role::Notice, "who.looked-up.reverse"),
        (None, NameKind::Addresses | NameKind::Forward) => (Role::Notice, "reach.addresses"),
        (None, NameKind::Sts | NameKind::Tlsa) => (Role::Notice, "who.looked-up.record"),
        (None, NameKind::Mx) if is_null(facts) => (Role::Bad, "reach.null-mx"),
        (None, NameKind::Mx) => (Role::Notice, "reach.mx"),
        (Some(problem), NameKind::Reverse) if problem.is_absence() => {
            (Role::Notice, "who.looked-up.no-name")
        }
        (Some(problem), NameKind::Sts | NameKind::Tlsa) if problem.is_absence() => {
            (Role::Notice, "who.looked-up.no-record")
        }
        (Some(NameProblem::NoRecord), NameKind::Mx) => (Role::Notice, "reach.no-mx"),
        (Some(NameProblem::NoRecord), _) if facts.by.is_empty() => {
            (Role::Bad, "reach.no-record.system")
        }
        (Some(NameProblem::NoRecord), _) => (Role::Bad, "reach.no-record"),
        (Some(NameProblem::NoSuchName), _) => (Role::Bad, "reach.no-such-name"),
        (Some(NameProblem::ServerFailed), _) => (Role::Bad, "reach.server-failed"),
        (Some(NameProblem::ServerRefused), _) => (Role::Bad, "reach.server-refused"),
        (Some(NameProblem::TimedOut), _) => (Role::Bad, "reach.name-timed-out"),
        (Some(NameProblem::Other), _) => (Role::Bad, "reach.name-other"),
    };
    let seen = |text: &String| visible(text.as_bytes());
    let by = match facts.by.as_str() {
        "" => knowledge::word(lang, "reach.system").to_owned(),
        _ => seen(&facts.by),
    };
    let answers = facts.answers.iter().map(seen).collect::<Vec<_>>();
    let answers = answers.join(knowledge::word(lang, "comma"));
    let (name, detail, took) = (seen(&facts.name), seen(&facts.detail), time(facts.took));
    let kind = if facts.kind == NameKind::Sts { "TXT" } else { "TLSA" }.to_owned();
    let values = [
        ("name", &name),
        ("answers", &answers),
        ("by", &by),
        ("took", &took),
        ("detail", &detail),
        ("kind", &kind),
    ];
    // What is told of a server beside the talk does not hinder it.
    let role = if beside && role == Role::Bad { Role::Warn } else { role };
    (role, knowledge::fill(lang, key, &values.map(|(name, value)| (name, value.as_str()))))
}

/// A domain that takes no mail (RFC 7505 §3).
fn is_null(facts: &NameFacts) -> bool {
    facts.kind == NameKind::Mx && matches!(facts.answers.as_slice(), [one] if one.ends_with(" ."))
}

/// What became of an address, in one line.
pub(super) fn tried(attempt: &Attempt, lang: Lang) -> (Role, String) {
    let (role, key) = match attempt.reason {
        DialReason::Refused => (Role::Bad, "reach.tried.refused"),
        DialReason::TimedOut => (Role::Bad, "reach.tried.timed-out"),
        DialReason::Unreachable => (Role::Bad, "reach.tried.unreachable"),
        DialReason::Overtaken => (Role::Notice, "reach.tried.overtaken"),
        DialReason::Source => (Role::Bad, "reach.tried.source"),
        DialReason::Proxy => (Role::Bad, "reach.tried.proxy"),
        DialReason::LeftOut => (Role::Bad, "reach.tried.left-out"),
        _ => (Role::Bad, "reach.tried.other"),
    };
    let seen = |text: &str| visible(text.as_bytes());
    let values = [
        ("address", seen(&attempt.address)),
        ("detail", seen(&attempt.detail)),
        ("took", time(attempt.took)),
    ];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    (role, knowledge::fill(lang, key, &values))
}

/// What was sent before anything else, in one line.
pub(super) fn prefaced(bytes: &[u8], lang: Lang) -> (Role, String) {
    let header = Header::read(bytes);
    let name = match header.map(|header| (header.version, header.ends)) {
        Some((Version::V1, Some(Ends::V4(..)))) => "PROXY v1 TCP4",
        Some((Version::V1, Some(Ends::V6(..)))) => "PROXY v1 TCP6",
        Some((Version::V1, None)) => "PROXY v1 UNKNOWN",
        Some((Version::V2, Some(Ends::V4(..)))) => "PROXY v2 IPv4",
        Some((Version::V2, Some(Ends::V6(..)))) => "PROXY v2 IPv6",
        Some((Version::V2, None)) => "PROXY v2 LOCAL",
        None => "",
    };
    let ends = header.and_then(|header| header.ends).map(|ends| match ends {
        Ends::V4(from, to) => [from, to].map(|(address, port)| format!("{address}:{port}")),
        Ends::V6(from, to) => [from, to].map(|(address, port)| format!("[{address}]:{port}")),
    });
    let (key, text) = match &ends {
        _ if header.is_none() => ("reach.prefaced.raw", visible(bytes)),
        Some([from, to]) => ("reach.prefaced.ends", format!("{from} \u{2192} {to}")),
        None => ("reach.prefaced", String::new()),
    };
    let size = bytes.len().to_string();
    let values = [("name", name), ("text", &text), ("n", &size)];
    (Role::Notice, knowledge::fill(lang, key, &values))
}

/// What a program said on its standard error, in one line; line ends are visible.
pub(super) fn said(text: &[u8], lang: Lang) -> (Role, String) {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    (Role::Notice, knowledge::fill(lang, "reach.said", &[("text", &visible(text))]))
}

/// How a program ended.
pub(super) fn exited(how: &str, lang: Lang) -> (Role, String) {
    (Role::Notice, knowledge::fill(lang, "reach.exited", &[("how", &visible(how.as_bytes()))]))
}

fn time(micros: u64) -> String {
    timing::in_words(Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_shown_with_the_name_that_was_asked_for() {
        for (target, shown) in [
            ("mx.example.net:25", "mx.example.net:25"),
            ("m\u{fc}ller.example:25", "m\u{fc}ller.example:25 = xn--mller-kva.example"),
            ("smtps://m\u{fc}ller.example", "smtps://m\u{fc}ller.example = xn--mller-kva.example"),
            ("unix:/run/m\u{fc}ller", "unix:/run/m\u{fc}ller"),
            ("practice", "practice"),
            ("pipe:printf '220\\r\\n\u{1b}'", "pipe:printf '220\\r\\n\\x1b'"),
        ] {
            assert_eq!(named(target), shown);
        }
    }

    #[test]
    fn what_is_no_target_is_said_as_on_the_command_line() {
        for typed in ["a b", "host:25:587", "practice:"] {
            let error = Target::read(typed).unwrap_err();
            assert_eq!(no_target(&error, Lang::En), error.to_string());
            assert!(no_target(&error, Lang::Ja).contains(typed));
        }
    }

    #[test]
    fn what_was_called_off_is_said_in_the_language_of_the_person() {
        let failure = |reason, at: Option<&str>| DialFailure {
            target: "mx:example.net".to_owned(),
            reason,
            at: at.map(str::to_owned),
            detail: String::new(),
            took: None,
        };
        let stopped = failure(DialReason::Stopped, None);
        assert_eq!(not_opened(&stopped, Lang::Ja).1, "mx:example.net への接続を中止しました");
        let refused = failure(DialReason::Refused, Some("mx.example.net"));
        let said = not_opened(&refused, Lang::Ja).1;
        assert!(said.contains("mx:example.net の mx.example.net では"), "{said}");
    }
}
