//! Messages in files, by the real program: `.eml`, mbox, Maildir, folders; and their threads.
//!
//! What nobody here wrote is read in place: the Maildir and the mails in the sources of the
//! mail-parser crate. What an mbox is, Python's `mailbox` says.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test may fail, and says how long things took"
)]

#[path = "support/corpora.rs"]
mod corpora;
#[path = "support/program.rs"]
mod program;
#[path = "support/pty.rs"]
mod pty;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use program::{Ended, Home};
use pty::Terminal;
use serde_json::Value;

/// The samples inside the sources of mail-parser.
fn samples() -> &'static Path {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| corpora::sources("mail-parser").join("resources"))
}

/// The mails among the samples.
fn mails() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![samples().join("eml")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "eml") {
                found.push(path);
            }
        }
    }
    found.sort();
    assert!(found.len() > 100, "{}", found.len());
    found
}

/// What `show --json` says of these files.
fn shown(home: &Home, files: &[&str]) -> (Value, Ended) {
    let ended = home.run([&["show", "--json"], files].concat()).with(0);
    let mut objects = ended.json();
    assert_eq!(objects.len(), 1);
    (objects.remove(0), ended)
}

/// The bytes of a message, as JSON gives them.
fn bytes(message: &Value) -> Vec<u8> {
    match message["text"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => STANDARD.decode(message["base64"].as_str().unwrap()).unwrap(),
    }
}

