//! A server whose replies are changed by faults on their way.
//!
//! The good server stays in order: it is asked for each turn of the client once, in their order,
//! whatever became of its earlier replies. What was said before a fault was chosen is read from the
//! dialogue, so where nothing is played nothing is counted, and a reply is passed on as it is.

use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use crate::journal::{Ending, Event, Happening, Moment, Played, Side};
use crate::session::pattern::{Counter, Mail};
use crate::session::{Dialogue, Exchange, Turn};
use crate::smtp::command::Argument;
use crate::smtp::line::Cutter;
use crate::smtp::reply::Collector;
use crate::smtp::wait::Changes;

use super::change::{Change, Close, Names};
use super::rule::{Asked, Progress, Rule};
use super::spoken::Spoken;
use super::{Faults, dice};
use crate::speaker::server::{Admit, Deliver, Said, Server, shown};
use crate::speaker::{Drip, Policy, Say, Seed, Speaker};

/// How much of a reply is looked at by patterns.
const LOOKED_AT: usize = 64 << 10;

/// How many turns that were dealt with are remembered at least before it is looked whether they
/// have their replies.
const FEW: usize = 16;

/// What is to be done, in this order.
#[derive(Debug)]
enum Step {
    Wait(Duration),
    Say(Bytes),
    Drip(Drip),
    Played(Box<Played>),
    Limit(Changes),
    Keep(u64),
    Close(Close),
}

/// Replies that are kept until nothing more comes.
#[derive(Debug)]
struct Batch {
    bytes: BytesMut,
    patience: Duration,
    until: Option<Moment>,
}

/// What the rules have noted of what was answered.
#[derive(Clone, Default)]
struct Past {
    /// So many answers were noted.
    noted: usize,
    /// For each rule of each fault.
    progress: Vec<Vec<Progress>>,
}

/// How a connection stands.
#[derive(Default)]
struct Course {
    begun: bool,
    /// Turns that have been dealt with and still have no reply, in their order: it is kept back, or
    /// was passed over in silence.
    silent: Vec<usize>,
    /// Turns before this one have been dealt with, but for those that came between.
    handled: usize,
    /// How many there were when the last one was taken up.
    known: usize,
    /// Which of its kind each exchange is, as far as somebody asked.
    counter: Counter,
    nth: Vec<u32>,
    past: Past,
    /// How often each rule of each fault held.
    held: Vec<Vec<u32>>,
    /// Faults of which it was told that they are played.
    told: Vec<bool>,
    throws: u64,
    steps: VecDeque<Step>,
    due: Option<Moment>,
    batch: Option<Batch>,
    late: Option<Bytes>,
    hangs: bool,
}

impl Course {
    /// Says what was kept until nothing more comes.
    fn say_batch(&mut self) {
        let kept = self.batch.take().map(|batch| Step::Say(batch.bytes.freeze()));
        self.steps.extend(kept);
    }

    /// Says all that was kept.
    fn say_kept(&mut self) {
        self.say_batch();
        self.steps.extend(self.late.take().map(Step::Say));
    }
}

/// A server that plays faults.
pub struct Player {
    server: Server,
    /// What the server believes without faults.
    policy: Policy,
    faults: Arc<Faults>,
    session: u32,
    course: Course,
}

/// The rules that hold for a turn.
struct Chosen {
    /// Numbers of their faults and of the rules in them.
    rules: Vec<(usize, usize)>,
    played: Vec<Played>,
}

impl Course {
    /// Which of its kind exchange `index` is; each is counted once.
    fn nth(&mut self, seen: &Dialogue, index: usize) -> u32 {
        let uncounted = seen.exchanges().range(self.nth.len()..index.saturating_add(1));
        for exchange in uncounted {
            self.nth.push(self.counter.next(exchange));
        }
        self.nth.get(index).copied().unwrap_or(1)
    }

    /// Turn `index` has been dealt with.
    fn handle(&mut self, seen: &Dialogue, index: usize) {
        // What has a reply, or will never have one, is out of the way; it is looked at now and then.
        if self.silent.len() > 2 * seen.waiting().len() + FEW {
            let waiting: HashSet<usize> = seen.waiting().iter().copied().collect();
            self.silent.retain(|at| waiting.contains(at));
        }
        let at = self.silent.partition_point(|silent| *silent < index);
        self.silent.insert(at, index);
        self.handled = self.handled.max(index + 1);
        self.known = seen.exchanges().len();
    }

