//! A plan: what is still to be said, step by step, what is expected of each step, and what came of
//! those that are out.
//!
//! A plan says nothing itself. Whoever drives it asks [`Plan::next`] behind everything that happens,
//! gives away the step that it names, and tells it how many bytes of ours are on the wire. A step is
//! over when all of it was answered; only then the next one has its turn, if it is one of those that
//! go by themselves.

use std::collections::HashMap;
use std::fmt;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use crate::journal::transcript::write_text;
use crate::smtp::Span;
use crate::smtp::code::{Class, Code};
use crate::smtp::command;
use crate::smtp::payload::lines;
use crate::smtp::reply::Reply;
use crate::smtp::verb::Verb;

use super::pattern::{Codes, Counter, Pattern, ReplyPattern};
use super::secrets::{self, Meant};
use super::{Dialogue, Exchange, Login, Phase, Row, Turn, timing};

/// What a step says or does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// Commands: one line, or several that leave together.
    Say(Bytes),
    /// Mail data, for which the server has to wait.
    Text(Bytes),
    /// An answer of a login, with its line end.
    Answer(Bytes),
    /// A directive, without its colon.
    Directive(String),
    /// Some time goes by.
    Wait(Duration),
    /// The server closes the connection.
    Closed,
    /// What was said here is not kept, and cannot be said again.
    Gone,
}

impl What {
    /// As it can be typed. Of an answer nothing is shown but that it is one.
    pub fn text(&self) -> String {
        match self {
            Self::Say(bytes) | Self::Text(bytes) => line_of(bytes),
            Self::Answer(bytes) => "*".repeat(bytes.trim_ascii_end().len().clamp(1, 8)),
            Self::Directive(line) => format!(":{line}"),
            Self::Wait(time) => format!(":wait {}s", time.as_secs_f64()),
            Self::Closed => ":closed".to_owned(),
            Self::Gone => String::new(),
        }
    }

    /// The same in place of another one: a message stays one, and so does an answer of a login.
    fn instead_of(self, before: &Self) -> Self {
        match (self, before) {
            (Self::Say(bytes), Self::Text(_)) if bytes.ends_with(b".\r\n") => Self::Text(bytes),
            (Self::Say(bytes), Self::Answer(_)) if !is_known(&bytes) => Self::Answer(bytes),
            (what, _) => what,
        }
    }

    /// What it puts on the wire, where that is known before.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Say(bytes) | Self::Text(bytes) | Self::Answer(bytes) => bytes,
            Self::Directive(_) | Self::Wait(_) | Self::Closed | Self::Gone => &[],
        }
    }

    /// Whether only the last reply to it is looked at: it is several exchanges that nobody wrote
    /// down one by one.
    fn is_errand(&self) -> bool {
        let named = |name: &str| matches!(self, Self::Directive(line) if line.split(' ').next().is_some_and(|n| n.eq_ignore_ascii_case(name)));
        named("auth") || named("starttls") || named("bdat")
    }
}

fn is_known(line: &[u8]) -> bool {
    command::read(line.trim_ascii_end()).value.verb.is_known()
}

/// The text for a line of the client, as it is typed at the prompt: `:raw` where it is no plain one.
pub fn line_of(bytes: &[u8]) -> String {
    let line = bytes.strip_suffix(b"\r\n");
    let plain = line.and_then(|line| std::str::from_utf8(line).ok());
    let plain = plain.filter(|text| !text.starts_with(':') && !text.contains(char::is_control));
    if let Some(text) = plain {
        return text.to_owned();
    }
    let mut out = ":raw ".to_owned();
    write_text(&mut out, line.unwrap_or(bytes), true);
    if line.is_none() {
        out.push_str("\\c");
    }
    out
}

/// What came of a step.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Nothing yet.
    #[default]
    ToCome,
    /// It was given away.
    Given,
    /// It was answered as it should be, in these exchanges.
    Done(Vec<usize>),
    /// It was not said.
    Skipped,
    /// It was answered otherwise.
    Unmet(Unmet),
}

/// An expectation that was not met.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmet {
    /// What was expected, as a transcript would say it; nothing where no reply was.
    pub expected: String,
    /// The exchange whose reply came instead; `None` if there was none.
    pub seen: Option<usize>,
}

/// What is expected of a reply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// What it says.
    pub patterns: Vec<ReplyPattern>,
    /// How long it may take.
    pub within: Option<Duration>,
}

impl Expected {
    /// A reply that says this, whenever it comes.
    pub const fn new(patterns: Vec<ReplyPattern>) -> Self {
        Self { patterns, within: None }
    }

