//! The screen: first frames, keys, and what it costs when nobody touches it.

use std::path::Path;
use std::time::Duration;

use portable_pty::CommandBuilder;

use crate::figure::{Kind, Series};
use crate::floor;
use crate::material::{EXCHANGES, Material, SHORT as SHORT_EXCHANGES};
use crate::process::{EHLO, installed, memory, running};
use crate::pty::{Program, command};

/// From the start to the first frame, with the practice server.
pub(crate) const START: Kind = Kind::time("first frame");
/// The same, with a long recording.
pub(crate) const START_LOADED: Kind = Kind::time("first frame, 100,000 exchanges read behind it");
/// A character in the prompt.
pub(crate) const TYPED: Kind = Kind::time("character typed");
/// The same behind a long recording; vim inserts into the recording itself.
pub(crate) const TYPED_LOADED: Kind = Kind::time("character typed, 100,000 exchanges");
/// A page of the transcript of a long recording.
pub(crate) const PAGE_UP: Kind = Kind::time("PageUp, 100,000 exchanges");
/// Keys in a long recording, each beside the same in a short one.
pub(crate) const TRAVELS: &[&Kind] =
    &[&OPENED, &SCROLLED, &BACK, &FORWARD, &EVENT_BACK, &JUMPED, &SCROLLED_THEN];
const OPENED: Kind = Kind::time("travel: opened to the last line");
const SCROLLED: Kind = Kind::time("travel: PageUp");
const BACK: Kind = Kind::time("travel: one exchange back");
const FORWARD: Kind = Kind::time("travel: one exchange forward");
const EVENT_BACK: Kind = Kind::time("travel: one event back");
const JUMPED: Kind = Kind::time("travel: to the middle and to a quarter");
const SCROLLED_THEN: Kind = Kind::time("travel: PageUp in the middle");
/// Processor time while nobody touches it.
pub(crate) const IDLE_CPU: Kind = Kind::cost("idle, processor", "%", 0.02);
/// Memory then.
pub(crate) const IDLE_MEMORY: Kind = Kind::cost("idle, memory", "MiB", 0.1);
/// What it writes then.
pub(crate) const IDLE_OUTPUT: Kind = Kind::cost("idle, output in 3 s", "bytes", 1.0);

const START_ROUNDS: usize = 15;
const LOADED_ROUNDS: usize = 5;
const KEYS: usize = 40;
const IDLE_ROUNDS: usize = 3;
const IDLE: Duration = Duration::from_secs(3);
const REST: Duration = Duration::from_millis(300);
const VIM: &str = "vim -u NONE";
const FLOOR: &str = "bare ratatui";
const SHORT: &str = "ehlo, 1,000 exchanges";
/// Alt-Up and Alt-Down.
const EARLIER: &str = "\x1b[1;3A";
const LATER: &str = "\x1b[1;3B";

/// Our program, vim and the bare program, where they are installed.
type Three = [Option<CommandBuilder>; 3];

/// The three with nothing loaded.
fn empty(material: &Material) -> anyhow::Result<Three> {
    let folder = material.folder();
    let small = material.small()?.display().to_string();
    Ok([Some(command(EHLO, &[], folder)), vim(&[&small], folder), Some(bare(None, folder)?)])
}

/// The three with a long recording.
fn loaded(material: &Material) -> anyhow::Result<Three> {
    let folder = material.folder();
    let journal = material.journal()?.display().to_string();
    Ok([
        Some(command(EHLO, &["open", &journal], folder)),
        vim(&["+", &journal], folder),
        Some(bare(Some(&journal), folder)?),
    ])
}

fn vim(arguments: &[&str], folder: &Path) -> Option<CommandBuilder> {
    let plain = ["-u", "NONE", "-i", "NONE", "-N", "-n"];
    installed("vim").then(|| command("vim", &[&plain, arguments].concat(), folder))
}

