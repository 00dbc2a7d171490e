//! Where the time of a session went, in lines for every front: what was waited for, how long, and a
//! bar that says whose time it was. Secrets are hidden.

use std::ops::Range;
use std::time::Duration;

use crate::journal::facts::NameKind;
use crate::journal::{Happening, Moment};
use crate::knowledge::{self, Lang};
use crate::session::timing::in_words;
use crate::session::waterfall::{Stage, What, Whose, pauses, stages};
use crate::session::{Dialogue, Exchange};
use crate::smtp::Oddity;

use super::Role;
use super::content::Piece;
use super::line::turn;
use super::text::{clip, fit, width};
use super::token::own_visible;

/// The stages of a session, and the lines about them: made anew when something was heard.
#[derive(Clone, Debug, Default)]
pub struct Laid {
    stages: Vec<Stage>,
    pauses: Vec<u64>,
    all: u64,
    /// Of each line its stage, and which of the lines about that it is.
    places: Vec<(usize, usize)>,
}

impl Laid {
    /// What there is until `now`.
    pub fn of(seen: &Dialogue, now: Moment) -> Self {
        let stages = stages(seen, now);
        let (pauses, all) = pauses(&stages);
        let mut places = Vec::with_capacity(stages.len());
        for (at, stage) in stages.iter().enumerate() {
            let remarks = exchange_of(stage).and_then(|at| seen.exchanges().get(at));
            let count = 1 + remarks.map_or(0, |exchange| about_time(exchange).count());
            places.extend((0..count).map(|n| (at, n)));
        }
        Self { stages, pauses, all, places }
    }
}

/// How a session is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Waterfall<'a> {
    /// The session.
    pub seen: &'a Dialogue,
    /// Its stages.
    pub laid: &'a Laid,
    /// Whether secrets may be read.
    pub with_secrets: bool,
    /// Whether bars are drawn with ASCII alone.
    pub ascii: bool,
    /// The language.
    pub lang: Lang,
    /// How wide a line may be.
    pub columns: usize,
}

/// Columns of a time.
const TIME: usize = 8;

/// With so many columns the time of each side has a column of its own.
const WIDE: usize = 100;

/// Lines behind the stages.
const SUM: usize = 3;

/// Oddities that say where time goes, or when to come again.
const ABOUT_TIME: [&str; 3] = ["F12", "F13", "I07"];

const fn exchange_of(stage: &Stage) -> Option<usize> {
    match stage.what {
        What::Exchange(at) => Some(at),
        What::Notice(_) => None,
    }
}

/// What there is to know about the time of an exchange.
fn about_time(exchange: &Exchange) -> impl Iterator<Item = Oddity> {
    exchange.oddities().map(|(_, odd)| odd).filter(|odd| ABOUT_TIME.contains(&odd.id))
}

