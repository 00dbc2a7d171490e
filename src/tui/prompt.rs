//! The line being typed: text, cursor, what was deleted, what was changed, and the lines before it.
//! Steps go by grapheme, and keys mean what they mean in readline.

mod edits;
pub mod history;

use unicode_segmentation::UnicodeSegmentation;

use crate::display::text::{left_of, right_of};

use edits::{Edit, Edits};
pub use history::History;

/// A line that was put aside, with its cursor and what can be undone in it.
#[derive(Clone, Debug, Default)]
pub struct Draft {
    text: String,
    cursor: usize,
    edits: Edits,
    /// Whether a secret stood in it, of which something may be left.
    secret: bool,
}

impl Draft {
    /// This line, or the other one if this is empty and that is no directive.
    pub fn or(self, other: Self) -> Self {
        if self.text.is_empty() && !other.text.starts_with(':') { other } else { self }
    }

    /// What stands in it.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether something of a secret may be left in it.
    pub const fn held_secret(&self) -> bool {
        self.secret
    }
}

/// The prompt.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    line: Draft,
    killed: String,
    history: History,
}

impl Prompt {
    /// What stands in the line.
    pub fn text(&self) -> &str {
        &self.line.text
    }

    /// The byte index of the cursor.
    pub const fn cursor(&self) -> usize {
        self.line.cursor
    }

    /// The lines before this one.
    pub const fn history(&self) -> &History {
        &self.history
    }

    /// Gives it the lines of an earlier time.
    pub fn recall(&mut self, history: History) {
        self.history = history;
    }

    /// Puts `text` into the line, the cursor behind it. A secret that stood there is not undone.
    pub fn set(&mut self, text: &str) {
        self.history.leave();
        self.replace_all(text);
        if std::mem::take(&mut self.line.secret) {
            self.line.edits = Edits::default();
        }
    }

    /// Puts the line aside for another one.
    pub fn put_aside(&mut self, text: &str) -> Draft {
        self.history.leave();
        let line = Draft { text: text.to_owned(), cursor: text.len(), ..Draft::default() };
        std::mem::replace(&mut self.line, line)
    }

    /// Puts a line back that was put aside.
    pub fn put_back(&mut self, draft: Draft) {
        self.line = draft;
    }

    /// What [`Self::yank`] puts back.
    pub fn kept(&self) -> &str {
        &self.killed
    }

    /// Keeps `text` for [`Self::yank`].
    pub fn keep(&mut self, text: String) {
        self.killed = text;
    }

    /// Takes the line away, and nothing of it can be undone; `keep` puts it into the history.
    pub fn take(&mut self, keep: bool) -> String {
        self.history.leave();
        let text = std::mem::take(&mut self.line).text;
        if keep {
            self.history.add(&text);
        }
        text
    }

    /// A secret stands or stood in the line: what could be undone and done again is forgotten, and
    /// until the line is empty it is remembered that something of the secret may be left.
    pub fn hold_secret(&mut self) {
        self.line.edits = Edits::default();
        self.line.secret = !self.line.text.is_empty();
    }

    /// Whether something of a secret may be left in the line.
    pub const fn held_secret(&self) -> bool {
        self.line.secret
    }

    /// Types `text` at the cursor.
    pub fn insert(&mut self, text: &str) {
        self.change(self.line.cursor, self.line.cursor, text);
    }

    /// Deletes the grapheme before the cursor.
    pub fn delete_back(&mut self) {
        self.change(left_of(self.text(), self.line.cursor), self.line.cursor, "");
    }

    /// Deletes the grapheme at the cursor.
    pub fn delete(&mut self) {
        self.change(self.line.cursor, right_of(self.text(), self.line.cursor), "");
    }

    /// Changes the graphemes before and at the cursor with each other, at the end the last two.
    pub fn transpose(&mut self) {
        let (text, cursor) = (self.text(), self.line.cursor);
        let middle = if cursor == text.len() { left_of(text, cursor) } else { cursor };
        let (start, end) = (left_of(text, middle), right_of(text, middle));
        let swapped: String =
            [text.get(middle..end), text.get(start..middle)].into_iter().flatten().collect();
        if start < middle {
            self.change(start, end, &swapped);
        }
    }

    /// One grapheme to the left.
    pub fn left(&mut self) {
        self.line.cursor = left_of(self.text(), self.line.cursor);
    }

    /// One grapheme to the right.
    pub fn right(&mut self) {
        self.line.cursor = right_of(self.text(), self.line.cursor);
    }

    /// To byte `at`, or the beginning of the character that it is in.
    pub fn place(&mut self, at: usize) {
        self.line.cursor = self.text().floor_char_boundary(at);
    }

    /// To the beginning.
    pub const fn home(&mut self) {
        self.line.cursor = 0;
    }

