//! What fills the places of a template: dates, names and addresses of this moment.
//!
//! The moment and the seed are the caller's, so that a draft can be made twice the same.

use jiff::Timestamp;

use crate::session::content::Content;
use crate::smtp::date::date;

use super::field::{Section, lines};

/// How many lines of a parent are quoted.
const QUOTE_LIMIT: usize = 100;

/// What is put into the places of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// The date as a header says it.
    pub date: String,
    /// A new message identifier with its brackets.
    pub message_id: String,
    /// A new boundary.
    pub boundary: String,
    /// Who writes.
    pub from: String,
    /// To whom.
    pub to: String,
    /// The subject of a reply.
    pub subject: String,
    /// The identifier of the message that is answered.
    pub in_reply_to: String,
    /// The identifiers of the thread, one a line (RFC 5322 §3.6.4).
    pub references: String,
    /// The text that is answered, quoted.
    pub quote: String,
}

impl Facts {
    /// The facts of the moment `now` for a message `from` somebody `to` somebody. What is answered
    /// is made up.
    pub fn new(now: Timestamp, seed: u64, from: &str, to: &str) -> Self {
        let host = from.trim_end_matches('>').rsplit_once('@').map_or("localhost", |(_, h)| h);
        let parent = message_id(now, seed.wrapping_add(1), host);
        Self {
            date: date(now),
            message_id: message_id(now, seed, host),
            boundary: boundary(seed),
            from: from.to_owned(),
            to: to.to_owned(),
            subject: "Re: Lunch".to_owned(),
            in_reply_to: parent.clone(),
            references: parent,
            quote: "> Shall we have lunch tomorrow?".to_owned(),
        }
    }

    /// The same for a reply to the message `parent`, as far as it says what is needed.
    pub fn answering(mut self, parent: &[u8]) -> Self {
        let text = String::from_utf8_lossy(parent).replace("\r\n", "\n");
        let lines = lines(&text);
        let header = Section::read(&lines, 0..lines.len());
        // As they are written: decoded, they would have to be encoded again.
        let value = |name: &str| header.value(name).filter(|value| !value.is_empty());
        if let Some(to) = value("Reply-To").or_else(|| value("From")) {
            to.clone_into(&mut self.to);
        }
        if let Some(subject) = value("Subject") {
            self.subject = reply_subject(subject);
        }
        if let Some(id) = value("Message-ID") {
            let before = value("References").or_else(|| value("In-Reply-To")).unwrap_or_default();
            let thread = before.split_ascii_whitespace().chain([id]);
            self.references = thread.collect::<Vec<_>>().join("\n ");
            id.clone_into(&mut self.in_reply_to);
        }
        let content = Content::read(parent.to_vec());
        if let Some(text) = (0..content.parts.len()).find_map(|at| content.text(at)) {
            self.quote = quoted(&text);
        }
        self
    }

    /// The names of the places and what stands there.
    pub fn places(&self) -> [(&'static str, &str); 9] {
        [
            ("date", &self.date),
            ("message-id", &self.message_id),
            ("boundary", &self.boundary),
            ("from", &self.from),
            ("to", &self.to),
            ("subject", &self.subject),
            ("in-reply-to", &self.in_reply_to),
            ("references", &self.references),
            ("quote", &self.quote),
        ]
    }
}

/// An identifier that nobody else will use (RFC 5322 §3.6.4).
pub fn message_id(now: Timestamp, seed: u64, host: &str) -> String {
    format!("<{}.{seed:016x}@{host}>", now.strftime("%Y%m%d%H%M%S"))
}

/// A boundary that no encoded text holds: `=_` stands in none (RFC 2045 §6.7).
pub fn boundary(seed: u64) -> String {
    format!("=_{seed:016x}")
}

/// One «Re: » and no more (RFC 5322 §3.6.5).
fn reply_subject(subject: &str) -> String {
    let is_reply = subject.get(..3).is_some_and(|head| head.eq_ignore_ascii_case("re:"));
    let rest = subject.get(3..).filter(|_| is_reply).unwrap_or(subject);
    format!("Re: {}", rest.trim_start())
}

fn quoted(text: &str) -> String {
    let lines = text.trim_end().lines().take(QUOTE_LIMIT);
    let quote =
        |line: &str| if line.starts_with('>') { format!(">{line}") } else { format!("> {line}") };
    lines.map(quote).map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> Facts {
        let now: Timestamp = "2026-11-23T07:54:41Z".parse().unwrap();
        Facts::new(now, 7, "Alice <alice@example.org>", "bob@example.net")
    }

    #[test]
    fn facts_of_a_moment() {
        let facts = facts();
        assert_eq!(facts.date, "Mon, 23 Nov 2026 07:54:41 +0000");
        assert_eq!(facts.message_id, "<20261123075441.0000000000000007@example.org>");
        assert_eq!(facts.boundary, "=_0000000000000007");
    }

    #[test]
    fn a_reply_takes_what_its_parent_says() {
        let parent = b"From: Bob <bob@example.net>\r\nSubject: re: =?utf-8?q?caf=C3=A9?=\r\n\
            Message-ID: <2@x>\r\nReferences: <0@x>\r\n <1@x>\r\n\r\n> old\r\nnew\r\n\r\n";
        let facts = facts().answering(parent);
        assert_eq!(facts.to, "Bob <bob@example.net>");
        assert_eq!(facts.subject, "Re: =?utf-8?q?caf=C3=A9?=");
        assert_eq!(
            (facts.in_reply_to.as_str(), facts.references.as_str()),
            ("<2@x>", "<0@x>\n <1@x>\n <2@x>")
        );
        assert_eq!(facts.quote, ">> old\n> new");
    }

    #[test]
    fn a_parent_that_says_nothing_changes_nothing() {
        assert_eq!(facts().answering(b""), facts());
    }
}
