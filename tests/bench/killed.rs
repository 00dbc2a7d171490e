//! `kill -9` at moments that nobody chose: how much of what was answered is in the recordings.

use std::process::Command;

use crate::figure::{Kind, Series};
use crate::kill::{Dice, kill_once};
use crate::material::Material;
use crate::process::EHLO;

/// How often the program is killed.
const TIMES: u32 = 200;

pub(crate) const KILLED: Kind =
    Kind::cost("recordings that do not open, each of 200 killings (kill -9)", "recordings", 1.0);

/// Kills it; a recording that lacks what was answered ends the benchmark with what is missing.
///
/// # Errors
/// When the program or a folder cannot be had.
pub(crate) fn killed(material: &Material) -> anyhow::Result<Vec<Series>> {
    let seed = u64::from(std::process::id());
    let mut dice = Dice(seed);
    let mut series = Series::new(&KILLED, &["none"]);
    let (mut events, mut torn, mut files) = (0, 0, 0);
    for round in 0..TIMES {
        let folder = material.folder().join(format!("killed-{round}"));
        let killed = kill_once(EHLO, &folder, &mut dice);
        files += killed.events.len();
        torn += killed.torn;
        events += killed.events.iter().sum::<usize>();
        let asked = folder.join("asked.jsonl");
        let written = asked.metadata().is_ok_and(|facts| facts.len() > 0);
        let shown = Command::new(EHLO).arg("show").arg(&asked).output()?;
        let fails = f64::from(u8::from(written && !shown.status.success()));
        series.round(&[Some(fails), Some(0.0)]);
        std::fs::remove_dir_all(folder)?;
    }
    eprintln!(
        "kill -9, {TIMES} times (seed {seed}): recordings: {files}, events: {events}, torn: {torn}"
    );
    Ok(vec![series])
}
