//! What the practice server does on purpose, in words.

use crate::journal::Played;
use crate::knowledge::{self, Lang};

use super::token::visible;

/// How faults are chosen in words.
pub const FORM: &str = "FAULT[+FAULT]|off";

/// What is said for no fault at all.
pub const OFF: &str = "off";

/// That a fault was played: its name, what it plays, and what the dice showed.
pub fn played(played: &Played, lang: Lang) -> String {
    let name = visible(played.fault.as_bytes());
    let plays = visible(played.plays.join(", ").as_bytes());
    let [roll, below] = played.roll.unwrap_or_default().map(|n| n.to_string());
    if played.fault.is_empty() {
        return knowledge::word(lang, "fault.well").to_owned();
    }
    let key = if played.roll.is_some() { "fault.rolled" } else { "fault.played" };
    let seed = played.seed.map_or_else(|| "?".to_owned(), |seed| seed.to_string());
    let dice = [("roll", &*roll), ("below", &*below), ("seed", &*seed)];
    let values = [("name", &*name), ("plays", &*plays)].into_iter().chain(dice);
    knowledge::fill(lang, key, &values.collect::<Vec<_>>())
}