    fn is_met_by(&self, exchange: &Exchange) -> bool {
        let said = |reply: &Reply| self.patterns.iter().all(|p| p.matches(reply));
        let late =
            timing::behind(exchange).zip(self.within).is_some_and(|(took, most)| took > most);
        exchange.reply.as_ref().is_some_and(said) && !late
    }
}

/// As a transcript would say it.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, pattern) in self.patterns.iter().enumerate() {
            let gap = if at > 0 { " / " } else { "" };
            write!(f, "{gap}{}{}", pattern.codes, pattern.text_of())?;
        }
        self.within.map_or(Ok(()), |most| write!(f, " <{}s", most.as_secs_f64()))
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What it does.
    pub what: What,
    /// What is expected of each reply to it, in the order of what was asked.
    pub expects: Vec<Expected>,
    /// The exchanges from which it was made.
    pub origin: Vec<usize>,
    /// What came of it.
    pub state: State,
}

impl Step {
    /// A step of which nothing is expected.
    pub const fn new(what: What) -> Self {
        Self { what, expects: Vec::new(), origin: Vec::new(), state: State::ToCome }
    }

    /// As it may be shown.
    pub fn shown(&self, with_secrets: bool) -> String {
        match &self.what {
            _ if with_secrets => self.what.text(),
            What::Say(bytes) => {
                let mut veiled = bytes.to_vec();
                let spans = secrets::in_typed(bytes, Meant::Command).into_iter();
                secrets::veil(&mut veiled, spans.flat_map(|s| secrets::without_cr(s, bytes)));
                line_of(&veiled)
            }
            What::Directive(line) => {
                let (name, argument) = line.split_once(' ').unwrap_or((line, ""));
                let mut argument = argument.as_bytes().to_vec();
                let hidden = match &*name.to_ascii_lowercase() {
                    "b64" => vec![Span::new(0, argument.len())],
                    "drip" => secrets::in_words(&argument),
                    _ => Vec::new(),
                };
                secrets::veil(&mut argument, hidden);
                format!(":{name} {}", String::from_utf8_lossy(&argument)).trim_end().to_owned()
            }
            what => what.text(),
        }
    }

    /// Whether something of it is a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self.what, What::Answer(_)) || self.shown(false) != self.shown(true)
    }

    /// Whether it is still to be said.
    pub const fn is_to_come(&self) -> bool {
        matches!(self.state, State::ToCome)
    }
}

/// Why a plan came to rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rest {
    /// All steps are done.
    Over,
    /// The steps that were to go by themselves are done, and more are there.
    Reached,
    /// A reply was not what was expected.
    Unmet(Unmet),
    /// The server refused a step of which nothing was expected.
    Refused(usize),
    /// What the person waits for has come, in this exchange; without one it comes next.
    Fits(Option<usize>),
    /// There is no connection.
    Closed,
    /// The server does not wait for mail data, or takes no BDAT: it would be commands.
    NoText,
    /// The server does not ask for an answer of a login, which it could show to others.
    NoLogin,
    /// What was said here the last time is not kept.
    Gone,
}

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing now.
    Wait,
    /// This is given away.
    Give(What),
    /// It rests.
    Rest(Rest),
}

/// A step that was given away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Given {
    step: usize,
    /// The exchanges that were there before.
    from: usize,
    connection: u32,
    /// How many of its bytes are not on the wire yet.
    left: usize,
    /// Whether anything of it was said, or it says nothing.
    begun: bool,
}

/// A plan.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// From where it is.
    pub name: String,
    /// What is expected of the greeting, until it was looked at.
    greeting: Option<Expected>,
    steps: Vec<Step>,
    /// The first step that was not given away.
    next: usize,
    /// The steps before this one go by themselves.
    goal: usize,
    /// Whether it is told when they are done, even if there are none.
    arrives: bool,
    until: Option<Pattern>,
    /// Whether the next step goes whatever one waits for.
    first: bool,
    given: Option<Given>,
    counter: Counter,
    counted: usize,
}

impl Plan {
    /// A plan that rests before its first step.
    pub fn new(name: String, greeting: Option<Expected>, steps: Vec<Step>) -> Self {
        Self { name, greeting, steps, ..Self::default() }
    }

    /// What the client said on a connection, to be said again: the same answers are expected.
    pub fn again(name: String, seen: &Dialogue, connection: u32) -> Self {
        let (greeting, steps) = Recalled::of(seen, connection);
        Self::new(name, greeting, steps)
    }

    /// Its steps.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The number of the next step, from 0.
    pub const fn at(&self) -> usize {
        self.next
    }

