//! Which message answers which: messages → a forest, by their ids alone (RFC 5322 §3.6.4).
//!
//! A message hangs below the last id of its References, or below the first of its In-Reply-To where
//! it has none, as in the algorithm REFERENCES (RFC 5256 §3). Unlike there, a message's own fields
//! alone say where it hangs, subjects tie nothing, and what is missing or broken is told and not
//! mended. The outcome does not depend on the order in which messages were read, as far as their
//! dates and ids tell them apart.

use std::collections::HashMap;

use bytes::Bytes;

use super::content::{Content, Field};
use super::date::Date;
use super::header;
use super::{Dialogue, Kept, Message};
use crate::smtp::Span;

/// How many ids of one field count; more are hardly meant.
const IDS: usize = 1_000;

/// What a message says of itself and of those before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Letter {
    /// Its id, without the brackets.
    pub id: Option<String>,
    /// The ids of what it answers.
    pub in_reply_to: Vec<String>,
    /// The ids of those before it, the oldest first.
    pub references: Vec<String>,
    /// When it was written, in seconds since 1970.
    pub date: Option<i64>,
    /// Who wrote it.
    pub from: String,
    /// What it is about.
    pub subject: String,
    /// Why fields may be there that were not seen, if it is so.
    unseen: Option<Broken>,
    /// What is odd about the ids that it has.
    odd: Vec<Odd>,
}

/// By which field a message hangs where it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The last id of References.
    References,
    /// The first id of In-Reply-To: there are no References.
    InReplyTo,
}

impl Tie {
    /// The name of the field.
    pub const fn field(self) -> &'static str {
        match self {
            Self::References => "References",
            Self::InReplyTo => "In-Reply-To",
        }
    }
}

/// What is odd about a message's place among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Odd {
    /// What.
    pub what: Broken,
    /// The field, the id, or the number of the other message.
    pub about: String,
}

/// What can be odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    /// It has no Message-ID.
    NoId,
    /// It answers something and has no Message-ID: nobody can answer it in turn.
    ReplyWithoutId,
    /// Another message has the same id.
    SameId,
    /// A field is there more than once.
    Repeated,
    /// What stands in a field is no id, or none alone.
    Malformed,
    /// It names itself.
    Itself,
    /// By their fields these messages answer each other in a circle.
    Circle,
    /// References end with another id than the one that it answers.
    Disagrees,
    /// What it answers has References, and these are not carried on.
    Torn,
    /// It was written before what it answers.
    TooEarly,
    /// Its subject is that of an answer, and it says not to what.
    SubjectAlone,
    /// It was not read to the end of its header: what it does not say is not known.
    Unread,
    /// More of its header may come.
    Grows,
    /// It broke off within its header.
    BrokeOff,
}

/// How much there is of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many bytes.
    Whole(u64),
    /// More may come.
    Grows,
    /// Its end never came.
    BrokeOff,
}

impl Broken {
    /// Everything that can be odd.
    pub const ALL: [Self; 14] = [
        Self::NoId,
        Self::ReplyWithoutId,
        Self::SameId,
        Self::Repeated,
        Self::Malformed,
        Self::Itself,
        Self::Circle,
        Self::Disagrees,
        Self::Torn,
        Self::TooEarly,
        Self::SubjectAlone,
        Self::Unread,
        Self::Grows,
        Self::BrokeOff,
    ];

    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoId => "no-id",
            Self::ReplyWithoutId => "reply-without-id",
            Self::SameId => "same-id",
            Self::Repeated => "repeated-field",
            Self::Malformed => "malformed-id",
            Self::Itself => "refers-to-itself",
            Self::Circle => "circle",
            Self::Disagrees => "references-disagree",
            Self::Torn => "references-torn",
            Self::TooEarly => "before-its-parent",
            Self::SubjectAlone => "subject-alone",
            Self::Unread => "not-read-whole",
            Self::Grows => "still-growing",
            Self::BrokeOff => "broke-off",
        }
    }
}

/// What stands at one place of the forest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// The message with this index.
    Here(usize),
    /// A message that is named and not here, and how many before it are not here either.
    Missing {
        /// Its id.
        id: String,
        /// How many more.
        before: usize,
    },
}

