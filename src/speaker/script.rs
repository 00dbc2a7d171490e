//! A transcript as a script: says the next line when its turn has come, and expects replies.
//!
//! `C:` lines with no `S:` between them go out without waiting. The greeting is awaited silently
//! where no `S:` stands before the first `C:`, and so is the reply to a QUIT at the very end. Any
//! other reply that no line expects fails the run (see `journal::transcript` for the notation).
//! `:auth` is a whole login and `:starttls` a whole switch to TLS; what stands behind them is about
//! their last reply. `:within` limits the expectation behind it.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::journal::transcript::{self, Piece, Place, TranscriptError};
use crate::journal::{Ending, Moment};
use crate::session::answers::Answers;
use crate::session::pattern::{Codes, ReplyPattern};
use crate::session::{Dialogue, Exchange, Phase, Turn, timing};
use crate::smtp::command;
use crate::smtp::payload;
use crate::smtp::verb::Verb;

use super::directive::{self, Directive, duration};
use super::login::{Credentials, Login, Next};
use super::{Check, ChunkByChunk, Chunks, Errand, Octets, Say, Speaker, Starttls};

/// What a script does next, and where that stands; what stands nowhere goes without saying.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Step {
    at: Option<Place>,
    item: Item,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Say(Say),
    /// A reply, in this time if one is named.
    Expect(Vec<ReplyPattern>, Option<Duration>),
    /// Any greeting.
    AwaitGreeting,
    /// Any answer to the last QUIT, or the end of the connection.
    AwaitGoodbye,
    Wait(Duration),
    ExpectClosed(Option<Duration>),
    Errand(Box<Errand>),
    /// The last message is to be verified.
    Verify(Box<Check>),
}

/// An expectation that was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The line that expected something; `None` for a reply that no line expects.
    pub at: Option<Place>,
    /// What was expected, as a transcript would say it.
    pub expected: Vec<String>,
    /// The exchange whose reply came instead; `None` if the connection ended, or nothing came.
    pub seen: Option<usize>,
    /// The time in which it was expected, if it was not seen in that time.
    pub late: Option<Duration>,
}

/// What there is to say about an errand: the keys of a sentence and of the reason in it.
type Remark = (&'static str, &'static str);

/// Plays a transcript.
#[derive(Clone, Debug)]
pub struct Script {
    steps: Vec<Step>,
    next: usize,
    heard: usize,
    /// How many exchanges there were before it was first asked, with the replies to them: another
    /// had those, and only the greeting is its business.
    joined_at: Option<usize>,
    /// Since when the next step waits.
    waits_since: Option<Moment>,
    codes_only: bool,
    takes_all: bool,
    mismatch: Option<Mismatch>,
    remarks: Vec<(Place, Remark)>,
}

