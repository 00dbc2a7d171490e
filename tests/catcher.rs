//! The real program as a server that is looked at: `ehlo serve` in a pseudo-terminal, with clients of
//! this test on the loopback interface. Text is waited for, never time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "support/pty.rs"]
mod pty;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

use pty::{LIMIT, Size, Terminal};

const SMALL: Size = (80, 24);
const LARGE: Size = (120, 40);

const ESC: &str = "\x1b";
const CTRL_Q: &str = "\x11";
const MESSAGE: &str = "Subject: =?utf-8?Q?Caf=C3=A9?=\r\n\r\nHello Bob,\r\n..dot\r\n";

/// A server on the screen, and its address.
fn serves(size: Size, arguments: &[&str]) -> (Terminal, String) {
    let all = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
    let t = Terminal::ehlo(size, &all);
    t.wait_for("listening  open: 0");
    let top = t.contents();
    let address = top.split_whitespace().next().unwrap().to_owned();
    (t, address)
}

/// A client that says a line and hears the reply to it.
struct Client(BufReader<TcpStream>);

impl Client {
    fn new(address: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        let mut client = Self(BufReader::new(stream));
        client.hears();
        client.says("EHLO pc.example.org");
        client
    }

    fn hears(&mut self) -> String {
        let mut all = String::new();
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).unwrap();
            all.push_str(&line);
            if line.as_bytes().get(3) != Some(&b'-') {
                return all;
            }
        }
    }

    fn writes(&mut self, text: &str) {
        self.0.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn says(&mut self, line: &str) -> String {
        self.writes(&format!("{line}\r\n"));
        self.hears()
    }

    /// Everything up to the message itself.
    fn begins(mut self, to: &str) -> Self {
        self.says("MAIL FROM:<alice@example.org>");
        self.says(&format!("RCPT TO:<{to}>"));
        self.says("DATA");
        self
    }
}

#[test]
fn sessions_are_listed_opened_and_heard_while_they_go_on() {
    let (mut t, address) = serves(SMALL, &[]);
    t.wait_for("No one has connected yet.");
    let mut client = Client::new(&address);
    t.wait_for("waiting");
    client.says("MAIL FROM:<alice@example.org>");
    t.wait_for("alice@example.org");
    t.keys("\r");
    t.wait_for("C MAIL FROM:<alice@example.org>");
    t.wait_for("a client's session");
    client.says("NOOP here and now");
    t.wait_for("C NOOP here and now");
    // It can be seen as it stood before, though nobody looked then.
    t.keys("\x1b[1;3A");
    t.wait_gone("C NOOP here and now");
    t.keys(ESC);
    t.wait_for("C NOOP here and now");
    t.keys(ESC);
    t.wait_for("Sessions: 1");
    client.says("QUIT");
    t.wait_for("closed");
    t.wait_for("open: 0");
    // What is over is opened too.
    t.keys("\r");
    t.wait_for("a client's session  closed");
    t.wait_for("S 220 ");
    t.keys("\x7f");
    t.wait_for("[Sessions: 1]");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

#[test]
fn what_is_refused_or_breaks_is_listed_too() {
    let (mut t, address) = serves(LARGE, &[]);
    let mut refused = Client::new(&address);
    refused.says("MAIL FROM:<alice@example.org>");
    refused.says("RCPT TO:<nobody@example.net>");
    refused.says("QUIT");
    t.wait_for("refused 550");
    let mut broken = Client::new(&address).begins("bob@example.net");
    broken.writes("Subject: half of it\r\n\r\nHel");
    t.wait_for("in DATA 26 B");
    drop(broken);
    t.wait_for("broken in DATA");
    drop(Client::new(&address));
    t.wait_for("left without QUIT");
    t.keys("m");
    t.wait_for("cut in DATA");
    t.wait_for("half of it");
    t.keys("\r");
    t.wait_for("It broke off after 26 B");
    t.wait_for("C>MAIL FROM:<alice@example.org>");
}

#[test]
fn a_message_is_said_to_another_server() {
    let (mut t, address) = serves(LARGE, &[]);
    let mut client = Client::new(&address).begins("bob@example.net");
    client.writes(MESSAGE);
    assert!(client.says(".").starts_with("250"));
    t.keys("m");
    t.wait_for("Caf\u{e9}");
    // Its session goes on, and was never opened.
    let (target, hears) = takes_one();
    relays(&mut t, &target);
    let said = hears.join().unwrap();
    let message = said.split_once("DATA\r\n").unwrap().1;
    assert_eq!(message, format!("{MESSAGE}.\r\nQUIT\r\n"));
    assert!(said.contains("MAIL FROM:<alice@example.org>\r\n"), "{said}");
    client.says("QUIT");
    // It is over.
    t.keys("\x1b[5;5~");
    t.wait_for("open: 0");
    let (target, hears) = takes_one();
    relays(&mut t, &target);
    assert_eq!(hears.join().unwrap(), said);
}

#[test]
fn a_message_of_a_folder_is_relayed_when_its_session_is_no_longer_kept() {
    let dir = tempfile::tempdir().unwrap();
    let (mut t, address) = serves(LARGE, &["--maildir", dir.path().to_str().unwrap()]);
    let mut client = Client::new(&address).begins("bob@example.net");
    client.writes(MESSAGE);
    assert!(client.says(".").starts_with("250"));
    client.says("QUIT");
    t.wait_for("closed");
    // Its row is taken away, and with it what is kept in memory; its message stays.
    t.keys("d");
    t.wait_for("Sessions: 0");
    t.keys("m");
    t.wait_for("Caf\u{e9}");
    let (target, hears) = takes_one();
    relays(&mut t, &target);
    let said = hears.join().unwrap();
    assert!(said.contains(&format!("DATA\r\n{MESSAGE}.\r\n")), "{said}");
}

#[test]
fn what_gave_way_in_memory_is_opened_from_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let (mut t, address) =
        serves(LARGE, &["--maildir", dir.path().to_str().unwrap(), "--keep", "1"]);
    let mut first = Client::new(&address).begins("bob@example.net");
    first.writes(MESSAGE);
    first.says(".");
    first.says("QUIT");
    t.wait_for("closed");
    let mut second = Client::new(&address);
    second.says("MAIL FROM:<alice@example.org>");
    second.says("RCPT TO:<nobody@example.net>");
    second.says("QUIT");
    t.wait_for("refused 550");
    Client::new(&address).says("QUIT");
    t.wait_for("Sessions: 3");
    t.wait_for("open: 0");
    t.keys("g\r");
    t.wait_for("S 220 ");
    t.wait_for("Subject: Caf\u{e9}");
    t.wait_for("a client's session  closed");
    t.keys(ESC);
    // The second has left no message: there is room for one such session, and the third has it.
    t.wait_for("[Sessions: 3]");
    t.keys("j\r");
    t.wait_for("gave way to newer ones");
    t.wait_for("[Sessions: 3]");
    t.keys("m");
    t.wait_for("Caf\u{e9}");
    t.keys("\r");
    t.wait_for("C>MAIL FROM:<alice@example.org>");
    t.wait_for("Hello Bob,");
    t.keys(ESC);
    t.wait_for("[Mail: 1]");
    t.keys("m");
    t.wait_for("[Sessions: 3]");
    let (target, hears) = takes_one();
    t.keys("g");
    relays(&mut t, &target);
    let said = hears.join().unwrap();
    assert!(said.contains(&format!("DATA\r\n{MESSAGE}.\r\n")), "{said}");
}

