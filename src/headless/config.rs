//! `ehlo config`: what is set and where from, what is wrong in the user's files, and where those are.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use serde_json::{Value, json};

use crate::cli::ConfigVerb;
use crate::config::{self, Folders, Shown, Source, Warning};
use crate::display::token::own_visible;
use crate::knowledge::{self, Lang};

use super::{Outcome, Setting, faults, say};

/// Answers what was asked.
///
/// # Errors
/// When there is no folder to speak of, or standard output cannot be written.
pub fn run(what: ConfigVerb, setting: &Setting) -> anyhow::Result<Outcome> {
    let folders = || setting.sources.folders.as_ref().context("this user has no home folder");
    match what {
        ConfigVerb::Print { json: true } => say(&as_json(setting)?)?,
        ConfigVerb::Print { json: false } => say(&as_toml(setting))?,
        ConfigVerb::Path => say(&paths(folders()?, setting.lang()))?,
        ConfigVerb::Check => {
            let (text, clean) = check(folders()?, setting);
            say(&text)?;
            return Ok(if clean { Outcome::Done } else { Outcome::Failed });
        }
    }
    Ok(Outcome::Done)
}

/// Every setting as a `config.toml` that would set it so.
fn as_toml(setting: &Setting) -> String {
    let mut out = String::new();
    let mut inside = None;
    for shown in setting.chosen.shown() {
        let (section, name) = shown.row.place();
        if let Some(section) = section.filter(|_| inside != section) {
            let _ = writeln!(out, "\n[{section}]");
        }
        inside = section;
        let help = knowledge::word(setting.lang(), shown.row.help);
        let mut allowed = shown.row.allowed(&setting.sources).join(", ");
        if shown.row.name == "theme" {
            // They have a list of their own.
            "ehlo themes".clone_into(&mut allowed);
        }
        let _ = writeln!(out, "# {help} ({allowed})");
        let value = toml_value(&shown);
        let from = origin(shown.source, setting.lang());
        let _ = writeln!(out, "{:<28} # {from}", format!("{name} = {value}"));
    }
    out
}

fn toml_value(shown: &Shown<'_>) -> String {
    let value = shown.value.clone();
    if shown.row.quoted { toml::Value::String(value).to_string() } else { value }
}

/// Where a value comes from, in words.
fn origin(source: &Source, lang: Lang) -> String {
    match source {
        Source::Flag(flag) => (*flag).to_owned(),
        Source::Variable(name) => knowledge::fill(lang, "config.variable", &[("name", name)]),
        Source::File { path, line } => {
            let path = own_visible(&path.display().to_string());
            knowledge::fill(lang, "config.line", &[("path", &path), ("n", &line.to_string())])
        }
        Source::Default => knowledge::word(lang, "config.default").to_owned(),
    }
}

fn as_json(setting: &Setting) -> serde_json::Result<String> {
    let row = |shown: Shown<'_>| {
        let (source, name, line) = match shown.source {
            Source::Flag(flag) => ("flag", Some((*flag).to_owned()), None),
            Source::Variable(name) => ("environment", Some((*name).to_owned()), None),
            Source::File { path, line } => ("file", Some(path.display().to_string()), Some(line)),
            Source::Default => ("default", None, None),
        };
        let plain = || serde_json::from_str(&shown.value).unwrap_or_default();
        let value = if shown.row.quoted { json!(shown.value) } else { plain() };
        let told = json!({ "value": value, "source": source, "name": name, "line": line });
        (shown.row.name.to_owned(), told)
    };
    let all: serde_json::Map<String, Value> = setting.chosen.shown().into_iter().map(row).collect();
    super::json::line(&Value::Object(all))
}

fn paths(folders: &Folders, lang: Lang) -> String {
    let (themes, faults) = (folders.themes(), folders.faults());
    let recordings = folders.recordings();
    let rows = [
        ("config.folder", &folders.config),
        ("config.themes", &themes),
        ("config.faults", &faults),
        ("config.state", &folders.state),
        ("config.recordings", &recordings),
    ];
    rows.into_iter().fold(String::new(), |mut out, (key, path)| {
        let path = own_visible(&path.display().to_string());
        let _ = writeln!(out, "{}", knowledge::fill(lang, key, &[("path", &path)]));
        out
    })
}

/// Every file of the user with what is wrong in it, and whether nothing is.
fn check(folders: &Folders, setting: &Setting) -> (String, bool) {
    let (_, of_keys) = config::keys(&setting.sources, &config::embedded_keys());
    let themes = config::themes(&setting.sources).into_iter();
    let (themes, of_themes): (Vec<_>, Vec<_>) = themes.map(|t| (t.path, t.warning)).unzip();
    let faults = setting.sources.own_faults.values().map(|written| written.path.clone());
    let (_, of_faults) = faults::known(&setting.sources);
    let (_, of_state) = config::state::load(&folders.remembered());
    let (_, of_history) = config::history::load(&folders.history());
    let mut warnings = setting.warnings.clone();
    warnings.extend(of_keys.into_iter().chain(of_themes.into_iter().flatten()));
    warnings.extend(of_faults.into_iter().chain(of_state).chain(of_history));
    let own = [folders.settings(), folders.keys(), folders.remembered(), folders.history()];
    let files: Vec<_> = own.into_iter().chain(themes.into_iter().flatten()).chain(faults).collect();
    let told = |path: &PathBuf| {
        let name = path.display().to_string();
        let mine: Vec<_> = warnings.iter().filter(|w| w.subject == name).collect();
        let key = if path.exists() { "config.right" } else { "config.absent" };
        if mine.is_empty() {
            vec![knowledge::fill(setting.lang(), key, &[("path", &name)])]
        } else {
            mine.into_iter().map(|warning| warning.say(setting.lang())).collect()
        }
    };
    let elsewhere =
        |warning: &&Warning| files.iter().all(|f| f.display().to_string() != warning.subject);
    let others = warnings.iter().filter(elsewhere);
    let others = others.map(|warning| warning.say(setting.lang()));
    let lines = others.chain(files.iter().flat_map(told));
    let out = lines.map(|line| own_visible(&line) + "\n").collect();
    (out, warnings.is_empty())
}
