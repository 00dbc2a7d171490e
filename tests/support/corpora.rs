//! Messages that others have collected, where they lie: inside the sources of crates and of Python.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// One message in a file.
pub struct Mail {
    /// The corpus and the place in it.
    pub name: String,
    pub path: PathBuf,
    /// How many bytes before it are none of it.
    pub skip: usize,
}

impl Mail {
    pub fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.path).unwrap().split_off(self.skip)
    }
}

/// The folder of a crate on which this one depends. Crates for other systems are not asked for: they
/// are not here.
pub fn sources(name: &str) -> PathBuf {
    let rustc = Command::new("rustc").arg("-vV").output().unwrap().stdout;
    let rustc = String::from_utf8(rustc).unwrap();
    let host = rustc.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline", "--locked"])
        .args(["--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&cargo.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == name).unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

fn files(folder: &Path, ending: &str, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, out);
        } else if path.extension().is_some_and(|e| e == ending) {
            out.push(path);
        }
    }
    out.sort();
}

fn corpus(name: &str, folder: &Path, ending: &str) -> Vec<Mail> {
    let mut paths = Vec::new();
    files(folder, ending, &mut paths);
    let mail = |path: PathBuf| {
        let place = path.strip_prefix(folder).unwrap().display().to_string();
        Mail { name: format!("{name}/{place}"), path, skip: 0 }
    };
    paths.into_iter().map(mail).collect()
}

/// Files that have the keys of their signatures before the message, and an empty line between them.
fn behind_keys(mut mails: Vec<Mail>) -> Vec<Mail> {
    for mail in &mut mails {
        let bytes = mail.bytes();
        let keys = bytes.windows(2).position(|pair| pair == b"\n\n");
        let crlf = bytes.windows(4).position(|four| four == b"\r\n\r\n");
        mail.skip = match (keys, crlf) {
            (Some(at), Some(other)) if other < at => other + 4,
            (Some(at), _) => at + 2,
            (None, other) => other.map_or(0, |at| at + 4),
        };
    }
    mails
}

/// The folder with the tests of the `email` package of the installed Python.
fn python() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    folders.map(|folder| folder.path().join("test/test_email/data")).find(|path| path.is_dir())
}

/// Those of the parser's own tests.
pub fn of_the_parser() -> Vec<Mail> {
    corpus("mail-parser", &sources("mail-parser").join("resources/eml"), "eml")
}

/// All of them, as far as they are here.
pub fn all() -> Vec<Mail> {
    let mut all = of_the_parser();
    let signed = sources("mail-auth").join("resources");
    all.extend(corpus("mail-auth", &signed, "eml"));
    all.extend(behind_keys(corpus("mail-auth/dkim", &signed.join("dkim"), "txt")));
    all.extend(behind_keys(corpus("mail-auth/arc", &signed.join("arc"), "txt")));
    match python() {
        Some(folder) => all.extend(corpus("python", &folder, "txt")),
        None => skip("the messages of Python's tests"),
    }
    all
}

/// Says that something is not here, or fails where it has to be.
fn skip(what: &str) {
    let required = std::env::var_os("EHLO_SERVERS").is_some_and(|v| v == "required");
    assert!(!required, "{what} are required");
    eprintln!("skipped: {what} are not here");
}
