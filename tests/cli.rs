//! The command line is a contract: output, exit codes and JSON of the real program.
//!
//! Every test runs the binary with an empty home, against the practice server inside it or a
//! server thread on loopback, for a bounded time. Sockets elsewhere are never used; the one name
//! that is looked up ends in `.invalid` (RFC 2606 §2).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/peer.rs"]
mod peer;
#[path = "support/program.rs"]
mod program;

use std::time::{Duration, Instant};

use peer::{Client, Peer};
use program::{Ended, Home, Running, arg};
use serde_json::Value;

/// A dialogue of the practice world from the first line to the last.
const WHOLE: &str = "# a comment
C: EHLO client.example
S: 250
C: MAIL FROM:<alice@example.org>
S: 250
C: RCPT TO:<nobody@example.net>
S: 550 *unknown*
C: RCPT TO:<bob@example.net>
S: 250
C: DATA
S: 354
:data message.eml
S: 2xx
C: QUIT
";

const MESSAGE: &str = "From: alice@example.org\nSubject: hello\n\n.a dot\n..two\nbye\n";

/// A home with [`WHOLE`] and its message.
fn world() -> Home {
    let home = Home::new();
    home.file("whole.txt", WHOLE);
    home.file("message.eml", MESSAGE);
    home
}

/// Plays a script from standard input.
fn play(script: &str, server: &str, options: &[&str]) -> Ended {
    let home = Home::new();
    home.run_with([&["run", "-", "--server", server], options].concat(), script)
}

/// A server that greets, answers EHLO, and says goodbye.
fn polite(mut client: Client, between: impl FnOnce(&mut Client)) {
    client.say("220 fake.example\r\n");
    client.answer("EHLO", "250 fake.example");
    between(&mut client);
    client.answer("QUIT", "221 bye");
}

#[test]
fn a_script_that_goes_as_expected_ends_with_0() {
    let ended = world().run(["run", "whole.txt", "--server", "practice"]).with(0);
    assert_eq!(ended.err, "");
    for line in [
        "S: 220 mx.example.net ESMTP ehlo practice server",
        "C: EHLO client.example",
        "S: 550 5.1.1 <nobody@example.net> is unknown here",
        "C: ..a dot",
        "C: ...two",
        "C: .",
        "S: 250 2.0.0 Message accepted as message 1",
        "S: 221 2.0.0 mx.example.net Goodbye",
    ] {
        assert!(ended.out.lines().any(|l| l == line), "{line} is missing in\n{}", ended.out);
    }
}

#[test]
fn an_expectation_that_fails_is_explained_with_its_place() {
    let home = Home::new();
    home.file("bad.txt", "C: EHLO x\nS: 250\n\nC: NOOP\nS: 5xx *no*\nC: RSET\n");
    let ended = home.run(["run", "bad.txt", "--server", "practice"]).with(1);
    let told = "\n# bad.txt:5\n#   expected: 5xx *no*\n#   seen: 250 2.0.0 Ok\n# not played: 1 step from bad.txt:6 on\n";
    assert!(ended.out.ends_with(told), "{}", ended.out);
    let marked = "\nS: 250 2.0.0 Ok\n# ^ bad.txt:5: expected 5xx *no*\n";
    assert!(ended.out.contains(marked), "{}", ended.out);
    assert!(!ended.out.contains("C: RSET"), "nothing is sent behind a failure:\n{}", ended.out);
}

#[test]
fn a_text_that_is_not_as_expected_fails_unless_codes_count_alone() {
    let script = "S: 220 elsewhere*\nC: EHLO x\nS: 250-elsewhere\nS: 250 TELEPORT\nC: QUIT\n";
    let ended = play(script, "practice", &[]).with(1);
    assert!(ended.out.contains("# -:1\n#   expected: 220 elsewhere*\n"), "{}", ended.out);
    play(script, "practice", &["--codes"]).with(0);
    play("C: EHLO x\nS: 251\nC: QUIT\n", "practice", &["--codes"]).with(1);
}

#[test]
fn a_reply_that_no_line_expects_fails_the_run() {
    let ended = play("C: EHLO x\nC: QUIT\nS: 221\n", "practice", &[]).with(1);
    assert!(ended.out.contains("# -:3\n#   expected: 221\n"), "{}", ended.out);
    let ended = play("C: EHLO x\nS: 250\nC: NOOP\n", "practice", &[]).with(1);
    assert!(ended.out.contains("#   expected: no reply\n#   seen: 250 2.0.0 Ok\n"));
}

#[test]
fn one_expectation_may_have_many_lines() {
    let whole = "S: 220\nC: EHLO x\nS: 250-mx.example.net*\nS: 250-PIPELINING\nS: 250 *STATUS*\n";
    play(&format!("{whole}C: QUIT\n"), "practice", &[]).with(0);
    let missing = "C: EHLO x\nS: 250-PIPELINING\nS: 250 XCLIENT\nC: QUIT\n";
    let ended = play(missing, "practice", &[]).with(1);
    assert!(ended.out.contains("expected: 250 PIPELINING / 250 XCLIENT"), "{}", ended.out);
}

#[test]
fn what_cannot_be_reached_ends_with_2() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (target, why) in [
        (free.to_string(), "connection refused"),
        ("nosuch.invalid:25".to_owned(), "unknown name"),
        ("unix:nothing-here".to_owned(), "no connection to unix:nothing-here: No such file"),
    ] {
        let ended = play("C: QUIT\n", &target, &[]).with(2);
        assert!(ended.out.contains(&format!("# {why}")), "{target}: {}", ended.out);
        let ended = Home::new().run(["--plain", &target]).with(2);
        assert!(ended.out.contains(&format!("# {why}")), "{target}: {}", ended.out);
    }
}

#[test]
fn a_connection_that_ends_where_a_reply_was_expected_fails_the_run() {
    let leaves = |mut client: Client| {
        client.say("220 fake.example\r\n");
        client.line();
    };
    let peer = Peer::start(leaves);
    let ended = play("C: EHLO x\nS: 250\nC: QUIT\n", &peer.address, &[]).with(1);
    peer.end();
    let told = "# -:2\n#   expected: 250\n#   seen: nothing: the connection ended\n# not played: 1 step from -:3 on\n";
    assert!(ended.out.ends_with(told), "{}", ended.out);

    let peer = Peer::start(leaves);
    let ended = play("C: EHLO x\n:closed\nC: QUIT\n", &peer.address, &[]).with(2);
    peer.end();
    let told = "# the server closed the connection\n# C02 error: ";
    assert!(ended.out.contains(told), "what is odd about it is told too: {}", ended.out);
}

#[test]
fn a_server_that_leaves_instead_of_answering_quit_has_left_in_order() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.line();
    });
    play("C: QUIT\n", &peer.address, &[]).with(0);
    peer.end();
}

#[test]
fn a_silent_server_is_given_up_in_time() {
    for script in ["C: EHLO x\nS: 250\n", "S: 220\n", "C: EHLO x\\c\nS: 250\n", "C: A\n:closed\n"] {
        let peer = Peer::start(|mut client| client.rest());
        let begun = Instant::now();
        let ended = play(script, &peer.address, &["--timeout", "1"]).with(2);
        assert!(begun.elapsed() >= Duration::from_secs(1));
        assert!(ended.out.contains("# the server said nothing in time"), "{script}: {}", ended.out);
        peer.end();
    }
}

#[test]
fn what_is_waited_for_is_given_up_in_time_even_if_it_is_no_reply() {
    for script in ["C: NOOP\\c\nS: 250\n", "C: EHLO x\nS: 250\n:closed\n"] {
        let ended = play(script, "practice", &["--timeout", "1"]).with(2);
        assert!(ended.out.contains("# no reply in time"), "{script}: {}", ended.out);
    }
    play("C: EHLO x\nS: 250\n:wait 1500ms\nC: QUIT\n", "practice", &["--timeout", "1"]).with(0);
}

#[test]
fn a_bad_script_has_its_place_and_nothing_is_sent() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let server = listener.local_addr().unwrap().to_string();
    let home = world();
    for (script, told) in [
        ("C: EHLO x\nhello\n", "line 2, column 1: \"hello\" is no transcript line"),
        ("C: EHLO x\nC: a\\qb\n", "line 2, column 5: unknown escape \"\\q\""),
        ("C: \\x4\n", "line 1, column 4: unknown escape"),
        ("C: a\\cb\n", "line 1, column 5: unknown escape \"\\c\""),
        ("C:EHLO\n", "line 1, column 3: no blank behind the mark"),
        ("C: NOOP\nS: hello\n", "line 2, column 1: no reply can be expected by this"),
        ("\n\n:data nothing.eml\n", "line 3, column 1: \"nothing.eml\" cannot be read"),
        (":wait long\n", "line 1, column 1: \"long\" is no time"),
        (":fly\n", "line 1, column 1: \":fly\" is no directive of a script"),
        (":raw a\\q\n", "line 1, column 7: unknown escape \"\\q\""),
        ("\n:drip x\n", "line 2, column 7: \"x\" is no number of bytes"),
        (":drip 12 soon x\n", "line 1, column 10: \"soon\" is no time"),
        (":drip 12 1s a\\q\n", "line 1, column 14: unknown escape \"\\q\""),
    ] {
        home.file("bad.txt", script);
        let ended = home.run(["run", "whole.txt", "bad.txt", "--server", &server]).with(64);
        assert_eq!(ended.out, "", "{script}");
        assert!(ended.err.starts_with(&format!("ehlo: bad.txt: {told}")), "{}", ended.err);
        assert!(ended.err.contains("; expected "), "{}", ended.err);
    }
    for (script, told) in [
        ("\n:drip x\n", "2 行 7 桁：\"x\" はバイト数ではありません。"),
        ("C: a\\qb\n", "1 行 5 桁：\"\\q\" というエスケープはありません。"),
        (":fly\n", "1 行 1 桁：\":fly\" はスクリプトのディレクティブではありません。"),
        (":pipeline\nC: NOOP\n", "2 行 1 桁：グループの途中でスクリプトが終わっています。"),
    ] {
        home.file("bad.txt", script);
        let ended = home.run(["--lang", "ja", "run", "bad.txt", "--server", &server]).with(64);
        assert!(ended.err.starts_with(&format!("ehlo: bad.txt: {told}")), "{}", ended.err);
    }
    let ended = home.run(["run", "absent.txt", "--server", &server]).with(64);
    assert!(ended.err.starts_with("ehlo: cannot read absent.txt"), "{}", ended.err);
    assert!(listener.accept().is_err(), "somebody connected");
}

#[cfg(unix)]
#[test]
fn a_name_of_a_file_is_told_without_its_control_bytes() {
    let home = world();
    let name = "bad\u{1b}]0;x\u{7}.txt";
    home.file(name, "hello\n");
    for args in [
        &["run", name, "--server", "practice"][..],
        &["show", name],
        &["serve", "--listen", "127.0.0.1:0", "--maildir", name],
        &["serve", "--listen", "127.0.0.1:0", "--tls-cert", name, "--tls-key", name],
    ] {
        let ended = home.run(args).with(64);
        assert!(ended.err.contains("bad\\x1b]0;x\\x07.txt"), "{args:?}: {}", ended.err);
        assert!(!ended.err.contains('\u{1b}'), "{args:?}");
    }
    home.file(name, "C: NOOP\nS: 550\nC: QUIT\n");
    let ended = home.run(["run", name, "--server", "practice"]).with(1);
    assert!(ended.out.contains("# bad\\x1b]0;x\\x07.txt:2\n"), "{}", ended.out);
}

