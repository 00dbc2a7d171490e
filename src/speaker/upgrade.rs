//! What comes before another may speak: EHLO and STARTTLS where they are wanted, and the word of
//! whoever judges the server's certificate.

use bytes::Bytes;

use crate::journal::{Ending, Moment};
use crate::session::{Dialogue, Phase};
use crate::smtp::target::Protocol;
use crate::smtp::verb::Verb;

use super::{Ends, Human, Say, Speaker};

/// A speaker that is heard once TLS is on; without a name it is heard at once.
#[derive(Clone, Debug, Default)]
pub struct Upgrade<P> {
    /// The name of this host for EHLO, if TLS is wanted.
    pub ehlo: Option<String>,
    /// Whether a certificate that cannot be trusted is no reason to be silent.
    pub trusts: bool,
    /// Who speaks then.
    pub then: P,
}

impl Upgrade<Human> {
    /// As [`Human::push`]; hanging up waits for nothing.
    pub fn push(&mut self, say: Say) -> Ends {
        let ends = self.then.push(say);
        if ends == Ends::Connection {
            (self.ehlo, self.trusts) = (None, true);
        }
        ends
    }
}

impl<P> Upgrade<P> {
    /// Whether the server is not trusted yet.
    fn doubts(&self, seen: &Dialogue) -> bool {
        !self.trusts && seen.tls().is_some_and(|tls| !tls.faults().is_empty())
    }

    /// The name for EHLO, while TLS is still to begin.
    fn begins_as(&self, seen: &Dialogue) -> Option<&str> {
        self.ehlo.as_deref().filter(|_| !seen.is_secured() && seen.phase().is_open())
    }

    /// What has to be said before TLS is on; closing where the server does not go along.
    fn before(name: &str, seen: &Dialogue) -> Say {
        let said = |verb| seen.said(verb) > 0;
        let greeting = match seen.endpoints().protocol {
            Protocol::Smtp => Verb::Ehlo,
            Protocol::Lmtp => Verb::Lhlo,
        };
        let line = match seen.phase() {
            Phase::Greeted if !said(&greeting) => Some(format!("{greeting} {name}\r\n")),
            Phase::Ready if seen.offers("STARTTLS") && !said(&Verb::Starttls) => {
                Some("STARTTLS\r\n".to_owned())
            }
            _ => None,
        };
        let say = line.map(|line| Say::Bytes(Bytes::from(line)));
        say.unwrap_or_else(|| Say::Close(Ending::Failed("STARTTLS".to_owned())))
    }
}

impl<P: Speaker> Speaker for Upgrade<P> {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        match self.begins_as(seen) {
            Some(name) => seen.awaits_client().then(|| Self::before(name, seen)),
            None if self.doubts(seen) => None,
            None => self.then.next(now, seen),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Script;
    use super::*;
    use crate::journal::facts::{CertificateFault, Verdict};
    use crate::journal::{Event, Happening, Side, TlsFacts, transcript};

    #[test]
    fn tls_comes_first_and_is_not_done_without() {
        let mut upgrade =
            Upgrade { ehlo: Some("me".to_owned()), trusts: false, then: Human::default() };
        upgrade.then.push(Say::Bytes(Bytes::from_static(b"NOOP\r\n")));
        let mut seen = Dialogue::default();
        seen.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        assert_eq!(upgrade.next(Moment(0), &seen), None);
        let mut said = Vec::new();
        for reply in ["220 mx\r\n", "250-mx\r\n250 STARTTLS\r\n"] {
            seen.apply(&Event::bytes(
                Moment(0),
                Side::Server,
                Bytes::from_static(reply.as_bytes()),
            ));
            let Some(Say::Bytes(line)) = upgrade.next(Moment(0), &seen) else { panic!("silent") };
            seen.apply(&Event::bytes(Moment(0), Side::Client, line.clone()));
            assert_eq!(upgrade.next(Moment(0), &seen), None, "it waits for the reply");
            said.push(line);
        }
        assert_eq!(said, ["EHLO me\r\n", "STARTTLS\r\n"]);
        let mut refused = seen.clone();
        refused.apply(&Event::bytes(Moment(0), Side::Server, Bytes::from_static(b"454 no\r\n")));
        assert!(matches!(upgrade.next(Moment(0), &refused), Some(Say::Close(_))));
        seen.apply(&Event::bytes(Moment(0), Side::Server, Bytes::from_static(b"220 go\r\n")));
        let verdict = |faults| Some(Verdict { name: "mx".to_owned(), at: 0, faults });
        let doubtful = verdict(vec![CertificateFault::Expired]);
        let facts = TlsFacts { verdict: doubtful, ..TlsFacts::default() };
        let mut doubted = seen.clone();
        doubted.apply(&Event::new(Moment(0), Happening::Secured(Box::new(facts))));
        assert_eq!(upgrade.next(Moment(0), &doubted), None, "nobody has said yes");
        seen.apply(&Event::new(Moment(0), Happening::Secured(Box::default())));
        assert_eq!(
            upgrade.next(Moment(0), &seen),
            Some(Say::Bytes(Bytes::from_static(b"NOOP\r\n")))
        );
        assert_eq!(upgrade.push(Say::Close(Ending::Finished)), Ends::Connection);
        assert!(matches!(upgrade.next(Moment(0), &doubted), Some(Say::Close(_))));
    }

    #[test]
    fn a_script_hears_the_greeting_and_what_is_said_inside_tls() {
        for text in
            ["C: EHLO x\nS: 250 inside\nC: QUIT\n", "S: 220\nC: EHLO x\nS: 250 inside\n:close\n"]
        {
            let steps = transcript::steps(text.as_bytes()).unwrap();
            let then = Script::new(steps, |_, _| Err(String::new())).unwrap();
            let mut upgrade = Upgrade { ehlo: Some("me".to_owned()), trusts: true, then };
            let mut seen = Dialogue::default();
            let hear = |seen: &mut Dialogue, from, text: &'static str| {
                seen.apply(&Event::bytes(Moment(0), from, Bytes::from_static(text.as_bytes())));
            };
            seen.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
            for (reply, line) in [
                ("220 mx\r\n", "EHLO me\r\n"),
                ("250-mx\r\n250 STARTTLS\r\n", "STARTTLS\r\n"),
                ("220 go\r\n", "EHLO x\r\n"),
            ] {
                hear(&mut seen, Side::Server, reply);
                if line == "EHLO x\r\n" {
                    seen.apply(&Event::new(Moment(0), Happening::Secured(Box::default())));
                }
                assert_eq!(upgrade.next(Moment(0), &seen), Some(Say::Bytes(line.into())), "{text}");
                hear(&mut seen, Side::Client, line);
            }
            assert_eq!(upgrade.next(Moment(0), &seen), None, "{text}");
            hear(&mut seen, Side::Server, "250 inside\r\n");
            assert!(upgrade.next(Moment(0), &seen).is_some(), "{text}");
            assert_eq!(upgrade.then.mismatch(), None, "{text}");
        }
    }
}
