//! The text of a draft: lines, a cursor that steps by grapheme, and undo by word.
//!
//! A line ends with LF and nothing else; everything beside it is shown, never changed. What is
//! undone is a copy of the rope, which shares all but what differs, so a large text costs nothing.

use ropey::Rope;
use unicode_segmentation::UnicodeSegmentation;

use crate::display::text::{left_of, right_of, width};
use crate::display::token::{own_byte_at, own_visible};

/// How many bytes on each side of a place are looked at to find graphemes and words there: more
/// than any screen shows. A line can be a whole file.
pub const REACH: usize = 4_096;

/// How many steps can be undone.
const STEPS: usize = 1_000;

/// What was typed or deleted together is undone together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Edit {
    Word,
    Blank,
    Deletion,
    /// Nothing joins this one.
    Whole,
}

/// A text as it was, and where its cursor stood.
#[derive(Clone, Debug)]
struct Before {
    rope: Rope,
    cursor: usize,
}

/// A text that is being written.
#[derive(Clone, Debug, Default)]
pub struct Text {
    rope: Rope,
    /// The byte before which the cursor stands.
    cursor: usize,
    /// The column to which up and down try to come back.
    goal: Option<usize>,
    undo: Vec<Before>,
    redo: Vec<Before>,
    last: Option<Edit>,
    revision: u64,
}

impl Text {
    /// A text with nothing to undo, the cursor before it; its revisions count from `revision`.
    pub fn new(text: &str, revision: u64) -> Self {
        Self { rope: Rope::from_str(text), revision, ..Self::default() }
    }

    /// All of it; a copy costs nothing.
    pub const fn rope(&self) -> &Rope {
        &self.rope
    }

    /// A number that no other text of this draft had, nor of a draft whose revisions it goes on.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// Whether nothing stands in it.
    pub fn is_empty(&self) -> bool {
        self.rope.len_bytes() == 0
    }

    /// Whether nothing was ever written in it that could be undone or done again.
    pub const fn is_untouched(&self) -> bool {
        self.undo.is_empty() && self.redo.is_empty()
    }

    /// The byte before which the cursor stands.
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// The number of lines; behind the last line end stands an empty one.
    pub fn lines(&self) -> usize {
        self.rope.len_lines()
    }

    /// The line of the cursor.
    pub fn line(&self) -> usize {
        self.rope.try_byte_to_line(self.cursor).unwrap_or_default()
    }

    /// Where a line begins, and where it ends without its line end.
    pub fn bounds(&self, line: usize) -> (usize, usize) {
        let all = self.rope.len_bytes();
        let start = self.rope.try_line_to_byte(line).unwrap_or(all);
        let next = self.rope.try_line_to_byte(line + 1).unwrap_or(all);
        let ended = next > start && self.rope.get_byte(next - 1) == Some(b'\n');
        (start, if ended { next - 1 } else { next })
    }

    /// The text from one byte to another, less where that would cut a character.
    pub fn part(&self, start: usize, end: usize) -> String {
        let (start, end) = (self.floor(start), self.floor(end));
        self.rope.get_byte_slice(start..end.max(start)).map(String::from).unwrap_or_default()
    }

    /// What stands around the cursor in its line, and where that begins.
    pub fn around(&self) -> (String, usize) {
        let (start, end) = self.bounds(self.line());
        let from = self.floor(self.cursor.saturating_sub(REACH).max(start));
        (self.part(from, self.cursor.saturating_add(REACH).min(end)), from)
    }

    /// Types `text` at the cursor; a word is one step to undo.
    pub fn type_in(&mut self, text: &str) {
        let edit = if text.chars().all(char::is_whitespace) { Edit::Blank } else { Edit::Word };
        // A word and the blank behind it belong together.
        let joins = self.last == Some(edit) || (edit, self.last) == (Edit::Blank, Some(Edit::Word));
        self.change(edit, joins && !text.contains('\n'), self.cursor, self.cursor, text);
    }

    /// Puts `text` in at the cursor, as one step to undo.
    pub fn insert(&mut self, text: &str) {
        self.change(Edit::Whole, false, self.cursor, self.cursor, text);
    }

    /// Puts `text` in place of what stands between two bytes, as one step to undo.
    pub fn replace(&mut self, start: usize, end: usize, text: &str) {
        self.change(Edit::Whole, false, self.floor(start), self.floor(end), text);
    }

    /// Another text in place of all of it, as one step to undo. The cursor stays on its line.
    pub fn replace_all(&mut self, text: &str) {
        let line = self.line();
        self.remember(Edit::Whole, false);
        self.rope = Rope::from_str(text);
        self.cursor = self.bounds(line.min(self.lines().saturating_sub(1))).0;
    }

    /// Deletes the grapheme before the cursor, or the line end.
    pub fn delete_back(&mut self) {
        let (start, end) = (self.left_of(self.cursor), self.cursor);
        self.delete(start, end);
    }

