//! Pieces of one row as lines: broken where there is no more room, or cut.

use crate::display::Role;
use crate::display::text::{split_at_width, width};

use super::Piece;

/// Width of the mark before a line: `C `, `S>`.
pub const MARK: usize = 2;

/// Pieces, and where they are broken into lines. A line is made when it is asked for.
#[derive(Debug)]
pub(super) struct Broken {
    text: String,
    /// The look of each piece, and where it ends.
    looks: Vec<(Role, usize)>,
    /// Where each line begins.
    starts: Vec<usize>,
    /// Columns that the last line takes.
    used: usize,
}

impl Broken {
    /// The pieces behind so many columns that are `used` of their first line. Without a number of
    /// `columns` they are one line.
    pub(super) fn new(pieces: Vec<Piece>, used: usize, columns: Option<usize>) -> Self {
        let length = pieces.iter().map(|(_, text)| text.len()).sum();
        let mut text = String::with_capacity(length);
        let mut looks = Vec::with_capacity(pieces.len());
        for (role, piece) in pieces.into_iter().filter(|(_, piece)| !piece.is_empty()) {
            text.push_str(&piece);
            looks.push((role, text.len()));
        }
        let mut broken = Self { text, looks, starts: vec![0], used };
        broken.place(columns);
        broken
    }

    /// The same from the first column of its first line on so many columns.
    pub(super) fn on(&self, columns: Option<usize>) -> Self {
        let (text, looks) = (self.text.clone(), self.looks.clone());
        let mut broken = Self { text, looks, starts: vec![0], used: 0 };
        broken.place(columns);
        broken
    }

    fn place(&mut self, columns: Option<usize>) {
        let Some(room) = columns.map(|columns| columns.saturating_sub(MARK).max(1)) else {
            self.used +=
                self.pieces(0, self.text.len()).map(|(_, text)| width(text)).sum::<usize>();
            return;
        };
        let (mut starts, mut used, mut at) = (vec![0], self.used, 0);
        for (_, text) in self.pieces(0, self.text.len()) {
            let mut rest = text;
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
                used += width(head);
                at += head.len();
                if !tail.is_empty() {
                    starts.push(at);
                    used = 0;
                }
                rest = tail;
            }
        }
        (self.starts, self.used) = (starts, used);
    }

    /// How many lines there are, at least one.
    pub(super) const fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Columns that the last line takes; of one line, all.
    pub(super) const fn used(&self) -> usize {
        self.used
    }

    /// The bytes that it takes, about.
    pub(super) const fn size(&self) -> usize {
        self.text.len() + self.looks.len() * size_of::<(Role, usize)>() + self.starts.len() * 8
    }

    /// The pieces of line `at`.
    pub(super) fn line(&self, at: usize) -> impl Iterator<Item = (Role, &str)> {
        let end = self.text.len();
        let start = self.starts.get(at).copied().unwrap_or(end);
        self.pieces(start, self.starts.get(at + 1).copied().unwrap_or(end))
    }

    /// The pieces of some of the text.
    fn pieces(&self, start: usize, end: usize) -> impl Iterator<Item = (Role, &str)> {
        let first = self.looks.partition_point(|(_, end)| *end <= start);
        let looks = self.looks.iter().skip(first);
        let mut from = start;
        looks.map_while(move |(role, to)| {
            let here = from..(*to).min(end);
            from = here.end;
            self.text.get(here).filter(|text| !text.is_empty()).map(|text| (*role, text))
        })
    }
}

/// Puts the time at the right of a line of which so many columns are `used`, if there is room.
pub(super) fn time(line: Option<&mut Vec<Piece>>, time: &str, used: usize, columns: usize) {
    let room = columns.saturating_sub(MARK).max(1);
    let gap = room.saturating_sub(used + width(time));
    if let Some(line) = line.filter(|_| gap > 0 && !time.is_empty()) {
        line.push((Role::Dim, format!("{}{time}", " ".repeat(gap))));
    }
}

/// Where to break `whole` instead of behind `head`: behind its last blank, if that is not too far
/// back. The blank stays, it is evidence too.
fn at_blank<'a>(whole: &'a str, head: &str, room: usize) -> Option<(&'a str, &'a str)> {
    let blank = head.rfind(' ')? + 1;
    let lost = width(head) - width(head.get(..blank)?);
    (lost <= room / 3).then(|| whole.split_at_checked(blank))?
}

/// One line of pieces that take `all` columns, without the first `left` of them; an ellipsis says
/// where something was cut. The time keeps its place.
pub(super) fn cut<'a>(
    mark: Piece,
    (pieces, all): (impl Iterator<Item = (Role, &'a str)>, usize),
    time: &str,
    columns: usize,
    left: usize,
) -> Vec<Piece> {
    let time_width = if time.is_empty() { 0 } else { width(time) + 1 };
    let room = columns.saturating_sub(MARK + time_width).max(1);
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
        line.push((role, here.to_owned()));
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
        let pieces = std::iter::once((Role::Text, text));
        let mark = (Role::Text, "S ".to_owned());
        cut(mark, (pieces, width(text)), time, columns, left)
            .into_iter()
            .map(|(_, text)| text)
            .collect()
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
    fn lines_hold_all_pieces_in_their_looks() {
        let text =
            "S ein \u{65e5}\u{672c}\u{8a9e} und lange W\u{f6}rter ohneeinendeundohneblank e\u{301}";
        for columns in 4..40 {
            for cut in text.char_indices().map(|(at, _)| at) {
                let (head, tail) = text.split_at(cut);
                let pieces = vec![(Role::Text, head.to_owned()), (Role::Odd, tail.to_owned())];
                let broken = Broken::new(pieces, 0, Some(columns));
                let all: Vec<Vec<_>> =
                    (0..broken.lines()).map(|at| broken.line(at).collect()).collect();
                for line in &all {
                    let used: usize = line.iter().map(|(_, text)| width(text)).sum();
                    assert!(used <= columns - MARK, "{columns} {line:?}");
                }
                let of = |look| -> String {
                    let pieces = all.iter().flatten().filter(|(role, _)| *role == look);
                    pieces.map(|(_, text)| *text).collect()
                };
                assert_eq!((of(Role::Text), of(Role::Odd)), (head.to_owned(), tail.to_owned()));
            }
        }
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
