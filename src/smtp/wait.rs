//! What is waited for, and how long: the least time-outs of a client (RFC 5321 §4.5.3.2), the one
//! of a server, and limits of our own where no clause names one. A table, and changes to it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What can be waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wait {
    /// One address answers.
    Connect,
    /// A TLS handshake comes to its end.
    Tls,
    /// The server greets.
    Greeting,
    /// The reply to MAIL.
    Mail,
    /// The reply to RCPT.
    Rcpt,
    /// The reply to DATA, before the message.
    Data,
    /// The server takes more of the message.
    DataBlock,
    /// The reply to the end of a message, or one more of them.
    DataEnd,
    /// The reply to any other command, or whatever else a server is to do.
    Command,
    /// The client says something: what a server waits for.
    Idle,
}

/// One row: the name, the clause that asks for so much at least, and seconds.
struct Row(Wait, &'static str, Option<&'static str>, u64);

/// A busy network makes a connection, or a handshake, in one second, and a person waits no longer
/// than half a minute. EHLO, STARTTLS, AUTH and all else that the clauses leave open wait as long as
/// MAIL does; the replies of LMTP for each recipient are ends of the message.
const TABLE: [Row; 10] = [
    Row(Wait::Connect, "connect", None, 30),
    Row(Wait::Tls, "tls", None, 30),
    Row(Wait::Greeting, "greeting", Some("RFC 5321 §4.5.3.2.1"), 300),
    Row(Wait::Mail, "mail", Some("RFC 5321 §4.5.3.2.2"), 300),
    Row(Wait::Rcpt, "rcpt", Some("RFC 5321 §4.5.3.2.3"), 300),
    Row(Wait::Data, "data", Some("RFC 5321 §4.5.3.2.4"), 120),
    Row(Wait::DataBlock, "data-block", Some("RFC 5321 §4.5.3.2.5"), 180),
    Row(Wait::DataEnd, "data-end", Some("RFC 5321 §4.5.3.2.6"), 600),
    Row(Wait::Command, "command", None, 300),
    Row(Wait::Idle, "idle", Some("RFC 5321 §4.5.3.2.7"), 300),
];

/// The longest limit that can be set, in seconds: a day.
pub const LONGEST: u64 = 86_400;

impl Wait {
    /// All of them, in the order of a session.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|Row(wait, ..)| *wait)
    }

    /// The one of this name, whatever its case.
    pub fn named(name: &str) -> Option<Self> {
        Self::all().find(|wait| wait.name().eq_ignore_ascii_case(name))
    }

    fn row(self) -> Option<&'static Row> {
        TABLE.iter().find(|Row(wait, ..)| *wait == self)
    }

    /// The name under which it is set, and exports know it.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |Row(_, name, ..)| name)
    }

    /// The clause that names a limit, if one does.
    pub fn clause(self) -> Option<&'static str> {
        self.row().and_then(|Row(_, _, clause, _)| *clause)
    }

    /// The limit unless another one is set, in seconds; where there is a clause, the one it names.
    pub fn usual(self) -> u64 {
        self.row().map_or(0, |Row(_, _, _, seconds)| *seconds)
    }
}

/// How long each of them may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits([(Wait, u64); TABLE.len()]);

impl Default for Limits {
    fn default() -> Self {
        Self(TABLE.map(|Row(wait, _, _, seconds)| (wait, seconds)))
    }
}

impl Limits {
    /// The limit in seconds; 0 is none.
    pub fn seconds(&self, wait: Wait) -> u64 {
        self.0.iter().find(|(other, _)| *other == wait).map_or(0, |(_, seconds)| *seconds)
    }

    /// The limit; `None` waits for ever.
    pub fn of(&self, wait: Wait) -> Option<Duration> {
        Some(self.seconds(wait)).filter(|seconds| *seconds > 0).map(Duration::from_secs)
    }

    /// The same, as a time that passes only for who has a limit.
    pub fn time(&self, wait: Wait) -> Duration {
        self.of(wait).unwrap_or(Duration::MAX)
    }

    /// Sets one, in seconds.
    pub fn set(&mut self, wait: Wait, seconds: u64) {
        for (_, limit) in self.0.iter_mut().filter(|(other, _)| *other == wait) {
            *limit = seconds;
        }
    }

    /// The same with `changes`.
    #[must_use]
    pub fn with(mut self, changes: &Changes) -> Self {
        for (wait, limit) in &mut self.0 {
            *limit = changes.of(*wait).unwrap_or(*limit);
        }
        self
    }
}

/// Changes to limits: of one, or of all that a client waits for, to so many seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes(Vec<(Option<Wait>, u64)>);