    /// To the end.
    pub const fn end(&mut self) {
        self.line.cursor = self.line.text.len();
    }

    /// To the beginning of the word before the cursor.
    pub fn word_left(&mut self) {
        let head = self.text().get(..self.line.cursor).unwrap_or_default();
        self.line.cursor = head.unicode_word_indices().next_back().map_or(0, |(at, _)| at);
    }

    /// Behind the word at the cursor.
    pub fn word_right(&mut self) {
        self.line.cursor = self.word_end();
    }

    /// Deletes to the blank before the cursor, as a shell does.
    pub fn kill_word(&mut self) {
        let head = self.text().get(..self.line.cursor).unwrap_or_default();
        let start = head.trim_end().rfind(char::is_whitespace).map_or(0, |at| right_of(head, at));
        self.kill(start, self.line.cursor);
    }

    /// Deletes to the end of the word at the cursor.
    pub fn kill_word_forward(&mut self) {
        self.kill(self.line.cursor, self.word_end());
    }

    /// Deletes everything before the cursor.
    pub fn kill_start(&mut self) {
        self.kill(0, self.line.cursor);
    }

    /// Deletes everything behind the cursor.
    pub fn kill_end(&mut self) {
        self.kill(self.line.cursor, self.text().len());
    }

    /// Puts back what was deleted last.
    pub fn yank(&mut self) {
        let killed = self.killed.clone();
        self.insert(&killed);
    }

    /// Takes the last change back: a word that was typed, or whatever else was one.
    pub fn undo(&mut self) {
        if let Some(edit) = self.line.edits.undo() {
            self.splice(edit.at, edit.at + edit.inserted.len(), &edit.removed);
            self.line.cursor = edit.cursor;
        }
    }

    /// Does again what was taken back last.
    pub fn redo(&mut self) {
        if let Some(edit) = self.line.edits.redo() {
            self.splice(edit.at, edit.at + edit.removed.len(), &edit.inserted);
        }
    }

    /// The line before this one in the history that begins as this one did.
    pub fn history_back(&mut self) {
        if let Some(line) = self.history.back(&self.line.text) {
            self.replace_all(&line);
        }
    }

    /// The line behind this one in the history; behind the last stands what was typed.
    pub fn history_forward(&mut self) {
        if let Some(line) = self.history.forward(&self.line.text) {
            self.replace_all(&line);
        }
    }

    fn word_end(&self) -> usize {
        let tail = self.text().get(self.line.cursor..).unwrap_or_default();
        let word = tail.unicode_word_indices().next();
        word.map_or_else(|| self.text().len(), |(at, word)| self.line.cursor + at + word.len())
    }

    fn kill(&mut self, start: usize, end: usize) {
        if start == end {
            return;
        }
        self.killed = self.text().get(start..end).unwrap_or_default().to_owned();
        self.change(start, end, "");
    }

    /// A change by the person, who is no longer in the history then.
    fn change(&mut self, start: usize, end: usize, text: &str) {
        self.history.leave();
        self.replace(start, end, text);
    }

    fn replace_all(&mut self, text: &str) {
        self.replace(0, self.text().len(), text);
    }

    /// A change that can be undone.
    fn replace(&mut self, start: usize, end: usize, text: &str) {
        let removed = self.text().get(start..end).unwrap_or_default();
        if removed == text {
            self.line.cursor = end;
            return;
        }
        let (removed, inserted) = (removed.to_owned(), text.to_owned());
        self.line.edits.record(Edit { at: start, removed, inserted, cursor: self.line.cursor });
        self.splice(start, end, text);
    }