/// What is no text leaves by BDAT; a server that takes none would take it for commands.
#[test]
fn what_is_no_text_is_relayed_in_a_chunk_or_stays() {
    let (mut t, address) = serves(LARGE, &[]);
    let mut client = Client::new(&address);
    client.says("MAIL FROM:<alice@example.org> BODY=BINARYMIME");
    client.says("RCPT TO:<bob@example.net>");
    let content = "Subject: binary\r\n\r\na\n.\r\nRSET\r\n\0";
    client.writes(&format!("BDAT {} LAST\r\n{content}", content.len()));
    assert!(client.hears().starts_with("250"));
    t.keys("m");
    t.wait_for("binary");
    let (target, _) = takes_one();
    begins_to_relay(&mut t, &target, "220 other.example ready");
    t.wait_for("would be commands");
    let (mut other, target) = serves(LARGE, &[]);
    t.keys("\x1b[5;5~");
    t.wait_for("[Mail: 1]");
    begins_to_relay(&mut t, &target, "220 mx.example.net");
    other.wait_for("messages: 1");
    other.keys("m");
    other.wait_for("binary");
    other.wait_for(&format!("{} B  kept", content.len()));
}

/// Relays the chosen message.
fn relays(t: &mut Terminal, target: &str) {
    begins_to_relay(t, target, "220 other.example ready");
    t.wait_for("221 bye");
}

/// Nothing leaves before the person has seen to whom it goes.
fn begins_to_relay(t: &mut Terminal, target: &str, greeting: &str) {
    t.keys("r");
    t.wait_for(":relay");
    t.keys(&format!("{target}\r"));
    t.wait_for(greeting);
    t.wait_for("RCPT TO:<bob@example.net>");
    t.keys("r");
}

/// A server that takes one message: its address, and what it hears.
fn takes_one() -> (String, std::thread::JoinHandle<String>) {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = other.local_addr().unwrap().to_string();
    let hears = std::thread::spawn(move || {
        let mut stream = other.accept().unwrap().0;
        let mut lines = BufReader::new(stream.try_clone().unwrap());
        stream.write_all(b"220 other.example ready\r\n").unwrap();
        let mut all = String::new();
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            all.push_str(&line);
            let in_data = all.contains("DATA\r\n") && !all.contains("\r\n.\r\n");
            match line.trim_end() {
                "DATA" => stream.write_all(b"354 go on\r\n").unwrap(),
                "QUIT" => break,
                _ if in_data => {}
                _ => stream.write_all(b"250 ok\r\n").unwrap(),
            }
        }
        stream.write_all(b"221 bye\r\n").unwrap();
        all
    });
    (target, hears)
}

