//! XCLIENT and XFORWARD: what is said of another client.

use std::fmt::Write as _;

use bytes::Bytes;

use crate::session::{Dialogue, Exchange};
use crate::smtp::code::Code;
use crate::smtp::verb::Verb;
use crate::smtp::xtext;

use super::stage::Stage;
use super::{Encryption, Failure, Order, Submission, Why, is_introduced, is_refusal, layer};

/// One command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pose {
    line: String,
    /// The attributes that have to be offered.
    names: Vec<String>,
}

impl Pose {
    /// Reads `NAME=value NAME=value`, where a value can have blanks in it and is written as xtext
    /// (RFC 3461 §4); what begins with `@@` stays as it is, and is not compared with any offer.
    /// `None` if there is no attribute in it.
    pub fn read(verb: &Verb, text: &str) -> Option<Self> {
        if let Some(raw) = text.strip_prefix("@@") {
            return Some(Self { line: format!("{verb} {raw}"), names: Vec::new() });
        }
        let mut attributes: Vec<(&str, String)> = Vec::new();
        for word in text.trim().split(' ') {
            let is_name = |name: &str| {
                let letter = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
                !name.is_empty() && name.bytes().all(letter)
            };
            match word.split_once('=').filter(|(name, _)| is_name(name)) {
                Some((name, value)) => attributes.push((name, value.to_owned())),
                None => attributes.last_mut()?.1.extend([" ", word]),
            }
        }
        let mut line = verb.to_string();
        for (name, value) in &attributes {
            let _ = write!(line, " {name}={}", xtext::encode(value));
        }
        let names = attributes.iter().map(|(name, _)| name.to_ascii_uppercase()).collect();
        Some(Self { line, names })
    }

    /// The attributes that are not offered.
    fn missing(&self, seen: &Dialogue, verb: &Verb) -> impl Iterator<Item = &str> {
        let offered = seen.capabilities().and_then(|c| c.find(verb.as_str()));
        let lacks = move |name: &&str| !offered.is_some_and(|keyword| keyword.lists(name));
        self.names.iter().map(String::as_str).filter(lacks)
    }

    fn is_offered(&self, seen: &Dialogue, verb: &Verb) -> bool {
        self.missing(seen, verb).next().is_none()
    }
}

/// What may stand against it without an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tolerance {
    /// Nothing.
    #[default]
    Nothing,
    /// That it is not offered.
    NotOffered,
    /// That it is not offered, or refused.
    Refused,
}

/// What is said of another client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Posing {
    /// The commands of XCLIENT; behind each that makes the server greet anew stands another EHLO.
    pub xclient: Vec<Pose>,
    /// Those of XFORWARD, before MAIL.
    pub xforward: Vec<Pose>,
    /// Whether what is not offered is said, too.
    pub anyway: bool,
    /// What does not end it.
    pub tolerance: Tolerance,
    /// Whether XCLIENT stands before STARTTLS.
    pub before_tls: bool,
}

impl Posing {
    fn of(&self, verb: &Verb) -> &[Pose] {
        if *verb == Verb::Xclient { &self.xclient } else { &self.xforward }
    }
}

impl Order {
    /// How many times a command of this kind is said.
    pub(super) fn poses(&self, verb: &Verb) -> usize {
        self.posing.of(verb).len()
    }

    /// Everything that has to be offered for what is said by `verb`.
    pub(super) fn posed_names(&self, verb: &Verb) -> String {
        let names = self.posing.of(verb).iter().flat_map(|pose| &pose.names);
        names.flat_map(|name| [" ", name]).collect()
    }
}

impl Submission {
    /// The next command of this kind, if one is left that can be said.
    pub(super) fn pose(&self, seen: &Dialogue, verb: &Verb) -> Option<Bytes> {
        let pose = self.next_pose(seen, verb)?;
        let can = self.order.posing.anyway || pose.is_offered(seen, verb);
        can.then(|| Bytes::from(format!("{}\r\n", pose.line)))
    }

    /// None is left where one was refused and that is tolerated.
    fn next_pose(&self, seen: &Dialogue, verb: &Verb) -> Option<&Pose> {
        let refused = |(_, e): (usize, &Exchange)| e.verb() == Some(verb) && is_refusal(e);
        let pose = self.order.posing.of(verb).get(seen.said(verb))?;
        (!seen.setbacks().any(refused)).then_some(pose)
    }

