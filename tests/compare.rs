//! The real program compares sessions: two files, or one and what a server says to the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "support/program.rs"]
mod program;
#[path = "support/proven.rs"]
mod proven;
#[path = "support/servers.rs"]
mod servers;

use program::{Ended, Home, arg};
use proven::proven;
use servers::Server;

const FIRST: &str = "S: 220 one.example\nC: EHLO x\nS: 250-one.example\nS: 250-SIZE 100\nS: 250 DSN\n\
    C: MAIL FROM:<a@b.example>\nS: 250 2.1.0 ok\nC: RCPT TO:<c@d.example>\nS: 250 2.1.5 ok\nC: QUIT\nS: 221 bye\n";
const SECOND: &str = "S: 220 two.example\nC: EHLO x\nS: 250-two.example\nS: 250-SIZE 200\nS: 250 CHUNKING\n\
    C: MAIL FROM:<a@b.example>\nS: 250 2.1.0 ok\nC: RCPT TO:<c@d.example>\nS: 550 5.1.1 no\nC: QUIT\nS: 221 bye\n";

fn compared(first: &str, second: &str, options: &[&str]) -> Ended {
    let home = Home::new();
    let files = [home.file("a.txt", first), home.file("b.txt", second)];
    let args =
        ["compare", arg(&files[0]), arg(&files[1])].into_iter().chain(options.iter().copied());
    home.run(args)
}

#[test]
fn what_is_the_same_ends_with_0_and_what_differs_with_1() {
    let ended = compared(FIRST, FIRST, &[]).with(0);
    assert!(ended.out.ends_with("no difference; exchanges: 5\n"), "{}", ended.out);
    let out = compared(FIRST, SECOND, &[]).with(1).out;
    for line in
        ["! RCPT TO:<c@d.example>  [code", "  A S: 250 2.1.5 ok", "  B S: 550 5.1.1 no", "CHUNKING"]
    {
        assert!(out.contains(line), "{line}: {out}");
    }
    assert!(out.contains("\n  QUIT\n"), "{out}");
    // Texts do not count where codes alone do.
    compared(FIRST, &FIRST.replace("250 2.1.0 ok", "250 2.1.0 fine"), &["--codes"]).with(0);
    compared(FIRST, SECOND, &["--codes"]).with(1);
}

#[test]
fn json_has_both_sessions_and_each_pair() {
    let told = &compared(FIRST, SECOND, &["--json"]).with(1).json()[0];
    assert_eq!(told["a"]["exchanges"].as_array().unwrap().len(), 5);
    let pairs = told["pairs"].as_array().unwrap();
    assert_eq!(pairs.len(), 5);
    assert_eq!((&pairs[3]["a"], &pairs[3]["b"]), (&3.into(), &3.into()));
    let differences = pairs[3]["differences"].as_array().unwrap();
    assert!(differences.contains(&"code".into()) && differences.contains(&"enhanced".into()));
    let offers = pairs[1]["offers"].as_array().unwrap();
    let only = |name: &str| &offers.iter().find(|o| o["keyword"] == name).unwrap()["only"];
    assert_eq!((only("DSN"), only("CHUNKING")), (&"a".into(), &"b".into()));
    assert!(only("SIZE").is_null());
    assert_eq!(told["differing"], 3);
}

#[test]
fn bad_files_are_told_and_a_server_stands_for_one() {
    let home = Home::new();
    let file = home.file("a.txt", FIRST);
    home.run(["compare", arg(&file)]).with(64);
    home.run(["compare", arg(&file), arg(&file), "--server", "practice"]).with(64);
    assert!(!home.run(["compare", arg(&file), "nowhere.txt"]).with(64).err.is_empty());
    home.run(["compare", arg(&file), "--server", "127.0.0.1:1"]).with(2);
    let out = home.run(["compare", arg(&file), "--server", "practice"]).with(1).out;
    assert!(out.contains("mx.example.net"), "{out}");
}

#[test]
fn two_servers_answer_the_same() {
    let home = Home::new();
    let file = home.file("a.txt", "C: EHLO x\nC: NOOP\nC: QUIT\n");
    let compared = |servers: &[&str]| {
        let servers = servers.iter().flat_map(|server| ["--server", server]);
        home.run(["compare", arg(&file)].into_iter().chain(servers))
    };
    let ended = compared(&["practice", "practice"]).with(0);
    assert!(ended.out.contains("A: practice\nB: practice\n"), "{}", ended.out);
    compared(&["practice", "127.0.0.1:1"]).with(2);
    compared(&["practice"; 3]).with(64);
}

/// A session with Postfix, said again to Exim.
#[test]
fn a_session_with_postfix_is_said_again_to_exim() {
    let (Some(postfix), Some(exim)) =
        (Server::start("postfix", &["smtp"]), Server::start("exim", &["smtp"]))
    else {
        return;
    };
    let home = Home::new();
    let script = home.file(
        "script.txt",
        "C: EHLO pc.example.org\nS: 250\nC: MAIL FROM:<alice@example.org>\nS: 250\nC: VRFY bob\nC: RSET\nS: 250\nC: QUIT\nS: 221\n",
    );
    let recording = home.path("postfix.jsonl");
    home.run([
        "run",
        arg(&script),
        "--codes",
        "--server",
        &postfix.at("smtp"),
        "--record",
        arg(&recording),
    ]);
    let ended = home.run(["compare", arg(&recording), "--server", &exim.at("smtp")]).with(1);
    for line in ["! EHLO pc.example.org  [", "  A S: 220", "  B S: 220", "Exim"] {
        assert!(ended.out.contains(line), "{line}: {}", ended.out);
    }
    proven("postfix, exim", "compare", "a recorded session said again differs in offers and texts");
}
