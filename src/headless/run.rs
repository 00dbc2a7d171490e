//! `ehlo run`: plays transcripts, checks what they expect, and reports.

mod junit;
mod progress;
pub mod script;

use std::cell::RefCell;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::pin::pin;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use jiff::Timestamp;

use crate::cli::RunArgs;
use crate::display::token::own_visible;
use crate::journal::source::Source;
use crate::journal::transcript::Place;
use crate::journal::{Header, Moment, Side};
use crate::knowledge::{self, Lang};
use crate::net::Clock;
use crate::net::call::Call;
use crate::net::dial::Target;
use crate::net::driver::{Log, Part, was_cut_short};
use crate::session::{Dialogue, Keep, timing};
use crate::speaker::script::Mismatch;
use crate::speaker::{Say, Script, Speaker};

use super::print::{self, Printer};
use super::{
    Outcome, Practice, Setting, json, named, practice_for, recent, say, say_beside, talk_to,
    tell_unrecorded, write_out,
};
use junit::{Case, End};
use progress::Progress;

/// Plays all scripts, each in a session of its own; the worst outcome counts.
///
/// # Errors
/// When a script cannot be read or the report cannot be written; nothing is played then.
pub fn run(run: &RunArgs, setting: &Setting) -> anyhow::Result<Outcome> {
    let mut variables = script::variables(&run.set, setting);
    let mut scripts = Vec::new();
    for path in &run.scripts {
        let path = &recent::one(path.clone(), setting)?;
        let source = script::source(path, Some(&mut variables), setting.lang())?;
        let script = script::script(&source, setting)?.codes_only(run.codes);
        scripts.push(Loaded { name: path.display().to_string(), source, script });
    }
    let report = run.report.junit.as_deref().filter(|_| !run.report.is_junit_on_output());
    report.map_or(Ok(()), |file| check_report(file, setting.lang()))?;
    let started = Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let begun = Instant::now();
    let played = talk_to(&run.server, play_all(scripts, run, setting))?;
    if played.len() > 1 {
        beside(run, &summary(&played, begun.elapsed(), setting.lang()))?;
    }
    if run.report.junit.is_some() {
        let cases: Vec<_> = played.iter().map(|played| played.case(setting.lang())).collect();
        let xml = junit::report(&run.server.to_string(), &started, &cases)?;
        match report {
            Some(file) => {
                std::fs::write(file, &xml).with_context(|| format!("--junit {}", named(file)))?;
            }
            None => write_out(&xml)?,
        }
    }
    let worst = played.iter().filter_map(|played| played.end.outcome()).max();
    Ok(worst.unwrap_or(Outcome::Done))
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
    let source = script::source(file, None, setting.lang())?;
    let script = script::script(&source, setting)?.expecting_nothing();
    talk_to(server, async {
        let practice = practice_for(server, setting.limits(), &setting.sources).await?;
        let (header, log, _) = converse(script, server, setting, practice.as_ref(), |_| ()).await?;
        Ok((header, log.dialogue))
    })
}

/// A script that can be played.
struct Loaded {
    name: String,
    source: Source,
    script: Script,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ended {
    AsExpected,
    NotAsExpected,
    NotConnected,
    CutShort,
    NotPlayed,
}

impl Ended {
    /// The word that JSON has for it.
    const fn word(self) -> &'static str {
        match self {
            Self::AsExpected => "as-expected",
            Self::NotAsExpected => "not-as-expected",
            Self::NotConnected => "not-connected",
            Self::CutShort => "cut-short",
            Self::NotPlayed => "not-played",
        }
    }

    /// The key of its words.
    const fn key(self) -> &'static str {
        match self {
            Self::AsExpected => "run.as-expected",
            Self::NotAsExpected => "run.not-as-expected",
            Self::NotConnected => "run.not-connected",
            Self::CutShort => "run.cut-short",
            Self::NotPlayed => "run.fail-fast",
        }
    }

    /// What the program ends with; nothing of what was not played.
    const fn outcome(self) -> Option<Outcome> {
        match self {
            Self::AsExpected => Some(Outcome::Done),
            Self::NotAsExpected => Some(Outcome::Failed),
            Self::NotConnected | Self::CutShort => Some(Outcome::Unreachable),
            Self::NotPlayed => None,
        }
    }
}