    /// Deletes the grapheme at the cursor, or the line end.
    pub fn delete_forward(&mut self) {
        let (start, end) = (self.cursor, self.right_of(self.cursor));
        self.delete(start, end);
    }

    /// Deletes to the blank before the cursor, as a shell does; gives what was deleted.
    pub fn kill_word(&mut self) -> String {
        let (text, from) = self.around();
        let head = text.get(..self.cursor - from).unwrap_or_default();
        let start = head.trim_end().rfind(char::is_whitespace).map_or(0, |at| right_of(head, at));
        let start = if head.is_empty() { self.left_of(self.cursor) } else { from + start };
        self.kill(start, self.cursor)
    }

    /// Deletes everything before the cursor in its line; gives what was deleted.
    pub fn kill_start(&mut self) -> String {
        self.kill(self.bounds(self.line()).0, self.cursor)
    }

    /// Deletes everything behind the cursor in its line, at its end the line end; gives that.
    pub fn kill_end(&mut self) -> String {
        let end = self.bounds(self.line()).1;
        let end = if end == self.cursor { self.right_of(end) } else { end };
        self.kill(self.cursor, end)
    }

    /// One grapheme to the left, over the line end too.
    pub fn left(&mut self) {
        self.place(self.left_of(self.cursor));
    }

    /// One grapheme to the right, over the line end too.
    pub fn right(&mut self) {
        self.place(self.right_of(self.cursor));
    }

    /// To the beginning of the line.
    pub fn home(&mut self) {
        self.place(self.bounds(self.line()).0);
    }

    /// To the end of the line.
    pub fn end(&mut self) {
        self.place(self.bounds(self.line()).1);
    }

    /// To the beginning of the word before the cursor; before the first word to the line above.
    pub fn word_left(&mut self) {
        let (text, from) = self.around();
        let head = text.get(..self.cursor - from).unwrap_or_default();
        let word = head.unicode_word_indices().next_back().map(|(at, _)| from + at);
        self.place(word.unwrap_or_else(|| if head.is_empty() { self.left_of(from) } else { from }));
    }

    /// Behind the word at the cursor; behind the last word to the line below.
    pub fn word_right(&mut self) {
        let (text, from) = self.around();
        let tail = text.get(self.cursor - from..).unwrap_or_default();
        let word = tail.unicode_word_indices().next();
        let word = word.map(|(at, word)| self.cursor + at + word.len());
        let end = self.cursor + tail.len();
        self.place(word.unwrap_or_else(|| if tail.is_empty() { self.right_of(end) } else { end }));
    }

    /// So many lines down, or up; the column is kept where the line is long enough.
    pub fn down(&mut self, by: isize) {
        let column = self.goal.unwrap_or_else(|| self.column());
        let last = self.lines().saturating_sub(1);
        let line = self.line().saturating_add_signed(by).min(last);
        self.place_in(line, column);
        self.goal = Some(column);
    }

    /// To a byte, or the beginning of the character that it is in.
    pub fn place(&mut self, at: usize) {
        self.cursor = self.floor(at.min(self.rope.len_bytes()));
        self.goal = None;
        self.last = None;
    }

    /// To what is shown at a column of a line, counted from its beginning.
    pub fn place_in(&mut self, line: usize, column: usize) {
        let (start, end) = self.bounds(line);
        let head = self.part(
            start,
            end.min(start.saturating_add(column.saturating_mul(16)).saturating_add(REACH)),
        );
        self.place(start + own_byte_at(&head, column));
    }

    /// The column of the cursor, counted from the beginning of what is looked at of its line.
    pub fn column(&self) -> usize {
        let (text, from) = self.around();
        width(&own_visible(text.get(..self.cursor - from).unwrap_or_default()))
    }

