//! A transcript as a script: says the next line when its turn has come, and expects replies.
//!
//! `C:` lines with no `S:` between them go out without waiting. The greeting is awaited silently
//! where no `S:` stands before the first `C:`, and so is the reply to a QUIT at the very end. Any
//! other reply that no line expects fails the run (see `journal::transcript` for the notation).
//! `:auth` is a whole login and `:starttls` a whole switch to TLS; what stands behind them is about
//! their last reply.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::journal::transcript::{Place, Step, TranscriptError};
use crate::journal::{Ending, Moment};
use crate::session::answers::Answers;
use crate::session::pattern::{Codes, ReplyPattern};
use crate::session::{Dialogue, Exchange, Phase, Turn};
use crate::smtp::command;
use crate::smtp::payload;
use crate::smtp::verb::Verb;

use super::directive::{self, Directive, duration};
use super::login::{Credentials, Login, Next};
use super::{Check, ChunkByChunk, Errand, Octets, Say, Speaker, Starttls};

/// What a script does next.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item {
    Say(Say),
    Expect(Place, Vec<ReplyPattern>),
    /// Any greeting.
    AwaitGreeting,
    /// Any answer to the last QUIT, or the end of the connection.
    AwaitGoodbye,
    Wait(Duration),
    ExpectClosed(Place),
    Errand(Place, Box<Errand>),
    /// The last message is to be verified.
    Verify(Place, Box<Check>),
}

/// An expectation that was not met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The line that expected something; `None` for a reply that no line expects.
    pub at: Option<Place>,
    /// What was expected, as a transcript would say it.
    pub expected: Vec<String>,
    /// The exchange whose reply came instead; `None` if the connection ended.
    pub seen: Option<usize>,
}

/// What there is to say about an errand: the keys of a sentence and of the reason in it.
type Remark = (&'static str, &'static str);

/// Plays a transcript.
#[derive(Clone, Debug)]
pub struct Script {
    items: Vec<Item>,
    next: usize,
    heard: usize,
    /// How many exchanges there were before it was first asked, with the replies to them: another
    /// had those, and only the greeting is its business.
    joined_at: Option<usize>,
    wait_until: Option<Moment>,
    codes_only: bool,
    takes_all: bool,
    mismatch: Option<Mismatch>,
    remarks: Vec<(Place, Remark)>,
}

