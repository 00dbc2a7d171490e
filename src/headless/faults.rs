//! The faults of the practice server: those of the program and the user's, which are chosen for a
//! server, listed and told.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::config::{self, Sources, Warning};
pub use crate::display::fault::FORM;
use crate::display::fault::OFF;
use crate::display::text::{fit, width, wrap};
use crate::display::token::own_visible;
use crate::display::{Reason, Slip, slip};
use crate::knowledge::{self, Lang};
use crate::net::throw;
use crate::smtp::target::Target;
use crate::speaker::fault::{Choice, Fault, FaultError, Faults};

use super::{Outcome, Setting, beside, json, say, tell};

/// Columns of what is printed.
const COLUMNS: usize = 78;

/// A fault that can be chosen.
#[derive(Clone, Debug)]
pub struct Known {
    /// The fault.
    pub fault: Fault,
    /// The user's file; `None` for one of the program.
    pub path: Option<PathBuf>,
}

/// The user's faults by their names, or what is wrong with each.
pub fn owned(sources: &Sources) -> impl Iterator<Item = (&str, Result<Known, Warning>)> {
    sources.own_faults.keys().filter_map(|name| Some((&**name, own(name, None, sources)?)))
}

/// All faults, the user's first, each name once; and what is wrong in the user's files.
pub fn known(sources: &Sources) -> (Vec<Known>, Vec<Warning>) {
    let (mut all, mut warnings) = (Vec::new(), Vec::new());
    for (_, own) in owned(sources) {
        match own {
            Ok(fault) => all.push(fault),
            Err(warning) => warnings.push(warning),
        }
    }
    let embedded = knowledge::faults().flat_map(|text| Fault::read_all(text).unwrap_or_default());
    let others = embedded.filter(|fault| !sources.own_faults.contains_key(&fault.id));
    let others = others.map(|fault| Known { fault, path: None });
    let mut others: Vec<_> = others.collect();
    // As the catalogue has them.
    others.sort_by(|a, b| a.fault.plays.first().cmp(&b.fault.plays.first()));
    all.extend(others);
    (all, warnings)
}

/// The name that is no fault: what is given to it is what the dice begin with.
const SEED: &str = "seed";

/// Below which number one is thrown for the dice where nobody has said one: it can be typed.
const SEEDS: u64 = 1_000_000;

/// What a server plays that was chosen so: names, or paths of files; what its dice begin with stands
/// among them, or is thrown.
///
/// # Errors
/// When there is no such fault, or what is wrong in the user's file.
pub fn choose(choices: &[Choice], sources: &Sources) -> Result<Faults, Warning> {
    let (seeds, choices): (Vec<_>, Vec<_>) = choices.iter().partition(|c| c.name == SEED);
    let seed = seeds.last().map(|choice| {
        let seed = choice.value.as_deref().and_then(|value| value.parse().ok());
        seed.ok_or_else(|| Warning::new(choice.to_string(), Reason::new("fault.no-seed")))
    });
    let seed = seed.transpose()?.unwrap_or_else(|| throw() % SEEDS);
    let chosen = choices.into_iter().map(|choice| find(choice, sources));
    Ok(Faults::new(chosen.collect::<Result<_, _>>()?, seed))
}

/// What `ehlo serve` plays; if dice are among it, what they begin with is told.
///
/// # Errors
/// As [`choose`].
pub fn given(choices: &[Choice], seed: Option<u64>, setting: &Setting) -> anyhow::Result<Faults> {
    let lang = setting.lang();
    let seed = seed.map(|seed| Choice { name: SEED.to_owned(), value: Some(seed.to_string()) });
    let choices: Vec<_> = choices.iter().cloned().chain(seed).collect();
    let faults = choose(&choices, &setting.sources).map_err(|warning| warning.error(lang))?;
    if faults.roll() {
        let seed = faults.seed().to_string();
        beside(knowledge::fill(lang, "fault.seed", &[("seed", &seed)]) + "\n");
    }
    Ok(faults)
}