/// One place of the forest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How deep it hangs, from 0.
    pub depth: usize,
    /// What hangs there.
    pub who: Who,
    /// By which field.
    pub tie: Option<Tie>,
    /// What is odd about that.
    pub odd: Vec<Odd>,
}

/// The forest, from top to bottom.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Threads {
    /// The messages, in the order in which they were read.
    pub letters: Vec<Letter>,
    /// The places, each behind the one below which it hangs.
    pub entries: Vec<Entry>,
    /// Before which line each entry stands, where every oddity has a line of its own.
    starts: Vec<usize>,
}

impl Letter {
    /// The same from the beginning of a message.
    pub fn read(beginning: impl Into<Bytes>, length: Length) -> Self {
        let beginning = beginning.into();
        let here = beginning.len() as u64;
        let content = Content::head(beginning);
        let unseen = match length {
            Length::Whole(len) => (here < len).then_some(Broken::Unread),
            Length::Grows => Some(Broken::Grows),
            Length::BrokeOff => Some(Broken::BrokeOff),
        };
        let unseen = unseen.filter(|_| content.body.is_none());
        Self { unseen, ..Self::of(&content) }
    }

    /// What the header section of a whole message says.
    pub fn of(content: &Content) -> Self {
        let mut letter = Self::default();
        let mut seen: Vec<&'static str> = Vec::new();
        for field in &content.fields {
            let known = ["Message-ID", "In-Reply-To", "References", "Date", "From", "Subject"];
            let Some(name) = known.iter().find(|n| n.eq_ignore_ascii_case(&field.name)) else {
                continue;
            };
            if seen.contains(name) {
                letter.broken(Broken::Repeated, name);
                continue;
            }
            seen.push(name);
            match *name {
                "Message-ID" => letter.id = letter.ids(name, content, field).into_iter().next(),
                "In-Reply-To" => letter.in_reply_to = letter.ids(name, content, field),
                "References" => letter.references = letter.ids(name, content, field),
                "Date" => letter.date = Date::read(&field.value).map(|date| date.second()),
                "From" => letter.from.clone_from(&field.value),
                _ => letter.subject.clone_from(&field.value),
            }
        }
        letter
    }

    /// Whether fields may be there that were not seen: its header is long, is not kept any more, or
    /// is not over.
    pub const fn may_say_more(&self) -> bool {
        self.unseen.is_some()
    }

    /// Whether a field may still come.
    pub fn grows(&self) -> bool {
        self.unseen == Some(Broken::Grows)
    }

    /// Whether it has a Message-ID that is none.
    fn is_badly_named(&self) -> bool {
        self.odd.iter().any(|odd| odd.what == Broken::Malformed && odd.about == "Message-ID")
    }

    /// Whether it says that it answers something.
    fn answers(&self) -> bool {
        !self.in_reply_to.is_empty() || !self.references.is_empty()
    }

    /// What is odd about it alone.
    fn told(&self) -> Vec<Odd> {
        let unseen = self.unseen.map(|what| Odd { what, about: String::new() });
        unseen.into_iter().chain(self.odd.iter().cloned()).collect()
    }

    fn broken(&mut self, what: Broken, about: &str) {
        if !self.odd.iter().any(|odd| odd.what == what && odd.about == about) {
            self.odd.push(Odd { what, about: about.to_owned() });
        }
    }

    fn ids(&mut self, name: &'static str, content: &Content, field: &Field) -> Vec<String> {
        let value = Span::new(field.value_at, field.span.end).of(&content.raw);
        let (mut ids, sound) = ids(&String::from_utf8_lossy(value));
        let is_one = name != "Message-ID" || ids.len() == 1;
        if !sound || !is_one {
            self.broken(Broken::Malformed, name);
        }
        // What matters stands at the end.
        ids.drain(..ids.len().saturating_sub(IDS));
        ids
    }
}