/// This very program again, as the bare one.
fn bare(file: Option<&str>, folder: &Path) -> anyhow::Result<CommandBuilder> {
    let program = std::env::current_exe()?.display().to_string();
    let arguments: Vec<&str> = file.into_iter().collect();
    let mut command = command(&program, &arguments, folder);
    command.env(floor::MARK, "1");
    Ok(command)
}

/// The first frame with the practice server.
///
/// # Errors
/// When one of the programs does not paint.
pub(crate) fn start(material: &Material) -> anyhow::Result<Vec<Series>> {
    first_frames(&START, START_ROUNDS, &empty(material)?)
}

/// The first frame with a long recording.
///
/// # Errors
/// When one of the programs does not paint.
pub(crate) fn start_loaded(material: &Material) -> anyhow::Result<Vec<Series>> {
    first_frames(&START_LOADED, LOADED_ROUNDS, &loaded(material)?)
}

fn first_frames(
    kind: &'static Kind,
    rounds: usize,
    commands: &Three,
) -> anyhow::Result<Vec<Series>> {
    let mut series = Series::new(kind, &[VIM, FLOOR]);
    for round in 0..=rounds {
        let mut samples = Vec::new();
        for command in commands {
            let painted = |c: &CommandBuilder| Program::start(c.clone())?.painted();
            samples.push(command.as_ref().map(painted).transpose()?);
        }
        // The first round only warms up.
        if round > 0 {
            series.round(&samples);
        }
    }
    Ok(vec![series])
}

/// Characters typed in the prompt; vim is told to insert first.
///
/// # Errors
/// When one of the programs does not react.
pub(crate) fn typed(material: &Material) -> anyhow::Result<Vec<Series>> {
    keys(&TYPED, empty(material)?, Some("i"), "x")
}

/// Characters typed in the prompt behind a long recording.
///
/// # Errors
/// When one of the programs does not react.
pub(crate) fn typed_loaded(material: &Material) -> anyhow::Result<Vec<Series>> {
    keys(&TYPED_LOADED, loaded(material)?, Some("i"), "x")
}

/// Pages upwards from the end of a long recording.
///
/// # Errors
/// When one of the programs does not react.
pub(crate) fn page_up(material: &Material) -> anyhow::Result<Vec<Series>> {
    keys(&PAGE_UP, loaded(material)?, None, "\x1b[5~")
}

/// Opens a long recording and a short one, and walks through both.
///
/// # Errors
/// When one of the programs does not react.
pub(crate) fn travel(material: &Material) -> anyhow::Result<Vec<Series>> {
    const SOME: usize = 30;
    let both = [(material.journal()?, EXCHANGES), (material.short()?, SHORT_EXCHANGES)];
    let mut opened = Series::new(&OPENED, &[SHORT]);
    for round in 0..=LOADED_ROUNDS {
        let mut samples = Vec::new();
        for (journal, exchanges) in &both {
            let program = Program::start(open(material, journal))?;
            samples.push(Some(last_line(program, *exchanges)?.1));
        }
        if round > 0 {
            opened.round(&samples);
        }
    }
    let mut programs = Vec::new();
    for (journal, exchanges) in &both {
        let (program, _) = last_line(Program::start(open(material, journal))?, *exchanges)?;
        programs.push((program, *exchanges));
    }
    let mut all = vec![opened];
    for (kind, keys) in
        [(&SCROLLED, "\x1b[5~"), (&BACK, EARLIER), (&FORWARD, LATER), (&EVENT_BACK, "\x1b[1;4A")]
    {
        let mut series = Series::new(kind, &[SHORT]);
        for (program, _) in &mut programs {
            if keys == LATER {
                program.send(&EARLIER.repeat(SOME))?;
                program.settle(REST);
            }
        }
        for _ in 0..SOME - 1 {
            let mut samples = Vec::new();
            for (program, _) in &mut programs {
                samples.push(Some(program.press(keys)?));
            }
            series.round(&samples);
        }
        all.push(series);
    }
    for (kind, scrolls) in [(&JUMPED, false), (&SCROLLED_THEN, true)] {
        let mut series = Series::new(kind, &[SHORT]);
        for round in 0..SOME {
            let mut samples = Vec::new();
            for (program, exchanges) in &mut programs {
                let to = *exchanges / if round % 2 == 0 { 2 } else { 4 } + round;
                let jump = format!(":exchange {to}");
                program.press(&jump)?;
                let jumped = program.press("\r")?;
                samples.push(Some(if scrolls { program.press("\x1b[5~")? } else { jumped }));
            }
            series.round(&samples);
        }
        all.push(series);
    }
    Ok(all)
}

