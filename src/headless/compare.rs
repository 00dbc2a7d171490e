//! `ehlo compare`: two recordings, or a recording and what a server says today.

use std::path::Path;

use serde::Serialize;

use crate::cli::Compare;
use crate::display::compare::Compared;
use crate::display::token::own_visible;
use crate::journal::Header;
use crate::knowledge;
use crate::net::dial::Target;
use crate::session::Dialogue;
use crate::session::compare::{Difference, Pair, compare};
use crate::smtp::ehlo::Change;

use super::{Outcome, Setting, complain, json, mailbox, recent, run, say, show};

/// Prints what differs; the outcome is a failure where something does.
///
/// # Errors
/// When a file cannot be read, or the server cannot be reached.
pub fn run(wanted: &Compare, setting: &Setting) -> anyhow::Result<Outcome> {
    // What is said again to a server is a recent session, too, and not the one that was meant.
    let file = recent::one(wanted.first.clone(), setting)?;
    let again = |server| Side::again(&file, server, setting);
    let (first, second) = match (wanted.second.as_deref(), wanted.servers.as_slice()) {
        (Some(other), _) => (Side::read(&file, setting)?, Side::read(other, setting)?),
        (None, [server]) => (Side::read(&file, setting)?, again(server)?),
        (None, [one, other, ..]) => (again(one)?, again(other)?),
        (None, []) => return Ok(Outcome::Usage),
    };
    let asked = [&second, &first].into_iter().take(wanted.servers.len());
    if asked.into_iter().any(|side| side.dialogue.connection() == 0) {
        complain(knowledge::word(setting.lang(), "compare.unreached"));
        return Ok(Outcome::Unreachable);
    }
    let pairs = compare(&first.dialogue, &second.dialogue);
    if wanted.json {
        say(&json::line(&in_json(&first, &second, &pairs, wanted.codes, setting))?)?;
    } else {
        say(&in_words(&first, &second, &pairs, wanted.codes, setting))?;
    }
    if first.broken || second.broken {
        return Ok(Outcome::Usage);
    }
    let differs = pairs.iter().any(|pair| pair.differs(wanted.codes));
    Ok(if differs { Outcome::Failed } else { Outcome::Done })
}

/// One of the two.
struct Side {
    name: String,
    header: Header,
    dialogue: Dialogue,
    /// It is but the beginning of a file.
    broken: bool,
}

impl Side {
    /// What `server` answers to what the client says in `file`.
    fn again(file: &Path, server: &Target, setting: &Setting) -> anyhow::Result<Self> {
        let (header, dialogue) = run::again(file, server, setting)?;
        Ok(Self { name: server.to_string(), header, dialogue, broken: false })
    }

    fn read(file: &Path, setting: &Setting) -> anyhow::Result<Self> {
        let file = recent::one(file.to_path_buf(), setting)?;
        let found = mailbox::open(std::slice::from_ref(&file), setting.lang(), &mut |_, _| true)?;
        for told in &found.told {
            complain(told);
        }
        let dialogue = show::fold(&found.journal);
        let name = own_visible(&file.display().to_string());
        Ok(Self { name, header: found.journal.header, dialogue, broken: found.broken })
    }
}

fn in_words(first: &Side, second: &Side, pairs: &[Pair], codes: bool, setting: &Setting) -> String {
    let lang = setting.lang();
    let mut out = String::new();
    for (key, side) in [("compare.first", first), ("compare.second", second)] {
        out += &knowledge::fill(lang, key, &[("name", &side.name)]);
        out.push('\n');
    }
    let sessions = [&first.dialogue, &second.dialogue];
    let compared =
        Compared { sessions, codes, with_secrets: setting.with_secrets, lang, columns: 0 };
    let (starts, lines) = compared.starts(pairs);
    for line in compared.lines(pairs, &starts, 0..lines) {
        let line: String = line.into_iter().map(|(_, text)| text).collect();
        out += line.trim_end();
        out.push('\n');
    }
    out
}

/// Two sessions, and what belongs together.
#[derive(Serialize)]
struct Told<'a> {
    a: json::Session<'a>,
    b: json::Session<'a>,
    pairs: Vec<Paired>,
    differing: usize,
}

#[derive(Serialize)]
struct Paired {
    a: Option<usize>,
    b: Option<usize>,
    differs: bool,
    differences: Vec<&'static str>,
    offers: Vec<Offer>,
}

#[derive(Serialize)]
struct Offer {
    keyword: String,
    only: Option<&'static str>,
}

fn in_json<'a>(
    first: &'a Side,
    second: &'a Side,
    pairs: &[Pair],
    codes: bool,
    setting: &Setting,
) -> Told<'a> {
    let session = |side: &'a Side| {
        json::session(&side.header, &side.dialogue, "read", setting, Some((&side.name, None)))
    };
    let paired = pairs.iter().map(|pair| Paired {
        a: pair.first,
        b: pair.second,
        differs: pair.differs(codes),
        differences: pair.differences.iter().map(Difference::name).collect(),
        offers: pair.differences.iter().flat_map(offers).collect(),
    });
    Told {
        a: session(first),
        b: session(second),
        pairs: paired.collect(),
        differing: pairs.iter().filter(|pair| pair.differs(codes)).count(),
    }
}

fn offers(difference: &Difference) -> Vec<Offer> {
    let Difference::Offers(changed) = difference else { return Vec::new() };
    let offers = changed.iter().map(|(keyword, change)| Offer {
        keyword: keyword.clone(),
        only: match change {
            Change::Removed => Some("a"),
            Change::Added => Some("b"),
            Change::Same | Change::Changed => None,
        },
    });
    offers.collect()
}
