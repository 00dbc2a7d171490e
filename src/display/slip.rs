//! A slip in a file that a person wrote: where it is, and what was expected there.

use std::fmt;

use toml::Spanned;

use super::text::clip;
use super::token::own_visible;
use crate::knowledge::{self, Lang};

/// What is wrong or what was expected: the key of a sentence, and what stands in its places.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    key: &'static str,
    values: Vec<(&'static str, String)>,
    /// What stands in the place `{what}`.
    what: Option<Box<Self>>,
}

impl Reason {
    /// What the sentence of this key says.
    pub const fn new(key: &'static str) -> Self {
        Self { key, values: Vec::new(), what: None }
    }

    /// The same with a value in one of its places.
    pub fn with(mut self, place: &'static str, value: impl fmt::Display) -> Self {
        self.values.push((place, value.to_string()));
        self
    }

    /// The same with another reason in its place `{what}`.
    pub fn about(self, what: Self) -> Self {
        Self { what: Some(Box::new(what)), ..self }
    }

    /// What the system or the reader of a format complains of, in its own words.
    pub fn said(words: impl fmt::Display) -> Self {
        Self::new("slip.said").with("words", words)
    }

    /// The sentence.
    pub fn say(&self, lang: Lang) -> String {
        let what = self.what.as_ref().map(|what| what.say(lang));
        let values = self.values.iter().map(|(place, value)| (*place, value.as_str()));
        let values: Vec<_> = values.chain(what.as_deref().map(|what| ("what", what))).collect();
        knowledge::fill(lang, self.key, &values)
    }
}

/// Something in a text that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, or what was expected.
    pub what: Reason,
}

impl Slip {
    /// A slip at byte `offset` of `text`.
    pub fn at(text: &str, offset: usize, what: Reason) -> Self {
        let before = text.split_at_checked(offset).map_or(text, |(head, _)| head);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |l| l.chars().count()) + 1;
        Self { line, column, what }
    }

    /// A slip at a key or value of `text`.
    pub fn of<T>(text: &str, place: &Spanned<T>, what: Reason) -> Self {
        Self::at(text, place.span().start, what)
    }

    /// What the TOML reader complains of in `text`.
    pub fn toml(text: &str, error: &toml::de::Error) -> Self {
        Self::at(text, error.span().map_or(0, |s| s.start), Reason::said(error.message()))
    }
}

impl From<Slip> for Reason {
    /// The reason with its place before it.
    fn from(Slip { line, column, what }: Slip) -> Self {
        Self::new("misread").with("line", line).with("column", column).about(what)
    }
}

impl fmt::Display for Slip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Reason::from(self.clone()).say(Lang::En))
    }
}

/// Says by the sentence `key` that `word` is nothing known, and which of the known words may have
/// been meant.
pub fn unknown<'a>(
    key: &'static str,
    word: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Reason {
    let likeness = |known: &str| strsim::jaro(word, known);
    let length = word.chars().count();
    let near = known.into_iter().filter(|known| length < known.chars().count() * LONGER);
    let nearest = near.max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let what = Reason::new(key).with("word", format!("\"{}\"", clip(&own_visible(word), REPEATED)));
    match nearest.filter(|nearest| likeness(nearest) > LIKE) {
        Some(nearest) => Reason::new("slip.meant").with("nearest", nearest).about(what),
        None => what,
    }
}

/// So many columns of a word that is nothing known are said again.
const REPEATED: usize = 60;

/// From here on two words are alike: the measure that the command line uses for its options.
const LIKE: f64 = 0.7;

/// A word that is so many times as long is not alike by that measure, and takes long to be compared.
const LONGER: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_was_meant_is_named_if_there_is_one() {
        let known = ["lang", "theme"];
        let told = unknown("slip.setting", "lnag", known);
        assert_eq!(told.say(Lang::En), "\"lnag\" is no setting; did you mean \"lang\"?");
        let ja = "\"lnag\" という設定はありません。もしかして：\"lang\"";
        assert_eq!(told.say(Lang::Ja), ja);
        let begun = std::time::Instant::now();
        unknown("slip.setting", &"lang".repeat(1 << 18), known.repeat(1000));
        assert!(begun.elapsed().as_secs() < 5, "it is compared with none of them");
        let told = unknown("slip.setting", "\u{1b}[2J", known);
        assert_eq!(told.say(Lang::En), "\"\\x1b[2J\" is no setting");
        let told = unknown("slip.setting", &"x".repeat(1000), known).say(Lang::En);
        assert_eq!(told, format!("\"{}\u{2026}\" is no setting", "x".repeat(59)));
    }

    #[test]
    fn places_are_counted_from_one() {
        assert_eq!(Slip::at("a\nbé c", 5, Reason::said("x")).to_string(), "line 2, column 3: x");
        assert_eq!(Slip::at("", 9, Reason::said("x")).to_string(), "line 1, column 1: x");
    }
}