fn open(material: &Material, journal: &Path) -> CommandBuilder {
    command(EHLO, &["open", &journal.display().to_string()], material.folder())
}

/// Waits until the last line of a recording stands there; gives the milliseconds since the start.
fn last_line(mut program: Program, exchanges: usize) -> anyhow::Result<(Program, f64)> {
    let last = format!("taken as {}", exchanges / 4 - 1);
    let time = program.shows(&last)?;
    program.settle(REST);
    Ok((program, time))
}

/// All three run at once, and are given the key in turn.
fn keys(
    kind: &'static Kind,
    commands: Three,
    first_to_vim: Option<&str>,
    key: &str,
) -> anyhow::Result<Vec<Series>> {
    let mut series = Series::new(kind, &[VIM, FLOOR]);
    let mut programs = running_programs(commands)?;
    if let ([_, Some(vim), _], Some(keys)) = (&mut programs, first_to_vim) {
        vim.send(keys)?;
        vim.settle(REST);
    }
    for _ in 0..KEYS {
        let mut samples = Vec::new();
        for program in &mut programs {
            samples.push(program.as_mut().map(|p| p.press(key)).transpose()?);
        }
        series.round(&samples);
    }
    Ok(vec![series])
}

/// Starts all and waits until they are at rest.
fn running_programs(commands: Three) -> anyhow::Result<[Option<Program>; 3]> {
    let [a, b, c] = commands.map(|command| {
        let at_rest = |c| {
            let mut program = Program::start(c)?;
            program.painted()?;
            program.settle(REST);
            anyhow::Ok(program)
        };
        command.map(at_rest).transpose()
    });
    Ok([a?, b?, c?])
}

/// Processor, memory and output while nobody touches the screen; both rest at the same time.
///
/// # Errors
/// When one of the programs does not paint.
pub(crate) fn idle(material: &Material) -> anyhow::Result<Vec<Series>> {
    let mut all = [&IDLE_CPU, &IDLE_MEMORY, &IDLE_OUTPUT].map(|kind| Series::new(kind, &[FLOOR]));
    for _ in 0..IDLE_ROUNDS {
        let [ours, _, bare] = empty(material)?;
        let [ours, _, bare] = running_programs([ours, None, bare])?;
        let mut both = [ours, bare];
        let before = both.each_ref().map(|p| p.as_ref().map(|p| (running(p.pid()), p.written)));
        std::thread::sleep(IDLE);
        let mut samples = [[None; 2]; 3];
        for (at, (program, before)) in both.iter_mut().zip(before).enumerate() {
            let (Some(program), Some(before)) = (program, before) else { continue };
            for (row, sample) in samples.iter_mut().zip(used(program, before)) {
                row.iter_mut().skip(at).take(1).for_each(|place| *place = Some(sample));
            }
        }
        for (series, samples) in all.iter_mut().zip(samples) {
            series.round(&samples);
        }
    }
    Ok(all.into())
}

/// What a program used of each in [`IDLE`], after it had run for so long and written so much.
fn used(program: &mut Program, (ran, wrote): (f64, usize)) -> [f64; 3] {
    program.settle(Duration::from_millis(1));
    let milliseconds = IDLE.as_secs_f64() * 1_000.0;
    let processor = (running(program.pid()) - ran) / milliseconds * 100.0;
    [processor, memory(program.pid(), "VmRSS"), (program.written - wrote) as f64]
}
