//! Faults of the practice server, as data: what it believes, rules that change what it says, and
//! how it shows itself in TLS.
//!
//! ```toml
//! plays = ["F12"]                                  # entries of the catalogue
//! title = { en = "Greylisting" }
//! text = { en = "Refuses whoever is new, for a minute." }
//! value = "60s"                                    # what stands for {value}, unless it is given
//! policy = { order = "loose" }                     # see Beliefs
//! tls = { certificate = "expired" }                # see Shows
//!
//! [[rule]]                                         # see Rule
//! on = "rcpt 250"
//! fresh = "{value}"
//! do = [{ reply = ["450 4.2.0 Greylisted"] }]      # see Change
//!
//! [[rule]]
//! on = "message 250"
//! message = ["!field:date", "field:subject#2.."]   # see MessagePattern
//! do = [{ reply = ["550 5.6.0 No"] }]
//! ```
//!
//! The server knows nothing of them: a [`Player`] stands between it and the client. Faults are
//! composed by being played one after another: beliefs and TLS of a later one go over those of an
//! earlier one, and its rules change what the earlier one's have left.

mod change;
mod dice;
mod player;
mod rule;
mod shows;
mod spoken;
mod text;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use toml::Value;

use super::Policy;
use super::policy::Beliefs;
use crate::smtp::payload::Ends;

pub use change::Change;
pub use player::Player;
pub use rule::Rule;
pub use shows::{Alert, Certificate, Shows};
pub use text::Time;

use rule::Memory;

/// The place in a fault where what was given stands.
const PLACE: &str = "{value}";

/// Words for people by the code of their language, English at least.
pub type Words = BTreeMap<String, String>;

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Its name.
    pub id: String,
    /// The entries of the catalogue that it plays.
    pub plays: Vec<String>,
    /// What it is called.
    pub title: Words,
    /// What it does, and what that means.
    pub text: Words,
    /// What can be given, as it was given or is usual.
    pub value: Option<String>,
    /// Whether that was given.
    pub given: bool,
    /// How it shows itself in TLS.
    pub shows: Shows,
    beliefs: Beliefs,
    rules: Vec<Rule>,
}

/// The form of a fault in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default)]
    plays: Vec<String>,
    title: Words,
    #[serde(default)]
    text: Words,
    value: Option<String>,
    #[serde(default)]
    policy: Beliefs,
    #[serde(default)]
    tls: Shows,
    #[serde(default)]
    rule: Vec<Rule>,
}

/// Why a fault cannot be understood, and where in its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FaultError {
    /// The byte of the text.
    pub at: usize,
    /// What is wrong, or what was expected there.
    pub expected: String,
}

/// Which fault is wanted, and what is given to it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Choice {
    /// The name, or the path of a file.
    pub name: String,
    /// What stands behind `=`.
    pub value: Option<String>,
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.value.as_ref().map(|value| format!("={value}"));
        write!(f, "{}{}", self.name, value.unwrap_or_default())
    }
}

impl Choice {
    /// Reads several with a `+` between them; one of no name, too, which is none that is known.
    pub fn read_all(text: &str) -> Vec<Self> {
        let names = text.split('+').map(str::trim);
        names.filter(|_| !text.trim().is_empty()).map(Self::read).collect()
    }

    /// Reads `greylist` or `greylist=5s`.
    pub fn read(text: &str) -> Self {
        match text.split_once('=') {
            Some((name, value)) => Self { name: name.to_owned(), value: Some(value.to_owned()) },
            None => Self { name: text.to_owned(), value: None },
        }
    }
}

impl Fault {
    /// Reads the file of one fault.
    ///
    /// # Errors
    /// With the place, and what was expected there.
    pub fn read(id: &str, text: &str, value: Option<&str>) -> Result<Self, FaultError> {
        let wrong = |usual: &str, error: &toml::de::Error| FaultError {
            at: error.span().map_or(0, |span| unfilled(text, usual, span.start)),
            expected: error.message().to_owned(),
        };
        let table: toml::Table = toml::from_str(text).map_err(|error| wrong(PLACE, &error))?;
        let usual = table.get("value").and_then(Value::as_str).unwrap_or_default();
        let filled = text.replace(PLACE, usual);
        let written: Written = toml::from_str(&filled).map_err(|error| wrong(usual, &error))?;
        if value.is_none() && usual.is_empty() {
            return Self::of(id, written, None, text.len());
        }
        Self::of_table(id, table, value)
    }

