//! `--plain`: lines in, labelled lines out. Waits for each reply before the next line.
//!
//! What it prints is a transcript with notes. A line of input is read only when it is the
//! client's turn, so a large input never piles up in memory.

mod stepping;

use std::io::IsTerminal as _;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::sync::{mpsc, watch};

use crate::advice::{Habits, recognise};
use crate::display::gate as shown;
use crate::display::token::own_visible;
use crate::display::transcript as misread;
use crate::display::words::{self, answers_for};
use crate::journal::transcript::{self, Place};
use crate::journal::{Ending, Event, Happening, Moment, Side};
use crate::knowledge::{self, Lang};
use crate::net::call::Call;
use crate::net::dial::Target;
use crate::net::driver::{EVENTS_WAITING, Ear, Heard, Log, Orders, Part, was_cut_short};
use crate::net::route::Route;
use crate::net::tls;
use crate::net::{Clock, seed};
use crate::session::pattern::Pattern;
use crate::session::{Dialogue, Keep, Message, Phase, Turn};
use crate::smtp::code::Code;
use crate::smtp::payload;
use crate::smtp::verb::Verb;
use crate::smtp::wait::{Limits, Wait};
use crate::speaker::fault::Faults;
use crate::speaker::gate::{self, Held, Release};
use crate::speaker::login::{Credentials, Next};
use crate::speaker::{
    ChunkByChunk, Directive, Errand, Human, Login, Octets, Say, Secret, Starttls, Upgrade, chunks,
    directive, plan,
};
use stepping::Stepping;

use super::password::{Unseen, Watch, first_line, obey};
use super::print::Printer;
use super::{
    NOT_KEPT, Outcome, Practice, RECORDING_FAILED, Setting, ask, authenticity, complain, explain,
    faults, look, practice_for, read_message, say, talk_to, tell_failed,
};

/// Talks to `target` on standard input and output.
///
/// # Errors
/// When nothing can be read, written or recorded.
pub fn run(target: &Target, setting: &Setting) -> anyhow::Result<Outcome> {
    talk_to(target, talk(target.clone(), setting.clone()))
}

async fn talk(target: Target, setting: Setting) -> anyhow::Result<Outcome> {
    let clock = Clock::start();
    let now = Some(clock.timestamp());
    let (publish, heard) = mpsc::channel(EVENTS_WAITING);
    let (say, orders) = mpsc::channel(1);
    let (again, more) = mpsc::channel(1);
    let log = setting
        .recording(Log::new(clock, Keep::default()))?
        .published_to(Ear { number: 0, heard: publish });
    let practice = practice_for(&target, setting.limits(), &setting.sources).await?;
    let playing = practice.as_ref().map(|practice| practice.faults.clone());
    let limits = setting.limits();
    let tls_first = setting.tls.client(&target, None, None, false).1;
    let way = (setting.route.clone(), setting.tls.clone(), limits);
    tokio::spawn(session(target, practice, way, log, (orders, more)));
    Front {
        wonders: !tls_first,
        limits,
        setting,
        dialogue: Dialogue::default(),
        said: 0,
        heard_of_us: 0,
        drips: false,
        bad_input: false,
        breakpoints: Vec::new(),
        held: None,
        group: None,
        told_left: 0,
        errand: None,
        asks: None,
        watch: Watch::default(),
        given_up: None,
        habits: Habits { now, ..Habits::default() },
        learned: 0,
        told: (0, 0),
        stepping: Stepping::default(),
        playing,
        say,
        again,
    }
    .attend(heard)
    .await
}

