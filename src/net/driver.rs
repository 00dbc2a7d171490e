//! The session task: socket ↔ speaker ↔ gate ↔ log.
//!
//! In words: read the socket, a timer or an order; append the event, which applies it to the
//! dialogue, writes it to the recording and publishes it. Then ask the speaker until it has
//! nothing to say, and write; append what *was* written. Inside the `select!` only cancel-safe
//! operations. Publishing waits for a slow listener, so the socket waits rather than memory grows.

use std::io::{ErrorKind, Write};
use std::ops::ControlFlow;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::journal::facts::TlsReason;
use crate::journal::file::Recorder;
use crate::journal::{Ending, Event, Happening, Moment, Side};
use crate::session::timing::{self, Awaited};
use crate::session::{Dialogue, Keep, Past, Phase};
use crate::smtp::wait::{Limits, Wait};
use crate::speaker::{Check, Drip, Ends, Gate, Say, Speaker, gate};

use super::Clock;
use super::authenticity;
use super::inquiry::{Answers, Inquiry};
use super::recording::Recording;
use super::stream::Stream;
use super::tls::{Failed, Tls};
use super::watch::{Late, newest};

/// How much is read from a socket at once: little at first, and more where that was not enough. Many
/// sessions say no more than commands.
const READ: (usize, usize) = (4 << 10, 64 << 10);

/// How long the end of a connection may take.
const GOODBYE: Duration = Duration::from_secs(1);

/// How long what is said last may take to leave, where our side is to end: behind a reply may stand a
/// message that is stored, and whose client sends it again unless it hears that.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How much is written at once, so that replies are heard while a large message goes out.
const WRITE: usize = 256 << 10;

/// How many events may wait for a listener.
pub const EVENTS_WAITING: usize = 256;

/// What the listener of a session hears.
#[derive(Clone, Debug)]
pub enum Heard {
    /// Something happened.
    Event(Event),
    /// All that happened before somebody came to listen: the events, where they were remembered, and
    /// the fold over them.
    Before(Box<(Past, Dialogue)>),
    /// The session was over before it could be heard.
    TooLate,
    /// The recording could not be written any further.
    RecordingFailed(String),
    /// The session is not kept among the last ones any further.
    NotKept(String),
    /// Something is held at the gate, or no longer, or will be.
    Gate(gate::News),
}

/// Who listens to a session, and by which number it is told from others.
#[derive(Clone, Debug)]
pub struct Ear {
    /// The number of the session.
    pub number: usize,
    /// Where what is heard goes.
    pub heard: mpsc::Sender<(usize, Heard)>,
}

impl Ear {
    /// Somebody who no longer listens wants to hear nothing; the session goes on.
    pub(super) async fn hear(&self, what: Heard) {
        let _ = self.heard.send((self.number, what)).await;
    }
}

/// The one owner of a session's events: dialogue, recording and listener get them from here.
pub struct Log {
    /// The session so far.
    pub dialogue: Dialogue,
    clock: Clock,
    recording: Option<Box<Recording<Out>>>,
    /// The recording that nobody asked for.
    kept: Option<Box<Recording<Out>>>,
    ear: Option<Ear>,
    late: Option<Late>,
    /// The events, where they are remembered.
    past: Option<Box<Past>>,
    /// Who is shown how the session stands.
    follow: Option<Follow>,
    aside: Option<mpsc::Receiver<Happening>>,
    /// Whom one can ask about, and the answers that are on their way.
    inquiry: Option<Inquiry>,
    answers: Option<Answers>,
    /// Why the recording ended before the session, if it did.
    pub recording_failed: Option<String>,
    /// Why it is not kept among the last sessions, or not all of it.
    pub not_kept: Option<String>,
}

/// Where a recording is written to.
pub type Out = Box<dyn Write + Send + Sync>;

/// What looks at a session whenever something has happened; it never waits.
pub(super) type Follow = Box<dyn FnMut(&Dialogue) + Send + Sync>;