/// What became of a script.
struct Played {
    name: String,
    end: Ended,
    took: Duration,
    /// The dialogue with what is said about it.
    dialogue: String,
    /// What was not as expected: in one line, and in several.
    told: Option<(String, String)>,
}

impl Played {
    /// It was not.
    const fn not(name: String) -> Self {
        Self {
            name,
            end: Ended::NotPlayed,
            took: Duration::ZERO,
            dialogue: String::new(),
            told: None,
        }
    }

    fn is_well(&self) -> bool {
        self.end == Ended::AsExpected
    }

    fn case(&self, lang: Lang) -> Case<'_> {
        let why = knowledge::word(lang, self.end.key());
        let (line, lines) =
            self.told.as_ref().map_or((why, ""), |(line, lines)| (line.as_str(), lines.as_str()));
        let end = match self.end {
            Ended::AsExpected => End::Passed,
            Ended::NotAsExpected => End::Failed(line, lines),
            Ended::NotConnected | Ended::CutShort => End::Broken(line, lines),
            Ended::NotPlayed => End::Skipped(why),
        };
        Case { name: &self.name, time: self.took, end, dialogue: &self.dialogue }
    }
}

/// Refuses a report in place of a file that is something else, or cannot be written. The one that is
/// there stays until all is played.
fn check_report(path: &Path, lang: Lang) -> anyhow::Result<()> {
    let check = || {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if !path.is_file() {
            return folder.map_or(Ok(()), |folder| folder.metadata().map(|_| ()));
        }
        let mut file = File::options().read(true).write(true).open(path)?;
        let mut head = Vec::new();
        (&mut file).take(HEAD).read_to_end(&mut head)?;
        if head.is_empty() || memchr::memmem::find(&head, b"<testsuites").is_some() {
            return Ok(());
        }
        Err(std::io::Error::other(knowledge::word(lang, "run.no-report")))
    };
    check().with_context(|| format!("--junit {}", named(path)))
}

/// How much of a report is looked at to know it.
const HEAD: u64 = 512;

async fn play_all(
    scripts: Vec<Loaded>,
    run: &RunArgs,
    setting: &Setting,
) -> anyhow::Result<Vec<Played>> {
    let lang = setting.lang();
    let practice = practice_for(&run.server, setting.limits(), &setting.sources).await?;
    let (all, mut progress) = (scripts.len().to_string(), Progress::begin());
    let mut played: Vec<Played> = Vec::new();
    for (at, loaded) in scripts.into_iter().enumerate() {
        if run.fail_fast && played.last().is_some_and(|played| !played.is_well()) {
            played.push(Played::not(loaded.name));
            continue;
        }
        let n = (at + 1).to_string();
        let head = |name: &str| {
            let values = [("name", &*own_visible(name)), ("n", &n), ("all", &all)];
            knowledge::fill(lang, "run.script", &values)
        };
        let setting = setting.numbered(at);
        let place = RefCell::new(loaded.name.clone());
        let tell = |now: &str| now.clone_into(&mut place.borrow_mut());
        let mut one = pin!(play(loaded, run, &setting, practice.as_ref(), tell));
        let one = loop {
            tokio::select! {
                one = &mut one => break one?,
                () = progress.is_due() => progress.tell(&head(&place.borrow())),
            }
        };
        progress.clear();
        if !(run.report.quiet && one.is_well()) {
            let head = (all != "1").then(|| format!("# {}\n", head(&one.name)));
            let gap = if all == "1" { "" } else { "\n" };
            beside(run, &[&head.unwrap_or_default(), &*one.dialogue, gap].concat())?;
        }
        played.push(one);
    }
    Ok(played)
}

/// Writes people's text where it stands beside nothing else.
fn beside(run: &RunArgs, text: &str) -> anyhow::Result<()> {
    say_beside(run.report.json || run.report.is_junit_on_output(), text)
}

