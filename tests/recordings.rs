//! What the real program records by itself, and what it makes of recordings that are none, or were.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may fail"
)]

#[path = "support/killed.rs"]
mod killed;
#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;

use std::path::{Path, PathBuf};

use program::{Home, arg};
use proptest::prelude::*;
use proptest::sample::Index;
use pty::Terminal;

use ehlo::display::recording;
use ehlo::journal::file;
use ehlo::knowledge::Lang;

const LOGIN: &str = "C: EHLO pc.example.org\nS: 250\n:auth PLAIN alice@example.org\nC: QUIT\n";
const HELLO: &str = "C: EHLO pc.example.org\nS: 250\nC: QUIT\n";

/// The folder of recordings.
fn folder(home: &Home) -> PathBuf {
    home.path("home/ehlo/recordings")
}

/// The recordings of a home, the oldest first.
fn kept(home: &Home) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder(home)).into_iter().flatten().flatten();
    let mut all: Vec<_> = files.map(|file| file.path()).collect();
    all.sort();
    all
}

fn run(home: &Home, script: &str, args: &[&str]) -> program::Ended {
    let script = home.file("script.txt", script);
    let secret = home.file("secret", "correct horse");
    let all = ["run", arg(&script), "--server", "practice", "--password-file", arg(&secret)];
    home.run([&all[..], args].concat())
}

#[test]
fn every_session_that_talks_is_kept_and_opened_again() {
    let home = Home::new();
    let listed = home.run(["open"]).with(0);
    assert_eq!(listed.out, "no session was recorded yet\n");
    run(&home, HELLO, &[]).with(0);
    home.run(["send", "-s", "practice", "-t", "bob@example.net"]).with(0);
    home.run_with(["--plain"], "EHLO plain.example\nQUIT\n").with(0);
    let mut t = Terminal::ehlo_with((80, 24), &[], &[("XDG_STATE_HOME", arg(&home.path("home")))]);
    t.wait_for("S 220 ");
    t.line("EHLO screen.example");
    t.wait_for("S 250 ENHANCEDSTATUSCODES");
    let listed = home.run(["open"]).with(0).out;
    let lines: Vec<_> = listed.lines().collect();
    assert_eq!(lines.len(), 4, "{listed}");
    // One that goes on is no last session.
    assert!(lines[0].starts_with("  ") && lines[1].starts_with("recent  "), "{listed}");
    assert!(lines[0].ends_with(" B  practice  (goes on)"), "{listed}");
    assert!(lines[3].starts_with("recent:3  ") && lines[3].ends_with(" practice"), "{listed}");
    t.line("QUIT");
    t.wait_for("221");
    t.keys("\x11");
    t.wait_for_end();
    let verbs = ["C: EHLO screen.example", "C: EHLO plain.example", "C: DATA", "C: QUIT"];
    for (name, said) in ["recent", "recent:2", "recent:3", "recent:4"].iter().zip(verbs) {
        let shown = home.run(["show", name]).with(0);
        assert!(shown.out.contains(said), "{name}: {}", shown.out);
        assert_eq!(shown.err, "");
    }
    // What is looked at, played or compared is found by the same name.
    home.run(["show", "recent:3", "--view", "envelope"]).with(0);
    home.run(["run", "recent:4", "--codes", "--server", "practice"]).with(0);
    home.run(["compare", "recent", "recent:5", "--codes"]).with(0);
    let few = home.run(["show", "recent:99"]).with(64);
    assert!(few.err.contains("recent:99: recorded sessions: 5"), "{}", few.err);
    let rows = home.run(["open", "--json"]).with(0).json();
    assert_eq!((rows.len(), &rows[0]["name"]), (5, &"recent".into()));
    // A file of that name is that file.
    home.file("recent", "C: NOOP\n");
    assert!(home.run(["show", "recent"]).with(0).out.starts_with("C: NOOP"));
    let paths = home.run(["config", "path"]).with(0).out;
    assert!(paths.contains(&format!("recordings: {}\n", folder(&home).display())), "{paths}");
    let japanese = home.run(["open", "--lang", "ja"]).with(0).out;
    assert!(japanese.contains(" バイト  practice"), "{japanese}");
}

