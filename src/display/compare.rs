//! Two sessions side by side, in words for every front. Secrets are hidden.

use crate::knowledge::{self, Lang};
use crate::session::compare::{Difference, Pair};
use crate::session::{Dialogue, Exchange, Turn, secrets, timing};
use crate::smtp::ehlo::{Capabilities, Keyword};

use super::Role;
use super::content::Piece;
use super::line::reply_line;
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
}

/// How the two are called.
const SIDES: [&str; 2] = ["A", "B"];

impl Compared<'_> {
    /// Lines about all `pairs`: what differs has the reasons behind it and both replies below.
    pub fn lines(&self, pairs: &[Pair]) -> Vec<Vec<Piece>> {
        let mut out: Vec<_> = pairs.iter().flat_map(|pair| self.pair(pair)).collect();
        let n = pairs.iter().filter(|pair| pair.differs(self.codes)).count().to_string();
        let all = pairs.len().to_string();
        let (role, key) = match n.as_str() {
            "0" => (Role::Good, "compare.same"),
            _ => (Role::Warn, "compare.count"),
        };
        out.push(vec![(role, self.fill(key, &[("n", &n), ("all", &all)]))]);
        out
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
        for (side, seen, exchange) in &there {
            if pair.differences.contains(&Difference::Said) {
                out.push(vec![(Role::Client, format!("  {side} C: {}", self.said(exchange)))]);
            }
            out.extend(self.replied(side, seen, exchange));
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

    /// What the client said, or what asked for the reply.
    fn said(&self, exchange: &Exchange) -> String {
        match (&exchange.line, &exchange.turn) {
            (Some(line), _) => {
                let mut bytes = line.bytes.to_vec();
                if !self.with_secrets {
                    secrets::veil(&mut bytes, exchange.secret);
                }
                visible(&bytes)
            }
            (None, Turn::Greeting) => knowledge::word(self.lang, "compare.greeting").to_owned(),
            (None, Turn::MailData | Turn::Delivery(_)) => {
                knowledge::word(self.lang, "compare.message").to_owned()
            }
            (None, _) => knowledge::word(self.lang, "compare.unsolicited").to_owned(),
        }
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