impl Script {
    /// Makes a script of the steps of a transcript. `load` reads the files that a directive at some
    /// place names.
    ///
    /// # Errors
    /// With the place of a step that is no part of a script.
    pub fn new(
        steps: Vec<(Place, transcript::Step)>,
        load: impl FnMut(Place, &str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, TranscriptError> {
        let mut reading =
            Reading { steps: Vec::new(), group: None, within: None, goes_on: false, load };
        let mut last = Place { line: 1, column: 1 };
        for (at, step) in steps {
            last = at;
            reading.take(at, step)?;
        }
        Ok(Self {
            steps: with_silent_replies(reading.finish(last)?),
            next: 0,
            heard: 0,
            joined_at: None,
            waits_since: None,
            codes_only: false,
            takes_all: false,
            mismatch: None,
            remarks: Vec::new(),
        })
    }

    /// Looks at codes alone, so that a recorded dialogue can be played against another server.
    pub const fn codes_only(mut self, yes: bool) -> Self {
        self.codes_only = yes;
        self
    }

    /// Waits for replies where it expects some, and takes whatever comes, as far as what follows can
    /// be said all the same.
    #[must_use]
    pub const fn expecting_nothing(mut self) -> Self {
        self.takes_all = true;
        self
    }

    /// Reads the answers that messages are to be judged by.
    ///
    /// # Errors
    /// With the place of the directive whose file cannot be read, and what `read` says about it.
    pub fn read_answers(
        &mut self,
        mut read: impl FnMut(Place, &str) -> Result<Arc<Answers>, String>,
    ) -> Result<(), TranscriptError> {
        for step in &mut self.steps {
            if let Step { at: Some(at), item: Item::Verify(check) } = step
                && let Some(file) = &check.file
            {
                let unread = |why| TranscriptError::new(*at, "answers.unread").with("why", why);
                check.answers = Some(read(*at, file).map_err(unread)?);
            }
        }
        Ok(())
    }

    /// Gives each errand what comes from outside: `equip` supplies it.
    ///
    /// # Errors
    /// With the place of the login for which there is nothing, and what `equip` says about it.
    pub fn equip(
        &mut self,
        mut equip: impl FnMut(&mut Errand) -> Result<(), String>,
    ) -> Result<(), TranscriptError> {
        for step in &mut self.steps {
            if let Step { at: Some(at), item: Item::Errand(errand) } = step {
                equip(errand).map_err(|why| {
                    TranscriptError::new(*at, "misread.password").with("why", why)
                })?;
            }
        }
        Ok(())
    }

    /// What there is to say about errands beside what crossed the wire, and where they stand.
    pub fn remarks(&self) -> &[(Place, Remark)] {
        &self.remarks
    }

    /// What went wrong, if something did.
    pub const fn mismatch(&self) -> Option<&Mismatch> {
        self.mismatch.as_ref()
    }

    /// Whether every step was played.
    pub const fn is_finished(&self) -> bool {
        self.next >= self.steps.len()
    }

    /// Where the step stands that is played now.
    pub fn place(&self) -> Option<Place> {
        self.steps.iter().skip(self.next).find_map(|step| step.at)
    }

    /// Where the first step stands that was not played, and how many there are; one that failed
    /// was played.
    pub fn rest(&self) -> Option<(Place, usize)> {
        let failed = self.mismatch.as_ref().is_some_and(|mismatch| mismatch.at.is_some());
        let rest = self.steps.iter().skip(self.next + usize::from(failed));
        let mut rest = rest.filter_map(|step| step.at);
        let first = rest.next()?;
        Some((first, 1 + rest.count()))
    }

    /// The next reply that was not looked at yet.
    fn reply<'a>(&self, seen: &'a Dialogue) -> Option<&'a Exchange> {
        seen.exchanges().get(self.replied(seen)?)
    }

    /// The exchange that it answers.
    fn replied(&self, seen: &Dialogue) -> Option<usize> {
        seen.answered().get(self.heard).copied()
    }

    /// That reply was looked at.
    fn hear(&mut self) {
        self.heard = (self.heard + 1).max(self.joined_at.unwrap_or_default());
    }

    fn fits(&self, patterns: &[ReplyPattern], exchange: &Exchange) -> bool {
        // What the client says behind these depends on the reply.
        let decides = exchange.turn == Turn::LoginAnswer
            || matches!(exchange.verb(), Some(Verb::Auth | Verb::Data | Verb::Starttls));
        let codes = self.codes_only || self.takes_all;
        exchange.reply.as_ref().is_some_and(|reply| {
            let fits =
                |p: &ReplyPattern| if codes { p.matches_code(reply) } else { p.matches(reply) };
            (self.takes_all && !decides) || patterns.iter().all(fits)
        })
    }

    fn fail(&mut self, at: Option<Place>, patterns: &[ReplyPattern], seen: Option<usize>) -> Say {
        let expected = patterns.iter().map(|p| p.codes.to_string() + &p.text_of()).collect();
        self.mismatch = Some(Mismatch { at, expected, seen, late: None });
        Say::Close(Ending::Finished)
    }

    /// The same for what was not seen in time.
    fn be_late(&mut self, limit: Duration) {
        if let Some(mismatch) = &mut self.mismatch {
            mismatch.late = Some(limit);
        }
    }

    /// How much of `limit` is left for what began at `since`, or else when it was first waited for.
    fn left(&mut self, now: Moment, since: Option<Moment>, limit: Duration) -> Duration {
        let waits = *self.waits_since.get_or_insert(now);
        let until = since.unwrap_or(waits).plus(limit);
        Duration::from_micros(until.since(now))
    }

    /// Waits for what is expected; what was expected in a `limit` fails where that is over.
    fn await_in(
        &mut self,
        (at, patterns): (Option<Place>, &[ReplyPattern]),
        (now, since): (Moment, Option<Moment>),
        limit: Option<Duration>,
    ) -> Option<Say> {
        let limit = limit.filter(|_| !self.takes_all)?;
        let left = self.left(now, since, limit);
        if !left.is_zero() {
            return Some(Say::Wait(left));
        }
        let close = self.fail(at, patterns, None);
        self.be_late(limit);
        Some(close)
    }