    /// Whether this rule holds.
    fn holds(&mut self, rule: &Rule, asked: &Asked<'_>, (at, number): (usize, usize)) -> bool {
        let progress = self.past.progress.get(at).and_then(|rules| rules.get(number));
        let held = self.held.get_mut(at).and_then(|rules| rules.get_mut(number));
        progress.zip(held).is_some_and(|(progress, held)| rule.holds(asked, *progress, held))
    }
}

impl Player {
    /// The server of connection number `session`, from 1; as [`Server::new`] otherwise.
    pub fn new(
        policy: Policy,
        deliver: Deliver,
        seed: Seed,
        faults: Arc<Faults>,
        session: u32,
    ) -> Self {
        let server = Server::new(faults.policy(policy.clone()), deliver, seed);
        let mut player = Self { server, policy, faults, session, course: Course::default() };
        player.begin();
        player
    }

    /// Asks before each message whether it is admitted.
    pub fn admitting(mut self, admit: Option<Admit>) -> Self {
        self.server = self.server.admitting(admit);
        self
    }

    /// Plays these from the next turn on.
    pub fn play(&mut self, faults: Arc<Faults>) {
        let believed = faults.policy(self.policy.clone());
        if believed.limits != self.server.policy().limits {
            self.course.steps.push_back(Step::Limit(believed.limits.into()));
        }
        if believed.size_limit != self.server.policy().size_limit {
            self.course.steps.push_back(Step::Keep(believed.size_limit));
        }
        self.server.believe(believed);
        self.faults = faults;
        // What the old ones kept back is said now, and they are silent no longer.
        self.course.say_kept();
        self.course.hangs = false;
        self.begin_rules();
        if self.course.begun {
            // What was believed before is believed no longer.
            let ends = self.faults.data_ends();
            let none = Played { ends, ..Played::default() };
            self.course.steps.push_back(Step::Played(Box::new(none)));
            self.tell_beliefs();
        }
    }

    /// Says goodbye as soon as no message is under way.
    pub const fn retire(&mut self) {
        self.server.retire();
    }

    /// Keeps nothing back any longer, and waits for nothing: behind a reply may stand a message that is
    /// stored.
    pub fn hurry(&mut self) {
        let course = &mut self.course;
        course.say_kept();
        course.due = None;
        course.steps.retain(|step| !matches!(step, Step::Wait(_)));
        for step in &mut course.steps {
            if let Step::Drip(drip) = step {
                *step = Step::Say(Bytes::copy_from_slice(drip.left()));
            }
        }
    }

    /// The rest of what it has to say to what was said to it.
    pub fn rest(&mut self, now: Moment) -> Option<Say> {
        self.step(now)
    }

    /// What is said where even that is not waited for.
    pub fn goodbye(&self) -> Bytes {
        self.server.goodbye().bytes
    }

    fn begin(&mut self) {
        self.course = Course::default();
        self.begin_rules();
    }

    fn begin_rules(&mut self) {
        let rules = || self.faults.chosen.iter().map(|fault| fault.rules.len());
        let progress = rules().map(|rules| vec![Progress::default(); rules]).collect();
        self.course.past = Past { noted: 0, progress };
        self.course.held = rules().map(|rules| vec![0; rules]).collect();
        self.course.told = vec![false; self.faults.chosen.len()];
    }

    /// Says which faults change the server whatever a client says.
    fn tell_beliefs(&mut self) {
        let ends = self.faults.data_ends();
        for (fault, told) in self.faults.chosen.iter().zip(&mut self.course.told) {
            if fault.is_belief() {
                *told = true;
                let (id, plays) = (fault.id.clone(), fault.plays.clone());
                let played = Played { fault: id, plays, ends, ..Played::default() };
                self.course.steps.push_back(Step::Played(Box::new(played)));
            }
        }
    }