impl Log {
    /// A log whose moments are those of `clock`.
    pub fn new(clock: Clock, keep: Keep) -> Self {
        Self {
            dialogue: Dialogue::new(keep),
            clock,
            recording: None,
            kept: None,
            ear: None,
            late: None,
            past: None,
            follow: None,
            aside: None,
            inquiry: None,
            answers: None,
            recording_failed: None,
            not_kept: None,
        }
    }

    /// Writes every event to `recorder`; secrets only if `with_secrets`.
    pub fn recording(mut self, recorder: Option<Recorder<Out>>, with_secrets: bool) -> Self {
        self.recording = recorder.map(|recorder| Recording::new(recorder, with_secrets).into());
        self
    }

    /// Writes every event to `recorder`, too, without secrets.
    pub fn keeping(mut self, recorder: Option<Recorder<Out>>) -> Self {
        self.kept = recorder.map(|recorder| Recording::new(recorder, false).into());
        self
    }

    /// Its clock.
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Publishes every event to `ear`.
    pub fn published_to(mut self, ear: Ear) -> Self {
        self.ear = Some(ear);
        self
    }

    /// Lets somebody listen who comes while the session goes on; the last one to come listens.
    pub fn open_to(mut self, late: Option<Late>) -> Self {
        self.late = late;
        self
    }

    /// Remembers the events as `past` does, so that who listens later can see the session as it stood
    /// before.
    pub(super) fn remembering(mut self, past: Option<Past>) -> Self {
        self.past = past.map(Box::new);
        self
    }

    /// So much of a message stays in memory from the next one on.
    fn keep(&mut self, keep: Keep) {
        match &mut self.past {
            Some(past) => past.keep(keep, &mut self.dialogue),
            None => self.dialogue.keep(keep),
        }
    }

    /// The events so far, where they were remembered.
    pub(super) fn take_past(&mut self) -> Past {
        self.past.take().map(|past| *past).unwrap_or_default()
    }

    /// A line of the client will be a secret wherever it stands.
    fn hide(&mut self, line: &[u8]) {
        match &mut self.past {
            Some(past) => past.hide(line, &mut self.dialogue),
            None => self.dialogue.hide(line),
        }
    }

    /// Shows the session to `follow` whenever something has happened.
    pub(super) fn followed_by(mut self, follow: Follow) -> Self {
        self.follow = Some(follow);
        self
    }

    /// Takes what is said beside the talk, until its end.
    pub(super) fn hear_aside(&mut self, aside: Option<mpsc::Receiver<Happening>>) {
        self.aside = aside;
    }

    /// Asks about the server of a new connection what is asked by itself.
    pub(super) fn wonder_about(&mut self, inquiry: Inquiry) {
        self.answers = inquiry.begin();
        self.inquiry = Some(inquiry);
    }

    /// Asks about that server all that can be asked.
    fn inquire(&mut self, domain: Option<String>) {
        if let Some(inquiry) = &self.inquiry {
            // What was asked by itself is asked again.
            self.answers.take_if(|answers| !answers.awaited);
            let answers = inquiry.begin_for(domain);
            self.expect(answers);
        }
    }

    /// Verifies the last message of a session in which we are `side`.
    pub fn verify(&mut self, side: Side, check: &Check) {
        let dns = self.inquiry.as_ref().and_then(Inquiry::dns);
        if let Some(answers) = authenticity::begin(&self.dialogue, side, check, dns) {
            self.expect(answers);
        }
    }

    /// What a person waits for, beside what is on its way already.
    fn expect(&mut self, answers: Answers) {
        self.answers = Some(match self.answers.take() {
            Some(earlier) => earlier.and(answers),
            None => answers,
        });
    }

    /// Waits for the answers that are on their way: for those that a person wants to have to the
    /// last of them, for others but a moment.
    pub async fn settle(&mut self) {
        let Some(mut answers) = self.answers.take() else { return };
        let awaited = answers.awaited;
        let mut rest = async || {
            while let Some(what) = answers.told.recv().await {
                self.append(what).await;
            }
        };
        if awaited {
            rest().await;
        } else {
            let _ = tokio::time::timeout(GOODBYE, rest()).await;
        }
    }