#[test]
fn an_empty_file_records_nothing() {
    let home = world();
    for name in ["empty.txt", "empty.jsonl", "empty.eml", "empty"] {
        home.file(name, "");
        let ended = home.run(["show", name]).with(64);
        assert_eq!(ended.out, "", "{name}");
        assert!(ended.err.contains(name), "{}", ended.err);
    }
    home.run(["show", "/dev/zero"]).with(64);
}

#[test]
fn words_are_explained() {
    let home = world();
    let ended = home.run(["explain", "550", "5.7.1"]).with(0);
    assert!(ended.out.starts_with("reply code\n550 Mailbox unavailable  "), "{}", ended.out);
    assert!(ended.out.contains("\n\nenhanced status code\nX.7.1 "), "{}", ended.out);
    assert!(ended.out.contains("\nSee  X.1.1, X.7.1, "), "{}", ended.out);
    let ended = home.run(["explain", "null", "sender", "--lang", "ja"]).with(0);
    assert!(ended.out.starts_with("用語\nnull-sender："), "{}", ended.out);
    let ended = home.run(["explain", "RCTP", "Return-Path"]).with(1);
    assert_eq!(ended.err, "ehlo: nothing is known about RCTP; is one of these meant: RCPT?\n");
    assert!(ended.out.contains("Return-Path: "), "what is known is said all the same");
    let ended = home.run(["explain", "SIZE", "--json"]).with(0);
    let objects: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = objects.iter().map(|object| object["kind"].clone()).collect();
    assert_eq!(kinds, ["parameter", "capability"]);
    for key in ["id", "title", "text", "changes", "next", "severity", "example", "rfc", "see"] {
        assert!(objects.iter().all(|object| object.get(key).is_some()), "{key}");
    }
    for typo in [["explain", "Retrun-Path"].as_slice(), &["explain", "Message-IDD", "--json"]] {
        let ended = home.run(typo.iter().copied()).with(1);
        assert!(
            ended.out.is_empty() && ended.err.contains("is one of these meant"),
            "{}",
            ended.err
        );
    }
    home.run(["explain"]).with(64);
    for blank in ["", " "] {
        assert!(home.run(["explain", blank]).with(64).err.contains("needs a word"));
    }
}

#[test]
fn bad_usage_ends_with_64() {
    let home = world();
    for line in [
        "run",
        "run whole.txt",
        "run --server practice",
        "run whole.txt --server a@b",
        "run whole.txt --server practice --timeout soon",
        "run whole.txt --server practice --colour always",
        "--plain http://mx.example.net",
        "--plain mx.example.net:99999",
        "--plain lmtp://a@b",
        "show",
        "show absent.jsonl",
        "serve --listen 2525",
        "serve --listen 127.0.0.1:0 --maildir whole.txt",
        "--lang de keys",
        "--color pink keys",
    ] {
        let ended = home.run(line.split(' ')).with(64);
        assert!(ended.out.is_empty() && !ended.err.is_empty(), "{line}");
    }
}

#[test]
fn help_and_version_are_no_failure() {
    let home = Home::new();
    let version = home.run(["-V"]).with(0);
    assert_eq!(version.out, format!("ehlo {}\n", env!("CARGO_PKG_VERSION")));
    let long = home.run(["--version"]).with(0);
    assert!(long.out.starts_with(&version.out), "{}", long.out);
    for fact in [std::env::consts::ARCH, "build: debug", "format 1", "terminal"] {
        assert!(long.out.contains(fact), "{fact}: {}", long.out);
    }
    let help = home.run(["--help"]).with(0);
    for word in ["run", "show", "open", "serve", "keys", "--record", "--with-secrets", "64"] {
        assert!(help.out.contains(word), "{word}");
    }
    for verb in ["run", "show", "open", "serve", "keys"] {
        let help = home.run([verb, "--help"]).with(0);
        assert!(help.out.contains("Usage: ehlo ") && help.err.is_empty(), "{verb}");
    }
    home.run(["keys"]).with(0);
}

#[test]
fn of_several_scripts_the_worst_counts() {
    let home = world();
    home.file("fails.txt", "C: EHLO x\nS: 550\n");
    home.file("silent.txt", "C: NO\\c\nS: 250\n");
    let run = |names: &[&str], code| {
        let rest = ["--server", "practice", "--timeout", "1"];
        home.run([&["run"], names, &rest].concat()).with(code)
    };
    run(&["whole.txt", "whole.txt"], 0);
    let ended = run(&["fails.txt", "whole.txt"], 1);
    assert_eq!(ended.out.matches("\nC: EHLO ").count(), 2, "both are played");
    run(&["whole.txt", "fails.txt"], 1);
    run(&["silent.txt", "fails.txt", "whole.txt"], 2);
}

#[test]
fn waiting_takes_its_time() {
    let begun = Instant::now();
    play(":wait 0.2\nC: EHLO x\nS: 250\n:wait 300ms\nC: QUIT\n", "practice", &[]).with(0);
    assert!(begun.elapsed() >= Duration::from_millis(500));
}

#[test]
fn a_script_says_raw_bytes_and_a_line_in_pieces() {
    let peer = Peer::start(|client| {
        polite(client, |client| {
            assert_eq!(client.raw_line(), b"NOOP  \xff\0 \n", "not a byte is changed");
            client.say("250 ok\r\n");
            assert_eq!(client.line(), "HELP\r\n");
            client.say("214 no\r\n250 ok\r\n");
            assert_eq!(client.line(), "NOOP\r\n");
        });
    });
    let home = Home::new();
    let script = b"C: EHLO x\nS: 250\n:raw NOOP  \xff\\0 \\n\\c\n:raw \\c\nS: 250\n\
                   :drip 5 300ms HELP\\r\\nNOOP\nS: 214\nS: 250\nC: QUIT\n";
    let begun = Instant::now();
    let args = ["run", "-", "--server", &peer.address, "--record", "r.jsonl"];
    home.run_with(args, script).with(0);
    assert!(begun.elapsed() >= Duration::from_millis(600), "two pauses between three pieces");
    peer.end();
    let recording = String::from_utf8(home.read("r.jsonl")).unwrap();
    assert!(recording.contains(r#""HELP\r""#) && recording.contains(r#""\nNOOP""#), "{recording}");
}

#[test]
fn a_pipelined_group_is_one_write_and_needs_no_reply() {
    let grouped = || {
        Peer::start(|client| {
            polite(client, |client| {
                let group = [client.line(), client.line(), client.line()];
                assert_eq!(group, ["MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "DATA\r\n"]);
                client.say("250 one\r\n550 two\r\n554 three\r\n");
            });
        })
    };
    let peer = grouped();
    let home = Home::new();
    let script = "C: EHLO x\nS: 250\n:pipeline\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: DATA\n:end\nS: 250 one\nS: 550 two\nS: 554\nC: QUIT\n";
    let args = ["run", "-", "--server", &peer.address, "--record", "r.jsonl"];
    home.run_with(args, script).with(0);
    peer.end();
    // It leaves so again where the recording is played.
    let peer = grouped();
    home.run(["run", "r.jsonl", "--server", &peer.address, "--record", "again.jsonl"]).with(0);
    peer.end();
    for name in ["r.jsonl", "again.jsonl"] {
        let recording = String::from_utf8(home.read(name)).unwrap();
        assert!(
            recording.contains(r#""client":"MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n""#),
            "{recording}"
        );
    }
}

#[test]
fn a_group_holds_the_clients_lines_alone() {
    for (script, line) in [
        (":pipeline\nC: NOOP\nS: 250\n:end\n", 3),
        (":pipeline\nC: NOOP\n:pipeline\nC: QUIT\n:end\n", 3),
        (":pipeline\nC: NOOP\n:wait 1s\n:end\n", 3),
        ("C: NOOP\n:end\n", 2),
    ] {
        let ended = play(script, "practice", &[]).with(64);
        assert!(ended.err.contains(&format!("line {line}, column 1")), "{}", ended.err);
    }
}

#[test]
fn a_group_needs_its_end() {
    let ended = play("S: 220\n:pipeline\nC: EHLO x\n", "practice", &[]).with(64);
    assert!(
        ended.err.contains("line 3, column 1: the script ends inside a group"),
        "{}",
        ended.err
    );
}

#[test]
fn a_recording_never_replaces_another_file() {
    let home = world();
    home.file("precious.txt", "precious");
    let ended = home.run_with(["--plain", "--record", "precious.txt"], "QUIT\n").with(64);
    assert!(ended.err.contains("it exists and is no recording"), "{}", ended.err);
    assert_eq!(home.read("precious.txt"), b"precious");
    for _ in 0..2 {
        home.run_with(["--plain", "--record", "r.jsonl"], "QUIT\n").with(0);
    }
}

#[test]
fn a_recording_plays_again() {
    let home = world();
    let record = ["run", "whole.txt", "--server", "practice", "--record", "r.jsonl"];
    home.run(record).with(0);
    home.run(["run", "r.jsonl", "--server", "practice", "--codes"]).with(0);
}

#[test]
fn a_login_that_is_refused_leaves_no_secret_behind() {
    for lines in [
        "AUTH LOGIN\ndGVzdGVy\nc2VjcmV0\nQUIT\n",
        "C: AUTH PLAIN c2VjcmV0\nQUIT\n",
        "AUTH=PLAIN c2VjcmV0\nQUIT\n",
        "AUTH c2VjcmV0\nQUIT\n",
        "\u{feff}auth plain c2VjcmV0\nQUIT\n",
    ] {
        let home = Home::new();
        let ended = home.run_with(["--plain", "--record", "r.jsonl"], format!("EHLO x\n{lines}"));
        let recorded = String::from_utf8(home.read("r.jsonl")).unwrap();
        assert!(!ended.out.contains("c2VjcmV0") && !recorded.contains("c2VjcmV0"), "{lines}");
        assert!(ended.out.contains("C: QUIT"), "{}", ended.out);
    }
}

#[test]
fn a_script_can_close_and_can_insist_on_the_end() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO", "250 fake.example");
        client.rest()
    });
    play("C: EHLO x\nS: 250\n:close\n", &peer.address, &[]).with(0);
    assert_eq!(peer.end(), b"", "closed without a word");

    play("C: QUIT\nS: 221\n:closed\n", "practice", &[]).with(0);
    let ended = play("C: EHLO x\n:closed\n", "practice", &[]).with(1);
    assert!(ended.out.contains("# -:2\n#   expected: no reply\n#   seen: 250-"), "{}", ended.out);
}

#[test]
fn a_session_that_was_recorded_runs_again() {
    for script in [
        WHOLE,
        "C: EHLO x\nS: 250\n:pipeline\nC: MAIL FROM:<>\nC: RCPT TO:<bob@example.net>\nC: BDAT 9 LAST\nC: a\\r\\n.\\r\\nb\\r\\n\\c\nC: RSET\n:end\nS: 250\nS: 250\nS: 250\nS: 250\nC: QUIT\nS: 221\n",
        "C: \\x80\\xff\\0\\t\\x1b[31m\nS: 500\nC: NOOP \\\\ \\* \\?\nS: 250\nC: NOOP caf\u{e9} \nS: 250\nC: QUIT\n",
        "C: NOOP a\\xe2\\x80\\x8bb \\xe2\\x80\\xae \\xcc\\x81\nS: 250\nC: \\xcc\\x81x\nS: 500\nC: QUIT\n",
        "C: \nS: 500\nC: NO\\c\n:wait 50ms\nC: OP \nS: 250\nC: EHLO x\nS: 250\nC: EHLO y\nS: 250\n:close\n",
        "C: MAIL FROM:<alice@example.org>\nS: 503\nC: HELO x\nS: 250\nC: VRFY bob\nS: 250\nC: EXPN friends\nS: 250\nC: HELP\nS: 214\n",
    ] {
        let home = world();
        let args = ["run", "-", "--server", "practice", "--record", "r.jsonl"];
        let first = home.run_with(args, script).with(0);
        let shown = home.run(["show", "r.jsonl"]).with(0);
        assert_eq!(first.out.trim_end(), shown.transcript().trim_end(), "{script}");
        home.file("again.txt", shown.transcript());
        let again = home.run(["run", "again.txt", "--server", "practice", "--codes"]).with(0);
        assert_eq!(dialogue(&again.out), dialogue(&first.out), "{script}");
    }
}

/// The lines of both sides alone, without the number of the message.
fn dialogue(out: &str) -> Vec<&str> {
    out.lines().filter(|l| l.starts_with("C: ") || l.starts_with("S: ")).collect()
}

/// All keys that `--json` promises.
const KEYS: [&str; 9] = [
    "exchanges",
    "envelope",
    "content",
    "authenticity",
    "tls",
    "who",
    "offered",
    "findings",
    "outcome",
];

#[test]
fn json_is_an_object_a_line_with_every_key() {
    let home = world();
    home.file("fails.txt", "C: EHLO x\nS: 550\n");
    let ended =
        home.run(["run", "whole.txt", "fails.txt", "--server", "practice", "--json"]).with(1);
    let objects = ended.json();
    assert_eq!(objects.len(), 2, "one for each script");
    assert!(ended.err.contains("S: 250 2.0.0 Message accepted"), "text goes to standard error");
    for object in &objects {
        for key in KEYS {
            assert!(object.get(key).is_some(), "{key}");
        }
        assert_eq!(object["exchanges"][0]["command"], Value::Null);
        assert_eq!(object["exchanges"][0]["reply"]["code"], 220);
        assert_eq!(object["tls"], Value::Null);
        let exchanges = object["exchanges"].as_array().unwrap();
        for exchange in exchanges {
            whole_exchange(exchange);
        }
    }
    let [whole, fails] = &objects[..] else { panic!("two") };
    assert_eq!(whole["outcome"], "as-expected");
    assert_eq!(whole["exchanges"][2]["command"], "MAIL FROM:<alice@example.org>");
    assert_eq!(whole["exchanges"][3]["reply"]["enhanced"], "5.1.1");
    assert_eq!(whole["envelope"][0]["sender"], "alice@example.org");
    assert_eq!(whole["envelope"][0]["recipients"][0]["code"], 550);
    assert_eq!(whole["envelope"][0]["recipients"][1]["fate"], "accepted");
    assert_eq!(whole["content"][0]["text"], MESSAGE.replace('\n', "\r\n"));
    assert_eq!(whole["content"][0]["stuffed_dots"], 2);
    assert_eq!(fails["outcome"], "not-as-expected");
    assert_eq!(fails["script"], "fails.txt");
    assert_eq!(
        (&fails["mismatch"]["line"], &fails["mismatch"]["exchange"]),
        (&2.into(), &1.into())
    );
}

/// Every key is there, codes are numbers, times are RFC 3339.
fn whole_exchange(exchange: &Value) {
    for key in ["sent_at", "replied_at"] {
        let time = exchange[key].as_str().expect("a time");
        assert!(time.parse::<jiff::Timestamp>().is_ok() && time.ends_with('Z'), "{time}");
    }
    assert!(exchange["sent_at"].as_str() <= exchange["replied_at"].as_str());
    assert!(exchange["reply"]["code"].is_u64());
    assert!(exchange["reply"]["lines"].is_array());
    assert!(exchange["reply"].get("enhanced").is_some() && exchange.get("command").is_some());
}

#[test]
fn json_has_null_where_nothing_was_heard() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO", "250 fake.example");
        client.line();
    });
    let script = "C: EHLO x\nS: 250\nC: NOOP\nS: 250\n";
    let ended = play(script, &peer.address, &["--json"]);
    peer.end();
    let object = &ended.with(1).json()[0];
    let unanswered = &object["exchanges"][2];
    assert_eq!(unanswered["command"], "NOOP");
    assert!(unanswered.as_object().unwrap().contains_key("reply"));
    assert_eq!((&unanswered["reply"], &unanswered["replied_at"]), (&Value::Null, &Value::Null));
    assert!(unanswered["sent_at"].is_string());

    let nobody = play("C: QUIT\n", "unix:nothing-here", &["--json"]).with(2).json().remove(0);
    for key in KEYS {
        assert!(nobody.get(key).is_some(), "{key}");
    }
    assert_eq!(
        (&nobody["exchanges"], &nobody["outcome"]),
        (&Value::Array(vec![]), &"not-connected".into())
    );
}

