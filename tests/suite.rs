//! The scripts in `tests/suite` hold for every mail server: the real program plays them to Postfix,
//! to Exim and to the practice server inside, and its report says so. Of each of their expectations,
//! a wrong one is found at its line.
//!
//! What cannot be had here is skipped and said; with `EHLO_SERVERS=required` it is a failure.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/junit.rs"]
mod junit;
#[path = "support/program.rs"]
mod program;
#[path = "support/proven.rs"]
mod proven;
#[path = "support/servers.rs"]
mod servers;

use std::path::{Path, PathBuf};

use junit::Report;
use program::{Ended, Home};
use proven::proven;
use servers::{PASSWORD, Server};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/suite")
}

/// The scripts below a folder, by name.
fn scripts(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let scripts = entries.filter(|path| path.extension().is_some_and(|e| e == "txt"));
    let mut names: Vec<_> = scripts.map(|path| path.to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// Plays scripts, with the password of the account in the environment.
fn play(home: &Home, scripts: &[String], options: &[&str]) -> Ended {
    let mut command = home.ehlo(["run", "--quiet", "--password-env", "SUITE_PASSWORD"]);
    command.args(options).args(scripts).env("SUITE_PASSWORD", PASSWORD);
    program::Running::start(command).end()
}

/// Every script goes as expected, and the report has them all.
fn holds(server: &str, options: &[&str]) {
    let (home, scripts) = (Home::new(), scripts(&folder()));
    assert!(scripts.len() >= 25, "{scripts:?}");
    let options = [&["--junit", "report.xml", "--server", server], options].concat();
    let ended = play(&home, &scripts, &options).with(0);
    let all = scripts.len();
    let summary = ended.out.strip_prefix(&format!("# {all} scripts in ")).expect("one line");
    assert!(summary.ends_with(&format!(": {all} as expected\n")), "{summary}");
    let report = Report::read(&home.read("report.xml"));
    assert_eq!(report.sums(), [all, 0, 0, 0]);
    let names: Vec<_> = report.cases.iter().map(|case| case.name.clone()).collect();
    assert_eq!(names, scripts);
    for case in &report.cases {
        assert!(
            case.output.contains("C: QUIT") || case.output.contains("C: quit"),
            "{}",
            case.name
        );
    }
}

#[test]
fn it_holds_for_the_practice_server() {
    holds("practice", &[]);
}

#[test]
fn it_holds_for_postfix_and_exim() {
    for (name, server) in [("Postfix", "postfix"), ("Exim", "exim")] {
        let Some(server) = Server::start(server, &["starttls"]) else { continue };
        let ca = server.ca();
        let ca = ["--tls-ca", ca.to_str().unwrap()];
        let there = ["--set", "to=inbox@example.test", "--set", "other=more@example.test"];
        holds(&server.at("starttls"), &[&ca[..], &there].concat());
        proven(name, "the suite of scripts", "as expected");
    }
}

#[test]
fn a_wrong_expectation_is_found_at_its_line() {
    let home = Home::new();
    for part in scripts(&folder().join("parts")).iter().map(Path::new) {
        let name = format!("parts/{}", part.file_name().unwrap().to_str().unwrap());
        home.file(&name, std::fs::read(part).unwrap());
    }
    home.file("parts/dots.eml", std::fs::read(folder().join("parts/dots.eml")).unwrap());
    let mut places = Vec::new();
    for script in scripts(&folder()).iter().map(Path::new) {
        let text = std::fs::read_to_string(script).unwrap();
        let lines: Vec<_> = text.lines().collect();
        let expects = |line: &&str| line.starts_with("S: ");
        let single = |line: &&str| !line.starts_with("S: 250-");
        for at in (0..lines.len()).filter(|at| expects(&lines[*at]) && single(&lines[*at])) {
            let mut wrong = lines.clone();
            wrong[at] = "S: 299";
            let name = script.file_stem().unwrap().to_str().unwrap();
            let name = format!("{name}-{}.txt", at + 1);
            home.file(&name, wrong.join("\n"));
            // The lines of one reply are told at the first of them.
            let first = (0..at).rev().take_while(|at| lines[*at].starts_with("S: 250-")).last();
            places.push((name, first.unwrap_or(at) + 1));
        }
    }
    assert!(places.len() > 60);
    let names: Vec<_> = places.iter().map(|(name, _)| name.clone()).collect();
    let options = ["--server", "practice", "--junit", "report.xml"];
    let ended = play(&home, &names, &options).with(1);
    for (name, line) in &places {
        let told = format!("\n#   {name}:{line}: expected ");
        assert!(ended.out.contains(&told), "{name}:{line} is missing");
    }
    let all = places.len();
    assert!(ended.out.contains(&format!(": {all} not as expected\n")), "not one went through");
    let report = Report::read(&home.read("report.xml"));
    assert_eq!(report.sums(), [all, all, 0, 0]);
    for (case, (name, line)) in report.cases.iter().zip(&places) {
        let (kind, why, _) = case.end.as_ref().expect("a failure");
        assert_eq!(kind, "failure");
        assert!(why.starts_with(&format!("{name}:{line}: expected ")), "{why}");
    }
}
