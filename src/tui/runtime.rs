//! Executes effects and feeds messages; with its rooms the only one here that waits for anything.

mod answer;
mod catcher;
mod drafts;
mod effects;
mod hand;
mod keyboard;
mod memory;
mod outside;
mod reading;
mod sessions;
mod settings;
mod watch;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use crossterm::event::{Event as Input, KeyEventKind};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::cli::ServeArgs;
use crate::config;
use crate::display::token::own_visible;
use crate::headless::hand::ByHand;
use crate::headless::{Outcome, Password, Setting, beside, complain};
use crate::journal::{Event, Happening};
use crate::knowledge::{self, Lang};
use crate::net::Clock;
use crate::net::dial::Target;
use crate::net::driver::{EVENTS_WAITING, Heard};
use crate::net::signals::{Signal, Signals, survive_full_files};

use super::catcher::Catcher;
use super::message::Message;
use super::model::{Model, Pane};
use super::terminal::{self, Screen};
use super::update::update;
use super::view::{self, status};
use answer::Answer;
use catcher::{Server, Serves};
use drafts::{Drafts, Lost};
use hand::{CLIENTS_WAITING, Come};
use keyboard::Keyboard;
use memory::Memory;
use reading::Inner;
use sessions::{Order, Sessions};
use settings::Followed;

/// The time between two frames while events pour in; keys are drawn at once.
const FRAME: Duration = Duration::from_millis(16);

/// How many events are taken before keys are looked at again.
const BATCH: usize = 32;

/// With what the screen begins.
#[derive(Debug)]
pub enum Start {
    /// A connection.
    Dial(Target),
    /// A recording or transcript, or messages.
    Open(Vec<PathBuf>),
    /// A server, of which the screen lists what it has.
    Serve(Box<ServeArgs>),
    /// A server whose clients the person answers.
    Answer(Box<ByHand>),
}

/// Opens the screen and stays until the person leaves.
///
/// # Errors
/// When the file, the recording or the terminal cannot be used.
pub fn run(starts: impl IntoIterator<Item = Start>, setting: &Setting) -> anyhow::Result<Outcome> {
    let starts: Vec<Start> = starts.into_iter().collect();
    let mut followed = Followed::begin(setting);
    let (theme, keys) = (config::usual_theme(), config::embedded_keys());
    let mut model = Model::new((0, 0), setting.lang(), theme, keys);
    model.with_secrets = setting.with_secrets;
    model.insecure = setting.tls.insecure;
    model.utf8 = setting.chosen.utf8();
    model.limits = setting.limits();
    let (memory, of_memory) = Memory::recall(setting, &mut model);
    let (changes, more) = followed.all();
    let warnings: Vec<_> = setting.warnings.iter().cloned().chain(more).chain(of_memory).collect();
    update(&mut model, Message::Configured(changes, settings::told(&warnings, setting.lang())));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(async {
        survive_full_files();
        let clock = Clock::start();
        let (publish, heard) = mpsc::channel(EVENTS_WAITING);
        let mut sessions = Sessions::new(setting, clock.clone(), publish);
        let (come, clients) = mpsc::channel(CLIENTS_WAITING);
        let (mut servers, mut others, mut doors) = (Vec::new(), Vec::new(), JoinSet::new());
        for (at, start) in starts.into_iter().enumerate() {
            let id = prepare(&mut model, at, &start, &mut sessions)?;
            // Whoever cannot listen says so before the screen opens.
            match start {
                Start::Serve(args) => {
                    let server = Server::open(&args, setting, &clock)?;
                    if let Some(session) = model.session_mut(id) {
                        server.place.clone_into(&mut session.target);
                        let plays = server.plays.clone();
                        let mut catcher = Catcher::playing(plays, args.keeping.room());
                        catcher.shelved = server.shelved;
                        session.catcher = Some(Box::new(catcher));
                    }
                    servers.push((id, server));
                }
                Start::Answer(by_hand) => {
                    let to = (&mut doors, come.clone());
                    hand::listen(&mut model, at, &by_hand, to)?;
                }
                start => others.push((id, start)),
            }
        }
        let (mut screen, taken) =
            terminal::take().context("this terminal cannot be used; try --plain")?;
        let area = screen.get_frame().area();
        model.size = (area.width, area.height);
        terminal::mouse(model.mouse)?;
        drop(come);
        // The first frame stands before anything is read, looked up or connected.
        screen.draw(|frame| view::view(&model, frame))?;
        let (inner, messages) = mpsc::channel(EVENTS_WAITING);
        let mut reads = HashMap::new();
        for (id, start) in others {
            match start {
                Start::Dial(target) => {
                    _ = sessions.order(id, Order::Dial(target, Box::default()));
                }
                Start::Serve(_) | Start::Answer(_) => {}
                Start::Open(paths) => {
                    let stop = Arc::default();
                    reads.insert(id, Arc::clone(&stop));
                    let inner = inner.clone();
                    reading::load(id, paths, setting.lang(), stop, inner, true);
                }
            }
        }
        let servers = servers.into_iter().map(|(id, server)| (id, server.begin(id, inner.clone())));
        let answer = followed.late_answer();
        watch::follow(followed, inner.clone());
        let drafts = Drafts::begin(&setting.sources, inner.clone());
        let (keyboard, input) = Keyboard::begin();
        let loops = Loop {
            model,
            screen,
            clock,
            sessions,
            servers: servers.collect(),
            doors,
            memory,
            reads,
            drafts,
            keyboard,
            was_away: false,
            gone: None,
            inner,
            password: setting.password.clone(),
            answer,
            drawn: Instant::now(),
            draw_at: None,
        };
        let result = Box::pin(loops.attend(input, heard, messages, clients)).await;
        drop(taken);
        result
    });
    runtime.shutdown_background();
    result
}

