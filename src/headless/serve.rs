//! `ehlo serve`: the practice server alone, with a Maildir or without.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use tokio::sync::{mpsc, watch};

use crate::display::security;
use crate::display::token::own_visible;
use crate::display::words::overdue as overdue_words;
use crate::journal::Happening;
use crate::knowledge::Lang;
use crate::net::listen::{Listener, Order, Place, Report, Store, report};
use crate::net::signals::{Signal, Signals};
use crate::net::tls;
use crate::session::Dialogue;
use crate::speaker::Policy;
use crate::speaker::fault::Faults;
use crate::speaker::server::Delivery;

use super::{Outcome, block_on, json};

/// Serves at `listen` until it is told to stop, as `policy` says.
///
/// # Errors
/// When the place cannot be bound or the Maildir cannot be made.
pub fn run(
    listen: &Place,
    maildir: Option<&Path>,
    policy: Policy,
    json: bool,
    (tls, faults): (Option<(tls::Wardrobe, bool)>, Faults),
    lang: Lang,
) -> anyhow::Result<Outcome> {
    let shelf = Arc::new(Shelf::new(maildir)?);
    let kept = shelf.clone();
    let store: Store =
        Arc::new(move |_, delivery| kept.keep(&delivery).map_err(|error| error.to_string()));
    let (_chosen, playing) = watch::channel(Arc::new(faults));
    let listener = Listener::new(policy, store).playing(playing);
    serve(listen, tls, listener, |report| tell(report, json, lang))?;
    shelf.release();
    Ok(Outcome::Done)
}

/// Tells what a listener tells.
pub(super) fn tell(report: &Report, json: bool, lang: Lang) {
    match report {
        Report::Stored { name, envelope, .. } => say(&stored(envelope, name, json)),
        Report::Ended { session: number, dialogue, .. } => {
            say(&session(*number, dialogue, json, lang));
        }
        _ => {}
    }
}

/// Lets `listener` serve at `listen` until it is told to stop, and tells what it reports.
pub(super) fn serve(
    listen: &Place,
    tls: Option<(tls::Wardrobe, bool)>,
    mut listener: Listener,
    tell: impl Fn(&Report),
) -> anyhow::Result<()> {
    block_on(async {
        let (tls, implicit) = tls.unzip();
        let bound = listener.open(listen, tls, implicit.unwrap_or_default()).await;
        let place = bound.with_context(|| format!("cannot listen on {listen}"))?;
        say(&format!("listening on {}", own_visible(&place.to_string())));
        let mut signals = Signals::of(&[Signal::Terminate, Signal::Interrupt])?;
        let (teller, mut reports) = report::channel();
        let (orders, taken) = mpsc::channel(2);
        let ended = async {
            for order in [Order::Stop, Order::End] {
                signals.next().await;
                // It has ended already, or has orders enough.
                let _ = orders.try_send(order);
            }
            std::future::pending::<()>().await;
        };
        let served = async {
            let told = async {
                while let Some(report) = reports.next().await {
                    tell(&report);
                }
            };
            tokio::join!(listener.telling(teller).serve(taken), told);
        };
        tokio::select! {
            () = served => {}
            () = ended => {}
        }
        Ok(())
    })
}

/// Standard output may be gone (a closed pipe); the server goes on.
pub(super) fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn stored(envelope: &report::Envelope, name: &str, as_json: bool) -> String {
    let size = envelope.size;
    if as_json {
        let row = serde_json::json!({
            "event": "message", "from": envelope.from, "to": envelope.to, "size": size, "stored": name,
            "held": envelope.held,
        });
        return json::line(&row).unwrap_or_default().trim_end().to_owned();
    }
    let seen = |text: &str| crate::display::token::visible(text.as_bytes());
    let to: Vec<_> = envelope.to.iter().map(|r| format!("<{}>", seen(r))).collect();
    let held = envelope.held.map(|time| format!(", held for {time} s"));
    let (from, to, held) = (seen(&envelope.from), to.join(", "), held.unwrap_or_default());
    format!("message from <{from}> to {to}: {name}, bytes: {size}{held}")
}