    /// Waits for what comes neither from the socket nor from our side: the next one who wants to
    /// listen, what is said beside the talk, or an answer about the server. Nothing is lost where
    /// the waiting is given up.
    pub async fn news(&mut self) -> News {
        tokio::select! {
            ear = latecomer(&mut self.late) => News::Ear(ear),
            what = said_aside(&mut self.aside) => News::Aside(what),
            what = answered(&mut self.answers) => News::Aside(what),
        }
    }

    /// Takes what was waited for.
    pub async fn take(&mut self, news: News) {
        match news {
            News::Ear(ear) => self.begin_to_tell(ear).await,
            News::Aside(what) => self.append(what).await,
        }
    }

    /// What was `awaited` is overdue, which is said once.
    async fn overdue(&mut self, awaited: Awaited, limits: &Limits) {
        if !awaited.is_told(&self.dialogue) {
            let (wait, limit) = (awaited.wait, limits.seconds(awaited.wait));
            self.append(Happening::Overdue { wait, limit }).await;
        }
    }

    /// The connection ended; who still has something to say aside has a moment for it.
    async fn end(&mut self, by: Side, how: Ending) {
        if let Some(mut aside) = self.aside.take() {
            let rest = async {
                while let Some(what) = aside.recv().await {
                    self.append(what).await;
                }
            };
            let _ = tokio::time::timeout(GOODBYE, rest).await;
        }
        self.append(Happening::Closed { by, how }).await;
    }

    async fn begin_to_tell(&mut self, ear: Ear) {
        let past = self.past.as_deref().filter(|past| past.has_moments());
        let past = past.cloned().unwrap_or_default();
        ear.hear(Heard::Before(Box::new((past, self.dialogue.clone())))).await;
        self.ear = Some(ear);
    }

    /// Tells who came just before the end. Gives where those ask who come later.
    pub(super) async fn close(&mut self) -> Option<Late> {
        let mut late = self.late.take()?;
        if let Some(ear) = newest(&mut late) {
            self.begin_to_tell(ear).await;
        }
        Some(late)
    }

    /// The time of its clock.
    pub fn now(&self) -> Moment {
        self.clock.now()
    }

    /// Tells the listener what is no event.
    async fn tell(&self, what: Heard) {
        if let Some(ear) = &self.ear {
            ear.hear(what).await;
        }
    }

    /// Adds what has happened.
    pub async fn append(&mut self, what: Happening) {
        let event = Event::new(self.clock.now(), what);
        match &mut self.past {
            Some(past) => past.take(event.clone(), &mut self.dialogue),
            None => self.dialogue.apply(&event),
        }
        if let Some(follow) = &mut self.follow {
            follow(&self.dialogue);
        }
        let failed = record(&mut self.recording, &event, &self.dialogue);
        let not_kept = record(&mut self.kept, &event, &self.dialogue);
        self.recording_failed = self.recording_failed.take().or_else(|| failed.clone());
        self.not_kept = self.not_kept.take().or_else(|| not_kept.clone());
        if let Some(ear) = &self.ear {
            ear.hear(Heard::Event(event)).await;
            if let Some(why) = failed {
                ear.hear(Heard::RecordingFailed(why)).await;
            }
            if let Some(why) = not_kept {
                ear.hear(Heard::NotKept(why)).await;
            }
        }
    }
}

/// Adds an event to a recording; if that fails, the recording is over.
fn record(
    recording: &mut Option<Box<Recording<Out>>>,
    event: &Event,
    dialogue: &Dialogue,
) -> Option<String> {
    let failed = recording.as_mut()?.append(event, dialogue).err()?;
    *recording = None;
    Some(failed.to_string())
}

/// What comes to a log by itself.
pub enum News {
    /// Somebody wants to listen.
    Ear(Ear),
    /// Something happened beside the talk.
    Aside(Happening),
}

async fn latecomer(late: &mut Option<Late>) -> Ear {
    if let Some(wishes) = late
        && let Some(ear) = wishes.recv().await
    {
        return newest(wishes).unwrap_or(ear);
    }
    *late = None;
    std::future::pending().await
}