    /// The next step, or how long it is to be waited for.
    fn step(&mut self, now: Moment) -> Option<Say> {
        let course = &mut self.course;
        Some(match course.steps.pop_front()? {
            Step::Wait(time) => {
                let due = *course.due.get_or_insert_with(|| now.plus(time));
                if now < due {
                    course.steps.push_front(Step::Wait(time));
                    return Some(Say::Wait(Duration::from_micros(due.since(now))));
                }
                course.due = None;
                return self.step(now);
            }
            Step::Say(bytes) if bytes.is_empty() => return self.step(now),
            Step::Say(bytes) => Say::Bytes(bytes),
            Step::Drip(mut drip) => {
                let Some(say) = drip.next(now) else { return self.step(now) };
                if !drip.left().is_empty() {
                    course.steps.push_front(Step::Drip(drip));
                }
                say
            }
            Step::Played(played) => Say::Played(played),
            Step::Limit(changes) => Say::Limit(changes),
            Step::Keep(size) => Say::Keep(size),
            Step::Close(Close::Finished) => Say::Close(Ending::Finished),
            Step::Close(Close::Reset) => Say::Close(Ending::Reset),
            Step::Close(Close::Cut) => Say::Cut,
        })
    }

    /// Takes note of what was answered since, for rules that look back.
    fn note(&mut self, seen: &Dialogue) {
        if !self.faults.look_back() {
            return;
        }
        let answered = seen.answered();
        for index in answered.range(self.course.past.noted..answered.len()) {
            let exchange = seen.exchanges().get(*index);
            let Some(exchange) = exchange.filter(|e| e.connection == seen.connection()) else {
                continue;
            };
            let nth = self.course.nth(seen, *index);
            for (fault, progress) in self.faults.chosen.iter().zip(&mut self.course.past.progress) {
                for (rule, progress) in fault.rules.iter().zip(progress) {
                    progress.note(rule, exchange, nth);
                }
            }
        }
        self.course.past.noted = answered.len();
    }

    /// The turn that is to be answered next.
    fn front(&self, seen: &Dialogue) -> Option<usize> {
        let handled = self.course.handled;
        let early = || {
            let begins =
                seen.layer_begins().filter(|_| self.server.policy().errors.keeps_buffer)?;
            let is_open = |at: &usize| {
                let exchange = seen.exchanges().get(*at);
                exchange.is_some_and(|e| e.command.is_some() && e.reply.is_none())
            };
            (handled..begins).find(is_open)
        };
        let silent = &self.course.silent;
        let is_open = |at: &usize| silent.binary_search(at).is_err();
        let waits = || seen.waiting().iter().copied().find(is_open);
        if self.server.leaves(seen) { None } else { early().or_else(waits) }
    }

    /// Answers turn number `index`; `false` if more of it is to come first.
    fn answer(&mut self, now: Moment, seen: &Dialogue, index: usize) -> bool {
        let ahead = self.ahead(now, seen);
        let seen = ahead.as_ref().unwrap_or(seen);
        let Some(exchange) = seen.exchanges().get(index) else { return false };
        // A message is stored only if that is what the client is told in the end.
        let rehearses = self.faults.have_rules() && exchange.turn.ends_message();
        let said = if rehearses {
            self.server.rehearse(now, seen, index)
        } else {
            self.server.reply_to(now, seen, index)
        };
        let Some(said) = said else { return false };
        // What is kept back was said, but only once the client has it is that so for good.
        let past = ahead.is_some().then(|| self.course.past.clone());
        self.note(seen);
        let chosen = self.choose(now, seen, (exchange, Some(index)), &said);
        if let Some(past) = past {
            self.course.past = past;
        }
        let turn = (seen, exchange, index);
        let mut spoken = self.change(said, &chosen, turn);
        if rehearses && spoken.is_positive() {
            let Some(said) = self.server.reply_to(now, seen, index) else { return false };
            spoken = self.change(said, &chosen, turn);
        }
        self.course.handle(seen, index);
        self.schedule(spoken, chosen.played, |player| player.front(seen).is_some());
        true
    }

    /// The dialogue as it will be when what is kept has been said: the good server goes by that.
    fn ahead(&self, now: Moment, seen: &Dialogue) -> Option<Dialogue> {
        let batch = self.course.batch.iter().flat_map(|batch| &batch.bytes);
        let kept: Bytes = batch.chain(self.course.late.iter().flatten()).copied().collect();
        if kept.is_empty() {
            return None;
        }
        let mut ahead = seen.clone();
        let what = Happening::Bytes { from: Side::Server, data: kept, veiled: Vec::new() };
        ahead.apply(&Event::new(now, what));
        Some(ahead)
    }

