//! `ehlo serve --replay`: the server's half of a recording answers.

use std::path::PathBuf;
use std::sync::Arc;

use crate::display::token::visible;
use crate::knowledge::{self, Lang};
use crate::net::listen::{Again, Listener, Place, Store};
use crate::net::tls;
use crate::session::Turn;
use crate::speaker::Policy;
use crate::speaker::replay::{Answered, Halves, Origin};

use super::serve::{self, say, serve};
use super::{Outcome, Setting, json, mailbox, recent};

/// What is answered by.
#[derive(Debug)]
pub struct Replay {
    /// The recording.
    pub file: PathBuf,
    /// Whether the time is taken that was taken.
    pub timing: bool,
    /// As JSON.
    pub json: bool,
}

/// Answers clients at `listen` until it is told to stop.
///
/// # Errors
/// When the file cannot be read or no server speaks in it, or the place cannot be bound.
pub fn run(
    listen: &Place,
    Replay { file, timing, json }: Replay,
    tls: Option<(tls::Wardrobe, bool)>,
    setting: &Setting,
) -> anyhow::Result<Outcome> {
    let lang = setting.lang();
    let file = recent::one(file, setting)?;
    let found = mailbox::open(std::slice::from_ref(&file), lang, &mut |_, _| true)?;
    for told in &found.told {
        eprintln!("ehlo: {told}");
    }
    let halves = Arc::new(Halves::of(found.journal.events()));
    let named = super::named(&file);
    let silent = || knowledge::fill(lang, "replay.silent", &[("file", &named)]);
    anyhow::ensure!(!halves.is_empty(), "{}", silent());
    let tls = tls.map(|(server, implicit)| (server, implicit || halves.is_implicit()));
    let tell = Arc::new(move |number, answered: &Answered| {
        say(&if json { in_json(number, answered) } else { in_words(number, answered, lang) });
    });
    let again = Again { halves, timing, tell };
    // What a client sends is what it says; it goes nowhere.
    let store: Store = Arc::new(|_, _| Ok(String::new()));
    let policy = Policy { limits: setting.limits(), ..Policy::default() };
    let listener = Listener::new(policy, store).answering_again(again);
    serve(listen, tls, listener, |report| serve::tell(report, json, lang))?;
    Ok(Outcome::Done)
}

/// What the client said, as it is shown.
fn said(answered: &Answered) -> Option<String> {
    answered.line.as_ref().map(|line| visible(line))
}

fn in_words(number: u64, answered: &Answered, lang: Lang) -> String {
    let turn = match &answered.turn {
        Turn::Greeting => knowledge::word(lang, "replay.connected").to_owned(),
        Turn::LoginAnswer => knowledge::word(lang, "replay.login").to_owned(),
        Turn::Command(verb) => said(answered).unwrap_or_else(|| verb.to_string()),
        Turn::LastChunk => said(answered).unwrap_or_default(),
        Turn::MailData | Turn::Delivery(_) | Turn::Unsolicited => {
            knowledge::word(lang, "replay.message").to_owned()
        }
    };
    let code = answered.code.map_or_else(|| "-".to_owned(), |code| code.0.to_string());
    let exchange = answered.recorded.map(|at| (at + 1).to_string()).unwrap_or_default();
    let origin = match answered.origin {
        Origin::SameLine => "replay.same-line",
        Origin::SameKind => "replay.same-kind",
        Origin::Again => "replay.again",
        Origin::Nowhere => "replay.not-recorded",
    };
    let origin = knowledge::fill(lang, origin, &[("exchange", &exchange)]);
    let number = number.to_string();
    let values = [("number", &*number), ("said", &*turn), ("code", &*code), ("origin", &*origin)];
    knowledge::fill(lang, "replay.reply", &values)
}

fn in_json(number: u64, answered: &Answered) -> String {
    let row = serde_json::json!({
        "event": "reply", "number": number, "command": said(answered),
        "code": answered.code.map(|code| code.0), "origin": answered.origin.name(),
        "exchange": answered.recorded,
    });
    json::line(&row).unwrap_or_default().trim_end().to_owned()
}