#[test]
fn findings_have_id_severity_place_and_text() {
    let script = "C: EHLO -x-\nS: 501\nC: MAIL FROM: <a@b.example>\nS: 5xx\nC: QUIT\n";
    let object = play(script, "practice", &["--json"]).with(0).json().remove(0);
    let findings = object["findings"].as_array().unwrap();
    assert!(!findings.is_empty());
    for finding in findings {
        assert!(finding["id"].is_string() && finding["where"]["exchange"].is_u64());
        assert!(["info", "warn", "error"].contains(&finding["severity"].as_str().unwrap()));
        assert!(!finding["text"].as_str().unwrap().is_empty());
    }
}

#[test]
fn show_reads_a_journal_a_transcript_a_message_and_standard_input() {
    let home = world();
    let run = ["run", "whole.txt", "--server", "practice", "--record", "r.jsonl"];
    home.run(run).with(0);
    let journal = home.run(["show", "r.jsonl"]).with(0);
    home.file("t.txt", journal.transcript());
    home.file("no-extension", home.read("r.jsonl"));
    let transcript = home.run(["show", "t.txt"]).with(0);
    for shown in [
        &journal,
        &transcript,
        &home.run(["show", "no-extension"]).with(0),
        &home.run_with(["show", "-"], home.read("r.jsonl")).with(0),
        &home.run_with(["show", "-"], journal.transcript()).with(0),
    ] {
        assert_eq!(dialogue(&shown.out), dialogue(&journal.out));
        assert!(shown.out.contains("\n# Envelope\n# Transaction 1: accepted\n"), "{}", shown.out);
        assert!(
            shown.out.contains("550 5.1.1 refused") && shown.out.contains("#   Subject: hello\n")
        );
    }
    let message = home.run(["show", "message.eml"]).with(0);
    assert!(message.out.contains("\n  From: alice@example.org\n"), "{}", message.out);
    assert!(
        message.out.contains("  error: Date is missing, and it is required [RFC 5322 §3.6.1]\n")
    );
    assert_eq!(home.run_with(["show", "-"], MESSAGE).with(0).out, message.out);
}

/// A message whose envelope and content say different things.
const APART: &str = "S: 220 mx.example.net\nC: EHLO pc.example.org\nS: 250-mx.example.net\nS: 250-SIZE 200\nS: 250 DSN\nC: MAIL FROM:<bounces@example.com> SIZE=100 RET=HDRS\nS: 250 2.1.0 ok\nC: RCPT TO:<bob@example.net> NOTIFY=NEVER\nS: 250 2.1.5 ok\nC: RCPT TO:<nobody@example.net>\nS: 550 5.1.1 no such\\x1b user\nC: RCPT TO:<dave@example.net>\nS: 250 2.1.5 ok\nC: RCPT TO:<eve@example.net>\nS: 250 2.1.5 ok\nC: DATA\nS: 354 go on\nC: From: Alice <alice@example.org>\nC: To: Bob <bob@example.net>, nobody@example.net,\nC:  Erin <erin@example.com>\nC: Bcc: dave@example.net\nC: \nC: gr\\xc3\\xa5\nC: .\nS: 250 2.0.0 ok\nC: MAIL FROM:<>\nS: 250 ok\nC: RSET\nS: 250 2.0.0 ok\n";

#[test]
fn show_holds_the_envelope_against_the_content() {
    let home = world();
    home.file("apart.txt", APART);
    let shown = home.run(["show", "apart.txt"]).with(0);
    for line in [
        "#   Ended by the end of the data → 250 2.0.0\n",
        "#   From <bounces@example.com>  250 2.1.0 accepted\n#     SIZE=100  100 B announced\n#     RET=HDRS  a bounce brings the header alone\n",
        "#     NOTIFY=NEVER  no report at all\n",
        "#   To <nobody@example.net>  550 5.1.1 refused\n#     no such\\x1b user\n",
        "#     SIZE  200 B · 100 B · 138 B → 38 B over what was declared\n",
        "#     BODY  no · - · 8-bit bytes → needed, not declared\n",
        "#   Against the content\n#     MAIL FROM is not From, which is <alice@example.org>  (RFC 5321 §2.3.1)\n",
        "#     DMARC: not aligned, unless one organisation has both: example.com, example.org  (RFC 9989 §4.4)\n",
        "#     gets it, is not named: <eve@example.net>  (RFC 5321 §2.3.1)\n",
        "#     is named and refused: <nobody@example.net>  (RFC 5321 §3.3)\n",
        "#     is named, not sent to: <erin@example.com>  (RFC 5321 §2.3.1)\n",
        "#     Bcc gives away <dave@example.net>  (RFC 5322 §3.6.3)\n",
        "# Transaction 2: wiped by RSET\n#   Ended by RSET → 250 2.0.0\n",
        "#     the null sender: no bounce may come back\n",
    ] {
        assert!(shown.out.contains(line), "{line}\n{}", shown.out);
    }
    let japanese = home.run(["show", "apart.txt", "--lang", "ja"]).with(0);
    for line in ["#   中身との比較\n", "#     Bcc が明かす相手：<dave@example.net>"] {
        assert!(japanese.out.contains(line), "{line}\n{}", japanese.out);
    }
    // What is printed is a transcript.
    home.file("again.txt", shown.transcript());
    assert_eq!(home.run(["show", "again.txt"]).with(0).out, shown.out);

    let object = home.run(["show", "apart.txt", "--json"]).with(0).json().remove(0);
    let envelope = &object["envelope"][0];
    let rows = envelope["limits"].as_array().unwrap();
    let verdicts: Vec<_> = rows.iter().map(|r| (&r["what"], &r["verdict"], &r["by"])).collect();
    assert_eq!(
        serde_json::json!(verdicts),
        serde_json::json!([["SIZE", "over-declared", 38], ["BODY", "undeclared", null]])
    );
    assert_eq!((&rows[0]["offered"], &rows[1]["offered"]), (&200.into(), &false.into()));
    assert_eq!(rows[1]["sent"], serde_json::json!(["8bit"]));
    let found = envelope["against_content"].as_array().unwrap();
    let ids: Vec<_> = found.iter().map(|found| found["id"].as_str().unwrap()).collect();
    assert_eq!(
        ids,
        [
            "sender-differs",
            "domains-differ",
            "blind-recipient",
            "named-refused",
            "named-not-sent",
            "bcc-reveals"
        ]
    );
    for found in found {
        assert!(["info", "warn", "error"].contains(&found["severity"].as_str().unwrap()));
        assert!(!found["rfc"].as_array().unwrap().is_empty(), "{found}");
        assert!(!found["text"].as_str().unwrap().is_empty(), "{found}");
    }
    // Who is refused is named by a command and by a field.
    let refused = &found[3]["who"][0];
    let (command, field) =
        (refused["exchange"].as_u64().unwrap(), refused["field"].as_u64().unwrap());
    assert_eq!(
        object["exchanges"][usize::try_from(command).unwrap()]["command"],
        "RCPT TO:<nobody@example.net>"
    );
    assert_eq!(object["content"][0]["fields"][usize::try_from(field).unwrap()]["name"], "To");
    let wiped = &object["envelope"][1];
    assert_eq!(wiped["against_content"], serde_json::json!([]));
    let ended = wiped["ended_in"].as_u64().unwrap();
    assert_eq!(object["exchanges"][usize::try_from(ended).unwrap()]["command"], "RSET");
    let words = home.run(["explain", "bcc-reveals"]).with(0);
    assert!(words.out.contains("RFC 5322 §3.6.3"), "{}", words.out);
}