#[test]
fn a_maildir_is_read_with_its_flags_and_the_folders_beside_are_named() {
    let home = Home::new();
    let maildir = samples().join("maildir");
    let (session, ended) = shown(&home, &[maildir.to_str().unwrap()]);
    assert!(
        ended.err.contains("not read: the folders .My Folder, .My Folder.Nested Folder"),
        "{}",
        ended.err
    );
    for inner in [".My Folder", ".My Folder.Nested Folder"] {
        let (session, _) = shown(&home, &[maildir.join(inner).to_str().unwrap()]);
        assert_eq!(session["content"].as_array().unwrap().len(), 2, "{inner}");
    }
    let seen: BTreeMap<_, _> = session["content"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| {
            let stored = &message["stored"];
            let file = stored["file"].as_str().unwrap();
            assert_eq!(bytes(message), std::fs::read(maildir.join(file)).unwrap(), "{file}");
            assert_eq!(message["wire_size"], bytes(message).len());
            (
                file.split_inclusive('/').next().unwrap().to_owned(),
                stored["flags"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let flags = [("cur/", "STln"), ("new/", "Sb")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(seen, BTreeMap::from(flags));
    assert_eq!(session["exchanges"].as_array().unwrap().len(), 0);
    assert_eq!(session["outcome"], "read");
}

#[test]
fn an_mbox_is_taken_apart_as_python_does() {
    const SCRIPT: &str = "
import base64, json, mailbox, sys
box = mailbox.mbox(sys.argv[1])
for name in sys.argv[2:]:
    with open(name, 'rb') as f: box.add(f.read())
box.flush()
box = mailbox.mbox(sys.argv[1])
print(json.dumps([base64.b64encode(box.get_bytes(key)).decode() for key in box.keys()]))
";
    let home = Home::new();
    let file = home.path("all.mbox");
    let mails = mails();
    let told = Command::new("python3")
        .args(["-c", SCRIPT, file.to_str().unwrap()])
        .args(&mails)
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    let theirs: Vec<String> = serde_json::from_slice(&told.stdout).unwrap();
    let (session, _) = shown(&home, &["all.mbox"]);
    let ours = session["content"].as_array().unwrap();
    assert_eq!((ours.len(), theirs.len()), (mails.len(), mails.len()));
    for (at, (ours, theirs)) in ours.iter().zip(theirs).enumerate() {
        assert_eq!(bytes(ours), STANDARD.decode(theirs).unwrap(), "{:?}", mails[at]);
        assert_eq!(ours["stored"]["number"], at + 1);
        let separator = ours["stored"]["separator"].as_str().unwrap();
        assert!(separator.starts_with("From "), "{separator}");
    }
    // The same without an extension, and by standard input.
    std::fs::copy(&file, home.path("inbox")).unwrap();
    let (other, _) = shown(&home, &["inbox"]);
    assert_eq!(other["content"].as_array().unwrap().len(), mails.len());
    let piped = home.run_with(["show", "-", "--json"], std::fs::read(&file).unwrap()).with(0);
    assert_eq!(piped.json()[0]["content"].as_array().unwrap().len(), mails.len());
}

#[test]
fn every_mail_is_shown_with_every_byte() {
    let home = Home::new();
    for file in mails() {
        let (session, _) = shown(&home, &[file.to_str().unwrap()]);
        assert_eq!(bytes(&session["content"][0]), std::fs::read(&file).unwrap(), "{file:?}");
    }
}

/// A mail of a small thread.
fn mail(id: &str, references: &[&str], minute: usize, subject: &str) -> String {
    let line = |name: &str, value: String| match &*value {
        "" => String::new(),
        value => format!("{name}: {value}\n"),
    };
    let ids: Vec<_> = references.iter().map(|id| format!("<{id}@example.org>")).collect();
    let id = if id.is_empty() { String::new() } else { format!("<{id}@example.org>") };
    format!(
        "{}{}{}From: Alice <alice@example.org>\nSubject: {subject}\nDate: Thu, 26 Nov 2026 10:{minute:02}:00 +0000\n\ntext\n",
        line("Message-ID", id),
        line("In-Reply-To", ids.last().cloned().unwrap_or_default()),
        line("References", ids.join(" ")),
    )
}

/// A folder with a thread.
fn thread(home: &Home) {
    home.file("box/1.eml", mail("a", &[], 0, "=?utf-8?Q?Caf=C3=A9?="));
    home.file("box/2.eml", mail("b", &["a"], 1, "Re: one"));
    home.file("box/3.eml", mail("", &["a", "b"], 2, "Re: two"));
    home.file("box/4.eml", mail("d", &["x", "y", "z"], 3, "Re: three"));
    home.file("box/notes.txt", "C: QUIT\n");
}

#[test]
fn threads_are_told_in_words_and_in_json() {
    let home = Home::new();
    thread(&home);
    let (session, _) = shown(&home, &["box"]);
    let places: Vec<Vec<_>> = session["threads"]
        .as_array()
        .unwrap()
        .iter()
        .map(|thread| {
            let place = |p: &Value| {
                let odd = p["odd"].as_array().unwrap().first().map(|odd| odd["what"].to_string());
                format!(
                    "{} {} {} {}",
                    p["depth"],
                    p["message"],
                    p["tied_by"],
                    odd.unwrap_or_default()
                )
            };
            thread.as_array().unwrap().iter().map(place).collect()
        })
        .collect();
    let seen = [
        vec![
            "0 0 null ".to_owned(),
            "1 1 \"References\" ".to_owned(),
            "2 2 \"References\" \"reply-without-id\"".to_owned(),
        ],
        vec!["0 null null ".to_owned(), "1 3 \"References\" ".to_owned()],
    ];
    assert_eq!(places, seen);
    for (lang, told) in [
        (
            "en",
            &[
                "# Message 2: message in 2.eml: ",
                "# Threads\n#   - 1  2026-11-26 10:00Z  Alice <alice@example.org>: Café\n",
                "\n#     - 2  2026-11-26 10:01Z  Alice <alice@example.org>: Re: one  (References)\n",
                "\n#         ! an answer without Message-ID: ",
                "\n#   - not here: <z@example.org>, and before it 2 more\n",
            ][..],
        ),
        (
            "ja",
            &[
                "# メッセージ 2：2.eml のメッセージ：",
                "# スレッド\n",
                "ここにない：<z@example.org>",
            ],
        ),
    ] {
        let out = home.run(["show", "box", "--lang", lang]).with(0).out;
        for told in told {
            assert!(out.contains(told), "{told}\n{out}");
        }
    }
    // The same messages, named one by one, are one session too; with recordings they are others.
    let files = ["box/1.eml", "box/2.eml", "box/3.eml", "box/4.eml"];
    assert_eq!(shown(&home, &files).0["threads"], session["threads"]);
    let several = ["show", "--json", "box/1.eml", "box/2.eml", "box/notes.txt", "box/4.eml"];
    assert_eq!(home.run(several).with(0).json().len(), 3);
    let full = home.run(["show", "--full", "box/1.eml"]).with(0).out;
    assert!(full.starts_with("# message in box/1.eml: ") && full.contains("\n# text\n"), "{full}");
}

#[test]
fn what_is_no_mailbox_is_refused_with_what_was_expected() {
    let home = Home::new();
    home.file("folder/notes.txt", "x");
    home.file("m.mbox", "Subject: x\n\n");
    home.file("empty/cur/.lock", "");
    for (file, told) in [
        ("folder", "folder: no message is in it; expected a Maildir"),
        ("m.mbox", "m.mbox: it does not begin as an mbox does; expected"),
        ("absent", "cannot read absent"),
    ] {
        let ended = home.run(["show", file]).with(64);
        assert!(ended.err.contains(told) && ended.out.is_empty(), "{}", ended.err);
    }
    assert_eq!(shown(&home, &["empty"]).0["content"].as_array().unwrap().len(), 0);
    home.run(["show", "-", "-"]).with(64);
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_read_does_not_hide_the_others() {
    let home = Home::new();
    home.file("m/new/1.a", "A: b\n\n");
    std::os::unix::fs::symlink("nowhere", home.path("m/new/2.b")).unwrap();
    let (session, ended) = shown(&home, &["m"]);
    assert_eq!(session["content"].as_array().unwrap().len(), 1);
    assert!(
        ended.err.contains("could not be read: 1, the first of them new/2.b: "),
        "{}",
        ended.err
    );
}

#[cfg(target_os = "linux")]
#[test]
fn names_of_files_may_be_any_bytes() {
    use std::os::unix::ffi::OsStrExt as _;
    let home = Home::new();
    home.file("box/1.eml", "A: b\n\n");
    let odd = Path::new(std::ffi::OsStr::from_bytes(b"box/2\xff.eml")).to_owned();
    std::fs::write(home.path(".").join(odd), "A: c\n\n").unwrap();
    let (session, _) = shown(&home, &["box"]);
    let files: Vec<_> = session["content"].as_array().unwrap().iter().collect();
    assert_eq!(files[1]["stored"]["file"], "2\u{fffd}.eml");
    assert_eq!(files.len(), 2);
    home.file("\x1b[31m.eml", "");
    for file in ["\x1b[31m.eml", "\x1b[32m.eml", "\x1b[33m.mbox"] {
        let ended = home.run(["show", file]).with(64);
        assert!(ended.err.contains("\\x1b[3") && !ended.err.contains('\x1b'), "{}", ended.err);
    }
}

/// The content has the focus by itself.
fn focus_content(t: &Terminal) {
    t.wait_for("╔ 4 ");
}

#[test]
fn ten_thousand_mails_open_at_once() {
    let home = Home::new();
    for at in 0..10_000 {
        let above = (at % 100).to_string();
        let above = [&*above];
        let text = mail(&at.to_string(), &above[..usize::from(at >= 100)], at % 60, "many");
        home.file(&format!("m/cur/{at}.x:2,S"), text);
    }
    let begin = Instant::now();
    let mut t = Terminal::ehlo((120, 40), &["open", home.path("m").to_str().unwrap()]);
    t.wait_for("1 Transcript");
    let frame = begin.elapsed();
    t.wait_for("messages: 10000");
    let read = begin.elapsed();
    t.wait_for("Message-ID: <0@example.org>");
    // Header → Thread.
    let begin = Instant::now();
    focus_content(&t);
    t.keys("\x1b[20~");
    t.wait_for("[Trace]");
    t.keys("\x1b[20~");
    t.wait_for("[Thread]");
    t.wait_for("2026-11-26 10:00Z  Alice");
    println!("10,000 mails: frame {frame:?}, read {read:?}, threads {:?}", begin.elapsed());
    // The second line is the first answer; Enter shows it.
    t.keys("\x1b[B\x1b[B");
    t.wait_for("> ");
    t.keys("\r");
    t.wait_for("[Header]");
    t.wait_for("In-Reply-To: <0@example.org>");
    t.keys(".");
    t.wait_for("Message-ID: <");
    t.keys("\x11");
    assert!(t.wait_for_end().success());
}

#[test]
fn fifty_megabytes_open_at_once_and_scroll() {
    let home = Home::new();
    let line = format!("{}\r\n", "0123456789".repeat(7));
    let lines = (50 << 20) / line.len();
    let mut text = "Subject: large\r\nMessage-ID: <a@example.org>\r\n\r\n".to_owned();
    text.push_str(&line.repeat(lines));
    text.push_str("the last line\r\n");
    let file = home.file("large.eml", text);
    let begin = Instant::now();
    let mut t = Terminal::ehlo((120, 40), &["open", file.to_str().unwrap()]);
    t.wait_for("1 Transcript");
    let frame = begin.elapsed();
    t.wait_for("messages: 1");
    let read = begin.elapsed();
    t.wait_for("Subject: large");
    // To raw lines, and to their end.
    focus_content(&t);
    for view in ["[Trace]", "[Thread]", "[Parts]", "[Body]", "[Raw]"] {
        t.keys("\x1b[20~");
        t.wait_for(view);
    }
    let begin = Instant::now();
    t.keys("G");
    t.wait_for("the last line\\r\\n");
    let end = begin.elapsed();
    println!("50 MB: frame {frame:?}, read {read:?}, to the end {end:?}");
    t.keys("g");
    t.wait_for("Subject: large\\r\\n");
    t.keys("\x11");
    assert!(t.wait_for_end().success());
}
