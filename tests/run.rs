//! `ehlo run` as a runner of protocol tests: variables, files in files, limits, and what it reports.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/junit.rs"]
mod junit;
#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;

use std::net::TcpListener;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use junit::Report;
use peer::Peer;
use program::{Ended, Home, Running, arg};
use pty::Terminal;
use serde_json::Value;

const PRACTICE: [&str; 2] = ["--server", "practice"];

/// Plays files of a home.
fn run(home: &Home, names: &[&str], options: &[&str]) -> Ended {
    home.run([&["run"], names, options].concat())
}

/// What the client said in a session, line by line.
fn said(session: &Value) -> Vec<String> {
    let exchanges = session["exchanges"].as_array().unwrap();
    exchanges.iter().filter_map(|e| Some(e["command"].as_str()?.to_owned())).collect()
}

/// A server that says what it heard behind its greeting, line by line, and answers each with 250.
fn listener(lines: usize) -> Peer<Vec<String>> {
    Peer::start(move |mut client| {
        client.say("220 fake.example\r\n");
        let hear = |_| {
            let line = client.line();
            client.say("250 ok\r\n");
            line.trim_end().to_owned()
        };
        (0..lines).map(hear).collect()
    })
}

#[test]
fn variables_stand_for_what_was_set_and_what_there_is() {
    let home = Home::new();
    home.file(
        "a.txt",
        ":set who bob\n:set id ${message-id}\nC: 1 ${who} ${count} ${count:x}\nS: 2${fifty}\n\
         C: 2 ${id} ${id}\nS: 250 ${ok}\nC: 3 ${message-id} ${date}\nS: 250\n\
         C: 4 ${env:SUITE} \\${who} ${host}\nS: 250\n:close\n",
    );
    home.file("b.txt", "C: 5 ${count} ${count:x} ${count}\nS: 250\n:close\n");
    let peers = [listener(4), listener(1)];
    let play = |name: &str, address: &str, more: &[&str]| {
        let mut command = home.ehlo(["run", name, "--server", address, "--ehlo", "me.example"]);
        command.args(["--set", "fifty=50", "--set", "ok=o?"]).args(more);
        command.env("SUITE", "a*b\\c\r\n");
        Running::start(command).end().with(0)
    };
    play("a.txt", &peers[0].address, &["--set", "who=d\\x61ve"]);
    play("b.txt", &peers[1].address, &[]);
    let [a, b] = peers.map(Peer::end);
    assert_eq!(a[0], "1 dave 1 1", "what the command line sets, no script sets otherwise");
    let ids: Vec<_> = a[1].split(' ').collect();
    assert!(ids[1].starts_with('<') && ids[1].ends_with("@me.example>"), "{ids:?}");
    assert_eq!(ids[1], ids[2], "what is set once is the same everywhere");
    let (id, date) = a[2].strip_prefix("3 ").and_then(|said| said.split_once(' ')).unwrap();
    assert!(id.ends_with("@me.example>") && id != ids[1], "{id} is another one");
    assert!(jiff::fmt::rfc2822::parse(date).is_ok(), "{date}");
    assert_eq!(a[3], "4 a*b\\c", "its line ends are its own");
    assert_eq!(b[0], "5 1 1 2", "another run counts from the beginning");
}

#[test]
fn counters_go_on_from_script_to_script() {
    let home = Home::new();
    for name in ["a.txt", "b.txt"] {
        home.file(name, ":include n.txt\nC: NOOP ${count}\nS: 250\nC: QUIT\n");
    }
    home.file("n.txt", "C: NOOP ${count}\nS: 250\n");
    let ended = run(&home, &["a.txt", "b.txt", "a.txt"], &["--json", "--server", "practice"]);
    let sessions = ended.with(0).json();
    let said: Vec<_> = sessions.iter().map(|s| said(s)[..2].join(" ")).collect();
    assert_eq!(said, ["NOOP 1 NOOP 2", "NOOP 3 NOOP 4", "NOOP 5 NOOP 6"]);
}