#[test]
fn show_speaks_json_about_every_kind_of_file() {
    let home = world();
    let run = ["run", "whole.txt", "--server", "practice", "--record", "r.jsonl"];
    home.run(run).with(0);
    home.file("t.txt", home.run(["show", "r.jsonl"]).with(0).transcript());
    for (name, timed) in [("r.jsonl", true), ("t.txt", false), ("message.eml", false)] {
        let objects = home.run(["show", name, "--json"]).with(0).json();
        assert_eq!(objects.len(), 1, "{name}");
        for key in KEYS {
            assert!(objects[0].get(key).is_some(), "{name}: {key}");
        }
        assert_eq!(objects[0]["content"][0]["fields"][1]["value"], "hello", "{name}");
        let text = objects[0]["content"][0]["text"].as_str().unwrap();
        assert_eq!(text.replace("\r\n", "\n"), MESSAGE, "{name}");
        assert_eq!(objects[0]["exchanges"][0]["replied_at"].is_string(), timed, "{name}");
        assert_eq!(objects[0]["exchanges"].as_array().unwrap().is_empty(), name == "message.eml");
    }
}

#[test]
fn show_tells_what_is_odd_about_a_header_and_which_way_it_came() {
    let home = Home::new();
    let text = "Received: from b.example (b.example [192.0.2.2]) by a.example with ESMTPS;\n Mon, 23 Nov 2026 07:54:43 +0000\nReceived: from c.example ([192.0.2.3]) by b.example with ESMTPA id 1;\n Mon, 23 Nov 2026 07:54:41 +0000\nDate: Mon, 23 Nov 2026 07:54:40 +0000\nFrom: a@b.example\nMessage-ID: <1@b.example>\nSubject: =?utf-8?q?=C3=A9?=\nno colon\n\nhi\n";
    home.file("travelled.eml", text);
    for (lang, said) in [
        ("en", ["Hops: 2, in 2 s", "error: no colon", "as written: =?utf-8?q?=C3=A9?=", "[trace]"]),
        ("ja", ["ホップ：2(所要 2 s)", "エラー：コロン", "元の表記：=?utf-8?q?=C3=A9?=", "[経路]"]),
    ] {
        let shown = home.run(["show", "travelled.eml", "--lang", lang]).with(0);
        for said in said {
            assert!(shown.out.contains(said), "{said}\n{}", shown.out);
        }
    }
    let objects = home.run(["show", "travelled.eml", "--json"]).with(0).json();
    let content = &objects[0]["content"][0];
    let trace = &content["trace"];
    assert_eq!(
        (&trace["seconds"], &trace["certain_from"], &trace["doubtful"]),
        (&2.into(), &2.into(), &1.into())
    );
    assert_eq!(trace["hops"][0]["with"], "ESMTPA");
    assert_eq!(
        (&trace["hops"][1]["ip"], &trace["hops"][1]["delay"]),
        (&"192.0.2.2".into(), &2.into())
    );
    let [finding] = &content["findings"].as_array().unwrap()[..] else { panic!("{content}") };
    assert_eq!((&finding["id"], &finding["severity"]), (&"no-colon".into(), &"error".into()));
    let place = |key: &str| usize::try_from(finding[key].as_u64().unwrap()).unwrap();
    let wire = content["text"].as_str().unwrap();
    assert_eq!(wire.get(place("start")..place("end")), Some("no colon"));
    let field = &content["fields"][5];
    assert_eq!(
        (&field["value"], &field["raw"], &field["group"]),
        (&"\u{e9}".into(), &"=?utf-8?q?=C3=A9?=".into(), &"informational".into())
    );
}