    /// Whether steps go by themselves now.
    pub const fn is_running(&self) -> bool {
        self.goal > self.next || self.given.is_some() || self.arrives
    }

    /// Whether no step is left.
    pub const fn is_over(&self) -> bool {
        self.next >= self.steps.len() && self.given.is_none()
    }

    /// Whether more than one step is to go.
    pub const fn goes_far(&self) -> bool {
        self.goal > self.next + 1
    }

    /// The next step goes; while one is on its way, the one behind it.
    pub fn step(&mut self) {
        self.goal = self.next + 1;
        self.until = None;
    }

    /// All steps go, until something stops them.
    pub fn run(&mut self, until: Option<Pattern>) {
        self.step();
        self.goal = usize::MAX;
        self.until = until;
        self.first = true;
    }

    /// The steps before this one go.
    pub const fn run_to(&mut self, step: usize) {
        self.arrives = true;
        self.goal = step;
    }

    /// No more steps go by themselves.
    pub fn stop(&mut self) {
        self.arrives = false;
        self.goal = self.next;
        self.until = None;
    }

    /// The next step is not said; one that is on its way is not waited for.
    pub fn skip(&mut self) -> bool {
        if let Some(given) = self.given.take() {
            self.set(given.step, State::Skipped);
            self.stop();
            return true;
        }
        let at = self.next;
        if at >= self.steps.len() {
            return false;
        }
        self.set(at, State::Skipped);
        self.next += 1;
        self.stop();
        true
    }

    /// Another step in place of one that is still to come; what is expected of it stays.
    pub fn change(&mut self, at: usize, what: What) -> bool {
        let step = self.steps.get_mut(at).filter(|_| at >= self.next);
        step.map(|step| step.what = what.instead_of(&step.what)).is_some()
    }

    /// A step behind step `at`, or the first of those to come.
    pub fn add(&mut self, at: Option<usize>, what: What) -> usize {
        let place = at.map_or(self.next, |at| at + 1).clamp(self.next, self.steps.len());
        self.steps.insert(place, Step::new(what));
        place
    }

    /// A step that is still to come is dropped.
    pub fn remove(&mut self, at: usize) -> bool {
        let to_come = at >= self.next && at < self.steps.len();
        if to_come {
            self.steps.remove(at);
        }
        to_come
    }

    /// So many bytes of ours are on the wire.
    pub fn wrote(&mut self, bytes: usize) {
        if let Some(given) = &mut self.given {
            given.left = given.left.saturating_sub(bytes);
            given.begun = true;
        }
    }

    /// What was held of a step leaves as so many bytes; none means that it was dropped.
    pub fn leaves_as(&mut self, bytes: usize) {
        match &mut self.given {
            Some(given) if bytes > 0 => given.left = bytes,
            Some(_) => drop(self.skip()),
            None => {}
        }
    }

    /// The time of a step is over.
    pub fn waited(&mut self) {
        self.wrote(0);
    }

    /// What was given away waits for its turn a little longer.
    pub fn postpone(&mut self) {
        if let Some(given) = self.given.take() {
            self.set(given.step, State::ToCome);
            self.next = given.step;
        }
    }

    /// What was given away was not said after all.
    pub fn take_back(&mut self) {
        self.postpone();
        self.stop();
    }

    /// What comes next, now that the session is as it is; `free` says that nothing of ours is on its
    /// way.
    pub fn next(&mut self, seen: &Dialogue, free: bool) -> Next {
        if let Some(given) = self.given {
            match self.settle(seen, given, free) {
                None => return Next::Wait,
                Some(rest @ (Rest::Unmet(_) | Rest::Refused(_) | Rest::Fits(_))) => {
                    self.stop();
                    return Next::Rest(rest);
                }
                Some(_) if self.next >= self.goal => {
                    self.stop();
                    let over = self.next >= self.steps.len();
                    return Next::Rest(if over { Rest::Over } else { Rest::Reached });
                }
                Some(_) => {}
            }
        }
        if self.next >= self.goal {
            let open = seen.phase().is_open();
            if !self.arrives || (open && !seen.awaits_client()) {
                return Next::Wait;
            }
            self.stop();
            return Next::Rest(if open { Rest::Reached } else { Rest::Closed });
        }
        if let Some(next) = self.hinders(seen, free) {
            if next != Next::Wait {
                self.stop();
            }
            return next;
        }
        let Some(step) = self.steps.get(self.next) else {
            self.stop();
            return Next::Rest(Rest::Over);
        };
        let what = step.what.clone();
        self.first = false;
        self.given = Some(Given {
            step: self.next,
            from: seen.exchanges().len(),
            connection: seen.connection(),
            left: what.bytes().len(),
            begun: what == What::Closed,
        });
        self.set(self.next, State::Given);
        self.next += 1;
        if what == What::Closed { self.next(seen, free) } else { Next::Give(what) }
    }

