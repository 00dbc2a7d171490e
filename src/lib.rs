//! ehlo: a debugger for SMTP.

pub mod cli;
pub mod config;
pub mod display;
pub mod headless;
pub mod journal;
pub mod knowledge;
pub mod net;
pub mod session;
pub mod smtp;
pub mod speaker;
pub mod tui;