    /// Takes the last step back; `false` if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(before) = self.undo.pop() else { return false };
        let now = self.swap(before);
        self.redo.push(now);
        true
    }

    /// Takes the last undo back; `false` if there is none.
    pub fn redo(&mut self) -> bool {
        let Some(before) = self.redo.pop() else { return false };
        let now = self.swap(before);
        self.undo.push(now);
        true
    }

    fn swap(&mut self, with: Before) -> Before {
        self.revision += 1;
        self.last = None;
        self.goal = None;
        let rope = std::mem::replace(&mut self.rope, with.rope);
        Before { rope, cursor: std::mem::replace(&mut self.cursor, with.cursor) }
    }

    fn kill(&mut self, start: usize, end: usize) -> String {
        let killed = self.part(start, end);
        self.change(Edit::Whole, false, start, end, "");
        killed
    }

    fn delete(&mut self, start: usize, end: usize) {
        let joins = self.last == Some(Edit::Deletion);
        self.change(Edit::Deletion, joins, start, end, "");
    }

    /// Puts `text` in place of what stands between two bytes.
    fn change(&mut self, edit: Edit, joins: bool, start: usize, end: usize, text: &str) {
        if start == end && text.is_empty() {
            return;
        }
        self.remember(edit, joins);
        let place = |at| self.rope.try_byte_to_char(at).unwrap_or_default();
        let (from, to) = (place(start), place(end));
        // Both are places of this rope, so neither can fail.
        let changed =
            self.rope.try_remove(from..to).and_then(|()| self.rope.try_insert(from, text));
        debug_assert!(changed.is_ok(), "{start}..{end}");
        self.cursor = start + text.len();
    }

    /// Keeps the text as it is, before it is changed.
    fn remember(&mut self, edit: Edit, joins: bool) {
        if !joins {
            if self.undo.len() == STEPS {
                self.undo.remove(0);
            }
            self.undo.push(Before { rope: self.rope.clone(), cursor: self.cursor });
        }
        self.redo.clear();
        self.last = Some(edit);
        self.goal = None;
        self.revision += 1;
    }

    fn left_of(&self, at: usize) -> usize {
        let from = self.floor(at.saturating_sub(REACH));
        from + left_of(&self.part(from, at), at - from)
    }

    fn right_of(&self, at: usize) -> usize {
        at + right_of(&self.part(at, at.saturating_add(REACH).min(self.rope.len_bytes())), 0)
    }

    /// The beginning of the character that a byte is in.
    fn floor(&self, at: usize) -> usize {
        let at = at.min(self.rope.len_bytes());
        let of_char = self.rope.try_byte_to_char(at).and_then(|c| self.rope.try_char_to_byte(c));
        of_char.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str) -> Text {
        let mut out = Text::default();
        for c in text.chars() {
            out.type_in(c.encode_utf8(&mut [0; 4]));
        }
        out
    }

    #[test]
    fn steps_and_deletion_go_by_grapheme_and_over_line_ends() {
        let mut text = Text::new("ae\u{301}\n日", 0);
        text.place(usize::MAX);
        let mut places = vec![text.cursor()];
        while text.cursor() > 0 {
            text.left();
            places.push(text.cursor());
        }
        assert_eq!(places, [8, 5, 4, 1, 0]);
        text.place(5);
        text.delete_back();
        assert_eq!(text.rope().to_string(), "ae\u{301}日");
        text.delete_back();
        text.delete_forward();
        assert_eq!(text.rope().to_string(), "a");
    }

    #[test]
    fn undo_goes_by_word_and_redo_comes_back() {
        let mut text = typed("one two\nthree");
        let mut seen = Vec::new();
        while text.undo() {
            seen.push(text.rope().to_string());
        }
        assert_eq!(seen, ["one two\n", "one two", "one ", ""]);
        while text.redo() {}
        assert_eq!((text.rope().to_string().as_str(), text.cursor()), ("one two\nthree", 13));
        text.delete_back();
        text.delete_back();
        text.left();
        text.delete_back();
        assert_eq!(text.rope().to_string(), "one two\ntr");
        text.undo();
        assert_eq!(text.rope().to_string(), "one two\nthr");
        text.undo();
        assert_eq!(text.rope().to_string(), "one two\nthree");
        assert!(text.redo() && text.revision() > 10);
        text.type_in("x");
        assert!(!text.redo(), "what was typed since is not lost");
    }

    #[test]
    fn another_text_is_one_step() {
        let mut text = typed("mine");
        text.replace_all("From: a\n\nhello\n");
        text.undo();
        assert_eq!((text.rope().to_string().as_str(), text.cursor()), ("mine", 4));
    }

    #[test]
    fn up_and_down_keep_the_column_that_is_seen() {
        let mut text = Text::new("日本語\nab\n\tx日本", 0);
        text.place(9);
        text.down(1);
        assert_eq!(text.cursor(), 12, "at the end of a shorter line");
        text.down(1);
        assert_eq!(text.column(), 5, "not in the middle of a wide character");
        text.down(-2);
        assert_eq!(text.column(), 6);
        text.down(100);
        assert_eq!(text.line(), 2);
    }

    #[test]
    fn words_and_lines_are_killed() {
        let mut text = Text::new("To: Bob, Alice\nx", 0);
        text.place(14);
        assert_eq!(text.kill_word(), "Alice");
        text.word_left();
        assert_eq!(text.cursor(), 4);
        assert_eq!(text.kill_end(), "Bob, ");
        assert_eq!(text.kill_end(), "\n");
        assert_eq!(text.kill_start(), "To: ");
        assert_eq!(text.rope().to_string(), "x");
        text.word_right();
        assert_eq!(text.cursor(), 1);
    }

    #[test]
    fn a_bare_carriage_return_ends_no_line() {
        let text = Text::new("a\rb\r\nc\u{2028}d", 0);
        assert_eq!(text.lines(), 2);
        assert_eq!(text.bounds(0), (0, 4));
    }

    #[test]
    fn a_line_as_long_as_a_file_is_not_looked_at_as_a_whole() {
        let mut text = Text::new(&"日".repeat(1 << 20), 0);
        text.place(usize::MAX);
        text.left();
        text.type_in("x");
        assert_eq!(text.around().0.len(), REACH - REACH % 3 + 1 + 3);
        assert_eq!(text.rope().len_bytes(), (3 << 20) + 1);
    }
}