    fn splice(&mut self, start: usize, end: usize, text: &str) {
        self.line.text.replace_range(start..end, text);
        self.line.cursor = start + text.len();
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
    fn graphemes_change_places_and_words_go_forward() {
        for (text, lefts, expected, cursor) in [
            ("EHOL", 0, "EHLO", 4),
            ("EHOL", 1, "EHLO", 4),
            ("HELO", 3, "EHLO", 2),
            ("AB", 2, "AB", 0),
            ("A", 0, "A", 1),
            ("", 0, "", 0),
            ("ae\u{301}", 0, "e\u{301}a", 4),
        ] {
            let mut prompt = Prompt::default();
            prompt.set(text);
            (0..lefts).for_each(|_| prompt.left());
            prompt.transpose();
            assert_eq!((prompt.text(), prompt.cursor()), (expected, cursor), "{text}");
        }
        let mut prompt = Prompt::default();
        prompt.set("MAIL FROM:<a@b>");
        prompt.home();
        prompt.kill_word_forward();
        assert_eq!(prompt.text(), " FROM:<a@b>");
        prompt.kill_word_forward();
        assert_eq!((prompt.text(), prompt.cursor()), (":<a@b>", 0));
        prompt.yank();
        assert_eq!(prompt.text(), " FROM:<a@b>");
    }

    fn types(prompt: &mut Prompt, text: &str) {
        text.chars().for_each(|c| prompt.insert(c.encode_utf8(&mut [0; 4])));
    }

    /// Everything that stands in the line while it is undone, and while it is done again.
    fn undone_and_done(prompt: &mut Prompt) -> (Vec<String>, Vec<String>) {
        let mut steps = |step: fn(&mut Prompt)| {
            let mut seen = Vec::new();
            loop {
                let before = (prompt.text().to_owned(), prompt.cursor());
                step(prompt);
                if before == (prompt.text().to_owned(), prompt.cursor()) {
                    return seen;
                }
                seen.push(prompt.text().to_owned());
            }
        };
        (steps(Prompt::undo), steps(Prompt::redo))
    }

    #[test]
    fn what_was_typed_is_undone_by_word_and_done_again() {
        let mut prompt = Prompt::default();
        types(&mut prompt, "MAIL FROM:<a>  SIZE=日");
        let (undone, done) = undone_and_done(&mut prompt);
        assert_eq!(undone, ["MAIL FROM:<a>  ", "MAIL ", ""]);
        assert_eq!(done, ["MAIL ", "MAIL FROM:<a>  ", "MAIL FROM:<a>  SIZE=日"]);
        prompt.kill_word();
        prompt.kill_word();
        (0..3).for_each(|_| prompt.delete_back());
        let steps = ["MAIL", "MAIL ", "MAIL FROM:<a>  "];
        assert_eq!(prompt.text(), "MA");
        for step in steps {
            prompt.undo();
            assert_eq!(prompt.text(), step);
        }
        types(&mut prompt, "X");
        prompt.redo();
        assert_eq!(prompt.text(), "MAIL FROM:<a>  X", "another way was taken");
    }

    #[test]
    fn every_change_is_one_that_can_be_undone() {
        let changes: [fn(&mut Prompt); 8] = [
            |p| p.insert("several words at once"),
            Prompt::kill_start,
            Prompt::kill_end,
            |p| p.set("another line"),
            Prompt::transpose,
            Prompt::delete,
            Prompt::delete_back,
            Prompt::kill_word_forward,
        ];
        for change in changes {
            let mut prompt = Prompt::default();
            prompt.insert("RCPT TO:<bob>");
            (0..4).for_each(|_| prompt.left());
            let before = (prompt.text().to_owned(), prompt.cursor());
            change(&mut prompt);
            let behind = (prompt.text().to_owned(), prompt.cursor());
            assert_ne!(behind, before);
            prompt.undo();
            assert_eq!((prompt.text().to_owned(), prompt.cursor()), before);
            prompt.redo();
            assert_eq!((prompt.text().to_owned(), prompt.cursor()), behind);
        }
    }

    #[test]
    fn letters_deleted_forward_are_one_step_and_a_word_before_them_another() {
        let mut prompt = Prompt::default();
        prompt.insert("one two three");
        prompt.home();
        (0..4).for_each(|_| prompt.delete());
        assert_eq!(prompt.text(), "two three");
        prompt.undo();
        assert_eq!((prompt.text(), prompt.cursor()), ("one two three", 0));
        prompt.end();
        (0..8).for_each(|_| prompt.delete_back());
        assert_eq!(prompt.text(), "one t");
        prompt.undo();
        assert_eq!(prompt.text(), "one two");
    }

    #[test]
    fn behind_a_line_that_was_taken_there_is_nothing_to_undo() {
        let mut prompt = Prompt::default();
        types(&mut prompt, "AUTH PLAIN x");
        prompt.undo();
        prompt.take(true);
        prompt.undo();
        prompt.redo();
        assert_eq!(prompt.text(), "");
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
        prompt.undo();
        assert_eq!(prompt.text(), "", "what can be undone comes back with it");
    }

    #[test]
    fn history_is_gone_through_by_what_was_typed_and_keeps_it() {
        let mut prompt = Prompt::default();
        for line in ["one", "two"] {
            prompt.set(line);
            prompt.take(true);
        }
        (0..3).for_each(|_| prompt.history_back());
        assert_eq!(prompt.text(), "one");
        (0..3).for_each(|_| prompt.history_forward());
        assert_eq!(prompt.text(), "");
        types(&mut prompt, "t");
        (0..2).for_each(|_| prompt.history_back());
        assert_eq!(prompt.text(), "two");
        prompt.history_forward();
        assert_eq!(prompt.text(), "t");
        // Whoever edits a line of the history looks for that from now on.
        prompt.history_back();
        prompt.delete_back();
        prompt.history_back();
        assert_eq!(prompt.text(), "two");
        prompt.undo();
        assert_eq!(prompt.text(), "tw");
        prompt.set("secret");
        prompt.take(false);
        prompt.history_back();
        assert_eq!(prompt.text(), "two");
    }
}
