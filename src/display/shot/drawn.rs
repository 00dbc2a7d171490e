//! Characters that are drawn, not written: borders and blocks have to meet their neighbours, and
//! no font promises that.
//!
//! A character of the box drawings has up to four arms, each light, heavy or double, that meet
//! in the middle of the cell. Dashed and slanted ones stay with the font: they have gaps anyway.

use super::svg::CELL;

/// Something that is drawn, measured from the upper left corner of its cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// A straight line of some width.
    Line { from: Point, to: Point, width: i32 },
    /// A light line, bent towards the middle of the cell.
    Bend { from: Point, to: Point },
    /// A rectangle between two corners, with so many quarters of its colour.
    Block { from: Point, to: Point, quarters: u8 },
}

pub(super) type Point = (i32, i32);

/// How wide lines are; all numbers here are even, so that halves are exact.
pub(super) const LIGHT: i32 = 2;
const HEAVY: i32 = 6;

/// How far the two lines of a double one are from the middle.
const APART: i32 = 4;

/// How far from the middle a round corner begins to bend.
const RADIUS: i32 = 8;

/// The middle of a cell.
pub(super) const MIDDLE: Point = (CELL.0 / 2, CELL.1 / 2);

/// Arms up, right, down and left of U+2500 to U+257F: 1 is light, 2 heavy, 3 double.
const ARMS: &[u8; 640] = b"\
    0101 0202 1010 2020 0000 0000 0000 0000 0000 0000 0000 0000 0110 0210 0120 0220 \
    0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002 1110 1210 2110 1120 \
    2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 0111 0112 0211 0212 \
    0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202 1111 1112 1211 1212 \
    2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222 0000 0000 0000 0000 \
    0303 3030 0310 0130 0330 0013 0031 0033 1300 3100 3300 1003 3001 3003 1310 3130 \
    3330 1013 3031 3033 0313 0131 0333 1303 3101 3303 1313 3131 3333 0110 0011 1001 \
    1100 0000 0000 0000 0001 1000 0100 0010 0002 2000 0200 0020 0201 1020 0102 2010 ";

/// The shapes that make up a character; none for one that is written.
pub(super) fn shapes(text: &str) -> Vec<Shape> {
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(round @ '╭'..='╰'), None) => corner(round),
        (Some(line @ '─'..='╿'), None) => lines(arms(line)),
        (Some(c @ '▀'..='▕'), None) => block(c).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn arms(c: char) -> [u8; 4] {
    let at = (u32::from(c) - u32::from('─')) as usize;
    let row = ARMS.as_chunks::<5>().0.get(at);
    row.map_or([0; 4], |&[up, right, down, left, _]| [up, right, down, left].map(|arm| arm - b'0'))
}

fn lines([up, right, down, left]: [u8; 4]) -> Vec<Shape> {
    let (x, y) = MIDDLE;
    let (sides, ends) = ([up, down], [left, right]);
    let line = |from: Point, to: Point, width| Shape::Line {
        from: (x + from.0, y + from.1),
        to: (x + to.0, y + to.1),
        width,
    };
    let mut out = Vec::new();
    for (across, stop, width) in arm(left, sides, right) {
        out.push(line((-x, across), (-stop, across), width));
    }
    for (across, stop, width) in arm(right, sides, left) {
        out.push(line((stop, across), (x, across), width));
    }
    for (across, stop, width) in arm(up, ends, down) {
        out.push(line((across, -y), (across, -stop), width));
    }
    for (across, stop, width) in arm(down, ends, up) {
        out.push(line((across, stop), (across, y), width));
    }
    out
}

/// The lines of one arm: how far each lies across the middle, how far before the middle it
/// stops, and its width. `sides` are the arms on its two sides, `opposite` goes on behind it.
fn arm(weight: u8, sides: [u8; 2], opposite: u8) -> Vec<(i32, i32, i32)> {
    let [first, second] = sides;
    match weight {
        0 => Vec::new(),
        3 => vec![
            (-APART, stop_of_double(first, second, opposite), LIGHT),
            (APART, stop_of_double(second, first, opposite), LIGHT),
        ],
        single => vec![(0, stop_of_single(sides, opposite), width(single))],
    }
}

/// A single line goes to the middle; it ends at the near line of a double one that crosses, and
/// closes the corner with the far line of one that begins here.
fn stop_of_single(sides: [u8; 2], opposite: u8) -> i32 {
    match sides {
        _ if opposite > 0 => 0,
        [3, 3] => APART - LIGHT / 2,
        [3, _] | [_, 3] => -APART - LIGHT / 2,
        [first, second] => -width(first.max(second)) / 2,
    }
}

