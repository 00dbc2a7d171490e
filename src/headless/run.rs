//! `ehlo run`: plays transcripts and checks what they expect.

use std::fmt::Write as _;
use std::path::Path;

use anyhow::{Context as _, Error};

use crate::journal::transcript::{self, TranscriptError};
use crate::journal::{Header, file};
use crate::knowledge::{self, Lang};
use crate::net::call::Call;
use crate::net::dial::Target;
use crate::net::driver::{Log, Part, was_cut_short};
use crate::net::{Clock, seed};
use crate::session::{Dialogue, Keep};
use crate::speaker::script::Mismatch;
use crate::speaker::{Errand, Script, Secret, Speaker as _};

use super::print::{self, Printer};
use super::{
    Outcome, Practice, Setting, authenticity, json, practice_for, read_input, read_message, say,
    say_beside, talk_to, tell_recording_failed,
};
use crate::cli::Run;
use crate::display::token::own_visible;
use crate::display::{recording, transcript as misread};

/// Plays all scripts, each in a session of its own; the worst outcome counts.
///
/// # Errors
/// When a script cannot be read; nothing is played then.
pub fn run(run: &Run, setting: &Setting) -> anyhow::Result<Outcome> {
    let mut scripts = Vec::new();
    for path in &run.scripts {
        let script = load(path, setting.lang())?.codes_only(run.codes);
        scripts.push((path.as_path(), equipped(script, path, setting)?));
    }
    talk_to(&run.server, async {
        let practice = practice_for(&run.server, setting.limits()).await?;
        let mut worst = Outcome::Done;
        for (at, (path, script)) in scripts.into_iter().enumerate() {
            worst =
                worst.max(play(path, script, run, &setting.numbered(at), practice.as_ref()).await?);
        }
        Ok(worst)
    })
}

/// A script with what it needs from outside.
fn equipped(mut script: Script, path: &Path, setting: &Setting) -> anyhow::Result<Script> {
    script
        .equip(|errand| equip(errand, setting))
        .map_err(|error| Error::msg(misread::say(&error, setting.lang())))
        .with_context(|| path.display().to_string())?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    script
        .read_answers(|file| {
            let found = authenticity::answers(&folder.join(file), setting.lang());
            found.map_err(|error| format!("{error:#}"))
        })
        .map_err(|error| Error::msg(misread::say(&error, setting.lang())))
        .with_context(|| path.display().to_string())?;
    Ok(script)
}

/// Reads a script; the files it names are looked for beside it.
fn load(path: &Path, lang: Lang) -> anyhow::Result<Script> {
    let name = || path.display().to_string();
    let mut text = read_input(path, lang)?;
    if file::is_journal(&text) {
        // A recording is a script once it is written as a transcript.
        let told = |error| Error::msg(recording::say(&error, lang));
        let journal = file::read(text.as_slice()).map_err(told).with_context(name)?.journal;
        let mut seen = Dialogue::default();
        let events = journal.events().iter().map(|event| {
            let groups = seen.groups().len();
            seen.apply(event);
            (event, seen.groups().len() > groups)
        });
        text = transcript::write_groups(&journal.header, events).into_bytes();
    }
    let told = |error: TranscriptError| Error::msg(misread::say(&error, lang));
    let steps = transcript::steps(&text).map_err(told).with_context(name)?;
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    Script::new(steps, |name| read_message(&folder.join(name), lang).map_err(|e| e.to_string()))
        .map_err(told)
        .with_context(name)
}

