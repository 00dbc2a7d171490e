//! A server that does exactly what a test wants, with one client, for a bounded time.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests, each of which uses a part"
)]

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a client may keep the server waiting.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server thread.
pub struct Peer<T> {
    /// Where it listens, as a target.
    pub address: String,
    thread: JoinHandle<T>,
}

impl<T: Send + 'static> Peer<T> {
    /// Plays `part` with the first client that comes.
    pub fn start(part: impl FnOnce(Client) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let thread = std::thread::spawn(move || part(Client::accept(&listener)));
        Self { address, thread }
    }

    /// Waits until the part has been played; what it panicked with goes on.
    #[track_caller]
    pub fn end(self) -> T {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

/// The client, as the server sees it.
pub struct Client(BufReader<TcpStream>);

impl Client {
    fn accept(listener: &TcpListener) -> Self {
        listener.set_nonblocking(true).expect("a listener");
        let begun = Instant::now();
        loop {
            match listener.accept() {
                Ok((stream, _)) => {
                    stream.set_nonblocking(false).expect("a stream");
                    stream.set_read_timeout(Some(PATIENCE)).expect("a stream");
                    stream.set_write_timeout(Some(PATIENCE)).expect("a stream");
                    return Self(BufReader::new(stream));
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock && begun.elapsed() < PATIENCE => {
                    std::thread::sleep(Duration::from_millis(5));
                }
                Err(e) => panic!("nobody came: {e}"),
            }
        }
    }

    /// Says something; a client that has gone is no failure here.
    pub fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        let stream = self.0.get_mut();
        stream.write_all(bytes.as_ref()).and_then(|()| stream.flush()).is_ok()
    }

    /// The next line with its end; empty at the end of the connection.
    pub fn line(&mut self) -> String {
        String::from_utf8_lossy(&self.raw_line()).into_owned()
    }

    /// The same as it came.
    pub fn raw_line(&mut self) -> Vec<u8> {
        let mut line = Vec::new();
        self.0.read_until(b'\n', &mut line).expect("the client speaks or leaves");
        line
    }

    /// The next bytes, so many of them.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = vec![0; count];
        self.0.read_exact(&mut bytes).expect("the client speaks");
        bytes
    }

    /// Hears a line that begins with `verb`, and answers it.
    #[track_caller]
    pub fn answer(&mut self, verb: &str, reply: &str) -> String {
        let line = self.line();
        assert!(line.starts_with(verb), "expected {verb}, seen {line:?}");
        self.say(format!("{reply}\r\n"));
        line
    }

    /// Insists that nothing comes for a while, not even the end.
    #[track_caller]
    pub fn silent_for(&mut self, time: Duration) {
        assert!(self.0.buffer().is_empty(), "early: {:?}", self.0.buffer());
        let stream = self.0.get_mut();
        stream.set_read_timeout(Some(time)).expect("a stream");
        let mut byte = [0];
        let read = stream.peek(&mut byte);
        assert!(read.is_err(), "something came early: {read:?} {byte:?}");
        stream.set_read_timeout(Some(PATIENCE)).expect("a stream");
    }

    /// Waits until the client says something, and leaves it unread.
    pub fn hears_something(&mut self) {
        let _ = self.0.fill_buf();
    }

    /// Everything up to the end of the connection.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = self.0.read_to_end(&mut rest);
        rest
    }

    /// The connection itself, of which nothing has been read yet.
    pub fn into_stream(self) -> TcpStream {
        self.0.into_inner()
    }

    /// Resets the connection: closing a socket with unread bytes makes the system send RST.
    pub fn reset(mut self) {
        let mut byte = [0];
        let _ = self.0.get_mut().peek(&mut byte);
        drop(self);
    }
}