async fn said_aside(aside: &mut Option<mpsc::Receiver<Happening>>) -> Happening {
    if let Some(said) = aside
        && let Some(what) = said.recv().await
    {
        return what;
    }
    *aside = None;
    std::future::pending().await
}

async fn answered(answers: &mut Option<Answers>) -> Happening {
    if let Some(running) = answers
        && let Some(what) = running.told.recv().await
    {
        return what;
    }
    *answers = None;
    std::future::pending().await
}

/// Our side of a connection.
#[derive(Clone, Debug)]
pub struct Part {
    /// The role we play.
    pub side: Side,
    /// How long we wait for the other side to do something.
    pub limits: Limits,
    /// What follows when that is over.
    pub patience: Patience,
    /// What is done with what the speaker says.
    pub gate: Gate,
    /// How TLS begins; `None` cannot.
    pub tls: Option<Tls>,
    /// Whether TLS begins before anything is said (RFC 8314 §3).
    pub implicit: bool,
}

/// What follows when the other side has not done in time what it was to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// It is said, and goes on: a person wants to decide.
    Tells,
    /// The connection is closed.
    Ends,
    /// Our speaker says goodbye; where even that is not read for as long again, the connection is
    /// closed.
    EndsLater,
}

impl Part {
    /// A client that waits for ever.
    pub fn person(limits: Limits) -> Self {
        let patience = Patience::Tells;
        let gate = Gate::default();
        Self { side: Side::Client, limits, patience, gate, tls: None, implicit: false }
    }

    /// A server.
    pub fn server(limits: Limits) -> Self {
        let patience = Patience::EndsLater;
        Self { side: Side::Server, patience, ..Self::person(limits) }
    }

    /// A client that gives up.
    pub fn program(limits: Limits) -> Self {
        Self { patience: Patience::Ends, ..Self::person(limits) }
    }

    /// The same, stopping where `gate` stops.
    pub fn behind(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// The same, with TLS.
    pub fn with_tls(self, tls: Option<Tls>, implicit: bool) -> Self {
        Self { tls, implicit, ..self }
    }

    /// Does what an order asks of it. Whether that silences our side.
    fn obey(&mut self, now: Moment, ends: Ends) -> bool {
        match ends {
            Ends::Nothing => {}
            Ends::Limits(changes) => self.limits = self.limits.with(&changes),
            Ends::Gate(order) => self.gate.obey(now, order),
            Ends::Words | Ends::Connection => {
                self.gate.clear();
                return true;
            }
        }
        false
    }

    /// Takes to heart what our own speaker says of how it is from now on.
    fn follow(&mut self, log: &mut Log, say: Say) {
        match say {
            Say::Limit(changes) => self.limits = self.limits.with(&changes),
            Say::Keep(size) => log.keep(Keep::of_size(size)),
            Say::Gate(order) => self.gate.obey(log.now(), order),
            _ => {}
        }
    }

    /// Whether it is time for a handshake.
    fn is_to_secure(&self, seen: &Dialogue) -> bool {
        let begins = self.implicit && seen.phase() == Phase::AwaitingGreeting;
        seen.phase() == Phase::AwaitingTls || (begins && !seen.is_secured())
    }

    /// What the other side is to do: answer, or take what we have to say. While our own speaker
    /// `pauses`, only an answer is awaited; a program that says nothing awaits something.
    fn awaits(&self, seen: &Dialogue, writes: bool, pauses: bool) -> Option<Awaited> {
        if self.side == Side::Server {
            return Some(timing::client(seen));
        }
        let something = self.patience == Patience::Ends && (writes || !pauses);
        let something = something.then(|| timing::anything(seen));
        timing::server(seen, writes).or(something)
    }

    /// When that is overdue, and whether the connection ends then.
    fn overdue(&self, seen: &Dialogue, awaited: Awaited) -> Option<(Moment, bool)> {
        let ends = awaited.ends(&self.limits)?;
        match self.patience {
            Patience::Ends => Some((ends, true)),
            _ if !awaited.is_told(seen) => Some((ends, false)),
            Patience::Tells => None,
            Patience::EndsLater => Some((ends.plus(self.limits.time(awaited.wait)), true)),
        }
    }
}

/// Orders for a speaker that comes to it from outside, and how it takes them.
pub struct Orders<'a, O, P> {
    /// Where they come from; when it is closed, no more will come.
    pub queue: &'a mut mpsc::Receiver<O>,
    /// Hands one to the speaker, and says what ends by it.
    pub obey: fn(&mut P, O) -> Ends,
}