async fn session(
    target: Target,
    practice: Option<Practice>,
    (route, mut choice, limits): (Route, tls::Choice, Limits),
    mut log: Log,
    (mut orders, mut more): (mpsc::Receiver<Say>, mpsc::Receiver<()>),
) {
    let practice = practice.as_ref().map(Practice::place);
    loop {
        let (target, route, tls) = (&target, &route, &choice);
        let call = Call { target, practice, route, tls, limits, judged: false };
        let orders = Orders { queue: &mut orders, obey: Upgrade::push };
        let (part, mut speaker) = (Part::person(limits), call.upgrading(Human::default()));
        let dialled = call.dial(&mut log).await;
        call.talk(dialled, &mut log, part, &mut speaker, Some(orders)).await;
        if more.try_recv().is_err() {
            break;
        }
        // It is said by the plan.
        choice = choice.without_upgrade();
    }
    log.settle().await;
}

/// How long a server that has said goodbye may take to close.
const GOODBYE: std::time::Duration = std::time::Duration::from_secs(1);

/// After so long a silence a port for TLS is the likely reason: most servers greet at once.
const SILENCE: std::time::Duration = std::time::Duration::from_secs(5);

/// How long the answer for one more recipient is awaited behind the one before: whoever answers for
/// each knows them all at once.
const OVERDUE: std::time::Duration = std::time::Duration::from_secs(5);

/// The side of standard input and output.
struct Front {
    setting: Setting,
    dialogue: Dialogue,
    said: u64,
    heard_of_us: u64,
    /// Whether what is on its way leaves in pieces.
    drips: bool,
    bad_input: bool,
    limits: Limits,
    /// What stops a session, and what is held.
    breakpoints: Vec<Pattern>,
    held: Option<Box<Held>>,
    /// What leaves together, and how many lines it was.
    group: Option<(BytesMut, usize)>,
    /// How many octets of a chunk were said to be missing.
    told_left: u64,
    /// Whether a server that says nothing is wondered at.
    wonders: bool,
    /// A login, or a switch to TLS, that goes on by itself.
    errand: Option<Errand>,
    /// A login whose password is being typed.
    asks: Option<(Login, Unseen)>,
    /// What ends or stops the program, once something in the terminal has to be undone before that.
    watch: Watch,
    habits: Habits,
    learned: usize,
    /// The answer for one more recipient that is awaited no longer.
    given_up: Option<usize>,
    /// Behind which exchange and which line of mail data the last slip was told.
    told: (usize, usize),
    /// Steps that are still to be said.
    stepping: Stepping,
    say: mpsc::Sender<Say>,
    /// The session is to begin again once it is closed.
    again: mpsc::Sender<()>,
    /// What the practice server plays, if it is one.
    playing: Option<watch::Sender<Arc<Faults>>>,
}

/// How many columns of what is held are said.
const WHAT: usize = 200;

