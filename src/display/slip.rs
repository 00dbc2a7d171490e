//! A slip in a file that a person wrote: where it is, and what was expected there.

use std::fmt;

use toml::Spanned;

/// Something in a text that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, or what was expected.
    pub what: String,
}

impl Slip {
    /// A slip at byte `offset` of `text`.
    pub fn at(text: &str, offset: usize, what: impl Into<String>) -> Self {
        let before = text.split_at_checked(offset).map_or(text, |(head, _)| head);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Self { line, column, what: what.into() }
    }

    /// A slip at a key or value of `text`.
    pub fn of<T>(text: &str, place: &Spanned<T>, what: impl Into<String>) -> Self {
        Self::at(text, place.span().start, what)
    }

    /// What the TOML reader complains of in `text`.
    pub fn toml(text: &str, error: &toml::de::Error) -> Self {
        Self::at(text, error.span().map_or(0, |s| s.start), error.message())
    }
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.what)
    }
}

/// Says that `word` is no `what`, and which of the known words may have been meant.
pub fn unknown<'a>(what: &str, word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let likeness = |known: &str| strsim::jaro(word, known);
    let nearest = known.into_iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    match nearest.filter(|nearest| likeness(nearest) > LIKE) {
        Some(nearest) => format!("{word:?} is no {what}; did you mean {nearest:?}?"),
        None => format!("{word:?} is no {what}"),
    }
}

/// From here on two words are alike: the measure that the command line uses for its options.
const LIKE: f64 = 0.7;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant_is_named_if_there_is_one() {
        let known = ["lang", "theme"];
        let told = unknown("setting", "lnag", known);
        assert_eq!(told, "\"lnag\" is no setting; did you mean \"lang\"?");
        assert_eq!(unknown("setting", "\u{1b}[2J", known), "\"\\u{1b}[2J\" is no setting");
    }

    #[test]
    fn places_are_counted_from_one() {
        assert_eq!(Slip::at("a\nbé c", 5, "x").to_string(), "line 2, column 3: x");
        assert_eq!(Slip::at("", 9, "x").to_string(), "line 1, column 1: x");
    }
}
