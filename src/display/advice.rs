//! Words for advice: what a fault says and on which clause it rests, and what a candidate is.

use crate::advice::{Candidate, Fault, Rule, Says, Severity};
use crate::knowledge::{self, Lang, Topic};

use super::Role;
use super::token::own_visible;

/// A fault in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// In which tone.
    pub role: Role,
    /// The sentence.
    pub text: String,
    /// The clause, `RFC n §s`.
    pub clause: &'static str,
}

impl Said {
    /// The sentence with the clause behind it.
    pub fn with_clause(&self) -> String {
        if self.clause.is_empty() {
            return self.text.clone();
        }
        format!("{} ({})", self.text, self.clause)
    }
}

/// What a candidate is, in words; nothing where nobody knows.
pub fn words(candidate: &Candidate, lang: Lang) -> &'static str {
    let topic = candidate.about.as_deref().and_then(Topic::read);
    topic.map_or("", |topic| &topic.entry().say(lang).title)
}

/// A fault in words.
pub fn say(fault: &Fault, lang: Lang) -> Said {
    match fault.says {
        Says::Oddity(id) => {
            let entry = knowledge::oddity(id);
            let text = entry.map_or(id, |entry| &entry.say(lang).title).to_owned();
            let clause = entry.and_then(|e| e.rfc.first()).map_or("", String::as_str);
            Said { role: role(fault.severity), text, clause }
        }
        Says::Rule(rule) => Said {
            role: role(fault.severity),
            text: sentence(rule, fault, lang),
            clause: fault.clause.unwrap_or_default(),
        },
    }
}

fn sentence(rule: Rule, fault: &Fault, lang: Lang) -> String {
    // Names may be a server's.
    let shown: Vec<_> = fault.values.iter().map(|(at, value)| (*at, own_visible(value))).collect();
    let values: Vec<_> = shown.iter().map(|(at, value)| (*at, value.as_str())).collect();
    knowledge::fill(lang, rule.key(), &values)
}

const fn role(severity: Severity) -> Role {
    match severity {
        Severity::Note | Severity::Unfinished => Role::Dim,
        Severity::Warn => Role::Warn,
        Severity::Error => Role::Bad,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::judge;
    use crate::journal::{Event, Happening, Moment, Side};
    use crate::session::Dialogue;
    use crate::smtp::{Oddity, Span};

    /// All that the grammar and the dialogue find odd about a line of the client.
    const NAMED: &[&str] = &[
        "A04", "C04", "C19", "C20", "D19", "F01", "F02", "F03", "F07", "F25", "F31", "G11", "G12",
        "G13", "G16", "G19", "G20", "G22", "G29", "H02", "H03",
    ];

    #[test]
    fn an_oddity_matters_as_much_as_its_entry_says() {
        for id in NAMED {
            let severity = match Fault::odd(&Oddity::new(id, Span::default())).severity {
                Severity::Note | Severity::Unfinished => knowledge::Severity::Info,
                Severity::Warn => knowledge::Severity::Warn,
                Severity::Error => knowledge::Severity::Error,
            };
            assert_eq!(
                knowledge::oddity(id).and_then(|entry| entry.severity),
                Some(severity),
                "{id}"
            );
        }
    }

    #[test]
    fn a_fault_speaks_with_its_clause() {
        let mut seen = Dialogue::default();
        seen.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        seen.apply(&Event::bytes(Moment(0), Side::Server, "220 mx\r\n".into()));
        let said = |line: &str, lang| say(&judge(&seen, line)[0], lang).with_clause();
        assert_eq!(said("EHLO a_b", Lang::En), "Name in EHLO is not a host name (RFC 5321 §2.3.5)");
        assert_eq!(said("ELHO a", Lang::En), "no such command; EHLO? (RFC 5321 §4.2.4)");
    }
}