impl Changes {
    /// What the limit of `wait` becomes, in seconds, if it changes; what was said last counts.
    pub fn of(&self, wait: Wait) -> Option<u64> {
        let mut back = self.0.iter().rev();
        let found = back.find(|(other, _)| other.map_or(wait != Wait::Idle, |other| other == wait));
        found.map(|(_, seconds)| *seconds)
    }

    /// The same for a server, which waits for its client.
    #[must_use]
    pub fn of_server(self) -> Self {
        let both = |(wait, seconds): (Option<Wait>, u64)| {
            let client = wait.is_none().then_some((Some(Wait::Idle), seconds));
            std::iter::once((wait, seconds)).chain(client)
        };
        Self(self.0.into_iter().flat_map(both).collect())
    }
}

impl From<Limits> for Changes {
    /// To all of these.
    fn from(limits: Limits) -> Self {
        Self(limits.0.into_iter().map(|(wait, seconds)| (Some(wait), seconds)).collect())
    }
}

/// A word that says no change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misread {
    /// The word.
    pub word: String,
    /// Where it stands, in bytes.
    pub at: usize,
}

impl fmt::Display for Misread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = Wait::all().map(Wait::name).collect();
        write!(f, "expected seconds up to {LONGEST}, or NAME=SECONDS of {}", names.join(", "))
    }
}

impl std::error::Error for Misread {}

impl FromStr for Changes {
    type Err = Misread;

    /// `30`, `data-end=600,rcpt=20`: by comma or blank; 0 is no limit.
    fn from_str(text: &str) -> Result<Self, Misread> {
        let mut changes = Vec::new();
        let mut at = 0;
        for part in text.split_inclusive([',', ' ']) {
            let word = part.trim_end_matches([',', ' ']);
            if !word.is_empty() {
                let wrong = || Misread { word: word.to_owned(), at };
                changes.push(change(word).ok_or_else(wrong)?);
            }
            at += part.len();
        }
        if changes.is_empty() {
            return Err(Misread { word: String::new(), at: 0 });
        }
        Ok(Self(changes))
    }
}

fn change(word: &str) -> Option<(Option<Wait>, u64)> {
    let Some((name, seconds)) = word.split_once('=') else { return Some((None, seconds(word)?)) };
    Some((Some(Wait::named(name)?), self::seconds(seconds)?))
}

/// Seconds of a limit that can be set.
pub fn seconds(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|seconds| digits && *seconds <= LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clauses_have_their_minutes() {
        let minutes = |n: u32| {
            let wait = Wait::all()
                .find(|wait| wait.clause().is_some_and(|c| c.ends_with(&format!("4.5.3.2.{n}"))));
            (wait.unwrap().name(), wait.unwrap().usual() / 60)
        };
        let all: Vec<_> = (1..=7).map(minutes).collect();
        let want = [
            ("greeting", 5),
            ("mail", 5),
            ("rcpt", 5),
            ("data", 2),
            ("data-block", 3),
            ("data-end", 10),
            ("idle", 5),
        ];
        assert_eq!(all, want);
    }

    #[test]
    fn names_are_those_of_files() {
        for wait in Wait::all() {
            assert_eq!(serde_json::to_value(wait).unwrap(), wait.name());
            assert_eq!(Wait::named(wait.name()), Some(wait));
        }
    }

    #[test]
    fn one_number_is_for_all_and_names_are_for_one() {
        let read = |text: &str| text.parse().map(|changes| Limits::default().with(&changes));
        let limits = read("30,data-end=600 RCPT=20,mail=0").unwrap();
        for (wait, seconds) in [
            (Wait::DataEnd, Some(600)),
            (Wait::Rcpt, Some(20)),
            (Wait::Mail, None),
            (Wait::Data, Some(30)),
            (Wait::Connect, Some(30)),
        ] {
            assert_eq!(limits.of(wait), seconds.map(Duration::from_secs), "{wait:?}");
        }
        assert_eq!(limits.seconds(Wait::Idle), 300, "a server's");
        let server = |text: &str| text.parse::<Changes>().unwrap().of_server().of(Wait::Idle);
        let idle = ["30", "idle=5,rcpt=1", "30,idle=5", "rcpt=1"].map(server);
        assert_eq!(idle, [Some(30), Some(5), Some(5), None]);
        assert_eq!(read("data=5").unwrap().seconds(Wait::Mail), 300);
        for (text, word, at) in [
            ("soon", "soon", 0),
            ("rcpt=20, dot=1", "dot=1", 9),
            ("mail=", "mail=", 0),
            ("mail=+5", "mail=+5", 0),
            ("86401", "86401", 0),
            ("", "", 0),
        ] {
            assert_eq!(read(text), Err(Misread { word: word.to_owned(), at }), "{text}");
        }
    }
}