/// The server that is called so, if it can play what it is to: where dice are among it, what they
/// begin with becomes a part of its name, so that it is told wherever that is, and can be asked for
/// again.
///
/// # Errors
/// As [`choose`].
pub fn settle(target: &Target, sources: &Sources) -> Result<Target, Warning> {
    let Target::Practice { faults } = target else { return Ok(target.clone()) };
    let choices = Choice::read_all(faults);
    let chosen = choose(&choices, sources)?;
    if !chosen.roll() || choices.iter().any(|choice| choice.name == SEED) {
        return Ok(target.clone());
    }
    Ok(Target::Practice { faults: format!("{faults}+{SEED}={}", chosen.seed()) })
}

fn find(choice: &Choice, sources: &Sources) -> Result<Fault, Warning> {
    let Choice { name, value } = choice;
    let value = value.as_deref();
    let path = Path::new(name);
    if path.extension().is_some_and(|extension| extension == "toml") {
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        let text = config::read(path)?;
        return Fault::read(&id, &text, value).map_err(|error| misread(path, &text, error));
    }
    if let Some(known) = own(name, value, sources) {
        return known.map(|known| known.fault);
    }
    let read = |text| Fault::read_one_of(text, name, value);
    match knowledge::faults().find_map(read) {
        Some(Ok(fault)) => Ok(fault),
        Some(Err(error)) => Err(Warning::new(choice.to_string(), Reason::said(error.expected))),
        None => Err(unknown(name, &known(sources).0)),
    }
}

/// That there is no fault of this name, and which of these may have been meant.
fn unknown(name: &str, known: &[Known]) -> Warning {
    let names = known.iter().map(|known| known.fault.id.as_str());
    let what = if name.contains('/') {
        Reason::new("fault.no-file").with("word", own_visible(name))
    } else {
        slip::unknown("fault.unknown", name, names)
    };
    Warning::new("fault", what)
}

/// What a server plays, in words that can be typed again.
pub fn names(faults: &Faults) -> String {
    let names = faults.chosen().iter().map(|fault| {
        let (name, value) = (fault.id.clone(), fault.value.clone().filter(|_| fault.given));
        own_visible(&Choice { name, value }.to_string())
    });
    let seed = faults.roll().then(|| format!("{SEED}={}", faults.seed()));
    names.chain(seed).collect::<Vec<_>>().join(" + ")
}

/// Chooses what is to be played from now on, named with `+` between them; `off` is none. `play` hands
/// it to a server, and says whether there is one. Gives the names, and what is said of it.
///
/// # Errors
/// With what is said instead.
pub fn play(
    text: &str,
    play: impl FnOnce(Faults) -> bool,
    setting: &Setting,
) -> Result<(String, String), String> {
    let lang = setting.lang();
    let mut choices = Choice::read_all(text);
    let is_off = choices.iter().any(|choice| choice.name == OFF);
    if (is_off && choices.len() > 1) || choices.iter().any(|choice| choice.name.is_empty()) {
        let form = format!(":fault {FORM}");
        return Err(knowledge::fill(lang, "serve.expected", &[("form", &form)]));
    }
    if is_off {
        choices.clear();
    }
    let chosen = choose(&choices, &setting.sources.again());
    let chosen = chosen.map_err(|warning| own_visible(&warning.say(lang)))?;
    let names = names(&chosen);
    let key = match play(chosen) {
        false => "fault.elsewhere",
        true if names.is_empty() => "fault.off",
        true => "fault.now",
    };
    let told = knowledge::fill(lang, key, &[("faults", &names)]);
    Ok((names, told))
}

/// The user's fault of this name.
fn own(name: &str, value: Option<&str>, sources: &Sources) -> Option<Result<Known, Warning>> {
    let written = sources.own_faults.get(name)?;
    let read = |text: &String| {
        let fault = Fault::read(name, text, value);
        let path = Some(written.path.clone());
        let fault = fault.map_err(|error| misread(&written.path, text, error))?;
        Ok(Known { fault, path })
    };
    Some(written.text.as_ref().map_err(Warning::clone).and_then(read))
}

fn misread(path: &Path, text: &str, error: FaultError) -> Warning {
    Warning::slip(path, Slip::at(text, error.at, Reason::said(error.expected)))
}

/// How they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people.
    Text,
    /// One object for each.
    Json,
    /// As the files that they are.
    Toml,
}