    /// Why the next step cannot be given away: now, or at all.
    fn hinders(&mut self, seen: &Dialogue, free: bool) -> Option<Next> {
        let what = self.steps.get(self.next).map(|step| &step.what)?;
        if matches!(what, What::Wait(_) | What::Closed) {
            return None;
        }
        if *what == What::Gone {
            return Some(Next::Rest(Rest::Gone));
        }
        if !seen.phase().is_open() {
            return Some(Next::Rest(Rest::Closed));
        }
        let takes_lines = seen.awaits_mail_data() || seen.awaits_octets();
        if !free || !(takes_lines || seen.awaits_client()) {
            return Some(Next::Wait);
        }
        let is_lost = match what {
            What::Text(_) => !seen.awaits_mail_data(),
            What::Say(bytes) => has_octets(bytes) && !seen.offers("CHUNKING"),
            _ => false,
        };
        if is_lost {
            return Some(Next::Rest(Rest::NoText));
        }
        if matches!(what, What::Answer(_)) && !seen.awaits_login() {
            return Some(Next::Rest(Rest::NoLogin));
        }
        if let What::Say(bytes) = what
            && let Some(until) =
                self.until.as_ref().filter(|p| !self.first && !p.is_about_replies())
        {
            let mut counter = self.counter.clone();
            let mut fits = seen.foreseen(bytes).into_iter();
            if fits.any(|exchange| until.matches(&exchange, counter.next(&exchange))) {
                return Some(Next::Rest(Rest::Fits(None)));
            }
        }
        let expected = self.greeting.take()?;
        let greeting = seen.exchanges_here().find(|(_, e)| e.turn == Turn::Greeting);
        let (at, exchange) = greeting?;
        let unmet = || Unmet { expected: expected.to_string(), seen: Some(at) };
        (!expected.is_met_by(exchange)).then(|| Next::Rest(Rest::Unmet(unmet())))
    }

    /// What came of the step that was given away, once it is over.
    fn settle(&mut self, seen: &Dialogue, given: Given, free: bool) -> Option<Rest> {
        let over = !seen.phase().is_open() || seen.connection() != given.connection;
        let step = self.steps.get(given.step)?;
        if step.what == What::Closed && !over {
            return None;
        }
        let still = given.left > 0 || !given.begun || !free || !seen.waiting().is_empty();
        if !over && (still || seen.phase() == Phase::AwaitingTls) {
            return None;
        }
        let own = |(at, exchange): (usize, &Exchange)| {
            let theirs = exchange.turn == Turn::Unsolicited;
            let here = exchange.connection == given.connection && exchange.reply.is_some();
            (here && !theirs).then_some(at)
        };
        let all = seen.exchanges().iter().enumerate().skip(given.from);
        let replies: Vec<usize> = all.filter_map(own).collect();
        if replies.len() < step.expects.len() && !over && !step.what.is_errand() {
            return None;
        }
        self.given = None;
        let rest = self.judge(given.step, &replies, seen);
        let fitting = self.fitting(seen);
        let state = match &rest {
            Some(Rest::Unmet(unmet)) => State::Unmet(unmet.clone()),
            _ => State::Done(replies),
        };
        self.set(given.step, state);
        let fitting = fitting.map(|at| Rest::Fits(Some(at)));
        Some(rest.or(fitting).unwrap_or(Rest::Reached))
    }

    /// What is wrong with the replies to a step.
    fn judge(&self, at: usize, replies: &[usize], seen: &Dialogue) -> Option<Rest> {
        let step = self.steps.get(at)?;
        let exchange = |at: usize| seen.exchanges().get(at);
        let looked_at = match replies {
            [.., last] if step.what.is_errand() => std::slice::from_ref(last),
            replies => replies,
        };
        if step.expects.is_empty() {
            let class = |at: usize| Some(exchange(at)?.reply.as_ref()?.class());
            // Of an errand it is expected that it works.
            if step.what.is_errand() {
                let seen = looked_at.last().copied();
                let works = seen.and_then(class) == Some(Class::Positive);
                let unmet = || Unmet { expected: "2xx".to_owned(), seen };
                return (!works).then(|| Rest::Unmet(unmet()));
            }
            let refused = replies.iter().find(|at| class(**at) == Some(Class::Permanent));
            return refused.map(|at| Rest::Refused(*at));
        }
        let count = step.expects.len().max(looked_at.len());
        (0..count).find_map(|n| {
            let (expects, seen) = (step.expects.get(n), looked_at.get(n).copied());
            let met = expects.zip(seen.and_then(exchange)).is_some_and(|(x, e)| x.is_met_by(e));
            let expected = expects.map(ToString::to_string).unwrap_or_default();
            (!met).then_some(Rest::Unmet(Unmet { expected, seen }))
        })
    }

