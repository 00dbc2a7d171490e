//! Executes effects and feeds messages; the only file of the screen that waits for anything.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use crossterm::event::{Event as Input, KeyEventKind};
use ratatui::layout::Rect;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::display::Theme;
use crate::display::keys::Keys;
use crate::headless::{Outcome, Setting, practice_for, read_message, show};
use crate::journal::facts::DialReason;
use crate::journal::{DialFailure, Ending, Happening};
use crate::knowledge::{self, Lang};
use crate::net::Clock;
use crate::net::dial::{Target, dial};
use crate::net::driver::{EVENTS_WAITING, Heard, Log, Orders, Part, converse};
use crate::session::content::Content;
use crate::session::{Dialogue, Keep};
use crate::smtp::payload;
use crate::speaker::{Human, Say};

use super::effect::Effect;
use super::message::Message;
use super::model::Model;
use super::terminal::{self, Screen};
use super::update::update;
use super::view::{self, status};

/// The time between two frames while events pour in; keys are drawn at once.
const FRAME: Duration = Duration::from_millis(16);

/// How many events are taken before keys are looked at again.
const BATCH: usize = 32;

/// How many lines may wait to be sent; a burst of typing is faster than any network.
const ORDERS_WAITING: usize = 1 << 16;

/// How long a closing connection may take when the person leaves.
const FAREWELL: Duration = Duration::from_millis(300);

/// With what the screen begins.
#[derive(Debug)]
pub enum Start {
    /// A connection.
    Dial(Target),
    /// A recording or transcript.
    Open(PathBuf),
}

/// What the session task is told.
#[derive(Debug)]
enum Order {
    Dial(Target),
    Say(Say),
}

/// Opens the screen and stays until the person leaves.
///
/// # Errors
/// When the file, the recording or the terminal cannot be used.
pub fn run(start: Start, setting: &Setting, warning: Option<String>) -> anyhow::Result<Outcome> {
    let theme = Theme::embedded("terminal").map_err(anyhow::Error::msg)?;
    let keys = Keys::parse(knowledge::data("keys.toml")).map_err(anyhow::Error::msg)?;
    let clock = Clock::start();
    let recorder = setting.recorder(&clock)?;
    let mut model = Model::new((0, 0), setting.lang, theme, keys);
    model.recording = recorder.is_some();
    model.with_secrets = setting.with_secrets;
    model.notice = warning;
    match &start {
        Start::Dial(target) => {
            model.session.target = target.to_string();
            model.session.dialling = true;
        }
        Start::Open(path) => {
            model.session.target = path.display().to_string();
            model.session.recorded = true;
            model.session.loading = true;
        }
    }
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let result = runtime.block_on(async {
        let (mut screen, taken) =
            terminal::take().context("this terminal cannot be used; try --plain")?;
        let size = screen.size()?;
        model.size = (size.width, size.height);
        // The first frame stands before anything is read, looked up or connected.
        screen.draw(|frame| view::view(&model, frame))?;
        let (publish, heard) = mpsc::channel(EVENTS_WAITING);
        let (orders, taken_orders) = mpsc::channel(ORDERS_WAITING);
        let log = Log::new(clock.clone(), Keep::default())
            .recording(recorder, setting.with_secrets)
            .published_to(publish);
        tokio::spawn(session(log, taken_orders));
        let (inner, messages) = mpsc::channel(EVENTS_WAITING);
        match start {
            Start::Dial(target) => orders.send(Order::Dial(target)).await?,
            Start::Open(path) => load(path, setting.lang, inner.clone()),
        }
        let loops =
            Loop { model, screen, clock, orders, inner, drawn: Instant::now(), draw_at: None };
        let result = loops.attend(heard, messages).await;
        drop(taken);
        result
    });
    runtime.shutdown_background();
    result
}

/// Reads a recording in the background.
fn load(path: PathBuf, lang: Lang, inner: mpsc::Sender<anyhow::Result<Message>>) {
    tokio::task::spawn_blocking(move || {
        let loaded = show::open_as_session(&path, lang);
        let message = loaded.map(|(dialogue, notice)| Message::Loaded(Box::new(dialogue), notice));
        // Nobody is there to hear it if the person has left.
        let _ = inner.blocking_send(message);
    });
}

/// What is typed, read by a thread of its own. It ends with the program: nothing can interrupt it.
fn keyboard() -> mpsc::Receiver<Input> {
    let (typed, events) = mpsc::channel(EVENTS_WAITING);
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            if typed.blocking_send(event).is_err() {
                break;
            }
        }
    });
    events
}

