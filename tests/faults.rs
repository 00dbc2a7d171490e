//! Every fault of the practice server is played against the script client, and does on the wire what
//! its entry of the catalogue says; without the fault the same is not seen. Those of TLS and of the
//! listener are played over loopback. Together the faults play each entry of the catalogue that a
//! server can play, and for each other one there is a reason.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    missing_docs,
    reason = "tests"
)]

#[path = "faults/course.rs"]
mod course;
#[path = "support/outline.rs"]
mod outline;
#[path = "faults/outside.rs"]
mod outside;
#[path = "support/pair.rs"]
mod pair;
#[path = "support/program.rs"]
mod program;
#[path = "support/proven.rs"]
mod proven;
#[path = "faults/rows.rs"]
mod rows;
#[path = "support/serving.rs"]
mod serving;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use ehlo::journal::{Ending, Happening, Moment, Side};
use ehlo::knowledge::Kind;
use ehlo::session::Dialogue;
use ehlo::session::pattern::{Counter, Pattern};
use ehlo::speaker::fault::{Choice, Fault, Faults, Player};
use ehlo::speaker::{Policy, Say, Seed, Speaker};
use outline::outline;
use outside::{Outside, alert_is_read, is_reset};
use pair::Pair;
use proven::proven;
use rows::{
    COMPOSED, DATA, DICE, END, ENVELOPE, Ends, HELLO, LOGINS, OUTSIDE, REPLIES, ROW, Row, steps,
};

/// Each file of faults, by its name.
fn files() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/data/faults");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let named = files.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    });
    named.collect()
}

/// The faults of all files, by their names.
fn ids() -> Vec<String> {
    let files = files().into_iter().filter(|(name, _)| name != "unplayable.toml");
    let tables = files
        .map(|(name, text)| text.parse::<toml::Table>().unwrap_or_else(|e| panic!("{name}: {e}")));
    tables.flat_map(|table| table.into_iter().map(|(id, _)| id)).collect()
}

/// The fault that is chosen so.
fn fault(chosen: &str) -> Fault {
    let Choice { name, value } = Choice::read(chosen);
    let files = files();
    let read = |text: &String| Fault::read_one_of(text, &name, value.as_deref());
    let found = files.values().find_map(read).unwrap_or_else(|| panic!("there is no {name}"));
    found.unwrap_or_else(|e| panic!("{name}: {e:?}"))
}

/// The practice server as it is on a port of its own.
fn policy() -> Policy {
    Policy { starttls: true, ..Policy::default() }
}

/// Plays the sessions of a row with these faults, one after the other.
fn play(row: &Row, faults: Vec<Fault>) -> Vec<Pair> {
    play_with(row, &Arc::new(Faults::new(faults, 1)))
}

fn play_with(row: &Row, faults: &Arc<Faults>) -> Vec<Pair> {
    let mut now = Moment(0);
    let sessions = (1..=row.sessions).map(|session| {
        let faults = Arc::clone(faults);
        let mut pair = Pair::against(&steps(row.script), now, |deliver| {
            Box::new(Player::new(policy(), deliver, Seed::default(), faults, session))
        });
        pair.script = pair.script.clone().expecting_nothing();
        pair.shakes_hands = true;
        pair.blurt(row.early);
        pair.play();
        now = pair.now;
        pair
    });
    sessions.collect()
}

fn sees(pair: &Pair, pattern: &str) -> bool {
    let read = Pattern::read(pattern).unwrap_or_else(|e| panic!("{pattern}: {e}"));
    let mut counter = Counter::default();
    let mut exchanges = pair.dialogue.exchanges().iter();
    exchanges.any(|exchange| {
        let nth = counter.next(exchange);
        let message = exchange.message.filter(|_| exchange.turn.ends_message());
        let message = message.and_then(|at| pair.dialogue.messages().get(at));
        let mut exchange = exchange.clone();
        exchange.odd.extend(message.iter().flat_map(|message| message.odd()));
        read.matches(&exchange, nth)
    })
}