    /// The first new exchange that the person waits for.
    fn fitting(&mut self, seen: &Dialogue) -> Option<usize> {
        let new = seen.exchanges().iter().enumerate().skip(self.counted);
        let mut found = None;
        for (at, exchange) in new {
            let nth = self.counter.next(exchange);
            let until = self.until.as_ref().filter(|until| until.is_about_replies());
            if found.is_none() && until.is_some_and(|until| until.matches(exchange, nth)) {
                found = Some(at);
            }
        }
        self.counted = seen.exchanges().len();
        found
    }

    fn set(&mut self, at: usize, state: State) {
        if let Some(step) = self.steps.get_mut(at) {
            step.state = state;
        }
    }
}

/// The connection on which the client said something last.
pub fn last_talk(seen: &Dialogue) -> Option<u32> {
    let said = |e: &&Exchange| !matches!(e.turn, Turn::Greeting | Turn::Unsolicited);
    seen.exchanges().iter().rev().find(said).map(|exchange| exchange.connection)
}

/// The codes of exchanges that were answered.
pub fn codes(replies: &[usize], seen: &Dialogue) -> Vec<Code> {
    let code = |at: &usize| seen.exchanges().get(*at)?.reply.as_ref()?.code;
    replies.iter().filter_map(code).collect()
}

/// What was said on a connection, while it is made into steps.
struct Recalled<'a> {
    seen: &'a Dialogue,
    connection: u32,
    steps: Vec<Step>,
    /// The exchanges in which the end of each message was answered.
    ends: HashMap<usize, Vec<usize>>,
    /// The exchange up to which a login was made into one step.
    behind_login: usize,
    /// Whether the last command was said on that connection.
    here: bool,
}

impl<'a> Recalled<'a> {
    fn of(seen: &'a Dialogue, connection: u32) -> (Option<Expected>, Vec<Step>) {
        let mut ends: HashMap<usize, Vec<usize>> = HashMap::new();
        for (at, exchange) in seen.exchanges().iter().enumerate() {
            if let Some(message) = exchange.message.filter(|_| exchange.turn.ends_message()) {
                ends.entry(message).or_default().push(at);
            }
        }
        let mut recalled =
            Self { seen, connection, steps: Vec::new(), ends, behind_login: 0, here: false };
        let mut at = 0;
        while let Some((rows, begin)) = seen.wire().run(at) {
            match begin {
                Row::Client { exchange } => recalled.command(rows.start, exchange),
                Row::Data { message, .. } => recalled.data(&rows, message),
                Row::Server { .. } | Row::Notice { .. } => {}
            }
            at = rows.end;
        }
        let here = |e: &&Exchange| e.connection == connection && e.turn == Turn::Greeting;
        let greeting = seen.exchanges().iter().find(here).and_then(expected);
        (greeting, recalled.steps)
    }

    fn command(&mut self, row: usize, at: usize) {
        let Some(exchange) = self.seen.exchanges().get(at) else { return };
        self.here = exchange.connection == self.connection;
        if !self.here || at < self.behind_login {
            return;
        }
        if exchange.verb() == Some(&Verb::Auth) && self.login(at) {
            return;
        }
        let Some(line) = &exchange.line else { return };
        let what = if line.beyond > 0 {
            What::Gone
        } else {
            let bytes = Bytes::from([&line.bytes[..], line.end.bytes()].concat());
            if exchange.turn == Turn::LoginAnswer { What::Answer(bytes) } else { What::Say(bytes) }
        };
        let expects = expected(exchange);
        let group = self.seen.group_of(row).filter(|group| group.start < row);
        if let (Some(_), Some(last), What::Say(bytes)) = (group, self.steps.last_mut(), &what)
            && let What::Say(before) = &mut last.what
        {
            *before = Bytes::from([&before[..], bytes].concat());
            last.expects.extend(expects);
            last.origin.push(at);
            return;
        }
        let expects = expects.into_iter().collect();
        self.steps.push(Step { expects, origin: vec![at], ..Step::new(what) });
    }