#[cfg(unix)]
#[test]
fn recordings_that_nobody_asked_for_have_no_secrets_and_one_reader() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let asked = home.path("asked.jsonl");
    run(&home, LOGIN, &["--with-secrets", "--record", arg(&asked)]).with(0);
    let secret = "AGFsaWNlQGV4YW1wbGUub3JnAGNvcnJlY3QgaG9yc2U=";
    assert!(std::fs::read_to_string(&asked).unwrap().contains(secret));
    let [kept] = &kept(&home)[..] else { panic!("one session") };
    let text = std::fs::read_to_string(kept).unwrap();
    assert!(!text.contains(secret) && text.contains("\"veiled\":"), "{text}");
    for (path, mode) in [(folder(&home), 0o700), (kept.clone(), 0o600)] {
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn as_many_are_kept_as_are_wished() {
    let home = Home::new();
    let of = |keep: &str, size: &str| {
        let mut command = home.ehlo(["send", "-s", "practice", "-t", "bob@example.net"]);
        command.env("EHLO_RECORDINGS_KEEP", keep).env("EHLO_RECORDINGS_SIZE", size);
        program::Running::start(command).end().with(0)
    };
    for _ in 0..4 {
        of("2", "200");
    }
    let two = kept(&home);
    assert_eq!(two.len(), 2);
    for (keep, size) in [("0", "200"), ("2", "0")] {
        of(keep, size);
        assert_eq!(kept(&home), two, "nothing is recorded, and nothing goes");
    }
    let off = home.ehlo(["open"]).env("EHLO_RECORDINGS_KEEP", "0").output().unwrap();
    assert_eq!(String::from_utf8_lossy(&off.stdout).lines().count(), 2);
}

#[test]
fn a_folder_that_cannot_be_written_is_told_once_and_ends_nothing() {
    let home = Home::new();
    home.file("home/ehlo/recordings", "no folder");
    let script = home.file("script.txt", HELLO);
    let two = home.run(["run", arg(&script), arg(&script), "--server", "practice"]).with(0);
    assert_eq!(two.err.matches("is not kept among the last ones").count(), 1, "{}", two.err);
    let plain = home.run_with(["--plain"], "EHLO x.example\nQUIT\n").with(0);
    assert_eq!(plain.err.matches("is not kept among the last ones").count(), 1, "{}", plain.err);
    home.run(["send", "-s", "practice", "-t", "bob@example.net"]).with(0);
    let state = home.path("home");
    let mut t = Terminal::ehlo_with((100, 24), &[], &[("XDG_STATE_HOME", arg(&state))]);
    t.wait_for("S 220 ");
    t.wait_for("is not kept among the last ones");
    t.keys("\x11");
    t.wait_for_end();
}

/// Several programs record, and delete what is too much, at the same time.
#[test]
fn programs_at_the_same_time_take_nothing_from_each_other() {
    let home = Home::new();
    let script = home.file("script.txt", format!("{}C: QUIT\n", "C: NOOP\nS: 250\n".repeat(50)));
    let ended = std::thread::scope(|scope| {
        let one = || {
            let mut command = home.ehlo(["run", arg(&script), "--server", "practice"]);
            command.env("EHLO_RECORDINGS_KEEP", "3");
            program::Running::start(command).end()
        };
        let running: Vec<_> = (0..8).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|one| one.join().unwrap()).collect::<Vec<_>>()
    });
    assert!(ended.iter().all(|ended| ended.code == Some(0) && ended.err.is_empty()), "{ended:?}");
    let left = kept(&home);
    assert!((1..=8).contains(&left.len()), "{left:?}");
    for path in left {
        let found = file::read(&std::fs::read(path).unwrap()).unwrap();
        assert!(found.torn.is_none() && found.broken.is_none());
    }
}