/// The ids in the value of a field, and whether nothing else stands there (RFC 5322 §3.6.4).
fn ids(value: &str) -> (Vec<String>, bool) {
    let (mut ids, mut sound) = (Vec::new(), true);
    let mut rest = value.trim();
    while let Some(first) = rest.chars().next() {
        let (taken, left) = match first {
            '<' => match rest.split_once('>') {
                Some((inside, left)) => (inside.strip_prefix('<').unwrap_or_default(), left),
                None => ("", ""),
            },
            '(' => {
                rest = behind_comment(rest).trim_start();
                continue;
            }
            _ => ("", rest.find(['<', '(']).and_then(|at| rest.get(at..)).unwrap_or_default()),
        };
        let id: String = taken.split_whitespace().collect();
        sound &= id.len() == taken.len() && is_id(&id);
        if !id.is_empty() {
            ids.push(id);
        }
        rest = left.trim_start();
    }
    (ids, sound)
}

fn is_id(id: &str) -> bool {
    id.split_once('@').is_some_and(|(left, right)| {
        !left.is_empty() && !right.is_empty() && (!right.contains('@') || left.starts_with('"'))
    }) && !id.contains('<')
}

/// What follows a comment, which may hold others (RFC 5322 §3.2.2).
fn behind_comment(text: &str) -> &str {
    let (mut depth, mut quoted) = (0_usize, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if quoted => quoted = false,
            '\\' => quoted = true,
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return text.get(at + c.len_utf8()..).unwrap_or_default();
        }
    }
    ""
}

/// Threads are made of this many nodes at once.
struct Forest<'a> {
    letters: &'a [Letter],
    /// Messages by date, id and index, and the place of each among them.
    order: Vec<usize>,
    rank: Vec<usize>,
    /// The nodes: messages by index, then those that are not here.
    parent: Vec<Option<usize>>,
    tie: Vec<Option<Tie>>,
    odd: Vec<Vec<Odd>>,
    by_id: HashMap<&'a str, usize>,
    missing: Vec<&'a str>,
}

/// What is looked at of each message to find its place, and how much there is of it.
pub fn beginnings(dialogue: &Dialogue) -> impl Iterator<Item = (Kept, Length)> {
    dialogue.messages().iter().enumerate().map(|(at, message)| {
        (message.kept_up_to(header::LIMIT as u64), Length::of(dialogue, at, message))
    })
}

impl Length {
    /// How much there is of message number `at`.
    pub fn of(dialogue: &Dialogue, at: usize, message: &Message) -> Self {
        if message.is_complete() {
            Self::Whole(message.content_len())
        } else if dialogue.grows(at) {
            Self::Grows
        } else {
            Self::BrokeOff
        }
    }
}

impl Threads {
    /// The forest of the messages of a session.
    pub fn of_messages(dialogue: &Dialogue) -> Self {
        Self::read(beginnings(dialogue))
    }

    /// The forest of messages of which those are the [`beginnings`].
    pub fn read(beginnings: impl IntoIterator<Item = (Kept, Length)>) -> Self {
        let letter = |(kept, length): (Kept, Length)| Letter::read(kept.content(), length);
        Self::of(beginnings.into_iter().map(letter).collect())
    }

    /// The forest of `letters`.
    pub fn of(letters: Vec<Letter>) -> Self {
        let mut forest = Forest::new(&letters);
        forest.name();
        forest.tie();
        forest.cut_circles();
        forest.judge();
        let entries = forest.entries();
        let mut line = 0;
        let starts = entries.iter().map(|entry| {
            let start = line;
            line += 1 + entry.odd.len();
            start
        });
        let starts: Vec<usize> = starts.collect();
        Self { letters, entries, starts }
    }

    /// Number of lines, where every entry has one and every oddity another one.
    pub fn line_count(&self) -> usize {
        let last = self.starts.last().zip(self.entries.last());
        last.map_or(0, |(start, entry)| start + 1 + entry.odd.len())
    }

    /// The entry of a line, and which of its lines that is.
    pub fn at_line(&self, line: usize) -> Option<(&Entry, usize)> {
        let at = self.starts.partition_point(|start| *start <= line).checked_sub(1)?;
        let entry = self.entries.get(at)?;
        let within = line - self.starts.get(at)?;
        (within <= entry.odd.len()).then_some((entry, within))
    }

    /// The line of a message.
    pub fn line_of(&self, message: usize) -> Option<usize> {
        let at = self.entries.iter().position(|entry| entry.who == Who::Here(message))?;
        self.starts.get(at).copied()
    }
}