    /// Reads a file of several, each a table by its name.
    ///
    /// # Errors
    /// With the place, and what was expected there.
    pub fn read_one_of(
        text: &str,
        id: &str,
        value: Option<&str>,
    ) -> Option<Result<Self, FaultError>> {
        let found = tables(text).map(|mut all| all.find(|(name, _)| name == id));
        let table = |(_, table)| Self::of_table(id, table, value);
        found.transpose().map(|found| found.and_then(table))
    }

    /// Reads a file of several, all of them as they usually are.
    ///
    /// # Errors
    /// With the place, and what was expected there.
    pub fn read_all(text: &str) -> Result<Vec<Self>, FaultError> {
        tables(text)?.map(|(id, table)| Self::of_table(&id, table, None)).collect()
    }

    fn of_table(id: &str, table: toml::Table, value: Option<&str>) -> Result<Self, FaultError> {
        let usual = table.get("value").and_then(Value::as_str).map(str::to_owned);
        let wrong = |expected: String| FaultError { at: 0, expected };
        if value.is_some() && usual.is_none() {
            return Err(wrong("this fault takes no value".to_owned()));
        }
        let given = value.is_some();
        let value = value.map(str::to_owned).or(usual);
        let mut whole = Value::Table(table);
        fill(&mut whole, value.as_deref().unwrap_or_default());
        let written: Written =
            whole.try_into().map_err(|error: toml::de::Error| wrong(error.message().to_owned()))?;
        Ok(Self { given, ..Self::of(id, written, value, 0)? })
    }

    fn of(
        id: &str,
        written: Written,
        value: Option<String>,
        at: usize,
    ) -> Result<Self, FaultError> {
        if !written.title.contains_key("en") {
            return Err(FaultError {
                at,
                expected: "a title in English: title = { en = … }".to_owned(),
            });
        }
        let Written { plays, title, text, value: usual, policy, tls, rule } = written;
        let (id, value) = (id.to_owned(), value.or(usual));
        let (given, shows, beliefs, rules) = (false, tls, policy, rule);
        Ok(Self { id, plays, title, text, value, given, shows, beliefs, rules })
    }

    /// What it is called in the language of this code, else in English.
    pub fn title(&self, lang: &str) -> &str {
        said(&self.title, lang)
    }

    /// What it does, in the language of this code, else in English; with the value in its place.
    pub fn text(&self, lang: &str) -> &str {
        said(&self.text, lang)
    }

    /// Whether it changes the server from the beginning of a session on, whatever a client says.
    fn is_belief(&self) -> bool {
        self.beliefs != Beliefs::default() || self.shows != Shows::default()
    }
}

/// The faults of a file, by their names.
fn tables(text: &str) -> Result<impl Iterator<Item = (String, toml::Table)>, FaultError> {
    let all: toml::Table = toml::from_str(text).map_err(|error| FaultError {
        at: error.span().map_or(0, |span| span.start),
        expected: error.message().to_owned(),
    })?;
    Ok(all.into_iter().filter_map(|(id, value)| match value {
        Value::Table(table) => Some((id, table)),
        _ => None,
    }))
}

fn said<'a>(words: &'a Words, lang: &str) -> &'a str {
    words.get(lang).or_else(|| words.get("en")).map_or("", String::as_str)
}

/// Which byte of `text` the one at `at` is where `value` stands in all places.
fn unfilled(text: &str, value: &str, at: usize) -> usize {
    let before = text.match_indices(PLACE).zip(0..).map(|((place, _), nth)| {
        let here = place + nth * value.len() - nth * PLACE.len();
        (place, here)
    });
    let last = before.take_while(|(_, here)| *here <= at).last();
    last.map_or(at, |(place, here)| match (at - here).checked_sub(value.len()) {
        Some(behind) => place + PLACE.len() + behind,
        None => place,
    })
}

/// Puts `value` where it belongs.
fn fill(whole: &mut Value, value: &str) {
    match whole {
        Value::String(text) if text.contains(PLACE) => *text = text.replace(PLACE, value),
        Value::Array(values) => values.iter_mut().for_each(|item| fill(item, value)),
        Value::Table(table) => table.iter_mut().for_each(|(_, item)| fill(item, value)),
        _ => {}
    }
}

/// The faults that a server plays, and what it remembers for them from session to session.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    chosen: Vec<Fault>,
    seed: u64,
    memory: Arc<Memory>,
}

impl Faults {
    /// These, one after another; what the dice show follows from `seed`.
    pub fn new(chosen: Vec<Fault>, seed: u64) -> Self {
        Self { chosen, seed, memory: Arc::default() }
    }

    /// Those that are played.
    pub fn chosen(&self) -> &[Fault] {
        &self.chosen
    }