fn writes(pair: &Pair, wanted: &str) -> bool {
    let (begins, wanted) = wanted.strip_prefix('^').map_or((false, wanted), |rest| (true, rest));
    let (ends, wanted) = wanted.strip_suffix('$').map_or((false, wanted), |rest| (true, rest));
    pair.writes.iter().any(|write| match (begins, ends) {
        (true, true) => &write[..] == wanted.as_bytes(),
        (true, false) => write.starts_with(wanted.as_bytes()),
        (false, true) => write.ends_with(wanted.as_bytes()),
        (false, false) => write.windows(wanted.len()).any(|part| part == wanted.as_bytes()),
    })
}

fn ends(pair: &Pair) -> Ends {
    let mut notices = pair.dialogue.notices().iter().map(|(_, what)| what);
    match notices.find(|what| matches!(what, Happening::Closed { .. })) {
        Some(Happening::Closed { by: Side::Server, .. }) if pair.is_cut => Ends::Cut,
        Some(Happening::Closed { by: Side::Server, how: Ending::Finished }) => Ends::Finished,
        Some(Happening::Closed { by: Side::Server, how: Ending::Reset }) => Ends::Reset,
        _ => Ends::Open,
    }
}

/// What of a row is not seen.
fn lacking(row: &Row, pair: &Pair) -> Vec<String> {
    let mut out = Vec::new();
    for pattern in row.sees.iter().filter(|pattern| !sees(pair, pattern)) {
        out.push(format!("does not see {pattern}"));
    }
    for pattern in row.misses.iter().filter(|pattern| sees(pair, pattern)) {
        out.push(format!("sees {pattern}"));
    }
    for wanted in row.writes.iter().filter(|wanted| !writes(pair, wanted)) {
        out.push(format!("is not told {wanted:?}"));
    }
    if row.ends.is_some_and(|wanted| wanted != ends(pair)) {
        out.push(format!("ends {:?}", ends(pair)));
    }
    if let Some(wanted) = row.stored {
        let delivered = pair.delivered.lock().unwrap();
        let cut = format!("{}\r\n", "x".repeat(998));
        let wanted: Vec<_> =
            wanted.iter().map(|text| if *text == "CUT" { &cut } else { *text }).collect();
        let have: Vec<_> =
            delivered.iter().map(|d| String::from_utf8_lossy(&d.content).into_owned()).collect();
        if have != wanted {
            out.push(format!("stored is {have:?}"));
        }
    }
    if pair.now < Moment(row.takes * 1_000_000) {
        out.push(format!("takes {:?}", pair.now));
    }
    out
}

fn rows() -> impl Iterator<Item = &'static Row> {
    [REPLIES, HELLO, LOGINS, ENVELOPE, DATA, END, COMPOSED].into_iter().flatten()
}

/// The name of what is chosen.
fn name(chosen: &str) -> &str {
    chosen.split('=').next().unwrap_or_default()
}