    /// Which rules hold where a good server would say `said`.
    fn choose(
        &mut self,
        now: Moment,
        seen: &Dialogue,
        (exchange, index): (&Exchange, Option<usize>),
        said: &Said,
    ) -> Chosen {
        let mut chosen = Chosen { rules: Vec::new(), played: Vec::new() };
        if !self.faults.have_rules() {
            return chosen;
        }
        let nth = index.map_or(1, |index| self.course.nth(seen, index));
        let pipelined = index.is_some_and(|index| index < self.course.known);
        let mut exchange =
            Exchange { reply: read(&said.bytes), replied_at: Some(now), ..exchange.clone() };
        let message = exchange.message.and_then(|at| seen.messages().get(at));
        let ended = message.filter(|_| exchange.turn.ends_message());
        exchange.odd.extend(ended.iter().flat_map(|message| message.odd()));
        let mail = message.map(Mail::new);
        let (exchange, mail, session) = (&exchange, mail.as_ref(), self.session);
        let asked = Asked { exchange, nth, session, pipelined, mail };
        let faults = Arc::clone(&self.faults);
        for (at, fault) in faults.chosen.iter().enumerate() {
            for (number, rule) in fault.rules.iter().enumerate() {
                if !self.course.holds(rule, &asked, (at, number)) {
                    continue;
                }
                let is_fresh =
                    |time| faults.memory.is_fresh(envelope(seen, exchange), self.time(now), time);
                if rule.fresh().is_some_and(|time| !is_fresh(time)) {
                    continue;
                }
                let roll = rule.chance().map(|below| [self.throw(), below]);
                if roll.is_some_and(|[roll, below]| roll >= below) {
                    continue;
                }
                chosen.rules.push((at, number));
                let told = self.course.told.get_mut(at);
                if !told.is_some_and(|told| std::mem::replace(told, true)) || roll.is_some() {
                    let (id, plays) = (fault.id.clone(), fault.plays.clone());
                    let played = Played {
                        fault: id,
                        plays,
                        ends: faults.data_ends(),
                        roll,
                        seed: roll.map(|_| faults.seed),
                    };
                    chosen.played.push(played);
                }
            }
        }
        chosen
    }

    fn throw(&mut self) -> u16 {
        self.course.throws += 1;
        dice::roll(self.faults.seed, u64::from(self.session), self.course.throws)
    }

    /// The time of day in microseconds.
    fn time(&self, now: Moment) -> i64 {
        let since = i64::try_from(now.0).unwrap_or(i64::MAX);
        self.policy.begun.as_microsecond().saturating_add(since)
    }

    fn names(&self, seen: &Dialogue, exchange: &Exchange, index: usize) -> Names {
        let named = |exchange: &Exchange| match exchange.command.as_ref().map(|c| &c.argument) {
            Some(Argument::Name(name)) => shown(name),
            Some(Argument::Path(path, _)) => shown(&path.value.written),
            Some(Argument::Text(span)) => {
                let line = exchange.line.as_ref().map(|line| span.of(&line.bytes));
                shown(&String::from_utf8_lossy(line.unwrap_or_default()))
            }
            _ => String::new(),
        };
        let greets = |e: &&Exchange| {
            matches!(e.command.as_ref().map(|c| &c.argument), Some(Argument::Name(_)))
        };
        let client = Some(exchange).filter(greets).or_else(|| seen.greeting_before(index));
        Names {
            host: self.server.policy().host.as_bytes().to_vec(),
            client: client.map(named).unwrap_or_default().into_bytes(),
            address: named(exchange).into_bytes(),
        }
    }

