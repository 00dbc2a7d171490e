//! The lines of a picture, put together so that few elements draw them all.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::drawn::Point;
use super::ground::Paint;
use super::svg::DIM;

/// What a line is drawn with.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pen {
    pub(super) paint: Paint,
    pub(super) dim: bool,
    pub(super) width: i32,
}

/// All lines of a picture.
#[derive(Default)]
pub(super) struct Strokes(BTreeMap<Pen, Stroke>);

/// What is drawn with one pen.
#[derive(Default)]
struct Stroke {
    lines: Vec<(Point, Point)>,
    bends: Vec<[Point; 3]>,
}

impl Strokes {
    /// Draws a straight line.
    pub(super) fn line(&mut self, pen: Pen, from: Point, to: Point) {
        self.0.entry(pen).or_default().lines.push((from, to));
    }

    /// Draws a line from one point to another, bent towards a third.
    pub(super) fn bend(&mut self, pen: Pen, from: Point, towards: Point, to: Point) {
        self.0.entry(pen).or_default().bends.push([from, towards, to]);
    }

    /// Writes one element for every pen.
    pub(super) fn write(self, out: &mut String) {
        for (Pen { paint, dim, width }, stroke) in self.0 {
            let (dim, path) = (if dim { DIM } else { "" }, stroke.path());
            let _ = writeln!(
                out,
                "<path fill=\"none\" stroke=\"#{paint:06x}\" stroke-width=\"{width}\"{dim} \
                 d=\"{path}\"/>"
            );
        }
    }
}

impl Stroke {
    fn path(self) -> String {
        let (upright, level): (Vec<_>, Vec<_>) =
            self.lines.into_iter().partition(|(from, to)| from.0 == to.0);
        let mut out = String::new();
        for ((x, y), (end, _)) in joined(level, |(x, y)| (y, x)) {
            let _ = write!(out, "M{x} {y}H{end}");
        }
        for ((x, y), (_, end)) in joined(upright, |point| point) {
            let _ = write!(out, "M{x} {y}V{end}");
        }
        for [(x, y), (over, at), (end, down)] in self.bends {
            let _ = write!(out, "M{x} {y}Q{over} {at} {end} {down}");
        }
        out
    }
}

/// Lines that touch end to end become one; `key` puts those in a row beside each other.
fn joined(mut lines: Vec<(Point, Point)>, key: fn(Point) -> Point) -> Vec<(Point, Point)> {
    lines.sort_by_key(|(from, _)| key(*from));
    let mut out: Vec<(Point, Point)> = Vec::new();
    for (from, to) in lines {
        match out.last_mut() {
            Some((first, end)) if key(*first).0 == key(from).0 && key(from) <= key(*end) => {
                *end = (*end).max(to);
            }
            _ => out.push((from, to)),
        }
    }
    out
}