    /// Waits for a reply to a step of an errand, no longer than what is expected of it may take.
    fn await_errand(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        let Step { at, item: Item::Expect(patterns, limit) } = self.steps.get(self.next + 1)?
        else {
            return None;
        };
        let (at, patterns, limit) = (*at, patterns.clone(), *limit);
        self.await_in((at, &patterns), (now, sent(seen)), limit)
    }

    /// The next step of the errand that is due.
    fn go_on(&mut self, seen: &Dialogue) -> Next {
        let Some(Step { at, item: Item::Errand(errand) }) = self.steps.get_mut(self.next) else {
            return Next::Over(None);
        };
        let next = errand.next(seen);
        if let Next::Over(last) = next {
            let answered = seen.answered();
            let last = last.and_then(|last| answered.iter().rposition(|at| *at == last));
            self.heard = last.unwrap_or(answered.len());
            self.remarks.extend(at.and_then(|at| Some((at, errand.remark()?))));
        }
        next
    }

    /// At the end nothing may be left over.
    fn finish(&mut self, seen: &Dialogue) -> Option<Say> {
        if self.reply(seen).is_some() {
            return Some(self.fail(None, &[], self.replied(seen)));
        }
        let all_answered = seen.waiting().is_empty();
        (all_answered && seen.phase().is_open()).then_some(Say::Close(Ending::Finished))
    }
}

impl Speaker for Script {
    #[expect(clippy::match_same_arms, reason = "the arms are read in their order")]
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        if seen.phase() == Phase::Offline {
            return None;
        }
        // What came unasked is for whoever listens now.
        let asked =
            |at: &usize| seen.exchanges().get(*at).is_some_and(|e| e.turn != Turn::Unsolicited);
        let before = || seen.answered().iter().rposition(asked).map_or(0, |at| at + 1);
        self.joined_at.get_or_insert_with(before);
        let over = !seen.phase().is_open();
        while self.mismatch.is_none() {
            let Some(Step { at, item }) = self.steps.get(self.next).cloned() else {
                return self.finish(seen);
            };
            match item {
                Item::Expect(patterns, limit) => match self.reply(seen) {
                    Some(exchange) if self.fits(&patterns, exchange) => {
                        let took = timing::behind(exchange).filter(|_| !self.takes_all);
                        if let Some(limit) = limit.filter(|limit| took > Some(*limit)) {
                            let close = self.fail(at, &patterns, self.replied(seen));
                            self.be_late(limit);
                            return Some(close);
                        }
                        self.hear();
                    }
                    Some(_) => return Some(self.fail(at, &patterns, self.replied(seen))),
                    None if over => return Some(self.fail(at, &patterns, None)),
                    None => {
                        return self.await_in((at, &patterns), (now, sent(seen)), limit);
                    }
                },
                Item::AwaitGreeting | Item::AwaitGoodbye if self.reply(seen).is_some() => {
                    self.hear();
                }
                Item::AwaitGreeting if over => return Some(self.fail(None, &[], None)),
                Item::AwaitGoodbye if over => {}
                Item::AwaitGreeting | Item::AwaitGoodbye => return None,
                Item::Errand(errand) if !errand.has_begun() && self.reply(seen).is_some() => {
                    return Some(self.fail(None, &[], self.replied(seen)));
                }
                Item::Errand(_) => match self.go_on(seen) {
                    Next::Say(bytes) => return Some(Say::Bytes(bytes)),
                    Next::Answer(bytes) => return Some(Say::Answer(bytes)),
                    Next::Wait => return self.await_errand(now, seen),
                    Next::Over(_) => {}
                },
                Item::ExpectClosed(_) if over => {}
                Item::ExpectClosed(_) if self.reply(seen).is_some() => {
                    return Some(self.fail(at, &[], self.replied(seen)));
                }
                Item::ExpectClosed(limit) => return self.await_in((at, &[]), (now, None), limit),
                Item::Wait(time) => {
                    let left = self.left(now, None, time);
                    if !left.is_zero() {
                        return Some(Say::Wait(left));
                    }
                }
                // Of a server that has gone nothing more is asked or awaited.
                Item::Say(Say::Inquire(_) | Say::Limit(_)) if over => {}
                Item::Verify(_) if over => {}
                Item::Verify(check) => {
                    self.next += 1;
                    return Some(Say::Verify(check));
                }
                Item::Say(_) if over => return Some(self.fail(None, &[], None)),
                // A reply that came unasked and unexpected is no answer to what is sent now.
                Item::Say(Say::Bytes(_) | Say::Drip(_))
                    if self.reply(seen).is_some_and(|e| e.turn == Turn::Unsolicited) =>
                {
                    return Some(self.fail(None, &[], self.replied(seen)));
                }
                Item::Say(say) => {
                    self.next += 1;
                    return Some(say);
                }
            }
            self.next += 1;
            self.waits_since = None;
        }
        (!over).then_some(Say::Close(Ending::Finished))
    }
}