#[test]
fn what_is_wrong_is_told_in_its_file_and_nothing_is_played() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let home = Home::new();
    home.file("good.txt", "C: NOOP\nS: 250\nC: QUIT\n");
    home.file("sub/unset.txt", "C: NOOP\nC: RCPT TO:<${nobody}>\n");
    home.file("sub/escape.txt", ":set x 0123456789\nC: ${x} \\q\n");
    home.file("sub/data.txt", ":data nothing.eml\n");
    home.file("sub/cycle.txt", "C: NOOP\n:include ../bad.txt\n");
    for (script, told) in [
        ("C: ${env:NOT_THERE}\n", "bad.txt: line 1, column 4: env:NOT_THERE is not set"),
        ("C: x${to\n", "bad.txt: line 1, column 5: \"\" is no name of a variable"),
        (":set date now\n", "bad.txt: line 1, column 6: \"date\" cannot be set"),
        (":include no.txt\n", "bad.txt: line 1, column 10: \"no.txt\" cannot be included: "),
        (
            ":include sub\n",
            "bad.txt: line 1, column 10: \"sub\" cannot be included: this is no regular",
        ),
        (
            "\n:include sub/unset.txt\n",
            "sub/unset.txt: line 2, column 13: there is no variable nobody",
        ),
        ("\n:include sub/escape.txt\n", "sub/escape.txt: line 2, column 9: unknown escape \"\\q\""),
        ("\n:include sub/data.txt\n", "sub/data.txt: line 1, column 1: \"nothing.eml\" cannot be"),
        (
            "\n:include sub/cycle.txt\n",
            "sub/cycle.txt: line 2, column 10: \"../bad.txt\" would include itself",
        ),
        (":within soon\nS: 220\n", "bad.txt: line 1, column 1: \"soon\" is no time"),
        ("S: 220\n:within 2s\nC: NOOP\n", "bad.txt: line 2, column 1: nothing is expected behind"),
        ("S: 220\n:within 2s\n", "bad.txt: line 2, column 1: nothing is expected behind :within"),
    ] {
        home.file("bad.txt", script);
        let options = ["--junit", "report.xml", "--server", &server];
        let ended = run(&home, &["good.txt", "bad.txt"], &options).with(64);
        assert_eq!(ended.out, "", "{script}");
        assert!(ended.err.starts_with(&format!("ehlo: {told}")), "{script}: {}", ended.err);
        assert!(ended.err.contains("; expected "), "{}", ended.err);
        let included = ended.err.trim_end().ends_with("(included by bad.txt, line 2)");
        assert_eq!(included, script.contains("sub/"), "{}", ended.err);
        assert!(!home.path("report.xml").exists());
    }
    for (set, told) in [
        ("a", "\"a\" sets nothing; expected NAME=VALUE"),
        ("count=1", "\"count\" cannot be set"),
        ("a=\\q", "unknown escape"),
    ] {
        let ended = run(&home, &["good.txt"], &["--set", set, "--server", &server]).with(64);
        assert!(ended.err.contains(told), "{}", ended.err);
    }
    let ended = run(&home, &["bad.txt"], &["--lang", "ja", "--server", &server]).with(64);
    assert!(ended.err.starts_with("ehlo: bad.txt: 2 行 1 桁：:within の後に"), "{}", ended.err);
    assert!(listener.accept().is_err(), "somebody connected");
}

#[test]
fn a_file_is_looked_for_beside_the_one_that_names_it() {
    let home = Home::new();
    home.file("main.txt", "C: EHLO x\nS: 250\n:include sub/message.txt\nC: QUIT\n");
    home.file(
        "sub/message.txt",
        ":include to.txt\nC: DATA\nS: 354\n:data ${file}\nS: 250 *nobody took it*\n",
    );
    home.file(
        "sub/to.txt",
        ":set file mess\\x61ge.eml\nC: MAIL FROM:<>\nS: 250\nC: RCPT TO:<bob@example.net>\nS: 250\n",
    );
    home.file("sub/message.eml", "Subject: ${date}\n\nliteral\n");
    let ended = run(&home, &["main.txt"], &PRACTICE).with(1);
    assert!(ended.out.contains("\nC: Subject: \\${date}\n"), "{}", ended.out);
    assert!(
        ended.out.contains("\n# sub/message.txt:5\n#   expected: 250 *nobody"),
        "{}",
        ended.out
    );
    assert!(ended.out.ends_with("# not played: 1 step from main.txt:4 on\n"), "{}", ended.out);
}