#[test]
fn who_is_turned_away_is_listed_with_the_reason() {
    let (mut t, address) = serves(SMALL, &["--max-clients", "1"]);
    let first = Client::new(&address);
    t.wait_for("waiting");
    let mut second = TcpStream::connect(&address).unwrap();
    second.set_read_timeout(Some(LIMIT)).unwrap();
    let mut heard = String::new();
    second.read_to_string(&mut heard).unwrap();
    assert!(heard.starts_with("421 "), "{heard}");
    t.wait_for("turned away: full");
    t.wait_for("Sessions: 2");
    t.wait_for("(--max-clients)");
    t.wait_for("127.0.0.1");
    t.keys("\r");
    t.wait_for("there is nothing to open");
    // It is found by the filter, and the other is not.
    t.keys("fturned\r");
    t.wait_for("turned: 1 of 2");
    drop(first);
}

#[test]
fn who_is_in_the_middle_of_a_message_may_end_it() {
    let (mut t, address) = serves(SMALL, &[]);
    let mut client = Client::new(&address).begins("bob@example.net");
    t.wait_for("in DATA");
    t.keys(CTRL_Q);
    t.wait_for("Clients in the middle of a message: 1.");
    t.keys("c");
    t.wait_for("may end it");
    client.writes(MESSAGE);
    assert!(client.says(".").starts_with("250"));
    assert!(client.hears().starts_with("421"));
    let mut rest = String::new();
    client.0.read_to_string(&mut rest).unwrap();
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

#[test]
fn without_a_screen_lines_are_printed() {
    let mut t = Terminal::ehlo(SMALL, &["serve", "--plain", "--listen", "127.0.0.1:0"]);
    t.wait_for("listening on 127.0.0.1:");
    t.keys("\x03");
    assert_eq!(t.wait_for_end().exit_code(), 0);
}

#[test]
fn a_place_that_is_taken_is_told_before_the_screen_opens() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = taken.local_addr().unwrap().to_string();
    let mut t = Terminal::ehlo(SMALL, &["serve", "--listen", &place]);
    t.wait_for(&format!("cannot listen on {place}"));
    assert_eq!(t.wait_for_end().exit_code(), 64);
}

#[test]
fn faults_of_the_person_are_listed_as_soon_as_they_are_written_and_played() {
    let (mut t, address) = serves(SMALL, &[]);
    t.keys(":fault lu");
    t.wait_for(":fault lu");
    let folder = t.home().join("ehlo/faults");
    std::fs::create_dir_all(&folder).unwrap();
    let fault = "title = { en = \"Nobody is in\" }\ntext = { en = \"All are out.\" }\n\
                 [[rule]]\non = \"MAIL\"\n\
                 do = [ { reply = [\"451 4.3.0 Out for lunch\"] } ]\n";
    std::fs::write(folder.join("lunch-break.toml"), fault).unwrap();
    t.wait_until("it is listed as one's own", |screen| {
        let text = screen.contents();
        text.lines().any(|line| line.contains("Nobody is in") && line.contains(" own"))
    });
    std::fs::write(folder.join("lunch-wrong.toml"), "[[rule]]\nonn = 1\n").unwrap();
    t.wait_for("lunch-wrong.toml");
    t.wait_for("mistake");
    t.keys("nch-b");
    t.wait_for("║> lunch-break");
    t.keys("\r");
    t.wait_for("plays: lunch-break");
    let mut client = Client::new(&address);
    assert!(client.says("MAIL FROM:<a@b.example>").starts_with("451 4.3.0 Out for lunch"));
}

/// A frame that cannot be drawn any more tells the same as the signal that comes with it.
#[test]
fn a_terminal_that_is_taken_away_stops_it_in_order() {
    for _ in 0..3 {
        let (mut t, address) = serves(SMALL, &["--max-messages", "1000000"]);
        let talks = |_| {
            let mut client = Client::new(&address);
            std::thread::spawn(move || {
                // Until it hears something else than that its sender is welcome.
                let mut said = String::from("250");
                for line in ["MAIL FROM:<a@x.example>", "RSET"].iter().cycle() {
                    if !said.starts_with("250") {
                        break;
                    }
                    said = client.says(line);
                }
                said
            })
        };
        let clients: Vec<_> = (0..20).map(talks).collect();
        t.wait_for("open: 20");
        t.hang_up();
        for client in clients {
            let said = client.join().unwrap();
            assert!(said.starts_with("421 4.3.2"), "{said:?}");
        }
        assert_eq!(t.wait_for_end().exit_code(), 129);
    }
}
