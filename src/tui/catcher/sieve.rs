//! Which rows of a list are kept in sight: a line of words, and all of them must hold.
//!
//! As in a pattern over exchanges, `!` turns a word round, quotes make text of anything, `550` and
//! `5xx` are codes of replies, and text without a capital fits in any case.

use crate::session::pattern::Codes;
use crate::smtp::code::Code;

use super::super::find::Needle;
use super::listed::Row;

/// Words of which all must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sieve {
    text: String,
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    not: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    Codes(Codes),
    Text(Needle),
}

impl Sieve {
    /// Reads a line; every line is one.
    pub fn read(line: &str) -> Self {
        let (mut terms, mut rest) = (Vec::new(), line.trim_start());
        while !rest.is_empty() {
            let (not, word) = rest.strip_prefix('!').map_or((false, rest), |word| (true, word));
            let (test, behind) = if let Some(quoted) = word.strip_prefix('"') {
                let (inside, behind) = quoted.split_once('"').unwrap_or((quoted, ""));
                (Needle::new(inside).map(Test::Text), behind)
            } else {
                let (word, behind) = word.split_once(char::is_whitespace).unwrap_or((word, ""));
                (Test::of(word), behind)
            };
            terms.extend(test.map(|test| Term { not, test }));
            rest = behind.trim_start();
        }
        Self { text: line.to_owned(), terms }
    }

    /// Whether it keeps everything.
    pub const fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// As it was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it keeps a row.
    pub fn keeps(&self, row: &impl Row) -> bool {
        let words = row.words();
        let holds = |test: &Test| match test {
            Test::Codes(codes) => row.code().is_some_and(|code| codes.matches(Code(code))),
            Test::Text(needle) => !needle.places(&words).is_empty(),
        };
        self.terms.iter().all(|term| holds(&term.test) != term.not)
    }
}

impl Test {
    fn of(word: &str) -> Option<Self> {
        // What no reply begins with may be the number of a session.
        let codes = word.starts_with(['2', '3', '4', '5']).then(|| Codes::read(word.as_bytes()));
        let codes = codes.flatten().map(Self::Codes);
        codes.or_else(|| Needle::new(word).map(Self::Text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Line(&'static str, Option<u16>);

    impl Row for Line {
        fn number(&self) -> u64 {
            1
        }
        fn is_over(&self) -> bool {
            true
        }
        fn words(&self) -> String {
            self.0.to_owned()
        }
        fn code(&self) -> Option<u16> {
            self.1
        }
    }

    #[test]
    fn all_words_must_hold() {
        let line = Line("12 127.0.0.1:2525 alice@example.org bob@example.net refused", Some(550));
        for (text, keeps) in [
            ("", true),
            ("ALICE", false),
            ("alice", true),
            ("alice bob", true),
            ("alice carol", false),
            ("!carol", true),
            ("!alice", false),
            ("5xx", true),
            ("55X", true),
            ("12", true),
            ("4xx", false),
            ("550 refused", true),
            ("551", false),
            ("!4xx alice", true),
            ("\"bob@example.net refused\"", true),
            ("\"refused bob\"", false),
            ("\"half a quo", false),
            ("!", true),
            ("\"\"", true),
        ] {
            assert_eq!(Sieve::read(text).keeps(&line), keeps, "{text}");
        }
    }
}
