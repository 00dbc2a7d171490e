//! Where a secret may hide: every form in which it can stand in a text, and every file that there is.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "tests, each of which uses a part"
)]

use std::path::{Path, PathBuf};

use ehlo::smtp::sasl;

/// The first form of a secret that stands in a text, whatever the case of its letters is.
pub fn found(secret: &str, text: &str) -> Option<String> {
    let text = text.to_lowercase();
    let forms = if secret.is_empty() { Vec::new() } else { forms(secret) };
    forms.into_iter().find(|form| text.contains(&form.to_lowercase()))
}

/// A secret as it is, in base64 wherever it begins in there, in hexadecimal digits, and in a URL.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut forms = vec![secret.to_owned()];
    for (before, skipped) in [(0, 0), (1, 2), (2, 3)] {
        let whole = sasl::encode(&[&vec![0; before][..], bytes].concat());
        // The digits at both ends depend on what stands there.
        let digits = whole.trim_end_matches('=');
        let end = digits.len() - usize::from(digits.len() != whole.len());
        let digits = digits.get(skipped..end).unwrap();
        forms.extend([digits.to_owned(), digits.replace('+', "-").replace('/', "_")]);
    }
    let hex = |between: &str| {
        let digits: Vec<_> = bytes.iter().map(|b| format!("{b:02x}")).collect();
        digits.join(between)
    };
    forms.extend(["", " ", ":"].map(hex));
    let url = bytes.iter().map(|b| match b {
        b'-' | b'.' | b'_' | b'~' => char::from(*b).to_string(),
        b if b.is_ascii_alphanumeric() => char::from(*b).to_string(),
        b => format!("%{b:02x}"),
    });
    let url: String = url.collect();
    forms.extend([url.replace("%20", "+"), url]);
    forms
}

/// All files of a folder.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
