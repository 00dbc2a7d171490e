//! A message that lay in a file, as exact as it lay there, and where that was.

use bytes::Bytes;

use crate::smtp::Span;

/// A message in a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// The file, as it was named or found.
    pub file: String,
    /// Its number in an mbox, from 1.
    pub number: Option<u64>,
    /// What a Maildir notes in the file's name: `S` seen, `R` replied, `F` flagged, `T` trashed,
    /// `D` draft, `P` passed on; `None` outside a Maildir.
    pub flags: Option<String>,
    /// The bytes of the file that belong to it: in an mbox the separator before the message and the
    /// empty line behind it too.
    pub data: Bytes,
    /// Where in them the message is.
    pub message: Span,
}

impl Stored {
    /// A message that is all of its file.
    pub fn whole(file: String, data: Bytes) -> Self {
        let message = Span::new(0, data.len());
        Self { file, data, message, ..Self::default() }
    }

    /// The message itself.
    pub fn bytes(&self) -> Bytes {
        let end = self.message.end.min(self.data.len());
        self.data.slice(self.message.start.min(end)..end)
    }

    /// The line of an mbox before the message, its end included; elsewhere nothing.
    pub fn separator(&self) -> &[u8] {
        Span::new(0, self.message.start).of(&self.data)
    }
}