/// A recording with a login and a message.
fn sample(home: &Home) -> Vec<u8> {
    let path = home.path("sample.jsonl");
    let letter = "C: EHLO pc.example.org\nS: 250\n:auth PLAIN alice@example.org\n\
                  C: MAIL FROM:<alice@example.org>\nS: 250\nC: RCPT TO:<bob@example.net>\nS: 250\n\
                  C: DATA\nS: 354\nC: Subject: x\nC:\nC: hello\nC: .\nS: 250\nC: QUIT\n";
    run(home, letter, &["--record", arg(&path)]).with(0);
    std::fs::read(path).unwrap()
}

/// Everything that reads recordings: how it ends, and what it says.
fn by_all(home: &Home, path: &Path) -> [program::Ended; 4] {
    let good = home.path("sample.jsonl");
    let path = arg(path);
    [
        home.run(["show", path]),
        // Without a terminal, the same as show.
        home.run(["open", path]),
        home.run(["compare", path, arg(&good)]),
        home.run(["run", path, "--codes", "--server", "practice"]),
    ]
}

#[test]
fn what_is_no_recording_is_told_with_its_place() {
    let home = Home::new();
    let good = sample(&home);
    let at = |n: usize| good.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(n).unwrap().0 + 1;
    let cut = |n: usize, more: &[u8]| [&good[..at(n)], more, &good[at(n)..]].concat();
    let lines = good.iter().filter(|b| **b == b'\n').count();
    let header = "expected a header such as {\"ehlo-journal\":1}";
    let huge = [b"{\"ehlo-journal\":1}\n{\"at\":1,\"client\":\"".to_vec(), vec![b'x'; 64 << 20]];
    let nested = [b"{\"ehlo-journal\":1}\n".to_vec(), vec![b'['; 1 << 20], b"\n".to_vec()];
    for (name, bytes, told) in [
        ("empty.jsonl", Vec::new(), "the file is empty".to_owned()),
        ("text.jsonl", b"hello\n".to_vec(), format!("line 1, column 1: expected value; {header}")),
        ("picture.jsonl", b"\x89PNG\r\n\x1a\n\0".to_vec(), "seems to be PNG".into()),
        ("packed.jsonl", b"\x1f\x8b\x08\0\0".to_vec(), "seems to be gzip".into()),
        ("packed.txt", b"\x1f\x8b\x08\0\0".to_vec(), "seems to be gzip".into()),
        ("wide.jsonl", b"\xff\xfe{\0".to_vec(), "seems to be UTF-16".into()),
        ("zeros.jsonl", vec![0; 4096], format!("line 1, column 1: expected value; {header}")),
        ("newer.jsonl", b"{\"ehlo-journal\":7}\n".to_vec(), "has version 7".into()),
        ("other.jsonl", b"{\"version\":7}\n".to_vec(), header.into()),
        (
            "nested.jsonl",
            nested.concat(),
            "line 2, column 1: invalid type: sequence, expected".to_owned(),
        ),
    ] {
        let path = home.file(name, &bytes);
        for ended in by_all(&home, &path) {
            let ended = ended.with(64);
            assert!(ended.err.contains(&format!("{name}: ")), "{name}: {}", ended.err);
            assert!(ended.err.contains(&told), "{name}: {}", ended.err);
        }
    }
    for (name, bytes, place) in [
        ("garbage.jsonl", cut(7, b"garbage\n"), "line 9, column 1: expected value"),
        ("latin.jsonl", cut(7, b"{\"at\":9,\"client\":\"\xe9\"}\n"), "line 9, column 19"),
        ("header.jsonl", cut(7, b"{\"ehlo-journal\":1}\n"), "line 9, column 15: unknown field"),
        (
            "leg.jsonl",
            cut(7, b"{\"at\":9,\"leg\":3,\"client\":\"x\"}\n"),
            "connection 3; expected one",
        ),
        (
            "veil.jsonl",
            cut(7, b"{\"at\":9,\"client\":\"x\",\"veiled\":[[5,2]]}\n"),
            "\"veiled\" is not",
        ),
        (
            "minus.jsonl",
            cut(7, b"{\"at\":-9,\"client\":\"x\"}\n"),
            "line 9, column 8: invalid value",
        ),
    ] {
        let path = home.file(name, bytes);
        let rest = format!("(lines behind it: {})", lines - 8);
        let [show, open, compare, run] = by_all(&home, &path).map(|ended| ended.with(64));
        for ended in [&show, &open, &compare, &run] {
            assert!(ended.err.contains(&format!("{name}: ")), "{name}: {}", ended.err);
            assert!(ended.err.contains(place), "{name}: {}", ended.err);
            assert!(ended.err.contains(&rest), "{name}: {}", ended.err);
        }
        assert!(show.out.contains("S: 220 ") && show.out == open.out, "{}", show.out);
        assert!(compare.out.starts_with("A: "), "{}", compare.out);
        assert_eq!(run.out, "", "what is missing is not said to a server");
    }
    let path = home.file("huge.jsonl", huge.concat());
    let shown = home.run(["show", arg(&path)]).with(0);
    assert!(shown.err.contains("huge.jsonl: line 2 is cut off"), "{}", shown.err);
    let back = home.file("back.jsonl", cut(7, b"{\"at\":0,\"exited\":\"x\"}\n"));
    let shown = home.run(["show", arg(&back)]).with(0);
    assert!(shown.err.contains("the time of line 9 lies before"), "{}", shown.err);
    let far = home.file("far.jsonl", cut(7, b"{\"at\":18446744073709551615,\"exited\":\"x\"}\n"));
    for form in [&["--json"][..], &["--full"]] {
        home.run([&["show", arg(&far)], form].concat()).with(0);
    }
    let only = home.file("header-only.jsonl", "{\"ehlo-journal\":1}\n");
    home.run(["show", arg(&only)]).with(0);
    let half = home.file("half.jsonl", "{\"ehlo-journal\":1,\"star");
    let shown = home.run(["show", arg(&half)]).with(0);
    assert!(shown.err.contains("line 1 is cut off"), "{}", shown.err);
    let missing = home.run(["show", "missing.jsonl"]).with(64);
    assert!(missing.err.contains("missing.jsonl"), "{}", missing.err);
    std::fs::create_dir(home.path("folder.jsonl")).unwrap();
    for ended in by_all(&home, &home.path("folder.jsonl")) {
        assert!(ended.with(64).err.contains("folder.jsonl"));
    }
}

