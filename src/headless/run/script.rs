//! Reads scripts: their files, what their variables stand for, and what their logins need.

use std::path::{Path, PathBuf};

use anyhow::Error;
use jiff::Timestamp;

use crate::display::transcript as misread;
use crate::draft;
use crate::journal::source::{Assignment, Misplaced, Part, Source, Variables, assemble};
use crate::journal::transcript::{self, Place, TranscriptError};
use crate::knowledge::{self, Lang};
use crate::net::seed;
use crate::session::Dialogue;
use crate::smtp::date::date;
use crate::speaker::{Errand, Script, Secret};

use super::super::send::number;
use super::super::{Setting, authenticity, complain, mailbox, read_input, read_message};

/// What `${…}` stands for in all scripts of this run.
pub fn variables(given: &[Assignment], setting: &Setting) -> Variables<'static> {
    let (now, host) = (Timestamp::now(), setting.tls.ehlo.clone());
    let outside = move |name: &str| match name {
        "date" => Some(date(now)),
        "host" => Some(host.clone()),
        "message-id" => Some(draft::facts::message_id(now, number(), &host)),
        _ => std::env::var(name.strip_prefix("env:")?).ok(),
    };
    Variables::new(given.iter().cloned(), outside)
}

/// Puts a script together from the files that it names; without `variables`, every line of the
/// one file is literal, as in a recording.
///
/// # Errors
/// When a file cannot be read, with its place where another names it; and for a variable that is
/// not there.
pub fn source(
    path: &Path,
    variables: Option<&mut Variables<'_>>,
    lang: Lang,
) -> anyhow::Result<Source> {
    assembled(path, read_input(path, lang)?, variables, lang)
}

/// The same of a file that was read: it holds `text`.
///
/// # Errors
/// As [`source`].
pub fn assembled(
    path: &Path,
    text: Vec<u8>,
    variables: Option<&mut Variables<'_>>,
    lang: Lang,
) -> anyhow::Result<Source> {
    let root = part(path, text, lang)?;
    let Some(variables) = variables else { return Ok(Source::literal(root)) };
    let include = |from: &str, name: &str| {
        let path = beside(from, name);
        let text = read_message(&path, lang).map_err(|error| error.to_string())?;
        part(&path, text, lang).map_err(|error| format!("{error:#}"))
    };
    assemble(root, variables, include).map_err(|wrong| told(&wrong, lang))
}

/// Makes a script of it, with what it needs from outside; the files that it names are looked for
/// beside the file that names them.
///
/// # Errors
/// When it is no script, or something that it needs is not there.
pub fn script(source: &Source, setting: &Setting) -> anyhow::Result<Script> {
    let lang = setting.lang();
    let wrong = |error: TranscriptError| told(&source.misplaced(error), lang);
    let file = |at: Place, name: &str| beside(source.locate(at).0, name);
    let steps = transcript::steps(&source.text).map_err(wrong)?;
    let load = |at: Place, name: &str| {
        read_message(&file(at, name), lang).map_err(|error| error.to_string())
    };
    let mut script = Script::new(steps, load).map_err(wrong)?;
    script.equip(|errand| equip(errand, setting)).map_err(wrong)?;
    let answers = |at: Place, name: &str| {
        authenticity::answers(&file(at, name), lang).map_err(|error| format!("{error:#}"))
    };
    script.read_answers(answers).map_err(wrong)?;
    Ok(script)
}

fn told(wrong: &Misplaced, lang: Lang) -> Error {
    Error::msg(misread::say_in(wrong, lang))
}

pub(in crate::headless) fn beside(from: &str, name: &str) -> PathBuf {
    Path::new(from).parent().unwrap_or_else(|| Path::new("")).join(name)
}

/// A recording is a script once it is written as a transcript.
fn part(path: &Path, mut text: Vec<u8>, lang: Lang) -> anyhow::Result<Part> {
    let name = path.display().to_string();
    mailbox::is_ours(path, &text, lang)?;
    if mailbox::is_recording(path, &text) {
        let found = mailbox::recorded(path, &text, lang)?;
        // Of a part nobody knows what is missing in it: it is not said to a server.
        anyhow::ensure!(!found.broken, "{}", found.told.join("; "));
        for told in &found.told {
            complain(told);
        }
        let journal = found.journal;
        let mut seen = Dialogue::default();
        let events = journal.events().iter().map(|event| {
            let groups = seen.groups().len();
            seen.apply(event);
            (event, seen.groups().len() > groups)
        });
        text = transcript::write_groups(&journal.header, events).into_bytes();
    }
    let id = std::fs::canonicalize(path).map_or_else(|_| name.clone(), |p| p.display().to_string());
    Ok(Part { name, id, text })
}

/// Gives a login its password, and a switch to TLS the name of this host.
fn equip(errand: &mut Errand, setting: &Setting) -> Result<(), String> {
    let login = match errand {
        Errand::Login(login) => login,
        Errand::Starttls(starttls) => {
            starttls.name.clone_from(&setting.tls.ehlo);
            return Ok(());
        }
        Errand::Chunks(_) => return Ok(()),
    };
    let secret = if login.needs_password() {
        setting.password.read(setting.lang())?.ok_or_else(|| {
            let values = [("mechanism", login.mechanism())];
            knowledge::fill(setting.lang(), "password.none", &values)
        })?
    } else {
        Secret::default()
    };
    login.supply(secret, seed());
    Ok(())
}