impl<'a> Forest<'a> {
    fn new(letters: &'a [Letter]) -> Self {
        let mut order: Vec<usize> = (0..letters.len()).collect();
        let key = |at: &usize| {
            letters.get(*at).map(|l| (l.date.is_none(), l.date, l.id.as_deref(), &*l.subject))
        };
        order.sort_by(|a, b| key(a).cmp(&key(b)).then(a.cmp(b)));
        let mut rank = vec![0; letters.len()];
        for (place, at) in order.iter().enumerate() {
            if let Some(rank) = rank.get_mut(*at) {
                *rank = place;
            }
        }
        let count = letters.len();
        Self {
            letters,
            order,
            rank,
            parent: vec![None; count],
            tie: vec![None; count],
            odd: letters.iter().map(Letter::told).collect(),
            by_id: HashMap::new(),
            missing: Vec::new(),
        }
    }

    fn broken(&mut self, at: usize, what: Broken, about: &str) {
        if let Some(odd) = self.odd.get_mut(at) {
            odd.push(Odd { what, about: about.to_owned() });
        }
    }

    /// Gives each id to a message: of several to the oldest.
    fn name(&mut self) {
        for at in self.order.clone() {
            let Some(letter) = self.letters.get(at) else { continue };
            match letter.id.as_deref() {
                Some(id) => match self.by_id.get(id).copied() {
                    Some(first) => self.broken(at, Broken::SameId, &(first + 1).to_string()),
                    None => {
                        self.by_id.insert(id, at);
                    }
                },
                // Of one that is none, that is said.
                None if letter.may_say_more() || letter.is_badly_named() => {}
                None if letter.answers() => self.broken(at, Broken::ReplyWithoutId, ""),
                None => self.broken(at, Broken::NoId, ""),
            }
        }
    }

    /// Hangs each message below what it names, and what is not here below what is named before it.
    fn tie(&mut self) {
        for at in self.order.clone() {
            let Some(letter) = self.letters.get(at) else { continue };
            let own = |id: &&String| letter.id.as_ref() != Some(*id);
            let mut chain: Vec<&'a String> = letter.references.iter().filter(own).collect();
            let mut tie = Tie::References;
            let answered = letter.in_reply_to.iter().find(own);
            if letter.references.iter().chain(&letter.in_reply_to).any(|id| !own(&id)) {
                self.broken(at, Broken::Itself, "");
            }
            if chain.is_empty() {
                chain.extend(answered);
                tie = Tie::InReplyTo;
            } else if let Some(answered) = answered
                && chain.last().is_some_and(|last| !letter.in_reply_to.contains(last))
            {
                self.broken(at, Broken::Disagrees, answered);
            }
            let mut above = None;
            for id in chain {
                let node = self.node(id);
                let is_free = self.parent.get(node).is_some_and(Option::is_none);
                if node >= self.letters.len()
                    && is_free
                    && above != Some(node)
                    && let Some(parent) = self.parent.get_mut(node)
                {
                    *parent = above;
                }
                above = Some(node);
            }
            if let (Some(parent), Some(own)) = (self.parent.get_mut(at), self.tie.get_mut(at)) {
                *parent = above.filter(|above| *above != at);
                *own = parent.map(|_| tie);
            }
            let is_answer =
                letter.subject.get(..3).is_some_and(|re| re.eq_ignore_ascii_case("re:"));
            if is_answer && !letter.answers() && !letter.may_say_more() {
                self.broken(at, Broken::SubjectAlone, "");
            }
        }
    }

    fn node(&mut self, id: &'a str) -> usize {
        let next = self.parent.len();
        let node = *self.by_id.entry(id).or_insert(next);
        if node == next {
            self.parent.push(None);
            self.missing.push(id);
        }
        node
    }

    /// By what nodes are ordered where they are cut: messages first.
    fn key(&self, node: usize) -> (usize, &'a str) {
        let missing = node.checked_sub(self.letters.len()).and_then(|at| self.missing.get(at));
        (self.rank.get(node).copied().unwrap_or(usize::MAX), missing.copied().unwrap_or_default())
    }