/// The first of several files, and how many there are beside it.
fn named(paths: &[PathBuf]) -> String {
    let first = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
    if paths.len() > 1 { format!("{first} +{}", paths.len() - 1) } else { first }
}

/// Opens the session for a start, before anything of it is read or connected.
fn prepare(
    model: &mut Model,
    at: usize,
    start: &Start,
    sessions: &mut Sessions,
) -> anyhow::Result<usize> {
    let target = match start {
        Start::Dial(target) => target.to_string(),
        Start::Open(paths) => named(paths),
        // Where it listens is known once it does.
        Start::Serve(_) => String::new(),
        Start::Answer(by_hand) => by_hand.door.place.to_string(),
    };
    let id = if at == 0 { model.session.id } else { model.add_session(String::new()) };
    let Some(session) = model.session_mut(id) else { return Ok(id) };
    session.target = target;
    match start {
        Start::Dial(target) => {
            session.tls_first = sessions.begins_with_tls(target);
            session.dialling = true;
            session.recording = sessions.begin(id)?;
        }
        Start::Open(_) => {
            session.recorded = true;
            session.loading = true;
        }
        Start::Serve(_) => {
            session.recorded = true;
            if at == 0 {
                model.focus = Pane::Transcript;
            }
        }
        Start::Answer(_) => {}
    }
    Ok(id)
}

/// The screen while it runs.
struct Loop {
    model: Model,
    screen: Screen,
    clock: Clock,
    sessions: Sessions,
    /// By the session of the screen that lists each.
    servers: HashMap<usize, Serves>,
    /// Who waits for clients that the person answers.
    doors: JoinSet<()>,
    memory: Memory,
    /// What is set where the reading of a session shall stop.
    reads: HashMap<usize, Arc<AtomicBool>>,
    drafts: Drafts,
    keyboard: Keyboard,
    /// Whether another program had the terminal.
    was_away: bool,
    /// Why the terminal takes no more.
    gone: Option<anyhow::Error>,
    inner: Inner,
    password: Password,
    answer: Answer,
    drawn: Instant,
    draw_at: Option<Instant>,
}