/// Drives one connection until it is over. `stream` is dropped, and so closed, at the end.
pub async fn converse<P: Speaker, O>(
    stream: Stream,
    log: &mut Log,
    mut part: Part,
    speaker: &mut P,
    mut orders: Option<Orders<'_, O, P>>,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let wanted = part.tls.clone();
    let mut inbox = BytesMut::new();
    let mut room = READ.0;
    let mut out = Bytes::new();
    let mut dripping: Option<Drip> = None;
    // What was written may still wait inside TLS.
    let (mut inside_tls, mut unflushed) = (false, false);
    let mut alarm = Alarm::default();
    // When the connection ends, whoever reads.
    let mut over = None;
    loop {
        let begins = over.is_none() && part.is_to_secure(&log.dialogue) && speaker.shakes_hands();
        if let Some(tls) = wanted.as_ref().filter(|_| begins) {
            // Whatever was still to be said was meant for a line that anybody could read.
            out.clear();
            dripping = None;
            part.gate.clear();
            let stream = reader.unsplit(writer);
            let secured = secure(stream, log, &mut part, tls, speaker, &mut orders);
            let Some(secured) = Box::pin(secured).await else {
                return;
            };
            (reader, writer) = tokio::io::split(secured);
            inside_tls = true;
            continue;
        }
        let now = log.now();
        part.gate.hear(now, &log.dialogue);
        let to = (&mut writer, over);
        let begun = !out.is_empty();
        let spoken = speak(log, &mut part, speaker, to, (now, &mut out, &mut dripping));
        let ControlFlow::Continue(pause) = spoken.await else { return };
        tell_of_gate(log, &mut part.gate).await;
        let awaited = part.awaits(&log.dialogue, !out.is_empty() || unflushed, pause.is_some());
        let overdue = awaited.and_then(|a| Some((a, part.overdue(&log.dialogue, a)?)));
        let slow = part.gate.wakes(&log.dialogue);
        let wake = pause.into_iter().chain(overdue.map(|(_, (at, _))| at)).chain(slow);
        let wake = wake.chain(over).min();
        inbox.reserve(room);
        alarm.set(now, wake);
        let piece = out.get(..out.len().min(WRITE)).unwrap_or_default();
        // What has just been said leaves before anything else is looked at; what is left of it takes its
        // turn.
        let ahead = at_once(writer.write(piece), !begun && !piece.is_empty()).await;
        let written = if ahead.is_some() {
            ahead
        } else {
            tokio::select! {
                // Who does not read our replies is not read either, so that nothing piles up; nor is who
                // has said more than is remembered.
                read = reader.read_buf(&mut inbox), if part.side == Side::Client || (out.is_empty() && !log.dialogue.is_full()) => {
                    let by = part.side.other();
                    match read {
                        Ok(0) => return log.end(by, Ending::Finished).await,
                        Ok(read) => {
                            room = if read >= room { READ.1 } else { room };
                            let data = take(&mut inbox);
                            log.append(Happening::Bytes { from: by, data, veiled: Vec::new() }).await;
                        }
                        Err(error) => return end(log, by, &error).await,
                    }
                    None
                }
                written = write_or_flush(&mut writer, piece), if !piece.is_empty() || unflushed => Some(written),
                () = alarm.ring(), if wake.is_some() => {
                    if rang(log, &part, over, overdue).await.is_break() {
                        return;
                    }
                    None
                }
                news = log.news() => {
                    log.take(news).await;
                    None
                }
                order = next_order(&mut orders), if orders.is_some() => {
                    if let Some(ends) = obeyed(order, &mut orders, speaker) {
                        if part.side == Side::Server && ends == Ends::Connection {
                            over = over.or_else(|| Some(log.now().plus(LAST_WORDS)));
                        }
                        if part.obey(log.now(), ends) {
                            dripping = None;
                            if over.is_none() {
                                out.clear();
                            }
                        }
                    }
                    None
                }
            }
        };
        match written {
            Some(Ok(0)) => unflushed = false,
            Some(Ok(n)) => {
                unflushed = inside_tls;
                let data = out.split_to(n);
                log.append(Happening::Bytes { from: part.side, data, veiled: Vec::new() }).await;
            }
            Some(Err(error)) => {
                return last_words(&mut reader, log, part.side.other(), &error).await;
            }
            None => {}
        }
    }
}

