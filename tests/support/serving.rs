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

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::program::Home;

/// A practice server.
pub struct Serving {
    child: Child,
    /// Where it is, with a name for which its certificate is.
    pub target: String,
    pub port: u16,
    out: BufReader<ChildStdout>,
}

impl Serving {
    /// Starts it on a port that is free.
    pub fn start(home: &Home, args: &[&str]) -> Self {
        let mut command = home.ehlo(["serve", "--listen", "127.0.0.1:0"]);
        command.args(args);
        Self::run(command)
    }

    /// Runs a command that is one.
    pub fn run(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("its output"));
        out.read_line(&mut line).unwrap();
        let port = line.trim_end().rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.expect("a port is said");
        Self { child, target: format!("localhost:{port}"), port, out }
    }

    /// Ends it as an operator does, and waits for its end.
    pub fn stop(&mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
        self.child.wait().expect("it ends");
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