/// The session task: dials when told to, and drives each connection to its end.
async fn session(mut log: Log, mut orders: mpsc::Receiver<Order>) {
    let mut server = None;
    while let Some(order) = orders.recv().await {
        let Order::Dial(target) = order else { continue };
        if server.is_none() {
            // Without it the dialling fails, and says so.
            server = practice_for(&target).await.ok().flatten();
        }
        let dialled = tokio::select! {
            dialled = dial(&target, server) => dialled,
            () = told_to_stop(&mut orders) => Err(DialFailure {
                target: target.to_string(),
                reason: DialReason::Other,
                detail: "stopped".to_owned(),
            }),
        };
        match dialled {
            Err(failure) => log.append(Happening::NotOpened(failure)).await,
            Ok((stream, endpoints)) => {
                log.append(Happening::Opened(endpoints)).await;
                let orders = Orders { queue: &mut orders, obey };
                converse(stream, &mut log, Part::person(), &mut Human::default(), Some(orders))
                    .await;
            }
        }
    }
}

fn obey(human: &mut Human, order: Order) -> bool {
    match order {
        Order::Say(say) => human.push(say),
        Order::Dial(_) => false,
    }
}

async fn told_to_stop(orders: &mut mpsc::Receiver<Order>) {
    while let Some(order) = orders.recv().await {
        if matches!(order, Order::Say(Say::Close(_))) {
            return;
        }
    }
    std::future::pending::<()>().await;
}

/// The screen while it runs.
struct Loop {
    model: Model,
    screen: Screen,
    clock: Clock,
    orders: mpsc::Sender<Order>,
    inner: mpsc::Sender<anyhow::Result<Message>>,
    drawn: Instant,
    draw_at: Option<Instant>,
}

