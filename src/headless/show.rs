//! `ehlo show`: prints what a recording, a transcript or a message holds.

use std::path::Path;

use anyhow::Context as _;

use crate::journal::{Journal, file, transcript};
use crate::knowledge;
use crate::session::content::Content;
use crate::session::{Dialogue, Keep};

use super::print::{self, Printer};
use super::{Outcome, Setting, json, read_input, say};

/// What a file turned out to be.
pub enum Found {
    /// A journal or transcript.
    Session(Journal),
    /// A message.
    Message(Vec<u8>),
}

/// Prints `path`.
///
/// # Errors
/// When it cannot be read or is none of these; with the place where it is wrong.
pub fn run(path: &Path, full: bool, as_json: bool, setting: &Setting) -> anyhow::Result<Outcome> {
    let lang = setting.lang;
    let journal = match open(path)? {
        Found::Message(bytes) if as_json => {
            let journal = message_journal(&bytes);
            let dialogue = fold(&journal);
            let session = json::session(&journal.header, &dialogue, "read", lang, None);
            say(&json::line(&session.of_message())?)?;
            return Ok(Outcome::Done);
        }
        Found::Message(bytes) => {
            say(&print::content(&Content::read(&bytes), lang))?;
            return Ok(Outcome::Done);
        }
        Found::Session(journal) => journal,
    };
    let dialogue = fold(&journal);
    if as_json {
        let session = json::session(&journal.header, &dialogue, "read", lang, None);
        say(&json::line(&session)?)?;
        return Ok(Outcome::Done);
    }
    say(&Printer::new(lang, full, setting.with_secrets).news(&dialogue))?;
    let envelope = print::envelope(&dialogue, lang);
    if !envelope.is_empty() {
        say(&format!("\n{}", heading(lang, "pane.envelope", &envelope)))?;
    }
    for message in dialogue.messages() {
        let content = print::content(&Content::read(&message.content()), lang);
        say(&format!("\n{}", heading(lang, "pane.content", &content)))?;
        for odd in message.odd() {
            say(&format!("  {}\n", print::finding(*odd, lang)))?;
        }
    }
    Ok(Outcome::Done)
}

fn heading(lang: knowledge::Lang, key: &'static str, text: &str) -> String {
    format!("{}\n{text}", knowledge::word(lang, key))
}

/// The fold over a whole journal, with all of its messages.
pub fn fold(journal: &Journal) -> Dialogue {
    let mut dialogue = Dialogue::new(Keep { message: usize::MAX, messages: usize::MAX });
    for event in journal.events() {
        dialogue.apply(event);
    }
    dialogue
}

/// Reads a file as a session; a message is one that was sent.
///
/// # Errors
/// As [`open`].
pub fn open_as_session(path: &Path) -> anyhow::Result<Journal> {
    Ok(match open(path)? {
        Found::Session(journal) => journal,
        Found::Message(bytes) => message_journal(&bytes),
    })
}

/// Reads a file; its extension decides what it is before its content does.
///
/// # Errors
/// With the file's name and the place where it is wrong.
pub fn open(path: &Path) -> anyhow::Result<Found> {
    let bytes = read_input(path)?;
    let name = path.display();
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    match extension {
        "eml" => return Ok(Found::Message(bytes)),
        "txt" | "transcript" => {}
        _ if file::is_journal(&bytes) || matches!(extension, "jsonl" | "journal") => {
            let found = file::read(bytes.as_slice()).with_context(|| name.to_string())?;
            if let Some(line) = found.torn {
                eprintln!(
                    "ehlo: {name}: line {line} is cut off and left out; everything before it is here"
                );
            }
            return Ok(Found::Session(found.journal));
        }
        _ if looks_like_message(&bytes) => return Ok(Found::Message(bytes)),
        _ => {}
    }
    transcript::recording(&bytes).map(Found::Session).with_context(|| name.to_string())
}

/// A first line such as `Subject: …`, where a transcript has `C: ` or `S: `.
fn looks_like_message(bytes: &[u8]) -> bool {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let name: Vec<u8> = line.iter().copied().take_while(|b| *b != b':').collect();
    name.len() > 1
        && name.len() < line.len()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// A journal that holds nothing but a message.
fn message_journal(bytes: &[u8]) -> Journal {
    let stuffed = crate::smtp::payload::stuff(bytes);
    let mut journal = transcript::recording(b"S: 220 \nC: DATA\nS: 354 \n")
        .unwrap_or_else(|_| unreachable!("a transcript"));
    let close = journal.pop();
    let data = crate::journal::Event::bytes(
        crate::journal::Moment(0),
        crate::journal::Side::Client,
        stuffed,
    );
    journal.append(data);
    if let Some(close) = close {
        journal.append(close);
    }
    journal
}
