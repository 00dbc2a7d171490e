//! A part is kept: which one, in which form, and where.

use bytes::Bytes;

use crate::session::content::Content;
use crate::session::flaw::name::harmless;

/// In which form a part is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Its bytes without transfer encoding.
    #[default]
    Decoded,
    /// As it stands in the message.
    Raw,
    /// Its text in UTF-8.
    Text,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Decoded, Self::Raw, Self::Text];

    /// The name by which it is asked for.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decoded => "decoded",
            Self::Raw => "raw",
            Self::Text => "text",
        }
    }

    /// The form of this name.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// Part `at` in this form.
    pub fn of(self, content: &Content, at: usize) -> Bytes {
        match self {
            Self::Decoded => content.decoded(at),
            Self::Raw => content.encoded(at),
            Self::Text => content
                .text(at)
                .map_or_else(|| content.decoded(at), |text| text.into_bytes().into()),
        }
    }
}

/// What was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Which part, from 0; without one, the part that is seen.
    pub part: Option<usize>,
    /// In which form.
    pub form: Form,
    /// Where to, as it was typed.
    pub file: String,
}

/// Where the file begins in `[PART] [--as FORM] FILE`, and what stands before it; `None` where a
/// form is unknown.
pub fn options(argument: &str) -> Option<(usize, Wish)> {
    let mut wish = Wish::default();
    let mut rest = argument.trim_start();
    let next = |text: &str| {
        text.split_once(' ').map(|(word, rest)| (word.to_owned(), rest.trim_start().len()))
    };
    // A number alone is the part, not the file.
    if let Ok(n) = rest.trim_end().parse::<usize>() {
        wish.part = Some(n.checked_sub(1)?);
        return Some((argument.len(), wish));
    }
    while let Some((word, left)) = next(rest) {
        let behind = rest.get(rest.len() - left..).unwrap_or_default();
        if word == "--as" {
            let (form, left) = next(behind).unwrap_or_else(|| (behind.to_owned(), 0));
            wish.form = Form::find(&form)?;
            rest = behind.get(behind.len() - left..).unwrap_or_default();
        } else if let Some(n) = word.parse::<usize>().ok().filter(|_| wish.part.is_none()) {
            wish.part = Some(n.checked_sub(1)?);
            rest = behind;
        } else {
            break;
        }
    }
    rest.trim_end().clone_into(&mut wish.file);
    Some((argument.len() - rest.len(), wish))
}

/// A name for part `at`: the one that it declares is asked for, but never trusted.
pub fn suggested(content: &Content, at: usize) -> String {
    let Some(part) = content.parts.get(at) else { return String::new() };
    let name = part.name.as_deref().map(harmless).unwrap_or_default();
    if !name.is_empty() {
        return name;
    }
    let extension = match part.kind.as_str() {
        "text/plain" => "txt",
        "text/html" => "html",
        "message/rfc822" | "message/global" => "eml",
        // Short subtypes are what files are called.
        kind => kind
            .split_once('/')
            .map(|(_, subtype)| subtype.trim_start_matches("x-"))
            .filter(|name| name.len() <= 4 && name.bytes().all(|b| b.is_ascii_alphanumeric()))
            .unwrap_or("bin"),
    };
    format!("part-{}.{extension}", at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_the_file_is_read() {
        let wish = |part, form, file: &str| Some(Wish { part, form, file: file.to_owned() });
        for (argument, want) in [
            ("a.png", wish(None, Form::Decoded, "a.png")),
            ("3 a b.png ", wish(Some(2), Form::Decoded, "a b.png")),
            ("--as raw 3 x", wish(Some(2), Form::Raw, "x")),
            ("3 --as text x", wish(Some(2), Form::Text, "x")),
            ("3", wish(Some(2), Form::Decoded, "")),
            ("./3", wish(None, Form::Decoded, "./3")),
            ("", wish(None, Form::Decoded, "")),
            ("0 x", None),
            ("--as odd x", None),
        ] {
            assert_eq!(options(argument).map(|(_, wish)| wish), want, "{argument}");
        }
        assert_eq!(options("3 --as raw dir/x").unwrap().0, 11);
    }
}
