//! What is measured with: messages, scripts and a long session, made on first use.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use ehlo::journal::file::Recorder;
use ehlo::journal::{Event, Happening, Header, Moment, Side};
use tempfile::TempDir;

/// Size of the large message.
pub(crate) const LARGE: usize = 50 << 20;

/// Exchanges of the long session.
pub(crate) const EXCHANGES: usize = 100_000;

/// Exchanges of a short one.
pub(crate) const SHORT: usize = 1_000;

/// How many bytes of mail data one event has, as when they are written to a socket.
const PIECE: usize = 256 << 10;

/// A folder with everything, taken away at the end.
#[derive(Debug)]
pub(crate) struct Material {
    folder: TempDir,
}

impl Material {
    /// An empty folder.
    pub(crate) fn new() -> std::io::Result<Self> {
        Ok(Self { folder: tempfile::Builder::new().prefix("ehlo-bench").tempdir()? })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A message of about one kilobyte.
    pub(crate) fn small(&self) -> std::io::Result<PathBuf> {
        self.file("small.eml", || message(1_000))
    }

    /// A message of [`LARGE`] bytes.
    pub(crate) fn large(&self) -> std::io::Result<PathBuf> {
        self.file("large.eml", || message(LARGE))
    }

    /// A script that sends `message`.
    pub(crate) fn script(&self, message: &Path) -> std::io::Result<PathBuf> {
        let name = message.file_stem().unwrap_or_default().to_string_lossy();
        self.file(&format!("{name}.txt"), || script(&message.display().to_string()).into_bytes())
    }

    /// A recording of the long session.
    pub(crate) fn journal(&self) -> anyhow::Result<PathBuf> {
        self.recording("long.jsonl", EXCHANGES)
    }

    /// A recording of a short session of the same kind.
    pub(crate) fn short(&self) -> anyhow::Result<PathBuf> {
        self.recording("short.jsonl", SHORT)
    }

    fn recording(&self, name: &str, exchanges: usize) -> anyhow::Result<PathBuf> {
        let path = self.folder().join(name);
        if !path.exists() {
            let mut text = Vec::new();
            let mut recorder = Recorder::begin(&mut text, &Header::default())?;
            for event in session(exchanges) {
                recorder.append(&event)?;
            }
            std::fs::write(&path, text)?;
        }
        Ok(path)
    }

    fn file(&self, name: &str, content: impl FnOnce() -> Vec<u8>) -> std::io::Result<PathBuf> {
        let path = self.folder().join(name);
        if !path.exists() {
            std::fs::write(&path, content())?;
        }
        Ok(path)
    }
}

/// A message of at least `size` bytes: a header, then lines as base64 has them.
pub(crate) fn message(size: usize) -> Vec<u8> {
    lines(b"From: <a@example.test>\r\nTo: <b@example.test>\r\nSubject: one\r\n\r\n", size)
}

/// The same as an attachment, which is in base64 indeed.
pub(crate) fn attachment(size: usize) -> Vec<u8> {
    let head = b"From: <a@example.test>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; \
        boundary=b\r\n\r\n--b\r\nContent-Type: application/octet-stream\r\n\
        Content-Transfer-Encoding: base64\r\n\r\n";
    let mut out = lines(head, size);
    out.extend_from_slice(b"--b--\r\n");
    out
}

/// `head`, and lines as base64 has them.
fn lines(head: &[u8], size: usize) -> Vec<u8> {
    let mut out = head.to_vec();
    // A generator that gives the same bytes in every run (Knuth, MMIX).
    let mut seed = 1_u64;
    while out.len() < size {
        for _ in 0..76 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
            out.extend(letters.get((seed >> 58) as usize));
        }
        out.extend_from_slice(b"\r\n");
    }
    out
}

fn script(message: &str) -> String {
    let mut out = String::from("S: 220\n");
    for line in ["EHLO bench.test", "MAIL FROM:<a@example.test>", "RCPT TO:<b@example.test>"] {
        let _ = writeln!(out, "C: {line}\nS: 250");
    }
    let _ = writeln!(out, "C: DATA\nS: 354\n:data {message}\nS: 250\nC: QUIT\nS: 221");
    out
}

/// A session in which one message of [`LARGE`] bytes is sent.
pub(crate) fn large_session() -> Vec<Event> {
    let mut told = Told::begun();
    told.envelope(0);
    let mut data = Bytes::from(message(LARGE));
    while !data.is_empty() {
        let piece = data.split_to(data.len().min(PIECE));
        told.add(Side::Client, piece);
    }
    told.pair(".\r\n", "250 2.0.0 taken\r\n");
    told.events
}

/// A session of [`EXCHANGES`] exchanges, four to a message.
pub(crate) fn long_session() -> Vec<Event> {
    session(EXCHANGES)
}

fn session(exchanges: usize) -> Vec<Event> {
    let mut told = Told::begun();
    for number in 0..exchanges / 4 {
        told.envelope(number);
        let text = format!("Subject: message {number}\r\n\r\nA line of it.\r\n..\r\n.\r\n");
        told.pair(text, format!("250 2.0.0 taken as {number}\r\n"));
    }
    told.events
}

/// Events as they are told, a millisecond apart.
struct Told {
    events: Vec<Event>,
}

impl Told {
    fn begun() -> Self {
        let opened = Event::new(Moment(0), Happening::Opened(Box::default()));
        let mut told = Self { events: vec![opened] };
        told.add(Side::Server, "220 mx.example.test ESMTP\r\n");
        told.pair("EHLO bench.test\r\n", "250-mx.example.test\r\n250 8BITMIME\r\n");
        told
    }

    fn add(&mut self, from: Side, data: impl Into<Bytes>) {
        let at = Moment(self.events.len() as u64 * 1_000);
        self.events.push(Event::bytes(at, from, data.into()));
    }

    fn pair(&mut self, command: impl Into<Bytes>, reply: impl Into<Bytes>) {
        self.add(Side::Client, command);
        self.add(Side::Server, reply);
    }

    fn envelope(&mut self, number: usize) {
        self.pair(
            format!("MAIL FROM:<sender-{number}@example.test>\r\n"),
            "250 2.1.0 sender ok\r\n",
        );
        self.pair(
            format!("RCPT TO:<user-{number}@example.test>\r\n"),
            "250 2.1.5 recipient ok\r\n",
        );
        self.pair("DATA\r\n", "354 go ahead\r\n");
    }
}
