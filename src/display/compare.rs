//! Two sessions side by side, in words for every front. Secrets are hidden.

use std::ops::Range;

use crate::knowledge::{self, Lang};
use crate::session::compare::{Difference, Pair};
use crate::session::{Dialogue, Exchange, timing};
use crate::smtp::ehlo::{Capabilities, Keyword};

use super::Role;
use super::content::Piece;
use super::line::{reply_line, turn};
use super::text::{clip, fit};
use super::token::visible;

/// Two sessions that are compared.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// The two.
    pub sessions: [&'a Dialogue; 2],
    /// Whether codes alone count.
    pub codes: bool,
    /// Whether secrets may be read.
    pub with_secrets: bool,
    /// The language.
    pub lang: Lang,
    /// How wide a line may be.
    pub columns: usize,
}

/// With so many columns both stand beside each other.
const WIDE: usize = 100;

/// How the two are called.
const SIDES: [&str; 2] = ["A", "B"];

impl Compared<'_> {
    /// The line with which each pair begins, and how many lines there are of all.
    pub fn starts(&self, pairs: &[Pair]) -> (Vec<usize>, usize) {
        let mut next = 0;
        let start = |pair: &Pair| {
            let begin = next;
            next += if pair.differs(self.codes) { self.pair(pair).len() } else { 1 };
            begin
        };
        let starts = pairs.iter().map(start).collect();
        (starts, next + 1)
    }

    /// The lines in `range`: what differs has the reasons behind it and both replies below, beside
    /// each other where there is room. `starts` says where each pair begins.
    pub fn lines(&self, pairs: &[Pair], starts: &[usize], range: Range<usize>) -> Vec<Vec<Piece>> {
        let first = starts.partition_point(|start| *start <= range.start).saturating_sub(1);
        let skip = range.start - starts.get(first).copied().unwrap_or(range.start);
        let lines = pairs.iter().skip(first).flat_map(|pair| self.pair(pair));
        lines.chain(std::iter::once(self.sum(pairs))).skip(skip).take(range.len()).collect()
    }

    /// How many differ.
    fn sum(&self, pairs: &[Pair]) -> Vec<Piece> {
        let n = pairs.iter().filter(|pair| pair.differs(self.codes)).count().to_string();
        let all = pairs.len().to_string();
        let (role, key) = match n.as_str() {
            "0" => (Role::Good, "compare.same"),
            _ => (Role::Warn, "compare.count"),
        };
        vec![(role, self.fill(key, &[("n", &n), ("all", &all)]))]
    }

    fn fill(&self, key: &'static str, values: &[(&str, &str)]) -> String {
        knowledge::fill(self.lang, key, values)
    }

    fn pair(&self, pair: &Pair) -> Vec<Vec<Piece>> {
        let found = |side: usize, at: Option<usize>| {
            let seen = *self.sessions.get(side)?;
            Some((*SIDES.get(side)?, seen, seen.exchanges().get(at?)?))
        };
        let both = [found(0, pair.first), found(1, pair.second)];
        let there: Vec<_> = both.into_iter().flatten().collect();
        let Some((_, _, exchange)) = there.first() else { return Vec::new() };
        let differs = pair.differs(self.codes);
        let (mark, role) = if differs { ("!", Role::Warn) } else { (" ", Role::Dim) };
        let mut out = vec![vec![
            (role, format!("{mark} {}", self.said(exchange))),
            (Role::Dim, self.why(pair)),
        ]];
        if !differs {
            return out;
        }
        let of_sides = there.iter().map(|(side, seen, exchange)| {
            let said = pair.differences.contains(&Difference::Said);
            let said =
                said.then(|| vec![(Role::Client, format!("  {side} C: {}", self.said(exchange)))]);
            said.into_iter().chain(self.replied(side, seen, exchange)).collect::<Vec<_>>()
        });
        match <[_; 2]>::try_from(of_sides.collect::<Vec<_>>()) {
            Ok([one, other]) if self.columns >= WIDE => {
                out.extend(beside(one, other, self.columns / 2));
            }
            Ok(both) => out.extend(both.into_iter().flatten()),
            Err(alone) => out.extend(alone.into_iter().flatten()),
        }
        let [Some((.., one)), Some((.., other))] = both else { return out };
        for difference in &pair.differences {
            let Difference::Offers(changed) = difference else { continue };
            let [one, other] = [one, other].map(|exchange| {
                exchange.reply.as_ref().map(Capabilities::read).unwrap_or_default()
            });
            let lines = changed.iter().map(|(name, _)| self.keyword(name, &one, &other));
            out.extend(lines.map(|line| vec![(Role::Warn, line)]));
        }
        if let Some((one, other)) = timing::wait(one).zip(timing::wait(other)) {
            let [one, other] = [one, other].map(timing::in_words);
            let time = self.fill("compare.time", &[("first", &one), ("second", &other)]);
            out.push(vec![(Role::Dim, format!("  {time}"))]);
        }
        out
    }

    /// What differs, in brackets.
    fn why(&self, pair: &Pair) -> String {
        let words = pair.differences.iter().map(|difference| {
            let key = match difference {
                Difference::Said => "compare.said",
                Difference::Code => "compare.code",
                Difference::Enhanced => "compare.enhanced",
                Difference::Offers(_) => "compare.offers",
                Difference::Text => "compare.text",
                Difference::Secured => "compare.secured",
                Difference::Message => "compare.mail",
            };
            knowledge::word(self.lang, key).to_owned()
        });
        let only = match (pair.first, pair.second) {
            (Some(_), None) => Some("A"),
            (None, Some(_)) => Some("B"),
            _ => None,
        };
        let only = only.map(|side| self.fill("compare.only", &[("side", side)]));
        let words: Vec<_> = words.chain(only).collect();
        if words.is_empty() { String::new() } else { format!("  [{}]", words.join(", ")) }
    }

    fn said(&self, exchange: &Exchange) -> String {
        turn(exchange, self.with_secrets, self.lang)
    }

    fn replied(&self, side: &str, seen: &Dialogue, exchange: &Exchange) -> Vec<Vec<Piece>> {
        let Some(reply) = &exchange.reply else {
            let none = knowledge::word(self.lang, "compare.unanswered");
            return vec![vec![(Role::Dim, format!("  {side} {none}"))]];
        };
        let line = |own| reply_line(seen, own, self.with_secrets).text();
        let lines = reply.lines.iter().map(line);
        lines.map(|line| vec![(Role::Server, format!("  {side} S: {line}"))]).collect()
    }

    fn keyword(&self, name: &str, one: &Capabilities, other: &Capabilities) -> String {
        let [one, other] = [one, other].map(|offered| match offered.find(name) {
            None => knowledge::word(self.lang, "compare.keyword.none").to_owned(),
            Some(Keyword { params, .. }) if params.is_empty() => {
                knowledge::word(self.lang, "compare.keyword.bare").to_owned()
            }
            Some(Keyword { params, .. }) => visible(params.join(" ").as_bytes()),
        });
        let name = visible(name.as_bytes());
        let values = [("name", &*name), ("first", &one), ("second", &other)];
        format!("  {}", self.fill("compare.keyword", &values))
    }
}

/// The lines of both sides in two columns of this width.
fn beside(one: Vec<Vec<Piece>>, other: Vec<Vec<Piece>>, column: usize) -> Vec<Vec<Piece>> {
    let count = one.len().max(other.len());
    let (mut one, mut other) = (one.into_iter(), other.into_iter());
    let cut = |line: Option<Vec<Piece>>| -> Vec<Piece> {
        let line = line.unwrap_or_default().into_iter();
        line.map(|(role, text)| (role, fit(&clip(&text, column - 1), column))).collect()
    };
    let row = |_| {
        let mut left = cut(one.next());
        if left.is_empty() {
            left.push((Role::Dim, " ".repeat(column)));
        }
        left.extend(cut(other.next()));
        left
    };
    (0..count).map(row).collect()
}
