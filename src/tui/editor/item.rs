//! What can be put into a draft: templates, a file, and what nobody likes to type.

use crate::draft::{Encoding, TEMPLATES, Template};

/// One thing that can be put into a draft, or done to the place of the cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// Another text in place of all of it.
    Template(&'static Template),
    /// A file.
    File,
    /// The date.
    Date,
    /// An identifier that nobody else uses.
    MessageId,
    /// Another boundary for the multipart of the cursor.
    Boundary,
    /// Encoded words for the field of the cursor, or what they stand for.
    Header,
    /// Another transfer encoding for the part of the cursor.
    Body(Encoding),
}

/// The items that are no templates.
const PLAIN: [Item; 8] = [
    Item::File,
    Item::Date,
    Item::MessageId,
    Item::Boundary,
    Item::Header,
    Item::Body(Encoding::QuotedPrintable),
    Item::Body(Encoding::Base64),
    Item::Body(Encoding::EightBit),
];

impl Item {
    /// All of them, in the order of the list.
    pub fn all() -> impl Iterator<Item = Self> {
        PLAIN.into_iter().chain(TEMPLATES.iter().map(Self::Template))
    }

    /// The item of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::all().find(|item| item.name() == name)
    }

    /// Its name, as it is typed.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Template(template) => template.name,
            Self::File => "attach",
            Self::Date => "date",
            Self::MessageId => "message-id",
            Self::Boundary => "boundary",
            Self::Header => "encoded-words",
            Self::Body(encoding) => encoding.name(),
        }
    }

    /// The key of a sentence about it, if there is one.
    pub const fn say(self) -> Option<&'static str> {
        match self {
            Self::Template(template) => Some(template.say),
            _ => None,
        }
    }

    /// The key of its words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Template(template) => template.title,
            Self::File => "editor.file",
            Self::Date => "editor.date",
            Self::MessageId => "editor.message-id",
            Self::Boundary => "editor.boundary",
            Self::Header => "editor.header",
            Self::Body(Encoding::QuotedPrintable) => "editor.quoted-printable",
            Self::Body(Encoding::Base64) => "editor.base64",
            Self::Body(Encoding::SevenBit | Encoding::EightBit) => "editor.as-it-is",
        }
    }
}