#[test]
fn a_reply_that_does_not_come_in_its_time_fails() {
    for (script, told) in [
        (
            ":within 300ms\nS: 220\n",
            "-:2\n#   expected: 220, within 300 ms\n#   seen: nothing within 300 ms\n",
        ),
        (
            "C: EHLO x\\c\n:within 1s\nS: 250\nC: QUIT\n",
            "-:3\n#   expected: 250, within 1.0 s\n#   seen: nothing within 1.0 s\n# not played: 1 step from -:4",
        ),
    ] {
        let greets = script.starts_with('C');
        let peer = Peer::start(move |mut client| {
            if greets {
                client.say("220 fake.example\r\n");
            }
            client.rest()
        });
        let begun = Instant::now();
        let home = Home::new();
        let ended = home.run_with(["run", "-", "--server", &peer.address], script).with(1);
        assert!(begun.elapsed() >= Duration::from_millis(300));
        assert!(ended.out.contains(told), "{}", ended.out);
        peer.end();
    }
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.rest()
    });
    let script = ":within 1m\nS: 220\n";
    let ended = Home::new().run_with(["run", "-", "--server", &peer.address], script).with(64);
    assert!(ended.err.contains("\"1m\" is no time"), "{}", ended.err);
    drop(peer);
}

/// What is expected behind a login is waited for no longer either, while that goes on.
#[test]
fn a_login_that_takes_too_long_is_not_as_expected() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO x\r\n", "250-fake.example\r\n250 AUTH PLAIN");
        assert!(client.line().starts_with("AUTH PLAIN"));
        client.rest();
    });
    let home = Home::new();
    let script = home.file("s.txt", "C: EHLO x\nS: 250\n:auth PLAIN a\n:within 200ms\nS: 235\n");
    let mut command = home.ehlo(["run", arg(&script), "--server", &peer.address]);
    command.args(["--password-env", "SECRET"]).env("SECRET", "correct horse");
    let ended = Running::start(command).end().with(1);
    peer.end();
    assert!(ended.out.contains("nothing within 200 ms"), "{}", ended.out);
}

#[test]
fn a_reply_that_came_too_late_is_told_with_its_time() {
    let polite = || {
        Peer::start(|mut client| {
            client.say("220 fake.example\r\n");
            let lines = [client.line(), client.line(), client.line()];
            client.say("250 one\r\n250 two\r\n250 three\r\n");
            client.rest();
            assert_eq!(lines, ["NOOP 1\r\n", "NOOP 2\r\n", "NOOP 3\r\n"]);
        })
    };
    // The second command is answered behind the third one, and is there when it is looked for.
    let script = |limit: &str| {
        format!(
            "C: NOOP 1\nC: NOOP 2\n:wait 300ms\nC: NOOP 3\nS: 250 one\n:within {limit}\nS: 250 two\n\
             S: 250 three\n:close\n"
        )
    };
    let play = |limit: &str, options: &[&str], code| {
        let peer = polite();
        let args = [&["run", "-", "--server", &peer.address], options].concat();
        let ended = Home::new().run_with(args, script(limit)).with(code);
        peer.end();
        ended
    };
    let out = play("200ms", &[], 1).out;
    assert!(out.contains("\nS: 250 two\n# ^ -:7: expected 250 two, within 200 ms\n"), "{out}");
    assert!(out.contains("# -:7\n#   expected: 250 two, within 200 ms\n"), "{out}");
    assert!(out.contains("\n#   seen: 250 two, after "), "{out}");
    // It is late by the same measure by which it was to be there.
    let after = out.split("\n#   seen: 250 two, after ").nth(1).unwrap();
    let after = after.lines().next().unwrap();
    let millis = after.strip_suffix(" ms").and_then(|n| n.parse::<f64>().ok());
    assert!(after.ends_with(" s") || millis.unwrap() > 200.0, "{after}");
    let mismatch = &play("200ms", &["--json"], 1).json().remove(0)["mismatch"];
    assert_eq!((&mismatch["within"], &mismatch["line"]), (&0.2.into(), &7.into()));
    assert_eq!((&mismatch["file"], &mismatch["exchange"]), (&"-".into(), &2.into()));
    // In time, it is as if nothing had been said, also for what comes behind it.
    play("20s", &[], 0);
}

