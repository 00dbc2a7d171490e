//! The fold alone, in memory: events → dialogue, beside the least one can do with the bytes.
#![expect(clippy::unnecessary_wraps, reason = "every group is measured by such a function")]

use std::hint::black_box;
use std::time::Instant;

use ehlo::journal::{Event, Happening};
use ehlo::session::Dialogue;

use crate::figure::{Kind, Series};
use crate::material::{self, Material};
use crate::process::since;

/// Mail data of the large message.
pub(crate) const MAIL_DATA: Kind = Kind::rate("fold, 50 MB of mail data", "MB/s");
/// The long session.
pub(crate) const EXCHANGES: Kind = Kind::rate("fold, 100,000 exchanges", "exchanges/ms");

const ROUNDS: usize = 9;
const YARDSTICKS: [&str; 2] = ["counting lines (memchr)", "copying the bytes"];

/// The large message.
///
/// # Errors
/// Never.
pub(crate) fn mail_data(_: &Material) -> anyhow::Result<Vec<Series>> {
    let events = material::large_session();
    let bytes: usize = data(&events).map(<[u8]>::len).sum();
    Ok(vec![measured(&MAIL_DATA, &events, bytes as f64 / 1e6 * 1e3)])
}

/// The long session.
///
/// # Errors
/// Never.
pub(crate) fn exchanges(_: &Material) -> anyhow::Result<Vec<Series>> {
    Ok(vec![measured(&EXCHANGES, &material::long_session(), material::EXCHANGES as f64)])
}

/// `work` is what is done in all; divided by milliseconds it gives the unit of `kind`.
fn measured(kind: &'static Kind, events: &[Event], work: f64) -> Series {
    let mut series = Series::new(kind, &YARDSTICKS);
    for round in 0..=ROUNDS {
        let times = [folded(events), counted(events), copied(events)];
        // The first round only warms up.
        if round > 0 {
            series.round(&times.map(|time| Some(work / time)));
        }
    }
    series
}

fn data(events: &[Event]) -> impl Iterator<Item = &[u8]> {
    events.iter().filter_map(|event| match &event.what {
        Happening::Bytes { data, .. } => Some(&data[..]),
        _ => None,
    })
}

fn folded(events: &[Event]) -> f64 {
    let mut dialogue = Dialogue::default();
    let start = Instant::now();
    for event in events {
        dialogue.apply(event);
    }
    let time = since(start);
    black_box(&dialogue);
    time
}

fn counted(events: &[Event]) -> f64 {
    let start = Instant::now();
    let lines: usize = data(events).map(|d| memchr::memchr_iter(b'\n', d).count()).sum();
    let time = since(start);
    black_box(lines);
    time
}

fn copied(events: &[Event]) -> f64 {
    let start = Instant::now();
    let mut copy = Vec::new();
    for data in data(events) {
        copy.extend_from_slice(data);
    }
    let time = since(start);
    black_box(&copy);
    time
}