impl Front {
    async fn attend(
        mut self,
        mut heard: mpsc::Receiver<(usize, Heard)>,
    ) -> anyhow::Result<Outcome> {
        let mut printer = Printer::new(self.setting.lang(), true, self.setting.with_secrets);
        let terminal = std::io::stdin().is_terminal();
        let mut input = BufReader::new(tokio::io::stdin());
        let (mut line, mut ended, mut warned) = (Vec::new(), false, false);
        loop {
            let closing = self.dialogue.phase() == Phase::Closing;
            // Without TLS no handshake follows, and what comes next is clear text.
            let goes_on = self.setting.tls.when == tls::When::Off
                && self.dialogue.phase() == Phase::AwaitingTls;
            if goes_on {
                self.errand = None;
            }
            let owed = self.owed();
            let overdue = owed.filter(|at| self.given_up != Some(*at));
            let our_turn = (self.dialogue.awaits_client()
                || self.dialogue.awaits_octets()
                || goes_on
                || (owed.is_some() && owed == self.given_up))
                && !closing
                && !self.is_upgrading()
                && self.said == self.heard_of_us
                && self.errand.is_none()
                && !self.stepping.is_running()
                || self.held.as_ref().is_some_and(|held| held.leaves.is_none() || terminal);
            if ended && our_turn {
                if let Some(key) = self.cut_off().filter(|_| !self.bad_input) {
                    self.bad_input = true;
                    complain(knowledge::word(self.setting.lang(), key));
                }
                let _ = self.say.try_send(Say::Close(Ending::Finished));
            }
            let wonders = self.wonders && self.dialogue.awaits_first_word();
            tokio::select! {
                news = heard.recv() => match news {
                    None => break,
                    Some((_, Heard::Event(event))) => {
                        self.dialogue.apply(&event);
                        if matches!(event.what, Happening::Closed { .. } | Happening::Secured(_)) {
                            self.held = None;
                        }
                        self.learned = self.habits.follow(&self.dialogue, self.learned);
                        say(&self.heard_of_us(&event, &printer))?;
                        printer.show_own_lines(!terminal || self.errand.is_some());
                        say(&printer.news(&self.dialogue))?;
                        say(&self.octets_left())?;
                        self.go_on().await?;
                        self.steps().await?;
                        say(&self.slip())?;
                        // In a pipe nobody is there to wait longer.
                        if matches!(event.what, Happening::Overdue { .. }) && !terminal {
                            let _ = self.say.try_send(Say::Close(Ending::TimedOut));
                        }
                    }
                    Some((_, Heard::RecordingFailed(why))) => {
                        tell_failed(RECORDING_FAILED, &why, self.setting.lang());
                    }
                    Some((_, Heard::NotKept(why))) => {
                        tell_failed(NOT_KEPT, &why, self.setting.lang());
                    }
                    Some((_, Heard::Gate(news))) => {
                        if !matches!(news, gate::News::Held(None)) {
                            self.stepping.stop();
                        }
                        say(&self.gate(news))?;
                    }
                    // It has listened from the beginning.
                    Some((_, Heard::Before(_) | Heard::TooLate)) => {}
                },
                // It has said goodbye; now it should close (RFC 5321 §4.1.1.10).
                () = tokio::time::sleep(GOODBYE), if closing => {
                    let _ = self.say.try_send(Say::Close(Ending::Finished));
                }
                () = tokio::time::sleep(SILENCE), if wonders => {
                    self.wonders = false;
                    say(&format!("# {}\n", knowledge::word(self.setting.lang(), "silent.port")))?;
                }
                () = Stepping::wait(self.stepping.until) => self.waited().await?,
                signal = self.watch.next() => obey(signal, self.asks.as_mut().map(|(_, unseen)| unseen)),
                () = tokio::time::sleep(OVERDUE), if overdue.is_some() && !closing => {
                    say(&self.give_up(overdue))?;
                }
                read = input.read_until(b'\n', &mut line), if our_turn && !ended => {
                    ended = read? == 0 && line.is_empty();
                    if !ended {
                        let typed = std::mem::take(&mut line);
                        self.typed(&typed).await?;
                    }
                }
            }
            if self.dialogue.awaits_mail_data() && !warned && !self.dialogue.endpoints().loopback {
                warned = true;
                say(&format!("# {}\n", knowledge::word(self.setting.lang(), "data.really")))?;
            }
        }
        Ok(self.outcome())
    }

    fn outcome(&self) -> Outcome {
        let refused = self
            .dialogue
            .exchanges()
            .iter()
            .any(|e| e.reply.as_ref().is_some_and(|r| r.is(Code::NOT_AVAILABLE)));
        let by_server = matches!(
            self.dialogue.course().next_back(),
            Some(Happening::Closed { by: Side::Server, .. })
        );
        let said_quit = self.dialogue.exchanges().iter().any(|e| e.verb() == Some(&Verb::Quit));
        if self.bad_input {
            Outcome::Usage
        } else if was_cut_short(&self.dialogue) || ((by_server || refused) && !said_quit) {
            Outcome::Unreachable
        } else {
            Outcome::Done
        }
    }