impl Waterfall<'_> {
    /// How many lines there are.
    pub fn count(&self) -> usize {
        if self.laid.stages.is_empty() { 1 } else { self.heads() + self.laid.places.len() + SUM }
    }

    /// The exchange that a line is about.
    pub fn exchange(&self, line: usize) -> Option<usize> {
        let (stage, _) = self.laid.places.get(line.checked_sub(self.heads())?)?;
        exchange_of(self.laid.stages.get(*stage)?)
    }

    /// The lines in `range`; one that says so where there are no times.
    pub fn lines(&self, range: Range<usize>) -> Vec<Vec<Piece>> {
        if self.laid.stages.is_empty() {
            return vec![vec![(Role::Dim, self.word("times.none").to_owned())]];
        }
        let heads = self.head();
        let (first, last) = (heads.len(), heads.len() + self.laid.places.len());
        let sum = if range.end > last { self.sum() } else { Vec::new() };
        let line = |at: usize| match at.checked_sub(first) {
            None => heads.get(at).cloned(),
            Some(at) if at < last - first => self.stage(at),
            Some(at) => sum.get(at + first - last).cloned(),
        };
        range.map_while(line).collect()
    }

    /// A line about a stage: its bar, or a remark.
    fn stage(&self, at: usize) -> Option<Vec<Piece>> {
        let (at, n) = *self.laid.places.get(at)?;
        let stage = self.laid.stages.get(at)?;
        let Some(n) = n.checked_sub(1) else {
            return Some(self.row(stage, *self.laid.pauses.get(at)?));
        };
        let exchange = self.seen.exchanges().get(exchange_of(stage)?)?;
        let odd = about_time(exchange).nth(n)?;
        let title = knowledge::oddity(odd.id).map(|entry| entry.say(self.lang).title.clone());
        Some(vec![(Role::Warn, format!("  {} {}", odd.id, title.unwrap_or_default()))])
    }

    fn word(&self, key: &'static str) -> &'static str {
        knowledge::word(self.lang, key)
    }

    /// What the bars are made of, and the names of the columns.
    fn head(&self) -> Vec<Vec<Piece>> {
        let legend = Whose::ALL.map(|whose| {
            let sign = String::from(self.sign(whose));
            [(role(whose), sign), (Role::Dim, format!(" {}   ", self.word(name(whose))))]
        });
        let mut out: Vec<Vec<Piece>> = vec![legend.into_iter().flatten().collect()];
        if self.is_wide() {
            let mut line = " ".repeat(self.label() + 1) + &right(self.word("times.took"));
            line.extend(Whose::ALL.map(|whose| right(self.word(name(whose)))));
            out.push(vec![(Role::Dim, line)]);
        }
        out
    }

    fn heads(&self) -> usize {
        1 + usize::from(self.is_wide())
    }

    const fn is_wide(&self) -> bool {
        self.columns >= WIDE
    }

    /// Columns of what was waited for.
    fn label(&self) -> usize {
        (self.columns * 2 / 5).min(36)
    }

    fn row(&self, stage: &Stage, paused: u64) -> Vec<Piece> {
        let text = if stage.done { Role::Text } else { Role::Badge };
        let label = fit(&clip(&self.what(stage), self.label()), self.label());
        let mut out = vec![(text, label + " "), (text, right(&in_words(stage.took())))];
        let mut used = self.label() + 1 + TIME;
        if self.is_wide() {
            for whose in Whose::ALL {
                let time = stage.time(whose);
                let time = if time.is_zero() { String::new() } else { in_words(time) };
                out.push((Role::Dim, right(&time)));
                used += TIME;
            }
        }
        out.push((Role::Dim, " ".to_owned()));
        out.extend(self.bar(stage, paused, self.columns.saturating_sub(used + 1)));
        out
    }

    /// What was waited for.
    fn what(&self, stage: &Stage) -> String {
        let notice = match stage.what {
            What::Exchange(at) => {
                let exchange = self.seen.exchanges().get(at);
                return exchange.map_or_else(String::new, |exchange| {
                    turn(exchange, self.with_secrets, self.lang)
                });
            }
            What::Notice(index) => self.seen.notices().get(index).map(|(_, what)| what),
        };
        match notice {
            Some(Happening::LookedUp(facts)) => {
                let key = if facts.kind == NameKind::Mx { "times.mx" } else { "times.addresses" };
                knowledge::fill(self.lang, key, &[("name", &own_visible(&facts.name))])
            }
            Some(Happening::Tried(attempt)) => self.at("times.tried", &attempt.address),
            Some(Happening::Opened(ends)) => {
                self.at("times.connect", ends.remote.as_ref().unwrap_or(&ends.target))
            }
            Some(Happening::NotOpened(failure)) => {
                self.at("times.tried", failure.at.as_ref().unwrap_or(&failure.target))
            }
            _ => self.word("times.tls").to_owned(),
        }
    }

    fn at(&self, key: &'static str, address: &str) -> String {
        knowledge::fill(self.lang, key, &[("address", &own_visible(address))])
    }

    const fn sign(&self, whose: Whose) -> char {
        match (whose, self.ascii) {
            (Whose::Sending, false) => '\u{2591}',
            (Whose::Queued, false) => '\u{b7}',
            (Whose::Thinking, false) => '\u{2588}',
            (Whose::Receiving, false) => '\u{2593}',
            (Whose::Sending, true) => '>',
            (Whose::Queued, true) => '.',
            (Whose::Thinking, true) => '#',
            (Whose::Receiving, true) => '<',
        }
    }

    /// The stage on a line of `columns` that is `all` microseconds long, of which those before it
    /// that were `paused` are left out. It has one column at least, however short it was.
    fn bar(&self, stage: &Stage, paused: u64, columns: usize) -> Vec<Piece> {
        let columns = columns as u64;
        if columns == 0 {
            return Vec::new();
        }
        let column = |at: Moment| {
            let at = u128::from(at.0.saturating_sub(paused));
            let column = at * u128::from(columns) / u128::from(self.laid.all.max(1));
            u64::try_from(column).unwrap_or(columns).min(columns)
        };
        let first = column(stage.begun).min(columns - 1);
        let mut out = vec![(Role::Dim, " ".repeat(usize::try_from(first).unwrap_or_default()))];
        let mut to = first;
        for whose in Whose::ALL {
            let end = column(stage.stretch(whose).1);
            if end > to {
                out.push((role(whose), self.run(whose, end - to)));
                to = end;
            }
        }
        if to == first {
            let longest = Whose::ALL.into_iter().max_by_key(|whose| stage.time(*whose));
            out.extend(longest.map(|whose| (role(whose), self.run(whose, 1))));
        }
        out
    }

    fn run(&self, whose: Whose, columns: u64) -> String {
        String::from(self.sign(whose)).repeat(usize::try_from(columns).unwrap_or_default())
    }

    /// How long all of it took, and whose time that was.
    fn sum(&self) -> Vec<Vec<Piece>> {
        let stages = &self.laid.stages;
        let of = |whose| stages.iter().map(|stage| stage.time(whose)).sum::<Duration>();
        let all = in_words(Duration::from_micros(self.laid.all));
        let parts = Whose::ALL.map(|whose| (whose, of(whose)));
        let parts = parts.into_iter().filter(|(_, time)| !time.is_zero());
        let parts =
            parts.map(|(whose, time)| format!("{} {}", self.word(name(whose)), in_words(time)));
        let parts = parts.collect::<Vec<_>>().join(self.word("comma"));
        let values = [("time", &*all), ("parts", &parts)];
        let line = knowledge::fill(self.lang, "times.all", &values);
        let mut out = vec![Vec::new(), vec![(Role::Text, line)]];
        let slowest = stages.iter().max_by_key(|stage| stage.took());
        out.extend(slowest.map(|stage| {
            let (what, time) = (self.what(stage), in_words(stage.took()));
            let values = [("what", &*what), ("time", &time)];
            vec![(Role::Text, knowledge::fill(self.lang, "times.slowest", &values))]
        }));
        out
    }
}

