//! `ehlo serve`: the practice server alone, as a catcher of mail, too.

mod answer;
mod desk;
mod directive;
pub(super) mod event;
mod folder;
pub(crate) mod journals;
mod log;
mod memory;
pub(crate) mod shelf;

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::cli::ServeArgs;
use crate::knowledge::Lang;
use crate::net::listen::{
    Again, Entrance, Listener, Order, Report, Reports, Security, Store, report,
};
use crate::net::signals::{Signal, Signals, survive_full_files};
use crate::session::Past;
use crate::speaker::Policy;
use crate::speaker::fault::Faults;

use super::{Outcome, Setting, faults, secure};
use desk::{Desk, News};
use event::Event;
use log::{Lines, Log};
use shelf::Shelf;

/// How long it is until lines that do not fit are tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// How many orders wait for a server.
const ORDERS: usize = 8;

/// How long it may take at the end to answer what was asked before, since another server may never
/// answer, and how long who reads slowly is waited for.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_millis(500));

/// How many reports, and about how many bytes of lines, are told at once, and how long it is until the
/// next ones are.
const AT_ONCE: (usize, usize) = (256, 64 << 10);
const BREATH: Duration = Duration::from_millis(1);

/// A server as the command line wants it, whose doors are open.
pub(crate) struct Opened {
    /// The server.
    pub(crate) listener: Listener,
    /// Its doors, as they are.
    pub(crate) doors: Vec<Entrance>,
    /// Whether it has TLS.
    pub(crate) tls: bool,
    /// Whether TLS begins before anything is said at all of them.
    pub(crate) implicit: bool,
    /// Where it keeps what it takes, if it does.
    pub(crate) shelf: Option<Shelf>,
    /// The faults that it plays.
    pub(crate) faults: watch::Sender<Arc<Faults>>,
}

/// Opens the doors of a server.
///
/// # Errors
/// When a place cannot be bound, the Maildir cannot be made, or there is no such fault.
pub(crate) fn open(args: &ServeArgs, setting: &Setting) -> anyhow::Result<Opened> {
    let policy = Policy { limits: setting.limits(), ..args.policy() };
    let faults = faults::given(&args.faults, args.seed, setting)?;
    let dir = args.keeping.maildir.as_deref();
    let shelf = dir.map(|dir| Shelf::open(dir, args.keeping.room())).transpose()?;
    let listener = match &shelf {
        Some(shelf) => Listener::keeping(policy, shelf.keeper()),
        None => Listener::new(policy, counting()),
    };
    open_doors(listener, shelf, (faults, false), args, setting)
}

/// Gives each message a number; what is kept of it is its session.
pub(super) fn counting() -> Store {
    let count = AtomicU64::new(1);
    Arc::new(move |_, _| Ok(format!("message {}", count.fetch_add(1, Ordering::Relaxed))))
}

fn open_doors(
    mut listener: Listener,
    shelf: Option<Shelf>,
    (faults, implicit): (Faults, bool),
    args: &ServeArgs,
    setting: &Setting,
) -> anyhow::Result<Opened> {
    let tls = secure::server(&setting.tls, &args.practice)?;
    let (faults, playing) = watch::channel(Arc::new(faults));
    listener = listener.playing(playing);
    let implicit = implicit || tls.as_ref().is_some_and(|(_, implicit)| *implicit);
    let has_tls = tls.is_some();
    if let Some((wardrobe, _)) = tls {
        listener = listener.with_tls(wardrobe);
    }
    let mut doors = Vec::new();
    for door in &args.listen {
        let security = if implicit { Security::Implicit } else { door.security };
        anyhow::ensure!(has_tls || security != Security::Implicit, "{door} needs TLS");
        let security = if has_tls { security } else { Security::Clear };
        let wanted = Entrance { security, ..door.clone() };
        let bound = listener.open(&wanted);
        let place = bound.with_context(|| format!("cannot listen on {}", door.place))?;
        // As it was asked for, so that a door at an address is told by the address alone.
        doors.push(Entrance { place, ..door.clone() });
    }
    Ok(Opened { listener, doors, tls: has_tls, implicit, shelf, faults })
}

/// Serves until it is told to stop.
///
/// # Errors
/// When a place cannot be bound or the Maildir cannot be made.
pub fn run(args: &ServeArgs, setting: &Setting) -> anyhow::Result<Outcome> {
    block_on(async {
        let opened = open(args, setting)?;
        // Beside the sessions: to wake another thread for each of their reports costs more than all else.
        tokio::spawn(serve(opened, args.clone(), setting.clone())).await?
    })
}