impl Loop {
    async fn attend(
        mut self,
        mut input: mpsc::Receiver<Input>,
        mut heard: mpsc::Receiver<(usize, Heard)>,
        mut messages: mpsc::Receiver<anyhow::Result<Message>>,
        mut clients: mpsc::Receiver<Come>,
    ) -> anyhow::Result<Outcome> {
        use Signal::{HangUp, Interrupt, Quit, Terminate, Window};
        let mut signals = Signals::of(&[Terminate, HangUp, Interrupt, Quit, Window])?;
        let mut typed = Vec::with_capacity(BATCH);
        let mut batch = Vec::with_capacity(EVENTS_WAITING);
        let mut timer = std::pin::pin!(tokio::time::sleep(Duration::ZERO));
        loop {
            self.drafts.look(&self.model);
            let keep_at = self.drafts.due();
            let tick = self.next_tick().map(|after| Instant::now() + after);
            // A timer that is set anew at every key would wake its thread at every key.
            if let Some(at) = tick.filter(|at| timer.is_elapsed() || *at < timer.deadline()) {
                timer.as_mut().reset(at);
            }
            let end = tokio::select! {
                signal = signals.next() => match signal {
                    Window => {
                        self.draw();
                        None
                    }
                    // It was meant for the program that had the terminal.
                    Interrupt | Quit if self.was_away => None,
                    signal => Some(End::Signal(signal)),
                },
                count = input.recv_many(&mut typed, BATCH) => match count {
                    // The terminal is gone.
                    0 => Some(End::Quit),
                    _ => self.input(typed.drain(..))?,
                },
                Some(message) = messages.recv() => self.take(message?)?,
                Some(come) = clients.recv() => {
                    self.accepted(come);
                    None
                }
                _ = heard.recv_many(&mut batch, BATCH) => self.heard(batch.drain(..))?,
                () = tokio::time::sleep_until(self.draw_at.unwrap_or(self.drawn)), if self.draw_at.is_some() => {
                    self.draw();
                    None
                }
                () = tokio::time::sleep_until(keep_at.unwrap_or(self.drawn)), if keep_at.is_some() => {
                    self.drafts.write(&self.model);
                    None
                }
                () = &mut timer, if tick.is_some() => {
                    self.tick();
                    self.draw();
                    None
                }
            };
            let end = end.or_else(|| self.gone.as_ref().map(|_| End::Signal(HangUp)));
            if let Some(end) = end {
                self.farewell(&mut heard).await;
                if let Some(why) = &self.gone {
                    // If it is there all the same.
                    complain(format_args!("{why:#}"));
                }
                match end {
                    End::Quit => return Ok(Outcome::Done),
                    // As a signal ends a program.
                    End::Signal(signal) => std::process::exit(128 + signal.number()),
                }
            }
        }
    }

    /// Keys, pastes, a new size: drawn at once, and together where they come in a burst.
    fn input(&mut self, events: impl Iterator<Item = Input>) -> anyhow::Result<Option<End>> {
        self.tick();
        for event in events {
            // The size that is told behind the other program is no sign of the person.
            self.was_away &= !matches!(event, Input::Key(_));
            if self.answer.takes(&event, self.model.now) {
                continue;
            }
            let message = match event {
                Input::Key(key) if key.kind != KeyEventKind::Release => Message::Key(key),
                Input::Mouse(event) => Message::Mouse(event),
                Input::Paste(text) => Message::Paste(text),
                Input::Resize(columns, rows) => Message::Resize(columns, rows),
                _ => continue,
            };
            let effects = update(&mut self.model, message);
            let end = self.execute(effects)?;
            if end.is_some() {
                return Ok(end);
            }
        }
        self.draw();
        Ok(None)
    }

    fn take(&mut self, message: Message) -> anyhow::Result<Option<End>> {
        self.tick();
        let effects = update(&mut self.model, message);
        let end = self.execute(effects)?;
        self.draw();
        Ok(end)
    }

    /// Events are drawn together, at most once a frame.
    fn heard(
        &mut self,
        batch: impl Iterator<Item = (usize, Heard)>,
    ) -> anyhow::Result<Option<End>> {
        self.tick();
        let mut end = None;
        for (id, heard) in batch {
            self.remember(id, &heard);
            let message = match heard {
                Heard::Event(event) => Message::Heard(id, event),
                Heard::Before(before) => Message::Loaded(id, before, None),
                Heard::TooLate => {
                    let told = knowledge::word(self.model.lang, "message.too-late").to_owned();
                    if self.model.session_mut(id).is_some_and(|session| session.caught.is_some()) {
                        self.waits_for_end(id, told);
                        continue;
                    }
                    Message::Loaded(id, Box::default(), Some(told))
                }
                Heard::Gate(news) => Message::Gate(id, news),
                Heard::RecordingFailed(why) => Message::RecordingFailed(id, why),
                Heard::NotKept(why) => {
                    let values = [("why", &*own_visible(&why))];
                    Message::Say(knowledge::fill(self.model.lang, "recordings.not-kept", &values))
                }
            };
            let effects = update(&mut self.model, message);
            end = end.or(self.execute(effects)?);
        }
        if self.drawn.elapsed() >= FRAME {
            self.draw();
        } else {
            self.draw_at = Some(self.drawn + FRAME);
        }
        Ok(end)
    }

