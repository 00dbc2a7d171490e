//! Pieces of one row as lines: broken where there is no more room, or cut.

use crate::display::Role;
use crate::display::text::{split_at_width, width};

use super::Piece;

/// Width of the mark before a line: `C `, `S>`.
pub const MARK: usize = 2;

/// Breaks pieces into lines; the first has the mark, those that continue it what stands `below` that,
/// and the last one has the time at the right.
pub(super) fn wrap(
    mark: Piece,
    below: &Piece,
    pieces: Vec<Piece>,
    time: &str,
    columns: usize,
) -> Vec<Vec<Piece>> {
    let room = columns.saturating_sub(MARK).max(1);
    let mut lines = vec![vec![mark]];
    let mut used = 0;
    for (role, text) in pieces {
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let whole = rest;
            let (mut head, mut tail) = split_at_width(rest, room.saturating_sub(used));
            if !tail.is_empty()
                && let Some(words) = at_blank(whole, head, room)
            {
                (head, tail) = words;
            }
            if head.is_empty() && used == 0 {
                // Not even one character fits; it is cut off by the border.
                (head, tail) = (rest, "");
            }
            if let Some(line) = lines.last_mut().filter(|_| !head.is_empty()) {
                line.push((role, head.to_owned()));
                used += width(head);
            }
            if !tail.is_empty() {
                lines.push(vec![below.clone()]);
                used = 0;
            }
            rest = tail;
        }
    }
    let gap = room.saturating_sub(used + width(time));
    if let Some(line) = lines.last_mut().filter(|_| gap > 0 && !time.is_empty()) {
        line.push((Role::Dim, format!("{}{time}", " ".repeat(gap))));
    }
    lines
}

/// Where to break `whole` instead of behind `head`: behind its last blank, if that is not too far
/// back. The blank stays, it is evidence too.
fn at_blank<'a>(whole: &'a str, head: &str, room: usize) -> Option<(&'a str, &'a str)> {
    let blank = head.rfind(' ')? + 1;
    let lost = width(head) - width(head.get(..blank)?);
    (lost <= room / 3).then(|| whole.split_at_checked(blank))?
}

/// One line of the pieces without their first `left` columns; an ellipsis says where something
/// was cut. The time keeps its place.
pub(super) fn cut(
    mark: Piece,
    pieces: &[Piece],
    time: &str,
    columns: usize,
    left: usize,
) -> Vec<Piece> {
    let time_width = if time.is_empty() { 0 } else { width(time) + 1 };
    let room = columns.saturating_sub(MARK + time_width).max(1);
    let all: usize = pieces.iter().map(|(_, text)| width(text)).sum();
    let more = all > left + room;
    let (before, behind) = (left > 0 && all > 0, usize::from(more));
    let mut line = vec![mark];
    let mut used = 0;
    if before {
        line.push((Role::Dim, "\u{2026}".to_owned()));
        used = 1;
    }
    let mut skip = left + usize::from(before);
    for (role, text) in pieces {
        let (gone, rest) = split_at_width(text, skip);
        // A wide character on the edge goes as a whole.
        let (edge, rest) = if width(gone) < skip && !rest.is_empty() {
            split_at_width(rest, 2)
        } else {
            ("", rest)
        };
        skip = skip.saturating_sub(width(gone) + width(edge));
        let (here, tail) = split_at_width(rest, room.saturating_sub(used + behind));
        line.push((*role, here.to_owned()));
        used += width(here);
        if !tail.is_empty() {
            break;
        }
    }
    if more {
        line.push((Role::Dim, "\u{2026}".to_owned()));
        used += 1;
    }
    if !time.is_empty() {
        let gap = columns.saturating_sub(MARK + used + width(time));
        line.push((Role::Dim, format!("{}{time}", " ".repeat(gap))));
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, time: &str, columns: usize, left: usize) -> String {
        let pieces = [(Role::Text, text.to_owned())];
        let mark = (Role::Text, "S ".to_owned());
        cut(mark, &pieces, time, columns, left).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn cut_lines_say_where_they_were_cut() {
        assert_eq!(shown("abcdefghij", "", 12, 0), "S abcdefghij");
        assert_eq!(shown("abcdefghij", "", 8, 0), "S abcde…");
        assert_eq!(shown("abcdefghij", "", 8, 2), "S …defg…");
        assert_eq!(shown("abcdefghij", "", 8, 4), "S …fghij");
        assert_eq!(shown("abcdefghij", "5 ms", 12, 0), "S abcd… 5 ms");
        assert_eq!(shown("日本語日本語", "", 8, 1), "S …本語…");
        assert_eq!(shown("日本語日本語", "", 8, 2), "S …語日…");
    }

    #[test]
    fn no_cut_line_is_too_wide() {
        for columns in 3..30 {
            for left in 0..30 {
                let line = shown("a日b本c語 d e\u{301} 日本語", "1 s", columns, left);
                assert!(columns < 8 || width(&line) <= columns, "{columns} {left} {line}");
            }
        }
    }
}