#[test]
fn what_is_so_many_times_is_told_once_and_all_is_counted() {
    let home = Home::new();
    let fields = "X: a\0\0\0\r\n".repeat(120);
    let text = format!(
        "Date: Mon, 23 Nov 2026 07:54:40 +0000\r\nFrom: a@b.example\r\nMessage-ID: <1@b.example>\r\n{fields}\r\na\0b\0\r\n"
    );
    home.file("nul.eml", text);
    for (lang, said) in [
        (
            "en",
            [
                "errors: 120; counted but not listed, beyond 100 of a kind: 20",
                "3 times, first in line 4, column 5",
            ],
        ),
        (
            "ja",
            ["エラー：120、一覧は種類ごとに 100 件まで(ほか 20 件)", "計 3 回、最初は 4 行 5 桁"],
        ),
    ] {
        let shown = home.run(["show", "nul.eml", "--lang", lang]).with(0);
        for said in said {
            assert!(shown.out.contains(said), "{said}\n{}", shown.out);
        }
    }
    let objects = home.run(["show", "nul.eml", "--json"]).with(0).json();
    let content = &objects[0]["content"][0];
    let findings = content["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 100);
    let first = &findings[0];
    let numbers = ["line", "column", "count"].map(|key| first[key].as_u64().unwrap());
    assert_eq!((&first["id"], numbers), (&"nul".into(), [4, 5, 3]));
    assert_eq!(content["findings_not_listed"]["error"], 20);
    let flaw = &content["parts"][0]["flaws"][0];
    let numbers = ["line", "column", "count"].map(|key| flaw[key].as_u64().unwrap());
    assert_eq!((&flaw["what"], numbers), (&"nul".into(), [125, 2, 2]));
}

#[test]
fn a_long_message_is_shortened_unless_all_of_it_is_wanted() {
    let home = world();
    let lines: String = (0..500).map(|n| format!("line {n}\n")).collect::<Vec<_>>().concat();
    home.file("message.eml", format!("Subject: long\n\n{lines}"));
    let run = ["run", "whole.txt", "--server", "practice", "--record", "r.jsonl"];
    let ended = home.run(run).with(0);
    assert!(ended.out.contains("--full prints them") && !ended.out.contains("C: line 300\n"));
    assert!(ended.out.contains("\nC: .\nS: 250 "), "the end is shown: {}", ended.out);
    for full in
        [home.run([&run[..], &["--full"]].concat()), home.run(["show", "--full", "r.jsonl"])]
    {
        let full = full.with(0);
        assert!((0..500).all(|n| full.out.contains(&format!("C: line {n}\n"))));
    }
}

/// A line of mail data in so many pieces, each in a chunk of its own, behind so many whole lines.
fn in_pieces(whole: usize, pieces: usize) -> String {
    let mut talk = "S: 220 mx\nC: EHLO x\nS: 250-mx\nS: 250 CHUNKING\n\
        C: MAIL FROM:<a@b.example>\nS: 250 ok\nC: RCPT TO:<c@d.example>\nS: 250 ok\n"
        .to_owned();
    for _ in 0..whole {
        talk += "C: BDAT 3\nC: y\nS: 250 ok\n";
    }
    for _ in 0..pieces {
        talk += "C: BDAT 1\nC: x\\c\nS: 250 ok\n";
    }
    talk + "C: BDAT 6 LAST\nC: \nC: ok\nS: 250 ok\n"
}

#[test]
fn what_is_left_out_is_said_once_however_its_lines_are_cut() {
    let home = Home::new();
    for pieces in [0, 1, 3] {
        home.file("t.txt", in_pieces(40, pieces));
        let out = home.run(["show", "t.txt"]).with(0).out;
        assert_eq!(out.matches("--full prints them").count(), 1, "{pieces}: {out}");
        assert!(!out.contains("C: x") && out.contains("C: ok\n"), "{pieces}: {out}");
    }
}

#[test]
fn a_line_in_thousands_of_pieces_is_shown_at_once() {
    let home = Home::new();
    home.file("t.txt", in_pieces(0, 8_000));
    let begun = Instant::now();
    let out = home.run(["show", "--full", "t.txt"]).with(0).out;
    assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(out.matches("\nC: x\\c\n").count(), 8_000);
}

#[test]
fn a_torn_journal_is_shown_up_to_the_tear() {
    let home = world();
    let run = ["run", "whole.txt", "--server", "practice", "--record", "r.jsonl"];
    home.run(run).with(0);
    let whole = home.read("r.jsonl");
    let mut shown = 0;
    for end in (37..whole.len()).step_by(37) {
        let part = &whole[..end];
        home.file("torn.jsonl", part);
        let ended = home.run(["show", "torn.jsonl"]).with(0);
        let lines = part.iter().filter(|b| **b == b'\n').count();
        let torn = format!("ehlo: torn.jsonl: line {} is cut off", lines + 1);
        let whole_line = part.ends_with(b"\n") || whole[end] == b'\n';
        assert_eq!(ended.err.contains(&torn), !whole_line, "cut at {end}: {}", ended.err);
        let now = dialogue(&ended.out).len();
        assert!(now >= shown, "cut at {end}: what was there is there");
        shown = now;
    }
    assert!(shown > 20, "{shown}");
}

#[test]
fn a_journal_that_is_wrong_is_told_with_its_place() {
    let home = Home::new();
    home.file("newer.jsonl", "{\"ehlo-journal\":99,\"colour\":\"blue\"}\n{\"at\":1}\n");
    let ended = home.run(["show", "newer.jsonl"]).with(64);
    assert!(ended.err.contains("newer.jsonl: this journal has version 99"), "{}", ended.err);
    assert!(ended.err.contains("a newer ehlo can open it"), "{}", ended.err);
    for (file, told) in [
        ("newer.jsonl", "newer.jsonl: この記録はバージョン 99 ですが"),
        ("absent.jsonl", "absent.jsonl を読み込めません: "),
    ] {
        let ended = home.run(["show", file, "--lang", "ja"]).with(64);
        assert!(ended.err.contains(told), "{}", ended.err);
    }

    let head = "{\"ehlo-journal\":1}\n{\"at\":1,\"server\":\"220 x\\r\\n\"}\n";
    for (line, place) in [
        ("{\"at\":2,\"clent\":\"QUIT\\r\\n\"}", "line 3, column 15: unknown field `clent`"),
        ("{\"at\":2,\"client\":\"QU", "line 3, column 20: "),
        ("{\"at\":2}", "line 3, column "),
        ("not json", "line 3, column 2: "),
    ] {
        home.file(
            "broken.jsonl",
            format!("{head}{line}\n{{\"at\":3,\"server\":\"221 x\\r\\n\"}}\n"),
        );
        let ended = home.run(["show", "broken.jsonl"]).with(64);
        assert!(ended.err.contains(&format!("broken.jsonl: {place}")), "{}", ended.err);
        assert!(ended.out.starts_with("S: 220 x\n") && !ended.out.contains("221"), "{}", ended.out);
    }
}

#[test]
fn an_output_that_is_closed_is_no_reason_to_panic() {
    let home = world();
    let lines: String = (0..20_000).map(|n| format!("C: NOOP {n}\n")).collect::<Vec<_>>().concat();
    home.file("long.txt", lines);
    for line in ["show long.txt", "show long.txt --json", "run whole.txt --server practice"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.ehlo(line.split(' '));
        let done = command.stdin(std::process::Stdio::null()).stdout(writer).output().unwrap();
        let err = String::from_utf8_lossy(&done.stderr);
        assert!(!err.contains("panicked") && done.status.code() == Some(0), "{line}: {err}");
    }
}

/// Nobody may be there who hears what is amiss: that is no reason to end.
#[test]
fn standard_error_may_be_closed() {
    let home = Home::new();
    for (line, code) in [
        ("explain xyzzy", 1),
        ("show nowhere.txt", 64),
        ("faults xyzzy", 1),
        ("config --theme xyzzy", 64),
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = home.ehlo(line.split(' '));
        let done = command.stdin(std::process::Stdio::null()).stderr(writer).output().unwrap();
        assert_eq!(done.status.code(), Some(code), "{line}");
    }
}

/// The secrets of [`login`], and pieces of them.
const SECRETS: [&str; 4] = ["AGFsaWNlAGNvcnJlY3Q=", "AGFsaWNl", "Y29ycmVjdCBob3JzZQ==", "Y29ycm"];

/// A server that takes any login.
fn login(mut client: Client) {
    client.say("220 fake.example\r\n");
    loop {
        let line = client.line();
        let reply = match line.trim_end() {
            "AUTH PLAIN AGFsaWNlAGNvcnJlY3Q=" | "AGFsaWNlAGNvcnJlY3Q=" | "Y29ycmVjdCBob3JzZQ==" => {
                "235 in\r\n"
            }
            "AUTH PLAIN" => "334 \r\n",
            "AUTH LOGIN" | "AUTH LOGIN AGFsaWNl" => "334 VXNlcm5hbWU6\r\n",
            "AGFsaWNl" => "334 UGFzc3dvcmQ6\r\n",
            "QUIT" => {
                client.say("221 bye\r\n");
                return;
            }
            line if line.starts_with("EHLO") => "250-fake.example\r\n250 AUTH PLAIN LOGIN\r\n",
            other => panic!("unexpected {other:?}"),
        };
        client.say(reply);
    }
}

#[test]
fn secrets_are_recorded_and_shown_only_on_demand() {
    for script in [
        "C: AUTH PLAIN AGFsaWNlAGNvcnJlY3Q=\nS: 235\n",
        "C: AUTH PLAIN\nS: 334\nC: AGFsaWNlAGNvcnJlY3Q=\nS: 235\n",
        "C: AUTH LOGIN\nS: 334\nC: AGFsaWNl\nS: 334\nC: Y29ycmVjdCBob3JzZQ==\nS: 235\n",
        "C: AUTH LOGIN AGFsaWNl\nS: 334\nC: Y29ycmVjdCBob3JzZQ==\nS: 235\n",
        "C: AUTH PL\\c\n:wait 60ms\nC: AIN AGF\\c\n:wait 60ms\nC: saWNlAGNvcn\\c\n:wait 60ms\nC: JlY3Q=\nS: 235\n",
        "C: AUTH LOGIN\nS: 334\nC: AGFsa\\c\n:wait 60ms\nC: WNl\\c\n:wait 60ms\nC: \nS: 334\nC: Y29yc\\c\n:wait 60ms\nC: mVjdCBob3JzZQ==\nS: 235\n",
        ":pipeline\nC: AUTH LOGIN\nC: AGFsaWNl\nC: Y29ycmVjdCBob3JzZQ==\n:end\nS: 334\nS: 334\nS: 235\n",
    ] {
        let script = format!("C: EHLO x\nS: 250\n{script}C: QUIT\n");
        let (said, recording, _) = record_login(&script, &["--json"]);
        let (plain, _, shown) = record_login(&script, &[]);
        let all = [said.out, said.err, plain.out, plain.err, recording.clone(), shown].concat();
        assert!(all.contains("AUTH "), "{all}");
        for secret in SECRETS.into_iter().chain(["AGF", "saWNl", "JlY3Q", "WNl", "mVjd", "Y29yc"]) {
            assert!(!all.contains(secret), "{secret} leaks from\n{script}\n{all}");
        }
        let (_, recording, _) = record_login(&script, &["--with-secrets"]);
        let bytes: String = client_bytes(&recording);
        assert!(SECRETS[..3].iter().any(|s| bytes.contains(s)), "{recording}");
    }
}

/// Where replies are missing, nobody says which lines were answers of a login: they are hidden all the
/// same, whatever is made of the recording.
#[test]
fn a_recording_without_replies_shows_no_secret() {
    let home = Home::new();
    let other = home.file("other.txt", "S: 220 mx\nC: EHLO x\nS: 250 mx\nC: NOOP\nS: 250 ok\n");
    let login = "C: AUTH LOGIN\nC: AGFsaWNl\nC: Y29ycmVjdCBob3JzZQ==\n";
    let plain = "C: AUTH PLAIN\nC: AGFsaWNlAGNvcnJlY3Q=\n";
    for (at, text) in [
        login.to_owned(),
        format!("{login}C: MAIL FROM:<>\nC: QUIT\nS: 221 bye\n"),
        format!("S: 220 mx\nC: EHLO x\nS: 250 mx\n{login}S: 235 in\nC: QUIT\nS: 221 bye\n"),
        "C: EHLO x\nC: AUTH LOGIN AGFsaWNl\nC: Y29ycmVjdCBob3JzZQ==\nC: QUIT\n".to_owned(),
        format!("C: EHLO x\n{plain}C: QUIT\n"),
        format!("C: STARTTLS\nC: EHLO x\n{plain}C: DATA\nC: x\nC: .\nC: QUIT\n"),
        format!("C: DATA\n{login}S: 334 VXNlcm5hbWU6\nS: 235 in\nS: 221 bye\n"),
        format!(":pipeline\n{login}C: QUIT\n:end\n"),
        "S: 220 mx\nC: AUTH CRAM-MD5\nC: AGFsaWNlAGNvcnJlY3Q=\nS: 535 no\nC: QUIT\n".to_owned(),
        login.replace("C: AGF", "S: 334 VXNlcm5hbWU6\nC: AGF") + "S: 235 in\nS: 221 bye\n",
        login.replace("C: AGF", "S: 235 x\nS: 334 VXNlcm5hbWU6\nC: AGF"),
    ]
    .iter()
    .enumerate()
    {
        let file = home.file(&format!("{at}.txt"), text);
        let (file, other) = (arg(&file), arg(&other));
        let mut all = String::new();
        for line in
            [&["show", file][..], &["show", file, "--json"], &["show", file, "--lang", "ja"]]
        {
            let shown = home.run(line).with(0);
            all += &(shown.out + &shown.err);
        }
        for line in [&["compare", file, other][..], &["compare", other, file, "--json"]] {
            let compared = home.run(line);
            all += &(compared.out + &compared.err);
        }
        assert!(all.contains("AUTH "), "{all}");
        for secret in SECRETS.into_iter().chain(["correct horse"]) {
            assert!(!all.contains(secret), "{secret} leaks from\n{text}\n{all}");
        }
    }
}

/// Plays a login: what was said, the recording, and what `show` makes of it.
fn record_login(script: &str, options: &[&str]) -> (Ended, String, String) {
    let home = Home::new();
    let peer = Peer::start(login);
    let args = ["run", "-", "--server", &peer.address, "--record", "r.jsonl"];
    let said = home.run_with([&args[..], options].concat(), script).with(0);
    peer.end();
    let recording = String::from_utf8(home.read("r.jsonl")).unwrap();
    let shown = home.run(["show", "r.jsonl"]).with(0).out
        + &home.run(["show", "r.jsonl", "--json"]).with(0).out;
    (said, recording, shown)
}

/// What the client sent, as a recording has it.
fn client_bytes(recording: &str) -> String {
    let rows = recording.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    rows.filter_map(|row| row["client"].as_str().map(str::to_owned)).collect()
}

#[test]
fn a_login_in_the_plain_front_leaves_no_secret_behind() {
    let home = Home::new();
    let peer = Peer::start(login);
    let input = "EHLO x\nAUTH LOGIN\nAGFsaWNl\nY29ycmVjdCBob3JzZQ==\n:raw AUTH PLAIN AGFsaWNlAGNv\\c\n:raw cnJlY3Q=\nQUIT\n";
    let args = ["--plain", &peer.address, "--record", "r.jsonl"];
    let ended = home.run_with(args, input).with(0);
    peer.end();
    let recording = String::from_utf8(home.read("r.jsonl")).unwrap();
    let all = [ended.out, ended.err, recording].concat();
    assert_eq!(all.matches("235 in").count(), 4, "{all}");
    for secret in SECRETS.into_iter().chain(["cnJlY3Q="]) {
        assert!(!all.contains(secret), "{secret} leaks: {all}");
    }
}

#[test]
fn plain_waits_for_each_reply() {
    let peer = Peer::start(|mut client| {
        let pause = Duration::from_millis(200);
        client.silent_for(pause);
        client.say("220-fake.example\r\n");
        client.silent_for(pause);
        client.say("220 ready\r\n");
        assert_eq!(client.line(), "EHLO x\r\n");
        client.silent_for(pause);
        client.say("250-fake.example\r\n250-PIPELINING\r\n25");
        client.silent_for(pause);
        client.say("0 HELP\r\n");
        assert_eq!(client.line(), "NOOP\r\n");
        client.silent_for(pause);
        client.say("250 ok\r\n");
        client.answer("QUIT\r\n", "221 bye");
    });
    let home = Home::new();
    let ended = home.run_with(["--plain", &peer.address], "EHLO x\r\nNOOP\nQUIT\r\n");
    peer.end();
    let ended = ended.with(0);
    assert!(ended.out.contains("\nC: EHLO x\nS: 250-fake.example\n"), "{}", ended.out);
    assert!(ended.out.contains("\nC: QUIT\nS: 221 bye\n"), "{}", ended.out);
}

#[test]
fn plain_is_chosen_where_there_is_no_terminal() {
    let home = Home::new();
    for args in [&["practice"][..], &[][..], &["--plain"][..]] {
        let ended = home.run_with(args, "EHLO x\r\nQUIT\r\n").with(0);
        assert!(ended.out.contains("\nS: 221 2.0.0 mx.example.net Goodbye\n"), "{}", ended.out);
        assert!(!ended.out.contains('\x1b') && ended.err.is_empty());
    }
}

#[test]
fn plain_without_quit_closes_in_order() {
    for input in ["EHLO x\nNOOP\n", "EHLO x\nNOOP"] {
        let peer = Peer::start(|mut client| {
            client.say("220 fake.example\r\n");
            client.answer("EHLO x\r\n", "250 fake.example");
            assert_eq!(client.line(), "NOOP\r\n", "an unfinished last line is finished");
            client.silent_for(Duration::from_millis(200));
            client.say("250 ok\r\n");
            client.rest()
        });
        let ended = Home::new().run_with(["--plain", &peer.address], input);
        assert_eq!(peer.end(), b"");
        let ended = ended.with(0);
        assert!(ended.out.contains("C: NOOP\nS: 250 ok\n"), "{}", ended.out);
        let told = "# this side closed the connection\n# I03 ";
        assert!(ended.out.contains(told), "{}", ended.out);
    }
}

#[test]
fn plain_sends_raw_bytes_files_and_dots() {
    let peer = Peer::start(|client| {
        polite(client, |client| {
            assert_eq!(client.line(), "NOOP \0\u{fffd}\n", "raw bytes, no CRLF");
            client.say("250 ok\r\n");
            client.answer("DATA\r\n", "354 go");
            let lines = [client.line(), client.line(), client.line(), client.line()];
            assert_eq!(lines, ["Subject: x\r\n", "\r\n", "..dot\r\n", ".\r\n"]);
            client.say("250 stored\r\n");
            client.answer("DATA\r\n", "354 go");
            let lines = [client.line(), client.line(), client.line(), client.line()];
            assert_eq!(lines, ["\r\n", ":data is text here\r\n", ":close\r\n", ".\r\n"]);
            client.say("250 stored\r\n");
        });
    });
    let home = Home::new();
    home.file("m.eml", "Subject: x\n\n.dot\n");
    let input = "EHLO x\n:raw NOOP \\0\\xff\\n\\c\nDATA\n:data m.eml\nDATA\n\n:data is text here\n:close\n.\nQUIT\n";
    let ended = home.run_with(["--plain", &peer.address], input);
    peer.end();
    assert!(ended.with(0).out.contains("C: NOOP \\0\\xff\\n\\c\n"));
}

#[test]
fn plain_keeps_a_group_and_sends_chunks_and_octets_by_hand() {
    let peer = Peer::start(|client| {
        polite(client, |client| {
            let group: Vec<String> = (0..3).map(|_| client.line()).collect();
            assert_eq!(group, ["MAIL FROM:<a@b>\r\n", "RCPT TO:<c@d>\r\n", "BDAT 7\r\n"]);
            assert_eq!(client.line(), "Subject\r\n");
            client.say("250 one\r\n250 two\r\n250 three\r\n500 four\r\n");
            assert_eq!(client.line(), "BDAT 9\r\n");
            assert_eq!([client.line(), client.line()], ["hello\r\n", ":\n"]);
            client.say("250 by hand\r\n");
            assert_eq!(client.line(), "BDAT 2\r\n");
            assert_eq!(client.line(), "a\n");
            client.say("250 first\r\n");
            assert_eq!(client.line(), "BDAT 1 LAST\r\n");
            assert_eq!(client.line(), "\n");
            client.say("250 last\r\n");
        });
    });
    let home = Home::new();
    home.file("m.eml", "a\n\n");
    let input = "EHLO x\n:pipeline\nNOOP\n:cancel\n:pipeline\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\n:bdat 7 Subject\n:end\nBDAT 9\nhello\n:raw :\\n\\c\n:bdat --chunk 2 LAST @m.eml\nQUIT\n";
    let args = ["--plain", &peer.address, "--record", "r.jsonl"];
    let ended = home.run_with(args, input).with(0);
    peer.end();
    for said in [
        "# the group is dropped (lines: 1)",
        "# less is announced than follows, octets: 2",
        ":pipeline\nC: MAIL FROM:<a@b>\nC: RCPT TO:<c@d>\nC: BDAT 7\n",
        ":end\nS: 250 one\n",
        "# still to come of the chunk, in octets: 9;",
        "# still to come of the chunk, in octets: 2;",
    ] {
        assert!(ended.out.contains(said), "{said}\n{}", ended.out);
    }
    // A recording knows what left together, and so does what is printed of it.
    let shown = home.run(["show", "r.jsonl"]).with(0).out;
    assert!(shown.contains(":pipeline\nC: MAIL FROM:<a@b>\n"), "{shown}");
    let groups: Value =
        serde_json::from_str(&home.run(["show", "r.jsonl", "--json"]).with(0).out).unwrap();
    let groups: Vec<_> =
        groups["exchanges"].as_array().unwrap().iter().map(|e| e["group"].as_u64()).collect();
    assert_eq!(groups.get(2..6), Some(&[Some(0), Some(0), Some(0), Some(0)][..]), "{groups:?}");
    home.file("s.txt", &shown);
    assert!(home.run(["show", "s.txt"]).with(0).out.contains(":end\n"));
}

#[test]
fn plain_says_what_the_end_of_the_input_cuts_off() {
    for (input, said) in [
        ("EHLO x\n:pipeline\nNOOP\n", "ended inside a group"),
        (
            "EHLO x\nMAIL FROM:<alice@example.org>\nRCPT TO:<bob@example.net>\nBDAT 5\nx\n",
            "ended inside a chunk",
        ),
        ("EHLO x\n:pipeline\n:starttls\n", "in a group stand lines"),
        ("EHLO x\n:end\n", "there is no group to end"),
        ("EHLO x\n:bdat @draft\n", "there is no draft here"),
    ] {
        let ended = Home::new().run_with(["--plain", "practice"], input).with(64);
        assert!(ended.err.contains(said), "{input}: {}", ended.err);
    }
}

#[test]
fn plain_tells_each_piece_of_a_line_that_leaves_in_pieces() {
    let peer = Peer::start(|client| {
        polite(client, |client| drop(client.answer("NOOP\r\n", "250 ok")));
    });
    let home = Home::new();
    let begun = Instant::now();
    let input = "EHLO x\n:raw \\c\n:drip 4 200ms NOOP\nQUIT\n";
    let ended = home.run_with(["--plain", &peer.address], input).with(0);
    assert!(begun.elapsed() >= Duration::from_millis(200));
    peer.end();
    let piece = |text: &str| {
        let line = ended.out.lines().find_map(|l| l.strip_prefix("# ")?.strip_suffix(text));
        let time = line.unwrap_or_else(|| panic!("{text} is missing in\n{}", ended.out));
        time.parse::<f64>().unwrap()
    };
    assert!(piece(" C: \\r\\n\\c") - piece(" C: NOOP\\c") >= 0.2, "{}", ended.out);
    let line = "\nC: NOOP\n# the line took 2";
    assert!(
        ended.out.contains(line) && ended.out.contains(" ms to leave\nS: 250 ok\n"),
        "{}",
        ended.out
    );
    assert!(!ended.out.contains("C: QUIT\\r"), "{}", ended.out);
    assert!(ended.err.contains("there is nothing in it to send"), "{}", ended.err);
}

#[test]
fn pieces_of_a_secret_are_veiled() {
    let peer = Peer::start(login);
    let input = "EHLO x\n:drip 9 1ms AUTH PLAIN AGFsaWNlAGNvcnJlY3Q=\n\
                 :drip 1 0 AUTH PLAIN AGFsaWNlAGNv\\c\n:raw cnJlY3Q=\nQUIT\n";
    let ended = Home::new().run_with(["--plain", &peer.address], input).with(0);
    peer.end();
    let pieces: Vec<_> = ended.out.lines().filter_map(|l| Some(l.split_once(" C: ")?.1)).collect();
    assert_eq!(pieces[..4], ["AUTH PLAI\\c", "N *******\\c", "*********\\c", "****\\r\\n\\c"]);
    assert_eq!(
        pieces[4..].concat(),
        "A\\cU\\cT\\cH\\c \\cP\\cL\\cA\\cI\\cN\\c \\c".to_owned() + &"*\\c".repeat(12)
    );
    for secret in SECRETS.into_iter().chain(["cnJlY3Q="]) {
        assert!(!ended.out.contains(secret), "{secret} leaks: {}", ended.out);
    }
}

#[test]
fn plain_explains_words_and_sends_nothing_of_it() {
    let ended = Home::new().run_with(["--plain"], ":explain 550 xyzzy\nQUIT\n").with(0);
    assert!(ended.out.contains("\n# 550 Mailbox unavailable  "), "{}", ended.out);
    assert!(ended.out.contains("\n# nothing is known about xyzzy\n"), "{}", ended.out);
    assert!(!ended.out.contains("C: :explain"), "{}", ended.out);
}

#[test]
fn plain_says_what_can_be_typed_and_sends_no_question() {
    let home = Home::new();
    let input = "?\nEHLO pc.example.org\nMAIL FROM:<me@example.com>\n?\nRSET ?\n\
                 RCPT TO:<bob@example.net>\nDATA\n?\n.\nQUIT\n";
    let ended = home.run_with(["--plain"], input).with(0);
    for line in [
        "# next: EHLO pc.example.org",
        "# RCPT TO:<    Names one recipient",
        "# DATA         (no recipient was accepted yet (RFC 5321 §3.3))",
        "# next: RCPT TO:<bob@example.net>",
        // Behind a word it is the script's own, and inside a message it is text.
        "C: RSET ?",
        "C: ?",
    ] {
        assert!(ended.out.lines().any(|l| l == line), "{line} is missing in\n{}", ended.out);
    }
    assert_eq!(ended.out.matches("C: ?").count(), 1, "{}", ended.out);
    assert!(ended.out.lines().all(|l| ["# ", "C: ", "S: "].iter().any(|mark| l.starts_with(mark))));
    let japanese = home.run_with(["--plain", "--lang", "ja"], "?\nQUIT\n").with(0);
    assert!(japanese.out.contains("# QUIT         セッションの終了\n"), "{}", japanese.out);
}

#[test]
fn plain_tells_of_a_slip_once() {
    let home = Home::new();
    let input = "EHLO pc.example.org\nRCPT TO:<bob@example.net>\nMAIL FROM:<me@example.com>\n\
                 RCPT TO:<bob@example.net>\nDATA\n\n. \n.\nQUIT\n";
    let ended = home.run_with(["--plain"], input).with(0);
    for line in [
        "# slip: no MAIL was accepted yet (RFC 5321 §4.1.4); meant: MAIL FROM:<alice@example.org>",
        "# slip: a blank beside the dot: this is no end (RFC 5321 §4.1.1.4); meant: .",
    ] {
        let told = ended.out.lines().filter(|l| *l == line).count();
        assert_eq!(told, 1, "{line} in\n{}", ended.out);
    }
    assert_eq!(ended.out.matches("# slip").count(), 2, "{}", ended.out);
}

#[test]
fn plain_answers_a_question_inside_a_login() {
    let home = Home::new();
    let peer = Peer::start(login);
    let input = "EHLO x\nAUTH PLAIN\n?\nAGFsaWNlAGNvcnJlY3Q=\nQUIT\n";
    let ended = home.run_with(["--plain", &peer.address], input).with(0);
    peer.end();
    assert!(ended.out.contains("# to come: an answer in base64"), "{}", ended.out);
}

#[test]
fn plain_stops_at_a_directive_that_cannot_be() {
    for (directive, told) in [
        (":drip 0 1s x", "line 1, column 7: \"0\" is no number of bytes"),
        (":fly", ":fly is no directive here"),
        (":raw a\\q", "line 1, column 7: unknown escape"),
        (":data absent.eml", ":data belongs after 354"),
    ] {
        let input = format!("NOOP\n{directive}\nRSET\n");
        let ended = Home::new().run_with(["--plain"], input).with(64);
        assert!(ended.err.contains(told), "{told}: {}", ended.err);
        assert!(ended.out.contains("C: NOOP") && !ended.out.contains("RSET"), "{}", ended.out);
    }
}

#[test]
fn plain_tells_what_is_wrong_with_a_connection_that_dies() {
    let peer = Peer::start(|mut client| {
        client.say("220 fake.example\r\n");
        client.line();
        client.say("421 4.3.2 going down\r\n");
    });
    let ended = Home::new().run_with(["--plain", &peer.address], "EHLO x\nNOOP\nNOOP\nQUIT\n");
    peer.end();
    assert!(ended.out.contains("S: 421 4.3.2 going down\n"), "{}", ended.out);
    assert!(ended.out.contains("# the server closed the connection"), "{}", ended.out);
}

#[test]
fn the_language_is_chosen_by_option_variable_file_or_locale() {
    let home = Home::new();
    let japanese = |ended: Ended| {
        let ended = ended.with(0);
        assert!(ended.out.contains("に接続しました") && ended.out.contains("挨拶受信済み"));
        assert!(!ended.out.contains("connected"), "{}", ended.out);
    };
    japanese(home.run(["--lang", "ja", "--plain"]));
    japanese(home.run(["--plain", "--lang", "ja"]));
    let mut command = home.ehlo(["--plain"]);
    command.env("EHLO_LANG", "");
    assert!(Running::start(command).end().with(0).out.contains("# connected"));
    for (name, value) in [("EHLO_LANG", "ja"), ("LANG", "ja_JP.UTF-8"), ("LC_ALL", "ja_JP")] {
        let mut command = home.ehlo(["--plain"]);
        command.env(name, value);
        japanese(Running::start(command).end());
    }
    home.file("home/ehlo/config.toml", "lang = \"ja\"\n");
    japanese(home.run(["--plain"]));
    assert!(home.run(["--plain", "--lang", "en"]).with(0).out.contains("# connected"));
}

#[test]
fn a_wrong_setting_is_told_with_its_place_and_changes_nothing() {
    let home = world();
    let path = home.file("home/ehlo/config.toml", "# mine\nlang = \"en\"\n  colour = 1\n");
    let ended = home.run(["run", "whole.txt", "--server", "practice"]).with(0);
    let told = format!("ehlo: {}: line 3, column 3: \"colour\" is no setting; did", arg(&path));
    assert!(ended.err.starts_with(&told), "{}", ended.err);
    home.file("home/ehlo/config.toml", "lang = \n");
    assert!(home.run(["--plain"]).with(0).err.contains("line 1, column 8: "));
}

/// A folder of settings with something wrong in each file, and something right.
fn spoilt() -> Home {
    let home = Home::new();
    home.file("home/ehlo/config.toml", "mouse = false\ntime = 1\nthene = \"mine\"\n");
    home.file("home/ehlo/keys.toml", "[prompt]\nctrl-x = \"prompt.send\"\nf4 = \"fly\"\n");
    home.file("home/ehlo/themes/mine.toml", "title = \"My own\"\n[role]\nclient = \"rod\"\n");
    home
}

#[test]
fn settings_are_printed_with_their_sources_and_can_be_read_again() {
    let home = spoilt();
    let mut command = home.ehlo(["config", "--ascii", "--lang", "ja"]);
    command.env("EHLO_COLOR", "never").env("EHLO_WRAP", "maybe");
    let ended = Running::start(command).end().with(0);
    assert!(ended.err.contains("ehlo: EHLO_WRAP：書ける値：true, false\n"), "{}", ended.err);
    assert!(ended.err.contains("config.toml：2 行 8 桁：書ける値：true, false\n"));
    assert!(ended.err.contains("\"thene\" という設定はありません。もしかして：\"theme\"\n"));
    let path = home.path("home/ehlo/config.toml");
    for (setting, from) in [
        ("lang = \"ja\"", "--lang".to_owned()),
        ("borders = \"ascii\"", "--ascii".to_owned()),
        ("color = \"never\"", "環境変数 EHLO_COLOR".to_owned()),
        ("mouse = false", format!("{} の 1 行目", arg(&path))),
        ("wrap = true", "既定値".to_owned()),
    ] {
        let line = ended.out.lines().find(|l| l.starts_with(setting)).unwrap();
        assert!(line.ends_with(&format!(" # {from}")), "{line}");
    }
    home.file("home/ehlo/config.toml", &ended.out);
    let again = home.run(["config", "print", "--json"]).with(0);
    assert_eq!(again.err, "");
    let all = &again.json()[0];
    assert_eq!(all["lang"]["value"], "ja");
    assert_eq!(all["mouse"]["value"], false);
    assert_eq!(all["mouse"]["source"], "file");
    assert_eq!(all["mouse"]["name"], arg(&path));
    assert_eq!(all["confirm-quit"]["value"], true);
    assert!(all.as_object().unwrap().values().all(|row| row["line"].is_u64()));
}

#[test]
fn everything_wrong_in_the_users_files_is_found_with_its_place() {
    let home = spoilt();
    home.file("home/ehlo/themes/auto.toml", "inherits = \"dark\"\n");
    home.file("home/ehlo/history", "\"EHLO x\"\nQUIT\n");
    home.file("home/ehlo/faults/mine.toml", "plays = [\"F12\"]\n\n[polizy]\n");
    home.file("home/ehlo/faults/good.toml", ehlo::knowledge::fault("greylist").unwrap());
    // What the program's own themes inherit is not this one.
    home.file("home/ehlo/themes/dark.toml", "inherits = \"dark\"\n");
    let ended = home.run(["config", "check"]).with(1);
    assert_eq!(ended.err, "");
    for told in [
        "config.toml: line 2, column 8: expected true, false",
        "config.toml: line 3, column 1: \"thene\" is no setting; did you mean \"theme\"?",
        "keys.toml: line 3, column 6: \"fly\" is no action",
        "mine.toml: line 3, column 10: ",
        "auto.toml: \"auto\" means",
        "faults/mine.toml: line 3, column 2: ",
        "faults/good.toml: nothing is wrong",
        "dark.toml: ",
        "state.json: there is no such file",
        "history: line 2, column ",
    ] {
        assert!(ended.out.contains(told), "{told} is missing in\n{}", ended.out);
    }
    let ended = home.run(["config", "check", "--lang", "ja"]).with(1);
    for told in [
        "config.toml：2 行 8 桁：書ける値：true, false",
        "config.toml：3 行 1 桁：\"thene\" という設定はありません。もしかして：\"theme\"",
        "keys.toml：3 行 6 桁：\"fly\" という操作はありません",
        "auto.toml：\"auto\" は端末に合わせる",
    ] {
        assert!(ended.out.contains(told), "{told} is missing in\n{}", ended.out);
    }
    let ended = Home::new().run(["config", "check", "--lang", "ja"]).with(0);
    assert_eq!(ended.out.matches("ファイルはありません").count(), 4, "{}", ended.out);
    let ended = home.run(["config", "path"]).with(0);
    for folder in ["", "/themes", "/faults"] {
        let path = format!(": {}{folder}\n", arg(&home.path("home/ehlo")));
        assert!(ended.out.contains(&path), "{path} is missing in\n{}", ended.out);
    }
}

#[test]
fn the_readme_lists_every_setting() {
    let readme = include_str!("../README.md");
    for row in ehlo::config::ROWS {
        let begins = format!("| `{}` | ", row.name);
        let line = readme.lines().find(|line| line.starts_with(&begins));
        let line = line.unwrap_or_else(|| panic!("{} is missing", row.name));
        assert!(line.contains(&format!(" | `{}` |", row.variable)), "{line}");
    }
}

#[test]
fn the_examples_of_the_readme_are_right() {
    let home = Home::new();
    let readme = include_str!("../README.md");
    let examples: Vec<_> =
        readme.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [keys, theme] = examples[..] else { panic!("{examples:?}") };
    home.file("home/ehlo/keys.toml", keys);
    home.file("home/ehlo/themes/night.toml", theme);
    home.run(["config", "check"]).with(0);
    let ended = home.run(["themes", "--theme", "night"]).with(0);
    assert!(ended.out.contains("Night shift") && ended.err.is_empty(), "{}", ended.err);
}

#[test]
fn keys_of_the_user_are_printed_and_marked() {
    let home = Home::new();
    let table = "[prompt]\nctrl-x = \"prompt.send\"\n[any]\nf1 = \"none\"\nctrl-i = \"help\"\n";
    home.file("home/ehlo/keys.toml", table);
    let ended = home.run(["keys"]).with(0);
    assert!(ended.err.contains("keys.toml: line 5, column 1: terminals send tab for ctrl-i"));
    let line =
        |key: &str| ended.out.lines().find(|l| l.split_whitespace().next() == Some(key)).unwrap();
    assert!(line("Ctrl-X").ends_with("send (yours)"), "{}", line("Ctrl-X"));
    assert!(line("F1").ends_with("nothing (yours)"), "{}", line("F1"));
    assert!(line("Enter").ends_with(" send"), "{}", line("Enter"));
    assert!(line("Ctrl-PgDn").ends_with("  next session"), "{}", line("Ctrl-PgDn"));
    assert!(!ended.out.contains('…'), "{}", ended.out);
    home.file("home/ehlo/keys.toml", "[any]\nctrl-alt-shift-backspace = \"help\"\n");
    let ended = home.run(["keys"]).with(0);
    let help = "Ctrl-Alt-Shift-Backspace  help (yours)";
    assert!(ended.out.contains(help), "{}", ended.out);
}

#[test]
fn themes_are_listed_and_the_users_come_first() {
    let home = spoilt();
    home.file("home/ehlo/themes/terminal.toml", "title = \"Quiet\"\n[role]\ntext = \"red\"\n");
    home.file("home/ehlo/themes/ours.toml", "title = \"Our own\"\ninherits = \"dark\"\n");
    let ended = home.run(["themes", "--theme", "ours"]).with(0);
    assert!(ended.err.contains("mine.toml: line 3, column 10: \"rod\" is no colour"));
    let line = |name: &str| ended.out.lines().find(|l| l.starts_with(name)).unwrap();
    assert!(line("ours").contains("Our own") && line("ours").ends_with("ours.toml, chosen"));
    assert!(line("nord").ends_with("  built in"), "{}", ended.out);
    assert!(line("terminal").contains("Quiet") && line("terminal").ends_with("terminal.toml"));
    let ended = home.run(["themes", "--theme", "../config"]).with(64);
    assert!(ended.err.contains("expected auto, terminal"), "{}", ended.err);
    let mut command = home.ehlo(["themes"]);
    command.env("EHLO_THEME", "nrod");
    let ended = Running::start(command).end().with(0);
    assert!(ended.err.contains("ehlo: EHLO_THEME: expected auto, terminal"), "{}", ended.err);
}

#[test]
fn completions_and_the_man_page_know_every_verb() {
    let home = Home::new();
    let verbs = ["run", "show", "open", "serve", "keys", "config", "themes", "completions", "man"];
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = home.run(["completions", shell]).with(0).out;
        for verb in verbs {
            assert!(script.contains(verb), "{verb} for {shell}");
        }
        assert!(script.contains("no-mouse"), "{shell}");
    }
    let page = home.run(["man"]).with(0).out;
    for verb in verbs {
        let section = format!(".SH \"EHLO {}\"\n", verb.to_uppercase());
        assert!(page.contains(&section), "{section}");
    }
    assert_eq!(page.matches("\\-\\-with\\-secrets\\fR\n").count(), 1, "{page}");
}

