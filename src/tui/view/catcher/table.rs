//! Rows in columns that are as wide as what is in sight needs; the last one has what is left.

use crate::display::Role;
use crate::display::text::{clip, fit, width};
use crate::knowledge::{self, Lang};

use super::super::super::rows::Piece;
use super::super::list;
use super::words::ARROW;

/// Blanks between two columns.
const GAP: usize = 1;

/// A column: the key of its name, whether it stands at the right, how wide it may be, its cells.
pub(super) struct Column {
    name: &'static str,
    right: bool,
    least: usize,
    most: usize,
    /// Whether two addresses stand in it with an arrow between them.
    way: bool,
    cells: Vec<Piece>,
}

/// Some rows in columns.
pub struct Table {
    columns: Vec<Column>,
    chosen: Vec<bool>,
    lang: Lang,
}

impl Table {
    /// A column in which nothing stands is left out.
    pub(super) fn of(
        mut columns: Vec<Column>,
        chosen: impl Iterator<Item = bool>,
        lang: Lang,
    ) -> Self {
        let last = columns.len().saturating_sub(1);
        let mut at = 0;
        columns.retain(|column| {
            at += 1;
            at > last || column.cells.iter().any(|(_, text)| !text.is_empty())
        });
        Self { columns, chosen: chosen.collect(), lang }
    }

    /// How wide each column is in `room` columns.
    fn widths(&self, room: usize) -> Vec<usize> {
        let mut left = room.saturating_sub(width(list::mark(false)));
        let mut widths = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let cells = column.cells.iter().map(|(_, text)| width(text)).max().unwrap_or_default();
            let name = width(knowledge::word(self.lang, column.name));
            let wide = match column.most {
                usize::MAX => left,
                most => cells.max(name).max(column.least).min(most).min(left),
            };
            left = left.saturating_sub(wide + GAP);
            widths.push(wide);
        }
        widths
    }

    /// The line with the names of the columns.
    pub fn head(&self, room: usize) -> Vec<Piece> {
        let names = self
            .columns
            .iter()
            .map(|column| (Role::Title, knowledge::word(self.lang, column.name).to_owned()));
        self.line(false, names.collect(), &self.widths(room))
    }

    /// The rows.
    pub fn lines(&self, room: usize) -> Vec<Vec<Piece>> {
        let widths = self.widths(room);
        let lines = self.chosen.iter().enumerate().map(|(at, chosen)| {
            let cells = self.columns.iter().filter_map(|column| column.cells.get(at).cloned());
            self.line(*chosen, cells.collect(), &widths)
        });
        lines.collect()
    }

    fn line(&self, chosen: bool, cells: Vec<Piece>, widths: &[usize]) -> Vec<Piece> {
        let mut line = vec![(Role::Text, list::mark(chosen).to_owned())];
        for ((column, (role, text)), wide) in self.columns.iter().zip(cells).zip(widths) {
            let cut = if column.way { cut_way(&text, *wide) } else { clip(&text, *wide) };
            let text = if column.right {
                " ".repeat(wide.saturating_sub(width(&cut))) + &cut
            } else if column.most == usize::MAX {
                cut
            } else {
                fit(&cut, *wide)
            };
            line.push((role, text));
            line.push((Role::Text, " ".repeat(GAP)));
        }
        line.pop();
        line
    }
}

impl Column {
    pub(super) const fn left(name: &'static str, most: usize, cells: Vec<Piece>) -> Self {
        Self { name, right: false, least: 0, most, way: false, cells }
    }

    pub(super) const fn way(most: usize, cells: Vec<Piece>) -> Self {
        Self { name: "column.way", right: false, least: 0, most, way: true, cells }
    }

    pub(super) const fn right(name: &'static str, most: usize, cells: Vec<Piece>) -> Self {
        Self { name, right: true, least: 0, most, way: false, cells }
    }

    /// At least so wide, whatever stands in it.
    pub(super) fn at_least(self, least: usize) -> Self {
        Self { least, ..self }
    }
}

/// Both addresses, where there is place for a part of each.
fn cut_way(text: &str, room: usize) -> String {
    let parts = text.split_once(ARROW).filter(|_| width(text) > room);
    let Some((from, to)) = parts else { return clip(text, room) };
    let sides = room.saturating_sub(width(ARROW));
    let half = sides / 2;
    // What one does not need the other has.
    let first = sides.saturating_sub(width(to)).max(half).min(width(from));
    format!("{}{ARROW}{}", clip(from, first), clip(to, sides.saturating_sub(first)))
}

#[cfg(test)]
mod tests {
    use super::super::words::way;
    use super::*;

    #[test]
    fn of_two_addresses_a_part_of_each_is_seen() {
        let way = way("alice@example.org", &["bob@example.net".to_owned()], 2);
        for (room, told) in [
            (80, "alice@example.org \u{2192} bob@example.net +1"),
            (30, "alice@exampl… → bob@example.n…"),
            (23, "alice@exa… → bob@examp…"),
            (13, "alic… → bob@…"),
        ] {
            assert_eq!(cut_way(&way, room), told);
        }
    }
}
