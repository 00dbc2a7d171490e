//! What a client does in several steps that nobody types: each follows from the replies so far.

use crate::session::Dialogue;

use super::login::{Fault, Next};
use super::{ChunkByChunk, Login, Starttls};

/// Steps that go on by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Errand {
    /// AUTH and the answers behind it.
    Login(Login),
    /// STARTTLS, with EHLO around it.
    Starttls(Starttls),
    /// BDAT several times.
    Chunks(ChunkByChunk),
}

impl Errand {
    /// What to do, now that the session is as it is.
    pub fn next(&mut self, seen: &Dialogue) -> Next {
        match self {
            Self::Login(login) => login.next(seen),
            Self::Starttls(starttls) => starttls.next(seen),
            Self::Chunks(chunks) => chunks.next(seen),
        }
    }

    /// Whether something was said.
    pub const fn has_begun(&self) -> bool {
        match self {
            Self::Login(login) => login.has_begun(),
            Self::Starttls(starttls) => starttls.has_begun(),
            Self::Chunks(chunks) => chunks.has_begun(),
        }
    }

    /// The key of the sentence that says that it is under way.
    pub const fn under_way(&self) -> &'static str {
        match self {
            Self::Login(_) => "login.under-way",
            Self::Starttls(_) => "starttls.under-way",
            Self::Chunks(_) => "bdat.under-way",
        }
    }

    /// The key of the sentence in which there is a reason.
    pub const fn sentence(&self) -> &'static str {
        match self {
            Self::Login(_) => "login.remark",
            Self::Starttls(_) => "starttls.remark",
            Self::Chunks(_) => "bdat.remark",
        }
    }

    /// What there is to say about it beside what crosses the wire: the keys of the sentence and of
    /// the reason in it.
    pub fn remark(&self) -> Option<(&'static str, &'static str)> {
        let why = match self {
            Self::Login(login) => login.fault().map(Fault::key),
            Self::Starttls(starttls) => starttls.remark(),
            Self::Chunks(_) => None,
        };
        why.map(|why| (self.sentence(), why))
    }

    /// The code of the reply that ends it, if it worked.
    pub const fn good_end(&self) -> &'static str {
        match self {
            Self::Login(_) => "235",
            Self::Starttls(_) | Self::Chunks(_) => "250",
        }
    }
}
