//! What was changed in a line, to be undone and done again: a word at a time where it was typed or
//! deleted letter by letter.

use unicode_segmentation::UnicodeSegmentation as _;

/// One change: at this byte, this text gave way to that one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Edit {
    /// Where.
    pub(super) at: usize,
    /// What stood there.
    pub(super) removed: String,
    /// What stands there now.
    pub(super) inserted: String,
    /// Where the cursor was before.
    pub(super) cursor: usize,
}

/// The changes of a line.
#[derive(Clone, Debug, Default)]
pub(super) struct Edits {
    done: Vec<Edit>,
    undone: Vec<Edit>,
    /// Whether the newest change was made letter by letter, and may go on so.
    by_letter: bool,
}

impl Edits {
    /// Takes the newest change.
    pub(super) fn record(&mut self, edit: Edit) {
        self.undone.clear();
        let letter = is_one(&edit.inserted) && is_one(&edit.removed);
        let goes_on = std::mem::replace(&mut self.by_letter, letter) && letter;
        match self.done.last_mut().filter(|last| goes_on && last.goes_on_with(&edit)) {
            Some(last) => last.join(&edit),
            None => self.done.push(edit),
        }
    }

    /// The change that is to be undone now.
    pub(super) fn undo(&mut self) -> Option<Edit> {
        self.by_letter = false;
        let edit = self.done.pop()?;
        self.undone.push(edit.clone());
        Some(edit)
    }

    /// The change that is to be done again now.
    pub(super) fn redo(&mut self) -> Option<Edit> {
        self.by_letter = false;
        let edit = self.undone.pop()?;
        self.done.push(edit.clone());
        Some(edit)
    }
}

impl Edit {
    /// Whether a letter belongs to the same word: typed behind this one, or deleted beside it.
    fn goes_on_with(&self, next: &Self) -> bool {
        let typed = self.removed.is_empty() && next.removed.is_empty();
        let deleted = self.inserted.is_empty() && next.inserted.is_empty();
        if typed {
            next.at == self.at + self.inserted.len()
                && (ends_blank(&next.inserted) || !ends_blank(&self.inserted))
        } else {
            let back = next.at + next.removed.len() == self.at;
            let same_word = ends_blank(&next.removed) || !begins_blank(&self.removed);
            deleted && (next.at == self.at || (back && same_word))
        }
    }

    fn join(&mut self, next: &Self) {
        self.inserted.push_str(&next.inserted);
        if next.at < self.at {
            self.removed.insert_str(0, &next.removed);
            self.at = next.at;
        } else {
            self.removed.push_str(&next.removed);
        }
    }
}

/// Whether it is at most a single character, as a key makes it.
fn is_one(text: &str) -> bool {
    text.graphemes(true).nth(1).is_none()
}

fn begins_blank(text: &str) -> bool {
    text.starts_with(char::is_whitespace)
}

fn ends_blank(text: &str) -> bool {
    text.ends_with(char::is_whitespace)
}