    /// A login whose answers depend on what the server asks, or whose secrets are not known, is done
    /// anew; `false` where it can be said again as it was.
    fn login(&mut self, at: usize) -> bool {
        let Some(login) = Login::at(self.seen, at) else { return false };
        let mut exchanges = self.seen.exchanges().range(at..login.last + 1);
        let veiled = exchanges.any(|exchange| {
            let secret = exchange.line.as_ref().zip(exchange.secret);
            secret.is_some_and(|(line, span)| {
                let hidden = span.of(&line.bytes);
                !hidden.is_empty() && hidden.iter().all(|byte| *byte == b'*')
            })
        });
        let computed = login.mechanism == "CRAM-MD5" || login.mechanism.starts_with("SCRAM-");
        if !veiled && !computed {
            return false;
        }
        let user = login.user().unwrap_or_default();
        let line = format!("auth {} {user}", login.mechanism).trim_end().to_owned();
        let expects =
            self.seen.exchanges().get(login.last).and_then(expected).into_iter().collect();
        let origin = (at..=login.last).collect();
        self.behind_login = login.last + 1;
        self.steps.push(Step { expects, origin, ..Step::new(What::Directive(line)) });
        true
    }

    fn data(&mut self, rows: &Range<usize>, message: usize) {
        if !self.here {
            return;
        }
        let Some(carried) = self.seen.messages().get(message) else { return };
        let ranges = (self.seen.data_range(rows.start), self.seen.data_range(rows.end - 1));
        let kept = ranges.0.zip(ranges.1).map(|(first, last)| first.start..last.end);
        let kept = kept.filter(|range| range.end <= carried.kept() as u64);
        let bytes = kept.map(|range| carried.wire(range.start, range.end));
        if carried.is_chunked() {
            // The octets leave with the command that announces them.
            let Some(last) = self.steps.last_mut() else { return };
            match (&mut last.what, bytes) {
                (What::Say(said), Some(bytes)) => *said = Bytes::from([&said[..], &bytes].concat()),
                (what, _) => *what = What::Gone,
            }
            return;
        }
        let Some(bytes) = bytes else { return self.steps.push(Step::new(What::Gone)) };
        if let Some(Step { what: What::Text(said), .. }) = self.steps.last_mut() {
            *said = Bytes::from([&said[..], &bytes].concat());
            return;
        }
        let ends = self.ends.get(&message).into_iter().flatten();
        let answered = |at: &usize| Some((*at, expected(self.seen.exchanges().get(*at)?)?));
        let (origin, expects) = ends.filter_map(answered).unzip();
        self.steps.push(Step { expects, origin, ..Step::new(What::Text(bytes.into())) });
    }
}

/// The same code is expected again.
fn expected(exchange: &Exchange) -> Option<Expected> {
    let code = exchange.reply.as_ref()?.code?.to_string();
    let codes = Codes::read(code.as_bytes())?;
    Some(Expected::new(vec![ReplyPattern { codes, text: None }]))
}