#[cfg(unix)]
#[test]
fn a_recording_may_come_through_a_pipe() {
    let home = Home::new();
    let good = sample(&home);
    let pipe = home.path("pipe.jsonl");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let torn = good[..good.len() - 9].to_vec();
    let writer = std::thread::spawn({
        let pipe = pipe.clone();
        move || std::fs::write(pipe, torn).unwrap()
    });
    let shown = home.run(["show", arg(&pipe)]).with(0);
    writer.join().unwrap();
    assert!(shown.out.contains("S: 220 ") && shown.err.contains("is cut off"), "{}", shown.err);
}

#[test]
fn the_screen_shows_what_could_be_read() {
    let home = Home::new();
    let good = sample(&home);
    let text = String::from_utf8(good).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    lines.insert(8, "garbage");
    let path = home.file("broken.jsonl", lines.join("\n"));
    let mut t = Terminal::ehlo((160, 24), &["open", arg(&path)]);
    t.wait_for("S 235 2.7.0");
    t.wait_for("line 9, column 1: expected value; expected an event");
    t.keys("\x11");
    t.wait_for_end();
}

#[test]
fn a_recording_is_opened_in_a_tab_and_what_is_none_is_told() {
    let home = Home::new();
    run(&home, HELLO, &[]).with(0);
    let state = home.path("home");
    let picture = home.file("picture.jsonl", "\u{89}PNG");
    let picture = std::fs::write(&picture, b"\x89PNG\r\n\x1a\n").map(|()| picture).unwrap();
    let mut t = Terminal::ehlo_with((120, 24), &[], &[("XDG_STATE_HOME", arg(&state))]);
    t.wait_for("S 220 ");
    t.line(":open recent");
    t.wait_for("C QUIT");
    t.wait_for("2 recent recorded");
    for (file, told) in [
        (arg(&picture), "seems to be PNG"),
        ("/nowhere.jsonl", "No such file"),
        ("recent:9", "recorded sessions: 1"),
    ] {
        t.line(&format!(":open {file}"));
        t.wait_for(told);
        t.wait_for("[2 recent recorded]");
    }
    t.line(":compare recent");
    t.wait_for("B: recent");
    t.keys("\x1b");
    t.wait_gone("B: recent");
    t.keys("\x11");
    t.wait_for_end();
}