    /// From what the dice follow.
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// Whether any of them has a rule: else replies stay as they are.
    fn have_rules(&self) -> bool {
        self.chosen.iter().any(|fault| !fault.rules.is_empty())
    }

    /// Whether any rule asks what was said before.
    fn look_back(&self) -> bool {
        self.chosen.iter().flat_map(|fault| &fault.rules).any(Rule::looks_back)
    }

    /// Whether any of them has dice.
    pub fn roll(&self) -> bool {
        self.chosen.iter().flat_map(|fault| &fault.rules).any(Rule::rolls)
    }

    /// What a server that believes `policy` believes with them.
    pub fn policy(&self, policy: Policy) -> Policy {
        self.chosen.iter().fold(policy, |policy, fault| policy.believing(&fault.beliefs))
    }

    /// What ends mail data beside the end mark.
    pub fn data_ends(&self) -> Ends {
        let all = self.chosen.iter().map(|fault| fault.beliefs.data_ends());
        all.fold(Ends::default(), Ends::and)
    }

    /// Whether clients are served one after another.
    pub fn serves_one(&self) -> bool {
        self.chosen.iter().any(|fault| fault.beliefs.serves_one())
    }

    /// How it shows itself in TLS.
    pub fn shows(&self) -> Shows {
        self.chosen.iter().fold(Shows::default(), |shows, fault| shows.with(fault.shows))
    }
}

impl PartialEq for Faults {
    /// What was remembered does not count.
    fn eq(&self, other: &Self) -> bool {
        (&self.chosen, self.seed) == (&other.chosen, other.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GREYLIST: &str = "plays = ['F12']
title = { en = 'Greylisting' }
value = '60s'
[[rule]]
on = 'rcpt 250'
fresh = '{value}'
do = [{ reply = ['450 4.2.0 Greylisted'] }]
";

    #[test]
    fn a_value_stands_where_it_belongs() {
        let usual = Fault::read("greylist", GREYLIST, None).unwrap();
        assert_eq!(usual.value.as_deref(), Some("60s"));
        let given = Fault::read("greylist", GREYLIST, Some("5s")).unwrap();
        assert_ne!(usual.rules, given.rules);
        let wrong = Fault::read("greylist", GREYLIST, Some("soon")).unwrap_err();
        assert!(wrong.expected.contains("a time"), "{wrong:?}");
    }

    /// A value is as long as it wants to be, and what stands behind it keeps its place.
    #[test]
    fn a_value_may_be_a_part_of_a_word() {
        for value in ["4", "123456789"] {
            let text = GREYLIST
                .replace("fresh = '{value}'", "nth = '{value}..'\nfresh = '1s'\n")
                .replace("'60s'", &format!("'{value}'"));
            assert!(Fault::read("greylist", &text, None).is_ok(), "{value}");
            let wrong = text.replace("fresh = '1s'", "fresh = 'soon'");
            let error = Fault::read("greylist", &wrong, None).unwrap_err();
            assert!(wrong.get(error.at..).unwrap().starts_with("'soon'"), "{value}: {error:?}");
        }
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (from, to, place, expected) in [
            ("on = 'rcpt 250'", "on = 'rcpt slow>x'", "'rcpt slow", "slow> and a time"),
            ("reply = [", "repli = [", "repli", "unknown variant"),
            ("fresh", "frehs", "frehs", "unknown field"),
            ("['450", "[450", "450", ""),
            ("'{value}'", "'soon'", "'soon'", "a time"),
            ("{ reply =", "{ pad = 65537 }, { reply =", "{ pad = 65537", "from 0 to 65536"),
            ("{ reply =", "{ again = 1001 }, { reply =", "{ again = 1001", "from 0 to 1000"),
            ("{ reply =", "{ again = -1 }, { reply =", "{ again = -1", "from 0 to 1000"),
            ("{ reply =", "{ code = '' }, { reply =", "{ code = ''", "a code such as 550"),
            ("{ reply =", "{ code = \"5\\n0\" }, { reply =", "{ code = \"5", "on one line"),
            ("{ reply =", "{ code = \"550\\r\" }, { reply =", "{ code = \"550", "on one line"),
            ("fresh", "message = 'field:'\nfresh", "'field", "column 1"),
            ("fresh", "message = 'field:x#0'\nfresh", "'field", "column 1"),
            ("title = { en", "title = { ja", "", "a title in English"),
        ] {
            let text = GREYLIST.replacen(from, to, 1);
            let error = Fault::read("greylist", &text, None).unwrap_err();
            let at = text.get(error.at..).unwrap();
            assert!(place.is_empty() || at.starts_with(place), "{from}: {at}");
            assert!(error.expected.contains(expected), "{error:?}");
        }
    }
}
