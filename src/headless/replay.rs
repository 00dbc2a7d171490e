//! `ehlo serve --replay`: the server's half of a recording answers.

use std::path::PathBuf;
use std::sync::Arc;

use crate::cli::ServeArgs;
use crate::display::token::visible;
use crate::knowledge::{self, Lang};
use crate::net::listen::Again;
use crate::session::Turn;
use crate::speaker::replay::{Answered, Halves, Origin};

use super::serve::{run_again, say};
use super::{Outcome, Setting, complain, json, mailbox, recent};

/// Answers clients by the recording `file` until it is told to stop.
///
/// # Errors
/// When the file cannot be read or no server speaks in it, or the place cannot be bound.
pub fn run(args: &ServeArgs, file: PathBuf, setting: &Setting) -> anyhow::Result<Outcome> {
    let (json, lang) = (args.json, setting.lang());
    let file = recent::one(file, setting)?;
    let found = mailbox::open(std::slice::from_ref(&file), lang, &mut |_, _| true)?;
    for told in &found.told {
        complain(told);
    }
    let halves = Arc::new(Halves::of(found.journal.events()));
    let named = super::named(&file);
    let silent = || knowledge::fill(lang, "replay.silent", &[("file", &named)]);
    anyhow::ensure!(!halves.is_empty(), "{}", silent());
    let tell = Arc::new(move |number, answered: &Answered| {
        say(&if json { in_json(number, answered) } else { in_words(number, answered, lang) });
    });
    run_again(Again { halves, timing: args.timing, tell }, args, setting)
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
        "event": "reply", "session": number, "command": said(answered),
        "code": answered.code.map(|code| code.0), "origin": answered.origin.name(),
        "exchange": answered.recorded,
    });
    json::line(&row).unwrap_or_default().trim_end().to_owned()
}