    /// A target that was reached is worth remembering.
    fn remember(&mut self, id: usize, heard: &Heard) {
        let opened = matches!(heard, Heard::Event(Event { what: Happening::Opened(_), .. }));
        let session = self.model.session_mut(id).filter(|session| opened && !session.recorded);
        if let Some(target) = session.map(|session| session.target.clone()) {
            self.memory.visit(&target, &mut self.model, self.inner.clone());
        }
    }

    fn tick(&mut self) {
        update(&mut self.model, Message::Tick(self.clock.now()));
        self.model.habits.now = Some(self.clock.timestamp());
    }

    /// When the header will say something else by itself.
    fn next_tick(&self) -> Option<Duration> {
        let model = &self.model;
        if let Some(catcher) = &model.session.catcher {
            // How long each session takes until now.
            return (catcher.open > 0).then_some(Duration::from_secs(1));
        }
        if model.session.recorded {
            return None;
        }
        if let Some(awaited) = status::awaited(model) {
            let waited = model.now.since(awaited.since);
            return Some(Duration::from_micros(1_000_000 - waited % 1_000_000));
        }
        match status::patience(model)? {
            0 => None,
            seconds @ 1..=status::LAST_MINUTE => Some(Duration::from_secs(seconds.min(1))),
            seconds => Some(Duration::from_secs((seconds - 1) % 60 + 1)),
        }
    }

    /// Shows how everything stands. A terminal that takes no more has been taken away: that is a
    /// hang-up, whoever tells it first.
    fn draw(&mut self) {
        self.gone = self.draw_on().err().or_else(|| self.gone.take());
    }

    fn draw_on(&mut self) -> anyhow::Result<()> {
        // A change of size that comes together with a key is not always reported.
        let area = terminal::size()?;
        if self.model.size != (area.width, area.height) {
            update(&mut self.model, Message::Resize(area.width, area.height));
        }
        if self.screen.get_frame().area() != area {
            self.screen.resize(area)?;
        }
        self.screen.draw(|frame| view::view(&self.model, frame))?;
        self.drawn = Instant::now();
        self.draw_at = None;
        Ok(())
    }

    /// Gives the terminal back first: nobody waits for connections that are closing.
    async fn farewell(&mut self, heard: &mut mpsc::Receiver<(usize, Heard)>) {
        terminal::restore();
        for lost in self.drafts.farewell(&self.model) {
            print_lost(&lost, self.model.lang);
        }
        self.memory.keep(&self.model.ratios).await;
        let lists = self.model.sessions().filter_map(|session| session.catcher.as_ref());
        if lists.map(|list| list.in_transaction()).sum::<usize>() > 0 {
            beside(format_args!("{}\n", knowledge::word(self.model.lang, "catcher.ending")));
        }
        for (_, server) in self.servers.drain() {
            server.farewell().await;
        }
        // What stands in the file system goes with who listens there.
        self.doors.shutdown().await;
        for session in self.model.sessions() {
            let hand = session.hand.as_ref().map(|answering| &answering.hand);
            if let Some(words) = hand.and_then(|hand| hand.goodbye(&session.dialogue)) {
                self.sessions.end(session.id, words);
            }
        }
        self.sessions.farewell(heard).await;
    }
}

/// Prints a draft that nothing else holds: the terminal keeps it, unless that is gone too.
fn print_lost(lost: &Lost, lang: Lang) {
    use std::io::Write as _;
    let mut out = std::io::stderr().lock();
    let told = knowledge::fill(lang, "editor.unkept.print", &[("why", &lost.why)]);
    let lines = lost.text.lines().map(|line| own_visible(line.to_string().trim_end_matches('\n')));
    for line in std::iter::once(told).chain(lines) {
        let _ = writeln!(out, "{line}");
    }
}

/// Why the loop ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// The person leaves.
    Quit,
    /// This signal came.
    Signal(Signal),
}