/// Answers by a recording until it is told to stop.
pub(super) fn run_again(
    again: Again,
    args: &ServeArgs,
    setting: &Setting,
) -> anyhow::Result<Outcome> {
    block_on(async {
        // What a client sends is what it says; it goes nowhere.
        let store: Store = Arc::new(|_, _| Ok(String::new()));
        let policy = Policy { limits: setting.limits(), ..args.policy() };
        let how = (Faults::default(), again.halves.is_implicit());
        let listener = Listener::new(policy, store).answering_again(again);
        let opened = open_doors(listener, None, how, args, setting)?;
        serve(opened, args.clone(), setting.clone()).await
    })
}

/// Runs `work` on half of the cores: the clients of a catcher run on the same machine, and what goes
/// from thread to thread costs more than it gains.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let half = std::thread::available_parallelism().map_or(1, |cores| cores.get().div_ceil(2));
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(half).enable_all().build()?;
    let result = runtime.block_on(async {
        survive_full_files();
        work.await
    });
    runtime.shutdown_background();
    result
}

/// Tells what happens, and answers what is asked, until the server has stopped.
async fn serve(opened: Opened, args: ServeArgs, setting: Setting) -> anyhow::Result<Outcome> {
    let Opened { listener, doors, tls, implicit, shelf, faults } = opened;
    let mut signals = Signals::of(&Signal::stopping())?;
    open_files();
    let (teller, mut reports) = report::channel();
    let (orders, taken) = mpsc::channel(ORDERS);
    let keeping = (args.keeping.room(), shelf.as_ref().map(Shelf::journals));
    let desk = Desk::new(keeping, args.json, &setting, faults, orders.clone());
    let mut front = Front::new(desk, args.json, setting.lang());
    for door in &doors {
        front.say(&Event::Listening(door, (tls, implicit)));
    }
    let room = args.keeping.room().of_a_session();
    let listener = listener.telling(teller).remembering(Past::in_short, room);
    let served = tokio::spawn(listener.serve(taken));
    let mut next = [Order::Stop, Order::End].into_iter();
    loop {
        front.flush();
        let news = tokio::select! {
            report = reports.next() => match report {
                Some(first) => {
                    front.hear(first, &mut reports);
                    // What comes meanwhile is told together.
                    sleep(BREATH).await;
                    News::Nothing
                }
                None => break,
            },
            // Who reads slowly is told what fits, and how much did not.
            () = sleep(PAUSE), if !front.waiting.is_empty() => News::Nothing,
            // And is answered when he has read the last answer.
            news = front.desk.next(front.waiting.is_empty()) => news,
            signal = signals.next() => match signal {
                // The end of a terminal is told twice: by the shell and by the system.
                Signal::HangUp if next.len() < 2 => News::Nothing,
                _ => News::Stop,
            },
        };
        if front.take(news, &mut reports)
            && let Some(order) = next.next()
        {
            if matches!(order, Order::Stop) {
                // Behind those who have come.
                front.catch_up(&mut reports);
                front.say(&Event::Stopping);
            }
            // It may have ended already; at most one order of the desk stands before.
            let _ = orders.try_send(order);
        }
    }
    // It has told that it has ended.
    let _ = served.await;
    if let Some(shelf) = shelf {
        shelf.close().await;
    }
    // Who was told twice does not wait.
    let hurries = next.next().is_none();
    front.end((&mut signals, hurries), reports).await;
    Ok(Outcome::Done)
}

/// The side of standard input and output.
struct Front {
    log: Log,
    /// Lines that did not fit yet.
    waiting: VecDeque<Lines>,
    /// How many events were not told, since lines waited.
    missed: u64,
    desk: Desk,
    json: bool,
    lang: Lang,
}

impl Front {
    fn new(desk: Desk, json: bool, lang: Lang) -> Self {
        let (log, waiting) = (Log::open(), VecDeque::new());
        Self { log, waiting, missed: 0, desk, json, lang }
    }

    fn say(&mut self, event: &Event<'_>) {
        let events = if let Event::Told(report) = event { report.events(self.json) } else { 1 };
        let line = event.line(self.json, self.lang);
        self.waiting.extend(line.map(|text| Lines::Told(text, events)));
    }

    /// Writes the lines for which there is room.
    fn flush(&mut self) {
        loop {
            while let Some(lines) = self.waiting.pop_front() {
                if let Err(lines) = self.log.tell(lines) {
                    return self.waiting.push_front(lines);
                }
            }
            match std::mem::take(&mut self.missed) {
                0 => return,
                reports => self.say(&Event::Told(&Report::Missed { reports, began: 0 })),
            }
        }
    }

