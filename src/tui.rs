//! The screen. `Model` → view; `Message` → update → `Effect`s; nothing else.
//!
//! [`update`] is synchronous and total and has no clock; [`view`] draws from `&Model`; [`layout`]
//! is pure geometry that both use; [`runtime`] executes effects and is the only file here that
//! waits for anything. [`terminal`] puts the terminal back on every way out.

pub mod advice;
pub mod catcher;
pub mod clipboard;
pub mod copy;
pub mod directive;
pub mod editor;
pub mod effect;
pub mod explain;
pub mod files;
pub mod find;
pub mod group;
pub mod hand;
pub mod layout;
pub mod message;
pub mod model;
pub mod palette;
pub mod plan;
pub mod pointer;
pub mod popup;
pub mod prompt;
pub mod queue;
pub mod relay;
pub mod rows;
pub mod runtime;
pub mod screenshot;
pub mod secret;
pub mod selection;
pub mod sending;
pub mod sessions;
pub mod terminal;
pub mod travel;
pub mod update;
pub mod view;

pub use runtime::{Start, run};
