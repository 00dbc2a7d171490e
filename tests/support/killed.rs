//! The program is killed while it talks, at a moment that nobody chose, and what it recorded is
//! compared with what the other side saw.
//!
//! The other side answers line by line, so when a command has come, everything before it was
//! written by the program, heard, and has to stand in its recordings.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests, each of which uses a part"
)]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use ehlo::journal::{Happening, Side, file};

/// How long the program may take until it has said what it is to say.
const LIMIT: Duration = Duration::from_secs(30);

/// What the other side got and said, and how much of both before the last command.
#[derive(Debug, Default)]
struct Saw {
    got: Vec<u8>,
    said: Vec<u8>,
    before: (usize, usize),
}

/// What a killing showed.
#[derive(Debug)]
pub struct Killed {
    /// How many bytes the other side got.
    pub got: usize,
    /// How many of its events each recording has.
    pub events: Vec<usize>,
    /// How many recordings end in the middle of a line.
    pub torn: usize,
}

/// Numbers that nobody chose, the same for the same seed.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, end: u64) -> u64 {
        // The constants are Knuth's (MMIX).
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// Runs `program` once in `folder`, kills it, and looks at what it has left.
pub fn kill_once(program: &str, folder: &Path, dice: &mut Dice) -> Killed {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let (came, comes) = mpsc::channel();
    let (ended, end) = mpsc::channel();
    std::thread::spawn(move || {
        if let Ok((stream, _)) = listener.accept() {
            let _ = ended.send(answer(stream, &came));
        }
    });
    std::fs::create_dir_all(folder).unwrap();
    let asked = folder.join("asked.jsonl");
    let mut child = start(program, folder, &address, &asked, dice.below(3));
    wait_somewhere(&comes, dice);
    child.kill().unwrap();
    child.wait().unwrap();
    // Where it had not connected, nobody does.
    drop(TcpStream::connect(&address));
    let saw = end.recv_timeout(LIMIT).expect("the other side sees the end");
    look(&saw, &recordings(folder, &asked))
}

fn start(program: &str, folder: &Path, address: &str, asked: &Path, way: u64) -> Child {
    let mut command = Command::new(program);
    let letter = "A line of text.\n".repeat(2_000);
    match way {
        0 => {
            let turns = "C: NOOP\nS: 250\nC: VRFY bob\nS: 250\n".repeat(150);
            let script = format!("C: EHLO a.example\nS: 250\n:auth PLAIN alice\n{turns}C: QUIT\n");
            std::fs::write(folder.join("script.txt"), script).unwrap();
            std::fs::write(folder.join("secret"), "correct horse").unwrap();
            command.args(["run", "script.txt", "--server", address, "--password-file", "secret"]);
        }
        1 => {
            std::fs::write(folder.join("letter.eml"), format!("Subject: x\n\n{letter}")).unwrap();
            command.args(["send", "-s", address, "-f", "a@a.example", "--data", "letter.eml"]);
            command.args((0..60).flat_map(|n| ["-t".to_owned(), format!("b{n}@b.example")]));
        }
        _ => {
            let lines = "NOOP\nRSET\nMAIL FROM:<a@a.example>\nDATA\n";
            std::fs::write(folder.join("lines"), format!("EHLO a\n{}", lines.repeat(100))).unwrap();
            command.args(["--plain", address]);
            command.stdin(std::fs::File::open(folder.join("lines")).unwrap());
        }
    }
    if way < 2 {
        command.stdin(Stdio::null());
    }
    for variable in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"] {
        command.env(variable, folder.join("home"));
    }
    command.arg("--record").arg(asked).current_dir(folder);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Waits for some commands, and a moment more; or not even for the first.
fn wait_somewhere(comes: &Receiver<()>, dice: &mut Dice) {
    let commands = dice.below(250);
    if commands < 25 {
        std::thread::sleep(Duration::from_micros(dice.below(30_000)));
        return;
    }
    for _ in 25..commands {
        // It may have said all that it has to say.
        if comes.recv_timeout(LIMIT).is_err() {
            break;
        }
    }
    let (begun, more) = (Instant::now(), Duration::from_micros(dice.below(400)));
    while begun.elapsed() < more {
        std::hint::spin_loop();
    }
}