/// A script while it is read.
struct Reading<L> {
    steps: Vec<Step>,
    /// What leaves together so far, inside `:pipeline`.
    group: Option<BytesMut>,
    /// What `:within` says about the next expectation.
    within: Option<(Place, Duration)>,
    /// Whether the reply that is expected has more lines.
    goes_on: bool,
    load: L,
}

impl<L: FnMut(Place, &str) -> Result<Vec<u8>, String>> Reading<L> {
    fn take(&mut self, at: Place, step: transcript::Step) -> Result<(), TranscriptError> {
        grouped(at, &step, self.group.is_some())?;
        let expects = match &step {
            transcript::Step::Client(_) => false,
            transcript::Step::Server(_) => true,
            transcript::Step::Directive { name, .. } => {
                matches!(&**name, "closed" | "reset" | "at")
            }
        };
        if let Some((at, _)) = self.within.filter(|_| !expects) {
            return Err(TranscriptError::new(at, "misread.within"));
        }
        match step {
            transcript::Step::Client(text) => match &mut self.group {
                Some(group) => group.extend_from_slice(&text.wire()),
                None => self.push(at, send(text.wire())),
            },
            transcript::Step::Server(text) => return self.expect(at, &text.pieces),
            transcript::Step::Directive { name, argument } => {
                self.directive(at, &name, &argument)?;
            }
        }
        self.goes_on = false;
        Ok(())
    }

    fn push(&mut self, at: Place, item: Item) {
        self.steps.push(Step { at: Some(at), item });
    }

    fn expect(&mut self, at: Place, pieces: &[Piece]) -> Result<(), TranscriptError> {
        let (pattern, more) =
            ReplyPattern::read(pieces).ok_or_else(|| TranscriptError::new(at, "misread.reply"))?;
        match self.steps.last_mut().map(|step| &mut step.item) {
            Some(Item::Expect(patterns, _)) if self.goes_on => patterns.push(pattern),
            _ => {
                let limit = self.limit();
                self.push(at, Item::Expect(vec![pattern], limit));
            }
        }
        self.goes_on = more;
        Ok(())
    }

    /// What was said about this expectation.
    fn limit(&mut self) -> Option<Duration> {
        self.within.take().map(|(_, limit)| limit)
    }

    fn finish(self, last: Place) -> Result<Vec<Step>, TranscriptError> {
        if self.group.is_some() {
            return Err(TranscriptError::new(last, "misread.group"));
        }
        match self.within {
            Some((at, _)) => Err(TranscriptError::new(at, "misread.within")),
            None => Ok(self.steps),
        }
    }

    /// Takes a directive into the script.
    fn directive(&mut self, at: Place, name: &str, argument: &[u8]) -> Result<(), TranscriptError> {
        let wrong = |key| TranscriptError::new(at, key);
        match directive::read(name, argument, at)? {
            Some(Directive::Break(_) | Directive::Unbreak(_) | Directive::Release(_)) => {
                return Err(wrong("misread.gate").with("name", name));
            }
            Some(Directive::Plan(_)) => return Err(wrong("misread.plan").with("name", name)),
            Some(Directive::Say(Say::Verify(check))) => self.push(at, Item::Verify(check)),
            Some(Directive::Say(say)) => match &mut self.group {
                Some(group) => group.extend_from_slice(say.bytes()),
                None => self.push(at, Item::Say(say)),
            },
            Some(Directive::Bdat(chunks)) => self.bdat(at, &chunks)?,
            Some(Directive::Pipeline) => self.group = Some(BytesMut::new()),
            Some(Directive::End) => {
                if let Some(group) = self.group.take() {
                    self.push(at, send(group.freeze()));
                }
            }
            Some(Directive::Cancel) => return Err(wrong("misread.directive").with("name", name)),
            Some(Directive::Data(file)) => {
                let content = self.file(at, &file)?;
                self.push(at, send(payload::stuff(content)));
            }
            Some(Directive::Login { mechanism, user, initial }) => {
                let credentials = Credentials { user, ..Credentials::default() };
                let login = Login::new(&mechanism, credentials, initial);
                self.push(at, Item::Errand(Box::new(Errand::Login(login))));
            }
            Some(Directive::Starttls) => {
                let starttls = Starttls::new(String::new());
                self.push(at, Item::Errand(Box::new(Errand::Starttls(starttls))));
            }
            None => match name {
                "wait" => {
                    let time = time(at, argument)?;
                    self.push(at, Item::Wait(time));
                }
                "within" => self.within = Some((at, time(at, argument)?)),
                "closed" | "reset" => {
                    let limit = self.limit();
                    self.push(at, Item::ExpectClosed(limit));
                }
                "at" => {}
                _ => return Err(wrong("misread.directive").with("name", name)),
            },
        }
        Ok(())
    }

