//! Where the time of a session went, in lines for every front: what was waited for, how long, and a
//! bar that says whose time it was. Secrets are hidden.

use std::time::Duration;

use crate::journal::Moment;
use crate::journal::facts::NameKind;
use crate::knowledge::{self, Lang};
use crate::session::timing::in_words;
use crate::session::waterfall::{Stage, What, Whose, pauses, stages};
use crate::session::{Dialogue, Exchange};

use super::Role;
use super::content::Piece;
use super::line::turn;
use super::text::{clip, fit, width};
use super::token::own_visible;

/// How a session is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Waterfall<'a> {
    /// The session.
    pub seen: &'a Dialogue,
    /// What goes on does so until then.
    pub now: Moment,
    /// Whether secrets may be read.
    pub with_secrets: bool,
    /// Whether bars are drawn with ASCII alone.
    pub ascii: bool,
    /// The language.
    pub lang: Lang,
    /// How wide a line may be.
    pub columns: usize,
}

/// A line, and the exchange that it is about.
pub type About = (Option<usize>, Vec<Piece>);

/// Columns of a time.
const TIME: usize = 8;

/// With so many columns the time of each side has a column of its own.
const WIDE: usize = 100;

/// Oddities that say where time goes, or when to come again.
const ABOUT_TIME: [&str; 3] = ["F12", "F13", "I07"];

impl Waterfall<'_> {
    /// All lines; one that says so where there are no times.
    pub fn lines(&self) -> Vec<About> {
        let stages = stages(self.seen, self.now);
        if stages.is_empty() {
            return vec![(None, vec![(Role::Dim, self.word("times.none").to_owned())])];
        }
        let (pauses, all) = pauses(&stages);
        let mut out = self.head();
        for (stage, paused) in stages.iter().zip(pauses) {
            let exchange = match stage.what {
                What::Exchange(at) => Some(at),
                _ => None,
            };
            out.push((exchange, self.row(stage, paused, all)));
            let odd = exchange.and_then(|at| self.seen.exchanges().get(at));
            out.extend(odd.into_iter().flat_map(|e| self.remarks(e)).map(|line| (exchange, line)));
        }
        out.push((None, Vec::new()));
        out.extend(self.sum(&stages, all).into_iter().map(|line| (None, line)));
        out
    }

    fn word(&self, key: &'static str) -> &'static str {
        knowledge::word(self.lang, key)
    }

    /// What the bars are made of, and the names of the columns.
    fn head(&self) -> Vec<About> {
        let legend = Whose::ALL.map(|whose| {
            let sign = String::from(self.sign(whose));
            [(role(whose), sign), (Role::Dim, format!(" {}   ", self.word(name(whose))))]
        });
        let mut out = vec![(None, legend.into_iter().flatten().collect())];
        if self.is_wide() {
            let mut line = " ".repeat(self.label() + 1) + &right(self.word("times.took"));
            let columns = Whose::ALL.map(|whose| right(self.word(name(whose))));
            line.extend(columns);
            out.push((None, vec![(Role::Dim, line)]));
        }
        out
    }

    const fn is_wide(&self) -> bool {
        self.columns >= WIDE
    }

    /// Columns of what was waited for.
    fn label(&self) -> usize {
        (self.columns * 2 / 5).min(36)
    }

    fn row(&self, stage: &Stage<'_>, paused: u64, all: u64) -> Vec<Piece> {
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
        out.extend(self.bar(stage, paused, all, self.columns.saturating_sub(used + 1)));
        out
    }

    /// What was waited for.
    fn what(&self, stage: &Stage<'_>) -> String {
        match stage.what {
            What::LookUp(facts) => {
                let key = if facts.kind == NameKind::Mx { "times.mx" } else { "times.addresses" };
                knowledge::fill(self.lang, key, &[("name", &own_visible(&facts.name))])
            }
            What::Tried(attempt) => self.at("times.tried", &attempt.address),
            What::Connect(ends) => {
                self.at("times.connect", ends.remote.as_ref().unwrap_or(&ends.target))
            }
            What::NotConnected(failure) => {
                self.at("times.tried", failure.at.as_ref().unwrap_or(&failure.target))
            }
            What::Tls => self.word("times.tls").to_owned(),
            What::Exchange(at) => {
                let exchange = self.seen.exchanges().get(at);
                exchange.map(|e| turn(e, self.with_secrets, self.lang)).unwrap_or_default()
            }
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
    fn bar(&self, stage: &Stage<'_>, paused: u64, all: u64, columns: usize) -> Vec<Piece> {
        let columns = columns as u64;
        if columns == 0 {
            return Vec::new();
        }
        let column = |at: Moment| {
            let at = u128::from(at.0.saturating_sub(paused));
            let column = at * u128::from(columns) / u128::from(all.max(1));
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

    /// What there is to know about the time of an exchange.
    fn remarks(&self, exchange: &Exchange) -> Vec<Vec<Piece>> {
        let odd = exchange.oddities().filter(|(_, odd)| ABOUT_TIME.contains(&odd.id));
        let line = |(_, odd): (_, crate::smtp::Oddity)| {
            let title = knowledge::oddity(odd.id)?.say(self.lang).title.clone();
            Some(vec![(Role::Warn, format!("  {} {title}", odd.id))])
        };
        odd.filter_map(line).collect()
    }

    /// How long all of it took, and whose time that was.
    fn sum(&self, stages: &[Stage<'_>], all: u64) -> Vec<Vec<Piece>> {
        let of = |whose| stages.iter().map(|stage| stage.time(whose)).sum::<Duration>();
        let all = in_words(Duration::from_micros(all));
        let parts = Whose::ALL.map(|whose| (whose, of(whose)));
        let parts = parts.into_iter().filter(|(_, time)| !time.is_zero());
        let parts =
            parts.map(|(whose, time)| format!("{} {}", self.word(name(whose)), in_words(time)));
        let parts = parts.collect::<Vec<_>>().join(self.word("comma"));
        let values = [("time", &*all), ("parts", &parts)];
        let line = knowledge::fill(self.lang, "times.all", &values);
        let mut out = vec![vec![(Role::Text, line)]];
        let slowest = stages.iter().max_by_key(|stage| stage.time(Whose::Thinking));
        out.extend(slowest.map(|stage| {
            let (what, time) = (self.what(stage), in_words(stage.time(Whose::Thinking)));
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
        seen.apply(&Event::new(Moment(1_000_000), Happening::Opened(ends)));
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
        let waterfall =
            Waterfall { seen: &seen, now, with_secrets: false, ascii: true, lang, columns };
        let lines = waterfall.lines().into_iter();
        let lines =
            lines.map(|(_, line)| line.into_iter().map(|(_, text)| text).collect::<String>());
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
            let waterfall =
                Waterfall { seen: &seen, now, with_secrets: false, ascii: false, lang, columns };
            for (exchange, line) in waterfall.lines() {
                let wide = super::super::text::width_of(&line);
                assert!(wide <= columns || exchange.is_none(), "{columns}: {line:?}");
            }
        }
    }
}
