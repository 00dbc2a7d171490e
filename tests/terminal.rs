//! The real program in a real terminal: what a person does there, and every way of leaving.
//!
//! Keys go in as a terminal sends them, and the screen is read back from what the program wrote.
//! Servers are sockets of this test on the loopback interface, or the program's own practice
//! server.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;
#[path = "support/serving.rs"]
mod serving;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::mpsc;

use pty::{LIMIT, Size, Terminal, prompt, signal, state};

const SMALL: Size = (80, 24);
const LARGE: Size = (120, 40);

const TAB: &str = "\t";
const UP: &str = "\x1b[A";
const DOWN: &str = "\x1b[B";
const RIGHT: &str = "\x1b[C";
const ENTER: &str = "\r";
const ESC: &str = "\x1b";
const CTRL_C: &str = "\x03";
const CTRL_K: &str = "\x0b";
const CTRL_Q: &str = "\x11";
const CTRL_U: &str = "\x15";
const CTRL_Z: &str = "\x1a";
const F1: &str = "\x1bOP";
const F2: &str = "\x1bOQ";
const F7: &str = "\x1b[18~";

/// What a terminal sends for a paste.
fn paste(text: &str) -> String {
    format!("\x1b[200~{text}\x1b[201~")
}

/// The program, talking to its practice server.
fn practice(size: Size) -> Terminal {
    let terminal = Terminal::ehlo(size, &[]);
    terminal.wait_for("S 220 ");
    terminal
}

/// A listener, and the target under which it is reached.
fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap().to_string();
    (listener, target)
}

/// A server that says this to whoever comes first, and what it does then.
fn server(then: impl FnOnce(TcpStream) + Send + 'static) -> String {
    let (listener, target) = listener();
    std::thread::spawn(move || {
        let (stream, _) = listener.accept().unwrap();
        then(stream);
    });
    target
}

/// Reads until the peer is gone.
fn listen_to_the_end(mut stream: TcpStream) {
    let _ = std::io::copy(&mut stream, &mut std::io::sink());
}

// --- trust ------------------------------------------------------------------------------------

#[test]
fn tls_that_was_chosen_beforehand_asks_about_a_doubtful_certificate_too() {
    let home = program::Home::new();
    let serving = serving::Serving::start(&home, &["--certificate", "expired"]);
    let mut t = Terminal::ehlo(SMALL, &["--tls", "starttls", &serving.target]);
    t.wait_for("The certificate cannot be trusted");
    t.keys("g");
    t.wait_for("nobody vouches for this server");
    t.keys(ENTER);
    t.line("EHLO pc.example.org");
    t.wait_for("TLS, not trusted");
    t.wait_for("S 250");
    t.keys(CTRL_Q);
    t.wait_for_end();
}

// --- a first session -------------------------------------------------------------------------

