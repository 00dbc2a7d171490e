//! `ehlo show`: prints what a recording, a transcript or messages hold.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::display::content::{Carried, Judged};
use crate::display::login;
use crate::journal::Journal;
use crate::knowledge::{self, Lang};
use crate::session::thread::Threads;
use crate::session::{Dialogue, Keep};

use super::authenticity::Wanted;
use super::mailbox::{self, Found};
use super::print::{self, Printer};
use super::recent;
use super::{Outcome, Setting, complain, json, say};
use crate::cli::VerifyArgs;

/// Prints `files`, one session behind another: every line of mail data if `full`, or one JSON object;
/// their messages are verified where that is wanted.
///
/// # Errors
/// When one cannot be read or is nothing that is known; with the place where it is wrong.
pub fn run(
    files: Vec<PathBuf>,
    form: (bool, bool),
    verify: &VerifyArgs,
    setting: &Setting,
) -> anyhow::Result<Outcome> {
    let wanted = Wanted::of(verify, setting)?;
    let mut outcome = Outcome::Done;
    let files = recent::recalled(files, setting)?;
    for (at, files) in mailbox::together(files).iter().enumerate() {
        let (_, as_json) = form;
        if at > 0 && !as_json {
            say("\n")?;
        }
        let found = mailbox::open(files, setting.lang(), &mut |_, _| true)?;
        for told in &found.told {
            complain(told);
        }
        print(&found, form, wanted.as_ref(), setting)?;
        if found.broken {
            outcome = Outcome::Usage;
        }
    }
    Ok(outcome)
}

fn print(
    found: &Found,
    (full, as_json): (bool, bool),
    wanted: Option<&Wanted>,
    setting: &Setting,
) -> anyhow::Result<()> {
    let journal = &found.journal;
    let mut dialogue = fold(journal);
    if let Some(wanted) = wanted {
        let all = 0..dialogue.messages().len();
        wanted.verify(&mut dialogue, journal.header.played, all)?;
    }
    if as_json {
        let session = json::session(&journal.header, &dialogue, "read", setting, None);
        return say(&json::line(&session)?);
    }
    say(&text(&dialogue, full, setting))
}

/// What was said in a session, and what it carried: every line of mail data if `full`.
pub fn text(dialogue: &Dialogue, full: bool, setting: &Setting) -> String {
    let (lang, messages) = (setting.lang(), dialogue.messages());
    // A message in a file was said by nobody: its lines are printed if all are asked for.
    let spoken = !dialogue.exchanges().is_empty() || messages.is_empty();
    let mut out = String::new();
    if spoken || full {
        out += &Printer::new(lang, full, setting.with_secrets).news(dialogue);
    }
    if let Some(told) = login::logged_in(dialogue, lang) {
        let _ = write!(out, "\n# {told}\n");
    }
    let who = print::who(dialogue, lang);
    if !who.is_empty() {
        let _ = write!(out, "\n{who}");
    }
    let envelope = print::envelope(dialogue, None, lang);
    if !envelope.is_empty() {
        let _ = write!(out, "\n{}", heading(lang, "pane.envelope", &envelope));
    }
    for (at, message) in messages.iter().enumerate() {
        let content = message.read();
        let judged = Judged::of(&content, &Carried::of(dialogue, at));
        let verified = dialogue.verification(at);
        let told = print::authenticity(&judged.stated, verified, lang);
        let content = print::content((&content, &judged), (message, dialogue.grows(at)), lang);
        let gap = if out.is_empty() { "" } else { "\n" };
        if spoken || full {
            let _ = write!(out, "{gap}{}", heading(lang, "pane.content", &content));
        } else if messages.len() == 1 {
            out += &content;
        } else {
            let _ = write!(out, "{gap}{}\n{content}", print::message_head(message, at, lang));
        }
        if told.is_empty() {
            continue;
        }
        if !(spoken || full) {
            let _ = write!(out, "\n{told}");
        } else if verified.is_none() {
            // What was verified stands in the dialogue.
            let _ = write!(out, "\n{}", heading(lang, "content.authenticity", &told));
        }
    }
    if messages.len() > 1 {
        let threads = print::threads(&Threads::of_messages(dialogue), lang);
        let _ = write!(out, "\n{}", heading(lang, "thread.title", &threads));
    }
    out
}

fn heading(lang: Lang, key: &'static str, text: &str) -> String {
    // What is printed is a transcript; what does not cross the wire is a comment.
    print::commented(&format!("{}\n{text}", knowledge::word(lang, key)))
}

/// The fold over a whole journal, with all of its messages.
pub fn fold(journal: &Journal) -> Dialogue {
    let mut dialogue = Dialogue::new(Keep::ALL);
    for event in journal.events() {
        dialogue.apply(event);
    }
    dialogue
}
