//! The kinds of values that settings have, each read from one text and written as it.

use crate::knowledge::Lang;
use crate::smtp::wait::{LONGEST, Wait, seconds};

use super::Sources;

/// The theme that is dark or light as the terminal is.
pub const AUTO: &str = "auto";

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Where the terminal has them and `NO_COLOR` is not set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What borders are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Borders {
    /// What the locale can show.
    Auto,
    /// Lines.
    Unicode,
    /// `+`, `-` and `|`.
    Ascii,
}

/// A kind of value.
pub(super) trait Value: Clone {
    /// Whether a file writes it in quotes.
    const QUOTED: bool;

    /// The value that a text means.
    fn read(text: &str, sources: &Sources) -> Option<Self>;

    /// The text that means this value.
    fn written(&self) -> String;

    /// The texts that mean something.
    fn allowed(sources: &Sources) -> Vec<String>;
}

/// One of a few words.
trait Choice: Copy + PartialEq + 'static {
    const WORDS: &'static [(&'static str, Self)];
    const QUOTED: bool = true;
}

impl Choice for bool {
    const WORDS: &'static [(&'static str, Self)] = &[("true", true), ("false", false)];
    const QUOTED: Self = false;
}

impl Choice for Lang {
    const WORDS: &'static [(&'static str, Self)] = &[("en", Self::En), ("ja", Self::Ja)];
}

impl Choice for Color {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("always", Self::Always), ("never", Self::Never)];
}

impl Choice for Borders {
    const WORDS: &'static [(&'static str, Self)] =
        &[("auto", Self::Auto), ("unicode", Self::Unicode), ("ascii", Self::Ascii)];
}

impl<T: Choice> Value for T {
    const QUOTED: bool = T::QUOTED;

    fn read(text: &str, _: &Sources) -> Option<Self> {
        T::WORDS.iter().find(|(word, _)| *word == text).map(|(_, value)| *value)
    }

    fn written(&self) -> String {
        let word = T::WORDS.iter().find(|(_, value)| value == self);
        word.map_or_else(String::new, |(word, _)| (*word).to_owned())
    }

    fn allowed(_: &Sources) -> Vec<String> {
        T::WORDS.iter().map(|(word, _)| (*word).to_owned()).collect()
    }
}

/// The name of a theme.
impl Value for String {
    const QUOTED: bool = true;

    fn read(text: &str, sources: &Sources) -> Option<Self> {
        Self::allowed(sources).into_iter().find(|name| name == text)
    }

    fn written(&self) -> String {
        self.clone()
    }

    fn allowed(sources: &Sources) -> Vec<String> {
        std::iter::once(AUTO.to_owned()).chain(sources.theme_names()).collect()
    }
}

/// A limit of a wait, in seconds; 0 is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub u64);

impl Seconds {
    /// The one that counts unless somebody says otherwise.
    pub(super) fn usual(wait: Wait) -> Self {
        Self(wait.usual())
    }
}

/// How much of something; 0 is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count(pub u64);

impl Count {
    const MOST: u64 = 1_000_000;
}

impl Value for Count {
    const QUOTED: bool = false;

    fn read(text: &str, _: &Sources) -> Option<Self> {
        text.parse().ok().filter(|count| *count <= Self::MOST).map(Self)
    }

    fn written(&self) -> String {
        self.0.to_string()
    }

    fn allowed(_: &Sources) -> Vec<String> {
        vec![format!("0–{}", Self::MOST)]
    }
}

impl Value for Seconds {
    const QUOTED: bool = false;

    fn read(text: &str, _: &Sources) -> Option<Self> {
        seconds(text).map(Self)
    }

    fn written(&self) -> String {
        self.0.to_string()
    }

    fn allowed(_: &Sources) -> Vec<String> {
        vec![format!("0–{LONGEST}")]
    }
}