    /// Every circle is cut above its first member.
    fn cut_circles(&mut self) {
        let mut walk = vec![0_usize; self.parent.len()];
        for begin in 0..self.parent.len() {
            let mut at = begin;
            // Each walk has a number of its own; what an earlier one has seen leads to a root.
            let circle = loop {
                match walk.get_mut(at) {
                    Some(seen) if *seen == 0 => *seen = begin + 1,
                    Some(seen) => break *seen == begin + 1,
                    None => break false,
                }
                match self.parent.get(at).copied().flatten() {
                    Some(above) => at = above,
                    None => break false,
                }
            };
            if circle {
                self.cut(at);
            }
        }
    }

    fn cut(&mut self, begin: usize) {
        let mut members = vec![begin];
        let mut at = begin;
        while let Some(above) = self.parent.get(at).copied().flatten().filter(|a| *a != begin) {
            members.push(above);
            at = above;
        }
        let Some(first) = members.iter().copied().min_by_key(|node| self.key(*node)) else {
            return;
        };
        if let Some(parent) = self.parent.get_mut(first) {
            *parent = None;
        }
        if let Some(tie) = self.tie.get_mut(first) {
            *tie = None;
        }
        for member in members {
            self.broken(member, Broken::Circle, "");
        }
    }

    /// What is odd about a message and the one above it.
    fn judge(&mut self) {
        for at in 0..self.letters.len() {
            let above = self.parent.get(at).copied().flatten();
            let pair = above.and_then(|above| self.letters.get(above)).zip(self.letters.get(at));
            let Some((parent, own)) = pair else { continue };
            let number = (above.unwrap_or_default() + 1).to_string();
            let turns = |odd: &Odd| odd.what == Broken::Circle;
            if self.odd.get(at).is_some_and(|odd| odd.iter().any(turns)) {
                continue;
            }
            let last = parent.references.last().filter(|_| !own.references.is_empty());
            if last.is_some_and(|last| !own.references.contains(last)) {
                self.broken(at, Broken::Torn, &number);
            }
            if own.date.zip(parent.date).is_some_and(|(own, parent)| own < parent) {
                self.broken(at, Broken::TooEarly, &number);
            }
        }
    }

    /// The places from top to bottom; what is not here and holds nothing together is left out.
    fn entries(mut self) -> Vec<Entry> {
        let count = self.parent.len();
        let mut below: Vec<Vec<usize>> = vec![Vec::new(); count];
        let mut roots = Vec::new();
        for (node, parent) in self.parent.iter().enumerate() {
            match parent.and_then(|parent| below.get_mut(parent)) {
                Some(below) => below.push(node),
                None => roots.push(node),
            }
        }
        let first = self.firsts(&roots, &below);
        let place = |node: &usize| first.get(*node).copied().unwrap_or(usize::MAX);
        let is_here = |node: &usize| place(node) != usize::MAX;
        for nodes in below.iter_mut().chain([&mut roots]) {
            nodes.retain(is_here);
            nodes.sort_unstable_by_key(place);
        }
        let mut entries = Vec::with_capacity(count);
        let mut stack: Vec<(usize, usize, usize)> =
            roots.iter().rev().map(|node| (*node, 0, 0)).collect();
        while let Some((node, depth, before)) = stack.pop() {
            let children = below.get(node).map_or(&[][..], Vec::as_slice);
            let missing = node.checked_sub(self.letters.len());
            if let (Some(_), [only]) = (missing, children)
                && *only >= self.letters.len()
            {
                stack.push((*only, depth, before + 1));
                continue;
            }
            let who = match missing.and_then(|at| self.missing.get(at)) {
                Some(id) => Who::Missing { id: (*id).to_owned(), before },
                None => Who::Here(node),
            };
            let odd = self.odd.get_mut(node).map(std::mem::take).unwrap_or_default();
            let tie = self.tie.get(node).copied().flatten();
            entries.push(Entry { depth, who, tie, odd });
            stack.extend(children.iter().rev().map(|child| (*child, depth + 1, 0)));
        }
        entries
    }