pub(super) fn session(number: u64, dialogue: &Dialogue, as_json: bool, lang: Lang) -> String {
    let peer = dialogue.endpoints().remote.as_deref().unwrap_or("-");
    let exchanges = dialogue.exchanges().len();
    let messages = dialogue.messages().len();
    let failure = dialogue.notices().iter().rev().find_map(|(_, what)| match what {
        Happening::NotSecured(failure) => Some(failure),
        _ => None,
    });
    let overdue = dialogue.notices().iter().rev().find_map(|(_, what)| match what {
        Happening::Overdue { wait, limit } => Some((*wait, *limit)),
        _ => None,
    });
    if as_json {
        let row = serde_json::json!({
            "event": "session", "number": number, "peer": peer, "exchanges": exchanges, "messages": messages,
            "tls_failure": failure, "overdue": overdue.map(|(wait, limit)| json::Overdue::new(wait, limit)),
        });
        return json::line(&row).unwrap_or_default().trim_end().to_owned();
    }
    let why = failure.map(|failure| "; ".to_owned() + &security::not_secured(failure, lang).1);
    let late =
        overdue.map(|(wait, limit)| "; ".to_owned() + &overdue_words(wait, limit, None, lang));
    let why = why.unwrap_or_default() + &late.unwrap_or_default();
    format!(
        "session {number} with {peer} is over; exchanges: {exchanges}, messages: {messages}{why}"
    )
}

/// Where messages go.
pub(crate) struct Shelf {
    maildir: Option<PathBuf>,
    count: AtomicU64,
    /// Where messages lie that are held, and where they go.
    held: Mutex<Vec<(PathBuf, PathBuf)>>,
}

impl Shelf {
    pub(crate) fn new(maildir: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(dir) = maildir {
            for folder in ["tmp", "new", "cur"] {
                let folder = dir.join(folder);
                std::fs::create_dir_all(&folder)
                    .with_context(|| format!("cannot make {}", folder.display()))?;
            }
        }
        Ok(Self {
            maildir: maildir.map(Path::to_owned),
            count: AtomicU64::new(0),
            held: Mutex::default(),
        })
    }

    fn held(&self) -> std::sync::MutexGuard<'_, Vec<(PathBuf, PathBuf)>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody will be here at the time for which they are held: they arrive now.
    pub(crate) fn release(&self) {
        for (lies, arrived) in self.held().drain(..) {
            let _ = std::fs::rename(lies, arrived);
        }
    }

    /// Stores the content byte for byte; nothing is said to be stored before it is on disk. What is
    /// to be held does not arrive before its time.
    pub(crate) fn keep(self: &Arc<Self>, delivery: &Delivery) -> std::io::Result<String> {
        let number = self.count.fetch_add(1, Ordering::Relaxed) + 1;
        let Some(dir) = &self.maildir else { return Ok(format!("message {number}")) };
        let now =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO);
        let name = format!(
            "{}.M{}P{}Q{number}.ehlo",
            now.as_secs(),
            now.subsec_micros(),
            std::process::id()
        );
        let path = dir.join("tmp").join(&name);
        let write = || {
            let mut file = std::fs::File::create_new(&path)?;
            file.write_all(&delivery.content)?;
            file.sync_all()?;
            let arrived = dir.join("new").join(&name);
            let Some(time) = delivery.held else { return std::fs::rename(&path, arrived) };
            self.held().push((path.clone(), arrived.clone()));
            let (store, lies) = (self.clone(), path.clone());
            tokio::spawn(async move {
                tokio::time::sleep(time).await;
                store.held().retain(|(path, _)| *path != lies);
                let _ = std::fs::rename(lies, arrived);
            });
            Ok(())
        };
        write().inspect_err(|_| {
            let _ = std::fs::remove_file(&path);
        })?;
        Ok(name)
    }
}