    /// The attributes of the command that could not be said, since they are not offered.
    pub fn missing_attributes<'a>(
        &'a self,
        seen: &Dialogue,
        keyword: &str,
    ) -> impl Iterator<Item = &'a str> {
        let verb = [Verb::Xclient, Verb::Xforward].into_iter().find(|v| v.as_str() == keyword);
        let pose = verb.and_then(|verb| Some((self.next_pose(seen, &verb)?, verb)));
        let missing = pose.map(|(pose, verb)| pose.missing(seen, &verb).collect::<Vec<_>>());
        missing.into_iter().flatten()
    }

    /// Whether it is time for XCLIENT.
    pub(super) fn poses_now(&self, seen: &Dialogue) -> bool {
        if self.order.posing.before_tls { !seen.is_secured() } else { !self.still_secures(seen) }
    }

    /// What was to be said of another client is not offered.
    pub(super) fn lacks_posing(&self, seen: &Dialogue) -> Option<Failure> {
        let posing = &self.order.posing;
        if posing.anyway || posing.tolerance >= Tolerance::NotOffered || !is_introduced(seen) {
            return None;
        }
        let lacks = |verb: &Verb| {
            self.next_pose(seen, verb).is_some_and(|pose| !pose.is_offered(seen, verb))
        };
        if self.poses_now(seen) && lacks(&Verb::Xclient) {
            let stage = self.posing_stage(seen.is_secured());
            return Some(Failure::new(stage, Why::NotOffered("XCLIENT")));
        }
        let forwards = !self.still_secures(seen) && seen.said(&Verb::Mail) == 0;
        let lacks = forwards && lacks(&Verb::Xforward);
        lacks.then_some(Failure::new(Stage::Xforward, Why::NotOffered("XFORWARD")))
    }

    /// The stage of XCLIENT.
    pub(super) const fn posing_stage(&self, secured: bool) -> Stage {
        if self.order.posing.before_tls && !secured { Stage::EarlyXclient } else { Stage::Xclient }
    }

    /// The stage of an EHLO, inside of TLS or not, behind XCLIENT or not.
    pub(super) fn introduction_stage(&self, secured: bool, posed: bool) -> Stage {
        let early = self.order.posing.before_tls && !secured;
        let first = early || (self.order.tls != Encryption::Never && !secured);
        match (posed, early, first) {
            (true, true, _) => Stage::EarlyXclientEhlo,
            (true, false, _) => Stage::XclientEhlo,
            (false, _, true) => Stage::FirstEhlo,
            (false, _, false) => Stage::Ehlo,
        }
    }
}

/// Whether the server greeted anew in answer to XCLIENT.
pub(super) fn greets_anew(exchange: &Exchange) -> bool {
    exchange.verb() == Some(&Verb::Xclient)
        && exchange.reply.as_ref().is_some_and(|reply| reply.is(Code::READY))
}

/// Whether it did on this layer of the connection.
pub(super) fn is_posed(seen: &Dialogue) -> bool {
    layer(seen).any(|(_, exchange)| greets_anew(exchange))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_in_xtext_and_blanks_belong_to_them() {
        for (text, line, names) in [
            ("NAME=a.example ADDR=192.0.2.7", "XCLIENT NAME=a.example ADDR=192.0.2.7", 2),
            (" login=alice b+c=d  NAME=x", "XCLIENT login=alice+20b+2Bc+3Dd+20 NAME=x", 2),
            ("LOGIN=\u{e5}\u{7f}", "XCLIENT LOGIN=+C3+A5+7F", 1),
            ("NAME=[UNAVAILABLE]", "XCLIENT NAME=[UNAVAILABLE]", 1),
            ("@@name=a b=c d", "XCLIENT name=a b=c d", 0),
        ] {
            let pose = Pose::read(&Verb::Xclient, text).unwrap();
            assert_eq!((pose.line.as_str(), pose.names.len()), (line, names));
        }
        assert_eq!(Pose::read(&Verb::Xforward, "a.example"), None);
    }
}