    fn bdat(&mut self, at: Place, chunks: &Chunks) -> Result<(), TranscriptError> {
        let octets = match &chunks.octets {
            Octets::Text(octets) => octets.clone(),
            Octets::Draft => return Err(TranscriptError::new(at, "misread.no-draft")),
            Octets::File(file) => self.file(at, file)?.into(),
        };
        let mut pieces = chunks.pieces(octets);
        match (&mut self.group, pieces.len()) {
            (Some(group), _) => group.extend(pieces.into_iter().flatten()),
            (None, 1) => {
                if let Some(piece) = pieces.pop() {
                    self.push(at, send(piece));
                }
            }
            (None, _) => {
                let errand = Errand::Chunks(ChunkByChunk::new(pieces));
                self.push(at, Item::Errand(Box::new(errand)));
            }
        }
        Ok(())
    }

    fn file(&mut self, at: Place, file: &str) -> Result<Vec<u8>, TranscriptError> {
        (self.load)(at, file).map_err(|why| {
            TranscriptError::new(at, "misread.file").with("file", file).with("why", why)
        })
    }
}

/// A time that is named.
fn time(at: Place, argument: &[u8]) -> Result<Duration, TranscriptError> {
    let time = String::from_utf8_lossy(argument);
    let time = time.trim();
    duration(time).ok_or_else(|| TranscriptError::new(at, "misread.time").with("text", time))
}

/// When what is answered next was sent.
fn sent(seen: &Dialogue) -> Option<Moment> {
    seen.unanswered().and_then(|(_, exchange)| exchange.sent_at)
}

/// In a group stands what the client says at once.
fn grouped(at: Place, step: &transcript::Step, inside: bool) -> Result<(), TranscriptError> {
    let named = |names: &[&str]| matches!(step, transcript::Step::Directive { name, .. } if names.contains(&name.as_str()));
    let ends = named(&["end"]);
    let says = matches!(step, transcript::Step::Client(_)) || named(&["raw", "b64", "bdat"]);
    let fits = if inside { ends || says } else { !ends };
    if fits {
        return Ok(());
    }
    Err(TranscriptError::new(at, if inside { "misread.grouped" } else { "misread.end" }))
}

const fn send(bytes: Bytes) -> Item {
    Item::Say(Say::Bytes(bytes))
}

/// Behind an errand of which nothing is expected, it is expected to work.
fn with_errands_that_work(steps: Vec<Step>) -> Vec<Step> {
    let works = |code: &str| {
        let codes = Codes::read(code.as_bytes());
        codes.map(|codes| ReplyPattern { codes, text: None }).into_iter().collect()
    };
    let mut out: Vec<Step> = Vec::with_capacity(steps.len());
    let mut errand = None;
    for step in steps.into_iter().map(Some).chain([None]) {
        let item = step.as_ref().map(|step| &step.item);
        let expects = matches!(item, Some(Item::Expect(..) | Item::ExpectClosed(_)));
        if let Some((at, code)) = errand.take_if(|_| !expects) {
            out.push(Step { at, item: Item::Expect(works(code), None) });
        }
        errand = match &step {
            Some(Step { at, item: Item::Errand(errand) }) => Some((*at, errand.good_end())),
            _ => None,
        };
        out.extend(step);
    }
    out
}

/// Adds what is awaited silently: the greeting, and the reply to a last QUIT.
fn with_silent_replies(steps: Vec<Step>) -> Vec<Step> {
    let mut steps = with_errands_that_work(steps);
    let greeting_expected = matches!(
        steps.iter().map(|step| &step.item).find(|item| !matches!(item, Item::Wait(_))),
        Some(Item::Expect(..) | Item::ExpectClosed(_))
    );
    if !greeting_expected {
        steps.insert(0, Step { at: None, item: Item::AwaitGreeting });
    }
    let quits = |say: &Say| command::read(say.bytes().trim_ascii_end()).value.verb == Verb::Quit;
    if matches!(steps.last(), Some(Step { item: Item::Say(say), .. }) if quits(say)) {
        steps.push(Step { at: None, item: Item::AwaitGoodbye });
    }
    steps
}