    /// What the gate tells.
    fn gate(&mut self, news: gate::News) -> String {
        let (lang, with_secrets) = (self.setting.lang(), self.setting.with_secrets);
        match news {
            gate::News::Held(held) => {
                self.held = held;
                let Some(Held { say, secrets, why, leaves }) = self.held.as_deref() else {
                    return String::new();
                };
                let what = match say {
                    Say::Answer(_) if !with_secrets => {
                        knowledge::word(lang, "gate.answer").to_owned()
                    }
                    say => shown::what(say.bytes(), secrets, with_secrets, WHAT),
                };
                if leaves.is_some() {
                    return format!("# {}\n", knowledge::word(lang, "gate.waits"));
                }
                let (breakpoint, at) = (&why.breakpoint, why.exchange);
                let held = shown::held(&what, breakpoint, at, None, &self.dialogue, lang);
                format!("# {held}\n{}", self.note("gate.how", &[]))
            }
            gate::News::Stopped(breakpoint, at) => {
                format!("# {}\n", shown::stopped(&breakpoint, at, &self.dialogue, lang))
            }
        }
    }

    /// What stops the session from now on.
    async fn breakpoints_changed(&mut self) -> anyhow::Result<()> {
        let order = gate::Order::Breakpoints(self.breakpoints.clone());
        self.say(Say::Gate(order)).await;
        say(&format!("# {}\n", shown::list(&self.breakpoints, self.setting.lang())))
    }

    /// Lets go what is held.
    async fn release(&mut self, release: Release) {
        let Some(held) = &mut self.held else {
            return self.refuse(knowledge::word(self.setting.lang(), "gate.nothing"));
        };
        let len = held.say.bytes().len() as u64;
        self.stepping.leaves_as(match &release {
            Release::Dropped => 0,
            Release::Instead(bytes) => bytes.len(),
            Release::Twice => 2 * held.say.bytes().len(),
            Release::AsItIs | Release::After(_) | Release::InPieces(..) => held.say.bytes().len(),
        });
        if release.breaks_off(held.say.bytes(), &self.dialogue) {
            self.errand = None;
        }
        match release {
            // When, the gate tells.
            Release::After(_) => held.leaves = Some(Moment(0)),
            _ => self.held = None,
        }
        match &release {
            Release::Dropped => self.said -= len,
            Release::Instead(bytes) => self.said = self.said - len + bytes.len() as u64,
            Release::Twice => self.said += len,
            Release::InPieces(..) => self.drips = true,
            Release::AsItIs | Release::After(_) => {}
        }
        let order = gate::Order::Release(release);
        let _ = self.say.send(Say::Gate(order)).await;
    }

