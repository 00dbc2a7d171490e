//! The simplest client there can be, for clients that do what no good one does.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpStream;

use crate::program::LIMIT;

pub(crate) struct Guest(pub(crate) BufReader<TcpStream>);

impl Guest {
    /// Connects, and waits for nothing.
    pub(crate) fn connect(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.set_write_timeout(Some(LIMIT)).unwrap();
        Self(BufReader::new(stream))
    }

    /// Connects, and hears the greeting.
    pub(crate) fn enter(port: u16) -> Self {
        let mut guest = Self::connect(port);
        let greeting = guest.hear();
        assert!(greeting.starts_with("220 "), "{greeting}");
        guest
    }

    pub(crate) fn send(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    /// The next reply, all of its lines; what there was of it where the connection ends.
    pub(crate) fn hear(&mut self) -> String {
        let mut reply = String::new();
        loop {
            let begin = reply.len();
            if self.0.read_line(&mut reply).unwrap_or_default() == 0 {
                return reply;
            }
            if reply.as_bytes().get(begin + 3) != Some(&b'-') {
                return reply;
            }
        }
    }

    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.send(&format!("{line}\r\n"));
        self.hear()
    }

    #[track_caller]
    pub(crate) fn asks(&mut self, line: &str, reply: &str) {
        let heard = self.ask(line);
        assert!(heard.starts_with(reply), "{line}: expected {reply}, heard {heard}");
    }

    #[track_caller]
    pub(crate) fn says_hello(&mut self) {
        let heard = self.ask("EHLO pc.example.org");
        assert!(heard.starts_with("250-"), "{heard}");
    }

    /// Goes on to where mail data begins.
    #[track_caller]
    pub(crate) fn begins_message(&mut self) {
        self.asks("MAIL FROM:<a@x.example>", "250 ");
        self.asks("RCPT TO:<bob@example.net>", "250 ");
        self.asks("DATA", "354 ");
    }

    #[track_caller]
    pub(crate) fn sends_message(&mut self, text: &str) {
        self.begins_message();
        self.asks(&format!("{text}\r\n."), "250 ");
    }
}