#[test]
fn the_end_of_the_connection_can_have_its_time() {
    let script = "C: NOOP\nS: 250\n:within 300ms\n:closed\n";
    let ended = Home::new().run_with(["run", "-", "--server", "practice"], script).with(1);
    let told = "#   expected: the end of the connection, within 300 ms\n#   seen: nothing within";
    assert!(ended.out.contains(told), "{}", ended.out);
    let script = "C: QUIT\nS: 221\n:within 20s\n:closed\n";
    Home::new().run_with(["run", "-", "--server", "practice"], script).with(0);
}

/// Three scripts of which the second fails.
fn three() -> Home {
    let home = Home::new();
    home.file("one.txt", "C: NOOP\nS: 250\nC: QUIT\n");
    home.file("two.txt", "C: NOOP\nS: 250\nC: FLY\nS: 250 *<&>*\nC: NOOP\nS: 250\nC: QUIT\n");
    home.file("three.txt", "C: RSET\nS: 250\nC: QUIT\n");
    home
}

const THREE: [&str; 3] = ["one.txt", "two.txt", "three.txt"];

#[test]
fn several_scripts_end_in_a_summary() {
    let home = three();
    let ended = run(&home, &THREE, &PRACTICE).with(1);
    for (at, name) in THREE.iter().enumerate() {
        assert!(ended.out.contains(&format!("# {name} ({} of 3)\n", at + 1)), "{}", ended.out);
    }
    let (_, summary) = ended.out.rsplit_once("\n# 3 scripts in ").expect("a summary");
    let (time, rest) = summary.split_once(": ").unwrap();
    assert!(time.ends_with('s'), "{time}");
    assert_eq!(
        rest,
        "2 as expected, 1 not as expected\n#   two.txt:4: expected 250 *<&>*; seen 500 5.5.2 \
         Command not recognized\n"
    );
    assert!(ended.out.contains("\n# not played: 3 steps from two.txt:5 on\n"), "{}", ended.out);
    assert_eq!(ended.err, "", "nothing moves where nobody looks");

    let quiet = run(&home, &THREE, &["--quiet", "--server", "practice"]).with(1);
    assert!(quiet.out.starts_with("# two.txt (2 of 3)\n"), "{}", quiet.out);
    assert!(!quiet.out.contains("RSET") && quiet.out.contains("\n# 3 scripts in "));
    let quiet = run(&home, &["one.txt"], &["-q", "--server", "practice"]).with(0);
    assert_eq!((quiet.out, quiet.err), (String::new(), String::new()));

    let fast = run(&home, &THREE, &["--fail-fast", "--server", "practice"]).with(1);
    assert!(
        fast.out.contains(": 1 as expected, 1 not as expected, 1 not played\n"),
        "{}",
        fast.out
    );
    assert!(!fast.out.contains("RSET"), "{}", fast.out);

    let ended = run(&home, &THREE, &["--lang", "ja", "--server", "practice"]).with(1);
    assert!(ended.out.contains("：期待どおり 2, 期待と異なる 1\n"), "{}", ended.out);
}