    /// What the end of the input cuts off: the key of a sentence.
    const fn cut_off(&self) -> Option<&'static str> {
        if self.group.is_some() {
            Some("group.ended")
        } else if self.dialogue.awaits_mail_data() {
            Some("message.data-ended")
        } else if self.dialogue.awaits_octets() {
            Some("bdat.ended")
        } else {
            None
        }
    }

    /// How many octets of a chunk are still to be typed, once.
    fn octets_left(&mut self) -> String {
        let left = self.dialogue.octets_left();
        let told = std::mem::replace(&mut self.told_left, left);
        if left == 0 || left == told || self.said != self.heard_of_us {
            return String::new();
        }
        self.note("bdat.left", &[("n", &left.to_string())])
    }

    /// A note of ours.
    /// Lets the practice server misbehave.
    fn play(&mut self, text: &str) -> anyhow::Result<()> {
        let Some(playing) = &self.playing else {
            self.refuse(knowledge::word(self.setting.lang(), "fault.elsewhere"));
            return Ok(());
        };
        let play = |faults| {
            // Its sessions may be over.
            playing.send_replace(Arc::new(faults));
            true
        };
        match faults::play(text, play, &self.setting) {
            Ok((_, told)) => say(&format!("# {told}\n")),
            Err(why) => {
                self.refuse(&why);
                Ok(())
            }
        }
    }

    fn note(&self, key: &'static str, values: &[(&str, &str)]) -> String {
        format!("# {}\n", knowledge::fill(self.setting.lang(), key, values))
    }

    /// Whether TLS is still to begin without anybody typing it: until then others speak for us.
    fn is_upgrading(&self) -> bool {
        self.setting.tls.when == tls::When::Starttls && !self.dialogue.is_secured()
    }

    /// Counts what was written for us; of what leaves in pieces, each is told.
    fn heard_of_us(&mut self, event: &Event, printer: &Printer) -> String {
        let Happening::Bytes { from: Side::Client, data, .. } = &event.what else {
            return String::new();
        };
        if self.is_upgrading() {
            return String::new();
        }
        self.heard_of_us += data.len() as u64;
        self.stepping.wrote(data.len());
        let told = self.drips.then(|| printer.piece(event.at, data, &self.dialogue));
        self.drips &= self.said != self.heard_of_us;
        told.unwrap_or_default()
    }

    /// The answer for one more recipient, where nothing else is due: one has come already.
    fn owed(&self) -> Option<usize> {
        let (at, exchange) = self.dialogue.unanswered()?;
        let alone = self.dialogue.waiting().len() == 1;
        (alone && matches!(exchange.turn, Turn::Delivery(_))).then_some(at)
    }

    /// Says which answer is awaited no longer.
    fn give_up(&mut self, overdue: Option<usize>) -> String {
        self.given_up = overdue;
        let lang = self.setting.lang();
        let exchange = overdue.and_then(|at| self.dialogue.exchanges().get(at));
        let what = exchange.and_then(|exchange| answers_for(&self.dialogue, exchange, lang));
        let n = OVERDUE.as_secs().to_string();
        let values = [("what", what.as_deref().unwrap_or_default()), ("n", n.as_str())];
        format!("# {}\n", knowledge::fill(lang, "print.overdue", &values))
    }

    /// A slip in what was sent last, once.
    fn slip(&mut self) -> String {
        let lines = self.dialogue.messages().last().map_or(0, Message::line_count);
        let place = (self.dialogue.exchanges().len(), lines);
        if self.told == place {
            return String::new();
        }
        let Some(slip) = recognise(&self.dialogue, &self.habits) else { return String::new() };
        self.told = place;
        ask::tell(&slip, self.setting.lang())
    }

    fn directive(&self, line: &[u8]) -> Result<Directed, String> {
        read_directive(line, &self.dialogue, self.group.is_some(), self.setting.lang())
    }

    /// Begins a login, or asks for its password first.
    async fn log_in(&mut self, login: Login) -> anyhow::Result<()> {
        if !login.needs_password() {
            return self.begin(login, Secret::default()).await;
        }
        match self.setting.password.read(self.setting.lang()) {
            Ok(Some(secret)) => self.begin(login, secret).await,
            Ok(None) => {
                let unseen = Unseen::begin(login.user(), self.setting.lang(), &mut self.watch)?;
                self.asks = Some((login, unseen));
                Ok(())
            }
            Err(why) => {
                self.refuse(&why);
                Ok(())
            }
        }
    }

    async fn begin(&mut self, mut login: Login, secret: Secret) -> anyhow::Result<()> {
        login.supply(secret, seed());
        self.errand = Some(Errand::Login(login));
        self.go_on().await
    }

    /// The next step of the errand.
    async fn go_on(&mut self) -> anyhow::Result<()> {
        let Some(errand) = &mut self.errand else { return Ok(()) };
        let before = errand.remark();
        let next = errand.next(&self.dialogue);
        if let Some((sentence, why)) = errand.remark().filter(|remark| before != Some(*remark)) {
            let lang = self.setting.lang();
            let values = [("why", knowledge::word(lang, why))];
            say(&format!("# {}\n", knowledge::fill(lang, sentence, &values)))?;
        }
        match next {
            Next::Wait => {}
            Next::Say(bytes) => self.say(Say::Bytes(bytes)).await,
            Next::Answer(bytes) => {
                self.dialogue.hide(&bytes);
                self.say(Say::Answer(bytes)).await;
            }
            Next::Over(_) => self.errand = None,
        }
        Ok(())
    }

    /// Says what is wrong with a line of input. What follows in a pipe was written for one that
    /// worked, so that ends the session.
    fn refuse(&mut self, problem: &str) {
        complain(own_visible(problem));
        if !std::io::stdin().is_terminal() {
            self.bad_input = true;
            let _ = self.say.try_send(Say::Close(Ending::Finished));
        }
    }

    /// A line leaves, or is kept for its group.
    async fn give(&mut self, bytes: Bytes) {
        match &mut self.group {
            Some((group, lines)) => {
                group.extend_from_slice(&bytes);
                *lines += 1;
            }
            None => self.say(Say::Bytes(bytes)).await,
        }
    }

    /// Chunks leave, or are kept for their group.
    async fn give_chunks(&mut self, mut pieces: Vec<Bytes>) -> anyhow::Result<()> {
        match (&self.group, pieces.len()) {
            (Some(_), _) => self.give(Bytes::from(pieces.concat())).await,
            (None, 1) => self.give(pieces.pop().unwrap_or_default()).await,
            (None, _) => {
                self.errand = Some(Errand::Chunks(ChunkByChunk::new(pieces)));
                self.go_on().await?;
            }
        }
        Ok(())
    }

    /// Lines are kept from now on.
    fn begin_group(&mut self) -> String {
        self.group = Some((BytesMut::new(), 0));
        let begun = self.note("group.begun", &[]);
        let offered = self.dialogue.offers("PIPELINING");
        let warning = if offered { None } else { Some(self.note("group.not-offered", &[])) };
        [begun, warning.unwrap_or_default()].concat()
    }

    /// A line of input: a directive, or a line for the server.
    async fn typed(&mut self, typed: &[u8]) -> anyhow::Result<()> {
        let line = typed.strip_suffix(b"\n").unwrap_or(typed);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some((login, unseen)) = self.asks.take() {
            drop(unseen);
            return self.begin(login, first_line(line)).await;
        }
        if let Some(line) = ask::asked(&self.dialogue, line, std::io::stdin().is_terminal()) {
            let (lang, with_secrets) = (self.setting.lang(), self.setting.with_secrets);
            return say(&ask::answer(&self.dialogue, &self.habits, line, lang, with_secrets));
        }
        let directive = line.strip_prefix(b":").filter(|_| !self.dialogue.is_inside_text());
        if let Some((name, words)) = directive.map(transcript::directive)
            && name == "explain"
            && !words.is_empty()
        {
            let words = String::from_utf8_lossy(words);
            return say(&explain::commented(&words, self.setting.lang()));
        }
        if let Some((name, faults)) = directive.map(transcript::directive)
            && name == "fault"
        {
            return self.play(&String::from_utf8_lossy(faults));
        }
        if let Some((name, words)) = directive.map(transcript::directive)
            && matches!(&*name, "view" | "save-part")
        {
            let (lang, words) = (self.setting.lang(), String::from_utf8_lossy(words));
            let look = if name == "view" { look::view } else { look::save };
            match look(&self.dialogue, words.trim(), lang) {
                Ok(text) => say(&text)?,
                Err(problem) => self.refuse(&problem.to_string()),
            }
            return Ok(());
        }
        if let Some((name, words)) = directive.map(transcript::directive)
            && name == "timeout"
            && words.trim_ascii().is_empty()
        {
            return say(&self.limits_in_words(|_| true));
        }
        let Some(directive) = directive else {
            if self.held.is_some() {
                self.refuse(knowledge::word(self.setting.lang(), "gate.how"));
                return Ok(());
            }
            let left = if self.group.is_some() { 0 } else { self.dialogue.octets_left() };
            self.give(chunks::typed(line, left)).await;
            return Ok(());
        };
        let say = match self.directive(directive) {
            Ok(Directed::Break(pattern)) => return self.stop_by(pattern).await,
            Ok(Directed::Unbreak(n)) => return self.stop_no_longer(n).await,
            Ok(Directed::Release(release)) => {
                self.release(release).await;
                return Ok(());
            }
            Ok(Directed::Plan(order)) => return self.obey(*order).await,
            Ok(Directed::Say(Say::Bytes(bytes))) if self.group.is_some() => {
                self.give(bytes).await;
                return Ok(());
            }
            Ok(Directed::Say(say)) => say,
            Ok(Directed::Chunks(pieces, told)) => {
                if let Some((key, n)) = told {
                    say(&self.note(key, &[("n", &n.to_string())]))?;
                }
                return self.give_chunks(pieces).await;
            }
            Ok(Directed::Pipeline) => return say(&self.begin_group()),
            Ok(Directed::End) => {
                let group = self.group.take().unwrap_or_default().0.freeze();
                Say::Bytes(group)
            }
            Ok(Directed::Cancel) => {
                let (_, lines) = self.group.take().unwrap_or_default();
                return say(&self.note("group.cancelled", &[("n", &lines.to_string())]));
            }
            Ok(Directed::Login(login)) => return self.log_in(login).await,
            Ok(Directed::Starttls) => {
                let starttls = Starttls::new(self.setting.tls.ehlo.clone());
                self.errand = Some(Errand::Starttls(starttls));
                return self.go_on().await;
            }
            Err(problem) => {
                self.refuse(&problem);
                return Ok(());
            }
        };
        if say.is_nothing() {
            complain(knowledge::word(self.setting.lang(), "message.nothing-sent"));
            return Ok(());
        }
        if let Say::Limit(changes) = &say {
            self.limits = self.limits.with(changes);
            crate::headless::say(&self.limits_in_words(|wait| changes.of(wait).is_some()))?;
        }
        self.say(say).await;
        Ok(())
    }

    /// Stops by one pattern more; without one, says by which it stops.
    async fn stop_by(&mut self, breakpoint: Option<Pattern>) -> anyhow::Result<()> {
        let Some(breakpoint) = breakpoint else {
            let list = shown::list(&self.breakpoints, self.setting.lang());
            return say(&format!("# {list}\n"));
        };
        gate::add(&mut self.breakpoints, breakpoint);
        self.breakpoints_changed().await
    }

    /// Stops no longer by the breakpoint of this number; without one, by none.
    async fn stop_no_longer(&mut self, n: Option<NonZeroUsize>) -> anyhow::Result<()> {
        if gate::remove(&mut self.breakpoints, n) {
            return self.breakpoints_changed().await;
        }
        let count = self.breakpoints.len().to_string();
        let n = n.map_or(0, NonZeroUsize::get).to_string();
        let values = [("n", &*n), ("count", &count)];
        self.refuse(&knowledge::fill(self.setting.lang(), "gate.no-such", &values));
        Ok(())
    }

    /// Some of the limits, each with what it is about.
    fn limits_in_words(&self, shown: impl Fn(Wait) -> bool) -> String {
        let lang = self.setting.lang();
        let line = |wait: Wait| {
            let limit = words::limit(self.limits.seconds(wait), lang);
            let about = knowledge::word(lang, words::limit_key(wait));
            format!("# {} = {limit}  {about}\n", wait.name())
        };
        Wait::all().filter(|wait| shown(*wait)).map(line).collect()
    }

    async fn say(&mut self, say: Say) {
        self.said += say.bytes().len() as u64;
        self.drips = matches!(say, Say::Drip(_));
        // A session that is over cannot be told anything.
        let _ = self.say.send(say).await;
    }
}