impl Loop {
    async fn attend(
        mut self,
        mut heard: mpsc::Receiver<Heard>,
        mut messages: mpsc::Receiver<anyhow::Result<Message>>,
    ) -> anyhow::Result<Outcome> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut quit_signal = signal(SignalKind::quit())?;
        let mut resized = signal(SignalKind::window_change())?;
        let mut input = keyboard();
        let mut typed = Vec::with_capacity(BATCH);
        let mut batch = Vec::with_capacity(EVENTS_WAITING);
        loop {
            let tick = self.next_tick();
            let quit = tokio::select! {
                _ = terminate.recv() => return Ok(killed_by(15)),
                _ = hang_up.recv() => return Ok(killed_by(1)),
                _ = interrupt.recv() => return Ok(killed_by(2)),
                _ = quit_signal.recv() => return Ok(killed_by(3)),
                _ = resized.recv() => {
                    self.draw()?;
                    false
                }
                count = input.recv_many(&mut typed, BATCH) => match count {
                    // The terminal is gone.
                    0 => true,
                    _ => self.input(typed.drain(..))?,
                },
                Some(message) = messages.recv() => self.take(message?)?,
                _ = heard.recv_many(&mut batch, BATCH) => self.heard(batch.drain(..))?,
                () = tokio::time::sleep_until(self.draw_at.unwrap_or(self.drawn)), if self.draw_at.is_some() => {
                    self.draw()?;
                    false
                }
                () = tokio::time::sleep(tick.unwrap_or_default()), if tick.is_some() => {
                    self.tick();
                    self.draw()?;
                    false
                }
            };
            if quit {
                self.farewell(&mut heard).await;
                return Ok(Outcome::Done);
            }
        }
    }

    /// Keys, pastes, a new size: drawn at once, and together where they come in a burst.
    fn input(&mut self, events: impl Iterator<Item = Input>) -> anyhow::Result<bool> {
        self.tick();
        for event in events {
            let message = match event {
                Input::Key(key) if key.kind != KeyEventKind::Release => Message::Key(key),
                Input::Paste(text) => Message::Paste(text),
                Input::Resize(columns, rows) => Message::Resize(columns, rows),
                _ => continue,
            };
            let effects = update(&mut self.model, message);
            if self.execute(effects)? {
                return Ok(true);
            }
        }
        self.draw()?;
        Ok(false)
    }

    fn take(&mut self, message: Message) -> anyhow::Result<bool> {
        self.tick();
        let effects = update(&mut self.model, message);
        let quit = self.execute(effects)?;
        self.draw()?;
        Ok(quit)
    }

    /// Events are drawn together, at most once a frame.
    fn heard(&mut self, batch: impl Iterator<Item = Heard>) -> anyhow::Result<bool> {
        self.tick();
        let mut quit = false;
        for heard in batch {
            let message = match heard {
                Heard::Event(event) => Message::Heard(event),
                Heard::RecordingFailed(why) => Message::RecordingFailed(why),
            };
            let effects = update(&mut self.model, message);
            quit |= self.execute(effects)?;
        }
        if self.drawn.elapsed() >= FRAME {
            self.draw()?;
        } else {
            self.draw_at = Some(self.drawn + FRAME);
        }
        Ok(quit)
    }

    fn tick(&mut self) {
        update(&mut self.model, Message::Tick(self.clock.now()));
    }

    /// When the header will say something else by itself.
    fn next_tick(&self) -> Option<Duration> {
        let model = &self.model;
        if model.session.recorded {
            return None;
        }
        if let Some((_, exchange)) = model.session.dialogue.unanswered() {
            let waited = model.now.since(exchange.sent_at?);
            return Some(Duration::from_micros(1_000_000 - waited % 1_000_000));
        }
        match status::patience(model)? {
            0 => None,
            seconds @ 1..=status::LAST_MINUTE => Some(Duration::from_secs(seconds.min(1))),
            seconds => Some(Duration::from_secs((seconds - 1) % 60 + 1)),
        }
    }

    fn draw(&mut self) -> anyhow::Result<()> {
        // A change of size that comes together with a key is not always reported.
        let size = self.screen.size()?;
        if self.model.size != (size.width, size.height) {
            update(&mut self.model, Message::Resize(size.width, size.height));
        }
        let model = &self.model;
        self.screen.draw(|frame| view::view(model, frame))?;
        self.drawn = Instant::now();
        self.draw_at = None;
        Ok(())
    }

    /// Does what update asked for; `true` to leave.
    fn execute(&mut self, effects: Vec<Effect>) -> anyhow::Result<bool> {
        for effect in effects {
            match effect {
                Effect::Quit => return Ok(true),
                Effect::Dial(target) => self.dial(&target),
                Effect::Say(bytes) => self.order(Order::Say(Say::Bytes(bytes))),
                Effect::HangUp => self.order(Order::Say(Say::Close(Ending::Finished))),
                Effect::SayFile(path) => self.say_file(path),
                Effect::ReadContent { message, bytes } => self.read(message, bytes),
                Effect::Redraw => self.clear()?,
                Effect::Suspend => self.suspend()?,
            }
        }
        Ok(false)
    }

    fn dial(&mut self, target: &str) {
        match Target::read(target) {
            Ok(target) => {
                self.model.session.target = target.to_string();
                self.model.session.dialling = true;
                self.order(Order::Dial(target));
            }
            Err(error) => self.model.notice = Some(error.to_string()),
        }
    }

    fn order(&mut self, order: Order) {
        if self.orders.try_send(order).is_err() {
            self.model.notice =
                Some(knowledge::word(self.model.lang, "message.too-fast").to_owned());
        }
    }

    fn say_file(&self, path: String) {
        let (inner, orders) = (self.inner.clone(), self.orders.clone());
        tokio::spawn(async move {
            let name = PathBuf::from(&path);
            let read = move || read_message(&name).map(payload::stuff);
            let stuffed = tokio::task::spawn_blocking(read).await;
            match stuffed.unwrap_or_else(|_| Err(std::io::Error::other("not read"))) {
                Ok(bytes) => {
                    // The session may be over by now; then nothing is said.
                    let _ = orders.send(Order::Say(Say::Bytes(bytes))).await;
                }
                Err(error) => {
                    let _ = inner.send(Ok(Message::Say(format!("{path}: {error}")))).await;
                }
            }
        });
    }

    fn read(&self, message: usize, bytes: Vec<u8>) {
        let inner = self.inner.clone();
        tokio::spawn(async move {
            if let Ok(content) = tokio::task::spawn_blocking(move || Content::read(&bytes)).await {
                let _ = inner.send(Ok(Message::ContentRead(message, Box::new(content)))).await;
            }
        });
    }

    /// Stops the whole process group, so that whatever started us stops too.
    fn suspend(&mut self) -> anyhow::Result<()> {
        terminal::restore();
        rustix::process::kill_current_process_group(rustix::process::Signal::TSTP)?;
        terminal::again()?;
        self.clear()
    }

    /// Makes the next frame draw every cell. `Terminal::clear` would ask the terminal where its
    /// cursor is, and the answer would arrive as input of the person.
    fn clear(&mut self) -> anyhow::Result<()> {
        let size = self.screen.size()?;
        self.screen.resize(Rect::new(0, 0, size.width, size.height))?;
        Ok(())
    }

    /// Closes the connection, so that the recording has its end.
    async fn farewell(&mut self, heard: &mut mpsc::Receiver<Heard>) {
        terminal::restore();
        let mut dialogue: Dialogue = std::mem::take(&mut self.model.session.dialogue);
        if !dialogue.phase().is_open() || self.model.session.recorded {
            return;
        }
        self.order(Order::Say(Say::Close(Ending::Finished)));
        let _ = tokio::time::timeout(FAREWELL, async {
            while let Some(Heard::Event(event)) = heard.recv().await {
                dialogue.apply(&event);
                if !dialogue.phase().is_open() {
                    break;
                }
            }
        })
        .await;
    }
}

/// Ends as a signal ends a program; everything recorded is on disk already.
fn killed_by(signal: i32) -> Outcome {
    terminal::restore();
    std::process::exit(128 + signal)
}