#[test]
fn a_recording_survives_the_death_of_the_program() {
    let home = Home::new();
    let (tell, told) = std::sync::mpsc::channel();
    let peer = Peer::start(move |mut client| {
        client.say("220 fake.example\r\n");
        client.answer("EHLO", "250 fake.example");
        client.answer("NOOP", "250 recorded?");
        assert_eq!(client.line(), "MAIL FROM:<a@b.example>\r\n");
        tell.send(()).unwrap();
        client.rest();
    });
    let command = home.ehlo(["--plain", &peer.address, "--record", "r.jsonl"]);
    let mut running = Running::start(command);
    running.say(b"EHLO x\nNOOP\nMAIL FROM:<a@b.example>\n");
    told.recv_timeout(program::LIMIT).unwrap();
    // Bytes are recorded as soon as the system has taken them, not before.
    std::thread::sleep(Duration::from_millis(300));
    running.kill();
    peer.end();
    let shown = home.run(["show", "r.jsonl"]).with(0);
    assert_eq!(shown.err, "");
    assert!(shown.out.contains("S: 250 recorded?\n"), "{}", shown.out);
    assert!(shown.out.contains("C: MAIL FROM:<a@b.example>\n"), "{}", shown.out);
}

#[test]
fn a_recording_that_cannot_be_written_is_told_before_anything_is_sent() {
    let home = world();
    let run = ["run", "whole.txt", "--server", "practice", "--record", "no/such/folder.jsonl"];
    let ended = home.run(run).with(64);
    assert!(ended.err.contains("cannot record to no/such/folder.jsonl"), "{}", ended.err);
    assert_eq!(ended.out, "");
    let ended = home.run_with(["--plain", "--record", "/dev/full"], "QUIT\n");
    assert!(ended.err.contains("No space left"), "{}", ended.err);
}

