//! A picture of a screen: the grid of its cells, written as text or as SVG.
//!
//! It knows nothing of panes: whoever has a grid has a picture, be it the frame that was just
//! drawn or what a terminal shows.

mod drawn;
mod ground;
mod strokes;
mod svg;

pub use ground::Ground;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::text::width;

/// What stands at one place of the grid, and how it looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// One grapheme or a blank; nothing in the second half of a wide one.
    pub text: String,
    /// The colour of the text.
    pub fg: Color,
    /// The colour behind it.
    pub bg: Color,
    /// Bold, dim, reversed and so on.
    pub modifiers: Modifier,
}

/// A grid of cells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shot {
    /// The cells, from the top, each row from the left.
    pub rows: Vec<Vec<Cell>>,
    /// Column and row of the cursor, where it is shown.
    pub cursor: Option<(u16, u16)>,
}

impl Shot {
    /// What a buffer holds.
    pub fn of(buffer: &Buffer, cursor: Option<(u16, u16)>) -> Self {
        let columns = usize::from(buffer.area.width).max(1);
        Self { rows: buffer.content().chunks(columns).map(row).collect(), cursor }
    }

    /// The text of the grid, without blanks at the ends of lines.
    pub fn text(&self) -> String {
        self.rows.iter().fold(String::new(), |mut out, row| {
            let line: String = row.iter().map(|cell| cell.text.as_str()).collect();
            out.push_str(line.trim_end());
            out.push('\n');
            out
        })
    }
}

/// A buffer keeps a blank where a wide character has its second half.
fn row(cells: &[ratatui::buffer::Cell]) -> Vec<Cell> {
    let mut covered = 0;
    let cell = |cell: &ratatui::buffer::Cell| {
        let text = if covered > 0 { "" } else { cell.symbol() };
        covered = if covered > 0 { covered - 1 } else { width(text).saturating_sub(1) };
        Cell { text: text.to_owned(), fg: cell.fg, bg: cell.bg, modifiers: cell.modifier }
    };
    cells.iter().map(cell).collect()
}

#[cfg(test)]
mod tests {
    use ratatui::layout::Rect;
    use ratatui::style::Style;

    use super::*;

    fn shot(rows: &[(&str, Style)], columns: u16) -> Shot {
        let height = u16::try_from(rows.len()).unwrap();
        let mut buffer = Buffer::empty(Rect::new(0, 0, columns, height));
        for (y, (text, style)) in (0..).zip(rows) {
            buffer.set_string(0, y, text, *style);
        }
        Shot::of(&buffer, None)
    }

    fn svg(text: &str, style: Style) -> String {
        shot(&[(text, style)], 12).svg(Ground::Dark)
    }

    /// The lines of the SVG behind the ground, without their colours.
    fn elements(svg: &str) -> Vec<&str> {
        svg.lines().filter(|line| !line.contains("svg") && !line.contains("100%")).collect()
    }

    #[test]
    fn text_is_what_a_person_reads() {
        let shot = shot(&[("日本 ok  ", Style::new()), ("", Style::new())], 12);
        assert_eq!(shot.text(), "日本 ok\n\n");
        assert_eq!(shot.rows.iter().map(Vec::len).collect::<Vec<_>>(), [12, 12]);
        assert_eq!(shot.rows[0][1].text, "");
    }

    #[test]
    fn words_are_as_wide_as_their_cells_and_wide_characters_stand_alone() {
        let svg = svg("ab 日c", Style::new());
        let want = [
            "<text x=\"24\" y=\"50\" textLength=\"36\" fill=\"#d8dce4\">ab</text>",
            "<text x=\"96\" y=\"51\" font-size=\"33\" text-anchor=\"middle\" fill=\"#d8dce4\">日</text>",
            "<text x=\"114\" y=\"50\" fill=\"#d8dce4\">c</text>",
        ];
        assert_eq!(elements(&svg), want);
    }

    #[test]
    fn markup_is_text_and_nothing_is_hidden_in_it() {
        assert!(svg("<a&\"b\">", Style::new()).contains(">&lt;a&amp;\"b\"&gt;</text>"));
        assert!(!svg("secret", Style::new().hidden()).contains("secret"));
        let mut odd = shot(&[("x", Style::new())], 1);
        odd.rows[0][0].text = "a\u{1b}\u{ffff}".to_owned();
        assert!(odd.svg(Ground::Dark).contains(">a</text>"));
    }

    #[test]
    fn reversed_cells_change_their_colours() {
        let style = Style::new().red().reversed();
        let svg = svg("ab", style);
        let want = [
            "<rect x=\"24\" y=\"24\" width=\"36\" height=\"34\" fill=\"#f07178\"/>",
            "<text x=\"24\" y=\"50\" textLength=\"36\" fill=\"#16181d\">ab</text>",
        ];
        assert_eq!(elements(&svg), want);
    }

    #[test]
    fn the_cursor_covers_all_of_its_character() {
        let mut shot = shot(&[("日", Style::new())], 12);
        shot.cursor = Some((0, 0));
        let svg = shot.svg(Ground::Light);
        let cursor = "<rect x=\"24\" y=\"24\" width=\"36\" height=\"34\" fill=\"#24292f\"/>";
        assert!(svg.contains(cursor) && svg.contains("fill=\"#f7f8fa\">日"), "{svg}");
    }

    #[test]
    fn blocks_are_rectangles_of_some_strength() {
        let svg = svg("▄░", Style::new().dim());
        let want = [
            "<rect x=\"24\" y=\"41\" width=\"18\" height=\"17\" fill=\"#d8dce4\" opacity=\"0.6\" \
             fill-opacity=\"1\"/>",
            "<rect x=\"42\" y=\"24\" width=\"18\" height=\"34\" fill=\"#d8dce4\" opacity=\"0.6\" \
             fill-opacity=\"0.25\"/>",
        ];
        assert_eq!(elements(&svg), want);
    }

    #[test]
    fn looks_are_attributes_and_underlines_reach_over_blanks() {
        let svg = svg("a b", Style::new().bold().dim().italic().underlined());
        let attributes = "font-weight=\"bold\" opacity=\"0.6\" font-style=\"italic\"";
        assert_eq!(svg.matches(attributes).count(), 2, "{svg}");
        assert!(svg.contains("d=\"M24 55H78\""), "{svg}");
    }

    #[test]
    fn a_painted_ground_fills_the_margin() {
        let row = ("            ", Style::new().bg(Color::Indexed(231)));
        let svg = shot(&[row], 12).svg(Ground::Dark);
        assert!(svg.contains("rx=\"16\" fill=\"#ffffff\""), "{svg}");
        assert_eq!(elements(&svg), [""; 0]);
    }

    #[test]
    fn borders_are_lines_without_gaps() {
        let shot = shot(&[("┌─┐", Style::new()), ("│x│", Style::new())], 3);
        let svg = shot.svg(Ground::Dark);
        // The corners meet in the middle of their cells, and what goes on is one line.
        assert!(svg.contains("d=\"M32 41H70M33 40V92M69 40V92\""), "{svg}");
        assert_eq!(svg.matches("<text").count(), 1);
    }
}
