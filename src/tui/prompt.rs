//! The line being typed: text, cursor, history. Steps go by grapheme.

use unicode_segmentation::UnicodeSegmentation;

use crate::display::text::{left_of, right_of};

/// How many lines the history keeps.
const HISTORY: usize = 1_000;

/// A line that was put aside, with its cursor.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    text: String,
    cursor: usize,
}

impl Draft {
    /// This line, or the other one if this is empty and that is no directive.
    pub fn or(self, other: Self) -> Self {
        if self.text.is_empty() && !other.text.starts_with(':') { other } else { self }
    }
}

/// The prompt.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    text: String,
    cursor: usize,
    killed: String,
    history: Vec<String>,
    browsing: Option<(usize, String)>,
}

impl Prompt {
    /// What stands in the line.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The byte index of the cursor.
    pub const fn cursor(&self) -> usize {
        self.cursor
    }

    /// Puts `text` into the line, the cursor behind it.
    pub fn set(&mut self, text: &str) {
        text.clone_into(&mut self.text);
        self.cursor = self.text.len();
    }

    /// Puts the line aside for another one.
    pub fn put_aside(&mut self, text: &str) -> Draft {
        let draft = Draft { text: std::mem::take(&mut self.text), cursor: self.cursor };
        self.set(text);
        draft
    }

    /// Puts a line back that was put aside.
    pub fn put_back(&mut self, draft: Draft) {
        self.text = draft.text;
        self.cursor = draft.cursor;
    }

    /// What [`Self::yank`] puts back.
    pub fn kept(&self) -> &str {
        &self.killed
    }

    /// Keeps `text` for [`Self::yank`].
    pub fn keep(&mut self, text: String) {
        self.killed = text;
    }

    /// Takes the line away; `keep` puts it into the history.
    pub fn take(&mut self, keep: bool) -> String {
        self.cursor = 0;
        self.browsing = None;
        let text = std::mem::take(&mut self.text);
        if keep && !text.trim().is_empty() && self.history.last() != Some(&text) {
            if self.history.len() == HISTORY {
                self.history.remove(0);
            }
            self.history.push(text.clone());
        }
        text
    }

    /// Types `text` at the cursor.
    pub fn insert(&mut self, text: &str) {
        self.text.insert_str(self.cursor, text);
        self.cursor += text.len();
    }

    /// Deletes the grapheme before the cursor.
    pub fn delete_back(&mut self) {
        self.cut(left_of(&self.text, self.cursor), self.cursor);
    }

    /// Deletes the grapheme at the cursor.
    pub fn delete(&mut self) {
        self.cut(self.cursor, right_of(&self.text, self.cursor));
    }

    /// One grapheme to the left.
    pub fn left(&mut self) {
        self.cursor = left_of(&self.text, self.cursor);
    }

    /// One grapheme to the right.
    pub fn right(&mut self) {
        self.cursor = right_of(&self.text, self.cursor);
    }

    /// To byte `at`, or the beginning of the character that it is in.
    pub fn place(&mut self, at: usize) {
        self.cursor = self.text.floor_char_boundary(at);
    }

    /// To the beginning.
    pub const fn home(&mut self) {
        self.cursor = 0;
    }

    /// To the end.
    pub const fn end(&mut self) {
        self.cursor = self.text.len();
    }

    /// To the beginning of the word before the cursor.
    pub fn word_left(&mut self) {
        self.cursor = self.word_start();
    }

    /// Behind the word at the cursor.
    pub fn word_right(&mut self) {
        let tail = self.text.get(self.cursor..).unwrap_or_default();
        let word = tail.unicode_word_indices().next();
        self.cursor = word.map_or(self.text.len(), |(at, word)| self.cursor + at + word.len());
    }

    /// Deletes to the blank before the cursor, as a shell does.
    pub fn kill_word(&mut self) {
        let head = self.text.get(..self.cursor).unwrap_or_default();
        let start = head.trim_end().rfind(char::is_whitespace).map_or(0, |at| right_of(head, at));
        self.kill(start, self.cursor);
    }

    /// Deletes everything before the cursor.
    pub fn kill_start(&mut self) {
        self.kill(0, self.cursor);
    }

    /// Deletes everything behind the cursor.
    pub fn kill_end(&mut self) {
        self.kill(self.cursor, self.text.len());
    }

    /// Puts back what was deleted last.
    pub fn yank(&mut self) {
        let killed = self.killed.clone();
        self.insert(&killed);
    }

    /// The line before this one in the history.
    pub fn history_back(&mut self) {
        let at = self.browsing.as_ref().map_or(self.history.len(), |(at, _)| *at);
        let Some(earlier) = at.checked_sub(1) else { return };
        if let Some(line) = self.history.get(earlier).cloned() {
            let typed = self.browsing.take().map_or_else(|| self.text.clone(), |(_, typed)| typed);
            self.browsing = Some((earlier, typed));
            self.set(&line);
        }
    }

    /// The line behind this one in the history; behind the last stands what was typed.
    pub fn history_forward(&mut self) {
        let Some((at, typed)) = self.browsing.take() else { return };
        match self.history.get(at + 1).cloned() {
            Some(line) => {
                self.browsing = Some((at + 1, typed));
                self.set(&line);
            }
            None => self.set(&typed),
        }
    }

    fn word_start(&self) -> usize {
        let head = self.text.get(..self.cursor).unwrap_or_default();
        head.unicode_word_indices().next_back().map_or(0, |(at, _)| at)
    }

    fn kill(&mut self, start: usize, end: usize) {
        self.text.get(start..end).unwrap_or_default().clone_into(&mut self.killed);
        self.cut(start, end);
    }

    fn cut(&mut self, start: usize, end: usize) {
        self.text.replace_range(start..end, "");
        self.cursor = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editing_goes_by_grapheme() {
        let mut prompt = Prompt::default();
        prompt.insert("ae\u{301}日");
        prompt.delete_back();
        prompt.delete_back();
        assert_eq!((prompt.text(), prompt.cursor()), ("a", 1));
        prompt.insert(" bc de");
        prompt.word_left();
        prompt.kill_word();
        assert_eq!((prompt.text(), prompt.cursor()), ("a de", 2));
        prompt.kill_start();
        prompt.end();
        prompt.yank();
        assert_eq!(prompt.text(), "dea ");
    }

    #[test]
    fn a_line_put_aside_comes_back_with_its_cursor() {
        let mut prompt = Prompt::default();
        prompt.set("NOOP");
        prompt.left();
        let draft = prompt.put_aside(":");
        assert_eq!((prompt.text(), prompt.cursor()), (":", 1));
        prompt.insert("quit");
        prompt.put_back(draft);
        assert_eq!((prompt.text(), prompt.cursor()), ("NOOP", 3));
    }

    #[test]
    fn history_keeps_what_was_being_typed() {
        let mut prompt = Prompt::default();
        for line in ["one", "two"] {
            prompt.set(line);
            prompt.take(true);
        }
        prompt.set("three");
        prompt.history_back();
        prompt.history_back();
        prompt.history_back();
        assert_eq!(prompt.text(), "one");
        prompt.history_forward();
        prompt.history_forward();
        assert_eq!(prompt.text(), "three");
        prompt.set("secret");
        prompt.take(false);
        prompt.history_back();
        assert_eq!(prompt.text(), "two");
    }
}
