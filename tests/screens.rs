//! Golden screens: what the screen shows in every state that matters, in both languages.
//!
//! The screen is driven as the program drives it, through `update` and `view`: events with fixed
//! times, keys, pastes, sizes. Whatever is drawn here is also looked at cell by cell: borders are
//! closed, columns add up, and nothing invisible is ever in a cell. The snapshots are in
//! `tests/screens/`; one letter per look is below the grid where the colours are the point.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

#[path = "screens/advice.rs"]
mod advice;
#[path = "screens/authenticity.rs"]
mod authenticity;
#[path = "screens/catcher.rs"]
mod catcher;
#[path = "screens/chances.rs"]
mod chances;
#[path = "screens/checks.rs"]
mod checks;
#[path = "screens/copying.rs"]
mod copying;
#[path = "screens/editor.rs"]
mod editor;
#[path = "screens/explaining.rs"]
mod explaining;
#[path = "screens/gate.rs"]
mod gate;
#[path = "screens/group.rs"]
mod group;
#[path = "screens/hand.rs"]
mod hand;
#[path = "screens/header.rs"]
mod header;
#[path = "screens/history.rs"]
mod history;
#[path = "screens/keys.rs"]
mod keys;
#[path = "screens/lines.rs"]
mod lines;
#[path = "screens/login.rs"]
mod login;
#[path = "screens/looks.rs"]
mod looks;
#[path = "screens/mailbox.rs"]
mod mailbox;
#[path = "screens/mouse.rs"]
mod mouse;
#[path = "screens/palette.rs"]
mod palette;
#[path = "screens/parts.rs"]
mod parts;
#[path = "screens/plan.rs"]
mod plan;
#[path = "screens/questions.rs"]
mod questions;
#[path = "screens/reading.rs"]
mod reading;
#[path = "screens/scene.rs"]
mod scene;
#[path = "screens/secure.rs"]
mod secure;
#[path = "screens/session.rs"]
mod session;
#[path = "screens/sheet.rs"]
mod sheet;
#[path = "screens/sizes.rs"]
mod sizes;
#[path = "screens/tabs.rs"]
mod tabs;
#[path = "screens/travel.rs"]
mod travel;
#[path = "screens/waits.rs"]
mod waits;
#[path = "screens/who.rs"]
mod who;
