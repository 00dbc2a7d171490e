//! What is known, as data: entries that explain ([`Topic`]), interface words, keys and themes.
//!
//! Rust holds ids, these files hold the sentences, in English and Japanese side by side. Each
//! file is embedded and parsed on first use; before the first frame only words and keys are.

pub mod entry;
pub mod lang;
pub mod topic;

use std::collections::HashMap;
use std::ffi::OsStr;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

pub use entry::{Entry, Saying, Severity};
pub use lang::Lang;
pub use topic::{Kind, Topic};

static DATA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/knowledge/data");
static THEMES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/themes");

/// A word or sentence of the interface in each language.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// English.
    pub en: String,
    /// Japanese; falls back to English.
    pub ja: Option<String>,
}

impl Word {
    /// What it is in `lang`.
    pub fn say(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => self.ja.as_ref().unwrap_or(&self.en),
        }
    }
}

/// An option of another program, and what it is here.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counterpart {
    /// Options of `ehlo send`, or calls such as `ehlo run`; without any, there is none.
    #[serde(default)]
    pub ours: Vec<String>,
    /// What is different, or why there is none, in English.
    #[serde(default)]
    pub en: String,
    /// The same in Japanese.
    #[serde(default)]
    pub ja: String,
}

impl Counterpart {
    /// What is said about it in `lang`.
    pub fn say(&self, lang: Lang) -> &str {
        match lang {
            Lang::En => &self.en,
            Lang::Ja => &self.ja,
        }
    }
}

/// One line of the list of standards.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rfc {
    /// Its title.
    pub title: String,
}

/// What is embedded is no attack, and is asked for in every frame.
type Table<T> = HashMap<String, T, foldhash::fast::FixedState>;

/// The text of an embedded data file.
pub fn data(name: &str) -> &'static str {
    DATA.get_file(name).and_then(|f| f.contents_utf8()).unwrap_or_default()
}

/// The text of an embedded theme.
pub fn theme(name: &str) -> Option<&'static str> {
    THEMES.get_file(format!("{name}.toml"))?.contents_utf8()
}

/// The names of the embedded themes: `terminal`, then the others by the alphabet.
pub fn themes() -> impl Iterator<Item = &'static str> {
    let mut names: Vec<_> =
        THEMES.files().filter_map(|f| f.path().file_stem().and_then(OsStr::to_str)).collect();
    names.sort_unstable_by_key(|name| (*name != "terminal", *name));
    names.into_iter()
}

/// The files of faults: those that the practice server can play, each by its name, by the alphabet.
pub fn faults() -> impl Iterator<Item = &'static str> {
    let files = DATA.get_dir("faults").into_iter().flat_map(Dir::files);
    let mut files: Vec<_> = files.filter(|file| !file.path().ends_with(UNPLAYABLE)).collect();
    files.sort_unstable_by_key(|file| file.path());
    files.into_iter().filter_map(|file| file.contents_utf8())
}

/// What a fault of the program is called, and the value that it takes if another is not said.
#[derive(Debug, Deserialize)]
pub struct FaultTitle {
    /// The entries of the catalogue that it plays.
    pub plays: Vec<String>,
    /// Its title.
    pub title: Word,
    /// Its value.
    pub value: Option<String>,
}

/// What the faults of the program are called, by their names, as the catalogue has them.
pub fn fault_titles() -> &'static IndexMap<String, FaultTitle> {
    static TITLES: OnceLock<IndexMap<String, FaultTitle>> = OnceLock::new();
    TITLES.get_or_init(|| {
        let read = |text| toml::from_str::<IndexMap<String, FaultTitle>>(text).unwrap_or_default();
        let mut all: Vec<_> = faults().flat_map(read).collect();
        all.sort_by(|(_, one), (_, other)| one.plays.first().cmp(&other.plays.first()));
        all.into_iter().collect()
    })
}

/// A fault of the program as it stands in its file.
pub fn fault(name: &str) -> Option<String> {
    let all = faults().filter_map(|text| text.parse::<toml::Table>().ok());
    let fault = all.into_iter().find_map(|mut table| table.remove(name))?;
    toml::to_string(&fault).ok()
}

/// Why no server can play some entries of the catalogue: their ids, and the reason.
pub fn unplayable() -> IndexMap<String, Reason> {
    parsed::<Reason>(&["faults/", UNPLAYABLE].concat()).collect()
}

/// The file of what no server can play.
const UNPLAYABLE: &str = "unplayable.toml";

/// Why something is so.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// In each language.
    pub reason: Word,
}

/// The words of the interface, from all files of `text`.
pub fn words() -> &'static Table<Word> {
    static WORDS: OnceLock<Table<Word>> = OnceLock::new();
    WORDS.get_or_init(|| {
        let files = DATA.get_dir("text").into_iter().flat_map(Dir::files);
        files.filter_map(|file| file.path().to_str()).flat_map(parsed::<Word>).collect()
    })
}

/// The word `key` in `lang`; an unknown key is its own word, so that nothing is empty.
pub fn word(lang: Lang, key: &'static str) -> &'static str {
    words().get(key).map_or(key, |word| word.say(lang))
}

/// The word `key` in `lang`, its `{name}` places filled.
pub fn fill(lang: Lang, key: &'static str, values: &[(&str, &str)]) -> String {
    filled(word(lang, key), values)
}

/// `text` with its `{name}` places filled.
pub fn filled(text: &str, values: &[(&str, &str)]) -> String {
    let values_len: usize = values.iter().map(|(_, value)| value.len()).sum();
    let mut out = String::with_capacity(text.len() + values_len);
    let mut rest = text;
    // From left to right, so that a value with braces in it is not filled again.
    while let Some((before, after)) = parted(rest, b'{') {
        out.push_str(before);
        let Some((name, tail)) = parted(after, b'}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match values.iter().find(|(n, _)| *n == name) {
            Some((_, value)) => out.push_str(value),
            None => out.extend(["{", name, "}"]),
        }
        rest = tail;
    }
    out + rest
}

/// What stands before the first `mark` of `text`, and behind it.
fn parted(text: &str, mark: u8) -> Option<(&str, &str)> {
    let at = memchr::memchr(mark, text.as_bytes())?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

/// What is known of an oddity.
pub fn oddity(id: &str) -> Option<&'static Entry> {
    Kind::Oddity.entries().get(id)
}

/// What is known of a phase.
pub fn phase(name: &str) -> Option<&'static Entry> {
    Kind::Phase.entries().get(name)
}

/// The standards that are referred to, by number.
pub fn rfcs() -> &'static Table<Rfc> {
    static RFCS: OnceLock<Table<Rfc>> = OnceLock::new();
    RFCS.get_or_init(|| parsed("rfcs.toml").collect())
}

/// The options of swaks, in the order of its manual.
pub fn swaks() -> impl Iterator<Item = (String, Counterpart)> {
    parsed("swaks.toml")
}

/// The rows of an embedded file, in its order.
fn parsed<T: DeserializeOwned>(name: &str) -> impl Iterator<Item = (String, T)> {
    match toml::from_str::<IndexMap<String, T>>(data(name)) {
        Ok(table) => table.into_iter(),
        Err(error) => unreachable!("{name} is embedded and tests/knowledge.rs parses it: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_with_braces_are_not_filled_again() {
        let target = fill(Lang::En, "notice.opened", &[("target", "{remote}"), ("remote", "x")]);
        assert!(target.contains("{remote}"), "{target}");
        assert_eq!(word(Lang::Ja, "no.such.key"), "no.such.key");
    }
}
