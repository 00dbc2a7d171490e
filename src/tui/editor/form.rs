//! What is said of a file that is to be attached.

use crate::draft::Encoding;

use super::super::prompt::Prompt;

/// A row of the form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Field {
    /// Where the file is.
    #[default]
    File,
    /// Its media type.
    Kind,
    /// How it is written.
    Encoding,
    /// Whether the text shows it inline.
    Placement,
}

impl Field {
    /// In the order of the form.
    pub const ALL: [Self; 4] = [Self::File, Self::Kind, Self::Encoding, Self::Placement];

    /// The key of its title.
    pub const fn title(self) -> &'static str {
        match self {
            Self::File => "editor.form.file",
            Self::Kind => "editor.form.kind",
            Self::Encoding => "editor.form.encoding",
            Self::Placement => "editor.form.placement",
        }
    }
}

/// The form, as far as it is filled in.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// The file, as it was typed.
    pub file: Prompt,
    /// The media type; guessed from the name where nothing is typed.
    pub kind: Prompt,
    /// The encoding; chosen by the bytes where none is.
    pub encoding: Option<Encoding>,
    /// Whether the text shows it inline.
    pub inline: bool,
    /// The row of the cursor.
    pub field: Field,
}

/// What is wanted of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Where it is.
    pub path: String,
    /// Its media type, where one was typed.
    pub kind: Option<String>,
    /// How it is written, where that was chosen.
    pub encoding: Option<Encoding>,
    /// Whether the text shows it inline.
    pub inline: bool,
}

impl Form {
    /// What the form says; nothing without a file.
    pub fn wanted(&self) -> Option<Wanted> {
        let typed = |line: &Prompt| Some(line.text().trim().to_owned()).filter(|t| !t.is_empty());
        Some(Wanted {
            path: typed(&self.file)?,
            kind: typed(&self.kind),
            encoding: self.encoding,
            inline: self.inline,
        })
    }

    /// The line that is typed in it.
    pub const fn line(&mut self) -> Option<&mut Prompt> {
        match self.field {
            Field::File => Some(&mut self.file),
            Field::Kind => Some(&mut self.kind),
            Field::Encoding | Field::Placement => None,
        }
    }

    /// Another row, so many further down.
    pub fn step(&mut self, by: isize) {
        let at = Field::ALL.iter().position(|field| *field == self.field).unwrap_or_default();
        let at = at.saturating_add_signed(by).min(Field::ALL.len() - 1);
        self.field = Field::ALL.get(at).copied().unwrap_or_default();
    }

    /// The row of this number, as a click goes there; a row of choices turns when it is clicked.
    pub fn go_to(&mut self, index: usize) {
        self.field = Field::ALL.get(index).copied().unwrap_or(self.field);
        self.turn(true);
    }

    /// The next choice of the row, or the one before it.
    pub fn turn(&mut self, forward: bool) {
        match self.field {
            Field::Placement => self.inline = !self.inline,
            Field::Encoding => {
                let all = std::iter::once(None).chain(Encoding::ALL.map(Some));
                let all: Vec<_> = all.collect();
                let at = all.iter().position(|e| *e == self.encoding).unwrap_or_default();
                let by = if forward { 1 } else { all.len() - 1 };
                self.encoding = all.get((at + by) % all.len()).copied().flatten();
            }
            Field::File | Field::Kind => {}
        }
    }
}
