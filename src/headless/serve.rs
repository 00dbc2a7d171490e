//! `ehlo serve`: the practice server alone, with a Maildir or without.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use anyhow::Context as _;

use crate::display::security;
use crate::journal::Happening;
use crate::knowledge::Lang;
use crate::net::listen::{Finished, Listener, Place};
use crate::net::signals::{Signal, Signals};
use crate::net::tls;
use crate::session::Dialogue;
use crate::speaker::Policy;
use crate::speaker::server::{Deliver, Delivery};

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
    tls: Option<(tls::Server, bool)>,
    lang: Lang,
) -> anyhow::Result<Outcome> {
    let store = Store::new(maildir)?;
    let deliver: Deliver = Arc::new(move |delivery| {
        let name = store.keep(&delivery).map_err(|e| e.to_string())?;
        say(&delivered(&delivery, &name, json));
        Ok(name)
    });
    let finished: Finished =
        Arc::new(move |number, dialogue| say(&session(number, dialogue, json, lang)));
    block_on(async {
        let bound = Listener::bind(listen, policy, deliver, finished).await;
        let mut listener = bound.with_context(|| format!("cannot listen on {listen}"))?;
        if let Some((server, implicit)) = tls {
            listener = listener.with_tls(server, implicit);
        }
        say(&format!("listening on {}", listener.place()?));
        let mut signals = Signals::of(&[Signal::Terminate, Signal::Interrupt])?;
        let stop = async {
            signals.next().await;
        };
        listener.serve(stop).await;
        Ok(Outcome::Done)
    })
}

/// Standard output may be gone (a closed pipe); the server goes on.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn delivered(delivery: &Delivery, name: &str, as_json: bool) -> String {
    let size = delivery.content.len();
    if as_json {
        let row = serde_json::json!({
            "event": "message", "from": delivery.sender, "to": delivery.recipients, "size": size, "stored": name,
        });
        return json::line(&row).unwrap_or_default().trim_end().to_owned();
    }
    let seen = |text: &str| crate::display::token::visible(text.as_bytes());
    let to: Vec<_> = delivery.recipients.iter().map(|r| format!("<{}>", seen(r))).collect();
    format!("message from <{}> to {}: {name}, bytes: {size}", seen(&delivery.sender), to.join(", "))
}

fn session(number: u64, dialogue: &Dialogue, as_json: bool, lang: Lang) -> String {
    let peer = dialogue.endpoints().remote.as_deref().unwrap_or("-");
    let exchanges = dialogue.exchanges().len();
    let messages = dialogue.messages().len();
    let failure = dialogue.notices().iter().rev().find_map(|(_, what)| match what {
        Happening::NotSecured(failure) => Some(failure),
        _ => None,
    });
    if as_json {
        let row = serde_json::json!({
            "event": "session", "number": number, "peer": peer, "exchanges": exchanges, "messages": messages,
            "tls_failure": failure,
        });
        return json::line(&row).unwrap_or_default().trim_end().to_owned();
    }
    let why = failure.map(|failure| "; ".to_owned() + &security::not_secured(failure, lang).1);
    let why = why.unwrap_or_default();
    format!(
        "session {number} with {peer} is over; exchanges: {exchanges}, messages: {messages}{why}"
    )
}

/// Where messages go.
struct Store {
    maildir: Option<PathBuf>,
    count: AtomicU64,
}

impl Store {
    fn new(maildir: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(dir) = maildir {
            for folder in ["tmp", "new", "cur"] {
                let folder = dir.join(folder);
                std::fs::create_dir_all(&folder)
                    .with_context(|| format!("cannot make {}", folder.display()))?;
            }
        }
        Ok(Self { maildir: maildir.map(Path::to_owned), count: AtomicU64::new(0) })
    }

    /// Stores the content byte for byte; nothing is said to be stored before it is on disk.
    fn keep(&self, delivery: &Delivery) -> std::io::Result<String> {
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
            std::fs::rename(&path, dir.join("new").join(&name))
        };
        write().inspect_err(|_| {
            let _ = std::fs::remove_file(&path);
        })?;
        Ok(name)
    }
}
