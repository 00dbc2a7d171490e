//! What was proven where, in one form for all tests: `| server | what | outcome |`, a line each, and
//! `skipped` where a server is not here. It goes to standard error, where the test harness writes
//! nothing, so that the table of everything is
//!
//! ```sh
//! cargo test --test extensions --test send --test reach --test servers -- --nocapture 2>&1 >/dev/null | grep '^| '
//! ```

#![allow(dead_code, unreachable_pub, missing_docs, reason = "tests, each of which uses a part")]

/// Tells that `what` was shown with `server`.
pub fn proven(server: &str, what: &str, outcome: &str) {
    eprintln!("| {server} | {what} | {outcome} |");
}
