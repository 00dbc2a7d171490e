//! What is looked for in a pane, and where it stands in a text.

pub mod lines;

use std::ops::Range;

use super::layout::Pane;

/// What is looked for. Without a capital, in any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needle {
    chars: Vec<char>,
    any_case: bool,
    /// The same as bytes, where it is all of visible ASCII: then bytes can be searched as they are.
    plain: Option<Vec<u8>>,
}

/// A search: what, where, and what came of it.
#[derive(Clone, Debug)]
pub struct Find {
    /// What.
    pub needle: Needle,
    /// In which pane.
    pub pane: Pane,
    /// The line on which the last match was found, in panes other than the transcript.
    pub line: usize,
    /// Whether there is a match.
    pub found: bool,
    /// Whether the search went round the end.
    pub wrapped: bool,
    /// Which match of how many, where counting is cheap.
    pub number: Option<(usize, usize)>,
}

/// Whether `bytes` are shown as they are.
fn is_plain(bytes: &[u8]) -> bool {
    bytes.iter().all(|b| matches!(b, b' '..=b'~') && *b != b'\\')
}

impl Needle {
    /// Looks for `text`; `None` for nothing.
    pub fn new(text: &str) -> Option<Self> {
        if text.is_empty() {
            return None;
        }
        let any_case = !text.contains(char::is_uppercase);
        let plain = is_plain(text.as_bytes()).then(|| text.as_bytes().to_vec());
        Some(Self { chars: text.chars().collect(), any_case, plain })
    }

    fn same(&self, want: char, have: char) -> bool {
        want == have || (self.any_case && have.to_lowercase().eq(want.to_lowercase()))
    }

    /// Where it stands in `text`, from left to right, none over another.
    pub fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut out = Vec::new();
        let mut rest = text.char_indices();
        while let Some((start, first)) = rest.next() {
            if !self.chars.first().is_some_and(|want| self.same(*want, first)) {
                continue;
            }
            let mut ahead = rest.clone();
            let fits = |want: &char| ahead.next().is_some_and(|(_, have)| self.same(*want, have));
            if self.chars.iter().skip(1).all(fits) {
                out.push(start..ahead.clone().next().map_or(text.len(), |(at, _)| at));
                rest = ahead;
            }
        }
        out
    }

    /// Whether it stands in `bytes` as they are shown; `None` if they do not tell.
    pub fn is_in_bytes(&self, bytes: &[u8]) -> Option<bool> {
        let needle = self.plain.as_ref()?;
        let fits = |window: &[u8]| {
            if self.any_case { window.eq_ignore_ascii_case(needle) } else { window == needle }
        };
        let here = |at: usize| bytes.get(at..at + needle.len()).is_some_and(fits);
        let first = *needle.first()?;
        let other = if self.any_case { first.to_ascii_uppercase() } else { first };
        // It is shown as it is, whatever stands around it; else it may stand in an escape.
        let found = memchr::memchr2_iter(first, other, bytes).any(here);
        (found || is_plain(bytes)).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(needle: &str, text: &str) -> Vec<(usize, usize)> {
        let needle = Needle::new(needle).unwrap();
        needle.places(text).into_iter().map(|r| (r.start, r.end)).collect()
    }

    #[test]
    fn places_in_a_text() {
        assert_eq!(places("ab", "abAB cab"), [(0, 2), (2, 4), (6, 8)]);
        assert_eq!(places("Ab", "abAB Ab"), [(5, 7)]);
        assert_eq!(places("aa", "aaaaa"), [(0, 2), (2, 4)]);
        assert_eq!(places("é", "É日é"), [(0, 2), (5, 7)]);
        assert_eq!(places("本", "日本"), [(3, 6)]);
        assert!(Needle::new("").is_none());
    }

    #[test]
    fn bytes_and_text_agree() {
        let needle = Needle::new("ok").unwrap();
        assert_eq!(needle.is_in_bytes(b"250 OK"), Some(true));
        assert_eq!(needle.is_in_bytes(b"250 no"), Some(false));
        assert_eq!(needle.is_in_bytes(b"ok\x07"), Some(true));
        assert_eq!(needle.is_in_bytes(b"o\x07"), None);
        assert_eq!(Needle::new("x07").unwrap().is_in_bytes(b"o\x07"), None);
        assert_eq!(Needle::new("日").unwrap().is_in_bytes(b"x"), None);
    }
}
