//! `ehlo serve`: the practice server alone, as a catcher of mail, too.

mod event;
mod folder;
mod log;
pub(crate) mod shelf;

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};

use crate::cli::ServeArgs;
use crate::knowledge::Lang;
use crate::net::listen::{Again, Entrance, Listener, Order, Report, Security, Store, report};
use crate::net::signals::{Signal, Signals};
use crate::speaker::Policy;
use crate::speaker::fault::Faults;

use super::{Outcome, Setting, faults, secure};
use event::Event;
use log::Log;
use shelf::{Room, Shelf};

/// How long it is until lines that do not fit are tried again.
const PAUSE: Duration = Duration::from_millis(20);

/// How many lines are written at once, and how long it is until the next ones are.
const AT_ONCE: usize = 256;
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
pub(crate) async fn open(args: &ServeArgs, setting: &Setting) -> anyhow::Result<Opened> {
    let policy = Policy { limits: setting.limits(), ..args.policy() };
    let faults = faults::given(&args.faults, args.seed, setting)?;
    let room = Room { sessions: args.keeping.keep, bytes: args.keeping.keep_bytes };
    let dir = args.keeping.maildir.as_deref();
    let shelf = dir.map(|dir| Shelf::open(dir, room)).transpose()?;
    let listener = match &shelf {
        Some(shelf) => Listener::keeping(policy, shelf.keeper()),
        None => Listener::new(policy, counting()),
    };
    open_doors(listener, shelf, (faults, false), args, setting).await
}

/// Gives each message a number, and keeps none.
pub(super) fn counting() -> Store {
    let count = AtomicU64::new(1);
    Arc::new(move |_, _| Ok(format!("message {}", count.fetch_add(1, Ordering::Relaxed))))
}

async fn open_doors(
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
        let bound = listener.open(&wanted).await;
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
        let opened = open(args, setting).await?;
        // Beside the sessions: to wake another thread for each of their reports costs more than all else.
        tokio::spawn(serve(opened, args.json, setting.lang())).await?
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
        let opened = open_doors(listener, None, how, args, setting).await?;
        serve(opened, args.json, setting.lang()).await
    })
}

/// Runs `work` on all cores: many clients come at once, and disks are waited for.
fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}

/// Tells what happens, until the server has stopped.
async fn serve(opened: Opened, json: bool, lang: Lang) -> anyhow::Result<Outcome> {
    let Opened { listener, doors, tls, implicit, shelf, faults } = opened;
    let mut signals = Signals::of(&[Signal::Terminate, Signal::Interrupt])?;
    open_files();
    let log = Log::open();
    let line = |event: Event<'_>| event.line(json, lang);
    let mut waiting: VecDeque<String> =
        doors.iter().filter_map(|door| line(Event::Listening(door, (tls, implicit)))).collect();
    let (teller, mut reports) = report::channel();
    let (orders, taken) = mpsc::channel(2);
    let served = tokio::spawn(listener.telling(teller).serve(taken));
    let mut next = [Order::Stop, Order::End].into_iter();
    let (mut sessions, mut messages) = (0, 0);
    loop {
        flush(&log, &mut waiting);
        tokio::select! {
            report = reports.next(), if waiting.is_empty() => match report {
                Some(first) => {
                    let mut lines = Vec::new();
                    let mut next = Some(first);
                    while let Some(report) = next {
                        match report {
                            Report::Ended { .. } => sessions += 1,
                            Report::Stored { .. } => messages += 1,
                            _ => {}
                        }
                        lines.extend(line(Event::Told(&report)));
                        next = if lines.len() < AT_ONCE { reports.ready() } else { None };
                    }
                    waiting.extend((!lines.is_empty()).then(|| lines.join("\n")));
                    // What comes meanwhile is told together.
                    tokio::time::sleep(BREATH).await;
                }
                None => break,
            },
            // Who reads slowly is told what fits, and how much did not.
            () = tokio::time::sleep(PAUSE), if !waiting.is_empty() => {
                if served.is_finished() {
                    break;
                }
            }
            _ = signals.next() => if let Some(order) = next.next() {
                if matches!(order, Order::Stop) {
                    waiting.extend(line(Event::Stopping));
                }
                // It has ended already, or has orders enough.
                let _ = orders.try_send(order);
            },
        }
    }
    // It has told that it has ended.
    let _ = served.await;
    drop(faults);
    if let Some(shelf) = shelf {
        shelf.close().await;
    }
    waiting.extend(line(Event::Stopped(sessions, messages)));
    flush(&log, &mut waiting);
    log.close().await;
    Ok(Outcome::Done)
}

/// Writes the lines for which there is room.
fn flush(log: &Log, waiting: &mut VecDeque<String>) {
    while let Some(line) = waiting.pop_front() {
        if let Err(line) = log.tell(line) {
            return waiting.push_front(line);
        }
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
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
