//! A slip in a file that a person wrote: where it is, and what was expected there.

use std::fmt;

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_from_one() {
        assert_eq!(Slip::at("a\nbé c", 5, "x").to_string(), "line 2, column 3: x");
        assert_eq!(Slip::at("", 9, "x").to_string(), "line 1, column 1: x");
    }
}