    /// Does what is to be done; whether the server is to stop.
    fn take(&mut self, news: News, reports: &mut Reports) -> bool {
        let news = match news {
            // Who has heard the end of a message asks for it at once.
            News::Line(line) => {
                self.catch_up(reports);
                self.desk.asked(&line)
            }
            News::Heard(answer, heard) => {
                self.catch_up(reports);
                self.desk.settle(answer, *heard)
            }
            news => news,
        };
        match news {
            News::Stop => return true,
            News::Answered(answer) => self.waiting.push_back(Lines::Asked(answer)),
            News::Nothing | News::Line(_) | News::Heard(..) => {}
        }
        false
    }

    /// Hears a report and those that are there already: what they say is told, and what they hold is
    /// kept whether anybody reads or not. Gives how many there were.
    fn hear(&mut self, first: Report, reports: &mut Reports) -> usize {
        let missed = matches!(first, Report::Missed { .. });
        let (tells, mut lines, mut told) = (self.waiting.is_empty(), Vec::new(), 0);
        let (mut next, mut heard, mut size) = (Some(first), 0, 0);
        while let Some(report) = next {
            if tells {
                let line = Event::Told(&report).line(self.json, self.lang);
                size += line.as_ref().map_or(0, String::len);
                told += report.events(self.json);
                lines.extend(line);
            } else {
                self.missed += report.events(self.json);
            }
            self.desk.note(report);
            heard += 1;
            let more = heard < AT_ONCE.0 && size < AT_ONCE.1;
            next = if more { reports.ready() } else { None };
        }
        let text = (!lines.is_empty()).then(|| lines.join("\n"));
        self.waiting.extend(text.map(|text| Lines::Told(text, told)));
        if missed {
            self.catch_up(reports);
        }
        heard
    }

    /// Hears all reports that are there already.
    fn catch_up(&mut self, reports: &mut Reports) {
        let mut heard = 0;
        while heard <= report::WAITING
            && let Some(report) = reports.ready()
        {
            heard += self.hear(report, reports);
            self.flush();
        }
        self.desk.caught_up();
    }

    /// Answers what was asked before, and tells the end behind it; a signal does not wait for that.
    async fn end(mut self, (signals, mut hurries): (&mut Signals, bool), mut reports: Reports) {
        let ends = Instant::now() + PATIENCE.0;
        while !hurries && !self.desk.is_idle() {
            self.flush();
            let told = self.waiting.is_empty();
            let news = tokio::select! {
                news = self.desk.next(told) => news,
                () = sleep(PAUSE), if !told => News::Nothing,
                () = sleep_until(ends) => break,
                _ = signals.next() => News::Stop,
            };
            hurries = self.take(news, &mut reports);
        }
        self.waiting.extend(self.desk.give_up().into_iter().map(Lines::Asked));
        let begun = Instant::now();
        self.flush();
        while !hurries && !self.waiting.is_empty() && begun.elapsed() < PATIENCE.1 {
            tokio::select! {
                () = sleep(PAUSE) => self.flush(),
                _ = signals.next() => hurries = true,
            }
        }
        let (json, lang, (sessions, messages)) = (self.json, self.lang, reports.totals());
        let waiting = self.waiting.iter().map(Lines::told);
        let rest = self.missed + waiting.sum::<u64>() + reports.rest(json);
        let asked = self.waiting.into_iter().filter_map(Lines::asked);
        let asked: Vec<_> = asked.collect();
        let last = move |passed: u64| {
            let missed = Report::Missed { reports: passed + rest, began: 0 };
            let missed =
                (passed + rest > 0).then(|| Event::Told(&missed).line(json, lang)).flatten();
            let stopped = Event::Stopped(sessions, messages).line(json, lang);
            asked.into_iter().chain(missed).chain(stopped).collect()
        };
        let hurry = async {
            if !hurries {
                signals.next().await;
            }
        };
        self.log.close(last, hurry).await;
    }
}

/// Lets this program open as many files as the system allows: each client takes up to three.
fn open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = getrlimit(Resource::Nofile);
        // What is not allowed stays as it was.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
    }
}

/// Standard output may be gone (a closed pipe); the server goes on.
pub(super) fn say(line: &str) {
    // With its end in one piece, so that it is written at once.
    let line = [line, "\n"].concat();
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}