/// The other side: answers line by line until the connection ends.
fn answer(mut stream: TcpStream, came: &Sender<()>) -> Saw {
    let mut saw = Saw::default();
    let mut heard = BufReader::new(stream.try_clone().unwrap());
    let mut data = false;
    let mut say = |saw: &mut Saw, text: &str| {
        // Whoever was killed hears nothing more; what it had said is still to be read.
        if stream.write_all(text.as_bytes()).is_ok() {
            saw.said.extend_from_slice(text.as_bytes());
        }
    };
    say(&mut saw, "220 other.example\r\n");
    loop {
        let before = (saw.got.len(), saw.said.len());
        let mut line = Vec::new();
        let read = heard.read_until(b'\n', &mut line);
        saw.got.extend_from_slice(&line);
        if !line.ends_with(b"\n") {
            if read.is_err() {
                let _ = heard.read_to_end(&mut saw.got);
            }
            return saw;
        }
        if data {
            data = line != b".\r\n";
            if !data {
                say(&mut saw, "250 2.0.0 queued\r\n");
            }
            continue;
        }
        saw.before = before;
        let _ = came.send(());
        let verb = line.split(|b| b" \r\n".contains(b)).next().unwrap().to_ascii_uppercase();
        let reply = match &verb[..] {
            b"EHLO" => "250-other.example\r\n250-AUTH PLAIN\r\n250 8BITMIME\r\n",
            b"AUTH" => "235 2.7.0 in\r\n",
            b"QUIT" => "221 2.0.0 bye\r\n",
            b"DATA" => "354 go on\r\n",
            _ => "250 2.0.0 ok\r\n",
        };
        data = verb == b"DATA";
        say(&mut saw, reply);
    }
}

/// The recordings that a program has made.
fn recordings(folder: &Path, asked: &Path) -> Vec<PathBuf> {
    let kept = std::fs::read_dir(folder.join("home/ehlo/recordings")).into_iter().flatten();
    let kept = kept.flatten().map(|file| file.path());
    kept.chain([asked.to_owned()]).filter(|path| path.exists()).collect()
}

fn look(saw: &Saw, recordings: &[PathBuf]) -> Killed {
    let heard = saw.before != (0, 0);
    assert!(!heard || recordings.len() == 2, "it talked, and left {recordings:?}");
    let mut killed = Killed { got: saw.got.len(), events: Vec::new(), torn: 0 };
    for path in recordings {
        let text = std::fs::read(path).unwrap();
        if text.is_empty() {
            assert!(!heard, "{}", path.display());
            continue;
        }
        let found = file::read(&text).unwrap_or_else(|e| panic!("{}: {e:?}", path.display()));
        assert!(found.broken.is_none() && found.untimed.is_none(), "{found:?}");
        killed.torn += usize::from(found.torn.is_some());
        killed.events.push(found.journal.events().len());
        let of = |side| {
            let mut all = Vec::new();
            for event in found.journal.events() {
                if let Happening::Bytes { from, data, veiled } = &event.what
                    && *from == side
                {
                    let is_veiled = |at| veiled.iter().any(|s| s.start <= at && at < s.end);
                    all.extend(data.iter().enumerate().map(|(at, b)| (*b, is_veiled(at))));
                }
            }
            all
        };
        let (before_got, before_said) = saw.before;
        for (recorded, seen, before) in
            [(of(Side::Client), &saw.got, before_got), (of(Side::Server), &saw.said, before_said)]
        {
            let told = format!(
                "{}: {} of {}, at least {before}",
                path.display(),
                recorded.len(),
                seen.len()
            );
            assert!(recorded.len() >= before, "something is lost: {told}");
            assert!(recorded.len() <= seen.len(), "something never happened: {told}");
            let same = recorded.iter().zip(seen).all(|((a, veiled), b)| *veiled || a == b);
            assert!(same, "something else happened: {told}");
        }
    }
    killed
}
