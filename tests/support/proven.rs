//! What was proven where, in one form for all tests: `| server | what | outcome |`, a line each, and
//! `skipped` where a server is not here. The table of everything is
//!
//! ```sh
//! EHLO_PROVEN=$PWD/proven.md cargo test && sort -u proven.md
//! ```
//!
//! and one test shows its own with `-- --nocapture`.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    reason = "tests, each of which uses a part"
)]

use std::io::Write as _;

/// Tells that `what` was shown with `server`.
pub fn proven(server: &str, what: &str, outcome: &str) {
    let server = match server {
        "dovecot" => "Dovecot",
        "exim" => "Exim",
        "postfix" => "Postfix",
        other => other,
    };
    let row = format!("| {server} | {what} | {outcome} |\n");
    eprint!("{row}");
    if let Some(path) = std::env::var_os("EHLO_PROVEN") {
        let file = std::fs::File::options().create(true).append(true).open(path);
        // Many tests write to it at once, each a row in one piece.
        file.unwrap().write_all(row.as_bytes()).unwrap();
    }
}
