//! ehlo: a debugger for SMTP. Type the commands, see every byte and what it means.
//!
//! **One log, one fold, one pattern.** A session is an append-only journal of what crossed the
//! wire. Everything shown about it is a fold over that journal. Live session, script, practice
//! server, replay of a file: compositions of the same parts, never programs of their own.
//!
//! | way of running | our side speaks | events come from | front |
//! |---|---|---|---|
//! | `ehlo`, `ehlo HOST` | [`speaker::Human`] | a dialled connection | [`tui`] |
//! | `ehlo --plain` | [`speaker::Human`] | a dialled connection | [`headless::plain`] |
//! | `ehlo run` | [`speaker::Script`] | a dialled connection | [`headless::run`] |
//! | `ehlo send` | [`speaker::Submission`] | a dialled connection | [`headless::send`] |
//! | `ehlo serve` | [`speaker::Server`] | accepted connections | [`headless::serve`] |
//! | `ehlo open`, `ehlo show` | nobody | a file | [`tui`], [`headless::show`] |
//!
//! # Floors
//!
//! Imports go down only, and sockets and clocks live in [`net`]; `tests/architecture.rs` keeps
//! it so. To read the source, start at the bottom:
//!
//! 1. [`smtp`] — grammar: bytes ↔ lines, commands, replies, mail data
//! 2. [`journal`] — memory: events, the file format, transcripts
//! 3. [`session`] — meaning: dialogue, phases, envelope, content
//! 4. [`speaker`] — who says what next; [`advice`] — what a person could say next; [`draft`] — a
//!    message while it is being written
//! 5. [`net`] and [`display`] — the world, and how things are shown
//! 6. [`tui`] and [`headless`] — the fronts
//!
//! [`knowledge`] stands beside them: what is known, as data in two languages. [`config`] is the only
//! reader of what the user has set, and of what the program remembers.

#![warn(clippy::print_stderr)]

pub mod advice;
pub mod cli;
pub mod config;
pub mod display;
pub mod draft;
pub mod headless;
pub mod journal;
pub mod knowledge;
pub mod net;
pub mod session;
pub mod smtp;
pub mod speaker;
pub mod tui;