/// What a `:directive` makes us do.
enum Directed {
    Say(Say),
    Login(Login),
    Starttls,
    /// Chunks, and what is to be said of the number that is announced.
    Chunks(Vec<Bytes>, Option<(&'static str, u64)>),
    Pipeline,
    End,
    Cancel,
    Break(Option<Pattern>),
    Unbreak(Option<NonZeroUsize>),
    Release(Release),
    Plan(Box<plan::Order>),
}

/// Reads a `:directive`.
fn read_directive(
    line: &[u8],
    seen: &Dialogue,
    grouped: bool,
    lang: Lang,
) -> Result<Directed, String> {
    let (name, argument) = transcript::directive(line);
    let at = Place { line: 1, column: 1 };
    let behind_354 = seen.awaits_mail_data();
    let read = directive::read(&name, argument, at).map_err(|error| misread::say(&error, lang))?;
    let fits = read.as_ref().is_none_or(Directive::fits_a_group);
    match read {
        _ if grouped && !(fits && (read.is_some() || name == "quit")) => {
            Err(knowledge::word(lang, "group.grouped").to_owned())
        }
        Some(Directive::End | Directive::Cancel) if !grouped => {
            Err(knowledge::word(lang, "misread.end").to_owned())
        }
        Some(
            Directive::Pipeline
            | Directive::Bdat(_)
            | Directive::Login { .. }
            | Directive::Starttls,
        ) if behind_354 => Err(knowledge::word(lang, "reason.text").to_owned()),
        Some(Directive::Break(pattern)) => Ok(Directed::Break(pattern)),
        Some(Directive::Unbreak(n)) => Ok(Directed::Unbreak(n)),
        Some(Directive::Release(release)) => Ok(Directed::Release(release)),
        Some(Directive::Pipeline) => Ok(Directed::Pipeline),
        Some(Directive::End) => Ok(Directed::End),
        Some(Directive::Cancel) => Ok(Directed::Cancel),
        Some(Directive::Bdat(chunks)) => {
            let octets = match &chunks.octets {
                Octets::Text(octets) => octets.clone(),
                Octets::Draft => return Err(knowledge::word(lang, "misread.no-draft").to_owned()),
                Octets::File(file) => read_message(Path::new(file), lang)
                    .map_err(|error| format!("{file}: {error}"))?
                    .into(),
            };
            let told = chunks.difference(octets.len());
            Ok(Directed::Chunks(chunks.pieces(octets), told))
        }
        Some(Directive::Say(Say::Verify(mut check))) => {
            if seen.messages().is_empty() {
                return Err(knowledge::word(lang, "authenticity.no-message").to_owned());
            }
            if let Some(file) = &check.file {
                let answers = authenticity::answers(Path::new(file), lang);
                check.answers = Some(answers.map_err(|error| format!("{error:#}"))?);
            }
            Ok(Directed::Say(Say::Verify(check)))
        }
        Some(Directive::Say(say)) => Ok(Directed::Say(say)),
        Some(Directive::Login { .. } | Directive::Starttls) if seen.awaits_login() => {
            Err(knowledge::word(lang, "login.by-hand").to_owned())
        }
        Some(Directive::Login { mechanism, user, initial }) => {
            let credentials = Credentials { user, ..Credentials::default() };
            Ok(Directed::Login(Login::new(&mechanism, credentials, initial)))
        }
        Some(Directive::Starttls) => Ok(Directed::Starttls),
        Some(Directive::Data(_)) if !behind_354 => {
            Err(knowledge::word(lang, "message.data-where").to_owned())
        }
        Some(Directive::Data(file)) => match read_message(Path::new(&file), lang) {
            Ok(content) => Ok(Directed::Say(Say::Bytes(payload::stuff(content)))),
            Err(error) => Err(format!("{file}: {error}")),
        },
        None if name == "quit" => Ok(Directed::Say(Say::Close(Ending::Finished))),
        Some(Directive::Plan(order)) => Ok(Directed::Plan(order)),
        None if directive::is_for_scripts(&name) => {
            Err(knowledge::fill(lang, "misread.scripts-only", &[("name", &name)]))
        }
        None => Err(knowledge::fill(lang, "misread.plain", &[("name", &name)])),
    }
}
