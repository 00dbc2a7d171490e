//! The text of a message.

use crate::display::Role;
use crate::display::text::wrap;
use crate::display::token::visible;
use crate::session::content::Content;

use super::Line;

/// How many characters of a text are shown.
pub const TEXT_LIMIT: usize = 256 << 10;

/// The texts of a message, at least `enough` lines of them if there are so many.
pub fn lines(content: &Content, columns: usize, enough: usize) -> Vec<Line> {
    let mut out = Vec::new();
    for at in 0..content.parts.len() {
        let Some(text) = content.text(at) else { continue };
        let text: String = text.chars().take(TEXT_LIMIT).collect();
        let wrapped = text.lines().flat_map(|line| wrap(&visible(line.as_bytes()), columns));
        let line =
            |line| Line { part: Some(at), ..Line::new(vec![(Role::Text, line)]).about("body") };
        out.extend(wrapped.take(enough.saturating_sub(out.len())).map(line));
        if out.len() >= enough {
            break;
        }
    }
    out
}