/// Whether this is BDAT with octets behind it.
fn has_octets(said: &[u8]) -> bool {
    let mut lines = lines(said);
    let first = lines.next().unwrap_or_default().trim_ascii_end();
    command::read(first).value.verb == Verb::Bdat && lines.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::transcript::recording;
    use crate::journal::{Event, Happening, Moment, Side};

    fn hear(seen: &mut Dialogue, side: Side, text: &str) {
        seen.apply(&Event::bytes(Moment(1), side, text.to_owned().into()));
    }

    fn greeted() -> Dialogue {
        let mut seen = Dialogue::default();
        seen.apply(&Event::new(Moment(0), Happening::Opened(Box::default())));
        hear(&mut seen, Side::Server, "220 mx\r\n");
        seen
    }

    fn recorded(text: &str) -> Dialogue {
        let mut seen = Dialogue::default();
        recording(text.as_bytes()).unwrap().events().iter().for_each(|event| seen.apply(event));
        seen
    }

    fn say(line: &str) -> What {
        What::Say(format!("{line}\r\n").into())
    }

    fn plan(lines: &[(&str, &str)]) -> Plan {
        let step = |(line, code): &(&str, &str)| {
            let codes =
                Codes::read(code.as_bytes()).map(|codes| ReplyPattern { codes, text: None });
            let expects = codes.into_iter().map(|pattern| Expected::new(vec![pattern])).collect();
            Step { expects, ..Step::new(say(line)) }
        };
        Plan::new("plan".to_owned(), None, lines.iter().map(step).collect())
    }

    /// Gives away what comes next, puts it on the wire, and hears `reply`.
    fn goes(plan: &mut Plan, seen: &mut Dialogue, line: &str, reply: &str) {
        assert_eq!(plan.next(seen, true), Next::Give(say(line)));
        assert_eq!(plan.next(seen, true), Next::Wait, "{line} is not on the wire yet");
        hear(seen, Side::Client, &format!("{line}\r\n"));
        plan.wrote(line.len() + 2);
        assert_eq!(plan.next(seen, true), Next::Wait, "{line} has no reply yet");
        hear(seen, Side::Server, &format!("{reply}\r\n"));
    }

    #[test]
    fn each_step_waits_for_the_person_and_for_the_reply_before_it() {
        let (mut plan, mut seen) =
            (plan(&[("EHLO x", "250"), ("NOOP", ""), ("QUIT", "")]), greeted());
        assert_eq!(plan.next(&seen, true), Next::Wait);
        plan.step();
        goes(&mut plan, &mut seen, "EHLO x", "250 mx");
        assert_eq!(plan.next(&seen, true), Next::Rest(Rest::Reached));
        assert_eq!(plan.next(&seen, true), Next::Wait);
        assert_eq!(plan.steps()[0].state, State::Done(vec![1]));
        plan.run(None);
        assert_eq!(plan.next(&seen, false), Next::Wait, "something else is on its way");
        goes(&mut plan, &mut seen, "NOOP", "250 ok");
        goes(&mut plan, &mut seen, "QUIT", "221 bye");
        assert_eq!(plan.next(&seen, true), Next::Rest(Rest::Over));
        assert!(plan.is_over() && !plan.is_running());
    }

    #[test]
    fn what_is_not_as_expected_or_is_refused_stops_a_run() {
        for (code, reply, want) in [
            ("250", "550 no", Some(Rest::Unmet(Unmet { expected: "250".into(), seen: Some(1) }))),
            ("5xx", "550 no", None),
            ("", "550 no", Some(Rest::Refused(1))),
            ("", "450 later", None),
        ] {
            let (mut plan, mut seen) = (plan(&[("NOOP", code), ("QUIT", "")]), greeted());
            plan.run(None);
            goes(&mut plan, &mut seen, "NOOP", reply);
            if let Some(rest) = want {
                assert_eq!(plan.next(&seen, true), Next::Rest(rest), "{code} {reply}");
                assert_eq!(plan.next(&seen, true), Next::Wait);
                plan.step();
            }
            assert_eq!(plan.next(&seen, true), Next::Give(say("QUIT")), "{code} {reply}");
        }
    }

    #[test]
    fn it_runs_until_something_fits_that_is_said_or_answered() {
        let lines = [("NOOP 1", ""), ("NOOP 2", ""), ("RSET", "")];
        let (mut stepped, mut seen) = (plan(&lines), greeted());
        stepped.run(Some(Pattern::read("noop#2").unwrap()));
        goes(&mut stepped, &mut seen, "NOOP 1", "250 ok");
        assert_eq!(stepped.next(&seen, true), Next::Rest(Rest::Fits(None)));
        // The step at which it rests goes when it runs on.
        stepped.run(Some(Pattern::read("noop").unwrap()));
        goes(&mut stepped, &mut seen, "NOOP 2", "250 ok");
        let (mut stepped, mut seen) = (plan(&lines), greeted());
        stepped.run(Some(Pattern::read("252").unwrap()));
        goes(&mut stepped, &mut seen, "NOOP 1", "250 ok");
        goes(&mut stepped, &mut seen, "NOOP 2", "252 ok");
        assert_eq!(stepped.next(&seen, true), Next::Rest(Rest::Fits(Some(2))));
    }

    #[test]
    fn steps_are_changed_added_dropped_and_skipped_before_they_go() {
        let (mut plan, mut seen) = (plan(&[("NOOP", ""), ("HELP", ""), ("QUIT", "")]), greeted());
        plan.step();
        goes(&mut plan, &mut seen, "NOOP", "250 ok");
        plan.next(&seen, true);
        assert!(!plan.change(0, say("RSET")) && !plan.remove(0), "it was sent");
        assert!(plan.change(1, say("VRFY bob")));
        assert_eq!(plan.add(Some(1), say("EXPN list")), 2);
        assert!(plan.remove(3) && plan.skip());
        plan.run(None);
        goes(&mut plan, &mut seen, "EXPN list", "250 ok");
        assert_eq!(plan.next(&seen, true), Next::Rest(Rest::Over));
        assert_eq!(plan.steps()[1].state, State::Skipped);
    }

    #[test]
    fn no_line_of_a_message_and_no_answer_of_a_login_becomes_a_command() {
        for (what, rest) in [
            (What::Text("hello\r\n.\r\n".into()), Rest::NoText),
            (What::Say("BDAT 7 LAST\r\nRSET x\n".into()), Rest::NoText),
            (What::Answer("cHc=\r\n".into()), Rest::NoLogin),
            (What::Gone, Rest::Gone),
        ] {
            let mut plan = Plan::new(String::new(), None, vec![Step::new(what)]);
            plan.step();
            assert_eq!(plan.next(&greeted(), true), Next::Rest(rest));
            assert!(plan.steps()[0].is_to_come());
            plan.step();
            assert_eq!(
                plan.next(&Dialogue::default(), true).clone(),
                match plan.steps()[0].what {
                    What::Gone => Next::Rest(Rest::Gone),
                    _ => Next::Rest(Rest::Closed),
                }
            );
        }
    }

    const TALK: &str = "S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250 PIPELINING\n\
        :pipeline\nC: MAIL FROM:<a@b.example>\nC: RCPT TO:<c@d.example>\n:end\nS: 250 ok\nS: 550 no\n\
        C: RCPT TO:<e@f.example>\nS: 250 ok\nC: DATA\nS: 354 go\nC: hello\nC: .\nS: 250 ok\n\
        C: AUTH CRAM-MD5\nS: 334 PDFAeD4=\nC: YWxpY2UgNjVhMTExMGJiNmI0Y2Y2YzQzYjRhNmUxODA3MTU0ZjQ=\nS: 235 ok\n\
        C: AUTH PLAIN AGEAYg==\nS: 503 no\n";

    #[test]
    fn what_was_said_is_said_again_and_the_same_codes_are_expected() {
        let plan = Plan::again(String::new(), &recorded(TALK), 1);
        let steps: Vec<_> = plan
            .steps()
            .iter()
            .map(|step| {
                let expected: Vec<_> = step.expects.iter().map(ToString::to_string).collect();
                (step.what.clone(), expected.join(" "))
            })
            .collect();
        assert_eq!(
            steps,
            [
                (say("EHLO x"), "250".to_owned()),
                (say("MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>"), "250 550".to_owned()),
                (say("RCPT TO:<e@f.example>"), "250".to_owned()),
                (say("DATA"), "354".to_owned()),
                (What::Text("hello\r\n.\r\n".into()), "250".to_owned()),
                (What::Directive("auth CRAM-MD5 alice".to_owned()), "235".to_owned()),
                (say("AUTH PLAIN AGEAYg=="), "503".to_owned()),
            ]
        );
        assert_eq!(plan.greeting.as_ref().unwrap().to_string(), "220");
        assert_eq!(plan.steps()[5].origin, [7, 8]);
        assert_eq!(plan.steps()[5].shown(false), ":auth CRAM-MD5 alice");
        let hidden = |line: &str| Step::new(What::Directive(line.to_owned())).shown(false);
        assert_eq!(hidden("b64 secret"), ":b64 ******");
        assert_eq!(hidden("drip 1 0 AUTH PLAIN c2Vj"), ":drip 1 0 AUTH PLAIN ****");
        let shown = plan.steps()[6].shown(false);
        assert_eq!(shown, "AUTH PLAIN ********");
        assert!(plan.steps()[6].is_secret() && !plan.steps()[0].is_secret());
    }

    #[test]
    fn chunks_leave_with_their_octets_and_a_veiled_login_is_done_anew() {
        let text = "S: 220 mx\nC: EHLO x\nS: 250 CHUNKING\nC: BDAT 5 LAST\nC: hello\\c\nS: 250 ok\n\
                    C: AUTH PLAIN ********\nS: 235 ok\n";
        let plan = Plan::again(String::new(), &recorded(text), 1);
        let whats: Vec<_> = plan.steps().iter().map(|step| step.what.clone()).collect();
        assert_eq!(
            whats,
            [
                say("EHLO x"),
                What::Say("BDAT 5 LAST\r\nhello".into()),
                What::Directive("auth PLAIN".to_owned()),
            ]
        );
    }

    #[test]
    fn a_step_is_written_as_it_can_be_typed() {
        for (bytes, text) in [
            (&b"EHLO x\r\n"[..], "EHLO x"),
            (b"NOOP\n", ":raw NOOP\\n\\c"),
            (b"RSET\r\nNOOP\r\n", ":raw RSET\\r\\nNOOP"),
            (b":x\r\n", ":raw :x"),
            (b"\xff\r\n", ":raw \\xff"),
        ] {
            assert_eq!(line_of(bytes), text);
        }
    }
}