    fn change(
        &self,
        said: Said,
        chosen: &Chosen,
        (seen, exchange, index): (&Dialogue, &Exchange, usize),
    ) -> Spoken {
        let mut spoken = Spoken::of(said.bytes, said.closes);
        if chosen.rules.is_empty() {
            return spoken;
        }
        let names = self.names(seen, exchange, index);
        for (fault, rule) in &chosen.rules {
            let rule = self.faults.chosen.get(*fault).and_then(|fault| fault.rules.get(*rule));
            let changes: &[Change] = rule.map_or(&[], |rule| &rule.r#do);
            for change in changes {
                change.apply(&mut spoken, &names);
            }
        }
        spoken
    }

    /// What is to be done for a reply; `waits` says whether another turn waits already.
    fn schedule(&mut self, mut spoken: Spoken, played: Vec<Played>, waits: impl Fn(&Self) -> bool) {
        let is_late = spoken.late && self.course.late.is_none() && waits(self);
        let course = &mut self.course;
        course.steps.extend(played.into_iter().map(|played| Step::Played(Box::new(played))));
        if !spoken.wait.is_zero() {
            course.steps.push_back(Step::Wait(spoken.wait));
        }
        let bytes = spoken.bytes();
        if let Some(patience) = spoken.batch {
            let batch = course.batch.get_or_insert_with(|| Batch {
                bytes: BytesMut::new(),
                patience,
                until: None,
            });
            batch.bytes.extend_from_slice(&bytes);
            batch.bytes.extend(course.late.take().into_iter().flatten());
            batch.until = None;
        } else if is_late {
            course.late = Some(bytes);
        } else {
            course.say_batch();
            course.steps.push_back(match spoken.drip {
                Some((piece, pause)) => Step::Drip(Drip::new(bytes, piece, pause)),
                None => Step::Say(bytes),
            });
            course.steps.extend(course.late.take().map(Step::Say));
        }
        course.hangs |= spoken.hangs;
        if let Some(close) = spoken.close {
            course.say_kept();
            course.steps.push_back(Step::Close(close));
        }
    }

    /// What was kept, once nothing more has come for long enough; else how long that still takes.
    fn unload(&mut self, now: Moment) -> Option<Say> {
        let batch = self.course.batch.as_mut()?;
        let until = *batch.until.get_or_insert_with(|| now.plus(batch.patience));
        if now < until {
            return Some(Say::Wait(Duration::from_micros(until.since(now))));
        }
        self.course.batch.take().map(|batch| Say::Bytes(batch.bytes.freeze()))
    }
}

impl Speaker for Player {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        if !seen.phase().is_open() {
            self.server.forget();
            self.begin();
            return None;
        }
        if !std::mem::replace(&mut self.course.begun, true) {
            self.tell_beliefs();
        }
        loop {
            match self.step(now) {
                Some(say) => return Some(say),
                None if self.course.hangs => return None,
                None => {}
            }
            self.note(seen);
            if let Some(index) = self.front(seen)
                && self.answer(now, seen, index)
            {
                continue;
            }
            if let Some(say) = self.unload(now) {
                return Some(say);
            }
            let said = match self.server.farewell(now, seen) {
                Ok(said) => said,
                Err(left) => return Some(Say::Wait(left)),
            };
            let unasked = Exchange::new(Turn::Unsolicited, seen.phase(), seen.connection());
            let chosen = self.choose(now, seen, (&unasked, None), &said);
            let turn = (seen, &unasked, seen.exchanges().len());
            let mut spoken = self.change(said, &chosen, turn);
            // It is said once.
            spoken.hangs |= spoken.close.is_none();
            self.schedule(spoken, chosen.played, |_| false);
        }
    }

    fn shakes_hands(&self) -> bool {
        self.course.steps.is_empty() && !self.course.hangs
    }
}

/// The reply that these bytes are, if they are one.
fn read(bytes: &Bytes) -> Option<crate::smtp::reply::Reply> {
    let (mut cutter, mut collector) = (Cutter::new(LOOKED_AT), Collector::default());
    let mut rest = bytes.clone();
    while let Some(line) = cutter.cut(&mut rest) {
        if let Some(reply) = collector.push(line) {
            return Some(reply);
        }
    }
    None
}

/// Who sends what to whom, from where.
fn envelope(seen: &Dialogue, exchange: &Exchange) -> String {
    let remote = seen.endpoints().remote.as_deref().unwrap_or_default();
    let host = remote.rsplit_once(':').map_or(remote, |(host, _)| host);
    let sender = seen.envelope().open().map(|open| open.sender.address()).unwrap_or_default();
    let recipient = exchange.command.as_ref().and_then(|command| match &command.argument {
        Argument::Path(path, _) => Some(path.value.address()),
        _ => None,
    });
    format!("{host}\n{sender}\n{}", recipient.unwrap_or_default())
}