impl Script {
    /// Makes a script of steps. `load` reads the files that `:data` names.
    ///
    /// # Errors
    /// With the place of a step that is no part of a script.
    pub fn new(
        steps: Vec<(Place, Step)>,
        mut load: impl FnMut(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, TranscriptError> {
        let mut items = Vec::new();
        let mut group: Option<BytesMut> = None;
        let mut reply_goes_on = false;
        let mut last = Place { line: 1, column: 1 };
        for (at, step) in steps {
            last = at;
            grouped(at, &step, group.is_some())?;
            match step {
                Step::Client(text) => match &mut group {
                    Some(group) => group.extend_from_slice(&text.wire()),
                    None => items.push(send(text.wire())),
                },
                Step::Server(text) => {
                    let (pattern, more) = ReplyPattern::read(&text.pieces)
                        .ok_or_else(|| TranscriptError::new(at, "misread.reply"))?;
                    match (items.last_mut(), reply_goes_on) {
                        (Some(Item::Expect(_, patterns)), true) => patterns.push(pattern),
                        _ => items.push(Item::Expect(at, vec![pattern])),
                    }
                    reply_goes_on = more;
                    continue;
                }
                Step::Directive { name, argument } => {
                    take(at, &name, &argument, &mut items, &mut group, &mut load)?;
                }
            }
            reply_goes_on = false;
        }
        if group.is_some() {
            return Err(TranscriptError::new(last, "misread.group"));
        }
        Ok(Self {
            items: with_silent_replies(items),
            next: 0,
            heard: 0,
            joined_at: None,
            wait_until: None,
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
        mut read: impl FnMut(&str) -> Result<Arc<Answers>, String>,
    ) -> Result<(), TranscriptError> {
        for item in &mut self.items {
            if let Item::Verify(at, check) = item
                && let Some(file) = &check.file
            {
                let unread = |why| TranscriptError::new(*at, "answers.unread").with("why", why);
                check.answers = Some(read(file).map_err(unread)?);
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
        for item in &mut self.items {
            if let Item::Errand(at, errand) = item {
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
        self.next >= self.items.len()
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
        self.mismatch = Some(Mismatch { at, expected, seen });
        Say::Close(Ending::Finished)
    }

    /// The next step of the errand that is due.
    fn go_on(&mut self, seen: &Dialogue) -> Next {
        let Some(Item::Errand(at, errand)) = self.items.get_mut(self.next) else {
            return Next::Over(None);
        };
        let next = errand.next(seen);
        if let Next::Over(last) = next {
            let answered = seen.answered();
            let last = last.and_then(|last| answered.iter().rposition(|at| *at == last));
            self.heard = last.unwrap_or(answered.len());
            self.remarks.extend(errand.remark().map(|remark| (*at, remark)));
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
            let Some(item) = self.items.get(self.next).cloned() else { return self.finish(seen) };
            match item {
                Item::Expect(at, patterns) => match self.reply(seen) {
                    Some(exchange) if self.fits(&patterns, exchange) => self.hear(),
                    Some(_) => return Some(self.fail(Some(at), &patterns, self.replied(seen))),
                    None if over => return Some(self.fail(Some(at), &patterns, None)),
                    None => return None,
                },
                Item::AwaitGreeting | Item::AwaitGoodbye if self.reply(seen).is_some() => {
                    self.hear();
                }
                Item::AwaitGreeting if over => return Some(self.fail(None, &[], None)),
                Item::AwaitGoodbye if over => {}
                Item::AwaitGreeting | Item::AwaitGoodbye => return None,
                Item::Errand(_, errand) if !errand.has_begun() && self.reply(seen).is_some() => {
                    return Some(self.fail(None, &[], self.replied(seen)));
                }
                Item::Errand(..) => match self.go_on(seen) {
                    Next::Say(bytes) => return Some(Say::Bytes(bytes)),
                    Next::Answer(bytes) => return Some(Say::Answer(bytes)),
                    Next::Wait => return None,
                    Next::Over(_) => {}
                },
                Item::ExpectClosed(_) if over => {}
                Item::ExpectClosed(at) if self.reply(seen).is_some() => {
                    return Some(self.fail(Some(at), &[], self.replied(seen)));
                }
                Item::ExpectClosed(_) => return None,
                Item::Wait(time) => {
                    let until = *self.wait_until.get_or_insert_with(|| now.plus(time));
                    if now < until {
                        return Some(Say::Wait(Duration::from_micros(until.since(now))));
                    }
                    self.wait_until = None;
                }
                // Of a server that has gone nothing more is asked or awaited.
                Item::Say(Say::Inquire(_) | Say::Limit(_)) if over => {}
                Item::Verify(..) if over => {}
                Item::Verify(_, check) => {
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
        }
        (!over).then_some(Say::Close(Ending::Finished))
    }
}

/// In a group stands what the client says at once.
fn grouped(at: Place, step: &Step, inside: bool) -> Result<(), TranscriptError> {
    let named = |names: &[&str]| matches!(step, Step::Directive { name, .. } if names.contains(&name.as_str()));
    let ends = named(&["end"]);
    let says = matches!(step, Step::Client(_)) || named(&["raw", "b64", "bdat"]);
    let fits = if inside { ends || says } else { !ends };
    if fits {
        return Ok(());
    }
    Err(TranscriptError::new(at, if inside { "misread.grouped" } else { "misread.end" }))
}

/// Takes a directive into the script.
fn take(
    at: Place,
    name: &str,
    argument: &[u8],
    items: &mut Vec<Item>,
    group: &mut Option<BytesMut>,
    load: &mut impl FnMut(&str) -> Result<Vec<u8>, String>,
) -> Result<(), TranscriptError> {
    let wrong = |key| TranscriptError::new(at, key);
    match directive::read(name, argument, at)? {
        Some(Directive::Break(_) | Directive::Unbreak(_) | Directive::Release(_)) => {
            return Err(wrong("misread.gate").with("name", name));
        }
        Some(Directive::Say(Say::Verify(check))) => items.push(Item::Verify(at, check)),
        Some(Directive::Say(say)) => match group {
            Some(group) => group.extend_from_slice(say.bytes()),
            None => items.push(Item::Say(say)),
        },
        Some(Directive::Bdat(chunks)) => {
            let octets = match &chunks.octets {
                Octets::Text(octets) => octets.clone(),
                Octets::Draft => return Err(wrong("misread.no-draft")),
                Octets::File(file) => match load(file) {
                    Ok(octets) => octets.into(),
                    Err(why) => {
                        return Err(wrong("misread.file").with("file", file).with("why", why));
                    }
                },
            };
            let mut pieces = chunks.pieces(octets);
            match (group, pieces.len()) {
                (Some(group), _) => group.extend(pieces.into_iter().flatten()),
                (None, 1) => items.extend(pieces.pop().map(send)),
                (None, _) => {
                    let errand = Errand::Chunks(ChunkByChunk::new(pieces));
                    items.push(Item::Errand(at, Box::new(errand)));
                }
            }
        }
        Some(Directive::Pipeline) => *group = Some(BytesMut::new()),
        Some(Directive::End) => items.extend(group.take().map(|g| send(g.freeze()))),
        Some(Directive::Cancel) => return Err(wrong("misread.directive").with("name", name)),
        Some(Directive::Data(file)) => match load(&file) {
            Ok(content) => items.push(send(payload::stuff(content))),
            Err(why) => return Err(wrong("misread.file").with("file", file).with("why", why)),
        },
        Some(Directive::Login { mechanism, user, initial }) => {
            let credentials = Credentials { user, ..Credentials::default() };
            let login = Login::new(&mechanism, credentials, initial);
            items.push(Item::Errand(at, Box::new(Errand::Login(login))));
        }
        Some(Directive::Starttls) => {
            let starttls = Starttls::new(String::new());
            items.push(Item::Errand(at, Box::new(Errand::Starttls(starttls))));
        }
        None => match name {
            "wait" => {
                let time = String::from_utf8_lossy(argument);
                let Some(wait) = duration(time.trim()) else {
                    return Err(wrong("misread.time").with("text", time.trim()));
                };
                items.push(Item::Wait(wait));
            }
            "closed" | "reset" => items.push(Item::ExpectClosed(at)),
            "at" => {}
            _ => return Err(wrong("misread.directive").with("name", name)),
        },
    }
    Ok(())
}

const fn send(bytes: Bytes) -> Item {
    Item::Say(Say::Bytes(bytes))
}

/// Behind an errand of which nothing is expected, it is expected to work.
fn with_errands_that_work(items: Vec<Item>) -> Vec<Item> {
    let works = |code: &str| {
        let codes = Codes::read(code.as_bytes());
        codes.map(|codes| ReplyPattern { codes, text: None }).into_iter().collect()
    };
    let mut out: Vec<Item> = Vec::with_capacity(items.len());
    let mut errand = None;
    for item in items.into_iter().map(Some).chain([None]) {
        let expects = matches!(item, Some(Item::Expect(..) | Item::ExpectClosed(_)));
        if let Some((at, code)) = errand.take_if(|_| !expects) {
            out.push(Item::Expect(at, works(code)));
        }
        errand = match &item {
            Some(Item::Errand(at, errand)) => Some((*at, errand.good_end())),
            _ => None,
        };
        out.extend(item);
    }
    out
}

/// Adds what is awaited silently: the greeting, and the reply to a last QUIT.
fn with_silent_replies(items: Vec<Item>) -> Vec<Item> {
    let mut items = with_errands_that_work(items);
    let greeting_expected = matches!(
        items.iter().find(|i| !matches!(i, Item::Wait(_))),
        Some(Item::Expect(..) | Item::ExpectClosed(_))
    );
    if !greeting_expected {
        items.insert(0, Item::AwaitGreeting);
    }
    let quits = |say: &Say| command::read(say.bytes().trim_ascii_end()).value.verb == Verb::Quit;
    if matches!(items.last(), Some(Item::Say(say)) if quits(say)) {
        items.push(Item::AwaitGoodbye);
    }
    items
}
