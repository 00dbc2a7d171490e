//! A file as a plan: a script with its variables and includes, a transcript, or the client's half of
//! any recording.

use std::path::Path;

use anyhow::{Context as _, Error};

use crate::display::transcript as misread;
use crate::journal::transcript::{self, Place};
use crate::journal::{file, source::Source};
use crate::knowledge::{self, Lang};
use crate::session::plan::Plan;
use crate::speaker::plan;

use super::run::script;
use super::{Setting, mailbox, named, read_input, show};

/// Reads a plan; the files it names are looked for beside the file that names them.
///
/// # Errors
/// When a file cannot be read, or nothing in it can be said.
pub fn load(path: &Path, setting: &Setting, lang: Lang) -> anyhow::Result<Plan> {
    let bytes = read_input(path, lang)?;
    if file::is_journal(&bytes) {
        return recorded(path, lang);
    }
    let steps = match transcript::steps(&bytes) {
        Ok(steps) => steps,
        // It may be a recording of another kind.
        Err(error) => {
            let told = Error::msg(misread::say(&error, lang)).context(named(path));
            return recorded(path, lang).map_err(|_| told);
        }
    };
    let mut variables = script::variables(&[], setting);
    let variables = (!transcript::is_timed(&steps)).then_some(&mut variables);
    scripted(path, &script::assembled(path, bytes, variables, lang)?, lang)
}

fn scripted(path: &Path, source: &Source, lang: Lang) -> anyhow::Result<Plan> {
    let told = |error| Error::msg(misread::say_in(&source.misplaced(error), lang));
    let steps = transcript::steps(&source.text).map_err(told)?;
    let beside =
        |at: Place, file: &str| script::beside(source.locate(at).0, file).display().to_string();
    let (greeting, steps) = plan::read(steps, beside).map_err(told)?;
    Ok(Plan::new(named(path), greeting, steps))
}

/// What the client said on the last connection of a recording.
fn recorded(path: &Path, lang: Lang) -> anyhow::Result<Plan> {
    let found = mailbox::open(&[path.to_owned()], lang, &mut |_, _| true)?;
    let seen = show::fold(&found.journal);
    let plan = Plan::again(named(path), &seen, seen.connection());
    let nothing = || knowledge::fill(lang, "plan.no-steps", &[("name", &named(path))]);
    (!plan.steps().is_empty()).then_some(plan).with_context(nothing)
}