#[test]
fn each_fault_does_what_its_entry_says_and_nothing_else_does() {
    let mut wrong = Vec::new();
    for row in rows() {
        let played = play(row, vec![fault(row.fault)]).pop().unwrap();
        let lacks = lacking(row, &played);
        if !lacks.is_empty() {
            wrong.push(format!("{}: {lacks:#?}\n{}", row.fault, outline(&played.dialogue)));
        }
        let told = played.dialogue.notices().iter().any(|(_, what)| {
            matches!(what, Happening::Played(played) if played.fault == name(row.fault))
        });
        if !told {
            wrong.push(format!("{}: nobody is told that it was played", row.fault));
        }
        let plain = play(row, Vec::new()).pop().unwrap();
        if lacking(row, &plain).is_empty() {
            let seen = outline(&plain.dialogue);
            wrong.push(format!("{}: the good server does the same\n{seen}", row.fault));
        }
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn what_is_seen_from_outside_is_seen_over_loopback() {
    let good = Outside::start(None);
    for fault in OUTSIDE {
        assert!(Outside::start(Some(fault)).shows(fault), "{fault} is not seen");
        assert!(!good.shows(fault), "{fault}: the good server does the same");
    }
    assert!(is_reset(Some("greeting-reset")) && !is_reset(None));
    assert!(alert_is_read());
}

/// A session that goes well where nothing is wrong.
const USUAL: Row = Row { script: "HELLO|MAIL|BOB|BODY|QUIT", ..ROW };

#[test]
fn who_is_greylisted_gets_through_in_a_later_session() {
    let row = Row { sessions: 3, script: ":wait 3s|HELLO|MAIL|BOB|BODY|QUIT", ..ROW };
    let played = play(&row, vec![fault("greylist=6s")]);
    let taken: Vec<bool> = played.iter().map(|pair| sees(pair, "message 250")).collect();
    assert_eq!(taken, [false, false, true]);
    assert!(played[..2].iter().all(|pair| sees(pair, "rcpt 450 odd:F12")));
}

#[test]
fn dice_fall_as_their_seed_says() {
    let row = Row { sessions: 60, ..USUAL };
    let outlines = |seed| -> Vec<String> {
        let played = play_with(&row, &Arc::new(Faults::new(vec![fault("flaky")], seed)));
        played.iter().map(|pair| outline(&pair.dialogue)).collect()
    };
    let played = play(&row, vec![fault("flaky")]);
    let count = |pattern| played.iter().filter(|pair| sees(pair, pattern)).count();
    for (pattern, about) in [("greeting 421", 12), ("mail 451", 6), ("message odd:G05", 12)] {
        assert!((1..=2 * about).contains(&count(pattern)), "{pattern}: {}", count(pattern));
    }
    assert!(count("message 250") > 15, "{}", count("message 250"));
    let is_roll =
        |what: &Happening| matches!(what, Happening::Played(played) if played.roll.is_some());
    let rolled = |pair: &Pair| pair.dialogue.notices().iter().any(|(_, what)| is_roll(what));
    assert!(played.iter().any(rolled));
    assert_eq!(outlines(1), outlines(1));
    assert_ne!(outlines(1), outlines(2));
}

/// Beliefs and rules of a later fault go over those of an earlier one.
#[test]
fn faults_are_composed() {
    let both = || vec![fault("greylist"), fault("bare-lf"), fault("quit-silent")];
    let played = play(&USUAL, both()).pop().unwrap();
    for pattern in ["greeting odd:B09", "rcpt 450 odd:F12 odd:B09"] {
        assert!(sees(&played, pattern), "{pattern}\n{}", outline(&played.dialogue));
    }
    let row = Row { script: "HELLO|QUIT", ..ROW };
    assert_eq!(ends(&play(&row, both())[0]), Ends::Finished);
    assert!(sees(&play(&row, both())[0], "quit odd:I01"));
}

#[test]
fn no_fault_is_without_a_test() {
    let mut tested: Vec<&str> = rows().map(|row| name(row.fault)).collect();
    tested.extend(OUTSIDE.iter().chain(DICE));
    let ids = ids();
    let known: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let all: BTreeSet<&str> = tested.iter().copied().collect();
    assert_eq!(known.len(), ids.len(), "a name stands in two files");
    assert_eq!(all.len(), tested.len(), "a fault is tested twice");
    let untested: Vec<_> = known.difference(&all).collect();
    let unknown: Vec<_> = all.difference(&known).collect();
    assert!(
        untested.is_empty() && unknown.is_empty(),
        "untested {untested:?}, unknown {unknown:?}"
    );
}

/// How many of the entries were in the catalogue from the beginning; the others were found since.
const FIRST: usize = 185;
/// Those that were found since.
const SINCE: [&str; 6] = ["A16", "C21", "C22", "C23", "E16", "H16"];

#[test]
fn each_entry_of_the_catalogue_is_played_or_cannot_be() {
    let mut plays: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for id in ids() {
        let fault = fault(&id);
        assert!(!fault.plays.is_empty(), "{id} plays nothing");
        for entry in fault.plays {
            plays.entry(entry).or_default().push(id.clone());
        }
    }
    let reasons: toml::Table = files()["unplayable.toml"].parse().unwrap();
    let catalogue: BTreeSet<&str> = Kind::Oddity.entries().keys().map(String::as_str).collect();
    assert_eq!(catalogue.len(), FIRST + SINCE.len());
    let named: BTreeSet<&str> = plays.keys().chain(reasons.keys()).map(String::as_str).collect();
    let missing: Vec<_> = catalogue.difference(&named).collect();
    let unknown: Vec<_> = named.difference(&catalogue).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
    let both: Vec<_> = reasons.keys().filter(|id| plays.contains_key(*id)).collect();
    assert!(both.is_empty(), "played although they cannot be: {both:?}");
    for (id, faults) in &plays {
        proven("practice", &format!("catalogue {id}"), &format!("played by {}", faults.join(", ")));
    }
    for (id, reason) in &reasons {
        let why = reason["reason"]["en"].as_str().unwrap();
        proven("practice", &format!("catalogue {id}"), &format!("cannot be played: {why}"));
    }
    let first = |id: &&String| !SINCE.contains(&id.as_str());
    println!(
        "faults: {}; entries played: {}, not playable: {}; of the first {FIRST}: {} and {}",
        ids().len(),
        plays.len(),
        reasons.len(),
        plays.keys().filter(first).count(),
        reasons.keys().filter(first).count(),
    );
}

/// What most of a session asks for.
const EVERYTHING: Row = Row {
    script: "HELLO | NOOP | VRFY bob | MAIL FROM:<alice@example.org> SIZE=10 | \
             RCPT TO:<bob@example.net> | RCPT TO:<nobody@example.net> | DATA | C: x | C: . | RSET | \
             XYZZY | QUIT",
    ..ROW
};

/// What a client says that knows no SMTP, all at once.
const NONSENSE: &[u8] = b"\0\r\n.\r\nEHLO\r\nEHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<bob@example.net>\r\nBDAT 3\r\na\r\n\
DATA\r\nAUTH PLAIN\r\n*\r\nSTARTTLS\r\nRCPT TO:<\xff@x>\r\nDATA\r\n\n.\nX: y\r\n.\r\nVRFY\r\nHELO\r\nQUIT\r\nNOOP";

#[test]
fn whatever_faults_are_played_together_a_session_comes_to_its_end() {
    let all: Vec<Fault> = ids().iter().map(|id| fault(id)).collect();
    let nonsense = Row { early: NONSENSE, script: "GREETING|HELLO|MAIL|BOB|BODY|QUIT", ..ROW };
    // A prime number of steps meets each fault with others every time.
    for at in 0..all.len() {
        let others = [1, 7, 31, 61].map(|step| all[(at + step) % all.len()].clone());
        let together: Vec<Fault> = std::iter::once(all[at].clone()).chain(others).collect();
        for length in 2..=together.len() {
            play(&EVERYTHING, together[..length].to_vec());
            play(&nonsense, together[..length].to_vec());
        }
    }
}

#[test]
fn other_faults_can_be_chosen_at_any_moment() {
    let (good, bad) = (
        Arc::new(Faults::default()),
        Arc::new(Faults::new(vec![fault("eod-lf"), fault("tarpit=1s")], 1)),
    );
    for moment in 0..20 {
        let player = Player::new(
            policy(),
            Arc::new(|_| Ok("1".to_owned())),
            Seed::default(),
            good.clone(),
            1,
        );
        let mut pair = Pair::against(&steps(EVERYTHING.script), Moment(0), |_| {
            Box::new(Changing { player, asked: 0, moment, faults: vec![good.clone(), bad.clone()] })
        });
        pair.script = pair.script.clone().expecting_nothing();
        pair.play();
        let told =
            pair.dialogue.notices().iter().filter(|(_, what)| matches!(what, Happening::Played(_)));
        assert!(moment > 15 || told.count() >= 2, "{}", outline(&pair.dialogue));
    }
}

/// A server that is told at some moment to play these, one after the other.
struct Changing {
    player: Player,
    asked: usize,
    moment: usize,
    faults: Vec<Arc<Faults>>,
}

impl Speaker for Changing {
    fn next(&mut self, now: Moment, seen: &Dialogue) -> Option<Say> {
        self.asked += 1;
        if self.asked > self.moment
            && let Some(faults) = self.faults.pop()
        {
            self.player.play(faults);
        }
        self.player.next(now, seen)
    }
}
