//! `ehlo show`: prints what a recording, a transcript or a message holds.

use std::path::Path;

use anyhow::{Context as _, Error};

use bytes::Bytes;

use crate::display::{login, recording, transcript as misread};
use crate::journal::{
    Ending, Endpoints, Event, Fidelity, Happening, Header, Journal, Moment, Side, file, transcript,
};
use crate::knowledge::{self, Lang};
use crate::session::content::Content;
use crate::session::{Dialogue, Keep};
use crate::smtp::payload;

use super::print::{self, Printer};
use super::{Outcome, Setting, authenticity, json, read_input, say};
use crate::cli::VerifyArgs;

/// What a file turned out to be.
pub enum Found {
    /// A journal or transcript, and the number of a last line that was cut off.
    Session(Journal, Option<usize>),
    /// A message.
    Message(Vec<u8>),
}

/// Prints `path`, every line of mail data if `full`, or one JSON object; its messages are verified
/// where that is wanted.
///
/// # Errors
/// When it cannot be read or is none of these; with the place where it is wrong.
pub fn run(
    path: &Path,
    (full, as_json): (bool, bool),
    verify: &VerifyArgs,
    setting: &Setting,
) -> anyhow::Result<Outcome> {
    let lang = setting.lang();
    let (journal, alone) = match open(path, lang)? {
        Found::Message(bytes) => (message_journal(bytes.clone()), Some(bytes)),
        Found::Session(journal, torn) => {
            if let Some(line) = torn {
                eprintln!("ehlo: {}", torn_words(path, line, lang));
            }
            (journal, None)
        }
    };
    let mut dialogue = fold(&journal);
    if verify.verify {
        let source = authenticity::source(verify.answers.as_deref(), setting)?;
        let played = journal.header.played;
        authenticity::verify_all(&mut dialogue, played, &verify.way(), &source)?;
    }
    if as_json {
        let session = json::session(&journal.header, &dialogue, "read", setting, None);
        let session = if alone.is_some() { session.of_message() } else { session };
        say(&json::line(&session)?)?;
        return Ok(Outcome::Done);
    }
    if let Some(bytes) = alone {
        say(&print::content(&Content::read(bytes), lang))?;
        let told = print::authenticity(&dialogue, 0, lang);
        let gap = if told.is_empty() { "" } else { "\n" };
        say(&format!("{gap}{told}"))?;
        return Ok(Outcome::Done);
    }
    say(&Printer::new(lang, full, setting.with_secrets).news(&dialogue))?;
    if let Some(told) = login::logged_in(&dialogue, lang) {
        say(&format!("\n# {told}\n"))?;
    }
    let who = print::who(&dialogue, lang);
    if !who.is_empty() {
        say(&format!("\n{who}"))?;
    }
    let envelope = print::envelope(&dialogue, lang);
    if !envelope.is_empty() {
        say(&format!("\n{}", heading(lang, "pane.envelope", &envelope)))?;
    }
    for (index, message) in dialogue.messages().iter().enumerate() {
        let content = print::content(&Content::read(message.content()), lang);
        say(&format!("\n{}", heading(lang, "pane.content", &content)))?;
        let told = print::authenticity(&dialogue, index, lang);
        // What was verified stands in the dialogue.
        if !told.is_empty() && dialogue.verification(index).is_none() {
            say(&format!("\n{}", heading(lang, "content.authenticity", &told)))?;
        }
    }
    Ok(Outcome::Done)
}

fn heading(lang: Lang, key: &'static str, text: &str) -> String {
    // What is printed is a transcript; what does not cross the wire is a comment.
    print::commented(&format!("{}\n{text}", knowledge::word(lang, key)))
}

/// The fold over a whole journal, with all of its messages.
pub fn fold(journal: &Journal) -> Dialogue {
    let mut dialogue = Dialogue::new(Keep { message: usize::MAX, messages: usize::MAX });
    for event in journal.events() {
        dialogue.apply(event);
    }
    dialogue
}

/// Reads a file as a session; a message is one that was sent. A second value is something to tell.
///
/// # Errors
/// As [`open`].
pub fn open_as_session(path: &Path, lang: Lang) -> anyhow::Result<(Dialogue, Option<String>)> {
    Ok(match open(path, lang)? {
        Found::Session(journal, torn) => {
            (fold(&journal), torn.map(|line| torn_words(path, line, lang)))
        }
        Found::Message(bytes) => (fold(&message_journal(bytes)), None),
    })
}

fn torn_words(path: &Path, line: usize, lang: Lang) -> String {
    let (file, n) = (path.display().to_string(), line.to_string());
    knowledge::fill(lang, "message.torn", &[("file", &file), ("n", &n)])
}

/// Reads a file; its extension decides what it is before its content does.
///
/// # Errors
/// With the file's name and the place where it is wrong.
pub fn open(path: &Path, lang: Lang) -> anyhow::Result<Found> {
    let bytes = read_input(path, lang)?;
    let name = path.display();
    anyhow::ensure!(!bytes.is_empty(), "{name}: {}", knowledge::word(lang, "message.empty-file"));
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    match extension {
        "eml" => return Ok(Found::Message(bytes)),
        "txt" | "transcript" => {}
        _ if file::is_journal(&bytes) || matches!(extension, "jsonl" | "journal") => {
            let told = |error| Error::msg(recording::say(&error, lang));
            let found =
                file::read(bytes.as_slice()).map_err(told).with_context(|| name.to_string())?;
            return Ok(Found::Session(found.journal, found.torn));
        }
        _ if looks_like_message(&bytes) => return Ok(Found::Message(bytes)),
        _ => {}
    }
    let told = |error| Error::msg(misread::say(&error, lang));
    let journal = transcript::recording(&bytes).map_err(told).with_context(|| name.to_string())?;
    Ok(Found::Session(journal, None))
}

/// A first line such as `Subject: …`, where a transcript has `C: ` or `S: `.
fn looks_like_message(bytes: &[u8]) -> bool {
    let line = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let name: Vec<u8> = line.iter().copied().take_while(|b| *b != b':').collect();
    name.len() > 1
        && name.len() < line.len()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'-')
}

/// A journal that holds nothing but a message. Its line ends are those of the wire, not of the file.
fn message_journal(bytes: Vec<u8>) -> Journal {
    let fidelity = Fidelity { exact_bytes: false, real_time: false };
    let mut journal = Journal::new(Header { fidelity, ..Header::default() });
    let mut add = |what| journal.append(Event::new(Moment(0), what));
    add(Happening::Opened(Endpoints::default()));
    for (from, data) in [
        (Side::Server, Bytes::from_static(b"220 \r\n")),
        (Side::Client, Bytes::from_static(b"DATA\r\n")),
        (Side::Server, Bytes::from_static(b"354 \r\n")),
        (Side::Client, payload::stuff(bytes)),
    ] {
        add(Happening::Bytes { from, data, veiled: Vec::new() });
    }
    add(Happening::Closed { by: Side::Client, how: Ending::Finished });
    journal
}
