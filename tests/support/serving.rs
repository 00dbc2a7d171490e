//! `ehlo serve` as a process of its own, ended with the test.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests, each of which uses a part"
)]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::program::Home;

/// How a program comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Clear,
    Starttls,
    Implicit,
}

pub const WAYS: [Way; 3] = [Way::Clear, Way::Starttls, Way::Implicit];

/// A practice server.
pub struct Serving {
    child: Child,
    /// Where it is, with a name for which its certificate is.
    pub target: String,
    pub port: u16,
    /// Where it is asked, if it is.
    asked: Option<ChildStdin>,
    out: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts it on a port that is free.
    pub fn start(home: &Home, args: &[&str]) -> Self {
        let mut command = home.ehlo(["serve", "--listen", "127.0.0.1:0"]);
        command.args(args);
        Self::run(command)
    }

    /// Starts one that is asked line by line.
    pub fn start_asked(home: &Home, args: &[&str]) -> Self {
        let mut command = home.ehlo(["serve", "--listen", "127.0.0.1:0"]);
        command.args(args).stdin(Stdio::piped());
        Self::begin(command)
    }

    /// Runs a command that is one.
    pub fn run(mut command: Command) -> Self {
        command.stdin(Stdio::null());
        Self::begin(command)
    }

    fn begin(mut command: Command) -> Self {
        command.stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        out.read_line(&mut line).unwrap();
        let port = port(&line).expect("a port is said");
        let asked = child.stdin.take();
        Self { child, target: format!("localhost:{port}"), port, asked, out }
    }

    /// Ends it as an operator does, and waits for its end.
    pub fn stop(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        self.child.wait().expect("it ends");
    }

    /// Waits for its end, and reads nothing of what it says.
    pub fn ends(&mut self) {
        self.child.wait().expect("it ends");
    }

    /// The number of its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it at once, as `kill -9` does.
    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it has ended");
    }

    /// Tells it to end, and does not wait.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().expect("kill").success());
    }

    /// The rest of its log, once it has ended, and its exit code.
    pub fn rest(&mut self) -> (String, Option<i32>) {
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.out, &mut rest).unwrap();
        (rest, self.child.wait().expect("it ends").code())
    }

    /// Says a line to it.
    pub fn tell(&mut self, line: &str) {
        let asked = self.asked.as_mut().expect("it is asked");
        writeln!(asked, "{line}").unwrap();
    }

    /// What it answers to a directive, in JSON.
    pub fn ask(&mut self, line: &str) -> serde_json::Value {
        self.tell(line);
        loop {
            let said = self.says();
            assert!(!said.is_empty(), "no answer to {line}");
            let event: serde_json::Value = serde_json::from_str(&said).expect("an object a line");
            if event.get("directive").is_some_and(|directive| directive == line) {
                return event;
            }
        }
    }

    /// Tells it that there is nothing more to be asked.
    pub fn ask_no_more(&mut self) {
        self.asked = None;
    }

    /// The next event of a kind, of a log in JSON.
    pub fn event(&mut self, kind: &str) -> serde_json::Value {
        loop {
            let line = self.says();
            assert!(!line.is_empty(), "no event {kind}");
            let event: serde_json::Value = serde_json::from_str(&line).expect("an object a line");
            if event.get("event").is_some_and(|event| event == kind) {
                return event;
            }
        }
    }

    /// The next line of its log.
    pub fn says(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The port in a line that says where a server listens, for people or in JSON.
pub fn port(line: &str) -> Option<u16> {
    let place = match serde_json::from_str::<serde_json::Value>(line) {
        Ok(event) => event.get("place")?.as_str()?.to_owned(),
        Err(_) => line.trim_end().to_owned(),
    };
    place.rsplit(':').next()?.parse().ok()
}
