//! A person composes a message in the editor of the screen.

#![allow(dead_code, unreachable_pub, reason = "not every test needs all of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::{Path, PathBuf};
use std::time::Instant;

use super::pty::{LIMIT, Terminal};

const ENTER: &str = "\r";
const CTRL_O: &str = "\x0f";
const CTRL_HOME: &str = "\x1b[1;5H";
const CTRL_END: &str = "\x1b[1;5F";
/// Deletes the third line from the top.
const CUT_THIRD: &str = "\x1b[B\x1b[B\x0b";
const F4: &str = "\x1bOS";

/// The subject of what is composed.
pub const SUBJECT: &str = "日本語の件名";

/// The name of the file that is attached.
pub const PICTURE: &str = "絵.png";

/// The envelope, up to a recipient.
pub fn address(t: &mut Terminal, sender: &str, recipient: &str) {
    t.wait_for("S 220 ");
    t.line("EHLO pc.example.org");
    t.wait_for("ready");
    t.line(&format!("MAIL FROM:<{sender}>"));
    t.wait_for("sender given");
    t.line(&format!("RCPT TO:<{recipient}>"));
    t.wait_for("RCPT 1 ok");
}

/// Opens the editor and puts a template in.
pub fn begin(t: &mut Terminal, template: &str) {
    t.keys(F4);
    t.wait_for("Live view");
    t.keys(CTRL_O);
    t.wait_for(":insert");
    t.keys(template);
    t.wait_for(&format!(":insert {template}"));
    t.keys(ENTER);
    t.wait_for("Message-ID: <");
}

/// A Japanese subject in encoded words, a body that ends with `line`, and a picture of 256 bytes;
/// gives the draft as it was kept.
pub fn compose(t: &mut Terminal, line: &str) -> String {
    let picture: Vec<u8> = (0..=255).collect();
    std::fs::write(t.home().join(PICTURE), picture).unwrap();
    begin(t, "plain");
    t.keys(CTRL_HOME);
    t.keys(CUT_THIRD);
    t.keys(&format!("Subject: {SUBJECT}"));
    t.wait_for(SUBJECT);
    insert(t, "encoded-words");
    t.wait_for("Subject: =?utf-8?");
    t.keys(&format!("{CTRL_END}{line}{ENTER}"));
    t.wait_for(line);
    insert(t, "attach");
    t.wait_for("Enter attaches");
    t.keys(PICTURE);
    t.wait_for("image/png");
    t.keys(ENTER);
    t.wait_for("multipart/mixed");
    kept(t.home(), "multipart/mixed")
}

fn insert(t: &mut Terminal, what: &str) {
    t.keys(CTRL_O);
    t.wait_for(":insert");
    t.keys(what);
    t.keys(ENTER);
}

/// The files of a folder whose names end so.
pub fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let all = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|f| f.path());
    all.filter(|path| path.to_string_lossy().ends_with(ending)).collect()
}

/// What stands in the only draft, once that holds `text`.
pub fn kept(state: &Path, text: &str) -> String {
    let end = Instant::now() + LIMIT;
    loop {
        let drafts = files(&state.join("ehlo/drafts"), ".eml");
        if let [draft] = &drafts[..]
            && let Ok(kept) = std::fs::read_to_string(draft)
            && kept.contains(text)
        {
            return kept;
        }
        assert!(Instant::now() < end, "{drafts:?} without {text:?}");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
