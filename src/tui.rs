//! stub while building
use crate::headless::{Outcome, Setting};
/// s
pub enum Start {
    /// d
    Dial(crate::net::dial::Target),
    /// o
    Open(std::path::PathBuf),
}
/// r
/// # Errors
/// e
pub fn run(_s: Start, _x: Setting, _w: Option<String>) -> anyhow::Result<Outcome> {
    Ok(Outcome::Done)
}