#[test]
fn a_first_session_with_the_practice_server() {
    let mut t = practice(LARGE);
    t.line("EHLO pc.example.org");
    t.wait_for("S 250 ENHANCEDSTATUSCODES");
    t.line("MAIL FROM:<alice@example.org>");
    t.wait_for("sender given");
    t.line("RCPT TO:<bob@example.net>");
    t.wait_for("RCPT 1 ok, 0 refused");
    t.line("RCPT TO:<nobody@example.net>");
    t.wait_for("RCPT 1 ok, 1 refused");
    t.wait_for("S 550 5.1.1");
    t.wait_for("550 Mailbox unavailable");
    t.line("DATA");
    t.wait_for("DATA> ");
    t.line("Subject: =?utf-8?Q?Caf=C3=A9?=");
    // Decoded while the message is still being typed.
    t.wait_for("Subject: Café");
    t.line("");
    t.line("Hello Bob");
    t.line(".");
    t.wait_for("Transaction 1  accepted");
    t.line("QUIT");
    t.wait_for("the server closed the connection");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

/// A group is typed, looked through, and leaves as one; a chunk is typed octet by octet; a
/// connection is made by options.
#[test]
fn a_group_and_chunks_by_hand_and_options_of_a_connection() {
    let mut t = practice(SMALL);
    t.line("EHLO pc.example.org");
    t.wait_for("S 250 ENHANCEDSTATUSCODES");
    t.line(":pipeline");
    t.wait_for("GROUP 0> ");
    for (n, line) in ["MAIL FROM:<alice@example.org>", "RCPT TO:<x>", "RCPT TO:<bob@example.net>"]
        .into_iter()
        .enumerate()
    {
        t.line(line);
        t.wait_for(&format!("GROUP {}> ", n + 1));
    }
    t.keys(UP);
    t.keys(UP);
    t.wait_for("GROUP 2> RCPT TO:<x>");
    t.keys(CTRL_U);
    t.keys("RCPT TO:<nobody@example.net>");
    t.keys(ENTER);
    t.wait_for("GROUP 3> ");
    t.line(":end");
    t.wait_for("C┌MAIL FROM:<alice@example.org>");
    t.wait_for("C│RCPT TO:<nobody@example.net>");
    t.wait_for("C└RCPT TO:<bob@example.net>");
    t.wait_for("RCPT 1 ok, 1 refused");
    t.line("BDAT 7");
    t.wait_for("BDAT 7> ");
    t.line("hello");
    t.wait_for("S 250 2.0.0 7 octets");
    t.line(":bdat LAST world");
    t.wait_for("Transaction 1  accepted");
    t.line(":close");
    t.wait_for("this side closed the connection");
    t.line(":connect --source nowhere practice");
    t.wait_for("is no address");
    // The line is there again, the cursor at the address.
    t.keys(CTRL_K);
    t.keys("127.0.0.1 --proxy-protocol \"NOOP\" practice");
    t.keys(ENTER);
    t.wait_for("sent before the greeting");
    t.wait_for("S 220 ");
    t.keys(CTRL_Q);
    t.wait_for_end();
    t.assert_given_back();
}

/// What is suggested is taken, nothing is typed, and nothing goes out before Enter.
#[test]
fn a_first_session_with_tab_and_right_alone() {
    let mut t = practice(LARGE);
    let steps = [
        (TAB, "EHLO pc.example.org", "S 250 ENHANCEDSTATUSCODES"),
        (RIGHT, "MAIL FROM:<alice@example.org>", "sender given"),
        (TAB, "RCPT TO:<bob@example.net>", "RCPT 1 ok, 0 refused"),
        (RIGHT, "DATA", "DATA> "),
        (TAB, "From: alice@example.org", "C From: alice@example.org"),
        (RIGHT, "To: bob@example.net", "C To: bob@example.net"),
        (TAB, "Subject: Hello", "C Subject: Hello"),
    ];
    for (key, line, then) in steps {
        t.wait_for(&format!("> {line}"));
        assert_eq!(prompt(&t.screen()), "");
        t.keys(key);
        t.wait_until(line, |screen| prompt(screen) == line);
        t.keys(ENTER);
        t.wait_for(then);
    }
    t.wait_for("DATA> Date: ");
    t.keys(RIGHT);
    t.wait_until("a date", |screen| prompt(screen).ends_with(" +0000"));
    t.keys(ENTER);
    t.wait_for("now an empty line ends the header");
    t.keys(ENTER);
    for line in ["Hello, this is a test.", "."] {
        t.wait_for(&format!("DATA> {line}"));
        t.keys(TAB);
        t.wait_until(line, |screen| prompt(screen) == line);
        t.keys(ENTER);
    }
    t.wait_for("Transaction 1  accepted");
    t.wait_for("> QUIT");
    t.keys(RIGHT);
    t.keys(ENTER);
    t.wait_for("the server closed the connection");
}

#[test]
fn a_list_is_opened_in_the_prompt_and_paths_are_completed() {
    let mut t = practice(SMALL);
    std::fs::create_dir(t.home().join("letters")).unwrap();
    std::fs::write(t.home().join("letters/one.eml"), "Subject: x\n\nhi\n").unwrap();
    t.keys("\x0e");
    t.wait_for("what can stand here");
    t.wait_for("(no MAIL was accepted yet)");
    t.keys(ESC);
    t.wait_gone("what can stand here");
    for line in ["EHLO x.example", "MAIL FROM:<a@example.org>", "RCPT TO:<bob@example.net>", "DATA"]
    {
        t.line(line);
    }
    t.wait_for("DATA> ");
    let home = t.home().display().to_string();
    t.keys(&format!(":data {home}/lett"));
    t.wait_for("letters/ ");
    t.keys(TAB);
    t.wait_for("letters/one.eml ");
    t.keys(TAB);
    t.wait_until("the file", |screen| prompt(screen).ends_with("letters/one.eml"));
    t.keys(ENTER);
    t.wait_for("Transaction 1  accepted");
}

#[test]
fn a_person_without_a_screen_asks_with_a_question_mark() {
    let mut t = Terminal::ehlo(SMALL, &["--plain"]);
    t.wait_for("S: 220 ");
    t.keys("EHLO pc.example.org\n");
    t.wait_for("S: 250 ENHANCEDSTATUSCODES");
    t.keys("MAIL ?\n");
    t.wait_for("# MAIL: to come: FROM:<address> (RFC 5321 §4.1.1)");
    t.wait_for("# next: MAIL FROM:<alice@example.org>");
    t.keys("QUIT\n");
    t.wait_for("S: 221 ");
    assert_eq!(t.wait_for_end().exit_code(), 0);
}

#[test]
fn transactions_are_wiped_and_follow_each_other() {
    let mut t = practice(LARGE);
    t.line("EHLO pc.example.org");
    t.wait_for("ready");
    for (n, wipe, word) in
        [(1, "RSET", "wiped by RSET"), (2, "EHLO pc.example.org", "wiped by another greeting")]
    {
        t.line("MAIL FROM:<alice@example.org>");
        t.wait_for(&format!("Transaction {n}  open"));
        t.line("RCPT TO:<bob@example.net>");
        t.wait_for("RCPT 1 ok");
        t.line(wipe);
        t.wait_for(&format!("Transaction {n}  {word}"));
        t.wait_gone("RCPT 1 ok");
    }
    t.line("MAIL FROM:<>");
    t.wait_for("Transaction 3  open");
    t.wait_for("the null sender");
}

#[test]
fn a_line_is_edited_and_found_again() {
    let mut t = practice(SMALL);
    t.keys("EHLX pc.example.org\x1b[H\x1b[C\x1b[C\x1b[C\x1b[C\x7fO");
    t.wait_until("the edited line", |s| prompt(s) == "EHLO pc.example.org");
    t.keys(ENTER);
    t.wait_for("ready");
    t.keys("\x1b[A");
    t.wait_until("the line again", |s| prompt(s) == "EHLO pc.example.org");
    t.keys(CTRL_U);
    t.wait_until("an empty line", |s| prompt(s).is_empty());
}

// --- connecting ------------------------------------------------------------------------------

#[test]
fn refused_and_connected_again() {
    let (listener, target) = listener();
    drop(listener);
    let mut t = Terminal::ehlo(SMALL, &[&target]);
    t.wait_for("connection refused: nothing listens at");
    t.wait_for("not connected; F2 connects again");
    let listener = TcpListener::bind(&target).unwrap();
    t.keys(F2);
    t.wait_until("the directive", |s| prompt(s) == format!(":connect {target}"));
    t.keys(ENTER);
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(b"220 here.example.net now\r\n").unwrap();
    t.wait_for("S 220 here.example.net now");
    t.wait_for("greeted");
}

#[test]
fn a_connection_that_says_nothing_can_be_closed() {
    // Nobody takes this connection up, but the system has made it.
    let (_listener, target) = listener();
    let mut t = Terminal::ehlo(SMALL, &[&target]);
    t.wait_for("awaiting greeting");
    t.line(":close");
    t.wait_for("this side closed the connection");
}

#[test]
fn an_unknown_name_is_said_in_words() {
    let t = Terminal::ehlo(SMALL, &["no-such-host.invalid:25"]);
    t.wait_for("unknown name: no-such-host.invalid:25");
}

// --- servers that misbehave -------------------------------------------------------------------

#[test]
fn a_server_that_closes_without_a_word() {
    let target = server(drop);
    let mut t = Terminal::ehlo(SMALL, &[&target]);
    t.wait_for("the server closed the connection");
    t.line("EHLO x");
    t.wait_for("not connected; F2 connects again");
    t.wait_until("the line is kept", |s| prompt(s) == "EHLO x");
}

#[test]
fn a_server_that_resets() {
    let target = server(|mut stream| {
        stream.write_all(b"220 mx.example.net\r\n").unwrap();
        // What is never read makes closing a reset.
        let mut one = [0];
        stream.read_exact(&mut one).unwrap();
    });
    let mut t = Terminal::ehlo(SMALL, &[&target]);
    t.wait_for("greeted");
    t.line("EHLO pc.example.org");
    t.wait_for("the server reset the connection");
}

/// Writes the same bytes for as long as anybody takes them.
fn forever(mut stream: TcpStream, first: &[u8], bytes: &[u8]) {
    if stream.write_all(first).is_ok() {
        while stream.write_all(bytes).is_ok() {}
    }
}

/// Keys are seen while a server pours, and memory has a bound.
fn stays_alive(target: &str, poured: &str) {
    let mut t = Terminal::ehlo(SMALL, &[target]);
    t.wait_for(poured);
    for word in ["one", "two", "three"] {
        t.keys(word);
        t.wait_until(word, |s| prompt(s) == word);
        t.keys(CTRL_U);
        t.wait_until("an empty line", |s| prompt(s).is_empty());
    }
    t.keys(F1);
    t.wait_for("Esc closes this help");
    t.keys(ESC);
    t.wait_gone("Esc closes this help");
    let memory = t.peak_memory();
    assert!(memory < 250, "{memory} MB");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

#[test]
fn an_endless_line() {
    stays_alive(&server(|stream| forever(stream, b"220 ", &[b'x'; 8192])), "xxxxxxxx");
}

#[test]
fn an_endless_reply() {
    stays_alive(
        &server(|stream| forever(stream, b"220-mx\r\n", &b"220-more\r\n".repeat(6000))),
        "S 220-more",
    );
}

#[test]
fn a_flood_of_replies() {
    stays_alive(
        &server(|stream| forever(stream, b"220 mx\r\n", &b"250 ok\r\n".repeat(8000))),
        "S 250 ok",
    );
}

#[test]
fn hostile_bytes_never_reach_the_terminal() {
    let target = server(|mut stream| {
        stream
            .write_all(b"220 \x1b]0;owned\x07\x1b[?1049l\x1b[2J\x9b1m \xe2\x80\xaex\r\n")
            .unwrap();
        listen_to_the_end(stream);
    });
    let t = Terminal::ehlo(LARGE, &[&target]);
    t.wait_for("\\x1b]0;owned\\x07\\x1b[?1049l\\x1b[2J\\x9b1m \\xe2\\x80\\xaex");
    t.assert_taken();
}

// --- leaving ----------------------------------------------------------------------------------

#[test]
fn leaving_with_a_key() {
    let mut t = practice(SMALL);
    t.assert_taken();
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

#[test]
fn leaving_with_ctrl_c_twice_and_ctrl_d() {
    let mut t = practice(SMALL);
    t.keys(CTRL_C);
    t.wait_for("Ctrl-C again quits");
    t.keys(CTRL_C);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
    let mut t = practice(SMALL);
    t.keys("\x04");
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

#[test]
fn leaving_by_signal() {
    for (name, code) in [("TERM", 143), ("HUP", 129), ("INT", 130), ("QUIT", 131)] {
        let mut t = practice(SMALL);
        t.assert_taken();
        t.signal(name);
        assert_eq!(t.wait_for_end().exit_code(), code, "SIG{name}");
        t.assert_given_back();
    }
}

#[test]
fn a_signal_where_a_password_is_typed_gives_the_echo_back() {
    // What is typed reaches the terminal in its own time, so only Ctrl-C, which stands behind it,
    // is sure to come later.
    for (keys, name, code) in
        [("secret\x03", None, 130), ("", Some("TERM"), 143), ("", Some("HUP"), 129)]
    {
        for mut t in [asked_by_plain(), asked_by_send()] {
            assert!(!t.modes_are_restored(), "nothing is echoed");
            t.keys(keys);
            if let Some(name) = name {
                t.signal(name);
            }
            assert_eq!(t.wait_for_end().exit_code(), code);
            t.assert_given_back();
            assert!(!t.contents().contains("secret"), "{}", t.contents());
        }
    }
    // Behind the password a signal still ends it.
    let mut t = asked_by_plain();
    t.keys("secret\r");
    t.wait_for("S: 503");
    t.keys("\x03");
    assert_eq!(t.wait_for_end().exit_code(), 130);
    t.assert_given_back();
}

const PASSWORD_PROMPT: &str = "password for alice@example.org:";

fn asked_by_plain() -> Terminal {
    let mut t = Terminal::ehlo((80, 20), &["--plain", "practice"]);
    t.wait_for("S: 220");
    t.keys(":auth PLAIN alice@example.org\r");
    t.wait_for(PASSWORD_PROMPT);
    t
}

fn asked_by_send() -> Terminal {
    let call = ["send", "-s", "practice", "-t", "bob@example.net", "--user", "alice@example.org"];
    let t = Terminal::ehlo((80, 50), &[&call[..], &["--tls", "off", "-q", "auth"]].concat());
    t.wait_for(PASSWORD_PROMPT);
    t
}

#[test]
fn a_password_can_be_typed_behind_a_pause_and_the_pause_has_an_echo() {
    for (mut t, outcome) in [(asked_by_plain(), "S: 503"), (asked_by_send(), "S: 235")] {
        let child = t.id();
        for _ in 0..2 {
            assert!(!t.modes_are_restored(), "nothing is echoed");
            t.keys("half");
            t.keys(CTRL_Z);
            wait_for_state(child, "T");
            assert!(t.modes_are_restored(), "a shell has its echo");
            let asked = t.contents().matches(PASSWORD_PROMPT).count();
            t.signal("CONT");
            t.wait_until("another prompt", |screen| {
                screen.contents().matches(PASSWORD_PROMPT).count() > asked
            });
        }
        t.keys("correct horse\r");
        t.wait_for(outcome);
        assert!(!t.contents().contains("correct"), "{}", t.contents());
        assert!(!t.contents().contains("half"), "{}", t.contents());
        assert!(t.modes_are_restored(), "the password is over");
    }
}

#[test]
fn an_error_before_the_screen_leaves_the_terminal_alone() {
    for arguments in [["open", "no-such-file"], ["--record", "/nowhere/at/all"]] {
        let mut t = Terminal::ehlo(SMALL, &arguments);
        assert_eq!(t.wait_for_end().exit_code(), 64);
        t.wait_for("ehlo: ");
        t.assert_given_back();
    }
}

/// Runs one of the helpers below in a terminal of its own.
fn helper(name: &str) -> Terminal {
    let itself = std::env::current_exe().unwrap();
    Terminal::spawn(SMALL, &itself, &["--exact", name, "--ignored", "--nocapture"], &[])
}

#[test]
#[ignore = "a helper that leaves_by_panic runs in a terminal"]
fn panics_with_the_terminal() {
    let (mut screen, _taken) = ehlo::tui::terminal::take().unwrap();
    ehlo::tui::terminal::mouse(true).unwrap();
    screen.draw(|frame| frame.render_widget("it is ours", frame.area())).unwrap();
    screen.hide_cursor().unwrap();
    std::io::stdin().read_line(&mut String::new()).unwrap();
    panic!("on purpose");
}

#[test]
#[ignore = "a helper that leaves_by_error runs in a terminal"]
fn fails_with_the_terminal() {
    let fail = || -> std::io::Result<()> {
        let (mut screen, _taken) = ehlo::tui::terminal::take()?;
        ehlo::tui::terminal::mouse(true)?;
        screen.draw(|frame| frame.render_widget("it is ours", frame.area()))?;
        screen.hide_cursor()?;
        let mut one = [0];
        std::io::stdin().read_exact(&mut one)?;
        Err(std::io::Error::other("on purpose"))
    };
    eprintln!("failed {}", fail().unwrap_err());
}

#[test]
fn leaving_by_panic() {
    let mut t = helper("panics_with_the_terminal");
    t.wait_for("it is ours");
    t.assert_taken();
    t.keys("\n");
    assert_eq!(t.wait_for_end().exit_code(), 101);
    t.assert_given_back();
    // The words of the panic are on the screen that is left.
    t.wait_for("on purpose");
}

#[test]
fn leaving_by_error() {
    let mut t = helper("fails_with_the_terminal");
    t.wait_for("it is ours");
    t.assert_taken();
    t.keys("x");
    t.wait_for("failed on purpose");
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

/// Waits until a process is in this state.
fn wait_for_state(id: u32, letters: &str) {
    let end = std::time::Instant::now() + LIMIT;
    while !letters.contains(state(id)) {
        assert!(std::time::Instant::now() < end, "{id} is in state {}", state(id));
        std::thread::yield_now();
    }
}

#[test]
fn suspended_by_a_shell_and_continued() {
    let program = env!("CARGO_BIN_EXE_ehlo");
    let mut t = Terminal::spawn(SMALL, Path::new("/bin/sh"), &["-im"], &[("PS1", "shell: ")]);
    t.wait_for("shell: ");
    t.keys(&format!("{program}\r"));
    t.wait_for("S 220 ");
    t.line("EHLO pc.example.org");
    t.wait_for("ready");
    t.keys("MAIL FR");
    t.wait_until("the line", |s| prompt(s) == "MAIL FR");
    t.keys(CTRL_Z);
    t.wait_until("the main screen", |s| {
        !s.alternate_screen()
            && !s.bracketed_paste()
            && s.mouse_protocol_mode() == vt100::MouseProtocolMode::None
    });
    t.wait_for("Stopped");
    let child = child_of(t.id());
    wait_for_state(child, "T");
    t.keys("fg\r");
    t.wait_for("MAIL FR");
    t.assert_taken();
    wait_for_state(child, "SR");
    t.keys("OM:<a@example.org>\r");
    t.wait_for("sender given");
    t.keys(CTRL_Q);
    t.keys(CTRL_Q);
    t.wait_until("the main screen", |s| !s.alternate_screen());
}

/// The only child of a process.
fn child_of(id: u32) -> u32 {
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap();
    children.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn ctrl_l_draws_everything_again() {
    let mut t = practice(SMALL);
    t.spoil();
    t.wait_gone("S 220 ");
    t.keys("\x0c");
    t.wait_for("S 220 ");
    t.wait_for("Transcript");
    t.assert_taken();
}

#[test]
fn ctrl_z_without_a_shell_changes_nothing() {
    let mut t = practice(SMALL);
    t.keys(CTRL_Z);
    t.line("EHLO pc.example.org");
    t.wait_for("ready");
    t.assert_taken();
}

// --- mouse, copying, pictures -------------------------------------------------------------------

/// What the terminal's clipboard was told, in order.
fn clipboard(t: &Terminal) -> Vec<String> {
    use base64::Engine as _;
    let written = String::from_utf8_lossy(&t.written()).into_owned();
    let told = written.split("\x1b]52;c;").skip(1);
    let text = told.filter_map(|rest| rest.split_once("\x1b\\"));
    let decoded = |base64: &str| base64::engine::general_purpose::STANDARD.decode(base64).unwrap();
    text.map(|(base64, _)| String::from_utf8(decoded(base64)).unwrap()).collect()
}

/// The modes that the program has ever switched on.
fn modes_set(t: &Terminal) -> Vec<String> {
    let written = String::from_utf8_lossy(&t.written()).into_owned();
    let modes = written.split("\x1b[?").skip(1).filter_map(|rest| rest.split_once('h'));
    let numbers = modes.filter(|(m, _)| m.chars().all(|c| c.is_ascii_digit()));
    numbers.map(|(mode, _)| mode.to_owned()).collect()
}

#[test]
fn the_mouse_places_the_cursor_and_takes_only_three_modes() {
    let mut t = practice(SMALL);
    t.keys("MAIL FR:<a@example.org>");
    t.wait_for("MAIL FR:<");
    let (x, y) = t.find("R:<a@");
    t.click((x + 1, y));
    t.keys("OM");
    t.wait_until("the edited line", |s| prompt(s) == "MAIL FROM:<a@example.org>");
    let mouse =
        |mode: &String| mode.starts_with("10") && !["1049", "1004"].contains(&mode.as_str());
    let set: Vec<_> = modes_set(&t).into_iter().filter(mouse).collect();
    assert_eq!(set, ["1000", "1002", "1006"]);
}

/// What is selected in one pane is marked in the others, while a message is typed and in a
/// recording of it.
#[test]
fn one_selection_is_seen_in_all_panes() {
    let home = program::Home::new();
    let talk = home.file("talk.txt", "S: 220 mx\nC: EHLO pc.example.org\nS: 250 mx\nC: MAIL FROM:<alice@example.org>\nS: 250 ok\nC: RCPT TO:<bob@example.net>\nS: 250 ok\nC: DATA\nS: 354 go on\nC: From: alice@example.org\nC: To: bob@example.net\nC: \nC: hi\nC: .\nS: 250 ok\n");
    let mut recording = Terminal::ehlo(LARGE, &["open", talk.to_str().unwrap()]);
    recording.wait_for("To: bob@example.net");
    let mut live = practice(LARGE);
    for (line, shown) in [
        ("EHLO pc.example.org", "S 250 ENHANCEDSTATUSCODES"),
        ("MAIL FROM:<alice@example.org>", "sender given"),
        ("RCPT TO:<bob@example.net>", "RCPT 1 ok"),
        ("DATA", "DATA> "),
        ("From: alice@example.org", "MAIL FROM stands in From"),
        ("To: bob@example.net", "C To: bob@example.net"),
    ] {
        live.line(line);
        live.wait_for(shown);
    }
    live.keys(CTRL_U);
    for t in [&mut live, &mut recording] {
        t.keys(ESC);
        t.wait_for("\u{2554} 1 Transcript");
        t.keys("4");
        t.wait_for("\u{2554} 4 Content");
        let (x, y) = t.find("\u{2551}From: alice@example.org");
        t.click((x + 1, y));
        t.wait_for("C>From: alice@example.org");
        t.wait_for("C=MAIL FROM");
        t.keys(DOWN);
        t.wait_for("C>To: bob@example.net");
        t.wait_for("> To <bob@example.net>");
        t.wait_for("C=RCPT TO:<bob@example.net>");
        // A click in another pane does the same.
        let (x, y) = t.find("From <alice@example.org>");
        t.click((x, y));
        t.wait_for("C=From: alice@example.org");
        t.wait_for("C>MAIL FROM");
    }
}

#[test]
fn dragging_copies_the_text_of_one_pane() {
    let mut t = practice(LARGE);
    t.line("EHLO pc.example.org");
    t.wait_for("ENHANCEDSTATUSCODES");
    let (x, y) = t.find("C EHLO pc");
    t.drag((x + 2, y), (119, y));
    t.wait_for("copied (OSC 52)");
    t.wait_for("Shift-drag selects with your terminal");
    let told = clipboard(&t);
    assert_eq!(told, ["EHLO pc.example.org"]);
}

#[test]
fn a_pane_is_copied_in_the_notation() {
    let mut t = practice(LARGE);
    t.line("EHLO pc.example.org");
    t.wait_for("ENHANCEDSTATUSCODES");
    t.click(t.find("C EHLO pc"));
    t.keys("Y");
    t.wait_for("Copy as");
    t.keys("n");
    t.wait_for("as notation");
    let told = clipboard(&t);
    let last = told.last().unwrap();
    assert!(last.contains("C: EHLO pc.example.org\nS: 250-"), "{last}");
}

#[test]
fn a_screenshot_is_two_files_and_never_replaces_one() {
    let mut t = practice(SMALL);
    for _ in 0..2 {
        t.keys("\x1b[24~");
        t.wait_for("and the same as .txt");
        t.keys("x");
        t.wait_gone("and the same as .txt");
    }
    let names = std::fs::read_dir(t.home()).unwrap().map(|e| e.unwrap().path());
    let mut names: Vec<_> = names.filter(|path| path.is_file()).collect();
    names.sort();
    assert_eq!(names.len(), 4, "{names:?}");
    for name in names {
        let text = std::fs::read_to_string(&name).unwrap();
        let svg = name.extension().unwrap() == "svg";
        assert!(text.contains(if svg { "</svg>" } else { "S 220 " }), "{}", name.display());
    }
}

/// tmux with a server, a socket and a home of its own, if there is one.
struct Tmux(tempfile::TempDir);

impl Tmux {
    fn run(&self, arguments: &[&str]) -> Option<String> {
        let own = ["HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "TMUX_TMPDIR"];
        let tmux = std::process::Command::new("tmux")
            .args(["-f", "/dev/null"])
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs([("LANG", "C.UTF-8"), ("SHELL", "/bin/sh")])
            .envs(own.map(|name| (name, self.0.path())))
            .output()
            .ok()?;
        tmux.status.success().then(|| String::from_utf8_lossy(&tmux.stdout).into_owned())
    }

    /// Asks again and again until the answer is as it should be.
    fn wait_for(&self, arguments: &[&str], text: &str) -> String {
        let end = std::time::Instant::now() + LIMIT;
        loop {
            let seen = self.run(arguments).unwrap_or_default();
            if seen.contains(text) {
                return seen;
            }
            assert!(std::time::Instant::now() < end, "waited for {text:?}:\n{seen}");
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        self.run(&["kill-server"]);
    }
}

#[test]
fn copying_inside_tmux_reaches_its_buffer() {
    let tmux = Tmux(tempfile::tempdir().unwrap());
    let program = format!("{} --lang en", env!("CARGO_BIN_EXE_ehlo"));
    if tmux.run(&["new-session", "-d", "-x", "100", "-y", "30", &program]).is_none() {
        let required = std::env::var_os("EHLO_TMUX").is_some_and(|value| value == "required");
        assert!(!required, "EHLO_TMUX=required, and there is no tmux");
        eprintln!("skipped: no tmux");
        return;
    }
    let screen = ["capture-pane", "-p"];
    tmux.wait_for(&screen, "S 220 ");
    tmux.run(&["send-keys", "F6", "F6", "F6", "F6"]).unwrap();
    tmux.run(&["send-keys", "Y"]).unwrap();
    tmux.wait_for(&screen, "Copy as");
    tmux.run(&["send-keys", "t"]).unwrap();
    tmux.wait_for(&screen, "copied (tmux, OSC 52)");
    tmux.wait_for(&["show-buffer"], "220 ");
    // Leaving waits until the target is remembered, and that is not in the home of whoever tests.
    let folder = tmux.0.path().join("ehlo");
    tmux.run(&["send-keys", "C-q"]).unwrap();
    let end = std::time::Instant::now() + LIMIT;
    while !folder.join("state.json").exists() {
        assert!(std::time::Instant::now() < end, "{} has no state.json", folder.display());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

// --- recordings -------------------------------------------------------------------------------

/// A server that takes logins, as far as this test goes.
fn login_server() -> String {
    server(|stream| {
        let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
        let mut stream = stream;
        for reply in [
            "220 mx.example.net\r\n",
            "250-mx.example.net\r\n250 AUTH LOGIN PLAIN\r\n",
            "334 VXNlcm5hbWU6\r\n",
            "334 UGFzc3dvcmQ6\r\n",
            "235 2.7.0 Welcome\r\n",
            "503 5.5.1 Once is enough\r\n",
            "503 5.5.1 Once is enough\r\n",
            "252 2.5.0 Perhaps\r\n",
        ] {
            stream.write_all(reply.as_bytes()).unwrap();
            if lines.next().is_none() {
                return;
            }
        }
        listen_to_the_end(stream);
    })
}

/// Logs in while recording, and ends the program with a signal.
fn recorded_until(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.jsonl");
    let target = login_server();
    let mut t = Terminal::ehlo(SMALL, &["--record", file.to_str().unwrap(), &target]);
    t.wait_for("recording");
    t.wait_for("greeted");
    t.line("EHLO pc.example.org");
    t.wait_for("ready");
    t.line("AUTH LOGIN");
    t.wait_for("AUTH> ");
    t.keys("YWxpY2U=");
    t.wait_until("stars", |s| prompt(s) == "********");
    t.keys(ENTER);
    t.wait_for("S 334 UGFzc3dvcmQ6");
    t.keys("Y29ycmVjdCBob3JzZQ==\r");
    t.wait_for("S 235 2.7.0 Welcome");
    assert!(!t.contents().contains("Y29ycmVj"), "{}", t.contents());
    t.signal(name);
    t.wait_for_end();
    let recording = std::fs::read_to_string(&file).unwrap();
    assert!(recording.ends_with('\n'), "{recording}");
    for secret in ["YWxpY2U", "Y29ycmVj", "correct horse"] {
        assert!(!recording.contains(secret), "{secret} is in the file:\n{recording}");
    }
    shows(&file, &["EHLO pc.example.org", "AUTH LOGIN", "235 2.7.0 Welcome"]);
}

/// What `show` prints of a recording.
fn shows(file: &Path, lines: &[&str]) {
    let shown = std::process::Command::new(env!("CARGO_BIN_EXE_ehlo"))
        .args(["show", file.to_str().unwrap()])
        .output()
        .unwrap();
    let text = String::from_utf8(shown.stdout).unwrap();
    for line in lines {
        assert!(text.contains(line), "{line} is not in:\n{text}");
    }
}

#[test]
fn a_recording_is_complete_behind_sigterm() {
    recorded_until("TERM");
}

#[test]
fn a_recording_is_complete_behind_sigkill() {
    recorded_until("KILL");
}

#[test]
fn a_recording_is_opened_on_the_screen() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.txt");
    std::fs::write(&file, "S: 220 mx.example.net\nC: EHLO x.example\nS: 250 mx\n").unwrap();
    let mut t = Terminal::ehlo(SMALL, &["open", file.to_str().unwrap()]);
    t.wait_for("C EHLO x.example");
    t.wait_for("a recording: nothing can be sent");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

// --- sizes, pastes, environments ---------------------------------------------------------------

#[test]
fn resizing_keeps_the_line() {
    let mut t = practice(SMALL);
    t.keys("EHLO pc.exam");
    t.wait_until("the line", |s| prompt(s) == "EHLO pc.exam");
    t.resize((39, 9));
    t.wait_for("ehlo needs 40x10; now 39x9");
    t.keys("ple.org");
    t.resize(LARGE);
    t.wait_until("the line", |s| prompt(s) == "EHLO pc.example.org");
    t.wait_for("4 Content");
    t.wait_for("S 220 ");
    t.resize((45, 12));
    t.wait_gone("4 Content");
    t.wait_until("the line", |s| prompt(s) == "EHLO pc.example.org");
    t.keys(ENTER);
    t.wait_for("S 250 ENHANCEDSTATUSCODES");
}

#[test]
fn a_paste_sends_nothing_by_itself() {
    let mut t = practice(LARGE);
    t.keys(&paste("EHLO pc.example.org\rMAIL FROM:<a@example.org>\rNOOP"));
    t.wait_for("3 lines are pasted");
    t.keys("e");
    t.wait_for("3 lines: Enter sends them all");
    // A key behind the paste has been handled, so the paste has been, too.
    t.keys(" ");
    t.wait_until("the blank", |s| s.cursor_position().1 > 50);
    assert!(!t.contents().contains("C EHLO"), "{}", t.contents());
    t.keys(ENTER);
    t.wait_for("C└NOOP");
    t.wait_for("sender given");
}

#[test]
fn a_paste_goes_out_one_by_one_and_stops_at_a_refusal() {
    let mut t = practice(LARGE);
    t.keys(&paste(
        "EHLO pc.example.org\rMAIL FROM:<alice@example.org>\rRCPT TO:<bob@example.net>\rDATA\r\
         Subject: pasted\r\rHello\r.\rVRFY nobody\rRCPT TO:<nobody@example.net>\rQUIT\r",
    ));
    t.wait_for("11 lines are pasted");
    t.keys("o");
    t.wait_for("Transaction 1  accepted");
    t.wait_for("Subject: pasted");
    t.wait_for("lines sent: ");
    assert!(!t.contents().contains("C QUIT"), "{}", t.contents());
    t.keys("\x19");
    t.wait_until("the rest", |s| prompt(s).ends_with("QUIT"));
}

#[test]
fn leaving_an_open_transaction_can_send_quit() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("session.jsonl");
    let mut t = Terminal::ehlo(SMALL, &["--record", file.to_str().unwrap()]);
    t.wait_for("S 220 ");
    t.line("EHLO pc.example.org");
    t.wait_for("ready");
    t.line("MAIL FROM:<alice@example.org>");
    t.wait_for("sender given");
    t.keys(CTRL_Q);
    t.wait_for("A transaction is open;");
    t.keys("s");
    t.wait_gone("A transaction is open;");
    t.keys(CTRL_Q);
    t.wait_for("A transaction is open;");
    t.keys("q");
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
    let recorded = std::fs::read_to_string(&file).unwrap();
    assert!(recorded.contains("221 "), "{recorded}");
}

#[test]
fn without_colour_everything_is_still_said() {
    let mut t = Terminal::ehlo_with(SMALL, &[], &[("NO_COLOR", "1")]);
    t.wait_for("S 220 ");
    t.line("EHLO nonsense..");
    t.wait_for("S 501");
    let screen = t.screen();
    let cells = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
    for (row, column) in cells {
        let cell = screen.cell(row, column).unwrap();
        assert_eq!(cell.fgcolor(), vt100::Color::Default, "{row},{column}: {}", cell.contents());
        assert_eq!(cell.bgcolor(), vt100::Color::Default, "{row},{column}: {}", cell.contents());
    }
}

/// How many cells have a colour.
fn coloured(screen: &vt100::Screen) -> usize {
    let cells = (0..24).flat_map(|row| (0..80).map(move |column| (row, column)));
    let look = |(row, column)| {
        let cell = screen.cell(row, column).unwrap();
        (cell.fgcolor(), cell.bgcolor())
    };
    cells.filter(|cell| look(*cell) != (vt100::Color::Default, vt100::Color::Default)).count()
}

#[test]
fn with_colour_there_are_some() {
    assert!(coloured(&practice(SMALL).screen()) > 50);
    let t = Terminal::ehlo_with(SMALL, &["--color", "always"], &[("NO_COLOR", "1")]);
    t.wait_for("S 220 ");
    assert!(coloured(&t.screen()) > 50);
}

#[test]
fn a_painted_theme_without_colour_still_shows_what_is_selected() {
    for (arguments, variables) in [
        (&["--theme", "light"][..], &[("NO_COLOR", "1"), ("COLORTERM", "truecolor")][..]),
        (&["--theme", "light", "--color", "never"], &[("COLORTERM", "truecolor")]),
    ] {
        let mut t = Terminal::ehlo_with(SMALL, arguments, variables);
        t.wait_for("S 220 ");
        t.click(t.find("S 220 "));
        t.wait_until("the selected row", |screen| {
            (0..24).any(|row| screen.cell(row, 4).unwrap().inverse())
        });
        assert_eq!(coloured(&t.screen()), 0, "{arguments:?}");
    }
}

#[test]
fn a_dumb_terminal_gets_lines() {
    let mut t = Terminal::ehlo_with(SMALL, &[], &[("TERM", "dumb")]);
    t.wait_for("S: 220 ");
    assert!(!t.screen().alternate_screen());
    t.keys("EHLO pc.example.org\r");
    t.wait_for("S: 250 ENHANCEDSTATUSCODES");
    t.keys("QUIT\r");
    t.wait_for("S: 221");
    assert_eq!(t.wait_for_end().exit_code(), 0);
    t.assert_given_back();
}

#[test]
fn japanese_by_locale_and_by_option() {
    for (arguments, locale) in [(&[][..], "ja_JP.UTF-8"), (&["--lang", "ja"][..], "C.UTF-8")] {
        let mut t = Terminal::ehlo_with(SMALL, arguments, &[("LANG", locale)]);
        t.wait_for("通信記録");
        t.wait_for("挨拶受信済み");
        // A wide character of the person's own comes through, and the cursor is behind it.
        t.keys("日本語");
        t.wait_until("the line", |s| prompt(s) == "日本語" && s.cursor_position() == (21, 9));
    }
}

#[test]
fn the_countdown_is_seen_and_f7_keeps_alive() {
    let mut t = practice(LARGE);
    t.wait_for("idle: the server may close in 5 min; F7 sends NOOP");
    t.keys(F7);
    t.wait_for("C NOOP");
    t.wait_for("S 250 2.0.0 Ok");
}

#[test]
fn waiting_for_a_slow_server_is_counted() {
    let (release, released) = mpsc::channel::<()>();
    let target = server(move |mut stream| {
        let _ = released.recv_timeout(LIMIT);
        stream.write_all(b"220 late.example.net\r\n").unwrap();
        listen_to_the_end(stream);
    });
    let t = Terminal::ehlo(SMALL, &[&target]);
    t.wait_for("greeting: 1 s of 5 min");
    release.send(()).unwrap();
    t.wait_for("S 220 late.example.net");
}

#[test]
fn signals_reach_only_what_they_are_for() {
    let t = practice(SMALL);
    signal(t.id(), "WINCH");
    t.wait_for("S 220 ");
    assert!("SR".contains(state(t.id())));
}

#[test]
fn a_burst_of_typing_is_sent_whole() {
    let mut t = practice(LARGE);
    t.wait_for("S 220");
    let lines: Vec<_> = (1..=400).map(|n| format!("NOOP {n}\r")).collect();
    t.keys(&lines.concat());
    t.wait_for("C NOOP 400");
    t.line("QUIT");
    t.wait_for("S 221");
}

#[test]
fn a_file_is_sent_behind_354_and_nowhere_else() {
    let mut t = practice(LARGE);
    std::fs::write(t.home().join("m.eml"), "Subject: from a file\n\n.dot\n").unwrap();
    let data = format!(":data {}", t.home().join("m.eml").display());
    t.line("EHLO pc.example.org");
    t.wait_for("ENHANCEDSTATUSCODES");
    t.line(&data);
    t.wait_for(":data belongs after 354");
    // The line stays.
    t.keys("\x15");
    t.line("MAIL FROM:<alice@example.org>");
    t.line("RCPT TO:<bob@example.net>");
    t.line("DATA");
    t.wait_for("DATA> ");
    t.line(&data);
    t.wait_for("C ..dot");
    t.wait_for("Transaction 1  accepted");
}

#[test]
fn a_secret_in_a_paste_is_veiled_and_not_kept() {
    let mut t = practice(LARGE);
    t.wait_for("S 220");
    t.keys("\x1b[200~NOOP\nAUTH LOGIN\ndGVzdGVy\nc2VjcmV0\x1b[201~");
    t.wait_for("4 lines are pasted");
    assert!(!t.contents().contains("c2VjcmV0") && !t.contents().contains("dGVzdGVy"));
    t.keys("e");
    t.wait_for("4 lines: Enter sends them all");
    assert!(!t.contents().contains("c2VjcmV0") && !t.contents().contains("dGVzdGVy"));
    t.keys("\r");
    t.wait_for("C ********");
    t.keys("\x1b[A");
    t.line("RSET");
    t.wait_for("C RSET");
    assert!(!t.contents().contains("c2VjcmV0") && !t.contents().contains("dGVzdGVy"));
}

// --- what was sent before ----------------------------------------------------------------------

const CTRL_R: &str = "\x12";

/// The program with a state folder that others share.
fn remembering(state: &Path, target: &str, more: &[(&str, &str)]) -> Terminal {
    let folder = [("XDG_STATE_HOME", state.to_str().unwrap())];
    let environment: Vec<_> = folder.iter().chain(more).copied().collect();
    let t = Terminal::ehlo_with(LARGE, &[target], &environment);
    t.wait_for("S 220 ");
    t
}

/// What the file of the history says once it holds `line`.
fn history(state: &Path, line: &str) -> String {
    let end = std::time::Instant::now() + LIMIT;
    loop {
        let text = std::fs::read_to_string(state.join("ehlo/history")).unwrap_or_default();
        if text.contains(line) {
            return text;
        }
        assert!(std::time::Instant::now() < end, "{line} is not in:\n{text}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}

#[test]
fn lines_come_back_in_another_run_and_no_secret_was_ever_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut t = remembering(folder.path(), &login_server(), &[]);
    t.line("EHLO pc.example.org");
    t.wait_for("ready");
    // Typed ahead, faster than any server asks.
    t.keys("AUTH LOGIN\rYWxpY2U=\rY29ycmVjdCBob3JzZQ==\r");
    t.wait_for("S 235 2.7.0 Welcome");
    t.keys("AUTH PLAIN AGFsaWNlAGNvcnJlY3QgaG9yc2U=\r");
    t.keys(":raw AUTH PL\\c\r");
    t.keys(":raw AIN AGFsaWNlAGNvcnJlY3QgaG9yc2U=\r");
    t.line("VRFY bob");
    t.wait_for("C VRFY bob");
    history(folder.path(), "VRFY bob");
    t.signal("KILL");
    t.wait_for_end();
    let text = history(folder.path(), "VRFY bob");
    let lines = "\"EHLO pc.example.org\"\n\"AUTH LOGIN\"\n\":raw AUTH PL\\\\c\"\n\"VRFY bob\"\n";
    assert_eq!(text, lines);
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name: &str| folder.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!((mode("ehlo") & 0o777, mode("ehlo/history") & 0o777), (0o700, 0o600));
    }
    let mut t = remembering(folder.path(), "practice", &[]);
    t.keys(UP);
    t.wait_until("the last line", |s| prompt(s) == "VRFY bob");
    t.keys(&format!("{CTRL_U}EH{UP}"));
    t.wait_until("the line that begins so", |s| prompt(s) == "EHLO pc.example.org");
    t.keys(ENTER);
    t.wait_for("C EHLO pc.example.org");
}

#[test]
fn a_line_is_searched_taken_and_put_back() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("ehlo")).unwrap();
    let lines = "\"HELP one\"\n\"NOOP\"\n\"HELP two\"\n";
    std::fs::write(folder.path().join("ehlo/history"), lines).unwrap();
    let mut t = remembering(folder.path(), "practice", &[]);
    t.keys(&format!("half{CTRL_R}help"));
    t.wait_until("the newest", |s| prompt(s) == "HELP two");
    t.keys(CTRL_R);
    t.wait_until("the one before", |s| prompt(s) == "HELP one");
    t.keys("\x07");
    t.wait_until("what stood there", |s| prompt(s) == "half");
    t.keys(&format!("{CTRL_R}two{ENTER}"));
    t.wait_until("the line, not sent", |s| {
        let contents = s.contents();
        prompt(s) == "HELP two"
            && !contents.contains("Earlier line:")
            && !contents.contains("C HELP")
    });
    t.keys(ENTER);
    t.wait_for("C HELP two");
}

#[test]
fn without_history_no_file_is_written_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let off = [("EHLO_HISTORY", "false")];
    let mut t = remembering(folder.path(), "practice", &off);
    t.line("NOOP");
    t.wait_for("C NOOP");
    t.keys(CTRL_Q);
    t.wait_for_end();
    assert!(!folder.path().join("ehlo/history").exists());
    std::fs::write(folder.path().join("ehlo/history"), "\"NOOP\"\n").unwrap();
    let mut t = remembering(folder.path(), "practice", &off);
    t.keys(&format!("{UP}RSET"));
    t.wait_until("nothing before it", |s| prompt(s) == "RSET");
}

#[test]
fn a_line_is_undone_and_characters_change_places() {
    let mut t = practice(SMALL);
    t.keys("NOOP hello\x1f");
    t.wait_until("a word less", |s| prompt(s) == "NOOP");
    t.keys("\x1br");
    t.wait_until("it again", |s| prompt(s) == "NOOP hello");
    t.keys("\x1bb\x1bd\x1bu\x01\x1b[C\x14");
    t.wait_until("swapped", |s| prompt(s) == "ONOP hello");
    t.keys("\x1bu");
    t.wait_until("back", |s| prompt(s) == "NOOP hello");
}

#[test]
fn a_line_leaves_in_pieces_and_can_be_stopped() {
    let mut t = practice(LARGE);
    t.keys(":drip 1 20ms NOOP\r");
    t.wait_for("C NOOP");
    t.wait_for("S 250 ");
    t.keys(":drip 2 60s HELP\r");
    t.wait_for("2 of 6 B are sent; Ctrl-C stops");
    t.wait_for("not finished yet");
    t.keys(CTRL_C);
    t.wait_for("stopped; 2 of 6 B are sent");
    // What left is what the line begins with.
    t.line("LP");
    t.wait_for("C HELP");
}

// --- what the user has set -------------------------------------------------------------------

#[test]
fn a_theme_that_was_asked_for_is_painted() {
    let ground = |arguments: &[&str], variable| {
        let t = Terminal::ehlo_with(SMALL, arguments, &[variable]);
        t.wait_for("S 220 ");
        t.screen().cell(12, 40).unwrap().bgcolor()
    };
    let usual = ("COLORTERM", "truecolor");
    assert_eq!(ground(&[], usual), vt100::Color::Default);
    assert!(matches!(ground(&["--theme", "light"], usual), vt100::Color::Rgb(..)));
    assert!(matches!(ground(&[], ("EHLO_THEME", "light")), vt100::Color::Idx(_)));
}

#[test]
fn a_key_of_the_user_works_and_what_is_wrong_is_told_while_everything_else_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let ehlo = folder.path().join("ehlo");
    std::fs::create_dir_all(ehlo.join("themes")).unwrap();
    std::fs::write(ehlo.join("themes/mine.toml"), "[role]\nclient = \"rod\"\n").unwrap();
    std::fs::write(ehlo.join("config.toml"), "theme = \"mine\"\n").unwrap();
    std::fs::write(ehlo.join("keys.toml"), "[prompt]\nctrl-x = \"help\"\n").unwrap();
    let config = [("XDG_CONFIG_HOME", folder.path().to_str().unwrap())];
    let mut t = Terminal::ehlo_with((160, 24), &[], &config);
    t.wait_for("mine.toml: line 2, column 10: \"rod\" is no colour");
    t.keys("\x18");
    t.wait_for("At the prompt");
}

/// A file that never ends for who opens it.
fn pipe(path: &Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status();
    assert!(made.unwrap().success());
}

#[test]
fn settings_are_followed_through_folders_that_are_new_and_files_that_are_none() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("not").join("yet");
    let t = Terminal::ehlo_with((160, 24), &[], &[("XDG_CONFIG_HOME", folder.to_str().unwrap())]);
    t.wait_for("S 220 ");
    let config = folder.join("ehlo").join("config.toml");
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(&config, "lang = \"ja\"\n").unwrap();
    t.wait_for("通信記録");
    std::fs::remove_file(&config).unwrap();
    pipe(&config);
    t.wait_for("config.toml：通常のファイルではありません");
    let good = folder.join("good");
    std::fs::write(&good, "lang = \"en\"\n").unwrap();
    std::fs::rename(&good, &config).unwrap();
    t.wait_for("Transcript");
}

#[test]
fn the_screen_opens_and_ends_whatever_stands_where_its_files_belong() {
    let home = tempfile::tempdir().unwrap();
    let ehlo = home.path().join("ehlo");
    std::fs::create_dir_all(ehlo.join("themes")).unwrap();
    for name in
        ["config.toml", "keys.toml", "themes/mine.toml", "state.json", "state.lock", "history"]
    {
        pipe(&ehlo.join(name));
    }
    let folder = home.path().to_str().unwrap();
    let mut t = Terminal::ehlo_with(
        (160, 24),
        &[],
        &[("XDG_CONFIG_HOME", folder), ("XDG_STATE_HOME", folder)],
    );
    t.wait_for("S 220 ");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
}

#[test]
fn who_leaves_does_not_wait_for_another_program_that_remembers() {
    let home = tempfile::tempdir().unwrap();
    let ehlo = home.path().join("ehlo");
    std::fs::create_dir(&ehlo).unwrap();
    let lock = std::fs::File::create(ehlo.join("state.lock")).unwrap();
    lock.lock().unwrap();
    let state = [("XDG_STATE_HOME", home.path().to_str().unwrap())];
    let mut t = Terminal::ehlo_with((160, 24), &[], &state);
    t.wait_for("another program holds");
    t.keys(CTRL_Q);
    assert_eq!(t.wait_for_end().exit_code(), 0);
    assert!(!ehlo.join("state.json").exists());
}
