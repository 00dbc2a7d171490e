//! What is numbered in a view, and where a number stands: a field, a hop, a part, a signature.

use crate::session::trace::What;

use super::{ContentView, Line, Sheet, lines};

/// How many lines are looked at at once: of a large message not all are laid out.
const AT_ONCE: usize = 1_000;

/// What a number means in a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The key of the name of what is numbered.
    pub what: &'static str,
    /// How many there are.
    pub count: usize,
    /// The line of the one that was asked for, if it is one of them.
    pub line: Option<usize>,
}

/// Number `n` of a view, from 1; `None` for the views of which the lines are numbered.
pub fn of(view: ContentView, sheet: &Sheet<'_>, n: usize) -> Option<Place> {
    let at = n.checked_sub(1);
    let begins = |start: usize| {
        first(view, sheet, |line| {
            line.span.is_some_and(|span| span.start == start && !span.is_empty())
        })
    };
    let (what, count, line) = match view {
        ContentView::Header => {
            let header = sheet.judged.headers.first();
            let fields: Vec<_> =
                header.iter().flat_map(|h| &h.entries).filter(|e| e.field.is_some()).collect();
            let field = at.and_then(|at| fields.get(at));
            ("goto.field", fields.len(), field.and_then(|entry| begins(entry.span.start)))
        }
        ContentView::Trace => {
            let trace = &sheet.judged.trace;
            let is = |what: &What| matches!(what, What::Hop(hop) if hop.number == n);
            let hop = trace.points.iter().find(|point| is(&point.what));
            let field = hop.and_then(|point| sheet.content.fields.get(*point.fields.first()?));
            ("goto.hop", trace.hops, field.and_then(|field| begins(field.span.start)))
        }
        ContentView::Parts => {
            let count = sheet.content.parts.len();
            let part = at.filter(|at| *at < count);
            let line = part.and_then(|part| super::parts::line_of(sheet, part));
            ("goto.part", count, line)
        }
        ContentView::Authenticity => {
            let all = &sheet.judged.stated.signatures;
            let signature = at.and_then(|at| all.get(at));
            ("goto.signature", all.len(), signature.and_then(|own| begins(own.span.start)))
        }
        ContentView::Thread | ContentView::Body | ContentView::Raw | ContentView::Hex => {
            return None;
        }
    };
    Some(Place { what, count, line })
}

/// The first line that `is` it.
fn first(view: ContentView, sheet: &Sheet<'_>, is: impl Fn(&Line) -> bool) -> Option<usize> {
    let mut start = 0;
    loop {
        let some = lines(view, sheet, start..start + AT_ONCE);
        if let Some(at) = some.iter().position(&is) {
            return Some(start + at);
        }
        if some.len() < AT_ONCE {
            return None;
        }
        start += AT_ONCE;
    }
}