#[test]
fn plain_ends_well_with_input_behind_quit() {
    let ended = Home::new().run_with(["--plain"], "EHLO x\nQUIT\n\nNOOP\n").with(0);
    assert!(!ended.out.contains("C: NOOP"), "{}", ended.out);
}

#[test]
fn the_options_of_swaks_are_explained() {
    let home = Home::new();
    let said = home.run(["explain", "swaks"]).with(0).out;
    assert!(said.contains("\n-q, --quit-after\n    --quit-after\n    the same points"), "{said}");
    assert!(
        said.contains("\n--xclient-no-verify\n    --xclient-anyway\n    with a warning"),
        "{said}"
    );
    assert!(said.contains("\n-ae, --auth-extra\n    none\n    DIGEST-MD5"), "{said}");
    let object = &home.run(["explain", "swaks", "--json", "--lang", "ja"]).with(0).json()[0];
    let options = object["options"].as_array().unwrap();
    let quits = options.iter().find(|row| row["option"] == "-q, --quit-after").unwrap();
    assert_eq!(quits["ours"][0], "--quit-after");
    assert!(quits["text"].as_str().unwrap().contains("同じ位置"));
    let help = home.run(["send", "--help"]).with(0).out;
    assert!(help.contains("`ehlo explain swaks`"), "{help}");
}