/// A time at the right of its column.
fn right(text: &str) -> String {
    " ".repeat(TIME.saturating_sub(width(text))) + text
}

const fn role(whose: Whose) -> Role {
    match whose {
        Whose::Sending => Role::Client,
        Whose::Queued => Role::Dim,
        Whose::Thinking => Role::Warn,
        Whose::Receiving => Role::Server,
    }
}

const fn name(whose: Whose) -> &'static str {
    match whose {
        Whose::Sending => "times.sending",
        Whose::Queued => "times.queued",
        Whose::Thinking => "times.thinking",
        Whose::Receiving => "times.receiving",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::{Endpoints, Event, Happening, Side};

    fn slow() -> Dialogue {
        let mut seen = Dialogue::default();
        let ends = Endpoints {
            remote: Some("192.0.2.1:25".to_owned()),
            took: Some(2_000),
            ..Endpoints::default()
        };
        seen.apply(&Event::new(Moment(1_000_000), Happening::Opened(Box::new(ends))));
        let mut at = 1_000_000;
        for (pause, text) in [
            (4_000_000, "S220 mx\r\n"),
            (60_000_000, "CEHLO pc.example\r\n"),
            (4_000_000, "S250 mx\r\n"),
            (9_000_000, "CMAIL FROM:<a@b.example>\r\n"),
            (4_000_000, "S250 ok\r\n"),
            (9_000_000, "CRCPT TO:<c@d.example>\r\n"),
            (8_000_000, "S450 4.7.1 Greylisted\r\n"),
        ] {
            at += pause;
            let (side, text) = text.split_at(1);
            let side = if side == "C" { Side::Client } else { Side::Server };
            seen.apply(&Event::bytes(Moment(at), side, text.to_owned().into()));
        }
        seen
    }

    fn drawn(columns: usize, lang: Lang) -> String {
        let seen = slow();
        let now = Moment(200_000_000);
        let laid = &Laid::of(&seen, now);
        let waterfall =
            Waterfall { seen: &seen, laid, with_secrets: false, ascii: true, lang, columns };
        let lines = waterfall.lines(0..waterfall.count()).into_iter();
        let lines = lines.map(|line| line.into_iter().map(|(_, text)| text).collect::<String>());
        lines.map(|line| line.trim_end().to_owned() + "\n").collect()
    }

    #[test]
    fn pauses_are_left_out_and_what_is_slow_on_purpose_is_named() {
        let text = drawn(60, Lang::En);
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[1], "connect to 192.0.2.1:25    2.0 ms #");
        assert_eq!(rows[2], "greeting                    4.0 s #####");
        assert_eq!(rows[3], "EHLO pc.example             4.0 s      #####");
        assert_eq!(rows[4], "MAIL FROM:<a@b.example>     4.0 s           #####");
        assert_eq!(rows[5], "RCPT TO:<c@d.example>       8.0 s                ###########");
        assert_eq!(rows[6..8], ["  F12 Greylisting", "  I07 Slow on purpose"], "{text}");
        assert!(text.contains("in all 20 s"), "{text}");
    }

    #[test]
    fn no_line_is_too_wide_in_either_language() {
        for (columns, lang) in [40, 78, 120].into_iter().zip([Lang::Ja, Lang::En, Lang::Ja]) {
            let seen = slow();
            let now = Moment(200_000_000);
            let laid = &Laid::of(&seen, now);
            let waterfall =
                Waterfall { seen: &seen, laid, with_secrets: false, ascii: false, lang, columns };
            let all = waterfall.lines(0..waterfall.count() + 9);
            assert_eq!(all.len(), waterfall.count());
            for (at, line) in all.iter().enumerate() {
                let wide = super::super::text::width_of(line);
                assert!(wide <= columns || waterfall.exchange(at).is_none(), "{columns}: {line:?}");
                assert_eq!(waterfall.lines(at..at + 1), std::slice::from_ref(line));
            }
        }
    }
}
