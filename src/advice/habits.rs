//! What a person has used before: names and addresses that are likely to come again.

use jiff::Timestamp;

use crate::session::Dialogue;
use crate::smtp::code::Class;
use crate::smtp::command::{self, Argument, Command};
use crate::smtp::path::is_domain;
use crate::smtp::verb::Verb;

use super::slip::was_misread;

/// How many names of one kind are kept.
const KEPT: usize = 20;

/// Names and addresses, the one used last first. The practice world's stand at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habits {
    /// Names of this host, as EHLO gives them.
    pub hosts: Vec<String>,
    /// Addresses that were named as senders.
    pub senders: Vec<String>,
    /// Addresses that were named as recipients.
    pub recipients: Vec<String>,
    /// The size of the message that is about to be sent, in bytes.
    pub draft: Option<u64>,
    /// The date and time of now, where that is known.
    pub now: Option<Timestamp>,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            hosts: vec!["pc.example.org".to_owned()],
            senders: vec!["alice@example.org".to_owned()],
            recipients: vec!["bob@example.net".to_owned()],
            draft: None,
            now: None,
        }
    }
}

impl Habits {
    /// Learns from the exchanges of `seen` from number `from` on that are over; gives the number
    /// of the first one that is not.
    pub fn follow(&mut self, seen: &Dialogue, from: usize) -> usize {
        let over = from.max(seen.settled());
        for exchange in seen.exchanges().range(from..over) {
            // What was refused for good is not worth to be said again.
            let refused = exchange.reply.as_ref().is_none_or(|r| r.class() == Class::Permanent)
                && !was_misread(seen, exchange);
            if let Some(command) = exchange.command.as_ref().filter(|_| !refused) {
                self.learn(command);
            }
        }
        over
    }

    /// Learns from lines that were sent in earlier runs, the oldest first. Nobody knows which of
    /// the recipients were refused, so those come last.
    pub fn recall<'a>(&mut self, lines: impl Iterator<Item = &'a str>) {
        let known = self.recipients.clone();
        for line in lines {
            self.learn(&command::read(line.as_bytes()).value);
        }
        self.recipients.retain(|name| !known.contains(name));
        self.recipients.splice(0..0, known);
        self.recipients.truncate(KEPT);
    }

    /// Learns the names in a command.
    pub fn learn(&mut self, command: &Command) {
        let (names, name) = match (&command.verb, &command.argument) {
            (Verb::Ehlo | Verb::Helo | Verb::Lhlo, Argument::Name(name)) if is_domain(name) => {
                (&mut self.hosts, name.clone())
            }
            (Verb::Mail, Argument::Path(path, _)) if path.value.is_well_formed() => {
                (&mut self.senders, path.value.written.clone())
            }
            (Verb::Rcpt, Argument::Path(path, _)) if path.value.is_well_formed() => {
                (&mut self.recipients, path.value.written.clone())
            }
            _ => return,
        };
        if !name.is_empty() {
            names.retain(|known| *known != name);
            names.insert(0, name);
            names.truncate(KEPT);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::verdict::tests::after;

    #[test]
    fn what_was_not_refused_is_remembered_the_last_one_first() {
        let seen = after(&[
            "S: 220 mx",
            "C: EHLO laptop.example.com",
            "S: 250 mx",
            "C: MAIL FROM:<>",
            "S: 250 ok",
            "C: RCPT TO:<carol@example.net>",
            "S: 250 ok",
            "C: RCPT TO:<nobody@example.net>",
            "S: 550 no",
            "C: RCPT TO:<erin@example.net> NOTIFY",
            "S: 501 what",
            "C: RCPT TO:<frank@example.net>",
            "S: 501 not him",
            "C: RCPT TO:<dave@example.net>",
            "S: 450 later",
            "C: RCPT TO:<late@example.net>",
        ]);
        let mut habits = Habits::default();
        let next = habits.follow(&seen, 0);
        assert_eq!(next, seen.exchanges().len() - 1);
        assert_eq!(habits.hosts, ["laptop.example.com", "pc.example.org"]);
        assert_eq!(habits.senders, ["alice@example.org"]);
        let recipients = ["dave", "erin", "carol", "bob"].map(|name| format!("{name}@example.net"));
        assert_eq!(habits.recipients, recipients);
        assert_eq!(habits.follow(&seen, next), next);
    }

    #[test]
    fn earlier_runs_are_recalled() {
        let mut habits = Habits::default();
        let lines = ["EHLO a.example", "MAIL FROM:<me@a.example>", "RCPT TO:<you@b.example>"];
        habits.recall(lines.into_iter().chain(["EHLO c.example", "NOOP", "RCPT TO:<x"]));
        assert_eq!(habits.hosts, ["c.example", "a.example", "pc.example.org"]);
        assert_eq!(habits.senders, ["me@a.example", "alice@example.org"]);
        assert_eq!(habits.recipients, ["bob@example.net", "you@b.example"]);
    }

    #[test]
    fn not_more_than_some_are_kept() {
        let mut habits = Habits::default();
        for n in 0..2 * KEPT {
            let line = format!("RCPT TO:<u{n}@example.net>");
            habits.learn(&command::read(line.as_bytes()).value);
        }
        assert_eq!(habits.recipients.len(), KEPT);
        assert_eq!(habits.recipients[0], format!("u{}@example.net", 2 * KEPT - 1));
    }
}