/// Ends the connection if it is time for that.
async fn rang(
    log: &mut Log,
    part: &Part,
    over: Option<Moment>,
    overdue: Option<(Awaited, (Moment, bool))>,
) -> ControlFlow<()> {
    let now = log.now();
    if over.is_some_and(|over| over <= now) {
        log.end(part.side, Ending::Finished).await;
        return ControlFlow::Break(());
    }
    if let Some((awaited, (at, ends))) = overdue
        && at <= now
    {
        log.overdue(awaited, &part.limits).await;
        if ends {
            log.end(part.side, Ending::TimedOut).await;
            return ControlFlow::Break(());
        }
    }
    ControlFlow::Continue(())
}

/// What `work` has done, if it can be done at once; nothing of it is lost otherwise.
async fn at_once<T>(work: impl Future<Output = T>, wanted: bool) -> Option<T> {
    if !wanted {
        return None;
    }
    let mut work = std::pin::pin!(work);
    std::future::poll_fn(|context| match work.as_mut().poll(context) {
        Poll::Ready(done) => Poll::Ready(Some(done)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

/// Asks the speaker at `now` until there is something to write, or it is to be waited for: until when
/// that is. Breaks where the connection is over.
async fn speak<P: Speaker>(
    log: &mut Log,
    part: &mut Part,
    speaker: &mut P,
    (writer, over): (&mut tokio::io::WriteHalf<Stream>, Option<Moment>),
    (now, out, dripping): (Moment, &mut Bytes, &mut Option<Drip>),
) -> ControlFlow<(), Option<Moment>> {
    let settles = timing::settles(now, &log.dialogue);
    let mut pause = settles.filter(|_| part.side == Side::Client).map(|t| now.plus(t));
    while out.is_empty() && pause.is_none() {
        let piece = dripping.as_mut().and_then(|drip| drip.next(now));
        let next = || part.gate.next(now, &log.dialogue, speaker);
        match piece.or_else(next) {
            Some(Say::Bytes(bytes)) => *out = bytes,
            Some(Say::Answer(bytes)) => {
                log.hide(&bytes);
                *out = bytes;
            }
            Some(Say::Drip(drip)) => *dripping = Some(drip),
            Some(Say::Inquire(domain)) => log.inquire(domain),
            Some(Say::Verify(check)) => log.verify(part.side, &check),
            Some(Say::Close(how)) => {
                let left = over.map(|over| Duration::from_micros(over.since(now)));
                say_goodbye(writer, &how, left.unwrap_or(GOODBYE)).await;
                log.end(part.side, how).await;
                return ControlFlow::Break(());
            }
            Some(Say::Cut) => {
                log.end(part.side, Ending::Finished).await;
                return ControlFlow::Break(());
            }
            Some(Say::Played(played)) => log.append(Happening::Played(played)).await,
            Some(say @ (Say::Limit(_) | Say::Keep(_) | Say::Gate(_))) => part.follow(log, say),
            Some(Say::Wait(time)) => pause = Some(now.plus(time)),
            None => break,
        }
    }
    ControlFlow::Continue(pause)
}

/// Wakes the driver. What is awaited moves on with each word of the other side: the alarm is left to
/// ring where it was set first, and is set anew then.
#[derive(Default)]
struct Alarm {
    sleep: Option<Pin<Box<Sleep>>>,
    /// When it rings, unless it has rung.
    set: Option<Moment>,
}

impl Alarm {
    /// Rings at `wake` at the latest.
    fn set(&mut self, now: Moment, wake: Option<Moment>) {
        let Some(wake) = wake.filter(|wake| self.set.is_none_or(|set| *wake < set)) else { return };
        let left = Duration::from_micros(wake.since(now));
        // What is further away than time goes never comes.
        let Some(at) = Instant::now().checked_add(left) else { return };
        self.set = Some(wake);
        match &mut self.sleep {
            Some(sleep) => sleep.as_mut().reset(at),
            None => self.sleep = Some(Box::pin(sleep_until(at))),
        }
    }

    async fn ring(&mut self) {
        match &mut self.sleep {
            Some(sleep) if self.set.is_some() => sleep.as_mut().await,
            _ => std::future::pending().await,
        }
        self.set = None;
    }
}

/// Tells what the gate has to tell. An answer of a login stays a secret, in whatever way it leaves.
async fn tell_of_gate(log: &mut Log, held: &mut Gate) {
    while let Some(news) = held.news() {
        if let gate::News::Held(Some(held)) = &news
            && let Say::Answer(answer) = &held.say
        {
            log.hide(&answer[..]);
        }
        log.tell(Heard::Gate(news)).await;
    }
}

/// Closes our half. TLS says goodbye, for which a peer that does not read has no time; who resets a
/// connection says nothing.
async fn say_goodbye(writer: &mut tokio::io::WriteHalf<Stream>, how: &Ending, limit: Duration) {
    if *how != Ending::Reset {
        let _ = tokio::time::timeout(limit, writer.shutdown()).await;
    }
}

/// Writes some of `piece`; where there is none, what was written leaves TLS too. Gives how much was
/// written.
async fn write_or_flush(
    writer: &mut tokio::io::WriteHalf<Stream>,
    piece: &[u8],
) -> std::io::Result<usize> {
    if piece.is_empty() {
        return writer.flush().await.map(|()| 0);
    }
    writer.write(piece).await
}

/// Begins TLS; `None` if the connection ended with that.
async fn secure<P: Speaker, O>(
    stream: Stream,
    log: &mut Log,
    part: &mut Part,
    tls: &Tls,
    speaker: &mut P,
    orders: &mut Option<Orders<'_, O, P>>,
) -> Option<Stream> {
    let limit = part.limits.time(Wait::Tls);
    let awaited = Awaited { wait: Wait::Tls, since: log.now() };
    let ends = part.patience != Patience::Tells;
    let mut shaking = std::pin::pin!(tls.shake(stream, if ends { limit } else { Duration::MAX }));
    let shaken = loop {
        let told = ends || awaited.is_told(&log.dialogue);
        let overdue = awaited.ends(&part.limits).filter(|_| !told);
        let left = overdue.map(|at| Duration::from_micros(at.since(log.now())));
        tokio::select! {
            shaken = &mut shaking => break shaken,
            () = tokio::time::sleep(left.unwrap_or_default()), if left.is_some() => {
                log.overdue(awaited, &part.limits).await;
            }
            news = log.news() => log.take(news).await,
            order = next_order(orders), if orders.is_some() => match obeyed(order, orders, speaker) {
                Some(Ends::Connection) => break Err(Failed::of(TlsReason::Stopped, "")),
                Some(ends) => {
                    part.obey(log.now(), ends);
                }
                None => {}
            },
        }
    };
    let Failed { mut failure, clear } = match shaken {
        Ok((stream, facts)) => {
            log.append(Happening::Secured(Box::new(facts))).await;
            return Some(stream);
        }
        Err(failed) => failed,
    };
    let peer = part.side.other();
    let greets = part.side == Side::Client && log.dialogue.phase() == Phase::AwaitingGreeting;
    if greets && failure.reason == TlsReason::ClearText {
        failure.reason = TlsReason::PlainPort;
    }
    if !clear.is_empty() {
        log.append(Happening::Bytes { from: peer, data: clear, veiled: Vec::new() }).await;
    }
    let left = matches!(failure.reason, TlsReason::Closed | TlsReason::Unanswered);
    let by = if left { peer } else { part.side };
    if matches!(failure.reason, TlsReason::Silent | TlsReason::TimedOut) {
        log.overdue(awaited, &part.limits).await;
    }
    log.append(Happening::NotSecured(failure)).await;
    log.end(by, Ending::Finished).await;
    None
}

/// What was read. What does not nearly fill the buffer is copied, since a slice keeps all of it in memory.
fn take(inbox: &mut BytesMut) -> Bytes {
    if inbox.len() >= READ.1 / 4 * 3 {
        return inbox.split().freeze();
    }
    let data = Bytes::copy_from_slice(inbox);
    inbox.clear();
    data
}

async fn next_order<O, P>(orders: &mut Option<Orders<'_, O, P>>) -> Option<O> {
    match orders {
        Some(orders) => orders.queue.recv().await,
        None => None,
    }
}

/// Hands an order to the speaker, and gives what ends by it; without one no more will come.
fn obeyed<O, P>(
    order: Option<O>,
    orders: &mut Option<Orders<'_, O, P>>,
    speaker: &mut P,
) -> Option<Ends> {
    let (Some(order), Some(Orders { obey, .. })) = (order, &*orders) else {
        *orders = None;
        return None;
    };
    Some(obey(speaker, order))
}

/// Writing failed: what the peer said before it hung up is still in the socket, and says why.
async fn last_words(
    reader: &mut tokio::io::ReadHalf<Stream>,
    log: &mut Log,
    by: Side,
    error: &std::io::Error,
) {
    let mut inbox = BytesMut::with_capacity(READ.1);
    while let Ok(Ok(1..)) =
        tokio::time::timeout(Duration::from_secs(1), reader.read_buf(&mut inbox)).await
    {
        let data = inbox.split().freeze();
        log.append(Happening::Bytes { from: by, data, veiled: Vec::new() }).await;
        inbox.reserve(READ.1);
    }
    end(log, by, error).await;
}

/// The connection is gone. In TLS 1.3 an alert may say only now that the handshake displeased.
async fn end(log: &mut Log, by: Side, error: &std::io::Error) {
    let how = match Failed::alert(error) {
        Some(mut failure) if !was_heard_inside_tls(&log.dialogue) => {
            failure.facts.asked = log.dialogue.tls().and_then(|tls| tls.asked.clone());
            log.append(Happening::NotSecured(failure)).await;
            Ending::Finished
        }
        Some(failure) => Ending::Failed(format!("alert {}", failure.detail)),
        None => ending(error),
    };
    log.end(by, how).await;
}

/// Whether the server has said anything since TLS is on.
fn was_heard_inside_tls(seen: &Dialogue) -> bool {
    let inside = seen.layer_begins().map(|from| seen.exchanges().iter().skip(from));
    let (begun, rest) = seen.partial_reply();
    inside.is_some_and(|mut inside| inside.any(|exchange| exchange.reply.is_some()))
        || !begun.lines.is_empty()
        || !rest.is_empty()
}

fn ending(error: &std::io::Error) -> Ending {
    match error.kind() {
        ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => {
            Ending::Reset
        }
        ErrorKind::TimedOut => Ending::TimedOut,
        ErrorKind::UnexpectedEof => Ending::Finished,
        _ => Ending::Failed(error.to_string()),
    }
}

/// Whether the session ended because nothing could be reached or heard, not because it was done.
pub fn was_cut_short(dialogue: &Dialogue) -> bool {
    dialogue.phase() == Phase::Closed
        && dialogue.course().next_back().is_some_and(|what| match what {
            Happening::NotOpened(_) => true,
            Happening::Closed { how, .. } => *how != Ending::Finished || lacked_tls(dialogue),
            _ => false,
        })
}

/// Whether the last connection ended because TLS did not begin.
fn lacked_tls(dialogue: &Dialogue) -> bool {
    let mut back = dialogue.course().rev();
    let last = back.find(|what| !matches!(what, Happening::Closed { .. } | Happening::Exited(_)));
    matches!(last, Some(Happening::NotSecured(_)))
}