    /// By what each node is placed: a message by its own rank, what is not here by the first that
    /// hangs below it, and nothing where nobody does.
    fn firsts(&self, roots: &[usize], below: &[Vec<usize>]) -> Vec<usize> {
        let mut downwards = roots.to_vec();
        let mut at = 0;
        while let Some(node) = downwards.get(at).copied() {
            downwards.extend(below.get(node).into_iter().flatten());
            at += 1;
        }
        let mut first: Vec<usize> = (0..self.parent.len()).map(|node| self.key(node).0).collect();
        for node in downwards.into_iter().rev() {
            let own = first.get(node).copied().unwrap_or(usize::MAX);
            let parent = self.parent.get(node).copied().flatten();
            if let Some(above) = parent.filter(|parent| *parent >= self.letters.len())
                && let Some(above) = first.get_mut(above)
            {
                *above = own.min(*above);
            }
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(id: &str, references: &str, in_reply_to: &str, date: i64) -> Letter {
        let text = format!(
            "Message-ID: <{id}@x>\r\nReferences: {references}\r\nIn-Reply-To: {in_reply_to}\r\n\r\n"
        );
        let text = text.replace("Message-ID: <@x>\r\n", "");
        Letter { date: Some(date), ..Letter::of(&Content::read(text)) }
    }

    /// Depth, who and what is odd, one line each.
    fn told(letters: Vec<Letter>) -> Vec<String> {
        let threads = Threads::of(letters);
        let told = threads.entries.iter().map(|entry| {
            let who = match &entry.who {
                Who::Here(at) => at.to_string(),
                Who::Missing { id, before } => format!("{id}+{before}"),
            };
            let tie = entry.tie.map_or("", Tie::field);
            let odd: Vec<_> = entry.odd.iter().map(|odd| odd.what.name()).collect();
            format!("{}{who} {tie} {}", " ".repeat(entry.depth), odd.join(" "))
                .trim_end()
                .to_owned()
        });
        told.collect()
    }

    #[test]
    fn a_date_is_read_as_the_way_reads_it() {
        for (date, second) in [
            ("Mon Nov 23 07:54:41 2026", Some(0)),
            ("Mon, 23 Nov 2026 07:54:41", Some(0)),
            ("Mon, 23 Nov 2026 07:54:41.516 +0000", Some(0)),
            ("23 (x) Nov 26 02:54 EST", Some(-41)),
            ("yesterday", None),
        ] {
            let letter = Letter::of(&Content::read(format!("Date: {date}\r\n\r\n")));
            assert_eq!(letter.date.map(|date| date - 1_795_420_481), second, "{date}");
        }
    }

    #[test]
    fn answers_hang_below_what_they_answer() {
        let letters = vec![
            letter("c", "<a@x> <b@x>", "<b@x>", 3),
            letter("a", "", "", 1),
            letter("d", "", "<a@x>", 4),
            letter("b", "<a@x>", "<a@x>", 2),
        ];
        assert_eq!(told(letters), ["1", " 3 References", "  0 References", " 2 In-Reply-To"]);
    }

    #[test]
    fn what_is_not_here_is_named() {
        let letters = vec![
            letter("e", "<a@x> <b@x> <c@x>", "<c@x>", 1),
            letter("f", "<a@x> <b@x> <d@x>", "<d@x>", 2),
            letter("g", "<p@x> <q@x>", "", 3),
        ];
        let seen = [
            "b@x+1",
            " c@x+0",
            "  0 References",
            " d@x+0",
            "  1 References",
            "q@x+1",
            " 2 References",
        ];
        assert_eq!(told(letters), seen);
    }

    #[test]
    fn what_is_broken_is_told() {
        for (letters, seen) in [
            (vec![letter("", "", "", 1)], &["0  no-id"][..]),
            (vec![letter("", "", "<a@x>", 1)], &["a@x+0", " 0 In-Reply-To reply-without-id"]),
            (vec![letter("a", "<a@x>", "", 1)], &["0  refers-to-itself"]),
            (
                vec![letter("a", "<b@x>", "", 1), letter("b", "<a@x>", "", 2)],
                &["0  circle", " 1 References circle"],
            ),
            (vec![letter("a", "", "", 1), letter("a", "", "", 2)], &["0", "1  same-id"]),
            (
                vec![letter("a", "", "", 5), letter("b", "<a@x>", "<c@x>", 2)],
                &["0", " 1 References references-disagree before-its-parent"],
            ),
            (
                vec![
                    letter("a", "", "", 1),
                    letter("b", "<a@x>", "", 2),
                    letter("c", "<b@x>", "", 3),
                ],
                &["0", " 1 References", "  2 References references-torn"],
            ),
            (
                vec![letter("a b", "x", "y <b>", 1)],
                &["b+0", " 0 In-Reply-To malformed-id malformed-id malformed-id"],
            ),
        ] {
            assert_eq!(told(letters), seen);
        }
        let answer = "Message-ID: <a@x>\r\nSUBJECT: re: x\r\nsubject: y\r\n\r\n";
        assert_eq!(
            told(vec![Letter::of(&Content::read(answer))]),
            ["0  repeated-field subject-alone"]
        );
        let twice = "Message-ID: none\r\nMessage-Id: <a@x>\r\n\r\n";
        assert_eq!(
            told(vec![Letter::of(&Content::read(twice))]),
            ["0  malformed-id repeated-field"]
        );
    }

    #[test]
    fn what_was_not_read_is_not_missed() {
        use Length::{BrokeOff, Grows, Whole};
        let read = |beginning: &'static str, length| told(vec![Letter::read(beginning, length)]);
        let answer = "Subject: Re: x\r\n";
        assert_eq!(read(answer, Grows), ["0  still-growing"]);
        assert_eq!(read(answer, BrokeOff), ["0  broke-off"]);
        assert_eq!(read(answer, Whole(16)), ["0  no-id subject-alone"], "it is all there");
        assert_eq!(read(answer, Whole(17)), ["0  not-read-whole"], "a long header");
        assert_eq!(read("", Whole(17)), ["0  not-read-whole"], "not kept");
        for length in [Whole(99), Grows, BrokeOff] {
            assert_eq!(read("Subject: Re: x\r\n\r\n", length), ["0  no-id subject-alone"]);
        }
        let kept = "Message-ID: <a@b>\r\nSubject: Re: x\r\n";
        assert_eq!(read(kept, Whole(99)), ["0  not-read-whole"]);
    }

    #[test]
    fn ids_are_found_among_other_things() {
        for (value, seen, sound) in [
            ("<a@b>", &["a@b"][..], true),
            (" <a@b>\r\n <c@d> (he said <x@y> \\) (so)) <e@f>", &["a@b", "c@d", "e@f"], true),
            ("<\"a@b\"@c>", &["\"a@b\"@c"], true),
            ("<a@\r\n b>", &["a@b"], false),
            ("<a@b>, <c@d>", &["a@b", "c@d"], false),
            ("Your message of Monday <a@b>", &["a@b"], false),
            ("<a@b", &[], false),
            ("<>", &[], false),
            ("a@b", &[], false),
            ("(", &[], true),
            ("", &[], true),
        ] {
            assert_eq!(
                ids(value),
                (seen.iter().map(|id| (*id).to_owned()).collect(), sound),
                "{value}"
            );
        }
    }

    #[test]
    fn lines_are_found_without_making_them() {
        let threads = Threads::of(vec![letter("", "", "<a@x>", 1), letter("b", "", "", 2)]);
        let at = |line| threads.at_line(line).map(|(entry, within)| (entry.depth, within));
        let lines: Vec<_> = (0..5).map(at).collect();
        assert_eq!(lines, [Some((0, 0)), Some((1, 0)), Some((1, 1)), Some((0, 0)), None]);
        assert_eq!((threads.line_count(), threads.line_of(1)), (4, Some(3)));
    }

    #[test]
    fn ten_thousand_answers_in_one_line_are_no_more_than_ten_thousand_alone() {
        let date = |at: i64| Some(at);
        let deep = (0..10_000).map(|at| Letter {
            id: Some(at.to_string()),
            in_reply_to: if at > 0 { vec![(at - 1).to_string()] } else { Vec::new() },
            date: date(at),
            ..Letter::default()
        });
        let threads = Threads::of(deep.collect());
        assert_eq!(threads.entries.last().map(|entry| entry.depth), Some(9_999));
    }
}