/// How many went how, and which did not go as expected.
fn summary(played: &[Played], took: Duration, lang: Lang) -> String {
    let sums = [
        ("run.sum.as-expected", Ended::AsExpected.outcome()),
        ("run.sum.not-as-expected", Ended::NotAsExpected.outcome()),
        ("run.sum.cut-short", Ended::CutShort.outcome()),
        ("run.sum.not-played", Ended::NotPlayed.outcome()),
    ];
    let sum = |(key, outcome): &(&'static str, Option<Outcome>)| {
        let n = played.iter().filter(|played| played.end.outcome() == *outcome).count();
        (n > 0).then(|| knowledge::fill(lang, key, &[("n", &n.to_string())]))
    };
    let parts = sums.iter().filter_map(sum).collect::<Vec<_>>().join(", ");
    let (n, time) = (played.len().to_string(), timing::in_words(took));
    let values = [("n", &*n), ("time", &time), ("parts", &parts)];
    let mut out = format!("# {}\n", knowledge::fill(lang, "run.summary", &values));
    for one in played.iter().filter(|one| one.end != Ended::NotPlayed && !one.is_well()) {
        let why = knowledge::word(lang, one.end.key());
        let line = one.told.as_ref().map(|(line, _)| line.clone());
        let line = line.unwrap_or_else(|| format!("{}: {why}", own_visible(&one.name)));
        let _ = writeln!(out, "#   {line}");
    }
    out
}

/// A script that somebody looks at while it is played.
struct Watched<F> {
    script: Script,
    told: F,
}

impl<F: FnMut(&Script)> Speaker for Watched<F> {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        let say = self.script.next(now, seen);
        (self.told)(&self.script);
        say
    }
}

/// Plays a script, and gives the session with what is left of the script.
async fn converse(
    script: Script,
    target: &Target,
    setting: &Setting,
    practice: Option<&Practice>,
    told: impl FnMut(&Script),
) -> anyhow::Result<(Header, Log, Script)> {
    let clock = Clock::start();
    let header = clock.header(Side::Client);
    let mut log = setting.recording(Log::new(clock, Keep::default()))?;
    let practice = practice.map(Practice::place);
    let (route, tls) = (&setting.route, &setting.tls);
    let limits = setting.limits();
    let call = Call { target, practice, route, tls, limits, judged: false };
    let (part, mut speaker) = (Part::program(limits), call.upgrading(Watched { script, told }));
    let dialled = call.dial(&mut log).await;
    call.talk::<_, ()>(dialled, &mut log, part, &mut speaker, None).await;
    log.settle().await;
    if log.dialogue.connection() > 0 {
        // The end of the connection may be what it expected, or not.
        let _ = speaker.next(log.now(), &log.dialogue);
    }
    Ok((header, log, speaker.then.script))
}

/// Plays a script to its end. `told` hears the place of each step, with the name of its file.
async fn play(
    loaded: Loaded,
    run: &RunArgs,
    setting: &Setting,
    practice: Option<&Practice>,
    mut told: impl FnMut(&str),
) -> anyhow::Result<Played> {
    let Loaded { name, source, script } = loaded;
    let begun = Instant::now();
    let tell = |script: &Script| {
        told(&script.place().map_or_else(|| name.clone(), |at| place(&source, at)));
    };
    let (header, log, script) = converse(script, &run.server, setting, practice, tell).await?;
    let took = begun.elapsed();
    tell_unrecorded(&log, setting.lang());
    let dialogue = &log.dialogue;
    let end = end(&script, dialogue);
    let report = &run.report;
    if report.json {
        print_json(&header, dialogue, end.word(), setting, (&name, &source, &script))?;
    }
    // Where more was to be sent but nothing expected, the note on the end says it all.
    let mismatch = script.mismatch().filter(|m| m.at.is_some() || m.seen.is_some());
    let explained =
        mismatch.map(|mismatch| Explained::of(&name, &source, mismatch, dialogue, setting));
    let mut printer = Printer::new(setting.lang(), report.full, setting.with_secrets);
    if let (Some(seen), Some(explained)) = (mismatch.and_then(|m| m.seen), &explained) {
        printer = printer.marking(seen, explained.mark(setting.lang()));
    }
    let mut text = printer.news(dialogue);
    for (at, (sentence, why)) in script.remarks() {
        let why = knowledge::word(setting.lang(), why);
        let remark = knowledge::fill(setting.lang(), sentence, &[("why", why)]);
        let _ = writeln!(text, "# {}: {remark}", own_visible(&place(&source, *at)));
    }
    if report.full {
        text += &print::who(dialogue, setting.lang());
    }
    let lines = explained.as_ref().map_or_else(String::new, |e| e.lines(setting.lang()));
    text += &lines;
    if end != Ended::AsExpected {
        text += &rest(&source, &script, setting.lang());
    }
    let told = explained.map(|explained| (explained.line(setting.lang()), lines));
    Ok(Played { name, end, took, dialogue: text, told })
}

