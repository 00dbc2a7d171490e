//! The lines that were sent: gone through by what stands in the line, and searched.

use super::super::find::Needle;

/// How many lines are kept.
const LINES: usize = 1_000;

/// The lines, the oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    lines: Vec<String>,
    /// Which line was gone to, and what stood there before.
    browsing: Option<(usize, String)>,
}

impl History {
    /// These lines, the oldest first.
    pub fn new(lines: Vec<String>) -> Self {
        Self { lines, browsing: None }
    }

    /// Adds a line, unless it is empty or the same as the one before.
    pub(super) fn add(&mut self, line: &str) {
        if line.trim().is_empty() || self.lines.last().is_some_and(|last| last == line) {
            return;
        }
        if self.lines.len() == LINES {
            self.lines.remove(0);
        }
        self.lines.push(line.to_owned());
    }

    /// The line is edited: where one was in the history no longer counts.
    pub(super) fn leave(&mut self) {
        self.browsing = None;
    }

    /// The nearest earlier line that begins as `text` did when one began to look; lines that are
    /// the same as the one that stands there are passed over.
    pub(super) fn back(&mut self, text: &str) -> Option<String> {
        let before = self.browsing.as_ref().map_or(self.lines.len(), |(at, _)| *at);
        let typed = self.browsing.as_ref().map_or(text, |(_, typed)| typed);
        let fits = |line: &String| begins(line, typed) && line != text;
        let at = self.lines.get(..before)?.iter().rposition(fits)?;
        let typed = typed.to_owned();
        self.browsing = Some((at, typed));
        self.line(at).map(str::to_owned)
    }

    /// The same to the other side; behind the last one stands what was typed.
    pub(super) fn forward(&mut self, text: &str) -> Option<String> {
        let (at, typed) = self.browsing.take()?;
        let fits = |line: &String| begins(line, &typed) && line != text;
        let behind = self.lines.get(at + 1..).unwrap_or_default();
        let Some(next) = behind.iter().position(fits).map(|by| at + 1 + by) else {
            return Some(typed);
        };
        self.browsing = Some((next, typed));
        self.line(next).map(str::to_owned)
    }

    /// The line at a place.
    pub fn line(&self, at: usize) -> Option<&str> {
        self.lines.get(at).map(String::as_str)
    }

    /// The nearest line with `needle` before place `from`, without it the newest one, or with `back`
    /// unset the nearest one behind it. What is the same as the line at `from` is passed over.
    pub fn find(&self, needle: &Needle, from: Option<usize>, back: bool) -> Option<usize> {
        let not = from.and_then(|at| self.line(at));
        let fits = |line: &String| Some(line.as_str()) != not && !needle.places(line).is_empty();
        if back {
            let before = from.unwrap_or(self.lines.len());
            self.lines.get(..before)?.iter().rposition(fits)
        } else {
            let behind = from.map_or(self.lines.len(), |at| at + 1);
            self.lines.get(behind..)?.iter().position(fits).map(|by| behind + by)
        }
    }
}

/// Whether `line` begins with `head`; commands have no case.
fn begins(line: &str, head: &str) -> bool {
    line.get(..head.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(head))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[&str]) -> History {
        let mut history = History::default();
        for line in lines {
            history.add(line);
        }
        history
    }

    #[test]
    fn only_lines_that_begin_so_are_gone_through() {
        let mut history = history(&["MAIL a", "RCPT b", "RCPT c", "RCPT c", "NOOP", "RCPT c"]);
        let mut seen = Vec::new();
        let mut text = "RCPT".to_owned();
        while let Some(line) = history.back(&text) {
            seen.push(line.clone());
            text = line;
        }
        assert_eq!(seen, ["RCPT c", "RCPT b"], "nothing twice in a row");
        assert_eq!(history.forward("RCPT b").as_deref(), Some("RCPT c"));
        assert_eq!(history.forward("RCPT c").as_deref(), Some("RCPT"), "what was typed");
        assert_eq!(history.forward("RCPT"), None);
        assert_eq!(history.back("MAIL a"), None, "it stands there already");
        assert_eq!(history.back("").as_deref(), Some("RCPT c"));
        history.leave();
        assert_eq!(history.back("mail").as_deref(), Some("MAIL a"), "commands have no case");
    }

    #[test]
    fn a_search_goes_both_ways_and_passes_over_what_is_the_same() {
        let history = history(&["MAIL a", "RCPT b", "NOOP", "RCPT c", "QUIT", "RCPT c"]);
        let needle = Needle::new("rcpt").unwrap();
        let back = |from| history.find(&needle, from, true);
        assert_eq!(back(None), Some(5));
        assert_eq!(back(Some(5)), Some(1));
        assert_eq!(back(Some(1)), None);
        assert_eq!(history.find(&needle, Some(1), false), Some(3));
        assert_eq!(history.find(&needle, Some(3), false), None);
    }

    #[test]
    fn the_oldest_line_gives_way() {
        let mut history = History::new((0..LINES).map(|n| n.to_string()).collect());
        history.add(" ");
        history.add("new");
        assert_eq!(history.line(0), Some("1"));
        assert_eq!(history.line(LINES - 1), Some("new"));
    }
}