/// A fault for JSON.
#[derive(Serialize)]
struct Object<'a> {
    name: &'a str,
    plays: &'a [String],
    title: &'a str,
    text: &'a str,
    value: Option<&'a str>,
    file: Option<String>,
}

/// Prints all faults, or what these do.
///
/// # Errors
/// When standard output cannot be written.
pub fn run(names: &[String], form: Form, setting: &Setting) -> anyhow::Result<Outcome> {
    let lang = setting.lang();
    let (all, warnings) = known(&setting.sources);
    tell(&warnings, lang);
    let find = |name: &String| all.iter().find(|known| known.fault.id == *name);
    let mut outcome = if warnings.is_empty() { Outcome::Done } else { Outcome::Failed };
    for name in names.iter().filter(|name| find(name).is_none()) {
        tell([&unknown(name, &all)], lang);
        outcome = Outcome::Failed;
    }
    let wanted: Vec<&Known> = if names.is_empty() {
        all.iter().collect()
    } else {
        names.iter().filter_map(find).collect()
    };
    if form == Form::Json {
        for Known { fault, path } in wanted {
            let object = Object {
                name: &fault.id,
                plays: &fault.plays,
                title: fault.title(lang.code()),
                text: fault.text(lang.code()),
                value: fault.value.as_deref(),
                file: path.as_ref().map(|path| path.display().to_string()),
            };
            say(&json::line(&object)?)?;
        }
    } else if form == Form::Toml {
        for Known { fault, path } in wanted {
            let own = path.as_deref().map(config::read).transpose();
            let text = own.map_err(|warning| anyhow::Error::msg(warning.say(lang)))?;
            let text = text.or_else(|| knowledge::fault(&fault.id)).unwrap_or_default();
            say(&format!("# {}.toml\n{text}", fault.id))?;
        }
    } else if names.is_empty() {
        say(&list(&wanted, lang))?;
    } else {
        say(&wanted.into_iter().map(|known| article(known, lang)).collect::<Vec<_>>().join("\n"))?;
    }
    Ok(outcome)
}

/// One line for each, and what no server can play.
fn list(all: &[&Known], lang: Lang) -> String {
    let widest = all.iter().map(|known| width(&known.fault.id)).max().unwrap_or_default();
    let mut out = String::new();
    for Known { fault, path } in all {
        let (name, title) = (own_visible(&fault.id), own_visible(fault.title(lang.code())));
        let plays = own_visible(&fault.plays.join(" "));
        let from =
            path.as_ref().map(|path| format!("  {}", own_visible(&path.display().to_string())));
        let _ = writeln!(
            out,
            "{}  {}  {title}{}",
            fit(&name, widest),
            fit(&plays, 12),
            from.unwrap_or_default()
        );
    }
    let reasons = knowledge::unplayable();
    let mut played: Vec<_> = all.iter().flat_map(|known| &known.fault.plays).collect();
    played.sort_unstable();
    played.dedup();
    let counts = [("played", played.len().to_string()), ("not", reasons.len().to_string())];
    let counts: Vec<_> = counts.iter().map(|(key, value)| (*key, value.as_str())).collect();
    let _ = writeln!(out, "\n{}", knowledge::fill(lang, "fault.counts", &counts));
    for (id, why) in &reasons {
        let _ = writeln!(out, "{id}  {}", why.reason.say(lang));
    }
    out
}

/// What one does.
fn article(Known { fault, path }: &Known, lang: Lang) -> String {
    let value = fault.value.as_ref().map(|value| format!("={value}")).unwrap_or_default();
    let plays = fault.plays.join(", ");
    let mut out =
        format!("{}{} [{}]\n", own_visible(&fault.id), own_visible(&value), own_visible(&plays));
    let paragraphs = [fault.title(lang.code()), fault.text(lang.code())];
    for line in paragraphs.into_iter().flat_map(|text| wrap(&own_visible(text), COLUMNS - 2)) {
        let _ = writeln!(out, "  {line}");
    }
    if let Some(path) = path {
        let _ = writeln!(out, "  {}", own_visible(&path.display().to_string()));
    }
    out
}