fn end(script: &Script, dialogue: &Dialogue) -> Ended {
    match script.mismatch() {
        _ if dialogue.connection() == 0 => Ended::NotConnected,
        Some(Mismatch { late: Some(_), .. }) => Ended::NotAsExpected,
        Some(Mismatch { seen: None, at, .. }) if at.is_none() || was_cut_short(dialogue) => {
            Ended::CutShort
        }
        Some(_) => Ended::NotAsExpected,
        None if !script.is_finished() || was_cut_short(dialogue) => Ended::CutShort,
        None => Ended::AsExpected,
    }
}

/// The file and the line of a step.
fn place(source: &Source, at: Place) -> String {
    let (file, at) = source.locate(at);
    format!("{file}:{}", at.line)
}

fn print_json(
    header: &Header,
    dialogue: &Dialogue,
    outcome: &str,
    setting: &Setting,
    (name, source, script): (&str, &Source, &Script),
) -> anyhow::Result<()> {
    let mismatch = script.mismatch().map(|m| {
        let at = m.at.map(|at| source.locate(at));
        json::Mismatched {
            file: at.map_or(name, |(file, _)| file).to_owned(),
            line: at.map(|(_, at)| at.line),
            expected: m.expected.clone(),
            exchange: m.seen,
            within: m.late.map(|late| late.as_secs_f64()),
        }
    });
    let session = json::session(header, dialogue, outcome, setting, Some((name, mismatch)));
    say(&json::line(&session)?)
}

/// What is left of a script, in one line.
fn rest(source: &Source, script: &Script, lang: Lang) -> String {
    let Some((at, count)) = script.rest() else { return String::new() };
    let key = if count == 1 { "run.step.one" } else { "run.step.other" };
    let steps = knowledge::fill(lang, key, &[("n", &count.to_string())]);
    let values = [("n", &*steps), ("place", &own_visible(&place(source, at)))];
    format!("# {}\n", knowledge::fill(lang, "run.rest", &values))
}

/// «expected / seen», with the place in the script.
struct Explained {
    place: String,
    expected: String,
    seen: String,
}

impl Explained {
    fn of(
        name: &str,
        source: &Source,
        mismatch: &Mismatch,
        dialogue: &Dialogue,
        setting: &Setting,
    ) -> Self {
        let word = |key| knowledge::word(setting.lang(), key);
        let timed = |key, what: &str, time| {
            let values = [("what", what), ("time", &*timing::in_words(time))];
            knowledge::fill(setting.lang(), key, &values)
        };
        let exchange = mismatch.seen.and_then(|at| dialogue.exchanges().get(at));
        let reply = exchange.and_then(|exchange| exchange.reply.as_ref());
        let reply = reply.map(|reply| print::reply(dialogue, reply, setting.with_secrets));
        let seen = match (reply, mismatch.late) {
            (Some(reply), None) => reply,
            (Some(reply), Some(_)) => match exchange.and_then(timing::behind) {
                Some(took) => timed("run.late", &reply, took),
                None => reply,
            },
            (None, Some(limit)) => timed("run.not-within", "", limit),
            (None, None) => word("run.nothing").to_owned(),
        };
        let expected = match mismatch.expected.as_slice() {
            [] if mismatch.late.is_some() => word("run.end").to_owned(),
            [] => word("run.no-reply").to_owned(),
            expected => expected.join(" / "),
        };
        let expected = match mismatch.late {
            Some(limit) => timed("run.within", &expected, limit),
            None => expected,
        };
        let place = mismatch.at.map_or_else(|| name.to_owned(), |at| place(source, at));
        Self { place: own_visible(&place), expected, seen }
    }

    fn lines(&self, lang: Lang) -> String {
        let Self { place, expected, seen } = self;
        let word = |key| knowledge::word(lang, key);
        let (expects, sees) = (word("run.expected"), word("run.seen"));
        format!("# {place}\n#   {expects}: {expected}\n#   {sees}: {seen}\n")
    }

    /// What stands beside the reply.
    fn mark(&self, lang: Lang) -> String {
        let Self { place, expected, .. } = self;
        format!("^ {place}: {} {expected}", knowledge::word(lang, "run.expected"))
    }

    fn line(&self, lang: Lang) -> String {
        let Self { place, expected, seen } = self;
        let word = |key| knowledge::word(lang, key);
        format!("{place}: {} {expected}; {} {seen}", word("run.expected"), word("run.seen"))
    }
}