/// Each line of a double one turns towards the arm on its own side.
fn stop_of_double(near: u8, far: u8, opposite: u8) -> i32 {
    match (near, far) {
        (3, _) => APART - LIGHT / 2,
        (1.., _) => -width(near) / 2,
        _ if opposite > 0 => 0,
        (_, 3) => -APART - LIGHT / 2,
        _ => -width(far) / 2,
    }
}

/// The width of a single line.
const fn width(weight: u8) -> i32 {
    match weight {
        0 => 0,
        1 => LIGHT,
        _ => HEAVY,
    }
}

/// Two short lines and a bend.
fn corner(c: char) -> Vec<Shape> {
    let [up, right, ..] = arms(c);
    let (x, y) = MIDDLE;
    let (across, edge) = if right > 0 { (x + RADIUS, CELL.0) } else { (x - RADIUS, 0) };
    let (along, end) = if up > 0 { (y - RADIUS, 0) } else { (y + RADIUS, CELL.1) };
    vec![
        Shape::Line { from: (across, y), to: (edge, y), width: LIGHT },
        Shape::Line { from: (x, along), to: (x, end), width: LIGHT },
        Shape::Bend { from: (across, y), to: (x, along) },
    ]
}

/// Halves, eighths and shades of a cell.
fn block(c: char) -> Option<Shape> {
    // How many steps it is from there, the first being one.
    let steps = |first: char| u8::try_from(u32::from(c) - u32::from(first) + 1).ok();
    let (left, top, right, bottom, quarters) = match c {
        '▀' => (0, 0, 8, 4, 4),
        '▁'..='█' => (0, 8 - steps('▁')?, 8, 8, 4),
        '▉'..='▏' => (0, 0, 8 - steps('▉')?, 8, 4),
        '▐' => (4, 0, 8, 8, 4),
        '░'..='▓' => (0, 0, 8, 8, steps('░')?),
        '▔' => (0, 0, 8, 1, 4),
        '▕' => (7, 0, 8, 8, 4),
        _ => return None,
    };
    let at = |x, y| (CELL.0 * i32::from(x) / 8, CELL.1 * i32::from(y) / 8);
    Some(Shape::Block { from: at(left, top), to: at(right, bottom), quarters })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(text: &str) -> Vec<(Point, Point)> {
        let ends = |shape: &Shape| match *shape {
            Shape::Line { from, to, .. }
            | Shape::Bend { from, to }
            | Shape::Block { from, to, .. } => (from, to),
        };
        shapes(text).iter().map(ends).collect()
    }

    #[test]
    fn letters_dashes_and_clusters_are_written() {
        for text in ["", "a", "日", "┄", "╱", "─\u{301}"] {
            assert_eq!(shapes(text), [], "{text}");
        }
    }

    #[test]
    fn arms_reach_the_edge_on_their_own_sides_only() {
        // Which edges a character touches: up, right, down, left.
        let rows = [
            ("─", [false, true, false, true]),
            ("┃", [true, false, true, false]),
            ("┌", [false, true, true, false]),
            ("╝", [true, false, false, true]),
            ("╠", [true, true, true, false]),
            ("┺", [true, true, false, true]),
            ("╯", [true, false, false, true]),
            ("╴", [false, false, false, true]),
        ];
        for (text, want) in rows {
            let points: Vec<Point> = ends(text).into_iter().flat_map(|(a, b)| [a, b]).collect();
            let any = |is: fn(&Point) -> bool| points.iter().any(is);
            let touched = [
                any(|p| p.1 == 0),
                any(|p| p.0 == CELL.0),
                any(|p| p.1 == CELL.1),
                any(|p| p.0 == 0),
            ];
            assert_eq!(touched, want, "{text}");
        }
    }

    #[test]
    fn double_lines_turn_side_by_side() {
        let outer_and_inner =
            [((4, 13), (18, 13)), ((12, 21), (18, 21)), ((5, 12), (5, 34)), ((13, 20), (13, 34))];
        assert_eq!(ends("╔"), outer_and_inner);
        // A single line ends at the near one.
        assert_eq!(ends("╟")[0], ((12, 17), (18, 17)));
    }

    #[test]
    fn blocks_fill_their_part_of_the_cell() {
        let rows = [
            ("█", (0, 0), (18, 34), 4),
            ("▄", (0, 17), (18, 34), 4),
            ("▌", (0, 0), (9, 34), 4),
            ("▒", (0, 0), (18, 34), 2),
        ];
        for (text, from, to, quarters) in rows {
            assert_eq!(shapes(text), [Shape::Block { from, to, quarters }], "{text}");
        }
    }
}
