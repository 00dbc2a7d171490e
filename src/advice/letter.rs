//! The message that is being typed behind 354: which header fields it has, and whether its body
//! has begun.

use crate::session::Dialogue;

/// How many lines are looked at; nobody types a longer header.
const LOOKED_AT: usize = 100;

/// How many bytes of a line are looked at; no name of a field is longer, and no end of a header.
pub(super) const LOOKED_INTO: u64 = 1_000;

/// The fields that one would type, and that one would look for in a list.
pub(super) const FIELDS: &[&str] = &[
    "From",
    "To",
    "Cc",
    "Subject",
    "Date",
    "Message-ID",
    "Reply-To",
    "In-Reply-To",
    "References",
    "MIME-Version",
    "Content-Type",
    "Content-Transfer-Encoding",
];

/// The part of a message that has been typed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Letter {
    /// The names of its fields, in small letters.
    pub(super) fields: Vec<String>,
    /// How many lines of its body there are, once the empty line is there.
    pub(super) body: Option<usize>,
}

impl Letter {
    /// The message that is being typed, or one that has not begun.
    pub(super) fn read(seen: &Dialogue) -> Self {
        let Some(message) = seen.messages().last().filter(|m| !m.is_complete()) else {
            return Self::default();
        };
        // Behind the last line end stands the line that comes next.
        let whole = message.line_count();
        let lines = (0..whole.min(LOOKED_AT)).filter_map(|at| message.line_up_to(at, LOOKED_INTO));
        let mut letter = Self::default();
        for (at, line) in lines.enumerate() {
            if line.trim_ascii().is_empty() {
                letter.body = Some(whole - at - 1);
                return letter;
            }
            letter.fields.extend(field(&line));
        }
        letter.body = (whole > LOOKED_AT).then_some(whole);
        letter
    }

    /// Whether it has the field `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.eq_ignore_ascii_case(name))
    }
}

fn field(line: &[u8]) -> Option<String> {
    let (name, _) = line.split_at_checked(memchr::memchr(b':', line)?)?;
    Some(String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::advice::verdict::tests::{DATA, after};

    #[test]
    fn fields_and_body_are_told_apart() {
        let letter = |typed: &[&str]| Letter::read(&after(&[DATA, typed].concat()));
        assert_eq!(letter(&[]), Letter::default());
        let header = letter(&["C: From: a@b.example", "C:  folded: x", "C: nonsense"]);
        assert!(header.has("from") && !header.has("To") && header.body.is_none());
        assert_eq!(letter(&["C: From: a@b.example", "C:"]).body, Some(0));
        assert_eq!(letter(&["C:", "C: To: body", "C: more"]).body, Some(2));
        assert_eq!(letter(&["C: x", "C: .", "S: 250 ok"]), Letter::default());
    }
}
