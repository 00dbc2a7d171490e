//! Width and graphemes: everything that pads, cuts or wraps goes through here.

use std::ops::RangeInclusive;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Columns that `text` takes.
pub fn width(text: &str) -> usize {
    if is_plain(text) {
        return text.len();
    }
    // As the screen does: by grapheme, not as a whole, where ligatures would count less.
    text.graphemes(true).map(UnicodeWidthStr::width).sum()
}

/// Columns that the pieces of a line take.
pub fn width_of<T>(pieces: &[(T, String)]) -> usize {
    pieces.iter().map(|(_, text)| width(text)).sum()
}

/// Whether every byte of `text` is a character of one column: most text, and quickly told.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(is_plain_byte)
}

const fn is_plain_byte(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// The longest beginning of `text` that fits `columns`, and the rest.
pub fn split_at_width(text: &str, columns: usize) -> (&str, &str) {
    // Nothing behind the columns is looked at, but for a mark that would combine with the last one.
    let head = text.as_bytes().iter().take(columns.saturating_add(1));
    if head.copied().all(is_plain_byte) {
        return text.split_at_checked(columns).unwrap_or((text, ""));
    }
    let mut used = 0;
    for (at, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > columns {
            return text.split_at_checked(at).unwrap_or((text, ""));
        }
    }
    (text, "")
}

/// `text`, cut to `columns` with an ellipsis where it is longer.
pub fn clip(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let (head, _) = split_at_width(text, columns - 1);
    format!("{head}\u{2026}")
}

/// `text`, cut or filled with blanks to exactly `columns`.
pub fn fit(text: &str, columns: usize) -> String {
    let mut out = clip(text, columns);
    out.extend(std::iter::repeat_n(' ', columns.saturating_sub(width(&out))));
    out
}

/// The part of `text` that stands on some of its columns, wide characters whole.
pub fn overlap(text: &str, columns: RangeInclusive<usize>) -> &str {
    let (mut start, mut end, mut column) = (text.len(), text.len(), 0);
    for (at, grapheme) in text.grapheme_indices(true) {
        if column > *columns.end() {
            end = at;
            break;
        }
        column += grapheme.width();
        if column > *columns.start() {
            start = start.min(at);
        }
    }
    text.get(start.min(end)..end).unwrap_or_default()
}

/// The byte index one grapheme before `at`.
pub fn left_of(text: &str, at: usize) -> usize {
    let head = text.split_at_checked(at).map_or(text, |(head, _)| head);
    head.grapheme_indices(true).next_back().map_or(0, |(index, _)| index)
}

/// The byte index one grapheme behind `at`.
pub fn right_of(text: &str, at: usize) -> usize {
    let tail = text.split_at_checked(at).map_or("", |(_, tail)| tail);
    at + tail.graphemes(true).next().map_or(0, str::len)
}

/// Breaks a sentence into lines of `columns`, where its language allows a break.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    textwrap::wrap(text, columns.max(2)).into_iter().map(std::borrow::Cow::into_owned).collect()
}

/// The same, where a line of `first` columns comes before those of `columns`, and may stay empty.
pub fn wrap_behind(text: &str, first: usize, columns: usize) -> Vec<String> {
    let columns = columns.max(2);
    let taken = columns.saturating_sub(first);
    let trimmed = text.trim_end_matches(' ');
    if taken == 0 || (trimmed.len() <= first && is_plain(trimmed)) {
        return wrap(trimmed, columns);
    }
    let blanks = " ".repeat(taken);
    let wrapped = textwrap::wrap(text, textwrap::Options::new(columns).initial_indent(&blanks));
    let own = |(at, line): (usize, std::borrow::Cow<'_, str>)| match at {
        0 => line.strip_prefix(&blanks).unwrap_or_default().to_owned(),
        _ => line.into_owned(),
    };
    wrapped.into_iter().enumerate().map(own).collect()
}

/// Cuts text anywhere into lines of `columns`.
pub fn cut(text: &str, columns: usize) -> Vec<String> {
    cut_behind(text, columns.max(2), columns)
}

/// The same, where a line of `first` columns comes before those of `columns`, and may stay empty.
pub fn cut_behind(text: &str, first: usize, columns: usize) -> Vec<String> {
    let (line, mut rest) = split_at_width(text, first);
    let mut out = vec![line.to_owned()];
    while !rest.is_empty() {
        let (line, behind) = split_at_width(rest, columns.max(2));
        // What is wider than a line has one of its own.
        let (line, behind) = if line.is_empty() { (rest, "") } else { (line, behind) };
        out.push(line.to_owned());
        rest = behind;
    }
    out
}

/// Breaks a row of words into lines of `columns`, between them alone unless one is longer.
pub fn wrap_words(text: &str, columns: usize) -> Vec<String> {
    let options =
        textwrap::Options::new(columns.max(2)).word_splitter(textwrap::WordSplitter::NoHyphenation);
    textwrap::wrap(text, options).into_iter().map(std::borrow::Cow::into_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cutting_never_splits_a_wide_character() {
        assert_eq!(clip("日本語", 4), "日…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日", 4), "日  ");
        assert_eq!(clip("abc", 0), "");
        assert_eq!(split_at_width("abe\u{301}c", 3), ("abe\u{301}", "c"));
        assert_eq!(split_at_width("abcde日", 3), ("abc", "de日"));
        for columns in 0..9 {
            assert!(width(&clip("a日b本c語", columns)) <= columns);
        }
    }

    #[test]
    fn columns_take_wide_characters_whole() {
        assert_eq!(overlap("a日b本c", 2..=2), "日");
        assert_eq!(overlap("a日b本c", 3..=4), "b本");
        assert_eq!(overlap("a日b", 0..=usize::MAX), "a日b");
        assert_eq!(overlap("a日b", 7..=9), "");
    }

    #[test]
    fn steps_go_by_grapheme() {
        let text = "ae\u{301}日";
        assert_eq!(right_of(text, 1), 4);
        assert_eq!(left_of(text, 4), 1);
        assert_eq!(left_of(text, 0), 0);
        assert_eq!(right_of(text, text.len()), text.len());
    }

    #[test]
    fn sentences_wrap() {
        assert_eq!(wrap("the quick brown fox", 10), ["the quick", "brown fox"]);
        assert_eq!(wrap("日本語の文章。", 6), ["日本語", "の文", "章。"]);
        assert_eq!(wrap("unbreakable", 4), ["unbr", "eaka", "ble"]);
        assert!(wrap("x", 0).len() == 1);
        assert_eq!(wrap_behind("the quick brown fox", 4, 10), ["the", "quick", "brown fox"]);
        assert_eq!(wrap_behind("the quick brown fox", 2, 10), ["", "the quick", "brown fox"]);
        assert_eq!(wrap_behind("the", 2, 10), ["", "the"]);
        assert_eq!(wrap_behind("", 0, 10), [""]);
        assert_eq!(wrap_behind("the fox", 9, 6), ["the", "fox"]);
        assert_eq!(cut_behind("abcdef", 0, 4), ["", "abcd", "ef"]);
        assert_eq!(cut("", 2), [""]);
        assert_eq!(cut("abc d", 2), ["ab", "c ", "d"]);
        assert_eq!(wrap_words("SCRAM-SHA-1 LOGIN", 14), ["SCRAM-SHA-1", "LOGIN"]);
        assert_eq!(wrap_words("SCRAM-SHA-1", 6), ["SCRAM-", "SHA-1"]);
    }
}