#[test]
fn a_report_has_a_case_for_each_script() {
    let home = three();
    home.file("gone.txt", "C: NOOP\n:close\nC: x\n");
    let names = ["one.txt", "gone.txt", "two.txt", "three.txt"];
    let options = ["--junit", "report.xml", "--server", "practice"];
    run(&home, &names, &options).with(2);
    let report = Report::read(&home.read("report.xml"));
    assert_eq!(report.sums(), [4, 1, 1, 0]);
    assert_eq!(report.suite, "practice");
    let ends: Vec<_> = report.cases.iter().map(|case| (&*case.name, case.end.as_ref())).collect();
    assert_eq!(ends[0], ("one.txt", None));
    let broken = "the connection ended too early".to_owned();
    assert_eq!(ends[1], ("gone.txt", Some(&("error".to_owned(), broken, String::new()))));
    let (kind, why, told) = ends[2].1.unwrap();
    assert_eq!(kind, "failure");
    assert!(why.starts_with("two.txt:4: expected 250 *<&>*; seen 500 "), "{why}");
    assert!(told.starts_with("# two.txt:4\n#   expected: 250 *<&>*\n#   seen: 500 "), "{told}");
    let output = &report.cases[2].output;
    assert!(
        output.contains("\nC: FLY\nS: 500") && output.contains("\n# ^ two.txt:4: "),
        "{output}"
    );
    assert!(report.cases.iter().all(|case| case.time < 30.0));

    // It is written anew, and nothing else is.
    run(&home, &THREE, &["--fail-fast", "--junit", "report.xml", "--server", "practice"]).with(1);
    let report = Report::read(&home.read("report.xml"));
    assert_eq!(report.sums(), [3, 1, 0, 1]);
    assert_eq!(report.cases[2].end.as_ref().unwrap().0, "skipped");
    let ended = run(&home, &["one.txt"], &["--junit", "two.txt", "--server", "practice"]).with(64);
    assert!(ended.err.contains("two.txt: it exists and is no report"), "{}", ended.err);
    assert_eq!(ended.out, "");
    home.file("pom.xml", "<?xml version=\"1.0\"?><project/>");
    run(&home, &["one.txt"], &["--junit", "pom.xml", "--server", "practice"]).with(64);
    assert!(home.read("pom.xml").ends_with(b"<project/>"));
    let options = ["--junit", "no/where.xml", "--server", "practice"];
    run(&home, &["one.txt"], &options).with(64);

    let ended = run(&home, &THREE, &["--junit", "-", "--server", "practice"]).with(1);
    assert_eq!(Report::read(ended.out.as_bytes()).sums(), [3, 1, 0, 0]);
    assert!(ended.err.contains("C: FLY") && ended.err.contains("# 3 scripts in "), "{}", ended.err);
    run(&home, &THREE, &["--junit", "-", "--json", "--server", "practice"]).with(64);
    let options = ["--junit", "report.xml", "--json", "--server", "practice"];
    assert_eq!(run(&home, &THREE, &options).with(1).json().len(), 3);
}

#[test]
fn what_a_server_says_breaks_no_report() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.line();
        client.say(b"250 \x1b[31m\0\x08<a>&]]>\xff\xef\xbf\xbe\xc2\x85 \"'\r\n");
        client.rest()
    });
    let home = Home::new();
    home.file("a\u{1}.txt", "C: NOOP\nS: 251\nC: QUIT\n");
    let options = ["--junit", "r.xml", "--server", &peer.address];
    run(&home, &["a\u{1}.txt"], &options).with(1);
    let report = Report::read(&home.read("r.xml"));
    let (_, why, _) = report.cases[0].end.as_ref().unwrap();
    assert!(why.contains("seen 250 \\x1b[31m\\0\\x08<a>&]]>\\xff"), "{why}");
    assert!(report.cases[0].output.contains("S: 250 \\x1b[31m\\0\\x08<a>&]]>\\xff"));
    peer.end();
}