#[test]
fn where_the_time_went_is_a_view_and_in_json() {
    let home = Home::new();
    let script = home.file("script.txt", "C: EHLO x\nC: NOOP\nC: QUIT\n");
    let recording = home.path("session.jsonl");
    home.run(["run", arg(&script), "--server", "practice", "--record", arg(&recording)]);
    let told = &home.run(["show", arg(&recording), "--json"]).with(0).json()[0];
    let times = told["times"].as_array().unwrap();
    assert_eq!((&times[0]["what"], &times[1]["exchange"]), (&"connect".into(), &0.into()));
    for stage in times {
        let of = |key: &str| stage[key].as_u64().unwrap();
        let parts = ["sending", "queued", "thinking", "receiving"].map(of);
        assert_eq!(of("took"), parts.iter().sum::<u64>(), "{stage}");
    }
    let out = home.run(["show", arg(&recording), "--view", "times"]).with(0).out;
    assert!(out.contains("connect to 127.0.0.1:") && out.contains("\nNOOP "), "{out}");
    assert!(out.contains("in all "), "{out}");
    // A transcript says nothing about times.
    let out = home.run(["show", arg(&script), "--view", "times"]).with(0).out;
    assert_eq!(out, "Nothing here says when it happened.\n");
}

#[test]
fn faults_are_listed_told_and_written() {
    let home = Home::new();
    let all = home.run(["faults"]).with(0).out;
    let greylist = all.lines().find(|line| line.starts_with("greylist ")).unwrap();
    assert!(greylist.contains("F12") && greylist.ends_with("Greylisting"), "{greylist}");
    assert!(all.contains("that no server can play: 17") && all.contains("\nI03  "), "{all}");
    let json = home.run(["faults", "greylist", "--json", "--lang", "ja"]).with(0).json().remove(0);
    assert_eq!(
        (&json["value"], &json["plays"][0], &json["file"]),
        (&"60s".into(), &"F12".into(), &Value::Null)
    );
    assert_eq!(json["title"], "グレイリスト");
    let file = home.run(["faults", "greylist", "--toml"]).with(0).out;
    home.file("home/ehlo/faults/mine.toml", &file);
    home.file(
        "home/ehlo/faults/broken.toml",
        "title = { en = 'x' }\n[[rule]]\non = 'rcpt'\ndoo = []\n",
    );
    let own = home.run(["faults", "mine", "--json"]).with(1);
    assert!(own.json()[0]["file"].as_str().unwrap().ends_with("mine.toml"));
    assert!(own.err.contains("broken.toml: line 4, column 1: unknown field `doo`"), "{}", own.err);
    let unknown = home.run(["--plain", "practice:greylst"]).with(64);
    assert!(unknown.err.contains("did you mean \"greylist\"?"), "{}", unknown.err);
}

/// What the dice begin with is told wherever they are chosen, and throws the same again.
#[test]
fn dice_can_be_thrown_again() {
    let home = Home::new();
    let lines = "EHLO pc.example.org\nMAIL FROM:<alice@example.org>\nNOOP\nRSET\n\
                 MAIL FROM:<alice@example.org>\nRSET\nMAIL FROM:<alice@example.org>\nQUIT\n";
    let codes = |out: &str| -> Vec<String> {
        let said = out.lines().filter(|line| line.starts_with("S: "));
        said.filter_map(|line| line.get(3..6)).map(str::to_owned).collect()
    };
    let seed = |out: &str| {
        let (_, rest) = out.split_once("seed=").unwrap_or_else(|| panic!("{out}"));
        rest.chars().take_while(char::is_ascii_digit).collect::<String>()
    };
    let journal = home.path("first.jsonl");
    let first = home.run_with(["--plain", "practice:flaky", "--record", arg(&journal)], lines).out;
    let again = format!("practice:flaky+seed={}", seed(&first));
    let recorded = std::fs::read_to_string(&journal).unwrap();
    assert!(recorded.contains(&again), "{recorded}");
    assert_eq!(codes(&home.run_with(["--plain", &again], lines).out), codes(&first));
    let fault = ":fault flaky + seed=7\n:fault flaky\nQUIT\n";
    let out = home.run_with(["--plain", "practice"], fault).with(0).out;
    assert!(out.contains("plays: flaky + seed=7\n"), "{out}");
    assert_ne!(seed(out.rsplit_once("plays: ").unwrap().1), "", "{out}");
    let wrong = home.run(["--plain", "practice:flaky+seed=x"]).with(64);
    assert!(wrong.err.contains("seed needs a number"), "{}", wrong.err);
}

#[test]
fn faults_are_chosen_while_a_session_runs() {
    let home = Home::new();
    let lines = "EHLO pc.example.org\nMAIL FROM:<alice@example.org>\nRCPT TO:<bob@example.net>\n\
                 :fault greylist+noop-500\nRCPT TO:<carol@example.net>\nNOOP\n:fault off\n\
                 RCPT TO:<carol@example.net>\nNOOP\nQUIT\n";
    let out = home.run_with(["--plain", "practice"], lines).with(0).out;
    let codes: Vec<_> = out
        .lines()
        .filter(|line| line.starts_with("S: ") && !line.starts_with("S: 250-"))
        .filter_map(|line| line.get(3..6))
        .collect();
    assert_eq!(codes, ["220", "250", "250", "250", "450", "500", "250", "250", "221"], "{out}");
    assert!(out.contains("# from now on the practice server plays: greylist + noop-500"), "{out}");
    let none = home.run_with(["--plain", "practice"], ":fault greylst\nQUIT\n").with(64);
    assert!(none.err.contains("did you mean \"greylist\"?"), "{}", none.err);
}

/// What the program can do has a row in the README, and what its server can be told is named there.
#[test]
fn the_readme_names_each_call_and_each_option_of_the_server() {
    let readme = include_str!("../README.md");
    let home = Home::new();
    let help = home.run(["--help"]).with(0).out;
    let calls = help.split("Commands:\n").nth(1).unwrap();
    let calls = calls.lines().take_while(|line| !line.is_empty());
    let calls: Vec<_> = calls.filter_map(|line| line.split_whitespace().next()).collect();
    assert!(calls.len() > 10, "{calls:?}");
    for call in calls.iter().filter(|call| **call != "help") {
        let begins = |line: &&str| {
            let behind = line.strip_prefix("| `ehlo ").and_then(|line| line.strip_prefix(call));
            behind.is_some_and(|behind| behind.starts_with([' ', '`']))
        };
        assert_eq!(readme.lines().filter(begins).count(), 1, "rows of ehlo {call}");
    }
    let help = home.run(["serve", "--help"]).with(0).out;
    let everywhere = home.run(["man", "--help"]).with(0).out;
    let options = |help: &str| {
        let listed = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
        let is_option = |word: &&str| {
            word.starts_with("--") && word.chars().all(|c| c == '-' || c.is_ascii_lowercase())
        };
        let options = listed.filter_map(|line| line.split(' ').find(is_option));
        options.map(str::to_owned).collect::<std::collections::BTreeSet<_>>()
    };
    let own: Vec<_> = options(&help).difference(&options(&everywhere)).cloned().collect();
    assert!(own.len() > 15, "{own:?}");
    let missing: Vec<_> = own.iter().filter(|option| !readme.contains(*option)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