/// What was answered is in the recordings, whenever the program is killed; `cargo bench -- killings`
/// does it 200 times.
#[test]
fn a_program_that_is_killed_loses_nothing_that_was_answered() {
    let home = Home::new();
    let seed = u64::from(std::process::id());
    let mut dice = killed::Dice(seed);
    for round in 0..12 {
        let folder = home.path(&format!("killed-{round}"));
        let killed = killed::kill_once(env!("CARGO_BIN_EXE_ehlo"), &folder, &mut dice);
        eprintln!("{round} of {seed}: {killed:?}");
    }
}

/// A change of a recording.
#[derive(Clone, Debug)]
enum Change {
    Byte(Index, u8),
    Cut(Index, Index),
    Twice(Index, Index),
    Insert(Index, Vec<u8>),
}

fn change() -> impl Strategy<Value = Change> {
    let word = prop_oneof![
        Just(b"\"leg\":1,".to_vec()),
        Just(b"18446744073709551615".to_vec()),
        Just(b"-1".to_vec()),
        Just(b"1e999".to_vec()),
        Just(b"\"veiled\":[[3,1]],".to_vec()),
        Just(b"\n".to_vec()),
        Just(b"\\u0000".to_vec()),
        Just(b"null".to_vec()),
        proptest::collection::vec(any::<u8>(), 1..5),
    ];
    prop_oneof![
        (any::<Index>(), any::<u8>()).prop_map(|(at, to)| Change::Byte(at, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Cut(from, to)),
        (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Change::Twice(from, to)),
        (any::<Index>(), word).prop_map(|(at, word)| Change::Insert(at, word)),
    ]
}

fn changed(mut bytes: Vec<u8>, change: &Change) -> Vec<u8> {
    let range = |from: &Index, to: &Index, len: usize| {
        let (from, to) = (from.index(len + 1), to.index(len + 1));
        from.min(to)..from.max(to)
    };
    match change {
        Change::Byte(at, to) if !bytes.is_empty() => {
            let at = at.index(bytes.len());
            bytes[at] = *to;
        }
        Change::Byte(..) => {}
        Change::Cut(from, to) => drop(bytes.drain(range(from, to, bytes.len()))),
        Change::Twice(from, to) => {
            let range = range(from, to, bytes.len());
            let again = bytes[range.clone()].to_vec();
            bytes.splice(range.end..range.end, again);
        }
        Change::Insert(at, word) => {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, word.iter().copied());
        }
    }
    bytes
}

/// Everything that is made of a recording in this process.
fn looked_at(bytes: &[u8]) {
    match file::read(bytes) {
        Err(error) => assert!(!recording::say(&error, Lang::En).is_empty()),
        Ok(found) => {
            let dialogue = ehlo::headless::show::fold(&found.journal);
            let mut printer = ehlo::headless::print::Printer::new(Lang::En, true, false);
            printer.news(&dialogue);
            let setting = ehlo::headless::Setting::default();
            let header = &found.journal.header;
            let json = ehlo::headless::json::session(header, &dialogue, "read", &setting, None);
            ehlo::headless::json::line(&json).unwrap();
            let pairs = ehlo::session::compare::compare(&dialogue, &dialogue);
            assert!(pairs.iter().all(|pair| !pair.differs(false)));
            ehlo::journal::transcript::write(header, found.journal.events());
            for told in recording::found(&found, "x", Lang::Ja) {
                assert!(told.len() < 1000, "{told}");
            }
        }
    }
}

#[test]
fn a_recording_that_was_changed_anyhow_gives_a_place_or_what_could_be_read() {
    let home = Home::new();
    let good = sample(&home);
    looked_at(&good);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) };
    proptest!(config, |(changes in proptest::collection::vec(change(), 1..6))| {
        looked_at(&changes.iter().fold(good.clone(), changed));
    });
}