#[test]
fn a_secret_of_the_environment_is_veiled_like_any_other() {
    let home = Home::new();
    home.file(
        "login.txt",
        "C: EHLO x\nS: 250\nC: AUTH PLAIN\nS: 334\n:b64 \\0alice@example.org\\0${env:SECRET}\nS: 235\n\
         C: NOOP\nS: 299\n",
    );
    let mut command = home.ehlo(["run", "login.txt", "--json", "--record", "r.jsonl"]);
    command.args(["--junit", "r.xml", "--server", "practice"]).env("SECRET", "correct horse");
    let ended = Running::start(command).end().with(1);
    let report = String::from_utf8(home.read("r.xml")).unwrap();
    let recorded = String::from_utf8(home.read("r.jsonl")).unwrap();
    for told in [&ended.out, &ended.err, &report, &recorded] {
        for secret in ["correct horse", "Y29ycmVjdCBob3JzZQ", "AGNvcnJlY3QgaG9yc2U"] {
            assert!(!told.contains(secret), "{told}");
        }
    }
}

#[test]
fn what_was_said_is_said_again_even_if_it_looks_like_a_variable() {
    let lines = ["NOOP ${date} \\${x}", "NOOP $${count} \\\\${"];
    let home = Home::new();
    home.file(
        "a.txt",
        "C: NOOP \\${date} \\\\\\${x}\nS: 250\nC: NOOP $\\${count} \\\\\\\\\\${\nS: 250\n:close\n",
    );
    let peer = listener(2);
    let options = ["--record", "r.jsonl", "--server", &peer.address];
    let shown = run(&home, &["a.txt"], &options).with(0);
    assert_eq!(peer.end(), lines);
    home.file("shown.txt", shown.out);
    let export = home.run(["show", "r.jsonl"]).with(0);
    home.file("exported.txt", export.transcript());
    for name in ["r.jsonl", "shown.txt", "exported.txt"] {
        let peer = listener(2);
        run(&home, &[name], &["--codes", "--server", &peer.address]).with(0);
        assert_eq!(peer.end(), lines, "{name}");
    }
    // Where a recording is compared with a server, it is a recording.
    home.file(
        "literal.txt",
        "S: 220 x\nC: NOOP ${date} \\\\${x}\nS: 250 ok\nC: NOOP $${count} \\\\\\\\${\nS: 250 ok\n",
    );
    let peer = listener(2);
    home.run(["compare", "literal.txt", "--codes", "--server", &peer.address]).with(0);
    assert_eq!(peer.end(), lines);
}

#[test]
fn the_example_of_the_readme_plays() {
    let readme = include_str!("../README.md");
    let section = readme.split("### Tests of a mail server\n\n```text\n").nth(1).unwrap();
    let home = Home::new();
    home.file("tests/a.txt", section.split("```").next().unwrap());
    home.file("tests/parts/hello.txt", include_str!("suite/parts/hello.txt"));
    let ended = run(&home, &["tests/a.txt"], &PRACTICE).with(0);
    assert!(ended.out.contains("\nC: Subject: number 1\n"), "{}", ended.out);
}

#[test]
fn what_belongs_into_a_script_is_refused_elsewhere() {
    for line in [":set a b", ":include x", ":within 2s", ":wait 1s", ":closed"] {
        let ended = Home::new().run_with(["--plain"], format!("{line}\nQUIT\n"));
        let name = line.split(' ').next().unwrap();
        let told = format!("{name} is for a script, which `ehlo run` plays");
        assert!(ended.err.contains(&told), "{line}: {}", ended.err);
    }
}

#[test]
fn a_terminal_shows_where_it_is() {
    let (go, wait) = mpsc::channel();
    let peer = Peer::start(move |mut client| {
        client.say("220 fake.example\r\n");
        client.line();
        wait.recv().unwrap();
        client.say("250 ok\r\n");
        client.answer("QUIT", "221 bye");
    });
    let home = Home::new();
    let script = home.file("slow.txt", "C: NOOP\nS: 250\nC: QUIT\n");
    let script = script.to_str().unwrap();
    let mut terminal =
        Terminal::ehlo((120, 30), &["run", "--quiet", script, "--server", &peer.address]);
    terminal.wait_for("slow.txt:2 (1 of 1)");
    go.send(()).unwrap();
    assert!(terminal.wait_for_end().success());
    peer.end();
    // Its last words may still be on their way through the terminal.
    terminal.wait_until("nothing: it takes it away", |screen| screen.contents().trim().is_empty());
}