/// Says again what the client said in a recording or transcript, to another server; what comes is
/// compared by others.
///
/// # Errors
/// When the file cannot be read or is no script.
pub fn again(
    file: &Path,
    server: &Target,
    setting: &Setting,
) -> anyhow::Result<(Header, Dialogue)> {
    let script = load(file, setting.lang())?.expecting_nothing();
    let script = equipped(script, file, setting)?;
    talk_to(server, async {
        let practice = practice_for(server, setting.limits()).await?;
        let (header, log, _) = converse(script, server, setting, practice.as_ref()).await?;
        Ok((header, log.dialogue))
    })
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

/// Plays a script, and gives the session with what is left of the script.
async fn converse(
    script: Script,
    target: &Target,
    setting: &Setting,
    practice: Option<&Practice>,
) -> anyhow::Result<(Header, Log, Script)> {
    let clock = Clock::start();
    let header = clock.header(crate::journal::Side::Client);
    let recorder = setting.recorder(&clock)?;
    let mut log = Log::new(clock, Keep::default()).recording(recorder, setting.with_secrets);
    let practice = practice.map(Practice::place);
    let (route, tls) = (&setting.route, &setting.tls);
    let limits = setting.limits();
    let call = Call { target, practice, route, tls, limits, judged: false };
    let (part, mut speaker) = (Part::program(limits), call.upgrading(script));
    let dialled = call.dial(&mut log).await;
    call.talk::<_, ()>(dialled, &mut log, part, &mut speaker, None).await;
    log.settle().await;
    if log.dialogue.connection() > 0 {
        // The end of the connection may be what it expected, or not.
        let _ = speaker.next(log.now(), &log.dialogue);
    }
    Ok((header, log, speaker.then))
}

async fn play(
    path: &Path,
    script: Script,
    run: &Run,
    setting: &Setting,
    practice: Option<&Practice>,
) -> anyhow::Result<Outcome> {
    let (header, log, script) = converse(script, &run.server, setting, practice).await?;
    if let Some(why) = &log.recording_failed {
        tell_recording_failed(why, setting.lang());
    }
    let dialogue = &log.dialogue;
    let mismatch = script.mismatch();
    let (outcome, word) = match mismatch {
        _ if dialogue.connection() == 0 => (Outcome::Unreachable, "not-connected"),
        Some(Mismatch { seen: None, at, .. }) if at.is_none() || was_cut_short(dialogue) => {
            (Outcome::Unreachable, "cut-short")
        }
        Some(_) => (Outcome::Failed, "not-as-expected"),
        None if !script.is_finished() || was_cut_short(dialogue) => {
            (Outcome::Unreachable, "cut-short")
        }
        None => (Outcome::Done, "as-expected"),
    };
    let name = path.display().to_string();
    if run.json {
        print_json(&header, dialogue, word, setting, &name, mismatch)?;
    }
    let mut text = Printer::new(setting.lang(), run.full, setting.with_secrets).news(dialogue);
    for (at, (sentence, why)) in script.remarks() {
        let why = knowledge::word(setting.lang(), why);
        let remark = knowledge::fill(setting.lang(), sentence, &[("why", why)]);
        let _ = writeln!(text, "# {}:{}: {remark}", own_visible(&name), at.line);
    }
    if run.full {
        text += &print::who(dialogue, setting.lang());
    }
    // Where more was to be sent but nothing expected, the note on the end says it all.
    if let Some(mismatch) = mismatch.filter(|m| m.at.is_some() || m.seen.is_some()) {
        text += &explain(&name, mismatch, dialogue, setting);
    }
    say_beside(run.json, &text)?;
    Ok(outcome)
}

fn print_json(
    header: &Header,
    dialogue: &Dialogue,
    outcome: &str,
    setting: &Setting,
    name: &str,
    mismatch: Option<&Mismatch>,
) -> anyhow::Result<()> {
    let mismatch = mismatch.map(|m| json::Mismatched {
        line: m.at.map(|p| p.line),
        expected: m.expected.clone(),
        exchange: m.seen,
    });
    let session = json::session(header, dialogue, outcome, setting, Some((name, mismatch)));
    say(&json::line(&session)?)
}

/// «expected / seen», with the place in the script.
fn explain(name: &str, mismatch: &Mismatch, dialogue: &Dialogue, setting: &Setting) -> String {
    let word = |key| knowledge::word(setting.lang(), key);
    let seen = match mismatch.seen.and_then(|at| dialogue.exchanges().get(at)?.reply.as_ref()) {
        Some(reply) => print::reply(dialogue, reply, setting.with_secrets),
        None => word("run.nothing").to_owned(),
    };
    let expected = match mismatch.expected.as_slice() {
        [] => word("run.no-reply").to_owned(),
        expected => expected.join(" / "),
    };
    let place = mismatch.at.map_or_else(String::new, |p| format!(":{}", p.line));
    format!(
        "# {}{place}\n#   {}: {expected}\n#   {}: {seen}\n",
        own_visible(name),
        word("run.expected"),
        word("run.seen")
    )
}
